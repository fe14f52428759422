"""How much of a text repeats itself: kernels over the words of one text, given as hashes and lengths."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.contracts.signals import DUPLICATE_SIZES, TOP_SIZES
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import mix_bits

Array = npt.NDArray[Any]

SMALLEST_RUN: Final = TOP_SIZES[0]
LARGEST_TOP: Final = TOP_SIZES[-1]
LARGEST_RUN: Final = DUPLICATE_SIZES[-1]

UNIQUE: Final = 0
ENTROPY: Final = 1
TOP: Final = 2 - SMALLEST_RUN
COVERED: Final = TOP + LARGEST_TOP + 1 - DUPLICATE_SIZES[0]
REPEATED: Final = COVERED + len(DUPLICATE_SIZES)
EVERY: Final = REPEATED + len(DUPLICATE_SIZES)
MEASURES: Final = EVERY + LARGEST_RUN + 1
"""Columns of what `measure_words` writes; those about runs of n words stand n further on."""

UNUSED: Final = -1
LOGARITHMS: Final = np.log(np.arange(1, 257).astype(np.float64))[np.r_[0, 0:256]]
"""Of the numbers under 257, each in its place."""

_ID_BITS: Final = np.uint64(32)


@compile_kernel
def number_keys(keys: Array, count: int, table_keys: Array, table_ids: Array, ids: Array, counts: Array) -> Any:
    """Number the distinct keys in the order in which they come; returns how many there are.

    `ids[i]` is the number of `keys[i]`, `counts` has the occurrences of each. The table has room for twice as many keys
    as there are, a power of two; of it only as much is used, and cleared, as they need.
    """
    size = 16
    while size < 2 * count:
        size *= 2
    mask = np.uint64(size - 1)
    table_ids[:size] = UNUSED
    distinct = 0
    for place in range(count):
        key = keys[place]
        slot = mix_bits(key) & mask
        while table_ids[slot] != UNUSED and table_keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if table_ids[slot] == UNUSED:
            table_keys[slot] = key
            table_ids[slot] = distinct
            counts[distinct] = 0
            distinct += 1
        ids[place] = table_ids[slot]
        counts[ids[place]] += 1
    return distinct


@compile_kernel
def make_room(count: int) -> Any:
    """Arrays for texts of up to `count` words, for `measure_words` and `number_keys`.

    In this order: keys and ids of the table; word ids, occurrences, run ids, places and keys of runs, characters before
    each word, and the longest size at which the run at a place was found repeated.
    """
    size = 16
    while size < 2 * count:
        size *= 2
    return (
        np.empty(size, np.uint64),
        np.empty(size, np.int32),
        np.empty(count + 1, np.int32),
        np.empty(count + 1, np.int32),
        np.empty(count + 1, np.int32),
        np.empty(count + 1, np.int32),
        np.empty(count + 1, np.uint64),
        np.empty(count + 1, np.int64),
        np.empty(count + 1, np.int64),
        np.empty(count + 1, np.int32),
    )


@compile_kernel
def measure_words(hashes: Array, lengths: Array, count: int, room: Any, measures: Array) -> None:
    """Measure the words of one text; writes one row of MEASURES columns.

    UNIQUE: distinct words. ENTROPY: of their shares, in nats. `TOP + n`, for runs of 2 to 4 words: characters of the
    most frequent run times its occurrences, or, when none is repeated, those of the first run with a minus sign.
    `COVERED + n`, for 5 to 10 words: characters that repeated runs cover, each counted once. `REPEATED + n`: characters
    of repeated runs. `EVERY + n`: characters of all runs.

    A run of n + 1 words can only be repeated where runs of n words are, so each size looks at what the one before
    left, which is little. Runs are told apart exactly; only words are known by their hash.
    """
    table_keys, table_ids, words, occurrences, runs, places, keys, before, sums, longest = room
    unique = number_keys(hashes, count, table_keys, table_ids, words, occurrences)
    measures[UNIQUE] = unique
    measures[ENTROPY] = _measure_entropy(occurrences, unique, count)
    before[0] = sums[0] = 0
    left = 0
    for word in range(count):
        before[word + 1] = before[word] + lengths[word]
        sums[word + 1] = sums[word] + before[word + 1]
        longest[word] = 0
        if occurrences[words[word]] > 1:
            longest[word] = 1
            places[left], runs[left] = word, words[word]
            left += 1
    for size in range(SMALLEST_RUN, LARGEST_RUN + 1):
        kept = 0
        for number in range(left):
            place = places[number]
            # Without its last word and without its first one, the run is repeated.
            if place + size <= count and longest[place + 1] >= size - 1:
                keys[kept] = np.uint64(runs[number]) << _ID_BITS | np.uint64(words[place + size - 1])
                places[kept] = place
                kept += 1
        number_keys(keys, kept, table_keys, table_ids, runs, occurrences)
        if size <= LARGEST_TOP:
            measures[TOP + size] = _measure_top(size, count, kept, room)
        else:
            _measure_repeated(size, count, kept, room, measures)
        left = 0
        for number in range(kept):
            if occurrences[runs[number]] > 1:
                places[left], runs[left] = places[number], runs[number]
                longest[places[left]] = size
                left += 1


@compile_kernel
def _measure_entropy(occurrences: Array, unique: int, count: int) -> Any:
    """Minus the sum of p log p over the words; a word that occurs once needs no logarithm of its own."""
    repeated = 0.0
    for word in range(unique):
        times = occurrences[word]
        if times > 1:
            repeated += times * (LOGARITHMS[times] if times < LOGARITHMS.size else math.log(times))
    return math.log(count) - repeated / count if count else 0.0


@compile_kernel
def _measure_top(size: int, count: int, kept: int, room: Any) -> Any:
    """Characters of the most frequent of the runs at `places[:kept]`, the first of several, times its occurrences."""
    _, _, _, occurrences, runs, places, _, before, _, _ = room
    best, top = 1, -(before[size] - before[0]) if size <= count else 0
    for number in range(kept):
        if occurrences[runs[number]] > best:
            best = occurrences[runs[number]]
            top = best * (before[places[number] + size] - before[places[number]])
    return top


@compile_kernel
def _measure_repeated(size: int, count: int, kept: int, room: Any, measures: Array) -> None:
    _, _, _, occurrences, runs, places, _, before, sums, _ = room
    covered, repeated, end = 0, 0, 0
    for number in range(kept):
        if occurrences[runs[number]] > 1:
            start = places[number]
            repeated += before[start + size] - before[start]
            covered += before[start + size] - before[max(start, end)]
            end = start + size
    # The sum over all places of the characters from there to `size` words on.
    every = sums[count] - sums[size - 1] - sums[count - size] if size <= count else 0
    measures[COVERED + size], measures[REPEATED + size], measures[EVERY + size] = covered, repeated, every
