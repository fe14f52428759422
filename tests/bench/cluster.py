"""Cluster: the stages of a run with one and with two worker processes of Dask, and what they leave for one another."""

import os
import sys
from typing import Any, Final

from tests.bench.corpus import NoNewsError
from tests.bench.measure import run_module
from tests.bench.options import Options
from tests.bench.tables import render_table

DOCUMENTS: Final = 10_000
WORKERS: Final = (1, 2)
SPREAD: Final = ("derive", "align")
"""The stages whose tasks go to the workers; the others are one task in the process of the flow."""
MEGA: Final = 1e6


def measure_cluster(options: Options) -> dict[str, Any]:
    """Take the same articles in with each number of workers, each in a process of its own."""
    if not options.news.is_file():
        raise NoNewsError(f"{options.news.name} is not there; it holds the articles to take in")
    runs = {}
    for workers in WORKERS:
        said = [str(workers), str(options.news), str(options.documents or DOCUMENTS), str(options.seed)]
        # A worker is one thread: Polars would take all cores for each.
        outcome = run_module([sys.executable, "-m", "tests.bench.clustered", *said], POLARS_MAX_THREADS="1")
        runs[str(workers)] = {"seconds": outcome.seconds, "peak_bytes": outcome.peak_bytes, **outcome.details}
    return {"seed": options.seed, "cores": os.cpu_count(), "runs": runs}


def render_cluster(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    few, many = (results["runs"][str(workers)] for workers in WORKERS)
    rows = [
        [
            f"**{stage}**" if stage in SPREAD else stage,
            f"{seconds:.1f}",
            f"{many['stages'][stage]:.1f}",
            f"{seconds / many['stages'][stage]:.2f}" if many["stages"][stage] else "",
            f"{many['left_bytes'].get(stage, 0) / MEGA:,.1f}",
        ]
        for stage, seconds in few["stages"].items()
    ]
    whole = [few["seconds"], many["seconds"]]
    rows.append(["all, with Prefect", *(f"{seconds:.1f}" for seconds in whole), f"{whole[0] / whole[1]:.2f}", ""])
    head = [
        "stage",
        *(f"{workers} worker{'s' * (workers > 1)}, s" for workers in WORKERS),
        "times",
        "left for others, MB",
    ]
    sizes = (
        f"{few['documents']:,} articles in as many files, {few['text_bytes'] / MEGA:,.0f} MB, seed {results['seed']}; "
        f"{few['set_aside']:,} set aside, by both. Worker processes of one thread on one machine of {results['cores']} "
        "cores, which flow, scheduler and Prefect's server share with them. The stages in bold go to the workers. "
        "What a stage leaves for others lies in files of the shared folder, and is all that is shuffled: from one "
        f"another workers had {many['moved_bytes'] / MEGA:,.1f} MB."
    )
    return f"{sizes}\n\n{render_table(head, rows)}"
