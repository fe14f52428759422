"""The command line: `winnow --help`.

Prefect, Great Expectations and the kernels are imported by the commands that need them, so that a run that finds
nothing new costs little more than the start of Python.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console

import transforms
from flows.errors import AuditRefusedError, NotFoundError, SettingsError, WinnowError
from flows.settings import Settings, load_settings
from flows.storage import Store, lock_store
from transforms.contracts.vocabulary import REBUILDING_COMMANDS

if TYPE_CHECKING:
    from flows.summary import RunSummary

EXIT_FAILED = 1

F = TypeVar("F", bound=Callable[..., Any])

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

EPILOG = """
Settings come from flags, then WINNOW_* environment variables, then [tool.winnow] in the pyproject.toml of the
working folder.

Exit codes: 0 done (rejects included, and counted); 1 a failure, nothing published; 2 wrong usage; 3 the audit
refused, nothing published.
"""


def with_store(command: F) -> F:
    """Add the options that say which inbox and which store."""
    options = [
        click.option("--inbox", metavar="DIR", help="Folder that files are dropped into.  [default: seeds]"),
        click.option("--data", metavar="DIR", help="Folder of the datasets.  [default: data]"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def with_json(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")(command)


def read_settings(inbox: str | None, data: str | None) -> Settings:
    """Settings from flags, environment and file; a wrong one is wrong usage."""
    try:
        return load_settings(inbox=inbox, data=data)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def read_store_settings(inbox: str | None, data: str | None) -> Settings:
    """Settings of a command that looks at a store; wrong usage when there is none."""
    settings = read_settings(inbox, data)
    if not Store(settings.data).exists():
        raise click.UsageError(f"there is no store in {settings.data}; `winnow run` makes one, --data names another")
    return settings


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(transforms.__version__, prog_name="winnow")
def cli() -> None:
    """Turn a folder of articles into Parquet datasets that can be trusted.

    Drop files into the inbox and run `winnow run`. Clean articles, each one once, land in DATA/articles/v1; what was
    set aside, removed or rejected lands beside them with its reason. Run it as often as you like: only new content is
    worked on, and a run that is interrupted is finished or undone by the next one.
    """


@cli.command()
@with_store
@with_json
def run(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Take in what is new in the inbox.

    New is content that its path did not have before: a newer time stamp alone is not new, and a file that left the
    inbox changes nothing. A changed file supersedes its older version. Files still being written wait for the next run.
    """
    settings = read_settings(inbox, data)
    if not settings.inbox.is_dir():
        raise click.UsageError(f"the inbox {settings.inbox} is not a folder; name one with --inbox or WINNOW_INBOX")
    with exit_codes(settings):
        summary = find_nothing_new(settings) or run_flow("run", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Derive every document again.")
@with_store
@with_json
def backfill(inbox: str | None, data: str | None, *, everything: bool, as_json: bool) -> None:
    """Derive documents again from the bytes held in `raw`, under today's code and settings.

    Use it after an upgrade or a change of settings. What comes out as it was stays as it is, byte for byte; the inbox
    is not needed.
    """
    if not everything:
        raise click.UsageError("say what to derive again: `winnow backfill --all`")
    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        summary = run_flow("backfill", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@with_store
@with_json
def learn(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Learn which lines repeat in many articles of one outlet, and take them out of every document.

    The lines are published as `templates`, and runs go on taking them out until this is run again. Everything is
    derived again from `raw`, as `winnow backfill --all` does, and published together with what was learned.
    """
    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        summary = run_flow("learn", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@with_store
@with_json
def status(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Show the store at a glance: what it holds, what waits in the inbox, the last runs."""
    from flows.lookup import summarise_store
    from flows.report import render_status

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        summary = summarise_store(settings)
    if as_json:
        print_json(summary)
    else:
        out.print(render_status(summary))


@cli.command()
@click.argument("document", metavar="ID_OR_PATH")
@with_store
@with_json
def show(document: str, inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Show a document: its metadata with the line each value comes from, its text, and what was taken out.

    ID_OR_PATH is a document id, the start of one (6 characters or more), or a path relative to the inbox. PATH#3 is
    record 3 of a file with many (the first one is shown without it), PATH/MEMBER a member of an archive.
    """
    from flows.lookup import find_newest_document, read_document
    from flows.report import render_document

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        found = read_document(Store(settings.data), find_newest_document(document, settings))
    if as_json:
        print_json(found)
    else:
        out.print(render_document(found))


@cli.command()
@click.argument("document", metavar="ID_OR_PATH")
@with_store
@with_json
def why(document: str, inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Say where a document is, and why.

    The whole story of a file: each version that was taken in, whether it was kept, set aside or rejected, which
    documents say the same, how many words they share, and in how many passages. Of a file with many documents the
    first ones are told; PATH#3 asks for record 3 of it, PATH/MEMBER for a member of an archive.
    """
    from flows.lookup import DOCUMENTS_TOLD, describe_absence, explain_document, find_documents, list_told
    from flows.report import render_story

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        found = find_documents(document, settings)
        if found.documents.is_empty() and found.rejects.is_empty():
            raise NotFoundError(describe_absence(document, found, settings))
        store = Store(settings.data)
        told, counts = list_told(found)
        story = {
            "documents": [explain_document(store, document_id) for document_id in told],
            "counts": {**counts, "rejected": found.rejects.height},
            "rejects": found.rejects.head(DOCUMENTS_TOLD).to_dicts(),
            "sightings": found.sightings.to_dicts(),
        }
    if as_json:
        print_json(story)
    else:
        out.print(render_story(story))


@cli.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--scattered", is_flag=True, help="Show passages that were rewritten word by word, too.")
@with_store
@with_json
def compare(one: str, other: str, inbox: str | None, data: str | None, *, scattered: bool, as_json: bool) -> None:
    """Show the passages that two documents share, word for word.

    A and B are ids or paths as in `winnow show`. Passages count from 15 words in a row, as everywhere in the store;
    with --scattered, places where equal words stand close together in both, in any order, are shown as well.
    """
    from flows.lookup import find_newest_document, read_document
    from flows.report import compare_documents, render_comparison

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        store = Store(settings.data)
        pair = [read_document(store, find_newest_document(name, settings)) for name in (one, other)]
        comparison = compare_documents(*pair, scattered=scattered)
    if as_json:
        print_json(comparison)
    else:
        out.print(render_comparison(comparison))


@cli.command()
@with_store
@with_json
def verify(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Check every law on the store as it lies.

    Every row of every dataset against its contract; every document in one place; every partner in `articles`; every
    span word for word; every decision made again from nothing. Exits 3 when something is broken.
    """
    from flows.verification import verify_store

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        verdict = verify_store(settings)
    if as_json:
        print_json(verdict.to_dict())
    else:
        out.print(verdict.render())
    if not verdict.passed:
        sys.exit(AuditRefusedError.exit_code)


@cli.command()
@with_store
@with_json
def compact(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Merge the files of the index into one; one that is damaged or lost is made again from the texts held.

    No dataset changes. Runs do the same by themselves: they fold small files together, and make a damaged index again.
    """
    from flows.maintenance import compact_store

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        done = compact_store(Store(settings.data))
    if as_json:
        print_json(done.to_dict())
    else:
        out.print(done.render())


@cli.command()
@with_store
@with_json
def report(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Make a site of the store to look at: DATA/reports/site/index.html.

    Overview, search, every document, copies and their articles side by side, runs, and what each column means. It
    opens from the disk, with no server and no network. Made whole each time; it shows the store as it is now.
    """
    from flows.site.build import write_report

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        made = write_report(settings)
    if as_json:
        print_json(made.to_dict())
    else:
        out.print(made.render(), markup=False)


def find_nothing_new(settings: Settings) -> "RunSummary | None":
    """The summary of a run with nothing to do, or None when there is something; Prefect is not needed to know."""
    from flows.discovery import list_inbox, select_new
    from flows.publication import recover
    from flows.summary import summarise_idle_inbox

    store = Store(settings.data)
    with lock_store(store, "`winnow run`"):
        recovery = recover(store)
        if recovery.finished:
            err.print(f"Finished the interrupted run {', '.join(recovery.finished)}.")
        if recovery.undone:
            err.print(f"Undid the interrupted run {', '.join(recovery.undone)}.")
        inbox = list_inbox(settings.model_copy(update={"settle_seconds": 0.0}), store)
        if inbox.waiting or select_new(inbox.files, store).height:
            return None
        return summarise_idle_inbox(settings, inbox)


def run_flow(command: str, settings: Settings, *, quiet: bool) -> "RunSummary":
    """Run the flow of `command` and return its numbers."""
    from flows.console import ConsoleReporter
    from flows.progress import report_to
    from flows.server import provide_prefect_api

    console = Console(stderr=True, highlight=False, quiet=quiet)
    with ExitStack() as stack:
        with console.status("starting Prefect"):
            stack.enter_context(provide_prefect_api(settings.data / ".prefect", import_flows))
        from flows.backfill import backfill as backfill_flow
        from flows.backfill import learn as learn_flow
        from flows.ingest import ingest as ingest_flow
        from flows.summary import RunSummary

        stack.enter_context(report_to(ConsoleReporter(console)))
        if command == "backfill":
            return RunSummary(**backfill_flow(data=str(settings.data)))
        if command == "learn":
            return RunSummary(**learn_flow(data=str(settings.data)))
        return RunSummary(**ingest_flow(inbox=str(settings.inbox), data=str(settings.data)))


def import_flows() -> None:
    """The imports of a run that take seconds."""
    import flows.backfill  # noqa: F401
    from flows.validation import import_great_expectations

    import_great_expectations()


def print_summary(summary: "RunSummary", *, as_json: bool) -> None:
    """What the run did."""
    from flows.report import describe_store, render_next_steps, render_summary

    if as_json:
        print_json(summary.to_dict())
    elif summary.run_id is not None:
        if summary.index_remade:
            err.print(f"The index was made again, because {summary.index_remade}.", markup=False)
        out.print(render_summary(summary))
    else:
        waiting = f", {len(summary.files_waiting)} still being written" if summary.files_waiting else ""
        ignored = f", {sum(summary.files_ignored.values())} ignored" if summary.files_ignored else ""
        seen = f"{summary.files_seen} files seen{ignored}{waiting}"
        what = "Nothing comes out otherwise" if summary.command in REBUILDING_COMMANDS else "Nothing is new"
        out.print(f"{what}: {seen}. No byte was changed.\n{describe_store(summary)}\n{render_next_steps(summary)}")


@contextmanager
def exit_codes(settings: Settings) -> Iterator[None]:
    """Turn what can go wrong into a sentence and an exit code."""
    try:
        yield
    except AuditRefusedError as error:
        fail(f"the audit refused this run; nothing was published.\n{error}", error.exit_code)
    except WinnowError as error:
        fail(str(error), error.exit_code)
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), EXIT_FAILED)
    except Exception as error:
        trace = write_trace(settings)
        first_line = str(error).strip().partition("\n")[0]
        fail(f"unexpected {type(error).__name__}: {first_line}\nNothing was published. The trace: {trace}", EXIT_FAILED)


def write_trace(settings: Settings) -> Path:
    """Keep the trace of the error at hand for whoever mends it."""
    path = Store(settings.data).reports / "last_error.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path


def fail(message: str, code: int) -> None:
    """Print `message` and leave with `code`."""
    err.print(f"winnow: {message}", markup=False)
    sys.exit(code)


def main() -> None:
    """Entry point of the `winnow` command."""
    cli(prog_name="winnow")


if __name__ == "__main__":
    main()
