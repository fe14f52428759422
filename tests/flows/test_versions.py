"""Versions of a file that follow one another in awkward ways."""

from pathlib import Path

import polars as pl
import pytest

import transforms.documents
from flows.storage import Store
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    place_of,
    read_results,
    settings_for,
    take_in,
)
from transforms.clean import classify_lines
from transforms.contracts import ARTICLES, DUPLICATES, RAW, REJECTS
from transforms.contracts.parameters import CleanParameters


def test_set_back_file_is_the_newest_again(tmp_path: Path) -> None:
    made, first, second = settings_for(tmp_path), *(write_paragraphs(make_words(n, 100)) for n in (1, 2))
    ids = []
    for content in (first, second, first):
        drop_files(made, {"a.txt": content})
        assert take_in(made)
        ids.append(Store(made.data).read(ARTICLES)["document_id"].item())
    assert ids[0] == ids[2] != ids[1]
    assert Store(made.data).read(DUPLICATES)["document_id"].to_list() == [ids[1]]
    assert Store(made.data).read(RAW).height == 3
    assert find_broken_laws(made) == []
    assert not take_in(made, "backfill")


def test_broken_version_takes_nothing_away(tmp_path: Path) -> None:
    made = settings_for(tmp_path)
    for content in (write_paragraphs(make_words(3, 100)), " \n"):
        drop_files(made, {"a.txt": content})
        take_in(made)
    store = Store(made.data)
    assert (store.read(ARTICLES).height, store.read(REJECTS).height) == (1, 1)
    assert find_broken_laws(made) == []


def test_reject_stays_with_its_own_run(tmp_path: Path) -> None:
    """Each version of a path has its own sighting: a rebuild must not mix them up."""
    made = settings_for(tmp_path)
    for content in (" \n", write_paragraphs(make_words(4, 100))):
        drop_files(made, {"a.txt": content})
        take_in(made)
    before = Store(made.data).read(REJECTS)
    assert not take_in(made, "backfill")
    assert Store(made.data).read(REJECTS).equals(before)
    assert place_of(made) == {"a.txt": "kept"}


def test_document_that_comes_again_with_another_text_is_decided_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken in by an older cleaner, emptied, set back under today's: the same document with more text."""
    made, lead, rest = settings_for(tmp_path), make_words(5, 80), make_words(6, 200)

    def classify_as_before(lines: pl.DataFrame, _cleaning: CleanParameters) -> pl.DataFrame:
        is_late = pl.col("line") >= 2
        return classify_lines(lines).with_columns(
            pl.when(is_late).then(pl.lit("promo")).otherwise("kind").alias("kind")
        )

    with monkeypatch.context() as older:
        older.setattr(transforms.documents, "classify_lines", classify_as_before)
        drop_files(made, {"a.txt": write_paragraphs(lead + rest)})
        take_in(made)
    for files in ({"e.txt": write_paragraphs(rest)}, {"a.txt": " \n"}, {"a.txt": write_paragraphs(lead + rest)}):
        drop_files(made, dict(files))
        take_in(made)
    assert place_of(made)["e.txt"] == "excerpt"
    assert find_broken_laws(made) == []
    results = read_results(made)
    take_in(made, "backfill")
    assert_same_results(read_results(made), results)
