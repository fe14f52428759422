"""The lock, files that are whole or not there, and the names of runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.storage
from flows.errors import StoreLockedError
from flows.storage import EMPTY_FILE, Store, lock_store, make_run_id, remove_folder, write_table, write_whole
from transforms.contracts import ARTICLES, REMOVED, RUNS, TABLES, Table

ROOT = Path(flows.storage.__file__).parents[1]
HOLD = """
import sys, time
from pathlib import Path
from flows.storage import Store, lock_store
with lock_store(Store(Path(sys.argv[1])), "`winnow holder`"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def hold_elsewhere(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock of the store at `root` in another process."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, root], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def make_removed(count: int) -> pl.DataFrame:
    rows = [
        {"document_id": f"{n:032x}", "line": n, "kind": "promo", "text": f"{n} " * 40, "rule": "r"}
        for n in range(count)
    ]
    return REMOVED.frame(rows)


# --- lock ------------------------------------------------------------------------------------------------------------


def test_a_second_process_is_told_who_holds_the_store_until_that_one_is_killed(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    with hold_elsewhere(store.root) as holder:
        with pytest.raises(StoreLockedError) as refusal, lock_store(store, "late"):
            pytest.fail("two processes hold the store")
        assert "`winnow holder`" in str(refusal.value)
        assert f"process {holder.pid}" in str(refusal.value)
        assert str(store.root) in str(refusal.value)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with lock_store(store, "late"):
            assert (store.root / ".lock").read_text() == f"late (process {os.getpid()})\n"


def test_the_lock_binds_within_a_process_and_goes_with_the_block(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with lock_store(store, "first"), pytest.raises(StoreLockedError, match="first"), lock_store(store, "second"):
        pytest.fail("the store is held twice")
    with pytest.raises(KeyError), lock_store(store, "third"):
        raise KeyError
    with lock_store(store, "a longer name than those before"):
        pass
    with lock_store(store, "short"):
        assert (tmp_path / ".lock").read_text() == f"short (process {os.getpid()})\n"


def test_stores_do_not_lock_one_another(tmp_path: Path) -> None:
    with lock_store(Store(tmp_path / "one"), "first"), lock_store(Store(tmp_path / "other"), "second"):
        assert (tmp_path / "other" / ".lock").exists()


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_files_carry_the_contract(table: Table, tmp_path: Path) -> None:
    schema = pq.read_schema(write_table(table.empty(), tmp_path / "f.parquet", table))
    assert schema.names == table.column_names
    for column in table.columns:
        metadata = schema.field(column.name).metadata or {}
        assert metadata[b"description"].decode() == column.description
        assert metadata.get(b"unit", b"").decode() == (column.unit or "")
    assert (schema.metadata or {})[b"winnow.table"].decode() == table.name
    assert pl.read_parquet(tmp_path / "f.parquet").schema == table.polars_schema


def test_only_the_columns_of_the_contract_are_written_in_its_order(tmp_path: Path) -> None:
    rows = make_removed(3)
    shuffled = rows.select(pl.lit(1).alias("extra"), *reversed(rows.columns))
    path = write_table(shuffled, tmp_path / "new" / "folder" / "f.parquet", REMOVED)
    assert pl.read_parquet(path).equals(rows)
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="rule"):
        write_table(rows.drop("rule"), tmp_path / "g.parquet", REMOVED)


def test_the_same_rows_give_the_same_bytes_however_they_lie_in_memory(tmp_path: Path) -> None:
    rows = make_removed(30_000)
    scattered = pl.concat([rows[:1_000], rows[1_000:17_777], rows[17_777:]], rechunk=False)
    assert scattered.n_chunks() == 3
    one, again, other = (
        sha256(write_table(frame, tmp_path / name, REMOVED).read_bytes()).hexdigest()
        for frame, name in ((rows, "a"), (rows.clone(), "b"), (scattered, "c"))
    )
    assert one == again
    assert one == other


def test_a_file_written_whole_is_the_old_one_until_it_is_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "page.md"
    write_whole(path, b"old")
    seen = []

    def look(descriptor: int) -> None:
        seen.append(path.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", look)
        write_whole(path, b"new and longer")
    # Synced once as a part beside it, once as a name in its folder.
    assert seen == [b"old", b"new and longer"]
    assert [found.name for found in path.parent.iterdir()] == ["page.md"]

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            write_whole(path, b"newest")
    assert path.read_bytes() == b"new and longer"
    assert list(path.parent.glob("*.md")) == [path]


def test_a_folder_is_removed_once_or_more_often(tmp_path: Path) -> None:
    write_whole(tmp_path / "work" / "a" / "f", b"x")
    remove_folder(tmp_path / "work")
    remove_folder(tmp_path / "work")
    assert not (tmp_path / "work").exists()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_store_without_files_reads_as_no_rows(tmp_path: Path) -> None:
    store = Store(tmp_path / "nowhere")
    assert not store.exists()
    assert store.read(ARTICLES).equals(ARTICLES.empty())
    assert store.read(ARTICLES, ["title"]).schema == pl.Schema({"title": pl.String})
    assert not store.root.exists()


def test_staged_files_stand_for_those_of_their_name(tmp_path: Path) -> None:
    rows = make_removed(6)
    folder = tmp_path / REMOVED.folder
    write_table(rows[:2], folder / "a.parquet", REMOVED)
    write_table(rows[2:4], folder / "b.parquet", REMOVED)
    new = write_table(rows[4:5], tmp_path / "work" / "x", REMOVED)
    added = write_table(rows[5:], tmp_path / "work" / "y", REMOVED)
    store = Store(tmp_path)
    staged = {f"{REMOVED.folder}/b.parquet": new, f"{REMOVED.folder}/c.parquet": added, f"{RUNS.folder}/r.parquet": new}
    after = store.with_staged(staged)
    assert list(after.list_files(REMOVED)) == [f"{REMOVED.folder}/{name}.parquet" for name in "abc"]
    assert after.read(REMOVED, ["line"])["line"].to_list() == [0, 1, 4, 5]
    assert store.read(REMOVED, ["line"])["line"].to_list() == [0, 1, 2, 3]


def test_a_store_exists_once_something_was_published(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with lock_store(store, "first"):
        assert not store.exists()
    write_table(TABLES[0].empty(), store.folder(TABLES[0]) / EMPTY_FILE, TABLES[0])
    assert store.exists()


# --- names of runs ---------------------------------------------------------------------------------------------------

moments = st.integers(0, 2**50).map(lambda us: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))


@given(st.lists(moments, min_size=1, max_size=12))
def test_runs_grow_whatever_the_clock_says(clock: list[datetime]) -> None:
    latest: datetime | None = None
    names: list[str] = []
    for now in clock:
        name, started_at = make_run_id(now, latest)
        assert latest is None or started_at > latest
        assert started_at >= now
        assert datetime.strptime(name, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC) == started_at
        latest = started_at
        names.append(name)
    assert names == sorted(set(names))


def test_a_run_is_named_after_the_time_in_utc() -> None:
    now = datetime.fromisoformat("2026-03-01T01:02:03.000004+02:00")
    assert make_run_id(now, None) == ("20260228T230203.000004Z", now)
    later = now + timedelta(hours=1)
    assert make_run_id(now, later)[1] == later + timedelta(microseconds=1)
    assert make_run_id(now, later)[1].utcoffset() == timedelta()


def test_texts_have_neither_dictionary_nor_statistics_and_all_else_has_both(tmp_path: Path) -> None:
    for table in TABLES:
        row = [dict.fromkeys(table.column_names)]
        path = write_table(pl.DataFrame(row, schema=table.polars_schema), tmp_path / f"{table.name}.parquet", table)
        group = pq.read_metadata(path).row_group(0)
        for column in map(group.column, range(group.num_columns)):
            is_looked_up = column.path_in_schema not in {"text", "content"}
            assert column.is_stats_set == is_looked_up, column.path_in_schema
            is_flag = column.physical_type == "BOOLEAN"
            assert column.has_dictionary_page == (is_looked_up and not is_flag), column.path_in_schema
