"""The one way in which a store changes: derive, match, align, decide, stage, audit, publish."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final, TypeVar

from prefect import flow, unmapped
from prefect.futures import PrefectFutureList

from flows import tasks
from flows.accounting import count_run, make_run_row, summarise
from flows.errors import AuditRefusedError
from flows.pages import explain_failures
from flows.progress import BYTES, STEPS, current_reporter, report_stage
from flows.run import Run
from flows.staging import preview_store
from flows.steps import Discovery, sum_source_bytes
from flows.storage import count_frame_rows, write_frame
from flows.summary import RunSummary
from flows.trial import Changes

T = TypeVar("T")

DAY_SECONDS: Final = 86_400


class StageClock:
    """Times the stages of a run and tells the reporter of each."""

    def __init__(self) -> None:
        """Start without a stage."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, total: float = 1, unit: str = STEPS) -> Iterator[None]:
        """Time the block as the stage `name`."""
        start = time.perf_counter()
        with report_stage(name, total, unit):
            yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


def _collect(futures: PrefectFutureList[T], amounts: Sequence[float]) -> list[T]:
    """Results in order. The reporter is told how much is done with each one: a task in another process cannot do it."""
    results: list[T] = []
    for future, done in zip(futures, accumulate(amounts), strict=True):
        results.append(future.result())
        current_reporter().reach(done)
    return results


@flow(
    name="winnow-update-store",
    flow_run_name="update {run.run_id}",
    validate_parameters=False,
    timeout_seconds=DAY_SECONDS,
)
@explain_failures
def update_store(run: Run, discovery: Discovery) -> RunSummary:
    """Take the discovered files in; AuditRefusedError when the result breaks a law. Call it under the store's lock.

    A trial publishes nothing, and says what it would change, and what the audit has against it.
    """
    clock = StageClock()
    sizes = [sum_source_bytes(manifest) for manifest in discovery.manifests]
    with clock.stage("derive", sum(sizes), BYTES):
        batches = _collect(tasks.derive_batch.map(unmapped(run), list(discovery.manifests)), sizes)
    with clock.stage("match"):
        matching = tasks.match_documents(run, batches)
    pairs = [count_frame_rows(chunk) for chunk in matching.chunks]
    with clock.stage("align", sum(pairs), "pairs"):
        aligned = _collect(
            tasks.align_chunk.map(unmapped(run), unmapped(batches), unmapped(matching), list(matching.chunks)), pairs
        )
    with clock.stage("decide"):
        verdict = tasks.decide_documents(run, batches, matching, aligned)
    with clock.stage("stage"):
        staged = tasks.stage_changes(run, batches, matching, verdict)
    outcomes = count_run(run, batches, verdict, staged)
    if run.reads_raw and not staged:
        changes = Changes().to_dict() if run.is_trial else None
        return replace(summarise(run, discovery, outcomes, run.store, clock.seconds), run_id=None, changes=changes)
    summary = summarise(run, discovery, outcomes, preview_store(run, staged), clock.seconds)
    row = write_frame(make_run_row(run, summary, datetime.now(UTC)), run.work / "run.parquet")
    with clock.stage("audit"):
        result = tasks.audit_changes(run, batches, verdict, staged, row)
    if run.is_trial:
        found = tasks.compare_staged(run, staged, None if result.passed else result.render())
        return replace(summary, run_id=None, changes=found.to_dict())
    if not result.passed:
        raise AuditRefusedError(result.render())
    # The row is made again: it says how long the audit took.
    write_frame(make_run_row(run, summary, datetime.now(UTC)), row)
    with clock.stage("publish"):
        published = tasks.publish_changes(run, staged, row)
    return replace(summary, files_published=published, index_remade=matching.index_damage)
