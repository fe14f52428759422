"""The mark that holds for each line: that of more than half of its characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from transforms.contracts.vocabulary import LINE_KINDS
from transforms.dedup.kernels import compile_kernel
from transforms.parse.html_marks import CREDIT_KINDS, REGION_KINDS, Mark
from transforms.parse.page.lines import (
    N_LINES,
    N_NODES,
    NODE_MARK,
    NODE_PARENT,
    PART_CHARS,
    PART_NODE,
    PARTS_END,
    Page,
)
from transforms.parse.page.names import Numbers

MAX_INSTANCE_CHARACTERS: Final = {"byline": 300, "dateline": 200, "subtitle": 1_500, "title": 500, "caption": 2_500}
"""An element that holds more than this is not what its mark says, but a wrapper named after one of its parts."""

MAX_MAIN_SHARE: Final = 0.3
"""Where all elements with one mark hold more than this share of the main content, the mark does not say what they are:
`paywall` or `share` can name what wraps every paragraph, and a `nav` that is never closed holds the rest of the page
(word F1 on a sample of such sites .910 without this limit for `nav`, .942 with it)."""

GROUPS: Final = 5
"""Among nested marks the telling one counts: a region, else a quotation set apart, else a quotation, else a credit,
else a heading or list item; of each the innermost."""

NO_LIMIT: Final = 2**31 - 1
REGION = 0


def _find_group(kind: str) -> int:
    if kind in REGION_KINDS:
        return REGION
    if kind == "pull_quote":
        return 1
    if kind == "quote":
        return 2
    return 3 if kind in CREDIT_KINDS else 4


KIND_NUMBERS: Final = {kind: number for number, kind in enumerate(LINE_KINDS)}
_GROUP_OF_KIND: Final[Numbers] = np.array([_find_group(kind) for kind in LINE_KINDS], np.int32)
_LIMIT_OF_KIND: Final[Numbers] = np.array(
    [MAX_INSTANCE_CHARACTERS.get(kind, NO_LIMIT) for kind in LINE_KINDS], np.int32
)
_BYLINE, _DATELINE = KIND_NUMBERS["byline"], KIND_NUMBERS["dateline"]
_KINDS = len(LINE_KINDS)


def number_kinds(known: Sequence[Mark]) -> Numbers:
    """The number of the kind of each mark."""
    return np.array([KIND_NUMBERS[mark.kind] for mark in known], np.int32)


def decide_marks(page: Page, kinds: Numbers, is_main: Numbers) -> Numbers:
    """The number of the mark that holds for each line; -1 where none does.

    A byline and a date on one line count together, and are a byline. Where no line is main content, every line counts
    as if it were.
    """
    main = is_main if is_main.any() else np.ones_like(is_main)
    return _decide(page, kinds, main)


@compile_kernel
def _choose_marks(page: Page, kinds: Numbers, main: Numbers) -> Numbers:
    """The mark that counts for what stands right within each node; -1 for none."""
    count = page.sizes[N_NODES]
    nodes = page.nodes
    held = np.zeros((count, 2), np.int64)  # characters, and those of main lines
    total = part = 0
    for line in range(page.sizes[N_LINES]):
        while part < page.lines[line, PARTS_END]:
            chars = page.parts[part, PART_CHARS]
            held[page.parts[part, PART_NODE], 0] += chars
            if main[line]:
                held[page.parts[part, PART_NODE], 1] += chars
                total += chars
            part += 1
    for node in range(count - 1, 0, -1):
        held[nodes[node, NODE_PARENT], 0] += held[node, 0]
        held[nodes[node, NODE_PARENT], 1] += held[node, 1]
    held_by_marks = np.zeros(kinds.size, np.int64)
    for node in range(1, count):
        mark = nodes[node, NODE_MARK]
        outer = nodes[node, NODE_PARENT]
        while outer > 0 and nodes[outer, NODE_MARK] != mark:
            outer = nodes[outer, NODE_PARENT]
        if outer == 0:
            held_by_marks[mark] += held[node, 1]
    best = np.full((count, GROUPS), -1, np.int32)
    chosen = np.full(count, -1, np.int32)
    for node in range(1, count):
        mark = nodes[node, NODE_MARK]
        kind = kinds[mark]
        group = _GROUP_OF_KIND[kind]
        for other in range(GROUPS):
            best[node, other] = best[nodes[node, NODE_PARENT], other]
        is_wrong = group == REGION and held_by_marks[mark] > MAX_MAIN_SHARE * total
        if not is_wrong and held[node, 0] <= _LIMIT_OF_KIND[kind]:
            best[node, group] = mark
        for other in range(GROUPS - 1, -1, -1):
            if best[node, other] >= 0:
                chosen[node] = best[node, other]
    return chosen


@compile_kernel
def _decide(page: Page, kinds: Numbers, main: Numbers) -> Numbers:
    chosen = _choose_marks(page, kinds, main)
    decided = np.full(page.sizes[N_LINES], -1, np.int32)
    weights = np.zeros(_KINDS, np.int64)
    firsts = np.full(_KINDS, -1, np.int32)
    part = 0
    for line in range(decided.size):
        weights[:] = 0
        firsts[:] = -1
        total = 0
        while part < page.lines[line, PARTS_END]:
            chars = page.parts[part, PART_CHARS]
            mark = chosen[page.parts[part, PART_NODE]]
            total += chars
            if mark >= 0:
                kind = kinds[mark]
                weights[kind] += chars
                if firsts[kind] < 0:
                    firsts[kind] = mark
            part += 1
        credit = weights[_BYLINE] + weights[_DATELINE]
        if credit > 0 and 2 * credit >= total:
            decided[line] = firsts[_BYLINE] if weights[_BYLINE] else firsts[_DATELINE]
            continue
        for kind in range(_KINDS):
            if 2 * weights[kind] > total:
                decided[line] = firsts[kind]
    return decided
