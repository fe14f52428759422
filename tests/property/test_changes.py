"""The feed says what each run changed: held against the store before and after, and followed by a reader."""

import tempfile
from pathlib import Path
from typing import Any, Final

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import corpora, splits
from tests.support.examples import count_examples
from tests.support.stores import drop_files, find_broken_laws, settings_for, take_in
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES, RUNS

Row = dict[str, Any]

SETTINGS_TRIED: Final[list[dict[str, Any]]] = [
    {},
    {"coverage_threshold": 0.6},
    {"floor_words": 150},
    {"mask_contacts": True, "cleaning": "clean"},
]


def read_documents(store: Store) -> dict[str, tuple[str, Row]]:
    """document_id -> the dataset that holds it, and its row."""
    return {
        row["document_id"]: (table.name, row)
        for table in (ARTICLES, DUPLICATES)
        for row in store.read(table).iter_rows(named=True)
    }


def expect_change(was: tuple[str, Row] | None, now: tuple[str, Row] | None) -> Row | None:
    """What `changes` is to say of a document, told from its rows; None when nothing changed."""
    if was == now:
        return None
    place_before, before = was or (None, {})
    place, after = now or (None, {})
    fields = [name for name in after if name in before and before[name] != after[name]]
    relation_before, relation = before.get("relation"), after.get("relation")
    if now is None:
        change = "gone"
    elif was is None:
        change = "kept" if place == "articles" else "set_aside"
    elif relation == "superseded" != relation_before:
        change = "superseded"
    elif place == place_before:
        change = "changed"
    else:
        change = "promoted" if place == "articles" else "demoted"
    known = after or before
    return {
        "document_id": known["document_id"],
        "source_path": known["source_path"],
        "record": known["record"],
        "change": change,
        "place_before": place_before,
        "place": place,
        "relation_before": relation_before,
        "relation": relation,
        "duplicate_of_before": before.get("duplicate_of"),
        "duplicate_of": after.get("duplicate_of"),
        "changed_fields": fields,
    }


def read_feed(store: Store, run_id: str | None = None) -> list[Row]:
    """The rows of `changes`, or those after a run, without their run, by document."""
    rows = store.read(CHANGES).filter(pl.col("run_id") > (run_id or ""))
    return rows.drop("run_id", "changed_at").sort("document_id").to_dicts()


def bring_up_to_date(copy: pl.DataFrame, store: Store, run_id: str) -> pl.DataFrame:
    """What data/README.md tells whoever has the articles of run `run_id`."""
    changes = store.read(CHANGES)
    articles = store.read(ARTICLES)
    last = changes.filter(pl.col("run_id") > run_id).sort("run_id").unique("document_id", keep="last")
    kept = copy.join(last, on="document_id", how="anti")
    is_there = last.filter(pl.col("place") == "articles")
    return pl.concat([kept, articles.join(is_there, on="document_id", how="semi")])


def take_step(data: st.DataObject, made: Settings, files: dict[str, str]) -> list[tuple[Settings, str]]:
    """A run that takes `files` in, and perhaps a rebuild under other settings after it."""
    drop_files(made, dict(files))
    steps = [(made, "run")]
    if data.draw(st.booleans()):
        steps.append((settings_for(made.data.parent, **data.draw(st.sampled_from(SETTINGS_TRIED))), "backfill"))
    return steps


@settings(max_examples=count_examples(3))
@given(data=st.data())
def test_the_feed_is_the_difference_of_the_store_before_and_after(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = settings_for(Path(folder))
        store = Store(made.data)
        copies: list[tuple[str, pl.DataFrame]] = [("", ARTICLES.empty())]
        for files in data.draw(splits(data.draw(corpora()))):
            for used, command in take_step(data, made, files):
                before, latest = read_documents(store), str(store.read(RUNS, ["run_id"])["run_id"].max() or "")
                take_in(used, command)
                after = read_documents(store)
                ids = sorted(before.keys() | after.keys())
                expected = [expect_change(before.get(name), after.get(name)) for name in ids]
                assert read_feed(store, latest) == [row for row in expected if row]
                copies.append((str(store.read(RUNS, ["run_id"])["run_id"].max()), store.read(ARTICLES)))
        # A run under other settings than the last rebuild leaves documents that are decided by those.
        assert [law for law in find_broken_laws(made) if "change" in law["law"]] == []
        now = store.read(ARTICLES).sort("document_id")
        for run_id, copy in copies:
            assert bring_up_to_date(copy, store, run_id).sort("document_id").equals(now)
