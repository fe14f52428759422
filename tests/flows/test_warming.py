"""A machine without compiled kernels has them compiled beside its first run, and any other has not."""

import os
from pathlib import Path

import numba
import pytest

from flows import warming


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is started in the place of the process."""
    found: list[str] = []
    monkeypatch.setattr(warming, "_run_process", lambda: found.append("process"))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled kernels would be kept; none is there."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_process_compiles_where_nothing_is_compiled(folder: Path, started: list[str]) -> None:
    thread = warming.compile_ahead()
    assert thread is not None
    thread.join()
    assert started == ["process"]


def test_compiled_kernels_are_not_compiled_again(folder: Path, started: list[str]) -> None:
    (folder / "words").mkdir()
    (folder / "words" / "words.find_words-1.py311.1.nbc").touch()
    warming.compile_ahead()
    assert started == []


def test_one_core_has_no_room_for_two(folder: Path, started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    warming.compile_ahead()
    assert started == []


def test_where_kernels_are_kept_elsewhere_nothing_is_guessed(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    warming.compile_ahead()
    assert started == []


def test_the_few_words_share_passages() -> None:
    """Each of the three with each: the edited one calls what bridges edits, too."""
    assert warming.compare_few_words() == 3
