"""Counting what a run did: its summary, and its row of `runs`."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import polars as pl

from flows.deciding import Verdict
from flows.directory import open_directory
from flows.publication import StagedFile
from flows.run import Batch, Run, list_versions, scan_batches
from flows.staging import preview_store
from flows.steps import Discovery
from flows.storage import Store
from flows.summary import RunSummary, count_store
from transforms.contracts import REJECTS, RUNS
from transforms.documents import DERIVED
from transforms.outcomes import Outcomes, count_outcomes, name_counts
from transforms.version import name_pipeline


def summarise_nothing_new(run: Run, discovery: Discovery) -> RunSummary:
    """The summary of a run that found nothing to do."""
    return RunSummary(
        **_describe_discovery(run, discovery, run_id=None),
        **count_store(run.store),
    )


def summarise(
    run: Run, discovery: Discovery, outcomes: Outcomes, after: Store, stage_seconds: dict[str, float]
) -> RunSummary:
    """The summary of a run whose changes are staged in `after`."""
    return RunSummary(
        **_describe_discovery(run, discovery, run_id=run.run_id),
        documents_in=outcomes.documents_in,
        documents_kept=outcomes.kept,
        set_aside_by_relation=outcomes.set_aside,
        rejected_by_reason=outcomes.rejected,
        documents_demoted=outcomes.demoted,
        documents_promoted=outcomes.promoted,
        **count_store(after),
        stage_seconds=stage_seconds,
    )


def _describe_discovery(run: Run, discovery: Discovery, run_id: str | None) -> dict[str, Any]:
    return {
        "command": run.command,
        "inbox": run.settings.inbox_name,
        "data": run.settings.data_name,
        "reports": str(run.store.reports),
        "run_id": run_id,
        "files_seen": discovery.files_seen,
        "files_new": discovery.files_new,
        "files_ignored": discovery.ignored,
        "files_waiting": list(discovery.waiting),
    }


def count_run(run: Run, batches: list[Batch], verdict: Verdict, staged: list[StagedFile]) -> Outcomes:
    """Count what became of the documents; where files come out of `raw`, for all documents of these files."""
    columns = ["document_id", "relation"]
    decisions = pl.read_parquet(verdict.decisions, columns=columns)
    derived = scan_batches((batch.documents for batch in batches), DERIVED).select("document_id").collect()
    asked = pl.concat([derived, decisions.select("document_id")]).unique()
    held = open_directory(run).scan(asked, columns).join(asked.lazy(), on="document_id", how="semi").collect()
    if run.is_rebuild:
        rejects = preview_store(run, staged).read(REJECTS, ["reason_code"])
        return count_outcomes(decisions, held, rejects, derived["document_id"])
    if run.reads_raw:
        # It answers for all documents of its files; the decision of one that comes out as it was stands.
        standing = held.join(decisions, on="document_id", how="anti")
        rejects = _scan_rejects(batches).select("reason_code").collect()
        return count_outcomes(pl.concat([decisions, standing]), held, rejects, derived["document_id"])
    new_ids = derived.join(held, on="document_id", how="anti")["document_id"]
    return count_outcomes(decisions, held, _read_new_rejects(run, batches), new_ids)


def _read_new_rejects(run: Run, batches: list[Batch]) -> pl.DataFrame:
    key = list(REJECTS.key)
    return _scan_rejects(batches).join(run.store.scan(REJECTS, key), on=key, how="anti", nulls_equal=True).collect()


def _scan_rejects(batches: list[Batch]) -> pl.LazyFrame:
    return scan_batches((batch.rejects for batch in batches), REJECTS.polars_schema).select(REJECTS.key)


def _describe_parameters(run: Run) -> str:
    """The settings as JSON, and the names that stand for others as they were then, since the file can change.

    Without the command of `on_failure`, which says nothing of the data and may hold a secret: `runs` is published.
    """
    tables = {f"names_of_{field}": dict(pairs) for field, pairs in asdict(run.names).items() if pairs}
    days = {"days": [str(run.days.first), str(run.days.last)]} if run.days else {}
    places = {"inbox": run.settings.inbox_name, "data": run.settings.data_name}
    settings = run.settings.model_dump(mode="json", exclude={"on_failure"})
    return json.dumps({**settings, **places, **tables, **days}, ensure_ascii=False)


def make_run_row(run: Run, summary: RunSummary, finished_at: datetime) -> pl.DataFrame:
    """The row of `runs`."""
    return RUNS.frame(
        [
            {
                "run_id": run.run_id,
                "command": run.command,
                "started_at": run.started_at,
                "finished_at": finished_at,
                "pipeline_version": name_pipeline(),
                "versions": list_versions(),
                "parameters": _describe_parameters(run),
                "files_seen": summary.files_seen,
                "files_ignored": sum(summary.files_ignored.values()),
                "files_waiting": len(summary.files_waiting),
                "files_new": summary.files_new,
                "documents_in": summary.documents_in,
                "documents_kept": summary.documents_kept,
                "documents_set_aside": sum(summary.set_aside_by_relation.values()),
                "documents_rejected": sum(summary.rejected_by_reason.values()),
                "set_aside_by_relation": name_counts(summary.set_aside_by_relation),
                "rejected_by_reason": name_counts(summary.rejected_by_reason),
                "documents_demoted": summary.documents_demoted,
                "documents_promoted": summary.documents_promoted,
                "store_articles": summary.store_articles,
                "store_duplicates": summary.store_duplicates,
                "store_rejects": summary.store_rejects,
                "stage_seconds": [
                    {"stage": stage, "seconds": seconds} for stage, seconds in summary.stage_seconds.items()
                ],
                "audit": "passed",
            }
        ]
    )
