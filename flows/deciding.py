"""The decide step: the rule, applied to all that a run can change, and what the store is to say about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.derived_texts import LOCATION, locate_derived, read_texts
from flows.directory import open_held
from flows.matching import Matching
from flows.run import Batch, Run, scan_batches
from flows.storage import write_frame
from transforms.contracts import OVERLAPS
from transforms.dedup.align import align_pairs, locate_span_words
from transforms.dedup.deduplicate import NOTHING_COMPARED, compare_chunk
from transforms.dedup.update import PAIR, Compared, Tools, update_decisions


@dataclass(frozen=True)
class Aligned:
    """What comparing the pairs of a chunk gave: overlaps (OVERLAPS), and the same in numbers for the decision."""

    overlaps: Path
    measures: Path
    intervals: Path


@dataclass(frozen=True)
class Verdict:
    """Decisions that are new or changed, overlaps to add, and the pairs whose overlap may change.

    `new_documents` are the documents that the store does not hold, so that nobody looks for them there.
    """

    decisions: Path
    overlaps: tuple[Path, ...]
    touched_pairs: Path
    new_documents: Path


def align_chunk(run: Run, batches: Sequence[Batch], matching: Matching, chunk: Path) -> Aligned:
    """Compare the pairs of a chunk word by word."""
    nodes = pl.scan_parquet(matching.roles).select("rank", "document_id", *LOCATION)
    pairs = pl.read_parquet(chunk)
    numbers = pl.concat([pairs["node"], pairs["other_node"]]).unique()
    known = nodes.filter(pl.col("rank").is_in(numbers.implode())).collect()
    names = known.select("rank", "document_id")
    named = pairs.join(names, left_on="node", right_on="rank", maintain_order="left").join(
        names.rename({"document_id": "other_id"}), left_on="other_node", right_on="rank", maintain_order="left"
    )
    texts = read_texts(run, batches, known)
    overlaps, compared = compare_chunk(named, texts)
    return Aligned(
        write_frame(overlaps, run.work / "overlaps" / chunk.name),
        write_frame(compared.measures, run.work / "measures" / chunk.name),
        write_frame(compared.intervals, run.work / "intervals" / chunk.name),
    )


def decide_documents(run: Run, batches: Sequence[Batch], matching: Matching, aligned: Sequence[Aligned]) -> Verdict:
    """Apply the rule to all that the new documents can change."""
    compared = Compared(
        scan_batches((chunk.measures for chunk in aligned), NOTHING_COMPARED.measures.schema).collect(),
        scan_batches((chunk.intervals for chunk in aligned), NOTHING_COMPARED.intervals.schema).collect(),
    )
    located = locate_derived(batches, ["document_id"])

    def read(*ids: pl.Series) -> pl.DataFrame:
        named = pl.concat([series.rename("document_id") for series in ids]).unique().to_frame()
        return read_texts(run, batches, named.join(located, on="document_id", how="left"))

    tools = Tools(
        align=lambda pairs: align_pairs(pairs, read(pairs["document_id"], pairs["other_id"])),
        locate=lambda overlaps: locate_span_words(overlaps, read(overlaps["document_id"])),
    )
    lost = pl.read_parquet(matching.lost)
    roles = pl.scan_parquet(matching.roles)
    update = update_decisions(roles, compared, lost, open_held(run), tools, run.settings.dedup)
    new = roles.filter(~pl.col("is_held")).select("document_id").collect()
    followed = write_frame(update.followed, run.work / "followed.parquet")
    overlaps = (*(chunk.overlaps for chunk in aligned), followed)
    added = scan_batches(overlaps, OVERLAPS.polars_schema).select(PAIR).collect()
    touched = pl.concat([update.gone, added]).unique()
    return Verdict(
        write_frame(update.decisions, run.work / "decisions.parquet"),
        overlaps,
        write_frame(touched, run.work / "touched_pairs.parquet"),
        write_frame(new, run.work / "new_documents.parquet"),
    )
