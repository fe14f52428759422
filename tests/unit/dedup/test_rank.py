"""Rank: a total order that follows from the documents alone. Roles: who takes part in the decision."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.contracts import ARTICLES
from transforms.contracts.vocabulary import PRECISIONS
from transforms.dedup.rank import (
    LENGTH_CLASS_BOUNDS,
    RANKED_COLUMNS,
    assign_roles,
    count_stated_fields,
    latest_possible_publication,
    measure_length_class,
    rank_among,
    rank_documents,
)

SCHEMA: Final = pl.Schema({name: ARTICLES.polars_schema[name] for name in RANKED_COLUMNS})
MOST_WORDS: Final = 2**32 - 1


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def document(document_id: str, **stated: Any) -> dict[str, Any]:
    """A row of its own words that states nothing, but for what is given."""
    return {
        "document_id": document_id,
        "source_path": f"{document_id}.txt",
        "record": 0,
        "ingested_at": day(1),
        "text_sha256": sha256(document_id.encode()).hexdigest(),
        "word_count": 100,
        "authors": [],
    } | stated


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def order(*rows: dict[str, Any]) -> list[str]:
    ranked = rank_documents(frame(*rows))
    assert ranked["rank"].to_list() == list(range(len(rows)))
    return ranked["document_id"].to_list()


def classes_of(*word_counts: int) -> list[int]:
    return measure_length_class(pl.Series(word_counts, dtype=pl.UInt32)).to_list()


# --- length classes --------------------------------------------------------------------------------------------------


def test_bounds_are_exact() -> None:
    bounds = [2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30, 38, 48, 60, 75, 94, 118]
    assert LENGTH_CLASS_BOUNDS.head(len(bounds)).to_list() == bounds
    assert classes_of(*bounds) == list(range(1, len(bounds) + 1))
    assert classes_of(*(bound - 1 for bound in bounds)) == list(range(len(bounds)))


def test_every_word_count_has_a_class_of_its_length() -> None:
    assert classes_of(0, 1) == [0, 0]
    assert int(LENGTH_CLASS_BOUNDS[-1]) > MOST_WORDS


@given(st.integers(1, MOST_WORDS), st.integers(1, MOST_WORDS))
def test_classes_grow_by_a_quarter(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    class_of_shorter, class_of_longer = classes_of(shorter, longer)
    assert class_of_shorter <= class_of_longer
    if 4 * longer >= 5 * shorter:
        assert class_of_shorter < class_of_longer


@given(st.integers(0, MOST_WORDS - 1))
def test_the_next_count_is_in_the_same_class_or_the_next(word_count: int) -> None:
    here, there = classes_of(word_count, word_count + 1)
    assert there - here in {0, 1}


# --- rank ------------------------------------------------------------------------------------------------------------


def test_a_longer_class_stands_above_whatever_the_rest_says() -> None:
    early = {"published_at": day(1), "published_precision": "day", "title": "A title", "outlet": "An outlet"}
    assert order(document("a", word_count=117, **early), document("b", word_count=118)) == ["b", "a"]


def test_near_equal_lengths_tie() -> None:
    longer = document("a", word_count=117, published_at=day(3), published_precision="day")
    earlier = document("b", word_count=94, published_at=day(2), published_precision="day")
    assert order(longer, earlier) == ["b", "a"]


@pytest.mark.parametrize(
    ("stated", "precision", "end"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "year", datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC)),
        (datetime(2024, 2, 1, tzinfo=UTC), "month", datetime(2024, 2, 29, 23, 59, 59, 999_999, UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), "month", datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC)),
        (datetime(2026, 3, 29, tzinfo=UTC), "day", datetime(2026, 3, 29, 23, 59, 59, 999_999, UTC)),
        (datetime(2026, 3, 29, 8, 5, tzinfo=UTC), "minute", datetime(2026, 3, 29, 8, 5, 59, 999_999, UTC)),
        (datetime(2026, 3, 29, 8, 5, 7, tzinfo=UTC), "second", datetime(2026, 3, 29, 8, 5, 7, 999_999, UTC)),
    ],
)
def test_a_vague_date_counts_as_the_end_of_its_period(stated: datetime, precision: str, end: datetime) -> None:
    documents = frame(document("a", published_at=stated, published_precision=precision))
    assert documents.select(latest_possible_publication()).item() == end


def test_every_precision_has_a_period() -> None:
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    documents = frame(*(document(name, published_at=new_year, published_precision=name) for name in PRECISIONS))
    ends = documents.select(latest_possible_publication().alias("end"))["end"]
    assert ends.null_count() == 0
    assert ends.is_sorted(descending=True)
    assert ends.n_unique() == len(PRECISIONS)


def test_a_vague_date_does_not_outrank_an_exact_one_inside_it() -> None:
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        document("a", published_at=new_year, published_precision="year"),
        document("b", published_at=datetime(2026, 12, 31, tzinfo=UTC), published_precision="day", word_count=94),
        document("c", published_at=datetime(2027, 1, 1, tzinfo=UTC), published_precision="second"),
        document("d", published_at=new_year, published_precision="month"),
    ]
    # Of two that may mean the same last instant, neither is the earlier: the identifier decides.
    assert order(*rows) == ["d", "a", "b", "c"]


def test_an_unknown_date_is_last() -> None:
    dated = {"published_at": datetime(2999, 1, 1, tzinfo=UTC), "published_precision": "year"}
    told = {"title": "A title", "outlet": "An outlet", "url": "https://example.org/", "authors": ["Mira Holt"]}
    assert order(document("a", **told), document("b", **dated)) == ["b", "a"]


def test_a_document_that_states_more_stands_above() -> None:
    rows = [
        document("a"),
        document("b", title="A title"),
        document("c", title="A title", authors=["Mira Holt", "Jon Stave"]),
        document("d", title="A title", authors=["Mira Holt"], outlet="An outlet"),
        document("e", title="A title", authors=["Mira Holt"], outlet="An outlet", url="https://example.org/"),
    ]
    assert order(*rows) == ["e", "d", "c", "b", "a"]


def test_stated_fields_are_counted() -> None:
    full = {"title": "A", "outlet": "B", "url": "C", "authors": ["D"], "published_at": day(1)}
    documents = frame(document("a"), document("b", authors=["D", "E"]), document("c", **full))
    assert documents.select(count_stated_fields()).to_series().to_list() == [0, 1, 5]


def test_the_identifier_decides_last() -> None:
    assert order(document("c"), document("a"), document("b")) == ["a", "b", "c"]


def test_rank_keeps_every_column() -> None:
    ranked = rank_documents(frame(document("a")))
    assert ranked.columns == ["rank", *RANKED_COLUMNS]
    assert ranked.schema["rank"] == pl.UInt32


def test_no_document_has_no_rank() -> None:
    assert rank_documents(frame()).is_empty()
    assert assign_roles(frame()).is_empty()


@st.composite
def documents_in_two_orders(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Documents that often tie, and the same in another order."""
    dates = st.none() | st.tuples(
        st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)]),
        st.sampled_from(PRECISIONS),
    )
    rows = []
    for name in draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)):
        at, precision = draw(dates) or (None, None)
        rows.append(
            document(
                name,
                source_path=draw(st.sampled_from("pqr")),
                ingested_at=day(draw(st.integers(1, 3))),
                text_sha256=draw(st.sampled_from(["0" * 64, "1" * 64])),
                word_count=draw(st.sampled_from([94, 100, 117, 118])),
                title=draw(st.none() | st.just("A title")),
                published_at=at,
                published_precision=precision,
            )
        )
    return rows, draw(st.permutations(rows))


@given(documents_in_two_orders())
def test_the_order_of_arrival_does_not_matter(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    rows, shuffled = orders
    assert order(*rows) == order(*shuffled)
    assert assign_roles(frame(*rows)).equals(assign_roles(frame(*shuffled)))


@given(documents_in_two_orders())
def test_rank_within_a_part_is_rank_within_the_whole(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    """No document changes which of two others stands above."""
    rows, _ = orders
    part = rows[: len(rows) // 2]
    names = {row["document_id"] for row in part}
    assert order(*part) == [name for name in order(*rows) if name in names]


# --- roles -----------------------------------------------------------------------------------------------------------


def roles_of(*rows: dict[str, Any]) -> dict[str, tuple[str, str | None, bool]]:
    """document_id -> newest_id, standard_id, is_active."""
    roles = assign_roles(frame(*rows))
    assert roles["rank"].to_list() == list(range(len(rows)))
    return {
        row["document_id"]: (row["newest_id"], row["standard_id"], row["is_active"])
        for row in roles.iter_rows(named=True)
    }


def version(document_id: str, number: int, **more: Any) -> dict[str, Any]:
    return document(document_id, source_path="one.txt", ingested_at=day(number), **more)


def test_a_document_alone_is_active() -> None:
    assert roles_of(document("a"), document("b")) == {"a": ("a", "a", True), "b": ("b", "b", True)}


def test_the_version_taken_in_last_is_the_newest() -> None:
    # The older one ranks higher, and comes later in the frame: neither makes it newer.
    versions = [version("b", 2), version("a", 1, word_count=900), version("c", 3)]
    assert roles_of(*versions) == {"a": ("c", None, False), "b": ("c", None, False), "c": ("c", "c", True)}


def test_a_file_that_was_set_back_has_its_first_version_as_the_newest() -> None:
    before, after = [version("a", 1), version("b", 2)], [version("a", 3), version("b", 2)]
    assert roles_of(*before) == {"a": ("b", None, False), "b": ("b", "b", True)}
    assert roles_of(*after) == {"a": ("a", "a", True), "b": ("a", None, False)}


def test_records_of_one_file_are_no_versions_of_one_another() -> None:
    rows = [version("a", 1, record=0), version("b", 2, record=1), version("c", 3, record=0)]
    assert roles_of(*rows) == {"a": ("c", None, False), "b": ("b", "b", True), "c": ("c", "c", True)}


def test_versions_taken_in_together_have_one_newest() -> None:
    assert roles_of(version("a", 1), version("b", 1)) == {"a": ("b", None, False), "b": ("b", "b", True)}


def test_the_best_ranked_of_equal_texts_is_the_standard() -> None:
    same = {"text_sha256": "0" * 64}
    rows = [document("a", **same), document("b", title="A title", **same), document("c", **same), document("d")]
    assert roles_of(*rows) == {
        "a": ("a", "b", False),
        "b": ("b", "b", True),
        "c": ("c", "b", False),
        "d": ("d", "d", True),
    }


def test_an_older_version_is_no_standard() -> None:
    same = {"text_sha256": "0" * 64}
    rows = [version("a", 1, title="A title", **same), version("b", 2), document("c", **same)]
    assert roles_of(*rows)["a"] == ("b", None, False)
    assert roles_of(*rows)["c"] == ("c", "c", True)


def test_a_newer_version_with_the_same_words_takes_the_place_of_the_older() -> None:
    same = {"text_sha256": "0" * 64}
    roles = roles_of(version("a", 1, title="A title", **same), version("b", 2, **same))
    assert roles == {"a": ("b", None, False), "b": ("b", "b", True)}


def test_others_take_their_ranks_among_those_ranked() -> None:
    few = rank_documents(frame(document("a"), document("c")))
    assert rank_among(few, frame(document("b"))).equals(rank_documents(frame(*map(document, "abc"))))
    assert rank_among(few, rank_documents(frame(document("b")))).equals(rank_documents(frame(*map(document, "abc"))))
    assert rank_among(few, frame()).equals(few)
