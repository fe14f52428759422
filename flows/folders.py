"""Two folders that change places in one step, and what becomes of the one that is put aside.

A reader lists a folder and then opens what it listed. While rows go from some files to others one rename at a time,
there is a moment in which a listing shows rows twice, or not at all; and who listed before and opens after is told
nothing of it. When the whole folder is exchanged, each listing is of the one folder or of the other, and whoever opens
a name that only the other one has is told that it is not there, and reads again.
"""

import ctypes
import errno
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flows.errors import StoreError
from flows.storage import Store, advise_repair, remove_folder, sync_folder

AT_FDCWD: Final = -100
RENAME_EXCHANGE: Final = 2

RETIRED: Final = "retired"
"""Folders that were put aside lie here until nobody can be listing them any more."""

GRACE_SECONDS: Final = 600
"""A listing of a folder takes milliseconds; who is stopped in the middle of one has so long to end it."""


def exchange_folders(one: Path, other: Path) -> None:
    """Let two folders of one file system change places; OSError when the system or the file system cannot do that."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, "this system cannot exchange folders")
    if renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(one))
    for parent in {one.parent, other.parent}:
        sync_folder(parent)


def find_obstacle(folder: Path) -> str | None:
    """Why folders below `folder` cannot be exchanged with linked files in them; None when they can. Tries it."""
    trial = folder / "trial"
    one, other = trial / "one", trial / "other"
    for path in (one, other):
        path.mkdir(parents=True)
    try:
        (one / "file").touch()
        (other / "link").hardlink_to(one / "file")
        exchange_folders(one, other)
    except OSError as error:
        return f"the file system cannot exchange folders or link files ({error.strerror})"
    finally:
        remove_folder(trial)
    return None


def put_folders_in_place(store: Store, change_id: str, folders: Mapping[str, str]) -> None:
    """Exchange folders of the store with those staged for a change, and put the old ones aside. Safe to repeat.

    `folders`: path of each one relative to the store -> name of a file that only the old one has.
    """
    staged = store.work(change_id) / "folders"
    for name, old_file in folders.items():
        if (store.root / name / old_file).exists():
            exchange_folders(staged / name, store.root / name)
        elif not (store.root / name).is_dir():
            raise StoreError(
                f"the journal of {change_id} names the folder {name}, which is gone. The store was changed by "
                f"something else. Restore it from a copy, or: {advise_repair(store, change_id)}"
            )
    if staged.exists():
        staged.touch()
        place = store.root / RETIRED / change_id
        place.parent.mkdir(exist_ok=True)
        staged.replace(place)
        sync_folder(place.parent)


def remove_retired(store: Store) -> None:
    """Delete the folders that were put aside long enough ago."""
    retired = store.root / RETIRED
    if retired.exists():
        for folder in retired.iterdir():
            if folder.stat().st_mtime < time.time() - GRACE_SECONDS:
                remove_folder(folder)
