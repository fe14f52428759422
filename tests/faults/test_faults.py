"""Some of the points that `make faults` tries; all of them are tried by hand, they take half an hour."""

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.faults.trial import Point, provide_small_disk
from tests.faults.worker import Worker

POINTS = [
    Point(number, "run", fault, place, f"{fault} {place}")
    for number, (fault, place) in enumerate(itertools.product(("disk full", "permissions", "corruption"), (0.3, 0.75)))
]
"""Kills have tests of their own, of the real flow, in tests/flows/test_crash.py."""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    folder = tmp_path_factory.mktemp("faults")
    with provide_small_disk(folder / "disk") as is_small_disk:
        yield Worker(folder, ["run"], is_small_disk=is_small_disk)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's rights and a disk of its own are root's to give")
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.fault}, {point.place:.2f}")
def test_a_disturbed_run_is_finished_or_undone_by_the_next(point: Point, worker: Worker) -> None:
    outcome = worker.try_point(point)
    if outcome is None:
        pytest.skip("this machine lets nobody have a small disk")
    assert outcome.broken == []
