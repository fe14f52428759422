"""The words of a text, as deduplication counts and compares them.

A word is a maximal run of letters, marks and numbers after folding (case folding and compatibility decomposition, in
canonical order: UAX #15); everything else separates. Default-ignorable characters (soft hyphens, zero-width
characters) are skipped and do not split a word. In scripts written without spaces each letter is a word, with the
marks that follow it. One character never gives more than one word, so that words have disjoint places in the text.
`unicode_table` holds the rules for single characters.

A stretch of ASCII characters is folded without a branch; a word that holds any other character is gathered as code
points, put in canonical order, and written in UTF-8.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.kernels import compile_kernel
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
Scratch = tuple[Array, Array, Array, Array, Array, Array]
Table = tuple[Array, Array, Array, Array]

WORD_HASH_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
WORD_HASH_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)
"""Odd constants of splitmix64 and of Pelle Evensen's rrxmrrxmsx; stored hashes depend on them, so they never change."""

MARKS_SORTED: Final = 30
"""A mark moves over at most this many others into canonical order (the limit of UAX #15's stream-safe format)."""

ASCII_SIZE: Final = 128

HASH_SHIFT: Final = np.uint64(32)
LANE_BYTES: Final = np.uint64(8)
_KIND_MASK: Final = (1 << KIND_BITS) - 1
_COMBINING_MASK: Final = (1 << COMBINING_BITS) - 1
_BLOCK_MASK: Final = (1 << BLOCK_BITS) - 1
_SYLLABLE_FIRST, _SYLLABLE_LAST, _LEADING, _VOWEL, _TRAILING = 0xAC00, 0xD7A3, 0x1100, 0x1161, 0x11A7
_VOWELS, _TRAILINGS = 21, 28
_SPACE: Final = 0x20
FOLDED_GROWTH: Final = 6
"""Most bytes that folding makes of one byte (U+3307, three bytes, folds to eighteen); a test looks at them all."""

_LANE_ROOM: Final = 16
"""Bytes behind the folded text, because eight are read at a time."""

FOLDED_BATCH_BYTES: Final = 8_000_000
"""Folded texts are hashed in batches of about this size."""

_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0x80, 0x800, 0x10000  # the first code point of each length in UTF-8
_THREE_BYTES_LEAD, _FOUR_BYTES_LEAD = 0xE0, 0xF0


LANE_MASKS: Final = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
"""What is left of eight bytes when only the first `size` belong to the word."""


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
    counts = _split_into(data, bounds, make_scratch(bounds), load_table(), (hashes, starts, ends))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    count = int(offsets[-1])
    return Words(offsets, hashes[:count], starts[:count], ends[:count])


def make_words(counts: npt.NDArray[np.int64]) -> Words:
    """Room for the words of texts that have so many each, to be filled by `fill_words`."""
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    size = int(offsets[-1])
    return Words(offsets, np.empty(size, np.uint64), np.empty(size, np.uint32), np.empty(size, np.uint32))


def fill_words(words: Words, first: int, texts: pl.Series) -> None:
    """Find the words of `texts` and write them to their places in `words`, from text `first` on.

    ValueError when they have other numbers of words than there is room for.
    """
    data, bounds = read_utf8(texts)
    expected = words.offsets[first : first + len(texts) + 1]
    part = slice(expected[0], expected[-1])
    found = _split_into(
        data, bounds, make_scratch(bounds), load_table(), (words.hashes[part], words.starts[part], words.ends[part])
    )
    if not np.array_equal(found, np.diff(expected)):
        raise ValueError(f"texts {first} to {first + len(texts)} do not have the numbers of words that were counted")


def count_words(texts: pl.Series) -> pl.Series:
    """Words of each text (UInt32); null for a null text."""
    data, bounds = read_utf8(texts)
    counts = _count(data, bounds, make_scratch(bounds), load_table())
    return null_where_null(pl.Series(texts.name, counts), texts)


def hash_texts(texts: pl.Series) -> pl.Series:
    """Take `text_sha256`: the SHA-256, in hex, of the folded words joined by one space, in UTF-8.

    A text without words gives the digest of nothing; a null text gives null.
    """
    data, bounds = read_utf8(texts)
    scratch, table = make_scratch(bounds), load_table()
    digests: list[str] = []
    folded = make_folded_buffer(bounds)
    while len(digests) < len(texts):
        ends = _fold(data, bounds[len(digests) :], scratch, table, folded)
        digests += take_digests(folded, ends)
    return null_where_null(pl.Series("text_sha256", digests, pl.String), texts)


def take_digests(folded: Array, ends: Array) -> list[str]:
    """SHA-256, in hex, of each text in `folded`; they lie one after the other and end at `ends`."""
    view = folded.data
    starts = [0, *ends[:-1].tolist()] if ends.size else []
    return [hashlib.sha256(view[start:end]).hexdigest() for start, end in zip(starts, ends.tolist(), strict=True)]


@overload
def key_texts(text_sha256: pl.Series) -> pl.Series: ...
@overload
def key_texts(text_sha256: pl.Expr) -> pl.Expr: ...
def key_texts(text_sha256: pl.Series | pl.Expr) -> pl.Series | pl.Expr:
    """Derive `text_key` (UInt64): the first 64 bits of the digest, big-endian. Takes a column or an expression."""
    return text_sha256.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64).alias("text_key")


def normalise_words(text: str) -> list[str]:
    """Give the folded words of a text in readable form: what `hash_texts` digests and `split_words` hashes."""
    data, bounds = read_utf8(pl.Series([text], dtype=pl.String))
    folded = make_folded_buffer(bounds)
    ends = _fold(data, bounds, make_scratch(bounds), load_table(), folded)
    return folded[: ends[0]].tobytes().decode().split(" ") if ends[0] else []


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
def load_table() -> Table:
    """The arrays of the Unicode table, and the same for ASCII alone: what each byte folds to, 0 for a separator."""
    table = load_unicode_table()
    ascii_folds = np.zeros(ASCII_SIZE, np.uint8)
    for code, entry in enumerate(table.entries[int(table.blocks[0]) << BLOCK_BITS :][:ASCII_SIZE].tolist()):
        if entry & _KIND_MASK != SEPARATOR:
            ascii_folds[code] = table.folds[(entry >> FOLD_SHIFT) + 1] if entry >> FOLD_SHIFT else code
    return table.blocks, table.entries, table.folds, ascii_folds


def make_scratch(bounds: Array) -> Scratch:
    """Room for the code points of one word, and for the folded bytes and the words of the longest text.

    In this order: code points, folded bytes, then for each word its hash, its start and end in characters of the text,
    and its end in the folded bytes.
    """
    longest = int(np.diff(bounds).max(initial=0))
    points = np.empty(MAX_EXPANSION * longest + 1, np.uint32)
    words = longest // 2 + 3
    return (
        points,
        np.empty(FOLDED_GROWTH * longest + words + _LANE_ROOM, np.uint8),
        np.empty(words, np.uint64),
        np.empty(words, np.uint32),
        np.empty(words, np.uint32),
        np.empty(words, np.int64),
    )


def make_folded_buffer(bounds: Array) -> Array:
    """Room for folded texts: for the longest one however it grows, and otherwise for a batch of them."""
    longest = int(np.diff(bounds).max(initial=0))
    return np.empty(max(FOLDED_GROWTH * longest + longest // 2 + 3, FOLDED_BATCH_BYTES), np.uint8)


def null_where_null(values: pl.Series, texts: pl.Series) -> pl.Series:
    """`values` with null where the text is null."""
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
def load_lane(folded: Array, at: Any) -> Any:
    """Read eight bytes as one number, little-endian. Indices without a sign let the compiler make one load of it."""
    lane = np.uint64(folded[at]) | np.uint64(folded[at + np.uint64(1)]) << np.uint64(8)
    lane |= np.uint64(folded[at + np.uint64(2)]) << np.uint64(16)
    lane |= np.uint64(folded[at + np.uint64(3)]) << np.uint64(24)
    lane |= np.uint64(folded[at + np.uint64(4)]) << np.uint64(32)
    lane |= np.uint64(folded[at + np.uint64(5)]) << np.uint64(40)
    lane |= np.uint64(folded[at + np.uint64(6)]) << np.uint64(48)
    return lane | np.uint64(folded[at + np.uint64(7)]) << np.uint64(56)


@compile_kernel
def _hash_words(folded: Array, cuts: Array, words: int, hashes: Array) -> None:
    """Hash the folded bytes of each word, eight to a multiplication, then their number. Word i ends at `cuts[i]`."""
    at: Any = np.uint64(0)
    for word in range(np.uint64(words)):
        end = np.uint64(cuts[word])
        rest = end - at
        length = rest
        value: Any = WORD_HASH_SEED
        while rest > LANE_BYTES:
            value = (value ^ load_lane(folded, at)) * WORD_HASH_FACTOR
            value ^= value >> HASH_SHIFT
            at += LANE_BYTES
            rest -= LANE_BYTES
        value = (value ^ (load_lane(folded, at) & LANE_MASKS[rest])) * WORD_HASH_FACTOR
        value ^= value >> HASH_SHIFT
        hashes[word] = mix_bits(value ^ length)
        at = end + np.uint64(1)


@compile_kernel
def decode_point(data: Array, at: int) -> tuple[int, int]:
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
def _fold_stretch(
    data: Array, at: int, last: int, character: int, state: tuple[int, int], scratch: Scratch, ascii_folds: Array
) -> tuple[Any, Any, Any, Any]:
    """Fold the ASCII characters from a byte on, which is no word's middle, up to another one or the end of the text.

    `state` and what is returned: words so far (an open one not counted) and folded bytes. Returns the byte it stopped
    at too, and whether a word is open there. There is no branch on what a character is, since none could be foreseen.
    """
    _, folded, _, starts, ends, cuts = scratch
    opened, closed, size = np.uint64(state[0]), np.uint64(state[0]), np.uint64(state[1])
    shift = np.uint64(character) - np.uint64(at)
    was_letter = np.uint64(0)
    stop = np.uint64(last)
    for place in range(np.uint64(at), np.uint64(last)):
        if data[place] >= ASCII_SIZE:
            stop = np.uint64(place)
            break
        fold = ascii_folds[data[place]]
        is_letter = np.uint64(fold != 0)
        folded[size] = fold | np.uint8(_SPACE * (np.uint64(1) - is_letter))
        starts[opened] = place + shift
        ends[closed] = place + shift
        cuts[closed] = size
        size += is_letter | was_letter
        opened += is_letter & (np.uint64(1) - was_letter)
        closed += was_letter & (np.uint64(1) - is_letter)
        was_letter = is_letter
    return np.int64(stop), np.int64(closed), np.int64(size), was_letter != 0


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
def _write_word(points: Array, count: int, folded: Array, size: int, cuts: Array, word: int) -> int:
    """Write the word gathered in `points`, and a space, after `size` folded bytes; returns the new size."""
    for point in range(count):
        size = _encode(int(points[point]), folded, size)
    cuts[word] = size
    folded[size] = _SPACE
    return size + 1


@compile_kernel
def find_words(  # noqa: C901, PLR0912, PLR0915 - one pass over the text is one loop
    data: Array, first: int, last: int, scratch: Scratch, table: Table
) -> tuple[int, int]:
    """Find the words of the text in bytes `first:last`; returns how many, and how many bytes they fold to.

    Fills the scratch: the folded words joined by one space, and the hash and the characters `start:end` of each.
    """
    points, folded, hashes, starts, ends, cuts = scratch
    blocks, entries, folds, ascii_folds = table
    words = 0
    size = 0
    gathered = 0  # code points of the last word, while it is open and not all ASCII
    is_open = False  # a word has begun and may go on with a letter
    takes_mark = False  # a word has begun and may go on with a mark
    character = 0
    at = first
    while at < last:
        if data[at] < ASCII_SIZE:
            fold = ascii_folds[data[at]]
            if fold and is_open and gathered:
                points[gathered] = fold
                gathered += 1
                character += 1
                ends[words - 1] = character
                at += 1
                continue
            if gathered:
                size = _write_word(points, gathered, folded, size, cuts, words - 1)
                gathered = 0
            stop, words, new_size, is_open = _fold_stretch(
                data, at, last, character, (words, size), scratch, ascii_folds
            )
            character += stop - at
            at = stop
            takes_mark = is_open
            if is_open:
                # What follows may belong to the last word, so it is gathered; it begins after the word before it.
                size = cuts[words - 1] + 1 if words else 0
                for place in range(size, new_size):
                    points[gathered] = folded[place]
                    gathered += 1
                ends[words] = character
                words += 1
            else:
                size = new_size
            continue
        code, at = decode_point(data, at)
        entry = _look_up(code, blocks, entries)
        kind = entry & _KIND_MASK
        if kind == SEPARATOR:
            is_open = takes_mark = False
        elif kind != IGNORABLE:
            continues = is_open or takes_mark if kind == MARK else is_open and kind != SINGLE
            if not continues:
                if gathered:
                    size = _write_word(points, gathered, folded, size, cuts, words - 1)
                    gathered = 0
                starts[words] = character
                words += 1
                is_open = kind != SINGLE
                takes_mark = True
            appended = gathered
            gathered = _append_folded(code, entry, points, gathered, folds)
            if continues:
                _order_marks(points, 0, appended, gathered, blocks, entries)
            ends[words - 1] = character + 1
        character += 1
    if gathered:
        size = _write_word(points, gathered, folded, size, cuts, words - 1)
    _hash_words(folded, cuts, words, hashes)
    return words, max(size - 1, 0)


@compile_kernel
def _split_into(data: Array, bounds: Array, scratch: Scratch, table: Table, room: tuple[Array, Array, Array]) -> Array:
    """Fill arrays that have room for the words of all texts; returns the words of each, and stops where room ends."""
    hashes, starts, ends = room
    _, _, text_hashes, text_starts, text_ends, _ = scratch
    counts = np.zeros(bounds.size - 1, np.int64)
    base = 0
    for text in range(bounds.size - 1):
        words, _ = find_words(data, bounds[text], bounds[text + 1], scratch, table)
        counts[text] = words
        if base + words > hashes.size:
            return counts
        hashes[base : base + words] = text_hashes[:words]
        starts[base : base + words] = text_starts[:words]
        ends[base : base + words] = text_ends[:words]
        base += words
    return counts


@compile_kernel
def _count(data: Array, bounds: Array, scratch: Scratch, table: Table) -> Array:
    counts = np.empty(bounds.size - 1, np.uint32)
    for text in range(bounds.size - 1):
        counts[text], _ = find_words(data, bounds[text], bounds[text + 1], scratch, table)
    return counts


@compile_kernel
def _fold(data: Array, bounds: Array, scratch: Scratch, table: Table, out: Array) -> Array:
    """Write folded texts to `out` for as long as they fit; returns where each one ends."""
    folded = scratch[1]
    ends = np.empty(bounds.size - 1, np.int64)
    used = 0
    for text in range(bounds.size - 1):
        _, size = find_words(data, bounds[text], bounds[text + 1], scratch, table)
        if used + size > out.size:
            return ends[:text]
        out[used : used + size] = folded[:size]
        used += size
        ends[text] = used
    return ends
