"""`winnow why`: the whole story of a file, in order of time."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from flows.advice import REJECT_ADVICE, advise_document
from flows.discovery import name_source
from flows.lookup import DOCUMENTS_TOLD, Found, explain_document, list_told
from flows.progress import BYTES, show_amount
from flows.report import name_document, show_percent
from flows.settings import Settings
from flows.storage import Store, hash_file
from flows.summary import count_things

DIGEST_CHARACTERS: Final = 12
"""Enough of a hash to tell two versions of a file apart by eye."""

ID_CHARACTERS: Final = 10
"""Enough of a document id for a store of a million documents: two of them share it in one of two such stores."""


def tell_story(found: Found, settings: Settings) -> dict[str, Any]:
    """Everything that happened to a file, where its documents are now, and what would change that."""
    store = Store(settings.data)
    told, counts = list_told(found)
    documents = [explain_document(store, document_id) for document_id in told]
    for document in documents:
        document["advice"] = advise_document(document, settings.dedup)
    rejects = found.rejects.head(DOCUMENTS_TOLD).to_dicts()
    sightings = found.sightings.to_dicts()
    return {
        "documents": documents,
        "counts": {**counts, "rejected": found.rejects.height},
        "rejects": [{**reject, "advice": REJECT_ADVICE[reject["reason_code"]]} for reject in rejects],
        "sightings": sightings,
        "events": list_events(documents, rejects, sightings),
        "inbox": describe_inbox_file(found, settings),
    }


def list_events(
    documents: list[dict[str, Any]], rejects: list[dict[str, Any]], sightings: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What happened, in order of time: `at`, `run_id` and `what`."""
    events = [
        _event(
            seen["ingested_at"],
            seen["run_id"],
            f"{'taken in' if not number else 'a new version was taken in'}: "
            f"{show_amount(seen['source_bytes'], BYTES)}, SHA-256 {seen['source_sha256'][:DIGEST_CHARACTERS]}…",
        )
        for number, seen in enumerate(sightings)
    ]
    events += [
        _event(reject["rejected_at"], reject["run_id"], f"rejected: {reject['reason_code']}") for reject in rejects
    ]
    for document in documents:
        events += [
            _event(
                partner["ingested_at"],
                partner["run_id"],
                f"{partner['source_path']} came, which has {partner['words']:,} of its words",
            )
            for partner in document["partners"]
            # A newer version of the file itself is told of as such.
            if partner["ingested_at"] > document["ingested_at"] and partner["source_path"] != document["source_path"]
        ]
    # Sorting keeps what happened in one run in the order above.
    return sorted(_drop_repeated(events), key=lambda event: event["at"])


def _drop_repeated(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for number, event in enumerate(events) if event not in events[:number]]


def _event(at: Any, run_id: str, what: str) -> dict[str, Any]:
    return {"at": at, "run_id": run_id, "what": what}


def describe_inbox_file(found: Found, settings: Settings) -> str | None:
    """How the file lies in the inbox now, against what was last taken in; None when that cannot be told."""
    paths = [*found.sightings["source_path"], *found.documents["source_path"]]
    if not paths or name_source(paths[0]) != paths[0] or not settings.inbox.is_dir():
        return None
    place = Path(settings.inbox, paths[0])
    if not place.is_file():
        return "It is not in the inbox any more; that changes nothing here."
    if hash_file(bytes(place)) in found.sightings["source_sha256"].tail(1):
        return "It lies in the inbox as it was last taken in."
    return "It lies in the inbox with other content; `winnow run` takes the new version in."


def render_story(story: Mapping[str, Any]) -> RenderableType:
    """What became of a file: where its documents are and why, what happened when, and what would change it."""
    parts: list[RenderableType] = []
    for document in story["documents"]:
        parts += [*_render_document(document), Text()]
    for reject in story["rejects"]:
        name = name_document(reject["source_path"], reject["record"])
        head = Text(f"{name}: rejected at {reject['stage']} ({reject['reason_code']})", style="bold red")
        parts += [head, Indented(Text(reject["reason"])), Indented(_render_advice([reject["advice"]])), Text()]
    if sum(story["counts"].values()) > len(story["documents"]) + len(story["rejects"]):
        counted = ", ".join(f"{count} {what}" for what, count in story["counts"].items())
        parts.append(Text(f"In all: {counted}. FILE#3 asks for record 3, FILE/MEMBER for a member of an archive.\n"))
    parts.append(Text("what happened (UTC)", style="bold"))
    for (at, run_id), events in groupby(story["events"], key=lambda event: (event["at"], event["run_id"])):
        parts.append(Indented(Text(f"{at:%Y-%m-%d %H:%M:%S}  run {run_id}", style="dim")))
        parts += [Indented(Text(event["what"]), 4) for event in events]
    if story["inbox"]:
        parts += [Indented(Text("now", style="dim")), Indented(Text(story["inbox"]), 4)]
    return Group(*parts)


class Indented:
    """A text with a margin; where there is no terminal to fit, on the line that it is."""

    def __init__(self, text: Text, columns: int = 2) -> None:
        """Begin `text` after so many columns."""
        self.text, self.columns = text, columns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A margin of blanks."""
        if options.no_wrap:
            yield Text(" " * self.columns).append_text(self.text)
        else:
            yield Padding(self.text, (0, 0, 0, self.columns))


def _render_document(document: Mapping[str, Any]) -> list[RenderableType]:
    place = "kept" if document["relation"] is None else f"set aside as {document['relation']}"
    name = name_document(document["source_path"], document["record"], document["member"])
    style = "bold green" if document["relation"] is None else "bold yellow"
    head = Text(f"{name}  {document['document_id']}: {place}", style=style)
    parts = [Text(document["reason"])] if document["reason"] else []
    parts += [
        Text(
            f"shares {pair['words']:,} words ({show_percent(pair['share'])}) in "
            f"{count_things(pair['passages'], 'passage')} with "
            f"{name_document(pair['source_path'], pair['record'])} ({pair['other_is']}, ranks {pair['ranks']} it)"
        )
        for pair in document["overlaps"]
    ]
    if not document["overlaps"] and document["relation"] is None:
        parts.append(Text("shares no passage of 15 words or more with any other document"))
    if document["overlaps"]:
        ids = (document["document_id"], document["overlaps"][0]["other_id"])
        parts.append(Text(f"see it: winnow compare {' '.join(name[:ID_CHARACTERS] for name in ids)}", style="dim"))
    return [head, *map(Indented, [*parts, _render_advice(document["advice"])])]


def _render_advice(sentences: list[str]) -> Text:
    return Text("what would change it: ", style="dim").append(" ".join(sentences), style="not dim")
