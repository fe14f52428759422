"""Scores on sixty labelled pages of forty outlets, held slightly under what was measured when a floor was set."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from tests.support.labelled import read_documents
from transforms.contracts.vocabulary import BODY_KINDS

BODY_WORDS_LOST_AT_MOST: Final = 0.005
JUNK_WORDS_REMOVED_AT_LEAST: Final = 0.93
MEAN_WORD_F1_AT_LEAST: Final = 0.985
FIELDS_RIGHT_AT_LEAST: Final = {
    "title": 0.90,
    "subtitle": 0.85,
    "authors": 0.93,
    "published": 0.93,
    "outlet": 0.82,
    "kind": 0.80,
}
"""Shares of documents; a null that should be null is right."""


@dataclass(frozen=True)
class Measured:
    lost: float
    removed: float
    mean_f1: float
    right: dict[str, float]


@pytest.fixture(scope="module")
def measured(shared: Path) -> Measured:
    pages = pl.read_parquet(shared / "eval" / "plain_articles.parquet")
    found = read_documents({f"{row['id']}.txt": row["text"].encode() for row in pages.iter_rows(named=True)})
    return _score([(page, found[f"{page['id']}.txt"]) for page in pages.iter_rows(named=True)])


def _score(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Measured:
    lost = removed = body_words = junk_words = 0
    f1s = []
    for page, row in pairs:
        gold = _count_words(row, {label["line"] for label in page["labels"] if label["kind"] in BODY_KINDS})
        kept = _count_words(row, {line for line, kind in enumerate(row["line_kinds"]) if kind in BODY_KINDS})
        everything = _count_words(row, range(len(row["line_kinds"])))
        junk = everything - gold
        lost += (gold - kept).total()
        removed += (junk - (kept - gold)).total()
        body_words += gold.total()
        junk_words += junk.total()
        if gold:
            f1s.append(2 * (gold & kept).total() / (gold.total() + kept.total()))
    with_body = [pair for pair in pairs if pair[1]["kind"] is not None]
    right = {
        field: sum(_is_right(field, *pair) for pair in with_body) / len(with_body) for field in FIELDS_RIGHT_AT_LEAST
    }
    return Measured(lost / body_words, removed / junk_words, sum(f1s) / len(f1s), right)


def _count_words(row: dict[str, Any], lines: Iterable[int]) -> Counter[str]:
    return Counter(word for line in lines for word in row["line_texts"][line].split())


def _is_right(field: str, page: dict[str, Any], row: dict[str, Any]) -> bool:
    if field == "authors":
        return bool(page["authors"] == row["authors"])
    if field == "kind":
        return bool(page["kind"] == row["kind"])
    if field == "published":
        return bool(_read_label(page["published"]) == row["published_at"])
    label = page["outlet_in_text" if field == "outlet" else field]
    return _fold(label) == _fold(row[field])


def _read_label(label: str | None) -> datetime | None:
    if label is None:
        return None
    moment = datetime.fromisoformat(label)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fold(text: str | None) -> str:
    return re.sub(r"\W+", "", (text or "").casefold())


def test_hardly_a_word_of_the_bodies_is_lost(measured: Measured) -> None:
    assert measured.lost <= BODY_WORDS_LOST_AT_MOST


def test_most_words_around_the_bodies_are_removed(measured: Measured) -> None:
    assert measured.removed >= JUNK_WORDS_REMOVED_AT_LEAST
    assert measured.mean_f1 >= MEAN_WORD_F1_AT_LEAST


@pytest.mark.parametrize("field", FIELDS_RIGHT_AT_LEAST)
def test_fields_are_right(measured: Measured, field: str) -> None:
    assert measured.right[field] >= FIELDS_RIGHT_AT_LEAST[field], measured.right
