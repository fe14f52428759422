"""Fingerprints of texts, by winnowing.

After Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting" (SIGMOD 2003): hash
every run of k words, and of every w consecutive hashes keep the smallest. A run of k + w - 1 words that two texts
share fills a whole window in both, so both keep its smallest hash. Only the values are kept, not their places, so
which of several equal minima is taken does not matter.

A fingerprint is FINGERPRINT_BITS of the hash that was kept, mixed once more: the smallest of several hashes is small,
and fingerprints are to fill their range evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import (
    Array,
    Scratch,
    Table,
    find_words,
    load_table,
    make_folded_buffer,
    make_scratch,
    mix_bits,
    null_where_null,
    read_utf8,
    take_digests,
)

K_WORDS: Final = 8
"""Words in a hashed run: long enough that phrases of the language are rarely shared by chance."""

W_WINDOW: Final = 8
"""Hashes in a window. On running text 2 / (w + 1) of the hashes are kept, so 22 fingerprints per 100 words."""

GUARANTEED_RUN_WORDS: Final = K_WORDS + W_WINDOW - 1
"""Any shared run of this many words gives a shared fingerprint."""

GRAM_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)
"""Odd base of the rolling hash (from the finaliser of rrxmrrxmsx); stored fingerprints depend on it, so it never
changes."""

FINGERPRINT_BITS: Final = 40
"""A fingerprint and the number of its text fill 64 bits. Two texts of a million meet by chance once in a few thousand
fingerprints; such a pair is compared in vain, and never reported."""

_DROPPED_BITS: Final = np.uint64(64 - FINGERPRINT_BITS)


@dataclass(frozen=True, slots=True)
class Digests:
    """What one pass over n texts gives: their words counted, their SHA-256, and their fingerprints.

    `word_count` (UInt32) and `text_sha256` are null for a null text. The fingerprints of text i are the next
    `fingerprint_counts[i]` of `fingerprints`; one can stand more than once.
    """

    word_count: pl.Series
    text_sha256: pl.Series
    fingerprints: npt.NDArray[np.uint64]
    fingerprint_counts: npt.NDArray[np.int64]


def digest_texts(texts: pl.Series) -> Digests:
    """Count, hash and fingerprint each text.

    `text_sha256` is that of `words.hash_texts`. A text shorter than k + w - 1 words keeps its one smallest hash, a text
    shorter than k words has no fingerprint (only equality finds it).
    """
    data, bounds = read_utf8(texts)
    scratch, table, folded = make_scratch(bounds), load_table(), make_folded_buffer(bounds)
    grams = np.empty(scratch[2].size, np.uint64)
    word_counts = np.empty(len(texts), np.uint32)
    counts = np.empty(len(texts), np.int64)
    # Running text keeps two of nine hashes; no text keeps more than it has words. Pages never written take no memory.
    fingerprints = np.empty(int(bounds[-1] - bounds[0]) // 2 + 1, np.uint64)
    digests: list[str] = []
    used = 0
    while (done := len(digests)) < len(texts):
        outs = (folded, word_counts[done:], fingerprints[used:], counts[done:])
        ends, kept = _digest(data, bounds[done:], scratch, table, grams, outs)
        digests += take_digests(folded, ends)
        used += kept
    return Digests(
        null_where_null(pl.Series("word_count", word_counts), texts),
        null_where_null(pl.Series("text_sha256", digests, pl.String), texts),
        fingerprints[:used].copy(),
        counts,
    )


def fingerprint_texts(texts: pl.Series) -> pl.DataFrame:
    """Take the distinct fingerprints of each text: `text` (its place in the column, UInt32), `fingerprint` (UInt64)."""
    digests = digest_texts(texts)
    numbers = np.repeat(np.arange(len(texts), dtype=np.uint32), digests.fingerprint_counts)
    frame = pl.DataFrame({"text": numbers, "fingerprint": digests.fingerprints})
    return frame.unique().sort("text", "fingerprint")


@compile_kernel
def hash_runs(hashes: Array, start: int, end: int, k: int, grams: Array) -> int:
    """Hash every run of k words in `start:end` into `grams`, rolling; returns how many there are."""
    if end - start < k:
        return 0
    leaving_factor = np.uint64(1)
    rolling = np.uint64(0)
    for at in range(start, start + k):
        rolling = rolling * GRAM_FACTOR + hashes[at]
        leaving_factor *= GRAM_FACTOR
    grams[0] = mix_bits(rolling)
    for at in range(start + k, end):
        rolling = rolling * GRAM_FACTOR + hashes[at] - hashes[at - k] * leaving_factor
        grams[at - start - k + 1] = mix_bits(rolling)
    return end - start - k + 1


@compile_kernel
def _select_minima(grams: Array, count: int, window: int, out: Array, size: int) -> int:
    """Append the fingerprint of the smallest hash of each window to `out`, once while it stays the smallest."""
    width = min(window, count)
    place = -1
    for last in range(width - 1, count):
        first = last - width + 1
        previous = place
        if place < first:
            place = first
            for at in range(first + 1, last + 1):
                if grams[at] <= grams[place]:
                    place = at
        elif grams[last] <= grams[place]:
            place = last
        if previous < 0 or grams[place] != grams[previous]:
            out[size] = mix_bits(grams[place]) >> _DROPPED_BITS
            size += 1
    return size


@compile_kernel
def _digest(
    data: Array,
    bounds: Array,
    scratch: Scratch,
    table: Table,
    grams: Array,
    outs: tuple[Array, Array, Array, Array],
) -> tuple[Array, int]:
    """Digest texts for as long as they fit into `folded`; returns where each one ends there, and the fingerprints kept.

    `outs`: the folded texts, the words of each text, the fingerprints, and how many each text has.
    """
    folded, word_counts, fingerprints, counts = outs
    text_folded, hashes = scratch[1], scratch[2]
    ends = np.empty(bounds.size - 1, np.int64)
    used = 0
    kept = 0
    for text in range(bounds.size - 1):
        words, size = find_words(data, bounds[text], bounds[text + 1], scratch, table)
        if used + size > folded.size:
            return ends[:text], kept
        folded[used : used + size] = text_folded[:size]
        used += size
        ends[text] = used
        word_counts[text] = words
        runs = hash_runs(hashes, 0, words, K_WORDS, grams)
        before = kept
        if runs:
            kept = _select_minima(grams, runs, W_WINDOW, fingerprints, kept)
        counts[text] = kept - before
    return ends, kept
