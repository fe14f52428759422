"""From the bytes of files to records and lines. One module per format.

`READERS` and `TABLE_READERS` say which one reads what; `unpack` takes files apart that hold others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.contracts.parameters import ReadingParameters
from transforms.contracts.parsed import FAILURES, LINES, RECORDS, SOURCES, STATED
from transforms.contracts.vocabulary import CONTAINER_TYPES, MEDIA_TYPES, REJECT_REASONS
from transforms.errors import RejectedRecordError
from transforms.identity import identify_document
from transforms.parse.csv_rows import open_csv, open_tsv
from transforms.parse.docx import read_docx
from transforms.parse.feeds import read_feeds
from transforms.parse.html import read_html
from transforms.parse.json_rows import open_json, open_json_lines
from transforms.parse.lines import clean_texts, number_lines
from transforms.parse.mail import read_mail
from transforms.parse.markdown import read_markdown
from transforms.parse.members import NO_MEDIA, add_members, number_records, walk_portions
from transforms.parse.parquet_rows import open_parquet
from transforms.parse.parts import Part
from transforms.parse.pdf import read_pdf
from transforms.parse.records import DOCUMENTS_READ, FAILURES_READ, LINES_READ, Reader, ReadRecords
from transforms.parse.sniff import find_media_type, sniff_media_type
from transforms.parse.tables import OpenTable, read_tables
from transforms.parse.text import read_text
from transforms.parse.unpack import is_container, unpack_file

READERS: Final[Mapping[str, Reader]] = {
    "text/plain": read_text,
    "text/markdown": read_markdown,
    "text/html": read_html,
    "message/rfc822": read_mail,
    "application/rss+xml": read_feeds,
    "application/pdf": read_pdf,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": read_docx,
}
"""Media type -> what reads it. A new format is a module, a line here and its endings in MEDIA_TYPES."""

TABLE_READERS: Final[Mapping[str, OpenTable]] = {
    "application/x-ndjson": open_json_lines,
    "application/json": open_json,
    "text/csv": open_csv,
    "text/tab-separated-values": open_tsv,
    "application/vnd.apache.parquet": open_parquet,
}
"""Media type -> what opens it, for formats with a record a row; their columns are told by `ReadingParameters`."""

PORTION_BYTES: Final = 64_000_000
"""Unpacked bytes that are read together: frames of their lines take several times as much."""

KNOWN_ENDINGS: Final = ", ".join([*MEDIA_TYPES, *CONTAINER_TYPES])
DEFAULTS: Final = ReadingParameters()

__all__ = ["READERS", "TABLE_READERS", "Parsed", "find_media_type", "parse_sources"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What `parse_sources` gives: frames with the schemas RECORDS, LINES and FAILURES, in the order of the sources."""

    records: pl.DataFrame
    lines: pl.DataFrame
    failures: pl.DataFrame


def parse_sources(sources: pl.DataFrame, parameters: ReadingParameters = DEFAULTS) -> Parsed:
    """Read files (SOURCES) into records, lines and failures.

    Every file gives at least one record or failure, and every record either at least one line or a failure. The reader
    is chosen by what the bytes surely are, else by the ending of the file name, whatever its case; bad content gives
    failures (REJECT_REASONS), never an exception. `record` tells the records of one file apart, counted over its
    members in their order; what one record holds does not depend on the other files of the frame, nor on their order.

    Raises polars.exceptions.SchemaError when `sources` lacks a column of SOURCES or has it in another type.
    """
    files = sources.match_to_schema(SOURCES).with_row_index("source")
    media_types = [sniff_media_type(*row) for row in files.select("source_path", "content").iter_rows()]
    contains = [is_container(kind, content) for kind, content in zip(media_types, files["content"], strict=True)]
    files = files.with_columns(
        media_type=pl.Series(media_types, dtype=pl.String), is_container=pl.Series(contains, dtype=pl.Boolean)
    )
    read, media = _read_all(files, parameters)
    lines = number_lines(read.lines)
    has_lines = read.documents.join(lines, on=["source", "record"], how="semi", maintain_order="left")
    without = read.documents.join(lines, on=["source", "record"], how="anti", maintain_order="left")
    records = _name_records(has_lines.join(media, on=["source", "record"], how="left", maintain_order="left"), files)
    failures = pl.concat([read.failures, _fail_blank(without)])
    return Parsed(records.select(RECORDS.names()), _name_lines(lines, records), _describe_failures(failures, files))


def _read_all(files: pl.DataFrame, parameters: ReadingParameters) -> tuple[ReadRecords, pl.DataFrame]:
    """Read files as they are, and the members of those that hold others; with the `media_type` of each document."""
    whole = files.filter(~pl.col("is_container"))
    own = _read_files(whole, parameters)
    parts = [own]
    media = [own.documents.select("source", "record").join(whole.select("source", "media_type"), on="source")]
    for source, path, content, kind in (
        files.filter("is_container").select("source", "source_path", "content", "media_type").iter_rows()
    ):
        read, read_media = _read_members(source, Part(None, path, content, kind), parameters)
        parts.append(read)
        media.append(read_media)
    return _concat(parts), pl.concat(media)


def _read_members(source: int, whole: Part, parameters: ReadingParameters) -> tuple[ReadRecords, pl.DataFrame]:
    """Unpack one file and read its members in portions; their records are numbered on through the file."""
    try:
        members = unpack_file(whole, parameters)
    except RejectedRecordError as error:
        failure = pl.DataFrame([(source, 0, error.reason_code, error.detail)], schema=FAILURES_READ, orient="row")
        return ReadRecords(failures=failure), NO_MEDIA
    failed = [
        (number, 0, member.error.reason_code, member.error.detail)
        for number, member in enumerate(members)
        if member.error is not None
    ]
    parts = [ReadRecords(failures=pl.DataFrame(failed, schema=FAILURES_READ, orient="row"))]
    parts += [_read_files(portion, parameters) for portion in walk_portions(members, PORTION_BYTES)]
    return number_records(source, add_members(_concat(parts), members), members)


def _read_files(files: pl.DataFrame, parameters: ReadingParameters) -> ReadRecords:
    """Hand each file to the reader of its media type; fail those that no reader takes."""
    size_bytes = pl.col("content").bin.size()
    is_known = pl.col("media_type").is_in([*READERS, *TABLE_READERS])
    unknown = files.filter(~is_known).select(
        "source",
        record=pl.lit(0, pl.UInt32),
        reason_code=pl.lit("unknown_format"),
        detail=pl.format("Known endings are {}; the path is {}.", pl.lit(KNOWN_ENDINGS), "source_path"),
    )
    empty = files.filter(is_known & (size_bytes == 0)).select(
        "source", record=pl.lit(0, pl.UInt32), reason_code=pl.lit("empty"), detail=pl.lit("Its size is 0 bytes.")
    )
    taken = files.filter(is_known & (size_bytes > 0))
    parts = [ReadRecords(failures=pl.concat([unknown, empty]))]
    for (media_type,), own in taken.group_by("media_type", maintain_order=True):
        kind = str(media_type)
        parts.append(READERS[kind](own) if kind in READERS else read_tables(own, TABLE_READERS[kind], parameters))
    return _concat(parts)


def _concat(parts: Sequence[ReadRecords]) -> ReadRecords:
    return ReadRecords(
        pl.concat([part.documents for part in parts]).match_to_schema(DOCUMENTS_READ),
        pl.concat([part.lines for part in parts]).match_to_schema(LINES_READ),
        pl.concat([part.failures for part in parts]).match_to_schema(FAILURES_READ),
    )


def _name_records(documents: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Give each record its `document_id` and the columns of its file."""
    described = documents.join(files.drop("content", "media_type"), on="source", maintain_order="left").with_columns(
        content_sha256=pl.coalesce("content_sha256", "source_sha256")
    )
    identifiers = [
        identify_document(*row) for row in described.select("source_path", "record", "content_sha256").iter_rows()
    ]
    return described.with_columns(
        document_id=pl.Series(identifiers, dtype=pl.String), stated=_clean_stated(described["stated"])
    ).sort("source", "record")


def _clean_stated(stated: pl.Series) -> pl.Series:
    """Clean stated values as lines are cleaned, and drop those that are blank."""
    values = (
        stated.to_frame("stated")
        .with_row_index("row")
        .explode("stated", empty_as_null=False)
        .drop_nulls("stated")
        .unnest("stated")
    )
    cleaned = values.with_columns(clean_texts(values["value"])).filter(pl.col("value") != "")
    grouped = cleaned.group_by("row", maintain_order=True).agg(stated=pl.struct("field", "value", "rule"))
    return (
        pl.DataFrame({"row": pl.int_range(stated.len(), dtype=pl.UInt32, eager=True)})
        .join(grouped, on="row", how="left", maintain_order="left")
        .select(pl.col("stated").fill_null(pl.lit([], dtype=pl.List(STATED))))
        .to_series()
    )


def _name_lines(lines: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    named = lines.join(
        records.select("source", "record", "document_id"), on=["source", "record"], maintain_order="left"
    )
    return named.sort("source", "record", "line").select(LINES.names()).cast(LINES)


def _fail_blank(documents: pl.DataFrame) -> pl.DataFrame:
    return documents.select(
        "source",
        "record",
        reason_code=pl.lit("whitespace_only"),
        detail=pl.lit("No line of it has a visible character."),
    )


def _describe_failures(failures: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Bring failures to FAILURES: the stage and opening sentence of the vocabulary, then the detail and the size."""
    code = pl.col("reason_code")
    stages = {key: stage for key, (stage, _) in REJECT_REASONS.items()}
    sentences = {key: sentence for key, (_, sentence) in REJECT_REASONS.items()}
    return (
        failures.join(files.drop("content"), on="source", maintain_order="left")
        .sort("source", "record")
        .with_columns(
            stage=code.replace_strict(stages, return_dtype=pl.String),
            reason=pl.concat_str(code.replace_strict(sentences, return_dtype=pl.String), "detail", separator=" "),
        )
        .select(FAILURES.names())
    )
