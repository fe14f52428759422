"""Costs at sizes that nobody runs follow from those that were measured, and from the code."""

import numpy as np
import pytest

from tests.bench.options import Options
from tests.bench.scale import (
    FOLDED_RUNS,
    RUN_TEXTS,
    draw_chance_hits,
    extend_line,
    find_fullest_bucket,
    fold_segments,
    measure_scale,
    render_scale,
)
from transforms.dedup.postings import MOST_TEXTS


def test_costs_grow_along_the_line() -> None:
    assert extend_line(1_000, [(10, 3.0), (20, 5.0)]) == 201
    assert extend_line(20, [(10, 3.0), (20, 5.0)]) == 5


def test_chance_is_what_is_worked_out() -> None:
    assert draw_chance_hits(0.1, np.random.default_rng(1)) == pytest.approx(0.1, rel=0.02)


def test_buckets_are_even_but_for_chance() -> None:
    assert 256 < find_fullest_bucket(256 * 2**16, np.random.default_rng(1)) < 400


def test_full_segments_are_not_folded() -> None:
    """However many there are: else each run would write the whole index again."""
    few, many = fold_segments(MOST_TEXTS // 4), fold_segments(60 * MOST_TEXTS)
    assert 0 < few < 10 * RUN_TEXTS
    assert many < FOLDED_RUNS * RUN_TEXTS


def test_all_of_it_is_in_the_table() -> None:
    results = measure_scale(Options())
    table = render_scale(results)
    assert "| documents | 1,000,000 | 10,000,000 | 100,000,000 | 1,000,000,000 |" in table
    assert measure_scale(Options()) == results
