"""What changed between two states of a store, and the laws that hold the feed against it."""

from typing import Any, Final

import polars as pl
import pytest

from transforms import laws
from transforms.changes import (
    FIELDS,
    STATE,
    describe_baseline,
    describe_changes,
    describe_state,
    find_changed_fields,
    find_last_states,
)
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES

NO_FIELDS: Final = pl.DataFrame(schema=FIELDS)


def make_state(*documents: tuple[str, str | None, str | None]) -> pl.DataFrame:
    """STATE of documents: (letter, place, relation)."""
    rows = [
        {
            "document_id": letter * 32,
            "source_path": f"{letter}.txt",
            "record": 0,
            "place": place,
            "relation": relation,
            "duplicate_of": "f" * 32 if relation else None,
        }
        for letter, place, relation in documents
    ]
    return pl.DataFrame(rows, schema=STATE)


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        (None, ("articles", None), "kept"),
        (None, ("duplicates", "near"), "set_aside"),
        (None, ("duplicates", "superseded"), "set_aside"),
        (("articles", None), ("duplicates", "near"), "demoted"),
        (("articles", None), ("duplicates", "superseded"), "superseded"),
        (("duplicates", "exact"), ("duplicates", "superseded"), "superseded"),
        (("duplicates", "superseded"), ("duplicates", "superseded"), "changed"),
        (("duplicates", "superseded"), ("duplicates", "exact"), "changed"),
        (("duplicates", "superseded"), ("articles", None), "promoted"),
        (("articles", None), ("articles", None), "changed"),
        (("articles", None), None, "gone"),
        (("duplicates", "near"), None, "gone"),
    ],
)
def test_what_happened_has_a_name(was: tuple[str, str] | None, now: tuple[str, str] | None, change: str) -> None:
    before, after = (make_state(*([("a", *place)] if place else [])) for place in (was, now))
    found = describe_changes(before, after, NO_FIELDS)
    assert found["change"].to_list() == [change]
    told = found.select("place_before", "relation_before", "place", "relation").row(0)
    assert told == (*(was or (None, None)), *(now or (None, None)))


def test_a_baseline_stands_where_it_stood() -> None:
    rows = describe_baseline(make_state(("a", "articles", None), ("b", "duplicates", "near")))
    assert rows["change"].to_list() == ["baseline", "baseline"]
    assert rows["place_before"].to_list() == rows["place"].to_list() == ["articles", "duplicates"]
    assert rows["changed_fields"].to_list() == [[], []]


def test_fields_are_those_that_both_rows_have() -> None:
    known: dict[str, Any] = {"document_id": "a" * 32, "title": "One", "authors": ["Ada"], "evidence": []}
    evidence = {"field": "title", "value": "Two", "line": None, "rule": "html.h1"}
    old = ARTICLES.frame([known | {"coverage": 0.1, "url": None}, known | {"document_id": "b" * 32}])
    new = DUPLICATES.frame(
        [
            known | {"document_id": "b" * 32, "relation": "near"},
            known | {"title": "Two", "evidence": [evidence], "coverage": 0.1, "url": "u", "relation": "near"},
        ]
    )
    expected = {"document_id": ["a" * 32], "changed_fields": [["title", "url", "evidence"]]}
    assert find_changed_fields(old, new).to_dict(as_series=False) == expected
    assert find_changed_fields(old, old).is_empty()


def test_a_state_has_no_relation_in_articles() -> None:
    state = describe_state(ARTICLES.frame([{"document_id": "a" * 32, "source_path": "a.txt", "record": 1}]), "articles")
    assert state.rows() == [("a" * 32, "a.txt", 1, "articles", None, None)]


def make_changes(*rows: tuple[str, str, str | None, str | None]) -> pl.DataFrame:
    """Rows of `changes`: (run, letter, place before, place)."""
    return CHANGES.frame(
        [
            {"run_id": run, "document_id": letter * 32, "source_path": letter, "place_before": was, "place": now}
            | {"change": "baseline" if was == now else "changed", "relation": "near" if now == "duplicates" else None}
            for run, letter, was, now in rows
        ]
    )


STORY: Final = make_changes(
    ("2", "a", None, "articles"),
    ("2", "b", None, "articles"),
    ("3", "a", "articles", "duplicates"),
    ("4", "a", "duplicates", None),
    ("4", "c", None, "duplicates"),
)


def broken(checks: pl.DataFrame) -> list[tuple[str, str]]:
    return checks.filter(~pl.col("holds")).select("subject", "detail").rows()


def test_the_last_change_counts() -> None:
    last = find_last_states(STORY)
    assert dict(last.select("document_id", "place").rows()) == {
        "a" * 32: None,
        "b" * 32: "articles",
        "c" * 32: "duplicates",
    }
    held = last.filter(pl.col("place").is_not_null())
    assert broken(laws.check_feed(held, last)) == []
    detail = "changes says: articles; it is: nowhere"
    assert broken(laws.check_feed(held.filter(pl.col("place") != "articles"), last)) == [("b" * 32, detail)]
    detail = "changes says: nowhere; it is: duplicates, near"
    assert broken(laws.check_feed(held, last.filter(pl.col("place") != "duplicates"))) == [("c" * 32, detail)]
    detail = "changes says: duplicates, near; it is: duplicates, exact"
    other = held.with_columns(pl.col("relation").str.replace("near", "exact"))
    assert broken(laws.check_feed(other, last)) == [("c" * 32, detail)]


def test_changes_follow_on_one_another() -> None:
    assert broken(laws.check_feed_order(STORY)) == []
    without = STORY.filter(pl.col("run_id") != "3")
    detail = "says it was: duplicates; the last change: articles"
    assert broken(laws.check_feed_order(without)) == [(f"{'a' * 32} in run 4", detail)]
    # The first run of a feed may have met documents that were there before it; a later one may not.
    baseline = make_changes(("1", "d", "articles", "articles"))
    assert broken(laws.check_feed_order(pl.concat([baseline, STORY]))) == []
    late = make_changes(("5", "d", "articles", "articles"))
    assert [subject for subject, _ in broken(laws.check_feed_order(pl.concat([STORY, late])))] == [
        f"{'d' * 32} in run 5"
    ]


def test_a_run_changed_what_its_row_counts() -> None:
    counts = {"documents_kept": 0, "documents_set_aside": 0, "documents_demoted": 0, "documents_promoted": 0}
    rows = [
        {"run_id": "1", "command": "run", **counts, "documents_kept": 9},
        {"run_id": "2", "command": "run", **counts, "documents_kept": 2},
        {"run_id": "3", "command": "backfill", **counts, "documents_kept": 7, "documents_demoted": 1},
        {"run_id": "4", "command": "run", **counts, "documents_set_aside": 1},
    ]
    assert broken(laws.check_feed_counts(pl.DataFrame(rows), STORY)) == []
    rows[2]["documents_demoted"] = 0
    detail = "runs says 7 kept, 0 set aside, 0 demoted, 0 promoted; changes 0, 0, 1, 0"
    assert broken(laws.check_feed_counts(pl.DataFrame(rows), STORY)) == [("3", detail)]
