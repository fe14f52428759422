"""How the bench counts what a tool removed, and that its corpus can be deduplicated at all."""

from typing import Any

import polars as pl
import pytest

from tests.bench.corpus import COPIES, TRUTH, Corpus
from tests.bench.planted import render_planted, score_removed
from tests.bench.speed import render_speed

ROWS = [
    ("a", "original", [], None),
    ("b", "original", [], None),
    ("c", "original", [], None),
    ("d", "generated", [], None),
    ("copy of a", "exact", ["a"], 1.0),
    ("edited b", "edited_5", ["b"], 0.97),
    ("excerpt of c", "excerpt", ["c"], 0.9),
    ("digest", "digest", ["a", "b", "c", "d"], 0.9),
    ("notice", "template", [], 0.6),
]


@pytest.fixture
def corpus() -> Corpus:
    truth = pl.DataFrame(ROWS, schema=TRUTH, orient="row")
    return Corpus(truth.select("document_id", text=pl.lit("")), truth)


def score(corpus: Corpus, removed: set[str], natural: frozenset[str] = frozenset()) -> dict[str, Any]:
    return score_removed(corpus, removed, natural)


def count_found(scores: dict[str, Any]) -> dict[str, int]:
    return {kind: count for kind, count in scores["found"].items() if count}


def test_copies_that_were_removed_are_found(corpus: Corpus) -> None:
    scores = score(corpus, {"copy of a", "edited b", "excerpt of c", "digest"})
    assert count_found(scores) == {"exact": 1, "edited_5": 1, "excerpt": 1, "digest": 1}
    assert scores["wrong_originals"] == scores["wrong_notices"] == scores["swapped"] == 0
    assert set(scores["found"]) == set(COPIES)


def test_nothing_removed_is_nothing_found(corpus: Corpus) -> None:
    scores = score(corpus, set())
    assert count_found(scores) == {}
    assert scores["wrong_originals"] == scores["wrong_notices"] == scores["natural"] == 0


def test_an_original_may_go_in_place_of_its_copy(corpus: Corpus) -> None:
    scores = score(corpus, {"a", "b"})
    assert count_found(scores) == {"exact": 1, "edited_5": 1}
    assert (scores["swapped"], scores["wrong_originals"]) == (2, 0)


def test_an_original_and_its_copy_may_not_both_go(corpus: Corpus) -> None:
    scores = score(corpus, {"a", "copy of a"})
    assert count_found(scores) == {"exact": 1}
    assert (scores["swapped"], scores["wrong_originals"]) == (0, 1)


def test_an_article_may_not_go_for_its_excerpt(corpus: Corpus) -> None:
    scores = score(corpus, {"c"})
    assert count_found(scores) == {}
    assert scores["wrong_originals"] == 1


def test_notices_and_other_documents_are_wrongly_removed(corpus: Corpus) -> None:
    scores = score(corpus, {"d", "notice"})
    assert (scores["wrong_originals"], scores["wrong_notices"]) == (1, 1)


def test_what_goes_without_plants_is_counted_apart(corpus: Corpus) -> None:
    scores = score(corpus, {"d", "copy of a"}, natural=frozenset({"d"}))
    assert (scores["wrong_originals"], scores["natural"]) == (0, 1)


def test_planted_table_shows_shares(corpus: Corpus) -> None:
    results = {
        "documents": 9,
        "seed": 1,
        "by_kind": {"original": 3, "generated": 1, **dict.fromkeys(COPIES, 4), "template": 1},
        "mean_coverage": {**dict.fromkeys(COPIES, 0.9), "template": 0.6},
        "tools": {"winnow": {"version": None, **score(corpus, {"copy of a"})}},
    }
    rows = render_planted(results).splitlines()
    assert rows[-1] == "| **winnow** | 25.0 % | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 0 | 0 | 0 |"
    assert len({row.count("|") for row in rows[2:]}) == 1


def test_speed_table_compares_by_document() -> None:
    tool = {"documents": 1000, "text_bytes": 5e6, "seconds": 1.0, "peak_bytes": 2**30, "set_aside": 7}
    ours = {**tool, "spans": 3, "pairs": 2, "first_call_seconds": 0.5}
    slow = {**tool, "documents": 100, "seconds": 20.0, "version": "1.0"}
    floor = {"fingerprint_mb_per_second": 200.0, "lowercase_mb_per_second": 2000.0, "times_floor": 10.0}
    results = {
        "documents": 1000,
        "seed": 1,
        "by_kind": {"original": 900, "exact": 100},
        "tools": {"winnow": ours, "slow": slow},
        "floor": floor,
    }
    text = render_speed(results)
    assert "| **winnow** | 1,000 | 5 | 1.0 | 1.000 | 1.0 | 1.00 | 7 |" in text
    assert "| slow 1.0 | 100 | 5 | 20.0 | 200.000 | 200.0 | 1.00 | 7 |" in text
    assert "900 real, 0 generated, 100 planted" in text
