"""What kernels read from the bytes of a page: white space, names, values, where things end."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse.page.names import (
    FNV_BASIS,
    FNV_PRIME,
    OTHER_KEYS,
    OTHER_PLACES,
    Numbers,
    find_number,
)

CLASS, ID, ROLE, ITEMPROP, REL, HREF, STYLE, HIDDEN, OTHER = range(9)
"""Attributes; `spans` has the first and last place of the value of each of the first six."""

BLOCK_BYTES: Final = 32
"""Bytes looked at together where one is searched: the compiler makes one comparison of them."""


@compile_kernel
def is_space(byte: int) -> bool:
    """White space of HTML: space, tab, line feed, form feed, carriage return."""
    return byte == 32 or byte == 9 or byte == 10 or byte == 12 or byte == 13


@compile_kernel
def is_letter(byte: int) -> bool:
    """An ASCII letter."""
    return 97 <= (byte | 32) <= 122


@compile_kernel
def find_byte(data: Numbers, place: int, byte: int) -> int:
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
def hash_lower(data: Numbers, start: int, end: int) -> np.uint64:
    """The hash of a name in lower case (names.hash_name)."""
    value = np.uint64(FNV_BASIS)
    for place in range(start, end):
        byte = data[place]
        if 65 <= byte <= 90:
            byte |= 32
        value = (value ^ np.uint64(byte)) * np.uint64(FNV_PRIME)
    return value


@compile_kernel
def is_word(data: Numbers, start: int, word: bytes) -> bool:
    """True when `word` stands at `start`, in either case."""
    if start + len(word) > data.size:
        return False
    for place in range(len(word)):
        if data[start + place] | 32 != word[place]:
            return False
    return True


@compile_kernel
def is_hiding_style(data: Numbers, start: int, end: int) -> bool:
    """True for `display: none` and `visibility: hidden`, with any white space around the colon."""
    for place in range(start, end - 11):
        if data[place] | 32 == 100 and is_word(data, place, b"display"):
            if has_value(data, place + 7, end, b"none"):
                return True
        elif (
            data[place] | 32 == 118
            and is_word(data, place, b"visibility")
            and has_value(data, place + 10, end, b"hidden")
        ):
            return True
    return False


@compile_kernel
def has_value(data: Numbers, place: int, end: int, value: bytes) -> bool:
    """True when a colon and then `value` stand at `place`, with any white space around the colon."""
    while place < end and is_space(data[place]):
        place += 1
    if place >= end or data[place] != 58:
        return False
    place += 1
    while place < end and is_space(data[place]):
        place += 1
    return place + len(value) <= end and is_word(data, place, value)


@compile_kernel
def find_end_tag(data: Numbers, place: int, name: int, length: int) -> int:
    """The place of the next end tag with the name of `length` bytes at `name`; -1 when there is none."""
    size = data.size
    while True:
        place = find_byte(data, place, 60)
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
def skip_comment(data: Numbers, place: int) -> int:
    """The place behind the comment that opens at `place` with `<!--`."""
    place += 4
    size = data.size
    if place < size and data[place] == 62:
        return place + 1
    if place + 1 < size and data[place] == 45 and data[place + 1] == 62:
        return place + 2
    while True:
        place = find_byte(data, place, 62)
        if place >= size:
            return size
        if data[place] == 62 and data[place - 1] == 45 and data[place - 2] == 45:
            return place + 1
        if data[place] == 62 and data[place - 1] == 33 and data[place - 2] == 45 and data[place - 3] == 45:
            return place + 1
        place += 1


@compile_kernel
def read_name(data: Numbers, start: int) -> int:
    """Where the name of a tag ends that starts at `start`."""
    place = start
    while place < data.size and not is_space(data[place]) and data[place] != 62 and data[place] != 47:
        place += 1
    return place


@compile_kernel
def skip_end_tag(data: Numbers, place: int) -> int:
    """The place behind an end tag, whose attributes count for nothing."""
    while place < data.size and data[place] != 62:
        if data[place] == 34 or data[place] == 39:
            if data[place - 1] == 61:
                place = find_byte(data, place + 1, data[place])
        place += 1
    return place + 1


@compile_kernel
def end_word(data: Numbers, place: int, end: int) -> int:
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
def name_attribute(data: Numbers, start: int, end: int) -> int:
    """The number of the attribute with this name; OTHER for those that count for nothing."""
    length = end - start
    first = data[start] | 32 if length else 0
    if length == 5 and first == 99 and is_word(data, start, b"class"):
        return CLASS
    if length == 2 and first == 105 and is_word(data, start, b"id"):
        return ID
    if length == 4 and first == 114 and is_word(data, start, b"role"):
        return ROLE
    if length == 8 and first == 105 and is_word(data, start, b"itemprop"):
        return ITEMPROP
    if length == 3 and first == 114 and is_word(data, start, b"rel"):
        return REL
    if length == 4 and first == 104 and is_word(data, start, b"href"):
        return HREF
    if length == 5 and first == 115 and is_word(data, start, b"style"):
        return STYLE
    if length == 6 and first == 104 and is_word(data, start, b"hidden"):
        return HIDDEN
    return OTHER


@compile_kernel
def tells(data: Numbers, start: int, end: int) -> bool:
    """True when one of the values in a role, itemprop or rel could be a mark."""
    place = start
    while place < end:
        while place < end and is_space(data[place]):
            place += 1
        first = place
        while place < end and not is_space(data[place]):
            place += 1
        if place > first and find_number(OTHER_KEYS, OTHER_PLACES, hash_lower(data, first, place)) >= 0:
            return True
    return False
