"""The whole of deduplication in memory: from texts to decisions and the evidence for them, in one call.

A run of the store takes the same steps over files, a bounded part at a time; see `flows.matching` and
`flows.deciding`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from transforms.contracts.parameters import DedupParameters
from transforms.contracts.tables import ARTICLES, OVERLAPS
from transforms.dedup.align import align_and_locate, align_pairs, align_split, locate_span_words, prepare_words
from transforms.dedup.fingerprints import digest_texts
from transforms.dedup.match import (
    find_links,
    make_flags,
    merge_pairs,
    name_sources,
    unpack_pairs,
)
from transforms.dedup.postings import Numbers, Segment, build_segment
from transforms.dedup.rank import RANKED_COLUMNS
from transforms.dedup.update import PAIR, Compared, Held, Tools, assign_parts, update_decisions
from transforms.dedup.words import fill_words, key_texts, make_words

SLICE_ROWS: Final = 4_000
"""Texts that one thread works on at a time."""

CHUNK_PAIRS: Final = 20_000
"""Pairs that one thread compares at a time."""


@dataclass(frozen=True, slots=True)
class Deduplication:
    """What became of some documents.

    `decisions` (DECISIONS) has a row for each, `overlaps` (OVERLAPS) one for each pair that shares a passage.
    `long_lists` and `pairs_given_up`: see `match.Links`.
    """

    decisions: pl.DataFrame
    overlaps: pl.DataFrame
    long_lists: int
    pairs_given_up: int


def deduplicate(
    documents: pl.DataFrame, parameters: DedupParameters | None = None, *, workers: int = 1
) -> Deduplication:
    """Decide which documents are set aside.

    `documents`: document_id, text, and whatever else of RANKED_COLUMNS is known; each is a file of its own. `workers`
    threads share the work. ValueError when an id stands twice.
    """
    if documents["document_id"].is_duplicated().any():
        raise ValueError("documents holds a document_id more than once")
    with ThreadPoolExecutor(workers) as pool:
        digested = list(pool.map(_digest_slice, documents.iter_slices(SLICE_ROWS))) or [_digest_slice(documents)]
        described = _describe(documents, [columns for columns, _ in digested])
        roles = assign_parts(Held.nothing(), described)
        sources = name_sources([(segment.postings, segment.text_keys) for _, segment in digested], roles)
        links = list(find_links(sources, make_flags(*roles.select("was_active", "is_active", "is_changed")), pool))
        pairs = merge_pairs(part.added for part in links)
        compared = _compare_all(pool, pairs, roles, documents)
    overlaps = pl.concat([OVERLAPS.empty(), *(found for found, _ in compared)])
    numbered = Compared(
        *(pl.concat([getattr(NOTHING_COMPARED, part), *(getattr(one, part) for _, one in compared)]) for part in PARTS)
    )
    texts = documents.select("document_id", "text")
    tools = Tools(
        align=lambda pairs: align_pairs(pairs, texts), locate=lambda overlaps: locate_span_words(overlaps, texts)
    )
    nothing = pl.DataFrame(schema=dict.fromkeys(PAIR, pl.String))
    update = update_decisions(roles.lazy(), numbered, nothing, Held.nothing(), tools, parameters or DedupParameters())
    return Deduplication(
        update.decisions.sort("document_id"),
        pl.concat([overlaps, update.followed]).sort(PAIR),
        sum(part.long_lists for part in links),
        sum(part.pairs_given_up for part in links),
    )


PARTS: Final = ("measures", "intervals")

_NODES: Final = {"node": pl.UInt32(), "other_node": pl.UInt32()}
NOTHING_COMPARED: Final = Compared(
    pl.DataFrame(schema={**_NODES, "words": pl.UInt32(), "other_share": pl.Float64()}),
    pl.DataFrame(schema={**_NODES, "first_word": pl.UInt32(), "end_word": pl.UInt32()}),
)


def compare_chunk(pairs: pl.DataFrame, texts: pl.DataFrame) -> tuple[pl.DataFrame, Compared]:
    """Compare pairs of documents: their overlaps (OVERLAPS), and the same in numbers for the decision.

    `pairs`: node, other_node, and the document_id, other_id that they stand for; `texts`: document_id, text.
    """
    return _number_overlaps(pairs, *align_and_locate(pairs, texts))


def _number_overlaps(
    pairs: pl.DataFrame, overlaps: pl.DataFrame, located: pl.DataFrame
) -> tuple[pl.DataFrame, Compared]:
    found = overlaps.select(*PAIR, "words", "other_share").join(pairs, on=PAIR, maintain_order="left")
    intervals = located.join(pairs, on=PAIR, maintain_order="left")
    return overlaps, Compared(
        found.select(NOTHING_COMPARED.measures.columns), intervals.select(NOTHING_COMPARED.intervals.columns)
    )


def _digest_slice(documents: pl.DataFrame) -> tuple[pl.DataFrame, Segment]:
    digests = digest_texts(documents["text"])
    keys = key_texts(digests.text_sha256).to_numpy()
    segment = build_segment(keys, digests.fingerprints, digests.fingerprint_counts)
    return pl.DataFrame([digests.word_count, digests.text_sha256]), segment


def _describe(documents: pl.DataFrame, digests: list[pl.DataFrame]) -> pl.DataFrame:
    """RANKED_COLUMNS of each document and its `row`; what is not known is null, and all came at once."""
    constants = {
        "source_path": pl.col("document_id"),
        "record": pl.lit(0, pl.UInt32),
        "ingested_at": pl.lit(datetime(1970, 1, 1, tzinfo=UTC)),
        "authors": pl.lit([], pl.List(pl.String)),
        # An instant without a precision is taken for that day.
        "published_precision": pl.when(pl.col("published_at").is_not_null()).then(pl.lit("day"))
        if "published_at" in documents.columns
        else pl.lit(None),
    }
    known = pl.concat([documents.drop("text"), pl.concat(digests)], how="horizontal")
    return known.select(
        *(
            (pl.col(name) if name in known.columns else constants.get(name, pl.lit(None)))
            .cast(ARTICLES.polars_schema[name])
            .alias(name)
            for name in RANKED_COLUMNS
        ),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
    )


def _compare_all(
    pool: ThreadPoolExecutor, pairs: Numbers, roles: pl.DataFrame, documents: pl.DataFrame
) -> list[tuple[pl.DataFrame, Compared]]:
    """Compare all pairs; each text is split once, and the words of all of them are in memory."""
    low, high = unpack_pairs(pairs)
    nodes = np.unique(np.concatenate([low, high]))
    texts = documents["text"].gather(roles["row"].gather(nodes))
    words = make_words(roles["word_count"].gather(nodes).cast(pl.Int64).to_numpy())
    starts = range(0, len(texts), SLICE_ROWS)
    list(pool.map(lambda start: fill_words(words, start, texts.slice(start, SLICE_ROWS)), starts))
    split = prepare_words(words)
    ids = roles["document_id"]

    def compare(part: slice) -> tuple[pl.DataFrame, Compared]:
        one, other = low[part], high[part]
        named = pl.DataFrame(
            {"node": one, "other_node": other, "document_id": ids.gather(one), "other_id": ids.gather(other)}
        )
        left, right = np.searchsorted(nodes, one), np.searchsorted(nodes, other)
        return _number_overlaps(named, *align_split(named.select(PAIR), split, left, right))

    return list(pool.map(compare, (slice(at, at + CHUNK_PAIRS) for at in range(0, pairs.size, CHUNK_PAIRS))))
