"""What is counted in one pass over each text: kernels over the bytes of a column of strings.

`scan_raw` reads the texts as they are, `scan_normalised` the same texts in lower case and decomposed. Line breaks that
follow one another count as one, and blank lines as none.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import (
    HASH_SHIFT,
    LANE_BYTES,
    LANE_MASKS,
    WORD_HASH_FACTOR,
    WORD_HASH_SEED,
    decode_point,
    load_lane,
    mix_bits,
)
from transforms.quality import characters as ch
from transforms.quality.repetition import MEASURES, make_room, measure_words, number_keys

Array = npt.NDArray[Any]

# Columns of what `scan_raw` counts.
(
    CHARACTERS,
    SOLID,
    BRACKETS,
    OPEN_BRACKETS,
    RAW_WORDS,
    SYMBOLS,
    WORDS_WITHOUT_LATIN,
    UPPER_WORDS,
    STOP_WORDS,
    SENTENCES,
    LINES,
    LINES_TRAIL_OFF,
    LINES_END_MARKED,
    LINES_BULLETED,
    LINES_UNPUNCTUATED,
    LINES_FEW_WORDS,
    LINES_STARRED,
    LINES_END_ELLIPSIS,
    LINES_END_SENTENCE,
    LINES_SHORT,
    WORDS,
    WORDS_WITH_SYMBOL,
    WORDS_WITH_ALPHA,
    REQUIRED_WORDS,
    DOUBLED_MEDIAN,
    REPEATED_LINES,
    REPEATED_LINE_CHARACTERS,
    LATER_LINE_CHARACTERS,
) = range(28)
RAW_COUNTS: Final = 28

# Columns of what `scan_normalised` counts.
NORMALISED_WORDS, NORMALISED_SOLID, JAVASCRIPT_WORDS = range(3)
NORMALISED_COUNTS: Final = 3

FEW_WORDS: Final = 3
SHORT_LINE_CHARACTERS: Final = 30
DOTS_IN_ELLIPSIS: Final = 3

_RARE: Final = ch.DOT | ch.STOP | ch.SYMBOL | ch.BRACKET
_ZERO_BITS: Final = np.uint32(0)
_LANE_ROOM: Final = 8


@compile_kernel
def hash_slice(data: Array, begin: int, end: int) -> Any:
    """The hash of the bytes `begin:end`, eight to a multiplication; it is compared within one run and never stored."""
    value: Any = WORD_HASH_SEED
    at = np.uint64(begin)
    rest = np.uint64(end) - at
    length = rest
    if end + _LANE_ROOM <= data.size:
        while rest > LANE_BYTES:
            value = (value ^ load_lane(data, at)) * WORD_HASH_FACTOR
            value ^= value >> HASH_SHIFT
            at += LANE_BYTES
            rest -= LANE_BYTES
        value = (value ^ (load_lane(data, at) & LANE_MASKS[rest])) * WORD_HASH_FACTOR
        value ^= value >> HASH_SHIFT
    else:
        # At the end of the buffer the same lanes are put together byte by byte.
        while True:
            lane = np.uint64(0)
            for byte in range(min(rest, LANE_BYTES)):
                lane |= np.uint64(data[at + np.uint64(byte)]) << np.uint64(8 * byte)
            value = (value ^ lane) * WORD_HASH_FACTOR
            value ^= value >> HASH_SHIFT
            if rest <= LANE_BYTES:
                break
            at += LANE_BYTES
            rest -= LANE_BYTES
    return mix_bits(value ^ length)


@compile_kernel
def hash_texts_whole(data: Array, bounds: Array) -> Array:
    """The hash of each text, taken as one word."""
    hashes = np.empty(bounds.size - 1, np.uint64)
    for text in range(bounds.size - 1):
        hashes[text] = hash_slice(data, bounds[text], bounds[text + 1])
    return hashes


@compile_kernel
def fill_tables(hashes: Array, counts: Array, starts: Array, sizes: Array, keys: Array) -> None:
    """Put the hashes, `counts` of them to a table, into open tables in `keys`; see `_is_in_set`."""
    at = 0
    for table in range(counts.size):
        mask = np.uint64(sizes[table] - 1)
        for _ in range(counts[table]):
            slot = hashes[at] & mask
            while keys[starts[table] + np.int64(slot)] != 0:
                slot = (slot + np.uint64(1)) & mask
            keys[starts[table] + np.int64(slot)] = hashes[at]
            at += 1


@compile_kernel
def _is_in_set(value: Any, keys: Array, start: int, size: int) -> Any:
    """Whether a hash is in the open table of `size` slots, a power of two, at `start`; an empty slot holds 0."""
    mask = np.uint64(size - 1)
    slot = value & mask
    while keys[start + np.int64(slot)] != 0:
        if keys[start + np.int64(slot)] == value:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@compile_kernel
def _double_median(lengths: Array, count: int) -> Any:
    """Twice the median, which is a whole number."""
    if count == 0:
        return 0
    histogram = np.zeros(lengths[:count].max() + 1, np.int64)
    for place in range(count):
        histogram[lengths[place]] += 1
    seen, low = 0, -1
    for length in range(histogram.size):
        seen += histogram[length]
        if low < 0 and seen > (count - 1) // 2:
            low = length
        if seen > count // 2:
            return low + length
    return 0


@compile_kernel
def find_longest(bounds: Array) -> Any:
    """Bytes of the longest text."""
    longest = 0
    for text in range(bounds.size - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    return longest


@compile_kernel
def _count_repeated_lines(hashes: Array, lengths: Array, lines: int, room: Any, counts: Array) -> None:
    table_keys, table_ids, ids, occurrences, seen, _, _, _, _, _ = room
    distinct = number_keys(hashes, lines, table_keys, table_ids, ids, occurrences)
    seen[:distinct] = 0
    for line in range(lines):
        number = ids[line]
        if occurrences[number] > 1:
            counts[REPEATED_LINES] += 1
            counts[REPEATED_LINE_CHARACTERS] += lengths[line]
            counts[LATER_LINE_CHARACTERS] += lengths[line] * seen[number]
            seen[number] = 1


@compile_kernel
def _count_line(counts: Array, length: int, words: int, trailing_dots: int, bits: tuple[Any, Any, Any, Any]) -> None:
    """Count one line; `bits` are those of its first and last character, and of its first and last solid one."""
    first, last, first_solid, last_solid = bits
    counts[LINES] += 1
    counts[CHARACTERS] += length
    counts[LINES_TRAIL_OFF] += trailing_dots >= DOTS_IN_ELLIPSIS or last_solid & ch.ELLIPSIS != 0
    counts[LINES_END_MARKED] += last_solid & ch.TERMINAL != 0
    counts[LINES_UNPUNCTUATED] += last_solid & ch.PUNCTUATED == 0
    counts[LINES_BULLETED] += first_solid & ch.BULLET != 0
    counts[LINES_STARRED] += first & ch.STAR != 0
    counts[LINES_END_ELLIPSIS] += last & ch.ELLIPSIS != 0
    counts[LINES_END_SENTENCE] += last & ch.ENDS_SENTENCE != 0
    counts[LINES_SHORT] += length <= SHORT_LINE_CHARACTERS
    counts[LINES_FEW_WORDS] += words < FEW_WORDS


@compile_kernel
def scan_raw(  # noqa: C901, PLR0912, PLR0915 - one pass over the text is one loop
    data: Array, bounds: Array, table: Any, set_keys: Array, sets: Array
) -> tuple[Array, Array, Array]:
    """Count what the texts have as they are written.

    `sets[text]` says where in `set_keys` the stop words and the required words of the text's language stand (start and
    size of each; a size of 0 is no set). Returns RAW_COUNTS columns a text, the sum over its lines of the share of
    upper-case characters, and the MEASURES of its words.
    """
    ascii_bits, blocks, entries = table
    texts = bounds.size - 1
    all_counts = np.zeros((texts, RAW_COUNTS), np.int64)
    upper_shares = np.zeros(texts, np.float64)
    measures = np.zeros((texts, MEASURES), np.float64)
    # A word, and a line, takes two bytes at least. Pages that are never written take no memory.
    most = find_longest(bounds) // 2 + 1
    hashes, lengths = np.empty(most, np.uint64), np.empty(most, np.int64)
    line_hashes, line_lengths = np.empty(most, np.uint64), np.empty(most, np.int64)
    room = make_room(most)
    for text in range(texts):
        counts = all_counts[text]
        stop_start, stop_size, required_start, required_size = (
            sets[text, 0],
            sets[text, 1],
            sets[text, 2],
            sets[text, 3],
        )
        last = bounds[text + 1]
        at = bounds[text]
        words, raw_words, raw_without_latin, raw_upper, sentences, stop_words = 0, 0, 0, 0, 0, 0
        is_in_sentence = False
        while at < last:
            # A line.
            line_begin, line_length, line_upper, line_words = at, 0, 0, words
            first, first_solid, bits, solid = _ZERO_BITS, _ZERO_BITS, _ZERO_BITS, _ZERO_BITS
            dots, trailing_dots = 0, 0
            is_open = True
            end = at
            while is_open:
                # A word, or white space between two.
                word_begin, word_length, word_bits = at, 0, _ZERO_BITS
                raw_begin, raw_kind, raw_bits = at, _ZERO_BITS, _ZERO_BITS
                previous = at
                while True:
                    previous = at
                    if at >= last:
                        is_open, end = False, at
                        break
                    if data[at] < ch.ASCII_SIZE:
                        new = ascii_bits[data[at]]
                        at += 1
                    else:
                        code, at = decode_point(data, at)
                        new = entries[np.int64(blocks[code >> ch.BLOCK_BITS]) << ch.BLOCK_BITS | code & ch.BLOCK_MASK]
                    if new & ch.BREAK:
                        is_open, end = False, at - 1
                        break
                    if line_length == 0:
                        first = new
                    line_length += 1
                    bits = new
                    if new & ch.SPACE:
                        dots = 0
                        break
                    if word_length == 0:
                        if first_solid == 0:
                            first_solid = new
                        raw_kind = new & ch.WORD
                    elif new & ch.WORD != raw_kind:
                        raw_words += 1
                        raw_without_latin += raw_bits & ch.LATIN == 0
                        raw_upper += raw_bits & (ch.UPPER | ch.NOT_UPPER) == ch.UPPER
                        if stop_size and raw_kind:
                            value = hash_slice(data, raw_begin, previous)
                            stop_words += _is_in_set(value, set_keys, stop_start, stop_size)
                        raw_begin, raw_kind, raw_bits = previous, new & ch.WORD, _ZERO_BITS
                    word_length += 1
                    solid = new
                    raw_bits |= new
                    word_bits |= new
                    line_upper += new & ch.UPPER != 0
                    if new & ch.WORD:
                        sentences += not is_in_sentence
                        is_in_sentence = True
                        dots = trailing_dots = 0
                        continue
                    dots = dots + 1 if new & ch.DOT else 0
                    trailing_dots = dots
                    if new & _RARE:
                        is_in_sentence &= new & ch.STOP == 0
                        counts[SYMBOLS] += new & ch.SYMBOL != 0 or (dots > 0 and dots % DOTS_IN_ELLIPSIS == 0)
                        counts[BRACKETS] += new & ch.BRACKET != 0
                        counts[OPEN_BRACKETS] += new & ch.OPEN_BRACKET != 0
                if word_length:
                    raw_words += 1
                    raw_without_latin += raw_bits & ch.LATIN == 0
                    raw_upper += raw_bits & (ch.UPPER | ch.NOT_UPPER) == ch.UPPER
                    value = hash_slice(data, word_begin, previous)
                    hashes[words], lengths[words] = value, word_length
                    words += 1
                    counts[SOLID] += word_length
                    counts[WORDS_WITH_SYMBOL] += word_bits & ch.SYMBOL != 0
                    counts[WORDS_WITH_ALPHA] += word_bits & ch.ALPHA != 0
                    if required_size and _is_in_set(value, set_keys, required_start, required_size):
                        counts[REQUIRED_WORDS] += 1
                    if stop_size and raw_kind:
                        if raw_begin != word_begin:
                            value = hash_slice(data, raw_begin, previous)
                        stop_words += _is_in_set(value, set_keys, stop_start, stop_size)
            if line_length:
                line_hashes[counts[LINES]] = hash_slice(data, line_begin, end)
                line_lengths[counts[LINES]] = line_length
                upper_shares[text] += line_upper / (line_length + (end != last))
                _count_line(counts, line_length, words - line_words, trailing_dots, (first, bits, first_solid, solid))
        counts[WORDS], counts[RAW_WORDS], counts[WORDS_WITHOUT_LATIN] = words, raw_words, raw_without_latin
        counts[UPPER_WORDS], counts[SENTENCES], counts[STOP_WORDS] = raw_upper, sentences, stop_words
        counts[CHARACTERS] += max(counts[LINES] - 1, 0)
        counts[DOUBLED_MEDIAN] = _double_median(lengths, words)
        _count_repeated_lines(line_hashes, line_lengths, counts[LINES], room, counts)
        measure_words(hashes, lengths, words, room, measures[text])
    return all_counts, upper_shares, measures


@compile_kernel
def scan_normalised(  # noqa: C901, PLR0912, PLR0915 - one pass over the text is one loop
    data: Array, bounds: Array, table: Any, javascript: Any
) -> tuple[Array, Array, Array]:
    """Count what the texts have, given in lower case and decomposed; ASCII punctuation is passed over.

    `javascript` is the hash of that word. Returns NORMALISED_COUNTS columns a text, the sum over its lines of the share
    of numeric characters, and the MEASURES of its words.
    """
    ascii_bits, blocks, entries = table
    texts = bounds.size - 1
    all_counts = np.zeros((texts, NORMALISED_COUNTS), np.int64)
    numeric_shares = np.zeros(texts, np.float64)
    measures = np.zeros((texts, MEASURES), np.float64)
    most = find_longest(bounds) // 2 + 1
    hashes, lengths = np.empty(most, np.uint64), np.empty(most, np.int64)
    # A word without the punctuation inside; one that has none is hashed where it stands.
    bare = np.empty(2 * most + _LANE_ROOM, np.uint8)
    room = make_room(most)
    for text in range(texts):
        last = bounds[text + 1]
        at = bounds[text]
        words, solid, javascript_words, line_length, line_numeric = 0, 0, 0, 0, 0
        while at <= last:
            word_begin = word_end = at
            word_length = 0
            is_whole = True
            new = np.uint32(ch.BREAK)
            while True:
                begin = at
                if at >= last:
                    at += 1
                    new = np.uint32(ch.BREAK)
                    break
                if data[at] < ch.ASCII_SIZE:
                    new = ascii_bits[data[at]]
                    at += 1
                else:
                    code, at = decode_point(data, at)
                    new = entries[np.int64(blocks[code >> ch.BLOCK_BITS]) << ch.BLOCK_BITS | code & ch.BLOCK_MASK]
                if new & ch.SPACE:
                    break
                if new & ch.PUNCTUATION:
                    continue
                if word_length == 0:
                    word_begin = begin
                else:
                    is_whole &= begin == word_end
                word_end = at
                word_length += 1
                line_numeric += new & ch.NUMERIC != 0
            if word_length:
                if is_whole:
                    hashes[words] = hash_slice(data, word_begin, word_end)
                else:
                    size = 0
                    for place in range(word_begin, word_end):
                        if data[place] >= ch.ASCII_SIZE or not ascii_bits[data[place]] & ch.PUNCTUATION:
                            bare[size] = data[place]
                            size += 1
                    hashes[words] = hash_slice(bare, 0, size)
                lengths[words] = word_length
                javascript_words += hashes[words] == javascript
                words += 1
                solid += word_length
                line_length += word_length + (line_length > 0)
            if new & ch.BREAK:
                if line_length:
                    numeric_shares[text] += line_numeric / line_length
                line_length, line_numeric = 0, 0
        counts = all_counts[text]
        counts[NORMALISED_WORDS], counts[NORMALISED_SOLID], counts[JAVASCRIPT_WORDS] = words, solid, javascript_words
        measure_words(hashes, lengths, words, room, measures[text])
    return all_counts, numeric_shares, measures
