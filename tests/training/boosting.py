"""Boosted trees trained with LightGBM, turned into the flat trees that `transforms` scores by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.linemodel.trees import SCORE_UNITS, Trees

DEFAULTS: Final[dict[str, Any]] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 255,
    "use_missing": False,
    "zero_as_missing": False,
    # The same data gives the same trees, whatever the machine.
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 1,
    "verbosity": -1,
}


def train_trees(
    rows: npt.NDArray[np.float32],
    is_positive: npt.NDArray[np.bool_],
    names: Sequence[str],
    *,
    weights: npt.NDArray[np.float64] | None = None,
    trees: int = 120,
    **changes: Any,
) -> Trees:
    """Train `trees` trees that tell positive rows from the others; `changes` go over DEFAULTS."""
    import lightgbm

    data = lightgbm.Dataset(rows, is_positive.astype(np.float32), weight=weights, feature_name=list(names))
    booster = lightgbm.train({**DEFAULTS, **changes}, data, num_boost_round=trees)
    return convert_trees([info["tree_structure"] for info in booster.dump_model()["tree_info"]], names)


def convert_trees(structures: Sequence[dict[str, Any]], names: Sequence[str]) -> Trees:
    """Turn LightGBM's own description of its trees into flat arrays.

    A threshold becomes the largest 32-bit float that is not above it, which parts 32-bit features in the same way; a
    leaf is rounded to whole units.
    """
    nodes: list[list[float]] = []
    leaves: list[int] = []
    roots = [_add_node(structure, nodes, leaves) for structure in structures]
    columns = np.array(nodes, np.float64).reshape(-1, 4)
    return Trees(
        tuple(names),
        columns[:, 0].astype(np.uint16),
        _round_down(columns[:, 1]),
        columns[:, 2].astype(np.int32),
        columns[:, 3].astype(np.int32),
        np.array(roots, np.int32),
        np.array(leaves, np.int32),
    )


def _add_node(structure: dict[str, Any], nodes: list[list[float]], leaves: list[int]) -> int:
    if "split_feature" not in structure:
        leaves.append(round(structure["leaf_value"] * SCORE_UNITS))
        return -len(leaves)
    if structure["decision_type"] != "<=":
        raise ValueError(f"a tree decides by {structure['decision_type']!r}; only numeric features are known")
    place = len(nodes)
    nodes.append([structure["split_feature"], structure["threshold"], 0, 0])
    nodes[place][2] = _add_node(structure["left_child"], nodes, leaves)
    nodes[place][3] = _add_node(structure["right_child"], nodes, leaves)
    return place


def _round_down(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    rounded = thresholds.astype(np.float32)
    too_high = rounded.astype(np.float64) > thresholds
    rounded[too_high] = np.nextafter(rounded[too_high], np.float32(-np.inf))
    return rounded
