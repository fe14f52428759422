"""Compiles the kernels that nearly all tests call: `python -m tests.support.kernels`.

The processes of the suite begin together, and each would compile them all; this does it once, beside mypy. Reading
pages has as many kernels as everything else, so each half has a process of its own.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

SEEDS: Final = Path(__file__).resolve().parents[2] / "seeds"
CALL: Final = b"Call the harbour office on 020 7946 0018 before noon, or write to harbour@example.org."
"""With something in it for the kernels that mask."""


def list_seeds(*, pages: bool) -> dict[str, bytes]:
    """The pages of the sample inbox by path, or all else in it."""
    paths = [path for path in sorted(SEEDS.rglob("*")) if path.is_file() and (path.suffix == ".html") == pages]
    return {str(path): path.read_bytes() for path in paths}


def compile_page_kernels() -> None:
    """Read a page."""
    from tests.unit.parse.parse_helpers import make_sources
    from transforms.parse import parse_sources

    parse_sources(make_sources(list_seeds(pages=True)))


def compile_text_kernels() -> None:
    """Derive a text, and compare one with another."""
    from flows.warming import compare_few_words
    from tests.unit.parse.parse_helpers import make_sources
    from transforms.contracts.parameters import DerivationParameters
    from transforms.documents import derive_documents

    files = make_sources({**list_seeds(pages=False), "call.txt": CALL})
    taken_in = files.with_columns(ingested_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC)), run_id=pl.lit("none"))
    derive_documents(taken_in, DerivationParameters(masks_contacts=True))
    compare_few_words()


if __name__ == "__main__":
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for half in [pool.submit(compile_page_kernels), pool.submit(compile_text_kernels)]:
            half.result()
