"""A run that is killed, really and at any instant, is finished or undone by the next one."""

import itertools
import os
import random
import shutil
import signal
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import polars as pl
import pytest

from flows.publication import JOURNAL
from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.processes import start_process
from tests.support.stores import assert_same_results, drop_files, find_broken_laws, read_results, settings_for
from transforms.contracts import ARTICLES, TABLES

pytestmark = pytest.mark.usefixtures("prefect_api")

SEED = 20261122
KILLS_ANYWHERE = 3
KILLS_WHILE_PUBLISHING = 3


def run_flow(inbox: str, data: str) -> None:
    """What the killed process does."""
    from flows.ingest import ingest

    ingest(inbox=inbox, data=data)


def start_run(settings: Settings) -> BaseProcess:
    os.environ["WINNOW_SETTLE_SECONDS"] = "0"
    return start_process(run_flow, str(settings.inbox), str(settings.data))


def finish_run(settings: Settings) -> None:
    process = start_run(settings)
    process.join()
    assert process.exitcode == 0


TRIALS = 5
"""Runs that are started to kill one while it publishes, which takes some hundredths of a second."""


def kill(process: BaseProcess) -> bool:
    """Kill the run, really; whether it was still going on."""
    assert process.pid is not None
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.fixture(scope="module")
def before(prefect_api: None, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store, and an inbox with news for it: an article over a held excerpt, a new version, a copy, a broken file."""
    made = settings_for(tmp_path_factory.mktemp("before"))
    words = [make_words(seed, 200) for seed in range(4)]
    drop_files(made, {"excerpt.txt": write_paragraphs(words[0][:120]), "page.txt": write_paragraphs(words[1])})
    finish_run(made)
    drop_files(
        made,
        {
            "article.txt": write_paragraphs(words[0]),
            "page.txt": write_paragraphs(words[2]),
            "copy.txt": write_other_layout(words[2]),
            "other.txt": write_paragraphs(words[3]),
            "broken.txt": "",
        },
    )
    return made


@pytest.fixture(scope="module")
def undisturbed(before: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pl.DataFrame], float]:
    """What the run gives when nothing happens to it, and how long it takes."""
    made = copy_store(before, tmp_path_factory.mktemp("undisturbed"))
    start = time.monotonic()
    finish_run(made)
    return read_results(made), time.monotonic() - start


def kill_while_publishing(before: Settings, folder: Path, source: random.Random) -> Settings:
    """A store whose run was killed after its commit; one that had ended by then (a busy machine) is tried again."""
    for trial in range(TRIALS):
        made = copy_store(before, folder / str(trial))
        process = start_run(made)
        while process.is_alive() and not is_publishing(made):
            time.sleep(0.001)
        time.sleep(source.uniform(0, 0.02))
        if kill(process):
            return made
    raise AssertionError(f"none of {TRIALS} runs was still going on when it was to be killed")


def copy_store(settings: Settings, folder: Path) -> Settings:
    shutil.copytree(settings.inbox.parent, folder, dirs_exist_ok=True)
    return settings_for(folder)


def assert_readable(settings: Settings) -> None:
    """What a reader with a plain glob sees after the crash, before anything is mended."""
    for table in TABLES:
        rows = pl.read_parquet(settings.data / table.folder / "*.parquet")
        assert table.find_schema_differences(rows.schema) == []
    ids = Store(settings.data).read(ARTICLES, ["document_id"])["document_id"]
    assert ids.n_unique() == ids.len()


def is_publishing(settings: Settings) -> bool:
    return any((settings.data / "work").glob(f"*/{JOURNAL}"))


@pytest.mark.parametrize("number", range(KILLS_ANYWHERE))
def test_killed_anywhere(
    number: int, before: Settings, undisturbed: tuple[dict[str, pl.DataFrame], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    delay = random.Random(SEED + number).uniform(0, seconds)
    for attempt in itertools.count():
        made = copy_store(before, tmp_path / str(attempt))
        process = start_run(made)
        process.join(delay)
        if kill(process):
            break
        # This run was quicker than the undisturbed one: once more, and sooner.
        delay *= 0.7
    assert_readable(made)
    finish_run(made)
    assert_same_results(read_results(made), expected)
    assert find_broken_laws(made) == []


@pytest.mark.parametrize("number", range(KILLS_WHILE_PUBLISHING))
def test_killed_while_publishing(
    number: int, before: Settings, undisturbed: tuple[dict[str, pl.DataFrame], float], tmp_path: Path
) -> None:
    made = kill_while_publishing(before, tmp_path, random.Random(SEED - number))
    assert_readable(made)
    finish_run(made)
    assert_same_results(read_results(made), undisturbed[0])
    assert find_broken_laws(made) == []
    assert list((made.data / "work").iterdir()) == []
