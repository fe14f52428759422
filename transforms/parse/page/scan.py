"""First pass: from the bytes of a page to its elements and to what happens in it, in order.

The rules are those of the HTML standard's tokeniser and tree builder (sections 13.2.5 and 13.2.6) as far as they decide
which text is shown and what it stands in: raw text, comments, implied end tags, scopes. Left out is the second life of
formatting elements that were closed out of order (only links need it, and these are followed apart), and moving text
out of tables.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse import html_marks
from transforms.parse.page.names import (
    BOUNDARY,
    CELL,
    CLOSING,
    COMMENT_KIND,
    CONTROL_KIND,
    FNV_BASIS,
    FNV_PRIME,
    FOREIGN,
    HEADING,
    IS_CONTROL,
    IS_STATE,
    KIND_OF_WORD,
    NAME_KEYS,
    NAME_KIND,
    NO_KIND,
    OPENS_COMMENTS,
    OTHER_KEYS,
    OTHER_PLACES,
    PHRASE_KEYS,
    PHRASE_KIND,
    RAW,
    SPECIAL,
    TAG_BITS,
    TAG_KEYS,
    TAG_NUMBERS,
    TAG_PLACES,
    VOID,
    WORD_BITS,
    WORD_KEYS,
    Numbers,
    find_number,
)

MAX_DEPTH: Final = 512
"""Elements deeper than this are taken as siblings. Browsers have the same limit."""

OPEN, CLOSE, TEXT, BREAK = range(4)
"""What can happen: an element opens, an element closes, text stands, a line ends without an element (`</br>`)."""

EVENTS, ELEMENTS, DEPTH, WORDS, TITLE_START, TITLE_END, LINK = range(7)
"""Places in `counts`."""

HIDES, TELLS = 1, 2
"""Bits of FLAGS: the element hides what is in it; its role, itemprop or rel could be a mark."""

CLASS, ID, ROLE, ITEMPROP, REL, HREF, STYLE, HIDDEN, OTHER = range(9)
"""Attributes; `spans` has the first and last place of the value of each of the first six."""

KEPT_ATTRIBUTES: Final = 6
MAX_NAME_WORDS: Final = html_marks.MAX_NAME_WORDS
LONGEST_WHOLE_NAME: Final = max(map(len, html_marks.NAME_KINDS))

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
"""Columns of `elements`: number of the tag, element around it, HIDES and TELLS, hash of its name, where its words start,
kind that a name of its class states and where that name stands (1 more than the place in LINE_KINDS, 0 for none), the same
for its id, and from SPANS on two columns an attribute."""

ELEMENT_COLUMNS: Final = SPANS + 2 * KEPT_ATTRIBUTES

KIND, FROM, TO, IN_LINK = range(4)
"""Columns of `events`: what happened; of text its place in `data`, else the element, twice; the link around it, or 0."""

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


def scan_page(content: bytes) -> Scan:
    """Take a page in UTF-8 apart. Linear in its size: depth is limited, and no search is made twice."""
    data = np.frombuffer(content, np.uint8)
    places = content.count(b"<") + 2
    scan = Scan(
        data=data,
        counts=np.zeros(OPEN_COUNTS + TAG_BITS.size, np.int64),
        elements=np.zeros((places + 1, ELEMENT_COLUMNS), np.int32),
        events=np.empty((3 * places, 4), np.int32),
        words=np.empty(data.size + 1, np.int32),
    )
    _scan(scan)
    return scan


@compile_kernel
def is_space(byte: int) -> bool:
    """White space of HTML: space, tab, line feed, form feed, carriage return."""
    return byte == 32 or byte == 9 or byte == 10 or byte == 12 or byte == 13


@compile_kernel
def is_letter(byte: int) -> bool:
    """An ASCII letter."""
    return 97 <= (byte | 32) <= 122


BLOCK_BYTES: Final = 32
"""Bytes looked at together where one is searched: the compiler makes one comparison of them."""


@compile_kernel
def _find_byte(data: Numbers, place: int, byte: int) -> int:
    """The place of the next `byte`, or the size of the data."""
    size = data.size
    while place + BLOCK_BYTES <= size:
        is_there = False
        for offset in range(BLOCK_BYTES):
            is_there |= data[np.uint64(place) + np.uint64(offset)] == byte
        if is_there:
            break
        place += BLOCK_BYTES
    while place < size and data[place] != byte:
        place += 1
    return place


@compile_kernel
def _hash_lower(data: Numbers, start: int, end: int) -> np.uint64:
    value = np.uint64(FNV_BASIS)
    for place in range(start, end):
        byte = data[place]
        if 65 <= byte <= 90:
            byte |= 32
        value = (value ^ np.uint64(byte)) * np.uint64(FNV_PRIME)
    return value


@compile_kernel
def _add_event(scan: Scan, kind: int, start: int, end: int) -> None:
    place = scan.counts[EVENTS]
    scan.events[place, KIND] = kind
    scan.events[place, FROM] = start
    scan.events[place, TO] = end
    scan.events[place, IN_LINK] = scan.counts[LINK]
    scan.counts[EVENTS] = place + 1


@compile_kernel
def _pop(scan: Scan) -> None:
    element = scan.counts[STACK + scan.counts[DEPTH]]
    scan.counts[DEPTH] -= 1
    scan.counts[OPEN_COUNTS + scan.elements[element, TAG]] -= 1
    _add_event(scan, CLOSE, element, element)
    if scan.counts[LINK] == element:
        scan.counts[LINK] = 0


@compile_kernel
def _pop_through(scan: Scan, depth: int) -> None:
    while scan.counts[DEPTH] >= depth:
        _pop(scan)


@compile_kernel
def _find_open(scan: Scan, tag: int, stops: int) -> int:
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
def _find_heading(scan: Scan) -> int:
    for depth in range(scan.counts[DEPTH], 0, -1):
        bits = TAG_BITS[scan.elements[scan.counts[STACK + depth], TAG]]
        if bits & HEADING:
            return depth
        if bits & BOUNDARY:
            return 0
    return 0


@compile_kernel
def _close_item(scan: Scan, tag: int, other: int) -> None:
    """Close an open list item before the next one starts."""
    if scan.counts[OPEN_COUNTS + tag] == 0 and scan.counts[OPEN_COUNTS + other] == 0:
        return
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if own == tag or own == other:
            _pop_through(scan, depth)
            return
        if TAG_BITS[own] & SPECIAL and own != ADDRESS and own != DIV and own != P:
            return


@compile_kernel
def _close_in_table(scan: Scan, tag: int) -> None:
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
        _pop_through(scan, lowest)


@compile_kernel
def _close_implied(scan: Scan, tag: int) -> None:
    """Close what the start of `tag` closes."""
    bits = TAG_BITS[tag]
    top = scan.elements[scan.counts[STACK + scan.counts[DEPTH]], TAG]
    if tag == LI:
        _close_item(scan, LI, LI)
    elif tag == DD or tag == DT:
        _close_item(scan, DD, DT)
    elif bits & CELL or tag == TR or tag == TBODY or tag == THEAD or tag == TFOOT or tag == CAPTION:
        _close_in_table(scan, tag)
    elif tag == OPTION or tag == OPTGROUP:
        if top == OPTION:
            _pop(scan)
        if (
            tag == OPTGROUP
            and scan.counts[DEPTH]
            and scan.elements[scan.counts[STACK + scan.counts[DEPTH]], TAG] == OPTGROUP
        ):
            _pop(scan)
    elif tag == BUTTON or tag == SELECT:
        depth = _find_open(scan, tag, BOUNDARY)
        if depth:
            _pop_through(scan, depth)
    elif tag == A and scan.counts[LINK]:
        _end_inline(scan, A)
    if bits & CLOSING:
        depth = _find_open(scan, P, BOUNDARY)
        if depth and _find_open(scan, BUTTON, BOUNDARY) < depth:
            _pop_through(scan, depth)
    if (
        bits & HEADING
        and scan.counts[DEPTH]
        and TAG_BITS[scan.elements[scan.counts[STACK + scan.counts[DEPTH]], TAG]] & HEADING
    ):
        _pop(scan)


@compile_kernel
def _end_inline(scan: Scan, tag: int) -> None:
    if tag == A:
        scan.counts[LINK] = 0
    depth = _find_open(scan, tag, SPECIAL)
    if depth:
        _pop_through(scan, depth)


@compile_kernel
def _end_tag(scan: Scan, tag: int) -> None:
    bits = TAG_BITS[tag]
    if bits & HEADING:
        depth = _find_heading(scan)
    elif tag == LI:
        depth = _find_open(scan, tag, BOUNDARY)
        if depth and max(_find_open(scan, UL, BOUNDARY), _find_open(scan, OL, BOUNDARY)) > depth:
            depth = 0
    elif tag == TABLE or bits & CELL or tag == TR or tag == TBODY or tag == THEAD or tag == TFOOT or tag == CAPTION:
        depth = _find_in_table(scan, tag)
    elif bits & (SPECIAL | BOUNDARY | FOREIGN) or tag == FORM:
        depth = _find_open(scan, tag, BOUNDARY)
    else:
        _end_inline(scan, tag)
        return
    if depth:
        _pop_through(scan, depth)
    elif tag == P:  # shown as an empty paragraph
        _add_event(scan, BREAK, 0, 1)


@compile_kernel
def _find_in_table(scan: Scan, tag: int) -> int:
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
def _leave_foreign(scan: Scan, tag: int) -> None:
    """A block of HTML ends a drawing that was never closed, unless a foreign object holds it."""
    if scan.counts[OPEN_COUNTS + SVG] == 0 and scan.counts[OPEN_COUNTS + MATH] == 0:
        return
    if not TAG_BITS[tag] & (CLOSING | CELL):
        return
    for depth in range(scan.counts[DEPTH], 0, -1):
        own = scan.elements[scan.counts[STACK + depth], TAG]
        if TAG_BITS[own] & FOREIGN:
            _pop_through(scan, depth)
            return
        if own != 0:  # HTML within the drawing
            return


@compile_kernel
def _name_attribute(data: Numbers, start: int, end: int) -> int:
    length = end - start
    first = data[start] | 32 if length else 0
    if length == 5 and first == 99 and _is_word(data, start, b"class"):
        return CLASS
    if length == 2 and first == 105 and _is_word(data, start, b"id"):
        return ID
    if length == 4 and first == 114 and _is_word(data, start, b"role"):
        return ROLE
    if length == 8 and first == 105 and _is_word(data, start, b"itemprop"):
        return ITEMPROP
    if length == 3 and first == 114 and _is_word(data, start, b"rel"):
        return REL
    if length == 4 and first == 104 and _is_word(data, start, b"href"):
        return HREF
    if length == 5 and first == 115 and _is_word(data, start, b"style"):
        return STYLE
    if length == 6 and first == 104 and _is_word(data, start, b"hidden"):
        return HIDDEN
    return OTHER


@compile_kernel
def _is_word(data: Numbers, start: int, word: bytes) -> bool:
    if start + len(word) > data.size:
        return False
    for place in range(len(word)):
        if data[start + place] | 32 != word[place]:
            return False
    return True


@compile_kernel
def _is_hiding_style(data: Numbers, start: int, end: int) -> bool:
    """True for `display: none` and `visibility: hidden`, with any white space around the colon."""
    for place in range(start, end - 11):
        if data[place] | 32 == 100 and _is_word(data, place, b"display"):
            if _has_value(data, place + 7, end, b"none"):
                return True
        elif (
            data[place] | 32 == 118
            and _is_word(data, place, b"visibility")
            and _has_value(data, place + 10, end, b"hidden")
        ):
            return True
    return False


@compile_kernel
def _has_value(data: Numbers, place: int, end: int, value: bytes) -> bool:
    while place < end and is_space(data[place]):
        place += 1
    if place >= end or data[place] != 58:
        return False
    place += 1
    while place < end and is_space(data[place]):
        place += 1
    return place + len(value) <= end and _is_word(data, place, value)


@compile_kernel
def _read_names(scan: Scan, element: int, column: int, start: int, end: int) -> None:
    """Hash the words of each name in a class or id, and keep the first name that states a kind."""
    data = scan.data
    place = start
    while place < end:
        while place < end and is_space(data[place]):
            place += 1
        first = place
        while place < end and not is_space(data[place]):
            place += 1
        if place > first:
            kind = _find_name_kind(scan, first, place)
            if kind >= 0 and scan.elements[element, column] == 0:
                scan.elements[element, column] = kind + 1
                scan.elements[element, column + 1] = first
                scan.elements[element, column + 2] = place


@compile_kernel
def _find_name_kind(scan: Scan, start: int, end: int) -> int:
    """The kind that one name states, as html_marks.py has it; -1 for none. Its hashed words go to `words`."""
    data = scan.data
    count = 0
    before = earlier = np.uint64(0)
    bits = 0
    opens = False
    word_kind = NO_KIND
    phrase_kind = triple_kind = -1
    place = start
    while place < end:
        if not is_letter(data[place]):
            place += 1
            continue
        first = place
        place = _end_word(data, place, end)
        key = _hash_lower(data, first, place)
        scan.words[scan.counts[WORDS]] = np.int32(key & np.uint64(0x7FFFFFFF))
        scan.counts[WORDS] += 1
        said = find_number(WORD_KEYS, WORD_BITS, key)
        if said >= 0:
            word_kind = min(word_kind, said & 15)
            bits |= said
            opens |= count == 0 and said & OPENS_COMMENTS != 0
        if count >= 1 and phrase_kind < 0:
            phrase_kind = find_number(PHRASE_KEYS, PHRASE_KIND, before * np.uint64(31) + key)
        if count >= 2 and triple_kind < 0:
            triple_kind = find_number(
                PHRASE_KEYS, PHRASE_KIND, (earlier * np.uint64(31) + before) * np.uint64(31) + key
            )
        earlier, before = before, key
        count += 1
    if end - start <= LONGEST_WHOLE_NAME:
        whole = find_number(NAME_KEYS, NAME_KIND, _hash_lower(data, start, end))
        if whole >= 0:
            return whole
    if count == 0 or count > MAX_NAME_WORDS:
        return -1
    if opens and bits & IS_STATE == 0:
        return CONTROL_KIND if bits & IS_CONTROL else COMMENT_KIND
    if phrase_kind >= 0:
        return phrase_kind
    if triple_kind >= 0:
        return triple_kind
    return int(KIND_OF_WORD[word_kind]) if word_kind < NO_KIND else -1


@compile_kernel
def _end_word(data: Numbers, place: int, end: int) -> int:
    """Where the word ends that starts with the letter at `place`: `html_marks.WORD_PATTERN`."""
    first = place
    while place < end and 65 <= data[place] <= 90:
        place += 1
    if place - first > 1 and place < end and 97 <= data[place] <= 122:
        return place - 1  # the last capital opens the next word
    if place - first <= 1:
        while place < end and 97 <= data[place] <= 122:
            place += 1
    return place


@compile_kernel
def _tells(data: Numbers, start: int, end: int) -> bool:
    """True when one of the values in a role, itemprop or rel could be a mark."""
    place = start
    while place < end:
        while place < end and is_space(data[place]):
            place += 1
        first = place
        while place < end and not is_space(data[place]):
            place += 1
        if place > first and find_number(OTHER_KEYS, OTHER_PLACES, _hash_lower(data, first, place)) >= 0:
            return True
    return False


@compile_kernel
def _read_attributes(scan: Scan, place: int, element: int) -> int:
    """Read the attributes of a start tag into row `element`; return the place behind the tag, or -1 at the end."""
    data, size = scan.data, scan.data.size
    while True:
        while place < size and (is_space(data[place]) or data[place] == 47):
            place += 1
        if place >= size:
            return -1
        if data[place] == 62:
            return place + 1
        name = place
        place += 1
        while (
            place < size and not is_space(data[place]) and data[place] != 61 and data[place] != 62 and data[place] != 47
        ):
            place += 1
        attribute = _name_attribute(data, name, place)
        while place < size and is_space(data[place]):
            place += 1
        start = end = place
        if place < size and data[place] == 61:
            place += 1
            while place < size and is_space(data[place]):
                place += 1
            if place < size and (data[place] == 34 or data[place] == 39):
                quote = data[place]
                place += 1
                start = place
                while place < size and data[place] != quote:
                    place += 1
                end = place
                place += 1
            else:
                start = place
                while place < size and not is_space(data[place]) and data[place] != 62:
                    place += 1
                end = place
        _keep_attribute(scan, element, attribute, start, end)


@compile_kernel
def _keep_attribute(scan: Scan, element: int, attribute: int, start: int, end: int) -> None:
    if attribute == HIDDEN:
        scan.elements[element, FLAGS] |= HIDES
    elif attribute == STYLE:
        if _is_hiding_style(scan.data, start, end):
            scan.elements[element, FLAGS] |= HIDES
    elif attribute < KEPT_ATTRIBUTES and scan.elements[element, SPANS + 2 * attribute + 1] == 0:  # the first one counts
        scan.elements[element, SPANS + 2 * attribute] = start
        scan.elements[element, SPANS + 2 * attribute + 1] = end
        if attribute <= ID:
            _read_names(scan, element, CLASS_KIND if attribute == CLASS else ID_KIND, start, end)
        elif attribute < HREF and _tells(scan.data, start, end):
            scan.elements[element, FLAGS] |= TELLS


@compile_kernel
def _find_end_tag(data: Numbers, place: int, name: int, length: int) -> int:
    """The place of the next end tag with the name of `length` bytes at `name`; -1 when there is none."""
    size = data.size
    while True:
        place = _find_byte(data, place, 60)
        if place + length + 2 >= size:
            return -1
        if data[place + 1] == 47:
            same = True
            for offset in range(length):
                if data[place + 2 + offset] | 32 != data[name + offset] | 32:
                    same = False
                    break
            after = data[place + 2 + length]
            if same and (is_space(after) or after == 62 or after == 47):
                return place
        place += 1


@compile_kernel
def _skip_comment(data: Numbers, place: int) -> int:
    """The place behind the comment that opens at `place` with `<!--`."""
    place += 4
    size = data.size
    if place < size and data[place] == 62:
        return place + 1
    if place + 1 < size and data[place] == 45 and data[place + 1] == 62:
        return place + 2
    while True:
        place = _find_byte(data, place, 62)
        if place >= size:
            return size
        if data[place] == 62 and data[place - 1] == 45 and data[place - 2] == 45:
            return place + 1
        if data[place] == 62 and data[place - 1] == 33 and data[place - 2] == 45 and data[place - 3] == 45:
            return place + 1
        place += 1


@compile_kernel
def _scan(scan: Scan) -> None:
    data, size = scan.data, scan.data.size
    has_no_end = np.zeros(TAG_BITS.size, np.uint8)
    place = 0
    while place < size:
        start = place
        place = _find_byte(data, place, 60)
        if place > start:
            _add_event(scan, TEXT, start, place)
        if place >= size:
            break
        following = data[place + 1] if place + 1 < size else 0
        if is_letter(following):
            place = _start_tag(scan, place, has_no_end)
        elif following == 47:
            after = data[place + 2] if place + 2 < size else 0
            if is_letter(after):
                place = _read_end_tag(scan, place + 2)
            else:
                place = _find_byte(data, place, 62) + 1
        elif following == 33 and place + 3 < size and data[place + 2] == 45 and data[place + 3] == 45:
            place = _skip_comment(data, place)
        elif following == 33 or following == 63:
            place = _find_byte(data, place, 62) + 1
        else:
            _add_event(scan, TEXT, place, place + 1)
            place += 1
    _pop_through(scan, 1)
    scan.elements[scan.counts[ELEMENTS] + 1, WORD_START] = scan.counts[WORDS]


@compile_kernel
def _read_name(data: Numbers, start: int) -> int:
    place = start
    while place < data.size and not is_space(data[place]) and data[place] != 62 and data[place] != 47:
        place += 1
    return place


@compile_kernel
def _read_end_tag(scan: Scan, start: int) -> int:
    end = _read_name(scan.data, start)
    key = _hash_lower(scan.data, start, end)
    tag = max(find_number(TAG_KEYS, TAG_PLACES, key), 0)
    close = _skip_end_tag(scan.data, end)
    if tag == BR:
        _add_event(scan, BREAK, 0, 0)
    elif tag != 0 and tag != BODY and tag != HTML and tag != HEAD:
        _end_tag(scan, tag)
    elif tag == 0:
        _end_unknown(scan, key)
    return close


@compile_kernel
def _skip_end_tag(data: Numbers, place: int) -> int:
    """The place behind an end tag, whose attributes count for nothing."""
    while place < data.size and data[place] != 62:
        if data[place] == 34 or data[place] == 39:
            if data[place - 1] == 61:
                place = _find_byte(data, place + 1, data[place])
        place += 1
    return place + 1


@compile_kernel
def _end_unknown(scan: Scan, key: int) -> None:
    """Close the innermost element with this unknown name."""
    if scan.counts[OPEN_COUNTS + 0] == 0:
        return
    for depth in range(scan.counts[DEPTH], 0, -1):
        element = scan.counts[STACK + depth]
        if scan.elements[element, KEY] == np.int32(key & np.uint64(0x7FFFFFFF)):
            _pop_through(scan, depth)
            return
        if TAG_BITS[scan.elements[element, TAG]] & SPECIAL:
            return


@compile_kernel
def _start_tag(scan: Scan, place: int, has_no_end: Numbers) -> int:
    """Take in the start tag at `place`, with the text of a raw element; return the place behind."""
    data = scan.data
    name = place + 1
    end = _read_name(data, name)
    key = _hash_lower(data, name, end)
    tag = max(find_number(TAG_KEYS, TAG_PLACES, key), 0)
    element = scan.counts[ELEMENTS] + 1
    scan.elements[element, WORD_START] = scan.counts[WORDS]
    behind = _read_attributes(scan, end, element)
    if behind < 0:  # the page ends within the tag
        _forget_attributes(scan, element)
        return int(data.size)
    if TAG_BITS[tag] & RAW:
        _forget_attributes(scan, element)
        return _skip_raw(scan, tag, name, end - name, behind, has_no_end)
    if tag == HTML or tag == HEAD or tag == BODY:
        _forget_attributes(scan, element)
        return behind
    _leave_foreign(scan, tag)
    _close_implied(scan, tag)
    _open(scan, tag, key, element)
    is_closed = TAG_BITS[tag] & VOID or (
        data[behind - 2] == 47 and (scan.counts[OPEN_COUNTS + SVG] or scan.counts[OPEN_COUNTS + MATH])
    )
    if is_closed:
        _close_at_once(scan, element)
    elif tag == TEXTAREA:
        close = _find_end_tag(data, behind, name, end - name)
        if close >= 0:
            _add_event(scan, TEXT, behind, close)
            behind = close
    return behind


@compile_kernel
def _forget_attributes(scan: Scan, element: int) -> None:
    scan.counts[WORDS] = scan.elements[element, WORD_START]
    scan.elements[element, FLAGS] = 0
    scan.elements[element, CLASS_KIND:] = 0


@compile_kernel
def _skip_raw(scan: Scan, tag: int, name: int, length: int, behind: int, has_no_end: Numbers) -> int:
    """The place behind a raw element. One without an end tag goes on to the end of the page if it holds no markup."""
    close = -1
    if not has_no_end[tag]:
        close = _find_end_tag(scan.data, behind, name, length)
    if close < 0:
        has_no_end[tag] = 1
        return int(scan.data.size) if tag == SCRIPT or tag == STYLE_TAG else behind
    if tag == TITLE and scan.counts[TITLE_END] == 0:
        scan.counts[TITLE_START], scan.counts[TITLE_END] = behind, close
    return _find_byte(scan.data, close, 62) + 1


@compile_kernel
def _open(scan: Scan, tag: int, key: int, element: int) -> None:
    scan.counts[ELEMENTS] = element
    scan.elements[element + 1, WORD_START] = scan.counts[WORDS]
    scan.elements[element, TAG] = tag
    scan.elements[element, KEY] = np.int32(key & np.uint64(0x7FFFFFFF))
    scan.elements[element, PARENT] = scan.counts[STACK + scan.counts[DEPTH]]
    if tag == A and scan.elements[element, SPANS + 2 * HREF + 1]:
        scan.counts[LINK] = element
    _add_event(scan, OPEN, element, element)
    if scan.counts[DEPTH] < MAX_DEPTH:
        scan.counts[DEPTH] += 1
        scan.counts[STACK + scan.counts[DEPTH]] = element
        scan.counts[OPEN_COUNTS + tag] += 1
    else:
        _add_event(scan, CLOSE, element, element)


@compile_kernel
def _close_at_once(scan: Scan, element: int) -> None:
    if scan.counts[STACK + scan.counts[DEPTH]] == element:
        _pop(scan)
