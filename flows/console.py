"""Progress on a terminal, and plain lines where there is none."""

import time
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows.progress import CountingReporter

STAGE_WIDTH: Final = 10
NARROW_COLUMNS: Final = 60
"""A narrower terminal has room for the bar or for the numbers."""

QUIET_SECONDS: Final = 10.0
"""Where nothing moves, a stage that lasts says how far it is so often."""


class ConsoleReporter(CountingReporter):
    """Draws one line per stage: a bar with rate and remaining time while it runs, its time when it is done."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`; nothing moves when that is no terminal."""
        super().__init__()
        self._console = console
        self._progress: Progress | None = None
        self._said_at = time.monotonic()

    def show_start(self) -> None:
        """Draw a bar."""
        self.close()
        self._said_at = time.monotonic()
        if not self._console.is_terminal:
            return
        bar = [BarColumn(bar_width=20)] if self._console.width >= NARROW_COLUMNS else []
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn(f"{self.stage:<{STAGE_WIDTH}}"),
            *bar,
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        # A stage of one step has nothing to show of itself but that it goes on.
        self._progress.add_task(self.stage, total=self.total if self.total > 1 else None, amount="")
        self._progress.start()

    def show_progress(self) -> None:
        """Move the bar; where there is none, say a line from time to time."""
        progress = self._progress
        if progress is not None:
            progress.update(progress.task_ids[0], completed=self.done, amount=self.describe_amount())
        elif not self._console.is_terminal and time.monotonic() - self._said_at > QUIET_SECONDS:
            self._said_at = time.monotonic()
            much = self.describe_amount() or f"{self.done:,.0f} of {self.total:,.0f} steps"
            self._console.print(f"  {self.stage:<{STAGE_WIDTH}} {much}")

    def show_end(self, seconds: float) -> None:
        """Leave the time that the stage took."""
        self.close()
        self._console.print(f"  {self.stage:<{STAGE_WIDTH}} {seconds:6.1f} s")

    def close(self) -> None:
        """Take the bar off the screen, also when its stage failed."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
