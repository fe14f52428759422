"""Surroundings: features are of the document alone, and are what a slow count gives."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.linemodel.agreement import AGREEMENT, describe_agreement
from transforms.linemodel.context import FEATURES, WORDS_AT_MOST, describe_lines, find_block
from transforms.linemodel.model import find_starts
from transforms.linemodel.shape import GRAMS, WORDS, measure_shapes
from transforms.linemodel.trees import SCORE_UNITS

WEIGHTS = np.random.default_rng(1).integers(-9, 9, GRAMS).astype(np.int8)
KNOWN = np.zeros(GRAMS, np.uint8)

SENTENCE = "The keeper of the old tower said on Monday that the lamp would burn for one more winter."
LINE = st.sampled_from(["Menu", "Share this", SENTENCE, "12 May", "Read more:", SENTENCE * 3, "a b c d e f g h"])
DOCUMENTS = st.lists(st.lists(LINE, min_size=1, max_size=40), min_size=1, max_size=4)


def describe(documents: list[list[str]]) -> npt.NDArray[np.float32]:
    names = pl.Series([str(number) for number, lines in enumerate(documents) for _ in lines])
    shapes = measure_shapes(pl.Series([line for lines in documents for line in lines]), WEIGHTS, KNOWN)
    return describe_lines(shapes.counts, shapes.keys, find_starts(names))


@settings(max_examples=40, deadline=None)
@given(DOCUMENTS)
def test_no_line_sees_another_document(documents: list[list[str]]) -> None:
    alone = np.concatenate([describe([lines]) for lines in documents])
    assert np.array_equal(describe(documents), alone)
    assert np.isfinite(alone).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=40))
def test_windows_copies_and_places_are_counted(lines: list[str]) -> None:
    rows = describe([lines])
    words = [min(len(line.split()), WORDS_AT_MOST) for line in lines]
    for number, row in enumerate(rows):
        named = dict(zip(FEATURES, row.tolist(), strict=True))
        window = words[max(number - 4, 0) : number + 5]
        assert named["words_in_9"] == np.float32(sum(window) / len(window))
        assert named["copies"] == lines.count(lines[number])
        assert (named["line"], named["lines_below"]) == (number, len(lines) - 1 - number)
        assert named["words_at_+1"] == (words[number + 1] if number + 1 < len(lines) else -1)
        assert named["lines_up_to_long"] == min(
            next((step for step in range(1, number + 1) if words[number - step] >= 12), 60), 60
        )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-5, 5), max_size=25))
def test_the_block_is_the_heaviest_run(values: list[int]) -> None:
    start, end = find_block(np.array(values, np.int64))
    sums = [sum(values[first:last]) for first in range(len(values)) for last in range(first + 1, len(values) + 1)]
    assert sum(values[start:end]) == max([0, *sums])
    assert (start, end) == (0, 0) or sum(values[start:end]) > 0


def agree(documents: list[list[tuple[int, int]]]) -> npt.NDArray[np.float32]:
    names = pl.Series([str(number) for number, lines in enumerate(documents) for _ in lines])
    words, scores = (np.array([line[side] for lines in documents for line in lines], np.int64) for side in (0, 1))
    return describe_agreement(words, scores, find_starts(names))


SCORED = st.tuples(st.integers(0, 80), st.integers(-6 * SCORE_UNITS, 6 * SCORE_UNITS))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(SCORED, min_size=1, max_size=30), min_size=1, max_size=3))
def test_agreement_is_of_one_document(documents: list[list[tuple[int, int]]]) -> None:
    alone = np.concatenate([agree([lines]) for lines in documents])
    assert np.array_equal(agree(documents), alone)
    assert np.isfinite(alone).all()


def test_agreement_counts_body_on_both_sides() -> None:
    rows: list[dict[str, Any]] = [
        dict(zip(AGREEMENT, row, strict=True))
        for row in agree([[(10, -SCORE_UNITS), (20, SCORE_UNITS), (30, SCORE_UNITS), (5, -SCORE_UNITS)]]).tolist()
    ]
    assert [row["body_lines_above"] for row in rows] == [0, 0, 1, 2]
    assert [row["body_words_below"] for row in rows] == [50, 30, 0, 0]
    assert [row["lines_up_to_body"] for row in rows] == [60, 60, 1, 1]
    assert [row["lines_down_to_body"] for row in rows] == [1, 1, 60, 60]
    assert [row["lines_to_weight_block"] for row in rows] == [1, 0, 0, -1]
    assert [row["score_at_-1"] for row in rows] == [-5, -1, 1, 1]
    assert WORDS == 0
