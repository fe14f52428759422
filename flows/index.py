"""The index: the fingerprints of every text held, in memory-mapped Arrow files under `index/v<format>/`.

A segment is a folder of three Arrow IPC files, uncompressed so that they can be mapped: `postings.arrow` (sorted),
`texts.arrow` (the key of each text) and `buckets.arrow` (the directory, with a checksum for each bucket); see
`transforms.dedup.postings`. Each run adds one, and folds the small ones among the last into it. `manifest.json` names
the segments that count, with a digest of their small files, and the run that wrote it.

Nothing here is trusted: the manifest must be that of the store's last run, texts and directory must have their digest,
and each bucket that is read its checksum. An index that is lost or damaged is made again from the texts of the store,
by the run that notices or by `winnow compact`. All of it follows from `articles` and `duplicates`.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from flows.errors import IndexDamagedError
from flows.progress import report_stage
from flows.storage import INDEX_FOLDER, INDEX_FORMAT, INDEX_MANIFEST, Store, sync_folder, write_whole
from flows.summary import count_rows
from transforms.contracts import ARTICLES, DUPLICATES, RUNS
from transforms.dedup.fingerprints import digest_texts
from transforms.dedup.postings import (
    MOST_TEXTS,
    Numbers,
    Segment,
    build_segment,
    find_damage,
    finish_segment,
    mark_known,
    plan_merge,
)
from transforms.dedup.words import key_texts

SEGMENTS_AT_MOST: Final = 8
"""When there are more that are not full, the run that adds one folds in the smaller ones, so that few files are looked
into, however many runs there were, and each posting is written again a number of times that grows as the logarithm of
the runs."""

TEXT_BATCH_ROWS: Final = 20_000
"""Texts that are read at a time to make the index again."""

FILES: Final[dict[str, tuple[str, ...]]] = {
    "postings.arrow": ("postings",),
    "texts.arrow": ("text_keys",),
    "buckets.arrow": ("bucket_ends", "bucket_checksums"),
}
"""File of a segment -> its columns, named as in Segment."""


@dataclass(frozen=True)
class Index:
    """The segments that count, by name."""

    segments: Mapping[Any, Segment]

    @property
    def text_keys(self) -> Numbers:
        """The key of every text held."""
        return np.concatenate([np.empty(0, np.uint64), *(segment.text_keys for segment in self.segments.values())])


# --- files -----------------------------------------------------------------------------------------------------------


def write_segment(segment: Segment, folder: Path) -> Path:
    """Write a segment's files, on disk to the last byte before this returns."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in FILES.items():
        _write_arrays(folder / name, {column: getattr(segment, column) for column in columns})
    sync_folder(folder)
    return folder


def _write_arrays(path: Path, arrays: dict[str, Numbers]) -> None:
    batch = pa.record_batch({name: pa.array(values) for name, values in arrays.items()})
    with path.open("wb") as sink:
        with pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        sink.flush()
        # Durable, since the journal says that it is there.
        os.fsync(sink.fileno())


def read_segment(folder: Path) -> Segment:
    """Map a segment's files into memory; IndexDamagedError when one is missing or is no Arrow file."""
    arrays: dict[str, Numbers] = {}
    for name, columns in FILES.items():
        try:
            with pa.memory_map(str(folder / name)) as source:
                table = pa.ipc.open_file(source).read_all()
            for column in columns:
                arrays[column] = _take_whole(table.column(column)).to_numpy(zero_copy_only=True)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise IndexDamagedError(f"{folder.name}/{name} cannot be read: {error}") from error
    return Segment(**arrays)


def _take_whole(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array. Combining copies even a single chunk: what is mapped would be read whole."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def merge_to(segments: Sequence[Segment], left_out: Numbers, folder: Path) -> Path:
    """Merge segments into one on disk, holding a small part of their postings in memory at a time."""
    merger = plan_merge(segments, left_out)
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / "postings.scratch"
    # A mapped file, which the system can write out when memory is short, takes the place of one large array.
    room = np.memmap(scratch, np.uint64, "w+", shape=(max(merger.most_postings, 1),))
    used = 0
    for part in merger.merge_parts():
        room[used : used + part.size] = part
        used += part.size
    write_segment(finish_segment(np.asarray(room[:used]), merger.text_keys), folder)
    del room
    scratch.unlink()
    return folder


# --- the index of a store --------------------------------------------------------------------------------------------


def open_index(store: Store) -> Index:
    """The index of a store, checked as far as it can be without reading postings.

    IndexDamagedError says what is wrong. A store without a run has an empty one.
    """
    latest = store.read(RUNS, ["run_id"])["run_id"].max()
    if latest is None:
        return Index({})
    try:
        manifest = json.loads((store.root / INDEX_MANIFEST).read_bytes())
        names = [entry["name"] for entry in manifest["segments"]]
        digests = {entry["name"]: entry["sha256"] for entry in manifest["segments"]}
        run_id = manifest["run_id"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"{INDEX_MANIFEST} cannot be read: {error}") from error
    if run_id != latest:
        raise IndexDamagedError(f"{INDEX_MANIFEST} is of run {run_id}, the store of run {latest!s}")
    segments = {}
    for name in names:
        segment = read_segment(store.root / INDEX_FOLDER / name)
        if digest_directory(segment) != digests[name]:
            raise IndexDamagedError(f"the directory of {INDEX_FOLDER}/{name} is not what was written")
        segments[name] = segment
    return Index(segments)


def holds_texts(store: Store, segments: Sequence[Segment]) -> bool:
    """Whether the index of a store is whole, to the last posting, and holds the texts of `segments` and no others."""
    try:
        index = open_index(store)
    except IndexDamagedError:
        return False
    wanted = np.unique(Index(dict(enumerate(segments))).text_keys)
    is_whole = all(find_damage(segment) is None for segment in index.segments.values())
    return is_whole and np.array_equal(np.sort(index.text_keys), wanted)


def digest_directory(segment: Segment) -> str:
    """SHA-256 of everything but the postings, which have checksums in it."""
    digest = hashlib.sha256(str(segment.postings.size).encode())
    for values in (segment.text_keys, segment.bucket_ends, segment.bucket_checksums):
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def render_manifest(segments: dict[str, Segment], run_id: str) -> bytes:
    """The manifest that names `segments`, as it stands on disk."""
    entries = [
        {
            "name": name,
            "texts": segment.text_keys.size,
            "postings": segment.postings.size,
            "sha256": digest_directory(segment),
        }
        for name, segment in segments.items()
    ]
    manifest: dict[str, Any] = {"format": INDEX_FORMAT, "run_id": run_id, "segments": entries}
    return (json.dumps(manifest, indent=1) + "\n").encode()


def rebuild_segments(store: Store, folder: Path) -> list[Path]:
    """Make segments of the texts of a store again, a bounded number of texts at a time."""
    folders = []
    total = sum(count_rows(store, table) for table in (ARTICLES, DUPLICATES))
    with report_stage("rebuild", total, "texts") as reporter:
        for number, (keys, texts) in enumerate(_iterate_texts(store)):
            digests = digest_texts(texts)
            segment = build_segment(keys.to_numpy(), digests.fingerprints, digests.fingerprint_counts)
            folders.append(write_segment(segment, folder / f"{number:05d}"))
            reporter.advance(texts.len())
    return folders


def _iterate_texts(store: Store) -> Iterator[tuple[pl.Series, pl.Series]]:
    for table in (ARTICLES, DUPLICATES):
        rows = store.scan(table, ["text_sha256", "text"])
        for batch in rows.collect_batches(chunk_size=TEXT_BATCH_ROWS, maintain_order=True):
            if batch.height:
                yield key_texts(batch["text_sha256"]), batch["text"]


def stage_index(store: Store, held: Index, added: Sequence[Segment], left: Numbers, run_id: str) -> list[str]:
    """Stage the index with the texts of `added` that it does not hold yet, and a manifest of the run.

    Held segments are folded into the new one as far as it keeps their number small, and where they hold texts that have
    `left` (keys), which are left out. Returns the files to put in place, relative to the store, the manifest last.
    """
    losing = [name for name, segment in held.segments.items() if mark_known(left, segment.text_keys).any()]
    small = _list_foldable(held)[: count_folded(held, added)]
    return _stage_segments(store, held, added, (run_id, run_id), {*losing, *small}, left)


def stage_manifest(store: Store, run_id: str) -> str:
    """Stage a manifest of a run that leaves the segments alone; it is to name the last run, whatever that changed."""
    manifest = render_manifest(dict(open_index(store).segments), run_id)
    write_whole(store.work(run_id) / "publish" / INDEX_MANIFEST, manifest)
    return INDEX_MANIFEST


def stage_compact_index(store: Store, held: Index, added: Sequence[Segment], names: tuple[str, str]) -> list[str]:
    """Stage the index as one segment (or as few as can hold its texts).

    `names` are that of the change, and of the store's last run. See `stage_index`.
    """
    return _stage_segments(store, held, added, names, {*_list_foldable(held)}, np.empty(0, np.uint64))


def _stage_segments(
    store: Store, held: Index, added: Sequence[Segment], names: tuple[str, str], folded: Set[str], left: Numbers
) -> list[str]:
    change_id, run_id = names
    publish = store.work(change_id) / "publish"
    stays = {name: segment for name, segment in held.segments.items() if name not in folded}
    pieces = [*(segment for name, segment in held.segments.items() if name in folded), *added]
    left_out = np.concatenate([left, Index(stays).text_keys])
    # A run whose texts are all held, copies say, needs no segment.
    pieces = [segment for segment in pieces if not mark_known(segment.text_keys, left_out).all()]
    files: list[str] = []
    for number, group in enumerate(_group_segments(pieces)):
        name = f"{change_id}-{number:05d}"
        folder = merge_to(group, left_out, publish / INDEX_FOLDER / name)
        stays[name] = read_segment(folder)
        left_out = np.concatenate([left_out, stays[name].text_keys])
        files += [f"{INDEX_FOLDER}/{name}/{file}" for file in FILES]
    write_whole(publish / INDEX_MANIFEST, render_manifest(stays, run_id))
    return [*files, INDEX_MANIFEST]


def _list_foldable(held: Index) -> list[Any]:
    """Names of the segments that others fit into, smallest first: a full one would be written again as it was."""
    with_room = [name for name, segment in held.segments.items() if segment.text_keys.size <= MOST_TEXTS // 2]
    return sorted(with_room, key=lambda name: held.segments[name].postings.size)


def count_folded(held: Index, added: Sequence[Segment]) -> int:
    """How many of the smallest segments to fold: all that are no larger than what is folded with them."""
    sizes = [held.segments[name].postings.size for name in _list_foldable(held)]
    if len(sizes) < SEGMENTS_AT_MOST:
        return 0
    total = sum(segment.postings.size for segment in added)
    count = 0
    while count < len(sizes) and (sizes[count] <= 2 * total or len(sizes) - count >= SEGMENTS_AT_MOST):
        total += sizes[count]
        count += 1
    return count


def _group_segments(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Split segments into groups that one segment can hold."""
    group: list[Segment] = []
    texts = 0
    for segment in segments:
        if group and texts + segment.text_keys.size > MOST_TEXTS:
            yield group
            group, texts = [], 0
        group.append(segment)
        texts += segment.text_keys.size
    if group and texts:
        yield group
