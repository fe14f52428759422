"""The real articles: an article, the newsletter that excerpts it, and three others."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.storage import Store
from tests.support.stores import find_broken_laws, place_of, read_results, settings_for, take_in
from transforms.contracts import ARTICLES, DUPLICATES, OVERLAPS
from transforms.dedup.words import normalise_words

ARTICLE, NEWSLETTER = "000_f58379f8dca418ad.txt", "001_fad7172ebc47f805.txt"


@pytest.mark.parametrize(
    "first", [[], [NEWSLETTER], [ARTICLE]], ids=["together", "newsletter a run earlier", "article a run earlier"]
)
def test_newsletter_is_an_excerpt_of_the_article(shared: Path, tmp_path: Path, first: list[str]) -> None:
    made = settings_for(tmp_path)
    made.inbox.mkdir()
    for name in first:
        shutil.copy(shared / "seeds" / name, made.inbox)
    take_in(made)
    shutil.copytree(shared / "seeds", made.inbox, dirs_exist_ok=True)
    take_in(made)
    assert sorted(place_of(made).values()) == ["excerpt", "kept", "kept", "kept", "kept"]
    store = Store(made.data)
    articles, duplicate = store.read(ARTICLES), store.read(DUPLICATES).row(0, named=True)
    article = articles.row(by_predicate=pl.col("source_path") == ARTICLE, named=True)
    assert duplicate["source_path"] == NEWSLETTER
    assert duplicate["duplicate_of"] == article["document_id"]
    assert duplicate["coverage"] >= 0.90
    overlap = store.read(OVERLAPS).row(by_predicate=pl.col("document_id") == duplicate["document_id"], named=True)
    for span in overlap["spans"]:
        here = duplicate["text"][span["start"] : span["end"]]
        there = article["text"][span["other_start"] : span["other_end"]]
        assert normalise_words(here) == normalise_words(there)
        assert len(normalise_words(here)) == span["words"]
    assert find_broken_laws(made) == []


def test_results_do_not_depend_on_the_order_of_arrival(shared: Path, tmp_path: Path) -> None:
    stores = []
    names = sorted(path.name for path in (shared / "seeds").iterdir())
    for number, order in enumerate([names, names[::-1]]):
        made = settings_for(tmp_path / str(number))
        made.inbox.mkdir(parents=True)
        for name in order:
            shutil.copy(shared / "seeds" / name, made.inbox)
            take_in(made)
        stores.append(read_results(made))
    for name, frame in stores[0].items():
        assert frame.equals(stores[1][name]), name
