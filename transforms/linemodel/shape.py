"""What a line is made of, and the hashed n-grams of its words: one pass over the bytes of a column of lines.

Everything is counted in whole numbers, and letters are told apart by tables of our own, so that the same line gives the
same numbers everywhere.
"""

# ruff: noqa: PLR2004 (code points belong to the tests that they stand in)

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import read_utf8
from transforms.linemodel.characters import (
    CASELESS,
    CLOSER,
    COLON,
    COMMA,
    DIGIT,
    JOINER,
    LOWER,
    QUOTE,
    SPACE,
    STOP,
    SYMBOL,
    TABLE_SIZE,
    UNSPACED,
    UPPER,
    make_kinds,
    make_lower,
)

GRAM_BITS: Final = 17
GRAMS: Final = 1 << GRAM_BITS
"""Buckets that n-grams are hashed to."""

HASHED_WORDS: Final = 48
"""Words of a line that are hashed, from its start: a long line is told by its length, not by its words."""

MOST_GRAMS: Final = 2 * HASHED_WORDS + 3
SHORT_LINE_WORDS: Final = 4
"""A line of at most so many words is an n-gram of its own: "Read more" is one thing on a line and another in it."""

COUNTS: Final = (
    "words",
    "chars",
    "letters",
    "uppers",
    "digits",
    "capitals",
    "stops",
    "commas",
    "symbols",
    "quotes",
    "start",
    "end",
    "longest",
    "addresses",
    "lexical",
    "grams",
    "tokens",
    "known",
)
"""Columns of what is counted. `words`: runs without white space, or half the characters in scripts that print none.
`capitals`: words that start in upper case. `stops`: full stops, question and exclamation marks that end a sentence.
`start`, `end`: see the constants. `longest`: characters of the longest word. `lexical`: summed weights of the line's
`grams` n-grams. `tokens`: words of letters alone among the hashed ones, and all characters of scripts that print no
spaces; `known` of them are common in training."""

WORDS, CHARS, LETTERS, UPPERS, DIGITS, CAPITALS, STOPS, COMMAS, SYMBOLS, QUOTES = range(10)
START, END, LONGEST, ADDRESSES, LEXICAL, GRAM_COUNT, TOKENS, KNOWN = range(10, 18)

START_NONE, START_LOWER, START_UPPER, START_LETTER, START_DIGIT, START_QUOTE, START_SYMBOL = range(7)
END_WORD, END_SYMBOL, END_CLOSER, END_COMMA, END_COLON, END_ELLIPSIS, END_STOP = range(7)

Array = npt.NDArray[Any]

_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)
_PAIR: Final = np.uint64(0xA24BAED4963EE407)
_SHIFT: Final = np.uint64(64 - GRAM_BITS)
_MIX: Final = np.uint64(32)
_EDGE: Final = np.uint64(0x5851F42D4C957F2D)
"""Odd constants; a model's weights depend on them."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """What lines are made of: `counts` has a row a line and the columns COUNTS, `keys` a hash of the folded line."""

    counts: npt.NDArray[np.int32]
    keys: npt.NDArray[np.uint64]


def measure_shapes(texts: pl.Series, weights: npt.NDArray[np.int8], known: npt.NDArray[np.uint8]) -> Shapes:
    """Count what each line is made of.

    `weights` holds a weight for each bucket of n-grams, `known` a 1 for each bucket of a common word.
    """
    data, bounds = read_utf8(texts)
    counts, keys = np.zeros((len(texts), len(COUNTS)), np.int32), np.zeros(len(texts), np.uint64)
    results = (counts, keys, np.empty(0, np.uint32), np.zeros(1, np.int64))
    _measure(data, bounds, _load_characters(), (weights, known), results)
    return Shapes(counts, keys)


def hash_grams(texts: pl.Series) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The buckets of the n-grams of each line, and where each line's begin (n + 1 bounds); for training."""
    data, bounds = read_utf8(texts)
    counts, keys = np.zeros((len(texts), len(COUNTS)), np.int32), np.zeros(len(texts), np.uint64)
    grams, ends = np.empty(len(texts) * MOST_GRAMS, np.uint32), np.zeros(len(texts) + 1, np.int64)
    nothing = np.zeros(GRAMS, np.int8), np.zeros(GRAMS, np.uint8)
    _measure(data, bounds, _load_characters(), nothing, (counts, keys, grams, ends))
    return grams[: ends[-1]].copy(), ends


@cache
def _load_characters() -> tuple[Array, Array]:
    return make_kinds(), make_lower()


@compile_kernel
def _decode(data: Array, place: int) -> Any:
    """The character that starts at a place of valid UTF-8, and where the next one does."""
    lead = np.int64(data[place])
    if lead < 0x80:
        return lead, place + 1
    second = np.int64(data[place + 1]) & 0x3F
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | second, place + 2
    third = np.int64(data[place + 2]) & 0x3F
    if lead < 0xF0:
        return (lead & 0xF) << 12 | second << 6 | third, place + 3
    return (lead & 7) << 18 | second << 12 | third << 6 | np.int64(data[place + 3]) & 0x3F, place + 4


@compile_kernel
def _classify(code: int, kinds: Array) -> Any:
    if code < TABLE_SIZE:
        return kinds[code]
    if code >= 0x20000:
        return UNSPACED
    return SYMBOL if 0x1F000 <= code <= 0x1FAFF else CASELESS


@compile_kernel
def _mix(value: np.uint64, more: np.uint64) -> np.uint64:
    value = (value ^ more) * _FACTOR
    return value ^ (value >> _MIX)


@compile_kernel
def _name_start(kind: int) -> int:
    if kind == UPPER:
        return START_UPPER
    if kind == LOWER:
        return START_LOWER
    if kind in (CASELESS, UNSPACED):
        return START_LETTER
    if kind == DIGIT:
        return START_DIGIT
    return START_QUOTE if kind == QUOTE else START_SYMBOL


@compile_kernel
def _name_end(kind: int, code: int, before: int) -> int:
    """What a line ends with after this character, given what it ended with before it."""
    if kind == STOP:
        return END_ELLIPSIS if code == 0x2026 or (before == END_STOP and code == 0x2E) else END_STOP
    if kind in (QUOTE, CLOSER):
        return END_STOP if before == END_STOP else END_CLOSER
    if kind == COMMA:
        return END_COMMA
    if kind == COLON:
        return END_COLON
    if kind == JOINER:
        return before
    return END_SYMBOL if kind == SYMBOL else END_WORD


@compile_kernel
def _bucket(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _MIX)) * _FACTOR
    return value >> _SHIFT


@compile_kernel
def _measure(  # noqa: C901, PLR0912, PLR0915
    data: Array,
    bounds: Array,
    characters: tuple[Array, Array],
    weights: tuple[Array, Array],
    results: tuple[Array, Array, Array, Array],
) -> None:
    kinds, lower = characters
    gram_weights, known = weights
    counts, keys, all_grams, gram_ends = results
    grams = np.empty(MOST_GRAMS, np.uint64)
    for line in range(bounds.size - 1):
        place, stop = bounds[line], bounds[line + 1]
        row = counts[line]
        unspaced = run_chars = hashed = found = 0
        in_run = pending = in_token = has_digit = False
        key, token, before = _SEED, _SEED, _EDGE
        while place <= stop:
            # One round more than there are characters: the end closes what is open, as a space does.
            code, after = (0x20, stop + 1) if place == stop else _decode(data, place)
            kind = _classify(code, kinds)
            row[CHARS] += place < stop
            place = after
            is_letter = kind in (LOWER, UPPER, CASELESS)
            continues = is_letter or kind == DIGIT or (kind == JOINER and in_token)
            if in_token and not continues:
                in_token = False
                key = _mix(key, token)
                if hashed < HASHED_WORDS:
                    bucket = _bucket(token)
                    grams[found] = bucket
                    grams[found + 1] = _bucket(token * _PAIR ^ before)
                    found += 2
                    if not has_digit:
                        row[TOKENS] += 1
                        row[KNOWN] += known[bucket]
                hashed += 1
                before = token
            if kind == SPACE:
                row[STOPS] += pending
                in_run = pending = False
                continue
            if not in_run:
                in_run, run_chars = True, 0
                row[WORDS] += 1
                row[CAPITALS] += kind == UPPER
            run_chars += 1
            row[LONGEST] = max(row[LONGEST], run_chars)
            if continues and not in_token:
                in_token, has_digit, token = True, False, _SEED
            if row[START] == START_NONE:
                row[START] = _name_start(kind)
            row[END] = _name_end(kind, code, row[END])
            if is_letter:
                row[LETTERS] += 1
                row[UPPERS] += kind == UPPER
                token = _mix(token, np.uint64(lower[code] if code < TABLE_SIZE else code))
            elif kind == UNSPACED:
                row[LETTERS] += 1
                row[TOKENS] += 1
                unspaced += 1
                key = _mix(key, np.uint64(code))
                # Characters are no n-grams: too few sites of such scripts to learn more than their menus from.
                before = _EDGE
            elif kind == DIGIT:
                row[DIGITS] += 1
                has_digit = True
                # Numbers of the same length are one word: dates and counters differ in nothing else.
                token = _mix(token, np.uint64(0x30))
            elif kind == COMMA:
                row[COMMAS] += 1
            elif kind == QUOTE:
                row[QUOTES] += 1
            elif kind == SYMBOL:
                row[SYMBOLS] += 1
                row[ADDRESSES] += code == 0x40 or (code == 0x2F and run_chars > 2)
            if kind == STOP:
                # A stop counts when nothing but quotes and brackets stands between it and the next space.
                is_wide = code == 0x3002 or code >= 0xFF00
                row[STOPS] += is_wide
                pending = not is_wide
            elif kind not in (QUOTE, CLOSER, COMMA, COLON, JOINER):
                pending = False
        if hashed:
            grams[found] = _bucket(before * _PAIR ^ _EDGE)
            found += 1
            if hashed <= SHORT_LINE_WORDS:
                grams[found] = _bucket(key)
                found += 1
        for number in range(found):
            row[LEXICAL] += gram_weights[grams[number]]
        if gram_ends.size > 1:
            first = gram_ends[line]
            for number in range(found):
                all_grams[first + number] = grams[number]
            gram_ends[line + 1] = first + found
        row[WORDS] = max(row[WORDS], unspaced // 2)
        row[GRAM_COUNT] = found
        keys[line] = key
