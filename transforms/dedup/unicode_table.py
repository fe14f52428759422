"""How each Unicode code point folds, and whether it belongs to a word: a table that lies beside this file.

The table is generated once (`python -m transforms.dedup.unicode_table transforms/dedup/unicode_table.npz`) and kept
in the tree, because hashes of words are stored for years: `unicodedata` and `str.casefold` follow the version of
Python, the table does not. Generating it anew from another Unicode version changes stored hashes, so the store must
then be rebuilt.

Rules, for one code point:
- it folds to the fixed point of full case folding (Unicode Standard, section 3.13) and compatibility decomposition
  (NFKD, UAX #15);
- default-ignorable code points (soft hyphen, zero-width characters, variation selectors ...) are skipped;
- it stands in a word when all code points it folds to are letters, marks or numbers. A letter, mark or number whose
  decomposition holds a separator (one half, written in one character) is not decomposed; any other one separates;
- apostrophes separate, those that Unicode files under letters (U+02BC and its like) included, so that a word does not
  depend on which apostrophe a publisher prefers;
- letters of scripts that are written without spaces are words of their own; marks belong to what stands before them.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

SEPARATOR: Final = 0
LETTER: Final = 1
SINGLE: Final = 2
MARK: Final = 3
IGNORABLE: Final = 4
"""Classes of code points: `SINGLE` is a word of its own, `MARK` continues whatever word stands before it."""

KIND_BITS: Final = 3
COMBINING_BITS: Final = 8
FOLD_SHIFT: Final = KIND_BITS + COMBINING_BITS
"""An entry holds the class, then the canonical combining class, then where its folding lies (0: it is its own)."""

BLOCK_BITS: Final = 7
CODE_POINTS: Final = 0x110000
MAX_EXPANSION: Final = 2
"""No code point folds to more than this many code points per byte of its UTF-8 form; checked on generation."""

HANGUL: Final = range(0xAC00, 0xD7A4)
"""Precomposed syllables: decomposed by arithmetic in the kernel (Unicode Standard, section 3.12), not by the table."""

_IGNORABLE_RANGES: Final = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""Default_Ignorable_Code_Point (DerivedCoreProperties.txt); reserved ones included, so later versions agree."""

_APOSTROPHES: Final = frozenset({*range(0x02B9, 0x02C0), 0x02EE, 0x07F4, 0x07F5, 0xA78B, 0xA78C})
"""Letters by category, apostrophes, quotes and primes by use."""

_UNSPACED_RANGES: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x303C),  # iteration marks, ideographic numbers
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x1AFF0, 0x1B16F), (0x1F200, 0x1F200),  # Hiragana, Katakana
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),  # Han
)  # fmt: skip
_IDEOGRAPHIC_PLANES: Final = range(0x20000, 0x40000)
"""Planes 2 and 3 are set aside for Han; what is not assigned there yet will be Han (UAX #38)."""
_NONCHARACTERS: Final = frozenset({0x2FFFE, 0x2FFFF, 0x3FFFE, 0x3FFFF})


@dataclass(frozen=True, slots=True)
class UnicodeTable:
    """A two-stage table over all code points.

    `blocks[c >> BLOCK_BITS]` is the number of the block of `entries` that holds code point c. The folding of c lies in
    `folds`: its length, then its code points. `version` is the Unicode version it was generated from.
    """

    blocks: npt.NDArray[np.uint16]
    entries: npt.NDArray[np.uint32]
    folds: npt.NDArray[np.uint32]
    version: str


@cache
def load_unicode_table() -> UnicodeTable:
    """Read the table that lies in the package."""
    with files(__package__).joinpath("unicode_table.npz").open("rb") as file, np.load(file) as arrays:
        return UnicodeTable(arrays["blocks"], arrays["entries"], arrays["folds"], str(arrays["version"]))


def build_unicode_table() -> UnicodeTable:
    """Derive the table from the Unicode data of the running Python."""
    entries = np.zeros(CODE_POINTS, np.uint32)
    offsets: dict[str, int] = {}
    folds: list[int] = [0]
    for code in range(CODE_POINTS):
        kind, folded = _classify(code)
        offset = 0
        if kind not in (SEPARATOR, IGNORABLE) and folded != chr(code) and code not in HANGUL:
            if folded not in offsets:
                offsets[folded] = len(folds)
                folds += [len(folded), *map(ord, folded)]
            offset = offsets[folded]
        entries[code] = kind | unicodedata.combining(chr(code)) << KIND_BITS | offset << FOLD_SHIFT
    unique, blocks = np.unique(entries.reshape(-1, 1 << BLOCK_BITS), axis=0, return_inverse=True)
    return UnicodeTable(
        blocks.astype(np.uint16).reshape(-1),
        unique.reshape(-1),
        np.array(folds, np.uint32),
        unicodedata.unidata_version,
    )


def fold_code_point(code: int) -> str:
    """Case folding and compatibility decomposition, again until nothing changes."""
    before, folded = "", chr(code)
    while folded != before:
        before, folded = folded, unicodedata.normalize("NFKD", folded.casefold())
    return folded


def _classify(code: int) -> tuple[int, str]:
    character = chr(code)
    if _lies_in(code, _IGNORABLE_RANGES):
        return IGNORABLE, ""
    if code in _IDEOGRAPHIC_PLANES and unicodedata.category(character) == "Cn" and code not in _NONCHARACTERS:
        return SINGLE, character
    folded = fold_code_point(code)
    if not all(map(_stands_in_word, folded)):
        if not _stands_in_word(character):
            return SEPARATOR, ""
        folded = character
    if len(folded) > MAX_EXPANSION * len(character.encode("utf-8", "surrogatepass")):
        raise ValueError(f"U+{code:04X} folds to {len(folded)} code points, more than MAX_EXPANSION allows")
    if any(_is_unspaced(ord(part)) for part in folded):
        return SINGLE, folded
    return (MARK if all(unicodedata.category(part)[0] == "M" for part in folded) else LETTER), folded


def _stands_in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" and ord(character) not in _APOSTROPHES


def _is_unspaced(code: int) -> bool:
    is_letter = unicodedata.category(chr(code)) in ("Lo", "Lm", "Nl")
    return is_letter and (code in _IDEOGRAPHIC_PLANES or _lies_in(code, _UNSPACED_RANGES))


def _lies_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def write_unicode_table(path: Path) -> None:
    """Generate the table and write it to `path`; the same Unicode version gives the same bytes."""
    table = build_unicode_table()
    np.savez_compressed(
        path, blocks=table.blocks, entries=table.entries, folds=table.folds, version=np.array(table.version)
    )


if __name__ == "__main__":
    write_unicode_table(Path(sys.argv[1]))
