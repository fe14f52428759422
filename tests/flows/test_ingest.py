"""The real flow: Prefect with a server, Great Expectations, real files."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.errors import AuditRefusedError, StoreLockedError
from flows.settings import Settings
from flows.storage import Store, lock_store
from tests.support.corpora import edit_words, make_words, write_other_layout, write_paragraphs
from tests.support.station import wait_until
from tests.support.stores import drop_files, find_broken_laws, hash_published_files, place_of, run_flow, settings_for
from transforms.contracts import ARTICLES, DUPLICATES, RAW, REJECTS, RUNS, TABLES
from transforms.documents import derive_documents

pytestmark = pytest.mark.usefixtures("prefect_api")

SAMPLE = Path(__file__).resolve().parents[2] / "seeds"


@pytest.fixture(scope="module")
def sample(prefect_api: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, Any]]:
    """The sample inbox, taken in once for all tests that only look."""
    made = settings_for(tmp_path_factory.mktemp("sample"))
    shutil.copytree(SAMPLE, made.inbox)
    return made, run_flow(made)


def test_sample_shows_every_outcome(sample: tuple[Settings, dict[str, Any]]) -> None:
    made, summary = sample
    assert place_of(made) == {
        "exports/elan-cinema.txt": "kept",
        "exports/empty-note.txt": "empty",
        "exports/minutes.odt": "unknown_format",
        "exports/page-scan.txt": "binary",
        "exports/peat-record.md": "kept",
        "exports/stennick-hours-print.txt": "exact",
        "exports/water-notice-harrow-lane.txt": "kept",
        "exports/water-notice-mill-street.txt": "kept",
        "newsletters/notes-from-the-quay.txt": "excerpt",
        "newsletters/three-for-the-weekend.md": "digest",
        "web/ambry-footbridge.txt": "kept",
        "web/harbour-lights.txt": "kept",
        "web/hoshi-no-yado.txt": "kept",
        "web/leave-the-bench.txt": "kept",
        "web/rope-maker-trainees.txt": "near",
        "web/rope-works.html": "kept",
        "web/stennick-hours.html": "kept",
        "web/turmuhr-niederwalmen.txt": "kept",
    }
    assert summary["documents_kept"] == 11
    assert summary["set_aside_by_relation"] == {"digest": 1, "exact": 1, "excerpt": 1, "near": 1}
    assert summary["rejected_by_reason"] == {"binary": 1, "empty": 1, "unknown_format": 1}
    assert summary["files_ignored"] == {"pattern": 1}
    assert find_broken_laws(made) == []


def test_every_dataset_reads_from_a_plain_glob(sample: tuple[Settings, dict[str, Any]]) -> None:
    made, _ = sample
    for table in TABLES:
        glob = str(made.data / table.folder / "*.parquet")
        rows = pl.read_parquet(glob)
        assert table.find_schema_differences(rows.schema) == []
        assert len(duckdb.connect().execute(f"select * from '{glob}'").fetchall()) == rows.height
        assert ds.dataset(made.data / table.folder).to_table().num_rows == rows.height
        assert pq.read_table(made.data / table.folder).num_rows == rows.height
        assert len(pd.read_parquet(made.data / table.folder)) == rows.height
        field = pq.read_schema(next((made.data / table.folder).glob("*.parquet"))).field(table.column_names[0])
        assert (field.metadata or {})[b"description"].decode() == table.columns[0].description


def test_second_run_finds_nothing_new_and_changes_no_byte(sample: tuple[Settings, dict[str, Any]]) -> None:
    made, _ = sample
    before = hash_published_files(made)
    assert run_flow(made)["run_id"] is None
    assert hash_published_files(made) == before


def test_rebuild_of_unchanged_store_changes_no_byte(sample: tuple[Settings, dict[str, Any]]) -> None:
    made, _ = sample
    before = hash_published_files(made)
    summary = run_flow(made, "backfill")
    assert summary["run_id"] is None
    assert hash_published_files(made) == before


def test_catalog_is_true(sample: tuple[Settings, dict[str, Any]]) -> None:
    made, _ = sample
    package = json.loads((made.data / "datapackage.json").read_text())
    listed = {path for resource in package["resources"] for path in resource["path"]}
    published = list(TABLES)
    lying = {f"{table.folder}/{path.name}" for table in published for path in (made.data / table.folder).iterdir()}
    assert listed == lying
    assert {resource["name"] for resource in package["resources"]} == {table.name for table in published}


def test_run_row_and_data_docs(sample: tuple[Settings, dict[str, Any]]) -> None:
    made, summary = sample
    row = Store(made.data).read(RUNS).row(0, named=True)
    assert row["run_id"] == summary["run_id"]
    assert row["documents_in"] == 18 == row["documents_kept"] + row["documents_set_aside"] + row["documents_rejected"]
    assert {stage["stage"] for stage in row["stage_seconds"]} >= {
        "derive",
        "match",
        "align",
        "decide",
        "stage",
        "audit",
    }
    assert json.loads(row["parameters"])["coverage_threshold"] == 0.8
    assert json.loads(row["parameters"])["cleaning"] == "conservative"
    index = (made.data / "reports" / "data_docs" / "index.html").read_text()
    assert "articles" in index
    assert not (made.data / "work" / summary["run_id"]).exists()


def read_newest_state() -> str:
    """What Prefect's page says of the newest run that is no part of another one."""
    from prefect import get_client
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=2)
    whole = next(run for run in runs if run.parent_task_run_id is None)
    assert whole.state is not None
    return whole.state.message or ""


def test_prefect_shows_the_run(sample: tuple[Settings, dict[str, Any]]) -> None:
    """Run names say the run, tasks are named after their batch, artifacts hold the numbers and the way to the docs."""
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

    def has_recorded() -> bool:
        """Prefect writes down what it is told of tasks when it comes to it."""
        return any(task.name.startswith("discover files") for task in client.read_task_runs(flow_run_filter=named))

    made, summary = sample
    with get_client(sync_client=True) as client:
        named = FlowRunFilter(name=FlowRunFilterName(any_=[f"run {summary['run_id']}"]))
        [run] = client.read_flow_runs(flow_run_filter=named)
        assert wait_until(has_recorded)
        artifacts = {item.key: str(item.data) for item in client.read_artifacts(flow_run_filter=named)}
    assert run.state_name == "Completed"
    assert set(artifacts) == {None, "winnow-summary", "winnow-run", "winnow-data-docs"}
    assert float(artifacts[None]) == 100
    assert {"winnow", "run", "store data"} <= set(run.tags)
    assert summary["run_id"] in artifacts["winnow-summary"]
    look_at = artifacts["winnow-summary"].partition("### What came of it")[0]
    assert [line[:3] for line in look_at.splitlines() if line[:1].isdigit()] == ["1. ", "2. ", "3. "]
    assert "**3 documents rejected**: 1 binary, 1 empty, 1 unknown_format." in look_at
    assert r"exports\/empty\-note\.txt" in look_at
    assert {"what": "documents kept", "number": 11} in json.loads(artifacts["winnow-run"])
    assert (made.data / "reports/data_docs/index.html").resolve().as_uri() in artifacts["winnow-data-docs"]


def test_article_demotes_the_excerpt_that_came_first(tmp_path: Path) -> None:
    made, words = settings_for(tmp_path), make_words(1, 300)
    drop_files(made, {"excerpt.txt": write_paragraphs(words[:120])})
    assert run_flow(made)["documents_kept"] == 1
    drop_files(made, {"article.txt": write_paragraphs(words)})
    summary = run_flow(made)
    assert (summary["documents_kept"], summary["documents_demoted"]) == (1, 1)
    assert place_of(made) == {"article.txt": "kept", "excerpt.txt": "excerpt"}


def test_new_version_supersedes_and_frees_what_the_old_one_covered(tmp_path: Path) -> None:
    made, words = settings_for(tmp_path), make_words(2, 300)
    drop_files(made, {"page.txt": write_paragraphs(words), "excerpt.txt": write_paragraphs(words[:150])})
    run_flow(made)
    assert place_of(made) == {"page.txt": "kept", "excerpt.txt": "excerpt"}
    drop_files(made, {"page.txt": write_paragraphs(make_words(3, 300))})
    summary = run_flow(made)
    assert (summary["documents_promoted"], summary["documents_demoted"]) == (1, 1)
    relations = Store(made.data).read(DUPLICATES)["relation"].to_list()
    assert relations == ["superseded"]
    assert place_of(made) == {"page.txt": "kept", "excerpt.txt": "kept"}
    assert find_broken_laws(made) == []


def test_copies_and_edits(tmp_path: Path) -> None:
    made, words = settings_for(tmp_path), make_words(4, 240)
    drop_files(
        made,
        {
            "a.txt": write_paragraphs(words),
            "copy.txt": write_other_layout(words),
            "edited.txt": write_paragraphs(edit_words(words, 1, 0.04)),
            "rewritten.txt": write_paragraphs(edit_words(words, 2, 0.35)),
        },
    )
    run_flow(made)
    places = place_of(made)
    # Which of three texts of equal length is kept is settled by their ids; the copy shares the fate of its text.
    same_words = sorted(places[name] for name in ("a.txt", "copy.txt"))
    assert (same_words, places["edited.txt"]) in [(["exact", "kept"], "near"), (["near", "near"], "kept")]
    assert places["rewritten.txt"] == "kept"


def test_file_that_left_changes_nothing(tmp_path: Path) -> None:
    made = settings_for(tmp_path)
    drop_files(made, {"a.txt": write_paragraphs(make_words(5, 120)), "b.txt": write_paragraphs(make_words(6, 120))})
    run_flow(made)
    before = hash_published_files(made)
    (made.inbox / "a.txt").unlink()
    assert run_flow(made)["run_id"] is None
    assert hash_published_files(made) == before


def test_rejects_say_why_and_are_not_repeated(tmp_path: Path) -> None:
    made = settings_for(tmp_path, max_file_bytes=5_000)
    drop_files(
        made,
        {
            "good.txt": write_paragraphs(make_words(7, 120)),
            "empty.txt": b"",
            "blank.txt": b" \n\t\n",
            "binary.txt": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
            "large.txt": write_paragraphs(make_words(8, 2_000)),
            "table.xlsx": b"PK\x03\x04 something",
            "junk.txt": b"Advertisement\n\nShare on Facebook\n",
        },
    )
    summary = run_flow(made)
    assert summary["documents_kept"] == 1
    assert place_of(made) == {
        "good.txt": "kept",
        "empty.txt": "empty",
        "blank.txt": "whitespace_only",
        "binary.txt": "binary",
        "large.txt": "too_large",
        "table.xlsx": "unknown_format",
        "junk.txt": "no_body",
    }
    rejects = Store(made.data).read(REJECTS)
    assert not rejects["reason"].str.contains("Traceback|Error").any()
    held = set(Store(made.data).read(RAW)["source_path"])
    assert held == set(place_of(made)) - {"large.txt"}
    assert run_flow(made)["run_id"] is None


def test_store_in_use_is_left_alone(tmp_path: Path) -> None:
    made = settings_for(tmp_path)
    drop_files(made, {"a.txt": write_paragraphs(make_words(9, 120))})
    with lock_store(Store(made.data), "the first run"), pytest.raises(StoreLockedError, match="the first run"):
        run_flow(made)
    assert not (made.data / "articles").exists()


def test_audit_refuses_and_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that goes wrong (an article lost its language's form, a count is off) must not reach a reader."""
    from flows import steps

    made = settings_for(tmp_path)
    drop_files(made, {"a.txt": write_paragraphs(make_words(10, 120))})
    run_flow(made)
    before = hash_published_files(made)

    def derive_wrongly(*given: Any, **named: Any) -> Any:
        derived = derive_documents(*given, **named)
        object.__setattr__(derived, "documents", derived.documents.with_columns(pl.lit("Klingon!").alias("language")))
        return derived

    monkeypatch.setattr(steps, "derive_documents", derive_wrongly)
    drop_files(made, {"b.txt": write_paragraphs(make_words(11, 120))})
    with pytest.raises(AuditRefusedError, match="language"):
        run_flow(made)
    refused = CliRunner().invoke(cli, ["run", "--inbox", str(made.inbox), "--data", str(made.data)])
    assert refused.exit_code == 3
    assert "nothing was published" in refused.output
    assert read_newest_state().startswith("The audit refused this run; nothing was published.\nThe audit refused:")
    assert "Klingon!" in refused.output
    assert hash_published_files(made) == before
    assert list((made.data / "work").iterdir()) == []
    monkeypatch.undo()
    assert run_flow(made)["documents_kept"] == 1


def test_unexpected_error_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import steps

    def break_down(*_given: Any, **_named: Any) -> Any:
        raise ZeroDivisionError("the sky fell\nin many lines")

    made = settings_for(tmp_path)
    drop_files(made, {"a.txt": write_paragraphs(make_words(14, 120))})
    monkeypatch.setattr(steps, "derive_documents", break_down)
    failed = CliRunner().invoke(cli, ["run", "--inbox", str(made.inbox), "--data", str(made.data)])
    assert failed.exit_code == 1
    assert "unexpected ZeroDivisionError: the sky fell" in failed.output
    assert "Traceback" not in failed.output
    assert read_newest_state().startswith("Unexpected ZeroDivisionError: the sky fell. The next run finishes or undoes")
    assert "Traceback" in (made.data / "reports" / "last_error.txt").read_text()
    assert not (made.data / "articles").exists()


def test_interruption_leaves_with_130_and_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import staging

    def interrupt(*_given: Any, **_named: Any) -> Any:
        raise KeyboardInterrupt

    made = settings_for(tmp_path)
    drop_files(made, {"a.txt": write_paragraphs(make_words(15, 120))})
    monkeypatch.setattr(staging, "stage_changes", interrupt)
    stopped = CliRunner().invoke(cli, ["run", "--inbox", str(made.inbox), "--data", str(made.data)])
    assert stopped.exit_code == 130
    assert "interrupted. Nothing was published" in stopped.output
    assert not (made.data / "articles").exists()


def test_processes_give_the_same_store_as_threads(tmp_path: Path) -> None:
    frames = []
    for runner in ("threads", "processes"):
        made = settings_for(tmp_path / runner, task_runner=runner, batch_files=2, workers=2)
        words = make_words(12, 300)
        drop_files(made, {f"{n}.txt": write_paragraphs(words[: 300 - 40 * n]) for n in range(4)})
        run_flow(made)
        frames.append(Store(made.data).read(ARTICLES).drop("run_id", "ingested_at"))
    assert frames[0].equals(frames[1])


def test_readers_see_no_torn_file_during_a_run(tmp_path: Path) -> None:
    made, words = settings_for(tmp_path), make_words(13, 400)
    drop_files(made, {f"{n}.txt": write_paragraphs(words[n * 10 : n * 10 + 100]) for n in range(5)})
    run_flow(made)
    problems: list[str] = []
    done = threading.Event()

    def read_again_and_again() -> None:
        while not done.is_set():
            ids = [
                item
                for path in sorted((made.data / ARTICLES.folder).glob("*.parquet"))
                # Opened once, as a whole: a reader that opens a file twice can meet two versions of it.
                for item in pl.read_parquet(path.read_bytes(), columns=["document_id"])["document_id"]
            ]
            if len(ids) != len(set(ids)):
                problems.append("a document stands in articles twice")

    reader = threading.Thread(target=read_again_and_again)
    reader.start()
    try:
        drop_files(made, {"whole.txt": write_paragraphs(words)})
        run_flow(made)
    finally:
        done.set()
        reader.join()
    assert problems == []
    assert place_of(made)["whole.txt"] == "kept"
