"""A publication is all or nothing, whatever step it stops at, and a reader never sees a half of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import flows.publication
from flows.errors import StoreError
from flows.publication import (
    JOURNAL,
    Recovery,
    commit,
    list_left_behind,
    order_for_publication,
    recover,
    roll_forward,
    stage_empty_files,
    stage_table_changes,
)
from flows.settings import Settings
from flows.storage import Store, hash_file, write_whole
from tests.support import stores
from tests.support.corpora import make_words, write_paragraphs
from tests.support.publication import RUN, Crash, at_every_step, crash_before, make_removed
from tests.support.stores import (
    drop_files,
    find_broken_laws,
    hash_published_files,
    place_of,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, DUPLICATES, REMOVED, TABLES, Table

STEPS = ((flows.publication, "sync_folder"), (flows.publication, "remove_folder"))
"""What publishing does to the disk beside changes of paths."""


def make_committed(folder: Path, *, promote: bool) -> Settings:
    """A store whose last run was committed, but of which no file was put in place yet.

    The run demotes an excerpt, because the article that it stands in arrives; or it promotes the excerpt again,
    because the article's file now says something else.
    """
    settings = settings_for(folder)
    words = make_words(1, 300)
    article, excerpt = write_paragraphs(words), write_paragraphs(words[:150])
    drop_files(settings, {"excerpt.txt": excerpt, "other.txt": write_paragraphs(make_words(2, 120)), "blank.txt": " "})
    take_in(settings)
    assert place_of(settings)["excerpt.txt"] == "kept"
    drop_files(settings, {"article.txt": article})
    if promote:
        take_in(settings)
        assert place_of(settings)["excerpt.txt"] == "excerpt"
        drop_files(settings, {"article.txt": write_paragraphs(make_words(3, 200))})

    def crash(store: Store, run_id: str) -> int:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "roll_forward", crash)
        with pytest.raises(Crash):
            take_in(settings)
    assert list_left_behind(Store(settings.data))
    return settings


@pytest.fixture(scope="module", params=[False, True], ids=["demotion", "promotion"])
def committed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_committed(tmp_path_factory.mktemp("committed"), promote=request.param)


@pytest.fixture
def pending(committed: Settings, tmp_path: Path) -> Settings:
    """A committed store of the test's own."""
    data = shutil.copytree(committed.data, tmp_path / "pending")
    return committed.model_copy(update={"data": Path(data)})


def read_as_others_do(root: Path, table: Table) -> pl.DataFrame:
    """Every row of every file that a plain glob finds, each read to its end."""
    paths = [path for path in (root / table.folder).iterdir() if path.match("*.parquet")]
    return pl.concat([pl.read_parquet(path, glob=False) for path in paths])


def test_a_reader_sees_whole_files_and_no_document_twice_at_every_step(
    pending: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = sorted((pending.data / "work").iterdir())[-1].name
    story: list[tuple[frozenset[str], frozenset[str]]] = []

    def look(_step: int) -> None:
        for table in TABLES:
            frame = read_as_others_do(pending.data, table)
            assert table.find_schema_differences(frame.schema) == []
            assert not frame.select(table.key).is_duplicated().any(), table.name
        articles = read_as_others_do(pending.data, ARTICLES)
        duplicates = read_as_others_do(pending.data, DUPLICATES)
        assert set(articles["document_id"]).isdisjoint(duplicates["document_id"])
        words = set(make_words(1, 300)[:8])
        of_one_text = [text for text in articles["text"] if words <= set(text.lower().replace(".", "").split())]
        assert len(of_one_text) <= 1
        story.append((frozenset(articles["source_path"]), frozenset(duplicates["source_path"])))

    with monkeypatch.context() as patch:
        steps = at_every_step(patch, look, *STEPS)
        put = roll_forward(Store(pending.data), last)
        look(-1)
    assert steps.count("replace") == put > 6
    assert steps[-3:] == ["unlink", "sync_folder", "remove_folder"]
    assert story[0] != story[-1]
    assert find_broken_laws(pending) == []


def test_a_crash_at_any_step_is_finished_to_the_same_bytes(
    pending: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(name: str) -> Settings:
        return pending.model_copy(update={"data": Path(shutil.copytree(pending.data, tmp_path / name))})

    finished = copy("finished")
    run_id = sorted((pending.data / "work").iterdir())[-1].name
    with monkeypatch.context() as patch:
        steps = at_every_step(patch, lambda _step: None, *STEPS)
        assert recover(Store(finished.data)) == Recovery(finished=(run_id,), undone=())
    expected = hash_published_files(finished)
    assert len(steps) > 15
    for crash_at in range(len(steps)):
        copied = copy(f"crash{crash_at}")
        with monkeypatch.context() as patch:
            at_every_step(patch, crash_before(crash_at), *STEPS)
            with pytest.raises(Crash):
                recover(Store(copied.data))
        recovery = recover(Store(copied.data))
        assert recovery.finished + recovery.undone == (run_id,)
        assert hash_published_files(copied) == expected, steps[:crash_at]
        assert not list_left_behind(Store(copied.data))
        shutil.rmtree(copied.data)


def test_recovery_that_is_stopped_after_each_file_still_comes_to_its_end(
    pending: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = pending.model_copy(update={"data": Path(shutil.copytree(pending.data, tmp_path / "finished"))})
    recover(Store(finished.data))
    replace = Path.replace

    def replace_and_crash(path: Path, target: Path) -> Path:
        replace(path, target)
        raise Crash

    crashes = 0
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_and_crash)
        while list_left_behind(Store(pending.data)):
            try:
                recover(Store(pending.data))
            except Crash:
                crashes += 1
    assert crashes > 6
    assert hash_published_files(pending) == hash_published_files(finished)


def test_a_run_that_was_stopped_while_tidying_up_is_whole(pending: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove_some(folder: Path) -> None:
        shutil.rmtree(folder / "derived")
        raise Crash

    run_id = sorted((pending.data / "work").iterdir())[-1].name
    with monkeypatch.context() as patch:
        patch.setattr(flows.publication, "remove_folder", remove_some)
        with pytest.raises(Crash):
            recover(Store(pending.data))
    before = hash_published_files(pending)
    assert recover(Store(pending.data)) == Recovery(finished=(), undone=(run_id,))
    assert hash_published_files(pending) == before
    assert find_broken_laws(pending) == []


def test_staging_without_a_journal_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path)
    drop_files(settings, {"a.txt": write_paragraphs(make_words(1, 120))})
    take_in(settings)
    before = hash_published_files(settings)
    drop_files(settings, {"b.txt": write_paragraphs(make_words(2, 120))})

    def crash(*_: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(stores, "commit", crash)
        with pytest.raises(Crash):
            take_in(settings)
    store = Store(settings.data)
    [work] = (settings.data / "work").iterdir()
    assert any((work / "publish").rglob("*.parquet"))
    # Half a journal is none: it takes its name when it is whole.
    (work / f".{JOURNAL}.1.part").write_text("{")
    assert recover(store) == Recovery(finished=(), undone=(work.name,))
    assert not list_left_behind(store)
    assert hash_published_files(settings) == before
    assert take_in(settings)
    assert place_of(settings) == {"a.txt": "kept", "b.txt": "kept"}


def test_several_runs_left_behind_are_each_finished_or_undone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for run_id, rows in (("r1", make_removed(("a", 0, "r"))), ("r2", make_removed(("b", 0, "r")))):
        staged = stage_table_changes(store, REMOVED, [rows], rows.select(REMOVED.key), run_id)
        commit(store, staged, run_id)
    stage_empty_files(store, "r3")
    assert recover(store) == Recovery(finished=("r1", "r2"), undone=("r3",))
    assert store.read(REMOVED).equals(make_removed(("a", 0, "r"), ("b", 0, "r")))
    assert recover(store) == Recovery((), ())


def test_a_file_that_is_nowhere_stops_the_run_with_advice_that_can_be_followed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    rows = make_removed(("a", 0, "r"))
    staged = stage_table_changes(store, REMOVED, [rows], rows.select(REMOVED.key), RUN)
    commit(store, staged, RUN)
    (store.work(RUN) / "publish" / staged[0].name).unlink()
    with pytest.raises(StoreError) as refusal:
        recover(store)
    assert RUN in str(refusal.value)
    assert staged[0].name in str(refusal.value)
    # The journal stays, so a rebuild fails the same way until the folder is gone: the message has to name it.
    assert (store.work(RUN) / JOURNAL).exists()
    assert str(store.work(RUN)) in str(refusal.value)


def test_a_staged_file_that_goes_bad_is_not_published_and_the_run_is_undone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    staged = stage_empty_files(store, RUN)
    commit(store, staged, RUN)
    spoil(store.work(RUN) / "publish" / staged[-1].name)
    with pytest.raises(StoreError, match=f"a file of run {RUN} went bad .*{staged[-1].name}.* run again"):
        roll_forward(store, RUN)
    assert not any(tmp_path.glob("*/v1/*.parquet"))
    assert recover(store) == Recovery((), (RUN,))
    assert not list_left_behind(store)


def test_a_staged_file_that_goes_bad_among_published_ones_stops_everything(tmp_path: Path) -> None:
    store = Store(tmp_path)
    staged = stage_empty_files(store, RUN)
    commit(store, staged, RUN)
    first, *_, last = order_for_publication(staged)
    put = store.root / first.name
    put.parent.mkdir(parents=True)
    (store.work(RUN) / "publish" / first.name).replace(put)
    spoil(store.work(RUN) / "publish" / last.name)
    with pytest.raises(StoreError, match=r"Delete .*, then rebuild the store with `winnow backfill --all`"):
        recover(store)
    # Nothing more was put in place, and nothing was thrown away.
    assert list(tmp_path.glob("*/v1/*.parquet")) == [put]
    assert (store.work(RUN) / JOURNAL).exists()


def test_a_journal_without_digests_is_that_of_an_older_version_and_is_finished(tmp_path: Path) -> None:
    store = Store(tmp_path)
    commit(store, stage_empty_files(store, RUN), RUN)
    journal = json.loads((store.work(RUN) / JOURNAL).read_text())
    del journal["sha256"]
    write_whole(store.work(RUN) / JOURNAL, json.dumps(journal).encode())
    assert recover(store) == Recovery((RUN,), ())
    assert len(list(tmp_path.glob("*/v1/*.parquet"))) == len(TABLES)


def spoil(path: Path) -> None:
    """Turn one bit of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_stray_file_among_the_runs_is_left_alone(tmp_path: Path) -> None:
    stray = tmp_path / "work" / ".DS_Store"
    write_whole(stray, b"what a file manager leaves behind")
    stage_empty_files(Store(tmp_path), "r1")
    assert recover(Store(tmp_path)) == Recovery((), ("r1",))
    assert stray.exists()
    assert not list_left_behind(Store(tmp_path))


def test_the_journal_lists_the_files_in_order_and_makes_every_name_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    staged = stage_empty_files(store, RUN)
    synced: list[Path] = []
    with monkeypatch.context() as patch:
        patch.setattr(flows.publication, "sync_folder", synced.append)
        commit(store, staged, RUN)
    journal = json.loads((store.work(RUN) / JOURNAL).read_text())
    ordered = order_for_publication(staged)
    assert journal["run_id"] == RUN
    assert journal["files"] == [file.name for file in ordered]
    assert journal["sha256"] == {file.name: hash_file(store.work(RUN) / "publish" / file.name) for file in ordered}
    publish = store.work(RUN) / "publish"
    needed = {folder for folder in publish.rglob("*") if folder.is_dir()} | {publish, store.root / "work"}
    assert needed <= set(synced)
