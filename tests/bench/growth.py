"""Growth: a store of generated news at several sizes, what adding to it costs, and what a run with nothing new costs.

Each is done in a process of its own; see `growing` for what is done, and how.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.bench.corpus import NoNewsError
from tests.bench.growing import PLANTED_EVERY
from tests.bench.measure import PEER_PYTHON, ROOT, run_module, time_best
from tests.bench.options import Options
from tests.bench.tables import RESULTS, render_table

SIZES: Final = (10_000, 100_000, 1_000_000)
ADDED: Final = 1_000
MEGA, MEBI, GIBI = 1e6, 2**20, 2**30
STEPS: Final = ("fingerprint", "match", "align", "decide", "stage", "stage index", "account", "publish")
KINDS: Final = {"build": "built", "add": "1,000 more, copies rank below", "outrank": "1,000 more, copies rank above"}
PLOTS: Final = {"growth": "Time and memory of building", "increment": "Adding, and finding nothing new"}


def measure_growth(options: Options) -> dict[str, Any]:
    """Build stores up to `documents`, add to each, and look at each without need."""
    if not options.news.is_file():
        raise NoNewsError(f"{options.news.name} is not there; the generator learns its words from it")
    sizes = [size for size in SIZES if size <= (options.documents or SIZES[-1])] or [options.documents or SIZES[0]]
    stores = {str(size): _measure_size(size, options) for size in sizes}
    results = {"seed": options.seed, "added": ADDED, "stores": stores}
    draw_plots(results)
    return results


def _measure_size(size: int, options: Options) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        jobs = {"build": (0, size), "add": (size, ADDED), "outrank": (size + ADDED, ADDED), "idle": (0, 0)}
        store: dict[str, Any] = {}
        for name, numbers in jobs.items():
            said = [name, str(options.news), folder, *map(str, numbers), str(options.seed)]
            outcome = run_module([sys.executable, "-m", "tests.bench.growing", *said])
            store[name] = {**outcome.details, "peak_bytes": outcome.peak_bytes}
        store["idle"]["process_seconds"] = time_best(lambda: _run_idle(Path(folder)), repeats=5)
    return store


def _run_idle(folder: Path) -> None:
    command = [sys.executable, "-m", "flows.cli", "run", "--inbox", "inbox", "--data", "data"]
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True)


def draw_plots(results: dict[str, Any], folder: Path = RESULTS) -> None:
    """Draw the plots of results beside them."""
    sizes = {int(size): store for size, store in results["stores"].items()}

    def line(read: Any) -> list[tuple[int, float]]:
        return [(size, read(store)) for size, store in sizes.items()]

    time_panel = {
        "title": "Time",
        "x": "documents",
        "y": "seconds",
        "lines": {
            "all steps": line(lambda store: store["build"]["seconds"]),
            **{
                step: line(lambda store, step=step: store["build"]["steps"][step]["seconds"])
                for step in ("fingerprint", "match", "decide", "stage", "stage index")
            },
        },
    }
    memory_panel = {
        "title": "Memory",
        "x": "documents",
        "y": "GiB at the peak",
        "scale": "linear",
        "lines": {
            "with mapped files": line(lambda store: store["build"]["peak_bytes"] / GIBI),
            "without": line(lambda store: _own_bytes(store["build"]) / GIBI),
        },
    }
    increment_panel = {
        "title": f"{results['added']:,} more documents",
        "x": "documents held",
        "y": "seconds",
        "lines": {
            "copies rank below": line(lambda store: store["add"]["seconds"]),
            "copies rank above": line(lambda store: store["outrank"]["seconds"]),
            "building": line(lambda store: store["build"]["seconds"]),
            "1 % of building": line(lambda store: store["build"]["seconds"] / 100),
        },
    }
    idle_panel = {
        "title": "Nothing new",
        "x": "documents held",
        "y": "milliseconds",
        "scale": "linear",
        "lines": {
            "process": line(lambda store: 1000 * store["idle"]["process_seconds"]),
            "without imports": line(lambda store: 1000 * store["idle"]["seconds"]),
        },
    }
    panels = {"growth": [time_panel, memory_panel], "increment": [increment_panel, idle_panel]}
    with tempfile.TemporaryDirectory() as scratch:
        for name, panel in panels.items():
            said = Path(scratch) / f"{name}.json"
            said.write_text(json.dumps(panel), encoding="utf-8")
            run_module([str(PEER_PYTHON), "-m", "tests.bench.plots", str(said), str(folder / f"{name}.svg")])


def _own_bytes(run: dict[str, Any]) -> float:
    return float(max(step["own_bytes"] for step in run["steps"].values()))


def render_growth(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    stores = results["stores"]
    opening = (
        f"Generated articles of 600 words, one in {PLANTED_EVERY} an exact copy, an edited copy or an excerpt of one "
        f"before it, seed {results['seed']}; from clean texts to published files, in the steps of a run, two threads. "
        "Reading files, cleaning and the audit are left out. Each line is a process of its own, with its kernels "
        "loaded before; the page cache is warm. Seconds:"
    )
    return "\n\n".join(
        [
            opening,
            _render_steps(stores),
            _render_sizes(stores),
            *(f"![{title}](tests/bench/results/{name}.svg)" for name, title in PLOTS.items()),
        ]
    )


def _render_steps(stores: dict[str, Any]) -> str:
    header = ["", *STEPS, "all", "of building", "set aside", "demoted", "peak memory, MiB", "without mapped files"]
    rows = []
    for kind, title in KINDS.items():
        for size, store in stores.items():
            run = store[kind]
            share = "" if kind == "build" else f"{100 * run['seconds'] / store['build']['seconds']:.1f} %"
            rows.append(
                [
                    f"{int(size):,} {title}" if kind == "build" else f"{int(size):,} held, {title}",
                    *(f"{run['steps'][step]['seconds']:.2f}" for step in STEPS),
                    f"{run['seconds']:.2f}",
                    share,
                    f"{run['set_aside']:,}",
                    f"{run['demoted']:,}",
                    f"{run['peak_bytes'] / MEBI:,.0f}",
                    f"{_own_bytes(run) / MEBI:,.0f}",
                ]
            )
    return render_table(header, rows)


def _render_sizes(stores: dict[str, Any]) -> str:
    header = [
        "documents",
        "ms a document",
        "index, bytes a document",
        "index, bytes a word",
        "nothing new, s",
        "of it without imports, ms",
    ]
    rows = [
        [
            f"{int(size):,}",
            f"{1000 * store['build']['seconds'] / int(size):.3f}",
            f"{store['build']['index_bytes'] / int(size):,.0f}",
            f"{store['build']['index_bytes'] / store['build']['words']:.2f}",
            f"{store['idle']['process_seconds']:.2f}",
            f"{1000 * store['idle']['seconds']:.1f}",
        ]
        for size, store in stores.items()
    ]
    return render_table(header, rows)
