"""Batches derived from `raw`, kept so that a backfill that was killed takes them up again.

Deriving is the long part of a backfill, and it depends on nothing but the code, the settings, the templates and the
bytes of the files. So a batch is named by a digest of all of these. It is moved to its place when it is whole, with a
seal that says the SHA-256 of each file; one whose seal is broken is derived again. Batches of other code or settings go
when a backfill starts, and all of them when one has ended well: what is kept is never more than one backfill makes.
"""

import hashlib
import json
import platform
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import polars as pl

from flows.run import RECORDED_LIBRARIES, Batch, Run
from flows.storage import Store, remove_folder, sync_folder, write_whole
from flows.templates import read_templates

SEAL_NAME: Final = "seal.json"

VERSION_COLUMNS: Final = ("source_path", "source_sha256", "source_bytes", "ingested_at", "run_id")
"""What a batch depends on of a file version; where its bytes lie is another thing."""

PACKAGES: Final = ("flows", "transforms")


def kept_folder(store: Store) -> Path:
    """Where batches are kept between runs."""
    return store.root / "backfill"


def prepare_kept(run: Run) -> None:
    """Let go of the batches that no backfill under today's code and settings can take up."""
    folder = kept_folder(run.store)
    ours = _name_conditions(run)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name != ours:
            remove_folder(path)


def forget_kept(store: Store) -> None:
    """Let go of every batch: the backfill has ended."""
    remove_folder(kept_folder(store))


def find_kept(run: Run, manifest: Path) -> Batch | None:
    """The batch of a manifest as an earlier run left it; None when there is none, or it is not what was written."""
    folder = _place(run, manifest)
    try:
        seal = json.loads((folder / SEAL_NAME).read_bytes())
    except (OSError, ValueError):
        return None
    if seal != _seal(folder):
        remove_folder(folder)
        return None
    return Batch(folder)


def keep_batch(run: Run, manifest: Path, batch: Batch) -> Batch:
    """Put a batch where a later run finds it, whole or not at all."""
    place = _place(run, manifest)
    write_whole(batch.folder / SEAL_NAME, json.dumps(_seal(batch.folder), indent=1).encode())
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_folder(place)
    batch.folder.replace(place)
    sync_folder(place.parent)
    return Batch(place)


def _seal(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a batch."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL_NAME)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _place(run: Run, manifest: Path) -> Path:
    rows = pl.read_parquet(manifest, columns=list(VERSION_COLUMNS)).rows()
    digest = hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()
    return kept_folder(run.store) / _name_conditions(run) / digest


def _name_conditions(run: Run) -> str:
    """A digest of what every batch depends on: code, libraries, settings and templates."""
    settings = {"derivation": asdict(run.derivation), "seconds": run.settings.max_file_seconds}
    libraries = {name: version(name) for name in RECORDED_LIBRARIES}
    templates = read_templates(run).rows()
    conditions = [_digest_code(), platform.python_version(), platform.machine(), libraries, settings, templates]
    return hashlib.sha256(json.dumps(conditions, default=str, sort_keys=True).encode()).hexdigest()[:32]


@cache
def _digest_code() -> str:
    """SHA-256 of every file of the two packages that is no compiled copy: code, models and tables."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
