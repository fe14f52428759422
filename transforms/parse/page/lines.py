"""Second pass: from what happens in a page to its visible lines, with white space collapsed and references resolved."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from transforms.dedup.kernels import compile_inline, compile_kernel
from transforms.parse.page.bytes import HREF
from transforms.parse.page.elements import (
    BR,
    BREAK,
    CLOSE,
    ELEMENTS,
    EVENTS,
    FLAGS,
    FROM,
    HIDES,
    IN_LINK,
    KIND,
    OPEN,
    PARENT,
    SPANS,
    TABLE,
    TAG,
    TEXTAREA,
    TO,
    A,
    Scan,
)
from transforms.parse.page.names import (
    APART,
    CELL,
    EMPHASIS,
    ENTITY_BOUNDS,
    ENTITY_BYTES,
    ENTITY_KEYS,
    ENTITY_PLACES,
    FNV_BASIS,
    FNV_PRIME,
    HIDING,
    LAYOUT,
    LINE,
    LONGEST_BARE_ENTITY,
    LONGEST_ENTITY,
    PARAGRAPH,
    SKIPPED,
    TAG_BITS,
    TAG_NUMBERS,
    Numbers,
    find_number,
)

PRE, BLOCKQUOTE, FOOTER = (TAG_NUMBERS[tag] for tag in ("pre", "blockquote", "footer"))

IS_HIDDEN, IS_PREFORMATTED, IS_DATA, IS_QUOTE, IS_SKIPPED, IS_STRONG, IS_LAYOUT = (1 << place for place in range(7))
"""Bits of what holds inside an element: nothing is shown, lines are kept, cells stand in one line, and so on."""

STATE, NODE, OUTER_TABLE, BLOCK, LAST = range(5)
"""Columns of `places`, one row an element: bits as above, innermost mark, table around it, innermost block (itself
included), last element within it."""

TEXT_START, TEXT_END, HAS_GAP, HIDDEN, ELEMENT, CHARS, LINK_CHARS, STRONG_CHARS, LINKS_END, PARTS_END = range(10)
"""Columns of `lines`. Characters are those that are not white space; links and parts start where those of the line
above end."""

NODE_MARK, NODE_PARENT, NODE_ELEMENT = range(3)
"""Columns of `nodes`, one row a mark of an element (from 1): number of the mark, mark around it, element."""

PART_NODE, PART_CHARS = range(2)

N_TEXT, N_LINES, N_PARTS, N_NODES, N_LINKS, SPACE, GAP, STARTED, LINE_START = range(9)
"""Places in `sizes`: how much of each array is used; whether white space stands before what comes next; whether a gap
does; whether anything stands on the line yet."""

CP1252: Final = np.array(
    [
        ord(bytes([byte]).decode("cp1252", "replace")) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else byte
        for byte in range(0x80, 0xA0)
    ],
    np.int32,
)
"""What numeric references from 128 to 159 stand for (HTML standard, section 13.2.5.80)."""

NOT_A_CHARACTER: Final = 0xFFFD


class Page(NamedTuple):
    """The lines of a page. `text` is UTF-8; for the columns see above. `links` are elements with an address."""

    text: Numbers
    lines: Numbers
    parts: Numbers
    nodes: Numbers
    links: Numbers
    places: Numbers
    sizes: Numbers


class Marks(NamedTuple):
    """The marks of elements by number. `starts[e]` to `starts[e + 1]` in `numbers`, outermost first."""

    starts: Numbers
    numbers: Numbers


def collect_lines(scan: Scan, content: bytes, marks: Marks) -> Page:
    """Every line of text that a browser shows or can show, each once, in order."""
    events, elements = int(scan.counts[EVENTS]), int(scan.counts[ELEMENTS])
    most_lines = events + content.count(b"\n") + 2
    page = Page(
        text=np.empty(len(content) * 5 // 4 + 3 * elements + 64, np.uint8),
        lines=np.empty((most_lines, 10), np.int32),
        parts=np.empty((most_lines + events, 2), np.int32),
        nodes=np.zeros((marks.numbers.size + 1, 3), np.int32),
        links=np.empty(elements + 1, np.int32),
        places=np.zeros((elements + 1, 5), np.int32),
        sizes=np.zeros(9, np.int64),
    )
    _collect(scan, page, marks)
    return page


@compile_kernel
def _place_elements(scan: Scan, page: Page) -> None:
    """Find the table and the block around each element, and the tables that arrange a page."""
    count = scan.counts[ELEMENTS]
    places, elements = page.places, scan.elements
    for element in range(1, count + 1):
        tag, parent = elements[element, TAG], elements[element, PARENT]
        bits = TAG_BITS[tag]
        places[element, OUTER_TABLE] = parent if elements[parent, TAG] == TABLE else places[parent, OUTER_TABLE]
        places[element, BLOCK] = element if bits & (PARAGRAPH | LINE | CELL) else places[parent, BLOCK]
        places[element, LAST] = element
        if bits & LAYOUT:
            places[places[element, OUTER_TABLE], STATE] |= IS_LAYOUT
    for element in range(count, 0, -1):
        parent = elements[element, PARENT]
        places[parent, LAST] = max(places[parent, LAST], places[element, LAST])


@compile_kernel
def _collect(scan: Scan, page: Page, marks: Marks) -> None:
    _place_elements(scan, page)
    page.sizes[N_NODES] = 1
    current = 0
    closed = -1  # the element that closed last, if nothing has come since
    for event in range(scan.counts[EVENTS]):
        kind = scan.events[event, KIND]
        element = scan.events[event, FROM]
        if kind == OPEN:
            _open(scan, page, marks, element, current, closed)
            current, closed = element, -1
        elif kind == CLOSE:
            current = scan.elements[element, PARENT]
            _close(scan, page, element, current)
            closed = element
        elif page.places[current, STATE] & IS_SKIPPED == 0:
            if kind == BREAK:
                _end_line(page, scan.events[event, TO] or page.sizes[STARTED] == 0, current)
            else:
                _append(scan, page, event, current)
            closed = -1
    _end_line(page, 0, 0)


@compile_inline
def _open(scan: Scan, page: Page, marks: Marks, element: int, outer: int, closed: int) -> None:
    places, tag = page.places, scan.elements[element, TAG]
    bits = TAG_BITS[tag]
    around = places[outer, STATE]
    if around & IS_SKIPPED or bits & SKIPPED:
        places[element, STATE] = around | IS_SKIPPED
        return
    _break_before(scan, page, marks, element, outer, closed)
    state = (around & ~IS_LAYOUT) | (places[element, STATE] & IS_LAYOUT)
    if (scan.elements[element, FLAGS] & HIDES or bits & HIDING) and not around & IS_HIDDEN:
        _end_line(page, 0, outer)
        state |= IS_HIDDEN
    if tag == PRE or tag == TEXTAREA:
        state |= IS_PREFORMATTED
    if tag == BLOCKQUOTE:
        state |= IS_QUOTE
    if bits & EMPHASIS:
        state |= IS_STRONG
    if tag == TABLE:
        state = state & ~IS_DATA if state & IS_LAYOUT else state | IS_DATA
    places[element, STATE] = state
    places[element, NODE] = places[outer, NODE]
    if not (around & IS_QUOTE and tag == FOOTER):  # the source of the quotation
        for place in range(marks.starts[element], marks.starts[element + 1]):
            node = page.sizes[N_NODES]
            page.nodes[node, NODE_MARK] = marks.numbers[place]
            page.nodes[node, NODE_PARENT] = places[element, NODE]
            page.nodes[node, NODE_ELEMENT] = element
            places[element, NODE] = node
            page.sizes[N_NODES] = node + 1
    if tag == A and scan.elements[element, SPANS + 2 * HREF + 1]:
        page.links[page.sizes[N_LINKS]] = element
        page.sizes[N_LINKS] += 1


@compile_inline
def _break_before(scan: Scan, page: Page, marks: Marks, element: int, outer: int, closed: int) -> None:
    """End the line, or set a space, where this element starts."""
    tag = scan.elements[element, TAG]
    bits = TAG_BITS[tag]
    if tag == BR:
        _end_line(page, page.sizes[STARTED] == 0, outer)
    elif bits & PARAGRAPH:
        _end_line(page, 1, outer)
    elif bits & LINE:
        _end_line(page, 0, outer)
    elif bits & CELL:
        if not page.places[outer, STATE] & IS_DATA:
            _end_line(page, 0, outer)
        elif page.sizes[STARTED]:
            page.sizes[SPACE] = 1
            _put(page, 124)
            page.sizes[SPACE] = 1
    elif closed > 0:
        # An inline element that follows another one directly and would else run into its last word.
        before = scan.elements[closed, TAG]
        is_marked = marks.starts[element] < marks.starts[element + 1] or marks.starts[closed] < marks.starts[closed + 1]
        if is_marked or (bits & APART and TAG_BITS[before] & APART):
            page.sizes[SPACE] = 1


@compile_inline
def _close(scan: Scan, page: Page, element: int, outer: int) -> None:
    state, around = page.places[element, STATE], page.places[outer, STATE]
    if state & IS_SKIPPED:
        return
    if (state & IS_HIDDEN) != (around & IS_HIDDEN):
        _end_line(page, 0, element)
    bits = TAG_BITS[scan.elements[element, TAG]]
    if bits & PARAGRAPH:
        _end_line(page, 1, element)
    elif bits & LINE or (bits & CELL and not state & IS_DATA):
        _end_line(page, 0, element)


@compile_inline
def _end_line(page: Page, has_gap: int, current: int) -> None:
    sizes = page.sizes
    if sizes[STARTED]:
        line = sizes[N_LINES]
        row = page.lines[line]
        row[TEXT_START] = sizes[LINE_START]
        row[TEXT_END] = sizes[N_TEXT]
        row[HAS_GAP] = 1 if sizes[GAP] and line else 0
        row[HIDDEN] = 1 if page.places[current, STATE] & IS_HIDDEN else 0
        row[LINKS_END] = sizes[N_LINKS]
        row[PARTS_END] = sizes[N_PARTS]
        sizes[N_LINES] = line + 1
        sizes[GAP] = 0
    sizes[STARTED] = 0
    sizes[SPACE] = 0
    sizes[LINE_START] = sizes[N_TEXT]
    if has_gap:
        sizes[GAP] = 1


@compile_kernel
def _put(page: Page, byte: int) -> None:
    sizes = page.sizes
    if sizes[SPACE]:
        if sizes[STARTED]:
            page.text[sizes[N_TEXT]] = 32
            sizes[N_TEXT] += 1
        sizes[SPACE] = 0
    sizes[STARTED] = 1
    page.text[sizes[N_TEXT]] = byte
    sizes[N_TEXT] += 1


@compile_inline
def _append(scan: Scan, page: Page, event: int, element: int) -> None:
    """Append one piece of text, and account for it."""
    data, text, sizes = scan.data, page.text, page.sizes
    place, end = scan.events[event, FROM], scan.events[event, TO]
    link = scan.events[event, IN_LINK]
    is_preformatted = page.places[element, STATE] & IS_PREFORMATTED
    chars = 0
    at, space, started = sizes[N_TEXT], sizes[SPACE], sizes[STARTED]
    while place < end:
        byte = data[place]
        length = 1
        if byte <= 32 or byte == 127:
            place += 1
            if byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31:
                space = 1
            if not (is_preformatted and byte == 10):
                continue
            sizes[N_TEXT], sizes[SPACE], sizes[STARTED] = at, space, started
            _account(page, element, chars, link)
            chars = 0
            _end_line(page, started == 0, element)
            space = started = 0
            continue
        if byte == 38:
            sizes[N_TEXT], sizes[SPACE], sizes[STARTED] = at, space, started
            place = _resolve(data, page, place, end)
            if sizes[N_TEXT] > at:
                if not started:
                    _begin(page, element)
                chars += 1
            at, space, started = sizes[N_TEXT], sizes[SPACE], sizes[STARTED]
            continue
        if byte >= 0xC0:
            length = min(2 if byte < 0xE0 else 3 if byte < 0xF0 else 4, end - place)
            if length > 1 and _is_wide_space(data, place, length):
                space = 1
                place += length
                continue
        if not started:
            _begin(page, element)
            started = 1
        elif space:
            text[at] = 32
            at += 1
        space = 0
        for _ in range(length):
            text[at] = data[place]
            at += 1
            place += 1
        chars += 1
    sizes[N_TEXT], sizes[SPACE], sizes[STARTED] = at, space, started
    _account(page, element, chars, link)


@compile_inline
def _begin(page: Page, element: int) -> None:
    """Note the element in which the text of a line starts."""
    row = page.lines[page.sizes[N_LINES]]
    row[ELEMENT] = element
    row[CHARS] = row[LINK_CHARS] = row[STRONG_CHARS] = 0


@compile_inline
def _account(page: Page, element: int, chars: int, link: int) -> None:
    if chars == 0:
        return
    row = page.lines[page.sizes[N_LINES]]
    row[CHARS] += chars
    if link:
        row[LINK_CHARS] += chars
    if page.places[element, STATE] & IS_STRONG:
        row[STRONG_CHARS] += chars
    part = page.sizes[N_PARTS]
    page.parts[part, PART_NODE] = page.places[element, NODE]
    page.parts[part, PART_CHARS] = chars
    page.sizes[N_PARTS] = part + 1


@compile_kernel
def _is_wide_space(data: Numbers, place: int, length: int) -> bool:
    """True for white space of Unicode beyond ASCII."""
    first, second = data[place], data[place + 1]
    if first == 0xC2:
        return bool(second == 0xA0 or second == 0x85)
    if length < 3:
        return False
    third = data[place + 2]
    if first == 0xE1:
        return bool(second == 0x9A and third == 0x80)
    if first == 0xE2:
        if second == 0x80:
            return bool(third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF)
        return bool(second == 0x81 and third == 0x9F)
    return bool(first == 0xE3 and second == 0x80 and third == 0x80)


@compile_kernel
def _resolve(data: Numbers, page: Page, place: int, end: int) -> int:
    """Put what the character reference at `place` stands for; return the place behind it."""
    if place + 1 < end and data[place + 1] == 35:
        return _resolve_number(data, page, place, end)
    stop = place + 1
    while stop < end and stop - place < LONGEST_ENTITY and _is_alphanumeric(data[stop]):
        stop += 1
    number = -1
    if stop < end and data[stop] == 59:
        number = find_number(ENTITY_KEYS, ENTITY_PLACES, _hash_exactly(data, place + 1, stop + 1))
        behind = stop + 1
    if number < 0:
        behind = min(stop, place + 1 + LONGEST_BARE_ENTITY)
        while behind > place + 2 and number < 0:
            number = find_number(ENTITY_KEYS, ENTITY_PLACES, _hash_exactly(data, place + 1, behind))
            if number < 0:
                behind -= 1
    if number < 0:
        _put(page, 38)
        return place + 1
    first, last = ENTITY_BOUNDS[number], ENTITY_BOUNDS[number + 1]
    if ENTITY_BYTES[first] <= 32 or (last - first > 1 and _is_wide_space(ENTITY_BYTES, first, last - first)):
        page.sizes[SPACE] = 1
    else:
        for offset in range(first, last):
            _put(page, ENTITY_BYTES[offset])
    return behind


@compile_kernel
def _is_alphanumeric(byte: int) -> bool:
    return 48 <= byte <= 57 or 97 <= (byte | 32) <= 122


@compile_kernel
def _hash_exactly(data: Numbers, start: int, end: int) -> np.uint64:
    value = np.uint64(FNV_BASIS)
    for place in range(start, end):
        value = (value ^ np.uint64(data[place])) * np.uint64(FNV_PRIME)
    return value


@compile_kernel
def _resolve_number(data: Numbers, page: Page, place: int, end: int) -> int:
    stop = place + 2
    is_hex = stop < end and data[stop] | 32 == 120
    if is_hex:
        stop += 1
    first = stop
    code = 0
    while stop < end:
        byte = data[stop]
        if 48 <= byte <= 57:
            digit = byte - 48
        elif is_hex and 97 <= (byte | 32) <= 102:
            digit = (byte | 32) - 87
        else:
            break
        code = min(code * (16 if is_hex else 10) + digit, 0x110000)
        stop += 1
    if stop == first:
        _put(page, 38)
        return place + 1
    if stop < end and data[stop] == 59:
        stop += 1
    _put_code(page, code)
    return stop


@compile_kernel
def _put_code(page: Page, code: int) -> None:
    if 0x80 <= code < 0xA0:
        code = CP1252[code - 0x80]
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        code = NOT_A_CHARACTER
    is_space = (
        code == 32
        or 9 <= code <= 13
        or 28 <= code <= 31
        or code == 0x85
        or code == 0xA0
        or code == 0x1680
        or 0x2000 <= code <= 0x200A
        or code == 0x2028
        or code == 0x2029
        or code == 0x202F
        or code == 0x205F
        or code == 0x3000
    )
    if is_space:
        page.sizes[SPACE] = 1
    elif code < 32 or code == 127:
        return
    elif code < 0x80:
        _put(page, code)
    elif code < 0x800:
        _put(page, 0xC0 | code >> 6)
        _put(page, 0x80 | code & 0x3F)
    elif code < 0x10000:
        _put(page, 0xE0 | code >> 12)
        _put(page, 0x80 | code >> 6 & 0x3F)
        _put(page, 0x80 | code & 0x3F)
    else:
        _put(page, 0xF0 | code >> 18)
        _put(page, 0x80 | code >> 12 & 0x3F)
        _put(page, 0x80 | code >> 6 & 0x3F)
        _put(page, 0x80 | code & 0x3F)
