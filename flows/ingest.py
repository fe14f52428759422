"""The main flow: take in what is new in the inbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast

from prefect import flow
from prefect.runtime import deployment
from prefect.states import Completed

from flows.accounting import summarise_nothing_new
from flows.errors import SettingsError, StoreLockedError
from flows.holding import hold_store
from flows.kept_batches import forget_kept, prepare_kept
from flows.names import read_names
from flows.notifying import tell_of_failure
from flows.pages import (
    explain_failures,
    name_flow_run,
    publish_artifacts,
    report_to_pages,
)
from flows.publication import JOURNAL, recover
from flows.run import Days, Run, find_other_rule
from flows.runners import make_task_runner, place_for_cluster
from flows.settings import Settings, load_settings
from flows.storage import Store, lock_store, make_run_id, remove_folder
from flows.summary import RunSummary
from flows.tasks import discover_files
from flows.update import update_store
from transforms.contracts import RUNS

SKIPPED: Final = "Skipped"
"""Name of the state of a scheduled run that found the store in use: nothing failed, and nobody is alarmed."""


@flow(name="winnow-ingest", flow_run_name="run", on_failure=[tell_of_failure], on_crashed=[tell_of_failure])
@explain_failures
def ingest(inbox: str | None = None, data: str | None = None) -> dict[str, Any]:
    """Take in what is new in the inbox, and publish what it changes.

    Parameters that are not given come from `WINNOW_*` and `[tool.winnow]`. Returns the numbers of the run. A run that
    finds the store in use fails at once; one that a deployment started is skipped, since the next one takes in all that
    is new. One whose result breaks a law fails and publishes nothing.
    """
    try:
        return execute("run", load_settings(inbox=inbox, data=data)).to_dict()
    except StoreLockedError as error:
        if not deployment.id:
            raise
        # Prefect takes a state that is returned for that of the run; nobody gets to see it as a value.
        return cast("dict[str, Any]", Completed(name=SKIPPED, message=str(error)))


def execute(
    command: str,
    settings: Settings,
    days: Days | None = None,
    *,
    is_trial: bool = False,
    patience_seconds: float = 0,
) -> RunSummary:
    """Lock the store, finish or undo what an earlier run left, and do what `command` asks for.

    `days` and `is_trial` are those of a backfill; see `flows.run.Run`. `patience_seconds`: see `lock_store`.
    """
    settings, called = place_for_cluster(settings), command.partition("_")[0]
    store = Store(settings.data)
    with (
        hold_store(settings, called, with_inbox=command == "run"),
        lock_store(store, f"`winnow {called}`", patience_seconds),
    ):
        recover(store)
        run = replace(start_run(command, settings, store), days=days, is_trial=is_trial)
        if days is not None:
            refuse_other_rule(run)
        with tidy_up(run), report_to_pages():
            discovery = discover_files(run)
            if not discovery.manifests:
                return summarise_nothing_new(run, discovery)
            if run.reads_raw:
                prepare_kept(run)
            flow_of_run = update_store.with_options(task_runner=make_task_runner(settings))
            summary: RunSummary = flow_of_run(run, discovery)
            if run.reads_raw:
                forget_kept(store)
    publish_artifacts(summary, store)
    return summary


def refuse_other_rule(run: Run) -> None:
    """SettingsError when documents outside the days of a backfill were decided under other settings than today's.

    The rule is one for all documents of a store; `winnow verify` would refuse a store that holds to two.
    """
    if other := find_other_rule(run):
        raise SettingsError(
            f"{other}. Documents outside the days of a backfill stay as they were decided, so it would leave a store "
            "that holds to two rules; `winnow backfill --all` decides every document by today's."
        )


def start_run(command: str, settings: Settings, store: Store) -> Run:
    """Name a run, later than every run before it, and name the flow run after it."""
    names = read_names(settings.names)
    latest = store.read(RUNS, ["started_at"])["started_at"].max()
    run_id, started_at = make_run_id(datetime.now(UTC), latest if isinstance(latest, datetime) else None)
    name_flow_run(command, run_id, settings)
    return Run(run_id, started_at, command, settings, names)


@contextmanager
def tidy_up(run: Run) -> Iterator[None]:
    """Leave no staging behind, however the run ends; a committed publication stays for the next run to finish."""
    try:
        yield
    finally:
        if not (run.work / JOURNAL).exists():
            remove_folder(run.work)
