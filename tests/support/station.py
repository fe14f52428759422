"""A real Prefect server and a real worker, with the deployments of prefect.yaml, for one store."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES

from flows.server import QUIET, _describe_api, _find_free_port
from flows.server_database import copy_kept
from flows.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
RETRIES = 30
"""A server on SQLite answers that it is not available while a busy machine holds its database up."""

WAIT_SECONDS = 600.0
"""On a busy machine; a second or two is usual."""


@dataclass
class Station:
    """One server, and what talks to it; `environment` is that of every process."""

    settings: Settings
    home: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def api_url(self) -> str:
        return self.environment["PREFECT_API_URL"]

    @property
    def client_settings(self) -> dict[Any, Any]:
        """For a client in this process."""
        return {PREFECT_API_URL: self.api_url, PREFECT_CLIENT_MAX_RETRIES: RETRIES}

    def call(self, *words: str) -> str:
        """Run Prefect's command line to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *words: str, log: str) -> subprocess.Popen[bytes]:
        """Start a process that goes on; it is ended with the station."""
        with (self.home / log).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("-m", "prefect", "worker", "start", "--pool", "winnow", log="worker.log")

    def ask_for_run(self, client: SyncPrefectClient, name: str = "winnow-ingest/ingest", **more: Any) -> UUID:
        return client.create_flow_run_from_deployment(client.read_deployment_by_name(name).id, **more).id


def wait_until(what: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """What `what` gives, as soon as that is something."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.05)
    return found


def wait_for_end(client: SyncPrefectClient, run_id: UUID) -> FlowRun:
    """The run, once it has ended."""

    def look() -> FlowRun | None:
        run = client.read_flow_run(run_id)
        return run if run.state is not None and run.state.is_final() else None

    run: FlowRun = wait_until(look)
    return run


def find_holder(settings: Settings) -> int | None:
    """The process that holds the store, by what it wrote into the lock; None when it is gone, or there was none.

    The lock itself is left alone: a run that met it in other hands would be skipped.
    """
    lock = settings.data / ".lock"
    said = re.search(r"process (\d+)", lock.read_text()) if lock.exists() else None
    return int(said[1]) if said and Path(f"/proc/{said[1]}").exists() else None


@contextmanager
def run_station(settings: Settings, home: Path, **environment: str) -> Iterator[Station]:
    """A server of `prefect server start`, and the deployments of prefect.yaml on it; no worker yet."""
    home.mkdir(parents=True, exist_ok=True)
    port = _find_free_port()
    given = {
        **os.environ,
        **QUIET,
        **_describe_api(home, port),
        "PYTHONPATH": str(ROOT),
        "WINNOW_INBOX": str(settings.inbox),
        "WINNOW_DATA": str(settings.data),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_CLIENT_MAX_RETRIES": str(RETRIES),
        **environment,
    }
    station = Station(settings, home, given)
    copy_kept(home)
    try:
        station.start("-m", "prefect", "server", "start", "--port", str(port), log="server.log")
        station.call("server", "status", "--wait", "--timeout", str(int(WAIT_SECONDS)))
        station.call("work-pool", "create", "winnow", "--type", "process")
        station.call("deploy", "--all")
        yield station
    finally:
        for process in reversed(station.processes):
            end_process(process)


def end_process(process: subprocess.Popen[bytes]) -> int:
    """Tell a process to end, and see to it that it does."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode
