"""Reading files: those of simple formats here, those that could hang or crash a library in a process of its own.

Texts, pages and tables are read at once, whole columns at a time. PDF, Word, e-mails and everything that holds other
files go to a child process, one file after another. A file that takes more than `max_file_seconds` of a processor, or
ends the child, is rejected as `too_slow`, and the child is started again for the rest. So no file can hang or kill a
run, for the price of one start of Python for each batch that has such files.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import polars as pl

import transforms
from flows.progress import current_reporter
from flows.settings import Settings
from flows.storage import remove_folder, write_frame
from transforms.contracts.parsed import FAILURES, LINES, RECORDS, SOURCES
from transforms.contracts.vocabulary import CONTAINER_TYPES, REJECT_REASONS
from transforms.parse import Parsed, parse_sources
from transforms.parse.sniff import sniff_media_type

GUARDED_TYPES: Final = frozenset(
    (
        *CONTAINER_TYPES.values(),
        "message/rfc822",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )
)
"""Formats that are read in the child. Libraries in C that meet broken bytes, and recursive formats."""

WAITING_TIMES: Final = 10
"""Seconds on the clock for each second of a processor that a file may take: a busy machine, or one that waits."""

PORTION_BYTES: Final = 8_000_000
"""Files read at a time, so that a batch that takes a minute says how far it is. Nothing else depends on it."""

SOURCES_NAME: Final = "sources.parquet"
SETTINGS_NAME: Final = "settings.json"
FRAMES: Final = {"records": RECORDS, "lines": LINES, "failures": FAILURES}


def read_sources(sources: pl.DataFrame, settings: Settings, folder: Path) -> Parsed:
    """What `parse_sources` makes of files (columns of SOURCES); the child exchanges files with us in `folder`."""
    files = sources.select(SOURCES.names())
    media_types = [sniff_media_type(*row) for row in files.select("source_path", "content").iter_rows()]
    is_guarded = pl.Series([kind in GUARDED_TYPES for kind in media_types], dtype=pl.Boolean)
    parts = []
    for some in cut_portions(files.filter(~is_guarded)):
        parts.append(parse_sources(some, settings.reading))
        _tell_half_done(some)
    guarded = files.filter(is_guarded)
    if guarded.height:
        parts.append(_read_guarded(guarded, settings, folder))
        _tell_half_done(guarded)
    return _concat(parts)


def cut_portions(files: pl.DataFrame) -> list[pl.DataFrame]:
    """`files` in order, in portions of about PORTION_BYTES; at least one, which may be empty."""
    numbers = files["content"].bin.size().cast(pl.Int64).cum_sum() // PORTION_BYTES
    lengths = numbers.rle().struct.field("len").to_list()
    ends = list(accumulate(lengths, initial=0))
    return [files.slice(start, end - start) for start, end in pairwise(ends)] or [files]


def _tell_half_done(files: pl.DataFrame) -> None:
    """Read is half of derived, for whoever watches."""
    current_reporter().advance(int(files["content"].bin.size().sum()) / 2)


def _concat(parts: Sequence[Parsed]) -> Parsed:
    return Parsed(
        pl.concat([part.records for part in parts]),
        pl.concat([part.lines for part in parts]),
        pl.concat([part.failures for part in parts]),
    )


def _read_guarded(files: pl.DataFrame, settings: Settings, folder: Path) -> Parsed:
    """Read each of `files` in the child; those that it does not survive are failures."""
    write_frame(files, folder / SOURCES_NAME)
    (folder / SETTINGS_NAME).write_text(settings.model_dump_json(), encoding="utf-8")
    failed: list[int] = []
    start = 0
    while start < files.height:
        died_at = _run_child(folder, start, settings.max_file_seconds)
        if died_at is None:
            break
        failed.append(died_at)
        start = died_at + 1
    parts = [
        Parsed(*(pl.read_ipc(locate_frame(folder, number, name)) for name in FRAMES))
        for number in range(files.height)
        if number not in failed
    ]
    parts.append(_fail_slow(files[failed], settings.max_file_seconds))
    remove_folder(folder)
    return _concat(parts)


def locate_frame(folder: Path, number: int, name: str) -> Path:
    """Where the child writes one frame of what it read of file `number`."""
    return folder / f"{number:06d}.{name}.arrow"


def _count_done(folder: Path, start: int) -> int:
    """The number of the file that the child is reading: it writes the failures of each file last."""
    number = start
    while locate_frame(folder, number, "failures").exists():
        number += 1
    return number


def _run_child(folder: Path, start: int, max_seconds: int) -> int | None:
    """Read files from number `start` on; the number of the file that ended the child, None when it read them all."""
    root = str(Path(transforms.__file__).parents[1])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "flows.reading_child", str(folder), str(start)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.DEVNULL) as child:  # noqa: S603 - our own module
        reading = start
        while True:
            try:
                code = child.wait(timeout=max_seconds * WAITING_TIMES)
            except subprocess.TimeoutExpired:
                done = _count_done(folder, reading)
                if done > reading:
                    reading = done
                    continue
                child.kill()
                return done
            if code == 0:
                return None
            if code > 0:
                raise RuntimeError(f"reading files in a process of its own ended with exit code {code}; see above")
            return _count_done(folder, reading)


def _fail_slow(files: pl.DataFrame, max_seconds: int) -> Parsed:
    stage, sentence = REJECT_REASONS["too_slow"]
    failures = files.select(
        "source_path",
        pl.lit(0, pl.UInt32).alias("record"),
        "source_sha256",
        "source_bytes",
        pl.lit(stage).alias("stage"),
        pl.lit("too_slow").alias("reason_code"),
        pl.lit(f"{sentence} The limit is {max_seconds} seconds.").alias("reason"),
    )
    return Parsed(pl.DataFrame(schema=RECORDS), pl.DataFrame(schema=LINES), failures.match_to_schema(FAILURES))
