"""The learned line model among the rules: it decides what no evidence decided, and is heard where evidence is weak.

It reads plain text. Pages with markup have marks and a model of their own, so their lines are left as they are. So are
documents of which the model cannot judge: hard-wrapped ones (a line is no unit there), and those of a line or two; for
them the rules are the whole answer. Documents in a language of which training saw little are judged with the caution of
the conservative point, whatever the operating point.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.clean.rules import FREE, MARK, RULE, WORDS
from transforms.contracts.parameters import OperatingPoint
from transforms.linemodel.model import MODEL_NAME, LineModel, find_starts, score_shapes
from transforms.linemodel.shape import Shapes
from transforms.linemodel.trees import SCORE_UNITS, name_rules, to_percent

RULES: Final = name_rules(MODEL_NAME)
"""The rule of a line that the model takes out: its name, and how sure it is that the line is body."""

FEWEST_LINES: Final = 4
"""Shorter documents have no surroundings to judge a line by."""

LONG_LINE_WORDS: Final = 25
"""Around half of the removed lines of this length and more are body (measured on nine public sets), so the conservative
point keeps them."""

TEASER_WORDS: Final = 4
"""A line that the model takes out is a teaser from this length on, and an entry of a menu below. Of the labelled lines
that it takes out and the rules do not know, that names about two thirds as the labels do."""

LEFT_AT_LEAST: Final = 0.1
"""Share of the words in sentences that must stay. A page on which the model keeps less is one that it does not
understand (a layout of which it saw little): it loses none of it. On whole pages of unseen sites, at `clean`, mean word
F1 .928 on articles of WCXB and .689 on other types of page with it; .926 and .670 without."""

SENTENCE_WORDS: Final = 12

SURE_SCORE: Final = SCORE_UNITS
"""From here on (.73) the model's word stands against a rule of WEAK_RULES."""

WEAK_RULES: Final = ("text.teaser_listed", "text.contact_label", "text.comment_section")
"""Rules that read a list of something else, or a text of replies, as junk. On the visible lines of 1,103 article pages,
body lines among those that they took out and the model was sure of: 382 of 491, 8 of 8, 62 of 67. Every other rule with
enough lines to tell is right more often than not where it disagrees, but for pull quotes (61 of 96 lines are body in
the labels; they say what the text says anyway) and captions with a credit (27 of 40)."""

OPEN_RULES: Final = (
    "text.heading_shape",
    "text.heading_introduces",
    "text.list_after_colon",
    "text.list_mark",
    "text.time_head",
)
"""Rules that say what a line of the body is, not that it is body."""


def add_scores(frame: pl.DataFrame, shapes: Shapes, model: LineModel) -> pl.DataFrame:
    """Adds `line_score` (units of 1 / SCORE_UNITS), null where the model does not judge, and `is_familiar`.

    Takes measured lines, sorted by document and line, and their shapes.
    """
    scored = score_shapes(shapes, find_starts(frame["document_id"]), model)
    is_marked_up = pl.col("hint_rule").str.starts_with("html.").fill_null(value=False).any().over("document_id")
    may_judge = (
        ~is_marked_up
        & ~pl.col("is_wrapped")
        & (pl.len().over("document_id") >= FEWEST_LINES)
        & (pl.col("hint_rule").is_null())
    )
    return frame.with_columns(
        line_score=pl.when(may_judge).then(pl.Series(scored.scores, dtype=pl.Int64)),
        is_familiar=pl.Series(scored.is_familiar, dtype=pl.Boolean),
    )


def restore_body(frame: pl.DataFrame) -> pl.DataFrame:
    """Frees lines that only a weak rule took out and that the model is sure to be body."""
    is_kept = RULE.is_in(WEAK_RULES) & (pl.col("line_score") >= SURE_SCORE).fill_null(value=False)
    return frame.with_columns(
        mark=pl.when(~is_kept).then("mark"),
        mark_rule=pl.when(~is_kept).then("mark_rule"),
    )


def judge_lines(frame: pl.DataFrame, operating_point: OperatingPoint, model: LineModel) -> pl.DataFrame:
    """Takes out the lines under the threshold of the operating point, unless too little would be left."""
    cautious, threshold = model.thresholds["conservative"], model.thresholds[operating_point]
    is_cautious = ~pl.col("is_familiar") | (operating_point == "conservative")
    is_open = FREE | (RULE.is_in(OPEN_RULES) & pl.col("hint").is_null())
    is_low = (
        pl.when(is_cautious)
        .then((pl.col("line_score") < cautious) & (WORDS < LONG_LINE_WORDS))
        .otherwise(pl.col("line_score") < threshold)
    )
    is_junk = (is_open & is_low).fill_null(value=False)
    sentence_words = (WORDS * (is_open & (WORDS >= SENTENCE_WORDS))).cast(pl.Int64)
    judged = frame.with_columns(is_junk=is_junk, sentence_words=sentence_words)
    left = (pl.col("sentence_words") * ~pl.col("is_junk")).sum().over("document_id")
    judged = judged.with_columns(
        is_junk=pl.col("is_junk") & (left >= LEFT_AT_LEAST * pl.col("sentence_words").sum().over("document_id"))
    )
    is_out = pl.col("is_junk")
    return judged.with_columns(
        mark=pl.when(is_out)
        .then(pl.when(WORDS >= TEASER_WORDS).then(pl.lit("promo")).otherwise(pl.lit("navigation")))
        .otherwise(MARK),
        mark_rule=pl.when(is_out).then(_name_score(judged["line_score"])).otherwise(RULE),
    ).drop("is_junk", "sentence_words")


def _name_score(scores: pl.Series) -> pl.Series:
    """The rule of each line, by its score."""
    percent = to_percent(scores.fill_null(0).to_numpy())
    return pl.Series("rule", percent).replace_strict(dict(enumerate(RULES)), return_dtype=pl.String)
