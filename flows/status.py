"""`winnow status`: the store at a glance."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.discovery import list_inbox, select_new
from flows.progress import BYTES, show_amount
from flows.publication import list_left_behind
from flows.settings import Settings
from flows.storage import Store
from flows.summary import count_rows, count_things
from transforms.contracts import DUPLICATES, REJECTS, RUNS, TABLES

RUNS_SHOWN: Final = 5
EXAMPLES_SHOWN: Final = 5
"""Files that wait and rejects that are named; the newest rejects, the first of the files."""

WORTH_A_WORD_SECONDS: Final = 0.05
"""A stage that took less is not named."""

LAST_ERROR: Final = "last_error.txt"
"""In the reports: the trace of the last error that nobody had thought of."""

RUN_COLUMNS: Final = (
    "run_id",
    "command",
    "started_at",
    "finished_at",
    "files_new",
    "documents_in",
    "documents_kept",
    "documents_set_aside",
    "documents_rejected",
    "documents_demoted",
    "stage_seconds",
)


def summarise_store(settings: Settings, now: datetime | None = None) -> dict[str, Any]:
    """The store at a glance: what it holds, what waits in the inbox, what was rejected, the last runs."""
    now = now or datetime.now(UTC)
    store = Store(settings.data)
    relations = store.scan(DUPLICATES, ["relation"]).group_by("relation").len().sort("relation").collect()
    reasons = store.scan(REJECTS, ["reason_code"]).group_by("reason_code").len().sort("reason_code").collect()
    rejects = store.scan(REJECTS, ["source_path", "record", "reason_code", "reason", "rejected_at"])
    newest = rejects.sort("rejected_at", "source_path", "record", descending=[True, False, False])
    runs = store.read(RUNS, RUN_COLUMNS).sort("started_at", descending=True)
    sizes = {table.name: sum(path.stat().st_size for path in store.list_files(table).values()) for table in TABLES}
    return {
        "data": str(settings.data),
        "datasets": {table.name: count_rows(store, table) for table in TABLES},
        "set_aside_by_relation": dict(relations.iter_rows()),
        "rejected_by_reason": dict(reasons.iter_rows()),
        "newest_rejects": newest.head(EXAMPLES_SHOWN).collect().to_dicts(),
        "bytes_on_disk": sum(sizes.values()),
        "bytes_by_dataset": sizes,
        "index_bytes": _measure_folder(store.index),
        "inbox": _summarise_inbox(settings, store),
        "newest_run_age_seconds": (now - runs["finished_at"][0]).total_seconds() if runs.height else None,
        "last_runs": [_describe_run(run) for run in runs.head(RUNS_SHOWN).to_dicts()],
        "left_behind": [str(left) for left in list_left_behind(store)],
        "last_error": _find_last_error(store, runs["finished_at"].max()),
    }


def _describe_run(run: dict[str, Any]) -> dict[str, Any]:
    stages = {stage["stage"]: stage["seconds"] for stage in run["stage_seconds"]}
    seconds = (run["finished_at"] - run["started_at"]).total_seconds()
    return {**run, "seconds": seconds, "stage_seconds": stages}


def _measure_folder(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _find_last_error(store: Store, newest_run: Any) -> dict[str, Any] | None:
    """The trace of an error that came after the last run that was published."""
    path = store.reports / LAST_ERROR
    if not path.is_file():
        return None
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if newest_run is not None and at < newest_run:
        return None
    last_line = path.read_text(encoding="utf-8").strip().rpartition("\n")[2]
    return {"at": at, "path": str(path), "error": last_line}


def _summarise_inbox(settings: Settings, store: Store) -> dict[str, Any]:
    if not settings.inbox.is_dir():
        return {"path": str(settings.inbox), "exists": False}
    # Looking must not write: whoever may read a store can ask for its state.
    inbox = list_inbox(settings.model_copy(update={"settle_seconds": 0.0}), store, remember=False)
    new = select_new(inbox.files, store, remember=False)
    return {
        "path": str(settings.inbox),
        "exists": True,
        "files": inbox.files.height,
        "new": new.height,
        "new_bytes": int(new["source_bytes"].sum()),
        "new_examples": new["source_path"].head(EXAMPLES_SHOWN).to_list(),
        "ignored": dict(inbox.ignored),
    }


def render_status(status: Mapping[str, Any]) -> RenderableType:
    """The store at a glance."""
    parts: list[RenderableType] = [_render_head(status), Text(), _render_datasets(status), Text()]
    parts += [_render_inbox(status["inbox"]), Text()]
    if status["newest_rejects"]:
        parts += [Text("newest rejects; `winnow why FILE` says what to do", "bold"), _render_rejects(status), Text()]
    parts.append(_render_runs(status["last_runs"]))
    parts += [Text(f"\n{sentence}", style="yellow") for sentence in status["left_behind"]]
    if status["last_error"]:
        error = status["last_error"]
        parts.append(Text(f"\nThe last command failed: {error['error']}\nThe trace: {error['path']}", style="red"))
    return Group(*parts)


def _render_head(status: Mapping[str, Any]) -> Text:
    head = Text(status["data"], style="bold")
    size = f"  {show_amount(status['bytes_on_disk'], BYTES)}, index {show_amount(status['index_bytes'], BYTES)}"
    head.append(size, style="not bold")
    age = status["newest_run_age_seconds"]
    if age is not None:
        head.append(f"\nThe newest run ended {show_age(age)}.", style="not bold")
    return head


def show_age(seconds: float) -> str:
    """How long ago something was, as roughly as people say it."""
    for limit, unit, name in ((86_400, 86_400, "day"), (3600, 3600, "hour"), (60, 60, "minute")):
        if seconds >= limit:
            return f"{count_things(int(seconds // unit), name)} ago"
    return "less than a minute ago"


def make_table() -> Table:
    """A table without lines."""
    return Table(box=None, header_style="dim", pad_edge=False)


def _render_datasets(status: Mapping[str, Any]) -> Table:
    held = make_table()
    held.add_column("dataset", style="dim", no_wrap=True)
    held.add_column("rows", justify="right", style="bold", no_wrap=True)
    held.add_column("size", justify="right", no_wrap=True)
    held.add_column("of which", overflow="fold")
    parts = {"duplicates": status["set_aside_by_relation"], "rejects": status["rejected_by_reason"]}
    for name, rows in status["datasets"].items():
        counted = ", ".join(f"{count} {part}" for part, count in parts.get(name, {}).items())
        held.add_row(name, f"{rows:,}", show_amount(status["bytes_by_dataset"][name], BYTES), counted)
    return held


def _render_inbox(inbox: Mapping[str, Any]) -> Text:
    if not inbox["exists"]:
        return Text(f"inbox {inbox['path']}: there is no such folder")
    ignored = ", ".join(f"{count} by {why}" for why, count in sorted(inbox["ignored"].items()))
    waits = f"{count_things(inbox['new'], 'file')} to take in" if inbox["new"] else "nothing waits"
    text = Text(f"inbox {inbox['path']}: {count_things(inbox['files'], 'file')}, {waits}; ignored: {ignored or 'none'}")
    if inbox["new"]:
        text.append(f"\n  `winnow run` takes in {show_amount(inbox['new_bytes'], BYTES)}:", style="yellow")
        text.append("".join(f"\n  {path}" for path in inbox["new_examples"]))
        if inbox["new"] > len(inbox["new_examples"]):
            text.append(f"\n  … and {inbox['new'] - len(inbox['new_examples']):,} more")
    return text


def _render_rejects(status: Mapping[str, Any]) -> Table:
    table = make_table()
    table.add_column("reason", style="dim", no_wrap=True)
    table.add_column("document", overflow="fold")
    for reject in status["newest_rejects"]:
        record = f"#{reject['record']}" if reject["record"] else ""
        table.add_row(reject["reason_code"], Text(f"{reject['source_path']}{record}"))
    return table


def _render_runs(runs: list[dict[str, Any]]) -> Text:
    text = Text("last runs (UTC)", style="bold")
    for run in runs:
        outcome = [f"{run['documents_kept']:,} kept", f"{run['documents_set_aside']:,} set aside"]
        outcome += [f"{run['documents_rejected']:,} rejected"]
        outcome += [f"{run['documents_demoted']:,} held before set aside"] if run["documents_demoted"] else []
        stages = sorted(run["stage_seconds"].items(), key=lambda stage: -stage[1])
        times = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in stages if seconds >= WORTH_A_WORD_SECONDS)
        text.append(f"\n{run['started_at']:%Y-%m-%d %H:%M}  {run['command']}: {', '.join(outcome)}", "not bold")
        text.append(f"\n  {run['seconds']:.1f} s{': ' if times else ''}{times}", "not bold dim")
    return text
