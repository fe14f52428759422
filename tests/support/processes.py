"""Processes of their own, forked from one that has the imports of a run behind it: they start in milliseconds.

There is one such parent for all tests of a session. It keeps the environment in which the first of them was started, so
each process gets that of the test which starts it.
"""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from typing import Any

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["flows.backfill", "flows.validation", "great_expectations", "tests.support.object_store"]
)


def start_process(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Call `work` with `arguments` in a process of its own."""
    process = PROCESSES.Process(target=_work, args=(dict(os.environ), work, arguments))
    process.start()
    return process


def _work(environment: Mapping[str, str], work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    os.environ.clear()
    os.environ.update(environment)
    # Prefect was imported under another environment, and has read it.
    with temporary_settings({PREFECT_API_URL: environment.get("PREFECT_API_URL")}):
        work(*arguments)
