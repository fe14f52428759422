"""Where the datasets lie: reading them, writing files whole, and the lock that keeps two runs apart.

A store is a data folder:

    <table>/v<version>/*.parquet   the datasets; only `publication` puts files there
    work/<run_id>/                 what a run is making; gone when it is done
    index/                         fingerprints of all texts (`index`) and caches; made again when deleted
    reports/                       pages to look at
    retired/                       folders that compaction put aside, for ten minutes
    store.json                     the format of the store
    .lock, .prefect/               the lock, and Prefect's own files
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import transforms
from flows.errors import StoreError, StoreLockedError
from transforms.contracts import CHANGES, TABLES, Table

EMPTY_FILE: Final = "empty.parquet"
"""A file without rows in every dataset, so that a plain glob never comes up empty."""

INDEX_FORMAT: Final = 1
"""Part of the path. It changes with the layout of the files and with whatever a fingerprint depends on."""

INDEX_FOLDER: Final = f"index/v{INDEX_FORMAT}"
INDEX_MANIFEST: Final = f"{INDEX_FOLDER}/manifest.json"

STORE_FORMAT: Final = 1
"""What a store is as a whole. It grows when earlier code could no longer take a store in hand without harm; a dataset
that is new, or new columns in a new folder, are no new format: a run adds what an older store lacks."""

FORMAT_FILE: Final = "store.json"

SITE_INDEX: Final = "site/index.html"
DOCS_INDEX: Final = "data_docs/index.html"
"""Below the reports: where the report, and the Data Docs, open."""

COMPRESSION: Final = "zstd"

PAGE_BYTES: Final = 1 << 18
"""A page is the least of a column that can be read. A megabyte, as is usual, costs twice the time where a few texts are
read out of many; a quarter makes files larger by 2.5 %."""

DICTIONARY_BYTES: Final = 1 << 16
"""Whoever reads a page reads the dictionary of the column first, and a large one says that values do not return."""

CONTENTS: Final = ("text", "content")
"""Columns whose values hardly return and that nobody sorts: a dictionary of texts, and the first and last of them in
the footer, are read by all and serve nobody."""

ROWS_BETWEEN_CHECKS: Final = 64
"""A page ends, and a dictionary is given up, after so many rows at the earliest."""


LOCK_POLL_SECONDS: Final = 0.5
"""Between two looks at a lock that another process holds, for who waits."""


@dataclass(frozen=True)
class Store:
    """One data folder, optionally seen as it will be once staged files are in place.

    `staged` maps the final path of a file (relative to the root) to where its new content lies now; `gone` are final
    paths that will be no more.
    """

    root: Path
    staged: Mapping[str, Path] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def folder(self, table: Table) -> Path:
        """Where the files of `table` lie."""
        return self.root / table.folder

    @property
    def reports(self) -> Path:
        """Pages to look at."""
        return self.root / "reports"

    @property
    def site(self) -> Path:
        """Where the report of `winnow report` opens, whether one was made or not."""
        return self.reports / SITE_INDEX

    @property
    def index(self) -> Path:
        """Caches that can be deleted."""
        return self.root / "index"

    def work(self, run_id: str) -> Path:
        """Where the run `run_id` makes its files."""
        return self.root / "work" / run_id

    def list_files(self, table: Table) -> dict[str, Path]:
        """Every data file of `table`: its final path relative to the root -> where to read it now; sorted."""
        held = {f"{table.folder}/{path.name}": path for path in self.folder(table).glob("*.parquet")}
        new = {name: path for name, path in self.staged.items() if name.startswith(f"{table.folder}/")}
        return {name: path for name, path in sorted((held | new).items()) if name not in self.gone}

    def scan(self, table: Table, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """All rows of `table`, lazily; without files, a frame without rows."""
        paths = list(self.list_files(table).values())
        frame = pl.scan_parquet(paths, schema=table.polars_schema) if paths else table.empty().lazy()
        return frame if columns is None else frame.select(columns)

    def read(self, table: Table, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """All rows of `table`."""
        return self.scan(table, columns).collect()

    def with_staged(self, staged: Mapping[str, Path]) -> "Store":
        """The store as it will be once `staged` is in place."""
        return replace(self, staged={**self.staged, **staged})

    def exists(self) -> bool:
        """Whether anything was ever published here."""
        return (self.folder(TABLES[0]) / EMPTY_FILE).exists()


def render_format() -> str:
    """`store.json`, as it stands in a store of this format."""
    return json.dumps({"format": STORE_FORMAT}) + "\n"


def check_format(store: Store) -> None:
    """StoreError when a later version wrote the store. One without a format is older than formats, and welcome."""
    path = store.root / FORMAT_FILE
    if not path.exists():
        return
    try:
        found = int(json.loads(path.read_bytes())["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} does not say which format the store has; restore it, or delete it") from error
    if found > STORE_FORMAT:
        raise StoreError(
            f"{store.root} was written by a later version of Winnow: it has format {found}, and this version "
            f"({transforms.__version__}) knows formats up to {STORE_FORMAT}. Nothing was done; use the later version."
        )


def advise_repair(store: Store, change_id: str) -> str:
    """What to do when a change is half in place and can neither be finished nor undone.

    The feed begins anew: what it would have told of the change is lost.
    """
    return (
        f"Delete {store.work(change_id)} and {store.folder(CHANGES)}, then rebuild the store with "
        "`winnow backfill --all`, then run again."
    )


def write_table(frame: pl.DataFrame, path: Path, table: Table) -> Path:
    """Write `frame` as a file of `table`, on disk to the last byte before this returns.

    The file carries the contract's descriptions and units. The same rows give the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In one piece: where pages end depends on how the rows lie in memory.
    arrow = frame.select(table.column_names).rechunk().to_arrow().cast(table.arrow_schema)
    looked_up = [leaf for field in arrow.schema if field.name not in CONTENTS for leaf in _list_leaves(field)]
    with path.open("wb") as sink:
        with pq.ParquetWriter(
            sink,
            arrow.schema,
            compression=COMPRESSION,
            use_dictionary=looked_up,
            write_statistics=looked_up,
            data_page_size=PAGE_BYTES,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            write_batch_size=ROWS_BETWEEN_CHECKS,
        ) as writer:
            # A row group without rows is one thing that not every reader expects: `datasets` stops at it.
            if arrow.num_rows:
                writer.write_table(arrow)
        sink.flush()
        os.fsync(sink.fileno())
    return path


def _list_leaves(field: pa.Field, path: str = "") -> list[str]:
    """The columns of a Parquet file that hold `field`, by their paths."""
    path += field.name
    if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
        return _list_leaves(field.type.value_field.with_name("element"), f"{path}.list.")
    if pa.types.is_struct(field.type):
        return [leaf for inner in field.type for leaf in _list_leaves(inner, f"{path}.")]
    return [path]


def write_frame(frame: pl.DataFrame, path: Path) -> Path:
    """Write an intermediate frame that only this run reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="lz4")
    return path


def count_frame_rows(path: Path) -> int:
    """Rows of a Parquet file, read from its footer."""
    return int(pq.read_metadata(path).num_rows)


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())
    part.replace(path)
    sync_folder(path.parent)


def hash_file(path: Path | bytes) -> str:
    """SHA-256 of a file, read in pieces; the name may not be valid Unicode."""
    with open(path, "rb") as source:  # noqa: PTH123
        return hashlib.file_digest(source, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def lock_store(store: Store, holder: str, patience_seconds: float = 0) -> Iterator[None]:
    """Hold the store for this process; StoreLockedError names the holder when another one has it for so long.

    The lock goes with the process, however it ends, so there is never a stale one to remove.
    """
    store.root.mkdir(parents=True, exist_ok=True)
    path = store.root / ".lock"
    with path.open("a+", encoding="utf-8") as handle:
        deadline = time.monotonic() + patience_seconds
        while not (is_ours := _try_lock(handle)) and time.monotonic() < deadline:
            time.sleep(LOCK_POLL_SECONDS)
        if not is_ours:
            handle.seek(0)
            raise StoreLockedError(
                f"{store.root} is in use by {handle.read().strip() or 'another process'}. "
                "Nothing was done; run again when it has ended."
            )
        handle.seek(0)
        handle.truncate()
        handle.write(f"{holder} (process {os.getpid()})\n")
        handle.flush()
        check_format(store)
        yield


def _try_lock(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make_run_id(now: datetime, latest_started_at: datetime | None) -> tuple[str, datetime]:
    """Name and start of a run. Starts grow strictly, even when the clock was set back: they order versions."""
    started_at = now.astimezone(UTC)
    if latest_started_at is not None and started_at <= latest_started_at:
        started_at = latest_started_at.astimezone(UTC) + datetime.resolution
    return started_at.strftime("%Y%m%dT%H%M%S.%fZ"), started_at


def remove_folder(folder: Path) -> None:
    """Delete a folder and what is in it; fine when it is gone already."""
    if folder.exists():
        shutil.rmtree(folder)


def remove_old_segments(store: Store) -> None:
    """Delete the parts of the index that its manifest does not name."""
    manifest = store.root / INDEX_MANIFEST
    if manifest.exists():
        named = {entry["name"] for entry in json.loads(manifest.read_bytes())["segments"]}
        for path in manifest.parent.iterdir():
            if path.is_dir() and path.name not in named:
                remove_folder(path)
