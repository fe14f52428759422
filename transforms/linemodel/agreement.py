"""What first scores say of the lines around a line: a second look, in which a line is held against its neighbours.

A menu inside the text and a sentence inside a menu are told by the verdict on the lines beside them. As in `context`,
everything is summed in whole numbers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.dedup.kernels import compile_kernel
from transforms.linemodel.context import find_block
from transforms.linemodel.trees import SCORE_UNITS

Array = npt.NDArray[Any]

WINDOWS: Final = (3, 5, 9, 15, 25, 51)
NEIGHBOURS: Final = (-1, 1, -2, 2, -3, 3, -4, 4)
SCORE_AT_MOST: Final = 4 * SCORE_UNITS
"""A score beyond this says no more to its neighbours."""
SURE: Final = SCORE_UNITS // 2
WORDS_AT_MOST: Final = 40
"""A line speaks with its words, up to this many."""
FAR_LINES: Final = 60

AGREEMENT: Final = (
    "score",
    *(f"score_at_{step:+d}" for step in NEIGHBOURS),
    *(f"{name}_in_{size}" for size in WINDOWS for name in ("score", "weight")),
    "body_lines_above",
    "body_lines_below",
    "body_words_above_share",
    "body_words_above",
    "body_words_below",
    "lines_up_to_body",
    "lines_down_to_body",
    "lines_to_weight_block",
    "place_in_weight_block",
    "lines_to_score_block",
    "place_in_score_block",
)
"""Features of a line, in the order of the columns that `describe_agreement` gives. `weight`: the score times the words.
Blocks are the runs of lines with the largest sum of weights, and of scores."""

_NO_NEIGHBOUR: Final = -5.0
_AHEAD: Final = 1 + len(NEIGHBOURS) + 2 * len(WINDOWS)


def describe_agreement(words: Array, scores: npt.NDArray[np.int64], starts: Array) -> npt.NDArray[np.float32]:
    """The features of each line (lines by AGREEMENT), from its words and first scores; `starts` as in `context`."""
    features = np.empty((scores.size, len(AGREEMENT)), np.float32)
    bounds = np.asarray(starts, np.int64)
    _describe(words.astype(np.int64), scores, bounds, np.array(WINDOWS), np.array(NEIGHBOURS), features)
    return features


@compile_kernel
def _place(line: int, start: int, end: int) -> tuple[int, float]:
    """Lines to a block (negative behind it), and how far into it a line lies; -1 outside."""
    if line < start:
        return min(start - line, FAR_LINES), -1.0
    if line >= end:
        return max(end - 1 - line, -FAR_LINES), -1.0
    return 0, (line - start) / (end - start)


@compile_kernel
def _describe(words: Array, scores: Array, starts: Array, windows: Array, neighbours: Array, features: Array) -> None:
    for document in range(starts.size - 1):
        first, last = starts[document], starts[document + 1]
        size = last - first
        clipped, weights = np.empty(size, np.int64), np.empty(size, np.int64)
        score_to, weight_to = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
        lines_to, words_to = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
        for line in range(size):
            own = scores[first + line]
            clipped[line] = min(max(own, -SCORE_AT_MOST), SCORE_AT_MOST)
            weights[line] = clipped[line] * (min(words[first + line], WORDS_AT_MOST) + 1)
            score_to[line + 1] = score_to[line] + clipped[line]
            weight_to[line + 1] = weight_to[line] + weights[line]
            lines_to[line + 1] = lines_to[line] + (own > 0)
            words_to[line + 1] = words_to[line] + (words[first + line] if own > 0 else 0)
        block_start, block_end = find_block(weights)
        run_start, run_end = find_block(clipped)
        up = FAR_LINES
        for line in range(size):
            at = features[first + line]
            at[0] = scores[first + line] / SCORE_UNITS
            column = 1
            for step in neighbours:
                other = line + step
                at[column] = clipped[other] / SCORE_UNITS if 0 <= other < size else _NO_NEIGHBOUR
                column += 1
            for window in windows:
                low, high = max(line - window // 2, 0), min(line + window // 2 + 1, size)
                at[column] = (score_to[high] - score_to[low]) / ((high - low) * SCORE_UNITS)
                at[column + 1] = (weight_to[high] - weight_to[low]) / ((high - low) * SCORE_UNITS)
                column += 2
            at[column] = lines_to[line]
            at[column + 1] = lines_to[size] - lines_to[line + 1]
            at[column + 2] = words_to[line] / max(words_to[size], 1)
            at[column + 3] = words_to[line]
            at[column + 4] = words_to[size] - words_to[line + 1]
            at[column + 5] = up
            up = min((0 if clipped[line] > SURE else up) + 1, FAR_LINES)
            at[column + 7], at[column + 8] = _place(line, block_start, block_end)
            at[column + 9], at[column + 10] = _place(line, run_start, run_end)
        down = FAR_LINES
        for line in range(size - 1, -1, -1):
            features[first + line, _AHEAD + 6] = down
            down = min((0 if clipped[line] > SURE else down) + 1, FAR_LINES)
