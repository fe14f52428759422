"""Make the stored stores again: `python -m tests.stores.make [NAME ...]`, in a clone with its history.

Each is written by the code of an older commit, in a folder of its own, from the same small inbox in three runs. The
commits before 2026-11-24 20:46 need `py3langid`, which is no dependency any more.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Final

from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.samples import PAGE

FOLDER: Final = Path(__file__).parent
ROOT: Final = FOLDER.parents[1]

COMMITS: Final = {
    "fingerprints": "fdc2d4f",
    "signals": "18a32c0",
    "templates": "074b05e",
}
"""Named by what is otherwise: `fingerprints` has them as a dataset, and no index; the others lack the dataset of their
name. None has what came after it, such as `changes`."""

WORDS: Final = [make_words(seed, 160) for seed in range(4)]
RUNS: Final[list[dict[str, str]]] = [
    {"excerpt.txt": write_paragraphs(WORDS[0][:100]), "blank.txt": " ", "page.html": PAGE},
    {"article.txt": write_paragraphs(WORDS[0]), "version.txt": write_paragraphs(WORDS[1])},
    {"copy.txt": write_other_layout(WORDS[0]), "version.txt": write_paragraphs(WORDS[2])},
]

TAKE_IN: Final = """
import sys
from pathlib import Path
from tests.support.stores import settings_for, take_in
assert take_in(settings_for(Path(sys.argv[1])))
"""


def make_store(name: str) -> Path:
    """Write NAME.zip: `inbox/`, and `data/` without what is internal but for the index."""
    with tempfile.TemporaryDirectory() as scratch:
        code, made = Path(scratch, "code"), Path(scratch, "made")
        archive = subprocess.run(["git", "archive", COMMITS[name]], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as packed:
            packed.extractall(code, filter="data")
        for files in RUNS:
            for path, content in files.items():
                place = made / "inbox" / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(content, encoding="utf-8")
            paths = os.pathsep.join([str(code), *filter(None, [os.environ.get("PYTHONPATH")])])
            environment = os.environ | {"PYTHONPATH": paths}
            subprocess.run([sys.executable, "-c", TAKE_IN, str(made)], cwd=code, env=environment, check=True)
        return pack_folder(made, FOLDER / f"{name}.zip")


def pack_folder(folder: Path, target: Path) -> Path:
    """Write the files of a folder as a zip archive; no path of this machine stands in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith(("data/.", "data/work/")):
                archive.write(path, name)
    return target


if __name__ == "__main__":
    for asked in sys.argv[1:] or COMMITS:
        made = make_store(asked)
        print(f"{made.relative_to(ROOT)}: {made.stat().st_size} bytes")  # noqa: T201
