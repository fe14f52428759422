"""What an operator is told to look at after a run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.markdown import escape_markdown
from flows.notices import list_notices
from flows.storage import Store, write_table
from flows.summary import RunSummary
from transforms.contracts import REJECTS, RUNS

START = datetime(2026, 3, 1, tzinfo=UTC)


def make_store(folder: Path, rejected: list[int], seconds: list[float]) -> Store:
    """A store of runs of 100 documents each, with so many rejects and of so many seconds."""
    rows: list[dict[str, Any]] = []
    for number, (count, took) in enumerate(zip(rejected, seconds, strict=True)):
        row: dict[str, Any] = dict.fromkeys(RUNS.column_names, 0)
        row |= {name: [] for name in ("versions", "set_aside_by_relation", "rejected_by_reason", "stage_seconds")}
        row |= {"run_id": f"run-{number}", "command": "run", "pipeline_version": "1", "parameters": "{}"}
        row |= {"started_at": START + timedelta(days=number), "audit": "passed"}
        row |= {"finished_at": row["started_at"] + timedelta(seconds=took), "documents_in": 100}
        rows.append({**row, "documents_rejected": count, "documents_kept": 100 - count})
    write_table(RUNS.frame(rows), folder / RUNS.folder / "runs.parquet", RUNS)
    reject = {"source_path": "<b>*x*</b>.txt", "record": 0, "stage": "read", "reason_code": "empty", "reason": "It is."}
    reject |= {"run_id": rows[-1]["run_id"], "rejected_at": rows[-1]["started_at"]}
    write_table(REJECTS.frame([reject] * bool(rejected[-1])), folder / REJECTS.folder / "a.parquet", REJECTS)
    return Store(folder)


def summarise(store: Store, **more: Any) -> RunSummary:
    newest = store.read(RUNS).sort("started_at").row(-1, named=True)
    rejected = {"empty": newest["documents_rejected"]} if newest["documents_rejected"] else {}
    values: dict[str, Any] = {
        "command": "run",
        "inbox": "inbox",
        "data": "data",
        "run_id": newest["run_id"],
        "files_seen": 100,
        "files_new": 100,
        "files_ignored": {},
        "files_waiting": [],
        "documents_in": 100,
        "documents_kept": newest["documents_kept"],
        "rejected_by_reason": rejected,
    }
    return RunSummary(**(values | more))


def test_a_run_like_the_others_has_nothing_unusual(tmp_path: Path) -> None:
    store = make_store(tmp_path, [0, 0, 0, 0], [9, 10, 11, 10])
    notices = list_notices(summarise(store), store)
    assert notices == [
        "0 of 100 documents set aside.",
        "Nothing was rejected.",
        "No document held before changed sides.",
    ]


def test_many_rejects_and_a_slow_run_stand_out(tmp_path: Path) -> None:
    store = make_store(tmp_path, [1, 0, 2, 40], [9, 10, 11, 95])
    many, slow, rejects = list_notices(summarise(store), store)
    assert many == "**Unusual: 40% rejected**, in earlier runs 1%."
    assert slow == "**Unusual: it took 95 s**, 9.5 times as long a document."
    assert rejects.startswith(r"**40 documents rejected**: 40 empty. Among them \<b\>\*x\*\<\/b\>\.txt.")


def test_two_earlier_runs_say_nothing_of_what_is_usual(tmp_path: Path) -> None:
    store = make_store(tmp_path, [0, 0, 40], [9, 10, 95])
    assert not any("Unusual" in notice for notice in list_notices(summarise(store), store))


def test_what_matters_most_comes_first(tmp_path: Path) -> None:
    store = make_store(tmp_path, [0, 3], [9, 10])
    summary = summarise(store, documents_demoted=2, index_remade="a_b is lost", files_waiting=["a.txt"])
    remade, demoted, rejected = list_notices(summary, store)
    assert remade == r"**The index was made again**, because a\_b is lost."
    assert demoted.startswith("**2 documents held before left `articles`**")
    assert rejected.startswith("**3 documents rejected**")


def test_markdown_shows_texts_as_they_are() -> None:
    assert escape_markdown("a\n<b> [x](javascript:y) |`\x1b") == r"a \<b\> \[x\]\(javascript\:y\) \|\`␛"
