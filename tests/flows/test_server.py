"""A server of our own is started only when there is none, works where it is started, and ends with its parent."""

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import flows.server
from flows.errors import ServerError
from flows.server import is_api_configured

ROOT = Path(flows.server.__file__).parents[1]
URL = "http://127.0.0.1:4200/api"
RUN_SERVER = """
import os, sys, time, urllib.request
from pathlib import Path
import flows.server

start = flows.server._start_server
flows.server.START_TIMEOUT_SECONDS = 30
started = []

def start_and_tell(port, log, **more):
    started.append(start(port, log, **more))
    return started[-1]

flows.server._start_server = start_and_tell
before = dict(os.environ)
with flows.server.provide_prefect_api(Path("home")):
    from prefect.client.orchestration import get_client
    with get_client(sync_client=True) as client:
        assert client.api_healthcheck() is None
        assert str(client.api_url).startswith("http://127.0.0.1:")
    print(started[0].pid, flush=True)
    time.sleep(float(sys.argv[1]))
assert started[0].returncode == 0, started[0].returncode
after = dict(os.environ)
changed = sorted(name for name in before | after if before.get(name) != after.get(name))
print("changed:", *(name for name in changed if name in ("PREFECT_API_URL", "PREFECT_HOME")))
"""


def make_environment(folder: Path, **more: str) -> dict[str, str]:
    """An environment without a Prefect server, without profiles, and without bytecode written.

    What is kept on this machine is used: it saves the making of a database.
    """
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_CACHE_HOME": caches, "PYTHONPATH": str(ROOT), **more}


def start_parent(folder: Path, seconds: float, **environment: str) -> subprocess.Popen[str]:
    """A process that has a server for `seconds`, and prints the process id of the server first."""
    # -P: like the installed command, it does not import from the working folder.
    return subprocess.Popen(
        [sys.executable, "-P", "-c", RUN_SERVER, str(seconds)],
        cwd=folder,
        env=make_environment(folder, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def is_running(process: int) -> bool:
    """Whether the process is there, and not only waiting to be collected."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_until_gone(process: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(process)


# --- is there one? ---------------------------------------------------------------------------------------------------


def configure(folder: Path, profiles: str | bytes, **environment: str) -> Mapping[str, str]:
    (folder / "profiles.toml").write_bytes(profiles.encode() if isinstance(profiles, str) else profiles)
    return {"PREFECT_HOME": str(folder), **environment}


PROFILES = f"""
active = "mine"
[profiles.mine]
PREFECT_API_URL = "{URL}"
[profiles.none]
PREFECT_LOGGING_LEVEL = "DEBUG"
"""


def test_the_environment_can_name_a_server(tmp_path: Path) -> None:
    assert is_api_configured({"PREFECT_API_URL": URL})
    assert not is_api_configured({"PREFECT_API_URL": "", "PREFECT_HOME": str(tmp_path)})
    assert not is_api_configured({"PREFECT_HOME": str(tmp_path)})


def test_the_active_profile_can_name_a_server(tmp_path: Path) -> None:
    assert is_api_configured(configure(tmp_path, PROFILES))
    assert not is_api_configured(configure(tmp_path, PROFILES.replace('"mine"', '"none"')))
    assert not is_api_configured(configure(tmp_path, PROFILES.replace('"mine"', '"gone"')))
    assert not is_api_configured(configure(tmp_path, ""))


def test_the_environment_can_choose_the_profile_and_its_file(tmp_path: Path) -> None:
    assert not is_api_configured(configure(tmp_path, PROFILES, PREFECT_PROFILE="none"))
    assert is_api_configured(configure(tmp_path, PROFILES.replace('"mine"', '"none"'), PREFECT_PROFILE="mine"))
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(PROFILES)
    assert is_api_configured({"PREFECT_HOME": str(tmp_path / "no"), "PREFECT_PROFILES_PATH": str(elsewhere)})


@pytest.mark.parametrize(
    "profiles",
    [
        "active = ",
        b'active = "\xff\xfe"',
        "profiles = 3\nactive = 'x'",
        "active = 'x'\n[profiles]\nx = 3",
        "active = []",
    ],
)
def test_profiles_that_cannot_be_read_name_no_server(profiles: str | bytes, tmp_path: Path) -> None:
    assert not is_api_configured(configure(tmp_path, profiles))


# --- a server of our own ---------------------------------------------------------------------------------------------


def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, 60)
    try:
        assert parent.stdout is not None
        first = parent.stdout.readline()
        server = int(first) if first.strip().isdigit() else pytest.fail(first + parent.stdout.read())
        assert is_running(server)
        parent.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        # Whoever reads the output of the run comes to its end at once, and does not wait for the server.
        assert parent.stdout.read() == ""
        assert time.monotonic() - killed < 5
        assert wait_until_gone(server, 5)
    finally:
        parent.kill()
        parent.communicate()


def test_the_server_starts_in_any_folder_behind_a_proxy_and_leaves_nothing(tmp_path: Path) -> None:
    """The working folder has a package `flows` of its own, as Prefect projects do; the proxy knows no loopback."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__init__.py").write_text("")
    closed = "http://127.0.0.1:9"
    parent = start_parent(tmp_path, 0, http_proxy=closed, https_proxy=closed, HTTP_PROXY=closed, HTTPS_PROXY=closed)
    said, _ = parent.communicate(timeout=100)
    assert parent.returncode == 0, said
    server, changed = said.splitlines()
    assert not is_running(int(server))
    # What was said to Prefect through the environment holds for as long as the server does.
    assert changed == "changed:"


def test_a_server_that_does_not_start_is_reported_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_broken(port: int, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            code = "import sys; sys.exit('no room on port ' + sys.argv[1])"
            return subprocess.Popen([sys.executable, "-c", code, str(port)], stdin=subprocess.PIPE, stderr=output)

    log = tmp_path / "server.log"
    server = start_broken(4, log)
    with pytest.raises(ServerError, match="no room on port 4"):
        flows.server._wait_until_healthy(server, 4, log)
    flows.server._stop_server(server)
    assert server.returncode == 1


def test_a_server_that_was_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(port: int, log: Path) -> None:
        pytest.fail("a server was started")

    monkeypatch.setenv("PREFECT_API_URL", URL)
    monkeypatch.setattr(flows.server, "_start_server", refuse)
    with flows.server.provide_prefect_api(tmp_path / "home"):
        assert not (tmp_path / "home").exists()


def test_the_first_request_is_made_before_anyone_waits_for_it() -> None:
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        server.timeout = 30
        thread = threading.Thread(target=flows.server._ask_first, args=(server.server_port,), daemon=True)
        thread.start()
        server.handle_request()
        thread.join(30)
    assert not thread.is_alive()
    assert asked == ["/api/admin/version"]
