"""What a run did and what a document is, for people to read."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.storage import SITE_INDEX
from flows.summary import RunSummary
from transforms.contracts.vocabulary import REDERIVING_COMMANDS


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


def tabulate_summary(summary: RunSummary) -> list[dict[str, Any]]:
    """The numbers as rows, for a table artifact."""
    return [{"what": name.strip(), "number": count} for name, count in list_numbers(summary)]


def render_summary_markdown(summary: RunSummary) -> str:
    """The run in a few lines of Markdown."""
    if summary.changes is not None:
        told = {name: value for name, value in summary.changes.items() if name != "examples"}
        return (
            f"A dry run of {summary.files_seen} files; nothing was written.\n\n```\n{json.dumps(told, indent=1)}\n```"
        )
    if summary.run_id is None:
        what = (
            "Nothing comes out otherwise" if summary.command in REDERIVING_COMMANDS else "Nothing is new in the inbox"
        )
        return f"{what}: {summary.files_seen} files seen. Nothing was written."
    rows = "\n".join(f"| {name.strip()} | {count} |" for name, count in list_numbers(summary))
    return f"## {summary.command} {summary.run_id}\n\n| | |\n|---|---:|\n{rows}\n\n{describe_store(summary)}"


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


def count_things(number: int, thing: str) -> str:
    """A number and its noun: 1 article, 2 articles."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def show_percent(share: float) -> str:
    """A share in percent, rounded down: 99.6 % must not read as all of it."""
    return f"{math.floor(share * 100 + 1e-9)}%"


def render_next_steps(summary: RunSummary) -> Text:
    """Where to look next."""
    steps: Mapping[str, str] = {
        f"{summary.data}/README.md": "what each column means",
        f"{summary.reports}/data_docs/index.html": "what was checked",
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


def render_status(status: Mapping[str, Any]) -> RenderableType:
    """The store at a glance."""
    held = Table(title=f"{status['data']}  ({status['bytes_on_disk'] / 1e6:.1f} MB)", title_justify="left", box=None)
    held.add_column("dataset", style="dim")
    held.add_column("rows", justify="right", style="bold")
    held.add_column("of which")
    parts = {"duplicates": status["set_aside_by_relation"], "rejects": status["rejected_by_reason"]}
    for name, rows in status["datasets"].items():
        held.add_row(name, str(rows), ", ".join(f"{count} {part}" for part, count in parts.get(name, {}).items()))
    runs = Table(title="last runs", title_justify="left", box=None, header_style="dim")
    runs.add_column("run")
    runs.add_column("command")
    runs.add_column("seconds", justify="right")
    runs.add_column("documents", justify="right")
    for run in status["last_runs"]:
        seconds = (run["finished_at"] - run["started_at"]).total_seconds()
        runs.add_row(run["run_id"], run["command"], f"{seconds:.1f}", str(run["documents_in"]))
    return Group(held, Text(), Text(_describe_inbox(status["inbox"])), Text(), runs)


def _describe_inbox(inbox: Mapping[str, Any]) -> str:
    if not inbox["exists"]:
        return f"inbox {inbox['path']}: there is no such folder"
    ignored = ", ".join(f"{count} by {why}" for why, count in sorted(inbox["ignored"].items()))
    waits = f"{inbox['new']} wait for the next run" if inbox["new"] else "nothing waits"
    return f"inbox {inbox['path']}: {inbox['files']} files, {waits}; ignored: {ignored or 'none'}"


KIND_STYLES: Mapping[str, str] = {"heading": "bold", "quote": "italic", "note": "dim italic", "list_item": "cyan"}


def render_document(document: Mapping[str, Any]) -> RenderableType:
    """A document: its fields with their evidence, its text by blocks, and the lines taken out of it."""
    fields = Table(show_header=False, box=None)
    fields.add_column(style="dim")
    fields.add_column()
    evidence: dict[str, list[str]] = {}
    for item in document["evidence"]:
        place = "markup" if item["line"] is None else f"line {item['line']}"
        evidence.setdefault(item["field"], []).append(f"{item['rule']}, {place}")
    for name in ("title", "subtitle", "authors", "published_at", "outlet", "url", "language", "kind"):
        value = document[name]
        shown = "-" if value in (None, []) else ", ".join(value) if isinstance(value, list) else str(value)
        source = f"  ({evidence[name][0]})" if name in evidence else ""
        fields.add_row(name, Text(shown) + Text(source, style="dim"))
    place = "kept" if document["relation"] is None else f"{document['relation']} of {document['duplicate_of']}"
    origin = next((item["value"] for item in document["evidence"] if item["field"] == "member"), None)
    name = name_document(document["source_path"], document["record"], origin)
    head = Text(f"{name}  {document['document_id']}\n{place}, {document['word_count']} words", "bold")
    body = Text("\n\n").join(
        Text(document["text"][block["start"] : block["end"]], style=KIND_STYLES.get(block["kind"], ""))
        for block in document["blocks"]
    )
    return Group(head, fields, Text(), body, Text(), _render_removed(document["removed"]))


def _render_removed(removed: list[dict[str, Any]]) -> RenderableType:
    table = Table(title=f"taken out: {len(removed)} lines", title_justify="left", box=None, header_style="dim")
    for name in ("line", "kind", "rule", "text"):
        table.add_column(name, overflow="fold")
    for row in removed:
        table.add_row(str(row["line"]), row["kind"], row["rule"], Text(row["text"]))
    return table


def render_story(story: Mapping[str, Any]) -> RenderableType:
    """What became of a file: each version of it, each rejection."""
    parts: list[RenderableType] = [_describe_document(document) for document in story["documents"]]
    parts += [
        Text(
            f"{name_document(reject['source_path'], reject['record'])}: rejected at {reject['stage']} "
            f"({reject['reason_code']})\n  {reject['reason']}"
        )
        for reject in story["rejects"]
    ]
    if sum(story["counts"].values()) > len(story["documents"]) + len(story["rejects"]):
        counted = ", ".join(f"{count} {what}" for what, count in story["counts"].items())
        parts.append(Text(f"In all: {counted}. FILE#3 asks for record 3, FILE/MEMBER for a member of an archive.\n"))
    if story["sightings"]:
        seen = ", ".join(sighting["run_id"] for sighting in story["sightings"])
        parts.append(Text(f"taken in by run {seen}", style="dim"))
    return Group(*parts)


def name_document(source_path: str, record: int, member: str | None = None) -> str:
    """A document as a person can ask for it: the path of its file, its record if not the first one, its member."""
    return (f"{source_path}#{record}" if record else source_path) + (f" ({member})" if member else "")


def _describe_document(document: Mapping[str, Any]) -> Text:
    place = "kept" if document["relation"] is None else f"set aside as {document['relation']}"
    name = name_document(document["source_path"], document["record"], document["member"])
    text = Text(f"{name}  {document['document_id']}: {place}\n", style="bold")
    if document["reason"]:
        text.append(f"  {document['reason']}\n", style="not bold")
    for pair in document["overlaps"]:
        text.append(
            f"  shares {pair['words']} words ({show_percent(pair['share'])}) in "
            f"{count_things(pair['passages'], 'passage')} with {name_document(pair['source_path'], pair['record'])} "
            f"({pair['other_is']}, ranks "
            f"{pair['ranks']} it)\n",
            style="not bold",
        )
    if not document["overlaps"] and document["relation"] is None:
        text.append("  shares no passage of 15 words or more with any other document\n", style="not bold")
    return text


def compare_documents(one: Mapping[str, Any], other: Mapping[str, Any], *, scattered: bool = False) -> dict[str, Any]:
    """The shared passages of two documents: numbers, and the words of each run on both sides.

    `scattered`: see `transforms.dedup.align.find_shared_passages`.
    """
    from transforms.dedup.align import find_shared_passages  # noqa: PLC0415 - numba takes its time to load

    spans = find_shared_passages(one["text"], other["text"], scattered=scattered)
    words = sum(span.words for span in spans)
    return {
        "one": {name: one[name] for name in ("document_id", "source_path", "word_count")},
        "other": {name: other[name] for name in ("document_id", "source_path", "word_count")},
        "words": words,
        "share": words / one["word_count"],
        "other_share": words / other["word_count"],
        "spans": [
            {
                **{
                    name: getattr(span, name)
                    for name in ("start", "end", "other_start", "other_end", "words", "passage")
                },
                "text": one["text"][span.start : span.end],
                "other_text": other["text"][span.other_start : span.other_end],
            }
            for span in spans
        ],
    }


def render_comparison(comparison: Mapping[str, Any]) -> RenderableType:
    """Shared passages side by side."""
    one, other = comparison["one"], comparison["other"]
    table = Table(show_lines=True)
    table.add_column("words", justify="right")
    table.add_column(
        f"{one['source_path']} ({show_percent(comparison['share'])} of {one['word_count']} words)", ratio=1
    )
    table.add_column(
        f"{other['source_path']} ({show_percent(comparison['other_share'])} of {other['word_count']} words)", ratio=1
    )
    for span in comparison["spans"]:
        table.add_row(str(span["words"]), Text(span["text"]), Text(span["other_text"]))
    nothing = "They share no passage that counts: 15 words in a row or, with --scattered, 15 close together."
    return table if comparison["spans"] else Text(nothing)


CHANGES_SHOWN: Final = 100
"""Rows of the feed that are printed for a person; `--json` gives all."""


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
