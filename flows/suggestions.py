"""Names that a person may have meant: for a mistyped one, and for one that is typed half."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Final

import polars as pl

from flows.discovery import list_inbox
from flows.printable import make_printable
from flows.run import scan_held
from flows.settings import Settings
from flows.storage import Store
from transforms.contracts import REJECTS

SUGGESTED: Final = 3
COMPARED: Final = 2_000
"""Names that are compared letter by letter, at most: those of about the same length. It takes a tenth of a second."""

COMPLETED: Final = 100
"""Names offered for one that is typed half; a shell asks before it shows more."""

ID_START: Final = re.compile(r"[0-9a-f]{2,32}")


def suggest_names(name: str, settings: Settings) -> list[str]:
    """The documents and rejected files whose path is most like `name`; one of that very file name first."""
    store = Store(settings.data)
    paths = pl.concat([scan_held(store, ["source_path"]), store.scan(REJECTS, ["source_path"])]).unique().collect()
    waiting = _list_waiting(settings)
    every = pl.concat([paths["source_path"], pl.Series("source_path", waiting, pl.String)]).unique().sort()
    file_name = PurePosixPath(name).name
    same = every.filter(every.str.split("/").list.last() == file_name).to_list()
    distance = (every.str.len_chars().cast(pl.Int64) - len(name)).abs()
    near = every.gather(distance.arg_sort()[:COMPARED]).to_list()
    by_name = {PurePosixPath(path).name: path for path in near}
    found = [
        *same,
        *get_close_matches(name, near),
        *(by_name[match] for match in get_close_matches(file_name, by_name)),
    ]
    return list(dict.fromkeys(found))[:SUGGESTED]


def _list_waiting(settings: Settings) -> list[str]:
    """Paths in the inbox; nothing is written, and a folder that is not there has none."""
    if not settings.inbox.is_dir():
        return []
    looking = settings.model_copy(update={"settle_seconds": 0.0})
    return list_inbox(looking, Store(settings.data), remember=False).files["source_path"].to_list()


def ask_whether_meant(names: Iterable[str]) -> str:
    """The question at the end of a message; empty when there is nothing to ask."""
    listed = " or ".join(names)
    return f". Did you mean {listed}?" if listed else ""


def complete_names(start: str, store: Store) -> list[str]:
    """Paths of documents that begin with `start`, a folder at a time where there are many; ids for the start of one."""
    paths = scan_held(store, ["source_path"]).filter(pl.col("source_path").str.starts_with(start)).unique()
    found = paths.sort("source_path").collect()["source_path"].to_list()
    if len(found) > COMPLETED:
        found = sorted({_cut_after_folder(path, len(start)) for path in found})[:COMPLETED]
    if ID_START.fullmatch(start):
        ids = scan_held(store, ["document_id"]).filter(pl.col("document_id").str.starts_with(start))
        found += ids.sort("document_id").head(COMPLETED).collect()["document_id"].to_list()
    # A shell takes line breaks for the end of a name, and prints the rest as it is.
    return [name for name in found if name == make_printable(name) and "\n" not in name and "\t" not in name]


def _cut_after_folder(path: str, start: int) -> str:
    place = path.find("/", start)
    return path if place < 0 else path[: place + 1]
