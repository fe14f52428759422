"""Tables: one record a row. Which column is what, and what the row of each record says, whole columns at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from transforms.contracts.parameters import ReadingParameters
from transforms.contracts.parsed import STATED
from transforms.errors import RejectedRecordError
from transforms.parse.columns import match_columns
from transforms.parse.html import parse_html
from transforms.parse.records import (
    DOCUMENTS_READ,
    FAILURES_READ,
    LINES_READ,
    FailedRecord,
    ParsedRecord,
    ReadRecords,
    parse_or_reject,
    replace_surrogates,
)
from transforms.parse.text import split_lines

MAX_ROWS: Final = 1_000_000
"""Rows of one table. A file of the largest size that is taken in (max_file_bytes, 50 MB) has that many when a row has
fifty bytes, less than any article."""

MARKUP_PATTERN: Final = r"(?i)</(?:p|div|html|body|article|section|h[1-6]|li|ul|span|a|em|strong)\s*>|<(?:br|p)\s*/?>"
"""Text that holds these is a page, or a part of one, whatever its column is called."""

EPOCH_PATTERN: Final = r"^\d{10}(?:\d{3})?(?:\.\d{1,6})?$"
"""Seconds or milliseconds since 1970, from 2001 to 2286."""

ADDRESS_PATTERN: Final = r"(?i)^https?://\S+$"
MARKED_UTF8: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table: `values` are columns of text (lists and objects as JSON), `record` and `content_sha256`
    have a value for each row; `failures` are rows that are not among them.
    """

    values: pl.DataFrame
    record: pl.Series
    content_sha256: pl.Series
    failures: Sequence[FailedRecord] = field(default=())


ChooseColumns = Callable[[Sequence[str]], Sequence[str]]
"""Takes the names of all columns, gives those to read; raises RejectedRecordError when none holds a text."""

OpenTable = Callable[[bytes, ChooseColumns, ReadingParameters], Rows]
"""Reads the chosen columns of one table. Raises RejectedRecordError when it cannot be read."""


def read_tables(files: pl.DataFrame, open_table: OpenTable, parameters: ReadingParameters) -> ReadRecords:
    """Read tables of one format: one record a row, in order."""
    parts = [
        _read_table(source, content, open_table, parameters)
        for source, content in files.select("source", "content").iter_rows()
    ]
    return ReadRecords(
        pl.concat([part.documents for part in parts]),
        pl.concat([part.lines for part in parts]),
        pl.concat([part.failures for part in parts]),
    )


def _read_table(source: int, content: bytes, open_table: OpenTable, parameters: ReadingParameters) -> ReadRecords:
    matched: dict[str, list[str]] = {}

    def choose_columns(names: Sequence[str]) -> list[str]:
        matched.update(match_columns(names, parameters.columns))
        if not {"text", "html"} & set(matched):
            raise RejectedRecordError("no_text_column", f"Its columns are {_list_names(names)}; name it in `columns`.")
        return list(dict.fromkeys(name for columns in matched.values() for name in columns))

    try:
        rows = open_table(content, choose_columns, parameters)
        if rows.values.height + len(rows.failures) == 0:
            raise RejectedRecordError("no_documents", "It has no row.")
    except RejectedRecordError as error:
        return ReadRecords(failures=_frame_failures(source, [FailedRecord(0, error)]))
    return _read_rows(source, rows, matched)


def _list_names(names: Sequence[str], shown: int = 20) -> str:
    listed = ", ".join(names[:shown]) or "none"
    return f"{listed} and {len(names) - shown} more" if len(names) > shown else listed


def _read_rows(source: int, rows: Rows, matched: dict[str, list[str]]) -> ReadRecords:
    texts = pl.DataFrame(
        {
            "record": rows.record,
            "text": _join_paragraphs(_take_first(rows.values, matched.get("text", []))),
            "html": _take_first(rows.values, matched.get("html", [])),
        }
    )
    has_text = pl.col("text").is_not_null()
    is_markup = (has_text & pl.col("text").str.contains(MARKUP_PATTERN)).fill_null(value=False)
    plain = texts.filter(has_text & ~is_markup)
    pages = texts.filter(is_markup | (~has_text & pl.col("html").is_not_null())).select(
        "record", markup=pl.coalesce("text", "html")
    )
    blank = texts.filter(~has_text & pl.col("html").is_null())
    read_pages = _read_pages(source, pages)
    columns = [*matched.get("text", []), *matched.get("html", [])]
    failures = [
        *rows.failures,
        *(FailedRecord(record, _say_blank(columns)) for record in blank["record"]),
    ]
    stated = _state_columns(rows, matched)
    numbers = pl.DataFrame({"record": rows.record, "content_sha256": rows.content_sha256})
    documents = pl.concat([plain.select("record"), read_pages.documents.select("record")]).sort("record")
    documents = (
        documents.join(numbers, on="record", how="left", maintain_order="left")
        .join(stated, on="record", how="left", maintain_order="left")
        .join(read_pages.documents.select("record", page="stated"), on="record", how="left", maintain_order="left")
        .with_columns(
            pl.lit(source, pl.UInt32).alias("source"),
            stated=pl.concat_list(
                pl.col(name).fill_null(pl.lit([], dtype=pl.List(STATED))) for name in ("stated", "page")
            ),
        )
    )
    lines = split_lines(plain.select(pl.lit(source, pl.UInt32).alias("source"), "record", "text")).select(
        "source",
        "record",
        "text",
        blank_before=pl.lit(0, pl.UInt32),
        hint=pl.lit(None, pl.String),
        hint_rule=pl.lit(None, pl.String),
    )
    return ReadRecords(
        documents.select(DOCUMENTS_READ.names()),
        pl.concat([lines, read_pages.lines]).sort("record", maintain_order=True),
        pl.concat([_frame_failures(source, failures), read_pages.failures]),
    )


def _say_blank(columns: Sequence[str]) -> RejectedRecordError:
    return RejectedRecordError("whitespace_only", f"Nothing stands in {', '.join(columns)}.")


def _frame_failures(source: int, failures: Sequence[FailedRecord]) -> pl.DataFrame:
    rows = [(source, failed.record, failed.error.reason_code, failed.error.detail) for failed in failures]
    return pl.DataFrame(rows, schema=FAILURES_READ, orient="row")


def _take_first(values: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """In each row the first of `columns` that is not blank; null when all are."""
    if not columns:
        return pl.repeat(None, values.height, dtype=pl.String, eager=True)
    return values.select(pl.coalesce(_null_blank(pl.col(name)) for name in columns)).to_series()


def _null_blank(value: pl.Expr) -> pl.Expr:
    return pl.when(value.str.contains(r"\S")).then(value)


def _join_paragraphs(texts: pl.Series) -> pl.Series:
    """Put line breaks between the paragraphs of texts that are lists of them (as JSON); leave all others."""
    places = texts.str.starts_with('["').fill_null(value=False).arg_true()
    if places.is_empty():
        return texts
    return texts.scatter(places, pl.Series([_join_list(text) for text in texts.gather(places)], dtype=pl.String))


def _join_list(text: str) -> str:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):  # a text that only looks like one
        return text
    return replace_surrogates("\n\n".join(item if isinstance(item, str) else json.dumps(item) for item in items))


def _read_pages(source: int, pages: pl.DataFrame) -> ReadRecords:
    documents: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    failures: list[FailedRecord] = []
    for record, markup in pages.iter_rows():
        for outcome in parse_or_reject(MARKED_UTF8 + markup.encode(), parse_html):
            if isinstance(outcome, ParsedRecord):
                documents.append((source, record, None, [value._asdict() for value in outcome.stated]))
                lines.extend((source, record, *line) for line in outcome.lines)
            else:
                failures.append(FailedRecord(record, outcome.error))
    return ReadRecords(
        pl.DataFrame(documents, schema=DOCUMENTS_READ, orient="row"),
        pl.DataFrame(lines, schema=LINES_READ, orient="row"),
        _frame_failures(source, failures),
    )


# --- what the columns state ------------------------------------------------------------------------------------------


def _state_columns(rows: Rows, matched: dict[str, list[str]]) -> pl.DataFrame:
    """`record` and `stated`: the values of all columns but those of the text, in the order of trust."""
    empty = pl.DataFrame(schema={"record": pl.UInt32, "field": pl.String, "value": pl.String, "rule": pl.String})
    parts = [empty]
    for name, columns in matched.items():
        if name in ("text", "html"):
            continue
        for column in columns:
            values = pl.DataFrame({"record": rows.record, "value": rows.values[column]}).filter(
                pl.col("value").str.contains(r"\S")
            )
            rule = pl.lit(f"table.column.{column}")
            parts.append(_read_values(name, values).select("record", "field", "value", rule=rule))
    return (
        pl.concat(parts)
        .filter(pl.col("value").str.contains(r"\S"))
        .sort("record", maintain_order=True)
        .group_by("record", maintain_order=True)
        .agg(stated=pl.struct("field", "value", "rule").cast(STATED))
    )


def _read_values(name: str, values: pl.DataFrame) -> pl.DataFrame:
    """The values of one column of the field `name`: `record`, `field`, `value`, several rows where it is a list."""
    value = pl.col("value")
    if name == "authors":
        return _read_names(values).with_columns(field=pl.lit(name))
    # An object: what it names is a nested column of its own.
    scalar = values.filter(~value.str.contains(r"^\s*[\[{]"))
    if name == "published_at":
        return scalar.with_columns(_read_epoch(), field=pl.lit(name))
    if name == "outlet":
        is_address = value.str.contains(ADDRESS_PATTERN)
        return scalar.with_columns(field=pl.when(is_address).then(pl.lit("url")).otherwise(pl.lit(name)))
    if name == "url":
        return scalar.filter(value.str.contains(ADDRESS_PATTERN)).with_columns(field=pl.lit(name))
    return scalar.with_columns(field=pl.lit(name))


def _read_epoch() -> pl.Expr:
    """Times in seconds or milliseconds since 1970 as ISO 8601 in UTC; all others as they are."""
    value = pl.col("value")
    number = pl.when(value.str.contains(EPOCH_PATTERN)).then(value).cast(pl.Float64, strict=False)
    seconds = pl.when(number >= 1e11).then(number / 1000).otherwise(number)  # noqa: PLR2004 - the year 5138
    time = (seconds * 1e6).cast(pl.Int64).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.coalesce(time, value).alias("value")


def _read_names(values: pl.DataFrame) -> pl.DataFrame:
    """Names in lists and objects, each in a row of its own. Each distinct value is looked at once."""
    is_nested = pl.col("value").str.contains(r"^\s*[\[{]")
    distinct = values.filter(is_nested).select(pl.col("value").unique(maintain_order=True))["value"]
    if distinct.is_empty():
        return values
    names = pl.DataFrame(
        {"value": distinct, "names": [_list_names_of(text) for text in distinct]},
        schema={"value": pl.String, "names": pl.List(pl.String)},
    )
    return (
        values.join(names, on="value", how="left", maintain_order="left")
        .with_columns(pl.coalesce("names", pl.concat_list("value")).alias("value"))
        .select("record", "value")
        .explode("value", empty_as_null=False)
    )


def _list_names_of(text: str) -> list[str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    items = data if isinstance(data, list) else [data]
    named = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [replace_surrogates(name) for name in named if isinstance(name, str)]
