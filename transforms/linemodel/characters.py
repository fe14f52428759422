"""What kind each character is of, and its lower case: two tables, made of the ranges that stand here.

They stand here because a model's features depend on them: the Unicode data of a library changes with its version.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

SPACE, LOWER, UPPER, CASELESS, UNSPACED, DIGIT = range(6)
STOP, COMMA, COLON, QUOTE, CLOSER, JOINER, SYMBOL = range(6, 13)
"""Kinds of character. `CASELESS`: letters of scripts without case. `UNSPACED`: of scripts that print no spaces.
`JOINER`: apostrophes and hyphens, which belong to the word around them."""

TABLE_SIZE: Final = 0x10000
"""Characters beyond are ideographs, signs or letters of rare scripts; see `shape`."""

_SIGNS: Final = {
    SPACE: " \t\n\v\f\r\x85\xa0\u2028\u2029\u202f\u205f\u3000",
    STOP: ".!?\u037e\u061f\u06d4\u0964\u0589\u2026\u3002\uff01\uff1f\uff0e",
    COMMA: ",;\u060c\u061b\u3001\uff0c",
    COLON: ":\uff1a",
    QUOTE: '"\xab\xbb\u2039\u203a',
    CLOSER: ")]",
    JOINER: "'-\u2010\u2011\u2019",
}
_RANGES: Final = (
    (0x00, 0xBF, SYMBOL),
    (0x30, 0x39, DIGIT),
    (0x41, 0x5A, UPPER),
    (0x61, 0x7A, LOWER),
    (0xC0, 0x52F, LOWER),
    (0xD7, 0xD7, SYMBOL),
    (0xF7, 0xF7, SYMBOL),
    (0x561, 0x587, LOWER),
    (0xE00, 0xEFF, UNSPACED),  # Thai, Lao
    (0x1000, 0x109F, UNSPACED),  # Myanmar
    (0x1780, 0x17FF, UNSPACED),  # Khmer
    (0x1E00, 0x1FFF, LOWER),
    (0x2000, 0x2BFF, SYMBOL),
    (0x2000, 0x200A, SPACE),
    (0x200B, 0x200F, JOINER),
    (0x2018, 0x201F, QUOTE),
    (0x3000, 0x3020, SYMBOL),
    (0x300C, 0x300F, QUOTE),
    (0x3040, 0x9FFF, UNSPACED),  # kana, Han
    (0xE000, 0xF8FF, SYMBOL),
    (0xF900, 0xFAFF, UNSPACED),
    (0xFE00, 0xFE0F, SYMBOL),
    (0xFF01, 0xFF20, SYMBOL),
    (0xFF10, 0xFF19, DIGIT),
)
"""First, last and kind; later ranges over earlier ones, `_SIGNS` over all. Everything else is a letter without case."""

_CASE_STEPS: Final = (
    (0x41, 0x5A, 32),
    (0xC0, 0xD6, 32),
    (0xD8, 0xDE, 32),
    (0x178, 0x178, -121),
    (0x386, 0x386, 38),
    (0x388, 0x38A, 37),
    (0x38C, 0x38C, 64),
    (0x38E, 0x38F, 63),
    (0x391, 0x3A1, 32),
    (0x3A3, 0x3AB, 32),
    (0x400, 0x40F, 80),
    (0x410, 0x42F, 32),
    (0x4C0, 0x4C0, 15),
    (0x531, 0x556, 48),
)
"""First and last capital, and how far behind each its small letter stands."""

_CASE_PAIRS: Final = (
    (0x100, 0x137),
    (0x139, 0x148),
    (0x14A, 0x177),
    (0x179, 0x17E),
    (0x460, 0x481),
    (0x48A, 0x4BF),
    (0x4C1, 0x4CE),
    (0x4D0, 0x52F),
    (0x1E00, 0x1EFF),
)
"""Ranges in which capitals and small letters alternate; the first of each is a capital."""


def make_lower() -> npt.NDArray[np.uint16]:
    """The small letter of each Latin, Greek, Cyrillic or Armenian capital; every other character is its own."""
    lower: npt.NDArray[Any] = np.arange(TABLE_SIZE)
    for first, last, step in _CASE_STEPS:
        lower[first : last + 1] += step
    for first, last in _CASE_PAIRS:
        lower[first : last + 1 : 2] += 1
    return lower.astype(np.uint16)


def make_kinds() -> npt.NDArray[np.uint8]:
    """The kind of each character below TABLE_SIZE."""
    kinds = np.full(TABLE_SIZE, CASELESS, np.uint8)
    for first, last, kind in _RANGES:
        kinds[first : last + 1] = kind
    kinds[make_lower() != np.arange(TABLE_SIZE)] = UPPER
    for kind, signs in _SIGNS.items():
        kinds[[ord(sign) for sign in signs]] = kind
    return kinds
