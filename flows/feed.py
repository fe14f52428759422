"""The change feed: rows of `changes` for what a run publishes, told from the files that it stages.

A document whose row changes is in a file that the run replaces or adds, so these files are compared with those that lie
there, one at a time. What is held beside one file are the documents that left theirs, to be met in another one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.directory import HELD_TABLES
from flows.publication import StagedFile, locate_staged, stage_new_files
from flows.run import Run
from flows.slices import walk_rows
from flows.storage import Store
from transforms.changes import (
    FIELDS,
    STATE,
    describe_baseline,
    describe_changes,
    describe_state,
    find_changed_fields,
    list_state_columns,
)
from transforms.contracts import CHANGES, Table


@dataclass(frozen=True)
class _ChangedFile:
    """A file of `articles` or `duplicates` as the run stages it, and as it lies there; None when it is new.

    Only the rows of `touched` (documents) are looked at; None: all of them.
    """

    table: Table
    new: Path
    old: Path | None
    touched: pl.Series | None

    def read_state(self, path: Path | None) -> pl.DataFrame:
        """STATE of the rows in one of the two."""
        if path is None:
            return pl.DataFrame(schema=STATE)
        rows = self._scan(path).select(list_state_columns(self.table))
        return describe_state(rows.collect(), self.table.name)

    def find_fields(self) -> pl.DataFrame:
        """FIELDS of the documents that stay in it with other rows."""
        if self.old is None:
            return pl.DataFrame(schema=FIELDS)
        return find_changed_fields(self._scan(self.old).collect(), self._scan(self.new).collect())

    def _scan(self, path: Path) -> pl.LazyFrame:
        rows = pl.scan_parquet(path)
        return rows if self.touched is None else rows.filter(pl.col("document_id").is_in(self.touched.implode()))


def stage_feed(run: Run, staged: Sequence[StagedFile], touched: pl.DataFrame | None) -> list[StagedFile]:
    """Stage the rows of `changes` that say what `staged` changes in `articles` and `duplicates`.

    `touched` names the documents (document_id) whose rows may differ; None: any. The first run on a store that is
    older than the feed adds a row for each document that it leaves as it is.
    """
    after = run.store.with_staged(locate_staged(run.store, staged, run.run_id))
    columns = {"run_id": pl.lit(run.run_id), "changed_at": pl.lit(run.started_at)}
    rows = (
        found.with_columns(**columns).select(CHANGES.column_names).cast(CHANGES.polars_schema)
        for found in _walk_feed(run.store, after, None if touched is None else touched["document_id"])
    )
    return stage_new_files(run.store, CHANGES, rows, run.run_id)


def _walk_feed(before: Store, after: Store, touched: pl.Series | None) -> Iterator[pl.DataFrame]:
    """The rows (DESCRIBED), a file of the store at a time."""
    is_first = not before.list_files(CHANGES)
    files = _list_changed_files(before, after, None if is_first else touched)
    left = [pl.DataFrame(schema={**STATE, "file": pl.UInt32})]
    for number, file in enumerate(files):
        old, new = file.read_state(file.old), file.read_state(file.new)
        stays, fields = old.join(new, on="document_id", how="semi"), file.find_fields()
        changed = stays.join(fields, on="document_id", how="semi")
        yield describe_changes(changed, new.join(fields, on="document_id", how="semi"), fields)
        if is_first:
            yield describe_baseline(stays.join(fields, on="document_id", how="anti"))
        gone = old.join(new, on="document_id", how="anti")
        left.append(gone.with_columns(pl.lit(number, pl.UInt32).alias("file")))
    yield from _walk_moves(files, pl.concat(left))
    if is_first:
        yield from _walk_untouched(before, files)


def _list_changed_files(before: Store, after: Store, touched: pl.Series | None) -> list[_ChangedFile]:
    held = {name: path for table in HELD_TABLES for name, path in before.list_files(table).items()}
    return [
        _ChangedFile(table, path, held.get(name), touched)
        for table in HELD_TABLES
        for name, path in after.list_files(table).items()
        if name in after.staged
    ]


def _walk_moves(files: Sequence[_ChangedFile], left: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of documents that came to one of `files`, and of those that `left` one (STATE, number of the `file`)."""
    for file in files:
        came = file.read_state(file.new).join(file.read_state(file.old), on="document_id", how="anti")
        moved = left.join(came, on="document_id", how="semi")
        left = left.join(came, on="document_id", how="anti")
        fields = pl.concat(
            [
                pl.DataFrame(schema=FIELDS),
                *(_compare_rows(files[number], file, moved) for number in moved["file"].unique().sort()),
            ]
        )
        yield describe_changes(moved.drop("file"), came, fields)
    yield describe_changes(left.drop("file"), pl.DataFrame(schema=STATE), pl.DataFrame(schema=FIELDS))


def _compare_rows(source: _ChangedFile, target: _ChangedFile, moved: pl.DataFrame) -> pl.DataFrame:
    """FIELDS of the documents `moved` that went from one file to another."""
    is_moved = pl.col("document_id").is_in(moved["document_id"].implode())
    old, new = (
        pl.scan_parquet(path).filter(is_moved).collect() for path in (source.old, target.new) if path is not None
    )
    return find_changed_fields(old, new)


def _walk_untouched(before: Store, files: Sequence[_ChangedFile]) -> Iterator[pl.DataFrame]:
    """The baseline of the files that the run leaves alone."""
    changed = {file.old for file in files}
    for table in HELD_TABLES:
        paths = [path for path in before.list_files(table).values() if path not in changed]
        for rows in walk_rows(paths, table, list_state_columns(table)):
            yield describe_baseline(describe_state(rows, table.name))
