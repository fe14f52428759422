"""Which of the stamps of a document is its time of publication."""

from typing import Final

import polars as pl

from transforms.metadata.dates import read_times

PLACED_RULES: Final = "html.class."
"""Printed dates that only a class marks; more than MOST_DAYS of them in a document date a list of teasers."""
MOST_DAYS: Final = 3
LONGEST_STAMP_CHARS: Final = 200
STATED, PRINTED, NEAR = 0, 1, 2
NEAR_HEADLINE: Final = "html.near_headline"
DAYS_BETWEEN: Final = 2


def pick_times(stated: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`published_at` and `published_precision` per document, and the evidence (field, value, line, rule).

    Takes stated values (document_id, field, value, rule) and classified lines. Stated times go before printed ones, a
    first publication before an update. A document whose every stamp is relative keeps its first one as evidence, under
    the rule `text.stamp_not_placed`.
    """
    printed = lines.filter(
        pl.col("kind").is_in(["dateline", "byline"])
        & pl.col("text").str.contains(r"\p{N}")
        & (pl.col("text").str.len_chars() <= LONGEST_STAMP_CHARS)
    ).select("document_id", "line", "rule", value="text", choice=pl.lit(PRINTED, pl.Int32))
    said = stated.filter(pl.col("field") == "published_at").select(
        "document_id",
        "rule",
        "value",
        line=pl.lit(None, pl.UInt32),
        choice=pl.lit(STATED, pl.Int32),
    )
    read = read_times(pl.concat([said.select(printed.columns), printed])).with_columns(
        is_read=pl.col("published_at").is_not_null()
    )
    is_usable = (
        pl.col("is_read")
        | pl.col("rule").is_in(["text.date_line", "text.outlet_and_date"])
        | ((pl.col("choice") == STATED) & (pl.col("rule") != NEAR_HEADLINE))
    )
    ranked = (
        _drop_lists(read)
        .filter(is_usable)
        .with_columns(choice=_rank())
        .sort(~pl.col("is_read"), "choice", "is_update", maintain_order=True)
    )
    best = _prefer_earlier(ranked).unique("document_id", keep="first", maintain_order=True)
    times = best.filter(pl.col("is_read")).select("document_id", "published_at", "published_precision")
    rule = pl.when(pl.col("is_read")).then("rule").otherwise(pl.lit("text.stamp_not_placed"))
    evidence = best.select("document_id", field=pl.lit("published_at"), value="value", line="line", rule=rule)
    return times, evidence


def _rank() -> pl.Expr:
    """Stated, printed, and what only stands near the headline; of the latter, relative stamps say nothing."""
    return pl.when(pl.col("rule") == NEAR_HEADLINE).then(NEAR).otherwise("choice")


def _prefer_earlier(ranked: pl.DataFrame) -> pl.DataFrame:
    """A date printed beside the headline goes first where it is days before the one stated.

    A page that is saved or moved states the new day, while it prints the one of its first publication. A later printed
    date may be that of an update, and one day may be the distance of UTC.
    """
    is_near = (pl.col("rule") == NEAR_HEADLINE) & pl.col("is_read")
    is_first = is_near & (is_near.cast(pl.UInt32).cum_sum().over("document_id") == 1)
    stated_at = pl.col("published_at").filter(pl.col("choice") == STATED).first().over("document_id")
    is_earlier = (
        is_first
        & ~pl.col("is_update")
        & pl.col("published_precision").is_in(["day", "minute", "second"])
        & (pl.col("published_at") < stated_at - pl.duration(days=DAYS_BETWEEN))
    )
    return ranked.sort(~is_earlier.fill_null(value=False), maintain_order=True)


def _drop_lists(read: pl.DataFrame) -> pl.DataFrame:
    """Without the dates that classes mark in a document that has many different ones: those are of its teasers."""
    is_placed = pl.col("rule").str.starts_with(PLACED_RULES) | pl.col("rule").str.starts_with("html.time")
    days = pl.col("published_at").dt.truncate("1d").filter(is_placed & (pl.col("choice") == PRINTED)).n_unique()
    return read.filter(~(is_placed & (pl.col("choice") == PRINTED) & (days.over("document_id") > MOST_DAYS)))
