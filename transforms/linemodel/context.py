"""What stands around a line: its neighbours, windows of 3 to 25 lines, its place, and the long text near it.

Kernels over the counts of all lines of a batch, document by document; no line sees another document. Sums are of whole
numbers and each feature is one division of two of them, so they are the same on every machine.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.dedup.kernels import compile_kernel
from transforms.linemodel.shape import (
    ADDRESSES,
    CAPITALS,
    CHARS,
    COMMAS,
    DIGITS,
    END,
    END_STOP,
    GRAM_COUNT,
    LETTERS,
    LEXICAL,
    LONGEST,
    QUOTES,
    START,
    STOPS,
    SYMBOLS,
    UPPERS,
    WORDS,
)

Array = npt.NDArray[Any]

WINDOWS: Final = (3, 5, 9, 15, 25)
NEIGHBOURS: Final = (-1, 1, -2, 2)
WORDS_AT_MOST: Final = 60
"""Words of a line that count towards a window: one long line is not ten."""

LONG_WORDS: Final = 12
"""A line of this many words that ends a sentence is long text; so is one of LONGER_WORDS, however it ends."""
LONGER_WORDS: Final = 30
SENTENCE_WORDS: Final = 4
"""Shorter lines that end with a full stop are often no sentence."""
FAR_LINES: Final = 60
"""Distances in lines are cut here."""
FILLER_COST: Final = 5
"""What a line that is no sentence takes from a block of text, in words."""

_OWN: Final = (
    "words", "chars_per_word", "upper_share", "capital_share", "digit_share", "stops", "comma_share", "symbols",
    "quotes", "start", "end", "longest", "addresses", "lexical", "lexical_mean", "copies",
)  # fmt: skip
OWN_FEATURES: Final = len(_OWN)
_SEEN: Final = ("words", "lexical_mean", "end")
_PLACE: Final = ("line", "lines_below", "words_above_share", "lines_above_share")
_LONG: Final = ("lines_up_to_long", "words_of_long_above", "lines_down_to_long", "words_of_long_below", "long_in_9")
_BLOCK: Final = ("lines_to_block", "block_share_of_words", "place_in_block")
_DOCUMENT: Final = ("document_lines", "long_share_of_words", "mean_words")
"""Few, because trees learn single pages by heart from what all lines of a page have in common."""
FEATURES: Final = (
    *_OWN,
    *(f"{name}_at_{step:+d}" for step in NEIGHBOURS for name in _SEEN),
    *(f"{name}_in_{size}" for size in WINDOWS for name in ("words", "lexical", "stops")),
    *_PLACE,
    *_LONG,
    *_BLOCK,
    *_DOCUMENT,
)
"""Features of a line, in the order of the columns that `describe_lines` gives."""

_LEXICAL_UNITS: Final = 64
_NO_NEIGHBOUR: Final = -1


def describe_lines(
    counts: npt.NDArray[np.int32], keys: npt.NDArray[np.uint64], starts: Array
) -> npt.NDArray[np.float32]:
    """The features of each line (lines by FEATURES).

    `counts` and `keys` are of all lines, sorted by document and line; `starts` says where each document begins, and
    ends with the number of lines.
    """
    features = np.empty((counts.shape[0], len(FEATURES)), np.float32)
    _describe(
        counts.astype(np.int64), keys, np.asarray(starts, np.int64), np.array(WINDOWS), np.array(NEIGHBOURS), features
    )
    return features


@compile_kernel
def _sum_up(values: Array) -> Array:
    sums = np.zeros(values.size + 1, np.int64)
    for place in range(values.size):
        sums[place + 1] = sums[place] + values[place]
    return sums


@compile_kernel
def _count_copies(keys: Array) -> Array:
    order = np.argsort(keys)
    copies = np.ones(keys.size, np.int64)
    first = 0
    for place in range(1, keys.size + 1):
        if place == keys.size or keys[order[place]] != keys[order[first]]:
            for member in range(first, place):
                copies[order[member]] = place - first
            first = place
    return copies


@compile_kernel
def find_block(values: Array) -> tuple[int, int]:
    """The part of the values with the largest sum, as start and end; empty (0, 0) where none is above zero.

    Of equal ones the first that ends, from its earliest start. Method: Kadane's, in one pass.
    """
    best = total = start = best_start = best_end = 0
    for place in range(values.size):
        if total <= 0:
            total, start = 0, place
        total += values[place]
        if total > best:
            best, best_start, best_end = total, start, place + 1
    return best_start, best_end


@compile_kernel
def _fill_own(at: Array, row: Array, mean: int, copies: int) -> None:
    """The features _OWN."""
    words, chars, letters = max(row[WORDS], 1), max(row[CHARS], 1), max(row[LETTERS], 1)
    at[0] = row[WORDS]
    at[1] = chars / words
    at[2] = row[UPPERS] / letters
    at[3] = row[CAPITALS] / words
    at[4] = row[DIGITS] / chars
    at[5] = row[STOPS]
    at[6] = row[COMMAS] / words
    at[7] = row[SYMBOLS]
    at[8] = row[QUOTES]
    at[9] = row[START]
    at[10] = row[END]
    at[11] = row[LONGEST]
    at[12] = row[ADDRESSES]
    at[13] = row[LEXICAL]
    at[14] = mean
    at[15] = copies


@compile_kernel
def _fill_around(
    at: Array, line: int, views: tuple[Array, Array, Array], sums: Array, steps: tuple[Array, Array]
) -> None:
    """The features of neighbours and windows."""
    capped, means, ends = views
    neighbours, windows = steps
    size = capped.size
    column = OWN_FEATURES
    for step in neighbours:
        other = line + step
        is_there = 0 <= other < size
        at[column] = capped[other] if is_there else _NO_NEIGHBOUR
        at[column + 1] = means[other] if is_there else 0
        at[column + 2] = ends[other] if is_there else _NO_NEIGHBOUR
        column += 3
    for window in windows:
        low, high = max(line - window // 2, 0), min(line + window // 2 + 1, size)
        for name in range(3):
            at[column + name] = (sums[name, high] - sums[name, low]) / (high - low)
        column += 3


@compile_kernel
def _fill_distances(features: Array, capped: Array, is_long: Array, column: int) -> None:
    """The features _LONG but the last: how far the next long lines are, and how long."""
    size = capped.size
    for side in range(2):
        distance, words = FAR_LINES, 0
        for number in range(size):
            line = number if side == 0 else size - 1 - number
            features[line, column + 2 * side] = distance
            features[line, column + 2 * side + 1] = words
            if is_long[line]:
                distance, words = 0, capped[line]
            distance = min(distance + 1, FAR_LINES)


@compile_kernel
def _describe(counts: Array, keys: Array, starts: Array, windows: Array, neighbours: Array, features: Array) -> None:
    for document in range(starts.size - 1):
        first, last = starts[document], starts[document + 1]
        size = last - first
        own, at_lines = counts[first:last], features[first:last]
        copies = _count_copies(keys[first:last])
        capped = np.minimum(own[:, WORDS], WORDS_AT_MOST)
        means = _LEXICAL_UNITS * own[:, LEXICAL] // np.maximum(own[:, GRAM_COUNT], 1)
        ends = own[:, END].copy()
        is_long = ((own[:, WORDS] >= LONG_WORDS) & (own[:, STOPS] > 0)) | (own[:, WORDS] >= LONGER_WORDS)
        is_sentence = (own[:, WORDS] >= SENTENCE_WORDS) & (own[:, STOPS] > 0)
        worth = np.where(is_long, capped, np.where(is_sentence, own[:, WORDS] // 2, -FILLER_COST))
        sums = np.empty((3, size + 1), np.int64)
        sums[0], sums[1], sums[2] = _sum_up(capped), _sum_up(means), _sum_up((ends == END_STOP).astype(np.int64))
        long_to, words_to = _sum_up(is_long.astype(np.int64)), _sum_up(own[:, WORDS].copy())
        all_words, long_words = words_to[size], (own[:, WORDS] * is_long).sum()
        block_start, block_end = find_block(worth)
        place = OWN_FEATURES + 3 * neighbours.size + 3 * windows.size
        _fill_distances(at_lines, capped, is_long, place + 4)
        for line in range(size):
            at = at_lines[line]
            _fill_own(at, own[line], means[line], copies[line])
            _fill_around(at, line, (capped, means, ends), sums, (neighbours, windows))
            at[place] = min(line, 1_000)
            at[place + 1] = min(size - 1 - line, 1_000)
            at[place + 2] = words_to[line] / max(all_words, 1)
            at[place + 3] = line / size
            low, high = max(line - 4, 0), min(line + 5, size)
            at[place + 8] = (long_to[high] - long_to[low]) / (high - low)
            distance = block_start - line if line < block_start else (block_end - 1 - line if line >= block_end else 0)
            at[place + 9] = min(max(distance, -FAR_LINES), FAR_LINES)
            at[place + 10] = (words_to[block_end] - words_to[block_start]) / max(all_words, 1)
            inside = block_start <= line < block_end
            at[place + 11] = (line - block_start) / (block_end - block_start) if inside else -1.0
            at[place + 12] = min(size, 2_000)
            at[place + 13] = long_words / max(all_words, 1)
            at[place + 14] = all_words / size
