"""Slices are bounded, and together they are all the rows."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.slices
from flows.slices import group_files, let_go_of_others, regroup, walk_rows
from flows.storage import write_table
from transforms.contracts import REMOVED


@pytest.fixture(autouse=True, scope="module")
def small_slices() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.slices, "SLICE_ROWS", 4)
        yield


def make_removed(name: str, rows: int) -> pl.DataFrame:
    return REMOVED.frame(
        [
            {"document_id": f"{name}{n % 3}", "line": n, "kind": "promo", "text": f"{name}{n}", "rule": "r"}
            for n in range(rows)
        ]
    )


def lay_down(folder: Path, sizes: list[int]) -> tuple[list[Path], pl.DataFrame]:
    frames = [make_removed(chr(ord("a") + number), size) for number, size in enumerate(sizes)]
    paths = [write_table(frame, folder / f"{n}.parquet", REMOVED) for n, frame in enumerate(frames)]
    return paths, pl.concat([REMOVED.empty(), *frames])


@hypothesis.settings(max_examples=30)
@given(sizes=st.lists(st.integers(0, 10), max_size=6), names=st.sets(st.sampled_from(["a0", "b1", "c2", "z9"])))
def test_slices_are_bounded_and_are_the_rows_in_order(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], names: set[str]
) -> None:
    paths, every = lay_down(tmp_path_factory.mktemp("files"), sizes)
    slices = list(walk_rows(paths, REMOVED, REMOVED.column_names))
    assert all(0 < part.height <= 4 for part in slices)
    assert pl.concat([every.clear(), *slices]).equals(every)
    touched = pl.DataFrame({"document_id": sorted(names)}, schema={"document_id": pl.String})
    chosen = list(walk_rows(paths, REMOVED, ["line", "text"], touched))
    expected = every.filter(pl.col("document_id").is_in(names)).select("line", "text")
    assert pl.concat([expected.clear(), *chosen]).equals(expected)


def test_small_files_are_looked_at_together_and_large_ones_alone(tmp_path: Path) -> None:
    paths, _ = lay_down(tmp_path, [1, 2, 1, 1, 9, 1])
    assert list(group_files(paths)) == [paths[:3], paths[3:4], paths[4:5], paths[5:]]


def test_files_are_looked_at_together_while_they_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, _ = lay_down(tmp_path, [1, 1, 1])
    monkeypatch.setattr(flows.slices, "SLICE_BYTES", paths[0].stat().st_size * 2)
    assert list(group_files(paths)) == [paths[:2], paths[2:]]


@given(st.lists(st.integers(0, 10), max_size=6))
def test_frames_are_put_together_into_full_slices(sizes: list[int]) -> None:
    frames = [make_removed("a", size) for size in sizes]
    slices = list(regroup(frames))
    assert pl.concat([REMOVED.empty(), *slices]).equals(pl.concat([REMOVED.empty(), *frames]))
    assert all(part.height == 4 for part in slices[:-1])
    assert all(0 < part.height <= 4 for part in slices)


def test_what_a_filter_leaves_is_the_same_when_the_rest_is_let_go_of() -> None:
    rows = make_removed("a", 9).with_columns(pl.Series("kind", [[1, 2], None, []] * 3, pl.List(pl.UInt32)))
    few = rows.filter(pl.col("line") % 4 == 1)
    assert let_go_of_others(few).equals(few)
    assert let_go_of_others(few).schema == few.schema
    assert let_go_of_others(few.clear()).equals(few.clear())
