"""Write, audit, publish: how staged files become the datasets, all of them or none.

A run stages every file that it changes under `work/<run_id>/publish/`. Writing `journal.json` there is the commit
point: from then on the publication is finished, by this run or by the next one. Until then it is as if the run had
never been. Files are put in place whole, under a new name or their own, so a reader that globs the folder sees the old
file or the new one. Nothing is ever deleted and no row moves to another file of its dataset; only compaction does that,
a whole folder at a time (`flows.compaction`).

The order is: files of `articles` that lose rows, then other files that change, then new files; so nobody ever
sees an excerpt and the article that it stands in side by side in `articles`. New files of `changes` come last of all
datasets: whoever has read there that a run changed a document finds the change in place.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from flows.catalog import DESCRIPTION, TITLE, describe_package, render_data_dictionary, render_package
from flows.croissant import describe_croissant, render_croissant
from flows.errors import StoreError
from flows.folders import put_folders_in_place, remove_retired
from flows.storage import (
    EMPTY_FILE,
    FORMAT_FILE,
    Store,
    advise_repair,
    hash_file,
    remove_folder,
    remove_old_segments,
    render_format,
    sync_folder,
    write_frame,
    write_table,
    write_whole,
)
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES, RUNS, TABLES, Column, Table

JOURNAL: Final = "journal.json"
ROWS_PER_FILE: Final = 50_000
"""New rows of a dataset are split into files of this many rows: what a demotion must rewrite stays small."""

BYTES_PER_FILE: Final = 16_000_000
"""A new file ends before its rows measure more than this. A demotion rewrites the file that holds the document."""

ITEM_BYTES: Final = 24
"""What an item of a list is taken to measure: a span or a block is a few numbers."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file to put in place: its final path relative to the store, and whether a file is there already.

    `sha256` is that of the content as it was staged: what goes bad on the disk afterwards is not published.
    """

    name: str
    is_replacement: bool
    sha256: str = field(compare=False)


def stage_file(store: Store, name: str, run_id: str) -> StagedFile:
    """Describe a file that was just written to where the run stages the content of `name`."""
    content = store.work(run_id) / "publish" / name
    return StagedFile(name, is_replacement=(store.root / name).exists(), sha256=hash_file(content))


def stage_table_changes(
    store: Store,
    table: Table,
    desired: Iterable[pl.DataFrame],
    touched: pl.DataFrame | None,
    run_id: str,
    near: Sequence[Path] | None = None,
) -> list[StagedFile]:
    """Stage the files of `table` that must change so that it says `desired` about the touched keys.

    `desired` gives the rows wanted, in the published columns, a frame after another. `touched` names the keys that may
    change (any of the table's columns; rows with an equal key are replaced together); None means every key, and rows
    that are not desired go. A file whose rows come out equal is not staged. `desired` is gone through once: what is
    held of it at a time does not depend on how much there is. `near`: the only files that can hold touched rows, where
    that is known. ValueError when its columns are not those of the table.
    """
    work = store.work(run_id)
    by = list(touched.columns) if touched is not None else list(table.key)
    files = list(store.list_files(table).items())
    looked_at = {number: path for number, (_, path) in enumerate(files) if near is None or path in near}
    homes = _locate_rows(table, looked_at, by, touched)
    placed = work / "placed" / table.name
    added = stage_new_files(store, table, _take_new_rows(_place_rows(desired, homes, table, by), placed), run_id)
    replaced = []
    for number in homes["file"].unique().sort():
        name, path = files[number]
        old = pl.read_parquet(path, schema=table.polars_schema)
        new = _replace_rows(old, _read_placed(placed / str(number), table), touched, by)
        if not new.equals(old):
            write_table(new, work / "publish" / name, table)
            replaced.append(stage_file(store, name, run_id))
    remove_folder(placed)
    return replaced + added


def stage_new_files(store: Store, table: Table, rows: Iterable[pl.DataFrame], run_id: str) -> list[StagedFile]:
    """Stage `rows` (the published columns) as new files of `table`, each of the usual size but the last one."""
    added = []
    for number, part in enumerate(split_rows(rows, table)):
        name = f"{table.folder}/{run_id}-{number:05d}.parquet"
        write_table(part, store.work(run_id) / "publish" / name, table)
        added.append(stage_file(store, name, run_id))
    return added


def _locate_rows(
    table: Table, files: Mapping[int, Path], by: Sequence[str], touched: pl.DataFrame | None
) -> pl.DataFrame:
    """Where the held rows that may change are: `row` and `group` (hashes of key and `by`), and number of the `file`.

    Hashes, because a rebuild locates every row of the store, and a key can be a whole line of text. Should two keys
    have the same one, a row goes to the file of the other: it is as good a place as its own.
    """
    names = list(dict.fromkeys([*by, *table.key]))
    found = [pl.DataFrame(schema={"row": pl.UInt64, "group": pl.UInt64, "file": pl.UInt32})]
    # Nothing that the store could hold: nothing is read.
    for number, path in files.items() if touched is None or touched.height else ():
        keys = pl.read_parquet(path, columns=names)
        if touched is not None:
            keys = keys.join(touched, on=list(by), how="semi", nulls_equal=True)
        found.append(keys.select(*_hash_keys(table, by), pl.lit(number, pl.UInt32).alias("file")))
    return pl.concat(found)


def _hash_keys(table: Table, by: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    return pl.struct(table.key).hash().alias("row"), pl.struct(by).hash().alias("group")


def _place_rows(
    desired: Iterable[pl.DataFrame], homes: pl.DataFrame, table: Table, by: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """`desired` with the number of the `file` that each row goes to; null for a new file.

    A row stays in its file; a new row of a group goes to the last file that holds rows of the group.
    """
    own = homes.group_by("row").agg(pl.col("file").min())
    of_group = homes.group_by("group").agg(pl.col("file").max().alias("file_of_group"))
    for rows in desired:
        if differences := table.find_schema_differences(rows.schema):
            raise ValueError(f"rows for {table.name}: {'; '.join(differences)}")
        yield (
            rows.with_columns(_hash_keys(table, by))
            .join(own, on="row", how="left", maintain_order="left")
            .join(of_group, on="group", how="left", maintain_order="left")
            .select(*table.column_names, pl.coalesce("file", "file_of_group").alias("file"))
        )


def _take_new_rows(rows: Iterable[pl.DataFrame], placed: Path) -> Iterator[pl.DataFrame]:
    """The rows for new files; those that have a `file` are laid down in a folder for it."""
    for number, batch in enumerate(rows):
        for (file,), part in batch.partition_by("file", maintain_order=True, as_dict=True).items():
            if file is None:
                yield part.drop("file")
            else:
                write_frame(part.drop("file"), placed / str(file) / f"{number:06d}.parquet")


def _read_placed(folder: Path, table: Table) -> pl.DataFrame:
    parts = sorted(folder.glob("*.parquet"))
    return pl.read_parquet(parts, schema=table.polars_schema) if parts else table.empty()


def _replace_rows(
    old: pl.DataFrame, wanted: pl.DataFrame, touched: pl.DataFrame | None, by: Sequence[str]
) -> pl.DataFrame:
    """`old` with its touched rows (None: all of them) as `wanted`, in the place of the first old row of their key."""
    places = old.with_row_index("place")
    first_places = places.select(*by, "place").group_by(by, maintain_order=True).agg(pl.col("place").min())
    new = wanted.join(first_places, on=list(by), how="left", nulls_equal=True, maintain_order="left")
    stays = (
        places.clear()
        if touched is None
        else places.join(touched, on=list(by), how="anti", nulls_equal=True, maintain_order="left")
    )
    columns = [*old.columns, "place"]
    together = pl.concat([stays.select(columns), new.select(columns)])
    return together.sort("place", nulls_last=True, maintain_order=True).drop("place")


def split_rows(batches: Iterable[pl.DataFrame], table: Table) -> Iterator[pl.DataFrame]:
    """The rows of `batches` in order, as files bounded in rows and bytes; where one ends depends on the rows alone."""
    held: list[pl.DataFrame] = []
    rows, size = 0, 0
    for batch in batches:
        ends = batch.with_columns(_measure_rows(table).alias("bytes"))["bytes"].cum_sum().to_numpy()
        start = 0
        while start < batch.height:
            before = int(ends[start - 1]) if start else 0
            fitting = int(np.searchsorted(ends, before + BYTES_PER_FILE - size, side="right")) - start
            taken = min(fitting, ROWS_PER_FILE - rows)
            if taken <= 0 and rows:
                yield pl.concat(held)
                held, rows, size = [], 0, 0
                continue
            # A row that is larger than a file has one for itself.
            held.append(batch.slice(start, max(taken, 1)))
            rows, start = rows + held[-1].height, start + held[-1].height
            size += int(ends[start - 1]) - before
    if rows:
        yield pl.concat(held)


def _measure_rows(table: Table) -> pl.Expr:
    """Bytes of each row, near enough to bound a file."""
    return pl.sum_horizontal(_measure_column(column).cast(pl.Int64).fill_null(0) for column in table.columns)


def _measure_column(column: Column) -> pl.Expr:
    match column.dtype:
        case pl.String():
            return pl.col(column.name).str.len_bytes()
        case pl.Binary():
            return pl.col(column.name).bin.size()
        case pl.List():
            return pl.col(column.name).list.len() * ITEM_BYTES
    return pl.lit(8)


def stage_catalog(store: Store, staged: Sequence[StagedFile], run_id: str) -> list[StagedFile]:
    """Stage what describes the store, in words and for programs, as it will be once `staged` is in place."""
    publish = store.work(run_id) / "publish"
    after = store.with_staged(locate_staged(store, staged, run_id))
    files = {
        table.name: [(name, path.stat().st_size) for name, path in after.list_files(table).items()] for table in TABLES
    }
    days = after.read(RUNS, ["started_at"])["started_at"].dt.date().sort().to_list()
    texts = {
        "README.md": render_data_dictionary(),
        "datapackage.json": render_package(describe_package(files)),
        FORMAT_FILE: render_format(),
    }
    if days:
        # It says when the datasets were published: first, and last.
        texts["croissant.json"] = render_croissant(describe_croissant(TITLE, DESCRIPTION, days[0], days[-1]))
    changed = []
    for name, text in texts.items():
        place = store.root / name
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            write_whole(publish / name, text.encode())
            changed.append(stage_file(store, name, run_id))
    return changed


def stage_empty_files(store: Store, run_id: str) -> list[StagedFile]:
    """Stage a file without rows for every dataset that has none yet."""
    staged = []
    for table in TABLES:
        name = f"{table.folder}/{EMPTY_FILE}"
        if not (store.root / name).exists():
            write_table(table.empty(), store.work(run_id) / "publish" / name, table)
            staged.append(stage_file(store, name, run_id))
    return staged


def locate_staged(store: Store, staged: Iterable[StagedFile], run_id: str) -> dict[str, Path]:
    """Final path -> where the staged content lies."""
    return {file.name: store.work(run_id) / "publish" / file.name for file in staged}


def order_for_publication(staged: Iterable[StagedFile]) -> list[StagedFile]:
    """The order that keeps every moment between two files readable; see the module docstring."""
    last = (ARTICLES, DUPLICATES, CHANGES)
    additions = [table.name for table in (*(table for table in TABLES if table not in last), *last)]

    def place(file: StagedFile) -> tuple[int, int, str]:
        dataset = _name_dataset(file.name)
        if not dataset:
            return 3, 0, file.name
        if file.is_replacement:
            return (0 if dataset == ARTICLES.name else 1), 0, file.name
        # The index is no dataset: nobody reads it beside a run, which waits until all is in place.
        return 2, additions.index(dataset) if dataset in additions else -1, file.name

    return sorted(staged, key=place)


def _name_dataset(name: str) -> str:
    """The dataset that a file belongs to, by its name in the store; "" for a file beside the datasets."""
    return name.partition("/")[0] if "/" in name else ""


def commit(store: Store, staged: Sequence[StagedFile], run_id: str, exchanged: Mapping[str, str] | None = None) -> None:
    """Write the journal: from here on the publication will be finished, whatever happens to this process.

    `exchanged`: folders to exchange before files are put in place; see `flows.folders.put_folders_in_place`.
    """
    publish = store.work(run_id) / "publish"
    folders = {folder for file in staged for folder in (publish / file.name).parents}
    for folder in sorted(folder for folder in folders if folder.is_relative_to(publish)):
        sync_folder(folder)
    ordered = order_for_publication(staged)
    journal = {
        "run_id": run_id,
        "files": [file.name for file in ordered],
        "sha256": {file.name: file.sha256 for file in ordered},
        **({"folders": dict(exchanged)} if exchanged else {}),
    }
    write_whole(store.work(run_id) / JOURNAL, json.dumps(journal, indent=1).encode())
    sync_folder(store.work(run_id).parent)


def roll_forward(store: Store, run_id: str) -> int:
    """Put every file of a committed run in place that is not there yet; returns how many were put.

    Safe to repeat: a file that was put has left the staging folder. StoreError when a file is in neither place, or is
    not what was staged; then nothing is put, and the next run undoes this one if nothing had been put before.
    """
    work = store.work(run_id)
    journal = _read_journal(work)
    _refuse_damaged(store, work, journal, journal["files"])
    put_folders_in_place(store, run_id, journal.get("folders", {}))
    put = 0
    for _, names in groupby(journal["files"], key=_name_dataset):
        changed = [_put_in_place(store, work, journal, name) for name in names]
        # Durable one dataset after the other: what readers see after a power cut keeps to the order, too.
        for folder in sorted(set().union(*changed)):
            sync_folder(folder)
        put += sum(map(bool, changed))
    remove_old_segments(store)
    (work / JOURNAL).unlink()
    sync_folder(work)
    remove_folder(work)
    return put


def _put_in_place(store: Store, work: Path, journal: Mapping[str, Any], name: str) -> set[Path]:
    """Give a staged file its own name; returns the folders whose names changed, none when it has it already."""
    source, target = work / "publish" / name, store.root / name
    if not source.exists():
        if target.exists():
            return set()
        raise StoreError(
            f"the journal of run {work.name} names {name}, which is neither staged nor in place. The store was changed "
            f"by something else. Restore it from a copy, or: {advise_repair(store, work.name)}"
        )
    folders = {target.parent} if target.parent.exists() else {target.parent, target.parent.parent, store.root}
    target.parent.mkdir(parents=True, exist_ok=True)
    # Again: all were looked at before the first was put, which can be a while ago.
    _refuse_damaged(store, work, journal, [name])
    source.replace(target)
    return folders


def _read_journal(work: Path) -> dict[str, Any]:
    journal: dict[str, Any] = json.loads((work / JOURNAL).read_text(encoding="utf-8"))
    return journal


def _refuse_damaged(store: Store, work: Path, journal: Mapping[str, Any], names: Iterable[str]) -> None:
    """StoreError when a file of `names` waits to be put in place, and is not what was staged."""
    if damaged := _find_damaged(work, journal, names):
        raise StoreError(
            f"{_count(damaged)} of run {work.name} went bad on the disk after it was staged: {damaged[0]}. "
            + (
                "Nothing of the run was published; run again."
                if _is_untouched(work, journal)
                else f"Other files of it were published before. {advise_repair(store, work.name)}"
            )
        )


def _find_damaged(work: Path, journal: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Files of `names` that wait to be put in place, and are not what was staged. Older journals have no digests."""
    digests = journal.get("sha256", {})
    waiting = ((name, work / "publish" / name) for name in names if name in digests)
    return [name for name, path in waiting if path.exists() and hash_file(path) != digests[name]]


def _is_untouched(work: Path, journal: Mapping[str, Any]) -> bool:
    """Whether nothing of a committed run was put in place yet."""
    is_whole = all((work / "publish" / name).exists() for name in journal["files"])
    return is_whole and ("folders" not in journal or (work / "folders").exists())


def _count(names: Sequence[str]) -> str:
    return "a file" if len(names) == 1 else f"{len(names)} files"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was left behind by runs that did not end: the ones finished now, and the ones undone."""

    finished: tuple[str, ...]
    undone: tuple[str, ...]


def recover(store: Store) -> Recovery:
    """Finish the runs that had committed and undo the others. Call it under the lock, before anything is read."""
    remove_retired(store)
    finished, undone = [], []
    for work in _list_left_behind(store):
        if _can_finish(work):
            roll_forward(store, work.name)
            finished.append(work.name)
        else:
            # A run that had ended may have been stopped while it tidied up: nothing of it is missing.
            remove_folder(work)
            undone.append(work.name)
    return Recovery(tuple(finished), tuple(undone))


def _can_finish(work: Path) -> bool:
    """Whether a run committed, and is to be finished; one whose files went bad before any was put is not."""
    if not (work / JOURNAL).exists():
        return False
    journal = _read_journal(work)
    return not _is_untouched(work, journal) or not _find_damaged(work, journal, journal["files"])


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What a run that is going on, or was interrupted, has in the store beside the datasets."""

    run_id: str
    is_committed: bool

    def __str__(self) -> str:
        """What will become of it."""
        if self.is_committed:
            return f"Run {self.run_id} had passed its audit when it stopped; the next run finishes its publication."
        return f"Run {self.run_id} is going on or was interrupted; the next run deletes what it left."


def list_left_behind(store: Store) -> list[LeftBehind]:
    """Every run that has not ended."""
    return [LeftBehind(work.name, (work / JOURNAL).exists()) for work in _list_left_behind(store)]


def _list_left_behind(store: Store) -> list[Path]:
    """Folders of runs; whatever else somebody put beside them is not ours."""
    works = store.root / "work"
    return sorted(path for path in works.iterdir() if path.is_dir()) if works.exists() else []
