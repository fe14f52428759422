"""`winnow compact`: fewer, larger files, with the same content."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from flows.errors import IndexDamagedError
from flows.index import Index, open_index, read_segment, rebuild_segments, stage_compact_index
from flows.progress import report_stage
from flows.publication import StagedFile, commit, recover, roll_forward
from flows.storage import INDEX_FOLDER, Store, lock_store, make_run_id
from transforms.contracts import RUNS
from transforms.dedup.postings import find_damage


@dataclass(frozen=True)
class Compaction:
    """What compacting did. `damage` says why the index had to be made again; null when it was whole."""

    segments_before: int
    segments_after: int
    texts: int
    postings: int
    index_bytes: int
    damage: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def render(self) -> str:
        """For a person."""
        each = f", {self.index_bytes / self.texts:,.0f} bytes a text" if self.texts else ""
        size = f"{self.texts:,} texts, {self.postings:,} fingerprints, {self.index_bytes:,} bytes{each}"
        if self.damage:
            return f"The index was made again, because {self.damage}: {size}."
        if self.segments_before == self.segments_after:
            return f"The index is as compact as can be: {size}."
        return f"The index is one of {self.segments_after} segments now, it was {self.segments_before}: {size}."


def compact_store(store: Store) -> Compaction:
    """Merge the segments of the index; one that is damaged is made again from the texts of the store."""
    with lock_store(store, "`winnow compact`"):
        recover(store)
        latest = str(store.read(RUNS, ["run_id"])["run_id"].max())
        change_id = f"compact-{make_run_id(datetime.now(UTC), None)[0]}"
        with report_stage("check"):
            index, damage = _open_whole_index(store)
        before = len(index.segments)
        if damage or before > 1:
            remade = rebuild_segments(store, store.work(change_id) / "index") if damage else []
            with report_stage("merge"):
                names = stage_compact_index(store, index, [read_segment(path) for path in remade], (change_id, latest))
            with report_stage("publish"):
                staged = [StagedFile(name, is_replacement=(store.root / name).exists()) for name in names]
                commit(store, staged, change_id)
                roll_forward(store, change_id)
            index = open_index(store)
        size = sum(path.stat().st_size for path in (store.root / INDEX_FOLDER).rglob("*") if path.is_file())
        postings = sum(segment.postings.size for segment in index.segments.values())
        return Compaction(before, len(index.segments), index.text_keys.size, postings, size, damage)


def _open_whole_index(store: Store) -> tuple[Index, str | None]:
    """The index, looked at to the last posting; an empty one and what is wrong when something is."""
    try:
        index = open_index(store)
    except IndexDamagedError as error:
        return Index({}), str(error)
    for name, segment in index.segments.items():
        if problem := find_damage(segment):
            return Index({}), f"of {INDEX_FOLDER}/{name}: {problem}"
    return index, None
