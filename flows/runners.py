"""Where the batches of a run are worked on: threads or processes of this machine, or a cluster of Dask or Ray.

A cluster is reached through Prefect's own integration, an optional package. Tasks hand each other paths, so the workers
of a cluster must see the data folder under the path that the run knows; see `check_shared_folder`.
"""

import os
import socket
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.errors import SettingsError, StoreError
from flows.settings import Settings

CLUSTERS: Final = {"dask": ("prefect_dask", "DaskTaskRunner"), "ray": ("prefect_ray", "RayTaskRunner")}
"""Name of a cluster's runner -> module and class of it."""

LOOPBACK: Final = "127.0.0.1"


def make_task_runner(settings: Settings) -> TaskRunner[Any]:
    """The runner that the settings name; SettingsError when its package is not installed."""
    match settings.task_runner:
        case "processes":
            return ProcessPoolTaskRunner(max_workers=settings.workers)
        case "threads":
            return ThreadPoolTaskRunner(max_workers=settings.workers)
        case name:
            runner: TaskRunner[Any] = _import_runner(name)(**_describe_cluster(name, settings))
            return runner


def _import_runner(name: str) -> Any:
    module, kind = CLUSTERS[name]
    try:
        return getattr(import_module(module), kind)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"task_runner = {name!r} needs {error.name}, which is not installed: `pip install 'winnow[{name}]'`"
        ) from error


def _describe_cluster(name: str, settings: Settings) -> dict[str, Any]:
    """The cluster at `cluster_address`; without one, a cluster of this machine for the time of the run."""
    if settings.cluster_address is not None:
        return {"address": settings.cluster_address}
    if name == "ray":
        # It tells its makers how it is used, unless it is told not to before it starts.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        return {"init_kwargs": {"num_cpus": settings.workers, "include_dashboard": False, "_node_ip_address": LOOPBACK}}
    return {"cluster_kwargs": describe_dask_here(settings.workers)}


def describe_dask_here(workers: int) -> dict[str, Any]:
    """What makes a `LocalCluster` of so many processes. Only this machine has a part in it, and no other reaches it."""
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        "host": LOOPBACK,
        # Any free port: Dask's own would be taken by a second cluster, and is open to all networks.
        "dashboard_address": f"{LOOPBACK}:0",
    }


def place_for_cluster(settings: Settings) -> Settings:
    """Settings whose folders mean the same on every machine that shares them: absolute ones."""
    if settings.task_runner not in CLUSTERS:
        return settings
    return settings.model_copy(update={name: getattr(settings, name).resolve() for name in ("inbox", "data")})


def check_shared_folder(folder: Path) -> None:
    """StoreError when this worker does not see the folder that the run works in."""
    if not folder.is_dir():
        raise StoreError(
            f"the worker on {socket.gethostname()} does not see {folder}. Inbox and data must lie on a file system "
            "that all machines of the cluster share, under the same path."
        )
