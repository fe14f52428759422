"""Backfills of some days, on generated corpora that an older and a newer cleaner see differently."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import transforms.documents
from flows.run import Days
from flows.settings import Settings
from tests.support.corpora import corpora, splits
from tests.support.examples import count_examples
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from transforms.clean import classify_lines
from transforms.metadata import extract_metadata

FIRST_DAY = date(2026, 3, 1)


def draw_lot(text: str, seed: int, sides: int) -> int:
    return hashlib.sha256(f"{seed} {text}".encode()).digest()[0] % sides


@contextmanager
def code_of(seed: int) -> Iterator[None]:
    """Code that takes every fourth line for a promotion, and gives every second document a title; 0: ours as it is.

    So texts differ from seed to seed, some documents have no body, and ranks are others.
    """
    with pytest.MonkeyPatch.context() as patch:
        if seed:
            patch.setattr(transforms.documents, "classify_lines", make_cleaner(seed))
            patch.setattr(transforms.documents, "extract_metadata", make_describer(seed))
        yield


def make_cleaner(seed: int) -> Callable[..., pl.DataFrame]:
    def clean(lines: pl.DataFrame, *rest: Any) -> pl.DataFrame:
        classified = classify_lines(lines, *rest)
        is_out = pl.Series([draw_lot(text, seed, 4) == 0 for text in classified["text"]], dtype=pl.Boolean)
        return classified.with_columns(pl.when(is_out).then(pl.lit("promo")).otherwise("kind").alias("kind"))

    return clean


def make_describer(seed: int) -> Callable[..., pl.DataFrame]:
    def describe(records: pl.DataFrame, *rest: Any) -> pl.DataFrame:
        described = extract_metadata(records, *rest)
        titles = [f"Title {seed}" if draw_lot(name, seed, 2) else None for name in described["document_id"]]
        return described.with_columns(pl.Series("title", titles, dtype=pl.String))

    return describe


@st.composite
def day_splits(draw: st.DrawFn, count: int) -> list[Days]:
    """The days of `count` runs, cut into backfills, in any order."""
    cuts = sorted(draw(st.sets(st.integers(1, count - 1), max_size=3))) if count > 1 else []
    parts = [
        Days(FIRST_DAY + timedelta(start), FIRST_DAY + timedelta(end - 1))
        for start, end in zip([0, *cuts], [*cuts, count], strict=True)
    ]
    return draw(st.permutations(parts))


def make_store(folder: Path, runs: list[dict[str, str]]) -> Settings:
    """A store made by one run a day."""
    made = settings_for(folder)
    for number, files in enumerate(runs):
        drop_files(made, dict(files))
        take_in(made, now=datetime(FIRST_DAY.year, FIRST_DAY.month, 1 + number, 23, 59, tzinfo=UTC))
    return made


@settings(max_examples=count_examples(2))
@given(data=st.data(), before=st.integers(0, 3), after=st.integers(0, 3))
def test_days_in_any_split_give_what_all_at_once_gives(data: st.DataObject, before: int, after: int) -> None:
    runs = data.draw(splits(data.draw(corpora())))
    parts = data.draw(day_splits(len(runs)))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        with code_of(before):
            made = make_store(Path(one), runs)
        at_once = settings_for(Path(other))
        shutil.copytree(made.data, at_once.data)
        with code_of(after):
            for days in parts:
                take_in(made, days=days)
                assert find_broken_laws(made) == []
            take_in(at_once, "backfill")
            assert_same_results(read_results(made), read_results(at_once))
            held = hash_published_files(made)
            assert not any(take_in(made, days=days) for days in parts)
            assert not take_in(made, "backfill")
            assert hash_published_files(made) == held
