"""Plain text: every line of the file is a line of the document."""

from __future__ import annotations

import polars as pl

from transforms.errors import RejectedRecordError
from transforms.parse.decode import decode_bytes
from transforms.parse.lines import unify_line_ends
from transforms.parse.records import DOCUMENTS_READ, FAILURES_READ, LINES_READ, ReadRecords


def read_text(files: pl.DataFrame) -> ReadRecords:
    """Read plain-text files: one record each, without hints and without stated metadata.

    Decoding goes file by file, splitting over the whole column. Blank lines are lines too at this point.
    """
    texts: list[tuple[int, str]] = []
    failures: list[tuple[int, int, str, str]] = []
    for source, content in files.select("source", "content").iter_rows():
        try:
            texts.append((source, decode_bytes(content)))
        except RejectedRecordError as error:
            failures.append((source, 0, error.reason_code, error.detail))
    frame = pl.DataFrame(texts, schema={"source": pl.UInt32, "text": pl.String}, orient="row")
    return ReadRecords(
        documents=_fill_columns(frame.select("source"), DOCUMENTS_READ),
        lines=_fill_columns(split_lines(frame), LINES_READ),
        failures=pl.DataFrame(failures, schema=FAILURES_READ, orient="row"),
    )


def split_lines(texts: pl.DataFrame) -> pl.DataFrame:
    """Split the column `text` at its line ends: one row per line, blank lines included, in order."""
    return texts.with_columns(unify_line_ends(pl.col("text")).str.split("\n")).explode("text")


def _fill_columns(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Bring `frame` to `schema`: counts that it lacks are 0, lists empty, the rest null."""
    defaults = {pl.UInt32: 0, pl.List: []}
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(defaults.get(type(dtype)), dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )
