"""The marks of a page's elements as numbers, and the mark that holds for each of its lines."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.parse.html_marks import TAG_KINDS, Mark, find_marks_of
from transforms.parse.page.lines import Marks
from transforms.parse.page.names import TAG_NUMBERS, TAGS, Numbers
from transforms.parse.page.scan import ELEMENTS, FLAGS, ID, REL, SPANS, TAG, TELLS, Scan

TAG_MARKS: Final = tuple(Mark(kind, f"html.{tag}") for tag, kind in TAG_KINDS.items())
_MARK_OF_TAG: Final[Numbers] = np.full(len(TAGS), -1, np.int32)
for _number, _tag in enumerate(TAG_KINDS):
    _MARK_OF_TAG[TAG_NUMBERS[_tag]] = _number


def number_marks(scan: Scan, content: bytes) -> tuple[Marks, list[Mark]]:
    """The marks of every element, and what each number stands for.

    Only elements with a telling word are looked at one by one; the others have at most the mark of their tag.
    """
    count = int(scan.counts[ELEMENTS])
    elements = scan.elements[: count + 1]
    of_tags = _MARK_OF_TAG[elements[:, TAG]]
    of_tags[0] = -1
    sizes = (of_tags >= 0).astype(np.int32)
    telling = np.flatnonzero(elements[:, FLAGS] & TELLS)
    known = list(TAG_MARKS)
    numbers = {mark: number for number, mark in enumerate(known)}
    found: list[list[int]] = []
    spans = elements[telling, SPANS : SPANS + 2 * (REL + 1)].tolist()
    for tag, (class_from, class_to, id_from, id_to, *others) in zip(elements[telling, TAG].tolist(), spans, strict=True):
        marks = find_marks_of(
            TAGS[tag], content[class_from:class_to], content[id_from:id_to],
            content[others[0] : others[1]], content[others[2] : others[3]], content[others[4] : others[5]],
        )
        row = []
        for mark in marks:
            number = numbers.get(mark)
            if number is None:
                number = numbers[mark] = len(known)
                known.append(mark)
            row.append(number)
        found.append(row)
    sizes[telling] = [len(row) for row in found]
    starts = np.zeros(count + 2, np.int32)
    np.cumsum(sizes, out=starts[1:])
    flat = np.repeat(of_tags, sizes)
    for element, row in zip(telling.tolist(), found, strict=True):
        flat[starts[element] : starts[element + 1]] = row
    return Marks(starts, flat.astype(np.int32)), known
