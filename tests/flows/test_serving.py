"""Schedules: a real Prefect server, a real worker with the deployments of prefect.yaml, and `winnow serve`."""

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.runner import Runner
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelling, Scheduled

import flows.ingest
from flows.errors import ServerError, SettingsError, StoreLockedError
from flows.ingest import SKIPPED, ingest
from flows.notifying import run_hook
from flows.server import _announce, find_serving
from flows.serving import make_schedule, name_deployments, refuse_other_store
from flows.settings import Settings
from flows.storage import Store, lock_store
from flows.watching import Watch
from tests.support.corpora import make_words, write_paragraphs
from tests.support.station import RETRIES, Station, end_process, find_holder, run_station, wait_for_end, wait_until
from tests.support.stores import drop_files, find_broken_laws, place_of, settings_for
from transforms.contracts import RUNS

HOOK = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"
MISSED = 3


def drop(settings: Settings, name: str, seed: int, *, is_old: bool = True) -> None:
    """Put an article into the inbox; a run looks twice at one that is not old, and waits a minute in between."""
    drop_files(settings, {name: write_paragraphs(make_words(seed, 100))})
    changed = 1 if is_old else time.time() + 3600
    os.utime(settings.inbox / name, (changed, changed))


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """The server, and deployments with runs that nobody was there for; then the worker comes."""
    folder = tmp_path_factory.mktemp("station")
    settings = settings_for(folder)
    settings.inbox.mkdir()
    told = f"{sys.executable} -c '{HOOK.replace(chr(39), chr(34))}' {folder / 'told.jsonl'}"
    with run_station(settings, folder / "prefect", WINNOW_SETTLE_SECONDS="60", WINNOW_ON_FAILURE=told) as station:
        yield station


@pytest.fixture(scope="module")
def client(station: Station, prefect_api: None) -> Iterator[SyncPrefectClient]:
    # After `prefect_api`, which else would lose its settings when this one gives way to what was there before both; and
    # flows that run in this process stay with that server.
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: RETRIES}), SyncPrefectClient(station.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def missed(station: Station, client: SyncPrefectClient) -> list[UUID]:
    """Runs that were due while there was no worker; there is one now."""
    due = datetime.now(UTC) - timedelta(minutes=10)
    drop(station.settings, "a.txt", 1)
    runs = [
        station.ask_for_run(client, state=Scheduled(scheduled_time=due + timedelta(minutes=number)))
        for number in range(MISSED)
    ]
    station.start_worker()
    return runs


# --- a worker --------------------------------------------------------------------------------------------------------


def test_missed_runs_are_made_up_for_by_one(station: Station, client: SyncPrefectClient, missed: list[UUID]) -> None:
    """The worker meets them all at once, and they must not overlap: one runs, and has nothing left for the others."""
    ended = wait_for_all(client, missed)
    states = sorted(run.state_name or "" for run in ended)
    assert states == ["Cancelled"] * (MISSED - 1) + ["Completed"]
    assert all(run.run_count == 0 for run in ended if run.state_name == "Cancelled")
    assert place_of(station.settings) == {"a.txt": "kept"}
    assert Store(station.settings.data).read(RUNS).height == 1


def test_a_run_that_is_cancelled_leaves_a_whole_store(
    station: Station, client: SyncPrefectClient, missed: list[UUID]
) -> None:
    wait_for_all(client, missed)
    drop(station.settings, "b.txt", 2, is_old=False)
    run_id = station.ask_for_run(client)
    wait_until(lambda: find_holder(station.settings))
    client.set_flow_run_state(run_id, Cancelling())
    assert wait_for_end(client, run_id).state_name == "Cancelled"
    wait_until(lambda: find_holder(station.settings) is None)
    assert find_broken_laws(station.settings) == []
    assert list((station.settings.data / "work").iterdir()) == []
    assert place_of(station.settings) == {"a.txt": "kept"}
    assert not (station.home.parent / "told.jsonl").exists()


def test_a_run_that_is_killed_is_told_of_and_the_next_one_goes_on(
    station: Station, client: SyncPrefectClient, missed: list[UUID]
) -> None:
    wait_for_all(client, missed)
    drop(station.settings, "c.txt", 3, is_old=False)
    run_id = station.ask_for_run(client)
    os.kill(wait_until(lambda: find_holder(station.settings)), signal.SIGKILL)
    assert wait_for_end(client, run_id).state_name == "Crashed"
    [told] = wait_until(lambda: read_told(station))
    assert (told["event"], told["flow"], told["flow_run_id"]) == ("crashed", "winnow-ingest", str(run_id))
    assert told["data"] == str(station.settings.data)
    for name in ("b.txt", "c.txt"):
        os.utime(station.settings.inbox / name, (1, 1))
    # The server gives the place of the dead run back a little after it says that it crashed.
    wait_until(lambda: not any(limit.active_slots for limit in client.read_global_concurrency_limits()))
    assert wait_for_end(client, station.ask_for_run(client)).state_name == "Completed"
    assert set(place_of(station.settings)) == {"a.txt", "b.txt", "c.txt"}
    assert find_broken_laws(station.settings) == []


def wait_for_all(client: SyncPrefectClient, runs: list[UUID]) -> list[FlowRun]:
    return [wait_for_end(client, run_id) for run_id in runs]


def read_told(station: Station) -> list[dict[str, Any]]:
    path = station.home.parent / "told.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# --- winnow serve ----------------------------------------------------------------------------------------------------


def test_serving_runs_at_once_and_when_files_arrive(
    station: Station, client: SyncPrefectClient, tmp_path: Path
) -> None:
    """With a server configured it is used, beside the deployments of other stores."""
    made = settings_for(tmp_path)
    drop(made, "first.txt", 5)
    where = ("--inbox", str(made.inbox), "--data", str(made.data))
    options = ("--every", "60", "--watch", "--name", "desk", "--json")
    process = station.start("-m", "flows.cli", "serve", *where, *options, log="serve.log")
    wait_until(lambda: (made.data / "articles").exists() and place_of(made))
    drop(made, "second.txt", 6)
    wait_until(lambda: len(place_of(made)) == 2)
    assert end_process(process) == 0
    assert client.read_deployment_by_name("winnow-ingest/ingest-desk").paused
    said, _ = json.JSONDecoder().raw_decode((station.home / "serve.log").read_text().partition("{")[2].join(["{", ""]))
    assert said == {"server": station.api_url, "is_own": False, "schedule": "every 60 minutes", "watch": True}
    assert not (made.data / ".prefect").exists()
    assert find_broken_laws(made) == []


def test_one_serves_a_store_and_others_find_its_server(tmp_path: Path) -> None:
    assert find_serving(tmp_path) is None
    with _announce(tmp_path, 4321):
        assert find_serving(tmp_path) == 4321
        with pytest.raises(ServerError, match=r"at work on this store already, on 127\.0\.0\.1:4321"):
            _announce(tmp_path, 4322).__enter__()
    assert find_serving(tmp_path) is None


@pytest.mark.usefixtures("prefect_api")
def test_a_deployment_of_another_store_is_not_taken_over(tmp_path: Path) -> None:
    """Two that serve under one name would get the runs of one another."""
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")
    name, _ = name_deployments("desk")
    Runner(name="winnow").add_flow(ingest, name=name, parameters={"data": theirs})
    refuse_other_store(f"winnow-ingest/{name}", theirs)
    refuse_other_store("winnow-ingest/ingest-other", ours)
    with pytest.raises(SettingsError, match=r"winnow-ingest/ingest-desk already, for .*theirs.*--name NAME"):
        refuse_other_store(f"winnow-ingest/{name}", ours)


def test_a_schedule_is_an_interval_or_times() -> None:
    assert make_schedule(0.5, None).interval == timedelta(seconds=30)
    assert make_schedule(15, "0 6 * * *").cron == "0 6 * * *"
    with pytest.raises(SettingsError, match="cron"):
        make_schedule(15, "at noon")


def test_what_arrives_is_waited_for_until_it_lies_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("flows.watching.monotonic", lambda: clock.now)
    settings = settings_for(tmp_path)
    watch = Watch(settings)
    assert not watch.is_due()
    drop(settings, "a.txt", 1)
    assert [watch.is_due(), watch.is_due()] == [False, True]
    watch.note_taken()
    assert not watch.is_due()
    (settings.inbox / "a.txt").touch()
    drop_files(settings, {".hidden": "passed over"})
    assert [watch.is_due(), watch.is_due()] == [False, True]
    watch.note_taken()
    # Files that never stop arriving are taken in after a minute all the same.
    due = []
    for number in range(8):
        drop(settings, f"{number}.txt", number)
        due.append(watch.is_due())
        clock.now += 10
    assert due == [False] * 6 + [True] * 2


# --- a store in use --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("prefect_api")
def test_a_scheduled_run_is_skipped_when_the_store_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings_for(tmp_path)
    drop(made, "a.txt", 1)
    with lock_store(Store(made.data), "a backfill"):
        monkeypatch.setattr(flows.ingest, "deployment", SimpleNamespace(id="some deployment"))
        state = ingest(inbox=str(made.inbox), data=str(made.data), return_state=True)
        assert (state.type, state.name) == (StateType.COMPLETED, SKIPPED)
        assert "a backfill" in (state.message or "")
        # Whoever calls it by hand wants to know.
        monkeypatch.setattr(flows.ingest, "deployment", SimpleNamespace(id=None))
        with pytest.raises(StoreLockedError):
            ingest(inbox=str(made.inbox), data=str(made.data))


def test_who_was_asked_once_waits_for_the_store(tmp_path: Path) -> None:
    store, held, done = Store(tmp_path), threading.Event(), threading.Event()

    def hold() -> None:
        with lock_store(store, "a run"):
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with pytest.raises(StoreLockedError, match="a run"), lock_store(store, "a backfill", patience_seconds=0.1):
        pass
    threading.Timer(0.2, done.set).start()
    with lock_store(store, "a backfill", patience_seconds=20):
        assert done.is_set()
    holder.join()


# --- telling of failures ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("prefect_api")
def test_a_run_that_fails_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run says goes to the command as data: it is no part of the command."""
    told = tmp_path / "told.jsonl"
    inbox = tmp_path / "$(touch owned); 'in"
    monkeypatch.setenv("WINNOW_ON_FAILURE", f"{sys.executable} -c '{HOOK.replace(chr(39), chr(34))}' {told}")
    with pytest.raises(FileNotFoundError):
        ingest(inbox=str(inbox), data=str(tmp_path / "data"))
    [line] = told.read_text().splitlines()
    what = json.loads(line)
    assert (what["event"], what["inbox"]) == ("failed", str(inbox))
    assert "is not a folder" in what["message"]
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-command-anywhere", "could not run"),
        (f"{sys.executable} -c 'raise SystemExit(\"no route\")'", "exit code 1: no route"),
        (f"{sys.executable} -c 'import time; time.sleep(60)'", "did not end in 0.5 seconds"),
    ],
)
def test_a_command_that_fails_breaks_nothing(command: str, said: str, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("winnow.test")
    assert not run_hook(command, {"event": "failed", "message": "x" * 1_000_000}, log, seconds=0.5)
    assert said in caplog.text
