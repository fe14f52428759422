"""Which passages two texts share, word for word.

1. **Tiles.** Exact runs of `SEED_WORDS` or more equal words, longest first, each word used once: greedy string tiling
   (Wise, "String similarity via greedy string tiling and Running Karp-Rabin matching", 1993). Order does not matter,
   so moved paragraphs are found. A pair counts only when its longest tile has `REPORTED_RUN_WORDS`.
2. **Passages.** Neighbouring tiles in the same order, few words apart, are one passage; the words between them are
   aligned. Past its ends a passage goes on for as long as the alignment pays (X-drop: Altschul et al., "Gapped BLAST
   and PSI-BLAST", 1997; affine gaps: Gotoh, "An improved algorithm for matching biological sequences", 1982).
3. **Spans.** The runs of equal words in a passage, however short; edited words are left out. A passage of fewer than
   `PASSAGE_WORDS` equal words is dropped.

Every equal word was compared by its 64-bit hash. The texts are put in an order of their own before the comparison,
so comparing A with B finds the same words as comparing B with A.
"""

from __future__ import annotations

import heapq
from typing import Any, Final

import numpy as np

from transforms.dedup.fingerprints import GUARANTEED_RUN_WORDS, hash_runs
from transforms.dedup.words import Array, compile_kernel

Region = tuple[int, int, int, int, int, bool]
"""What to align: the first word in both texts, how many words on both sides, the direction (1 or -1), and whether to
align all of them."""

REPORTED_RUN_WORDS: Final = GUARANTEED_RUN_WORDS
"""A pair is reported when it shares an exact run of this many words: what fingerprints are sure to find."""

PASSAGE_WORDS: Final = 15
"""Equal words that a passage of a reported pair needs, over all its runs."""

SEED_WORDS: Final = 8
"""Shortest tile. Shorter ones are found too, but only between tiles and past their ends."""

BRIDGE_WORDS: Final = 24
"""Most words between two tiles of one passage, on either side.

Chosen with SEED_WORDS and DROP on the verbatim kind of the PAN 2013 text-alignment corpus, by plagdet: .9968 for
(8, 24, 40), .9963 for (8, 40, 60), .9952 for (4, 40, 60); on page pairs labelled by hand the area under the ROC curve
is .944 (Dice of the words) for (8, 24, 40), .943 for (8, 40, 60), .945 for (5, 24, 40). The longer reach finds no more
there and joins unrelated text. Run tests/quality/test_passages.py again after a change.
"""

MATCH, MISMATCH, GAP_OPEN, GAP_WORD = 4, 3, 6, 1
"""Scores of an alignment: an equal word earns, an edited word costs, so does opening a gap and each word in it.

Chance matches between unrelated sentences are single words (`of`, `the`) that do not earn what the edits between them
cost, so an alignment does not run on into unrelated text.
"""

DROP: Final = 40
"""How far the score may fall under its best before an extension ends: a gap of 34 words, or 13 edited words."""

EXTENSION_WORDS: Final = 2000
"""An extension stops here; the next tile carries a longer passage on."""

SEEDS_PER_GRAM: Final = 64
"""A run of words that stands more often than this in a text gives only this many seeds at a time, so that time stays
linear. Tiling is repeated until nothing is left to find, so no run is lost; but longest first holds strictly only
where no run of `SEED_WORDS` stands more often."""

SPAN_FIELDS: Final = ("start", "end", "other_start", "other_end", "words", "passage")

_FREE: Final = -1
_NEVER: Final = -(1 << 30)
_FROM_LEFT, _FROM_ABOVE, _LEFT_GOES_ON, _ABOVE_GOES_ON = 1, 2, 4, 8
_SOURCE: Final = 3


@compile_kernel
def align_words(
    offsets: Array, hashes: Array, starts: Array, ends: Array, left: Array, right: Array
) -> tuple[Array, Array]:
    """Compare text `left[p]` with text `right[p]` for each p, over the arrays of Words.

    Returns one row per span (SPAN_FIELDS), pair after pair, in the order of the left text, and the spans of each pair.
    """
    spans = np.empty((4 * left.size + 16, 6), np.int64)
    counts = np.zeros(left.size, np.int64)
    size = 0
    for pair in range(left.size):
        a, a_end = offsets[left[pair]], offsets[left[pair] + 1]
        b, b_end = offsets[right[pair]], offsets[right[pair] + 1]
        mates, passages = _mate_words(hashes[a:a_end], hashes[b:b_end])
        word = 0
        while word < mates.size:
            if mates[word] == _FREE:
                word += 1
                continue
            run = 1
            while (
                word + run < mates.size
                and mates[word + run] == mates[word] + run
                and passages[word + run] == passages[word]
            ):
                run += 1
            if size == spans.shape[0]:
                spans = np.concatenate((spans, np.empty_like(spans)))
            mate = b + mates[word]
            spans[size, 0], spans[size, 1] = starts[a + word], ends[a + word + run - 1]
            spans[size, 2], spans[size, 3] = starts[mate], ends[mate + run - 1]
            spans[size, 4], spans[size, 5] = run, passages[word]
            size += 1
            counts[pair] += 1
            word += run
    return spans[:size].copy(), counts


@compile_kernel
def _mate_words(a: Array, b: Array) -> tuple[Array, Array]:
    """For each word of `a`: the word of `b` it is shared with (or -1), and the number of its passage."""
    if _comes_first(a, b):
        mates, passages = _find_passages(a, b)
    else:
        reverse_mates, reverse_passages = _find_passages(b, a)
        mates = np.full(a.size, _FREE, np.int64)
        passages = np.full(a.size, _FREE, np.int64)
        for word in range(b.size):
            if reverse_mates[word] != _FREE:
                mates[reverse_mates[word]] = word
                passages[reverse_mates[word]] = reverse_passages[word]
    numbers = np.full(a.size + b.size + 1, _FREE, np.int64)
    count = 0
    for word in range(a.size):
        if mates[word] != _FREE:
            if numbers[passages[word]] == _FREE:
                numbers[passages[word]] = count
                count += 1
            passages[word] = numbers[passages[word]]
    return mates, passages


@compile_kernel
def _comes_first(a: Array, b: Array) -> bool:
    """Put two texts in an order that does not depend on how they are handed over: shorter first, then by hashes."""
    if a.size != b.size:
        return bool(a.size < b.size)
    for word in range(a.size):
        if a[word] != b[word]:
            return bool(a[word] < b[word])
    return True


@compile_kernel
def _find_passages(a: Array, b: Array) -> tuple[Array, Array]:
    mates = np.full(a.size, _FREE, np.int64)
    back = np.full(b.size, _FREE, np.int64)
    passages = np.full(a.size, _FREE, np.int64)
    if _tile(a, b, mates, back) < REPORTED_RUN_WORDS:
        mates[:] = _FREE
        return mates, passages
    chains = _link(a, b, mates, back, _list_tiles(mates))
    sizes = np.empty(len(chains), np.int64)
    for chain in range(len(chains)):
        sizes[chain] = chains[chain, 1] - chains[chain, 0]
    for chain in np.argsort(-sizes, kind="mergesort"):
        _extend(a, b, mates, back, chains[chain])
    chains = _link(a, b, mates, back, chains[np.argsort(chains[:, 0])])
    for chain in range(len(chains)):
        first, end = chains[chain, 0], chains[chain, 1]
        shared = 0
        for word in range(first, end):
            shared += mates[word] != _FREE
        for word in range(first, end):
            if shared < PASSAGE_WORDS:
                mates[word] = _FREE
            elif mates[word] != _FREE:
                passages[word] = chain
    return mates, passages


@compile_kernel
def _hash_grams(words: Array) -> Array:
    """Hash every run of SEED_WORDS words."""
    grams = np.empty(max(words.size - SEED_WORDS + 1, 0), np.uint64)
    hash_runs(words, 0, words.size, SEED_WORDS, grams)
    return grams


@compile_kernel
def _index_grams(grams: Array) -> tuple[Array, Array]:
    """Index by open addressing: the first place of each gram by slot, and for each place the next with its gram."""
    size = 16
    while size < 2 * grams.size:
        size *= 2
    heads = np.full(size, _FREE, np.int64)
    following = np.full(grams.size, _FREE, np.int64)
    for place in range(grams.size - 1, -1, -1):
        slot = _find_slot(grams[place], grams, heads)
        following[place] = heads[slot]
        heads[slot] = place
    return heads, following


@compile_kernel
def _find_slot(gram: Any, grams: Array, heads: Array) -> int:
    mask = heads.size - 1
    slot = np.int64(gram >> np.uint64(32)) & mask
    while heads[slot] != _FREE and grams[heads[slot]] != gram:
        slot = (slot + 1) & mask
    return int(slot)


@compile_kernel
def _tile(a: Array, b: Array, mates: Array, back: Array) -> int:
    """Pair off the words of all tiles in `mates` and `back`; returns the words of the longest tile."""
    grams, other_grams = _hash_grams(a), _hash_grams(b)
    heads, following = _index_grams(grams)
    longest = 0
    is_complete = False
    while not is_complete:
        runs, is_complete = _find_runs(a, b, mates, back, (grams, other_grams, heads, following))
        heapq.heapify(runs)
        while len(runs) > 0:
            minus_length, i, j = heapq.heappop(runs)
            length = -minus_length
            if longest == 0:
                longest = length
                if longest < REPORTED_RUN_WORDS:
                    return longest
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


@compile_kernel
def _measure_free(mates: Array, back: Array, i: int, j: int, most: int) -> int:
    """Count the words from (i, j) on that no tile has taken on either side."""
    length = 0
    while length < most and mates[i + length] == _FREE and back[j + length] == _FREE:
        length += 1
    return length


@compile_kernel
def _find_runs(
    a: Array, b: Array, mates: Array, back: Array, index: tuple[Array, Array, Array, Array]
) -> tuple[list[tuple[int, int, int]], bool]:
    """List the runs of free equal words as (-length, i, j); says too whether no gram had more places than allowed."""
    grams, other_grams, heads, following = index
    reached = np.zeros(a.size + b.size, np.int64)  # by diagonal: where in `a` the last run on it ends
    seen = np.zeros(heads.size, np.int64)
    runs = [(0, 0, 0)]
    runs.pop()
    is_complete = True
    for j in range(other_grams.size):
        slot = _find_slot(other_grams[j], grams, heads)
        if heads[slot] == _FREE or _measure_free(back, back, j, j, SEED_WORDS) < SEED_WORDS:
            continue
        seen[slot] += 1
        if seen[slot] > SEEDS_PER_GRAM:
            is_complete = False
            continue
        i = heads[slot]
        taken = 0
        while i != _FREE:
            if _measure_free(mates, mates, i, i, SEED_WORDS) == SEED_WORDS:
                taken += 1
                if taken > SEEDS_PER_GRAM:
                    is_complete = False
                    break
                diagonal = i - j + b.size - 1
                if i >= reached[diagonal]:
                    first, end = _grow_run(a, b, mates, back, i, j)
                    reached[diagonal] = max(end, i + 1)
                    if end - first >= SEED_WORDS:
                        runs.append((first - end, first, first - i + j))
            i = following[i]
    return runs, is_complete or len(runs) == 0


@compile_kernel
def _grow_run(a: Array, b: Array, mates: Array, back: Array, i: int, j: int) -> tuple[int, int]:
    """Give the first and end word, in `a`, of the longest run of free equal words that holds (i, j)."""
    first, end, shift = i, i, j - i
    while first > 0 and first + shift > 0 and a[first - 1] == b[first + shift - 1]:
        if mates[first - 1] != _FREE or back[first + shift - 1] != _FREE:
            break
        first -= 1
    while end < a.size and end + shift < b.size and a[end] == b[end + shift]:
        if mates[end] != _FREE or back[end + shift] != _FREE:
            break
        end += 1
    return first, end


@compile_kernel
def _list_tiles(mates: Array) -> Array:
    """List the tiles in the order of the first text, as rows of first, end, other first, other end."""
    tiles = np.empty((mates.size // SEED_WORDS + 1, 4), np.int64)
    count = 0
    for word in range(mates.size):
        if mates[word] == _FREE:
            continue
        if count and tiles[count - 1, 1] == word and tiles[count - 1, 3] == mates[word]:
            tiles[count - 1, 1] += 1
            tiles[count - 1, 3] += 1
        else:
            tiles[count] = (word, word + 1, mates[word], mates[word] + 1)
            count += 1
    return tiles[:count]


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
                _align_region(a, b, mates, back, (i, j, gap, other_gap, 1, True))
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
    rows, columns = _align_region(a, b, mates, back, (chain[0] - 1, chain[2] - 1, room, other_room, -1, False))
    chain[0] -= rows
    chain[2] -= columns
    room = _measure_room(mates, chain[1], 1)
    other_room = _measure_room(back, chain[3], 1)
    rows, columns = _align_region(a, b, mates, back, (chain[1], chain[3], room, other_room, 1, False))
    chain[1] += rows
    chain[3] += columns


@compile_kernel
def _measure_room(mates: Array, at: int, step: int) -> int:
    room = 0
    while room < EXTENSION_WORDS and 0 <= at < mates.size and mates[at] == _FREE:
        at += step
        room += 1
    return room


@compile_kernel
def _align_region(a: Array, b: Array, mates: Array, back: Array, region: Region) -> tuple[int, int]:
    """Align words with affine gaps and pair off the equal ones; returns how many words of each text the alignment has.

    The alignment ends where its score is best, and gives up DROP below that; a whole one takes in all words.
    """
    _, _, rows, columns, _, is_whole = region
    if rows == 0 or columns == 0:
        return 0, 0
    drop = -_NEVER // 2 if is_whole else DROP
    score = np.full(columns + 1, _NEVER, np.int64)
    above = np.full(columns + 1, _NEVER, np.int64)
    trace = np.empty(8 * (columns + 1), np.uint8)
    trace_starts = np.zeros(rows + 1, np.int64)  # where column 0 of each row would lie in `trace`
    high = _open_first_row(score, trace, drop)
    low = 0
    used = high + 1
    best, best_row, best_column = 0, 0, 0
    for row in range(1, rows + 1):
        if used + columns + 1 - low > trace.size:
            trace = np.concatenate((trace, np.empty(trace.size, np.uint8)))
        trace_starts[row] = used - low
        state = (score, above, trace[used:])
        width, low, high, top, top_column = _score_row(a, b, back, region, state, (row, low, high, best, drop))
        used += width
        if high < low:
            break
        if top > best:
            best, best_row, best_column = top, row, top_column
    if is_whole:
        best_row, best_column = rows, columns
    _trace_back(a, b, mates, back, region, (trace, trace_starts, best_row, best_column))
    return best_row, best_column


@compile_kernel
def _open_first_row(score: Array, trace: Array, drop: int) -> int:
    """Fill the row in which the alignment has only a gap so far; returns the last column in play."""
    score[0] = 0
    trace[0] = 0
    last = 0
    while last + 1 < score.size and GAP_OPEN + GAP_WORD * (last + 1) <= drop:
        last += 1
        score[last] = -GAP_OPEN - GAP_WORD * last
        trace[last] = _FROM_LEFT | (_LEFT_GOES_ON if last > 1 else 0)
    return last


@compile_kernel
def _score_row(
    a: Array,
    b: Array,
    back: Array,
    region: Region,
    state: tuple[Array, Array, Array],
    limits: tuple[int, int, int, int, int],
) -> tuple[int, int, int, int, int]:
    """Score one row, over the one before it in `state`.

    `limits` are the row, the first and last column in play in the row before, the best score so far and the drop.
    Returns how many columns were scored, the first and last one in play, and the best score in the row with its column.
    """
    i, j, _, columns, step, _ = region
    score, above, trace = state
    row, low, high, best, drop = limits
    word = i + step * (row - 1)
    diagonal, before, left = _NEVER, _NEVER, _NEVER
    first, last, top, top_column = columns + 1, -1, best, 0
    column = low
    while column <= columns:
        if column:
            other = j + step * (column - 1)
            diagonal += MATCH if a[word] == b[other] and back[other] == _FREE else -MISMATCH
        up = score[column] if column <= high else _NEVER
        value, above[column], left, trace[column - low] = _score_cell(diagonal, up, above[column], before, left)
        if value < top - drop:
            value = above[column] = _NEVER
            if column > high:
                score[column] = value
                return column + 1 - low, first, last, top, top_column
        else:
            first = min(first, column)
            last = column
            if value > top:
                top, top_column = value, column
        score[column] = before = value
        diagonal = up
        column += 1
    return column - low, first, last, top, top_column


@compile_kernel
def _score_cell(diagonal: int, up: int, above: int, before: int, left: int) -> tuple[int, int, int, int]:
    """Score one cell; returns its score, those of the gaps that end in it, and where they came from."""
    came = 0
    if up - GAP_OPEN < above:
        came |= _ABOVE_GOES_ON
    if before - GAP_OPEN < left:
        came |= _LEFT_GOES_ON
    above = max(up - GAP_OPEN, above) - GAP_WORD
    left = max(before - GAP_OPEN, left) - GAP_WORD
    if above > max(diagonal, left):
        return above, above, left, came | _FROM_ABOVE
    if left > diagonal:
        return left, above, left, came | _FROM_LEFT
    return diagonal, above, left, came


@compile_kernel
def _trace_back(
    a: Array, b: Array, mates: Array, back: Array, region: Region, path: tuple[Array, Array, int, int]
) -> None:
    """Walk an alignment from its end and pair off its equal words."""
    i, j, _, _, step, _ = region
    trace, trace_starts, row, column = path
    within = 0  # the gap that the walk is in, if any
    while row > 0 or column > 0:
        came = trace[trace_starts[row] + column]
        source = within if within else came & _SOURCE
        if source == 0:
            row -= 1
            column -= 1
            word, other = i + step * row, j + step * column
            if a[word] == b[other] and back[other] == _FREE:
                mates[word] = other
                back[other] = word
        elif source == _FROM_LEFT:
            within = _FROM_LEFT if came & _LEFT_GOES_ON else 0
            column -= 1
        else:
            within = _FROM_ABOVE if came & _ABOVE_GOES_ON else 0
            row -= 1
