"""The steps of a run as plain functions: paths in, paths out. `tasks` makes Prefect tasks of them.

Each step reads files, calls `transforms`, and writes files under the run's own folder; none changes the store.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from flows.discovery import FILES, list_inbox, select_new
from flows.run import HELD_COLUMNS, Batch, Run, scan_batches, scan_held
from flows.storage import write_frame, write_table
from transforms.contracts import FINGERPRINTS, OVERLAPS, RAW, REJECTS
from transforms.contracts.parsed import DECISIONS, FAILURES
from transforms.contracts.vocabulary import REJECT_REASONS
from transforms.dedup.align import align_pairs, locate_span_words
from transforms.dedup.decide import (
    decide_active,
    explain_copies,
    explain_older_versions,
    find_successors,
)
from transforms.dedup.match import find_candidate_pairs
from transforms.dedup.rank import RANKED_COLUMNS, assign_roles
from transforms.dedup.update import (
    PAIR,
    find_arrivals,
    find_changed_decisions,
    list_comparisons,
    list_following_pairs,
    list_gone_pairs,
    select_nodes,
    settle_active,
)
from transforms.dedup.words import key_texts
from transforms.documents import DERIVED, derive_documents

PAIRS_PER_CHUNK: Final = 50_000
"""Pairs that one task aligns: seconds of work, and the texts of as many documents at most in memory."""

MANIFEST: Final = pl.Schema(
    {**FILES, "held_in": pl.String(), "ingested_at": RAW.polars_schema["ingested_at"], "run_id": pl.String()}
)
"""One row per file version to derive. `held_in` names the file of `raw` with its bytes; null: it lies in the inbox."""


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
    """List every file version held in `raw`, as it was last taken in, and split them into batches."""
    raw = RAW.polars_schema
    names = ["source_path", "source_sha256", "source_bytes", "ingested_at", "run_id"]
    versions = [
        pl.scan_parquet(path, schema=raw).select(*names, pl.lit(name).alias("held_in"))
        for name, path in run.store.list_files(RAW).items()
    ]
    held = pl.concat(versions).collect() if versions else pl.DataFrame(schema={**raw, "held_in": pl.String})
    latest = held.sort("ingested_at").unique(["source_path", "source_sha256"], keep="last", maintain_order=True)
    manifest = latest.select(
        (pl.col(name) if name in latest.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in MANIFEST.items()
    ).sort("ingested_at", "source_path")
    return Discovery(write_manifests(run, manifest), latest.height, latest.height, {}, ())


def write_manifests(run: Run, files: pl.DataFrame) -> tuple[Path, ...]:
    """Split `files` into batches bounded in files and bytes; one manifest each."""
    bounded = files.with_row_index("number").with_columns(
        (pl.col("source_bytes").fill_null(0).cum_sum() // run.settings.batch_bytes).alias("by_bytes"),
        (pl.col("number") // run.settings.batch_files).alias("by_files"),
    )
    parts = bounded.partition_by("by_bytes", "by_files", maintain_order=True)
    return tuple(
        write_frame(part.select(MANIFEST.names()), run.work / "manifests" / f"{number:05d}.parquet")
        for number, part in enumerate(parts)
    )


# --- derive ----------------------------------------------------------------------------------------------------------


def derive_batch(run: Run, manifest: Path) -> Batch:
    """Read the files of a manifest and derive their documents."""
    files = pl.read_parquet(manifest, schema=MANIFEST)
    batch = Batch(run.work / "derived" / manifest.stem)
    sources, unread = _read_sources(run, files.filter(pl.col("reason_code").is_null()))
    derived = derive_documents(sources)
    sightings = files.select("source_path", "source_sha256", "ingested_at", "run_id")
    failures = pl.concat([derived.failures, unread, _list_failed_files(files)])
    write_frame(derived.documents.sort("source_path", "record"), batch.documents)
    write_frame(derived.line_counts, batch.line_counts)
    write_frame(derived.removed, batch.removed)
    write_frame(derived.fingerprints, batch.fingerprints)
    write_frame(_date_failures(failures, sightings), batch.rejects)
    if not run.is_rebuild:
        write_table(sources, batch.raw, RAW)
    return batch


def _read_sources(run: Run, files: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The bytes of `files` (columns of RAW), and the failures of those that could not be read."""
    if run.is_rebuild:
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


# --- match -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matching:
    """The documents with their roles, and the pairs to align in chunks."""

    roles: Path
    chunks: tuple[Path, ...]


def match_documents(run: Run, batches: Sequence[Batch]) -> Matching:
    """Find which documents are active now, and which pairs of them may share a passage."""
    held = read_held(run)
    roles = assign_roles(_merge_documents(held, _read_derived(batches, RANKED_COLUMNS)))
    came_again = _read_derived(batches, ["document_id"])
    arrivals = find_arrivals(roles, find_active_ids(held), came_again["document_id"])
    candidates = find_candidate_pairs(_read_postings(run, batches, arrivals), _scan_held_postings(run))
    pairs = list_comparisons(candidates, roles)
    chunks = [
        write_frame(chunk, run.work / "pairs" / f"{number:05d}.parquet")
        for number, chunk in enumerate(pairs.iter_slices(PAIRS_PER_CHUNK))
        if chunk.height
    ]
    return Matching(write_frame(roles, run.work / "roles.parquet"), tuple(chunks))


def read_held(run: Run) -> pl.DataFrame:
    """What deciding needs to know of the documents held; a rebuild starts from none."""
    held = scan_held(run.store, HELD_COLUMNS)
    return (held.head(0) if run.is_rebuild else held).collect()


def _read_derived(batches: Iterable[Batch], columns: Sequence[str]) -> pl.DataFrame:
    return scan_batches((batch.documents for batch in batches), DERIVED).select(columns).collect()


def _merge_documents(held: pl.DataFrame, derived: pl.DataFrame) -> pl.DataFrame:
    """All documents; one that came again (a file was set back to an older content) counts as it came last."""
    stays = held.select(derived.columns).join(derived, on="document_id", how="anti", maintain_order="left")
    return pl.concat([stays, derived])


def find_active_ids(documents: pl.DataFrame) -> pl.Series:
    """Ids of the documents that are active among `documents`."""
    return assign_roles(documents.select(RANKED_COLUMNS)).filter("is_active")["document_id"]


def _scan_held_postings(run: Run) -> pl.LazyFrame:
    postings = run.store.scan(FINGERPRINTS)
    return postings.head(0) if run.is_rebuild else postings


def _read_postings(run: Run, batches: Sequence[Batch], arrivals: pl.DataFrame) -> pl.DataFrame:
    """Postings of the texts that became active: derived now, or held of a text that was not active."""
    keys = arrivals.select(key_texts(pl.col("text_sha256")).alias("text_key")).unique()
    derived = scan_batches((batch.fingerprints for batch in batches), FINGERPRINTS.polars_schema)
    both = pl.concat([derived, _scan_held_postings(run)])
    return both.join(keys.lazy(), on="text_key", how="semi").unique().collect()


# --- align -----------------------------------------------------------------------------------------------------------


def align_chunk(run: Run, batches: Sequence[Batch], chunk: Path) -> Path:
    """Compare the pairs of a chunk word by word; returns the overlaps found."""
    pairs = pl.read_parquet(chunk)
    overlaps = align_pairs(pairs, read_texts(run, batches, _list_ids(pairs)))
    return write_frame(overlaps, run.work / "overlaps" / chunk.name)


def _list_ids(pairs: pl.DataFrame) -> pl.Series:
    return pl.concat([pairs["document_id"], pairs["other_id"].rename("document_id")]).unique()


def read_texts(run: Run, batches: Iterable[Batch], document_ids: pl.Series) -> pl.DataFrame:
    """document_id, text of the documents named, as derived now or else as held."""
    columns = ["document_id", "text"]
    wanted = document_ids.to_frame().lazy()
    derived = scan_batches((batch.documents for batch in batches), DERIVED).select(columns)
    found = derived.join(wanted, on="document_id", how="semi").collect()
    if run.is_rebuild or found.height == document_ids.n_unique():
        return found
    rest = wanted.join(found.lazy(), on="document_id", how="anti")
    return pl.concat([found, scan_held(run.store, columns).join(rest, on="document_id", how="semi").collect()])


# --- decide ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """Decisions that are new or changed, overlaps to add, and the pairs whose overlap may change."""

    decisions: Path
    overlaps: Path
    touched_pairs: Path


def decide_documents(run: Run, batches: Sequence[Batch], matching: Matching, aligned: Sequence[Path]) -> Verdict:
    """Apply the rule to all that the new documents can change."""
    held, roles = read_held(run), pl.read_parquet(matching.roles)
    fresh = scan_batches(aligned, OVERLAPS.polars_schema).collect()
    stored, stale = _split_held_overlaps(run, _read_derived(batches, ["document_id"]))
    active = _decide_active(run, batches, _State(roles, held, fresh, stored, stale))
    copies = explain_copies(roles, active)
    successors = find_successors(roles, pl.concat([active, copies]))
    following = list_following_pairs(roles, copies, successors)
    known = pl.concat([stored.select(*PAIR, "words").collect(), fresh.select(*PAIR, "words")])
    missing = following.join(known, on=PAIR, how="anti")
    followed = align_pairs(missing, read_texts(run, batches, _list_ids(missing)))
    evidence = pl.concat([known, followed.select(known.columns)]).join(following, on=PAIR, how="semi").unique(PAIR)
    older = explain_older_versions(successors, roles, evidence)
    changed = find_changed_decisions(pl.concat([active, copies, older]), held.select(DECISIONS.names()))
    added = pl.concat([fresh, followed])
    gone = list_gone_pairs(stored.select(PAIR).collect(), roles, following)
    touched = pl.concat([gone, stale, added.select(PAIR)]).unique(maintain_order=True)
    return Verdict(
        write_frame(changed, run.work / "decisions.parquet"),
        write_frame(added, run.work / "new_overlaps.parquet"),
        write_frame(touched, run.work / "touched_pairs.parquet"),
    )


@dataclass(frozen=True)
class _State:
    """What deciding starts from: roles now, documents held, overlaps found now and held, and pairs that are void."""

    roles: pl.DataFrame
    held: pl.DataFrame
    fresh: pl.DataFrame
    stored: pl.LazyFrame
    stale: pl.DataFrame


def _split_held_overlaps(run: Run, derived: pl.DataFrame) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Overlaps held, and the pairs among them of documents derived again: their text may be another one now."""
    overlaps = run.store.scan(OVERLAPS)
    if run.is_rebuild:
        overlaps = overlaps.head(0)
    ids = derived["document_id"].implode()
    is_stale = pl.any_horizontal(pl.col(name).is_in(ids) for name in PAIR)
    return overlaps.filter(~is_stale), overlaps.select(PAIR).filter(is_stale).collect()


def _decide_active(run: Run, batches: Sequence[Batch], state: _State) -> pl.DataFrame:
    """Decisions of all active documents."""
    was_active = find_active_ids(state.held)
    before = state.held.select(
        "document_id",
        pl.col("relation").is_null().alias("was_kept"),
        pl.col("document_id").is_in(was_active.implode()).alias("was_active"),
    )
    compared = pl.concat([was_active, state.roles.filter("is_active")["document_id"]]).unique()
    # A pair of a copy or an older version is evidence; only pairs of active documents are compared with one another.
    is_compared = pl.all_horizontal(pl.col(name).is_in(compared.implode()) for name in PAIR)
    stored_pairs = state.stored.select(PAIR).filter(is_compared).collect()
    pairs = pl.concat([stored_pairs, state.fresh.select(PAIR)]).unique().sort(PAIR)
    found_anew = _list_ids(pl.concat([state.stale, state.fresh.select(PAIR)]))
    nodes = select_nodes(state.roles, before, pairs, found_anew)
    near = pairs.filter(pl.all_horizontal(pl.col(name).is_in(nodes["document_id"].implode()) for name in PAIR))
    old = state.stored.join(near.lazy(), on=PAIR, how="semi").join(state.fresh.select(PAIR).lazy(), on=PAIR, how="anti")
    overlaps = pl.concat([old.collect(), state.fresh.join(near, on=PAIR, how="semi")])
    intervals = locate_span_words(overlaps, read_texts(run, batches, overlaps["document_id"].unique()))
    decided = decide_active(nodes, near, intervals, run.settings.dedup)
    return settle_active(state.roles, state.held.select(DECISIONS.names()), decided, overlaps, run.settings.dedup)
