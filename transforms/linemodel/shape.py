"""What a line is made of, and the hashed n-grams of its words: one pass over the bytes of a column of lines.

Everything is counted in whole numbers, and letters are told apart by ranges of code points that stand here, not by the
Unicode data of a library, so that the same line gives the same numbers everywhere.
"""

# ruff: noqa: PLR2004 (code points belong to the tests that they stand in)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import read_utf8

GRAM_BITS: Final = 16
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
`grams` n-grams. `tokens`: words of letters alone among the hashed ones, `known` of them common in training."""

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

_CHAR_SPACE, _CHAR_LOWER, _CHAR_UPPER, _CHAR_CASELESS, _CHAR_UNSPACED, _CHAR_DIGIT = range(6)
_CHAR_STOP, _CHAR_COMMA, _CHAR_COLON, _CHAR_QUOTE, _CHAR_CLOSER, _CHAR_JOINER, _CHAR_SYMBOL = range(6, 13)


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
    _measure(data, bounds, weights, known, (counts, keys, np.empty(0, np.uint16), np.zeros(1, np.int64)))
    return Shapes(counts, keys)


def hash_grams(texts: pl.Series) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
    """The buckets of the n-grams of each line, and where each line's begin (n + 1 bounds); for training."""
    data, bounds = read_utf8(texts)
    counts, keys = np.zeros((len(texts), len(COUNTS)), np.int32), np.zeros(len(texts), np.uint64)
    grams, ends = np.empty(len(texts) * MOST_GRAMS, np.uint16), np.zeros(len(texts) + 1, np.int64)
    _measure(data, bounds, np.zeros(GRAMS, np.int8), np.zeros(GRAMS, np.uint8), (counts, keys, grams, ends))
    return grams[: ends[-1]].copy(), ends


@compile_kernel
def _lower(code: int) -> int:
    """The lower case of a letter of the Latin, Greek, Cyrillic and Armenian scripts; every other code point as it is."""
    if code < 0x80:
        return code + 32 if 0x41 <= code <= 0x5A else code
    if code < 0x100:
        return code + 32 if 0xC0 <= code <= 0xDE and code != 0xD7 else code
    if code < 0x180:
        if 0x139 <= code <= 0x148 or 0x179 <= code <= 0x17E:
            return code + (code & 1)
        return 0xFF if code == 0x178 else code | 1
    if 0x386 <= code <= 0x3AB:
        if code == 0x386:
            return 0x3AC
        if code <= 0x38A:
            return code + 37
        return code + 32 if code >= 0x391 and code != 0x3A2 else (0x3CC if code == 0x38C else code + 63)
    if 0x400 <= code <= 0x42F:
        return code + 80 if code < 0x410 else code + 32
    if 0x460 <= code <= 0x481 or 0x48A <= code <= 0x4BF or 0x4D0 <= code <= 0x52F or 0x1E00 <= code <= 0x1EFF:
        return code | 1
    return code + 48 if 0x531 <= code <= 0x556 else code


@compile_kernel
def _classify_ascii(code: int) -> int:
    if 0x61 <= code <= 0x7A:
        return _CHAR_LOWER
    if 0x41 <= code <= 0x5A:
        return _CHAR_UPPER
    if code == 0x20 or 9 <= code <= 13:
        return _CHAR_SPACE
    if 0x30 <= code <= 0x39:
        return _CHAR_DIGIT
    if code == 0x2E or code == 0x21 or code == 0x3F:
        return _CHAR_STOP
    if code == 0x2C or code == 0x3B:
        return _CHAR_COMMA
    if code == 0x3A:
        return _CHAR_COLON
    if code == 0x22:
        return _CHAR_QUOTE
    if code == 0x29 or code == 0x5D:
        return _CHAR_CLOSER
    if code == 0x27 or code == 0x2D:
        return _CHAR_JOINER
    return _CHAR_SYMBOL


@compile_kernel
def _classify(code: int) -> int:  # noqa: C901, PLR0911, PLR0912
    if code < 0x80:
        return _classify_ascii(code)
    if code < 0xC0:
        if code == 0xA0 or code == 0x85:
            return _CHAR_SPACE
        return _CHAR_QUOTE if code == 0xAB or code == 0xBB else _CHAR_SYMBOL
    if code == 0xD7 or code == 0xF7:
        return _CHAR_SYMBOL
    if code < 0x2000:
        if code == 0x37E or code == 0x61F or code == 0x6D4 or code == 0x964 or code == 0x589:
            return _CHAR_STOP
        if code == 0x60C or code == 0x61B:
            return _CHAR_COMMA
        if 0xE00 <= code <= 0xEFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF:
            return _CHAR_UNSPACED
        if _lower(code) != code:
            return _CHAR_UPPER
        return _CHAR_LOWER if code < 0x530 or 0x1E00 <= code <= 0x1FFF else _CHAR_CASELESS
    if code < 0x2070:
        if code <= 0x200A or code == 0x2028 or code == 0x2029 or code == 0x202F or code == 0x205F:
            return _CHAR_SPACE
        if code == 0x2026:
            return _CHAR_STOP
        if code == 0x2019 or code == 0x2010 or code == 0x2011 or 0x200B <= code <= 0x200F:
            return _CHAR_JOINER
        if 0x2018 <= code <= 0x201F or code == 0x2039 or code == 0x203A:
            return _CHAR_QUOTE
        return _CHAR_SYMBOL
    if code < 0x2C00:
        return _CHAR_SYMBOL
    if 0x3000 <= code <= 0x3020:
        if code == 0x3000:
            return _CHAR_SPACE
        if code == 0x3002:
            return _CHAR_STOP
        if code == 0x3001:
            return _CHAR_COMMA
        return _CHAR_QUOTE if 0x300C <= code <= 0x300F else _CHAR_SYMBOL
    if 0x3040 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000:
        return _CHAR_UNSPACED
    if 0xFF01 <= code <= 0xFF20:
        if code == 0xFF01 or code == 0xFF1F or code == 0xFF0E:
            return _CHAR_STOP
        if 0xFF10 <= code <= 0xFF19:
            return _CHAR_DIGIT
        return _CHAR_COMMA if code == 0xFF0C else (_CHAR_COLON if code == 0xFF1A else _CHAR_SYMBOL)
    if 0xE000 <= code <= 0xF8FF or 0xFE00 <= code <= 0xFE0F or 0x1F000 <= code <= 0x1FAFF:
        return _CHAR_SYMBOL
    return _CHAR_CASELESS


@compile_kernel
def _bucket(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _MIX)) * _FACTOR
    return value >> _SHIFT


@compile_kernel
def _measure(  # noqa: C901, PLR0912, PLR0915
    data: Array, bounds: Array, weights: Array, known: Array, results: tuple[Array, Array, Array, Array]
) -> None:
    counts, keys, all_grams, gram_ends = results
    grams = np.empty(MOST_GRAMS, np.uint64)
    for line in range(bounds.size - 1):
        place, stop = bounds[line], bounds[line + 1]
        row = counts[line]
        runs = unspaced = chars = letters = uppers = digits = capitals = stops = commas = symbols = quotes = 0
        longest = run_chars = addresses = tokens = known_tokens = hashed = found = 0
        start, end = START_NONE, END_WORD
        in_run = pending = has_digit = False
        in_token = False
        key, token, before = _SEED, _SEED, _EDGE
        while place <= stop:
            # One round more than there are characters: the end closes what is open, as a space does.
            kind = _CHAR_SPACE
            code = 0x20
            if place < stop:
                lead = np.int64(data[place])
                if lead < 0x80:
                    code = lead
                    place += 1
                elif lead < 0xE0:
                    code = (lead & 0x1F) << 6 | np.int64(data[place + 1]) & 0x3F
                    place += 2
                elif lead < 0xF0:
                    code = (
                        (lead & 0xF) << 12 | (np.int64(data[place + 1]) & 0x3F) << 6 | np.int64(data[place + 2]) & 0x3F
                    )
                    place += 3
                else:
                    code = (
                        (lead & 7) << 18
                        | (np.int64(data[place + 1]) & 0x3F) << 12
                        | (np.int64(data[place + 2]) & 0x3F) << 6
                        | np.int64(data[place + 3]) & 0x3F
                    )
                    place += 4
                kind = _classify(code)
                chars += 1
            else:
                place += 1
            is_letter = kind == _CHAR_LOWER or kind == _CHAR_UPPER or kind == _CHAR_CASELESS
            continues = is_letter or kind == _CHAR_DIGIT or (kind == _CHAR_JOINER and in_token)
            if in_token and not continues:
                # A word is over.
                in_token = False
                key = (key ^ token) * _FACTOR
                key ^= key >> _MIX
                if hashed < HASHED_WORDS:
                    hashed += 1
                    bucket = _bucket(token)
                    grams[found] = bucket
                    grams[found + 1] = _bucket(token * _PAIR ^ before)
                    found += 2
                    if not has_digit:
                        tokens += 1
                        known_tokens += known[bucket]
                else:
                    hashed += 1
                before = token
            if kind == _CHAR_SPACE:
                if pending:
                    stops += 1
                    pending = False
                if in_run:
                    in_run = False
                    longest = max(longest, run_chars)
                continue
            if not in_run:
                in_run = True
                run_chars = 0
                runs += 1
                capitals += kind == _CHAR_UPPER
            run_chars += 1
            if continues and not in_token:
                in_token = True
                has_digit = False
                token = _SEED
            if start == START_NONE:
                if is_letter:
                    start = (
                        START_UPPER if kind == _CHAR_UPPER else (START_LOWER if kind == _CHAR_LOWER else START_LETTER)
                    )
                elif kind == _CHAR_UNSPACED:
                    start = START_LETTER
                elif kind == _CHAR_DIGIT:
                    start = START_DIGIT
                else:
                    start = START_QUOTE if kind == _CHAR_QUOTE else START_SYMBOL
            if is_letter:
                letters += 1
                pending = False
                end = END_WORD
                if kind == _CHAR_UPPER:
                    uppers += 1
                    code = _lower(code)
                token = (token ^ np.uint64(code)) * _FACTOR
                token ^= token >> _MIX
            elif kind == _CHAR_UNSPACED:
                letters += 1
                unspaced += 1
                pending = False
                end = END_WORD
                token = (_SEED ^ np.uint64(code)) * _FACTOR
                token ^= token >> _MIX
                key = (key ^ token) * _FACTOR
                key ^= key >> _MIX
                if hashed < HASHED_WORDS:
                    hashed += 1
                    tokens += 1
                    bucket = _bucket(token)
                    grams[found] = bucket
                    grams[found + 1] = _bucket(token * _PAIR ^ before)
                    found += 2
                    known_tokens += known[bucket]
                else:
                    hashed += 1
                before = token
            elif kind == _CHAR_DIGIT:
                digits += 1
                pending = False
                has_digit = True
                end = END_WORD
                # Numbers of the same length are one word: dates and counters differ in nothing else.
                token = (token ^ np.uint64(0x30)) * _FACTOR
                token ^= token >> _MIX
            elif kind == _CHAR_STOP:
                end = END_ELLIPSIS if code == 0x2026 or (end == END_STOP and code == 0x2E) else END_STOP
                if code == 0x3002 or code >= 0xFF00:
                    stops += 1
                else:
                    pending = True
            elif kind == _CHAR_COMMA:
                commas += 1
                end = END_COMMA
            elif kind == _CHAR_COLON:
                end = END_COLON
            elif kind == _CHAR_QUOTE:
                quotes += 1
                end = end if end == END_STOP else END_CLOSER
            elif kind == _CHAR_CLOSER:
                end = end if end == END_STOP else END_CLOSER
            elif kind == _CHAR_SYMBOL:
                symbols += 1
                addresses += code == 0x40
                pending = False
                end = END_SYMBOL
            if code == 0x2F and run_chars > 2:
                addresses += 1
        if hashed:
            grams[found] = _bucket(before * _PAIR ^ _EDGE)
            found += 1
            if hashed <= SHORT_LINE_WORDS:
                grams[found] = _bucket(key)
                found += 1
        lexical = 0
        for number in range(found):
            lexical += weights[grams[number]]
        if gram_ends.size > 1:
            first = gram_ends[line]
            for number in range(found):
                all_grams[first + number] = grams[number]
            gram_ends[line + 1] = first + found
        row[WORDS] = max(runs, unspaced // 2)
        row[CHARS] = chars
        row[LETTERS] = letters
        row[UPPERS] = uppers
        row[DIGITS] = digits
        row[CAPITALS] = capitals
        row[STOPS] = stops
        row[COMMAS] = commas
        row[SYMBOLS] = symbols
        row[QUOTES] = quotes
        row[START] = start
        row[END] = end
        row[LONGEST] = longest
        row[ADDRESSES] = addresses
        row[LEXICAL] = lexical
        row[GRAM_COUNT] = found
        row[TOKENS] = tokens
        row[KNOWN] = known_tokens
        keys[line] = key
