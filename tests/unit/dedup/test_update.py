"""What a change can reach, and nothing else. See tests/property/test_decisions.py for whole runs of changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.contracts import ARTICLES, OVERLAPS
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup.rank import RANKED_COLUMNS
from transforms.dedup.update import (
    HELD_COLUMNS,
    PAIR,
    Compared,
    Held,
    Tools,
    assign_parts,
    find_changed_decisions,
    find_lone,
    list_following_pairs,
    load_active,
    orient_pairs,
    update_decisions,
)

Edges = list[tuple[str, str]]

ROLES: Final = pl.Schema({"document_id": pl.String, "rank": pl.UInt32})
RANKED: Final = pl.Schema({name: ARTICLES.polars_schema[name] for name in RANKED_COLUMNS})
PAIR_SCHEMA: Final = pl.Schema(dict.fromkeys(PAIR, pl.String))
SUCCESSORS: Final = pl.Schema({"document_id": pl.String, "kept_id": pl.String})
FLAGS: Final = ("is_active", "was_active", "is_held", "was_kept", "is_derived", "is_changed")
WORDS: Final = 100


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def document(name: str, *, text: str | None = None, path: str | None = None, day: int = 1) -> dict[str, Any]:
    """A document of its own path and words unless told otherwise; all are equally long, so ids rank them."""
    return {
        "document_id": name,
        "source_path": path or f"{name}.txt",
        "record": 0,
        "ingested_at": datetime(2026, 3, day, tzinfo=UTC),
        "text_sha256": digest(text or name),
        "word_count": WORDS,
        "authors": [],
    }


def documents_of(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RANKED, orient="row")


def pairs_of(*edges: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(edges), schema=PAIR_SCHEMA, orient="row")


def list_roles(names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(list(zip(names, range(len(names)), strict=True)), schema=ROLES, orient="row")


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


def hold(
    *rows: dict[str, Any], said: Sequence[dict[str, Any]] = (), shared: dict[tuple[str, str], int] | None = None
) -> Held:
    """A store of documents, kept unless `said` otherwise, in which pairs share so many words."""
    others = [
        decision(row["document_id"]) for row in rows if row["document_id"] not in {one["document_id"] for one in said}
    ]
    documents = documents_of(*rows).join(decisions_of(*said, *others), on="document_id", how="left")
    overlaps = OVERLAPS.frame(
        [
            {"document_id": low, "other_id": high, "words": words, "share": words / WORDS, "other_share": words / WORDS}
            for (low, high), words in (shared or {}).items()
        ]
    )
    return Held(documents.select(HELD_COLUMNS).lazy(), overlaps.lazy())


def list_parts(parts: pl.DataFrame) -> dict[str, set[str]]:
    """What is said of each document."""
    return {row["document_id"]: {name for name in FLAGS if row[name]} for row in parts.iter_rows(named=True)}


# --- parts -----------------------------------------------------------------------------------------------------------


def test_with_nothing_held_all_that_is_derived_is_new() -> None:
    parts = assign_parts(Held.nothing(), documents_of(document("b"), document("a"), document("c", text="a")))
    assert parts["document_id"].to_list() == ["a", "b", "c"]
    assert parts["rank"].to_list() == [0, 1, 2]
    new = {"is_active", "is_derived", "is_changed"}
    assert list_parts(parts) == {"a": new, "b": new, "c": {"is_derived"}}


def test_what_shares_neither_path_nor_words_stays_unread() -> None:
    parts = assign_parts(hold(document("a"), document("b")), documents_of(document("c")))
    assert parts["document_id"].to_list() == ["c"]


def test_a_copy_that_ranks_higher_takes_the_part_over() -> None:
    held = hold(document("b", text="same"), document("z"))
    assert list_parts(assign_parts(held, documents_of(document("a", text="same")))) == {
        "a": {"is_active", "is_derived", "is_changed"},
        "b": {"was_active", "is_held", "was_kept", "is_changed"},
    }


def test_a_copy_that_ranks_lower_changes_nothing() -> None:
    held = hold(document("a", text="same"))
    assert list_parts(assign_parts(held, documents_of(document("b", text="same")))) == {
        "a": {"is_active", "was_active", "is_held", "was_kept"},
        "b": {"is_derived"},
    }


def test_where_a_newer_version_comes_a_copy_stands_for_the_words() -> None:
    held = hold(document("a", text="same"), document("b", text="same"), said=[decision("b", "exact", "a")])
    assert list_parts(assign_parts(held, documents_of(document("c", path="a.txt", day=2)))) == {
        "a": {"was_active", "is_held", "was_kept", "is_changed"},
        "b": {"is_active", "is_held", "is_changed"},
        "c": {"is_active", "is_derived", "is_changed"},
    }


def test_an_older_version_at_another_path_has_no_part() -> None:
    held = hold(
        document("a", text="same", path="x.txt"),
        document("b", path="x.txt", day=2),
        said=[decision("a", "superseded", "b")],
    )
    assert list_parts(assign_parts(held, documents_of(document("c", text="same")))) == {
        "c": {"is_active", "is_derived", "is_changed"}
    }


def test_what_is_derived_again_is_changed_though_its_part_is_not() -> None:
    parts = assign_parts(hold(document("a")), documents_of(document("a", text="other words")))
    assert list_parts(parts) == {"a": set(FLAGS)}
    assert parts["text_sha256"].to_list() == [digest("other words")]


def test_columns_of_the_caller_are_kept() -> None:
    derived = documents_of(document("c", text="a")).with_columns(pl.lit(7, pl.UInt32).alias("row"))
    assert assign_parts(hold(document("a")), derived).select("document_id", "row").rows() == [("a", None), ("c", 7)]


def test_loaded_documents_are_active_and_unchanged() -> None:
    found = hold(
        document("a", text="same"),
        document("b", text="same"),
        document("c"),
        document("d", path="c.txt"),
        document("e"),
        said=[decision("b", "exact", "a"), decision("c", "excerpt", "a"), decision("d", "superseded", "c")],
    ).documents.collect()
    known = assign_parts(Held.nothing(), documents_of(document("f")))
    standing = {"is_active", "was_active", "is_held"}
    assert list_parts(load_active(found, known)) == {
        "a": standing | {"was_kept"},
        "c": standing,
        "e": standing | {"was_kept"},
    }


def test_what_is_known_already_is_not_loaded() -> None:
    found = hold(document("a"), document("b")).documents.collect()
    again = assign_parts(hold(document("a")), documents_of(document("a", text="other words")))
    assert load_active(found, again)["document_id"].to_list() == ["b"]


# --- pairs -----------------------------------------------------------------------------------------------------------


def test_a_pair_has_its_lower_document_first() -> None:
    pairs = pairs_of(("a", "c"), ("b", "a"), ("a", "b"), ("c", "a"), ("b", "b"))
    assert orient_pairs(pairs, list_roles("bac")).rows() == [("a", "b"), ("c", "a")]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde"))), st.permutations("abcde"))
def test_each_pair_is_oriented_once(edges: Edges, order: list[str]) -> None:
    found = orient_pairs(pairs_of(*edges), list_roles("".join(order)))
    assert found.schema == PAIR_SCHEMA
    distinct = {frozenset(edge) for edge in edges if edge[0] != edge[1]}
    assert found.rows() == sorted(tuple(sorted(edge, key=order.index, reverse=True)) for edge in distinct)


def test_copies_and_older_versions_follow_their_partners() -> None:
    copies = decisions_of(decision("d", "exact", of="a"), decision("e", "excerpt", of="b"))
    successors = pl.DataFrame([("a", "f")], schema=SUCCESSORS, orient="row")
    following = list_following_pairs(list_roles("abdef"), copies, successors.clear())
    assert following.rows() == [("d", "a"), ("e", "b")]
    # An older version may stand above the document that stands for it.
    assert list_following_pairs(list_roles("abdef"), copies.clear(), successors).rows() == [("f", "a")]


def test_a_copy_follows_all_of_its_partners() -> None:
    copy = decision("c", "digest", of="a") | {
        "partners": [{"document_id": "a", "words": 50}, {"document_id": "b", "words": 40}]
    }
    none = pl.DataFrame(schema=SUCCESSORS)
    assert list_following_pairs(list_roles("abc"), decisions_of(copy), none).rows() == [("c", "a"), ("c", "b")]


# --- the decision ----------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """Stands for the texts: pairs share their first words. Notes which pairs it was asked for."""

    shared: dict[tuple[str, str], int]
    aligned: list[tuple[str, str]] = field(default_factory=list)

    def align(self, pairs: pl.DataFrame) -> pl.DataFrame:
        asked = pairs.select(PAIR).rows()
        self.aligned += asked
        rows = [(*pair, words) for pair in asked if (words := self.shared.get(pair, WORDS))]
        frame = pl.DataFrame(rows, schema={**PAIR_SCHEMA, "words": pl.UInt32}, orient="row")
        return frame.with_columns((pl.col("words") / WORDS).alias("other_share"))

    def locate(self, overlaps: pl.DataFrame) -> pl.DataFrame:
        rows = [(low, high, 0, self.shared[low, high]) for low, high in overlaps.select(PAIR).rows()]
        return pl.DataFrame(rows, schema={**PAIR_SCHEMA, "first_word": pl.UInt32, "end_word": pl.UInt32}, orient="row")


def compare(roles: pl.DataFrame, shared: dict[tuple[str, str], int]) -> Compared:
    """What the run compared, by number."""
    ranks = dict(roles.select("document_id", "rank").iter_rows())
    rows = [(ranks[low], ranks[high], words, words / WORDS) for (low, high), words in shared.items()]
    nodes = {"node": pl.UInt32, "other_node": pl.UInt32}
    measures = pl.DataFrame(rows, schema={**nodes, "words": pl.UInt32, "other_share": pl.Float64}, orient="row")
    intervals = measures.select(*nodes, pl.lit(0, pl.UInt32).alias("first_word"), pl.col("words").alias("end_word"))
    return Compared(measures, intervals)


CHAIN: Final = {("b", "a"): 90, ("c", "b"): 90, ("d", "c"): 90}
CHAIN_SAID: Final = [
    decision("b", "near", "a"),
    decision("c"),
    decision("d", "near", "c"),
]


def test_a_lost_pair_is_gone_and_what_lies_under_it_is_decided_again() -> None:
    held = hold(*map(document, "abcd"), said=CHAIN_SAID, shared=CHAIN)
    roles = assign_parts(held, documents_of(document("z")))
    desk = Desk(CHAIN)
    update = update_decisions(
        roles.lazy(), compare(roles, {}), pairs_of(("b", "a")), held, Tools(desk.align, desk.locate), DedupParameters()
    )
    said = dict(update.decisions.select("document_id", "relation").iter_rows())
    # b is kept without a, so c is a copy of it, and d is kept again; nothing is compared for that.
    assert said == {"b": None, "c": "near", "d": None, "z": None}
    assert update.gone.rows() == [("b", "a")]
    assert desk.aligned == []
    assert update.followed.is_empty()


def test_without_a_change_below_no_decision_is_said_again() -> None:
    held = hold(*map(document, "abcd"), said=CHAIN_SAID, shared=CHAIN)
    roles = assign_parts(held, documents_of(document("z")))
    desk = Desk(CHAIN)
    update = update_decisions(
        roles.lazy(), compare(roles, {}), pairs_of(), held, Tools(desk.align, desk.locate), DedupParameters()
    )
    assert update.decisions["document_id"].to_list() == ["z"]
    assert update.gone.is_empty()


def test_the_pairs_of_what_stands_for_no_words_any_more_are_gone() -> None:
    """A copy that ranks higher came: it has the pairs now, and what was active is its copy, with that as evidence."""
    shared = {("z", "b"): 40}
    said = [decision("z") | {"coverage": 0.4}]
    held = hold(document("b", text="same"), document("z"), said=said, shared=shared)
    roles = assign_parts(held, documents_of(document("a", text="same")))
    met = load_active(held.find_documents(pl.DataFrame({"document_id": ["z"]})), roles)
    roles = pl.concat([roles.drop("rank"), met.drop("rank")], how="diagonal").with_row_index("rank")
    desk = Desk(shared)
    update = update_decisions(
        roles.lazy(),
        compare(roles, {("z", "a"): 40}),
        pairs_of(),
        held,
        Tools(desk.align, desk.locate),
        DedupParameters(),
    )
    assert dict(update.decisions.select("document_id", "relation").iter_rows()) == {"a": None, "b": "exact"}
    assert desk.aligned == [("b", "a")]
    assert update.followed.select(PAIR).rows() == [("b", "a")]
    assert update.gone.rows() == [("z", "b")]


def test_lone_documents_are_new_and_neither_met_nor_named() -> None:
    held = hold(document("h"), document("o", path="p.txt"))
    come = [
        document("alone"),
        document("met"),
        document("meets"),
        document("first", text="same"),
        document("second", text="same"),
        # Newer than the version held at its path, and so what stands for it.
        document("n", path="p.txt", day=2),
        document("h"),
    ]
    roles = assign_parts(held, documents_of(*come))
    compared = compare(roles, {("met", "meets"): 20})
    assert find_lone(roles.lazy(), compared.measures)["document_id"].to_list() == ["alone"]


def test_a_lone_document_is_kept_and_shares_nothing() -> None:
    desk = Desk({})
    roles = assign_parts(Held.nothing(), documents_of(document("z")))
    update = update_decisions(
        roles.lazy(),
        compare(roles, {}),
        pairs_of(),
        Held.nothing(),
        Tools(desk.align, desk.locate),
        DedupParameters(),
    )
    assert update.decisions.equals(decisions_of(decision("z")))
    assert update.decisions.schema == DECISIONS


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
    assert find_changed_decisions(held, held.clear()).sort("document_id").equals(held)
