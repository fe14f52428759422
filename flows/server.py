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
from collections.abc import Callable, Iterator, Mapping
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
    except (OSError, ValueError):
        # Prefect itself falls back to no profile, and complains in its own words of one that it can't read.
        return False
    active = environment.get("PREFECT_PROFILE", profiles.get("active", ""))
    named = profiles.get("profiles")
    profile = named.get(active) if isinstance(named, dict) and isinstance(active, str) else None
    return isinstance(profile, dict) and bool(profile.get("PREFECT_API_URL"))


@contextmanager
def provide_prefect_api(home: Path, while_starting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Make sure that there is a Prefect API to talk to: the user's, or one of our own that keeps its files in `home`.

    Call it before Prefect is imported: it is told what to do through the environment. `while_starting` is called once,
    while our own server starts, which takes seconds: the place for slow imports.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    if is_api_configured(os.environ):
        # The command line shows progress and errors itself; the log is for the pages of the server.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
        while_starting()
        yield
        return
    # Nobody looks at the log of a server that ends with the run.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    port = _find_free_port()
    with _say_in_environment(
        PREFECT_HOME=str(home), PREFECT_API_URL=f"http://127.0.0.1:{port}/api", **_exempt_loopback(os.environ)
    ):
        log = home / "server.log"
        server = _start_server(port, log)
        try:
            while_starting()
            from prefect.settings import (  # noqa: PLC0415
                PREFECT_API_URL,
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
                temporary_settings,
            )

            _wait_until_healthy(server, port, log)
            # A heartbeat is for a server that outlives the run, and costs each flow a second at its end. The address is
            # said again for a process that had imported Prefect before.
            with temporary_settings(
                {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, PREFECT_API_URL: os.environ["PREFECT_API_URL"]}
            ):
                yield
        finally:
            _stop_server(server)


@contextmanager
def _say_in_environment(**values: str) -> Iterator[None]:
    """Set environment variables for the block, and put them back as they were."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _exempt_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """What keeps requests to our own server away from the user's proxy; programs differ in which name they read."""
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = [host for host in exempt.split(",") if host]
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(dict.fromkeys([*hosts, "127.0.0.1"])))


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_server(port: int, log: Path) -> subprocess.Popen[bytes]:
    # The working folder may hold a package `flows` of its own, as Prefect projects do: -P keeps it out of the way.
    ours = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "flows.server", str(port)],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
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

    def stop_with_parent() -> None:
        sys.stdin.buffer.read()
        # The database is SQLite in WAL mode: it needs no farewell.
        os._exit(0)

    # Before the imports, which take seconds: the parent may end while they last.
    threading.Thread(target=stop_with_parent, daemon=True).start()
    import uvicorn  # noqa: PLC0415
    from prefect.server.api.server import create_app  # noqa: PLC0415

    uvicorn.run(create_app(ephemeral=True, final=True), host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
