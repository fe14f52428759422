"""What a change can reach, and nothing else."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup.update import (
    PAIR,
    collect_below,
    find_arrivals,
    find_changed_decisions,
    list_comparisons,
    list_following_pairs,
    list_gone_pairs,
    orient_pairs,
    select_nodes,
    settle_active,
)

Edges = list[tuple[str, str]]

ROLES: Final = pl.Schema(
    {
        "document_id": pl.String,
        "rank": pl.UInt32,
        "source_path": pl.String,
        "word_count": pl.UInt32,
        "text_sha256": pl.String,
        "is_active": pl.Boolean,
    }
)
HELD: Final = pl.Schema({"document_id": pl.String, "was_kept": pl.Boolean, "was_active": pl.Boolean})
DECIDED: Final = pl.Schema({"document_id": pl.String, "is_kept": pl.Boolean, "covered_words": pl.UInt32})
PAIR_SCHEMA: Final = pl.Schema(dict.fromkeys(PAIR, pl.String))


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def key(text: str) -> int:
    """The key of a text, from its contract: the first 64 bits of its digest, big-endian."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def list_roles(names: Sequence[str], active: Sequence[str] | None = None, **texts: str) -> pl.DataFrame:
    """Documents of 100 words each in rank order; all are active unless `active` names those that are."""
    rows = [
        (name, rank, name.upper(), 100, digest(texts.get(name, name)), active is None or name in active)
        for rank, name in enumerate(names)
    ]
    return pl.DataFrame(rows, schema=ROLES, orient="row")


def pairs_of(*edges: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(edges), schema=PAIR_SCHEMA, orient="row")


def ids(names: str) -> pl.Series:
    return pl.Series("document_id", list(names), dtype=pl.String)


def decision(document_id: str, relation: str | None = None, of: str | None = None) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "relation": relation,
        "duplicate_of": of,
        "partners": [{"document_id": of, "words": 90}] if of else [],
        "coverage": 0.9 if of else 0.0,
        "reason": f"As {of}." if of else None,
    }


def decisions_of(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=DECISIONS, orient="row")


# --- what to compare -------------------------------------------------------------------------------------------------


def test_what_became_active_arrives() -> None:
    arrivals = find_arrivals(list_roles("abcd", active="abc"), ids("ad"), ids(""))
    assert arrivals["document_id"].to_list() == ["b", "c"]
    assert arrivals.columns == ROLES.names()


def test_what_was_derived_again_arrives_again() -> None:
    arrivals = find_arrivals(list_roles("abc", active="ab"), ids("ab"), ids("bc"))
    assert arrivals["document_id"].to_list() == ["b"]


def test_a_pair_has_its_lower_document_first() -> None:
    pairs = pairs_of(("a", "c"), ("b", "a"), ("a", "b"), ("c", "a"), ("b", "b"))
    assert orient_pairs(pairs, list_roles("bac")).rows() == [("a", "b"), ("c", "a")]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde"))), st.permutations("abcde"))
def test_each_pair_is_oriented_once(edges: Edges, order: list[str]) -> None:
    found = orient_pairs(pairs_of(*edges), list_roles("".join(order)))
    assert found.schema == PAIR_SCHEMA
    distinct = {frozenset(edge) for edge in edges if edge[0] != edge[1]}
    assert found.rows() == sorted(tuple(sorted(edge, key=order.index, reverse=True)) for edge in distinct)


def test_texts_are_compared_as_the_active_documents_that_have_them() -> None:
    roles = list_roles("abcd", active="abd", c="the words of b")
    candidates = pl.DataFrame(
        [(key("b"), key("a")), (key("the words of b"), key("a")), (key("a"), key("d")), (key("d"), key("nobody"))],
        schema={"text_key": pl.UInt64, "other_key": pl.UInt64},
        orient="row",
    )
    assert list_comparisons(candidates, roles).rows() == [("b", "a"), ("d", "a")]


def test_copies_and_older_versions_follow_their_partners() -> None:
    copies = decisions_of(decision("d", "exact", of="a"), decision("e", "excerpt", of="b"))
    successors = pl.DataFrame([("a", "f")], schema={"document_id": pl.String, "kept_id": pl.String}, orient="row")
    following = list_following_pairs(list_roles("abdef"), copies, successors.head(0))
    assert following.rows() == [("d", "a"), ("e", "b")]
    # An older version may stand above the document that stands for it.
    assert list_following_pairs(list_roles("abdef"), copies.head(0), successors).rows() == [("f", "a")]


def test_a_copy_follows_all_of_its_partners() -> None:
    copy = decision("c", "digest", of="a") | {
        "partners": [{"document_id": "a", "words": 50}, {"document_id": "b", "words": 40}]
    }
    none = pl.DataFrame(schema={"document_id": pl.String, "kept_id": pl.String})
    assert list_following_pairs(list_roles("abc"), decisions_of(copy), none).rows() == [("c", "a"), ("c", "b")]


# --- what a change reaches -------------------------------------------------------------------------------------------


def reach_slowly(edges: Edges, start: set[str]) -> set[str]:
    """`start`, and every document under one that is reached."""
    found = start | {low for low, high in edges if high in start}
    return found if found == start else reach_slowly(edges, found)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20), st.sets(st.integers(0, 7)))
def test_all_below_is_reached(numbers: list[tuple[int, int]], start: set[int]) -> None:
    edges = [(str(max(pair)), str(min(pair))) for pair in numbers if pair[0] != pair[1]]
    found = collect_below(pairs_of(*edges), ids("".join(str(number) for number in start)))
    assert found.is_unique().all()
    assert set(found) == reach_slowly(edges, {str(number) for number in start})


def test_pairs_of_two_active_documents_and_evidence_stay() -> None:
    held = pairs_of(("b", "a"), ("c", "a"), ("d", "a"), ("d", "c"))
    gone = list_gone_pairs(held, list_roles("abcd", active="ab"), pairs_of(("d", "a")))
    assert sorted(gone.rows()) == [("c", "a"), ("d", "c")]
    assert gone.columns == PAIR


def select(roles: pl.DataFrame, kept: str, active: str, held: str, edges: Edges, stale: str = "") -> dict[str, Any]:
    """document_id -> was_kept, is_dirty of the nodes selected."""
    before = pl.DataFrame([(name, name in kept, name in active) for name in held], schema=HELD, orient="row")
    nodes = select_nodes(roles, before, pairs_of(*edges), ids(stale))
    assert nodes.columns == ["document_id", "rank", "word_count", "is_active", "was_kept", "is_dirty"]
    return {row["document_id"]: (row["was_kept"], row["is_dirty"]) for row in nodes.iter_rows(named=True)}


CHAIN: Final = [("b", "a"), ("c", "b"), ("d", "c"), ("f", "e")]


def test_without_a_change_nothing_is_selected() -> None:
    assert select(list_roles("abcdef"), "abcdef", "abcdef", "abcdef", CHAIN) == {}


def test_an_arrival_reaches_all_below_and_needs_what_stands_above() -> None:
    # c is new: it and d may change, b is asked, a and the others are not.
    nodes = select(list_roles("abcdef"), "abdef", "abdef", "abdef", CHAIN)
    assert nodes == {"b": (True, False), "c": (False, True), "d": (True, False)}


def test_a_neighbour_above_what_is_reached_is_needed_too() -> None:
    # e is new; f stands under it and under b, which counts for the words of f.
    nodes = select(list_roles("abef"), "abf", "abf", "abf", [("f", "e"), ("f", "b"), ("b", "a")])
    assert nodes == {"b": (True, False), "e": (False, True), "f": (True, False)}


def test_what_left_is_dirty() -> None:
    nodes = select(list_roles("abc", active="bc"), "ac", "abc", "abc", [("b", "a")])
    assert nodes == {"a": (True, True), "b": (False, False)}


def test_pairs_found_anew_are_decided_again() -> None:
    nodes = select(list_roles("abc"), "ac", "abc", "abc", [("b", "a")], stale="b")
    assert nodes == {"a": (True, False), "b": (False, True)}


def test_a_copy_that_becomes_active_was_not_kept() -> None:
    """It was said to be a copy, which is no answer of the rule: what stands under it saw nothing of it."""
    nodes = select(list_roles("ab"), "ab", "b", "ab", [("b", "a")])
    assert nodes == {"a": (False, True), "b": (True, False)}


# --- what stands -----------------------------------------------------------------------------------------------------


def test_decisions_that_no_change_reached_stand() -> None:
    held = decisions_of(decision("a"), decision("b", "excerpt", of="a"), decision("old", "superseded", of="a"))
    decided = pl.DataFrame([("c", False, 90)], schema=DECIDED, orient="row")
    overlaps = pl.DataFrame(
        [("c", "a", 90, 0.5), ("c", "b", 100, 1.0), ("b", "a", 100, 0.5)],
        schema={**PAIR_SCHEMA, "words": pl.UInt32, "other_share": pl.Float64},
        orient="row",
    )
    roles = list_roles(["a", "b", "c", "old"], active=["a", "b", "c"])
    settled = settle_active(roles, held, decided, overlaps, DedupParameters())
    assert settled.schema == DECISIONS
    assert settled["document_id"].to_list() == ["a", "b", "c"]
    assert settled.head(2).equals(held.head(2))
    # b is set aside, so it is no partner of c although it shares more.
    assert settled.rows(named=True)[2] == {
        "document_id": "c",
        "relation": "excerpt",
        "duplicate_of": "a",
        "partners": [{"document_id": "a", "words": 90}],
        "coverage": 0.9,
        "reason": "90 of its 100 words (90%) stand word for word in A.",
    }


def test_only_decisions_that_say_something_else_are_changed() -> None:
    held = decisions_of(decision("a"), decision("b", "near", of="a"), decision("c", "near", of="a"), decision("d"))
    now = decisions_of(
        decision("a"),
        decision("b", "near", of="a") | {"partners": [{"document_id": "a", "words": 91}]},
        decision("c"),
        decision("d") | {"coverage": 0.1},
        decision("e"),
    )
    changed = find_changed_decisions(now, held)
    assert sorted(changed["document_id"]) == ["b", "c", "d", "e"]
    assert changed.schema == DECISIONS
    assert find_changed_decisions(held, held).is_empty()
    assert find_changed_decisions(held, held.head(0)).sort("document_id").equals(held)
