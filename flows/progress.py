"""Where a command says how far it is. The command line draws it; elsewhere it goes to Prefect's log and pages."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

STEPS: Final = "steps"
"""The unit of a stage whose steps count nothing that a person knows: it has no rate."""

BYTES: Final = "bytes"


class Reporter(Protocol):
    """Something that shows how far a command is. Threads of one stage may tell it at the same time."""

    def start_stage(self, stage: str, total: float, unit: str = STEPS) -> None:
        """A stage begins; 0 for a `total` that nobody knows."""

    def advance(self, amount: float = 1) -> None:
        """So much more of the stage is done."""

    def reach(self, done: float) -> None:
        """At least so much of the stage is done."""

    def finish_stage(self, seconds: float) -> None:
        """The stage is done."""


class CountingReporter:
    """Counts what is done; what is shown of it is up to `show_start`, `show_progress` and `show_end`."""

    def __init__(self) -> None:
        """Start without a stage."""
        self.stage, self.unit = "", STEPS
        self.total = self.done = 0.0
        self._started = time.monotonic()
        self._around: list[tuple[str, float, str, float, float]] = []
        self._lock = threading.Lock()

    def start_stage(self, stage: str, total: float, unit: str = STEPS) -> None:
        """A stage begins, perhaps within another one; 0 for a `total` that nobody knows."""
        self._around.append((self.stage, self.total, self.unit, self.done, self._started))
        self.stage, self.total, self.unit, self.done = stage, total, unit, 0.0
        self._started = time.monotonic()
        self.show_start()

    def advance(self, amount: float = 1) -> None:
        """So much more of the stage is done."""
        with self._lock:
            self.done += amount
        self.show_progress()

    def reach(self, done: float) -> None:
        """At least so much of the stage is done."""
        with self._lock:
            self.done = max(self.done, done)
        self.show_progress()

    def finish_stage(self, seconds: float) -> None:
        """The stage is done; the one around it goes on."""
        self.show_end(seconds)
        self.stage, self.total, self.unit, self.done, self._started = self._around.pop()

    def show_start(self) -> None:
        """Show that a stage began."""

    def show_progress(self) -> None:
        """Show that something is done."""

    def show_end(self, seconds: float) -> None:
        """Show that the stage is done."""

    def describe_amount(self) -> str:
        """How much is done, such as "12 of 30 pairs, 4 pairs/s, 5 s left"; empty where only steps are counted."""
        if self.unit == STEPS:
            return ""
        whole = f" of {show_amount(self.total, self.unit)}" if self.total else ""
        done = show_amount(self.done, self.unit) if not whole else _show_number(self.done, self.unit)
        said = [f"{done}{whole}"]
        seconds = time.monotonic() - self._started
        rate = self.done / seconds if seconds else 0.0
        if rate:
            said.append(f"{show_amount(rate, self.unit)}/s")
            if self.total > self.done:
                said.append(f"{show_seconds((self.total - self.done) / rate)} left")
        return ", ".join(said)


def _show_number(amount: float, unit: str) -> str:
    return show_amount(amount, unit) if unit == BYTES else f"{amount:,.0f}"


def show_amount(amount: float, unit: str) -> str:
    """An amount with its unit: 12 pairs, 3.4 MB."""
    return show_bytes(amount) if unit == BYTES else f"{amount:,.0f} {unit}"


def show_bytes(size: float) -> str:
    """Bytes in the unit that fits."""
    for limit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= limit:
            return f"{size / limit:,.1f} {name}"
    return f"{size:.0f} bytes"


def show_seconds(seconds: float) -> str:
    """A time to wait, as exact as it is worth: 8 s, 4 min, 2 h 10 min, 3 days."""
    minutes, hours = round(seconds / 60), int(seconds // 3600)
    if seconds < 99.5:  # noqa: PLR2004 - two digits
        return f"{seconds:.0f} s"
    if minutes < 100:  # noqa: PLR2004
        return f"{minutes} min"
    if hours < 48:  # noqa: PLR2004
        return f"{hours} h {int(seconds // 60 % 60)} min"
    return f"{hours // 24} days"


STAGE_SENTENCES: Final = {
    "discover": "Looking for what is new",
    "learn": "Learning which lines repeat",
    "derive": "Reading files and deriving their documents",
    "match": "Finding documents that may share a passage",
    "align": "Comparing pairs of documents word by word",
    "decide": "Deciding what is kept and what is set aside",
    "stage": "Writing the files that would be published",
    "audit": "Checking contracts and laws",
    "publish": "Putting the files in place",
}
"""What a stage does, for those who do not know its name."""


def describe_stage(stage: str) -> str:
    """What a stage does, in a few words."""
    return STAGE_SENTENCES.get(stage, stage.capitalize())


RunLogger = logging.Logger | logging.LoggerAdapter[Any]


class LogReporter(CountingReporter):
    """Writes a line when a stage begins and one when it ends to the log of the flow run."""

    def __init__(self, logger: RunLogger | None = None) -> None:
        """Write to `logger`; to that of the flow run that goes on when it is asked, where none is given."""
        super().__init__()
        self._logger = logger or logging.getLogger("prefect.flow_runs")

    def show_start(self) -> None:
        """Say what begins, and how much there is of it."""
        much = f": {show_amount(self.total, self.unit)}" if self.unit != STEPS and self.total else ""
        self._logger.info("%s%s.", describe_stage(self.stage), much)

    def show_end(self, seconds: float) -> None:
        """Say how long it took."""
        self._logger.info("%s took %.1f s.", describe_stage(self.stage), seconds)


_reporter: ContextVar[Reporter | None] = ContextVar("reporter", default=None)


def current_reporter() -> Reporter:
    """The reporter of this context; one that shows nothing when none was set."""
    return _reporter.get() or CountingReporter()


@contextmanager
def report_to(reporter: Reporter) -> Iterator[None]:
    """Use `reporter` inside the block."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


@contextmanager
def report_stage(stage: str, total: float = 1, unit: str = STEPS) -> Iterator[Reporter]:
    """Tell the reporter that the block is the stage `stage`."""
    reporter = current_reporter()
    reporter.start_stage(stage, total, unit)
    start = time.perf_counter()
    try:
        yield reporter
    finally:
        reporter.finish_stage(time.perf_counter() - start)


def report_each(stage: str, items: Iterable[T], total: float = 0, unit: str = STEPS) -> Iterator[T]:
    """`items`, and going through them as the stage `stage`; frames count for their rows."""
    with report_stage(stage, total, unit) as reporter:
        for item in items:
            yield item
            reporter.advance(getattr(item, "height", 1))
