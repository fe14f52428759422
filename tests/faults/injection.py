"""Faults, done to the process that works on a store, when it does its n-th thing to a file of the store.

Python tells an audit hook of every file that is opened for writing, renamed, removed or made; such an event is a point.
What compiled code writes by itself lies between two of them, and is met by kills at a time, by the disk that is full
and by permissions that are gone. A hook cannot be taken out again, so each fault has a process of its own.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

WRITING: Final = os.O_WRONLY | os.O_RDWR
CHANGES: Final = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})
NOBODY: Final = 65_534
"""A user without rights, as whom a process finds out what permissions forbid; root is forbidden nothing."""

FILLER: Final = "filler"


class Counter:
    """Counts what is done to files below a folder, and calls `strike` with the file of event number `at`."""

    def __init__(self, folder: Path, at: int | None, strike: Callable[[Path], None]) -> None:
        """Begin to count; with `at` None nothing is ever done."""
        self.folder = str(folder)
        self.events = 0
        self._at = at
        self._strike = strike
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & WRITING:
                return
        elif event in CHANGES:
            path = arguments[0]
        else:
            return
        if not isinstance(path, str | os.PathLike) or not os.fspath(path).startswith(self.folder):
            return
        self.events += 1
        if self.events == self._at:
            self._strike(Path(path))


def kill_here(_: Path) -> None:
    """End this process as the system does when it must."""
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk(folder: Path, left_bytes: int, _: Path) -> None:
    """Leave `left_bytes` of room on the disk of `folder`."""
    status = os.statvfs(folder)
    room = status.f_bavail * status.f_frsize - left_bytes
    with (folder.parent / FILLER).open("wb") as filler:
        if room > 0:
            os.posix_fallocate(filler.fileno(), 0, room)


def empty_disk(folder: Path) -> None:
    """Take the filler away."""
    (folder.parent / FILLER).unlink(missing_ok=True)


def hand_over(folder: Path, owner: int) -> None:
    """Give everything below `folder` to a user."""
    for place in (folder, *folder.rglob("*")):
        os.chown(place, owner, owner, follow_symlinks=False)


def revoke_permissions(data: Path, chance: random.Random, _: Path) -> None:
    """Forbid writing in one of the folders of the store."""
    folders = sorted(path for path in (data, *data.rglob("*")) if path.is_dir())
    chance.choice(folders).chmod(0o555)


def restore_permissions(data: Path) -> None:
    """Allow everything again."""
    data.chmod(0o755)
    for path in data.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)


def corrupt_staged_file(data: Path, chance: random.Random, at_hand: Path) -> None:
    """Damage one of the files that wait to be published: a bit, the end, or everything; nothing when none waits.

    A file that is being renamed, `at_hand`, waits no more: what is read of it now is what is published.
    """
    files = (path for path in data.glob("work/*/publish/**/*") if path.is_file() and path.stat().st_size)
    waiting = sorted(path for path in files if path != at_hand)
    if not waiting:
        return
    path = chance.choice(waiting)
    descriptor = os.open(path, os.O_RDWR)
    try:
        size = os.fstat(descriptor).st_size
        match chance.randrange(3):
            case 0:
                place = chance.randrange(size)
                byte = os.pread(descriptor, 1, place)[0]
                os.pwrite(descriptor, bytes([byte ^ 1 << chance.randrange(8)]), place)
            case 1:
                os.ftruncate(descriptor, chance.randrange(size))
            case _:
                os.pwrite(descriptor, bytes(size), 0)
    finally:
        os.close(descriptor)
