"""The new database of Prefect's server is made once a machine, and what a store starts with is no different."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows import server_database
from flows.server_database import DATABASE, find_kept, provide_database

PROVIDE = """
import sys
from pathlib import Path
from flows.server_database import provide_database
for home in sys.argv[1:]:
    provide_database(Path(home))
    print("prefect" in sys.modules)
"""

MEET = """
import asyncio
import sqlalchemy as sa
from contextlib import nullcontext
from prefect.server.database import provide_database_interface
from sqlalchemy.exc import OperationalError
from flows.server_database import lock_before_writing

async def write(table):
    async with provide_database_interface().session_context(begin_transaction=True) as session:
        await session.execute(sa.text(f"CREATE TABLE {table}_of_another (number INTEGER)"))

async def meet(table):
    async with provide_database_interface().session_context(begin_transaction=True) as session:
        await session.execute(sa.text("SELECT count(*) FROM flow"))
        other = asyncio.create_task(write(table))
        await asyncio.wait([other], timeout=1)
        await session.execute(sa.text(f"CREATE TABLE {table} (number INTEGER)"))
    await other
    return "both wrote"

for manager in (nullcontext, lock_before_writing):
    with manager():
        try:
            print(asyncio.run(meet(manager.__name__)))
        except OperationalError as error:
            print(error.orig.sqlite_errorname)
"""


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of the test's own for what is kept on the machine."""
    for name in [name for name in os.environ if "DATABASE" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a server keeps its files; none yet."""
    home = tmp_path / "home"
    home.mkdir()
    return home


def dump(database: Path) -> Iterator[str]:
    """All tables, indexes, triggers and rows, as SQL."""
    with closing(sqlite3.connect(database)) as connection:
        yield from connection.iterdump()


def make_small(home: Path) -> None:
    """Stands for Prefect's work of many seconds; a part of it is in the log of the database only."""
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE run (name TEXT)")
        connection.commit()


def test_the_second_store_starts_with_what_prefect_made_for_the_first(tmp_path: Path) -> None:
    homes = [tmp_path / "first", tmp_path / "second"]
    for home in homes:
        home.mkdir()
    environment = {**os.environ, "PREFECT_HOME": str(homes[0])}
    for home, is_made in zip(homes, ("True", "False"), strict=True):
        command = [sys.executable, "-c", PROVIDE, str(home)]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        # For the second Prefect was not asked, nor even imported.
        assert said.stdout.split() == [is_made]
    first, second = (list(dump(home / DATABASE)) for home in homes)
    assert any(line.startswith("CREATE TABLE") and "flow_run" in line for line in first)
    assert first == second


def test_what_stands_in_the_log_of_the_database_is_kept_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_database, "_make_database", lambda: make_small(home))
    provide_database(home)
    assert list(dump(find_kept())) == list(dump(home / DATABASE))
    assert [path.name for path in find_kept().parent.iterdir()] == [find_kept().name]


def test_a_database_that_is_there_is_left_alone(home: Path) -> None:
    (home / DATABASE).write_bytes(b"mine")
    provide_database(home)
    assert (home / DATABASE).read_bytes() == b"mine"
    assert not find_kept().exists()


def test_nothing_is_done_where_the_user_names_a_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_HOST", "db")
    provide_database(home)
    assert list(home.iterdir()) == []


def test_a_machine_that_keeps_nothing_still_has_a_database(
    home: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches.write_text("a file where the folder would be")
    monkeypatch.setattr(server_database, "_make_database", lambda: make_small(home))
    provide_database(home)
    assert any("CREATE TABLE run" in line for line in dump(home / DATABASE))
    assert [path.name for path in home.iterdir()] == [DATABASE]


def test_a_transaction_that_reads_first_does_not_fail_for_another_that_wrote(home: Path) -> None:
    # Where Prefect's own transactions do not fail any more, `lock_before_writing` has nothing left to do.
    environment = {**os.environ, "PREFECT_HOME": str(home)}
    provide = [sys.executable, "-c", PROVIDE, str(home)]
    subprocess.run(provide, env=environment, check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", MEET], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["SQLITE_BUSY_SNAPSHOT", "both wrote"]
