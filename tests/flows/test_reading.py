"""Reading files in a process of its own, and files with many records."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.errors import SettingsError
from flows.lookup import DOCUMENTS_TOLD, find_documents
from flows.reading import read_sources
from flows.run import Run
from flows.settings import Settings, load_settings
from flows.steps import discover_inbox
from flows.storage import Store
from tests.support.samples import (
    PAGE,
    compress,
    list_samples,
    write_json_lines,
    write_mailbox,
    write_message,
    write_pdf,
    write_zip,
)
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from tests.unit.parse.parse_helpers import make_sources
from transforms.contracts import ARTICLES, DUPLICATES, REJECTS, RUNS
from transforms.parse import parse_sources


def make_text(seed: int) -> str:
    chance = random.Random(seed)
    words = ["".join(chance.choices("abdeiklmnoprstu", k=chance.randint(3, 8))) for _ in range(400)]
    return "\n\n".join(f"The {' '.join(chance.choices(words, k=40))}." for _ in range(3))


# --- the process of its own ------------------------------------------------------------------------------------------


def test_what_is_read_there_is_what_is_read_here(tmp_path: Path) -> None:
    sources = make_sources(list_samples())
    there = read_sources(sources, settings_for(tmp_path), tmp_path / "reading")
    here = parse_sources(sources)
    key = ["source_path", "record"]
    assert there.records.sort(key).equals(here.records.sort(key))
    assert there.failures.sort(key).equals(here.failures.sort(key))
    assert there.lines.sort("document_id", "line").equals(here.lines.sort("document_id", "line"))
    assert not (tmp_path / "reading").exists()


def test_a_file_that_takes_too_long_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    page = PAGE.replace("</article>", f"<p>{make_text(1)}</p>" * 200 + "</article>").encode()
    slow = write_zip({f"{number}.html": page + b"<!-- %d -->" % number for number in range(400)})
    files = {
        "a.eml": write_message("One", make_text(2)),
        "b.zip": slow,
        "c.pdf": write_pdf([["One page."]]),
        "d.txt": b"x",
    }
    parsed = read_sources(make_sources(files), settings_for(tmp_path, max_file_seconds=1), tmp_path / "reading")
    assert sorted(parsed.records["source_path"]) == ["a.eml", "c.pdf", "d.txt"]
    assert parsed.failures.select("source_path", "reason_code").rows() == [("b.zip", "too_slow")]
    assert parsed.failures["reason"][0].endswith("The limit is 1 seconds.")


# --- files with many records -----------------------------------------------------------------------------------------

FILES: Mapping[str, bytes] = {
    "rows.jsonl": write_json_lines([{"title": f"Row {seed}", "text": make_text(seed)} for seed in range(30)]),
    "letters.mbox": write_mailbox([write_message(f"Letter {seed}", make_text(seed)) for seed in (3, 40, 41)]),
    "web/pages.zip": write_zip(
        {"web/a.txt": make_text(50).encode(), "rows.csv": f'text\n"{make_text(51)}"\n'.encode(), "b.png": b"\x89PNG"}
    ),
    "page.txt.gz": compress(make_text(4).encode(), "gz"),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = settings_for(tmp_path_factory.mktemp("many"))
    drop_files(made, dict(FILES))
    assert take_in(made)
    return made


def test_each_record_is_kept_set_aside_or_rejected(settings: Settings) -> None:
    store = Store(settings.data)
    assert store.read(ARTICLES).height == 30 + 2 + 2
    assert store.read(DUPLICATES)["relation"].to_list() == ["exact", "exact"]
    assert store.read(REJECTS)["reason_code"].to_list() == ["unknown_format"]
    assert json.loads(store.read(RUNS)["parameters"][0])["max_unpacked_bytes"] == 250_000_000
    assert not take_in(settings)


def test_order_and_splitting_change_nothing(settings: Settings, tmp_path: Path) -> None:
    split = settings_for(tmp_path)
    for name in reversed(list(FILES)):
        drop_files(split, {name: FILES[name]})
        assert take_in(split)
    assert_same_results(read_results(split), read_results(settings))
    assert not find_broken_laws(split)


def test_a_rebuild_changes_nothing(settings: Settings) -> None:
    before = hash_published_files(settings)
    take_in(settings, "backfill")
    assert hash_published_files(settings) == before


def test_rows_added_behind_are_new_and_the_others_stay(tmp_path: Path) -> None:
    made = settings_for(tmp_path)
    rows = [{"title": f"Row {seed}", "text": make_text(seed)} for seed in range(6)]
    drop_files(made, {"rows.jsonl": write_json_lines(rows[:4])})
    take_in(made)
    first = Store(made.data).read(ARTICLES)["document_id"]
    drop_files(made, {"rows.jsonl": write_json_lines(rows)})
    take_in(made)
    articles = Store(made.data).read(ARTICLES)
    assert articles.height == 6
    assert set(first) <= set(articles["document_id"])
    assert Store(made.data).read(DUPLICATES).is_empty()


@pytest.mark.parametrize(
    ("name", "records", "rejects"),
    [
        ("rows.jsonl#7", [7], 0),
        ("rows.jsonl#30", [], 0),
        ("letters.mbox#1", [1], 0),
        ("web/pages.zip", [0, 1], 1),
        ("web/pages.zip/web/a.txt", [0], 0),
        ("web/pages.zip/rows.csv", [1], 0),
        ("web/pages.zip/b.png", [], 1),
        ("web/pages.zip/none.txt", [], 0),
        ("page.txt.gz", [0], 0),
    ],
)
def test_records_and_members_are_found_by_name(name: str, records: list[int], rejects: int, settings: Settings) -> None:
    found = find_documents(name, settings)
    assert found.documents["record"].to_list() == records
    assert found.rejects.height == rejects


def ask(settings: Settings, *words: str) -> str:
    result = CliRunner().invoke(cli, [*words, "--inbox", str(settings.inbox), "--data", str(settings.data)])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_story_of_a_file_with_many_documents_is_short(settings: Settings) -> None:
    story = json.loads(ask(settings, "why", "rows.jsonl", "--json"))
    assert len(story["documents"]) == DOCUMENTS_TOLD
    assert sum(story["counts"].values()) == 30
    assert story["counts"]["kept"] >= 28
    # All but the first record say which one they are.
    assert "rows.jsonl#2  " in ask(settings, "why", "rows.jsonl")


def test_a_copy_names_the_record_that_it_is_a_copy_of(settings: Settings) -> None:
    story = json.loads(ask(settings, "why", "letters.mbox", "--json"))
    copies = [document for document in story["documents"] if document["relation"] == "exact"]
    kept = {"letters.mbox": "rows.jsonl#3", "rows.jsonl": "letters.mbox"}
    assert all(copy["reason"].endswith(f"as {kept[copy['source_path']]}.") for copy in copies)


def test_a_member_is_shown_with_its_place(settings: Settings) -> None:
    shown = ask(settings, "show", "web/pages.zip/rows.csv")
    assert "web/pages.zip#1 (rows.csv)" in shown
    assert json.loads(ask(settings, "show", "rows.jsonl#7", "--json"))["title"] == "Row 7"


# --- settings --------------------------------------------------------------------------------------------------------


def test_columns_are_told_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_COLUMNS", '{"text": "story", "authors": ["who", "by"]}')
    made = settings_for(tmp_path)
    assert made.reading.columns == (("authors", ("who", "by")), ("text", ("story",)))
    monkeypatch.setenv("WINNOW_COLUMNS", '{"body": "story"}')
    with pytest.raises(SettingsError, match="no field of a document: body"):
        load_settings()


def test_compressed_files_weigh_more_in_a_batch(tmp_path: Path) -> None:
    made = settings_for(tmp_path, batch_bytes=20_000)
    content = random.Random(1).randbytes(3_000)
    run = Run("20260101T000000.000000Z", datetime(2026, 1, 1, tzinfo=UTC), "run", made)
    drop_files(made, {f"{number}.txt": content for number in range(6)})
    assert len(discover_inbox(run).manifests) == 1
    drop_files(made, {f"{number}.zip": content for number in range(6)})
    assert len(discover_inbox(run).manifests) > 4
