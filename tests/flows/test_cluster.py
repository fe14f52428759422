"""A run on a cluster of Dask: several worker processes, one of which dies in the middle of its work."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from distributed import Client, LocalCluster

from flows.errors import SettingsError, StoreError
from flows.runners import check_shared_folder, describe_dask_here, make_task_runner, place_for_cluster
from flows.settings import Settings
from tests.support.corpora import edit_words, make_words, write_paragraphs
from tests.support.object_store import drop_objects, name_endpoint, read_remote_results, serve_s3, settings_on
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    read_results,
    run_flow,
    settings_for,
    take_in,
)

WORKERS = 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A scheduler and workers that are there before the run, each a process with a nanny that starts it again."""
    with LocalCluster(**describe_dask_here(WORKERS)) as made:
        yield made


def write_texts() -> dict[str, str | bytes]:
    """Three articles, edited copies of them, and one that quotes two."""
    words = [make_words(seed, 150) for seed in range(3)]
    texts = [*words, *(edit_words(part, 7, 0.05) for part in words), words[0][:70] + words[1][:70]]
    return {f"{number}.txt": write_paragraphs(text) for number, text in enumerate(texts)}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What one machine makes of them."""
    settings = settings_for(tmp_path_factory.mktemp("alone"))
    drop_files(settings, write_texts())
    take_in(settings)
    return read_results(settings)


class Killer(threading.Thread):
    """Kills one worker, once, while it works on a batch."""

    def __init__(self, cluster: LocalCluster) -> None:
        super().__init__(daemon=True)
        self.cluster = cluster
        self.killed: list[tuple[str, tuple[str, ...]]] = []

    def run(self) -> None:
        with Client(self.cluster, set_as_default=False) as client:
            processes = client.run(os.getpid)
            while not self.killed:
                for worker, tasks in client.processing().items():
                    if tasks:
                        os.kill(processes[worker], signal.SIGKILL)
                        self.killed.append((worker, tuple(map(str, tasks))))
                        return
                time.sleep(0.01)


@pytest.mark.usefixtures("prefect_api")
def test_a_worker_dies_and_the_store_is_that_of_one_machine(
    cluster: LocalCluster, alone: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    made = settings_for(
        tmp_path / "cluster", task_runner="dask", cluster_address=cluster.scheduler_address, batch_files=1
    )
    drop_files(made, write_texts())
    killer = Killer(cluster)
    killer.start()
    summary = run_flow(made)
    killer.join(timeout=10)
    assert killer.killed
    assert "derive" in killer.killed[0][1][0]
    assert summary["documents_in"] == 7
    assert_same_results(read_results(made), alone)
    assert find_broken_laws(made) == []


@pytest.mark.usefixtures("prefect_api")
def test_inbox_and_data_can_lie_in_a_bucket(
    cluster: LocalCluster, alone: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process of the flow speaks to the real S3 server; workers share its working copy."""
    with serve_s3(tmp_path / "s3") as port:
        for name, value in name_endpoint(port).items():
            monkeypatch.setenv(name, value)
        where = {"task_runner": "dask", "cluster_address": cluster.scheduler_address}
        settings = settings_on("cluster", tmp_path / "cache", batch_files=1, **where)
        drop_objects(settings, write_texts())
        assert run_flow(settings)["documents_in"] == 7
        assert_same_results(read_remote_results(settings), alone)


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"does not see .*all machines of the cluster share"):
        check_shared_folder(tmp_path / "elsewhere")


def test_a_cluster_of_ray_that_we_start_reports_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect_ray", SimpleNamespace(RayTaskRunner=dict))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "")
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED")
    make_task_runner(settings_for(tmp_path, task_runner="ray", cluster_address="ray://head:10001"))
    assert "RAY_USAGE_STATS_ENABLED" not in os.environ
    runner = cast("dict[str, Any]", make_task_runner(settings_for(tmp_path, task_runner="ray")))
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert runner["init_kwargs"]["_node_ip_address"] == "127.0.0.1"
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    make_task_runner(settings_for(tmp_path, task_runner="ray"))
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "1"


def test_a_cluster_without_its_package_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect_ray", None)
    with pytest.raises(SettingsError, match=r"task_runner = 'ray' needs .* `pip install 'winnow\[ray\]'`"):
        make_task_runner(settings_for(tmp_path, task_runner="ray"))


def test_folders_mean_the_same_to_every_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(inbox=Path("inbox"), data=Path("data"), task_runner="dask")
    assert place_for_cluster(settings).data == tmp_path / "data"
    assert place_for_cluster(Settings(data=Path("data"))).data == Path("data")
