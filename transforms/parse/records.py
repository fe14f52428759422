"""What every reader gives back, and the helper that turns a per-file function into a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import polars as pl

from transforms.contracts.parsed import STATED
from transforms.errors import RejectedRecordError

DOCUMENTS_READ: Final = pl.Schema(
    {"source": pl.UInt32(), "record": pl.UInt32(), "content_sha256": pl.String(), "stated": pl.List(STATED)}
)
"""One row per record that could be read. `source` is the row of the file in the frame handed to `parse_sources`;
`content_sha256` is that of the bytes of the record, null when the record is the whole file."""

LINES_READ: Final = pl.Schema(
    {
        "source": pl.UInt32,
        "record": pl.UInt32,
        "text": pl.String,
        "blank_before": pl.UInt32,
        "hint": pl.String,
        "hint_rule": pl.String,
    }
)
"""One row per line of those records, in order, not yet cleaned. Columns as in LINES."""

FAILURES_READ: Final = pl.Schema(
    {"source": pl.UInt32, "record": pl.UInt32, "reason_code": pl.String, "detail": pl.String}
)
"""One row per record that could not be read."""


class ParsedLine(NamedTuple):
    """One line of a record; the fields mean what they mean in LINES."""

    text: str
    blank_before: int = 0
    hint: str | None = None
    hint_rule: str | None = None


class StatedValue(NamedTuple):
    """One metadata value that markup states; the fields mean what they mean in STATED."""

    field: str
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """One record that could be read. `content_sha256` is None when the record is the whole file."""

    lines: Sequence[ParsedLine]
    stated: Sequence[StatedValue] = ()
    record: int = 0
    content_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """One record that could not be read, among others of its file that perhaps could."""

    record: int
    error: RejectedRecordError


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """What a reader makes of the files handed to it."""

    documents: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DOCUMENTS_READ))
    lines: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LINES_READ))
    failures: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FAILURES_READ))


Reader = Callable[[pl.DataFrame], ReadRecords]
"""Takes files of one format (SOURCES with the column `source`, none of them empty) and gives their records: for each
file one or more rows of documents and failures together."""

RecordParser = Callable[[bytes], Iterable[ParsedRecord | FailedRecord]]
"""Takes the bytes of one file. Raises RejectedRecordError when no record of it can be read."""


def read_each(files: pl.DataFrame, parse_file: RecordParser) -> ReadRecords:
    """Read files of a format whose library takes one file at a time."""
    documents: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    failures: list[tuple[Any, ...]] = []
    for source, content in files.select("source", "content").iter_rows():
        for outcome in parse_or_reject(content, parse_file):
            if isinstance(outcome, FailedRecord):
                failures.append((source, outcome.record, outcome.error.reason_code, outcome.error.detail))
                continue
            stated = [value._replace(value=replace_surrogates(value.value))._asdict() for value in outcome.stated]
            documents.append((source, outcome.record, outcome.content_sha256, stated))
            lines.extend((source, outcome.record, replace_surrogates(text), *rest) for text, *rest in outcome.lines)
    return ReadRecords(
        pl.DataFrame(documents, schema=DOCUMENTS_READ, orient="row"),
        pl.DataFrame(lines, schema=LINES_READ, orient="row"),
        pl.DataFrame(failures, schema=FAILURES_READ, orient="row"),
    )


def parse_or_reject(content: bytes, parse_file: RecordParser) -> list[ParsedRecord | FailedRecord]:
    """Parse one file; a file of which no record can be read fails as its record 0."""
    try:
        return list(parse_file(content))
    except RejectedRecordError as error:
        return [FailedRecord(record=0, error=error)]


def split_words(words: str) -> frozenset[str]:
    """Return the words of a vocabulary written as one string."""
    return frozenset(words.split())


def replace_surrogates(text: str) -> str:
    """Join surrogate pairs (JSON and YAML escapes can spell them) and put U+FFFD for the lone ones."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
