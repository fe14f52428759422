"""What all tests share."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from flows.launching import import_flows
from flows.server import QUIET, provide_prefect_api

RAM_DISK = Path("/dev/shm")
RAM_DISK_BYTES = 4_000_000_000
"""Room that a disk in memory must have to be used: the suite needs a tenth of it."""

if "TMPDIR" not in os.environ and RAM_DISK.is_dir() and shutil.disk_usage(RAM_DISK).free > RAM_DISK_BYTES:
    # Stores are synced to the disk file by file; with one in memory nobody waits for it. `TMPDIR=/tmp make test` does.
    os.environ["TMPDIR"] = str(RAM_DISK)
    tempfile.tempdir = None

# A test that needs a server says so; nothing starts one of Prefect's own, which would be there for all tests after it.
os.environ.update(QUIET)

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile(
    "winnow",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("winnow")


LONGEST = {"test_laws": 0, "test_serving": 1}
"""Modules of minutes. They come first: at the end the other processes would wait for the one that has them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first."""
    items.sort(key=lambda item: LONGEST.get(item.path.stem, len(LONGEST)))


def pytest_collection_finish() -> None:
    """Never look at what collecting the tests left again: it lives as long as the process, as what is imported does."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What was set aside ends as anything else does; DuckDB counts what it takes as left behind."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled and evaluation data, which lies beside the project where there is one."""
    if not SHARED.is_dir():
        pytest.skip("the labelled and evaluation data (../shared) is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real Prefect server for the session."""
    with provide_prefect_api(tmp_path_factory.mktemp("prefect"), import_flows):
        yield
