"""New data files are bounded in rows and bytes, and where they end depends on the rows alone."""

from pathlib import Path

import polars as pl
import pytest

import flows.publication
from flows.publication import stage_table_changes
from flows.storage import Store
from tests.support.publication import RUN, make_removed, read_staged
from transforms.contracts import REMOVED


def test_new_files_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.publication, "BYTES_PER_FILE", 1_000)
    rows = make_removed(*(("a", number, "r" * size) for number, size in enumerate([400, 400, 100, 5_000, 10, 10])))
    staged = stage_table_changes(Store(tmp_path), REMOVED, [rows[:1], rows[1:5], rows[5:]], None, RUN)
    frames = list(read_staged(Store(tmp_path), staged).values())
    # A row that is larger than a file has one for itself.
    assert [frame["line"].to_list() for frame in frames] == [[0, 1], [2], [3], [4, 5]]


def test_where_files_end_does_not_depend_on_how_the_rows_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.publication, "ROWS_PER_FILE", 7)
    monkeypatch.setattr(flows.publication, "BYTES_PER_FILE", 600)
    rows = make_removed(*(("a", number, "r" * (number * 37 % 150)) for number in range(60)))
    found = []
    for size in (60, 1, 11):
        store = Store(tmp_path / str(size))
        staged = stage_table_changes(store, REMOVED, rows.iter_slices(size), None, RUN)
        found.append([frame["line"].to_list() for frame in read_staged(store, staged).values()])
    assert found[0] == found[1] == found[2]
    assert [line for lines in found[0] for line in lines] == list(range(60))


def test_rows_of_another_table_are_refused(tmp_path: Path) -> None:
    rows = make_removed(("a", 0, "r")).with_columns(pl.col("line").cast(pl.Int64))
    with pytest.raises(ValueError, match="line is Int64, the contract says UInt32"):
        stage_table_changes(Store(tmp_path), REMOVED, [rows], None, RUN)
