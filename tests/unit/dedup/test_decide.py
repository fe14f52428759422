"""The rule at its edges, the labels, and what follows for copies and older versions."""

from fractions import Fraction
from typing import Any, Final

import polars as pl
import pytest

from transforms.contracts import DUPLICATES
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.contracts.vocabulary import RELATIONS
from transforms.dedup.decide import (
    decide_active,
    explain_active,
    explain_copies,
    explain_older_versions,
    find_successors,
    gather_partners,
)
from transforms.laws import check_coverage

Shared = dict[tuple[str, str], list[tuple[int, int]]]
"""(document, the other one above it) -> the runs of words of the document that the two share."""

NODES: Final = pl.Schema(
    {
        "document_id": pl.String,
        "rank": pl.UInt32,
        "word_count": pl.UInt32,
        "is_active": pl.Boolean,
        "was_kept": pl.Boolean,
        "is_dirty": pl.Boolean,
    }
)
PAIRS: Final = pl.Schema(
    {"document_id": pl.String, "other_id": pl.String, "words": pl.UInt32, "other_share": pl.Float64}
)
INTERVALS: Final = pl.Schema(
    {"document_id": pl.String, "other_id": pl.String, "first_word": pl.UInt32, "end_word": pl.UInt32}
)
ROLES: Final = pl.Schema(
    {
        "document_id": pl.String,
        "source_path": pl.String,
        "record": pl.UInt32,
        "word_count": pl.UInt32,
        "text_sha256": pl.String,
        "newest_id": pl.String,
        "standard_id": pl.String,
        "is_active": pl.Boolean,
    }
)
DEFAULTS: Final = DedupParameters()


def list_nodes(word_counts: dict[str, int], **more: Any) -> pl.DataFrame:
    """Nodes in rank order, all active and to be decided for the first time."""
    return pl.DataFrame(
        [
            {"document_id": name, "rank": rank, "word_count": words, "is_active": True, "was_kept": False}
            | {"is_dirty": True}
            | more.get(name, {})
            for rank, (name, words) in enumerate(word_counts.items())
        ],
        schema=NODES,
        orient="row",
    )


def list_pairs(word_counts: dict[str, int], shared: Shared) -> pl.DataFrame:
    totals = {pair: sum(end - first for first, end in runs) for pair, runs in shared.items()}
    rows = [(*pair, words, words / word_counts[pair[1]]) for pair, words in totals.items()]
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


def list_intervals(shared: Shared) -> pl.DataFrame:
    rows = [(*pair, first, end) for pair, runs in shared.items() for first, end in runs]
    return pl.DataFrame(rows, schema=INTERVALS, orient="row")


def decide(
    word_counts: dict[str, int], shared: Shared, parameters: DedupParameters = DEFAULTS, **more: Any
) -> dict[str, tuple[bool, int]]:
    """document_id -> is_kept, covered_words. `word_counts` stand in rank order."""
    decided = decide_active(
        list_nodes(word_counts, **more), list_pairs(word_counts, shared), list_intervals(shared), parameters
    )
    assert decided["document_id"].to_list() == [name for name in word_counts if name in set(decided["document_id"])]
    return {row["document_id"]: (row["is_kept"], row["covered_words"]) for row in decided.iter_rows(named=True)}


def explain(
    word_counts: dict[str, int], shared: Shared, parameters: DedupParameters = DEFAULTS
) -> dict[str, dict[str, Any]]:
    """document_id -> its decision, of active documents in rank order; source paths are the names in capitals."""
    return {row.pop("document_id"): row for row in explain_frame(word_counts, shared, parameters).to_dicts()}


def explain_frame(word_counts: dict[str, int], shared: Shared, parameters: DedupParameters = DEFAULTS) -> pl.DataFrame:
    pairs = list_pairs(word_counts, shared)
    decided = decide_active(list_nodes(word_counts), pairs, list_intervals(shared), parameters)
    partners = gather_partners(pairs, decided.select("document_id", "is_kept"))
    explained = explain_active(decided, list_roles(word_counts), partners, parameters)
    assert explained.schema == DECISIONS
    return explained


def list_roles(word_counts: dict[str, int], **more: Any) -> pl.DataFrame:
    """Roles of active documents, each with words of its own, but for what is given."""
    return pl.DataFrame(
        [
            {
                "document_id": name,
                "source_path": name.upper(),
                "record": 0,
                "word_count": words,
                "text_sha256": name,
                "newest_id": name,
                "standard_id": name,
                "is_active": True,
            }
            | more.get(name, {})
            for name, words in word_counts.items()
        ],
        schema=ROLES,
        orient="row",
    )


def partner(document_id: str, words: int) -> dict[str, Any]:
    return {"document_id": document_id, "words": words}


# --- the rule --------------------------------------------------------------------------------------------------------


def test_a_document_is_set_aside_exactly_at_the_threshold() -> None:
    assert decide({"a": 200, "b": 100}, {("b", "a"): [(0, 80)]})["b"] == (False, 80)


def test_a_document_is_kept_one_word_below_the_threshold() -> None:
    assert decide({"a": 200, "b": 100}, {("b", "a"): [(0, 79)]})["b"] == (True, 79)


@pytest.mark.parametrize("words", [50, 60, 70, 100, 140, 230, 1_000, 1_000_000])
@pytest.mark.parametrize("threshold", [0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_rounding_never_moves_the_threshold(words: int, threshold: float) -> None:
    """0.55 * 100 is more than 55 in binary: that must not make a document of 100 words need 56."""
    exact = Fraction(str(threshold)) * words
    least = -(-exact.numerator // exact.denominator)
    parameters = DedupParameters(coverage_threshold=threshold)
    assert decide({"a": words, "b": words}, {("b", "a"): [(0, least)]}, parameters)["b"] == (False, least)
    assert decide({"a": words, "b": words}, {("b", "a"): [(0, least - 1)]}, parameters)["b"] == (True, least - 1)


@pytest.mark.parametrize(("threshold", "covered_words"), [(0.6666666667, 40), (0.8000000001, 48), (0.55, 33)])
def test_what_the_rule_decides_is_what_the_law_asks(threshold: float, covered_words: int) -> None:
    """The rule and its check agree for a share that lies a hair under the threshold too, whichever way it falls."""
    parameters = DedupParameters(coverage_threshold=threshold)
    decisions = explain_frame({"a": 60, "b": 60}, {("b", "a"): [(0, covered_words)]}, parameters).with_columns(
        pl.lit(60, pl.UInt32).alias("word_count")
    )
    is_kept = pl.col("relation").is_null()
    checks = check_coverage(decisions.filter(is_kept), decisions.filter(~is_kept), parameters)
    assert checks.filter(~pl.col("holds")).to_dicts() == []


def test_under_the_floor_a_document_is_kept_however_covered() -> None:
    shared: Shared = {("b", "a"): [(0, 49)]}
    assert decide({"a": 200, "b": 49}, shared)["b"] == (True, 49)
    assert decide({"a": 200, "b": 49}, shared, DedupParameters(floor_words=49))["b"] == (False, 49)
    assert decide({"a": 200, "b": 50}, {("b", "a"): [(0, 50)]})["b"] == (False, 50)


def test_words_that_two_documents_cover_count_once() -> None:
    words = {"a": 200, "b": 200, "c": 100}
    # 60 and 60 words, of which 41 are the same: 79 of 100.
    assert decide(words, {("c", "a"): [(0, 60)], ("c", "b"): [(19, 79)]})["c"] == (True, 79)
    assert decide(words, {("c", "a"): [(0, 60)], ("c", "b"): [(20, 80)]})["c"] == (False, 80)


def test_all_the_runs_of_a_pair_count() -> None:
    runs = [(0, 20), (30, 60), (70, 100)]
    assert decide({"a": 200, "b": 100}, {("b", "a"): runs})["b"] == (False, 80)


def test_a_document_that_is_set_aside_covers_nothing() -> None:
    """a covers b, b covers c: c is kept, since what covers it is not, and a does not cover it."""
    shared: Shared = {("b", "a"): [(0, 100)], ("c", "b"): [(0, 90)]}
    assert decide({"a": 300, "b": 120, "c": 100}, shared) == {"a": (True, 0), "b": (False, 100), "c": (True, 0)}


def test_a_document_under_another_is_covered_by_what_is_kept_above_it() -> None:
    shared: Shared = {("b", "a"): [(0, 100)], ("c", "b"): [(0, 90)], ("c", "a"): [(0, 90)]}
    assert decide({"a": 300, "b": 120, "c": 100}, shared)["c"] == (False, 90)


def test_what_no_change_reaches_is_not_decided() -> None:
    still = {"is_dirty": False, "was_kept": True}
    shared: Shared = {("b", "a"): [(0, 100)], ("c", "a"): [(0, 90)]}
    assert decide({"a": 300, "b": 100, "c": 100}, shared, a=still, c=still) == {"b": (False, 100)}


def test_a_change_goes_down_as_far_as_answers_change() -> None:
    """A new document over a chain turns the first, that turns the second, and the third does not see any of it."""
    shared: Shared = {("b", "a"): [(0, 100)], ("c", "b"): [(0, 100)], ("d", "c"): [(0, 10)], ("e", "d"): [(0, 100)]}
    words = dict.fromkeys("abcde", 100)
    kept, aside = {"is_dirty": False, "was_kept": True}, {"is_dirty": False, "was_kept": False}
    decided = decide(words, shared, b=kept, c=aside, d=kept, e=aside)
    assert decided == {"a": (True, 0), "b": (False, 100), "c": (True, 0), "d": (True, 10)}


def test_a_document_that_left_covers_nothing() -> None:
    left = {"is_active": False, "was_kept": True}
    aside = {"is_dirty": False, "was_kept": False}
    assert decide({"a": 300, "b": 100}, {("b", "a"): [(0, 100)]}, a=left, b=aside) == {"b": (True, 0)}


def test_nothing_is_decided_of_nothing() -> None:
    assert decide({}, {}) == {}
    assert explain({}, {}) == {}


def test_the_frames_given_stay_as_they_are() -> None:
    words = {"a": 100, "b": 100}
    nodes, pairs = list_nodes(words), list_pairs(words, {("b", "a"): [(0, 100)]})
    intervals = list_intervals({("b", "a"): [(0, 100)]})
    before = [part.clone() for part in (nodes, pairs, intervals)]
    first = decide_active(nodes, pairs, intervals, DEFAULTS)
    assert all(part.equals(other) for part, other in zip(before, (nodes, pairs, intervals), strict=True))
    assert decide_active(nodes, pairs, intervals, DEFAULTS).equals(first)


# --- labels ----------------------------------------------------------------------------------------------------------


def test_a_kept_document_has_its_coverage_and_nothing_else() -> None:
    assert explain({"a": 200, "b": 100}, {("b", "a"): [(0, 25)]})["b"] == {
        "relation": None,
        "duplicate_of": None,
        "partners": [],
        "coverage": 0.25,
        "reason": None,
    }


def test_near_when_each_covers_the_other() -> None:
    assert explain({"a": 110, "b": 100}, {("b", "a"): [(0, 88)]})["b"] == {
        "relation": "near",
        "duplicate_of": "a",
        "partners": [partner("a", 88)],
        "coverage": 0.88,
        "reason": "88 of its 100 words (88%) stand word for word in A.",
    }


def test_excerpt_when_the_other_one_has_more() -> None:
    assert explain({"a": 111, "b": 100}, {("b", "a"): [(0, 88)]})["b"]["relation"] == "excerpt"


def test_digest_when_it_takes_several() -> None:
    shared: Shared = {("c", "a"): [(0, 40)], ("c", "b"): [(35, 85)]}
    assert explain({"a": 400, "b": 300, "c": 100}, shared)["c"] == {
        "relation": "digest",
        "duplicate_of": "b",
        "partners": [partner("b", 50), partner("a", 40)],
        "coverage": 0.85,
        "reason": "85 of its 100 words (85%) stand word for word in B and 1 other kept document.",
    }


def test_a_digest_stays_one_when_it_covers_its_partner() -> None:
    # b is 98 % inside c, and c is not quite 80 % inside b.
    shared: Shared = {("c", "a"): [(79, 99)], ("c", "b"): [(0, 79)]}
    assert explain({"a": 400, "b": 80, "c": 99}, shared)["c"]["relation"] == "digest"


def test_one_partner_that_is_enough_makes_an_excerpt_whatever_others_share() -> None:
    shared: Shared = {("c", "a"): [(0, 80)], ("c", "b"): [(0, 79)]}
    explained = explain({"a": 400, "b": 300, "c": 100}, shared)["c"]
    assert (explained["relation"], explained["duplicate_of"], explained["coverage"]) == ("excerpt", "a", 0.8)


def test_partners_come_with_most_words_first_then_by_identifier() -> None:
    shared: Shared = {
        ("z", "d"): [(0, 30)],
        ("z", "b"): [(30, 60)],
        ("z", "a"): [(60, 80)],
        ("z", "c"): [(0, 40)],
    }
    explained = explain({"d": 400, "c": 390, "b": 380, "a": 370, "z": 100}, shared)["z"]
    assert explained["partners"] == [partner("c", 40), partner("b", 30), partner("d", 30), partner("a", 20)]
    assert explained["duplicate_of"] == "c"
    assert explained["reason"].endswith("in C and 3 other kept documents.")


def test_a_document_that_was_set_aside_is_nobodys_partner() -> None:
    shared: Shared = {("b", "a"): [(0, 100)], ("c", "b"): [(0, 100)], ("c", "a"): [(0, 90)]}
    explained = explain({"a": 300, "b": 120, "c": 100}, shared)["c"]
    assert explained["partners"] == [partner("a", 90)]
    assert explained["coverage"] == 0.9


def test_a_percentage_is_rounded_down() -> None:
    def reason_for(words: int, covered: int) -> Any:
        return explain({"a": 2 * words, "b": words}, {("b", "a"): [(0, covered)]})["b"]["reason"]

    assert reason_for(1_000, 999) == "999 of its 1000 words (99%) stand word for word in A."
    assert reason_for(1_000, 1_000) == "1000 of its 1000 words (100%) stand word for word in A."
    # 0.83 * 100 and 0.94 * 50 are whole numbers, but not in binary.
    assert all(f"({words}%)" in reason_for(100, words) for words in range(80, 101))
    assert all(f"({2 * words}%)" in reason_for(50, words) for words in range(40, 51))


# --- copies ----------------------------------------------------------------------------------------------------------

COPY: Final = {"standard_id": "a", "is_active": False, "text_sha256": "a"}


def test_a_copy_of_a_kept_document_is_exact() -> None:
    roles = list_roles({"a": 60, "copy": 60}, copy=COPY)
    copies = explain_copies(roles, explain_frame({"a": 60}, {}))
    assert copies.schema == DECISIONS
    assert copies.to_dicts() == [
        {
            "document_id": "copy",
            "relation": "exact",
            "duplicate_of": "a",
            "partners": [partner("a", 60)],
            "coverage": 1.0,
            "reason": "It has the same 60 words as A.",
        }
    ]


def test_a_copy_is_exact_under_the_floor_too() -> None:
    copies = explain_copies(list_roles({"a": 2, "copy": 2}, copy=COPY), explain_frame({"a": 2}, {}))
    assert copies.select("relation", "duplicate_of", "coverage").rows() == [("exact", "a", 1.0)]


def test_a_copy_of_a_document_that_was_set_aside_is_set_aside_for_the_same_reason() -> None:
    words: dict[str, int] = {"top": 300, "a": 60}
    decisions = explain_frame(words, {("a", "top"): [(0, 48)]})
    copies = explain_copies(list_roles({**words, "copy": 60}, copy=COPY), decisions)
    assert copies.drop("document_id").equals(decisions.filter(document_id="a").drop("document_id"))
    assert copies["document_id"].to_list() == ["copy"]
    assert copies["duplicate_of"].to_list() == ["top"]


def test_only_copies_are_explained_as_copies() -> None:
    older = {"newest_id": "a", "standard_id": None, "is_active": False}
    roles = list_roles({"a": 60, "older": 70}, older=older)
    assert explain_copies(roles, explain_frame({"a": 60}, {})).is_empty()


# --- older versions --------------------------------------------------------------------------------------------------

OLDER: Final = {"newest_id": "new", "standard_id": None, "is_active": False}


def explain_older(words: dict[str, int], shared: Shared, evidence: Shared, **more: Any) -> list[dict[str, Any]]:
    """The decisions of older versions. `shared` decides the active documents; `evidence` are pairs in either order."""
    roles = list_roles(words, **more)
    active = dict(roles.filter("is_active").select("document_id", "word_count").iter_rows())
    decisions = explain_frame(active, shared)
    successors = find_successors(roles, pl.concat([decisions, explain_copies(roles, decisions)]))
    explained = explain_older_versions(
        successors, roles, list_pairs(words, evidence).select("document_id", "other_id", "words")
    )
    assert explained.schema == DECISIONS
    return explained.to_dicts()


def superseded(document_id: str, by: str, words: int, coverage: float, reason: str) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "relation": "superseded",
        "duplicate_of": by,
        "partners": [partner(by, words)],
        "coverage": coverage,
        "reason": reason,
    }


@pytest.mark.parametrize("pair", [("old", "new"), ("new", "old")])
def test_an_older_version_is_superseded_by_the_newest(pair: tuple[str, str]) -> None:
    reason = "A newer version of this file was taken in; 99 of its 150 words (66%) stand word for word in NEW."
    assert explain_older({"new": 100, "old": 150}, {}, {pair: [(0, 99)]}, old=OLDER) == [
        superseded("old", "new", 99, 0.66, reason)
    ]


def test_an_older_version_names_what_the_newest_is_a_duplicate_of() -> None:
    reason = "A newer version of this file was taken in; 50 of its 80 words (62%) stand word for word in TOP."
    words = {"top": 300, "new": 100, "old": 80}
    found = explain_older(words, {("new", "top"): [(0, 90)]}, {("old", "top"): [(0, 50)]}, old=OLDER)
    assert found == [superseded("old", "top", 50, 0.625, reason)]


def test_an_older_version_of_a_copy_names_the_standard() -> None:
    copy = {"standard_id": "top", "is_active": False, "text_sha256": "top"}
    found = explain_older({"top": 300, "new": 300, "old": 80}, {}, {}, new=copy, old=OLDER)
    assert [row["duplicate_of"] for row in found] == ["top"]


def test_an_older_version_that_shares_nothing_is_superseded_all_the_same() -> None:
    reason = "A newer version of this file was taken in; 0 of its 80 words (0%) stand word for word in NEW."
    assert explain_older({"new": 100, "old": 80}, {}, {}, old=OLDER) == [superseded("old", "new", 0, 0.0, reason)]


def test_an_older_version_with_the_same_words_shares_all_of_them_however_short() -> None:
    reason = "A newer version of this file was taken in; 3 of its 3 words (100%) stand word for word in NEW."
    same = OLDER | {"text_sha256": "new"}
    assert explain_older({"new": 3, "old": 3}, {}, {}, old=same) == [superseded("old", "new", 3, 1.0, reason)]


def test_every_older_version_names_the_same_successor() -> None:
    words = {"new": 100, "old": 80, "older": 90}
    found = explain_older(words, {}, {("older", "new"): [(0, 45)]}, old=OLDER, older=OLDER)
    assert [(row["document_id"], row["duplicate_of"], row["coverage"]) for row in found] == [
        ("old", "new", 0.0),
        ("older", "new", 0.5),
    ]


def test_every_relation_of_the_contract_is_given_and_no_other() -> None:
    words = {"top": 300, "second": 290, "part": 100, "near": 290, "digest": 100, "copy": 300, "old": 60}
    shared: Shared = {
        ("part", "top"): [(0, 90)],
        ("near", "second"): [(0, 280)],
        ("digest", "top"): [(0, 50)],
        ("digest", "second"): [(50, 100)],
    }
    more: dict[str, Any] = {
        "copy": {"standard_id": "top", "is_active": False, "text_sha256": "top"},
        "old": OLDER | {"newest_id": "top"},
    }
    roles = list_roles(words, **more)
    active = explain_frame({name: count for name, count in words.items() if name not in more}, shared)
    newest = pl.concat([active, explain_copies(roles, active)])
    no_evidence = pl.DataFrame(schema=PAIRS).select("document_id", "other_id", "words")
    older = explain_older_versions(find_successors(roles, newest), roles, no_evidence)
    decisions = pl.concat([newest, older])
    assert set(decisions["relation"].drop_nulls()) == set(RELATIONS)
    assert decisions["document_id"].n_unique() == decisions.height == len(words)
    assert decisions.drop("coverage", "document_id").schema.items() <= DUPLICATES.polars_schema.items()
