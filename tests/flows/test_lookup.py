"""A document is found by any name a person may have for it, and the answer says where it is and why."""

from pathlib import Path
from typing import Any

import pytest

from flows.errors import NotFoundError
from flows.lookup import (
    describe_absence,
    explain_document,
    find_documents,
    find_newest_document,
    read_document,
)
from flows.settings import Settings
from flows.status import summarise_store
from flows.storage import Store, write_table
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.stores import drop_files, settings_for, take_in
from transforms.contracts import ARTICLES

WORDS = make_words(1, 300)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with one document of each fate, and an inbox with files that are not in it."""
    settings = settings_for(tmp_path_factory.mktemp("lookup"))
    drop_files(
        settings,
        {
            "article.txt": write_paragraphs(WORDS),
            "notes/excerpt.txt": write_paragraphs(WORDS[:150]),
            "notes/copy.txt": write_other_layout(WORDS),
            "changed.txt": write_paragraphs(make_words(2, 120)),
            "blank.txt": "  \n",
            ".hidden/secret.txt": "passed over",
            "README.md": "passed over",
            "notes/café [1].txt": write_paragraphs(make_words(4, 120)),
        },
    )
    (settings.inbox / "link.txt").symlink_to("article.txt")
    take_in(settings)
    drop_files(settings, {"changed.txt": write_paragraphs(make_words(3, 130))})
    take_in(settings)
    drop_files(settings, {"waiting.txt": "not taken in"})
    (settings.inbox.parent / "outside.txt").write_text("outside")
    return settings


def find_paths(name: str, settings: Settings) -> list[str]:
    return find_documents(name, settings).documents["source_path"].to_list()


def find_id(path: str, settings: Settings) -> str:
    return find_newest_document(path, settings)


def describe(name: str, settings: Settings) -> str:
    found = find_documents(name, settings)
    assert found.documents.is_empty()
    return describe_absence(name, found, settings)


# --- finding ---------------------------------------------------------------------------------------------------------


def test_a_document_is_found_by_its_id_and_by_the_start_of_it(settings: Settings) -> None:
    document_id = find_id("article.txt", settings)
    for name in (document_id, document_id[:12], document_id[:6]):
        assert find_documents(name, settings).documents["document_id"].to_list() == [document_id]
    # Five characters are too few to be meant as an id.
    assert find_paths(document_id[:5], settings) == []
    assert find_paths("0" * 32, settings) == []


def test_the_start_of_two_ids_is_refused(tmp_path: Path) -> None:
    ids = ["abcdef" + "0" * 26, "abcdef" + "1" * 26]
    rows = [{"document_id": document_id, "source_path": f"{document_id[-1]}.txt"} for document_id in ids]
    write_table(ARTICLES.frame(rows), tmp_path / "data" / ARTICLES.folder / "f.parquet", ARTICLES)
    settings = settings_for(tmp_path)
    with pytest.raises(NotFoundError, match="abcdef is the start of 2 document ids"):
        find_documents("abcdef", settings)
    assert find_paths("abcdef1", settings) == ["1.txt"]


@pytest.mark.parametrize("path", ["article.txt", "notes/excerpt.txt", "notes/café [1].txt", "link.txt"])
def test_a_path_may_start_at_the_inbox_here_or_at_the_root(
    path: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(settings.inbox.parent)
    for name in (
        path,
        f"./{path}",
        f"inbox/{path}",
        f"./inbox/{path}",
        f"inbox/../inbox/{path}",
        str(settings.inbox / path),
    ):
        assert find_paths(name, settings) == [path], name
    monkeypatch.chdir(settings.inbox)
    assert find_paths(path, settings) == [path]


def test_inside_a_folder_of_the_inbox_both_kinds_of_path_work(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(settings.inbox / "notes")
    for name in ("excerpt.txt", "./excerpt.txt", "notes/excerpt.txt", "../notes/excerpt.txt"):
        assert find_paths(name, settings) == ["notes/excerpt.txt"], name
    assert find_paths("../article.txt", settings) == find_paths("article.txt", settings) == ["article.txt"]


def test_an_inbox_behind_a_link_is_the_same_inbox(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "in").symlink_to(settings.inbox)
    for named in (settings, settings.model_copy(update={"inbox": tmp_path / "in"})):
        assert find_paths(str(tmp_path / "in" / "article.txt"), named) == ["article.txt"]
        assert find_paths(str(settings.inbox / "article.txt"), named) == ["article.txt"]


def test_every_version_of_a_path_is_found_newest_first(settings: Settings) -> None:
    found = find_documents("changed.txt", settings)
    assert found.documents["relation"].to_list() == [None, "superseded"]
    assert found.sightings["ingested_at"].is_sorted()
    assert found.sightings.height == 2
    assert found.documents["document_id"][0] == find_newest_document("changed.txt", settings)
    # By its id, an older version is itself; what its path went through comes along.
    older = find_documents(found.documents["document_id"][1], settings)
    assert older.documents["relation"].to_list() == ["superseded"]
    assert older.sightings.height == 2


def test_a_name_that_is_not_utf8_is_found_as_typed_and_as_shown(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    name = b"caf\xe9.txt"
    drop_files(settings, {name.decode("utf-8", "surrogateescape"): write_paragraphs(make_words(5, 120))})
    take_in(settings)
    [shown] = Store(settings.data).read(ARTICLES)["source_path"]
    typed = str(settings.inbox / name.decode("utf-8", "surrogateescape"))
    assert find_paths(shown, settings) == find_paths(typed, settings) == [shown]


# --- absence ---------------------------------------------------------------------------------------------------------


def test_absence_is_explained(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(settings.inbox.parent)
    assert describe("blank.txt", settings).startswith("blank.txt was rejected: It holds nothing but white space")
    assert "passed over" in describe("README.md", settings)
    assert "passed over" in describe("inbox/.hidden/secret.txt", settings)
    for name in ("waiting.txt", "inbox/waiting.txt", str(settings.inbox / "waiting.txt")):
        assert "waiting.txt lies in the inbox but was not taken in yet" in describe(name, settings)
    for name in ("gone.txt", "0" * 32, "notes", ""):
        assert "no document of" in describe(name, settings)
        assert str(settings.inbox) in describe(name, settings)
    with pytest.raises(NotFoundError, match="not taken in yet"):
        find_newest_document("waiting.txt", settings)


def test_a_file_outside_the_inbox_does_not_lie_in_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(settings.inbox.parent)
    for name in ("outside.txt", "../outside.txt", "inbox/../outside.txt", str(settings.inbox.parent / "outside.txt")):
        assert "no document of" in describe(name, settings), name


def test_a_link_that_leads_to_itself_is_no_document(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    named = settings.model_copy(update={"inbox": tmp_path})
    for name in ("loop", str(tmp_path / "loop"), str(tmp_path / "loop" / "x.txt")):
        assert "no document of" in describe(name, named)


# --- why -------------------------------------------------------------------------------------------------------------


def explain(path: str, settings: Settings) -> dict[str, Any]:
    return explain_document(Store(settings.data), find_id(path, settings))


def test_a_kept_document_is_explained(settings: Settings) -> None:
    told = explain("changed.txt", settings)
    assert told["place"] == "articles"
    assert (told["relation"], told["duplicate_of"], told["reason"]) == (None, None, None)
    assert (told["partners"], told["overlaps"], told["coverage"]) == ([], [], 0)
    assert told["word_count"] == 130


def test_an_excerpt_is_explained_from_both_sides(settings: Settings) -> None:
    told, article = explain("notes/excerpt.txt", settings), explain_kept_copy(settings)
    assert (told["place"], told["relation"], told["coverage"]) == ("duplicates", "excerpt", 1.0)
    assert told["duplicate_of"] == article["document_id"]
    known = {name: article[name] for name in ("document_id", "source_path", "ingested_at", "run_id")}
    assert told["partners"] == [{**known, "words": 150}]
    assert "150" in told["reason"]
    [above] = told["overlaps"]
    assert (above["ranks"], above["words"], above["share"], above["other_is"]) == ("above", 150, 1.0, "kept")
    assert above["passages"] == 1
    [below] = [overlap for overlap in article["overlaps"] if overlap["source_path"] == "notes/excerpt.txt"]
    assert (below["ranks"], below["words"], below["share"], below["other_is"]) == ("below", 150, 0.5, "excerpt")


def explain_kept_copy(settings: Settings) -> dict[str, Any]:
    """The one kept document among the article, its copy in another layout, and the link to it."""
    told = [explain(path, settings) for path in ("article.txt", "notes/copy.txt", "link.txt")]
    [kept] = [one for one in told if one["place"] == "articles"]
    return kept


def test_exact_copies_are_explained(settings: Settings) -> None:
    kept = explain_kept_copy(settings)
    told = [explain(path, settings) for path in ("article.txt", "notes/copy.txt", "link.txt")]
    copies = [one for one in told if one["relation"] is not None]
    assert [one["relation"] for one in copies] == ["exact", "exact"]
    for one in copies:
        assert (one["duplicate_of"], one["coverage"]) == (kept["document_id"], 1.0)
        assert [partner["words"] for partner in one["partners"]] == [300]
        assert [overlap["other_id"] for overlap in one["overlaps"]] == [kept["document_id"]]


def test_an_older_version_is_explained(settings: Settings) -> None:
    newer, older = find_documents("changed.txt", settings).documents["document_id"]
    told = explain_document(Store(settings.data), older)
    assert (told["place"], told["relation"], told["duplicate_of"]) == ("duplicates", "superseded", newer)
    assert told["source_path"] == "changed.txt"
    assert told["ingested_at"] < explain_document(Store(settings.data), newer)["ingested_at"]
    assert [partner["document_id"] for partner in told["partners"]] in ([], [newer])


def test_a_document_is_read_whole_with_the_lines_taken_out(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    title = "The river rose again on Monday"
    drop_files(settings, {"a.md": f"# {title}\n\n{write_paragraphs(WORDS)}"})
    take_in(settings)
    row = read_document(Store(settings.data), find_newest_document("a.md", settings))
    assert (row["title"], row["relation"], row["partners"]) == (title, None, [])
    assert row["word_count"] == 300
    assert [(line["line"], line["kind"]) for line in row["removed"]] == [(0, "title")]


# --- the store at a glance -------------------------------------------------------------------------------------------


def test_the_store_at_a_glance(settings: Settings) -> None:
    summary = summarise_store(settings)
    assert summary["set_aside_by_relation"] == {"exact": 2, "excerpt": 1, "superseded": 1}
    assert summary["rejected_by_reason"] == {"whitespace_only": 1}
    assert summary["datasets"]["articles"] == 3
    assert summary["datasets"]["raw"] == 8
    assert summary["inbox"] | {"path": ""} == {
        "path": "",
        "exists": True,
        "files": 8,
        "new": 1,
        "new_bytes": len("not taken in"),
        "new_examples": ["waiting.txt"],
        "ignored": {"pattern": 2},
    }
    assert [run["documents_in"] for run in summary["last_runs"]] == [1, 7]
    assert [reject["source_path"] for reject in summary["newest_rejects"]] == ["blank.txt"]
    assert 0 < summary["newest_run_age_seconds"] < 3600
    assert (summary["left_behind"], summary["last_error"]) == ([], None)
    on_disk = [path.stat().st_size for path in settings.data.glob("*/v1/*.parquet")]
    assert summary["bytes_on_disk"] == sum(on_disk)
    assert min(on_disk) > 0
    gone = settings.model_copy(update={"inbox": settings.inbox / "gone"})
    assert summarise_store(gone)["inbox"]["exists"] is False
