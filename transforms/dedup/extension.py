"""Aligning the words between two tiles and past the ends of a passage.

X-drop (Altschul et al., "Gapped BLAST and PSI-BLAST", 1997) with affine gaps (Gotoh, "An improved algorithm for
matching biological sequences", 1982), over words instead of residues.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.dedup.kernels import compile_inline, compile_kernel
from transforms.dedup.words import Array

Region = tuple[int, int, int, int, int, bool]
"""What to align: the first word in both texts, how many words on both sides, the direction (1 or -1), and whether to
align all of them."""

MATCH, MISMATCH, GAP_OPEN, GAP_WORD = 4, 3, 6, 1
"""Scores of an alignment: an equal word earns, an edited word costs, so does opening a gap and each word in it.

Chance matches between unrelated sentences are single words (`of`, `the`) that do not earn what the edits between them
cost, so an alignment does not run on into unrelated text.
"""

DROP: Final = 40
"""How far the score may fall under its best before an extension ends: a gap of 34 words, or 13 edited words."""

FREE: Final = -1
"""The mate of a word that has none."""

_NEVER: Final = -(1 << 30)
_FROM_LEFT, _FROM_ABOVE, _LEFT_GOES_ON, _ABOVE_GOES_ON = 1, 2, 4, 8
_SOURCE: Final = 3


@compile_kernel
def align_region(a: Array, b: Array, mates: Array, back: Array, region: Region) -> tuple[int, int]:
    """Align words with affine gaps and pair off the equal ones; returns how many words of each text the alignment has.

    The alignment ends where its score is best, and gives up DROP below that; a whole one takes in all words.
    """
    _, _, rows, columns, _, is_whole = region
    if rows == 0 or columns == 0:
        return 0, 0
    drop = -_NEVER // 2 if is_whole else DROP
    score = np.empty(columns + 1, np.int64)  # a row reads what the row before it wrote, and no further
    above = np.empty(columns + 1, np.int64)
    trace = np.empty(8 * (columns + 1), np.uint8)
    trace_starts = np.empty(rows + 1, np.int64)  # where column 0 of each row would lie in `trace`
    high = _open_first_row(score, above, trace, drop)
    low = 0
    trace_starts[0] = 0
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


@compile_inline
def _open_first_row(score: Array, above: Array, trace: Array, drop: int) -> int:
    """Fill the row in which the alignment has only a gap so far; returns the last column in play."""
    score[0] = 0
    above[0] = _NEVER
    trace[0] = 0
    last = 0
    while last + 1 < score.size and GAP_OPEN + GAP_WORD * (last + 1) <= drop:
        last += 1
        score[last] = -GAP_OPEN - GAP_WORD * last
        above[last] = _NEVER
        trace[last] = _FROM_LEFT | (_LEFT_GOES_ON if last > 1 else 0)
    return last


@compile_inline
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
            diagonal += MATCH if a[word] == b[other] and back[other] == FREE else -MISMATCH
        up, over = (score[column], above[column]) if column <= high else (_NEVER, _NEVER)
        value, above[column], left, trace[column - low] = _score_cell(diagonal, up, over, before, left)
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


@compile_inline
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
            if a[word] == b[other] and back[other] == FREE:
                mates[word] = other
                back[other] = word
        elif source == _FROM_LEFT:
            within = _FROM_LEFT if came & _LEFT_GOES_ON else 0
            column -= 1
        else:
            within = _FROM_ABOVE if came & _ABOVE_GOES_ON else 0
            row -= 1
