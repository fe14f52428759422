"""The match step: which documents take part now, and which pairs of them are to be compared.

A run looks at the documents that it derived, at the held ones that share a path or the words with them, and at those
that share a fingerprint with any whose part changes. Everything else in the store stays unread.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from flows.derived_texts import LOCATION, locate_derived, read_texts
from flows.directory import open_directory, open_held
from flows.errors import IndexDamagedError
from flows.index import Index, open_index, read_segment, rebuild_segments
from flows.leaving import list_gone
from flows.run import Batch, Run
from flows.storage import write_frame
from transforms.dedup.fingerprints import digest_texts
from transforms.dedup.match import (
    Flags,
    Nodes,
    cut_chunks,
    find_linked,
    find_links,
    make_flags,
    merge_pairs,
    name_sources,
    pack_pairs,
    unpack_pairs,
)
from transforms.dedup.postings import (
    Numbers,
    Segment,
    build_segment,
    find_postings,
    join_postings,
    slice_by_prefix,
    split_postings,
)
from transforms.dedup.rank import RANKED_COLUMNS, rank_among
from transforms.dedup.update import assign_parts, load_active
from transforms.dedup.words import key_texts

PART_BITS: Final = 8
"""The index is asked in 2^8 parts of the range of fingerprints, so that few questions are in memory at a time."""

BYTES_PER_WORD: Final = 6
"""Of running text; turns the bytes of a batch into the words that a task may compare at a time."""

PAIR_BYTES: Final = 8

TEXT_COLUMNS: Final = ("document_id", "text_sha256", "was_text_sha256", "is_held", *LOCATION)
"""What is asked of a document whose words are to be compared."""


@dataclass(frozen=True)
class Matching:
    """What the match step found.

    `roles`: the documents looked at, in rank order (node 0 first), with their part before and now. `chunks`: pairs to
    align (node, other_node). `lost`: pairs that are pairs no more (document_id, other_id). `left`: keys of the texts
    that no document has any more (text_key). `remade`: segments made
    again because the index could not be used, and `index_damage` why not. `long_lists` and `pairs_given_up`: see
    `transforms.dedup.match.Links`.
    """

    roles: Path
    chunks: tuple[Path, ...]
    lost: Path
    left: Path
    remade: tuple[Path, ...] = ()
    index_damage: str | None = None
    long_lists: int = 0
    pairs_given_up: int = 0


def match_documents(run: Run, batches: Sequence[Batch]) -> Matching:
    """Find what takes part now and what to compare; an index that is damaged is made again."""
    if run.is_rebuild:
        return _match(run, batches, (), (), None)
    try:
        return _match(run, batches, tuple(open_index(run.store).segments.values()), (), None)
    except IndexDamagedError as error:
        remade = tuple(rebuild_segments(run.store, run.work / "index"))
        return _match(run, batches, tuple(map(read_segment, remade)), remade, str(error))


def open_usable_index(run: Run, matching: Matching) -> Index:
    """The index that the run could use: that of the store, or none when it was made again."""
    return Index({}) if matching.remade or matching.index_damage or run.is_rebuild else open_index(run.store)


def _match(
    run: Run, batches: Sequence[Batch], held: tuple[Segment, ...], remade: tuple[Path, ...], damage: str | None
) -> Matching:
    base = assign_parts(open_held(run), locate_derived(batches, RANKED_COLUMNS), list_gone(run, batches))
    texts_gone = _list_texts_gone(run, base)
    own = [read_segment(batch.segment) for batch in batches]
    changed = base.filter("is_changed").select(TEXT_COLUMNS)
    # One derived again with other words leaves the lists of those that it had.
    left = _list_texts_left(changed)
    own.append(_fingerprint_held(run, batches, pl.concat([changed, left], how="diagonal"), own))
    survey = _survey(run, held, base, own, np.union1d(_keys(changed), _keys(left)))
    # In a rebuild each of these is all documents, and the survey has them.
    del base, changed
    spill = PairSpill(run.work / "spill", run.settings.match_bytes // PAIR_BYTES)
    lost: list[Numbers] = []
    long_lists = pairs_given_up = 0
    for links in find_links(survey.sources, survey.flags):
        spill.add(links.added)
        lost.append(links.lost)
        long_lists += links.long_lists
        pairs_given_up += links.pairs_given_up
    gone = _confirm_lost(run, batches, held, survey, own, merge_pairs(lost))
    words = survey.nodes["word_count"].to_numpy().astype(np.int64)
    chunks = cut_chunks(spill.merge(words.size), words, run.settings.batch_bytes // BYTES_PER_WORD)
    return Matching(
        roles=write_frame(survey.nodes, run.work / "roles.parquet"),
        chunks=tuple(
            write_frame(_name_pairs(pairs), run.work / "pairs" / f"{number:05d}.parquet")
            for number, pairs in enumerate(chunks)
        ),
        lost=write_frame(gone, run.work / "lost_pairs.parquet"),
        left=write_frame(texts_gone, run.work / "texts_left.parquet"),
        remade=remade,
        index_damage=damage,
        long_lists=long_lists,
        pairs_given_up=pairs_given_up,
    )


def find_active_held(run: Run, text_keys: Numbers, known: pl.DataFrame) -> pl.DataFrame:
    """The held documents that stand for the texts with these keys; see `update.load_active`."""
    keys = pl.Series("text_key", text_keys, dtype=pl.UInt64)
    is_asked = key_texts(pl.col("text_sha256")).is_in(keys.implode())
    found = open_directory(run).scan(keys.to_frame(), [*RANKED_COLUMNS, "relation"]).filter(is_asked)
    return load_active(found.collect(), known)


def _list_texts_left(changed: pl.DataFrame) -> pl.DataFrame:
    """The documents that had other words before, with those words and as they are held."""
    return changed.filter("is_held", pl.col("was_text_sha256") != pl.col("text_sha256")).select(
        "document_id",
        pl.col("was_text_sha256").alias("text_sha256"),
        *(pl.lit(None, dtype).alias(name) for name, dtype in LOCATION.items()),
    )


def _list_texts_gone(run: Run, base: pl.DataFrame) -> pl.DataFrame:
    """Keys (text_key) of the texts that documents of `base` had, and that no document has any more."""
    had = base.filter("is_held", pl.col("is_gone") | (pl.col("was_text_sha256") != pl.col("text_sha256")))
    texts = had.select(pl.col("was_text_sha256").alias("text_sha256")).unique()
    if texts.is_empty():
        return texts.select(key_texts(pl.col("text_sha256")).alias("text_key"))
    again = had.select("document_id")
    others = open_held(run).find_documents(texts).join(again, on="document_id", how="anti").select("text_sha256")
    now = base.filter(~pl.col("is_gone")).select("text_sha256")
    left = texts.join(pl.concat([others, now]), on="text_sha256", how="anti")
    return left.select(key_texts(pl.col("text_sha256")).alias("text_key"))


def _keys(documents: pl.DataFrame) -> Numbers:
    return np.unique(key_texts(documents["text_sha256"]).to_numpy())


def _fingerprint_held(run: Run, batches: Sequence[Batch], documents: pl.DataFrame, own: Sequence[Segment]) -> Segment:
    """The segment of the texts of `documents` that are in no segment of the run."""
    known = np.concatenate([np.empty(0, np.uint64), *(segment.text_keys for segment in own)])
    keyed = documents.with_columns(key_texts(pl.col("text_sha256")).alias("text_key"))
    missing = keyed.filter(~pl.col("text_key").is_in(pl.Series(known, dtype=pl.UInt64).implode())).unique(
        "text_key", maintain_order=True
    )
    texts = missing.select("document_id", "text_key").join(
        read_texts(run, batches, missing), on="document_id", maintain_order="left"
    )
    digests = digest_texts(texts["text"])
    return build_segment(texts["text_key"].to_numpy(), digests.fingerprints, digests.fingerprint_counts)


# --- who meets whom --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Survey:
    """Documents by rank, their flags, and the postings in which they meet, as `find_links` takes them."""

    nodes: pl.DataFrame
    flags: Flags
    sources: list[tuple[Numbers, Nodes]]


def _survey(run: Run, held: Sequence[Segment], base: pl.DataFrame, own: Sequence[Segment], asked: Numbers) -> _Survey:
    """Find every posting that shares a fingerprint with the texts `asked` (keys, in `own`), and its document."""
    hits = _find_hits(run, held, own, asked)
    met = [segment.text_keys[np.unique(split_postings(found)[1])] for segment, found in zip(held, hits, strict=True)]
    others = np.setdiff1d(np.concatenate([np.empty(0, np.uint64), *met]), _keys(base))
    ranked = base
    if others.size:
        ranked = rank_among(base, find_active_held(run, others, base))
    pieces = [*((segment.postings, segment.text_keys) for segment in own)]
    pieces += [_keep_texts_met(segment, found) for segment, found in zip(held, hits, strict=True)]
    return _Survey(
        ranked, make_flags(*ranked.select("was_active", "is_active", "is_changed")), name_sources(pieces, ranked)
    )


def _keep_texts_met(segment: Segment, found: Numbers) -> tuple[Numbers, Numbers]:
    """Postings found, with their texts numbered anew, and the keys of these: few of all those in the segment."""
    fingerprints, texts = split_postings(found)
    met = np.unique(texts)
    return join_postings(fingerprints, np.searchsorted(met, texts).astype(np.uint64)), segment.text_keys[met]


def _find_hits(run: Run, held: Sequence[Segment], own: Sequence[Segment], asked: Numbers) -> list[Numbers]:
    """Postings in each held segment of the fingerprints of the texts `asked`; IndexDamagedError when one is damaged."""
    if not held:
        return []
    is_asked = [np.isin(segment.text_keys, asked) for segment in own]
    cuts = [slice_by_prefix(segment.postings, PART_BITS) for segment in own]

    def find(part: int) -> list[Numbers]:
        pieces = []
        for segment, mask, bounds in zip(own, is_asked, cuts, strict=True):
            fingerprints, texts = split_postings(segment.postings[bounds[part] : bounds[part + 1]])
            pieces.append(fingerprints[mask[texts]])
        questions = np.unique(np.concatenate(pieces))
        return [_find_sound(segment, questions) for segment in held]

    with ThreadPoolExecutor(run.settings.workers) as pool:
        hits = list(pool.map(find, range(1 << PART_BITS)))
    return [np.concatenate(found) for found in zip(*hits, strict=True)]


def _find_sound(segment: Segment, questions: Numbers) -> Numbers:
    postings, damaged = find_postings(segment, questions)
    if damaged.size:
        raise IndexDamagedError(
            f"{damaged.size} buckets of postings are not what was written, bucket {damaged[0]} first"
        )
    return postings


def _confirm_lost(
    run: Run,
    batches: Sequence[Batch],
    held: Sequence[Segment],
    survey: _Survey,
    own: Sequence[Segment],
    lost: Numbers,
) -> pl.DataFrame:
    """The lost pairs (document_id, other_id) that no other list pairs."""
    ids = survey.nodes["document_id"]
    low, high = unpack_pairs(lost)
    pairs = pl.DataFrame({"document_id": ids.gather(low), "other_id": ids.gather(high)})
    if pairs.is_empty():
        return pairs
    concerned = survey.nodes.filter(pl.col("document_id").is_in(pl.concat([*pairs]).unique().implode()))
    segments = [*own, _fingerprint_held(run, batches, concerned, own)]
    again = _survey(run, held, survey.nodes, segments, _keys(concerned))
    numbers = again.nodes.select("document_id", "rank")
    numbered = pairs.join(numbers, on="document_id", maintain_order="left").join(
        numbers.rename({"document_id": "other_id", "rank": "other_rank"}), on="other_id", maintain_order="left"
    )
    packed = pack_pairs(numbered["rank"].to_numpy(), numbered["other_rank"].to_numpy())
    linked = find_linked(again.sources, again.flags, np.sort(packed))
    return pairs.filter(~np.isin(packed, linked))


# --- pairs in bounded memory -----------------------------------------------------------------------------------------


class PairSpill:
    """Distinct pairs, of which a bounded number are in memory: the rest lies sorted on disk until they are merged."""

    def __init__(self, folder: Path, most_pairs: int) -> None:
        """Keep up to `most_pairs` in memory, and spill to `folder`."""
        self.folder, self.most_pairs = folder, max(most_pairs, 1)
        self.parts: list[Numbers] = []
        self.runs: list[Path] = []
        self.size = 0

    def add(self, pairs: Numbers) -> None:
        """Take in more pairs."""
        self.parts.append(pairs)
        self.size += pairs.size
        if self.size > self.most_pairs:
            merged = merge_pairs(self.parts)
            if 2 * merged.size > self.most_pairs:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.runs.append(self.folder / f"{len(self.runs):05d}.npy")
                np.save(self.runs[-1], merged)
                merged = merged[:0]
            self.parts, self.size = [merged], merged.size

    def merge(self, node_count: int) -> Iterator[Numbers]:
        """All pairs of documents under `node_count`, sorted, distinct, about as many at a time as memory may hold."""
        runs: list[Numbers] = [*(np.load(path, mmap_mode="r") for path in self.runs), merge_pairs(self.parts)]
        total = sum(run.size for run in runs)
        pieces = max(-(-total // self.most_pairs), 1)
        bounds = np.linspace(0, node_count, pieces + 1).astype(np.uint64)[1:] << np.uint64(32)
        cuts = [np.concatenate([[0], np.searchsorted(run, bounds)]) for run in runs]
        for piece in range(pieces):
            yield merge_pairs(run[cut[piece] : cut[piece + 1]] for run, cut in zip(runs, cuts, strict=True))


def _name_pairs(pairs: Numbers) -> pl.DataFrame:
    low, high = unpack_pairs(pairs)
    return pl.DataFrame({"node": low, "other_node": high})
