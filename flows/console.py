"""Progress on a terminal, and plain lines where there is none."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

STAGE_WIDTH = 10


class ConsoleReporter:
    """Draws one line per stage: a bar while it runs, its time when it is done."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`; nothing moves when that is no terminal."""
        self._console = console
        self._stage = ""
        self._progress: Progress | None = None

    def start_stage(self, stage: str, steps: int) -> None:
        """A stage begins."""
        self._stage = stage
        if not self._console.is_terminal:
            return
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn(f"{stage:<{STAGE_WIDTH}}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._progress.add_task(stage, total=steps)
        self._progress.start()

    def advance(self) -> None:
        """One step of the stage is done."""
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[0])

    def finish_stage(self, seconds: float) -> None:
        """The stage is done."""
        self.close()
        self._console.print(f"  {self._stage:<{STAGE_WIDTH}} {seconds:6.1f} s", highlight=False)

    def close(self) -> None:
        """Take the bar off the screen, also when its stage failed."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
