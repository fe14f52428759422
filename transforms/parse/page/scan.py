"""First pass: from the bytes of a page to its elements and to what happens in it, in order.

The rules are those of the HTML standard's tokeniser and tree builder (sections 13.2.5 and 13.2.6) as far as they decide
which text is shown and what it stands in: raw text, comments, implied end tags, scopes. Left out is the second life of
formatting elements that were closed out of order (only links need it, and these are followed apart), and moving text
out of tables.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse import html_marks
from transforms.parse.page.bytes import (
    CLASS,
    HIDDEN,
    HREF,
    ID,
    STYLE,
    end_word,
    find_byte,
    find_end_tag,
    hash_lower,
    is_hiding_style,
    is_letter,
    is_space,
    name_attribute,
    read_name,
    skip_comment,
    skip_end_tag,
    tells,
)
from transforms.parse.page.elements import (
    BODY,
    BR,
    BREAK,
    CLASS_KIND,
    ELEMENT_COLUMNS,
    ELEMENTS,
    FLAGS,
    HEAD,
    HIDES,
    HTML,
    ID_KIND,
    KEPT_ATTRIBUTES,
    MATH,
    OPEN_COUNTS,
    SCRIPT,
    SPANS,
    STYLE_TAG,
    SVG,
    TELLS,
    TEXT,
    TEXTAREA,
    TITLE,
    TITLE_END,
    TITLE_START,
    WORD_START,
    WORDS,
    Scan,
    add_event,
    close_at_once,
    close_implied,
    end_tag,
    end_unknown,
    leave_foreign,
    open_element,
    pop_through,
)
from transforms.parse.page.names import (
    COMMENT_KIND,
    CONTROL_KIND,
    IS_CONTROL,
    IS_STATE,
    KIND_OF_WORD,
    NAME_KEYS,
    NAME_KIND,
    NO_KIND,
    OPENS_COMMENTS,
    PHRASE_KEYS,
    PHRASE_KIND,
    RAW,
    TAG_BITS,
    TAG_KEYS,
    TAG_PLACES,
    VOID,
    WORD_BITS,
    WORD_KEYS,
    Numbers,
    find_number,
)

MAX_NAME_WORDS: Final = html_marks.MAX_NAME_WORDS
LONGEST_WHOLE_NAME: Final = max(map(len, html_marks.NAME_KINDS))


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
        place = end_word(data, place, end)
        key = hash_lower(data, first, place)
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
        whole = find_number(NAME_KEYS, NAME_KIND, hash_lower(data, start, end))
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
        attribute = name_attribute(data, name, place)
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
        if is_hiding_style(scan.data, start, end):
            scan.elements[element, FLAGS] |= HIDES
    elif attribute < KEPT_ATTRIBUTES and scan.elements[element, SPANS + 2 * attribute + 1] == 0:  # the first one counts
        scan.elements[element, SPANS + 2 * attribute] = start
        scan.elements[element, SPANS + 2 * attribute + 1] = end
        if attribute <= ID:
            _read_names(scan, element, CLASS_KIND if attribute == CLASS else ID_KIND, start, end)
        elif attribute < HREF and tells(scan.data, start, end):
            scan.elements[element, FLAGS] |= TELLS


@compile_kernel
def _scan(scan: Scan) -> None:
    data, size = scan.data, scan.data.size
    has_no_end = np.zeros(TAG_BITS.size, np.uint8)
    place = 0
    while place < size:
        start = place
        place = find_byte(data, place, 60)
        if place > start:
            add_event(scan, TEXT, start, place)
        if place >= size:
            break
        following = data[place + 1] if place + 1 < size else 0
        if is_letter(following):
            place = _start_tag(scan, place, has_no_end)
        elif following == 47:
            after = data[place + 2] if place + 2 < size else 0
            place = _read_end_tag(scan, place + 2) if is_letter(after) else find_byte(data, place, 62) + 1
        elif following == 33 and place + 3 < size and data[place + 2] == 45 and data[place + 3] == 45:
            place = skip_comment(data, place)
        elif following == 33 or following == 63:
            place = find_byte(data, place, 62) + 1
        else:
            add_event(scan, TEXT, place, place + 1)
            place += 1
    pop_through(scan, 1)
    scan.elements[scan.counts[ELEMENTS] + 1, WORD_START] = scan.counts[WORDS]


@compile_kernel
def _read_end_tag(scan: Scan, start: int) -> int:
    end = read_name(scan.data, start)
    key = hash_lower(scan.data, start, end)
    tag = max(find_number(TAG_KEYS, TAG_PLACES, key), 0)
    close = skip_end_tag(scan.data, end)
    if tag == BR:
        add_event(scan, BREAK, 0, 0)
    elif tag != 0 and tag != BODY and tag != HTML and tag != HEAD:
        end_tag(scan, tag)
    elif tag == 0:
        end_unknown(scan, key)
    return close


@compile_kernel
def _start_tag(scan: Scan, place: int, has_no_end: Numbers) -> int:
    """Take in the start tag at `place`, with the text of a raw element; return the place behind."""
    data = scan.data
    name = place + 1
    end = read_name(data, name)
    key = hash_lower(data, name, end)
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
    leave_foreign(scan, tag)
    close_implied(scan, tag)
    open_element(scan, tag, key, element)
    is_closed = TAG_BITS[tag] & VOID or (
        data[behind - 2] == 47 and (scan.counts[OPEN_COUNTS + SVG] or scan.counts[OPEN_COUNTS + MATH])
    )
    if is_closed:
        close_at_once(scan, element)
    elif tag == TEXTAREA:
        close = find_end_tag(data, behind, name, end - name)
        if close >= 0:
            add_event(scan, TEXT, behind, close)
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
        close = find_end_tag(scan.data, behind, name, length)
    if close < 0:
        has_no_end[tag] = 1
        return int(scan.data.size) if tag == SCRIPT or tag == STYLE_TAG else behind
    if tag == TITLE and scan.counts[TITLE_END] == 0:
        scan.counts[TITLE_START], scan.counts[TITLE_END] = behind, close
    return find_byte(scan.data, close, 62) + 1
