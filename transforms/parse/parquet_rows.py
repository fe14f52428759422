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
from transforms.parse.decode import decode_bytes
from transforms.parse.parts import blame_content
from transforms.parse.tables import MAX_ROWS, ChooseColumns, Rows

BATCH_ROWS: Final = 4_096
BATCH_ROWS_OF_LISTS: Final = 64
TEXT_LIKE: Final = (pl.String, pl.Boolean, pl.Date, pl.Time, pl.Categorical, pl.Enum)
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
        chosen = _flatten(_read_columns(content, columns, parameters.max_unpacked_bytes), columns)
    values = chosen.select(_write_as_text(column) for column in chosen)
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
    whole = pq.ParquetFile(pa.BufferReader(content))
    paths = [whole.schema.column(number).path for number in range(len(whole.schema))]
    flat = [path for path in paths if path in columns]
    _check_size(whole.metadata, {path for path in paths if _is_within(path, columns)}, max_bytes)
    # Repeated values are held once as long as they are counted; those in lists cannot be, so few rows are taken.
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=flat)
    batches: list[pa.RecordBatch] = []
    read_bytes = 0
    batch_rows = BATCH_ROWS if set(flat) >= set(columns) else BATCH_ROWS_OF_LISTS
    for batch in file.iter_batches(batch_size=batch_rows, columns=list(columns)):
        batch.validate(full=True)
        read_bytes += sum(_count_bytes(column) for column in batch.columns)
        if read_bytes > max_bytes:
            raise RejectedRecordError("unpacks_too_large", f"The limit is {max_bytes:,} bytes.")
        batches.append(batch)
    if not batches:
        return file.schema_arrow.empty_table()
    return pa.Table.from_batches(batches)


def _is_within(path: str, columns: Sequence[str]) -> bool:
    """Whether a column of the file is, or lies in, one of those chosen (`authors.list.element` in `authors`)."""
    return any(path == name or path.startswith(f"{name}.") for name in columns)


def _check_size(metadata: Any, paths: set[str], max_bytes: int) -> None:
    """Refuse pages that unpack to too much, before any is unpacked."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    size_bytes = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in paths)
    if size_bytes > max_bytes:
        raise RejectedRecordError("unpacks_too_large", f"It holds {size_bytes:,} bytes; the limit is {max_bytes:,}.")


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


def _write_as_text(values: pl.Series) -> pl.Series:
    """A column as text: times as ISO 8601, lists as JSON, bytes decoded as files are; null where it cannot be."""
    dtype = values.dtype
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        moved = values.dt.convert_time_zone("UTC") if dtype.time_zone else values
        return moved.dt.strftime(f"%Y-%m-%dT%H:%M:%S{zone}")
    if isinstance(dtype, pl.Binary):
        return pl.Series(values.name, [_decode(value) for value in values], dtype=pl.String)
    if isinstance(dtype, pl.List | pl.Array):
        return _write_lists(values.arr.to_list() if isinstance(dtype, pl.Array) else values)
    if dtype.is_numeric() or isinstance(dtype, TEXT_LIKE):
        return values.cast(pl.String)
    return pl.repeat(None, values.len(), dtype=pl.String, eager=True).alias(values.name)


def _write_lists(values: pl.Series) -> pl.Series:
    inner = values.dtype.inner if isinstance(values.dtype, pl.List) else None
    if isinstance(inner, pl.Binary):  # JSON has no bytes
        return pl.repeat(None, values.len(), dtype=pl.String, eager=True).alias(values.name)
    encoded = values.alias("list").to_frame().to_struct().struct.json_encode()
    return encoded.str.json_path_match("$.list").alias(values.name)


def _decode(value: bytes | None) -> str | None:
    if not value:
        return None
    try:
        return decode_bytes(value)
    except RejectedRecordError:
        return None
