"""What a run would publish: the rows that each table should say, staged as files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from flows.deciding import Verdict
from flows.directory import open_directory
from flows.feed import stage_feed
from flows.index import holds_texts, read_segment, stage_index, stage_manifest
from flows.leaving import VERSION, list_gone, scan_versions
from flows.matching import Matching, open_usable_index
from flows.publication import (
    StagedFile,
    locate_staged,
    stage_catalog,
    stage_empty_files,
    stage_file,
    stage_table_changes,
)
from flows.run import Batch, Run, find_other_rule, scan_batches
from flows.slices import let_go_of_others, walk_rows
from flows.storage import INDEX_MANIFEST, Store
from flows.templates import learned_path
from transforms.contracts import (
    ARTICLES,
    DUPLICATES,
    OVERLAPS,
    RAW,
    REJECTS,
    REMOVED,
    RUNS,
    SIGNALS,
    TABLES,
    TEMPLATES,
    Table,
)
from transforms.contracts.parsed import DECISIONS
from transforms.documents import DERIVED

DECIDED_TOGETHER: Final = 10
"""Batches whose decisions are looked up at once: each look goes through all decisions of the run."""


@dataclass(frozen=True)
class Desired:
    """What one table should say: the rows wanted, and the keys that may change (None: all of them).

    `read` gives the rows in frames, in order and one after another, so that nobody has to hold them all.
    `held` are those of the touched keys that the store may hold, and `files` the files that may hold them (None: any).
    """

    table: Table
    read: Callable[[], Iterable[pl.DataFrame]]
    touched: pl.DataFrame | None
    held: pl.DataFrame | None
    files: Sequence[Path] | None = None


def list_desired(run: Run, batches: Sequence[Batch], verdict: Verdict) -> list[Desired]:
    """The rows that each table should say about everything that the run touched."""
    derived = scan_batches((batch.documents for batch in batches), DERIVED).select("document_id").collect()
    decided = pl.read_parquet(verdict.decisions, columns=["document_id"])
    # What goes is touched, and desired by nobody.
    derived = pl.concat([derived, list_gone(run, batches).select("document_id")])
    touched = pl.concat([derived, decided]).unique()

    def read_documents(table: Table) -> Iterator[pl.DataFrame]:
        is_kept = pl.col("relation").is_null()
        for documents in read_decided(run, batches, verdict):
            rows = documents.filter(is_kept if table is ARTICLES else ~is_kept).select(table.column_names)
            yield rows if rows.height == documents.height else let_go_of_others(rows)

    return [
        *(_desire(run, verdict, table, partial(read_documents, table), touched) for table in (ARTICLES, DUPLICATES)),
        _desire(
            run,
            verdict,
            OVERLAPS,
            partial(walk_rows, verdict.overlaps, OVERLAPS, OVERLAPS.column_names),
            pl.read_parquet(verdict.touched_pairs),
        ),
        _desire(run, verdict, REMOVED, _read_batches(REMOVED, [batch.removed for batch in batches]), derived),
        _desire(run, verdict, SIGNALS, _read_batches(SIGNALS, [batch.signals for batch in batches]), derived),
        *_desire_templates(run),
        _desire_rejects(run, batches),
    ]


def _desire(
    run: Run, verdict: Verdict, table: Table, read: Callable[[], Iterable[pl.DataFrame]], touched: pl.DataFrame
) -> Desired:
    """The rows of `touched`; of every key in a rebuild, and in a store that holds nothing yet."""
    if run.is_rebuild or not any(run.store.list_files(table) for table in TABLES):
        return Desired(table, read, None, None)
    held, new = touched, pl.read_parquet(verdict.new_documents)
    for column in touched.columns:
        held = held.join(new, left_on=column, right_on="document_id", how="anti")
    files = open_directory(run).find_files(held) if table in (ARTICLES, DUPLICATES) else {}
    return Desired(table, read, touched, held, files.get(table))


def _desire_templates(run: Run) -> list[Desired]:
    """The templates that the run learned; those of the store stay when it learned none."""
    path = learned_path(run)
    return [
        Desired(TEMPLATES, partial(walk_rows, [path], TEMPLATES, TEMPLATES.column_names), None, None)
    ] * path.exists()


def _read_batches(table: Table, paths: Sequence[Path]) -> Callable[[], Iterator[pl.DataFrame]]:
    """Rows of `table` that the batches wrote, a file at a time: read together, Polars runs ahead through many."""
    return lambda: (part for path in paths for part in walk_rows([path], table, table.column_names))


def read_decided(run: Run, batches: Sequence[Batch], verdict: Verdict) -> Iterator[pl.DataFrame]:
    """Every document that is new or decided otherwise, with its decision: the columns of `duplicates`.

    The decision of a document derived again may stand; then its row says so with what is held.
    """
    for start in range(0, len(batches), DECIDED_TOGETHER):
        together = batches[start : start + DECIDED_TOGETHER]
        decisions = _find_decisions(run, together, verdict)
        for batch in together:
            documents = pl.read_parquet(batch.documents, schema=DERIVED)
            yield _add_decisions(documents, decisions)
    if not run.is_rebuild:
        yield from _read_moved(run, batches, verdict)


def _add_decisions(documents: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    decided = documents.join(decisions, on="document_id", how="inner", maintain_order="left")
    return decided.select(DUPLICATES.column_names)


def _find_decisions(run: Run, batches: Sequence[Batch], verdict: Verdict) -> pl.DataFrame:
    """The decisions of the documents in `batches`: those made now, or else those that stand."""
    ids = scan_batches((batch.documents for batch in batches), DERIVED).select("document_id").collect()
    made = pl.scan_parquet(verdict.decisions).join(ids.lazy(), on="document_id", how="semi").collect()
    rest = ids.join(made, on="document_id", how="anti")
    if run.is_rebuild or rest.is_empty():
        return made
    standing = open_directory(run).scan(rest, DECISIONS.names()).join(rest.lazy(), on="document_id", how="semi")
    return pl.concat([made, standing.collect()])


def _read_moved(run: Run, batches: Sequence[Batch], verdict: Verdict) -> Iterator[pl.DataFrame]:
    """Documents held that are decided otherwise now and were not derived again."""
    derived = scan_batches((batch.documents for batch in batches), DERIVED).select("document_id")
    decisions = pl.scan_parquet(verdict.decisions).join(derived, on="document_id", how="anti").collect()
    if decisions.is_empty():
        return
    for table, files in open_directory(run).find_files(decisions.select("document_id")).items():
        for held in walk_rows(files, table, DERIVED.names(), decisions.select("document_id")):
            yield _add_decisions(held, decisions)


def _desire_rejects(run: Run, batches: Sequence[Batch]) -> Desired:
    """Rejects of the run. Where bytes come out of `raw`, those of the files derived again are replaced.

    The others stay, and with them those whose bytes are not held: nobody can see them again.
    """
    paths = [batch.rejects for batch in batches]
    rows = scan_batches(paths, REJECTS.polars_schema).select(REJECTS.key)
    if run.reads_raw:
        held = run.store.scan(REJECTS).join(scan_versions(run), on=VERSION, how="semi")
        rows = pl.concat([held.select(REJECTS.key), rows]).unique()
    keys = rows.collect()
    return Desired(REJECTS, _read_batches(REJECTS, paths), keys, keys)


def stage_index_changes(
    run: Run, batches: Sequence[Batch], matching: Matching, staged: Sequence[StagedFile] = ()
) -> list[StagedFile]:
    """Stage the index with the texts that the run adds, and without those that no document has any more.

    A damaged one is staged as it was made again. A rebuild leaves an index alone that is whole and has the texts that
    it should have, and a backfill of some days one that is not damaged, when no other file changes (`staged`). Under
    another rule a rebuild publishes its row of `runs` in any case, and with it a manifest, which names the last run.
    """
    added = [*map(read_segment, matching.remade), *(read_segment(batch.segment) for batch in batches)]
    is_whole = holds_texts(run.store, added) if run.is_rebuild else not staged and matching.index_damage is None
    if is_whole and run.reads_raw:
        has_other_rule = run.is_rebuild and find_other_rule(run) is not None
        names = [stage_manifest(run.store, run.run_id)] * has_other_rule
    else:
        left = pl.read_parquet(matching.left)["text_key"].to_numpy()
        names = stage_index(run.store, open_usable_index(run, matching), added, left, run.run_id)
    return [stage_file(run.store, name, run.run_id) for name in names]


def stage_changes(run: Run, desired: Sequence[Desired], batches: Sequence[Batch]) -> list[StagedFile]:
    """Stage every data file that changes, but `runs`; `changes` says what the others change."""
    staged = stage_empty_files(run.store, run.run_id)
    for part in desired:
        staged += stage_table_changes(run.store, part.table, part.read(), part.held, run.run_id, part.files)
    staged += _stage_raw(run, batches)
    [documents] = (part.touched for part in desired if part.table is ARTICLES)
    return staged + stage_feed(run, staged, documents)


def _stage_raw(run: Run, batches: Sequence[Batch]) -> list[StagedFile]:
    """The files of bytes that the batches wrote are data files as they are."""
    staged = []
    for number, batch in enumerate(batches):
        if run.reads_raw or not pl.scan_parquet(batch.raw).select(pl.len()).collect().item():
            continue
        name = f"{RAW.folder}/{run.run_id}-{number:05d}.parquet"
        target = run.work / "publish" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        batch.raw.replace(target)
        staged.append(stage_file(run.store, name, run.run_id))
    return staged


def stage_run_row(run: Run, row: pl.DataFrame, staged: Sequence[StagedFile]) -> list[StagedFile]:
    """Add the run's own row and what else names each run or file: the manifest of the index and the catalog."""
    with_row = [*staged, *stage_table_changes(run.store, RUNS, [row], row.select("run_id"), run.run_id)]
    if not any(file.name == INDEX_MANIFEST for file in staged):
        with_row.append(stage_file(run.store, stage_manifest(run.store, run.run_id), run.run_id))
    return with_row + stage_catalog(run.store, with_row, run.run_id)


def preview_store(run: Run, staged: Sequence[StagedFile]) -> Store:
    """The store as it will be."""
    return run.store.with_staged(locate_staged(run.store, staged, run.run_id))
