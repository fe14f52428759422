"""Compacting data files: the many small files of a dataset become few of the usual size, with the same rows.

The folder of the dataset is made anew under `work/`: small files merged, the others linked. The journal then exchanges
it with the old one; see `flows.folders` for what readers see of that. A store that is not worth it stays as it is.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from flows.errors import StoreError
from flows.publication import BYTES_PER_FILE, ROWS_PER_FILE, split_rows
from flows.slices import walk_rows
from flows.storage import EMPTY_FILE, Store, remove_folder, sync_folder, write_table
from transforms.contracts import TABLES, Table

SMALL_SHARE: Final = 0.5
"""A file with less than this share of the rows and the bytes that a file may have is small."""


@dataclass(frozen=True)
class MergedFolder:
    """The new folder of a dataset: its files, and the small ones that are gone in it (final paths)."""

    table: Table
    added: dict[str, Path]
    merged: tuple[str, ...]


def list_small_files(store: Store, table: Table) -> dict[str, Path]:
    """The data files of `table` that would go well with others into one."""
    found = {}
    for name, path in store.list_files(table).items():
        metadata = pq.read_metadata(path)
        size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        is_small = metadata.num_rows < SMALL_SHARE * ROWS_PER_FILE and size < SMALL_SHARE * BYTES_PER_FILE
        if is_small and path.name != EMPTY_FILE:
            found[name] = path
    return found


def stage_merged_folders(store: Store, change_id: str) -> list[MergedFolder]:
    """Stage a new folder for each dataset that has small files which fit into fewer."""
    folders = (_stage_merged_folder(store, table, change_id) for table in TABLES)
    return [folder for folder in folders if folder is not None]


def _stage_merged_folder(store: Store, table: Table, change_id: str) -> MergedFolder | None:
    small = list_small_files(store, table)
    if len(small) <= 1:
        return None
    place = store.work(change_id) / "folders" / table.folder
    added = {
        f"{table.folder}/{path.name}": path for path in _write_merged(list(small.values()), table, place, change_id)
    }
    if len(added) >= len(small):
        remove_folder(place)
        return None
    _link_others(store.folder(table), place, {path.name for path in small.values()})
    return MergedFolder(table, added, tuple(small))


def _write_merged(paths: Sequence[Path], table: Table, place: Path, change_id: str) -> Iterator[Path]:
    """Write the rows of `paths` as files of the usual size; StoreError when they come back otherwise."""
    place.mkdir(parents=True)
    rows = 0
    for number, part in enumerate(split_rows(walk_rows(paths, table, table.column_names), table)):
        path = write_table(part, place / f"{change_id}-{number:05d}.parquet", table)
        if not pl.read_parquet(path, schema=table.polars_schema).equals(part):
            raise StoreError(f"{path} does not hold the rows that were written to it; nothing was changed")
        rows += part.height
        yield path
    expected = sum(pq.read_metadata(path).num_rows for path in paths)
    if rows != expected:
        raise StoreError(f"{table.folder}: {expected} rows went in and {rows} came out; nothing was changed")


def _link_others(old: Path, new: Path, merged: set[str]) -> None:
    """Give `new` the files of `old` that were not merged, and its mode."""
    with os.scandir(old) as entries:
        for entry in entries:
            if not entry.is_file(follow_symlinks=False):
                raise StoreError(f"{entry.path} is no file that a run wrote; move it away, then compact again")
            if entry.name not in merged:
                (new / entry.name).hardlink_to(entry.path)
    shutil.copymode(old, new)
    sync_folder(new)


def preview_merged(store: Store, folders: Sequence[MergedFolder]) -> Store:
    """The store as it will be once the folders are in place."""
    added = {name: path for folder in folders for name, path in folder.added.items()}
    gone = frozenset(name for folder in folders for name in folder.merged)
    return replace(store.with_staged(added), gone=gone)
