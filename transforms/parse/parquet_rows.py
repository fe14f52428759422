"""Parquet: each row is a record. Only the columns that are used are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from transforms.contracts.parameters import ReadingParameters
from transforms.errors import RejectedRecordError
from transforms.parse.parts import blame_content
from transforms.parse.tables import MAX_ROWS, ChooseColumns, Rows

BATCH_ROWS: Final = 4_096
PREVENTED_TYPES: Final = (pa.types.is_map, pa.types.is_union, pa.types.is_interval)
"""Types that Polars has nothing for: such columns are no text."""


def open_parquet(content: bytes, choose: ChooseColumns, parameters: ReadingParameters) -> Rows:
    """Read Parquet. Columns of text may be of any type that can be written as text; nested ones count one level down.

    What the texts hold is counted before repeated values are written out, so that a small file cannot grow without
    bounds (`unpacks_too_large`).
    """
    with blame_content("pyarrow"):
        file = pq.ParquetFile(pa.BufferReader(content))
        count, schema = file.metadata.num_rows, file.schema_arrow
    if count > MAX_ROWS:
        raise RejectedRecordError("too_many_records", f"It has {count:,} rows; the limit is {MAX_ROWS:,}.")
    names = list(_list_columns(schema))
    columns = choose(names)
    with blame_content("pyarrow"):
        table = _read_columns(content, columns, parameters.max_unpacked_bytes)
        values = _write_as_text(_flatten(table, columns))
    # Of the columns that are used: others (vectors, scores) may change while the document stays the same.
    rows = values.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    digests = pl.Series([sha256(row.encode()).hexdigest() for row in rows], dtype=pl.String)
    return Rows(values, pl.int_range(values.height, dtype=pl.UInt32, eager=True), digests)


def _list_columns(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        if any(prevents(field.type) for prevents in PREVENTED_TYPES):
            continue
        if pa.types.is_struct(field.type):
            yield from (f"{field.name}.{inner.name}" for inner in field.type if not pa.types.is_nested(inner.type))
        else:
            yield field.name


def _read_columns(content: bytes, columns: Sequence[str], max_bytes: int) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=list(columns))
    batches: list[pa.RecordBatch] = []
    read_bytes = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
        batch.validate(full=True)
        read_bytes += sum(_count_bytes(column) for column in batch.columns)
        if read_bytes > max_bytes:
            raise RejectedRecordError("unpacks_too_large", f"The limit is {max_bytes:,} bytes.")
        batches.append(batch)
    if not batches:
        return file.schema_arrow.empty_table()
    return pa.Table.from_batches(batches)


def _count_bytes(column: Any) -> int:
    """Bytes of a column with repeated values written out."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0)


def _flatten(table: pa.Table, columns: Sequence[str]) -> pl.DataFrame:
    """The chosen columns as Polars has them, nested ones out of their holders."""
    frames: dict[str, pl.Series] = {}
    for name in columns:
        column = table.column(name) if name in table.column_names else _take_nested(table, name)
        chunks = [chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk for chunk in column.chunks]
        decoded = pa.chunked_array(chunks) if chunks else pa.chunked_array([], type=pa.string())
        frames[name] = pl.Series(name, pl.from_arrow(decoded))
    return pl.DataFrame(frames)


def _take_nested(table: pa.Table, name: str) -> pa.ChunkedArray:
    holder, _, inner = name.partition(".")
    return pc.struct_field(table.column(holder), [inner])


def _write_as_text(values: pl.DataFrame) -> pl.DataFrame:
    return values.select(_say(name, dtype) for name, dtype in values.schema.items())


def _say(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text: times as ISO 8601, lists as JSON; bytes that are not UTF-8 are null."""
    value = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        moved = value.dt.convert_time_zone("UTC") if dtype.time_zone else value
        return moved.dt.strftime(f"%Y-%m-%dT%H:%M:%S{zone}")
    if isinstance(dtype, pl.List | pl.Array):
        listed = value.arr.to_list() if isinstance(dtype, pl.Array) else value
        encoded = pl.struct(listed.alias("list")).struct.json_encode()
        return pl.when(value.is_not_null()).then(encoded.str.json_path_match("$.list")).alias(name)
    return value.cast(pl.String, strict=False)
