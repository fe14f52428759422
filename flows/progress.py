"""Where a run says how far it is. The command line draws it; elsewhere it goes to Prefect's log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from prefect.logging import get_run_logger


class Reporter(Protocol):
    """Something that shows how far a run is."""

    def start_stage(self, stage: str, steps: int) -> None:
        """A stage of `steps` steps begins."""

    def advance(self) -> None:
        """One step of the stage is done."""

    def finish_stage(self, seconds: float) -> None:
        """The stage is done."""


class LogReporter:
    """Writes a line per stage to the log of the flow run."""

    def __init__(self) -> None:
        """Start without a stage."""
        self._stage = ""

    def start_stage(self, stage: str, steps: int) -> None:
        """A stage begins."""
        self._stage = stage
        get_run_logger().info("%s: %d step(s)", stage, steps)

    def advance(self) -> None:
        """Steps are not logged."""

    def finish_stage(self, seconds: float) -> None:
        """The stage is done."""
        get_run_logger().info("%s: done in %.1f s", self._stage, seconds)


_reporter: ContextVar[Reporter | None] = ContextVar("reporter", default=None)


def current_reporter() -> Reporter:
    """The reporter of this context; the log when none was set."""
    return _reporter.get() or LogReporter()


@contextmanager
def report_to(reporter: Reporter) -> Iterator[None]:
    """Use `reporter` inside the block."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)
