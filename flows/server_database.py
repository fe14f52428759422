"""The database of Prefect's own server: as it is while new, and how it is written to.

Prefect makes it by going through all changes that it ever had, which takes longer than a small run does. It is always
the same, so one is kept on the machine for each version of Prefect, and a store's server starts with a copy.
"""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

DATABASE: Final = "prefect.db"
"""Prefect's own name for it, in PREFECT_HOME."""


def provide_database(home: Path) -> None:
    """Make sure that `home`, which is PREFECT_HOME, has a database: its own, a copy of the one kept, or a new one.

    A new one is kept. A database that is there already is left as it is; Prefect brings one of an older version up to
    date as it starts. Where the user says which database to use, nothing is done.
    """
    if (home / DATABASE).exists() or any(
        name.startswith(("PREFECT_SERVER_DATABASE_", "PREFECT_API_DATABASE_")) for name in os.environ
    ):
        return
    if copy_kept(home):
        return
    _make_database()
    try:
        _keep(home / DATABASE, find_kept())
    except OSError:
        # Nowhere to keep it, or no room: the next store makes its own.
        return


def copy_kept(home: Path) -> bool:
    """Put the database that is kept into `home`, never a part of it under its name; whether there is one."""
    kept = find_kept()
    if not kept.exists():
        return False
    with TemporaryDirectory(dir=home, prefix=".database-") as folder:
        shutil.copyfile(kept, Path(folder) / DATABASE).replace(home / DATABASE)
    return True


def find_kept() -> Path:
    """Where the new database of this version of Prefect is kept on this machine."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "winnow" / f"prefect-{version('prefect')}.db"


@contextmanager
def lock_before_writing() -> Iterator[None]:
    """Within the block a transaction of Prefect's server that writes locks its SQLite database before it reads.

    Prefect's own read first, and where another has written in between they fail at once; then the client asks again
    after two seconds, which happened to nearly every run. Another kind of database is left as it is.
    """
    from prefect.server.database import provide_database_interface  # noqa: PLC0415 - seconds
    from prefect.server.database.configurations import AioSqliteConfiguration  # noqa: PLC0415
    from prefect.server.database.dependencies import temporary_database_config  # noqa: PLC0415

    class LockingConfiguration(AioSqliteConfiguration):
        @asynccontextmanager
        async def begin_transaction(
            self, session: "AsyncSession", with_for_update: bool = False
        ) -> AsyncGenerator["AsyncSessionTransaction", None]:
            del with_for_update
            async with super().begin_transaction(session, with_for_update=True) as transaction:
                yield transaction

    used = provide_database_interface().database_config
    if isinstance(used, AioSqliteConfiguration):
        used = LockingConfiguration(used.connection_url)
    with temporary_database_config(used):
        yield


def _make_database() -> None:
    from prefect.server.database import provide_database_interface  # noqa: PLC0415 - seconds

    asyncio.run(provide_database_interface().create_db())


def _keep(database: Path, kept: Path) -> None:
    """Put the content of `database`, part of which may stand in its log yet, where it is kept."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=kept.parent, prefix=".database-") as folder:
        part = Path(folder) / DATABASE
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        part.replace(kept)
