"""Postings: which text has which fingerprint, as one sorted array of numbers.

A posting is a fingerprint (40 bits) above the number of its text in the segment (24 bits). A segment holds the
postings of some texts, sorted, and the key of each text. Its directory divides the range of fingerprints evenly into
buckets of about BUCKET_POSTINGS, so that the few postings that a fingerprint can have are found in one step, and gives
a checksum for each, so that what is read is what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.fingerprints import FINGERPRINT_BITS
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import Array, mix_bits

TEXT_BITS: Final = 64 - FINGERPRINT_BITS
MOST_TEXTS: Final = 1 << TEXT_BITS
"""Texts of one segment, at most."""

BUCKET_POSTINGS: Final = 256
"""Two kilobytes: half of what a page of memory brings in anyway."""

BUCKET_BITS_AT_MOST: Final = 32

MERGED_PARTS_BITS: Final = 6
"""Segments are merged in 2^6 parts, so that memory holds a small part of the postings at a time."""

Numbers = npt.NDArray[np.uint64]

_TEXT_SHIFT: Final = np.uint64(TEXT_BITS)
_TEXT_MASK: Final = np.uint64(MOST_TEXTS - 1)
_ONE: Final = np.uint64(1)


@dataclass(frozen=True, slots=True)
class Segment:
    """The postings of some texts.

    `text_keys[i]` is the key of text i (`words.key_texts`), each key once. `bucket_ends` and `bucket_checksums` have
    one value for each of 2^b equal parts of the range of fingerprints: where its postings end, and their checksum.
    """

    postings: Numbers
    text_keys: Numbers
    bucket_ends: Numbers
    bucket_checksums: Numbers


def build_segment(text_keys: Numbers, fingerprints: Numbers, counts: npt.NDArray[np.int64]) -> Segment:
    """Make the segment of texts: text i has the next `counts[i]` of `fingerprints`; of equal keys the first counts.

    ValueError when there are more texts than a segment can hold.
    """
    order = np.sort(np.unique(text_keys, return_index=True)[1])
    if order.size > MOST_TEXTS:
        raise ValueError(f"a segment holds {MOST_TEXTS} texts at most, not {order.size}")
    numbers = np.full(text_keys.size, MOST_TEXTS, np.uint64)
    numbers[order] = np.arange(order.size, dtype=np.uint64)
    by_posting = np.repeat(numbers, counts)
    is_new = by_posting < MOST_TEXTS
    packed = fingerprints[is_new] << _TEXT_SHIFT | by_posting[is_new]
    return finish_segment(sort_distinct(packed), text_keys[order])


def finish_segment(postings: Numbers, text_keys: Numbers) -> Segment:
    """Add the directory to sorted, distinct postings."""
    bits = 0
    while bits < BUCKET_BITS_AT_MOST and postings.size >> (bits + 1) >= BUCKET_POSTINGS:
        bits += 1
    starts = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits) if bits else np.empty(0, np.uint64)
    ends = np.append(np.searchsorted(postings, starts), postings.size).astype(np.uint64)
    return Segment(postings, text_keys, ends, _sum_buckets(postings, ends))


@dataclass(frozen=True, slots=True)
class Merger:
    """Segments to make one of: each text is taken from the first segment that has it.

    `text_keys` are the texts of the new segment, `numbers` their numbers in it for each text of each old one.
    """

    segments: tuple[Segment, ...]
    text_keys: Numbers
    numbers: tuple[Numbers, ...]

    @property
    def most_postings(self) -> int:
        """More postings than this cannot come out."""
        return sum(segment.postings.size for segment in self.segments)

    def merge_parts(self) -> Iterator[Numbers]:
        """The postings of the new segment, sorted, one part of the range of fingerprints after the other."""
        bounds = [slice_by_prefix(segment.postings, MERGED_PARTS_BITS) for segment in self.segments]
        for part in range(1 << MERGED_PARTS_BITS):
            pieces = [np.empty(0, np.uint64)]
            pieces += [
                number_anew(segment.postings[cuts[part] : cuts[part + 1]], numbers, TEXT_BITS, MOST_TEXTS)
                for segment, numbers, cuts in zip(self.segments, self.numbers, bounds, strict=True)
            ]
            merged = np.concatenate(pieces)
            merged.sort()
            yield merged


def plan_merge(segments: Sequence[Segment], left_out: Numbers) -> Merger:
    """Number the texts that one segment would hold; ValueError when they are too many.

    Keys in `left_out` are left out.
    """
    keys = np.concatenate([segment.text_keys for segment in segments] or [np.empty(0, np.uint64)])
    distinct, first = np.unique(keys, return_index=True)
    order = np.sort(first[~mark_known(distinct, left_out)])
    if order.size > MOST_TEXTS:
        raise ValueError(f"a segment holds {MOST_TEXTS} texts at most, not {order.size}")
    numbers = np.full(keys.size, MOST_TEXTS, np.uint64)
    numbers[order] = np.arange(order.size, dtype=np.uint64)
    cuts = np.cumsum([segment.text_keys.size for segment in segments])[:-1]
    return Merger(tuple(segments), keys[order], tuple(np.split(numbers, cuts)) if segments else ())


def mark_known(keys: Numbers, known: Numbers) -> npt.NDArray[np.bool_]:
    """Which of `keys` (few) stand in `known` (many): the few are put in a table, and the many go through it once."""
    few = pl.Series(keys, dtype=pl.UInt64)
    many = pl.Series(known, dtype=pl.UInt64)
    return few.is_in(many.filter(many.is_in(few.implode())).implode()).to_numpy()


def find_damage(segment: Segment) -> str | None:
    """What is wrong with a whole segment, in one sentence; None when nothing is."""
    if segment.bucket_ends.size != segment.bucket_checksums.size or not segment.bucket_ends.size:
        return "its directory is not whole"
    if int(segment.bucket_ends[-1]) != segment.postings.size or (np.diff(segment.bucket_ends.view(np.int64)) < 0).any():
        return "its directory does not fit its postings"
    differs = _sum_buckets(segment.postings, segment.bucket_ends) != segment.bucket_checksums
    return f"{int(differs.sum())} of {differs.size} buckets are not what was written" if differs.any() else None


def find_postings(segment: Segment, fingerprints: Numbers) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Find the postings of `fingerprints` (sorted, distinct), and the buckets met whose checksum is wrong.

    Only the buckets that a fingerprint falls into are read.
    """
    room = min(segment.postings.size, 4 * fingerprints.size + 1024)
    while True:
        found = np.empty(room, np.uint64)
        count, damaged = _find(segment.postings, segment.bucket_ends, segment.bucket_checksums, fingerprints, found)
        if count <= room:
            return found[:count], damaged
        room = count


def split_postings(postings: Numbers) -> tuple[Numbers, Numbers]:
    """The fingerprints and the text numbers of postings."""
    return postings >> _TEXT_SHIFT, postings & _TEXT_MASK


def join_postings(fingerprints: Numbers, texts: Numbers) -> Numbers:
    """Postings of fingerprints and text numbers."""
    return fingerprints << _TEXT_SHIFT | texts


def sort_distinct(values: Numbers) -> Numbers:
    """The distinct values, sorted; in the memory of `values`."""
    values.sort()
    return values[: compact_sorted(values)]


@compile_kernel
def compact_sorted(values: Array) -> int:
    """Move the distinct values of a sorted array to its front; returns how many there are."""
    count = 0
    for place in range(values.size):
        if count == 0 or values[place] != values[count - 1]:
            values[count] = values[place]
            count += 1
    return count


def slice_by_prefix(postings: Numbers, bits: int) -> npt.NDArray[np.int64]:
    """Where the postings of each of the 2^bits parts of the range of fingerprints start, and where the last ends."""
    starts = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    return np.concatenate([[0], np.searchsorted(postings, starts), [postings.size]]).astype(np.int64)


@compile_kernel
def number_anew(postings: Array, numbers: Array, bits: int, none: int) -> Array:
    """The postings of texts that have a new number, with that number in the lowest `bits`; `none` is no number.

    With more bits than a text number takes, the fingerprint loses as many at its upper end.
    """
    out = np.empty(postings.size, np.uint64)
    count = 0
    for place in range(postings.size):
        number = numbers[postings[place] & _TEXT_MASK]
        if number != none:
            out[count] = (postings[place] >> _TEXT_SHIFT) << np.uint64(bits) | np.uint64(number)
            count += 1
    return out[:count]


@compile_kernel
def _sum_bucket(postings: Array, start: Any, end: Any) -> Any:
    """Checksum of the postings `start:end`: each one, mixed with its place, added up."""
    total = np.uint64(end - start)
    for place in range(start, end):
        total = (total ^ postings[place]) * np.uint64(0x9FB21C651E98DF25)
        total ^= total >> np.uint64(29)
    return mix_bits(total)


@compile_kernel
def _sum_buckets(postings: Array, ends: Array) -> Array:
    sums = np.empty(ends.size, np.uint64)
    start = np.int64(0)
    for bucket in range(ends.size):
        end = np.int64(ends[bucket])
        sums[bucket] = _sum_bucket(postings, start, end)
        start = end
    return sums


@compile_kernel
def _find(
    postings: Array, bucket_ends: Array, bucket_checksums: Array, fingerprints: Array, found: Array
) -> tuple[int, Array]:
    """Write the postings of the fingerprints to `found` as far as they fit; returns how many there are."""
    bits = 0
    while np.int64(1) << bits < bucket_ends.size:
        bits += 1
    damaged = [np.int64(0)]
    damaged.pop()
    shift = np.uint64(FINGERPRINT_BITS - bits)
    count = 0
    bucket, place, end = np.int64(-1), np.int64(0), np.int64(0)
    for number in range(fingerprints.size):
        fingerprint = fingerprints[number]
        own = np.int64(fingerprint >> shift)
        if own != bucket:
            bucket = own
            place = np.int64(bucket_ends[bucket - 1]) if bucket else np.int64(0)
            end = np.int64(bucket_ends[bucket])
            if _sum_bucket(postings, place, end) != bucket_checksums[bucket]:
                damaged.append(bucket)
        low = fingerprint << _TEXT_SHIFT
        high = low | _TEXT_MASK
        while place < end and postings[place] < low:
            place += 1
        while place < end and postings[place] <= high:
            if count < found.size:
                found[count] = postings[place]
            count += 1
            place += 1
    return count, np.array(damaged, np.int64) if damaged else np.empty(0, np.int64)
