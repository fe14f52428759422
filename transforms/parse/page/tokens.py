"""What the linear part of the model reads: hashed words of a line, and hashed tags and names of what it stands in."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse.page.elements import KEY, PARENT, WORD_START, Scan
from transforms.parse.page.lines import BLOCK, ELEMENT, N_LINES, TEXT_END, TEXT_START, Page
from transforms.parse.page.names import FNV_PRIME, Numbers

TOKEN_BITS: Final = 15
"""Tokens are numbers below 1 << TOKEN_BITS."""

MOST_WORDS: Final = 60
"""Words of a line that are read: more say nothing new."""

MOST_AROUND: Final = 32
MOST_NAMES: Final = 12
"""Elements around a line, and words of their names, that are read."""


class Tokens(NamedTuple):
    """Tokens of line i: `numbers[starts[i] : starts[i + 1]]`."""

    starts: Numbers
    numbers: Numbers


def list_words(page: Page) -> Tokens:
    """The hashed words and pairs of words of each line."""
    count = int(page.sizes[N_LINES])
    tokens = Tokens(np.zeros(count + 1, np.int32), np.empty(2 * count * (MOST_WORDS + 2), np.int32))
    _list_words(page, tokens)
    return tokens


def list_names(scan: Scan, page: Page) -> Tokens:
    """The hashed tags and names around each line, told apart by their distance from it."""
    count = int(page.sizes[N_LINES])
    tokens = Tokens(np.zeros(count + 1, np.int32), np.empty(count * MOST_AROUND * (MOST_NAMES + 1), np.int32))
    _list_names(scan, page, tokens)
    return tokens


@compile_kernel
def _reduce(value: np.uint64) -> int:
    value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    return int(value >> np.uint64(64 - TOKEN_BITS))


@compile_kernel
def _list_words(page: Page, tokens: Tokens) -> None:
    place = 0
    text = page.text
    for line in range(page.sizes[N_LINES]):
        tokens.starts[line] = place
        at, end = page.lines[line, TEXT_START], page.lines[line, TEXT_END]
        before = np.uint64(1)
        words = 0
        while at < end and words < MOST_WORDS:
            byte = text[at]
            value = np.uint64(7)
            start = at
            if byte >= 0xE3:  # scripts without spaces: each character is a word
                at = min(at + (3 if byte < 0xF0 else 4), end)
                for offset in range(start, at):
                    value = (value ^ np.uint64(text[offset])) * np.uint64(FNV_PRIME)
            else:
                while at < end and (text[at] >= 0x80 or 48 <= text[at] <= 57 or 97 <= (text[at] | 32) <= 122):
                    byte = text[at]
                    if 65 <= byte <= 90:
                        byte |= 32
                    elif 48 <= byte <= 57:
                        byte = 48
                    value = (value ^ np.uint64(byte)) * np.uint64(FNV_PRIME)
                    at += 1
                if at == start:
                    value = (value ^ np.uint64(byte)) * np.uint64(FNV_PRIME)
                    at += 1
                    if byte == 32:
                        continue
            tokens.numbers[place] = _reduce(value)
            tokens.numbers[place + 1] = _reduce(value * np.uint64(31) + before)
            before = value
            place += 2
            words += 1
        tokens.numbers[place] = _reduce(before * np.uint64(31) + np.uint64(2))
        place += 1
    tokens.starts[page.sizes[N_LINES]] = place


@compile_kernel
def _list_names(scan: Scan, page: Page, tokens: Tokens) -> None:
    place = 0
    for line in range(page.sizes[N_LINES]):
        tokens.starts[line] = place
        element = page.lines[line, ELEMENT]
        level = 0
        seen = 0
        while element > 0 and seen < MOST_AROUND:
            salt = np.uint64(level + 1) * np.uint64(0x9E3779B97F4A7C15)
            tokens.numbers[place] = _reduce((salt ^ np.uint64(scan.elements[element, KEY])) * np.uint64(FNV_PRIME))
            place += 1
            first, last = scan.elements[element, WORD_START], scan.elements[element + 1, WORD_START]
            for word in range(first, min(last, first + MOST_NAMES)):
                tokens.numbers[place] = _reduce(
                    (salt ^ np.uint64(scan.words[word])) * np.uint64(FNV_PRIME) + np.uint64(1)
                )
                place += 1
            if page.places[element, BLOCK] == element and level < 3:
                level += 1
            element = scan.elements[element, PARENT]
            seen += 1
    tokens.starts[page.sizes[N_LINES]] = place


@compile_kernel
def add_weights(starts: Numbers, numbers: Numbers, weights: Numbers) -> Numbers:
    """The sum of the weights of each line's tokens."""
    sums = np.zeros(starts.size - 1, np.int32)
    for line in range(sums.size):
        for place in range(starts[line], starts[line + 1]):
            sums[line] += weights[numbers[place]]
    return sums
