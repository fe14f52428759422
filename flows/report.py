"""What a run did and what a document is, for people to read."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from flows.storage import DOCS_INDEX, SITE_INDEX
from flows.summary import RunSummary, count_things
from transforms.contracts.vocabulary import REDERIVING_COMMANDS

CHANGES_SHOWN: Final = 100
"""Rows of the change feed that are printed; --json gives all of them."""

NARROW_COLUMNS: Final = 60
"""On a narrower terminal things stand below one another that stand side by side elsewhere."""


def list_numbers(summary: RunSummary) -> list[tuple[str, int]]:
    """The numbers of a run in reading order; parts of a number are indented."""
    files = [("files seen", summary.files_seen)]
    files += [(f"  ignored: {why}", count) for why, count in sorted(summary.files_ignored.items())]
    files += [("  still being written", len(summary.files_waiting))] if summary.files_waiting else []
    files += [("files held" if summary.command in REDERIVING_COMMANDS else "files new", summary.files_new)]
    documents = [("documents kept", summary.documents_kept)]
    documents += [("documents set aside", sum(summary.set_aside_by_relation.values()))]
    documents += [(f"  {relation}", count) for relation, count in sorted(summary.set_aside_by_relation.items())]
    documents += [("documents rejected", sum(summary.rejected_by_reason.values()))]
    documents += [(f"  {code}", count) for code, count in sorted(summary.rejected_by_reason.items())]
    moved = {
        "held before, now set aside": summary.documents_demoted,
        "held before, now kept": summary.documents_promoted,
    }
    return files + documents + [(name, count) for name, count in moved.items() if count]


def render_summary(summary: RunSummary) -> RenderableType:
    """The run as a table for the terminal, and where to look next."""
    table = Table(title=f"{summary.command} {summary.run_id}", title_justify="left", show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold")
    for name, count in list_numbers(summary):
        table.add_row(Text(name), str(count))
    return Group(table, Text(), Text(describe_store(summary)), render_next_steps(summary))


def describe_store(summary: RunSummary) -> str:
    """What the store holds now, in a sentence."""
    return (
        f"{summary.data} holds {count_things(summary.store_articles, 'article')}, "
        f"{count_things(summary.store_duplicates, 'duplicate')} and {count_things(summary.store_rejects, 'reject')}."
    )


def show_percent(share: float) -> str:
    """A share in percent, rounded down: 99.6 % must not read as all of it."""
    return f"{math.floor(share * 100 + 1e-9)}%"


def render_next_steps(summary: RunSummary) -> Text:
    """Where to look next."""
    steps: Mapping[str, str] = {
        f"{summary.data}/README.md": "what each column means",
        f"{summary.reports}/{DOCS_INDEX}": "what was checked",
        **_point_to_report(summary.reports),
        "winnow status": "the store at a glance",
        "winnow why FILE": "what became of a file, and why",
    }
    width = max(map(len, steps))
    return Text("\n".join(["Next:", *(f"  {place:<{width}}  {what}" for place, what in steps.items())]))


def _point_to_report(reports: str) -> Mapping[str, str]:
    """The report where there is one, else the command that makes it."""
    place = Path(reports) / SITE_INDEX
    return {str(place): "the last report"} if place.exists() else {"winnow report": "makes pages to look at"}


KIND_STYLES: Final[Mapping[str, str]] = {
    "paragraph": "",
    "heading": "bold cyan",
    "list_item": "cyan",
    "quote": "italic green",
    "note": "italic magenta",
    "title": "bold",
    "subtitle": "bold",
    "byline": "blue",
    "dateline": "blue",
    "outlet": "blue",
    "bio": "blue",
    "caption": "magenta",
    "pull_quote": "green",
    "promo": "yellow",
    "ad": "red",
    "navigation": "yellow",
    "comment": "magenta",
    "legal": "dim",
}
"""How each kind of line is drawn: in the text, and as the name of its kind among the lines taken out."""

KIND_MARKS: Final[Mapping[str, str]] = {"heading": "## ", "list_item": "• ", "quote": "> ", "note": "* "}
"""What a block begins with, so that its kind shows without colours as well."""

FIELDS: Final = ("title", "subtitle", "authors", "published_at", "outlet", "url", "language", "kind")
TEXT_COLUMNS: Final = 100
"""Longer lines are hard to read."""


class DocumentPage:
    """A document: its fields with their evidence, its text by blocks, and the lines taken out of it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Show `document`, a row of the store with the lines `removed` from it."""
        self.document = document

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One part under another; on a narrow terminal the lines taken out have no columns."""
        document = self.document
        width = min(options.max_width, TEXT_COLUMNS) if console.is_terminal else None
        member = next((item["value"] for item in document["evidence"] if item["field"] == "member"), None)
        name = name_document(document["source_path"], document["record"], member)
        yield Text(f"{name}  {document['document_id']}", "bold")
        yield Text(f"{name_place(document)}, {count_things(document['word_count'], 'word')}")
        yield Text()
        yield _render_fields(document)
        yield Text()
        for block in document["blocks"]:
            body = _render_block(document["text"], block)
            yield body if width is None else Constrain(body, width)
            yield Text()
        yield _render_removed(document["removed"], is_narrow=options.max_width < NARROW_COLUMNS)


def name_place(document: Mapping[str, Any], partner: str | None = None) -> str:
    """Where a document is: kept, or set aside as what of which one, which `partner` can name."""
    if document["relation"] is None:
        return "kept"
    return f"set aside, {document['relation']} of {partner or document['duplicate_of']}"


def _render_fields(document: Mapping[str, Any]) -> Table:
    fields = Table(show_header=False, box=None, pad_edge=False)
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    evidence: dict[str, list[str]] = {}
    for item in document["evidence"]:
        place = "markup" if item["line"] is None else f"line {item['line']}"
        evidence.setdefault(item["field"], []).append(f"{item['rule']}, {place}")
    for name in FIELDS:
        value = document[name]
        shown = "-" if value in (None, []) else ", ".join(value) if isinstance(value, list) else str(value)
        source = f"  ({evidence[name][0]})" if name in evidence else ""
        fields.add_row(name, Text(shown).append(source, "dim"))
    return fields


def _render_block(text: str, block: Mapping[str, Any]) -> Text:
    kind = block["kind"]
    return Text(KIND_MARKS.get(kind, "") + text[block["start"] : block["end"]], KIND_STYLES.get(kind, ""))


def _render_removed(removed: Sequence[Mapping[str, Any]], *, is_narrow: bool) -> RenderableType:
    title = f"taken out: {count_things(len(removed), 'line')}"
    if is_narrow:
        lines = [
            Text.assemble(
                (f"{row['line']} {row['kind']} ", KIND_STYLES[row["kind"]]), (f"{row['rule']}\n", "dim"), row["text"]
            )
            for row in removed
        ]
        return Group(Text(title, "bold"), *lines)
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim", pad_edge=False)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("text", overflow="fold", ratio=3)
    table.add_column("rule", overflow="fold", style="dim", ratio=1)
    for row in removed:
        table.add_row(str(row["line"]), Text(row["kind"], KIND_STYLES[row["kind"]]), Text(row["text"]), row["rule"])
    return table


def name_document(source_path: str, record: int, member: str | None = None) -> str:
    """A document as a person can ask for it: the path of its file, its record if not the first one, its member."""
    return (f"{source_path}#{record}" if record else source_path) + (f" ({member})" if member else "")


def render_changes(found: Mapping[str, Any]) -> RenderableType:
    """What runs changed, the newest last."""
    rows = found["changes"]
    if not rows:
        return Text("Nothing changed." if found["first_run"] else "The feed has no rows yet; the next run begins it.")
    table = Table(box=None, header_style="dim")
    for name in ("run", "change", "document", "id", "relation", "of, or changed fields"):
        table.add_column(name, overflow="fold")
    for row in rows[-CHANGES_SHOWN:]:
        told = ", ".join(row["changed_fields"]) if row["change"] == "changed" else row["duplicate_of"] or ""
        name = name_document(row["source_path"], row["record"])
        cells = (row["run_id"], row["change"], name, row["document_id"], row["relation"] or "", told)
        table.add_row(*map(Text, cells))
    counted = ", ".join(f"{count} {change}" for change, count in found["counts"].items())
    more = len(rows) - CHANGES_SHOWN
    notes = [f"{count_things(len(rows), 'change')}: {counted}."]
    notes += [f"The last {CHANGES_SHOWN} are shown; --json gives all."] * (more > 0)
    notes += [f"The feed begins with run {found['first_run']}: a copy that is older is made anew."] * (
        not found["complete"]
    )
    return Group(table, Text(), Text("\n".join(notes)))
