"""What a trial would change, for people to read."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.report import name_document
from flows.summary import RunSummary, count_things


def render_changes(summary: RunSummary, changes: Mapping[str, Any]) -> RenderableType:
    """The numbers, a few documents with what they say before and after, and what the audit has against it."""
    derived = count_things(summary.files_seen, "file")
    if not changes["rows"]:
        return Text(f"Nothing would change: {derived} derived again, and everything comes out as it is.")
    parts: list[RenderableType] = [Text(f"Of {derived} derived again. Nothing was published.\n"), _tabulate(changes)]
    for example in changes["examples"]:
        name = name_document(example["source_path"], example["record"])
        shown = Text(f"\n{name}  {example['document_id']}", style="bold")
        for field, pair in example["fields"].items():
            shown.append(f"\n  {field}\n    - {pair['before']}\n    + {pair['after']}", style="not bold")
        parts.append(shown)
    if changes["refusal"]:
        parts.append(Text(f"\nThe audit would refuse this run:\n{changes['refusal']}", style="red"))
    return Group(*parts)


def _tabulate(changes: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold")
    for title, counts in (
        ("documents", {kind: changes[f"documents_{kind}"] for kind in ("changed", "new", "gone")}),
        ("documents changed, by field", changes["fields"]),
        ("decisions", changes["decisions"]),
        ("rejects new", changes["rejects_new"]),
        ("rejects gone", changes["rejects_gone"]),
    ):
        if counts:
            table.add_row(Text(title), "")
        for name, count in counts.items():
            table.add_row(Text(f"  {name}"), str(count))
    table.add_row(Text("rows added, changed, gone"), "")
    for name, kinds in changes["rows"].items():
        table.add_row(Text(f"  {name}"), " ".join(str(kinds[kind]) for kind in ("added", "changed", "gone")))
    return table
