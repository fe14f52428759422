"""`make soak`: 30 minutes of a scheduled deployment on a real Prefect server and worker; ARGS="--minutes 2 --seed 7".

A seeded script works on the inbox while the deployment of prefect.yaml runs on its schedule, and readers glob the store
all the while. In the end every law must hold, the store must be what one run makes of its `raw`, the memory of the runs
must not have grown, and every error of a reader must be of the kind that README names. Exits 1 when something is not.
"""

import argparse
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun
from prefect.settings import temporary_settings

from flows.serving import UNDER_WAY
from flows.settings import Settings
from flows.storage import Store
from tests.soak.mischief import Mischief
from tests.soak.readers import start_readers, stop_readers
from tests.support.station import Station, find_holder, run_station, wait_for_end, wait_until
from tests.support.stores import assert_same_results, find_broken_laws, read_results, settings_for, take_in
from transforms.contracts import ARTICLES, DUPLICATES, RAW, REJECTS, RUNS

SECONDS_BETWEEN_RUNS = 15
"""Of the schedule, which prefect.yaml has every 15 minutes."""

MOST_GROWTH = 1.25
"""Memory of a run in the last third of the soak, in times of that in the first third (medians of peaks)."""

EXPLAINED = re.compile(
    r"thrift|footer|magic bytes|out of range|page|deserial|snappy|zstd|decompress|corrupt|end of|EOF|"
    r"file size|modified|No magic|metadata|Unexpected|not enough|too short|range\.end|JoinError::Panic|"
    r"TProtocolException|don't know what type",
    re.IGNORECASE,
)
"""What readers say that open a file twice, for its footer and its rows, and meet two versions of it."""


@dataclass
class Memory:
    """Peaks of the resident memory of the processes that hold the store, by process."""

    settings: Settings
    peaks: dict[int, int] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look every tenth of a second, until told to stop."""
        while not self.stop.wait(0.1):
            try:
                holder = find_holder(self.settings)
                status = Path(f"/proc/{holder}/status").read_text()
            except OSError:
                continue
            peak = re.search(r"VmHWM:\s+(\d+) kB", status)
            if holder is not None and peak:
                self.peaks[holder] = max(self.peaks.get(holder, 0), int(peak[1]))

    def describe(self) -> tuple[int, int, float]:
        """Medians of the peaks (MB) in the first and the last third of the runs, and the last in times of the first."""
        peaks = list(self.peaks.values())
        third = max(len(peaks) // 3, 1)
        first, last = (statistics.median(part) / 1024 for part in (peaks[:third], peaks[-third:]))
        return round(first), round(last), last / first


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak ARGS=…", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two acts, on average")
    return parser.parse_args(arguments)


def soak(station: Station, minutes: float, seed: int, pause: float, folder: Path) -> dict[str, Any]:
    """Let it run, and give the figures."""
    settings = station.settings
    mischief = Mischief(settings.inbox, seed)
    for _ in range(20):
        mischief.act()
    with temporary_settings(station.client_settings), get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("winnow-ingest/ingest")
        station.call(
            "deployment", "schedule", "create", "winnow-ingest/ingest", "--interval", str(SECONDS_BETWEEN_RUNS)
        )
        station.start_worker()
        wait_until((settings.data / RUNS.folder).exists)
        memory = Memory(settings)
        watcher = threading.Thread(target=memory.watch)
        watcher.start()
        readers = start_readers(settings.data / ARTICLES.folder, folder)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            mischief.act()
            time.sleep(mischief.random.expovariate(1 / pause))
        found = stop_readers(readers, folder)
        memory.stop.set()
        watcher.join()
        # One more run takes in what is left, once everything lies still.
        client.pause_deployment(deployment.id)
        time.sleep(2)
        wait_until(lambda: not client.read_flow_runs(flow_run_filter=_under_way()))
        last = wait_for_end(client, client.create_flow_run_from_deployment(deployment.id).id)
        runs = read_runs(client)
    return {"acts": mischief.done, "readers": found, "memory": memory.describe(), "runs": runs, "last": last}


def read_runs(client: SyncPrefectClient) -> list[FlowRun]:
    """Every run that began or was to begin, but those that are still to come."""
    runs: list[FlowRun] = []
    while page := client.read_flow_runs(limit=200, offset=len(runs)):
        runs += page
    return [run for run in runs if run.state_name != "Scheduled"]


def _under_way() -> FlowRunFilter:
    return FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(UNDER_WAY))))


def rebuild_elsewhere(settings: Settings, folder: Path) -> dict[str, pl.DataFrame]:
    """The results of one backfill of everything in another store, from the same `raw` alone."""
    other = settings_for(folder)
    store, raw = Store(other.data), Store(settings.data).folder(RAW)
    store.folder(RAW).mkdir(parents=True)
    for path in raw.glob("*.parquet"):
        (store.folder(RAW) / path.name).hardlink_to(path)
    take_in(other, "backfill")
    return read_results(other)


def read_held(settings: Settings) -> dict[str, pl.DataFrame]:
    """The results that follow from `raw`: without the rejects of files that were gone before they could be read."""
    version = ["source_path", "source_sha256"]
    results = read_results(settings)
    raw = Store(settings.data).read(RAW, version)
    return results | {REJECTS.name: results[REJECTS.name].join(raw, on=version, how="semi", maintain_order="left")}


def list_overlaps(runs: Sequence[FlowRun]) -> int:
    """How many runs of the flow began before the one before them had ended."""
    spans = sorted(
        (run.start_time, run.end_time)
        for run in runs
        if run.parent_task_run_id is None and run.run_count and run.start_time and run.end_time
    )
    return sum(later[0] < earlier[1] for earlier, later in pairwise(spans))


def judge(figures: dict[str, Any], settings: Settings, folder: Path) -> tuple[list[tuple[str, Any]], list[str]]:
    """The table, and what is not as it must be."""
    store = Store(settings.data)
    broken = find_broken_laws(settings)
    states = Counter(run.state_name for run in figures["runs"] if run.parent_task_run_id is None)
    first, last, growth = figures["memory"]
    overlaps = list_overlaps(figures["runs"])
    rows: list[tuple[str, Any]] = [
        ("acts on the inbox", dict(figures["acts"])),
        ("runs by state", dict(states)),
        ("runs that changed the store", store.read(RUNS).height),
        ("runs that overlapped", overlaps),
        *((f"rows of {table.name}", store.read(table).height) for table in (RAW, ARTICLES, DUPLICATES, REJECTS)),
        ("laws broken", len(broken)),
        ("memory of a run, first and last third (MB)", f"{first}, {last}"),
    ]
    faults = [f"broken: {law}" for law in broken[:5]]
    faults += ["runs overlapped"] * bool(overlaps)
    faults += [f"memory grew {growth:.2f} times"] * (growth > MOST_GROWTH)
    faults += [f"the last run ended as {figures['last'].state_name}"] * (figures["last"].state_name != "Completed")
    faults += [f"{name} {count}" for name, count in states.items() if name in ("Failed", "Crashed")]
    for reader, met in figures["readers"].items():
        rows.append((f"{reader}", met["counts"]))
        rows += [(f"  {error}", count) for error, count in met["errors"].items()]
        faults += [f"{reader}: {kind}" for kind in ("document twice", "error again") if met["counts"].get(kind)]
        faults += [f"{reader}, unexplained: {error}" for error in met["errors"] if not EXPLAINED.search(error)]
    try:
        # `find_broken_laws` has seen that nothing is missing; this that nothing depends on the way it came.
        assert_same_results(read_held(settings), rebuild_elsewhere(settings, folder / "again"))
        rows.append(("equal to one backfill of everything", "yes"))
    except AssertionError as error:
        faults.append(f"one backfill of everything gives another store: {str(error)[:300]}")
    return rows, faults


def main() -> None:
    """Soak, print the figures, and say whether all is as it must be."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="winnow-soak-") as place:
        folder = Path(place)
        settings = settings_for(folder)
        with run_station(settings, folder / "prefect", WINNOW_SETTLE_SECONDS="0.2") as station:
            figures = soak(station, arguments.minutes, arguments.seed, arguments.pause, folder)
        rows, faults = judge(figures, settings, folder)
    width = max(len(name) for name, _ in rows)
    sys.stdout.write(f"{arguments.minutes:g} minutes, seed {arguments.seed}\n")
    sys.stdout.writelines(f"{name:<{width}}  {value}\n" for name, value in rows)
    sys.stdout.writelines(f"FAULT: {fault}\n" for fault in faults)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
