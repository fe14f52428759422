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
    _describe(counts, keys, np.asarray(starts, np.int64), np.array(WINDOWS), np.array(NEIGHBOURS), features)
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
def _describe(  # noqa: PLR0915
    counts: Array, keys: Array, starts: Array, windows: Array, neighbours: Array, features: Array
) -> None:
    for document in range(starts.size - 1):
        first, last = starts[document], starts[document + 1]
        size = last - first
        own = counts[first:last]
        copies = _count_copies(keys[first:last])
        capped, means, stopped = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
        is_long, worth = np.empty(size, np.bool_), np.empty(size, np.int64)
        all_words = long_words = 0
        for line in range(size):
            row = own[line]
            words = np.int64(row[WORDS])
            capped[line] = min(words, WORDS_AT_MOST)
            means[line] = _LEXICAL_UNITS * np.int64(row[LEXICAL]) // max(row[GRAM_COUNT], 1)
            stopped[line] = row[END] == END_STOP
            is_long[line] = (words >= LONG_WORDS and row[STOPS] > 0) or words >= LONGER_WORDS
            is_sentence = row[STOPS] > 0 and words >= 4  # noqa: PLR2004
            worth[line] = min(words, WORDS_AT_MOST) if is_long[line] else (words // 2 if is_sentence else -FILLER_COST)
            all_words += words
            long_words += words if is_long[line] else 0
        words_to, means_to, stops_to = _sum_up(capped), _sum_up(means), _sum_up(stopped)
        long_to, whole_to = _sum_up(is_long.astype(np.int64)), _sum_up(own[:, WORDS].astype(np.int64))
        block_start, block_end = find_block(worth)
        block_words = whole_to[block_end] - whole_to[block_start]
        above, above_words = FAR_LINES, 0
        for line in range(size):
            row = own[line]
            at = features[first + line]
            words, chars = max(np.int64(row[WORDS]), 1), max(np.int64(row[CHARS]), 1)
            letters = max(np.int64(row[LETTERS]), 1)
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
            at[14] = means[line]
            at[15] = copies[line]
            column = OWN_FEATURES
            for step in neighbours:
                other = line + step
                if 0 <= other < size:
                    at[column] = capped[other]
                    at[column + 1] = means[other]
                    at[column + 2] = own[other, END]
                else:
                    at[column] = _NO_NEIGHBOUR
                    at[column + 1] = 0
                    at[column + 2] = _NO_NEIGHBOUR
                column += 3
            for window in windows:
                low, high = max(line - window // 2, 0), min(line + window // 2 + 1, size)
                at[column] = (words_to[high] - words_to[low]) / (high - low)
                at[column + 1] = (means_to[high] - means_to[low]) / (high - low)
                at[column + 2] = (stops_to[high] - stops_to[low]) / (high - low)
                column += 3
            at[column] = min(line, 1_000)
            at[column + 1] = min(size - 1 - line, 1_000)
            at[column + 2] = whole_to[line] / max(all_words, 1)
            at[column + 3] = line / size
            at[column + 4] = above
            at[column + 5] = above_words
            low, high = max(line - 4, 0), min(line + 5, size)
            at[column + 8] = (long_to[high] - long_to[low]) / (high - low)
            if is_long[line]:
                above, above_words = 0, capped[line]
            above = min(above + 1, FAR_LINES)
            column += 9
            distance = block_start - line if line < block_start else (block_end - 1 - line if line >= block_end else 0)
            at[column] = min(max(distance, -FAR_LINES), FAR_LINES)
            at[column + 1] = block_words / max(all_words, 1)
            inside = line >= block_start and line < block_end
            at[column + 2] = (line - block_start) / (block_end - block_start) if inside else -1.0
            at[column + 3] = min(size, 2_000)
            at[column + 4] = long_words / max(all_words, 1)
            at[column + 5] = all_words / size
        below, below_words = FAR_LINES, 0
        column = OWN_FEATURES + 3 * neighbours.size + 3 * windows.size + 6
        for line in range(size - 1, -1, -1):
            at = features[first + line]
            at[column] = below
            at[column + 1] = below_words
            if is_long[line]:
                below, below_words = 0, capped[line]
            below = min(below + 1, FAR_LINES)
