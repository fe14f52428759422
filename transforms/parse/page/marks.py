"""The marks of a page's elements as numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from transforms.contracts.vocabulary import LINE_KINDS
from transforms.parse.html_marks import HEADING_TAGS, TAG_KINDS, Mark, find_stated_marks
from transforms.parse.page.bytes import ITEMPROP, REL, ROLE
from transforms.parse.page.elements import (
    CLASS_KIND,
    ELEMENTS,
    FLAGS,
    ID_KIND,
    SPANS,
    TAG,
    TELLS,
    Scan,
)
from transforms.parse.page.lines import Marks
from transforms.parse.page.names import TAG_NUMBERS, TAGS, UNMARKED, Numbers

TAG_MARKS: Final = tuple(Mark(kind, f"html.{tag}") for tag, kind in TAG_KINDS.items())
_MARK_OF_TAG: Final[Numbers] = np.full(len(TAGS), -1, np.int32)
for _number, _tag in enumerate(TAG_KINDS):
    _MARK_OF_TAG[TAG_NUMBERS[_tag]] = _number
_IS_HEADING: Final[Numbers] = np.array([tag in HEADING_TAGS for tag in TAGS], np.bool_)


def number_marks(scan: Scan, content: bytes) -> tuple[Marks, list[Mark]]:
    """The marks of every element, and what each number stands for.

    Only elements whose names state a kind are looked at one by one; the others have at most the mark of their tag.
    """
    count = int(scan.counts[ELEMENTS])
    elements = scan.elements[: count + 1]
    tags = elements[:, TAG]
    of_tags = _MARK_OF_TAG[tags]
    of_tags[0] = -1
    by_class = elements[:, CLASS_KIND] > 0
    by_id = ~by_class & (elements[:, ID_KIND] > 0) & ~_IS_HEADING[tags]
    is_named = (by_class | by_id) & (UNMARKED[tags] == 0)
    telling = np.flatnonzero(is_named | (elements[:, FLAGS] & TELLS > 0))
    known = list(TAG_MARKS)
    numbers = {mark: number for number, mark in enumerate(known)}
    column = np.where(by_class, CLASS_KIND, ID_KIND)[telling]
    names = np.where(is_named[telling, None], elements[telling[:, None], column[:, None] + np.arange(3)], 0).tolist()
    own_tags = of_tags[telling].tolist()
    has_others = (elements[telling, FLAGS] & TELLS > 0).tolist()
    found: list[list[int]] = []
    for element, (kind, first, last), of_tag, others in zip(telling.tolist(), names, own_tags, has_others, strict=True):
        marks = [_name_mark(kind - 1, content[first:last])] if kind else []
        if others:
            marks += _find_others(elements[element], content)
        row = []
        for mark in marks:
            if mark not in numbers:
                numbers[mark] = len(known)
                known.append(mark)
            row.append(numbers[mark])
        found.append(row if of_tag < 0 else [*row, of_tag])
    return _pack(of_tags, telling, found), known


@lru_cache(maxsize=16_384)
def _name_mark(kind: int, name: bytes) -> Mark:
    return Mark(LINE_KINDS[kind], f"html.class.{name.decode('utf-8', 'replace')}")


def _find_others(element: Numbers, content: bytes) -> tuple[Mark, ...]:
    spans = element[SPANS:].tolist()
    role, itemprop, rel = (
        content[spans[2 * attribute] : spans[2 * attribute + 1]].decode("utf-8", "replace")
        for attribute in (ROLE, ITEMPROP, REL)
    )
    return find_stated_marks(role, itemprop, rel)


def _pack(of_tags: Numbers, telling: Numbers, found: list[list[int]]) -> Marks:
    sizes = (of_tags >= 0).astype(np.int32)
    sizes[telling] = [len(row) for row in found]
    starts = np.zeros(of_tags.size + 1, np.int32)
    np.cumsum(sizes, out=starts[1:])
    flat = np.repeat(of_tags, sizes).astype(np.int32)
    for element, row in zip(telling.tolist(), found, strict=True):
        flat[starts[element] : starts[element] + len(row)] = row
    return Marks(starts, flat)
