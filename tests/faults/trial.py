"""One trial: a store is copied, its operation is disturbed at one point, and done again; then all must be as if nothing
had been.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import StoreError, WinnowError
from flows.publication import JOURNAL
from flows.settings import Settings
from tests.faults.injection import (
    NOBODY,
    Counter,
    corrupt_staged_file,
    empty_disk,
    fill_disk,
    hand_over,
    kill_here,
    restore_permissions,
    revoke_permissions,
)
from tests.faults.operations import OPERATIONS, Undisturbed, settings_after
from tests.support.processes import start_process
from tests.support.stores import assert_same_results, find_broken_laws, read_results, settings_for, take_in
from transforms.contracts import ARTICLES, CHANGES, TABLES

FAULTS: Final = ("kill at a point", "kill at a time", "disk full", "permissions", "corruption")
DISK_BYTES: Final = 64 << 20
LEFT_BYTES: Final = (0, 4_096, 65_536)
LONGEST_SECONDS: Final = 120


@dataclass(frozen=True)
class Point:
    """Where a fault strikes. `place` is a share: of the events of an undisturbed operation, or of its seconds."""

    number: int
    operation: str
    fault: str
    place: float
    seed: str


@dataclass(frozen=True)
class Pace:
    """How long an undisturbed operation takes in a process of its own, and its events."""

    seconds: float
    events: int


@dataclass
class Outcome:
    """What a trial came to.

    `ending`: how the disturbed process ended. `was_committed`: whether it left a journal, so that the next one finished
    its work. `broken`: what was not as it should be; empty when the store is as if nothing had been. `was_repaired`:
    the next one said that a person must rebuild the store, and that was done.
    """

    point: Point
    ending: str
    was_committed: bool
    reads: int
    reads_again: int
    broken: list[str] = field(default_factory=list)
    was_repaired: bool = False


def draw_points(count: int, seed: int) -> Iterator[Point]:
    """Points of every operation and fault in turn; the same ones for the same seed."""
    kinds = [(operation, fault) for operation in OPERATIONS for fault in FAULTS]
    for number in range(count):
        operation, fault = kinds[number % len(kinds)]
        name = f"{seed} {number}"
        yield Point(number, operation, fault, random.Random(name).random(), name)


# --- the disturbed process -------------------------------------------------------------------------------------------


def act_disturbed(point: Point, pace: Pace, folder: Path, said: Path) -> None:
    """Do the operation of `point`, and have its fault strike; what it ended with goes to the file `said`."""
    data = settings_for(folder).data
    chance = random.Random(point.seed)
    strikes: dict[str, Callable[[Path], None]] = {
        "kill at a point": kill_here,
        "disk full": partial(fill_disk, folder, chance.choice(LEFT_BYTES)),
        "permissions": partial(revoke_permissions, data, chance),
        "corruption": partial(corrupt_staged_file, data, chance),
    }
    strike = strikes.get(point.fault)
    if point.fault == "permissions":
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    counter = Counter(folder, None if strike is None else 1 + int(point.place * pace.events), strike or kill_here)
    try:
        OPERATIONS[point.operation].act(folder)
        ending = "done"
    except WinnowError as error:
        ending = f"{type(error).__name__}: {error}"
    except (OSError, pl.exceptions.PolarsError) as error:
        ending = f"{type(error).__name__}: {error}"
    finally:
        if point.fault == "permissions":
            os.seteuid(0)
    said.write_text(f"{counter.events}\n{ending}", encoding="utf-8")


def measure_pace(undisturbed: Undisturbed, folder: Path) -> Pace:
    """Do the operation once without a fault, in a process such as those that are disturbed."""
    copy = _copy_store(undisturbed, folder)
    point = Point(-1, undisturbed.operation, "", 0.0, "")
    started = time.monotonic()
    said = _disturb(point, Pace(0, 0), copy)
    seconds = time.monotonic() - started
    if said is None:
        raise AssertionError(f"{undisturbed.operation} does not end by itself")
    shutil.rmtree(copy)
    return Pace(seconds, int(said.partition("\n")[0]))


def _copy_store(undisturbed: Undisturbed, folder: Path) -> Path:
    copy = folder / "trial"
    shutil.copytree(undisturbed.before, copy)
    return copy


def _disturb(point: Point, pace: Pace, folder: Path) -> str | None:
    """What the disturbed process said at its end; None when it was killed."""
    # Beside the small disk, which may be full.
    said = folder.parents[1] / "said"
    said.unlink(missing_ok=True)
    process = start_process(act_disturbed, point, pace, folder, said)
    _wait(process, point.place * pace.seconds if point.fault == "kill at a time" else LONGEST_SECONDS)
    if process.exitcode not in (0, -signal.SIGKILL):
        raise AssertionError(f"point {point} ended with {process.exitcode}")
    return said.read_text(encoding="utf-8") if said.exists() else None


def _wait(process: BaseProcess, seconds: float) -> None:
    process.join(seconds)
    if process.is_alive():
        process.kill()
    process.join()


# --- the trial -------------------------------------------------------------------------------------------------------


def try_point(point: Point, pace: Pace, undisturbed: Undisturbed, folder: Path) -> Outcome:
    """Disturb a copy of the store at `point`, do the operation again, and look at what came out."""
    copy = _copy_store(undisturbed, folder)
    settings = settings_for(copy)
    if point.fault == "permissions":
        hand_over(copy, NOBODY)
    reader = Reader(settings)
    with reader.reading():
        said = _disturb(point, pace, copy)
    empty_disk(copy)
    restore_permissions(settings.data)
    ending = "killed" if said is None else said.partition("\n")[2]
    outcome = Outcome(point, ending, _left_journal(settings), reader.reads, reader.reads_again, reader.broken)
    outcome.broken += _look(settings)
    outcome.was_repaired = _act_again(point.operation, copy)
    outcome.broken += _compare(undisturbed, copy)
    shutil.rmtree(copy)
    return outcome


def _act_again(operation: str, folder: Path) -> bool:
    """Do the operation; whether somebody had to do what it says first, since half of a publication went bad."""
    try:
        OPERATIONS[operation].act(folder)
    except StoreError as error:
        if "then rebuild the store" not in str(error):
            raise
        settings = settings_after(operation, folder)
        for name in ("work", CHANGES.folder):
            shutil.rmtree(settings.data / name)
        take_in(settings, "backfill")
        OPERATIONS[operation].act(folder)
        return True
    return False


def _left_journal(settings: Settings) -> bool:
    return any((settings.data / "work").glob(f"*/{JOURNAL}"))


def _compare(undisturbed: Undisturbed, copy: Path) -> list[str]:
    """What is otherwise than in the store that was never disturbed."""
    settings = settings_after(undisturbed.operation, copy)
    broken = [f"law: {law}" for law in find_broken_laws(settings)]
    try:
        assert_same_results(read_results(settings), undisturbed.results)
    except AssertionError as error:
        broken.append(f"rows: {error}")
    left = [path.name for path in (settings.data / "work").iterdir()]
    return broken + [f"left behind in work: {name}" for name in left]


def _look(settings: Settings) -> list[str]:
    """What is wrong with what a reader sees that globs the folders."""
    broken = []
    for table in TABLES:
        try:
            rows = pl.read_parquet(settings.data / table.folder / "*.parquet")
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            broken.append(f"{table.name} cannot be read: {error}")
            continue
        broken += [f"{table.name}: {difference}" for difference in table.find_schema_differences(rows.schema)]
        if table == ARTICLES and (twice := rows.height - rows["document_id"].n_unique()):
            broken.append(f"{twice} documents are in articles twice")
    return broken


class Reader:
    """Reads the store all the while that it is disturbed, in a thread."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is read yet."""
        self.reads = self.reads_again = 0
        self.broken: list[str] = []
        self._settings = settings
        self._ended = threading.Event()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read for as long as the block takes."""
        thread = threading.Thread(target=self._read)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _read(self) -> None:
        while not self._ended.wait(0.05):
            self.reads += 1
            broken = _look(self._settings)
            if broken:
                # A file that is replaced between two looks at it cannot be read; the next look sees it whole.
                self.reads_again += 1
                broken = _look(self._settings)
            self.broken += [f"while it was disturbed: {problem}" for problem in broken]


# --- places ----------------------------------------------------------------------------------------------------------


@contextmanager
def provide_small_disk(folder: Path) -> Iterator[bool]:
    """A small disk of its own at `folder`; whether this machine lets us have one."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = os.geteuid() == 0 and not _call("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "winnow", str(folder))
    try:
        yield mounted
    finally:
        if mounted:
            _call("umount", "-l", str(folder))


def _call(*command: str) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode
