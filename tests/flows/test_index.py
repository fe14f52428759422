"""The index holds the texts of the store and no others, and one that is lost or damaged changes no result."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from flows.errors import IndexDamagedError
from flows.index import FILES, SEGMENTS_AT_MOST, Index, open_index, read_segment
from flows.maintenance import compact_store
from flows.matching import PairSpill
from flows.settings import Settings
from flows.storage import INDEX_FOLDER, INDEX_MANIFEST, Store
from tests.support.corpora import edit_words, make_words, write_other_layout, write_paragraphs
from tests.support.stores import (
    assert_same_results,
    drop_files,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, DUPLICATES, RUNS
from transforms.dedup import fingerprint_texts, key_texts
from transforms.dedup.match import merge_pairs
from transforms.dedup.postings import find_damage, split_postings

ARTICLE, OTHER = make_words(1, 300), make_words(2, 300)
RUNS_BEFORE: Final[list[dict[str, str | bytes]]] = [
    {"article.txt": write_paragraphs(ARTICLE), "other.txt": write_paragraphs(OTHER), "blank.txt": " "},
    {"excerpt.txt": write_paragraphs(ARTICLE[50:150]), "copy.txt": write_other_layout(OTHER)},
    {"edited.txt": write_paragraphs(edit_words(OTHER, 1, 0.02)), "other.txt": write_paragraphs(OTHER[:200])},
]
LAST_RUN: Final[dict[str, str | bytes]] = {
    "late.txt": write_paragraphs(ARTICLE[200:] + make_words(3, 20)),
    "digest.txt": write_paragraphs(ARTICLE[20:80] + OTHER[20:80]),
    "excerpt.txt": write_paragraphs(OTHER[100:260]),
}


def take(settings: Settings, *runs: dict[str, str | bytes]) -> None:
    for files in runs:
        drop_files(settings, files)
        assert take_in(settings)


def list_postings(index: Index) -> list[tuple[int, int]]:
    """Key and fingerprint of every posting."""
    found: list[tuple[int, int]] = []
    for segment in index.segments.values():
        marks, texts = split_postings(segment.postings)
        found += zip(segment.text_keys[texts].tolist(), marks.tolist(), strict=True)
    return sorted(found)


def check_index(settings: Settings) -> None:
    """The index is whole, holds the texts of articles and duplicates, and no file beside it."""
    store = Store(settings.data)
    index = open_index(store)
    assert all(find_damage(segment) is None for segment in index.segments.values())
    texts = pl.concat([store.read(table, ["text_sha256", "text"]) for table in (ARTICLES, DUPLICATES)])
    keyed = texts.with_columns(key_texts(pl.col("text_sha256"))).unique("text_key", maintain_order=True)
    assert sorted(index.text_keys.tolist()) == sorted(keyed["text_key"])
    taken = fingerprint_texts(keyed["text"])
    assert list_postings(index) == sorted(
        zip(keyed["text_key"].gather(taken["text"]), taken["fingerprint"], strict=True)
    )
    folders = {path.name for path in (settings.data / INDEX_FOLDER).iterdir()}
    assert folders == {*index.segments, Path(INDEX_MANIFEST).name}
    assert all(
        {path.name for path in (settings.data / INDEX_FOLDER / name).iterdir()} == set(FILES) for name in index.segments
    )
    assert len(index.segments) <= SEGMENTS_AT_MOST


def hash_datasets(settings: Settings) -> dict[str, str]:
    """SHA-256 of every file of the datasets but `runs`, which has a row for every run, and what describes them."""
    hashes = hash_published_files(settings)
    return {
        name: digest for name, digest in hashes.items() if name.startswith(tuple(f"{table}/" for table in DATASETS))
    }


DATASETS: Final = ("articles", "duplicates", "overlaps", "removed", "rejects", "raw")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store after three runs, to copy."""
    folder = tmp_path_factory.mktemp("held")
    take(settings_for(folder), *RUNS_BEFORE)
    return folder


@pytest.fixture(scope="module")
def undisturbed(held: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What the store says after one more run."""
    settings = copy_store(held, tmp_path_factory.mktemp("undisturbed"))
    take(settings, LAST_RUN)
    check_index(settings)
    return read_results(settings)


@pytest.fixture
def settings(held: Path, tmp_path: Path) -> Settings:
    """The store after three runs, to disturb."""
    return copy_store(held, tmp_path)


def copy_store(held: Path, folder: Path) -> Settings:
    shutil.copytree(held, folder, dirs_exist_ok=True)
    return settings_for(folder)


# --- the index follows the store -------------------------------------------------------------------------------------


def test_each_run_adds_the_texts_that_are_new(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert open_index(Store(settings.data)).segments == {}
    for number, files in enumerate(RUNS_BEFORE, start=1):
        take(settings, files)
        check_index(settings)
        assert len(open_index(Store(settings.data)).segments) == number


def test_a_run_without_a_new_text_writes_no_segment(settings: Settings) -> None:
    before = open_index(Store(settings.data)).segments
    take(settings, {"again.txt": write_other_layout(ARTICLE), "nothing.txt": "  \n"})
    check_index(settings)
    assert list(open_index(Store(settings.data)).segments) == list(before)


def test_many_runs_fold_segments_and_leave_none_behind(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    counts = []
    for number in range(SEGMENTS_AT_MOST + 4):
        words = make_words(100 + number, 40) + ARTICLE[10 * number : 10 * number + 60]
        take(settings, {f"{number:02d}.txt": write_paragraphs(words)})
        counts.append(len(open_index(Store(settings.data)).segments))
    assert counts[:SEGMENTS_AT_MOST] == list(range(1, SEGMENTS_AT_MOST + 1))
    assert max(counts) == SEGMENTS_AT_MOST
    check_index(settings)
    at_once = settings_for(tmp_path / "at once")
    shutil.copytree(settings.inbox, at_once.inbox)
    assert take_in(at_once)
    assert_same_results(read_results(settings), read_results(at_once))
    assert list_postings(open_index(Store(settings.data))) == list_postings(open_index(Store(at_once.data)))


# --- damage ----------------------------------------------------------------------------------------------------------


def first_segment(root: Path) -> Path:
    """The segment of the first run, which holds the text that most of the others share words with."""
    return sorted(path for path in (root / INDEX_FOLDER).iterdir() if path.is_dir())[0]


def flip_byte(file: Path, array: np.ndarray[tuple[int], np.dtype[np.uint64]], place: int) -> None:
    content = bytearray(file.read_bytes())
    start = content.find(array.tobytes())
    assert start > 0
    content[start + place] ^= 1
    file.write_bytes(content)


def flip(file: str, column: str, place: int) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        folder = first_segment(root)
        flip_byte(folder / file, np.array(getattr(read_segment(folder), column)), place)

    return apply


def delete(file: str) -> Callable[[Path], None]:
    return lambda root: (first_segment(root) / file).unlink()


def truncate(file: str, size: int) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        path = first_segment(root) / file
        path.write_bytes(path.read_bytes()[:size])

    return apply


def name_other_run(root: Path) -> None:
    manifest = json.loads((root / INDEX_MANIFEST).read_bytes())
    earlier = Store(root).read(RUNS, ["run_id"])["run_id"].min()
    assert earlier != manifest["run_id"]
    (root / INDEX_MANIFEST).write_text(json.dumps(manifest | {"run_id": earlier}))


def forget_segment(root: Path) -> None:
    manifest = json.loads((root / INDEX_MANIFEST).read_bytes())
    manifest["segments"][0]["sha256"] = manifest["segments"][1]["sha256"]
    (root / INDEX_MANIFEST).write_text(json.dumps(manifest))


def write_manifest(content: str) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        (root / INDEX_MANIFEST).write_text(content)

    return apply


SEEN_AT_ONCE: Final[dict[str, Callable[[Path], None]]] = {
    "segment deleted": lambda root: shutil.rmtree(first_segment(root)),
    "index deleted": lambda root: shutil.rmtree(root / INDEX_FOLDER),
    **{f"{file} deleted": delete(file) for file in FILES},
    **{f"{file} cut to {size} bytes": truncate(file, size) for file in FILES for size in (0, 100, 400)},
    "byte of bucket ends": flip("buckets.arrow", "bucket_ends", 0),
    "byte of bucket checksums": flip("buckets.arrow", "bucket_checksums", 5),
    "byte of texts": flip("texts.arrow", "text_keys", 3),
    "manifest deleted": lambda root: (root / INDEX_MANIFEST).unlink(),
    "manifest of another run": name_other_run,
    "manifest of another segment": forget_segment,
    "manifest not JSON": write_manifest("{"),
    "manifest of another shape": write_manifest('{"segments": [7]}'),
}
SEEN_WHEN_READ: Final[dict[str, Callable[[Path], None]]] = {
    f"byte {place} of postings": flip("postings.arrow", "postings", place) for place in (0, 7, 100)
}


@pytest.mark.parametrize("damage", SEEN_AT_ONCE | SEEN_WHEN_READ)
def test_a_run_makes_a_damaged_index_again(
    settings: Settings, undisturbed: dict[str, pl.DataFrame], damage: str
) -> None:
    store = Store(settings.data)
    names = set(open_index(store).segments)
    (SEEN_AT_ONCE | SEEN_WHEN_READ)[damage](settings.data)
    if damage in SEEN_AT_ONCE:
        with pytest.raises(IndexDamagedError):
            open_index(store)
    else:
        damaged = [name for name, segment in open_index(store).segments.items() if find_damage(segment)]
        assert damaged == [first_segment(settings.data).name]
    take(settings, LAST_RUN)
    check_index(settings)
    # All of it was made again.
    assert names.isdisjoint(open_index(store).segments)
    assert_same_results(read_results(settings), undisturbed)


def test_a_damaged_index_is_made_again_by_a_run_that_adds_no_text(settings: Settings) -> None:
    shutil.rmtree(settings.data / INDEX_FOLDER)
    take(settings, {"nothing.txt": " "})
    check_index(settings)


def test_a_rebuild_restores_a_lost_index_and_changes_no_dataset(settings: Settings) -> None:
    before = hash_datasets(settings)
    assert not take_in(settings, "backfill")
    shutil.rmtree(settings.data / INDEX_FOLDER)
    assert take_in(settings, "backfill")
    check_index(settings)
    assert hash_datasets(settings) == before
    assert not take_in(settings, "backfill")


def test_a_rebuild_that_changes_decisions_alone_leaves_the_index_to_the_next_run(settings: Settings) -> None:
    """The manifest names the last run, also when that had no text to add."""
    segments = list(open_index(Store(settings.data)).segments)
    assert take_in(settings_for(settings.data.parent, floor_words=250), "backfill")
    check_index(settings)
    assert list(open_index(Store(settings.data)).segments) == segments


@pytest.mark.parametrize("damage", ["byte 7 of postings", "texts.arrow deleted"])
def test_a_rebuild_sees_damage_of_any_kind(settings: Settings, damage: str) -> None:
    before = hash_datasets(settings)
    (SEEN_AT_ONCE | SEEN_WHEN_READ)[damage](settings.data)
    assert take_in(settings, "backfill")
    check_index(settings)
    assert hash_datasets(settings) == before


def test_a_rebuild_that_decides_otherwise_leaves_an_index_of_its_own_run(settings: Settings) -> None:
    """Its texts are the same ones, but an index that named an older run would be made again by the next."""
    lower = settings.model_copy(update={"floor_words": 250})
    assert take_in(lower, "backfill")
    check_index(lower)
    assert not take_in(lower, "backfill")


@pytest.mark.parametrize("damage", [None, "byte 7 of postings", "manifest deleted"])
def test_compacting_leaves_one_whole_segment(
    settings: Settings, undisturbed: dict[str, pl.DataFrame], damage: str | None
) -> None:
    before = read_results(settings)
    held = list_postings(open_index(Store(settings.data)))
    if damage:
        (SEEN_AT_ONCE | SEEN_WHEN_READ)[damage](settings.data)
    done = compact_store(Store(settings.data))
    assert (done.segments_after, done.damage is None) == (1, damage is None)
    check_index(settings)
    assert list_postings(open_index(Store(settings.data))) == held
    assert_same_results(read_results(settings), before)
    take(settings, LAST_RUN)
    assert_same_results(read_results(settings), undisturbed)


# --- bounded memory --------------------------------------------------------------------------------------------------


@with_settings(deadline=None)
@given(
    st.lists(st.sets(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=30), max_size=8), st.integers(0, 40)
)
def test_pairs_on_disk_are_the_pairs_in_memory(parts: list[set[tuple[int, int]]], most: int) -> None:
    arrays = [np.sort(np.array([low << 32 | high for low, high in part], np.uint64)) for part in parts]
    with TemporaryDirectory() as folder:
        spill = PairSpill(Path(folder) / "spill", most)
        for array in arrays:
            spill.add(array.copy())
        pieces = list(spill.merge(41))
        assert np.array_equal(np.concatenate(pieces), merge_pairs(array.copy() for array in arrays))
        # What may stand in memory stays there.
        assert bool(spill.runs) <= (sum(array.size for array in arrays) > max(most, 1))
        del spill, pieces


def test_memory_for_pairs_changes_nothing(tmp_path: Path, undisturbed: dict[str, pl.DataFrame]) -> None:
    settings = settings_for(tmp_path, match_bytes=1)
    take(settings, *RUNS_BEFORE, LAST_RUN)
    check_index(settings)
    assert_same_results(read_results(settings), undisturbed)
