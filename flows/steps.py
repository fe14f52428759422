"""The first steps of a run, discover and derive, as plain functions: paths in, paths out.

The next ones are in `matching`, `deciding` and `staging`; `tasks` makes Prefect tasks of all of them.

Each step reads files, calls `transforms`, and writes files under the run's own folder; none changes the store.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from flows.derived_texts import write_texts
from flows.discovery import FILES, list_inbox, select_new
from flows.index import write_segment
from flows.kept_batches import find_kept, keep_batch
from flows.progress import current_reporter
from flows.reading import read_sources
from flows.run import Batch, Run
from flows.storage import write_frame, write_table
from flows.templates import learn_templates, read_templates
from transforms.contracts import RAW, REJECTS
from transforms.contracts.parsed import FAILURES
from transforms.contracts.vocabulary import CONTAINER_TYPES, REJECT_REASONS, SHORT_ENDINGS
from transforms.documents import derive_documents

MANIFEST: Final = pl.Schema(
    {**FILES, "held_in": pl.String(), "ingested_at": RAW.polars_schema["ingested_at"], "run_id": pl.String()}
)
"""One row per file version to derive. `held_in` names the file of `raw` with its bytes; null: it lies in the inbox."""


UNPACKED_TIMES: Final = 5
"""How many times its size a compressed file usually is: pages and JSON compress to a quarter or a sixth."""


# --- discover --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Discovery:
    """What was found, and the batches of what is new."""

    manifests: tuple[Path, ...]
    files_seen: int
    files_new: int
    ignored: dict[str, int]
    waiting: tuple[str, ...]


def discover_inbox(run: Run) -> Discovery:
    """List the inbox and split what is new into batches."""
    inbox = list_inbox(run.settings, run.store)
    new = select_new(inbox.files, run.store).with_columns(
        pl.lit(None, pl.String).alias("held_in"),
        pl.lit(run.started_at, MANIFEST["ingested_at"]).alias("ingested_at"),
        pl.lit(run.run_id).alias("run_id"),
    )
    return Discovery(
        manifests=write_manifests(run, new),
        files_seen=inbox.files.height + len(inbox.waiting),
        files_new=new.height,
        ignored=dict(inbox.ignored),
        waiting=tuple(inbox.waiting),
    )


def discover_raw(run: Run) -> Discovery:
    """List the file versions held in `raw`, as they were last taken in, and split them into batches: those of the days
    of the run, or all of them.

    A run that learns templates does so first, from what the store says before anything is derived again.
    """
    if run.command == "learn":
        learn_templates(run)
    raw = RAW.polars_schema
    names = ["source_path", "source_sha256", "source_bytes", "ingested_at", "run_id"]
    versions = [
        pl.scan_parquet(path, schema=raw).select(*names, pl.lit(name).alias("held_in"))
        for name, path in run.store.list_files(RAW).items()
    ]
    held = pl.concat(versions).collect() if versions else pl.DataFrame(schema={**raw, "held_in": pl.String})
    latest = held.sort("ingested_at").unique(["source_path", "source_sha256"], keep="last", maintain_order=True)
    if run.days is not None:
        taken_in_on = pl.col("ingested_at").dt.date()
        latest = latest.filter(taken_in_on.is_between(run.days.first, run.days.last))
    manifest = latest.select(
        (pl.col(name) if name in latest.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in MANIFEST.items()
    ).sort("ingested_at", "source_path")
    return Discovery(write_manifests(run, manifest), latest.height, latest.height, {}, ())


def write_manifests(run: Run, files: pl.DataFrame) -> tuple[Path, ...]:
    """Split `files` into batches bounded in files and bytes; one manifest each.

    A file that is compressed, or holds others, counts for what it usually unpacks to.
    """
    endings = "|".join(ending.removeprefix(".") for ending in (*CONTAINER_TYPES, *SHORT_ENDINGS, ".parquet"))
    weight = pl.when(pl.col("source_path").str.contains(rf"(?i)\.(?:{endings})$")).then(UNPACKED_TIMES).otherwise(1)
    bounded = files.with_row_index("number").with_columns(
        ((pl.col("source_bytes").fill_null(0) * weight).cum_sum() // run.settings.batch_bytes).alias("by_bytes"),
        (pl.col("number") // run.settings.batch_files).alias("by_files"),
    )
    parts = bounded.partition_by("by_bytes", "by_files", maintain_order=True)
    return tuple(
        write_frame(part.select(MANIFEST.names()), run.manifests / f"{number:05d}.parquet")
        for number, part in enumerate(parts)
    )


def sum_source_bytes(manifest: Path) -> int:
    """Bytes of the files of a manifest, as far as their sizes are known."""
    return int(pl.read_parquet(manifest, columns=["source_bytes"])["source_bytes"].sum())


# --- derive ----------------------------------------------------------------------------------------------------------


def derive_batch(run: Run, manifest: Path) -> Batch:
    """Read the files of a manifest and derive their documents; what an interrupted backfill derived is taken up."""
    if not run.reads_raw:
        return _derive(run, manifest)
    return find_kept(run, manifest) or keep_batch(run, manifest, _derive(run, manifest))


def _derive(run: Run, manifest: Path) -> Batch:
    files = pl.read_parquet(manifest, schema=MANIFEST)
    batch = Batch(run.work / "derived" / manifest.stem)
    sources, unread = _read_sources(run, files.filter(pl.col("reason_code").is_null()))
    parsed = read_sources(sources, run.settings, batch.folder / "reading")
    derived = derive_documents(sources, run.derivation, parsed=parsed, templates=read_templates(run))
    # Reading the files has told of the other half.
    current_reporter().advance(sum_source_bytes(manifest) / 2)
    sightings = files.select("source_path", "source_sha256", "ingested_at", "run_id")
    failures = pl.concat([derived.failures, unread, _list_failed_files(files)])
    documents = derived.documents.sort("source_path", "record")
    write_frame(documents, batch.documents)
    write_texts(documents["text"], batch.texts)
    write_frame(derived.line_counts, batch.line_counts)
    write_frame(derived.removed, batch.removed)
    write_frame(derived.signals, batch.signals)
    write_segment(derived.segment, batch.segment)
    write_frame(_date_failures(failures, sightings), batch.rejects)
    if not run.reads_raw:
        write_table(sources, batch.raw, RAW)
    return batch


def _read_sources(run: Run, files: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The bytes of `files` (columns of RAW), and the failures of those that could not be read."""
    if run.reads_raw:
        return _read_raw(run, files), pl.DataFrame(schema=FAILURES)
    contents: list[bytes | None] = []
    reasons: list[tuple[str, str] | None] = []
    for location in files["location"]:
        try:
            with open(location, "rb") as source:  # noqa: PTH123 - the name may not be valid Unicode
                contents.append(source.read())
            reasons.append(None)
        except OSError as error:
            contents.append(None)
            code = "vanished" if isinstance(error, FileNotFoundError) else "unreadable"
            reasons.append((code, f"{REJECT_REASONS[code][1]} {error.strerror or error}."))
    read = files.with_columns(pl.Series("content", contents, pl.Binary))
    failed = read.with_columns(
        pl.Series("reason_code", [reason and reason[0] for reason in reasons], pl.String),
        pl.Series("reason", [reason and reason[1] for reason in reasons], pl.String),
    ).filter(pl.col("reason_code").is_not_null())
    whole = read.filter(pl.col("content").is_not_null())
    # A file that changed since it was hashed is being written: it waits for the next run.
    hashes = pl.Series([hashlib.sha256(content).hexdigest() for content in whole["content"]], dtype=pl.String)
    return whole.filter(whole["source_sha256"] == hashes).select(RAW.column_names), _list_failed_files(failed)


def _read_raw(run: Run, files: pl.DataFrame) -> pl.DataFrame:
    """The bytes of `files` out of `raw`."""
    held = run.store.list_files(RAW)
    parts = [
        pl.read_parquet(held[part["held_in"][0]], columns=["source_path", "source_sha256", "run_id", "content"]).join(
            part, on=["source_path", "source_sha256", "run_id"], how="inner", maintain_order="right"
        )
        for part in files.partition_by("held_in", maintain_order=True)
    ]
    rows = pl.concat(parts) if parts else files.with_columns(pl.lit(None, pl.Binary).alias("content"))
    return rows.select(RAW.column_names)


def _list_failed_files(files: pl.DataFrame) -> pl.DataFrame:
    """The files that have a reason code, as failures."""
    stages = {code: stage for code, (stage, _) in REJECT_REASONS.items()}
    return (
        files.filter(pl.col("reason_code").is_not_null())
        .with_columns(
            pl.lit(0, pl.UInt32).alias("record"),
            pl.col("reason_code").replace_strict(stages, return_dtype=pl.String).alias("stage"),
        )
        .select(FAILURES.names())
    )


def _date_failures(failures: pl.DataFrame, sightings: pl.DataFrame) -> pl.DataFrame:
    """Failures as rows of `rejects`: with the run that took the file in."""
    return (
        failures.join(
            sightings, on=["source_path", "source_sha256"], how="left", nulls_equal=True, maintain_order="left"
        )
        .rename({"ingested_at": "rejected_at"})
        .select(REJECTS.column_names)
        .sort("source_path", "record")
    )
