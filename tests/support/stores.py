"""Running Winnow in tests, and reading what it wrote."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from flows import deciding, matching, staging, steps
from flows.accounting import count_run, make_run_row, summarise
from flows.audit import audit_store
from flows.kept_batches import forget_kept
from flows.names import read_names
from flows.publication import commit, recover, roll_forward
from flows.run import Days, Run
from flows.server import say_in_environment
from flows.settings import Settings, load_settings
from flows.storage import Store, lock_store, make_run_id, remove_folder
from transforms.changes import find_last_states
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES, OVERLAPS, REJECTS, REMOVED, RUNS, SIGNALS, TABLES, Table

RUN_COLUMNS = ("ingested_at", "run_id", "rejected_at")


def settings_for(folder: Path, **more: Any) -> Settings:
    """Settings with an inbox and a store below `folder`, that wait for no file to settle."""
    return load_settings(inbox=folder / "inbox", data=folder / "data", settle_seconds=0, **more)


def drop_files(settings: Settings, files: dict[str, str | bytes]) -> None:
    """Put files into the inbox."""
    for path, content in files.items():
        place = settings.inbox / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def take_in(settings: Settings, command: str = "run", days: Days | None = None, now: datetime | None = None) -> bool:
    """What the flow does, step by step, without Prefect and Great Expectations; whether anything was published.

    With `days` a backfill of these; `now` is when the run starts, for those that must not all be of today. For the
    tests that need hundreds of runs. Those in tests/flows run the real flow.
    """
    store = Store(settings.data)
    with lock_store(store, "a test"):
        recover(store)
        latest = store.read(RUNS, ["started_at"])["started_at"].max()
        run_id, started_at = make_run_id(now or datetime.now(UTC), latest if isinstance(latest, datetime) else None)
        command = "backfill_days" if days else command
        run = Run(run_id, started_at, command, settings, read_names(settings.names), days)
        discovery = steps.discover_raw(run) if run.reads_raw else steps.discover_inbox(run)
        if not discovery.manifests:
            return False
        batches = [steps.derive_batch(run, manifest) for manifest in discovery.manifests]
        matched = matching.match_documents(run, batches)
        aligned = [deciding.align_chunk(run, batches, matched, chunk) for chunk in matched.chunks]
        verdict = deciding.decide_documents(run, batches, matched, aligned)
        staged = staging.stage_changes(run, staging.list_desired(run, batches, verdict), batches)
        staged += staging.stage_index_changes(run, batches, matched, staged)
        if run.reads_raw and not staged:
            forget_kept(store)
            remove_folder(run.work)
            return False
        outcomes = count_run(run, batches, verdict, staged)
        summary = summarise(run, discovery, outcomes, staging.preview_store(run, staged), {})
        with_row = staging.stage_run_row(run, make_run_row(run, summary, datetime.now(UTC)), staged)
        commit(store, with_row, run_id)
        roll_forward(store, run_id)
        forget_kept(store)
        return True


def run_flow(settings: Settings, command: str = "run") -> dict[str, Any]:
    """The flow of `winnow run` or `winnow backfill --all`, under all of `settings`; returns its summary."""
    # Prefect reads where its server is when it is imported.
    from flows.backfill import backfill
    from flows.ingest import ingest

    given = settings.model_dump(mode="json", exclude_defaults=True, exclude={"inbox", "data"})
    said = {name: json.dumps(value) if isinstance(value, list) else str(value) for name, value in given.items()}
    with say_in_environment(**{f"WINNOW_{name.upper()}": value for name, value in said.items()}):
        if command == "backfill":
            return backfill(data=settings.data_name)
        return ingest(inbox=settings.inbox_name, data=settings.data_name)


def find_broken_laws(settings: Settings) -> list[dict[str, Any]]:
    """What `winnow verify` would complain about."""
    checks = pl.concat(audit_store(Store(settings.data), settings.dedup))
    return checks.filter(~pl.col("holds")).unique(maintain_order=True).to_dicts()


def read_results(settings: Settings) -> dict[str, pl.DataFrame]:
    """What a run's results are, apart from when and by which run they were made.

    Of the feed, which is history as `runs` is, this is where documents are by the last row of each one.
    """
    store = Store(settings.data)
    last = find_last_states(store.read(CHANGES)).filter(pl.col("place").is_not_null())
    results = {CHANGES.name: last.sort("document_id")}
    return results | {
        table.name: _without_runs(store.read(table), table)
        for table in (ARTICLES, DUPLICATES, OVERLAPS, REMOVED, SIGNALS, REJECTS)
    }


def _without_runs(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    return frame.drop(RUN_COLUMNS, strict=False).sort(table.key)


def assert_same_results(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    """Every dataset has the same rows."""
    for name, frame in one.items():
        assert_frame_equal(frame, other[name], check_exact=True)


def hash_published_files(settings: Settings) -> dict[str, str]:
    """SHA-256 of every published file."""
    root = settings.data
    files = [path for table in TABLES for path in sorted((root / table.folder).glob("*"))]
    files += [path for path in sorted(root.glob("*")) if path.suffix in {".md", ".json"}]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def place_of(settings: Settings) -> dict[str, str]:
    """source_path -> `kept`, the relation, or the reason code; of the newest version."""
    store = Store(settings.data)
    kept = store.read(ARTICLES, ["source_path", "ingested_at"]).with_columns(pl.lit("kept").alias("place"))
    aside = store.read(DUPLICATES, ["source_path", "ingested_at", "relation"]).rename({"relation": "place"})
    rejected = store.read(REJECTS, ["source_path", "rejected_at", "reason_code"]).rename(
        {"rejected_at": "ingested_at", "reason_code": "place"}
    )
    rows = pl.concat([kept, aside, rejected]).sort("ingested_at").unique("source_path", keep="last")
    return dict(rows.select("source_path", "place").sort("source_path").iter_rows())
