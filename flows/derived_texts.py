"""Reading the texts of documents by name: those of the run from mapped files, those held from the store."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

from flows.directory import open_directory
from flows.run import Batch, Run
from transforms.documents import DERIVED

LOCATION: Final = pl.Schema({"batch": pl.UInt32(), "row": pl.UInt32()})
"""Where the text of a document that the run derived lies; null for a held one."""


def write_texts(texts: pl.Series, path: Path) -> Path:
    """Write texts so that any of them can be read without the others: an Arrow IPC file, uncompressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"text": texts}).write_ipc(path, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    return path


def locate_derived(batches: Sequence[Batch], columns: Sequence[str]) -> pl.DataFrame:
    """`columns` of the documents derived, and where their texts lie (`batch`, `row`)."""
    empty = pl.DataFrame(schema={name: DERIVED[name] for name in columns} | dict(LOCATION))
    frames = [
        pl.read_parquet(batch.documents, columns=list(columns)).select(
            *columns, pl.lit(number, pl.UInt32).alias("batch"), pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
        )
        for number, batch in enumerate(batches)
    ]
    return pl.concat([empty, *frames])


def read_texts(run: Run, batches: Sequence[Batch], documents: pl.DataFrame) -> pl.DataFrame:
    """document_id and text of `documents` (document_id, batch, row), each once; in no order."""
    columns = ["document_id", "text"]
    frames = [pl.DataFrame(schema=dict.fromkeys(columns, pl.String))]
    documents = documents.unique("document_id")
    for (number,), part in documents.filter(pl.col("batch").is_not_null()).group_by("batch"):
        frames.append(
            part.select("document_id", _take_texts(batches[int(str(number))].texts, part["row"]).alias("text"))
        )
    held = documents.filter(pl.col("batch").is_null()).select("document_id")
    if held.height:
        # A filter, and no join: Polars then passes over the pages of texts that are not asked for.
        is_asked = pl.col("document_id").is_in(held["document_id"].implode())
        frames.append(open_directory(run).scan(held, columns).filter(is_asked).collect())
    return pl.concat(frames)


def _take_texts(path: Path, rows: pl.Series) -> pl.Series:
    with pa.memory_map(str(path)) as source:
        column = pa.ipc.open_file(source).read_all().column("text")
        return pl.Series("text", column.take(rows.to_arrow()))
