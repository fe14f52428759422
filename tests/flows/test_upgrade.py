"""A store that an earlier version wrote opens, goes on, and is brought up to date; a later one is refused."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.errors import StoreError
from flows.lookup import list_changes
from flows.maintenance import compact_store
from flows.settings import Settings
from flows.status import summarise_store
from flows.storage import FORMAT_FILE, STORE_FORMAT, Store, check_format, lock_store
from flows.verification import find_damaged_files
from tests.stores.make import COMMITS, FOLDER, WORDS
from tests.support.corpora import write_paragraphs
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    place_of,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES

PLACES = {
    "article.txt": "exact",
    "blank.txt": "whitespace_only",
    "copy.txt": "kept",
    "excerpt.txt": "excerpt",
    "page.html": "kept",
    "version.txt": "kept",
}


def unpack(name: str, folder: Path) -> Settings:
    with zipfile.ZipFile(FOLDER / f"{name}.zip") as archive:
        archive.extractall(folder)
    return settings_for(folder)


@pytest.mark.parametrize("name", COMMITS)
def test_an_older_store_opens_and_is_brought_up_to_date(name: str, tmp_path: Path) -> None:
    settings = unpack(name, tmp_path)
    store = Store(settings.data)
    check_format(store)
    assert find_damaged_files(store) == []
    assert place_of(settings) == PLACES
    assert summarise_store(settings)["inbox"]["new"] == 0
    found = list_changes(store, None)
    assert (found["changes"], found["first_run"]) == ([], None)
    before = {
        row["document_id"] for table in (ARTICLES, DUPLICATES) for row in store.read(table, ["document_id"]).to_dicts()
    }
    assert take_in(settings, "backfill")
    assert find_broken_laws(settings) == []
    assert place_of(settings) == PLACES
    assert json.loads((settings.data / FORMAT_FILE).read_bytes()) == {"format": STORE_FORMAT}
    # The feed begins with it: a row for each document, whatever became of it, and whoever is older starts anew.
    rows = store.read(CHANGES)
    assert sorted(rows["document_id"]) == sorted(before)
    assert set(rows["change"]) <= {"baseline", "changed"}
    first = summarise_store(settings)["last_runs"][-1]["run_id"]
    assert list_changes(store, None)["complete"]
    assert not list_changes(store, first)["complete"]
    published = hash_published_files(settings)
    assert not take_in(settings, "backfill")
    assert hash_published_files(settings) == published


def test_an_older_store_goes_on_before_it_is_derived_again(tmp_path: Path) -> None:
    settings = unpack("templates", tmp_path / "old")
    drop_files(settings, {"next.txt": write_paragraphs(WORDS[3]), "part.txt": write_paragraphs(WORDS[3][:90])})
    assert take_in(settings)
    assert find_broken_laws(settings) == []
    rows = Store(settings.data).read(CHANGES)
    told = dict(rows.select("source_path", "change").unique().iter_rows())
    assert told["next.txt"] == "kept"
    assert told["part.txt"] == "set_aside"
    assert told["article.txt"] == told["excerpt.txt"] == "baseline"
    compact_store(Store(settings.data))
    assert find_broken_laws(settings) == []
    assert not take_in(settings)
    # Derived again, it is the store that today's code would have made.
    assert take_in(settings, "backfill")
    other = settings_for(tmp_path / "other")
    shutil.copytree(settings.inbox, other.inbox)
    drop_files(other, {"version.txt": write_paragraphs(WORDS[1])})
    take_in(other)
    drop_files(other, {"version.txt": write_paragraphs(WORDS[2])})
    take_in(other)
    assert_same_results(read_results(settings), read_results(other))


@pytest.mark.parametrize("command", ["status", "verify", "compact"])
def test_a_later_store_is_refused_with_a_sentence(command: str, tmp_path: Path) -> None:
    settings = unpack("templates", tmp_path)
    (settings.data / FORMAT_FILE).write_text(json.dumps({"format": STORE_FORMAT + 1}))
    before = hash_published_files(settings)
    outcome = CliRunner().invoke(cli, [command, "--inbox", str(settings.inbox), "--data", str(settings.data)])
    assert outcome.exit_code == 1
    assert f"it has format {STORE_FORMAT + 1}, and this version" in outcome.stderr
    with pytest.raises(StoreError, match="written by a later version"), lock_store(Store(settings.data), "a test"):
        pass
    assert hash_published_files(settings) == before


@pytest.mark.parametrize("content", ["", "{}", '{"format": null}', "[1]"])
def test_a_format_that_cannot_be_read_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / FORMAT_FILE).write_text(content)
    with pytest.raises(StoreError, match=f"{FORMAT_FILE} does not say which format the store has"):
        check_format(Store(tmp_path))
