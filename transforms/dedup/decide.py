"""Which documents are set aside, and why.

The rule: a document is set aside when at least τ of its words stand, word for word, in kept documents that rank above
it. Documents are decided from the highest rank down, so the answer for one depends only on those above it, and a
change can only travel downwards: a document is decided again when a neighbour above it appeared, left or changed sides.

Active documents (see `rank.assign_roles`) are decided by the rule. The others follow: a copy follows the document that
has its words, an older version follows the newest one.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.contracts.tables import PARTNER
from transforms.dedup.kernels import compile_kernel

TOLERANCE: Final = 1e-9
"""Of a share: keeps one that equals the threshold on the right side of it after rounding (0.55 * 100 > 55)."""

Array = npt.NDArray[Any]


@compile_kernel
def _decide_downwards(  # noqa: C901, PLR0913, PLR0917 - a kernel takes arrays and is one loop nest
    word_counts: Array,
    is_active: Array,
    kept: Array,
    dirty: Array,
    above_offsets: Array,
    above: Array,
    interval_offsets: Array,
    first_words: Array,
    end_words: Array,
    below_offsets: Array,
    below: Array,
    threshold: float,
    floor_words: int,
) -> Array:
    """Decide the dirty nodes in rank order, in place in `kept`; returns the covered words of each (-1: not decided).

    Nodes are numbered by rank, 0 first. `above[above_offsets[i]:above_offsets[i+1]]` are the neighbours above node i,
    and the pair at position p shares the word intervals `interval_offsets[p]:interval_offsets[p+1]` of node i.
    """
    covered_words = np.full(word_counts.shape[0], -1, np.int64)
    longest = 0
    for node in range(word_counts.shape[0]):
        longest = max(longest, word_counts[node])
    # A word of node i is covered when its mark is i + 1: the marks need no clearing between nodes.
    marks = np.zeros(longest, np.int64)
    for node in range(word_counts.shape[0]):
        if not dirty[node]:
            continue
        covered = 0
        for pair in range(above_offsets[node], above_offsets[node + 1]):
            if not kept[above[pair]]:
                continue
            for interval in range(interval_offsets[pair], interval_offsets[pair + 1]):
                for word in range(first_words[interval], end_words[interval]):
                    if marks[word] != node + 1:
                        marks[word] = node + 1
                        covered += 1
        covered_words[node] = covered
        is_set_aside = word_counts[node] >= floor_words and covered / word_counts[node] >= threshold - TOLERANCE
        keeps = is_active[node] and not is_set_aside
        if keeps != kept[node]:
            kept[node] = keeps
            for position in range(below_offsets[node], below_offsets[node + 1]):
                dirty[below[position]] = True
    return covered_words


def _count_offsets(groups: Array, group_count: int) -> Array:
    """Start of each group in rows sorted by group number, and the end of the last: `group_count + 1` positions."""
    return np.concatenate(
        (np.zeros(1, np.int64), np.cumsum(np.bincount(groups, minlength=group_count), dtype=np.int64))
    )


def decide_active(
    nodes: pl.DataFrame, pairs: pl.DataFrame, intervals: pl.DataFrame, parameters: DedupParameters
) -> pl.DataFrame:
    """Apply the rule to the dirty nodes and to whatever their answers change.

    `nodes`: document_id, rank, word_count, is_active, was_kept, is_dirty; nodes that are not active are those that
    have just left. `pairs`: document_id, other_id (which ranks above it), both in nodes. `intervals`: document_id,
    other_id, first_word, end_word, the words of document_id that the pair shares.
    Returns document_id, is_kept, covered_words for each active node that was decided, in rank order.
    """
    nodes = nodes.sort("rank").with_row_index("node")
    number = nodes.select("document_id", "node")
    numbered = (
        pairs.select("document_id", "other_id")
        .join(number, on="document_id")
        .join(number.rename({"document_id": "other_id", "node": "above"}), on="other_id")
        .sort("node", "above")
        .with_row_index("pair")
    )
    shared = intervals.join(numbered, on=["document_id", "other_id"]).sort("pair", "first_word")
    downwards = numbered.sort("above", "node")
    kept = nodes["was_kept"].to_numpy().copy()
    covered = _decide_downwards(
        nodes["word_count"].cast(pl.Int64).to_numpy(),
        nodes["is_active"].to_numpy(),
        kept,
        nodes["is_dirty"].to_numpy().copy(),
        _count_offsets(numbered["node"].to_numpy(), nodes.height),
        numbered["above"].cast(pl.Int64).to_numpy(),
        _count_offsets(shared["pair"].to_numpy(), numbered.height),
        shared["first_word"].cast(pl.Int64).to_numpy(),
        shared["end_word"].cast(pl.Int64).to_numpy(),
        _count_offsets(downwards["above"].to_numpy(), nodes.height),
        downwards["node"].cast(pl.Int64).to_numpy(),
        parameters.coverage_threshold,
        parameters.floor_words,
    )
    return (
        nodes.with_columns(pl.Series("is_kept", kept), pl.Series("covered_words", covered))
        .filter(pl.col("is_active") & (pl.col("covered_words") >= 0))
        .select("document_id", "is_kept", pl.col("covered_words").cast(pl.UInt32))
    )


def gather_partners(pairs: pl.DataFrame, is_kept: pl.DataFrame) -> pl.DataFrame:
    """Kept partners of each document: document_id, partners, best_id, best_words, best_other_share.

    `pairs` are overlap rows (document_id, other_id, words, other_share); `is_kept`: document_id, is_kept. Partners come
    most words first, then by id. Documents without a kept partner have no row.
    """
    kept = is_kept.filter("is_kept").select(pl.col("document_id").alias("other_id"))
    return (
        pairs.join(kept, on="other_id", how="semi")
        .sort("document_id", "words", "other_id", descending=[False, True, False])
        .group_by("document_id", maintain_order=True)
        .agg(
            pl.struct(pl.col("other_id").alias("document_id"), "words").alias("partners"),
            pl.col("other_id").first().alias("best_id"),
            pl.col("words").first().alias("best_words"),
            pl.col("other_share").first().alias("best_other_share"),
        )
    )


def _percent(share: pl.Expr) -> pl.Expr:
    """Rounded down: 99.6 % must not read as all of it."""
    return (share * 100 + TOLERANCE).floor().cast(pl.Int64).cast(pl.String) + "%"


def explain_active(
    decided: pl.DataFrame, roles: pl.DataFrame, partners: pl.DataFrame, parameters: DedupParameters
) -> pl.DataFrame:
    """The decisions of active documents (DECISIONS) from what `decide_active` and `gather_partners` found."""
    threshold = parameters.coverage_threshold - TOLERANCE
    best_share = pl.col("best_words") / pl.col("word_count")
    is_near = (best_share >= threshold) & (pl.col("best_other_share") >= threshold)
    relation = (
        pl.when("is_kept")
        .then(pl.lit(None, pl.String))
        .when(is_near)
        .then(pl.lit("near"))
        .when(best_share >= threshold)
        .then(pl.lit("excerpt"))
        .otherwise(pl.lit("digest"))
    )
    paths = roles.select(pl.col("document_id").alias("best_id"), _name_place().alias("best_path"))
    share_of_words = pl.format(
        "{} of its {} words ({}) stand word for word in ",
        "covered_words",
        "word_count",
        _percent(pl.col("coverage")),
    )
    others = pl.col("partners").list.len() - 1
    reason = (
        pl.when("is_kept")
        .then(pl.lit(None, pl.String))
        .when(others == 0)
        .then(share_of_words + pl.format("{}.", "best_path"))
        .when(others == 1)
        .then(share_of_words + pl.format("{} and 1 other kept document.", "best_path"))
        .otherwise(share_of_words + pl.format("{} and {} other kept documents.", "best_path", others))
    )
    return (
        decided.join(roles.select("document_id", "word_count"), on="document_id")
        .join(partners, on="document_id", how="left")
        .join(paths, on="best_id", how="left")
        .with_columns((pl.col("covered_words") / pl.col("word_count")).alias("coverage"))
        .with_columns(relation.alias("relation"), reason.alias("reason"))
        .with_columns(
            pl.when("is_kept").then(pl.lit(None, pl.String)).otherwise("best_id").alias("duplicate_of"),
            pl.when("is_kept")
            .then(pl.lit([], pl.List(PARTNER)))
            .otherwise("partners")
            .cast(pl.List(PARTNER))
            .alias("partners"),
        )
        .select(pl.col(name) for name in DECISIONS)
        .sort("document_id")
    )


def explain_lone(ids: pl.DataFrame) -> pl.DataFrame:
    """The decisions (DECISIONS) of documents (document_id) that share nothing with any other."""
    nothing = pl.lit(None, pl.String)
    return ids.select(
        "document_id",
        relation=nothing,
        duplicate_of=nothing,
        partners=pl.lit([], pl.List(PARTNER)),
        coverage=pl.lit(0.0),
        reason=nothing,
    )


def _name_place() -> pl.Expr:
    """A document as a person can ask for it: its path, and its record where it is not the first one of the file."""
    place = pl.format("{}#{}", "source_path", "record")
    return pl.when(pl.col("record") > 0).then(place).otherwise("source_path")


def explain_copies(roles: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The decisions of newest versions that have the same words as an active document (DECISIONS).

    `decisions` are those of all active documents. A copy of a kept document is `exact`; a copy of one that was set
    aside is set aside for the same reason, since it has the same words.
    """
    standard = decisions.rename({name: f"standard_{name}" for name in DECISIONS if name != "document_id"}).rename(
        {"document_id": "standard_id"}
    )
    paths = roles.select(pl.col("document_id").alias("standard_id"), _name_place().alias("standard_path"))
    is_exact = pl.col("standard_relation").is_null()
    itself = pl.concat_list(
        pl.struct(pl.col("standard_id").alias("document_id"), pl.col("word_count").cast(pl.UInt32).alias("words"))
    )
    return (
        roles.filter(pl.col("standard_id").is_not_null() & ~pl.col("is_active"))
        .join(standard, on="standard_id")
        .join(paths, on="standard_id")
        .select(
            "document_id",
            pl.when(is_exact).then(pl.lit("exact")).otherwise("standard_relation").alias("relation"),
            pl.when(is_exact).then("standard_id").otherwise("standard_duplicate_of").alias("duplicate_of"),
            pl.when(is_exact).then(itself).otherwise("standard_partners").cast(pl.List(PARTNER)).alias("partners"),
            pl.when(is_exact).then(pl.lit(1.0)).otherwise("standard_coverage").alias("coverage"),
            pl.when(is_exact)
            .then(pl.format("It has the same {} words as {}.", "word_count", "standard_path"))
            .otherwise("standard_reason")
            .alias("reason"),
        )
        .sort("document_id")
    )


def find_successors(roles: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The kept document that stands for each older version: document_id, kept_id.

    `decisions` are those of all newest versions. It is the newest version, or what that one is a duplicate of.
    """
    kept = decisions.select(
        pl.col("document_id").alias("newest_id"),
        pl.coalesce("duplicate_of", "document_id").alias("kept_id"),
    )
    return (
        roles.filter(pl.col("newest_id") != pl.col("document_id"))
        .join(kept, on="newest_id")
        .select("document_id", "kept_id")
    )


def explain_older_versions(successors: pl.DataFrame, roles: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """The decisions of older versions (DECISIONS).

    `overlaps` holds the pairs of an older version with the kept document that stands for it, in either order.
    """
    shared = pl.concat(
        [
            overlaps.select("document_id", pl.col("other_id").alias("kept_id"), "words"),
            overlaps.select(pl.col("other_id").alias("document_id"), pl.col("document_id").alias("kept_id"), "words"),
        ]
    )
    older = roles.select("document_id", "word_count", "text_sha256")
    kept = roles.select(
        pl.col("document_id").alias("kept_id"),
        pl.col("text_sha256").alias("kept_sha256"),
        _name_place().alias("kept_path"),
    )
    same_words = pl.col("text_sha256") == pl.col("kept_sha256")
    # A text of fewer words than an overlap can have still shares all of them with its equal.
    words = pl.when(same_words).then("word_count").otherwise(pl.col("words").fill_null(0)).cast(pl.UInt32)
    return (
        successors.join(older, on="document_id")
        .join(kept, on="kept_id")
        .join(shared, on=["document_id", "kept_id"], how="left")
        .with_columns(words.alias("words"))
        .with_columns((pl.col("words") / pl.col("word_count")).alias("coverage"))
        .select(
            "document_id",
            pl.lit("superseded").alias("relation"),
            pl.col("kept_id").alias("duplicate_of"),
            pl.concat_list(pl.struct(pl.col("kept_id").alias("document_id"), "words"))
            .cast(pl.List(PARTNER))
            .alias("partners"),
            "coverage",
            pl.format(
                "A newer version of this file was taken in; {} of its {} words ({}) stand word for word in {}.",
                "words",
                "word_count",
                _percent(pl.col("coverage")),
                "kept_path",
            ).alias("reason"),
        )
        .sort("document_id")
    )


def number_pairs(pairs: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """`pairs` with numbers in the place of ids."""
    return (
        pairs.join(numbers, on="document_id", maintain_order="left")
        .join(
            numbers.rename({"document_id": "other_id", "number": "other_number"}),
            on="other_id",
            maintain_order="left",
        )
        .with_columns(pl.col("number").alias("document_id"), pl.col("other_number").alias("other_id"))
        .drop("number", "other_number")
    )
