"""The engine under test, in a process of its own: `python -m tests.bench.engine CORPUS OUTCOME`."""

import os
import sys
import time
from pathlib import Path

import polars as pl

from tests.bench.outcome import write_outcome
from transforms.contracts.parameters import DedupParameters
from transforms.dedup.deduplicate import deduplicate

WARMING_DOCUMENTS = 200
"""A first call on so few loads the compiled kernels (or compiles them); its time is told apart."""


def set_aside(documents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decisions and overlaps of a frame of documents. The one place that names the function under test."""
    result = deduplicate(documents, DedupParameters(), workers=os.cpu_count() or 1)
    return result.decisions, result.overlaps


def main(corpus: Path, outcome: Path) -> None:
    """Deduplicate a file of documents and write what was set aside, with the time from text column to decisions."""
    documents = pl.read_parquet(corpus)
    started = time.perf_counter()
    set_aside(documents.head(WARMING_DOCUMENTS))
    warm = time.perf_counter()
    decisions, overlaps = set_aside(documents)
    seconds = time.perf_counter() - warm
    aside = decisions.filter(pl.col("relation").is_not_null())
    details = {
        "first_call_seconds": warm - started,
        "pairs": overlaps.height,
        "spans": int(overlaps["spans"].list.len().sum()),
        "by_relation": dict(sorted(aside["relation"].value_counts().iter_rows())),
    }
    write_outcome(outcome, seconds, aside["document_id"].sort().to_list(), details)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
