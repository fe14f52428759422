"""Which document stands above which, and which documents take part in the decision.

Rank is intrinsic: it follows from the documents themselves, never from the order in which they arrived.
"""

from typing import Final

import polars as pl

LENGTH_STEP: Final = 1.25
"""Ratio between the bounds of neighbouring length classes.

At the default threshold of 0.8, two texts can each cover the other only when their lengths differ by less than
1 / 0.8 = 1.25, so lengths that tie are those for which length cannot tell a copy from its original.
"""

MAX_LENGTH_CLASS: Final = 100

RANKED_COLUMNS: Final = (
    "document_id",
    "source_path",
    "record",
    "ingested_at",
    "text_sha256",
    "word_count",
    "title",
    "authors",
    "published_at",
    "published_precision",
    "outlet",
    "url",
)
"""The columns of a document that its rank and its part in the decision depend on."""


def _length_class_bounds() -> list[int]:
    """Smallest word count of each class from 1 on: whole numbers, so that no machine rounds a class differently."""
    bounds, bound = [], 2
    for _ in range(MAX_LENGTH_CLASS):
        bounds.append(bound)
        # 1.25 is 5/4: exact in integers. A class holds one word count at the least.
        bound = max(bound + 1, -(-bound * 5 // 4))
    return bounds


LENGTH_CLASS_BOUNDS: Final = pl.Series("bound", _length_class_bounds(), dtype=pl.UInt64)


def measure_length_class(word_count: pl.Series) -> pl.Series:
    """Class of each word count: classes grow by a quarter, so texts of nearly equal length share one."""
    return LENGTH_CLASS_BOUNDS.search_sorted(word_count.cast(pl.UInt64), side="right").alias("length_class")


def latest_possible_publication() -> pl.Expr:
    """Last instant that the stated publication time can mean; null when none is stated.

    A vague date ("2026") must not outrank an exact one inside it, so it counts as the end of its period.
    """
    at, precision = pl.col("published_at"), pl.col("published_precision")
    steps = {"year": "1y", "month": "1mo", "day": "1d", "minute": "1m", "second": "1s"}
    ends = pl.coalesce(*(pl.when(precision == name).then(at.dt.offset_by(step)) for name, step in steps.items()))
    return ends - pl.duration(microseconds=1)


def count_stated_fields() -> pl.Expr:
    """How many of the descriptive fields a document states, from 0 to 5."""
    stated = [pl.col(name).is_not_null() for name in ("title", "published_at", "outlet", "url")]
    return pl.sum_horizontal(*stated, pl.col("authors").list.len() > 0).cast(pl.UInt8)


def rank_documents(documents: pl.DataFrame) -> pl.DataFrame:
    """`documents` in rank order, best first, with `rank` (UInt32, 0 is best): a total order.

    Longer class first, then the earlier publication (none stated: last), then more stated fields, then `document_id`.
    """
    return (
        documents.with_columns(
            measure_length_class(documents["word_count"]),
            latest_possible_publication().alias("published_by"),
            count_stated_fields().alias("stated_fields"),
        )
        .sort(
            "length_class",
            "published_by",
            "stated_fields",
            "document_id",
            descending=[True, False, True, False],
            nulls_last=True,
        )
        .drop("length_class", "published_by", "stated_fields")
        .with_row_index("rank")
    )


def rank_among(ranked: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Documents in rank order, and others among them; their columns may differ."""
    if others.is_empty():
        return ranked
    return rank_documents(pl.concat([ranked, others], how="diagonal").drop("rank"))


def assign_roles(documents: pl.DataFrame) -> pl.DataFrame:
    """Every document in rank order, with the part that it plays.

    Adds `rank`; `newest_id`, the newest version of its source path and record (its own id for the newest); and
    `standard_id`, the best-ranked newest version with the same words (null for an older version). A document is active
    when `standard_id` is its own id: only active documents are compared with one another, so that a thousand copies of
    one text are one text. Adds `is_active` for that.
    """
    ranked = rank_documents(documents)
    newest = (
        ranked.select("source_path", "record", "ingested_at", "document_id")
        .sort("ingested_at", "document_id", descending=True)
        .unique(["source_path", "record"], keep="first", maintain_order=True)
        .select("source_path", "record", pl.col("document_id").alias("newest_id"))
    )
    ranked = ranked.join(newest, on=["source_path", "record"], how="left", maintain_order="left")
    is_newest = pl.col("newest_id") == pl.col("document_id")
    standards = (
        ranked.filter(is_newest)
        .select("text_sha256", pl.col("document_id").alias("standard_id"))
        .unique("text_sha256", keep="first", maintain_order=True)
    )
    return (
        ranked.join(standards, on="text_sha256", how="left", maintain_order="left")
        .with_columns(pl.when(is_newest).then("standard_id").alias("standard_id"))
        .with_columns(pl.col("standard_id").eq_missing(pl.col("document_id")).alias("is_active"))
    )
