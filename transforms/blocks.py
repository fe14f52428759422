"""The clean text of each document with its blocks, and the lines that were taken out of it."""

from typing import Final

import polars as pl

from transforms.contracts.tables import BLOCK, REMOVED
from transforms.contracts.vocabulary import BODY_KINDS

BLANK_LINE: Final = "\n\n"


def assemble_texts(classified: pl.DataFrame) -> pl.DataFrame:
    """Joins the body lines of each document by one blank line.

    Takes CLASSIFIED. Gives one row per document that has a body line: `document_id`, `text`, and `blocks`, a list of
    {kind, start, end} in characters of `text`, one per body line in order; `text[start:end]` is the line.
    """
    length_chars = pl.col("text").str.len_chars()
    end = (length_chars + len(BLANK_LINE)).cum_sum().over("document_id") - len(BLANK_LINE)
    return (
        classified.filter(pl.col("kind").is_in(BODY_KINDS))
        .sort("document_id", "line")
        .select("document_id", "text", "kind", start=(end - length_chars).cast(pl.UInt32), end=end.cast(pl.UInt32))
        .group_by("document_id", maintain_order=True)
        .agg(
            pl.col("text").str.join(BLANK_LINE),
            blocks=pl.struct("kind", "start", "end").cast(BLOCK),
        )
    )


def list_removed(classified: pl.DataFrame) -> pl.DataFrame:
    """The lines that are no body, whole, each with its kind and rule; takes CLASSIFIED, gives the table `removed`."""
    return (
        classified.filter(~pl.col("kind").is_in(BODY_KINDS))
        .sort("document_id", "line")
        .select(column.name for column in REMOVED.columns)
    )
