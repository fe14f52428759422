"""What Prefect's pages show of a run, to an operator who never saw the project."""

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar, cast
from uuid import UUID

import httpx
from prefect import get_client, get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
)
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.runtime import flow_run
from prefect.states import Failed

from flows.errors import AuditRefusedError, WinnowError
from flows.markdown import escape_markdown
from flows.notices import list_notices
from flows.printable import make_printable
from flows.progress import STEPS, CountingReporter, LogReporter, Reporter, current_reporter, describe_stage, report_to
from flows.report import describe_store, list_numbers
from flows.settings import Settings
from flows.storage import DOCS_INDEX, SITE_INDEX, Store
from flows.summary import RunSummary, count_things

P = ParamSpec("P")
R = TypeVar("R")

STAGES: Final = ("derive", "match", "align", "decide", "stage", "audit", "publish")
"""The stages of a run, in order; a part of the progress for each."""

UPDATE_SECONDS: Final = 2.0
"""The progress of a stage is sent so often, at most."""

PAGES: Final = {
    "winnow-report": ("Report", SITE_INDEX, "The documents, the overlaps, the runs"),
    "winnow-data-docs": ("Data Docs", DOCS_INDEX, "What was checked, and the result of every check"),
}
"""Pages of a store, where there are any: key of the artifact -> name, place in the reports, and what is on it."""


class ArtifactReporter(CountingReporter):
    """Shows how far a run is as a progress artifact of its flow run."""

    def __init__(self) -> None:
        """Make the artifact; call it in the flow run that it belongs to."""
        super().__init__()
        # Typed for coroutines, too; called where there is no loop it gives the id.
        self._artifact: UUID | None = cast("UUID", create_progress_artifact(0.0, description="The run begins."))
        self._client = get_client(sync_client=True)
        # Asked for here: threads that tell of progress have no flow run.
        self._logger = get_run_logger()
        self._sent_at = time.monotonic()
        self._sending = threading.Lock()

    def show_start(self) -> None:
        """A stage of the run begins."""
        self._send(0.0)

    def show_progress(self) -> None:
        """Something of it is done."""
        if self.total and time.monotonic() - self._sent_at > UPDATE_SECONDS:
            self._send(min(self.done / self.total, 1.0))

    def finish(self) -> None:
        """The run has ended well, whatever stages it had."""
        self._update(100.0, "The run has ended.")

    def _send(self, share: float) -> None:
        if self.stage in STAGES:
            place = STAGES.index(self.stage)
            amount = f" ({self.describe_amount()})" if self.unit != STEPS and self.done else ""
            said = f"Stage {place + 1} of {len(STAGES)}, {self.stage}: {describe_stage(self.stage)}{amount}."
            self._update(round(100 * (place + share) / len(STAGES), 1), said)

    def _update(self, percent: float, said: str) -> None:
        if self._artifact is None:
            return
        update = ArtifactUpdate(data=percent, description=said)
        with self._sending:
            self._sent_at = time.monotonic()
            try:
                self._client.update_artifact(self._artifact, update)
            except httpx.HTTPError as error:
                # A run is not worth less because nobody sees how far it is.
                self._artifact = None
                self._logger.warning("The progress is not shown any more: %s", error)


class ReportingTogether:
    """Tells several reporters the same."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        """Tell `reporters`, in this order."""
        self._reporters = reporters

    def start_stage(self, stage: str, total: float, unit: str = STEPS) -> None:
        """A stage begins."""
        for reporter in self._reporters:
            reporter.start_stage(stage, total, unit)

    def advance(self, amount: float = 1) -> None:
        """So much more is done."""
        for reporter in self._reporters:
            reporter.advance(amount)

    def reach(self, done: float) -> None:
        """At least so much is done."""
        for reporter in self._reporters:
            reporter.reach(done)

    def finish_stage(self, seconds: float) -> None:
        """The stage is done."""
        for reporter in self._reporters:
            reporter.finish_stage(seconds)


@contextmanager
def report_to_pages() -> Iterator[None]:
    """Tell the pages of the flow run that goes on how far the block is, and whoever is told already as well."""
    pages = ArtifactReporter()
    with report_to(ReportingTogether([current_reporter(), LogReporter(get_run_logger()), pages])):
        yield
    pages.finish()


def name_flow_run(command: str, run_id: str, settings: Settings) -> None:
    """Name the flow run after the run, and tag it with its command and its store."""
    if flow_run.id:
        tags = {*flow_run.tags, *list_tags(command, settings)}
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(flow_run.id), name=f"{command} {run_id}", tags=sorted(tags))


def list_tags(command: str, settings: Settings) -> list[str]:
    """What flow runs can be searched by."""
    place = settings.data_url or str(settings.data.resolve())
    return ["winnow", command, f"store {make_printable(place.rpartition('/')[2])}"]


def explain_failures(work: Callable[P, R]) -> Callable[P, R]:
    """Make the body of a flow fail with a sentence for the operator; whoever called the flow gets the error itself."""

    @functools.wraps(work)
    def explained(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return work(*args, **kwargs)
        except Exception as error:
            return Failed(message=make_printable(describe_failure(error)), data=error)

    return cast("Callable[P, R]", explained)


def describe_failure(error: Exception) -> str:
    """What went wrong, what became of the store, and what to do next."""
    if isinstance(error, AuditRefusedError):
        return f"The audit refused this run; nothing was published.\n{error}"
    if isinstance(error, WinnowError):
        return str(error)
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{place}. The next run finishes or undoes what this one left."
    get_run_logger().error("Unexpected error", exc_info=error)
    first_line = str(error).strip().partition("\n")[0]
    return (
        f"Unexpected {type(error).__name__}: {first_line}. The next run finishes or undoes what this one left; the "
        "trace is in the log."
    )


def publish_artifacts(summary: RunSummary, store: Store) -> None:
    """Show a run that has ended: what to look at, its numbers, and the way to its pages."""
    get_run_logger().info("%s %s", describe_outcome(summary), describe_store(summary))
    create_markdown_artifact(render_page(summary, store), key="winnow-summary", description="What the run did")
    create_table_artifact(tabulate_summary(summary), key="winnow-run", description="Numbers of the run")
    for key, (name, place, what) in PAGES.items():
        page = store.reports / place
        if page.exists():
            create_link_artifact(page.resolve().as_uri(), link_text=name, key=key, description=what)


def describe_outcome(summary: RunSummary) -> str:
    """What a run did, in a sentence."""
    if summary.run_id is None:
        return "Nothing was written."
    return (
        f"{count_things(summary.documents_in, 'document')} of {count_things(summary.files_new, 'file')}: "
        f"{summary.documents_kept:,} kept, {sum(summary.set_aside_by_relation.values()):,} set aside, "
        f"{sum(summary.rejected_by_reason.values()):,} rejected."
    )


def tabulate_summary(summary: RunSummary) -> list[dict[str, Any]]:
    """The numbers as rows, for a table artifact."""
    return [{"what": name.strip(), "number": count} for name, count in list_numbers(summary)]


def render_page(summary: RunSummary, store: Store) -> str:
    """The run in Markdown: the three things to look at, its numbers and times, and where its pages lie."""
    if summary.changes is not None:
        told = {name: value for name, value in summary.changes.items() if name != "examples"}
        numbers = json.dumps(told, indent=1)
        return f"## A dry run\n\n{summary.files_seen:,} files looked at. Nothing was written.\n\n```\n{numbers}\n```"
    if summary.run_id is None:
        what = "Nothing comes out otherwise" if summary.command != "run" else "Nothing is new in the inbox"
        return f"## {what}\n\n{summary.files_seen:,} files seen. Nothing was written. {_name_store(summary)}"
    notices = "\n".join(f"{number}. {text}" for number, text in enumerate(list_notices(summary, store), start=1))
    numbers = "\n".join(f"| {_indent(name)} | {count:,} |" for name, count in list_numbers(summary))
    times = "\n".join(f"| {describe_stage(name)} | {took:.1f} |" for name, took in summary.stage_seconds.items())
    return (
        f"## {summary.command} {summary.run_id}\n\n### Look at\n\n{notices}\n\n"
        f"### What came of it\n\n| what | number |\n|---|---:|\n{numbers}\n\n{_name_store(summary)}\n\n"
        f"### Where the time went\n\n| stage | seconds |\n|---|---:|\n{times}\n\n### Pages\n\n{_list_pages(store)}"
    )


def _indent(name: str) -> str:
    """A part of the number above it."""
    return f"– {escape_markdown(name.strip())}" if name.startswith(" ") else name


def _name_store(summary: RunSummary) -> str:
    return escape_markdown(describe_store(summary))


def _list_pages(store: Store) -> str:
    """Where the pages of a store lie. A browser opens no file from a page of a server, so the path is there to copy."""
    pages = {name: store.reports / place for name, place, _ in PAGES.values()}
    pages["Data dictionary"] = store.root / "README.md"
    places = {name: page.resolve() for name, page in pages.items() if page.exists()}
    return "\n".join(f"- [{name}]({page.as_uri()}): {escape_markdown(str(page))}" for name, page in places.items())
