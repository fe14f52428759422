"""Which texts share a fingerprint, and so may share a passage.

The one place that joins postings. A fingerprint that very many texts share makes as many pairs as its list is long,
squared; whoever caps or buckets lists does it here, on `_pair_up`, which treats each fingerprint on its own.
"""

from __future__ import annotations

import polars as pl

POSTING = ("fingerprint", "text_key")


def find_candidate_pairs(postings: pl.LazyFrame | pl.DataFrame, held: pl.LazyFrame | pl.DataFrame) -> pl.DataFrame:
    """Find the pairs of different texts that share a fingerprint, at least one of the two among the new ones.

    `postings` are those of the new texts, `held` those of the store; both as FINGERPRINTS says. A text may stand in
    both. Returns text_key and other_key, text_key < other_key, each pair once, sorted.
    """
    new = postings.lazy().select(POSTING).unique()
    met = held.lazy().select(POSTING).join(new, on="fingerprint", how="semi")
    everything = pl.concat([new, met]).unique()
    return _pair_up(new, everything).sort("text_key", "other_key").collect()


def _pair_up(new: pl.LazyFrame, everything: pl.LazyFrame) -> pl.LazyFrame:
    """Pair each new posting with every other text of its fingerprint; the streaming engine drops repeats as it goes."""
    low, high = pl.min_horizontal("text_key", "met_key"), pl.max_horizontal("text_key", "met_key")
    return (
        new.join(everything.rename({"text_key": "met_key"}), on="fingerprint")
        .filter(pl.col("text_key") != pl.col("met_key"))
        .select(low.alias("text_key"), high.alias("other_key"))
        .unique()
    )
