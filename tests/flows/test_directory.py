"""Documents looked up through the directory are those that the files hold, and few files are opened for them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

import flows.publication
from flows import directory
from flows.directory import KEYS, StoredHeld, open_directory, open_held
from flows.run import Run, scan_held
from flows.settings import Settings
from tests.support.corpora import edit_words, make_words, write_other_layout, write_paragraphs
from tests.support.stores import drop_files, settings_for, take_in
from transforms.contracts import ARTICLES, DUPLICATES
from transforms.dedup.update import HELD_COLUMNS, PLACE

TEXTS: Final = [make_words(number, 120) for number in range(4)]
RUNS: Final[list[dict[str, str | bytes]]] = [
    {f"{number}.txt": write_paragraphs(words) for number, words in enumerate(TEXTS)},
    {"copy.txt": write_other_layout(TEXTS[0]), "excerpt.txt": write_paragraphs(TEXTS[1][20:100])},
    {"1.txt": write_paragraphs(edit_words(TEXTS[1], 1, 0.02)), "new.txt": write_paragraphs(make_words(9, 100))},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of three runs, with a row or two in each file."""
    settings = settings_for(tmp_path_factory.mktemp("store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.publication, "ROWS_PER_FILE", 2)
        for files in RUNS:
            drop_files(settings, files)
            take_in(settings)
    return settings


def open_run(settings: Settings, run_id: str = "later") -> Run:
    return Run(run_id, datetime(2026, 1, 1, tzinfo=UTC), "run", settings)


def read_all(settings: Settings) -> pl.DataFrame:
    return scan_held(open_run(settings).store, HELD_COLUMNS).collect()


def ask(held: pl.DataFrame, columns: list[str], picks: list[int]) -> pl.DataFrame:
    """Keys of the documents picked (numbers), twice, and one that nobody has."""
    rows = held.select(columns)[[pick % held.height for pick in picks]]
    strange = rows.clear(1).with_columns(pl.lit("0" * 64).alias(columns[0]))
    return pl.concat([rows, rows, strange])


QUESTIONS: Final = st.lists(
    st.tuples(st.sampled_from([["document_id"], list(PLACE), ["text_sha256"]]), st.lists(st.integers(0, 20))),
    max_size=6,
)


@pytest.mark.parametrize("numbers", ["as they are", "all the same"])
@with_settings(deadline=None, max_examples=30)
@given(questions=QUESTIONS)
def test_questions_are_answered_as_the_files_answer_them(
    store: Settings, numbers: str, questions: list[tuple[list[str], list[int]]]
) -> None:
    held = read_all(store)
    with pytest.MonkeyPatch.context() as patch:
        if numbers == "all the same":
            same: dict[tuple[str, ...], pl.Expr] = {
                columns: pl.col(columns[0]).is_null().cast(pl.UInt64).alias(hashed.meta.output_name())
                for columns, hashed in KEYS.items()
            }
            patch.setattr(directory, "KEYS", same)
            patch.setattr(directory, "STORED_KEYS", [same[columns] for columns in KEYS if columns != ("text_key",)])
        opened = open_held(open_run(store, numbers.replace(" ", "-")))
        for columns, picks in questions:
            keys = ask(held, columns, picks)
            found = opened.find_documents(keys).sort("document_id")
            assert found.equals(held.join(keys.unique(), on=columns, how="semi").sort("document_id"))


def test_a_document_is_read_once(store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    held = open_held(open_run(store))
    assert isinstance(held, StoredHeld)
    keys = read_all(store).select("document_id").head(3)
    first = held.find_documents(keys)
    monkeypatch.setattr(directory, "scan_files", None)
    assert held.find_documents(keys).sort("document_id").equals(first.sort("document_id"))


def test_only_files_with_a_document_asked_for_are_named(store: Settings) -> None:
    run = open_run(store)
    for table in (ARTICLES, DUPLICATES):
        for path in run.store.list_files(table).values():
            ids = pl.read_parquet(path, columns=["document_id"])
            found = open_directory(run).find_files(ids)
            assert found[table] == ([path] if ids.height else [])
            assert not any(paths for other, paths in found.items() if other is not table)


def test_an_empty_store_holds_nothing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    held = open_held(open_run(settings))
    assert held.find_documents(pl.DataFrame({"document_id": ["a"]})).is_empty()
    assert not open_run(settings).work.exists()
