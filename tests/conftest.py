"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from flows.server import provide_prefect_api

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile(
    "winnow",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("winnow")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled and evaluation data, which lies beside the project where there is one."""
    if not SHARED.is_dir():
        pytest.skip("the labelled and evaluation data (../shared) is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real Prefect server for the session."""
    with provide_prefect_api(tmp_path_factory.mktemp("prefect")):
        yield
