"""Boosted trees over rows of numbers, scored by a kernel of our own, with the same result on every machine.

Scores decide what is published, so nothing here depends on the order of a sum or on a mathematical library: features
are 32-bit floats that are only compared with thresholds, a leaf holds a whole number, and a score is a sum of whole
numbers. They are log-odds in units of 1 / SCORE_UNITS.

The trees of a model lie one after the other in flat arrays; training (tests/training) makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.dedup.kernels import compile_kernel

SCORE_UNITS: Final = 4096
"""Score 1 (log-odds) in the units of a leaf."""

MOST_SCORE: Final = 1 << 20
"""Leaves are smaller than this, so that a sum over any number of trees that fits into memory fits into 64 bits."""

_ARRAYS: Final = {
    "features": np.uint16,
    "thresholds": np.float32,
    "left": np.int32,
    "right": np.int32,
    "roots": np.int32,
    "leaves": np.int32,
}

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Trees:
    """Binary decision trees whose leaves are added up.

    Node n goes on to `left[n]` when the row's feature `features[n]` is at most `thresholds[n]`, else (not-a-number
    included) to `right[n]`. A number from 0 on is a node behind n; -1 - l stands for leaf l, worth `leaves[l]`.
    `roots` has one entry a tree, a node or a leaf as above. `names` are the features that a row must have, in order.
    """

    names: tuple[str, ...]
    features: npt.NDArray[np.uint16]
    thresholds: npt.NDArray[np.float32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    roots: npt.NDArray[np.int32]
    leaves: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        """Refuse arrays in which a walk could leave the arrays or never end."""
        nodes, leaves = self.features.size, self.leaves.size
        for name, dtype in _ARRAYS.items():
            if getattr(self, name).dtype != dtype:
                raise ValueError(f"{name} of the trees holds {getattr(self, name).dtype}, expected {np.dtype(dtype)}")
        if not nodes == self.thresholds.size == self.left.size == self.right.size:
            raise ValueError(f"the trees have {nodes} features, but other numbers of thresholds or children")
        for name in ("left", "right", "roots"):
            places = getattr(self, name)
            if places.size and (places.max() >= nodes or places.min() < -leaves):
                raise ValueError(f"{name} of the trees names a node or leaf that is not there")
        # A child stands behind its parent, so every walk ends.
        own = np.arange(nodes)
        for name in ("left", "right"):
            children = getattr(self, name)
            if np.any((children >= 0) & (children <= own)):
                raise ValueError(f"{name} of the trees names a node that does not stand behind its parent")
        if nodes and int(self.features.max()) >= len(self.names):
            raise ValueError(f"the trees ask for feature {int(self.features.max())} of {len(self.names)}")
        if not np.isfinite(self.thresholds).all() or np.any(np.abs(self.leaves) >= MOST_SCORE):
            raise ValueError("a threshold of the trees is not finite, or a leaf is out of range")

    def to_arrays(self, prefix: str = "trees_") -> dict[str, Numbers]:
        """The arrays as a model file holds them, each name with `prefix` before it."""
        arrays = {prefix + name: getattr(self, name) for name in _ARRAYS}
        return {prefix + "names": np.array(self.names, np.str_), **arrays}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Numbers], prefix: str = "trees_") -> Trees:
        """Take trees out of the arrays of a model file; ValueError when they are no trees, KeyError without them."""
        names = tuple(str(name) for name in arrays[prefix + "names"])
        return cls(names, **{name: np.ascontiguousarray(arrays[prefix + name]) for name in _ARRAYS})


def score_rows(trees: Trees, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """The score of each row, in units of 1 / SCORE_UNITS of a log-odds.

    `rows` is a matrix, rows by features, of 32-bit floats in the order of `trees.names`. ValueError for another shape
    or type. A row's score depends on that row alone.
    """
    if rows.ndim != 2 or rows.shape[1] != len(trees.names) or rows.dtype != np.float32:  # noqa: PLR2004
        raise ValueError(
            f"expected rows of {len(trees.names)} 32-bit floats, got {rows.dtype} in the shape {rows.shape}"
        )
    arrays = (trees.features, trees.thresholds, trees.left, trees.right, trees.roots, trees.leaves)
    scores: npt.NDArray[np.int64] = _add_up(np.ascontiguousarray(rows), arrays)
    return scores


@compile_kernel
def _add_up(rows: Numbers, trees: tuple[Numbers, Numbers, Numbers, Numbers, Numbers, Numbers]) -> Numbers:
    features, thresholds, left, right, roots, leaves = trees
    scores = np.empty(rows.shape[0], np.int64)
    for row in range(rows.shape[0]):
        total = 0
        for tree in range(roots.size):
            place = roots[tree]
            while place >= 0:
                place = left[place] if rows[row, features[place]] <= thresholds[place] else right[place]
            total += leaves[-1 - place]
        scores[row] = total
    return scores


@cache
def _list_bounds() -> npt.NDArray[np.int64]:
    """The scores at which the rounded share goes up by one hundredth.

    The logarithm may differ in its last bit between machines; rounded to whole units it does not.
    """
    share = (np.arange(100) + 0.5) / 100
    bounds: npt.NDArray[np.int64] = np.rint(np.log(share / (1 - share)) * SCORE_UNITS).astype(np.int64)
    return bounds


def to_percent(scores: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """What the scores say as a probability, in whole hundredths: 0 to 100."""
    return np.searchsorted(_list_bounds(), scores, side="right").astype(np.int64)


def name_rules(model_name: str) -> tuple[str, ...]:
    """The rules of lines that a model takes out, by what `to_percent` says of them: `model.lines-1:0.03`."""
    return tuple(f"model.{model_name}:{percent / 100:.2f}" for percent in range(101))
