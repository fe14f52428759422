"""Prefect's own server, started for one run when the user has none.

Prefect can do this itself, but its temporary server outlives a run that is killed, and keeps the output of that run
open, so that whatever reads the output waits for ever. This one lives as long as the pipe that its parent holds.
"""

import fcntl
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
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from flows.errors import ServerError
from flows.heap import keep_imports
from flows.server_database import lock_before_writing, provide_database

START_TIMEOUT_SECONDS: Final = 120
POLL_SECONDS: Final = 0.05

QUIET: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
}
"""Nothing leaves the machine, and Prefect starts no server of its own beside ours."""

LASTING: Final = {
    # Runs of the past go after Prefect's 90 days; the slots of runs that were killed are known to the next server.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "true",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
}
"""For a server that is left alone for a year."""

DEFAULT_PORT: Final = 4200
"""Prefect's own."""

SERVING_NAME: Final = "serving"
"""File with the port of the server that `winnow serve` runs, which holds a lock on it."""


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
    while our own server starts, which takes seconds: the place for slow imports. Where `winnow serve` runs a server
    with these files, that one is used: there are never two on one database.
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
    if (port := find_serving(home)) is not None:
        with say_in_environment(**_describe_api(home, port)):
            while_starting()
            _wait_until_healthy(None, port, home / "server.log")
            with _say_in_settings(has_heartbeat=True):
                yield
        return
    with run_server(home, _find_free_port(), while_starting, is_lasting=False):
        yield


@contextmanager
def provide_lasting_api(home: Path, port: int | None, while_starting: Callable[[], object]) -> Iterator[str | None]:
    """Like `provide_prefect_api`, with a server of our own that schedules runs and shows its pages.

    Gives the address of our own server, None when the user has one. `port`: None for DEFAULT_PORT, or any other one
    when that is taken. ServerError when `port` is taken, or somebody serves with these files already.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    if is_api_configured(os.environ):
        while_starting()
        yield None
        return
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    chosen = _choose_port(port)
    with _announce(home, chosen), run_server(home, chosen, while_starting, is_lasting=True):
        yield f"http://127.0.0.1:{chosen}"


@contextmanager
def run_server(home: Path, port: int, while_starting: Callable[[], object], *, is_lasting: bool) -> Iterator[None]:
    """A server of our own for the block, and the environment and Prefect's settings that lead to it.

    One that is lasting schedules runs, watches over them and has pages to look at; the other only records.
    """
    with say_in_environment(**_describe_api(home, port), **(LASTING if is_lasting else {})):
        log = home / "server.log"
        server = _start_server(port, log, is_lasting=is_lasting)
        try:
            while_starting()
            _wait_until_healthy(server, port, log)
            # A heartbeat is for a server that outlives the run, and costs each flow a second at its end.
            with _say_in_settings(has_heartbeat=is_lasting):
                yield
        finally:
            _stop_server(server)


@contextmanager
def _say_in_settings(*, has_heartbeat: bool) -> Iterator[None]:
    """Say the address to a process that had imported Prefect before, too."""
    from prefect.settings import (  # noqa: PLC0415
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        temporary_settings,
    )

    said: dict[Any, Any] = {PREFECT_API_URL: os.environ["PREFECT_API_URL"], PREFECT_HOME: os.environ["PREFECT_HOME"]}
    if not has_heartbeat:
        said[PREFECT_FLOWS_HEARTBEAT_FREQUENCY] = None
    with temporary_settings(said):
        yield


def _describe_api(home: Path, port: int) -> dict[str, str]:
    """Environment of those who use, or are, the server with these files on this port."""
    url = f"http://127.0.0.1:{port}/api"
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_UI_API_URL": url,
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        # Where Prefect is installed need not be a place to write to.
        "PREFECT_UI_STATIC_DIRECTORY": str(home / "ui"),
        **_exempt_loopback(os.environ),
    }


# --- one server for all who use a store ------------------------------------------------------------------------------


@contextmanager
def _announce(home: Path, port: int) -> Iterator[None]:
    """Tell who uses these files that they are served, for as long as this process lives, however it ends."""
    with (home / SERVING_NAME).open("a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise ServerError(
                f"`winnow serve` is at work on this store already, on 127.0.0.1:{handle.read().strip()}"
            ) from None
        handle.truncate(0)
        handle.write(f"{port}\n")
        handle.flush()
        yield


def find_serving(home: Path) -> int | None:
    """The port of the server that `winnow serve` runs with the files in `home`; None when there is none."""
    try:
        with (home / SERVING_NAME).open(encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = (home / SERVING_NAME).read_text(encoding="ascii").strip()
        return int(said) if said.isdigit() else None
    except FileNotFoundError:
        return None
    return None


def _choose_port(port: int | None) -> int:
    wanted = DEFAULT_PORT if port is None else port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            if port is not None:
                raise ServerError(f"port {port} of 127.0.0.1 cannot be had: {error.strerror}") from error
            return _find_free_port()
        return int(probe.getsockname()[1])


@contextmanager
def say_in_environment(**values: str) -> Iterator[None]:
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


def call_module(name: str) -> list[str]:
    """The command that runs a module of ours in a process of its own; see `find_modules`."""
    # The working folder may hold a package `flows` of its own, as Prefect projects do: -P keeps it out of the way.
    return [sys.executable, "-P", "-m", name]


def find_modules(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment`, in which our modules are found wherever the process works."""
    ours = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (ours, environment.get("PYTHONPATH"))))
    return {**environment, "PYTHONPATH": path}


def _start_server(port: int, log: Path, *, is_lasting: bool = False) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own module
            [*call_module("flows.server"), str(port), *(["lasting"] * is_lasting)],
            env=find_modules(os.environ),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # Ctrl-C is for those who use it: they have to say a last word to it.
            start_new_session=is_lasting,
        )


def _wait_until_healthy(server: subprocess.Popen[bytes] | None, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if server is not None and server.poll() is not None:
            break
        if _ask(port, "health", timeout_seconds=5) == HTTPStatus.OK:
            return
        time.sleep(POLL_SECONDS)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ServerError(f"Prefect's server did not start on 127.0.0.1:{port} (see {log}):\n{said}")


def _ask(port: int, what: str, *, timeout_seconds: float) -> int | None:
    """The status of what a server answers; None when there is no answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{what}", timeout=timeout_seconds) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return None


def _stop_server(server: subprocess.Popen[bytes]) -> None:
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def serve(port: int, *, is_lasting: bool = False) -> None:
    """Run Prefect's server on loopback until the pipe at standard input closes, which it does when the parent ends."""

    def stop_with_parent() -> None:
        sys.stdin.buffer.read()
        # The database is SQLite in WAL mode: it needs no farewell.
        os._exit(0)

    # Before the imports, which take seconds: the parent may end while they last.
    threading.Thread(target=stop_with_parent, daemon=True).start()
    threading.Thread(target=_ask_first, args=(port,), daemon=True).start()
    with keep_imports():
        import uvicorn  # noqa: PLC0415
        from prefect.server.api.server import create_app  # noqa: PLC0415

        provide_database(Path(os.environ["PREFECT_HOME"]))
        app = create_app(ephemeral=not is_lasting, final=True)
    with lock_before_writing():
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


def _ask_first(port: int) -> None:
    """Ask the server that starts in this process for its version, which nobody needs.

    It builds its routes for the first request that is not about its health; the parent still imports meanwhile.
    """
    while _ask(port, "admin/version", timeout_seconds=START_TIMEOUT_SECONDS) is None:
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    serve(int(sys.argv[1]), is_lasting=sys.argv[2:] == ["lasting"])
