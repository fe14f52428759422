"""The audit: what must hold before anything is published, and the same for the whole store in `winnow verify`."""

import hashlib
from collections.abc import Sequence
from typing import Final

import polars as pl

from flows.publication import StagedFile
from flows.run import HELD_COLUMNS, Batch, Run, scan_batches, scan_held
from flows.staging import Desired, preview_store
from flows.storage import Store
from flows.validation import AuditResult, validate_frames
from transforms import laws
from transforms.contracts import ARTICLES, DUPLICATES, OVERLAPS, RAW, REJECTS, RUNS, TABLES
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup.align import locate_span_words
from transforms.dedup.decide import decide_active, explain_copies, explain_older_versions, find_successors
from transforms.dedup.rank import RANKED_COLUMNS, assign_roles
from transforms.dedup.update import PAIR, settle_active

LINE_COUNTS: Final = pl.Schema({"document_id": pl.String, "lines": pl.UInt32})


def audit_staged(
    run: Run, desired: Sequence[Desired], batches: Sequence[Batch], staged: Sequence[StagedFile], row: pl.DataFrame
) -> AuditResult:
    """Check the staged rows against their contracts, and the laws on the store as it will be."""
    after = preview_store(run, staged)
    frames = {part.table.name: part.rows.collect() for part in desired} | {RUNS.name: row}
    line_counts = scan_batches((batch.line_counts for batch in batches), LINE_COUNTS).collect()
    derived = pl.concat([frames["articles"], frames["duplicates"].select(ARTICLES.column_names)]).join(
        line_counts, on="document_id", how="semi"
    )
    checks = [
        laws.check_lines(derived, frames["removed"], line_counts),
        laws.check_counts(row),
        *check_touched(after, frames["articles"], frames["duplicates"], run.settings.dedup),
        laws.check_pairs(after.read(OVERLAPS, PAIR), scan_held(after, ["document_id"]).collect()["document_id"]),
        laws.check_spans(frames["overlaps"], read_texts_after(after, frames["overlaps"])),
        *check_conservation(after, row),
    ]
    return validate_frames(frames, pl.concat(checks), run.run_id, run.docs)


def check_touched(
    after: Store, articles: pl.DataFrame, duplicates: pl.DataFrame, parameters: DedupParameters
) -> list[pl.DataFrame]:
    """The laws that tie the rows of `articles` and `duplicates` to the rest of the store."""
    kept = after.read(ARTICLES, ["document_id", "text_sha256"])
    set_aside = after.read(DUPLICATES, ["document_id", "duplicate_of", "partners"])
    return [
        laws.check_one_place(kept, set_aside),
        laws.check_copies(kept),
        # Not only the rows touched: an article that leaves must not be anyone's partner.
        laws.check_partners(set_aside, kept["document_id"]),
        laws.check_coverage(articles, duplicates, parameters),
        laws.check_evidence(duplicates, after.read(OVERLAPS, [*PAIR, "words"])),
    ]


def check_conservation(after: Store, row: pl.DataFrame | None = None) -> list[pl.DataFrame]:
    """Nothing that was taken in is missing. `row` is the row of a run that is not in `runs` yet."""
    runs = after.read(RUNS) if row is None else pl.concat([after.read(RUNS), row])
    version = ["source_path", "source_sha256"]
    documents = pl.concat([after.read(ARTICLES, version), after.read(DUPLICATES, version)])
    rejects = after.read(REJECTS, version)
    return [
        laws.check_sources(after.read(RAW, version), documents, rejects),
        laws.check_totals(
            runs,
            _count_rows(after, ARTICLES.name),
            _count_rows(after, DUPLICATES.name),
            _count_rows(after, REJECTS.name),
        ),
    ]


def _count_rows(store: Store, name: str) -> int:
    table = next(table for table in TABLES if table.name == name)
    return int(store.scan(table).select(pl.len()).collect().item())


def read_texts_after(store: Store, overlaps: pl.DataFrame) -> pl.DataFrame:
    """document_id, text of every document that `overlaps` names."""
    ids = pl.concat([overlaps["document_id"], overlaps["other_id"].rename("document_id")]).unique()
    texts = scan_held(store, ["document_id", "text"])
    return texts.join(ids.to_frame().lazy(), on="document_id", how="semi").collect()


def audit_store(store: Store, parameters: DedupParameters) -> pl.DataFrame:
    """Every law on the store as it lies, as checks (`transforms.laws.CHECKS`)."""
    articles, duplicates = (store.read(table, _slim_columns(table.column_names)) for table in (ARTICLES, DUPLICATES))
    every = store.read(OVERLAPS)
    known = read_texts_after(store, every)
    # What names a document that is not there breaks one law, and can be held against no other.
    overlaps = every.join(known, on="document_id", how="semi").join(
        known, left_on="other_id", right_on="document_id", how="semi"
    )
    runs = store.read(RUNS)
    return pl.concat(
        [
            laws.check_counts(runs),
            *check_raw_bytes(store),
            *check_conservation(store),
            *check_touched(store, articles, duplicates, parameters),
            laws.check_pairs(every, known["document_id"]),
            laws.check_spans(overlaps, known),
            laws.check_decisions(
                scan_held(store, DECISIONS.names()).collect(), decide_again(store, overlaps, known, parameters)
            ),
        ]
    )


def check_raw_bytes(store: Store) -> list[pl.DataFrame]:
    """The bytes in `raw` against their hashes, a file at a time."""
    checks = []
    for path in store.list_files(RAW).values():
        rows = pl.read_parquet(path, columns=["source_path", "source_sha256", "content"])
        hashes = pl.Series([hashlib.sha256(content).hexdigest() for content in rows["content"]], dtype=pl.String)
        checks.append(laws.check_bytes(rows.drop("content"), hashes))
    return checks


def _slim_columns(names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in ("text", "blocks", "evidence")]


def decide_again(
    store: Store, overlaps: pl.DataFrame, texts: pl.DataFrame, parameters: DedupParameters
) -> pl.DataFrame:
    """The decisions (DECISIONS) that the rule gives for the documents and overlaps held, from nothing."""
    documents = scan_held(store, HELD_COLUMNS).collect()
    roles = assign_roles(documents.select(RANKED_COLUMNS))
    active = roles.filter("is_active").select("document_id")
    compared = overlaps.join(active, on="document_id", how="semi").join(
        active, left_on="other_id", right_on="document_id", how="semi"
    )
    nodes = roles.filter("is_active").select(
        "document_id",
        "rank",
        "word_count",
        "is_active",
        pl.lit(value=False).alias("was_kept"),
        pl.lit(value=True).alias("is_dirty"),
    )
    intervals = locate_span_words(compared, texts)
    decided = decide_active(nodes, compared.select(PAIR), intervals, parameters)
    decisions = settle_active(roles, pl.DataFrame(schema=DECISIONS), decided, compared, parameters)
    copies = explain_copies(roles, decisions)
    successors = find_successors(roles, pl.concat([decisions, copies]))
    older = explain_older_versions(successors, roles, overlaps.select(*PAIR, "words"))
    return pl.concat([decisions, copies, older])
