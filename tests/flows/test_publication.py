"""A publication is all or nothing, whatever step it stops at, and a reader never sees a half of it."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.publication
from flows.errors import StoreError
from flows.publication import (
    JOURNAL,
    Recovery,
    StagedFile,
    commit,
    list_left_behind,
    locate_staged,
    order_for_publication,
    recover,
    roll_forward,
    stage_catalog,
    stage_empty_files,
    stage_table_changes,
)
from flows.settings import Settings
from flows.storage import EMPTY_FILE, Store, hash_file, write_table, write_whole
from tests.support import stores
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import (
    drop_files,
    find_broken_laws,
    hash_published_files,
    place_of,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, DUPLICATES, REJECTS, REMOVED, TABLES, Table

RUN = "20260301T120000.000000Z"


def describe(name: str, *, is_replacement: bool) -> StagedFile:
    """A staged file; two are equal whatever they hold."""
    return StagedFile(name, is_replacement, sha256="")


class Crash(BaseException):
    """The process ends here; nothing may catch it."""


def make_removed(*lines: tuple[str, int, str]) -> pl.DataFrame:
    """Rows of `removed`: (document, line, rule)."""
    return REMOVED.frame(
        [{"document_id": d * 32, "line": n, "kind": "promo", "text": f"{d}{n}", "rule": rule} for d, n, rule in lines]
    )


def make_rejects(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    """Rows of `rejects`: (path, SHA-256, reason)."""
    return REJECTS.frame(
        [
            {
                "source_path": path,
                "record": 0,
                "source_sha256": sha256,
                "stage": "read",
                "reason_code": "unreadable",
                "reason": reason,
                "run_id": RUN,
                "rejected_at": datetime(2026, 3, 1, tzinfo=UTC),
            }
            for path, sha256, reason in rows
        ]
    )


def hold(root: Path, table: Table, **files: pl.DataFrame) -> Store:
    """A store with these files of `table`."""
    for name, frame in files.items():
        write_table(frame, root / table.folder / f"{name}.parquet", table)
    return Store(root)


def read_staged(store: Store, staged: list[StagedFile]) -> dict[str, pl.DataFrame]:
    """Name without folder and ending -> the rows staged under it."""
    return {Path(name).stem: pl.read_parquet(path) for name, path in locate_staged(store, staged, RUN).items()}


# --- staging ---------------------------------------------------------------------------------------------------------


def test_rows_are_replaced_where_they_stand_and_other_files_are_left_alone(tmp_path: Path) -> None:
    one = make_removed(("a", 0, "old"), ("b", 1, "old"), ("c", 2, "old"))
    other = make_removed(("d", 0, "old"), ("e", 1, "old"))
    store = hold(tmp_path, REMOVED, one=one, other=other)
    desired = make_removed(("d", 0, "old"), ("b", 1, "new"))
    staged = stage_table_changes(store, REMOVED, [desired], desired.select(REMOVED.key), RUN)
    assert staged == [describe(f"{REMOVED.folder}/one.parquet", is_replacement=True)]
    expected = make_removed(("a", 0, "old"), ("b", 1, "new"), ("c", 2, "old"))
    assert read_staged(store, staged)["one"].equals(expected)
    # Staging shows nothing.
    assert store.read(REMOVED).equals(pl.concat([one, other]))


def test_touched_rows_that_are_not_desired_go(tmp_path: Path) -> None:
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r"), ("b", 1, "r")), two=make_removed(("c", 0, "r")))
    touched = make_removed(("b", 1, "r"), ("c", 0, "r"), ("z", 9, "r")).select(REMOVED.key)
    staged = stage_table_changes(store, REMOVED, [REMOVED.empty()], touched, RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_removed(("a", 0, "r")))
    # A file that lost its last row stays, with its schema: nothing is ever deleted.
    assert rows["two"].equals(REMOVED.empty())
    assert all(file.is_replacement for file in staged)


def test_without_touched_keys_the_table_says_what_is_desired_and_no_more(tmp_path: Path) -> None:
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r"), ("b", 1, "r")), two=make_removed(("c", 0, "r")))
    desired = make_removed(("n", 5, "r"), ("c", 0, "new"), ("b", 1, "r"))
    staged = stage_table_changes(store, REMOVED, [desired], None, RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_removed(("b", 1, "r")))
    assert rows["two"].equals(make_removed(("c", 0, "new")))
    assert rows[f"{RUN}-00000"].equals(make_removed(("n", 5, "r")))
    assert [file.is_replacement for file in staged] == [True, True, False]


def test_with_no_touched_key_nothing_changes(tmp_path: Path) -> None:
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r")))
    nothing = REMOVED.empty()
    assert stage_table_changes(store, REMOVED, [nothing], nothing.select("document_id"), RUN) == []
    assert not store.work(RUN).exists()


def test_rows_of_a_key_of_several_rows_are_replaced_together(tmp_path: Path) -> None:
    store = hold(
        tmp_path, REMOVED, one=make_removed(("a", 0, "r"), ("b", 0, "r"), ("b", 1, "r"), ("c", 0, "r"), ("b", 2, "r"))
    )
    desired = make_removed(("b", 1, "new"), ("b", 7, "new"), ("n", 0, "r"), ("n", 1, "r"))
    staged = stage_table_changes(store, REMOVED, [desired], desired.select("document_id").unique(), RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_removed(("a", 0, "r"), ("b", 1, "new"), ("b", 7, "new"), ("c", 0, "r")))
    assert rows[f"{RUN}-00000"].equals(make_removed(("n", 0, "r"), ("n", 1, "r")))


def test_rows_of_a_key_that_lie_in_several_files_are_not_doubled(tmp_path: Path) -> None:
    """A document with more lines than one file has room for, or one that got more of them in a rebuild."""
    store = hold(
        tmp_path,
        REMOVED,
        one=make_removed(("a", 0, "r"), ("b", 0, "r")),
        two=make_removed(("b", 1, "r"), ("c", 0, "r")),
    )
    same = make_removed(("b", 0, "r"), ("b", 1, "r"))
    assert stage_table_changes(store, REMOVED, [same], same.select("document_id").unique(), RUN) == []
    desired = make_removed(("b", 0, "r"), ("b", 1, "new"), ("b", 2, "r"))
    staged = stage_table_changes(store, REMOVED, [desired], desired.select("document_id").unique(), RUN)
    after = store.with_staged(locate_staged(store, staged, RUN)).read(REMOVED).sort(REMOVED.key)
    assert after.equals(pl.concat([make_removed(("a", 0, "r")), desired, make_removed(("c", 0, "r"))]))
    # No row moves to another file: a reader between two files would see it twice, or not at all.
    assert "one" not in read_staged(store, staged)


def test_null_is_a_key_like_any_other(tmp_path: Path) -> None:
    store = hold(tmp_path, REJECTS, one=make_rejects(("a", None, "old"), ("a", "f" * 64, "old"), ("b", None, "old")))
    desired = make_rejects(("a", None, "new"), ("c", None, "new"))
    staged = stage_table_changes(store, REJECTS, [desired], desired.select(REJECTS.key), RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_rejects(("a", None, "new"), ("a", "f" * 64, "old"), ("b", None, "old")))
    assert rows[f"{RUN}-00000"].equals(make_rejects(("c", None, "new")))


def test_new_rows_are_split_into_files_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.publication, "ROWS_PER_FILE", 10)
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r")))
    desired = make_removed(*[("a", 0, "r"), *(("b", number, "r") for number in range(25))])
    staged = stage_table_changes(store, REMOVED, [desired], desired.select(REMOVED.key), RUN)
    assert staged == [describe(f"{REMOVED.folder}/{RUN}-{n:05d}.parquet", is_replacement=False) for n in range(3)]
    frames = list(read_staged(store, staged).values())
    assert [frame.height for frame in frames] == [10, 10, 5]
    assert pl.concat(frames).equals(desired[1:])


rows_of_documents = st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), st.sampled_from("xy"))


@hypothesis.settings(max_examples=50)
@given(st.lists(rows_of_documents, max_size=3), rows_of_documents, st.booleans())
def test_the_table_says_what_is_desired_about_the_touched_keys_and_what_it_said_about_others(
    tmp_path_factory: pytest.TempPathFactory,
    held: list[dict[tuple[str, int], str]],
    wanted: dict[tuple[str, int], str],
    by_document: bool,
) -> None:
    root = tmp_path_factory.mktemp("store")
    before: dict[tuple[str, int], str] = {}
    for number, file in enumerate(held):
        new = {key: rule for key, rule in file.items() if key not in before}
        before |= new
        hold(root, REMOVED, **{f"f{number}": make_removed(*((*key, rule) for key, rule in new.items()))})
    store = Store(root)
    desired = make_removed(*((*key, rule) for key, rule in sorted(wanted.items())))
    by = ["document_id"] if by_document else list(REMOVED.key)
    staged = stage_table_changes(store, REMOVED, [desired], desired.select(by).unique(), RUN)
    after = store.with_staged(locate_staged(store, staged, RUN)).read(REMOVED)
    gone = {key for key in before if by_document and key[0] in {document for document, _ in wanted}}
    expected = {key: rule for key, rule in before.items() if key not in gone} | wanted
    assert after.sort(REMOVED.key).equals(make_removed(*((*key, rule) for key, rule in sorted(expected.items()))))
    for name, path in locate_staged(store, staged, RUN).items():
        assert not (root / name).exists() or not pl.read_parquet(path).equals(pl.read_parquet(root / name))


def test_every_dataset_gets_one_file_without_rows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_table(ARTICLES.empty(), store.folder(ARTICLES) / EMPTY_FILE, ARTICLES)
    staged = stage_empty_files(store, RUN)
    assert {file.name for file in staged} == {f"{table.folder}/{EMPTY_FILE}" for table in TABLES if table != ARTICLES}
    assert not any(file.is_replacement for file in staged)


def test_the_catalog_lists_the_files_as_they_will_be_and_is_staged_when_it_changes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    staged = stage_empty_files(store, RUN)
    catalog = stage_catalog(store, staged, RUN)
    assert catalog == [describe(name, is_replacement=False) for name in ("README.md", "datapackage.json", "store.json")]
    package = (store.work(RUN) / "publish" / "datapackage.json").read_text()
    assert f"{ARTICLES.folder}/{EMPTY_FILE}" in package
    commit(store, [*staged, *catalog], RUN)
    roll_forward(store, RUN)
    assert stage_catalog(store, [], "next") == []
    (tmp_path / "README.md").write_text("edited by hand")
    assert stage_catalog(store, [], "next") == [describe("README.md", is_replacement=True)]


def test_files_are_put_in_the_order_that_keeps_readers_safe() -> None:
    def replaced(name: str) -> StagedFile:
        return describe(name, is_replacement=True)

    def added(name: str) -> StagedFile:
        return describe(name, is_replacement=False)

    expected = [
        replaced("articles/v1/a.parquet"),
        replaced("articles/v1/b.parquet"),
        replaced("duplicates/v1/a.parquet"),
        replaced("overlaps/v1/a.parquet"),
        added("overlaps/v1/c.parquet"),
        added("raw/v1/c.parquet"),
        added("articles/v1/c.parquet"),
        added("duplicates/v1/c.parquet"),
        replaced("README.md"),
        added("datapackage.json"),
    ]
    assert order_for_publication(reversed(expected)) == expected


# --- publishing ------------------------------------------------------------------------------------------------------


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


def at_every_step(patch: pytest.MonkeyPatch, act: Callable[[int], None]) -> list[str]:
    """Call `act` before each change that publishing makes to the disk; returns the steps taken, as they are taken."""
    steps: list[str] = []

    def wrap(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            act(len(steps))
            steps.append(name)
            return original(*args, **kwargs)

        return step

    for owner, name in (
        (Path, "replace"),
        (Path, "unlink"),
        (Path, "mkdir"),
        (flows.publication, "sync_folder"),
        (flows.publication, "remove_folder"),
    ):
        patch.setattr(owner, name, wrap(name, getattr(owner, name)))
    return steps


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
        steps = at_every_step(patch, look)
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
        steps = at_every_step(patch, lambda _step: None)
        assert recover(Store(finished.data)) == Recovery(finished=(run_id,), undone=())
    expected = hash_published_files(finished)
    assert len(steps) > 15
    for crash_at in range(len(steps)):
        copied = copy(f"crash{crash_at}")

        def crash(step: int, crash_at: int = crash_at) -> None:
            if step == crash_at:
                raise Crash

        with monkeypatch.context() as patch:
            at_every_step(patch, crash)
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
