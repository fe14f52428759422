"""Publishing in tests: rows to stage, and what happens before each step that changes the disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from flows.publication import StagedFile, locate_staged
from flows.storage import Store
from transforms.contracts import REMOVED

RUN: Final = "20260301T120000.000000Z"

STEPS_OF_PATHS: Final = ((Path, "replace"), (Path, "unlink"), (Path, "mkdir"))


def make_removed(*lines: tuple[str, int, str]) -> pl.DataFrame:
    """Rows of `removed`: (document, line, rule)."""
    return REMOVED.frame(
        [{"document_id": d * 32, "line": n, "kind": "promo", "text": f"{d}{n}", "rule": rule} for d, n, rule in lines]
    )


def read_staged(store: Store, staged: Sequence[StagedFile]) -> dict[str, pl.DataFrame]:
    """Name without folder and ending -> the rows staged under it."""
    return {Path(name).stem: pl.read_parquet(path) for name, path in locate_staged(store, staged, RUN).items()}


class Crash(BaseException):
    """The process ends here; nothing may catch it."""


def crash_before(number: int) -> Callable[[int], None]:
    """What `at_every_step` calls to crash before the step of that number, from 0."""

    def crash(step: int) -> None:
        if step == number:
            raise Crash

    return crash


def at_every_step(patch: pytest.MonkeyPatch, act: Callable[[int], None], *more: tuple[Any, str]) -> list[str]:
    """Call `act` before each change to the disk: of paths, and by `more` functions, each a module and a name.

    Returns the names of the steps taken, as they are taken.
    """
    steps: list[str] = []

    def wrap(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            act(len(steps))
            steps.append(name)
            return original(*args, **kwargs)

        return step

    for owner, name in (*STEPS_OF_PATHS, *more):
        patch.setattr(owner, name, wrap(name, getattr(owner, name)))
    return steps
