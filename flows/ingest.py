"""The main flow: take in what is new in the inbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import flow, tags

from flows.accounting import summarise_nothing_new
from flows.names import read_names
from flows.pages import (
    explain_failures,
    list_tags,
    name_flow_run,
    publish_artifacts,
    report_to_pages,
)
from flows.publication import JOURNAL, recover
from flows.run import Run
from flows.settings import Settings, load_settings
from flows.storage import Store, lock_store, make_run_id, remove_folder
from flows.summary import RunSummary
from flows.tasks import discover_files
from flows.update import make_task_runner, update_store
from transforms.contracts import RUNS


@flow(name="winnow-ingest", flow_run_name="run")
@explain_failures
def ingest(inbox: str | None = None, data: str | None = None) -> dict[str, Any]:
    """Take in what is new in the inbox, and publish what it changes.

    Parameters that are not given come from `WINNOW_*` and `[tool.winnow]`. Returns the numbers of the run. A run that
    finds the store in use fails at once; one whose result breaks a law fails and publishes nothing.
    """
    return execute("run", load_settings(inbox=inbox, data=data)).to_dict()


def execute(command: str, settings: Settings) -> RunSummary:
    """Lock the store, finish or undo what an earlier run left, and do what `command` asks for."""
    store = Store(settings.data)
    with lock_store(store, f"`winnow {command}`"):
        recover(store)
        run = start_run(command, settings, store)
        with tidy_up(run), report_to_pages(), tags(*list_tags(command, store)):
            discovery = discover_files(run)
            if not discovery.manifests:
                return summarise_nothing_new(run, discovery)
            flow_of_run = update_store.with_options(task_runner=make_task_runner(settings))
            summary: RunSummary = flow_of_run(run, discovery)
    publish_artifacts(summary, store)
    return summary


def start_run(command: str, settings: Settings, store: Store) -> Run:
    """Name a run, later than every run before it, and name the flow run after it."""
    names = read_names(settings.names)
    latest = store.read(RUNS, ["started_at"])["started_at"].max()
    run_id, started_at = make_run_id(datetime.now(UTC), latest if isinstance(latest, datetime) else None)
    name_flow_run(command, run_id, store)
    return Run(run_id, started_at, command, settings, names)


@contextmanager
def tidy_up(run: Run) -> Iterator[None]:
    """Leave no staging behind, however the run ends; a committed publication stays for the next run to finish."""
    try:
        yield
    finally:
        if not (run.work / JOURNAL).exists():
            remove_folder(run.work)
