"""Starting what a command asks for: the look at an inbox that has nothing new, and the flow of a run.

Prefect, Great Expectations and the kernels are imported here, once they are needed.
"""

import os
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from flows.heap import keep_imports
from flows.settings import Settings
from flows.storage import Store, lock_store
from flows.terminal import err, stop_on_interrupt

if TYPE_CHECKING:
    from flows.summary import RunSummary


def find_nothing_new(settings: Settings) -> "RunSummary | None":
    """The summary of a run with nothing to do, or None when there is something; Prefect is not needed to know."""
    from flows.holding import find_idle, find_idle_remotely
    from flows.publication import recover

    if settings.data_url:
        return find_idle_remotely(settings)
    store = Store(settings.data)
    with lock_store(store, "`winnow run`"):
        recovery = recover(store)
        if recovery.finished:
            err.print(f"Finished the interrupted run {', '.join(recovery.finished)}.")
        if recovery.undone:
            err.print(f"Undid the interrupted run {', '.join(recovery.undone)}.")
        return find_idle(settings, store, remember=True)


def run_flow(command: str, settings: Settings, *, quiet: bool, **parameters: Any) -> "RunSummary":
    """Run the flow of `command` and return its numbers. `parameters` are those of a backfill."""
    from flows.server import is_api_configured, provide_prefect_api

    with ExitStack() as stack:
        stack.enter_context(stop_on_interrupt(settings, at_once=not is_api_configured(os.environ)))
        with nullcontext() if quiet else err.status("starting Prefect"):
            stack.enter_context(provide_prefect_api(settings.data / ".prefect", import_flows))
        from flows.backfill import backfill as backfill_flow
        from flows.backfill import learn as learn_flow
        from flows.ingest import ingest as ingest_flow
        from flows.summary import RunSummary

        if command == "backfill":
            return RunSummary(**backfill_flow(data=settings.data_name, **parameters))
        if command == "learn":
            return RunSummary(**learn_flow(data=settings.data_name))
        return RunSummary(**ingest_flow(inbox=settings.inbox_name, data=settings.data_name))


def import_flows() -> None:
    """The imports of a run that take seconds."""
    with keep_imports():
        import flows.backfill  # noqa: F401
        from flows.suites import import_great_expectations
        from flows.warming import compile_ahead

        compile_ahead()
        import_great_expectations()


def import_serving() -> None:
    """The imports of `winnow serve` that take seconds."""
    with keep_imports():
        import flows.serving  # noqa: F401
