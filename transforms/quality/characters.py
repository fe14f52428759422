"""What each code point is to the quality signals: a table of bits that lies beside this file.

The definitions speak of `str.isspace`, `\\w` and the like, which follow the Unicode version of Python; the table does
not, so that a text has the same signals on every machine. It is generated once
(`python -m transforms.quality.characters transforms/quality/characters.npz`).
"""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

(
    SPACE,
    WORD,
    UPPER,
    NOT_UPPER,
    ALPHA,
    NUMERIC,
    LATIN,
    PUNCTUATION,
    DOT,
    STOP,
    SYMBOL,
    BRACKET,
    OPEN_BRACKET,
    ELLIPSIS,
    TERMINAL,
    PUNCTUATED,
    ENDS_SENTENCE,
    BULLET,
    STAR,
    BREAK,
) = (1 << bit for bit in range(20))
"""One bit a property; `describe_character` says what each of them is."""

BLOCK_BITS: Final = 8
CODE_POINTS: Final = 0x110000
ASCII_SIZE: Final = 128
BLOCK_MASK: Final = (1 << BLOCK_BITS) - 1

BULLETS: Final = "\u2022\u2023\u25b6\u25c0\u25e6\u25a0\u25a1\u25aa\u25ab\u2013"
"""The bullets of RedPajama-V2."""

SENTENCE_ENDS: Final = (
    (0x0021, 0x0021), (0x002E, 0x002E), (0x003F, 0x003F), (0x0589, 0x0589), (0x061D, 0x061F), (0x06D4, 0x06D4),
    (0x0700, 0x0702), (0x07F9, 0x07F9), (0x0837, 0x0837), (0x0839, 0x0839), (0x083D, 0x083E), (0x0964, 0x0965),
    (0x104A, 0x104B), (0x1362, 0x1362), (0x1367, 0x1368), (0x166E, 0x166E), (0x1735, 0x1736), (0x17D4, 0x17D6),
    (0x17D9, 0x17DA), (0x1803, 0x1803), (0x1809, 0x1809), (0x1944, 0x1945), (0x1AA8, 0x1AAB), (0x1B5A, 0x1B5B),
    (0x1B5E, 0x1B5F), (0x1B7D, 0x1B7E), (0x1C3B, 0x1C3C), (0x1C7E, 0x1C7F), (0x203C, 0x203D), (0x2047, 0x2049),
    (0x2E2E, 0x2E2E), (0x2E3C, 0x2E3C), (0x2E53, 0x2E54), (0x3002, 0x3002), (0xA4FF, 0xA4FF), (0xA60E, 0xA60F),
    (0xA6F3, 0xA6F3), (0xA6F7, 0xA6F7), (0xA876, 0xA877), (0xA8CE, 0xA8CF), (0xA92F, 0xA92F), (0xA9C8, 0xA9C9),
    (0xAA5D, 0xAA5F), (0xAAF0, 0xAAF1), (0xABEB, 0xABEB), (0xFE52, 0xFE52), (0xFE56, 0xFE57), (0xFF01, 0xFF01),
    (0xFF0E, 0xFF0E), (0xFF1F, 0xFF1F), (0xFF61, 0xFF61), (0x10A56, 0x10A57), (0x10F55, 0x10F59),
    (0x10F86, 0x10F89), (0x11047, 0x11048), (0x110BE, 0x110C1), (0x11141, 0x11143), (0x111C5, 0x111C6),
    (0x111CD, 0x111CD), (0x111DE, 0x111DF), (0x11238, 0x11239), (0x1123B, 0x1123C), (0x112A9, 0x112A9),
    (0x1144B, 0x1144C), (0x115C2, 0x115C3), (0x115C9, 0x115D7), (0x11641, 0x11642), (0x1173C, 0x1173E),
    (0x11944, 0x11944), (0x11946, 0x11946), (0x11A42, 0x11A43), (0x11A9B, 0x11A9C), (0x11C41, 0x11C42),
    (0x11EF7, 0x11EF8), (0x11F43, 0x11F44), (0x16A6E, 0x16A6F), (0x16AF5, 0x16AF5), (0x16B37, 0x16B38),
    (0x16B44, 0x16B44), (0x16E98, 0x16E98), (0x1BC9F, 0x1BC9F), (0x1DA88, 0x1DA88),
)  # fmt: skip
"""What FineWeb takes for the end of a sentence: Sentence_Terminal of Unicode (PropList.txt), and three Khmer marks."""

_ENDS: Final = frozenset(code for low, high in SENTENCE_ENDS for code in range(low, high + 1))

Table = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


@cache
def load_characters() -> Table:
    """The bits of ASCII characters, and those of all in two arrays: `entries[blocks[c >> 8] << 8 | c & 255]` for c."""
    with files(__package__).joinpath("characters.npz").open("rb") as file, np.load(file) as arrays:
        blocks, entries = arrays["blocks"], arrays["entries"]
    first = int(blocks[0]) << BLOCK_BITS
    return entries[first : first + ASCII_SIZE].copy(), blocks, entries


def describe_characters() -> npt.NDArray[np.uint32]:
    """The bits of every code point, from the Unicode data of the running Python."""
    return np.fromiter((describe_character(chr(code)) for code in range(CODE_POINTS)), np.uint32, CODE_POINTS)


def describe_character(character: str) -> int:
    """The bits of one character: which of the properties that the definitions speak of it has."""
    has = {
        SPACE: character.isspace(),
        WORD: re.match(r"\w", character) is not None,
        UPPER: character.isupper(),
        NOT_UPPER: character.islower() or unicodedata.category(character) == "Lt",
        ALPHA: character.isalpha(),
        NUMERIC: character.isnumeric(),
        LATIN: character in string.ascii_letters,
        PUNCTUATION: character in string.punctuation,
        DOT: character == ".",
        STOP: character in ".!?",
        SYMBOL: character in "#…",
        BRACKET: character in "{}",
        OPEN_BRACKET: character == "{",
        ELLIPSIS: character == "…",
        TERMINAL: character in ".!?”",
        PUNCTUATED: character in '.?!"',
        ENDS_SENTENCE: ord(character) in _ENDS,
        BULLET: character in BULLETS,
        STAR: character in "*-",
        BREAK: character == "\n",
    }
    return sum(bit for bit, is_set in has.items() if is_set)


def write_characters(path: Path) -> None:
    """Generate the table and write it to `path`; the same Unicode version gives the same bytes."""
    bits = describe_characters().reshape(-1, 1 << BLOCK_BITS)
    entries, blocks = np.unique(bits, axis=0, return_inverse=True)
    np.savez_compressed(
        path,
        blocks=blocks.reshape(-1).astype(np.uint16),
        entries=entries.reshape(-1),
        version=np.array(unicodedata.unidata_version),
    )


if __name__ == "__main__":
    write_characters(Path(sys.argv[1]))
