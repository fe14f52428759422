"""Passages that were rewritten word by word: no long run is left, but many of the same words stand close together.

For a person who names two texts; nothing here decides or is stored. After the seeds, clusters and filter of the
systems in the PAN text-alignment task (Potthast et al., "Overview of the 6th International Competition on Plagiarism
Detection", 2014), on pairs of words:

1. **Seeds.** Two different words that stand within `REACH_WORDS` of each other, in either order, once in each text.
   A pair of words that stands twice says nothing about where it came from.
2. **Clusters.** Seeds that lie within `LINK_WORDS` of each other in both texts. Order inside a cluster does not matter.
3. **Spans.** The words of the seeds, and the equal words next to them on both sides. Nothing else is paired off, so
   that an article or a preposition counts only beside a word that is shared too.
4. A cluster is a passage when it has `PASSAGE_WORDS` equal words and they are `LEAST_DENSITY` of its extent in both
   texts. Passages within `LINK_WORDS` of each other in both texts are one.

Time grows with n log n for n words: a word begins at most `REACH_WORDS` seeds.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.dedup.extension import FREE
from transforms.dedup.fingerprints import GRAM_FACTOR
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.passages import PASSAGE_WORDS, comes_first, number_passages
from transforms.dedup.words import Array

REACH_WORDS: Final = 3
"""How far apart the two words of a seed may stand: room for a word put in between, or two that changed places."""

LINK_WORDS: Final = 36
"""Most words between two seeds of one passage, on either side.

Chosen with REACH_WORDS and LEAST_DENSITY on one half (by identifier) of the random obfuscation of the PAN 2013
text-alignment corpus, by plagdet: .909 for (3, 36, .25), .897 for a link of 30 words, .895 for 42, .893 for a reach of
2, .898 for a density of .3; the other half, .896, did not choose. Both halves gained when near passages were joined:
.917 and .921. Run tests/quality/test_passages.py again after a change.
"""

LEAST_DENSITY: Final = 0.25
"""Least share of equal words in the extent of a passage, in both texts."""


def find_scattered_spans(hashes: Array, other_hashes: Array, is_free: Array, other_is_free: Array) -> Array:
    """Give the spans as rows of first word, other first word, words and passage, in the order of the first text.

    Only free words are taken. Texts that change places give the same spans with their sides changed.
    """
    if not comes_first(hashes, other_hashes):
        turned = find_scattered_spans(other_hashes, hashes, other_is_free, is_free)[:, [1, 0, 2, 3]]
        return number_passages(turned[np.argsort(turned[:, 0])])
    seeds = _find_seeds(hashes, other_hashes, is_free, other_is_free)
    clusters = _cluster(seeds[np.lexsort((seeds[:, 2], seeds[:, 0]))])
    return number_passages(_list_spans(hashes, other_hashes, is_free, other_is_free, clusters))


def _find_seeds(hashes: Array, other_hashes: Array, is_free: Array, other_is_free: Array) -> Array:
    """List the seeds as rows of both words in the first text, then both in the other one; equal words correspond."""
    pairs, places = _list_pairs(hashes, is_free)
    other_pairs, other_places = _list_pairs(other_hashes, other_is_free)
    _, chosen, other_chosen = np.intersect1d(pairs, other_pairs, assume_unique=True, return_indices=True)
    return np.hstack((places[chosen], other_places[other_chosen]))


def _list_pairs(hashes: Array, is_free: Array) -> tuple[Array, Array]:
    """List the pairs of near words that stand once: the hash of each, and where its smaller and larger word stand."""
    first = np.repeat(np.arange(hashes.size), REACH_WORDS)
    second = first + np.tile(np.arange(1, REACH_WORDS + 1), hashes.size)
    first, second = first[second < hashes.size], second[second < hashes.size]
    differs = (hashes[first] != hashes[second]) & is_free[first] & is_free[second]
    first, second = first[differs], second[differs]
    is_turned = hashes[first] > hashes[second]
    low, high = np.where(is_turned, second, first), np.where(is_turned, first, second)
    # The product spreads the smaller word over all bits, so that no sum of two other words comes near it.
    pairs, at, counts = np.unique(hashes[low] * GRAM_FACTOR + hashes[high], return_index=True, return_counts=True)
    once = at[counts == 1]
    return pairs[counts == 1], np.column_stack((low[once], high[once]))


@compile_kernel
def _cluster(seeds: Array) -> Array:
    """Add the number of its cluster to each seed. Sorted by the first column; a cluster is named by its first seed."""
    root = np.arange(len(seeds))
    for seed in range(len(seeds)):
        near = seed - 1
        while near >= 0 and seeds[seed, 0] - seeds[near, 0] <= LINK_WORDS:
            if abs(seeds[seed, 2] - seeds[near, 2]) <= LINK_WORDS:
                one, two = _find_root(root, seed), _find_root(root, near)
                root[max(one, two)] = min(one, two)
            near -= 1
    numbered = np.empty((len(seeds), 5), np.int64)
    for seed in range(len(seeds)):
        numbered[seed, :4] = seeds[seed]
        numbered[seed, 4] = _find_root(root, seed)
    return numbered


@compile_kernel
def _find_root(root: Array, seed: int) -> int:
    while root[seed] != seed:
        root[seed] = root[root[seed]]
        seed = root[seed]
    return seed


@compile_kernel
def _list_spans(a: Array, b: Array, is_free: Array, other_is_free: Array, seeds: Array) -> Array:
    mates = np.full(a.size, FREE, np.int64)
    back = np.full(b.size, FREE, np.int64)
    cluster = np.full(a.size, FREE, np.int64)
    mates[~is_free] = back[~other_is_free] = FREE - 1
    # Words that stand closest together on both sides choose first.
    distances = np.abs(seeds[:, 0] - seeds[:, 1]) + np.abs(seeds[:, 2] - seeds[:, 3])
    for seed in np.argsort(distances, kind="mergesort"):
        for word in range(2):
            i, j = seeds[seed, word], seeds[seed, 2 + word]
            if mates[i] == FREE and back[j] == FREE:
                mates[i], back[j], cluster[i] = j, i, seeds[seed, 4]
    _grow(a, b, mates, back, cluster, 1)
    _grow(a, b, mates, back, cluster, -1)
    _drop_sparse(mates, back, cluster)
    _grow(a, b, mates, back, cluster, 1)  # over words that a dropped cluster had
    _grow(a, b, mates, back, cluster, -1)
    return _list_runs(mates, cluster)


@compile_kernel
def _grow(a: Array, b: Array, mates: Array, back: Array, cluster: Array, step: int) -> None:
    """Pair off the equal words that follow an equal word on both sides."""
    word = 0 if step > 0 else a.size - 1
    while 0 <= word + step < a.size and 0 <= word < a.size:
        i, j = word + step, mates[word] + step
        if mates[word] >= 0 and mates[i] == FREE and 0 <= j < b.size and back[j] == FREE and a[i] == b[j]:
            mates[i], back[j], cluster[i] = j, i, cluster[word]
        word += step


@compile_kernel
def _drop_sparse(mates: Array, back: Array, cluster: Array) -> None:
    """Free the words of clusters with too few equal words for a passage."""
    size = cluster.max() + 1 if cluster.size else 0
    extents = np.full((size, 4), FREE, np.int64)
    shared = np.zeros(size, np.int64)
    for word in range(mates.size):
        number = cluster[word]
        if number == FREE:
            continue
        if shared[number] == 0:
            extents[number, 0], extents[number, 2], extents[number, 3] = word, mates[word], mates[word]
        extents[number, 1] = word
        extents[number, 2] = min(extents[number, 2], mates[word])
        extents[number, 3] = max(extents[number, 3], mates[word])
        shared[number] += 1
    for word in range(mates.size):
        number = cluster[word]
        if number == FREE:
            continue
        longest = max(extents[number, 1] - extents[number, 0], extents[number, 3] - extents[number, 2]) + 1
        if shared[number] < PASSAGE_WORDS or shared[number] < LEAST_DENSITY * longest:
            back[mates[word]] = FREE
            mates[word] = cluster[word] = FREE


@compile_kernel
def _list_runs(mates: Array, cluster: Array) -> Array:
    spans = np.empty((mates.size, 4), np.int64)
    count = 0
    for word in range(mates.size):
        if cluster[word] == FREE:
            continue
        if word and count and cluster[word - 1] == cluster[word] and mates[word] == mates[word - 1] + 1:
            spans[count - 1, 2] += 1
            continue
        spans[count] = (word, mates[word], 1, cluster[word])
        count += 1
    return spans[:count].copy()


@compile_kernel
def join_near_passages(spans: Array) -> Array:
    """Give each span (first word, other first word, words, passage) the number of its passage after joining."""
    size = spans[:, 3].max() + 1 if len(spans) else 0
    extents = np.full((size, 4), FREE, np.int64)
    for span in range(len(spans)):
        first, other_first, words, passage = spans[span]
        extent = extents[passage]
        is_new = extent[0] == FREE
        extent[0] = first if is_new else min(extent[0], first)
        extent[2] = other_first if is_new else min(extent[2], other_first)
        extent[1], extent[3] = max(extent[1], first + words), max(extent[3], other_first + words)
    root = np.arange(size)
    for one in range(size):
        for two in range(one):
            gap = _measure_gap(extents[one, :2], extents[two, :2])
            if max(gap, _measure_gap(extents[one, 2:], extents[two, 2:])) <= LINK_WORDS:
                low, high = _find_root(root, one), _find_root(root, two)
                root[max(low, high)] = min(low, high)
    joined = np.empty(len(spans), np.int64)
    for span in range(len(spans)):
        joined[span] = _find_root(root, spans[span, 3])
    return joined


@compile_kernel
def _measure_gap(one: Array, two: Array) -> int:
    """Count the words between two extents; negative when they overlap."""
    return int(max(one[0], two[0]) - min(one[1], two[1]))
