"""Hearing of each address that a process of ours, or one that it starts, asks for."""

import os
from pathlib import Path
from typing import Final

GUARD: Final = """
import os, sys

NAMES = ("socket.getaddrinfo", "socket.gethostbyname")
ADDRESSES = ("socket.connect", "socket.sendto", "socket.sendmsg")

def listen(event, args):
    if event not in NAMES + ADDRESSES:
        return
    asked = args[1] if event in ADDRESSES else args[0]
    host = asked[0] if isinstance(asked, tuple) else None if event in ADDRESSES else asked
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "127.0.0.1", "::1", "localhost"):
        with open(os.environ["NETWORK_LOG"], "a") as log:
            log.write(f"{event} {host}\\n")

sys.addaudithook(listen)
"""
"""Paths of sockets of this machine, and the machine itself, are no addresses."""


def listen_to_network(folder: Path) -> tuple[dict[str, str], Path]:
    """Environment in which every Python process writes what it asks for outside of this machine to a file."""
    guard, log = folder / "guard", folder / "network.log"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    log.touch()
    paths = [str(guard), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "NETWORK_LOG": str(log)}, log
