"""What a change of the documents held means for pairs and decisions: only what can change is looked at again."""

from typing import Final

import polars as pl

from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup.decide import explain_active, gather_partners
from transforms.dedup.words import key_texts

PAIR: Final = ["document_id", "other_id"]


def find_arrivals(roles: pl.DataFrame, held_active: pl.Series, derived: pl.Series) -> pl.DataFrame:
    """Documents to compare with the others: rows of `roles` that are active now and were not, or were derived now.

    `held_active` are the ids active before, `derived` those derived in this run.
    """
    was_active, is_derived = (pl.col("document_id").is_in(ids.implode()) for ids in (held_active, derived))
    return roles.filter(pl.col("is_active") & (~was_active | is_derived))


def orient_pairs(pairs: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """`pairs` (document_id, other_id) with the lower-ranked document first; distinct, sorted."""
    ranks = roles.select("document_id", "rank")
    ranked = pairs.join(ranks, on="document_id").join(
        ranks.rename({"document_id": "other_id", "rank": "other_rank"}), on="other_id"
    )
    is_lower = pl.col("rank") > pl.col("other_rank")
    return (
        ranked.filter(pl.col("rank") != pl.col("other_rank"))
        .select(
            pl.when(is_lower).then("document_id").otherwise("other_id").alias("document_id"),
            pl.when(is_lower).then("other_id").otherwise("document_id").alias("other_id"),
        )
        .unique()
        .sort(PAIR)
    )


def list_comparisons(candidates: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """Pairs of active documents (document_id, other_id) for candidate pairs of texts (text_key, other_key)."""
    active = roles.filter("is_active").select(key_texts(pl.col("text_sha256")).alias("text_key"), "document_id")
    pairs = candidates.join(active, on="text_key").join(
        active.rename({"text_key": "other_key", "document_id": "other_id"}), on="other_key"
    )
    return orient_pairs(pairs.select(PAIR), roles)


def list_following_pairs(roles: pl.DataFrame, copies: pl.DataFrame, successors: pl.DataFrame) -> pl.DataFrame:
    """Pairs that give the evidence for documents that are not active: a copy or an older version and its partners.

    `copies` are decisions, `successors` are document_id, kept_id. Lower-ranked document first.
    """
    of_copies = copies.select("document_id", pl.col("partners").list.eval(pl.element().struct.field("document_id")))
    pairs = pl.concat(
        [
            of_copies.explode("partners", empty_as_null=False).rename({"partners": "other_id"}),
            successors.rename({"kept_id": "other_id"}),
        ]
    )
    return orient_pairs(pairs, roles)


def collect_below(pairs: pl.DataFrame, start: pl.Series) -> pl.Series:
    """Ids in `start` and of every document that can be reached from them by going down the pairs."""
    reached = frontier = start.unique()
    while frontier.len():
        below = pairs.filter(pl.col("other_id").is_in(frontier.implode()))["document_id"].unique()
        frontier = below.filter(~below.is_in(reached.implode()))
        reached = pl.concat([reached, frontier])
    return reached.rename("document_id")


def list_gone_pairs(held: pl.DataFrame, roles: pl.DataFrame, following: pl.DataFrame) -> pl.DataFrame:
    """Pairs held that are neither of two active documents nor the evidence for another one (`following`)."""
    active = roles.filter("is_active").select("document_id")
    compared = held.join(active, on="document_id", how="semi").join(
        active, left_on="other_id", right_on="document_id", how="semi"
    )
    return held.join(compared, on=PAIR, how="anti").join(following, on=PAIR, how="anti").select(PAIR)


def select_nodes(roles: pl.DataFrame, held: pl.DataFrame, pairs: pl.DataFrame, stale: pl.Series) -> pl.DataFrame:
    """The nodes that `decide_active` needs: whatever a change can reach, and the neighbours above it.

    `held`: document_id, was_kept, was_active of the documents held before. `pairs`: the pairs of active documents,
    those of documents that are active no more included. Dirty are the documents that became active or ceased to be,
    and those whose pairs were found anew (`stale`).
    """
    known = roles.join(held, on="document_id", how="left", maintain_order="left").with_columns(
        pl.col("was_kept", "was_active").fill_null(value=False)
    )
    is_stale = pl.col("document_id").is_in(stale.implode())
    changed = known.with_columns(((pl.col("is_active") != pl.col("was_active")) | is_stale).alias("is_dirty"))
    reached = collect_below(pairs, changed.filter("is_dirty")["document_id"])
    above = pairs.filter(pl.col("document_id").is_in(reached.implode()))["other_id"]
    needed = pl.concat([reached, above.rename("document_id")]).unique()
    return changed.filter(pl.col("document_id").is_in(needed.implode())).select(
        "document_id",
        "rank",
        "word_count",
        "is_active",
        # A document that was set aside as a copy or an older version was not kept, whatever its new part is.
        (pl.col("was_kept") & pl.col("was_active")).alias("was_kept"),
        "is_dirty",
    )


def settle_active(
    roles: pl.DataFrame,
    held: pl.DataFrame,
    decided: pl.DataFrame,
    overlaps: pl.DataFrame,
    parameters: DedupParameters,
) -> pl.DataFrame:
    """The decisions (DECISIONS) of all active documents: those decided now, and those that stand.

    `held`: the decisions before. `decided`: what `decide_active` gave. `overlaps`: overlap rows of the documents in
    `decided` (document_id, other_id, words, other_share).
    """
    active = roles.filter("is_active")
    standing = held.join(active, on="document_id", how="semi").join(decided, on="document_id", how="anti")
    is_kept = pl.concat(
        [
            standing.select("document_id", pl.col("relation").is_null().alias("is_kept")),
            decided.select("document_id", "is_kept"),
        ]
    )
    partners = gather_partners(overlaps.join(decided, on="document_id", how="semi"), is_kept)
    explained = explain_active(decided, roles, partners, parameters)
    return pl.concat([standing.select(DECISIONS.names()), explained]).sort("document_id")


def find_changed_decisions(decisions: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The rows of `decisions` that are new or say something else than `held` (both DECISIONS)."""
    before = held.select(pl.col(name).alias(f"held_{name}") for name in DECISIONS)
    compared = decisions.join(before, left_on="document_id", right_on="held_document_id", how="left", coalesce=False)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"held_{name}")) for name in DECISIONS)
    return compared.filter(~same).select(DECISIONS.names())
