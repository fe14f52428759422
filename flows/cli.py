"""The command line: `winnow --help`.

Prefect, Great Expectations and the kernels are imported by the commands that need them, so that a run that finds
nothing new costs little more than the start of Python.
"""

import os
import re
import sys
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class
from rich.text import Text

import transforms
from flows.errors import AuditRefusedError, NotFoundError
from flows.heap import leave_to_system
from flows.launching import find_nothing_new, import_serving, run_flow
from flows.printable import make_printable
from flows.settings import load_settings
from flows.storage import Store
from flows.terminal import (
    EXIT_INTERRUPTED,
    err,
    exit_codes,
    print_json,
    print_page,
    read_inbox_settings,
    read_settings,
    read_store_settings,
    show_progress,
    with_output,
    with_store,
)
from transforms.contracts.vocabulary import REDERIVING_COMMANDS

if TYPE_CHECKING:
    from flows.summary import RunSummary

DEFAULT_MINUTES = 15.0
NO_FOLDERS = "a bucket has no folders that could change places: rows would be missing for a moment"
DAY = click.DateTime(["%Y-%m-%d"])

EPILOG = """
Settings come from flags, then WINNOW_* environment variables, then [tool.winnow] in the pyproject.toml of the
working folder.

Exit codes: 0 done (rejects included, and counted); 1 a failure, nothing published; 2 wrong usage; 3 the audit
refused, nothing published; 130 interrupted.
"""


class Commands(click.Group):
    """The commands: one that is mistyped is guessed, and no message hands a control character to the terminal."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` name; UsageError with the names that are like it."""
        from difflib import get_close_matches

        if args and not args[0].startswith("-") and args[0] not in self.commands:
            meant = " or ".join(get_close_matches(args[0], self.commands))
            raise click.UsageError(f"No such command {args[0]!r}." + (f" Did you mean {meant}?" if meant else ""), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry a command out."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise click.UsageError(make_printable(error.format_message()), error.ctx) from error
        except KeyboardInterrupt:
            err.print("winnow: interrupted.")
            sys.exit(EXIT_INTERRUPTED)


def complete_document(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths and ids that begin with what is typed; nothing where there is no store to look at."""
    from flows.suggestions import complete_names

    try:
        settings = load_settings(inbox=ctx.params.get("inbox"), data=ctx.params.get("data"))
        return [CompletionItem(name) for name in complete_names(incomplete, Store(settings.data))]
    except Exception:
        # Whatever is wrong, the command itself says so; here it would be written into the line that is being typed.
        return []


@click.group(
    cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(transforms.__version__, prog_name="winnow")
def cli() -> None:
    """Turn a folder of articles into Parquet datasets that can be trusted.

    Drop files into the inbox and run `winnow run`. Clean articles, each one once, land in DATA/articles/v1; what was
    set aside, removed or rejected lands beside them with its reason. Run it as often as you like: only new content is
    worked on, and a run that is interrupted is finished or undone by the next one.
    """


@cli.command()
@with_store
@with_output
def run(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Take in what is new in the inbox.

    New is content that its path did not have before: a newer time stamp alone is not new, and a file that left the
    inbox changes nothing. A changed file supersedes its older version. Files still being written wait for the next run.
    """
    settings = read_inbox_settings(inbox, data)
    with exit_codes(settings), show_progress(quiet=as_json):
        summary = find_nothing_new(settings) or run_flow("run", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Derive every document again.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="Derive what was taken in from this day on (UTC).")
@click.option("--to", "last", type=DAY, metavar="DAY", help="The last day, included; written as 2026-11-27.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and publish nothing.")
@with_store
@with_output
def backfill(
    inbox: str | None,
    data: str | None,
    *,
    everything: bool,
    first: datetime | None,
    last: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Derive documents again from the bytes held in `raw`, under today's code and settings.

    Use it after an upgrade or a change of settings. What comes out as it was stays as it is, byte for byte; the inbox
    is not needed. With --from and --to only the files taken in on these days are derived; decisions about others
    follow, as when a file is taken in. One that is killed takes up what it had derived when it is called again.
    """
    if everything == (first is not None and last is not None) or (first is None) != (last is None):
        raise click.UsageError("say what to derive again: `winnow backfill --all`, or --from DAY --to DAY")
    if first and last and last < first:
        raise click.UsageError(f"--to {last.date()} lies before --from {first.date()}")
    settings = read_store_settings(inbox, data, to_change=True)
    days = {"first_day": first.date(), "last_day": last.date()} if first and last else {}
    with exit_codes(settings), show_progress(quiet=as_json):
        summary = run_flow("backfill", settings, quiet=as_json, dry_run=dry_run, **days)
    if summary.changes is None:
        print_summary(summary, as_json=as_json)
    else:
        print_changes(summary, as_json=as_json)


@cli.command()
@click.option("--every", type=click.FloatRange(min=0, min_open=True), metavar="MINUTES", help="[default: 15]")
@click.option("--cron", metavar="EXPR", help="Times in the place of an interval, such as '0 6 * * *' (UTC).")
@click.option("--watch", is_flag=True, help="Also run when files have arrived and lie still.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Of our own Prefect server.  [default: 4200, or a free one]"
)
@click.option("--name", help="Of this store, where a Prefect server of yours has several: `ingest-NAME`.")
@with_store
@with_output
def serve(  # noqa: PLR0913 - an option each
    inbox: str | None,
    data: str | None,
    *,
    every: float | None,
    cron: str | None,
    watch: bool,
    port: int | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Take in what is new on a schedule, until Ctrl-C.

    Serves two Prefect deployments: `ingest` on the schedule, and `backfill` to be run by hand. Where a Prefect server
    is configured they are served there, else one runs beside this, with its pages on 127.0.0.1. Runs never overlap; a
    first one starts at once, and takes in whatever was missed.
    """
    if every is not None and cron is not None:
        raise click.UsageError("give --every or --cron, not both")
    if name is not None and not re.fullmatch(r"[\w.-]+", name):
        raise click.UsageError(f"--name {name!r}: letters, digits and _ . - only")
    settings = read_inbox_settings(inbox, data)
    if watch and settings.inbox_url:
        raise click.UsageError("--watch looks at folders; an inbox in a bucket is looked at --every so many minutes")
    from flows.server import provide_lasting_api, say_in_environment

    with exit_codes(settings), ExitStack() as stack:
        level = os.environ.get("PREFECT_LOGGING_LEVEL", "INFO")
        stack.enter_context(say_in_environment(PREFECT_LOGGING_LEVEL=level))
        own = stack.enter_context(provide_lasting_api(settings.data / ".prefect", port, import_serving))
        from flows.serving import make_schedule, name_deployments, serve_store

        schedule = make_schedule(every or DEFAULT_MINUTES, cron)
        where = own or os.environ.get("PREFECT_API_URL") or "the server of your Prefect profile"
        said = f"at {cron!r} (UTC)" if cron else f"every {every or DEFAULT_MINUTES:g} minutes"
        deployments = " and ".join(f"`{deployment}`" for deployment in name_deployments(name))
        if as_json:
            print_json({"server": where, "is_own": own is not None, "schedule": said, "watch": watch})
        else:
            print_page(
                Text(
                    make_printable(
                        f"{settings.inbox_name} -> {settings.data_name}, {said}"
                        f"{', and when files arrive' if watch else ''}.\n"
                        f"Runs, logs and the deployments {deployments}: {where}\nCtrl-C ends it."
                    )
                )
            )
        serve_store(settings, schedule, name, watches=watch, is_alone=own is not None)


@cli.command()
@with_store
@with_output
def learn(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Learn which lines repeat in many articles of one outlet, and take them out of every document.

    The lines are published as `templates`, and runs go on taking them out until this is run again. Everything is
    derived again from `raw`, as `winnow backfill --all` does, and published together with what was learned.
    """
    settings = read_store_settings(inbox, data, to_change=True)
    with exit_codes(settings), show_progress(quiet=as_json):
        summary = run_flow("learn", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@with_store
@with_output
def status(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Show the store at a glance: what it holds, what waits in the inbox, the last runs."""
    from flows.status import render_status, summarise_store

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        summary = summarise_store(settings)
    if as_json:
        print_json(summary)
    else:
        print_page(render_status(make_printable(summary)))


@cli.command()
@click.argument("document", metavar="ID_OR_PATH", shell_complete=complete_document)
@with_store
@with_output
def show(document: str, inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Show a document: its metadata with the line each value comes from, its text, and what was taken out.

    ID_OR_PATH is a document id, the start of one (6 characters or more), or a path relative to the inbox. PATH#3 is
    record 3 of a file with many (the first one is shown without it), PATH/MEMBER a member of an archive.
    """
    from flows.lookup import find_newest_document, read_document
    from flows.report import DocumentPage

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        found = read_document(Store(settings.data), find_newest_document(document, settings))
    if as_json:
        print_json(found)
    else:
        print_page(DocumentPage(make_printable(found)))


@cli.command()
@click.argument("document", metavar="ID_OR_PATH", shell_complete=complete_document)
@with_store
@with_output
def why(document: str, inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Say where a document is, and why.

    The whole story of a file: each version that was taken in, whether it was kept, set aside or rejected, which
    documents say the same, how many words they share, and in how many passages. Of a file with many documents the
    first ones are told; PATH#3 asks for record 3 of it, PATH/MEMBER for a member of an archive.
    """
    from flows.lookup import describe_absence, find_documents
    from flows.story import render_story, tell_story

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        found = find_documents(document, settings)
        if found.documents.is_empty() and found.rejects.is_empty():
            raise NotFoundError(describe_absence(document, found, settings))
        story = tell_story(found, settings)
    if as_json:
        print_json(story)
    else:
        print_page(render_story(make_printable(story)))


@cli.command()
@click.argument("one", metavar="A", shell_complete=complete_document)
@click.argument("other", metavar="B", shell_complete=complete_document)
@click.option("--scattered", is_flag=True, help="Show passages that were rewritten word by word, too.")
@with_store
@with_output
def compare(one: str, other: str, inbox: str | None, data: str | None, *, scattered: bool, as_json: bool) -> None:
    """Show the passages that two documents share, word for word.

    A and B are ids or paths as in `winnow show`. Passages count from 15 words in a row, as everywhere in the store;
    with --scattered, places where equal words stand close together in both, in any order, are shown as well.
    """
    from flows.comparison import Comparison, compare_documents
    from flows.lookup import find_newest_document, read_document

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        store = Store(settings.data)
        first, second = (read_document(store, find_newest_document(name, settings)) for name in (one, other))
        comparison = compare_documents(first, second, scattered=scattered)
    if as_json:
        print_json(comparison)
    else:
        print_page(Comparison((first["text"], second["text"]), make_printable(comparison)))


@cli.command()
@click.option("--since", metavar="RUN_ID|TIME", help="Only what changed after this run, or at this time and later.")
@with_store
@with_output
def changes(inbox: str | None, data: str | None, *, since: str | None, as_json: bool) -> None:
    """Show what runs changed: kept, set aside, demoted, superseded, promoted, changed, gone.

    TIME is ISO 8601, such as 2026-03-01 or 2026-03-01T12:00; without a zone it is UTC. The dataset `changes` holds the
    same for programs, and data/README.md says how to keep a copy of `articles` up to date with it.
    """
    from flows.lookup import list_changes
    from flows.report import render_changes

    settings = read_store_settings(inbox, data)
    with exit_codes(settings):
        found = list_changes(Store(settings.data), since)
    if as_json:
        print_json(found)
    else:
        print_page(render_changes(make_printable(found)))


@cli.command()
@with_store
@with_output
def verify(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Check every law on the store as it lies.

    Every row of every dataset against its contract; every document in one place; every partner in `articles`; every
    span word for word; every decision made again from nothing. Exits 3 when something is broken.
    """
    from flows.holding import refetch_damaged
    from flows.verification import verify_store

    with exit_codes(read_settings(inbox, data)) as asked:
        for name in refetch_damaged(asked):
            err.print(f"{name} was damaged on this machine, and is fetched again.")
    settings = read_store_settings(inbox, data)
    with exit_codes(settings), show_progress(quiet=as_json):
        verdict = verify_store(settings)
    if as_json:
        print_json(verdict.to_dict())
    else:
        print_page(Text(make_printable(verdict.render())))
    if not verdict.passed:
        sys.exit(AuditRefusedError.exit_code)


@cli.command()
@with_store
@with_output
def compact(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Merge small data files, and the files of the index; an index that is damaged or lost is made again.

    No row changes. Each dataset gets a new folder in one step: a reader sees the old files or the new ones, and one
    that listed the old ones and opens them afterwards gets an error, and reads again.
    """
    from flows.holding import hold_store
    from flows.maintenance import compact_store

    settings = read_store_settings(inbox, data, to_change=True)
    with exit_codes(settings), show_progress(quiet=as_json), hold_store(settings, "compact"):
        done = compact_store(Store(settings.data), NO_FOLDERS if settings.data_url else None)
    if as_json:
        print_json(done.to_dict())
    else:
        print_page(Text(make_printable(done.render())))


@cli.command()
@with_store
@with_output
def report(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Make a site of the store to look at: DATA/reports/site/index.html.

    Overview, search, every document, copies and their articles side by side, runs, and what each column means. It
    opens from the disk, with no server and no network. Made whole each time; it shows the store as it is now.
    """
    from flows.site.build import write_report

    settings = read_store_settings(inbox, data)
    with exit_codes(settings), show_progress(quiet=as_json):
        made = write_report(settings)
    if as_json:
        print_json(made.to_dict())
    else:
        print_page(Text(make_printable(made.render())))


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options, paths of documents and their ids.

    For bash, put `eval "$(winnow completion bash)"` into ~/.bashrc; for zsh, the same with zsh into ~/.zshrc; for fish,
    `winnow completion fish | source` into ~/.config/fish/config.fish.
    """
    complete = get_completion_class(shell)
    if complete is not None:
        click.echo(complete(cli, {}, "winnow", "_WINNOW_COMPLETE").source())


def print_changes(summary: "RunSummary", *, as_json: bool) -> None:
    """What a dry run would change; exit code 3 when the audit would refuse it."""
    from flows.changes import render_changes

    changes = summary.changes or {}
    if as_json:
        print_json(summary.to_dict())
    else:
        print_page(render_changes(summary, changes))
    if changes["refusal"]:
        sys.exit(AuditRefusedError.exit_code)


def print_summary(summary: "RunSummary", *, as_json: bool) -> None:
    """What the run did."""
    from flows.report import describe_store, render_next_steps, render_summary

    if as_json:
        print_json(summary.to_dict())
    elif summary.run_id is not None:
        if summary.index_remade:
            err.print(f"The index was made again, because {summary.index_remade}.", markup=False)
        print_page(render_summary(summary))
    else:
        waiting = f", {len(summary.files_waiting)} still being written" if summary.files_waiting else ""
        ignored = f", {sum(summary.files_ignored.values())} ignored" if summary.files_ignored else ""
        seen = f"{summary.files_seen} files seen{ignored}{waiting}"
        what = "Nothing comes out otherwise" if summary.command in REDERIVING_COMMANDS else "Nothing is new"
        page = f"{what}: {seen}. No byte was changed.\n{describe_store(summary)}\n{render_next_steps(summary)}"
        print_page(Text(make_printable(page)))


def main() -> None:
    """Entry point of the `winnow` command."""
    try:
        cli(prog_name="winnow")
    finally:
        leave_to_system()


if __name__ == "__main__":
    main()
