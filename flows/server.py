"""Prefect's own server, started for one run when the user has none.

Prefect can do this itself, but its temporary server outlives a run that is killed, and keeps the output of that run
open, so that whatever reads the output waits for ever. This one lives as long as the pipe that its parent holds.
"""

import os
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flows.errors import ServerError

START_TIMEOUT_SECONDS: Final = 120
POLL_SECONDS: Final = 0.05

QUIET: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
}
"""Nothing leaves the machine, and Prefect starts no server of its own beside ours."""


def is_api_configured(environment: Mapping[str, str]) -> bool:
    """Whether the user has a Prefect server or Prefect Cloud: in the environment or in the active profile."""
    if environment.get("PREFECT_API_URL"):
        return True
    home = Path(environment.get("PREFECT_HOME", Path.home() / ".prefect"))
    path = Path(environment.get("PREFECT_PROFILES_PATH", home / "profiles.toml"))
    try:
        profiles = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        # Prefect itself falls back to no profile, and complains in its own words of one that it can't read.
        return False
    active = environment.get("PREFECT_PROFILE", profiles.get("active", ""))
    return bool(profiles.get("profiles", {}).get(active, {}).get("PREFECT_API_URL"))


@contextmanager
def provide_prefect_api(home: Path) -> Iterator[None]:
    """Make sure that there is a Prefect API to talk to: the user's, or one of our own that keeps its files in `home`.

    Call it before Prefect is imported: it is told what to do through the environment.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    # The command line shows progress and errors itself; Prefect keeps its own log of every run.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    if is_api_configured(os.environ):
        yield
        return
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    port = _find_free_port()
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    log = home / "server.log"
    server = _start_server(port, log)
    try:
        # Prefect takes about as long to import as its server to start.
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415

        _wait_until_healthy(server, port, log)
        # A heartbeat is for a server that outlives the run, and costs each flow a second at its end.
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield
    finally:
        _stop_server(server)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_server(port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "flows.server", str(port)], stdin=subprocess.PIPE, stdout=output, stderr=output
        )


def _wait_until_healthy(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5) as answer:
                if answer.status == 200:  # noqa: PLR2004
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(POLL_SECONDS)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ServerError(f"Prefect's server did not start on 127.0.0.1:{port} (see {log}):\n{said}")


def _stop_server(server: subprocess.Popen[bytes]) -> None:
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def serve(port: int) -> None:
    """Run Prefect's server on loopback until the pipe at standard input closes, which it does when the parent ends."""
    import uvicorn  # noqa: PLC0415
    from prefect.server.api.server import create_app  # noqa: PLC0415

    def stop_with_parent() -> None:
        sys.stdin.buffer.read()
        # The database is SQLite in WAL mode: it needs no farewell.
        os._exit(0)

    threading.Thread(target=stop_with_parent, daemon=True).start()
    uvicorn.run(create_app(ephemeral=True, final=True), host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
