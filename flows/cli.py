"""The command line: `winnow --help`.

Prefect, Great Expectations and the kernels are imported by the commands that need them, so that a run that finds
nothing new costs little more than the start of Python.
"""

import os
import sys
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class
from rich.text import Text

import transforms
from flows.errors import AuditRefusedError, NotFoundError
from flows.printable import make_printable
from flows.settings import Settings, load_settings
from flows.storage import Store, lock_store
from flows.terminal import (
    EXIT_INTERRUPTED,
    err,
    exit_codes,
    print_json,
    print_page,
    read_settings,
    read_store_settings,
    show_progress,
    stop_on_interrupt,
    with_output,
    with_store,
)
from transforms.contracts.vocabulary import REBUILDING_COMMANDS

if TYPE_CHECKING:
    from flows.summary import RunSummary

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
    settings = read_settings(inbox, data)
    if not settings.inbox.is_dir():
        raise click.UsageError(f"the inbox {settings.inbox} is not a folder; name one with --inbox or WINNOW_INBOX")
    with exit_codes(settings), show_progress(quiet=as_json):
        summary = find_nothing_new(settings) or run_flow("run", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Derive every document again.")
@with_store
@with_output
def backfill(inbox: str | None, data: str | None, *, everything: bool, as_json: bool) -> None:
    """Derive documents again from the bytes held in `raw`, under today's code and settings.

    Use it after an upgrade or a change of settings. What comes out as it was stays as it is, byte for byte; the inbox
    is not needed.
    """
    if not everything:
        raise click.UsageError("say what to derive again: `winnow backfill --all`")
    settings = read_store_settings(inbox, data)
    with exit_codes(settings), show_progress(quiet=as_json):
        summary = run_flow("backfill", settings, quiet=as_json)
    print_summary(summary, as_json=as_json)


@cli.command()
@with_store
@with_output
def learn(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Learn which lines repeat in many articles of one outlet, and take them out of every document.

    The lines are published as `templates`, and runs go on taking them out until this is run again. Everything is
    derived again from `raw`, as `winnow backfill --all` does, and published together with what was learned.
    """
    settings = read_store_settings(inbox, data)
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
@with_store
@with_output
def verify(inbox: str | None, data: str | None, *, as_json: bool) -> None:
    """Check every law on the store as it lies.

    Every row of every dataset against its contract; every document in one place; every partner in `articles`; every
    span word for word; every decision made again from nothing. Exits 3 when something is broken.
    """
    from flows.verification import verify_store

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
    """Merge the files of the index into one; one that is damaged or lost is made again from the texts held.

    No dataset changes. Runs do the same by themselves: they fold small files together, and make a damaged index again.
    """
    from flows.maintenance import compact_store

    settings = read_store_settings(inbox, data)
    with exit_codes(settings), show_progress(quiet=as_json):
        done = compact_store(Store(settings.data))
    if as_json:
        print_json(done.to_dict())
    else:
        print_page(Text(done.render()))


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
        print_page(render_summary(summary))
    else:
        waiting = f", {len(summary.files_waiting)} still being written" if summary.files_waiting else ""
        ignored = f", {sum(summary.files_ignored.values())} ignored" if summary.files_ignored else ""
        seen = f"{summary.files_seen} files seen{ignored}{waiting}"
        what = "Nothing comes out otherwise" if summary.command in REBUILDING_COMMANDS else "Nothing is new"
        page = f"{what}: {seen}. No byte was changed.\n{describe_store(summary)}\n{render_next_steps(summary)}"
        print_page(Text(make_printable(page)))


def main() -> None:
    """Entry point of the `winnow` command."""
    cli(prog_name="winnow")


if __name__ == "__main__":
    main()
