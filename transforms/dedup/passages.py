"""Which passages two texts share, word for word.

1. **Tiles** (`tiles`). Exact runs of `SEED_WORDS` or more equal words, longest first, each word used once: greedy
   string tiling (Wise, "String similarity via greedy string tiling and Running Karp-Rabin matching", 1993). Order does
   not matter, so moved paragraphs are found. A pair counts only when its longest tile has `REPORTED_RUN_WORDS`.
2. **Passages** (`extension`). Neighbouring tiles in the same order, few words apart, are one passage; the words between
   them are aligned. Past its ends a passage goes on for as long as the alignment pays.
3. **Spans.** The runs of equal words in a passage, however short; edited words are left out. A passage of fewer than
   `PASSAGE_WORDS` equal words is dropped. Spans are maximal: an equal word that follows one on both sides, before or
   after it, belongs to it, unless a span has that word of either text.

Every equal word was compared by its 64-bit hash. The texts are put in an order of their own before the comparison,
so comparing A with B finds the same words as comparing B with A.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.dedup.extension import FREE, align_region
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.tiles import (
    REPORTED_RUN_WORDS,
    Index,
    index_grams,
    list_tiles,
    may_share_long_run,
    slice_grams,
    tile,
)
from transforms.dedup.words import Array

PASSAGE_WORDS: Final = 15
"""Equal words that a passage of a reported pair needs, over all its runs."""

BRIDGE_WORDS: Final = 24
"""Most words between two tiles of one passage, on either side.

Chosen with SEED_WORDS and DROP on the verbatim kind of the PAN 2013 text-alignment corpus, by plagdet: .9968 for
(8, 24, 40), .9963 for (8, 40, 60), .9952 for (4, 40, 60); on page pairs labelled by hand the area under the ROC curve
is .944 (Dice of the words) for (8, 24, 40), .943 for (8, 40, 60), .945 for (5, 24, 40). The longer reach finds no more
there and joins unrelated text. Run tests/quality/test_passages.py again after a change.
"""

EXTENSION_WORDS: Final = 2000
"""An extension stops here; the next tile carries a longer passage on."""

SPAN_FIELDS: Final = ("start", "end", "other_start", "other_end", "words", "passage")


@compile_kernel
def align_words(
    offsets: Array, hashes: Array, starts: Array, ends: Array, grams: Array, left: Array, right: Array
) -> tuple[Array, Array]:
    """Compare text `left[p]` with text `right[p]` for each p, over the arrays of Words and the result of hash_grams.

    Returns one row per span (SPAN_FIELDS, then its first word in the left text), pair after pair, in the order of the
    left text, and the spans of each pair.
    Pairs of one left text that stand together share the work on it.
    """
    spans = np.empty((4 * left.size + 16, 7), np.int64)
    counts = np.zeros(left.size, np.int64)
    size = 0
    indexed = -1
    index = index_grams(grams[:0])
    for pair in range(left.size):
        text, other = left[pair], right[pair]
        if text != indexed:
            indexed, index = text, index_grams(slice_grams(offsets, grams, text))
        words = hashes[offsets[text] : offsets[text + 1]], hashes[offsets[other] : offsets[other + 1]]
        both_grams = slice_grams(offsets, grams, text), slice_grams(offsets, grams, other)
        if not may_share_long_run(words[0], both_grams[0], index, words[1], both_grams[1]):
            continue
        found = _find_spans(words, both_grams, index)
        while size + len(found) > len(spans):
            spans = np.concatenate((spans, np.empty_like(spans)))
        for row in range(len(found)):
            first, other_first, run, passage = found[row]
            at, other_at = offsets[text] + first, offsets[other] + other_first
            spans[size, 0], spans[size, 1] = starts[at], ends[at + run - 1]
            spans[size, 2], spans[size, 3] = starts[other_at], ends[other_at + run - 1]
            spans[size, 4], spans[size, 5], spans[size, 6] = run, passage, first
            size += 1
        counts[pair] = len(found)
    return spans[:size].copy(), counts


@compile_kernel
def _find_spans(words: tuple[Array, Array], grams: tuple[Array, Array], index: Index) -> Array:
    """Give the spans of two texts as rows of first word, other first word, words and passage, in order of the first.

    `index` is that of the first text.
    """
    if comes_first(words[0], words[1]):
        return number_passages(_find_passages(words, grams, index, False))
    swapped = (words[1], words[0]), (grams[1], grams[0])
    found = _find_passages(swapped[0], swapped[1], index, True)
    turned = np.empty_like(found)
    turned[:, 0], turned[:, 1], turned[:, 2:] = found[:, 1], found[:, 0], found[:, 2:]
    return number_passages(turned[np.argsort(turned[:, 0])])


@compile_kernel
def number_passages(spans: Array) -> Array:
    """Number the passages in the order in which they begin."""
    if len(spans) == 0:
        return spans
    numbers = np.full(spans[:, 3].max() + 1, FREE, np.int64)
    count = 0
    for span in range(len(spans)):
        passage = spans[span, 3]
        if numbers[passage] == FREE:
            numbers[passage] = count
            count += 1
        spans[span, 3] = numbers[passage]
    return spans


@compile_kernel
def comes_first(a: Array, b: Array) -> bool:
    """Put two texts in an order that does not depend on how they are handed over: shorter first, then by hashes."""
    if a.size != b.size:
        return bool(a.size < b.size)
    for word in range(a.size):
        if a[word] != b[word]:
            return bool(a[word] < b[word])
    return True


@compile_kernel
def _find_passages(words: tuple[Array, Array], grams: tuple[Array, Array], index: Index, is_second: bool) -> Array:
    """Give the spans as rows of first word, other first word, words and number of the passage.

    `index` is that of the first text, or of the second one.
    """
    a, b = words
    mates = np.full(a.size, FREE, np.int64)
    back = np.full(b.size, FREE, np.int64)
    if tile(words, grams, mates, back, index, is_second) < REPORTED_RUN_WORDS:
        return np.empty((0, 4), np.int64)
    chains = _link(a, b, mates, back, list_tiles(mates))
    sizes = chains[:, 0] - chains[:, 1]
    for chain in np.argsort(sizes, kind="mergesort"):
        _extend(a, b, mates, back, chains[chain])
    chains = _link(a, b, mates, back, chains[np.argsort(chains[:, 0])])
    chains = _drop_short(mates, back, chains)
    _lengthen(a, b, mates, back, chains)
    return _list_spans(mates, chains)


@compile_kernel
def _drop_short(mates: Array, back: Array, chains: Array) -> Array:
    """Free the words of the chains that have too few for a passage; returns the other chains."""
    kept = chains.copy()
    count = 0
    for chain in chains:
        shared = 0
        for word in range(chain[0], chain[1]):
            shared += mates[word] != FREE
        if shared >= PASSAGE_WORDS:
            kept[count] = chain
            count += 1
            continue
        for word in range(chain[0], chain[1]):
            if mates[word] != FREE:
                back[mates[word]] = FREE
                mates[word] = FREE
    return kept[:count]


@compile_kernel
def _lengthen(a: Array, b: Array, mates: Array, back: Array, chains: Array) -> None:
    """Let each span go on over equal words that are free: those that a dropped passage or the end of a room left."""
    for chain in range(len(chains)):
        for step in (1, -1):
            first, end = chains[chain, 0], chains[chain, 1]
            chains[chain, 0], chains[chain, 1] = _take_next(a, b, mates, back, (first, end, step))


@compile_kernel
def _take_next(a: Array, b: Array, mates: Array, back: Array, extent: tuple[int, int, int]) -> tuple[int, int]:
    """Pair off words next to equal ones that are equal and free, going one way; returns the new extent.

    A call for each word would cost tens of times what is done for it.
    """
    first, end, step = extent
    word = first if step > 0 else end - 1
    while first <= word < end:
        if mates[word] != FREE:
            i, j = word + step, mates[word] + step
            # Inside a run the next word is taken: that answers nearly always.
            if 0 <= i < a.size and mates[i] == FREE and 0 <= j < b.size and back[j] == FREE and a[i] == b[j]:
                mates[i], back[j] = j, i
                first, end = min(first, i), max(end, i + 1)
        word += step
    return first, end


@compile_kernel
def _list_spans(mates: Array, chains: Array) -> Array:
    """List the runs of equal words of each passage."""
    spans = np.empty((8, 4), np.int64)
    count = 0
    for chain in range(len(chains)):
        begun = count
        for word in range(chains[chain, 0], chains[chain, 1]):
            if mates[word] == FREE:
                continue
            if count > begun and _continues(spans[count - 1], word, mates[word]):
                spans[count - 1, 2] += 1
                continue
            if count == len(spans):
                spans = np.concatenate((spans, np.empty_like(spans)))
            spans[count] = (word, mates[word], 1, chain)
            count += 1
    return spans[:count]


@compile_kernel
def _continues(span: Array, word: int, mate: int) -> bool:
    """Say whether two equal words are the next ones after a span."""
    return bool(span[0] + span[2] == word and span[1] + span[2] == mate)


@compile_kernel
def _link(a: Array, b: Array, mates: Array, back: Array, chains: Array) -> Array:
    """Join neighbours that lie few words apart, in the same order, and align the words between them."""
    linked = chains.copy()
    count = 0
    for chain in range(len(chains)):
        first, end, other_first, other_end = chains[chain]
        if count:
            gap = first - linked[count - 1, 1]
            other_gap = other_first - linked[count - 1, 3]
            if gap <= BRIDGE_WORDS and 0 <= other_gap <= BRIDGE_WORDS:
                i, j = linked[count - 1, 1], linked[count - 1, 3]
                align_region(a, b, mates, back, (i, j, gap, other_gap, 1, True))
                linked[count - 1, 1] = end
                linked[count - 1, 3] = other_end
                continue
        linked[count] = (first, end, other_first, other_end)
        count += 1
    return linked[:count]


@compile_kernel
def _extend(a: Array, b: Array, mates: Array, back: Array, chain: Array) -> None:
    """Lengthen a chain at both ends, as far as the next words that are taken on either side."""
    room = _measure_room(mates, chain[0] - 1, -1)
    other_room = _measure_room(back, chain[2] - 1, -1)
    rows, columns = align_region(a, b, mates, back, (chain[0] - 1, chain[2] - 1, room, other_room, -1, False))
    chain[0] -= rows
    chain[2] -= columns
    room = _measure_room(mates, chain[1], 1)
    other_room = _measure_room(back, chain[3], 1)
    rows, columns = align_region(a, b, mates, back, (chain[1], chain[3], room, other_room, 1, False))
    chain[1] += rows
    chain[3] += columns


@compile_kernel
def _measure_room(mates: Array, at: int, step: int) -> int:
    room = 0
    while room < EXTENSION_WORDS and 0 <= at < mates.size and mates[at] == FREE:
        at += step
        room += 1
    return room
