"""The laws, on generated corpora: documents, copies, excerpts, digests and versions, in any order and split."""

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import Corpus, corpora, splits
from tests.support.examples import count_examples
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, DUPLICATES, RAW, REJECTS, REMOVED


def take_in_runs(folder: Path, runs: list[dict[str, str]]) -> Settings:
    """A store made by one run after another."""
    made = settings_for(folder)
    for files in runs:
        drop_files(made, dict(files))
        take_in(made)
    return made


@settings(max_examples=count_examples(5))
@given(data=st.data())
def test_conservation(data: st.DataObject) -> None:
    """Law 1: documents in = articles + duplicates + rejects, for every run and the store; no line is lost."""
    corpus = data.draw(corpora())
    with tempfile.TemporaryDirectory() as folder:
        made = take_in_runs(Path(folder), data.draw(splits(corpus)))
        assert find_broken_laws(made) == []
        store = Store(made.data)
        distinct_versions = {(path, content) for path, content in corpus.steps()}
        held = sum(store.read(table).height for table in (ARTICLES, DUPLICATES, REJECTS))
        assert held == len(distinct_versions)
        assert_no_line_is_lost(store)


def assert_no_line_is_lost(store: Store) -> None:
    contents = {
        (row["source_path"], row["source_sha256"]): row["content"].decode()
        for row in store.read(RAW).iter_rows(named=True)
    }
    removed = store.read(REMOVED)
    documents = pl.concat([store.read(ARTICLES), store.read(DUPLICATES).select(ARTICLES.column_names)])
    for row in documents.iter_rows(named=True):
        lines = [
            line.strip() for line in contents[row["source_path"], row["source_sha256"]].split("\n") if line.strip()
        ]
        taken = removed.filter(pl.col("document_id") == row["document_id"])["text"].to_list()
        body = [row["text"][block["start"] : block["end"]] for block in row["blocks"]]
        assert sorted(lines) == sorted(body + taken)


@settings(max_examples=count_examples(5))
@given(data=st.data())
def test_order_does_not_matter(data: st.DataObject) -> None:
    """Law 2: any order and split gives the same results, and so does a full rebuild.

    `runs` and `changes` tell how it came to that, and differ; where documents are by the last of `changes` is a result.
    """
    corpus: Corpus = data.draw(corpora())
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        made = take_in_runs(Path(one), data.draw(splits(corpus)))
        made_otherwise = take_in_runs(Path(other), data.draw(splits(corpus)))
        assert find_broken_laws(made_otherwise) == []
        assert_same_results(read_results(made), read_results(made_otherwise))
        before = hash_published_files(made)
        assert not take_in(made, "backfill")
        assert hash_published_files(made) == before


@settings(max_examples=count_examples(3))
@given(data=st.data())
def test_once_is_enough(data: st.DataObject) -> None:
    """Law 3: running again on the same inbox changes no byte, of history neither."""
    corpus = data.draw(corpora())
    with tempfile.TemporaryDirectory() as folder:
        made = take_in_runs(Path(folder), data.draw(splits(corpus)))
        before = hash_published_files(made)
        for path in made.inbox.rglob("*.txt"):
            path.touch()
        assert not take_in(made)
        assert hash_published_files(made) == before


@settings(max_examples=count_examples(3))
@given(data=st.data(), threshold=st.sampled_from([0.6, 0.9]), floor_words=st.sampled_from([20, 150]))
def test_rebuild_follows_the_settings(data: st.DataObject, threshold: float, floor_words: int) -> None:
    """A rebuild under other settings is the store that these settings would have made."""
    corpus = data.draw(corpora())
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        runs = data.draw(splits(corpus))
        take_in_runs(Path(one), runs)
        changed = settings_for(Path(one), coverage_threshold=threshold, floor_words=floor_words)
        take_in(changed, "backfill")
        made = settings_for(Path(other), coverage_threshold=threshold, floor_words=floor_words)
        for files in runs:
            drop_files(made, dict(files))
            take_in(made)
        assert find_broken_laws(changed) == []
        assert find_broken_laws(made) == []
        assert_same_results(read_results(changed), read_results(made))
