"""Tells the lines of an article from the lines around it.

Every line gets a kind (a value of LINE_KINDS) and the name of the rule that decided it. Rules are evidence: a phrase
that only stands on lines of one kind, a mark of the source format, or a place on the page. A line that no evidence
speaks against is judged by the learned line model (`learned`), and is body where that does not judge or is not sure, so
that a page of an unknown layout keeps its text and some junk rather than the reverse.
"""

from collections.abc import Callable
from functools import reduce
from typing import Final

import polars as pl

from transforms.clean.body import fall_back, place_body, place_quotes
from transforms.clean.features import SHORT_CHARS, find_repeats, measure_lines
from transforms.clean.head import find_running, find_title, place_head, place_people, take_hints
from transforms.clean.learned import add_scores, judge_lines, restore_body
from transforms.clean.markers import mark_lines
from transforms.clean.masthead import place_masthead, place_menus
from transforms.clean.surroundings import place_author, place_captions, place_surroundings, place_teasers
from transforms.contracts.parameters import CleanParameters
from transforms.contracts.parsed import CLASSIFIED
from transforms.linemodel.model import LineModel, load_line_model
from transforms.linemodel.shape import measure_shapes

__all__ = ["STAGES", "classify_lines"]

Stage = Callable[[pl.DataFrame], pl.DataFrame]

STAGES: Final[tuple[Stage, ...]] = (
    take_hints,
    find_running,
    place_people,
    place_masthead,
    place_menus,
    find_title,
    place_head,
    place_captions,
    place_teasers,
    place_author,
    place_surroundings,
    restore_body,
    place_quotes,
    place_body,
)
"""What decides the lines that markers alone do not, in order."""


def classify_lines(
    lines: pl.DataFrame, parameters: CleanParameters | None = None, model: LineModel | None = None
) -> pl.DataFrame:
    """Gives each line its kind and the rule that decided it.

    Takes LINES (one row per non-blank line) and gives CLASSIFIED, one row per row taken, sorted by document and line.
    `kind` and `rule` are never null. Every rule reads the whole batch at once; none looks beyond the line's document.
    `model` is the line model that is shipped, unless another one is to be measured.
    """
    parameters, model = parameters or CleanParameters(), model or load_line_model()
    ordered = lines.sort("document_id", "line")
    shapes = measure_shapes(ordered["text"], model.weights, model.known)
    measured = add_scores(find_repeats(measure_lines(ordered, shapes)), shapes, model)
    marked = mark_lines(measured, SHORT_CHARS)
    decided = reduce(lambda frame, stage: stage(frame), STAGES, marked)
    judged = fall_back(judge_lines(decided, parameters.operating_point, model))
    return judged.select(*lines.columns, kind="mark", rule="mark_rule").match_to_schema(CLASSIFIED)
