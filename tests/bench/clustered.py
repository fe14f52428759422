"""A run on a cluster of Dask on this machine, in a process of its own.

`python -m tests.bench.clustered WORKERS NEWS DOCUMENTS SEED OUTCOME`: takes in so many articles, a file each, with so
many worker processes of one thread. Every worker has taken in a small store before, so its kernels are loaded.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import polars as pl
from distributed import Client, LocalCluster

from flows.progress import CountingReporter, report_to
from flows.runners import describe_dask_here
from flows.server import provide_prefect_api
from flows.settings import Settings
from tests.bench.outcome import write_outcome
from tests.support.stores import run_flow

BATCHES: Final = 16
"""More than workers, so that one that is quicker takes more of them."""
WARMING_DOCUMENTS: Final = 64


class FolderReporter(CountingReporter):
    """Notes what lies in the working folder of a run at the end of each stage: what a task leaves for others."""

    def __init__(self, work: Path) -> None:
        """Look at `work`, the folder of all runs of a store."""
        super().__init__()
        self.work = work
        self.left_bytes: dict[str, int] = {}
        self._before = 0

    def show_end(self, seconds: float) -> None:
        """Note how much came to lie there."""
        now = sum(path.stat().st_size for path in self.work.rglob("*") if path.is_file())
        self.left_bytes[self.stage], self._before = max(0, now - self._before), now


def drop_articles(folder: Path, texts: pl.Series, cluster_address: str) -> Settings:
    """Put the articles into an inbox below `folder`, a file each; returns settings to take them in on the cluster."""
    settings = Settings(
        inbox=folder / "inbox",
        data=folder / "data",
        batch_files=texts.len() // BATCHES,
        task_runner="dask",
        cluster_address=cluster_address,
    )
    settings.inbox.mkdir(parents=True)
    for number, text in enumerate(texts):
        (settings.inbox / f"{number:06}.txt").write_text(text, encoding="utf-8")
    return settings


def count_moved_bytes(client: Client) -> int:
    """Bytes that workers have had from one another."""
    moved = client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total)
    return int(sum(moved.values()))


def main(workers: int, news: Path, documents: int, seed: int, outcome: Path) -> None:
    """Measure, and write what was found."""
    texts = pl.read_parquet(news, columns=["text"])["text"].drop_nulls().sample(documents, seed=seed, shuffle=True)
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        cluster = LocalCluster(**describe_dask_here(workers))
        with cluster, provide_prefect_api(folder / "prefect"), Client(cluster, set_as_default=False) as client:
            few = texts.head(WARMING_DOCUMENTS)
            copies = pl.concat([few, few + "\n\nThat was all of it."])
            run_flow(drop_articles(folder / "few", copies, cluster.scheduler_address))
            made = drop_articles(folder / "all", texts, cluster.scheduler_address)
            reporter = FolderReporter(made.data / "work")
            moved = count_moved_bytes(client)
            started = time.perf_counter()
            with report_to(reporter):
                summary = run_flow(made)
            seconds = time.perf_counter() - started
            moved = count_moved_bytes(client) - moved
    details = {
        "stages": summary["stage_seconds"],
        "left_bytes": reporter.left_bytes,
        "moved_bytes": moved,
        "text_bytes": int(texts.str.len_bytes().sum()),
        "documents": summary["documents_in"],
        "set_aside": sum(summary["set_aside_by_relation"].values()),
    }
    write_outcome(outcome, seconds, [], details)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
