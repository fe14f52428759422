"""Disturb runs, backfills and compactions at many points, and see that the next one ends where it would have ended.

`make faults` tries 600 points: kills at an event and at a time, a disk that is full, permissions that are revoked,
staged files that are damaged. `python -m tests.faults --points 60 --seed 7` tries others, `--only N` one point again.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import click

from tests.faults.operations import OPERATIONS
from tests.faults.trial import FAULTS, Outcome, Point, draw_points
from tests.faults.worker import try_points

POINTS: Final = 600


def render(tried: Sequence[tuple[Point, Outcome | None]]) -> str:
    """A line for each operation and fault."""
    columns = ("points", "ended early", "finished later", "undone", "repaired", "broken")
    lines = [f"{'operation':<10} {'fault':<16} " + " ".join(columns)]
    for operation in OPERATIONS:
        for fault in FAULTS:
            outcomes = [
                o for point, o in tried if (point.operation, point.fault) == (operation, fault) and o is not None
            ]
            early = [outcome for outcome in outcomes if outcome.ending != "done"]
            committed = sum(outcome.was_committed for outcome in early)
            repaired = sum(outcome.was_repaired for outcome in outcomes)
            broken = sum(bool(outcome.broken) for outcome in outcomes)
            numbers = (len(outcomes), len(early), committed, len(early) - committed, repaired, broken)
            counted = (f"{number:>{len(column)}}" for number, column in zip(numbers, columns, strict=True))
            lines.append(f"{operation:<10} {fault:<16} " + " ".join(counted))
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--points", default=POINTS, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1))
@click.option("--only", type=int, help="The number of one point.")
def main(points: int, seed: int, workers: int, only: int | None) -> None:
    """Try points and say what came of them."""
    started = time.monotonic()
    drawn = [point for point in draw_points(points, seed) if only in (None, point.number)]
    parts = [part for part in (drawn[number::workers] for number in range(workers)) if part]
    with ProcessPoolExecutor(len(parts), multiprocessing.get_context("spawn")) as pool:
        tried = [result for part in pool.map(try_points, parts) for result in part]
    outcomes = [outcome for _, outcome in tried if outcome is not None]
    click.echo(render(tried))
    endings = Counter(outcome.ending.partition(":")[0] for outcome in outcomes)
    click.echo(f"endings: {', '.join(f'{count} {ending}' for ending, count in endings.most_common())}")
    reads, again = (sum(getattr(o, name) for o in outcomes) for name in ("reads", "reads_again"))
    click.echo(f"{reads} reads of all datasets meanwhile; {again} met a file that was being replaced and were repeated")
    broken = sum(bool(outcome.broken) for outcome in outcomes)
    left_out = len(tried) - len(outcomes)
    click.echo(
        f"{len(outcomes)} points of seed {seed}, {broken} broken, {left_out} not possible here, "
        f"{time.monotonic() - started:.0f} s"
    )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
