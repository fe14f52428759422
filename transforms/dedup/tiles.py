"""Exact runs of equal words in two texts: whether there is a long one, and greedy string tiling.

Each run of SEED_WORDS words has a hash (a gram). The grams of one text are indexed once and serve every pair that the
text is in; those of the other text are looked up.
"""

from __future__ import annotations

import heapq
from typing import Any, Final

import numpy as np

from transforms.dedup.extension import FREE
from transforms.dedup.fingerprints import GUARANTEED_RUN_WORDS, hash_runs
from transforms.dedup.kernels import compile_inline, compile_kernel
from transforms.dedup.words import Array

REPORTED_RUN_WORDS: Final = GUARANTEED_RUN_WORDS
"""A pair is reported when it shares an exact run of this many words: what fingerprints are sure to find."""

SEED_WORDS: Final = 8
"""Shortest tile. Shorter ones are found too, but only between tiles and past their ends."""

SEEDS_PER_GRAM: Final = 64
"""A run of words that stands more often than this in a text gives only this many seeds at a time, so that time stays
linear. Tiling is repeated until nothing is left to find, so no run is lost; but longest first holds strictly only
where no run of `SEED_WORDS` stands more often. Elsewhere runs of REPORTED_RUN_WORDS still come before shorter ones."""

PROBE_STEP: Final = REPORTED_RUN_WORDS - SEED_WORDS + 1
"""A run of REPORTED_RUN_WORDS holds this many grams, so one of every so many is sure to lie in it."""

PROBE_BUDGET: Final = 4
"""Places that may be compared for each probe before a pair is passed on to the tiling, which is linear on any text."""

SLOTS_PER_GRAM: Final = 8
"""Most grams that are looked up are not there: with 8 slots for each gram a free slot says so at once. Looking up takes
less than half the time that it takes with 2."""

Index = tuple[Array, Array]
"""The first place of each gram by slot (open addressing), and for each place the next one with its gram."""


@compile_kernel
def hash_grams(offsets: Array, hashes: Array) -> Array:
    """Hash every run of SEED_WORDS words of each text, into the place of its first word."""
    grams = np.empty(hashes.size, np.uint64)
    for text in range(offsets.size - 1):
        start, end = offsets[text], offsets[text + 1]
        hash_runs(hashes, start, end, SEED_WORDS, grams[start:end])
    return grams


@compile_kernel
def slice_grams(offsets: Array, grams: Array, text: int) -> Array:
    """Give the grams of one text."""
    return grams[offsets[text] : max(offsets[text + 1] - SEED_WORDS + 1, offsets[text])]


@compile_kernel
def index_grams(grams: Array) -> Index:
    """Index the grams of a text."""
    size = 16
    while size < SLOTS_PER_GRAM * grams.size:
        size *= 2
    heads = np.full(size, FREE, np.int32)
    following = np.empty(grams.size, np.int32)
    for place in range(grams.size - 1, -1, -1):
        slot = _find_slot(grams[place], grams, heads)
        following[place] = heads[slot]
        heads[slot] = place
    return heads, following


@compile_inline
def _find_slot(gram: Any, grams: Array, heads: Array) -> int:
    mask = heads.size - 1
    slot = np.int64(gram >> np.uint64(32)) & mask
    while heads[slot] != FREE and grams[heads[slot]] != gram:
        slot = (slot + 1) & mask
    return int(slot)


@compile_kernel
def may_share_long_run(held: Array, held_grams: Array, index: Index, probed: Array, probed_grams: Array) -> bool:
    """Say whether two texts share a run of REPORTED_RUN_WORDS; true too when finding out would take too long.

    `index` is that of `held_grams`.
    """
    heads, following = index
    budget = PROBE_BUDGET * (probed_grams.size + PROBE_STEP)
    for j in range(PROBE_STEP - 1, probed_grams.size, PROBE_STEP):
        i = heads[_find_slot(probed_grams[j], held_grams, heads)]
        while i != FREE:
            before = 0
            while before < min(i, j) and held[i - before - 1] == probed[j - before - 1]:
                before += 1
                if before == REPORTED_RUN_WORDS:
                    return True
            after = SEED_WORDS
            while i + after < held.size and j + after < probed.size and held[i + after] == probed[j + after]:
                after += 1
                if after == REPORTED_RUN_WORDS:
                    return True
            budget -= 1
            if before + after >= REPORTED_RUN_WORDS or budget == 0:
                return True
            i = following[i]
    return False


@compile_kernel
def tile(
    texts: tuple[Array, Array], grams: tuple[Array, Array], mates: Array, back: Array, index: Index, is_second: bool
) -> int:
    """Pair off the words of all tiles in `mates` and `back`; returns the words of the longest tile.

    `index` is that of the first text, or of the second one.
    """
    a, b = texts
    if is_second:
        runs, is_complete = _find_runs((b, a), (grams[1], grams[0]), back, mates, index, SEED_WORDS)
        runs = [(length, i, j) for length, j, i in runs]
    else:
        runs, is_complete = _find_runs(texts, grams, mates, back, index, SEED_WORDS)
    if is_complete:
        return _place_runs(runs, mates, back)
    # Some runs of SEED_WORDS stand very often, and a long run may hold no other: look for long ones by themselves.
    # Which seeds are left out depends on the text that is indexed: here it is always the first one.
    long_grams = _hash_long_grams(a), _hash_long_grams(b)
    runs, _ = _find_runs(texts, long_grams, mates, back, index_grams(long_grams[0]), REPORTED_RUN_WORDS)
    longest = _place_runs(runs, mates, back)
    if is_second:
        index = index_grams(grams[0])
    while longest and not is_complete:
        runs, is_complete = _find_runs(texts, grams, mates, back, index, SEED_WORDS)
        longest = max(longest, _place_runs(runs, mates, back))
    return longest


@compile_kernel
def _hash_long_grams(words: Array) -> Array:
    grams = np.empty(max(words.size - REPORTED_RUN_WORDS + 1, 0), np.uint64)
    hash_runs(words, 0, words.size, REPORTED_RUN_WORDS, grams)
    return grams


@compile_kernel
def _place_runs(runs: list[tuple[int, int, int]], mates: Array, back: Array) -> int:
    """Take the runs as tiles, the longest first; returns the words of the longest one."""
    heapq.heapify(runs)
    longest = 0
    while len(runs) > 0:
        minus_length, i, j = heapq.heappop(runs)
        length = -minus_length
        longest = max(longest, length)
        free = _measure_free(mates, back, i, j, length)
        if free == length:
            for word in range(length):
                mates[i + word] = j + word
                back[j + word] = i + word
            continue
        # A longer tile has taken some of its words: what is left competes again, by its own length.
        at = 0
        while at < length:
            free = _measure_free(mates, back, i + at, j + at, length - at)
            if free >= SEED_WORDS:
                heapq.heappush(runs, (-free, i + at, j + at))
            at += free + 1
    return longest


@compile_inline
def _measure_free(mates: Array, back: Array, i: int, j: int, most: int) -> int:
    """Count the words from (i, j) on that no tile has taken on either side."""
    length = 0
    while length < most and mates[i + length] == FREE and back[j + length] == FREE:
        length += 1
    return length


@compile_kernel
def _find_runs(
    texts: tuple[Array, Array], grams: tuple[Array, Array], mates: Array, back: Array, index: Index, gram_words: int
) -> tuple[list[tuple[int, int, int]], bool]:
    """List the runs of free equal words as (-length, i, j); says too whether no gram had more places than allowed.

    `index` is that of the first text; a gram has `gram_words`.
    """
    held_grams, probed_grams = grams
    heads, following = index
    reached = np.zeros(mates.size + back.size, np.int32)  # by diagonal: where in the first text its last run ends
    seen = np.zeros(heads.size, np.uint8)
    runs = [(0, 0, 0)]
    runs.pop()
    is_complete = True
    for j in range(probed_grams.size):
        slot = _find_slot(probed_grams[j], held_grams, heads)
        if heads[slot] == FREE or _measure_free(back, back, j, j, gram_words) < gram_words:
            continue
        if seen[slot] == SEEDS_PER_GRAM:
            is_complete = False
            continue
        seen[slot] += 1
        i = int(heads[slot])
        taken = 0
        while i != FREE:
            if _measure_free(mates, mates, i, i, gram_words) == gram_words:
                taken += 1
                if taken > SEEDS_PER_GRAM:
                    is_complete = False
                    break
                diagonal = i - j + back.size - 1
                if i >= reached[diagonal]:
                    first, end = _grow_run(texts, mates, back, i, j)
                    reached[diagonal] = max(end, i + 1)
                    if end - first >= gram_words:
                        runs.append((first - end, first, first - i + j))
            i = int(following[i])
    return runs, is_complete or len(runs) == 0


@compile_kernel
def _grow_run(texts: tuple[Array, Array], mates: Array, back: Array, i: int, j: int) -> tuple[int, int]:
    """Give the first and end word, in the first text, of the longest run of free equal words that holds (i, j)."""
    a, b = texts
    first, end, shift = i, i, j - i
    while first > 0 and first + shift > 0 and a[first - 1] == b[first + shift - 1]:
        if mates[first - 1] != FREE or back[first + shift - 1] != FREE:
            break
        first -= 1
    while end < a.size and end + shift < b.size and a[end] == b[end + shift]:
        if mates[end] != FREE or back[end + shift] != FREE:
            break
        end += 1
    return first, end


@compile_kernel
def list_tiles(mates: Array) -> Array:
    """List the tiles in the order of the first text, as rows of first, end, other first, other end."""
    tiles = np.empty((mates.size // SEED_WORDS + 1, 4), np.int64)
    count = 0
    for word in range(mates.size):
        if mates[word] == FREE:
            continue
        if count and tiles[count - 1, 1] == word and tiles[count - 1, 3] == mates[word]:
            tiles[count - 1, 1] += 1
            tiles[count - 1, 3] += 1
        else:
            tiles[count] = (word, word + 1, mates[word], mates[word] + 1)
            count += 1
    return tiles[:count]
