"""The process that reads files which could hang or crash a library: `python -m flows.reading_child FOLDER START`.

Before each file it sets the time of a processor that it may take from there on; the system ends it when that is over,
whatever the library is doing, and also when nobody waits for it any more.
"""

import resource
import sys
from pathlib import Path

import polars as pl

from flows.reading import FRAMES, SETTINGS_NAME, SOURCES_NAME, locate_frame
from flows.settings import Settings
from transforms.contracts.parsed import SOURCES
from transforms.parse import parse_sources


def read_files(folder: Path, start: int) -> None:
    """Read the files of `folder` from number `start` on, and write the frames of each one, its failures last."""
    settings = Settings.model_validate_json((folder / SETTINGS_NAME).read_text(encoding="utf-8"))
    files = pl.read_parquet(folder / SOURCES_NAME, schema=SOURCES)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in range(start, files.height):
        limit_time(settings.max_file_seconds)
        parsed = parse_sources(files[number], settings.reading)
        for name in FRAMES:
            place = locate_frame(folder, number, name)
            part = place.with_suffix(".part")
            getattr(parsed, name).write_ipc(part)
            part.replace(place)


def limit_time(seconds: int) -> None:
    """Allow `seconds` more of a processor, all threads together."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


if __name__ == "__main__":
    read_files(Path(sys.argv[1]), int(sys.argv[2]))
