"""Compiles the kernels that nearly all tests call: `python -m tests.support.kernels`.

The processes of the suite begin together, and each would compile them all; this does it once, beside mypy.
"""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from flows.warming import compare_few_words
from tests.unit.parse.parse_helpers import make_sources
from transforms.contracts.parameters import DerivationParameters
from transforms.documents import derive_documents

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def read_seeds() -> pl.DataFrame:
    """The sample inbox as files of a run."""
    files = make_sources({str(path): path.read_bytes() for path in sorted(SEEDS.rglob("*")) if path.is_file()})
    return files.with_columns(ingested_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC)), run_id=pl.lit("none"))


if __name__ == "__main__":
    derive_documents(read_seeds(), DerivationParameters(masks_contacts=True))
    compare_few_words()
