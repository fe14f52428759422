"""What a measured process hands back. Standard library only: the peers have packages of their own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_outcome(path: Path, seconds: float, removed: Sequence[str], details: Mapping[str, Any]) -> None:
    """Write the documents that were removed, the time it took, and the most memory that this process has had."""
    report = {"seconds": seconds, "peak_bytes": read_peak_bytes(), "removed": list(removed), "details": dict(details)}
    path.write_text(json.dumps(report), encoding="utf-8")


def read_peak_bytes() -> int:
    """Highest resident size of this process so far. (What `getrusage` says includes the parent's at the fork.)"""
    rows = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) * 1024 for row in rows if row.startswith("VmHWM:"))
