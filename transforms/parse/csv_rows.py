"""Tables of text: CSV with commas, semicolons, tabs or bars, and TSV. The first row names the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import polars as pl

from transforms.contracts.parameters import ReadingParameters
from transforms.errors import RejectedRecordError
from transforms.parse.decode import decode_bytes
from transforms.parse.records import FailedRecord
from transforms.parse.tables import MAX_ROWS, ChooseColumns, Rows

SEPARATORS: Final = ",;\t|"
MAX_COLUMNS: Final = 2_000

csv.field_size_limit(1 << 30)  # the module's own limit is a third of a long article


def open_csv(content: bytes, choose: ChooseColumns, _parameters: ReadingParameters) -> Rows:
    """Read CSV; the separator is the one that the first line has most of."""
    text = decode_bytes(content)
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return _open(text, max(SEPARATORS, key=header.count), choose)


def open_tsv(content: bytes, choose: ChooseColumns, _parameters: ReadingParameters) -> Rows:
    """Read tables with tabs between the columns."""
    return _open(decode_bytes(content), "\t", choose)


def _open(text: str, separator: str, choose: ChooseColumns) -> Rows:
    """Read all rows at once, or one by one where some have more fields than there are columns.

    A record is numbered by its place among the rows in which anything stands. Fields that a row lacks are empty.
    """
    text = text.lstrip("\r\n").replace("\0", "")
    _check_header(text, separator, choose)
    failures: list[FailedRecord] = []
    try:
        values = pl.read_csv(text.encode(), separator=separator, infer_schema=False, null_values=[""])
    except pl.exceptions.PolarsError:
        values, failures = _read_one_by_one(text, separator)
    else:
        values = values.filter(~pl.all_horizontal(pl.all().is_null())).with_row_index("\0record")
    if values.height > MAX_ROWS:
        raise RejectedRecordError("too_many_records", f"It has {values.height:,} rows; the limit is {MAX_ROWS:,}.")
    record, values = values["\0record"], values.drop("\0record")
    rows = values.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    digests = pl.Series([sha256(row.encode()).hexdigest() for row in rows], dtype=pl.String)
    return Rows(values.select(choose(values.columns)), record, digests, failures)


def _check_header(text: str, separator: str, choose: ChooseColumns) -> None:
    """Refuse a table without a column that holds a text before all of it is read."""
    with io.StringIO(text, newline="") as lines:
        header = next(csv.reader(lines, delimiter=separator), [])
    if len(header) > MAX_COLUMNS:
        raise RejectedRecordError("no_text_column", f"It has {len(header):,} columns; the limit is {MAX_COLUMNS:,}.")
    choose(header)


def _read_one_by_one(text: str, separator: str) -> tuple[pl.DataFrame, list[FailedRecord]]:
    """What `pl.read_csv` gives, for a table that it refuses; a row with too many fields is a failure."""
    failures: list[FailedRecord] = []
    kept: list[tuple[int, list[str | None]]] = []
    with io.StringIO(text, newline="") as lines:
        reader = csv.reader(lines, delimiter=separator)
        header = _name_columns(next(reader, []))
        numbered = enumerate(row for row in reader if any(row))
        for number, row in numbered:
            if len(row) > len(header):
                detail = f"The row has {len(row):,} fields, the first one names {len(header):,} columns."
                failures.append(FailedRecord(number, RejectedRecordError("damaged", detail)))
            else:
                kept.append((number, [*(value or None for value in row), *[None] * (len(header) - len(row))]))
            if number >= MAX_ROWS:
                raise RejectedRecordError("too_many_records", f"The limit is {MAX_ROWS:,} rows.")
    schema = {"\0record": pl.UInt32(), **dict.fromkeys(header, pl.String())}
    return pl.DataFrame([(number, *row) for number, row in kept], schema=schema, orient="row"), failures


def _name_columns(header: Sequence[str]) -> list[str]:
    """Names that are all different: a repeated one has its number, as Polars has it."""
    names: list[str] = []
    for name in header:
        number = 0
        unique = name
        while unique in names:
            unique, number = f"{name}_duplicated_{number}", number + 1
        names.append(unique)
    return names
