"""A sentence that more documents share than are compared with one another: the same store whatever the order."""

import random
import shutil
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

import transforms.documents
from flows.run import Days
from flows.settings import Settings
from flows.storage import Store
from tests.property.test_backfill import make_describer
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import OVERLAPS
from transforms.dedup.match import LIST_CAP, LIST_TOPS

DOCUMENTS = LIST_CAP + 12
LENGTHS = (60, 90, 140)
"""Own words: several length classes, so that those that come later can rank higher."""


def write_documents() -> dict[str, str]:
    """Documents of their own words around one sentence; every fifth shares a second one with the next."""
    sentence = make_words(9_999, 20)
    documents = {}
    for number in range(DOCUMENTS):
        own = make_words(number, LENGTHS[number % len(LENGTHS)])
        second = make_words(20_000 + number // 5, 18) if number % 5 < 2 else []
        documents[f"n/{number:03d}.txt"] = write_paragraphs([*own[:30], *sentence, *own[30:], *second])
    return documents


def take_in_parts(folder: Path, parts: list[dict[str, str]]) -> Settings:
    made = settings_for(folder)
    for part in parts:
        drop_files(made, dict(part))
        take_in(made)
    return made


def test_order_does_not_matter_when_a_list_grows_too_long(tmp_path: Path) -> None:
    documents = write_documents()
    names = sorted(documents)
    random.Random(3).shuffle(names)
    cuts = [0, 40, LIST_CAP - 1, LIST_CAP, LIST_CAP + 1, LIST_CAP + 2, DOCUMENTS]
    parts = [{name: documents[name] for name in names[start:end]} for start, end in pairwise(cuts)]
    grown = take_in_parts(tmp_path / "grown", parts)
    at_once = take_in_parts(tmp_path / "at_once", [documents])
    assert_same_results(read_results(grown), read_results(at_once))
    assert find_broken_laws(grown) == []
    pairs = Store(grown.data).read(OVERLAPS).height
    linked = sum(DOCUMENTS - 1 - top for top in range(LIST_TOPS))
    # At its ends the sentence has other fingerprints in some documents, whose lists are short.
    assert linked <= pairs < DOCUMENTS * (DOCUMENTS - 1) // 4
    before = hash_published_files(grown)
    assert not take_in(grown, "backfill")
    assert hash_published_files(grown) == before


def test_pairs_come_back_when_a_list_grows_short(tmp_path: Path) -> None:
    """Newer versions without the sentence leave the list; what is left is compared with one another again."""
    documents = write_documents()
    changed = {
        name: write_paragraphs(make_words(50_000 + place, 80)) for place, name in enumerate(sorted(documents)[:20])
    }
    shrunk = take_in_parts(tmp_path / "shrunk", [documents, changed])
    otherwise = take_in_parts(
        tmp_path / "otherwise",
        [{name: text for name, text in documents.items() if name in changed}, changed, documents | changed],
    )
    assert_same_results(read_results(shrunk), read_results(otherwise))
    assert find_broken_laws(shrunk) == []
    left = DOCUMENTS - len(changed)
    assert left <= LIST_CAP
    assert Store(shrunk.data).read(OVERLAPS).height >= left * (left - 1) // 2


def test_days_derived_again_in_a_long_list_give_what_all_at_once_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other titles move documents up and down among the highest of the list, which decides who is compared."""
    documents = write_documents()
    names = sorted(documents)
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    made = settings_for(tmp_path / "made")
    monkeypatch.setattr(transforms.documents, "extract_metadata", make_describer(1))
    for day, part in zip(days, (names[::2], names[1::2]), strict=True):
        drop_files(made, {name: documents[name] for name in part})
        take_in(made, now=datetime(day.year, day.month, day.day, tzinfo=UTC))
    at_once = settings_for(tmp_path / "at_once")
    shutil.copytree(made.data, at_once.data)
    monkeypatch.setattr(transforms.documents, "extract_metadata", make_describer(2))
    for day in days:
        assert take_in(made, days=Days(day, day))
    assert take_in(at_once, "backfill")
    assert_same_results(read_results(made), read_results(at_once))
