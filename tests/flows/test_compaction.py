"""Compaction changes no row, whatever it is stopped at, and no reader is told a wrong story of it."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import polars as pl
import pytest

import flows.folders
import flows.maintenance
import flows.publication
from flows.compaction import list_small_files
from flows.errors import StoreError
from flows.folders import GRACE_SECONDS, RETIRED
from flows.launching import find_nothing_new
from flows.maintenance import compact_store
from flows.publication import list_left_behind, recover
from flows.settings import Settings
from flows.storage import EMPTY_FILE, Store
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.publication import Crash, at_every_step, crash_before
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES, RAW, RUNS, TABLES

WORDS: Final = [make_words(seed, 160) for seed in range(6)]
RUNS_BEFORE: Final[list[dict[str, str | bytes]]] = [
    {"excerpt.txt": write_paragraphs(WORDS[0][:100]), "blank.txt": " ", "b.txt": write_paragraphs(WORDS[1])},
    # The excerpt is demoted: its file in `articles` has no row left.
    {"article.txt": "By Mira Holt\n\n" + write_paragraphs(WORDS[0])},
    {"copy.txt": write_other_layout(WORDS[0]), "b.txt": write_paragraphs(WORDS[2])},
    {"d.txt": write_paragraphs(WORDS[3])},
]
STEPS: Final = (
    (flows.folders, "exchange_folders"),
    (flows.folders, "sync_folder"),
    (flows.publication, "remove_folder"),
)
"""What putting folders in place does to the disk beside changes of paths."""

NEXT_RUN: Final[dict[str, str | bytes]] = {
    "digest.txt": write_paragraphs(WORDS[0][20:80] + WORDS[3][20:80]),
    "article.txt": write_paragraphs(WORDS[4]),
}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of four small runs, and an inbox with nothing new."""
    settings = settings_for(tmp_path_factory.mktemp("held"))
    for files in RUNS_BEFORE:
        drop_files(settings, files)
        assert take_in(settings)
    return settings


@pytest.fixture(scope="module")
def compacted(held: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = copy_store(held, tmp_path_factory.mktemp("compacted"))
    compact_store(Store(settings.data))
    return settings


def copy_store(settings: Settings, folder: Path) -> Settings:
    shutil.copytree(settings.inbox.parent, folder, dirs_exist_ok=True)
    return settings_for(folder)


def read_all(settings: Settings) -> dict[str, pl.DataFrame]:
    """Every row of every dataset, run columns and all."""
    store = Store(settings.data)
    return {table.name: store.read(table).sort(table.key) for table in TABLES}


def test_small_files_become_few_with_the_same_rows(held: Settings, tmp_path: Path) -> None:
    settings = copy_store(held, tmp_path)
    store = Store(settings.data)
    before, small = read_all(settings), {table.name: len(list_small_files(store, table)) for table in TABLES}
    done = compact_store(store)
    assert done.files_merged == {name: count for name, count in small.items() if count > 1}
    assert {"articles", "duplicates", "raw", "changes", "runs"} <= set(done.files_merged)
    assert set(done.files_made.values()) == {1}
    for name, rows in read_all(settings).items():
        assert rows.equals(before[name]), name
    for table in TABLES:
        files = [path.name for path in store.list_files(table).values()]
        assert EMPTY_FILE in files
        assert len(files) <= 2, files
    package = json.loads((settings.data / "datapackage.json").read_text(encoding="utf-8"))
    listed = {name for resource in package["resources"] for name in resource["path"]}
    assert listed == {name for table in TABLES for name in store.list_files(table)}
    assert find_broken_laws(settings) == []
    assert list((settings.data / "work").iterdir()) == []


def test_a_second_time_changes_nothing(compacted: Settings) -> None:
    before = hash_published_files(compacted)
    done = compact_store(Store(compacted.data))
    assert (done.files_merged, done.files_made, done.obstacle) == ({}, {}, None)
    assert hash_published_files(compacted) == before


def test_a_rebuild_changes_no_byte_and_the_inbox_is_not_news(compacted: Settings) -> None:
    before = hash_published_files(compacted)
    assert not take_in(compacted, "backfill")
    summary = find_nothing_new(compacted)
    assert summary is not None
    assert summary.files_new == 0
    assert find_nothing_new(compacted) is not None
    assert hash_published_files(compacted) == before


def test_the_next_run_is_the_same(held: Settings, compacted: Settings, tmp_path: Path) -> None:
    undisturbed, after = copy_store(held, tmp_path / "held"), copy_store(compacted, tmp_path / "compacted")
    for settings in (undisturbed, after):
        drop_files(settings, NEXT_RUN)
        assert take_in(settings)
    assert_same_results(read_results(after), read_results(undisturbed))
    columns = ["document_id", "change", "place", "changed_fields"]
    told = [
        Store(each.data).read(CHANGES).sort("run_id", "document_id").select(columns) for each in (undisturbed, after)
    ]
    assert told[0].equals(told[1])
    assert find_broken_laws(after) == []
    # Rows were replaced in the file that holds them.
    assert len(Store(after.data).list_files(DUPLICATES)) <= 3


def make_committed(held: Settings, folder: Path) -> Settings:
    """A store whose compaction was committed, and of which nothing is in place yet."""
    settings = copy_store(held, folder)

    def crash(_store: Store, _run_id: str) -> int:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.maintenance, "roll_forward", crash)
        with pytest.raises(Crash):
            compact_store(Store(settings.data))
    return settings


def test_a_crash_at_any_step_is_finished_to_the_same_bytes(held: Settings, tmp_path: Path) -> None:
    committed = make_committed(held, tmp_path / "committed")
    rows = read_all(held)
    assert read_all(committed)["articles"].equals(rows["articles"])
    finished = copy_store(committed, tmp_path / "finished")
    with pytest.MonkeyPatch.context() as patch:
        steps = at_every_step(patch, lambda _step: None, *STEPS)
        recover(Store(finished.data))
    expected = hash_published_files(finished)
    assert steps.count("exchange_folders") >= 5
    for crash_at in range(len(steps)):
        copied = copy_store(committed, tmp_path / f"crash{crash_at}")
        with pytest.MonkeyPatch.context() as patch:
            at_every_step(patch, crash_before(crash_at), *STEPS)
            with pytest.raises(Crash):
                recover(Store(copied.data))
        assert Store(copied.data).read(ARTICLES).sort("document_id").equals(rows["articles"]), steps[:crash_at]
        recover(Store(copied.data))
        assert hash_published_files(copied) == expected, steps[:crash_at]
        assert not list_left_behind(Store(copied.data))
        shutil.rmtree(copied.data)


def test_a_compaction_that_did_not_commit_was_never(held: Settings, tmp_path: Path) -> None:
    settings = copy_store(held, tmp_path)
    before = hash_published_files(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.maintenance, "commit", lambda *_: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            compact_store(Store(settings.data))
    recover(Store(settings.data))
    assert hash_published_files(settings) == before
    assert not list_left_behind(Store(settings.data))


def test_the_old_folders_stay_for_those_who_are_listing_them(compacted: Settings) -> None:
    retired = compacted.data / RETIRED
    (folder,) = retired.iterdir()
    assert len(list((folder / RAW.folder).glob("*.parquet"))) == len(RUNS_BEFORE) + 1
    recover(Store(compacted.data))
    assert folder.exists()
    long_ago = time.time() - GRACE_SECONDS - 1
    os.utime(folder, (long_ago, long_ago))
    recover(Store(compacted.data))
    assert list(retired.iterdir()) == []
    assert find_broken_laws(compacted) == []


def test_what_no_run_wrote_is_not_taken_away(held: Settings, tmp_path: Path) -> None:
    settings = copy_store(held, tmp_path)
    (settings.data / RUNS.folder / "mine").mkdir()
    (settings.data / ARTICLES.folder / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="runs/v1/mine is no file that a run wrote"):
        compact_store(Store(settings.data))
    recover(Store(settings.data))
    (settings.data / RUNS.folder / "mine").rmdir()
    compact_store(Store(settings.data))
    assert (settings.data / ARTICLES.folder / "notes.txt").read_text() == "mine"


def test_where_folders_cannot_be_exchanged_data_files_stay(
    held: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copy_store(held, tmp_path)
    before = hash_published_files(settings)

    def refuse(_one: Path, _other: Path) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(flows.folders, "exchange_folders", refuse)
    done = compact_store(Store(settings.data))
    assert done.obstacle == "the file system cannot exchange folders or link files (Invalid argument)"
    assert "The data files stay as they are, because the file system" in done.render()
    assert done.segments_after == 1
    assert hash_published_files(settings) == before


READER: Final = """
import json, sys, time
from pathlib import Path
import pyarrow.parquet as pq
folder, stop = Path(sys.argv[1]), Path(sys.argv[2])
report = {"reads": 0, "again": 0, "wrong": []}
least = 0
while not stop.exists() or report["reads"] < 5:
    try:
        files = [pq.read_table(path, columns=["document_id"]) for path in folder.glob("*.parquet")]
    except FileNotFoundError:
        report["again"] += 1
        continue
    report["reads"] += 1
    time.sleep(0.002)
    ids = [each for file in files for each in file["document_id"].to_pylist()]
    if len(set(ids)) != len(ids) or len(ids) < least:
        report["wrong"].append([least, len(ids), len(set(ids))])
    least = len(ids)
print(json.dumps(report))
"""


def test_readers_in_another_process_see_every_document_once(tmp_path: Path) -> None:
    """Documents only come here, so a listing that shows fewer than the last one missed some."""
    settings = settings_for(tmp_path)
    store, stop = Store(settings.data), tmp_path / "stop"
    drop_files(settings, {"first.txt": write_paragraphs(make_words(50, 60))})
    take_in(settings)
    command = [sys.executable, "-c", READER, str(store.folder(ARTICLES)), str(stop)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for number in range(3):
        drop_files(settings, {f"{number}.txt": write_paragraphs(make_words(60 + number, 60))})
        take_in(settings)
        assert compact_store(store).files_merged["articles"] == 2
    stop.touch()
    report = json.loads(reader.communicate(timeout=60)[0])
    assert report["wrong"] == []
    assert report["reads"] >= 5
    assert store.read(ARTICLES).height == 4
