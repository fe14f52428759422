"""What all commands share: the consoles, options, output for scripts, and how a command ends."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

import click
from rich.console import RenderableType

from flows.errors import AuditRefusedError, SettingsError, WinnowError
from flows.printable import PrintableConsole, escape_json, make_printable
from flows.progress import CountingReporter, report_to
from flows.publication import list_left_behind
from flows.settings import Settings, load_settings, locate_reports
from flows.status import LAST_ERROR
from flows.storage import Store, check_format
from transforms.contracts import RUNS

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 130
"""128 and the number of the signal, as shells have it."""

PIPE_COLUMNS: Final = 1_000
"""Width of tables where there is no terminal: enough for a whole row, so that it can be searched by lines."""

F = TypeVar("F", bound=Callable[..., Any])

out = PrintableConsole(highlight=False, soft_wrap=True)
err = PrintableConsole(stderr=True, highlight=False, soft_wrap=True)


def with_store(command: F) -> F:
    """Add the options that say which inbox and which store."""
    options = [
        click.option("--inbox", metavar="DIR_OR_URL", help="Where files are dropped into.  [default: seeds]"),
        click.option("--data", metavar="DIR_OR_URL", help="Where the datasets are.  [default: data]"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def with_output(command: F) -> F:
    """Add `--json` and `--no-color`."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
    no_color = click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_switch_colours,
        help="Print without colours, as with NO_COLOR set.",
    )
    return as_json(no_color(command))


def _switch_colours(_context: click.Context, _option: click.Parameter, is_off: bool) -> None:
    for console in (out, err):
        console.no_color = is_off or bool(os.environ.get("NO_COLOR"))


def read_settings(inbox: str | None, data: str | None) -> Settings:
    """Settings from flags, environment and file; a wrong one is wrong usage."""
    try:
        return load_settings(inbox=inbox, data=data)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def read_inbox_settings(inbox: str | None, data: str | None) -> Settings:
    """Settings of a command that takes files in; wrong usage when there is no inbox."""
    settings = read_settings(inbox, data)
    if not settings.inbox_url and not settings.inbox.is_dir():
        raise click.UsageError(f"the inbox {settings.inbox} is not a folder; name one with --inbox or WINNOW_INBOX")
    return settings


def read_store_settings(inbox: str | None, data: str | None, *, to_change: bool = False) -> Settings:
    """Settings of a command that looks at a store, or changes it; wrong usage when there is none.

    Of a store in a bucket, `data` is a folder that shows what is committed now, until the command ends.
    """
    settings = read_settings(inbox, data)
    seen = settings
    if settings.data_url:
        from flows.holding import view_store  # noqa: PLC0415

        with exit_codes(settings):
            seen = click.get_current_context().with_resource(view_store(settings))
    if not Store(seen.data).exists():
        raise click.UsageError(
            f"there is no store in {settings.data_name}; `winnow run` makes one, --data names another"
        )
    with exit_codes(settings):
        check_format(Store(seen.data))
    return settings if to_change else seen


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    click.echo(escape_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def print_page(page: RenderableType) -> None:
    """Something to read: as wide as the terminal; where there is none, a line for each line."""
    if out.is_terminal:
        out.print(page, soft_wrap=False)
        return
    pipe = PrintableConsole(highlight=False, soft_wrap=True, width=PIPE_COLUMNS, no_color=out.no_color)
    with pipe.capture() as captured:
        pipe.print(page)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[None]:
    """Show how far the block is, on standard error; a script that asked for JSON sees nothing of it."""
    from flows.console import ConsoleReporter  # noqa: PLC0415

    with report_to(CountingReporter() if quiet else ConsoleReporter(err)):
        yield


@contextmanager
def exit_codes(settings: Settings) -> Iterator[Settings]:
    """Turn what can go wrong into a sentence and an exit code."""
    started_at = datetime.now(UTC)
    try:
        yield settings
    except AuditRefusedError as error:
        fail(f"the audit refused this run; nothing was published.\n{error}", error.exit_code)
    except WinnowError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail(describe_interruption(Store(settings.data), started_at), EXIT_INTERRUPTED)
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), EXIT_FAILED)
    except Exception as error:
        trace = write_trace(settings)
        first_line = str(error).strip().partition("\n")[0]
        fail(f"unexpected {type(error).__name__}: {first_line}\nNothing was published. The trace: {trace}", EXIT_FAILED)


@contextmanager
def stop_on_interrupt(settings: Settings, *, at_once: bool) -> Iterator[None]:
    """Let Ctrl-C end the process within the block, with what it leaves and the exit code 130.

    A run can be killed at any instant, so nobody has to wait for the tasks that go on in threads. With a Prefect server
    of the user's, the first Ctrl-C waits for them, so that the server learns how the run ended; the second does not.
    """
    started_at = datetime.now(UTC)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal at_once
        if not at_once:
            at_once = True
            err.print("winnow: stopping when the tasks at work have ended; Ctrl-C again stops at once.")
            raise KeyboardInterrupt
        # A bar that is drawn again by a thread of its own must not come after the last word.
        err.quiet = True
        last = PrintableConsole(stderr=True, highlight=False, soft_wrap=True, no_color=err.no_color)
        last.show_cursor()
        last.print(f"\nwinnow: {describe_interruption(Store(settings.data), started_at)}", markup=False)
        last.file.flush()
        os._exit(EXIT_INTERRUPTED)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def describe_interruption(store: Store, started_at: datetime) -> str:
    """What a command leaves that was interrupted and had begun at `started_at`."""
    for left in list_left_behind(store):
        return f"interrupted. {left if left.is_committed else 'Nothing was published; the next run tidies up.'}"
    newest = store.read(RUNS, ["started_at"])["started_at"].max() if store.exists() else None
    if isinstance(newest, datetime) and newest >= started_at:
        return "interrupted, after everything had been published."
    return "interrupted. Nothing was published."


def write_trace(settings: Settings) -> Path:
    """Keep the trace of the error at hand for whoever mends it."""
    path = locate_reports(settings) / LAST_ERROR
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path


def fail(message: str, code: int) -> None:
    """Print `message` and leave with `code`."""
    err.print(f"winnow: {make_printable(message)}", markup=False)
    sys.exit(code)
