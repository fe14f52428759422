"""Which documents are copies of which: an article and what was set aside for it are a family."""

from pathlib import Path
from typing import Final

import polars as pl

from flows.site.parts import encode, write_part
from flows.storage import Store
from transforms.contracts import OVERLAPS

PAIRS_LISTED: Final = 2_000
"""Of the pairs that set something aside, and of those that do not: so many, with the most shared words."""


LEAST_SHARE: Final = 0.2
"""An article is of the family of a copy when it covers this share of it, or more than any other does: a long text set
aside for one article can share a sentence with fifty."""


def list_ties(documents: pl.DataFrame) -> pl.DataFrame:
    """Which kept document covers which document that was set aside, and with how many of its words.

    Numbers of both as `number` and `article`, most words first. `words` is null where `duplicate_of` names an article
    that is no partner; `is_family` says whether the two are shown as article and copy.
    """
    aside = documents.filter(pl.col("relation").is_not_null())
    partners = aside.select("number", "word_count", "partners").explode("partners").drop_nulls().unnest("partners")
    is_large = (pl.col("words") >= pl.col("word_count") * LEAST_SHARE).alias("is_family")
    named = aside.select(
        "number",
        pl.col("duplicate_of").alias("document_id"),
        pl.lit(None, pl.UInt32).alias("words"),
        pl.lit(True).alias("is_family"),
    )
    articles = documents.select("document_id", pl.col("number").alias("article"))
    return (
        pl.concat([partners.select("number", "document_id", "words", is_large), named])
        .group_by("number", "document_id")
        .agg(pl.col("words").max(), pl.col("is_family").any())
        .join(articles, on="document_id")
        .select("number", "article", "words", "is_family")
        .sort("number", "words", "article", descending=[False, True, False], nulls_last=True)
    )


def write_families(ties: pl.DataFrame, folder: Path) -> int:
    """The part `families`: articles with their copies and the words that each has in common, most copies first.

    Returns how many families there are.
    """
    families = (
        ties.filter("is_family")
        .sort("number")
        .group_by("article", maintain_order=True)
        .agg(pl.col("number").alias("copies"), "words")
        .sort(pl.col("copies").list.len(), "article", descending=[True, False])
    )
    write_part(folder, "families", encode(families.to_dict(as_series=False)))
    return families.height


def write_pairs(store: Store, documents: pl.DataFrame, folder: Path) -> int:
    """The part `pairs`: pairs of documents with the most shared words. Returns how many pairs there are in all."""
    known = documents.select("document_id", "number", "relation")
    pairs = (
        store.scan(OVERLAPS)
        .with_columns(pl.col("spans").list.eval(pl.element().struct.field("passage")).list.n_unique().alias("passages"))
        .drop("spans")
        .join(known.lazy(), on="document_id")
        .join(known.lazy().select("document_id", "number", "relation"), left_on="other_id", right_on="document_id")
        .select(
            "number",
            pl.col("number_right").alias("other"),
            "words",
            "passages",
            show_share("share"),
            show_share("other_share"),
            (pl.col("relation").is_not_null() | pl.col("relation_right").is_not_null()).alias("is_copy"),
        )
        .collect()
    )
    order = ["words", "number", "other"]
    listed = pairs.sort(order, descending=[True, False, False]).group_by("is_copy", maintain_order=True)
    shown = listed.head(PAIRS_LISTED).sort(order, descending=[True, False, False])
    write_part(folder, "pairs", encode(shown.to_dict(as_series=False)))
    return pairs.height


def show_share(column: str) -> pl.Expr:
    """A share in percent, rounded down: 99.6 % must not read as all of it."""
    return (pl.col(column) * 100 + 1e-9).floor().cast(pl.UInt8)
