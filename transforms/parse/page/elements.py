"""The elements of a page, and the rules by which they open and close one another."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse.page.bytes import HREF
from transforms.parse.page.names import (
    BOUNDARY,
    CELL,
    CLOSING,
    FOREIGN,
    HEADING,
    SPECIAL,
    TAG_BITS,
    TAG_NUMBERS,
    Numbers,
)

MAX_DEPTH: Final = 512
"""Elements deeper than this are taken as siblings. Browsers have the same limit."""

OPEN, CLOSE, TEXT, BREAK = range(4)
"""What can happen: an element opens, an element closes, text stands, a line ends without an element (`</br>`)."""

EVENTS, ELEMENTS, DEPTH, WORDS, TITLE_START, TITLE_END, LINK = range(7)
"""Places in `counts`."""

HIDES, TELLS = 1, 2
"""Bits of FLAGS: the element hides what is in it; its role, itemprop or rel could be a mark."""


KEPT_ATTRIBUTES: Final = 6

A, P, LI, DD, DT, TABLE, TR, TD, TH, TEMPLATE = (
    TAG_NUMBERS[tag] for tag in ("a", "p", "li", "dd", "dt", "table", "tr", "td", "th", "template")
)
UL, OL, DIV, ADDRESS, BODY, HTML, HEAD, BR, OPTION, OPTGROUP, SELECT, BUTTON, FORM = (
    TAG_NUMBERS[tag]
    for tag in (
        "ul",
        "ol",
        "div",
        "address",
        "body",
        "html",
        "head",
        "br",
        "option",
        "optgroup",
        "select",
        "button",
        "form",
    )
)
TBODY, THEAD, TFOOT, CAPTION, TEXTAREA, SCRIPT, STYLE_TAG, TITLE, SVG, MATH = (
    TAG_NUMBERS[tag]
    for tag in ("tbody", "thead", "tfoot", "caption", "textarea", "script", "style", "title", "svg", "math")
)


TAG, PARENT, FLAGS, KEY, WORD_START, CLASS_KIND, CLASS_FROM, CLASS_TO, ID_KIND, ID_FROM, ID_TO, SPANS = range(12)
"""Columns of `elements`: number of the tag, element around it, HIDES and TELLS, hash of its name, where its words
start, kind that a name of its class states (1 more than the place in LINE_KINDS, 0 for none), where that name stands,
the same for its id, and from SPANS on two columns an attribute."""

ELEMENT_COLUMNS: Final = SPANS + 2 * KEPT_ATTRIBUTES

KIND, FROM, TO, IN_LINK = range(4)
"""Columns of `events`: what happened; of text its place in `data`, else the element, twice; the link around, or 0."""

STACK: Final = 8
OPEN_COUNTS: Final = STACK + MAX_DEPTH + 1
"""Where in `counts` the open elements start, and how many of them have each tag."""


class Scan(NamedTuple):
    """The elements of a page (from 1; 0 is what holds them all) and the events in it, one row each.

    `words` from WORD_START of an element to that of the next one are the hashed words of its class and id. Few arrays
    with many columns: each one that is handed to a function of a kernel costs time.
    """

    data: Numbers
    counts: Numbers
    elements: Numbers
    events: Numbers
    words: Numbers


@compile_kernel
def add_event(scan: Scan, kind: int, start: int, end: int) -> None:
    """Note what happened."""
    place = scan.counts[EVENTS]
    scan.events[place, KIND] = kind
    scan.events[place, FROM] = start
    scan.events[place, TO] = end
    scan.events[place, IN_LINK] = scan.counts[LINK]
    scan.counts[EVENTS] = place + 1


@compile_kernel
def pop(scan: Scan) -> None:
    """Close the innermost open element."""
    element = scan.counts[STACK + scan.counts[DEPTH]]
    scan.counts[DEPTH] -= 1
    scan.counts[OPEN_COUNTS + scan.elements[element, TAG]] -= 1
    add_event(scan, CLOSE, element, element)
    if scan.counts[LINK] == element:
        scan.counts[LINK] = 0


@compile_kernel
def pop_through(scan: Scan, depth: int) -> None:
    """Close all open elements from `depth` on."""
    while scan.counts[DEPTH] >= depth:
        pop(scan)


@compile_kernel
def find_open(scan: Scan, tag: int, stops: int) -> int:
    """The depth of the innermost open `tag`; 0 when there is none within the next element that has a bit of `stops`."""
    if scan.counts[OPEN_COUNTS + tag] == 0:
        return 0
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if own == tag:
            return depth
        if TAG_BITS[own] & stops:
            return 0
    return 0


@compile_kernel
def find_heading(scan: Scan) -> int:
    """The depth of the innermost open heading; 0 when there is none in scope."""
    for depth in range(scan.counts[DEPTH], 0, -1):
        bits = TAG_BITS[scan.elements[scan.counts[STACK + depth], TAG]]
        if bits & HEADING:
            return depth
        if bits & BOUNDARY:
            return 0
    return 0


@compile_kernel
def close_item(scan: Scan, tag: int, other: int) -> None:
    """Close an open list item before the next one starts."""
    if scan.counts[OPEN_COUNTS + tag] == 0 and scan.counts[OPEN_COUNTS + other] == 0:
        return
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if own == tag or own == other:
            pop_through(scan, depth)
            return
        if TAG_BITS[own] & SPECIAL and own != ADDRESS and own != DIV and own != P:
            return


@compile_kernel
def close_in_table(scan: Scan, tag: int) -> None:
    """Close cells and rows that cannot hold `tag` in the innermost table."""
    if scan.counts[OPEN_COUNTS + TABLE] == 0:
        return
    lowest = 0
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if own == TABLE or own == TEMPLATE:
            break
        is_cell = own == TD or own == TH or own == CAPTION
        is_row = own == TR and tag != TD and tag != TH
        is_part = (own == TBODY or own == THEAD or own == TFOOT) and tag != TD and tag != TH and tag != TR
        if is_cell or is_row or is_part:
            lowest = depth
    if lowest:
        pop_through(scan, lowest)


@compile_kernel
def close_implied(scan: Scan, tag: int) -> None:
    """Close what the start of `tag` closes."""
    bits = TAG_BITS[tag]
    top = scan.elements[scan.counts[STACK + scan.counts[DEPTH]], TAG]
    if tag == LI:
        close_item(scan, LI, LI)
    elif tag == DD or tag == DT:
        close_item(scan, DD, DT)
    elif bits & CELL or tag == TR or tag == TBODY or tag == THEAD or tag == TFOOT or tag == CAPTION:
        close_in_table(scan, tag)
    elif tag == OPTION or tag == OPTGROUP:
        if top == OPTION:
            pop(scan)
        if (
            tag == OPTGROUP
            and scan.counts[DEPTH]
            and scan.elements[scan.counts[STACK + scan.counts[DEPTH]], TAG] == OPTGROUP
        ):
            pop(scan)
    elif tag == BUTTON or tag == SELECT:
        depth = find_open(scan, tag, BOUNDARY)
        if depth:
            pop_through(scan, depth)
    elif tag == A and scan.counts[LINK]:
        end_inline(scan, A)
    if bits & CLOSING:
        depth = find_open(scan, P, BOUNDARY)
        if depth and find_open(scan, BUTTON, BOUNDARY) < depth:
            pop_through(scan, depth)
    if (
        bits & HEADING
        and scan.counts[DEPTH]
        and TAG_BITS[scan.elements[scan.counts[STACK + scan.counts[DEPTH]], TAG]] & HEADING
    ):
        pop(scan)


@compile_kernel
def end_inline(scan: Scan, tag: int) -> None:
    """Take in the end tag of an inline element."""
    if tag == A:
        scan.counts[LINK] = 0
    depth = find_open(scan, tag, SPECIAL)
    if depth:
        pop_through(scan, depth)


@compile_kernel
def end_tag(scan: Scan, tag: int) -> None:
    """Take in the end tag of a known element."""
    bits = TAG_BITS[tag]
    if bits & HEADING:
        depth = find_heading(scan)
    elif tag == LI:
        depth = find_open(scan, tag, BOUNDARY)
        if depth and max(find_open(scan, UL, BOUNDARY), find_open(scan, OL, BOUNDARY)) > depth:
            depth = 0
    elif tag == TABLE or bits & CELL or tag == TR or tag == TBODY or tag == THEAD or tag == TFOOT or tag == CAPTION:
        depth = find_in_table(scan, tag)
    elif bits & (SPECIAL | BOUNDARY | FOREIGN) or tag == FORM:
        depth = find_open(scan, tag, BOUNDARY)
    else:
        end_inline(scan, tag)
        return
    if depth:
        pop_through(scan, depth)
    elif tag == P:  # shown as an empty paragraph
        add_event(scan, BREAK, 0, 1)


@compile_kernel
def find_in_table(scan: Scan, tag: int) -> int:
    """The depth of the innermost open `tag` of the innermost table; 0 when there is none."""
    if scan.counts[OPEN_COUNTS + tag] == 0:
        return 0
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if own == tag:
            return depth
        if own == TEMPLATE or (own == TABLE and tag != TABLE):
            return 0
    return 0


@compile_kernel
def leave_foreign(scan: Scan, tag: int) -> None:
    """A block of HTML ends a drawing that was never closed, unless a foreign object holds it."""
    if scan.counts[OPEN_COUNTS + SVG] == 0 and scan.counts[OPEN_COUNTS + MATH] == 0:
        return
    if not TAG_BITS[tag] & (CLOSING | CELL):
        return
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if TAG_BITS[own] & FOREIGN:
            pop_through(scan, depth)
            return
        if own != 0:  # HTML within the drawing
            return


@compile_kernel
def end_unknown(scan: Scan, key: Any) -> None:
    """Close the innermost element with this unknown name."""
    if scan.counts[OPEN_COUNTS + 0] == 0:
        return
    for depth in range(scan.counts[DEPTH], 0, -1):
        element = scan.counts[STACK + depth]
        if scan.elements[element, KEY] == np.int32(key & np.uint64(0x7FFFFFFF)):
            pop_through(scan, depth)
            return
        if TAG_BITS[scan.elements[element, TAG]] & SPECIAL:
            return


@compile_kernel
def open_element(scan: Scan, tag: int, key: Any, element: int) -> None:
    """Open `element`, whose attributes are read already."""
    scan.counts[ELEMENTS] = element
    scan.elements[element + 1, WORD_START] = scan.counts[WORDS]
    scan.elements[element, TAG] = tag
    scan.elements[element, KEY] = np.int32(key & np.uint64(0x7FFFFFFF))
    scan.elements[element, PARENT] = scan.counts[STACK + scan.counts[DEPTH]]
    if tag == A and scan.elements[element, SPANS + 2 * HREF + 1]:
        scan.counts[LINK] = element
    add_event(scan, OPEN, element, element)
    if scan.counts[DEPTH] < MAX_DEPTH:
        scan.counts[DEPTH] += 1
        scan.counts[STACK + scan.counts[DEPTH]] = element
        scan.counts[OPEN_COUNTS + tag] += 1
    else:
        add_event(scan, CLOSE, element, element)


@compile_kernel
def close_at_once(scan: Scan, element: int) -> None:
    """Close an element that can hold nothing."""
    if scan.counts[STACK + scan.counts[DEPTH]] == element:
        pop(scan)
