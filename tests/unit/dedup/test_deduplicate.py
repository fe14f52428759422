"""Deduplication of a frame in one call: what is set aside, as what, and with which evidence."""

from datetime import UTC, datetime
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.support.corpora import edit_words, make_words, write_other_layout, write_paragraphs
from transforms.contracts import OVERLAPS
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup import GUARANTEED_RUN_WORDS, verify_spans
from transforms.dedup.deduplicate import Deduplication, deduplicate
from transforms.dedup.match import LIST_CAP, LIST_TOPS

ARTICLE, OTHER, OWN = make_words(1, 300), make_words(2, 300), make_words(3, 80)


def frame(**texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"document_id": list(texts), "text": list(texts.values())},
        schema=dict.fromkeys(["document_id", "text"], pl.String),
    )


def relations(result: Deduplication) -> dict[str, tuple[str | None, str | None]]:
    """Relation of each document, and what it is a duplicate of."""
    rows = result.decisions.select("document_id", "relation", "duplicate_of").iter_rows()
    return {name: (relation, of) for name, relation, of in rows}


def reports_of(result: Deduplication) -> set[tuple[str, str]]:
    return set(result.overlaps.select("document_id", "other_id").rows())


@pytest.fixture(scope="module")
def documents() -> pl.DataFrame:
    """Two articles, and what people do to articles."""
    return frame(
        article=write_paragraphs(ARTICLE),
        article_again=write_other_layout(ARTICLE),
        digest=write_paragraphs(ARTICLE[40:100] + OTHER[40:100]),
        edited=write_paragraphs(edit_words(ARTICLE[:-2], 1, 0.01)),
        excerpt=write_paragraphs(ARTICLE[100:200]),
        other=write_paragraphs(OTHER),
        own=write_paragraphs(OWN),
        partly=write_paragraphs(OWN[:60] + make_words(4, 60)),
    )


@pytest.fixture(scope="module")
def result(documents: pl.DataFrame) -> Deduplication:
    return deduplicate(documents)


def test_every_document_has_a_decision(documents: pl.DataFrame, result: Deduplication) -> None:
    assert result.decisions.schema == DECISIONS
    assert result.decisions["document_id"].to_list() == sorted(documents["document_id"])
    assert relations(result) == {
        "article": (None, None),
        "article_again": ("exact", "article"),
        "digest": ("digest", "article"),
        "edited": ("near", "article"),
        "excerpt": ("excerpt", "article"),
        "other": (None, None),
        "own": (None, None),
        "partly": (None, None),
    }


def test_a_decision_tells_its_evidence(result: Deduplication) -> None:
    rows = {row["document_id"]: row for row in result.decisions.iter_rows(named=True)}
    assert rows["digest"]["partners"] == [
        {"document_id": "article", "words": 60},
        {"document_id": "other", "words": 60},
    ]
    assert rows["digest"]["coverage"] == 1.0
    # `own` is shorter than `partly` by a class, so it stands below it: 60 of its 80 words are there.
    assert rows["own"]["coverage"] == 0.75
    assert rows["partly"]["coverage"] == 0.0


def test_overlaps_are_what_the_texts_share(documents: pl.DataFrame, result: Deduplication) -> None:
    assert result.overlaps.schema == OVERLAPS.polars_schema
    assert verify_spans(result.overlaps, documents).is_empty()
    assert result.overlaps.select("document_id", "other_id").is_duplicated().sum() == 0
    assert {("digest", "article"), ("digest", "other"), ("edited", "article"), ("own", "partly")} <= reports_of(result)
    assert ("article_again", "article") in reports_of(result)
    assert (result.long_lists, result.pairs_given_up) == (0, 0)


def test_parameters_count(documents: pl.DataFrame) -> None:
    assert relations(deduplicate(documents, DedupParameters(coverage_threshold=0.75)))["own"] == ("excerpt", "partly")
    floor = relations(deduplicate(documents, DedupParameters(floor_words=121)))
    assert floor["digest"] == floor["excerpt"] == (None, None)
    assert floor["edited"] == ("near", "article")
    assert floor["article_again"] == ("exact", "article")


def test_under_the_floor_only_exact_copies_count() -> None:
    words = make_words(5, DedupParameters().floor_words - 1)
    found = relations(deduplicate(frame(a=" ".join(words), b=" ".join([*words[:-1], "other"]), c=", ".join(words))))
    assert found == {"a": (None, None), "b": (None, None), "c": ("exact", "a")}


def test_an_id_that_stands_twice_is_refused() -> None:
    one = frame(a="some words")
    with pytest.raises(ValueError, match="more than once"):
        deduplicate(pl.concat([one, one]))


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_threads_matter(documents: pl.DataFrame, result: Deduplication, seed: int) -> None:
    shuffled = documents.sample(fraction=1, shuffle=True, seed=seed)
    again = deduplicate(shuffled, workers=seed + 1)
    assert_frame_equal(again.decisions, result.decisions, check_exact=True)
    assert_frame_equal(again.overlaps, result.overlaps, check_exact=True)


def test_what_is_known_of_a_document_ranks_it() -> None:
    texts = {"a": write_paragraphs(ARTICLE), "b": write_other_layout(ARTICLE)}
    dates = [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)]
    dated = frame(**texts).with_columns(pl.Series("published_at", dates, pl.Datetime("us", "UTC")))
    assert relations(deduplicate(dated))["a"] == ("exact", "b")
    titled = frame(**texts).with_columns(pl.Series("title", [None, "A title"]))
    assert relations(deduplicate(titled))["a"] == ("exact", "b")
    assert relations(deduplicate(frame(**texts)))["b"] == ("exact", "a")


def test_a_thousand_copies_of_one_text_are_one_text() -> None:
    source = Random(1)
    copies = {f"copy{number:04d}": source.choice([" ", "  ", ", ", "\n"]).join(ARTICLE) for number in range(1_000)}
    result = deduplicate(frame(**copies, zebra=write_paragraphs(ARTICLE[:200])))
    found = relations(result)
    assert found.pop("copy0000") == (None, None)
    assert found.pop("zebra") == ("excerpt", "copy0000")
    assert set(found.values()) == {("exact", "copy0000")}
    # Evidence, and no pair of two copies beside it.
    assert reports_of(result) == {(name, "copy0000") for name in found} | {("zebra", "copy0000")}
    assert (result.long_lists, result.pairs_given_up) == (0, 0)


def test_a_template_of_very_many_documents_is_not_compared_with_all() -> None:
    template = make_words(6, GUARANTEED_RUN_WORDS)
    count = LIST_CAP + 20
    texts = {f"d{number:03d}": " ".join(template + make_words(1_000 + number, 60)) for number in range(count)}
    result = deduplicate(frame(**texts))
    assert result.decisions["relation"].null_count() == count
    # The highest-ranked are those with the lowest ids: all are compared with them.
    tops = set(sorted(texts)[:LIST_TOPS])
    found = reports_of(result)
    assert {(low, high) for high in tops for low in texts if low > high} <= found
    # A window that begins or ends outside the template can give some of them another list, which is short.
    left_out = count * (count - 1) // 2 - len(found)
    assert result.long_lists >= 1
    assert 0 < left_out <= result.pairs_given_up


def test_no_documents() -> None:
    result = deduplicate(frame())
    assert result.decisions.equals(pl.DataFrame(schema=DECISIONS))
    assert result.overlaps.equals(OVERLAPS.empty())


def test_texts_without_words_are_kept_or_copies_of_each_other() -> None:
    found = relations(deduplicate(frame(a="...", b="-", c=write_paragraphs(OWN))))
    assert found == {"a": (None, None), "b": ("exact", "a"), "c": (None, None)}
