"""What a run would publish: the rows that each table should say, staged as files."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from flows.publication import StagedFile, locate_staged, stage_catalog, stage_empty_files, stage_table_changes
from flows.run import Batch, Run, scan_batches, scan_held
from flows.steps import Verdict
from flows.storage import Store
from transforms.contracts import ARTICLES, DUPLICATES, FINGERPRINTS, OVERLAPS, RAW, REJECTS, REMOVED, RUNS, Table
from transforms.contracts.parsed import DECISIONS
from transforms.documents import DERIVED


@dataclass(frozen=True)
class Desired:
    """What one table should say: the rows wanted, and the keys that may change (None: all of them)."""

    table: Table
    rows: pl.LazyFrame
    touched: pl.DataFrame | None


def list_desired(run: Run, batches: Sequence[Batch], verdict: Verdict) -> list[Desired]:
    """The rows that each table should say about everything that the run touched."""
    documents = scan_decided(run, batches, verdict)
    touched = None if run.is_rebuild else documents.select("document_id").collect()
    derived = scan_batches((batch.documents for batch in batches), DERIVED).select("document_id")
    removed = scan_batches((batch.removed for batch in batches), REMOVED.polars_schema)
    return [
        Desired(ARTICLES, documents.filter(pl.col("relation").is_null()).select(ARTICLES.column_names), touched),
        Desired(
            DUPLICATES, documents.filter(pl.col("relation").is_not_null()).select(DUPLICATES.column_names), touched
        ),
        _desire_overlaps(run, verdict),
        Desired(REMOVED, removed, None if run.is_rebuild else derived.collect()),
        _desire_rejects(run, batches),
        _desire_fingerprints(run, batches),
    ]


def scan_decided(run: Run, batches: Sequence[Batch], verdict: Verdict) -> pl.LazyFrame:
    """Every document that is new or decided otherwise, with its decision: the columns of `duplicates`.

    The decision of a document derived again may stand; then its row says so with what is held.
    """
    decisions = pl.scan_parquet(verdict.decisions)
    derived = scan_batches((batch.documents for batch in batches), DERIVED)
    if run.is_rebuild:
        standing = decisions.head(0)
    else:
        ids = derived.select("document_id").join(decisions, on="document_id", how="anti")
        standing = scan_held(run.store, DECISIONS.names()).join(ids, on="document_id", how="semi")
    decided_new = derived.join(pl.concat([decisions, standing]), on="document_id", how="inner", maintain_order="left")
    moved = (
        scan_held(run.store, DERIVED.names())
        .join(derived.select("document_id"), on="document_id", how="anti", maintain_order="left")
        .join(decisions, on="document_id", how="inner", maintain_order="left")
    )
    columns = DUPLICATES.column_names
    return (
        decided_new.select(columns)
        if run.is_rebuild
        else pl.concat([decided_new.select(columns), moved.select(columns)])
    )


def _desire_overlaps(run: Run, verdict: Verdict) -> Desired:
    touched = None if run.is_rebuild else pl.read_parquet(verdict.touched_pairs)
    return Desired(OVERLAPS, pl.scan_parquet(verdict.overlaps), touched)


def _desire_rejects(run: Run, batches: Sequence[Batch]) -> Desired:
    """Rejects of the run; a rebuild leaves those alone whose bytes are not held, since it cannot see them again."""
    rows = scan_batches((batch.rejects for batch in batches), REJECTS.polars_schema)
    key = pl.col(list(REJECTS.key))
    if not run.is_rebuild:
        return Desired(REJECTS, rows, rows.select(key).collect())
    version = ["source_path", "source_sha256"]
    held = run.store.scan(REJECTS).join(run.store.scan(RAW, version), on=version, how="semi")
    return Desired(REJECTS, rows, pl.concat([held.select(key), rows.select(key)]).unique().collect())


def _desire_fingerprints(run: Run, batches: Sequence[Batch]) -> Desired:
    """Fingerprints of texts that are not held yet; those of a text never change."""
    key = list(FINGERPRINTS.key)
    rows = scan_batches((batch.fingerprints for batch in batches), FINGERPRINTS.polars_schema).unique().sort(key)
    if run.is_rebuild:
        return Desired(FINGERPRINTS, rows, None)
    held = run.store.scan(FINGERPRINTS, ["text_key"]).unique()
    rows = rows.join(held, on="text_key", how="anti", maintain_order="left")
    return Desired(FINGERPRINTS, rows, rows.select("text_key").unique().collect())


def stage_changes(run: Run, desired: Sequence[Desired], batches: Sequence[Batch]) -> list[StagedFile]:
    """Stage every data file that changes, but `runs`."""
    staged = stage_empty_files(run.store, run.run_id)
    for part in desired:
        staged += stage_table_changes(run.store, part.table, part.rows, part.touched, run.run_id)
    return staged + _stage_raw(run, batches)


def _stage_raw(run: Run, batches: Sequence[Batch]) -> list[StagedFile]:
    """The files of bytes that the batches wrote are data files as they are."""
    staged = []
    for number, batch in enumerate(batches):
        if run.is_rebuild or not pl.scan_parquet(batch.raw).select(pl.len()).collect().item():
            continue
        name = f"{RAW.folder}/{run.run_id}-{number:05d}.parquet"
        target = run.work / "publish" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        batch.raw.replace(target)
        staged.append(StagedFile(name, is_replacement=False))
    return staged


def stage_run_row(run: Run, row: pl.DataFrame, staged: Sequence[StagedFile]) -> list[StagedFile]:
    """Add the run's own row, the data dictionary and the package descriptor to what is staged."""
    with_row = [*staged, *stage_table_changes(run.store, RUNS, row.lazy(), row.select("run_id"), run.run_id)]
    return with_row + stage_catalog(run.store, with_row, run.run_id)


def preview_store(run: Run, staged: Sequence[StagedFile]) -> Store:
    """The store as it will be."""
    return run.store.with_staged(locate_staged(run.store, staged, run.run_id))
