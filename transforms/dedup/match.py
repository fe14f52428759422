"""Which documents share a fingerprint, and so may share a passage.

Documents are numbered by rank, 0 first; a pair is the number of its lower-ranked document above that of the other one,
in 64 bits. The documents that have a fingerprint are its list. In a list of up to LIST_CAP documents each is paired
with each. A longer list is a template (a boilerplate sentence, a line of a wire service): each of its documents is
paired with the LIST_TOPS highest-ranked ones, so that pairs grow as fast as documents, not as their square.

Which pairs there are depends on the documents held and on nothing else. So when documents come or go, pairs are added,
and pairs are lost: those that were there because of a list that has become too long, or of a document that is no longer
among its highest. A lost pair can still be there because of another list (`find_linked` tells).

A pair given up to the cap shares only passages that more than LIST_CAP documents have. Since each document is compared
with the highest-ranked ones that have the passage, its words are covered all the same, as long as one of those is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.fingerprints import FINGERPRINT_BITS
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.postings import Numbers, compact_sorted, number_anew, slice_by_prefix, sort_distinct
from transforms.dedup.words import Array, key_texts

LIST_CAP: Final = 128
"""Longest list of which all pairs are compared.

On 37,554 news articles with their boilerplate left in, lists reach 2,598 documents and give 4.7 million pairs. With
(cap, tops) of (128, 8) 0.34 million are left, and no decision differs; nor did one for caps from 32 to 256 and tops
from 2 to 32. The recall part of the bench counts what is given up and compares the decisions again.
"""

LIST_TOPS: Final = 8
"""Documents of a longer list that each is paired with. See LIST_CAP."""

NODE_BITS: Final = 32

PREFIX_BITS: Final = FINGERPRINT_BITS - NODE_BITS
"""Fingerprints are worked on in 2^8 parts of their range, so that the rest of one and the number of its document fill
64 bits, and memory holds one part at a time."""

NO_NODE: Final = np.uint32(0xFFFFFFFF)
"""Of a text that no document stands for."""

WAS_ACTIVE: Final = 1
IS_ACTIVE: Final = 2
IS_CHANGED: Final = 4
"""Flags of a document: taking part before, taking part now, and (then its pairs are made anew) come, gone or derived
again."""

Nodes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.uint8]

_NODE_SHIFT: Final = np.uint64(NODE_BITS)
_NODE_MASK: Final = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs that one part of the fingerprints adds and loses (sorted, distinct), and how much was given up to the cap:

    lists longer than LIST_CAP, and the pairs in them that are not compared because of them.
    """

    added: Numbers
    lost: Numbers
    long_lists: int
    pairs_given_up: int


def pack_pairs(nodes: Nodes, others: Nodes) -> Numbers:
    """Pairs of documents as numbers, the lower-ranked document (the larger number) first."""
    low, high = np.maximum(nodes, others).astype(np.uint64), np.minimum(nodes, others).astype(np.uint64)
    return low << _NODE_SHIFT | high


def unpack_pairs(pairs: Numbers) -> tuple[Nodes, Nodes]:
    """The lower-ranked and the higher-ranked document of each pair."""
    return (pairs >> _NODE_SHIFT).astype(np.uint32), (pairs & _NODE_MASK).astype(np.uint32)


def find_links(
    sources: Sequence[tuple[Numbers, Nodes]], flags: Flags, workers: Executor | None = None
) -> Iterator[Links]:
    """Find the pairs that come and go, one part of the fingerprints after the other, or with `workers` all at once.

    `sources` are sorted postings, with the document of each of their texts (NO_NODE: none). A posting may stand in
    several. `flags` has the flags of each document. Of a fingerprint that a changed document has, all postings of
    active documents must be given.
    """
    bounds = _cut_sources(sources)
    yield from (map if workers is None else workers.map)(
        lambda part: _find_links_of(_gather_lists(sources, bounds, part), flags), range(1 << PREFIX_BITS)
    )


def _find_links_of(lists: Numbers, flags: Flags) -> Links:
    added, lost, long_lists, pairs_given_up = _link(lists, flags)
    return Links(sort_distinct(added), sort_distinct(lost), long_lists, pairs_given_up)


def find_linked(sources: Sequence[tuple[Numbers, Nodes]], flags: Flags, pairs: Numbers) -> Numbers:
    """Those of `pairs` (sorted) that share a list which pairs them, as documents are now.

    `sources` are as `find_links` takes them, complete for every fingerprint of a document in `pairs`.
    """
    is_linked = np.zeros(pairs.size, np.bool_)
    is_asked = np.zeros(flags.size, np.bool_)
    for nodes in unpack_pairs(pairs):
        is_asked[nodes] = True
    bounds = _cut_sources(sources)
    for part in range(1 << PREFIX_BITS):
        _mark_linked(_gather_lists(sources, bounds, part), flags, is_asked, pairs, is_linked)
    return pairs[is_linked]


def cut_chunks(pieces: Iterable[Numbers], word_counts: npt.NDArray[np.int64], most_words: int) -> Iterator[Numbers]:
    """Cut sorted pairs into chunks whose documents hold about `most_words` together, each counted once."""
    for pairs in pieces:
        if pairs.size:
            yield from np.split(pairs, cut_by_words(pairs, word_counts, most_words)[:-1])


def name_sources(pieces: Sequence[tuple[Numbers, Numbers]], documents: pl.DataFrame) -> list[tuple[Numbers, Nodes]]:
    """Postings with the keys of their texts, as `find_links` takes them.

    `documents`: rank, text_sha256, was_text_sha256, was_active, is_active. Where another document stood for a text
    before, its postings are given for both.
    """
    now_standing, then_standing = (
        documents.filter(flag).select("rank", key_texts(pl.col(text)).alias("text_key")).sort("text_key")
        for flag, text in (("is_active", "text_sha256"), ("was_active", "was_text_sha256"))
    )
    sources = []
    for postings, keys in pieces:
        now, then = _find_nodes(now_standing, keys), _find_nodes(then_standing, keys)
        sources.append((postings, now))
        is_other = (now != then) & (then != NO_NODE)
        if is_other.any():
            sources.append((postings, np.where(is_other, then, NO_NODE).astype(np.uint32)))
    return sources


def _find_nodes(standing: pl.DataFrame, keys: Numbers) -> Nodes:
    """The document that stands for each text; NO_NODE where there is none. `standing` is sorted by text_key."""
    if standing.is_empty():
        return np.full(keys.size, NO_NODE, np.uint32)
    known, ranks = standing["text_key"].to_numpy(), standing["rank"].to_numpy()
    places = np.minimum(np.searchsorted(known, keys), known.size - 1)
    return np.where(known[places] == keys, ranks[places], NO_NODE).astype(np.uint32)


def merge_pairs(parts: Iterable[Numbers]) -> Numbers:
    """The distinct pairs of all parts, sorted."""
    found = list(parts)
    return sort_distinct(np.concatenate(found)) if found else np.empty(0, np.uint64)


def _cut_sources(sources: Sequence[tuple[Numbers, Nodes]]) -> list[npt.NDArray[np.int64]]:
    """Where each part of the fingerprints begins in the postings of each source."""
    return [slice_by_prefix(postings, PREFIX_BITS) for postings, _ in sources]


def _gather_lists(
    sources: Sequence[tuple[Numbers, Nodes]], bounds: Sequence[npt.NDArray[np.int64]], part: int
) -> Numbers:
    """The lists of one part of the fingerprints: rest of the fingerprint above number of the document, sorted."""
    return merge_pairs(
        number_anew(postings[cuts[part] : cuts[part + 1]], nodes, NODE_BITS, int(NO_NODE))
        for (postings, nodes), cuts in zip(sources, bounds, strict=True)
        if cuts[part] < cuts[part + 1]
    )


@compile_kernel
def _append(out: Array, size: int, one: int, other: int) -> tuple[Array, int]:
    """Append a pair to a growing array."""
    if size == out.size:
        # What was gathered repeats itself: near copies meet in every list. Only what is left is carried on.
        out.sort()
        size = compact_sorted(out)
        if 2 * size > out.size:
            out = np.concatenate((out, np.empty(out.size, np.uint64)))
    out[size] = np.uint64(max(one, other)) << _NODE_SHIFT | np.uint64(min(one, other))
    return out, size + 1


@compile_kernel
def _list_active(lists: Array, start: int, end: int, flags: Array, flag: int, out: Array) -> int:
    """Write the documents of a list that have a flag to `out`, by rank; returns how many there are."""
    count = 0
    for place in range(start, end):
        node = lists[place] & _NODE_MASK
        if flags[node] & flag:
            out[count] = node
            count += 1
    return count


@compile_kernel
def _find_end(lists: Array, start: int) -> int:
    end = start + 1
    while end < lists.size and lists[end] >> _NODE_SHIFT == lists[start] >> _NODE_SHIFT:
        end += 1
    return end


@compile_kernel
def _longest_list(lists: Array) -> int:
    longest, start = 0, 0
    while start < lists.size:
        end = _find_end(lists, start)
        longest = max(longest, end - start)
        start = end
    return longest


@compile_kernel
def _stands_before(nodes: Array, count: int, node: int) -> bool:
    """Whether `node` is among the first `count` of `nodes`."""
    place = 0
    while place < count and nodes[place] != node:
        place += 1
    return place < count


@compile_kernel
def _count_tops(count: int) -> int:
    """How many documents of a list, the highest-ranked first, are paired with all that stand under them."""
    return min(LIST_TOPS, count) if count > LIST_CAP else count


@compile_kernel
def _may_have_moved(before: Array, count_before: int, flags: Array) -> bool:
    """Whether a list was long, and a document of it was derived again: it may have stood higher or lower then.

    Who was among the highest is not known of such a list.
    """
    found = 0
    if _count_tops(count_before) < count_before:
        for place in range(count_before):
            flag = flags[before[place]]
            found += (flag & IS_CHANGED > 0) and (flag & IS_ACTIVE > 0)
    return found > 0


@compile_kernel
def _add_links(
    now: tuple[Array, int], then: tuple[Array, int], flags: Array, added: Array, size: int
) -> tuple[Array, int]:
    """Append the pairs that a list makes now and did not make, or whose text may be another one."""
    members, count = now
    before, count_before = then
    tops_before = _count_tops(count_before)
    is_unknown = _may_have_moved(before, count_before, flags)
    for top in range(_count_tops(count)):
        one = members[top]
        # Where lists are long, one that was not among the highest was paired with few others.
        is_new = flags[one] & IS_CHANGED or (
            tops_before < count_before and (is_unknown or not _stands_before(before, tops_before, one))
        )
        for place in range(top + 1, count):
            other = members[place]
            if is_new or flags[other] & IS_CHANGED:
                added, size = _append(added, size, one, other)
    return added, size


@compile_kernel
def _add_lost(
    now: tuple[Array, int], then: tuple[Array, int], flags: Array, lost: Array, size: int
) -> tuple[Array, int]:
    """Append the pairs of unchanged documents that a list made and, being long, makes no more."""
    members, count = now
    before, count_before = then
    tops = _count_tops(count)
    if tops == count:
        return lost, size
    tops_before = _count_tops(count_before)
    # Unchanged documents kept their order, so those that can have been among the highest are the first ones.
    reach = count_before if _may_have_moved(before, count_before, flags) else tops_before
    possible = 0
    for top in range(reach):
        one = before[top]
        if flags[one] & IS_CHANGED:
            continue
        possible += 1
        if possible > tops_before:
            break
        if _stands_before(members, tops, one):
            continue
        for place in range(top + 1, count_before):
            other = before[place]
            if not flags[other] & IS_CHANGED and not _stands_before(members, tops, other):
                lost, size = _append(lost, size, one, other)
    return lost, size


@compile_kernel
def _link(lists: Array, flags: Array) -> tuple[Array, Array, int, int]:
    """Pairs added and lost, not sorted yet, then the number of long lists and of the pairs they give up."""
    added, lost = np.empty(1024, np.uint64), np.empty(16, np.uint64)
    added_size, lost_size = 0, 0
    long_lists, given_up = 0, 0
    longest = _longest_list(lists)
    now, then = np.empty(longest, np.int64), np.empty(longest, np.int64)
    start = 0
    while start < lists.size:
        end = _find_end(lists, start)
        if end - start > 1:
            count = _list_active(lists, start, end, flags, IS_ACTIVE, now)
            before = _list_active(lists, start, end, flags, WAS_ACTIVE, then)
            rest = count - _count_tops(count)
            long_lists += rest > 0
            given_up += rest * (rest - 1) // 2
            added, added_size = _add_links((now, count), (then, before), flags, added, added_size)
            lost, lost_size = _add_lost((now, count), (then, before), flags, lost, lost_size)
        start = end
    return added[:added_size], lost[:lost_size], long_lists, given_up


@compile_kernel
def _mark_linked(lists: Array, flags: Array, is_asked: Array, pairs: Array, is_linked: Array) -> None:
    """Mark the pairs that a list links."""
    members = np.empty(_longest_list(lists), np.int64)
    start = 0
    while start < lists.size:
        end = _find_end(lists, start)
        count = _list_active(lists, start, end, flags, IS_ACTIVE, members)
        start = end
        for top in range(_count_tops(count)):
            if not is_asked[members[top]]:
                continue
            for place in range(top + 1, count):
                if is_asked[members[place]]:
                    pair = np.uint64(members[place]) << _NODE_SHIFT | np.uint64(members[top])
                    found = np.searchsorted(pairs, pair)
                    if found < pairs.size and pairs[found] == pair:
                        is_linked[found] = True


def make_flags(is_before: pl.Series, is_now: pl.Series, is_changed: pl.Series) -> Flags:
    """Flags of documents from three columns of booleans, one for each flag."""
    flags = is_before.cast(pl.UInt8) * WAS_ACTIVE + is_now.cast(pl.UInt8) * IS_ACTIVE
    return (flags + is_changed.cast(pl.UInt8) * IS_CHANGED).to_numpy()


@compile_kernel
def cut_by_words(pairs: Array, word_counts: Array, most_words: int) -> Array:
    """Cut pairs (sorted, at least one) so that the documents between two cuts hold about `most_words` together.

    Returns the end of each piece. A document counts once in a piece; a piece has one pair at least.
    """
    seen = np.full(word_counts.size, -1, np.int64)
    ends = [0]
    ends.pop()
    total = 0
    start = 0
    for place in range(pairs.size):
        added = 0
        for node in (np.int64(pairs[place] >> _NODE_SHIFT), np.int64(pairs[place] & _NODE_MASK)):
            if seen[node] != len(ends):
                added += word_counts[node]
        if place > start and total + added > most_words:
            ends.append(place)
            start = place
            total = 0
        for node in (np.int64(pairs[place] >> _NODE_SHIFT), np.int64(pairs[place] & _NODE_MASK)):
            if seen[node] != len(ends):
                seen[node] = len(ends)
                total += word_counts[node]
    ends.append(pairs.size)
    return np.array(ends, np.int64)
