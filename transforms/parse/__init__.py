"""From the bytes of files to records and lines. One module per format; `READERS` says which one reads what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import polars as pl

from transforms.contracts.parsed import FAILURES, LINES, RECORDS, SOURCES, STATED
from transforms.contracts.vocabulary import MEDIA_TYPES, REJECT_REASONS, UNKNOWN_MEDIA_TYPE
from transforms.identity import identify_document
from transforms.parse.html import read_html
from transforms.parse.lines import clean_texts, number_lines
from transforms.parse.markdown import read_markdown
from transforms.parse.records import DOCUMENTS_READ, FAILURES_READ, LINES_READ, Reader, ReadRecords
from transforms.parse.text import read_text

READERS: Final[Mapping[str, Reader]] = {
    "text/plain": read_text,
    "text/markdown": read_markdown,
    "text/html": read_html,
}
"""Media type -> what reads it. A new format is a module, a line here and its endings in MEDIA_TYPES."""

__all__ = ["READERS", "Parsed", "find_media_type", "parse_sources"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What `parse_sources` gives: frames with the schemas RECORDS, LINES and FAILURES, in the order of the sources."""

    records: pl.DataFrame
    lines: pl.DataFrame
    failures: pl.DataFrame


def parse_sources(sources: pl.DataFrame) -> Parsed:
    """Read files (SOURCES) into records, lines and failures.

    Every file gives at least one record or failure, and every record either at least one line or a failure. The reader
    is chosen by the ending of the file name, whatever its case; bad content gives failures (`empty`, `unknown_format`,
    `whitespace_only`, `binary`, `undecodable`, `unparsable`), never an exception. `record` tells the records of one
    file apart; what one record holds does not depend on the other files of the frame, nor on their order.

    Raises polars.exceptions.SchemaError when `sources` lacks a column of SOURCES or has it in another type.
    """
    files = (
        sources.match_to_schema(SOURCES)
        .with_row_index("source")
        .with_columns(media_type=pl.Series([find_media_type(path) for path in sources["source_path"]], dtype=pl.String))
    )
    read = _read_files(files)
    lines = number_lines(read.lines)
    has_lines = read.documents.join(lines, on=["source", "record"], how="semi", maintain_order="left")
    without = read.documents.join(lines, on=["source", "record"], how="anti", maintain_order="left")
    records = _name_records(has_lines, files)
    failures = pl.concat([read.failures, _fail_blank(without)])
    return Parsed(records.select(RECORDS.names()), _name_lines(lines, records), _describe_failures(failures, files))


def find_media_type(source_path: str) -> str:
    """Return the media type that the ending of the file name stands for; UNKNOWN_MEDIA_TYPE for any other ending."""
    return MEDIA_TYPES.get(PurePosixPath(source_path).suffix.lower(), UNKNOWN_MEDIA_TYPE)


def _read_files(files: pl.DataFrame) -> ReadRecords:
    """Hand each file to the reader of its media type; fail those that no reader takes."""
    size_bytes = pl.col("content").bin.size()
    is_known = pl.col("media_type").is_in(list(READERS))
    unknown = files.filter(~is_known).select(
        "source",
        record=pl.lit(0, pl.UInt32),
        reason_code=pl.lit("unknown_format"),
        detail=pl.format("Known endings are {}; the path is {}.", pl.lit(", ".join(MEDIA_TYPES)), "source_path"),
    )
    empty = files.filter(is_known & (size_bytes == 0)).select(
        "source", record=pl.lit(0, pl.UInt32), reason_code=pl.lit("empty"), detail=pl.lit("Its size is 0 bytes.")
    )
    taken = files.filter(is_known & (size_bytes > 0))
    parts = [ReadRecords(failures=pl.concat([unknown, empty]))]
    for media_type, read in READERS.items():
        own = taken.filter(pl.col("media_type") == media_type)
        if not own.is_empty():
            parts.append(read(own))
    return ReadRecords(
        pl.concat([part.documents for part in parts]).match_to_schema(DOCUMENTS_READ),
        pl.concat([part.lines for part in parts]).match_to_schema(LINES_READ),
        pl.concat([part.failures for part in parts]).match_to_schema(FAILURES_READ),
    )


def _name_records(documents: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Give each record its `document_id` and the columns of its file."""
    described = documents.join(files.drop("content"), on="source", maintain_order="left").with_columns(
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
