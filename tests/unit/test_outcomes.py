"""Numbers of a run that add up."""

from typing import Final

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.contracts import RUNS
from transforms.contracts.vocabulary import REJECT_REASONS, RELATIONS
from transforms.outcomes import Outcomes, count_outcomes, name_counts

Relations = dict[str, str | None]

RELATION: Final = st.none() | st.sampled_from(RELATIONS)
HELD: Final = st.dictionaries(st.sampled_from("abcdefgh"), RELATION)
REASONS: Final = st.lists(st.sampled_from(sorted(REJECT_REASONS)), max_size=5)


def frame(relations: Relations) -> pl.DataFrame:
    schema = {"document_id": pl.String, "relation": pl.String}
    return pl.DataFrame(list(relations.items()), schema=schema, orient="row")


def count(decisions: Relations, held: Relations, reasons: list[str], new: str) -> Outcomes:
    rejects = pl.DataFrame({"reason_code": reasons}, schema={"reason_code": pl.String})
    return count_outcomes(frame(decisions), frame(held), rejects, pl.Series("document_id", list(new), dtype=pl.String))


def test_what_became_of_new_documents_is_counted() -> None:
    decisions: Relations = {"a": None, "b": "near", "c": "exact", "d": "near", "e": None, "f": None}
    outcomes = count(decisions, {}, ["no_body", "empty", "empty"], "abcde")
    assert outcomes == Outcomes(
        kept=2, set_aside={"exact": 1, "near": 2}, rejected={"empty": 2, "no_body": 1}, demoted=0, promoted=0
    )
    assert (outcomes.documents_in, outcomes.documents_set_aside, outcomes.documents_rejected) == (8, 3, 3)


def test_documents_that_change_sides_are_counted_apart() -> None:
    held: Relations = {"a": None, "b": None, "c": "near", "d": "near", "e": None}
    decisions: Relations = {"a": "excerpt", "b": None, "c": None, "d": "digest", "f": "near"}
    outcomes = count(decisions, held, [], "f")
    assert outcomes == Outcomes(kept=0, set_aside={"near": 1}, rejected={}, demoted=1, promoted=1)


def test_nothing_gives_nothing() -> None:
    outcomes = count({}, {}, [], "")
    assert outcomes == Outcomes(kept=0, set_aside={}, rejected={}, demoted=0, promoted=0)
    assert outcomes.documents_in == 0


@given(HELD, HELD, REASONS, st.sets(st.sampled_from("abcdefgh")))
def test_the_numbers_add_up(decisions: Relations, held: Relations, reasons: list[str], new: set[str]) -> None:
    outcomes = count(decisions, held, reasons, "".join(new))
    assert outcomes.documents_in == len(new & set(decisions)) + len(reasons)
    assert 0 not in {*outcomes.set_aside.values(), *outcomes.rejected.values()}
    both = decisions.keys() & held.keys()
    gained = sum(decisions[name] is None for name in both) - sum(held[name] is None for name in both)
    assert outcomes.promoted - outcomes.demoted == gained


def test_counts_are_named_as_the_runs_hold_them() -> None:
    named = name_counts({"near": 2, "exact": 1})
    assert named == [{"name": "exact", "count": 1}, {"name": "near", "count": 2}]
    assert pl.Series([named], dtype=RUNS.column("set_aside_by_relation").dtype).to_list() == [named]
    assert name_counts({}) == []
