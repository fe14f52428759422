"""Where in the store documents lie, so that a run opens few files for the few documents that it asks for.

Asked for documents by id, by path or by text, Parquet goes through a column of every file, and through all columns of
those with a row. A run asks often, and mostly for the same documents. So it goes through the key columns once, and
keeps eight bytes a key and document for its own steps. Nothing of it outlives the run, so it never says what the store
does not; and a hash only tells which files to open: rows are chosen by the key itself.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from flows.run import Run, scan_files
from flows.storage import Store
from transforms.contracts import ARTICLES, DUPLICATES, OVERLAPS, Table
from transforms.dedup.update import HELD_COLUMNS, PLACE, Held
from transforms.dedup.words import key_texts

HELD_TABLES: Final = (ARTICLES, DUPLICATES)

KEYS: Final[dict[tuple[str, ...], pl.Expr]] = {
    ("document_id",): pl.col("document_id").hash().alias("document_id"),
    tuple(PLACE): pl.struct(PLACE).hash().alias("place"),
    ("text_sha256",): key_texts(pl.col("text_sha256")),
    ("text_key",): pl.col("text_key"),
}
"""Columns by which documents are asked for -> the number that stands for them."""

STORED_KEYS: Final = [hashed for columns, hashed in KEYS.items() if columns != ("text_key",)]

Rows = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Directory:
    """The keys of every document held, and the number of its `file` in `files`."""

    files: tuple[tuple[Table, Path], ...]
    numbers: pl.DataFrame

    def find_rows(self, keys: pl.DataFrame) -> Rows:
        """The rows of `numbers` that may have one of `keys`; the columns of these are among KEYS."""
        wanted = keys.select(KEYS[tuple(keys.columns)]).to_series()
        asked = self.numbers[wanted.name].is_in(wanted.unique().implode())
        return asked.arg_true().to_numpy()

    def find_files(self, keys: pl.DataFrame) -> dict[Table, list[Path]]:
        """The files of each table that may hold a document with one of `keys`, in order."""
        return self.list_files(self.find_rows(keys))

    def list_files(self, rows: Rows) -> dict[Table, list[Path]]:
        """The files of each table that hold the documents in `rows`, in order."""
        found: dict[Table, list[Path]] = {table: [] for table in HELD_TABLES}
        for number in np.unique(self.numbers["file"].to_numpy()[rows]).tolist():
            table, path = self.files[number]
            found[table].append(path)
        return found

    def scan(self, keys: pl.DataFrame, columns: Sequence[str]) -> pl.LazyFrame:
        """Columns of all documents in the files that may hold one with `keys`; see `run.scan_held`."""
        return scan_files(self.find_files(keys), columns)


def open_directory(run: Run) -> Directory:
    """The directory of the store as published; the first step of the run that asks makes it."""
    files = tuple((table, path) for table in HELD_TABLES for path in run.store.list_files(table).values())
    place = run.work / "directory.arrow"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}.part")
        _number_documents(run.store, files).write_ipc(part, compression="uncompressed")
        part.replace(place)
    return Directory(files, pl.read_ipc(place))


def _number_documents(store: Store, files: Sequence[tuple[Table, Path]]) -> pl.DataFrame:
    keys = pl.concat([store.scan(table).select(STORED_KEYS) for table in HELD_TABLES]).collect()
    rows = [pq.read_metadata(path).num_rows for _, path in files]
    return keys.with_columns(pl.Series("file", np.repeat(np.arange(len(files), dtype=np.uint32), rows)))


@dataclass
class StoredHeld(Held):
    """What a store holds, looked up by its directory; a document is read once, however often it is asked for."""

    directory: Directory
    read: pl.DataFrame = field(init=False)
    is_read: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is read yet."""
        self.read = self.documents.head(0).collect()
        self.is_read = np.zeros(self.directory.numbers.height, np.bool_)

    def find_documents(self, keys: pl.DataFrame) -> pl.DataFrame:
        """See `Held.find_documents`."""
        rows = self.directory.find_rows(keys)
        on: Any = keys.columns
        wanted = keys.unique()
        missing = rows[~self.is_read[rows]]
        if missing.size:
            files = self.directory.list_files(missing)
            found = scan_files(files, HELD_COLUMNS).join(wanted.lazy(), on=on, how="semi").collect()
            self.read = pl.concat([self.read, found.join(self.read, on="document_id", how="anti")])
            # Where two keys have one hash, some of the rows have another key: they are not read yet.
            if self.read.join(wanted, on=on, how="semi").height == rows.size:
                self.is_read[missing] = True
        return self.read.join(wanted, on=on, how="semi")


def open_held(run: Run) -> Held:
    """What the store holds, as deciding wants it; a rebuild starts from nothing."""
    if run.is_rebuild or not any(run.store.list_files(table) for table in HELD_TABLES):
        return Held.nothing()
    documents = scan_files({table: list(run.store.list_files(table).values()) for table in HELD_TABLES}, HELD_COLUMNS)
    return StoredHeld(documents, run.store.scan(OVERLAPS), open_directory(run))
