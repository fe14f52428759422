"""Work on some of the values of a column."""

from collections.abc import Callable

import polars as pl


def change_some(values: pl.Series, chosen: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`values` with those that are `chosen` (true) as `change` gives them, each in its place."""
    if not chosen.any():
        return values
    is_chosen = chosen.fill_null(value=False)
    places = pl.concat([is_chosen.arg_true(), (~is_chosen).arg_true()])
    changed = pl.concat([change(values.filter(is_chosen)), values.filter(~is_chosen)])
    return changed.gather(places.arg_sort()).alias(values.name)


def read_where(condition: pl.Expr, text: pl.Expr) -> pl.Expr:
    """The text where the condition holds, and an empty one elsewhere, so that reading it takes no time.

    A null would not do: what it hides is still there, and still read.
    """
    return pl.when(condition).then(text).otherwise(pl.lit(""))
