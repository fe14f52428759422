"""`winnow compact`: fewer, larger files, with the same content."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.compaction import MergedFolder, preview_merged, stage_merged_folders
from flows.errors import IndexDamagedError
from flows.folders import find_obstacle
from flows.index import Index, open_index, read_segment, rebuild_segments, stage_compact_index
from flows.progress import report_stage
from flows.publication import StagedFile, commit, recover, roll_forward, stage_catalog, stage_file
from flows.storage import INDEX_FOLDER, Store, lock_store, make_run_id, remove_folder
from transforms.contracts import RUNS
from transforms.dedup.postings import find_damage


@dataclass(frozen=True)
class Compaction:
    """What compacting did.

    `files_merged` says per dataset how many small files there were, and `files_made` how many they are now. `obstacle`
    says why data files could not be merged, `damage` why the index had to be made again; null when all was well.
    """

    segments_before: int
    segments_after: int
    texts: int
    postings: int
    index_bytes: int
    damage: str | None
    files_merged: dict[str, int] = field(default_factory=dict)
    files_made: dict[str, int] = field(default_factory=dict)
    obstacle: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def render(self) -> str:
        """For a person."""
        return f"{self._render_files()}\n{self._render_index()}"

    def _render_files(self) -> str:
        if self.obstacle:
            return f"The data files stay as they are, because {self.obstacle}."
        if not self.files_merged:
            return "The data files are as few as can be."
        merged = [f"{count} of {name} to {self.files_made[name]}" for name, count in self.files_merged.items()]
        return f"Small data files were merged: {', '.join(merged)}."

    def _render_index(self) -> str:
        each = f", {self.index_bytes / self.texts:,.0f} bytes a text" if self.texts else ""
        size = f"{self.texts:,} texts, {self.postings:,} fingerprints, {self.index_bytes:,} bytes{each}"
        if self.damage:
            return f"The index was made again, because {self.damage}: {size}."
        if self.segments_before == self.segments_after:
            return f"The index is as compact as can be: {size}."
        return f"The index is one of {self.segments_after} segments now, it was {self.segments_before}: {size}."


def compact_store(store: Store, obstacle: str | None = None) -> Compaction:
    """Merge small data files, and the segments of the index; one that is damaged is made again from the texts held.

    `obstacle` says why data files must not be merged; the file system is asked when there is none.
    """
    with lock_store(store, "`winnow compact`"):
        recover(store)
        change_id = f"compact-{make_run_id(datetime.now(UTC), None)[0]}"
        with report_stage("check"):
            before, damage = _open_whole_index(store)
        with report_stage("merge"):
            staged = _stage_index(store, before, damage, change_id)
            obstacle = obstacle or find_obstacle(store.work(change_id))
            folders = [] if obstacle else stage_merged_folders(store, change_id)
        if folders:
            staged += stage_catalog(preview_merged(store, folders), [], change_id)
        if staged:
            exchanged = {folder.table.folder: Path(folder.merged[0]).name for folder in folders}
            with report_stage("publish"):
                commit(store, staged, change_id, exchanged)
                roll_forward(store, change_id)
        else:
            remove_folder(store.work(change_id))
        return _describe(store, before, damage, folders, obstacle)


def _stage_index(store: Store, index: Index, damage: str | None, change_id: str) -> list[StagedFile]:
    """Stage the index as few segments, when it is more or damaged."""
    if not damage and len(index.segments) <= 1:
        return []
    latest = str(store.read(RUNS, ["run_id"])["run_id"].max())
    remade = rebuild_segments(store, store.work(change_id) / "index") if damage else []
    names = stage_compact_index(store, index, [read_segment(path) for path in remade], (change_id, latest))
    return [stage_file(store, name, change_id) for name in names]


def _describe(
    store: Store, before: Index, damage: str | None, folders: list[MergedFolder], obstacle: str | None
) -> Compaction:
    index = open_index(store)
    return Compaction(
        segments_before=len(before.segments),
        segments_after=len(index.segments),
        texts=index.text_keys.size,
        postings=sum(segment.postings.size for segment in index.segments.values()),
        index_bytes=sum(path.stat().st_size for path in (store.root / INDEX_FOLDER).rglob("*") if path.is_file()),
        damage=damage,
        files_merged={folder.table.name: len(folder.merged) for folder in folders},
        files_made={folder.table.name: len(folder.added) for folder in folders},
        obstacle=obstacle,
    )


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
