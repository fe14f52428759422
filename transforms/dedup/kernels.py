"""Compiling kernels, so that one that is cached on disk is never older than what it was made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

PACKAGE: Final = Path(str(files("transforms.dedup")))
KERNEL_FOLDERS: Final = (
    PACKAGE,
    *(PACKAGE.parent / name for name in ("linemodel", "parse/page", "privacy", "quality")),
)
"""Every folder with modules that kernels stand in."""


def digest_sources() -> str:
    """A digest of every module that kernels stand in."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in KERNEL_FOLDERS for path in folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _choose_cache_folder() -> None:
    """Keep compiled kernels in a folder named after their sources.

    A kernel holds the code of those that it calls, also from other modules, while numba's cache looks at its own module
    alone: after a change of `words` it would go on with the old hashes in `fingerprints`. Where the package cannot be
    written to, numba finds a place of its own.
    """
    config: Any = numba.config
    base = Path(config.CACHE_DIR) if config.CACHE_DIR else PACKAGE / "__pycache__"
    folder = base / f"kernels-{digest_sources()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    config.CACHE_DIR = str(folder)


_choose_cache_folder()


def has_compiled() -> bool:
    """Whether a kernel of today's sources is compiled and kept; true where numba keeps them in a place of its own."""
    folder = Path(cast(Any, numba.config).CACHE_DIR or PACKAGE)
    return folder == PACKAGE or any(folder.rglob("*.nbc"))


def compile_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with numba: without the interpreter lock, and cached on disk. The signature stays visible to mypy."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True)(function))


def compile_inline(function: Callable[P, R]) -> Callable[P, R]:
    """Compile into whatever kernel calls it, each time anew.

    For parts of a loop that are handed many arrays: counting the references to each of them costs more than a short
    part does.
    """
    return cast(Callable[P, R], numba.njit(inline="always")(function))
