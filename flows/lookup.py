"""Finding documents in a store: what is held, where one is, and why."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from flows.discovery import matches_pattern, name_source
from flows.errors import NotFoundError
from flows.run import scan_held
from flows.settings import Settings
from flows.storage import Store
from flows.suggestions import ask_whether_meant, suggest_names
from transforms.contracts import CHANGES, DUPLICATES, OVERLAPS, RAW, REJECTS, REMOVED, RUNS

ID_PREFIX = re.compile(r"[0-9a-f]{6,32}")
RECORD_SUFFIX = re.compile(r"(?P<path>.+)#(?P<record>\d{1,9})")


PARTNER_FIELDS = ("source_path", "ingested_at", "run_id")

DOCUMENTS_TOLD = 20
"""Documents of one file that `winnow why` tells one by one; a table of a hundred thousand rows has as many stories."""


@dataclass(frozen=True)
class Found:
    """What a name stands for: documents, or none, and the rejects and sightings of its path."""

    documents: pl.DataFrame
    rejects: pl.DataFrame
    sightings: pl.DataFrame


def list_places(name: str, settings: Settings) -> list[str]:
    """The inbox-relative paths that a path as typed can mean: one from here, or one from the inbox."""
    inbox = Path(os.path.realpath(settings.inbox))
    places = []
    for base in (Path.cwd(), inbox):
        typed = base / name
        # The last part is taken as it is: a link is a file of its own.
        absolute = Path(os.path.realpath(typed.parent), typed.name)
        if absolute != inbox and absolute.is_relative_to(inbox):
            places.append(absolute.relative_to(inbox).as_posix())
    return list(dict.fromkeys(places))


def find_documents(name: str, settings: Settings) -> Found:
    """Everything that `name` stands for: an id, the start of one (6 characters or more), or a path.

    `PATH#3` is record 3 of a file, `PATH/MEMBER` what came from that member of it.
    """
    store = Store(settings.data)
    names = ["document_id", "source_path", "record", "ingested_at", "relation"]
    held = scan_held(store, names).collect()
    if ID_PREFIX.fullmatch(name):
        by_id = held.filter(pl.col("document_id").str.starts_with(name))
        if by_id.height > 1:
            raise NotFoundError(f"{name} is the start of {by_id.height} document ids; give more of it")
        if by_id.height == 1:
            return _collect(store, by_id, by_id["source_path"][0])
    for path in map(name_source, list_places(name, settings)):
        found = _collect(store, held.filter(pl.col("source_path") == path), path)
        if found.documents.height or found.rejects.height or found.sightings.height:
            return found
    within = _find_within(name, store, settings, held)
    # As `source_path` shows it, or a name that stands for nothing.
    return within or _collect(store, held.filter(pl.col("source_path") == name), name)


def _find_within(name: str, store: Store, settings: Settings, held: pl.DataFrame) -> Found | None:
    """What `name` stands for within a file: a record, or a member; None when it is neither."""
    numbered = RECORD_SUFFIX.fullmatch(name)
    for path in map(name_source, list_places(numbered["path"], settings)) if numbered else ():
        record = int(numbered["record"]) if numbered else 0
        found = _collect(store, held.filter(pl.col("source_path") == path), path)
        is_asked = pl.col("record") == record
        found = Found(found.documents.filter(is_asked), found.rejects.filter(is_asked), found.sightings)
        if found.documents.height or found.rejects.height:
            return found
    for path in map(name_source, list_places(name, settings)):
        holders = held.filter(pl.lit(path).str.starts_with(pl.col("source_path") + "/"))
        for holder in holders["source_path"].unique(maintain_order=True):
            member = path.removeprefix(f"{holder}/")
            inside = _list_member(store, holder, member)
            found = _collect(store, holders.join(inside, on="document_id", how="semi"), holder)
            is_said = pl.col("reason").str.ends_with(f"It is the member {member}.")
            found = Found(found.documents, found.rejects.filter(is_said), found.sightings)
            if found.documents.height or found.rejects.height:
                return found
    return None


def _list_member(store: Store, source_path: str, member: str) -> pl.DataFrame:
    """The documents that came from one member of a file."""
    is_member = (pl.element().struct.field("field") == "member") & (pl.element().struct.field("value") == member)
    return (
        scan_held(store, ["document_id", "source_path", "evidence"])
        .filter((pl.col("source_path") == source_path) & pl.col("evidence").list.eval(is_member).list.any())
        .select("document_id")
        .collect()
    )


def _collect(store: Store, documents: pl.DataFrame, source_path: str) -> Found:
    is_named = pl.col("source_path") == source_path
    sightings = store.scan(RAW, ["source_path", "source_sha256", "source_bytes", "ingested_at", "run_id"])
    return Found(
        documents.sort("ingested_at", "record", descending=[True, False]),
        store.scan(REJECTS).filter(is_named).collect().sort("rejected_at", "record", descending=[True, False]),
        sightings.filter(is_named).collect().sort("ingested_at"),
    )


def read_document(store: Store, document_id: str) -> dict[str, Any]:
    """The whole row of a document, decision included, and the lines taken out of it."""
    row = scan_held(store, DUPLICATES.column_names).filter(pl.col("document_id") == document_id).collect()
    removed = store.scan(REMOVED).filter(pl.col("document_id") == document_id).collect().sort("line")
    return {**row.row(0, named=True), "removed": removed.drop("document_id").to_dicts()}


def find_newest_document(name: str, settings: Settings) -> str:
    """The id of the newest document that `name` stands for."""
    found = find_documents(name, settings)
    if found.documents.is_empty():
        raise NotFoundError(describe_absence(name, found, settings))
    return str(found.documents["document_id"][0])


def describe_absence(name: str, found: Found, settings: Settings) -> str:
    """Why there is no document of that name: rejected, ignored, not yet taken in, or unknown."""
    if found.rejects.height:
        return f"{name} was rejected: {found.rejects['reason'][0]}"
    for path in list_places(name, settings):
        if not (settings.inbox / path).is_file():
            continue
        parts = [part.as_posix() for part in (Path(path), *Path(path).parents) if part != Path()]
        if any(matches_pattern(part, settings.ignore) for part in parts):
            return f"{path} lies in the inbox but is passed over: it matches one of {', '.join(settings.ignore)}"
        return f"{path} lies in the inbox but was not taken in yet; `winnow run` does that"
    meant = ask_whether_meant(suggest_names(name, settings))
    return (
        f"no document of {settings.data_name} has the id or path {name}. Paths are relative to the inbox "
        f"({settings.inbox_name}){meant or '; `winnow status` shows what is held'}"
    )


def explain_document(store: Store, document_id: str) -> dict[str, Any]:
    """Where a document is and why: its decision, and for each partner the words they share and where."""
    document = scan_held(store, DUPLICATES.column_names).filter(pl.col("document_id") == document_id).collect()
    row = document.row(0, named=True)
    is_of_pair = (pl.col("document_id") == document_id) | (pl.col("other_id") == document_id)
    overlaps = store.scan(OVERLAPS).filter(is_of_pair).collect()
    others = {other for pair in overlaps.select("document_id", "other_id").iter_rows() for other in pair}
    known = scan_held(store, ["document_id", "source_path", "record", "relation", "ingested_at", "run_id"])
    wanted = [*others, *(partner["document_id"] for partner in row["partners"])]
    paths = {
        item["document_id"]: item for item in known.filter(pl.col("document_id").is_in(wanted)).collect().to_dicts()
    }
    return {
        "document_id": document_id,
        "source_path": row["source_path"],
        "record": row["record"],
        "member": find_member(row["evidence"]),
        "place": "articles" if row["relation"] is None else "duplicates",
        "title": row["title"],
        "ingested_at": row["ingested_at"],
        "run_id": row["run_id"],
        "word_count": row["word_count"],
        "relation": row["relation"],
        "duplicate_of": row["duplicate_of"],
        "coverage": row["coverage"],
        "reason": row["reason"],
        "partners": [
            {
                **partner,
                **{name: paths[partner["document_id"]][name] for name in PARTNER_FIELDS},
            }
            for partner in row["partners"]
        ],
        "overlaps": [_describe_overlap(pair, document_id, paths) for pair in overlaps.to_dicts()],
    }


def find_member(evidence: list[dict[str, Any]]) -> str | None:
    """The member of its file that a document comes from, where it has a path of its own."""
    return next((item["value"] for item in evidence if item["field"] == "member"), None)


def list_told(found: Found) -> tuple[list[str], dict[str, int]]:
    """The documents of a file that are told one by one, and the numbers of all: kept, and set aside by relation."""
    relations = found.documents.select(pl.col("relation").fill_null("kept").value_counts(sort=True)).unnest("relation")
    return found.documents["document_id"].head(DOCUMENTS_TOLD).to_list(), dict(relations.iter_rows())


def _describe_overlap(pair: dict[str, Any], document_id: str, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """An overlap as seen from one of its two documents."""
    is_lower = pair["document_id"] == document_id
    other = known[pair["other_id"] if is_lower else pair["document_id"]]
    return {
        "other_id": other["document_id"],
        "source_path": other["source_path"],
        "record": other["record"],
        "other_is": other["relation"] or "kept",
        "ranks": "above" if is_lower else "below",
        "words": pair["words"],
        "share": pair["share"] if is_lower else pair["other_share"],
        "passages": len({span["passage"] for span in pair["spans"]}),
    }


def list_changes(store: Store, since: str | None) -> dict[str, Any]:
    """What runs changed, all of it or what came after a run or at a time and later: counts, and rows, oldest first.

    `complete`: whether these rows bring a copy up to date that was right then. They do not when it is older than the
    feed, in a store that is older, too.
    """
    fed = store.scan(CHANGES)
    first = fed.select(pl.col("run_id").min()).collect().item()
    after = None if since is None else _find_run_before(store, since)
    rows = fed if after is None else fed.filter(pl.col("run_id") > after)
    found = rows.sort("run_id", "source_path", "record", "document_id").collect()
    is_of_first = pl.col("run_id") == pl.col("run_id").min()
    is_younger = fed.filter(is_of_first & pl.col("place_before").is_not_null()).head(1).collect().height
    return {
        "since": since,
        "first_run": first,
        "complete": after is None or not is_younger or after >= first,
        "counts": dict(found["change"].value_counts().sort("change").iter_rows()),
        "changes": found.to_dicts(),
    }


def _find_run_before(store: Store, since: str) -> str:
    """The run that `since` names, or the last one that started before that time; empty when there is none."""
    runs = store.read(RUNS, ["run_id", "started_at"]).sort("run_id")
    if since in runs["run_id"]:
        return since
    try:
        time = datetime.fromisoformat(since)
    except ValueError as error:
        raise NotFoundError(
            f"{since} is no run of {store.root}, and no time such as 2026-03-01T12:00; `winnow status` "
            "shows the last runs"
        ) from error
    earlier = runs.filter(pl.col("started_at") < (time if time.tzinfo else time.replace(tzinfo=UTC)))
    return str(earlier["run_id"][-1]) if earlier.height else ""
