"""What a line says by itself: its words, its signs, its ends, and what it shares with the title."""

from __future__ import annotations

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse.page.elements import TITLE_END, TITLE_START, Scan
from transforms.parse.page.names import FNV_PRIME, Numbers


@compile_kernel
def classify(byte: int) -> int:
    """Sort of character by its first byte: 0 other, 1 small, 2 capital, 3 digit, 4 quotation mark, 5 beyond ASCII."""
    if 97 <= byte <= 122:
        return 1
    if 65 <= byte <= 90:
        return 2
    if 48 <= byte <= 57:
        return 3
    if byte == 34 or byte == 39:
        return 4
    return 5 if byte >= 0x80 else 0


@compile_kernel
def classify_end(text: Numbers, start: int, end: int) -> int:
    """Sort of the last character: 1 full stop, 2 other end of a sentence, 3 colon, 4 comma, 5 quotation mark or
    bracket, 6 digit, 7 letter, 8 beyond ASCII."""
    byte = text[end - 1]
    if byte == 46:
        return 1
    if byte == 33 or byte == 63:
        return 2
    if byte == 58:
        return 3
    if byte == 44 or byte == 59:
        return 4
    if byte == 34 or byte == 39 or byte == 41 or byte == 93:
        return 5
    if 48 <= byte <= 57:
        return 6
    if 97 <= (byte | 32) <= 122:
        return 7
    if byte >= 0x80:
        if end - start >= 3 and text[end - 3] == 0xE3 and text[end - 2] == 0x80 and byte == 0x82:
            return 1
        if end - start >= 3 and text[end - 3] == 0xE2 and text[end - 2] == 0x80:
            return 2 if byte == 0xA6 else 5
        return 8
    return 0


@compile_kernel
def read_line(text: Numbers, start: int, end: int, row: Numbers) -> np.uint64:
    """Fill in what the text alone says (the first columns of OWN); return its hash."""
    words = commas = ends = digits = capitals = bars = rights = wide = letters = 0
    in_word = False
    value = np.uint64(11)
    for place in range(start, end):
        byte = text[place]
        if byte == 32:
            in_word = False
            continue
        if not in_word:
            words += 1
            in_word = True
        if byte >= 0xE3:
            wide += 1
        elif byte == 44 or byte == 59:
            commas += 1
        elif byte == 46 or byte == 33 or byte == 63:
            ends += 1
        elif 48 <= byte <= 57:
            digits += 1
        elif 65 <= byte <= 90:
            capitals += 1
            byte |= 32
        elif byte == 124 or byte == 62 or byte == 47:
            bars += 1
        elif byte == 0xA9 and text[place - 1] == 0xC2:
            rights += 1
        if byte >= 0x80 or 97 <= byte <= 122:
            letters += 1
        value = (value ^ np.uint64(byte)) * np.uint64(FNV_PRIME)
    words = max(words, wide // 2)
    row[0] = words
    row[5] = commas
    row[6] = ends
    row[7] = digits
    row[8] = capitals
    row[9] = np.float32(letters) / np.float32(words)
    row[10] = classify(text[start])
    row[11] = classify_end(text, start, end)
    row[12] = bars
    row[13] = rights
    row[21] = wide
    return value


@compile_kernel
def find_slot(keys: Numbers, key: np.uint64) -> int:
    """The place of `key` in a table of keys, which takes it in when it is new."""
    mask = keys.size - 1
    place = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
    while keys[place] != 0 and keys[place] != key:
        place = (place + 1) & mask
    keys[place] = key
    return int(place)


@compile_kernel
def share_of(part: float, whole: float) -> np.float32:
    """`part` by `whole`; 0 of nothing."""
    return np.float32(part) / np.float32(whole) if whole > 0 else np.float32(0)


@compile_kernel
def hash_titles(scan: Scan, keys: Numbers) -> None:
    """Put the hashed words of the page's title into `keys`."""
    place, end = scan.counts[TITLE_START], min(scan.counts[TITLE_END], scan.counts[TITLE_START] + 400)
    while place < end:
        value = np.uint64(5)
        start = place
        while place < end and (
            scan.data[place] >= 0x80 or 48 <= scan.data[place] <= 57 or 97 <= (scan.data[place] | 32) <= 122
        ):
            value = (value ^ np.uint64(scan.data[place] | 32)) * np.uint64(FNV_PRIME)
            place += 1
        if place - start > 2:
            find_slot(keys, value)
        place += place == start


@compile_kernel
def share_of_title(text: Numbers, start: int, end: int, keys: Numbers) -> np.float32:
    """The share of the first words of a line that stand in the title of the page."""
    found = words = 0
    place = start
    mask = keys.size - 1
    while place < end and words < 40:
        value = np.uint64(5)
        first = place
        while place < end and (text[place] >= 0x80 or 48 <= text[place] <= 57 or 97 <= (text[place] | 32) <= 122):
            value = (value ^ np.uint64(text[place] | 32)) * np.uint64(FNV_PRIME)
            place += 1
        if place - first > 2:
            words += 1
            slot = np.int64((value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
            while keys[slot] != 0 and keys[slot] != value:
                slot = (slot + 1) & mask
            found += keys[slot] == value
        place += place == first
    return share_of(found, words)
