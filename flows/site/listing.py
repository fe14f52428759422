"""What lists and searches show of every document: all documents numbered, in columns, and in parts of some rows.

Numbers go from the newest publication to the oldest. They hold for one site: links name documents by their ids.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.run import scan_held
from flows.site.parts import encode, write_part
from flows.storage import Store
from transforms.contracts.vocabulary import RELATIONS

ROWS_PER_PART: Final = 500
"""A list shows 50 rows that may lie in 50 parts: smaller parts are more files, larger ones are more to read."""

PLACES: Final = ("kept", *RELATIONS)
"""Where a document is; its place in this order is its code in the columns."""

LISTED: Final = (
    "document_id",
    "source_path",
    "record",
    "title",
    "authors",
    "published_at",
    "published_precision",
    "outlet",
    "language",
    "kind",
    "word_count",
    "coverage",
    "relation",
    "duplicate_of",
    "partners",
)

PUBLISHED_FORMATS: Final = {
    "year": "%Y",
    "month": "%Y-%m",
    "day": "%Y-%m-%d",
    "minute": "%Y-%m-%d %H:%M",
    "second": "%Y-%m-%d %H:%M:%S",
}


def list_documents(store: Store) -> pl.DataFrame:
    """LISTED columns of every document held, with its `number`, in the order of the numbers.

    `published` is the time as exactly as it was stated; `place` is a value of PLACES.
    """
    return (
        scan_held(store, LISTED)
        .collect()
        .sort("published_at", "document_id", descending=[True, False], nulls_last=True)
        .with_columns(show_published(), pl.col("relation").fill_null("kept").alias("place"))
        .with_row_index("number")
    )


def show_published() -> pl.Expr:
    """The publication time, as exactly as it was stated; null when there is none."""
    precision = pl.col("published_precision")
    return pl.coalesce(
        pl.when(precision == name).then(pl.col("published_at").dt.strftime(form))
        for name, form in PUBLISHED_FORMATS.items()
    ).alias("published")


def write_rows(documents: pl.DataFrame, folder: Path) -> None:
    """The parts `rows-0`, `rows-1` … with what a list prints of a document."""
    shown = documents.select(
        "document_id", "title", pl.col("authors").list.join(", "), "published", "source_path", "record"
    )
    for number, rows in enumerate(shown.iter_slices(ROWS_PER_PART)):
        write_part(folder, f"rows-{number}", encode(rows.to_dict(as_series=False)))


def write_columns(documents: pl.DataFrame, folder: Path) -> None:
    """The part `columns`: what lists are filtered and sorted by, of every document, as whole numbers.

    `days` counts from 1970 and is null for an undated document; `coverage` is in percent, rounded down; `titles` is
    the place of the title among all titles. The other columns are places in the lists of names that stand beside them.
    """
    title = pl.coalesce("title", "source_path").str.to_lowercase()
    columns: dict[str, Any] = documents.select(
        pl.col("published_at").dt.epoch("d").alias("days"),
        pl.col("word_count").alias("words"),
        (pl.col("coverage") * 100 + 1e-9).floor().cast(pl.UInt8).alias("coverage"),
        title.rank("ordinal").alias("titles"),
        pl.col("place").replace_strict(PLACES, range(len(PLACES)), return_dtype=pl.UInt8).alias("places"),
    ).to_dict(as_series=False)
    for plural, column in (("outlets", "outlet"), ("languages", "language"), ("kinds", "kind")):
        names = list_names(documents[column])
        codes = documents[column].replace_strict(names, range(len(names)), default=None, return_dtype=pl.UInt32)
        columns |= {plural: codes.to_list(), f"{plural}_names": names}
    write_part(folder, "columns", encode(columns))


def list_names(values: pl.Series) -> Sequence[str]:
    """Each value once, in alphabetical order, without null."""
    names: list[str] = values.drop_nulls().unique().sort().to_list()
    return names
