"""Candidate pairs: all of them, each once, whichever side is new."""

from itertools import combinations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.contracts import FINGERPRINTS
from transforms.dedup import find_candidate_pairs

POSTINGS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=25)
Rows = set[tuple[int, int]]


def frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(sorted(rows), schema=FINGERPRINTS.polars_schema, orient="row")


def pair_slowly(new: Rows, held: Rows) -> list[tuple[int, int]]:
    new_keys = {key for _, key in new}
    found = {
        tuple(sorted((key, other)))
        for (mark, key), (other_mark, other) in combinations(sorted(new | held), 2)
        if mark == other_mark and key != other and ((mark, key) in new or (mark, other) in new)
    }
    assert all(key in new_keys or other in new_keys for key, other in found)
    return sorted((low, high) for low, high in found)


@settings(deadline=None, max_examples=60)
@given(POSTINGS, POSTINGS)
def test_pairs_are_all_that_share_a_fingerprint(new: Rows, held: Rows) -> None:
    pairs = find_candidate_pairs(frame(new), frame(held).lazy())
    assert pairs.rows() == pair_slowly(new, held)
    assert pairs.schema == {"text_key": pl.UInt64, "other_key": pl.UInt64}


@settings(deadline=None, max_examples=40)
@given(POSTINGS, st.integers(0, 8))
def test_the_split_into_runs_does_not_matter(rows: Rows, border: int) -> None:
    first = {row for row in rows if row[1] < border}
    second = rows - first
    together = find_candidate_pairs(frame(rows), frame(set()))
    apart = pl.concat(
        [find_candidate_pairs(frame(first), frame(set())), find_candidate_pairs(frame(second), frame(first))]
    )
    assert apart.sort("text_key", "other_key").equals(together)
