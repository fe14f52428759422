"""Fourth pass: what a first judgement says of the lines around a line, as a second row of numbers."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse.page.elements import ELEMENTS, PARENT, Scan
from transforms.parse.page.features import NAMES, S_BLOCK, Measured
from transforms.parse.page.lines import BLOCK, CHARS, ELEMENT, LAST, Page
from transforms.parse.page.names import Numbers
from transforms.parse.page.signs import share_of

OFFSETS: Final = (-3, -2, -1, 1, 2, 3)
WIDTHS: Final = (2, 5, 12)
LEVELS: Final = 5

OWN_NAMES: Final = (
    "score",
    *(f"score_{offset}" for offset in OFFSETS),
    *(f"score_within_{width}" for width in WIDTHS),
    *(f"score_around_{level}" for level in range(LEVELS)),
    *(f"found_around_{level}" for level in range(LEVELS)),
    "score_pattern",
    "score_wide_pattern",
    "score_text",
    "found_before",
    "found_after",
    "found_share",
    "best_score",
    "to_found_before",
    "to_found_after",
    "in_found_50",
    "in_found_90",
    "found_chars",
)
SECOND_NAMES: Final = (*NAMES, *OWN_NAMES)
"""The features of the second trees: those of the first, then these."""

LIMIT: Final = 6 * 4096
"""Scores count up to this much, either way: one line that is very sure does not speak for its neighbours."""


def look_around(scan: Scan, page: Page, measured: Measured, scores: Numbers) -> Numbers:
    """One row of SECOND_NAMES a line; `scores` are those of the first trees."""
    rows = np.zeros((measured.rows.shape[0], len(SECOND_NAMES)), np.float32)
    rows[:, : len(NAMES)] = measured.rows
    _look_around(scan, page, measured.slots, np.clip(scores, -LIMIT, LIMIT), rows)
    return rows


@compile_kernel
def _look_around(scan: Scan, page: Page, slots: Numbers, scores: Numbers, rows: Numbers) -> None:
    count = scores.size
    if count == 0:
        return
    base = len(NAMES)
    places = page.places
    n_elements = scan.counts[ELEMENTS]
    held = np.zeros((n_elements + 1, 3), np.int64)  # chars, scores by chars, chars of found lines
    size = np.int64(slots[:, :3].max()) + 1
    by_slot = np.zeros((3, size, 2), np.int64)
    found = np.zeros(count + 1, np.int64)
    sums = np.zeros(count + 1, np.int64)
    best = scores[0]
    all_chars = 0
    for line in range(count):
        chars = min(page.lines[line, CHARS], 1000)
        element = page.lines[line, ELEMENT]
        score = scores[line]
        all_chars += chars
        held[element, 0] += chars
        held[element, 1] += chars * score
        held[element, 2] += chars if score > 0 else 0
        for which in range(3):
            by_slot[which, slots[line, which], 0] += chars
            by_slot[which, slots[line, which], 1] += chars * score
        found[line + 1] = found[line] + (chars if score > 0 else 0)
        sums[line + 1] = sums[line] + score
        best = max(best, score)
    for element in range(n_elements, 0, -1):
        parent = scan.elements[element, PARENT]
        for column in range(3):
            held[parent, column] += held[element, column]
    root_50 = root_90 = 0
    for element in range(1, n_elements + 1):
        if 10 * held[element, 2] >= 5 * found[count]:
            root_50 = element
        if 10 * held[element, 2] >= 9 * found[count]:
            root_90 = element
    before = -1
    for line in range(count):
        rows[line, base + 27] = min(line - before, 60) if before >= 0 else 99
        if scores[line] > 0:
            before = line
    after = -1
    for line in range(count - 1, -1, -1):
        rows[line, base + 28] = min(after - line, 60) if after >= 0 else 99
        if scores[line] > 0:
            after = line
    for line in range(count):
        row = rows[line, base:]
        row[0] = scores[line]
        for place in range(6):
            other = line + (place - 3 if place < 3 else place - 2)
            row[1 + place] = scores[other] if 0 <= other < count else -LIMIT
        for place in range(3):
            width = 2 if place == 0 else 5 if place == 1 else 12
            first, last = max(line - width, 0), min(line + width + 1, count)
            row[7 + place] = share_of(sums[last] - sums[first], last - first)
        step = slots[line, S_BLOCK]
        for level in range(LEVELS):
            row[10 + level] = share_of(held[step, 1], held[step, 0])
            row[15 + level] = share_of(held[step, 2], found[count])
            step = places[scan.elements[step, PARENT], BLOCK]
        row[20] = share_of(by_slot[1, slots[line, 1], 1], by_slot[1, slots[line, 1], 0])
        row[21] = share_of(by_slot[2, slots[line, 2], 1], by_slot[2, slots[line, 2], 0])
        row[22] = share_of(by_slot[0, slots[line, 0], 1], by_slot[0, slots[line, 0], 0])
        row[23] = share_of(found[line], found[count])
        row[24] = share_of(found[count] - found[line + 1], found[count])
        row[25] = share_of(found[count], all_chars)
        row[26] = best
        element = page.lines[line, ELEMENT]
        row[29] = 1 if root_50 <= element <= places[root_50, LAST] else 0
        row[30] = 1 if root_90 <= element <= places[root_90, LAST] else 0
        row[31] = found[count]
