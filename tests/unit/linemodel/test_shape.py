"""What a line is made of: counted in one pass, each line by itself."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.linemodel import shape
from transforms.linemodel.shape import COUNTS, GRAMS, MOST_GRAMS, hash_grams, measure_shapes

WEIGHTS = np.ones(GRAMS, np.int8)
KNOWN = np.zeros(GRAMS, np.uint8)


def measure(*texts: str | None) -> list[dict[str, int]]:
    counts = measure_shapes(pl.Series(texts, dtype=pl.String), WEIGHTS, KNOWN).counts
    return [dict(zip(COUNTS, row, strict=True)) for row in counts.tolist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello World. This is it!", {"words": 5, "chars": 24, "capitals": 3, "uppers": 3, "stops": 2, "longest": 6}),
        ("Version 2.5 of the tower", {"stops": 0, "digits": 2, "end": shape.END_WORD}),
        ("“Why?” she asked.", {"stops": 2, "quotes": 2, "start": shape.START_QUOTE, "end": shape.END_STOP}),
        ("He left.”", {"end": shape.END_STOP}),
        ("and so on …", {"start": shape.START_LOWER, "end": shape.END_ELLIPSIS}),
        ("Read more:", {"end": shape.END_COLON, "words": 2}),
        ("• Élan, Ünlü", {"start": shape.START_SYMBOL, "symbols": 1, "commas": 1, "capitals": 2, "uppers": 2}),
        ("灯台は移る。", {"words": 2, "chars": 6, "stops": 1, "start": shape.START_LETTER, "grams": 0}),
        ("news@bay.example | bay/tower", {"addresses": 2}),
        ("", {"words": 0, "chars": 0, "grams": 0, "start": shape.START_NONE}),
    ],
)
def test_counts(text: str, expected: dict[str, int]) -> None:
    found = measure(text)[0]
    assert {name: found[name] for name in expected} == expected


def test_null_is_an_empty_line() -> None:
    assert measure(None) == measure("")


LINES = st.lists(st.text(max_size=40), max_size=8)


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_a_line_is_measured_by_itself(texts: list[str]) -> None:
    together = measure_shapes(pl.Series(texts, dtype=pl.String), WEIGHTS, KNOWN)
    alone = [measure_shapes(pl.Series([text]), WEIGHTS, KNOWN) for text in texts]
    assert together.counts.tolist() == [row for one in alone for row in one.counts.tolist()]
    assert together.keys.tolist() == [key for one in alone for key in one.keys.tolist()]


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_the_n_grams_are_those_that_are_weighed(texts: list[str]) -> None:
    grams, ends = hash_grams(pl.Series(texts, dtype=pl.String))
    weights = np.random.default_rng(1).integers(-9, 9, GRAMS).astype(np.int8)
    shapes = measure_shapes(pl.Series(texts, dtype=pl.String), weights, KNOWN)
    sums = [int(weights[grams[first:last]].sum()) for first, last in pairwise(ends.tolist())]
    assert shapes.counts[:, shape.LEXICAL].tolist() == sums
    assert shapes.counts[:, shape.GRAM_COUNT].tolist() == np.diff(ends).tolist()
    assert np.diff(ends).max(initial=0) <= MOST_GRAMS


def test_case_punctuation_and_digits_do_not_change_the_words() -> None:
    first, second = (
        hash_grams(pl.Series([text]))[0].tolist() for text in ("Posted 12 May, 2024!", "posted 31 MAY 1999")
    )
    assert first == second


def test_a_long_line_has_no_more_n_grams_than_its_start() -> None:
    long = " ".join(f"word{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(300))
    assert measure(long)[0]["grams"] == MOST_GRAMS - 2
