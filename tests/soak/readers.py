"""Readers of a soak: processes of their own that glob a store again and again, and count what goes wrong."""

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import polars as pl

PAUSE_SECONDS = 0.2

PUBLICATION_SECONDS = 1.0
"""A run replaces its files within this time, and a reading at once can meet the next one of them."""

PROCESSES = multiprocessing.get_context("spawn")


def read_with_polars(folder: str) -> list[str]:
    return pl.read_parquet(f"{folder}/*.parquet")["document_id"].to_list()


def read_with_pyarrow(folder: str) -> list[str]:
    import pyarrow.parquet as pq

    ids: list[str] = pq.read_table(folder).column("document_id").to_pylist()
    return ids


def read_with_duckdb(folder: str) -> list[str]:
    import duckdb

    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute(f"select * from '{folder}/*.parquet'").fetchall()]


READERS: dict[str, Callable[[str], list[str]]] = {
    "polars": read_with_polars,
    "pyarrow": read_with_pyarrow,
    "duckdb": read_with_duckdb,
}


def read_until_told(name: str, folder: str, report: str) -> None:
    """Read `folder` until the file `report`.stop is there; then write down what happened.

    After an error comes one more reading a second later, as README says: what fails then, too, is no moment's matter.
    """
    read = READERS[name]
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    rows = 0
    while not Path(f"{report}.stop").exists():
        for attempt in ("error", "error again"):
            try:
                ids = read(folder)
            # Polars panics, which is no Exception, when a file became shorter between its two looks at it.
            except (Exception, pl.exceptions.PanicException) as error:
                counts[attempt] += 1
                errors[f"{type(error).__name__}: {str(error)[:120]}"] += 1
                time.sleep(PUBLICATION_SECONDS)
                continue
            counts["reads"] += 1
            counts["document twice"] += len(ids) != len(set(ids))
            counts["fewer rows"] += len(ids) < rows
            rows = len(ids)
            break
        time.sleep(PAUSE_SECONDS)
    Path(report).write_text(json.dumps({"counts": counts, "errors": errors}), encoding="utf-8")


def start_readers(folder: Path, reports: Path) -> dict[str, BaseProcess]:
    """One process for each reader."""
    started: dict[str, BaseProcess] = {}
    for name in READERS:
        started[name] = PROCESSES.Process(target=read_until_told, args=(name, str(folder), str(reports / name)))
        started[name].start()
    return started


def stop_readers(readers: dict[str, BaseProcess], reports: Path) -> dict[str, dict[str, Any]]:
    """What each of them met."""
    for name in readers:
        (reports / f"{name}.stop").touch()
    found = {}
    for name, process in readers.items():
        process.join()
        found[name] = json.loads((reports / name).read_text(encoding="utf-8"))
    return found
