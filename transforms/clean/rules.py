"""How a rule is written and decided, for rules that look at the place of a line on its page.

A page is read as head (up to the first running line of text), body, and surroundings. The stages of the package run in
order, and each one knows what those before it decided. Inside a stage the first rule that holds decides.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.clean.features import look_back
from transforms.columns import read_where

MARK: Final = pl.col("mark")
RULE: Final = pl.col("mark_rule")
WORDS: Final = pl.col("words")
LINE: Final = pl.col("line").cast(pl.Int64)
FREE: Final = MARK.is_null()
"""No rule has decided the line yet."""


@dataclass(frozen=True)
class Rule:
    """One rule: lines for which `when` holds are of this kind."""

    name: str
    kind: str
    when: pl.Expr


def decide(frame: pl.DataFrame, rules: tuple[Rule, ...]) -> pl.DataFrame:
    """Sets `mark` and `mark_rule` by the first rule that holds; lines for which none holds stay as they are."""
    decision = pl.coalesce(*(pl.when(rule.when).then(pl.lit(number, pl.Int32)) for number, rule in enumerate(rules)))
    decided = frame.with_columns(decision=decision)
    return decided.with_columns(
        mark=pl.coalesce(_look_up("decision", [rule.kind for rule in rules]), MARK),
        mark_rule=pl.coalesce(_look_up("decision", [rule.name for rule in rules]), RULE),
    ).drop("decision")


def _look_up(column: str, names: list[str]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)


def match_where(condition: pl.Expr, pattern: str, column: str = "opening") -> pl.Expr:
    """Whether the pattern matches, read only on the lines for which the condition holds; false on all others."""
    return read_where(condition, pl.col(column)).str.contains(p.bound_ascii(pattern)).fill_null(value=False)


def see_neighbours(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds what stands on the lines above and below."""
    return frame.with_columns(
        above=look_back("mark"),
        below=look_back("mark", -1),
        above_rule=look_back("mark_rule"),
        below_rule=look_back("mark_rule", -1),
        above_key=look_back("key").fill_null(""),
        below_key=look_back("key", -1).fill_null(""),
        is_stamped_below=look_back("is_relative_stamp", -1).fill_null(value=False),
        below_running=look_back("is_running", -1).fill_null(value=False),
        above_introduces=look_back("is_introduction").fill_null(value=False),
    )
