"""The words of a text, as deduplication counts and compares them.

A word is a maximal run of letters, marks and numbers after folding (case folding and compatibility decomposition, in
canonical order: UAX #15); everything else separates. Default-ignorable characters (soft hyphens, zero-width
characters) are skipped and do not split a word. In scripts written without spaces each letter is a word, with the
marks that follow it. One character never gives more than one word, so that words have disjoint places in the text.
`unicode_table` holds the rules for single characters.

The kernels read the UTF-8 bytes of Arrow buffers and make no Python object per text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar, cast, overload

import numba
import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.unicode_table import (
    BLOCK_BITS,
    COMBINING_BITS,
    FOLD_SHIFT,
    IGNORABLE,
    KIND_BITS,
    MARK,
    MAX_EXPANSION,
    SEPARATOR,
    SINGLE,
    load_unicode_table,
)

Array = npt.NDArray[Any]
Scratch = tuple[Array, Array, Array, Array]
Table = tuple[Array, Array, Array, Array]
P = ParamSpec("P")
R = TypeVar("R")

WORD_HASH_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
WORD_HASH_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)
"""Odd constants of splitmix64 and of Pelle Evensen's rrxmrrxmsx; stored hashes depend on them, so they never change."""

MARKS_SORTED: Final = 30
"""A mark moves over at most this many others into canonical order (the limit of UAX #15's stream-safe format)."""

ASCII_SIZE: Final = 128

_HASH_SHIFT: Final = np.uint64(32)
_CODE_POINT_BITS: Final = np.uint64(21)
_KIND_MASK: Final = (1 << KIND_BITS) - 1
_COMBINING_MASK: Final = (1 << COMBINING_BITS) - 1
_BLOCK_MASK: Final = (1 << BLOCK_BITS) - 1
_SYLLABLE_FIRST, _SYLLABLE_LAST, _LEADING, _VOWEL, _TRAILING = 0xAC00, 0xD7A3, 0x1100, 0x1161, 0x11A7
_VOWELS, _TRAILINGS = 21, 28
_SPACE: Final = 0x20
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0x80, 0x800, 0x10000  # the first code point of each length in UTF-8
_THREE_BYTES_LEAD, _FOUR_BYTES_LEAD = 0xE0, 0xF0


def compile_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with numba: without the interpreter lock, and cached on disk. The signature stays visible to mypy."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True)(function))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of n texts, all in one run of arrays.

    The words of text i are `offsets[i]:offsets[i + 1]`. `starts` and `ends` are places in its characters (code
    points, as Python slices text), `hashes` are equal for equal folded words. A null text has no words.
    """

    offsets: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]


def split_words(texts: pl.Series) -> Words:
    """Find the words of each text."""
    data, bounds = read_utf8(texts)
    # A word takes two bytes at least, its separator included. Pages that are never written take no memory.
    room = (int(bounds[-1] - bounds[0]) + len(texts)) // 2 + 1
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.uint32), np.empty(room, np.uint32)
    offsets = _split(data, bounds, _scratch(bounds), _table(), hashes, starts, ends)
    count = int(offsets[-1])
    return Words(offsets, hashes[:count], starts[:count], ends[:count])


def count_words(texts: pl.Series) -> pl.Series:
    """Words of each text (UInt32); null for a null text."""
    data, bounds = read_utf8(texts)
    counts = _count(data, bounds, _scratch(bounds), _table())
    return _null_where_null(pl.Series(texts.name, counts), texts)


def hash_texts(texts: pl.Series) -> pl.Series:
    """Take `text_sha256`: the SHA-256, in hex, of the folded words joined by one space, in UTF-8.

    A text without words gives the digest of nothing; a null text gives null.
    """
    folded, bounds = _fold_texts(texts)
    view = folded.data
    digests = [
        hashlib.sha256(view[start:end]).hexdigest()
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]
    return _null_where_null(pl.Series("text_sha256", digests, pl.String), texts)


@overload
def key_texts(text_sha256: pl.Series) -> pl.Series: ...
@overload
def key_texts(text_sha256: pl.Expr) -> pl.Expr: ...
def key_texts(text_sha256: pl.Series | pl.Expr) -> pl.Series | pl.Expr:
    """Derive `text_key` (UInt64): the first 64 bits of the digest, big-endian. Takes a column or an expression."""
    return text_sha256.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64).alias("text_key")


def normalise_words(text: str) -> list[str]:
    """Give the folded words of a text in readable form: what `hash_texts` digests and `split_words` hashes."""
    folded, _ = _fold_texts(pl.Series([text], dtype=pl.String))
    return folded.tobytes().decode().split(" ") if folded.size else []


def read_utf8(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Give the UTF-8 bytes of a column of strings, and where each text starts (n + 1 bounds); null is empty.

    Slices and columns of several chunks are fine. Raises TypeError when the column does not hold strings.
    """
    if texts.dtype != pl.String:
        raise TypeError(f"expected a column of strings, {texts.name!r} holds {texts.dtype}")
    if texts.is_empty():
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    array = texts.fill_null("").rechunk().to_arrow()
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(cast(bytes, offsets), np.int64)[array.offset : array.offset + len(array) + 1]
    return (np.frombuffer(cast(bytes, data), np.uint8) if data is not None else np.empty(0, np.uint8)), bounds


@cache
def _table() -> Table:
    """The arrays of the Unicode table, and the same for ASCII alone: what each byte folds to, 0 for a separator."""
    table = load_unicode_table()
    ascii_folds = np.zeros(ASCII_SIZE, np.uint8)
    for code, entry in enumerate(table.entries[int(table.blocks[0]) << BLOCK_BITS :][:ASCII_SIZE].tolist()):
        if entry & _KIND_MASK != SEPARATOR:
            ascii_folds[code] = table.folds[(entry >> FOLD_SHIFT) + 1] if entry >> FOLD_SHIFT else code
    return table.blocks, table.entries, table.folds, ascii_folds


def _scratch(bounds: Array) -> Scratch:
    """Room for the folded code points of the longest text, and for the bounds of its words in them and in the text."""
    longest = int(np.diff(bounds).max(initial=0))
    folded = np.empty(MAX_EXPANSION * longest + 1, np.uint32)
    cuts = np.empty(longest // 2 + 2, np.int64)
    return folded, cuts, np.empty(cuts.size, np.uint32), np.empty(cuts.size, np.uint32)


def _fold_texts(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    data, bounds = read_utf8(texts)
    scratch, table = _scratch(bounds), _table()
    sizes = _measure_folded(data, bounds, scratch, table)
    out_bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return _write_folded(data, bounds, scratch, table, out_bounds), out_bounds


def _null_where_null(values: pl.Series, texts: pl.Series) -> pl.Series:
    return values.set(texts.is_null(), None) if texts.null_count() else values


@compile_kernel
def mix_bits(value: Any) -> Any:
    """Spread each bit over all others (the finaliser of MurmurHash3, 64 bits); one to one."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@compile_kernel
def _hash_word(folded: Array, start: int, end: int) -> Any:
    """Hash the code points `start:end`, three to a multiplication, then their number."""
    value = WORD_HASH_SEED
    at = start
    while at < end:
        lane = np.uint64(folded[at])
        if at + 1 < end:
            lane |= np.uint64(folded[at + 1]) << _CODE_POINT_BITS
        if at + 2 < end:
            lane |= np.uint64(folded[at + 2]) << (_CODE_POINT_BITS + _CODE_POINT_BITS)
        value = (value ^ lane) * WORD_HASH_FACTOR
        value ^= value >> _HASH_SHIFT
        at += 3
    return mix_bits(value ^ np.uint64(end - start))


@compile_kernel
def _decode(data: Array, at: int) -> tuple[int, int]:
    """Read the code point, not an ASCII one, at a byte of valid UTF-8; returns it and the place after it."""
    first = int(data[at])
    if first < _THREE_BYTES_LEAD:
        return (first & 0x1F) << 6 | data[at + 1] & 0x3F, at + 2
    if first < _FOUR_BYTES_LEAD:
        return (first & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F, at + 3
    high = (first & 0x07) << 18 | (data[at + 1] & 0x3F) << 12
    return high | (data[at + 2] & 0x3F) << 6 | data[at + 3] & 0x3F, at + 4


@compile_kernel
def _look_up(code: int, blocks: Array, entries: Array) -> int:
    return int(entries[int(blocks[code >> BLOCK_BITS]) << BLOCK_BITS | code & _BLOCK_MASK])


@compile_kernel
def _append_folded(code: int, entry: int, folded: Array, size: int, folds: Array) -> int:
    """Write what a code point folds to; returns the new size."""
    if _SYLLABLE_FIRST <= code <= _SYLLABLE_LAST:
        syllable = code - _SYLLABLE_FIRST
        folded[size] = _LEADING + syllable // (_VOWELS * _TRAILINGS)
        folded[size + 1] = _VOWEL + syllable % (_VOWELS * _TRAILINGS) // _TRAILINGS
        if syllable % _TRAILINGS == 0:
            return size + 2
        folded[size + 2] = _TRAILING + syllable % _TRAILINGS
        return size + 3
    fold = entry >> FOLD_SHIFT
    if fold == 0:
        folded[size] = code
        return size + 1
    length = int(folds[fold])
    for part in range(length):
        folded[size + part] = folds[fold + 1 + part]
    return size + length


@compile_kernel
def _append_ascii(data: Array, at: int, last: int, folded: Array, size: int, ascii_folds: Array) -> int:
    """Fold the run of ASCII letters and digits at a byte; returns its length."""
    length = 0
    while at + length < last and data[at + length] < ASCII_SIZE and ascii_folds[data[at + length]]:
        folded[size + length] = ascii_folds[data[at + length]]
        length += 1
    return length


@compile_kernel
def _order_marks(folded: Array, word_start: int, appended: int, size: int, blocks: Array, entries: Array) -> None:
    """Move each mark from `appended` on before the marks of a higher combining class (canonical ordering)."""
    for at in range(appended, size):
        code = folded[at]
        combining = _look_up(int(code), blocks, entries) >> KIND_BITS & _COMBINING_MASK
        place = at
        while combining and place > word_start and at - place < MARKS_SORTED:
            before = _look_up(int(folded[place - 1]), blocks, entries) >> KIND_BITS & _COMBINING_MASK
            if before <= combining:
                break
            folded[place] = folded[place - 1]
            place -= 1
        folded[place] = code


@compile_kernel
def _find_words(data: Array, first: int, last: int, scratch: Scratch, table: Table) -> int:
    """Fold the text in bytes `first:last` into `folded` and find its words; returns how many.

    Word i is `folded[cuts[i]:cuts[i + 1]]` and stands in characters `starts[i]:ends[i]`.
    """
    folded, cuts, starts, ends = scratch
    blocks, entries, folds, ascii_folds = table
    words = 0
    size = 0
    is_open = False  # a word has begun and may go on with a letter
    takes_mark = False  # a word has begun and may go on with a mark
    character = 0
    at = first
    cuts[0] = 0
    while at < last:
        if data[at] < ASCII_SIZE:
            if not ascii_folds[data[at]]:
                is_open = takes_mark = False
                character += 1
                at += 1
                continue
            if not is_open:
                starts[words] = character
                words += 1
                is_open = takes_mark = True
            run = _append_ascii(data, at, last, folded, size, ascii_folds)
            size += run
            at += run
            character += run
            ends[words - 1] = character
            cuts[words] = size
            continue
        code, at = _decode(data, at)
        entry = _look_up(code, blocks, entries)
        kind = entry & _KIND_MASK
        if kind == SEPARATOR:
            is_open = takes_mark = False
        elif kind != IGNORABLE:
            continues = is_open or takes_mark if kind == MARK else is_open and kind != SINGLE
            if not continues:
                starts[words] = character
                words += 1
                is_open = kind != SINGLE
                takes_mark = True
            appended = size
            size = _append_folded(code, entry, folded, size, folds)
            if continues:
                _order_marks(folded, cuts[words - 1], appended, size, blocks, entries)
            ends[words - 1] = character + 1
            cuts[words] = size
        character += 1
    return words


@compile_kernel
def _split(
    data: Array,
    bounds: Array,
    scratch: Scratch,
    table: Table,
    hashes: Array,
    starts: Array,
    ends: Array,
) -> Array:
    """Fill `hashes`, `starts` and `ends`; returns the offsets of the texts in them."""
    folded, cuts, text_starts, text_ends = scratch
    offsets = np.zeros(bounds.size, np.int64)
    for text in range(bounds.size - 1):
        words = _find_words(data, bounds[text], bounds[text + 1], scratch, table)
        base = offsets[text]
        for word in range(words):
            hashes[base + word] = _hash_word(folded, cuts[word], cuts[word + 1])
            starts[base + word] = text_starts[word]
            ends[base + word] = text_ends[word]
        offsets[text + 1] = base + words
    return offsets


@compile_kernel
def _count(data: Array, bounds: Array, scratch: Scratch, table: Table) -> Array:
    counts = np.empty(bounds.size - 1, np.uint32)
    for text in range(bounds.size - 1):
        counts[text] = _find_words(data, bounds[text], bounds[text + 1], scratch, table)
    return counts


@compile_kernel
def _measure_folded(data: Array, bounds: Array, scratch: Scratch, table: Table) -> Array:
    """Bytes of each folded text, its words joined by one space."""
    folded, cuts, _, _ = scratch
    sizes = np.zeros(bounds.size - 1, np.int64)
    for text in range(bounds.size - 1):
        words = _find_words(data, bounds[text], bounds[text + 1], scratch, table)
        size = max(words - 1, 0)
        for at in range(cuts[words]):
            code = folded[at]
            size += 1 + (code >= _TWO_BYTES) + (code >= _THREE_BYTES) + (code >= _FOUR_BYTES)
        sizes[text] = size
    return sizes


@compile_kernel
def _encode(code: int, out: Array, at: int) -> int:
    """Write a code point in UTF-8; returns the place after it."""
    if code < _TWO_BYTES:
        out[at] = code
        return at + 1
    trailing = 1 + (code >= _THREE_BYTES) + (code >= _FOUR_BYTES)
    out[at] = (0xFF00 >> (trailing + 1)) & 0xFF | code >> 6 * trailing
    for part in range(trailing):
        out[at + 1 + part] = 0x80 | code >> 6 * (trailing - 1 - part) & 0x3F
    return at + 1 + trailing


@compile_kernel
def _write_folded(
    data: Array,
    bounds: Array,
    scratch: Scratch,
    table: Table,
    out_bounds: Array,
) -> Array:
    """Write each folded text to its place in `out_bounds`."""
    folded, cuts, _, _ = scratch
    out = np.empty(out_bounds[-1], np.uint8)
    for text in range(bounds.size - 1):
        words = _find_words(data, bounds[text], bounds[text + 1], scratch, table)
        at = out_bounds[text]
        for word in range(words):
            if word:
                out[at] = _SPACE
                at += 1
            for place in range(cuts[word], cuts[word + 1]):
                at = _encode(int(folded[place]), out, at)
    return out
