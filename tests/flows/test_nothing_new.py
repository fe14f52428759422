"""A run that finds nothing new does not look at what the store holds, and no change goes unseen for it."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import flows.discovery
from flows.discovery import list_inbox, select_new
from flows.launching import find_nothing_new
from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import drop_files, settings_for, take_in
from transforms.contracts import RAW, REJECTS

TEXTS = [write_paragraphs(make_words(seed, 120)) for seed in range(3)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A store that has taken in its inbox, and has been asked once since whether anything is new."""
    settings = settings_for(tmp_path, max_file_bytes=100_000)
    drop_files(settings, {"a.txt": TEXTS[0], "b.txt": TEXTS[1], "blank.txt": " ", "large.txt": "x" * 200_000})
    assert take_in(settings)
    assert find_nothing_new(settings) is not None
    return settings


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were compared with the rows of the store, each time that they were."""
    calls: list[int] = []
    compare = flows.discovery._compare_with_store

    def note(files: pl.DataFrame, store: Store) -> pl.DataFrame:
        calls.append(files.height)
        return compare(files, store)

    monkeypatch.setattr(flows.discovery, "_compare_with_store", note)
    return calls


def new_paths(settings: Settings) -> list[str]:
    store = Store(settings.data)
    return select_new(list_inbox(settings, store).files, store)["source_path"].to_list()


def test_no_row_of_raw_is_read_to_learn_again_that_nothing_is_new(
    settings: Settings, compared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = find_nothing_new(settings)
    read: list[str] = []
    scan = Store.scan

    def note(store: Store, table: object, columns: object = None) -> pl.LazyFrame:
        read.append(f"{table.name}: {columns}")  # type: ignore[attr-defined]
        return scan(store, table, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "scan", note)
    assert find_nothing_new(settings) == known
    # For the summary, which counts rows in the footers of the files.
    assert read == ["articles: None", "duplicates: None", "rejects: None"]
    assert compared == []


def change_content(settings: Settings) -> list[str]:
    drop_files(settings, {"b.txt": TEXTS[2]})
    return ["b.txt"]


def change_content_and_nothing_else(settings: Settings) -> list[str]:
    """Same size, same times, same inode: seen while the file is young, because young files are read again."""
    path = settings.inbox / "b.txt"
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"X")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return ["b.txt"]


def add_file(settings: Settings) -> list[str]:
    drop_files(settings, {"folder/c.txt": TEXTS[0]})
    return ["folder/c.txt"]


def swap_contents(settings: Settings) -> list[str]:
    drop_files(settings, {"a.txt": TEXTS[1], "b.txt": TEXTS[0]})
    return ["a.txt", "b.txt"]


def lose_raw(settings: Settings) -> list[str]:
    for path in Store(settings.data).list_files(RAW).values():
        if path.name != "empty.parquet":
            path.unlink()
    return ["a.txt", "b.txt", "blank.txt"]


def lose_rejects(settings: Settings) -> list[str]:
    for path in Store(settings.data).list_files(REJECTS).values():
        if path.name != "empty.parquet":
            path.unlink()
    return ["large.txt"]


@pytest.mark.parametrize(
    "change",
    [change_content, change_content_and_nothing_else, add_file, swap_contents, lose_raw, lose_rejects],
    ids=lambda change: change.__name__,
)
def test_what_is_new_is_seen(settings: Settings, change: Callable[[Settings], list[str]]) -> None:
    expected = change(settings)
    assert find_nothing_new(settings) is None
    assert new_paths(settings) == expected


def test_a_setting_that_lets_a_file_in_is_seen(settings: Settings) -> None:
    higher = settings.model_copy(update={"max_file_bytes": 1_000_000})
    assert find_nothing_new(higher) is None
    assert new_paths(higher) == ["large.txt"]


def test_a_file_that_left_or_was_touched_is_not_new(settings: Settings) -> None:
    (settings.inbox / "a.txt").unlink()
    (settings.inbox / "b.txt").touch()
    assert find_nothing_new(settings) is not None
    assert new_paths(settings) == []


def test_a_run_makes_the_answer_void(settings: Settings, compared: list[int]) -> None:
    drop_files(settings, {"c.txt": TEXTS[2]})
    assert take_in(settings)
    compared.clear()
    assert find_nothing_new(settings) is not None
    assert find_nothing_new(settings) is not None
    assert compared == [5]


@pytest.mark.parametrize("content", [b"", b"0" * 64, "ä".encode("latin-1"), b"x" * 10_000])
def test_an_answer_that_is_damaged_is_not_believed(settings: Settings, compared: list[int], content: bytes) -> None:
    (settings.data / "index" / "nothing_new.sha256").write_bytes(content)
    drop_files(settings, {"b.txt": TEXTS[2]})
    assert find_nothing_new(settings) is None
    assert compared == [4]


def test_looking_without_remembering_writes_nothing(settings: Settings) -> None:
    store = Store(settings.data)
    (store.index / "nothing_new.sha256").unlink()
    before = sorted(path.name for path in store.index.iterdir())
    assert select_new(list_inbox(settings, store, remember=False).files, store, remember=False).is_empty()
    assert sorted(path.name for path in store.index.iterdir()) == before


def test_the_answer_is_about_this_store_alone(settings: Settings, tmp_path: Path) -> None:
    other = settings_for(tmp_path / "other").model_copy(update={"inbox": settings.inbox})
    (other.data / "index").mkdir(parents=True)
    (other.data / "index" / "nothing_new.sha256").write_bytes(
        (settings.data / "index" / "nothing_new.sha256").read_bytes()
    )
    assert new_paths(other) == ["a.txt", "b.txt", "blank.txt", "large.txt"]
