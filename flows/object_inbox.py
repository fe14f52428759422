"""An inbox in a bucket: what is new in it is fetched into a folder, where discovery finds it as it does in any inbox.

What was taken in is not fetched again: `index/inbox-<hash>.parquet` in the store says which content each object had, by
its e-tag and size. It is published together with `raw`, which holds the bytes, so nothing of them is kept here.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.bucket import Bucket, Listed
from flows.discovery import (
    ELSEWHERE_FILES,
    ELSEWHERE_NOTES,
    FILES,
    Inbox,
    describe_failure,
    matches_pattern,
    name_source,
    reject_large,
    select_new,
)
from flows.errors import ObjectChangedError, ObjectGoneError
from flows.mirror import INBOX_RECORD, TRANSFERS, find_fault
from flows.settings import Settings
from flows.storage import Store, remove_folder, write_frame, write_whole

RECORD: Final = pl.Schema(
    {"key": pl.String(), "e_tag": pl.String(), "source_bytes": pl.UInt64(), "source_sha256": pl.String()}
)
"""One row per object whose bytes `raw` holds, or whose reject `rejects` holds: which content its e-tag stands for."""

FETCHED: Final = "fetched.parquet"


@dataclass
class Listing:
    """What lies in the bucket: files known by their e-tags, and the objects that must be looked at."""

    known: pl.DataFrame
    unknown: list[Listed] = field(default_factory=list)
    failures: list[dict[str, object]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)

    def to_inbox(self, settings: Settings) -> Inbox:
        """As discovery knows it, without the objects that must be looked at."""
        files = _frame([*self.known.to_dicts(), *self.failures])
        return Inbox(reject_large(files, settings.max_file_bytes).sort("source_path"), self.ignored)


def list_objects(settings: Settings, bucket: Bucket, store: Store) -> Listing:
    """Every object of the inbox; `store` says what of it is known."""
    listed, faults = bucket.list_tolerantly()
    listing = Listing(_frame([]))
    for folder, fault in faults.items():
        listing.failures.append(describe_failure(f"{name_source(folder)}/", "unreadable", fault))
    candidates = list(_choose(listed, settings, listing))
    record = read_record(settings, store)
    rows = pl.DataFrame(
        [{"key": item.key, "e_tag": item.e_tag, "source_bytes": item.bytes} for item in candidates],
        schema={name: RECORD[name] for name in ("key", "e_tag", "source_bytes")},
    ).join(record, on=["key", "e_tag", "source_bytes"], how="left", maintain_order="left")
    # A larger file is rejected for its size alone, which the listing tells.
    is_large = pl.col("source_bytes") > settings.max_file_bytes
    told = rows.filter(pl.col("source_sha256").is_not_null() | is_large)
    files = _frame(_name_files(told))
    # Of what the store has no more (a part of `raw` was deleted, say) the bytes are needed again.
    lost = select_new(files.filter(pl.col("source_sha256").is_not_null()), store, remember=False)["source_path"]
    listing.known = files.filter(~pl.col("source_path").is_in(lost.implode()))
    told_paths = set(listing.known["source_path"])
    listing.unknown = [item for item in candidates if name_source(item.key) not in told_paths]
    return listing


def _choose(listed: list[Listed], settings: Settings, listing: Listing) -> Iterable[Listed]:
    """The objects that can be files; of the others `listing` says why not."""
    folders = {folder for item in listed for folder in _list_folders(item.key)}
    inside = ""
    if settings.data_url and settings.data_url.startswith(f"{settings.inbox_url}/"):
        inside = settings.data_url.removeprefix(f"{settings.inbox_url}/") + "/"
    for item in listed:
        if inside and item.key.startswith(inside):
            # The store lies inside the inbox; what it publishes must not come in again.
            continue
        if any(matches_pattern(part, settings.ignore) for part in (*_list_folders(item.key), item.key)):
            listing.ignored["pattern"] += 1
        elif item.key in folders and not item.bytes:
            listing.ignored["mark of a folder"] += 1
        elif fault := "other keys lie below it" if item.key in folders else find_fault(item.key):
            listing.failures.append(
                describe_failure(name_source(item.key), "unreadable", fault, source_bytes=item.bytes)
            )
        else:
            yield item


def _list_folders(key: str) -> list[str]:
    parts = key.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def sync_inbox(settings: Settings, bucket: Bucket) -> None:
    """Fetch what must be looked at into the folder of the inbox, and say beside it what else lies in the bucket."""
    listing = list_objects(settings, bucket, Store(settings.data))
    remove_folder(settings.inbox)
    settings.inbox.mkdir(parents=True)
    with ThreadPoolExecutor(TRANSFERS) as pool:
        fetched = list(pool.map(lambda item: _fetch(settings, bucket, item), listing.unknown))
    gone = [row["key"] for row in fetched if row.get("outcome") == "changed"]
    failures = [row["failure"] for row in fetched if "failure" in row]
    rows = [{name: row[name] for name in RECORD} for row in fetched if "source_sha256" in row]
    write_frame(pl.DataFrame(rows, schema=RECORD), settings.inbox.with_name(FETCHED))
    write_frame(
        _frame([*listing.known.to_dicts(), *listing.failures, *failures]), settings.inbox.with_name(ELSEWHERE_FILES)
    )
    notes = {"ignored": dict(listing.ignored), "waiting": sorted(map(name_source, gone))}
    write_whole(settings.inbox.with_name(ELSEWHERE_NOTES), json.dumps(notes).encode())


def _fetch(settings: Settings, bucket: Bucket, item: Listed) -> dict[str, Any]:
    """Fetch one object: its row of RECORD, or what kept it from being fetched."""
    place = settings.inbox / item.key
    # Not under its name at once: what stopped half way must not be taken for the file.
    part = settings.inbox.with_name("parts") / hashlib.sha256(item.key.encode()).hexdigest()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        sha256 = bucket.download(item, part)
        if item.modified_at is not None:
            # An object appears whole: nobody has to wait and see whether it is still being written.
            written = item.modified_at.timestamp()
            os.utime(part, (written, written))
        os.link(part, place)
    except ObjectGoneError:
        return {"key": item.key, "outcome": "gone"}
    except ObjectChangedError:
        # It is being written: it waits for the next run, as in a folder.
        return {"key": item.key, "outcome": "changed"}
    except FileExistsError:
        return {
            "failure": describe_failure(
                name_source(item.key), "unreadable", "on this machine its key is the same as another one's"
            )
        }
    finally:
        part.unlink(missing_ok=True)
    return {"key": item.key, "e_tag": item.e_tag, "source_bytes": item.bytes, "source_sha256": sha256}


def record_taken(settings: Settings) -> None:
    """Write down which content the objects had that the store knows by now; their bytes are not needed here."""
    store = Store(settings.data)
    fetched = pl.read_parquet(settings.inbox.with_name(FETCHED), schema=RECORD)
    files = _frame(_name_files(fetched))
    untaken = set(select_new(files, store, remember=False)["source_path"])
    taken = fetched.filter([name_source(key) not in untaken for key in fetched["key"]])
    old = read_record(settings, store)
    record = pl.concat([old.join(taken, on="key", how="anti"), taken]).sort("key")
    if not record.equals(old):
        place = _record_path(settings, store)
        part = write_frame(record, place.with_name(f".{place.name}.part"))
        part.replace(place)
    remove_folder(settings.inbox)
    settings.inbox.mkdir()


def read_record(settings: Settings, store: Store) -> pl.DataFrame:
    """What is known of the objects of this inbox; nothing when the record is lost or cannot be read."""
    try:
        return pl.read_parquet(_record_path(settings, store), schema=RECORD)
    except (OSError, pl.exceptions.PolarsError):
        return pl.DataFrame(schema=RECORD)


def _record_path(settings: Settings, store: Store) -> Path:
    name = hashlib.sha256(str(settings.inbox_url).encode()).hexdigest()[:16]
    return store.root / f"{INBOX_RECORD}{name}.parquet"


def _name_files(objects: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of RECORD as discovery knows files."""
    return [
        {"source_path": name_source(row["key"]), **{name: row[name] for name in ("source_bytes", "source_sha256")}}
        for row in objects.iter_rows(named=True)
    ]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as discovery has them; what they do not say is null."""
    return pl.DataFrame(rows, schema=FILES)
