"""Fingerprints of texts, by winnowing.

After Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting" (SIGMOD 2003): hash
every run of k words, and of every w consecutive hashes keep the smallest. A run of k + w - 1 words that two texts
share fills a whole window in both, so both keep its smallest hash. Only the values are kept, not their places, so
which of several equal minima is taken does not matter.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from transforms.contracts import FINGERPRINTS
from transforms.dedup.words import Array, compile_kernel, mix_bits, split_words

K_WORDS: Final = 8
"""Words in a hashed run: long enough that phrases of the language are rarely shared by chance."""

W_WINDOW: Final = 8
"""Hashes in a window. On running text 2 / (w + 1) of the hashes are kept, so 22 fingerprints per 100 words."""

GUARANTEED_RUN_WORDS: Final = K_WORDS + W_WINDOW - 1
"""Any shared run of this many words gives a shared fingerprint."""

GRAM_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)
"""Odd base of the rolling hash (from the finaliser of rrxmrrxmsx); stored hashes depend on it, so it never changes."""


def fingerprint_texts(texts: pl.Series, text_keys: pl.Series) -> pl.DataFrame:
    """Take the fingerprints of each text: one row per fingerprint of a text, in the schema of FINGERPRINTS.

    `text_keys` (UInt64) names each text; a key that stands several times is taken once. Rows are sorted by
    fingerprint, then key. A text shorter than k + w - 1 words keeps its one smallest hash, a text shorter than k
    words has none (only equality finds it). Raises ValueError when the columns differ in length or a key is null.
    """
    if len(texts) != len(text_keys) or text_keys.null_count():
        raise ValueError(
            f"{len(texts)} texts need as many keys, none null; got {len(text_keys)}, {text_keys.null_count()} null"
        )
    is_first = text_keys.is_first_distinct()
    distinct_keys = text_keys.filter(is_first).cast(pl.UInt64)
    words = split_words(texts.filter(is_first))
    fingerprints, counts = _winnow(words.offsets, words.hashes, K_WORDS, W_WINDOW)
    keys = np.repeat(distinct_keys.to_numpy(), counts)
    postings = pl.DataFrame({"fingerprint": fingerprints, "text_key": keys}, schema=FINGERPRINTS.polars_schema)
    # Sorted rows repeat side by side: dropping them there costs a fraction of what hashing all rows would.
    is_new = pl.any_horizontal(pl.all().ne_missing(pl.all().shift(1)))
    return postings.sort("fingerprint", "text_key").filter(is_new)


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
    """Append the smallest hash of each window to `out`, once while it stays the smallest; returns the new size."""
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
            out[size] = grams[place]
            size += 1
    return size


@compile_kernel
def _winnow(offsets: Array, hashes: Array, k: int, window: int) -> tuple[Array, Array]:
    """Fingerprints of all texts, one after the other, and how many each has."""
    texts = offsets.size - 1
    longest = 0
    for text in range(texts):
        longest = max(longest, offsets[text + 1] - offsets[text])
    grams = np.empty(longest, np.uint64)
    out = np.empty(hashes.size, np.uint64)
    counts = np.zeros(texts, np.int64)
    size = 0
    for text in range(texts):
        runs = hash_runs(hashes, offsets[text], offsets[text + 1], k, grams)
        if runs:
            new_size = _select_minima(grams, runs, window, out, size)
            counts[text] = new_size - size
            size = new_size
    return out[:size].copy(), counts
