"""Trees: scores are sums of leaves, exact, and a row's score is its own."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.linemodel.trees import SCORE_UNITS, Trees, score_rows, to_percent

NAMES = ("length", "place")


def make_trees(**changes: Any) -> Trees:
    """Two trees: `length` at 3, then `place` at 0.5 on its right; and a lone leaf."""
    arrays: dict[str, Any] = {
        "features": np.array([0, 1], np.uint16),
        "thresholds": np.array([3, 0.5], np.float32),
        "left": np.array([-1, -2], np.int32),
        "right": np.array([1, -3], np.int32),
        "roots": np.array([0, -4], np.int32),
        "leaves": np.array([10, 20, 30, 1], np.int32),
    }
    return Trees(NAMES, **(arrays | changes))


def as_rows(*rows: tuple[float, float]) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 2)


def test_a_score_is_the_sum_of_one_leaf_a_tree() -> None:
    rows = as_rows((3, 0), (3.1, 0.5), (3.1, 0.6), (np.nan, np.nan))
    assert score_rows(make_trees(), rows).tolist() == [11, 21, 31, 31]


def test_trees_survive_a_file() -> None:
    trees = make_trees()
    again = Trees.from_arrays(trees.to_arrays("t_"), "t_")
    assert again.names == trees.names
    rows = as_rows((0, 0), (9, 9))
    assert (score_rows(again, rows) == score_rows(trees, rows)).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"right": np.array([2, -3], np.int32)},
        {"right": np.array([0, -3], np.int32)},
        {"left": np.array([-5, -2], np.int32)},
        {"roots": np.array([2], np.int32)},
        {"features": np.array([0, 2], np.uint16)},
        {"features": np.array([0], np.uint16)},
        {"thresholds": np.array([np.nan, 0], np.float32)},
        {"thresholds": np.array([3, 0.5], np.float64)},
        {"leaves": np.array([10, 20, 30, 1 << 20], np.int32)},
    ],
)
def test_broken_trees_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="trees"):
        make_trees(**changes)


@pytest.mark.parametrize("rows", [np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float64), np.zeros(2, np.float32)])
def test_rows_of_another_shape_are_refused(rows: npt.NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="expected rows of 2"):
        score_rows(make_trees(), rows)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=12), st.randoms())
def test_a_row_is_scored_by_itself(rows: list[tuple[float, float]], random: Any) -> None:
    scores = score_rows(make_trees(), as_rows(*rows)).tolist()
    assert scores == [int(score_rows(make_trees(), as_rows(row))[0]) for row in rows]
    order = list(range(len(rows)))
    random.shuffle(order)
    assert score_rows(make_trees(), as_rows(*(rows[place] for place in order))).tolist() == [
        scores[place] for place in order
    ]


def test_percent_is_the_logistic_function_rounded() -> None:
    scores = np.arange(-40_000, 40_000, 7, dtype=np.int64)
    exact = 100 / (1 + np.exp(-scores / SCORE_UNITS))
    percent = to_percent(scores)
    assert (np.abs(percent - exact) <= 0.51).all()
    assert (percent.min(), percent.max()) == (0, 100)
    assert (np.diff(percent) >= 0).all()


def test_training_gives_the_trees_that_lightgbm_made() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    from tests.training.boosting import DEFAULTS, train_trees

    random = np.random.default_rng(1)
    rows = random.normal(size=(2_000, 2)).astype(np.float32)
    is_positive = rows[:, 0] * 2 + rows[:, 1] + random.normal(size=2_000) > 0
    trees = train_trees(rows, is_positive, NAMES, trees=20)
    theirs = lightgbm.train(DEFAULTS, lightgbm.Dataset(rows, is_positive.astype(np.float32)), num_boost_round=20)
    expected = theirs.predict(rows, raw_score=True)
    # Twenty leaves, each rounded by half a unit at most.
    assert np.abs(score_rows(trees, rows) / SCORE_UNITS - expected).max() <= 20 * 0.5 / SCORE_UNITS
