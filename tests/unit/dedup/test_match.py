"""Which pairs lists make: against a slow reading of the rule, all at once and step by step."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from random import Random
from typing import Final

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup.fingerprints import FINGERPRINT_BITS
from transforms.dedup.match import (
    LIST_CAP,
    LIST_TOPS,
    NO_NODE,
    PREFIX_BITS,
    Flags,
    Links,
    Nodes,
    cut_by_words,
    cut_chunks,
    find_linked,
    find_links,
    make_flags,
    merge_pairs,
    name_sources,
    pack_pairs,
    unpack_pairs,
)
from transforms.dedup.postings import TEXT_BITS, Numbers
from transforms.dedup.words import key_texts

Pair = tuple[int, int]
State = dict[int, frozenset[int]]
"""The documents that take part, by rank, and the fingerprints that each one has."""

MARKS: Final = (0, 1, 2, (1 << FINGERPRINT_BITS) - 1, 3 << (FINGERPRINT_BITS - PREFIX_BITS))
"""Fingerprints: some in the same part of their range, some at its ends."""


def numbers(*values: int) -> Numbers:
    return np.array(values, np.uint64)


def list_pairs(pairs: Numbers) -> list[Pair]:
    low, high = unpack_pairs(pairs)
    return list(zip(low.tolist(), high.tolist(), strict=True))


# --- the rule, read slowly -------------------------------------------------------------------------------------------


def list_members(state: State) -> dict[int, list[int]]:
    """The list of each fingerprint, highest-ranked document first."""
    return {mark: sorted(node for node, marks in state.items() if mark in marks) for mark in MARKS}


def link_slowly(state: State) -> set[Pair]:
    """Lower-ranked and higher-ranked document of every pair that a list makes."""
    found: set[Pair] = set()
    for members in list_members(state).values():
        paired_with_all = members if len(members) <= LIST_CAP else members[:LIST_TOPS]
        found |= {(max(top, node), min(top, node)) for top in paired_with_all for node in members if node != top}
    return found


def count_given_up(state: State) -> tuple[int, int]:
    """Lists that are too long, and the pairs of their members that they do not make."""
    long = [len(members) for members in list_members(state).values() if len(members) > LIST_CAP]
    return len(long), sum(len(list(combinations(range(size - LIST_TOPS), 2))) for size in long)


# --- asking the kernels ----------------------------------------------------------------------------------------------


def make_source(state: State) -> tuple[Numbers, Nodes]:
    """Postings in which text i is that of the i-th document."""
    nodes = sorted(state)
    packed = sorted(mark << TEXT_BITS | text for text, node in enumerate(nodes) for mark in state[node])
    return numbers(*packed), np.array(nodes, np.uint32)


def flag(count: int, before: Iterable[int], now: Iterable[int], changed: Iterable[int]) -> Flags:
    before, now, changed = set(before), set(now), set(changed)
    is_before, is_now, is_changed = (
        pl.Series([node in nodes for node in range(count)], dtype=pl.Boolean) for nodes in (before, now, changed)
    )
    return make_flags(is_before, is_now, is_changed)


def gather(links: Iterable[Links]) -> tuple[set[Pair], set[Pair], int, int]:
    """Pairs added and lost by all parts together, lists that are too long and pairs given up."""
    parts = list(links)
    for part in parts:
        for pairs in (part.added, part.lost):
            assert (np.diff(pairs.astype(object)) > 0).all()
    added = {pair for part in parts for pair in list_pairs(part.added)}
    lost = {pair for part in parts for pair in list_pairs(part.lost)}
    return added, lost, sum(part.long_lists for part in parts), sum(part.pairs_given_up for part in parts)


@dataclass(frozen=True)
class Step:
    """What one change of the documents does to the pairs."""

    before: State
    now: State
    again: frozenset[int] = frozenset()
    """Documents that were and are there, and were derived again."""

    @property
    def changed(self) -> set[int]:
        return set(self.before) ^ set(self.now) | self.again

    def apply(self, held: set[Pair]) -> set[Pair]:
        """The pairs held after the change, as a run would know them."""
        count = max([*self.before, *self.now], default=-1) + 1
        flags = flag(count, self.before, self.now, self.changed)
        # A document derived again is named by the words that it has now.
        left = {node: marks for node, marks in self.before.items() if node not in self.again}
        sources = [make_source(left), make_source(self.now)]
        added, lost, *_ = gather(find_links(sources, flags))
        # Of a long list with a document that was derived again nobody knows who stood highest in it: then pairs can be
        # named that were none.
        assert lost <= held or self.again
        assert not any(node in self.changed for pair in lost for node in pair)
        assert all(node in self.now for pair in added for node in pair)
        asked = merge_pairs([pack(lost)])
        linked = set(list_pairs(find_linked([make_source(self.now)], flags, asked)))
        assert linked <= lost
        # The pairs of what changed are made anew.
        stays = {pair for pair in held if not self.changed & set(pair)}
        return (stays - (lost - linked)) | added


def pack(pairs: Iterable[Pair]) -> Numbers:
    listed = list(pairs)
    low, high = (np.array([pair[side] for pair in listed], np.uint32) for side in (0, 1))
    return pack_pairs(low, high)


SOURCES: Final = st.integers(0, 2**32 - 1).map(Random)


@st.composite
def states(draw: st.DrawFn, most: int = 150) -> State:
    """Up to `most` documents of which many share a fingerprint, so that lists come to be longer than the cap."""
    source = draw(SOURCES)
    count = draw(st.integers(0, 12) | st.integers(LIST_CAP - 3, most))
    shares = [draw(st.sampled_from([0.0, 0.1, 0.97, 1.0])) for _ in MARKS]
    nodes = source.sample(range(most + 30), count)
    return {
        node: frozenset(mark for mark, share in zip(MARKS, shares, strict=True) if source.random() < share)
        for node in nodes
    }


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Changes after one another: documents come, go, and are derived again."""
    source = draw(SOURCES)
    now: State = {}
    found = []
    for _ in range(draw(st.integers(1, 4))):
        drawn = draw(states())
        stays = draw(st.sampled_from([0.0, 0.5, 0.95, 1.0]))
        kept = {node: marks for node, marks in now.items() if source.random() < stays}
        comes = draw(st.sampled_from([0.02, 0.5, 1.0]))
        derived = {node: now.get(node, marks) for node, marks in drawn.items() if source.random() < comes}
        after = kept | derived
        found.append(Step(now, after, frozenset(set(now) & set(derived))))
        now = after
    return found


# --- all at once -----------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=80)
@given(states())
def test_everything_new_gives_what_the_rule_says(state: State) -> None:
    count = max(state, default=-1) + 1
    added, lost, *given_up = gather(find_links([make_source(state)], flag(count, (), state, state)))
    assert added == link_slowly(state)
    assert lost == set()
    assert tuple(given_up) == count_given_up(state)


@pytest.mark.parametrize("size", [2, LIST_CAP, LIST_CAP + 1, 3 * LIST_CAP])
def test_a_long_list_is_paired_with_its_highest(size: int) -> None:
    state: State = {node: frozenset({1}) for node in range(size)}
    added, _, long_lists, given_up = gather(find_links([make_source(state)], flag(size, (), state, state)))
    rest = size - LIST_TOPS
    every = size * (size - 1) // 2
    if size <= LIST_CAP:
        assert (len(added), long_lists, given_up) == (every, 0, 0)
    else:
        assert (len(added), long_lists, given_up) == (every - rest * (rest - 1) // 2, 1, rest * (rest - 1) // 2)
        assert {high for _, high in added} == set(range(LIST_TOPS))


def test_many_lists_that_repeat_themselves_give_each_pair_once() -> None:
    """More pairs than the room that is taken at first, most of them again and again."""
    nodes = np.arange(100, dtype=np.uint32)
    postings = np.sort(numbers(*(mark << TEXT_BITS | node for mark in range(40) for node in range(100))))
    added, *_ = gather(find_links([(postings, nodes)], flag(100, (), range(100), range(100))))
    assert added == {(low, high) for low in range(100) for high in range(low)}


@settings(deadline=None, max_examples=40)
@given(states(), SOURCES)
def test_it_does_not_matter_which_source_a_posting_stands_in(state: State, source: Random) -> None:
    postings, nodes = make_source(state)
    sides = np.array([source.randint(0, 2) for _ in range(postings.size)], np.int64)
    # Those on side 2 stand in both.
    sources = [(postings[sides != side], nodes) for side in (0, 1)]
    flags = flag(max(state, default=-1) + 1, (), state, state)
    assert gather(find_links(sources, flags)) == gather(find_links([(postings, nodes)], flags))


def test_documents_that_take_no_part_and_texts_of_nobody_are_in_no_list() -> None:
    postings = numbers(*(5 << TEXT_BITS | text for text in range(4)))
    nodes = np.array([0, 1, NO_NODE, 2], np.uint32)
    assert gather(find_links([(postings, nodes)], flag(3, (), (0, 2), (0, 2))))[0] == {(2, 0)}


def test_nothing_gives_nothing() -> None:
    assert gather(find_links([], flag(0, (), (), ()))) == (set(), set(), 0, 0)
    assert find_linked([], flag(0, (), (), ()), numbers()).size == 0


# --- step by step ----------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=80)
@given(steps())
def test_step_by_step_is_all_at_once(changes: list[Step]) -> None:
    held: set[Pair] = set()
    for step in changes:
        held = step.apply(held)
        assert held == link_slowly(step.now)


def make_list(nodes: Iterable[int], *marks: int) -> State:
    return {node: frozenset(marks or {1}) for node in nodes}


def test_a_list_that_becomes_too_long_loses_pairs() -> None:
    before, now = make_list(range(LIST_CAP)), make_list(range(LIST_CAP + 1))
    held = link_slowly(before)
    assert len(held - Step(before, now).apply(held)) == (LIST_CAP - LIST_TOPS) * (LIST_CAP - LIST_TOPS - 1) // 2


def test_a_pair_that_another_list_makes_stays() -> None:
    near: State = {node: frozenset({1, 2} if node in {90, 91} else {1}) for node in range(LIST_CAP)}
    now = near | make_list([LIST_CAP])
    held = Step(near, now).apply(link_slowly(near))
    assert (91, 90) in held
    assert held == link_slowly(now)


def test_a_list_that_becomes_short_again_makes_all_its_pairs() -> None:
    before = make_list(range(LIST_CAP + 1))
    now = make_list(range(LIST_CAP))
    assert Step(before, now).apply(link_slowly(before)) == link_slowly(now)


def test_what_arrives_above_the_highest_takes_the_place_of_one() -> None:
    before = make_list(range(10, 300))
    now = before | make_list([0])
    held = Step(before, now).apply(link_slowly(before))
    assert {high for _, high in held} == {0, *range(10, 10 + LIST_TOPS - 1)}
    assert held == link_slowly(now)


def test_where_one_of_the_highest_leaves_the_next_takes_its_place() -> None:
    before = make_list(range(300))
    now = {node: marks for node, marks in before.items() if node != 3}
    held = Step(before, now).apply(link_slowly(before))
    assert {high for _, high in held} == {0, 1, 2, 4, 5, 6, 7, 8}


def test_a_document_derived_again_with_other_words_leaves_its_lists() -> None:
    before = make_list(range(5))
    now = before | {2: frozenset({2})}
    assert Step(before, now, frozenset({2})).apply(link_slowly(before)) == link_slowly(now)


# --- sources ---------------------------------------------------------------------------------------------------------


def digest(number: int) -> str:
    return f"{number:016x}" + "0" * 48


def describe(*rows: tuple[int, bool, bool]) -> pl.DataFrame:
    """Documents in rank order: number of the text, was_active, is_active."""
    frame = pl.DataFrame(
        list(rows), schema={"text": pl.Int64, "was_active": pl.Boolean, "is_active": pl.Boolean}, orient="row"
    )
    return frame.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("rank"),
        *(
            pl.Series(name, [digest(text) for text in frame["text"]], pl.String)
            for name in ("text_sha256", "was_text_sha256")
        ),
        "was_active",
        "is_active",
    )


def name(keys: Sequence[int], documents: pl.DataFrame) -> list[list[int | None]]:
    named = name_sources([(numbers(1, 2), numbers(*keys))], documents)
    assert all(postings.tolist() == [1, 2] for postings, _ in named)
    return [[None if node == NO_NODE else node for node in nodes.tolist()] for _, nodes in named]


def test_a_key_is_the_start_of_the_digest() -> None:
    assert key_texts(pl.Series([digest(7)])).to_list() == [7]


def test_one_with_other_words_than_before_is_named_for_both() -> None:
    documents = describe((7, True, True), (3, True, True)).with_columns(
        pl.Series("text_sha256", [digest(5), digest(3)])
    )
    assert name([7, 5, 3], documents) == [[None, 0, 1], [0, None, None]]


def test_a_text_is_named_after_the_document_that_stands_for_it() -> None:
    documents = describe((7, False, True), (7, False, False), (3, True, True))
    assert name([7, 3, 5], documents) == [[0, 2, None]]


def test_where_another_document_stood_for_a_text_it_is_named_too() -> None:
    documents = describe((7, False, True), (7, True, False), (3, True, True))
    assert name([3, 7], documents) == [[2, 0], [None, 1]]


def test_what_left_is_named_as_it_was() -> None:
    assert name([3, 7], describe((7, True, False))) == [[None, None], [None, 0]]
    assert name([3], describe()) == [[None]]


# --- pairs as numbers ------------------------------------------------------------------------------------------------

NODES: Final = st.integers(0, 9) | st.integers(0, 2**32 - 2)


@given(st.lists(st.tuples(NODES, NODES).filter(lambda pair: pair[0] != pair[1])))
def test_pairs_are_packed_lower_document_first(pairs: list[Pair]) -> None:
    assert list_pairs(pack(pairs)) == [(max(pair), min(pair)) for pair in pairs]


@given(st.lists(st.lists(st.integers(0, 30) | st.integers(0, 2**64 - 1), max_size=20), max_size=5))
def test_merged_pairs_are_sorted_and_distinct(parts: list[list[int]]) -> None:
    merged = merge_pairs(numbers(*part) for part in parts)
    assert merged.dtype == np.uint64
    assert merged.tolist() == sorted({value for part in parts for value in part})


TWO_OF_TEN: Final = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1])


def count_words(pairs: Numbers, words: list[int]) -> int:
    return sum(words[node] for node in {node for pair in list_pairs(pairs) for node in pair})


@settings(deadline=None)
@given(st.sets(TWO_OF_TEN, min_size=1), st.integers(0, 120), st.data())
def test_pieces_stay_within_their_words(drawn: set[Pair], most: int, data: st.DataObject) -> None:
    pairs = merge_pairs([pack(drawn)])
    words = data.draw(st.lists(st.integers(1, 40), min_size=10, max_size=10))
    ends = cut_by_words(pairs, np.array(words, np.int64), most).tolist()
    assert ends[-1] == pairs.size
    pieces = [pairs[start:end] for start, end in pairwise([0, *ends])]
    assert all(piece.size for piece in pieces)
    assert all(piece.size == 1 or count_words(piece, words) <= most for piece in pieces)
    # No piece ends before it must.
    assert all(count_words(pairs[start : end + 1], words) > most for start, end in pairwise([0, *ends[:-1]]))


def test_chunks_are_cut_within_each_piece() -> None:
    words = np.full(10, 10, np.int64)
    pieces = [pack([(1, 0), (2, 0), (2, 1)]), numbers(), pack([(4, 3), (6, 5)])]
    chunks = list(cut_chunks(pieces, words, 30))
    assert [list_pairs(chunk) for chunk in chunks] == [[(1, 0), (2, 0), (2, 1)], [(4, 3)], [(6, 5)]]
    assert Counter(pair for chunk in chunks for pair in list_pairs(chunk)).most_common(1)[0][1] == 1
