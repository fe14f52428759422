"""Write, audit, publish: how staged files become the datasets, all of them or none.

A run stages every file that it changes under `work/<run_id>/publish/`. Writing `journal.json` there is the commit
point: from then on the publication is finished, by this run or by the next one. Until then it is as if the run had
never been. Files are put in place whole, under a new name or their own, so a reader that globs the folder sees the old
file or the new one. Nothing is ever deleted and no row moves to another file of its dataset.

The order is: files of `articles` that lose rows, then other files that change, then new files; so nobody ever
sees an excerpt and the article that it stands in side by side in `articles`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from flows.catalog import describe_package, render_data_dictionary, render_package
from flows.errors import StoreError
from flows.storage import EMPTY_FILE, Store, remove_folder, sync_folder, write_table, write_whole
from transforms.contracts import ARTICLES, DUPLICATES, TABLES, Table

JOURNAL: Final = "journal.json"
ROWS_PER_FILE: Final = 50_000
"""New rows of a dataset are split into files of this many rows: what a demotion must rewrite stays small."""

ROWS_PER_INTERNAL_FILE: Final = 5_000_000
"""The same for tables of a few numbers a row, none of which is ever demoted."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file to put in place: its final path relative to the store, and whether a file is there already."""

    name: str
    is_replacement: bool


def stage_table_changes(
    store: Store, table: Table, desired: pl.LazyFrame, touched: pl.DataFrame | None, run_id: str
) -> list[StagedFile]:
    """Stage the files of `table` that must change so that it says `desired` about the touched keys.

    `desired` holds the rows wanted, in the published columns. `touched` names the keys that may change (any of the
    table's columns; rows with an equal key are replaced together); None means every key, and rows that are not
    desired go. A file whose rows come out equal is not staged.
    """
    publish = store.work(run_id) / "publish"
    by = list(touched.columns) if touched is not None else list(table.key)
    files = list(store.list_files(table).items())
    homes = _locate_rows(table, [path for _, path in files], by, touched)
    placed = _place_rows(desired, homes, table, by)
    if homes.height:
        # Every file that changes looks for its rows there: they are worked out once, and not held in memory.
        rows = publish.parent / "placed" / f"{table.name}.parquet"
        placed.sink_parquet(rows, mkdir=True)
        placed = pl.scan_parquet(rows)
    staged: list[StagedFile] = []
    for number in homes["file"].unique().sort():
        name, path = files[number]
        old = pl.read_parquet(path, schema=table.polars_schema)
        keys = homes.filter(pl.col("file") == number).select(by).unique()
        new = _replace_rows(old, placed.filter(pl.col("file") == number).select(table.column_names), keys, by)
        if not new.equals(old):
            write_table(new, publish / name, table)
            staged.append(StagedFile(name, is_replacement=True))
    fresh = placed.filter(pl.col("file").is_null())
    for number, part in enumerate(_split_rows(fresh, table)):
        name = f"{table.folder}/{run_id}-{number:05d}.parquet"
        write_table(part, publish / name, table)
        staged.append(StagedFile(name, is_replacement=False))
    return staged


def _locate_rows(table: Table, files: Sequence[Path], by: Sequence[str], touched: pl.DataFrame | None) -> pl.DataFrame:
    """The key of every held row that may change, what it is replaced together with, and the number of its `file`."""
    names = list(dict.fromkeys([*by, *table.key]))
    schema = pl.Schema({name: table.polars_schema[name] for name in names} | {"file": pl.UInt32()})
    found = [pl.DataFrame(schema=schema)]
    for number, path in enumerate(files):
        keys = pl.read_parquet(path, columns=names).select(names)
        if touched is not None:
            keys = keys.join(touched, on=list(by), how="semi", nulls_equal=True)
        found.append(keys.with_columns(pl.lit(number, pl.UInt32).alias("file")))
    return pl.concat(found)


def _place_rows(desired: pl.LazyFrame, homes: pl.DataFrame, table: Table, by: Sequence[str]) -> pl.LazyFrame:
    """`desired` with the number of the `file` that each row goes to; null for a new file.

    A row stays in its file; a new row of a group goes to the last file that holds rows of the group.
    """
    own = homes.select(*table.key, "file").lazy()
    of_group = homes.group_by(by).agg(pl.col("file").max().alias("file_of_group")).lazy()
    return (
        desired.join(own, on=table.key, how="left", nulls_equal=True, maintain_order="left")
        .join(of_group, on=list(by), how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.coalesce("file", "file_of_group").alias("file"))
    )


def _replace_rows(old: pl.DataFrame, desired: pl.LazyFrame, keys: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """`old` with the rows of `keys` as desired, in the place of the first old row of their key."""
    places = old.with_row_index("place").select(*by, "place")
    first_places = places.group_by(by, maintain_order=True).agg(pl.col("place").min())
    wanted = (
        desired.join(keys.lazy(), on=list(by), how="semi", nulls_equal=True, maintain_order="left")
        .collect()
        .join(first_places, on=list(by), how="left", nulls_equal=True, maintain_order="left")
    )
    untouched = old.with_row_index("place").join(keys, on=list(by), how="anti", nulls_equal=True, maintain_order="left")
    columns = [*old.columns, "place"]
    return (
        pl.concat([untouched.select(columns), wanted.select(columns)]).sort("place", maintain_order=True).drop("place")
    )


def _split_rows(rows: pl.LazyFrame, table: Table) -> Iterable[pl.DataFrame]:
    size = ROWS_PER_FILE if table.is_published else ROWS_PER_INTERNAL_FILE
    for batch in rows.select(table.column_names).collect_batches(chunk_size=size, maintain_order=True):
        if batch.height:
            yield batch


def stage_catalog(store: Store, staged: Sequence[StagedFile], run_id: str) -> list[StagedFile]:
    """Stage the data dictionary and `datapackage.json` as they will be once `staged` is in place."""
    publish = store.work(run_id) / "publish"
    after = store.with_staged(locate_staged(store, staged, run_id))
    files = {
        table.name: [(name, path.stat().st_size) for name, path in after.list_files(table).items()]
        for table in TABLES
        if table.is_published
    }
    texts = {"README.md": render_data_dictionary(), "datapackage.json": render_package(describe_package(files))}
    changed = []
    for name, text in texts.items():
        place = store.root / name
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            write_whole(publish / name, text.encode())
            changed.append(StagedFile(name, is_replacement=place.exists()))
    return changed


def stage_empty_files(store: Store, run_id: str) -> list[StagedFile]:
    """Stage a file without rows for every dataset that has none yet."""
    staged = []
    for table in TABLES:
        name = f"{table.folder}/{EMPTY_FILE}"
        if not (store.root / name).exists():
            write_table(table.empty(), store.work(run_id) / "publish" / name, table)
            staged.append(StagedFile(name, is_replacement=False))
    return staged


def locate_staged(store: Store, staged: Iterable[StagedFile], run_id: str) -> dict[str, Path]:
    """Final path -> where the staged content lies."""
    return {file.name: store.work(run_id) / "publish" / file.name for file in staged}


def order_for_publication(staged: Iterable[StagedFile]) -> list[StagedFile]:
    """The order that keeps every moment between two files readable; see the module docstring."""
    additions = [table.name for table in TABLES if table not in (ARTICLES, DUPLICATES)] + ["articles", "duplicates"]

    def place(file: StagedFile) -> tuple[int, int, str]:
        dataset, _, rest = file.name.partition("/")
        if not rest:
            return 3, 0, file.name
        if file.is_replacement:
            return (0 if dataset == ARTICLES.name else 1), 0, file.name
        return 2, additions.index(dataset), file.name

    return sorted(staged, key=place)


def commit(store: Store, staged: Sequence[StagedFile], run_id: str) -> None:
    """Write the journal: from here on the publication will be finished, whatever happens to this process."""
    publish = store.work(run_id) / "publish"
    folders = {folder for file in staged for folder in (publish / file.name).parents}
    for folder in sorted(folder for folder in folders if folder.is_relative_to(publish)):
        sync_folder(folder)
    names = [file.name for file in order_for_publication(staged)]
    write_whole(store.work(run_id) / JOURNAL, json.dumps({"run_id": run_id, "files": names}, indent=1).encode())
    sync_folder(store.work(run_id).parent)


def roll_forward(store: Store, run_id: str) -> int:
    """Put every file of a committed run in place that is not there yet; returns how many were put.

    Safe to repeat: a file that was put has left the staging folder. StoreError when a file is in neither place.
    """
    work = store.work(run_id)
    journal = json.loads((work / JOURNAL).read_text(encoding="utf-8"))
    put = 0
    for name in journal["files"]:
        source, target = work / "publish" / name, store.root / name
        if source.exists():
            if not target.parent.exists():
                target.parent.mkdir(parents=True)
                sync_folder(target.parent.parent)
                sync_folder(store.root)
            source.replace(target)
            sync_folder(target.parent)
            put += 1
        elif not target.exists():
            raise StoreError(
                f"the journal of run {run_id} names {name}, which is neither staged nor in place. The store was "
                f"changed by something else; restore it from a copy, or delete {work} and then rebuild the store with "
                "`winnow backfill --all`."
            )
    (work / JOURNAL).unlink()
    sync_folder(work)
    remove_folder(work)
    return put


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was left behind by runs that did not end: the ones finished now, and the ones undone."""

    finished: tuple[str, ...]
    undone: tuple[str, ...]


def recover(store: Store) -> Recovery:
    """Finish the runs that had committed and undo the others. Call it under the lock, before anything is read."""
    finished, undone = [], []
    for work in _list_left_behind(store):
        if (work / JOURNAL).exists():
            roll_forward(store, work.name)
            finished.append(work.name)
        else:
            # A run that had ended may have been stopped while it tidied up: nothing of it is missing.
            remove_folder(work)
            undone.append(work.name)
    return Recovery(tuple(finished), tuple(undone))


def needs_recovery(store: Store) -> bool:
    """Whether a run left something behind."""
    return bool(_list_left_behind(store))


def _list_left_behind(store: Store) -> list[Path]:
    """Folders of runs; whatever else somebody put beside them is not ours."""
    works = store.root / "work"
    return sorted(path for path in works.iterdir() if path.is_dir()) if works.exists() else []
