"""What is disturbed: a run, a backfill under other settings, a compaction, each on a small store made for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from flows.maintenance import compact_store
from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import edit_words, make_words, write_other_layout, write_paragraphs
from tests.support.stores import drop_files, read_results, settings_for, take_in

SETTINGS_LATER: Final = {"coverage_threshold": 0.6, "floor_words": 30}
"""Under these a backfill sets aside what was kept."""


@dataclass(frozen=True)
class Operation:
    """Something that changes a store; done again after it was disturbed, it must end where it would have ended."""

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], object]


def _make_store(folder: Path) -> Settings:
    """A store of three runs: articles, an excerpt that is kept, a copy, a reject, a superseded version."""
    settings = settings_for(folder)
    words = [make_words(seed, 220) for seed in range(5)]
    drop_files(
        settings,
        {
            "excerpt.txt": write_paragraphs(words[0][:120]),
            "page.txt": write_paragraphs(words[1]),
            "half.txt": write_paragraphs(words[1][:80] + make_words(50, 40)),
        },
    )
    take_in(settings)
    drop_files(
        settings,
        {"page.txt": write_paragraphs(edit_words(words[1], 1, 0.05)), "copy.txt": write_other_layout(words[1])},
    )
    take_in(settings)
    drop_files(settings, {"empty.txt": "  \n", "second.txt": write_paragraphs(words[2])})
    take_in(settings)
    return settings


def _prepare_run(folder: Path) -> None:
    settings = _make_store(folder)
    words = [make_words(seed, 220) for seed in range(5)]
    drop_files(
        settings,
        {
            "article.txt": write_paragraphs(words[0]),
            "second.txt": write_paragraphs(words[3]),
            "third.txt": write_other_layout(words[3]),
            "digest.txt": write_paragraphs(words[0][:60] + words[1][:60] + words[3][:60]),
            "broken.txt": "",
        },
    )


def _prepare_stored(folder: Path) -> None:
    _make_store(folder)


OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation("run", _prepare_run, lambda folder: take_in(settings_for(folder))),
        Operation(
            "backfill", _prepare_stored, lambda folder: take_in(settings_for(folder, **SETTINGS_LATER), "backfill")
        ),
        Operation("compact", _prepare_stored, lambda folder: compact_store(Store(settings_for(folder).data))),
    )
}


def settings_after(operation: str, folder: Path) -> Settings:
    """The settings under which the store holds once the operation is through."""
    return settings_for(folder, **(SETTINGS_LATER if operation == "backfill" else {}))


@dataclass(frozen=True)
class Undisturbed:
    """A store before an operation, and what the operation makes of it when nothing happens."""

    operation: str
    before: Path
    results: dict[str, pl.DataFrame]


def prepare(operation: str, folder: Path) -> Undisturbed:
    """Make the store of an operation below `folder`, and find out what the operation should give."""
    before, after = folder / operation / "before", folder / operation / "after"
    OPERATIONS[operation].prepare(before)
    shutil.copytree(before, after)
    OPERATIONS[operation].act(after)
    results = read_results(settings_for(after))
    is_changed = any(not frame.equals(results[name]) for name, frame in read_results(settings_for(before)).items())
    if is_changed == (operation == "compact"):
        raise AssertionError(f"{operation} changes {'rows' if is_changed else 'nothing'}: it proves nothing here")
    return Undisturbed(operation, before, results)
