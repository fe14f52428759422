"""Running a tool in a process of its own, with its time and the memory of its whole family of processes."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from tests.bench.peers import PEERS

ROOT: Final = Path(__file__).resolve().parents[2]
PEER_PYTHON: Final = ROOT / ".venv-bench" / "bin" / "python"
OURS: Final = "winnow"
TOOLS: Final = (OURS, *PEERS)

SAMPLE_SECONDS: Final = 0.5
"""Between two looks at the memory; each look costs a process some milliseconds."""
QUIET: Final = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
"""Nothing may call out."""


class ToolError(Exception):
    """A tool ended with an error; the message holds the end of what it said."""


@dataclass(frozen=True)
class Outcome:
    """What a tool did: the documents it removed, its seconds, its memory, and what else it reported."""

    removed: frozenset[str]
    seconds: float
    peak_bytes: int
    details: dict[str, Any]


def run_tool(name: str, corpus: Path) -> Outcome:
    """Run a tool (one of TOOLS) on a Parquet file with `document_id` and `text`, and what else documents have."""
    if name == OURS:
        return run_module([sys.executable, "-m", "tests.bench.engine", str(corpus)])
    return run_module([str(PEER_PYTHON), "-m", "tests.bench.peers", name, str(corpus)])


def run_module(command: Sequence[str], **environment: str) -> Outcome:
    """Run a command that writes its outcome (JSON) to the file named last."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "outcome.json"
        home = {"HF_HOME": folder, "TMPDIR": folder, "PYTHONPATH": str(ROOT)}
        with (Path(folder) / "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(
                [*command, str(outcome)],
                cwd=folder,
                env=os.environ | QUIET | home | environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            sampled_bytes = _watch_memory(process)
            if process.returncode:
                said.seek(0)
                raise ToolError(f"{' '.join(command)} ended with {process.returncode}: {said.read()[-2000:]}")
        report = json.loads(outcome.read_text(encoding="utf-8"))
    peak_bytes = max(sampled_bytes, report["peak_bytes"])
    return Outcome(frozenset(report["removed"]), report["seconds"], peak_bytes, report["details"])


def _watch_memory(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; returns the most memory that it and its children had together at any look.

    Memory is resident, with pages that several processes share counted once (Linux: PSS). What a process reports of
    itself at its end is exact, so the larger of the two counts.
    """
    sampled = 0
    while True:
        try:
            process.wait(SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            sampled = max(sampled, sum(_read_shared_out(pid) for pid in _list_family(process.pid)))
        else:
            return sampled


def _list_family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in _list_family(int(child)))]


def _read_shared_out(pid: int) -> int:
    """Resident bytes of a process, shared pages divided among those that share them; 0 when it has just ended."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))


def describe_run() -> dict[str, Any]:
    """Where and when figures were measured: cores, processor, memory, Python, libraries, day."""
    names = ("polars", "numba", "numpy")
    return {
        "cores": os.cpu_count(),
        "processor": _read_processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
        "measured_on": datetime.now(UTC).date().isoformat(),
    }


def _read_processor() -> str:
    rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), platform.machine())


def time_best(call: Any, repeats: int = 3) -> float:
    """Seconds of the quickest of some calls: what it costs when nothing else disturbs."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)
