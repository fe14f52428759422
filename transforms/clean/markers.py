"""Rules that need the line alone: words that only stand on lines of one kind.

The tables are read from top to bottom, the first rule that holds decides. `MARKERS` is for short lines; `EDGE_MARKERS`
holds the few signs that are strong enough to take out a line of any length, and looks at its two ends only.
"""

from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.clean.marker import Marker
from transforms.clean.markers_of_media import EDGE_MARKERS, MEDIA_MARKERS
from transforms.clean.markers_of_pages import PAGE_MARKERS
from transforms.clean.markers_of_people import PEOPLE_MARKERS
from transforms.clean.markers_of_promotions import PROMOTION_MARKERS
from transforms.columns import read_where

MARKERS: Final = PAGE_MARKERS + PROMOTION_MARKERS + PEOPLE_MARKERS + MEDIA_MARKERS


def mark_lines(measured: pl.DataFrame, short_chars: int) -> pl.DataFrame:
    """Adds `mark` and `mark_rule`: the kind and name of the first marker that holds, null where none does."""
    edged = measured.with_columns(marker=_pick_first(EDGE_MARKERS, 0), row=pl.int_range(pl.len()))
    # Long lines are nine tenths of the bytes; the tables of short markers never look at them.
    short = edged.filter((pl.col("chars") <= short_chars) & pl.col("marker").is_null()).select(
        "row", short_marker=_pick_first(MARKERS, len(EDGE_MARKERS))
    )
    chosen = pl.coalesce("marker", "short_marker")
    tables = EDGE_MARKERS + MARKERS
    return (
        edged.join(short, on="row", how="left", maintain_order="left")
        .with_columns(
            mark=_look_up(chosen, [marker.kind for marker in tables]),
            mark_rule=_look_up(chosen, [marker.name for marker in tables]),
        )
        .drop("marker", "short_marker", "row")
    )


def _pick_first(markers: tuple[Marker, ...], first_number: int) -> pl.Expr:
    """The number of the first marker that holds for the line, null if none does."""
    numbered = enumerate(markers, first_number)
    return pl.coalesce(*(pl.when(_holds(marker)).then(pl.lit(number, pl.Int32)) for number, marker in numbered))


def _look_up(number: pl.Expr, names: list[str]) -> pl.Expr:
    return number.replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)


def _holds(marker: Marker) -> pl.Expr:
    holds = pl.col("words").is_between(marker.min_words, marker.max_words)
    pattern = marker.pattern if marker.source == "key" else p.bound_ascii(marker.pattern)
    for needed in filter(None, (marker.cue, pattern, marker.needs)):
        holds = holds & read_where(holds, pl.col(marker.source)).str.contains(needed)
    return holds
