"""The steps of a run as Prefect tasks. They exchange paths and small values, never frames."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.tasks import Task

from flows import deciding, matching, staging, steps, trial
from flows.audit import audit_staged
from flows.deciding import Aligned, Verdict
from flows.errors import StoreError
from flows.matching import Matching
from flows.publication import StagedFile, commit, roll_forward
from flows.run import Batch, Run
from flows.runners import check_shared_folder
from flows.steps import Discovery
from flows.storage import count_frame_rows, remove_folder
from flows.summary import count_things
from flows.trial import Changes
from flows.validation import AuditResult

HOUR_SECONDS: Final = 3600


def is_worth_retrying(_task: Task[Any, Any], _run: Any, state: State[Any]) -> bool:
    """Only trouble with files or the network can pass by itself; everything else would fail again."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError) and not isinstance(error, FileNotFoundError | NotADirectoryError)


IO_RETRIES: Final[dict[str, Any]] = {
    "retries": 2,
    "retry_delay_seconds": [1, 5],
    "retry_condition_fn": is_worth_retrying,
}


def name_derivation() -> str:
    """What a task derives: "derive batch 1, 2,000 files"."""
    manifest: Path = task_run.parameters["manifest"]
    return f"derive batch {int(manifest.stem) + 1}, {count_things(count_frame_rows(manifest), 'file')}"


def name_alignment() -> str:
    """What a task compares: "align chunk 1, 2,000 pairs"."""
    chunk: Path = task_run.parameters["chunk"]
    return f"align chunk {int(chunk.stem) + 1}, {count_things(count_frame_rows(chunk), 'pair')}"


@task(
    name="discover files",
    task_run_name="discover files",
    cache_policy=NO_CACHE,
    timeout_seconds=HOUR_SECONDS,
    **IO_RETRIES,
)
def discover_files(run: Run) -> Discovery:
    """Find what is new in the inbox, or what `raw` holds, whichever the run takes in."""
    return steps.discover_raw(run) if run.reads_raw else steps.discover_inbox(run)


# Mapped tasks run in worker threads, where Prefect cannot interrupt them; the flow has a timeout of its own.
@task(name="derive batch", task_run_name=name_derivation, cache_policy=NO_CACHE, **IO_RETRIES)
def derive_batch(run: Run, manifest: Path) -> Batch:
    """Read, parse, clean, enrich and fingerprint the files of one manifest."""
    check_shared_folder(run.work)
    return steps.derive_batch(run, manifest)


@task(
    name="match documents",
    task_run_name="match documents",
    cache_policy=NO_CACHE,
    timeout_seconds=HOUR_SECONDS,
    **IO_RETRIES,
)
def match_documents(run: Run, batches: Sequence[Batch]) -> Matching:
    """Find the pairs that may share a passage."""
    return matching.match_documents(run, batches)


@task(name="align chunk", task_run_name=name_alignment, cache_policy=NO_CACHE, **IO_RETRIES)
def align_chunk(run: Run, batches: Sequence[Batch], found: Matching, chunk: Path) -> Aligned:
    """Compare pairs word by word."""
    check_shared_folder(run.work)
    return deciding.align_chunk(run, batches, found, chunk)


@task(
    name="decide documents",
    task_run_name="decide documents",
    cache_policy=NO_CACHE,
    timeout_seconds=HOUR_SECONDS,
    **IO_RETRIES,
)
def decide_documents(run: Run, batches: Sequence[Batch], found: Matching, aligned: Sequence[Aligned]) -> Verdict:
    """Decide what is kept and what is set aside."""
    return deciding.decide_documents(run, batches, found, aligned)


@task(name="stage changes", task_run_name="stage changes", cache_policy=NO_CACHE, timeout_seconds=HOUR_SECONDS)
def stage_changes(run: Run, batches: Sequence[Batch], found: Matching, verdict: Verdict) -> list[StagedFile]:
    """Write the files that would be published."""
    staged = staging.stage_changes(run, staging.list_desired(run, batches, verdict), batches)
    return staged + staging.stage_index_changes(run, batches, found, staged)


@task(name="audit staged rows", task_run_name="audit staged rows", cache_policy=NO_CACHE, timeout_seconds=HOUR_SECONDS)
def audit_changes(
    run: Run, batches: Sequence[Batch], verdict: Verdict, staged: Sequence[StagedFile], row: Path
) -> AuditResult:
    """Hold the staged rows against contracts and laws; the Data Docs are put in place, whatever the result."""
    desired = staging.list_desired(run, batches, verdict)
    result = audit_staged(run, desired, batches, staged, pl.read_parquet(row))
    if not run.is_trial:
        _place_docs(run)
    return result


def _place_docs(run: Run) -> None:
    """Swap the Data Docs of this run for those of the last one."""
    place, old = run.store.reports / "data_docs", run.work / "old_docs"
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        shutil.move(place, old)
    shutil.move(run.docs, place)
    remove_folder(old)


@task(
    name="compare with the store",
    task_run_name="compare with the store",
    cache_policy=NO_CACHE,
    timeout_seconds=HOUR_SECONDS,
)
def compare_staged(run: Run, staged: Sequence[StagedFile], refusal: str | None) -> Changes:
    """Say what publishing the staged files would change."""
    return trial.compare_staged(run, staged, refusal)


@task(name="publish", task_run_name="publish", cache_policy=NO_CACHE)
def publish_changes(run: Run, staged: Sequence[StagedFile], row: Path) -> int:
    """Commit what is staged and put it in place. Not retried: the next run finishes what this one cannot."""
    with_row = staging.stage_run_row(run, pl.read_parquet(row), staged)
    commit(run.store, with_row, run.run_id)
    try:
        return roll_forward(run.store, run.run_id)
    except OSError as error:
        raise StoreError(
            f"run {run.run_id} passed its audit and is committed, but {error}. The next run will finish it."
        ) from error
