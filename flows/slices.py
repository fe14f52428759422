"""Going through a store in slices: what is held at a time does not depend on how much there is."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from transforms.contracts import Table

SLICE_ROWS: Final = 50_000
"""Rows of a slice, at most: as many as a data file has."""

SLICE_BYTES: Final = 32_000_000
"""Files are looked at together while they are no larger than this on disk; one file may exceed it."""


def walk_rows(
    paths: Iterable[Path], table: Table, columns: Sequence[str | pl.Expr], touched: pl.DataFrame | None = None
) -> Iterator[pl.DataFrame]:
    """`columns` of the rows in `paths`, files of `table`, in slices of at most SLICE_ROWS and in their order.

    With `touched` only the rows whose key it names, under names of the table's columns; a file that has none of them
    is not read but for those columns.
    """
    for group in group_files(paths):
        rows = pl.scan_parquet(group, schema=table.polars_schema)
        if touched is not None:
            by = touched.columns
            keys = rows.select(by).unique().collect()
            near = touched.join(keys, on=by, how="semi", nulls_equal=True)
            if near.is_empty():
                continue
            rows = rows.join(near.lazy(), on=by, how="semi", nulls_equal=True, maintain_order="left")
        for batch in rows.select(columns).collect_batches(chunk_size=SLICE_ROWS, maintain_order=True):
            yield from (part for part in batch.iter_slices(SLICE_ROWS) if part.height)


def group_files(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """`paths` in order, in groups that are bounded as slices are: a store of many small files has few slices."""
    group: list[Path] = []
    rows, size = 0, 0
    for path in paths:
        more_rows, more_bytes = pq.read_metadata(path).num_rows, path.stat().st_size
        if group and (rows + more_rows > SLICE_ROWS or size + more_bytes > SLICE_BYTES):
            yield group
            group, rows, size = [], 0, 0
        group.append(path)
        rows, size = rows + more_rows, size + more_bytes
    if group:
        yield group


def regroup(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Frames of one schema, put together or split into slices of SLICE_ROWS (the last one may have fewer)."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        start = 0
        while start < frame.height:
            part = frame.slice(start, SLICE_ROWS - sum(other.height for other in held))
            held.append(part)
            start += part.height
            if sum(other.height for other in held) == SLICE_ROWS:
                yield pl.concat(held)
                held = []
    if held:
        yield pl.concat(held)


def let_go_of_others(rows: pl.DataFrame) -> pl.DataFrame:
    """A copy of `rows` that holds nothing else: what a filter leaves of a frame goes on holding all of its texts."""
    return pl.DataFrame(rows.to_arrow(compat_level=pl.CompatLevel.oldest()), schema=rows.schema)
