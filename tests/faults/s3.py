"""Break runs, backfills and compactions of a store on a real S3 server at hundreds of points, one at a time.

`make faults-s3`, or `python -m tests.faults.s3 --points 300 --seed 7`. A point is a request of a command to the store,
and what happens there: the process is killed (SIGKILL) before, within or after it, or the line to the store breaks. No
point is tried twice before all were tried. After each point

- a plain glob reads every dataset to its end, with the contract's columns, and no document stands in it twice,
- what our own commands see is the store before the command or the store after it, whole, with every law kept,
- the next run, on the same machine or on another one that waits for the lease, comes to the undisturbed results,
- every law holds, nothing is left of the staging, and one more run changes no object.

Prints the points by what was done, and ends with 1 when one failed; a point is repeated by its seed and number.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows import remote
from flows.errors import StoreLockedError
from flows.holding import find_idle_remotely
from flows.lease import LEASE
from flows.settings import Settings
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.disturbed import CUT, KILLS, Fault, start_disturbed
from tests.support.object_store import (
    Proxy,
    copy_prefix,
    drop_objects,
    list_tags,
    name_endpoint,
    open_data,
    open_inbox,
    read_as_others_do,
    read_remote_results,
    serve_s3,
    settings_on,
    take_in_remotely,
)
from tests.support.stores import assert_same_results, find_broken_laws, read_results
from transforms.contracts import TABLES

POINTS: Final = 240
SEED: Final = 20261127
TERM_SECONDS: Final = 3.0
"""Short, so that another machine need not wait long for the lease of a run that died."""

CALM_SECONDS: Final = 60.0
"""Term of a lease that nobody waits for."""

READS_SHARE: Final = 0.2
WITHIN_SECONDS: Final = 0.01
WAIT_SECONDS: Final = 60
WHATS: Final = (*KILLS, CUT)
OTHER_MACHINE_EVERY: Final = 5
LOWER_THRESHOLD: Final = 0.5


@dataclass(frozen=True)
class Scene:
    """A store before a command, and what it is when the command ended undisturbed."""

    name: str
    command: str
    more: dict[str, Any]
    before: dict[str, pl.DataFrame]
    after: dict[str, pl.DataFrame]
    requests: list[str]


@dataclass(frozen=True)
class Point:
    """What is done to which request of which scene."""

    number: int
    scene: Scene
    fault: Fault

    def __str__(self) -> str:
        return f"{self.scene.command}, {self.fault.what} request {self.fault.at}: {self.scene.requests[self.fault.at]}"


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


class Range:
    """The server, a proxy before it, and folders for caches."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.proxy = Proxy(port)

    def cache(self, name: str) -> Path:
        return self.folder / f"cache-{name}"

    def run_disturbed(self, name: str, scene_command: str, more: dict[str, Any], fault: Fault) -> tuple[int, list[str]]:
        """The exit code of the command, and its requests."""
        log = self.folder / f"log-{name}"
        self.proxy.go_on()
        term = CALM_SECONDS if fault.at < 0 else TERM_SECONDS
        port = self.proxy.port if fault.what == CUT else self.port
        process = start_disturbed(
            scene_command,
            {"name": name, "cache": self.cache(name), "lease_seconds": term, **more},
            name_endpoint(port),
            fault,
            log,
            self.proxy.control,
        )
        process.join(WAIT_SECONDS)
        assert process.exitcode is not None, f"it still runs after {WAIT_SECONDS} s"
        return process.exitcode, log.read_text().splitlines()


# --- scenes ----------------------------------------------------------------------------------------------------------


def make_scenes(place: Range) -> list[Scene]:
    """A run with news of every kind, a backfill under another threshold, and a compaction of the index."""
    words = [make_words(seed, 200) for seed in range(5)]
    first = settings_on("first", place.cache("first"))
    drop_objects(first, {"excerpt.txt": write_paragraphs(words[0][:120]), "page.txt": write_paragraphs(words[1])})
    take_in_remotely(first)
    copy_prefix("first", "run")
    news = {
        "article.txt": write_paragraphs(words[0]),
        "page.txt": write_paragraphs(words[2]),
        "copy.txt": write_other_layout(words[2]),
        "half.txt": write_paragraphs([*words[3][:130], *words[0][:70]]),
        "other.txt": write_paragraphs(words[3]),
        "broken.txt": "",
    }
    drop_objects(settings_on("run", place.cache("run")), news)
    copy_prefix("run", "held")
    take_in_remotely(settings_on("held", place.cache("held")))
    return [
        make_scene(place, "run", "run", {}),
        make_scene(place, "held", "backfill", {"coverage_threshold": LOWER_THRESHOLD}),
        make_scene(place, "held", "compact", {}),
    ]


def make_scene(place: Range, name: str, command: str, more: dict[str, Any]) -> Scene:
    before = read_remote_results(settings_on(name, place.cache(name)))
    done = f"{name}-{command}-done"
    copy_prefix(name, done)
    code, requests = place.run_disturbed(done, command, more, Fault("nothing", -1))
    assert code == 0, f"{command} fails when it is not disturbed"
    after = read_remote_results(settings_on(done, place.cache(done), **more))
    say(
        f"{command}: {len(requests)} requests, {sum(line.startswith('copying') for line in requests)} objects published"
    )
    return Scene(name, command, more, before, after, requests)


def choose_points(scenes: list[Scene], count: int, seed: int) -> Iterator[Point]:
    """`count` different points, spread evenly over the scenes, what is done, and the requests."""
    source = random.Random(seed)
    every = [(scene, what, at) for scene in scenes for what in WHATS for at in range(len(scene.requests))]
    source.shuffle(every)
    # Fetching files changes nothing in the store, and half of all requests do no more: most of them come last.
    every.sort(key=lambda point: point[0].requests[point[2]].startswith("reading") and source.random() > READS_SHARE)
    for number in range(count):
        scene, what, at = every[number % len(every)]
        yield Point(number, scene, Fault(what, at, source.uniform(0, WITHIN_SECONDS)))


# --- one point -------------------------------------------------------------------------------------------------------


def try_point(place: Range, point: Point) -> str:
    """Break the command, look at what is left, go on; what the point came to. AssertionError when a law is broken."""
    name, scene = f"p{point.number}", point.scene
    copy_prefix(scene.name, name)
    code, requests = place.run_disturbed(name, scene.command, scene.more, point.fault)
    settings = settings_on(name, place.cache(name), **scene.more)
    look_as_others_do(settings)
    seen = which_of(scene, settings)
    is_other = point.number % OTHER_MACHINE_EVERY == 0
    going_on = settings_on(name, place.cache(f"{name}-other"), **scene.more) if is_other else settings
    finish(going_on, scene)
    assert_same_results(read_remote_results(going_on), scene.after)
    tags = list_tags(going_on)
    assert not [key for key in tags if key.startswith("work/")], "staging is left"
    if scene.command == "run":
        assert find_idle_remotely(going_on) is not None, "something is still new"
    take_in_remotely(going_on, scene.command)
    changed = {key for key, _ in set(tags.items()) ^ set(list_tags(going_on).items())} - {LEASE}
    assert not changed, f"one more run changed {', '.join(sorted(changed))}"
    clean_up(place, settings)
    met = len(requests) > point.fault.at
    return f"{'broken' if code and met else 'not met'}, {seen}"


def look_as_others_do(settings: Settings) -> None:
    for table in TABLES:
        rows = read_as_others_do(settings, table)
        assert table.find_schema_differences(rows.schema) == [], table.name
        assert not rows.select(table.key).is_duplicated().any(), f"{table.name} has a row twice"


def which_of(scene: Scene, settings: Settings) -> str:
    """Which of its two states the store is in, as our own commands see it."""
    as_before = settings_on(point_name(settings), settings.cache)
    with remote.view_store(settings) as seen:
        results = read_results(seen)
        for label, state, judge in (("as before", scene.before, as_before), ("as after", scene.after, settings)):
            if all(frame.equals(state[table]) for table, frame in results.items()):
                assert find_broken_laws(seen.model_copy(update={"coverage_threshold": judge.coverage_threshold})) == []
                return label
    raise AssertionError("what is committed is neither the store before the command nor the store after it")


def point_name(settings: Settings) -> str:
    """The name of the prefix of a point."""
    return str(settings.data_url).split("/")[3]


def finish(settings: Settings, scene: Scene) -> None:
    """The next run; on another machine as soon as the lease of the dead one ran out."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            take_in_remotely(settings, scene.command)
        except StoreLockedError:
            assert time.monotonic() < deadline, "the lease of a dead run is never free"
            time.sleep(0.2)
        else:
            return


def clean_up(place: Range, settings: Settings) -> None:
    """Delete what a point that went well left."""
    for bucket in (open_data(settings), open_inbox(settings)):
        bucket.delete([item.key for item in bucket.list_objects()])
    name = settings.cache.name
    for folder in place.folder.glob(f"{name}*"):
        shutil.rmtree(folder)


def main() -> None:
    """Try the points, and print what they came to."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--points", type=int, default=POINTS, help="how many points  [%(default)s]")
    options.add_argument("--seed", type=int, default=SEED, help="which points  [%(default)s]")
    options.add_argument("--only", type=int, help="the number of one point to try")
    options.add_argument("--part", default="0/1", help="K/N: every Nth point from K, to try them in N processes")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="winnow-faults-"))
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    with serve_s3(folder / "s3") as port:
        os.environ.update(name_endpoint(port))
        place = Range(port, folder)
        points = list(choose_points(make_scenes(place), asked.points, asked.seed))
        part, parts = map(int, asked.part.split("/"))
        points = points[part::parts] if asked.only is None else [points[asked.only]]
        for point in points:
            start = time.monotonic()
            try:
                outcome = try_point(place, point)
                outcomes[f"{point.scene.command}, {point.fault.what}: {outcome}"] += 1
            except Exception as error:
                outcome = f"FAILED: {type(error).__name__}: {error}"
                failures.append(f"point {point.number}: {point}: {outcome}")
            say(f"{point.number:4d} {time.monotonic() - start:5.1f} s  {point}: {outcome}")
    for outcome, count in sorted(outcomes.items()):
        say(f"{count:5d}  {outcome}")
    say(f"{sum(outcomes.values())} of {len(points)} points held, seed {asked.seed}.")
    if failures:
        say("\n".join(failures))
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
