"""Trying many points one after another, in a process of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click

from tests.faults.operations import Undisturbed, prepare
from tests.faults.trial import Outcome, Pace, Point, measure_pace, provide_small_disk, try_point

TOLD: Final = 40
"""After so many points the process says how far it is."""


class Worker:
    """Tries points one after another, on a small disk of its own."""

    def __init__(self, folder: Path, operations: Sequence[str], *, is_small_disk: bool) -> None:
        """Make the store of each operation, and see how long the operation takes."""
        self._disk = folder / "disk"
        self._is_small_disk = is_small_disk
        self._stores: dict[str, Undisturbed] = {name: prepare(name, folder) for name in operations}
        self._paces: dict[str, Pace] = {name: measure_pace(store, self._disk) for name, store in self._stores.items()}

    def try_point(self, point: Point) -> Outcome | None:
        """What came of a point; None when this machine has no small disk for it to fill."""
        if point.fault == "disk full" and not self._is_small_disk:
            return None
        return try_point(point, self._paces[point.operation], self._stores[point.operation], self._disk)


def try_points(points: Sequence[Point]) -> list[tuple[Point, Outcome | None]]:
    """Try points in a process of their own, telling of each that broke something."""
    tried = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        is_small_disk = stack.enter_context(provide_small_disk(folder / "disk"))
        worker = Worker(folder, sorted({point.operation for point in points}), is_small_disk=is_small_disk)
        for done, point in enumerate(points, 1):
            tried.append((point, worker.try_point(point)))
            outcome = tried[-1][1]
            if outcome is not None and outcome.broken:
                click.echo(f"{point}\n  ended: {outcome.ending}\n  " + "\n  ".join(outcome.broken))
            if done % TOLD == 0:
                click.echo(f"{done} of {len(points)} points of this process")
    return tried
