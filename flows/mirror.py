"""What this machine keeps of an object store, so that the engine has files that it can map.

    <cache>/<hash of the URL>/
        objects/   one file per object that was fetched or published; never changed, so never half new
        store/     the working copy of the one run that holds the mirror: links to objects, and what only runs need
        views/     for the time of a command that reads: links to the objects of one moment
        id         a name for this folder, so that a lease shows whether it was taken from here

The bucket is the truth. A file of `objects/` is named by the key and e-tag of its object, its size, the time at which
it was written, and the SHA-256 of its content. One whose size or time is another is not trusted, and is fetched again;
a file of the working copy that is no link to the right object is replaced.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from flows.bucket import Bucket, Listed
from flows.storage import FORMAT_FILE, INDEX_FOLDER, Store, hash_file, remove_folder, write_whole
from transforms.contracts import TABLES

TRANSFERS: Final = 8
"""Objects that are fetched or sent at the same time."""

INBOX_RECORD: Final = "index/inbox-"
"""What is known of the objects of an inbox; see `flows.object_inbox`."""

CATALOG: Final = ("README.md", "datapackage.json", "croissant.json", FORMAT_FILE)

NAME_BYTES: Final = 255
"""Longest name of a file that file systems take."""

PART: Final = ".part"
"""Ending of what is being fetched."""

KEPT_SECONDS: Final = 86_400
"""Views and parts that are older are those of processes that died."""


def find_fault(key: str) -> str | None:
    """Why a key cannot be the path of a file below a folder; None when it can."""
    parts = key.split("/")
    if "" in parts:
        return "a part of its key is empty"
    if "." in parts or ".." in parts:
        return "its key holds . or .. as a part"
    if "\\" in key or any(ord(character) < ord(" ") for character in key):
        return "its key holds a backslash or a control character"
    if any(len(part.encode("utf-8", "surrogatepass")) > NAME_BYTES for part in parts):
        return f"a part of its key has more than {NAME_BYTES} bytes"
    return None


def is_published(key: str) -> bool:
    """Whether an object is part of the store; whatever else lies under its prefix is left alone."""
    if find_fault(key) is not None:
        return False
    folder = PurePosixPath(key).parent.as_posix()
    is_data = folder in {table.folder for table in TABLES} and key.endswith(".parquet")
    return is_data or key in CATALOG or key.startswith((f"{INDEX_FOLDER}/", INBOX_RECORD))


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of `objects/`."""

    path: Path
    bytes: int
    modified_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "Kept":
        """From its name; ValueError when it is something else."""
        _, size, modified_ns, sha256 = path.name.split(".")
        return cls(path, int(size), int(modified_ns), sha256)

    def is_whole(self) -> bool:
        """Whether size and time are those with which it was put here."""
        status = self.path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.bytes, self.modified_ns)


class Mirror:
    """The folder of this machine that stands for one URL."""

    def __init__(self, root: Path) -> None:
        """`root` need not exist yet."""
        self.root = root
        self.objects = root / "objects"
        self.store = Store(root / "store")
        self.views = root / "views"
        self._linked: dict[str, int] = {}

    def make_id(self) -> str:
        """The name of this folder, made once."""
        place = self.root / "id"
        if not place.exists():
            write_whole(place, secrets.token_hex(16).encode())
        return f"{place.read_text(encoding='ascii')}@{os.uname().nodename}"

    # --- objects -----------------------------------------------------------------------------------------------------

    def fetch(self, bucket: Bucket, wanted: Mapping[str, Listed]) -> dict[str, Kept]:
        """The files of the objects `wanted` (key in the store -> object), of which what is not here is fetched.

        ObjectGoneError or ObjectChangedError when one is not what was listed any more.
        """
        self.objects.mkdir(parents=True, exist_ok=True)
        held = self._list_objects()
        missing = {key: item for key, item in wanted.items() if _identify(key, item) not in held}
        with ThreadPoolExecutor(TRANSFERS) as pool:
            found = pool.map(lambda pair: self._fetch(bucket, *pair), missing.items())
            fetched = dict(zip(missing, found, strict=True))
        return {key: fetched.get(key) or held[_identify(key, item)] for key, item in wanted.items()}

    def _list_objects(self) -> dict[str, Kept]:
        """Files that are as they were put here, by what they are."""
        held = {}
        for path in self.objects.iterdir():
            # Not ours, or deleted by another process just now.
            with suppress(ValueError, FileNotFoundError):
                kept = Kept.of(path)
                if kept.is_whole():
                    held[path.name.partition(".")[0]] = kept
                else:
                    path.unlink()
        return held

    def _fetch(self, bucket: Bucket, key: str, item: Listed) -> Kept:
        part = self.objects / f"{secrets.token_hex(8)}{PART}"
        try:
            sha256 = bucket.download(item, part)
            return self._keep(part, key, item, sha256)
        finally:
            part.unlink(missing_ok=True)

    def _keep(self, path: Path, key: str, item: Listed, sha256: str) -> Kept:
        """Link `path` as the file of an object."""
        status = path.stat()
        name = f"{_identify(key, item)}.{status.st_size}.{status.st_mtime_ns}.{sha256}"
        place = self.objects / name
        if not place.exists():
            os.link(path, place)
        return Kept(place, status.st_size, status.st_mtime_ns, sha256)

    def find_damage(self, listed: Iterable[Listed]) -> list[str]:
        """Names of objects whose file here has another content than it had; the files are deleted."""
        held, damaged = self._list_objects(), []
        for item in listed:
            kept = held.get(_identify(item.key, item))
            if kept is not None and hash_file(os.fsencode(kept.path)) != kept.sha256:
                kept.path.unlink()
                damaged.append(item.key)
        return damaged

    # --- the working copy --------------------------------------------------------------------------------------------

    def refresh(self, bucket: Bucket, listed: Iterable[Listed]) -> None:
        """Make the working copy what the store is; what a run left in it that was not published goes."""
        remove_folder(self.store.root / "work")
        wanted = {item.key: item for item in listed}
        kept = self.fetch(bucket, wanted)
        for key in set(self.list_names()) - set(wanted):
            (self.store.root / key).unlink()
        for key, file in kept.items():
            _link(file.path, self.store.root / key)
        self._linked = {key: file.path.stat().st_ino for key, file in kept.items()}
        self._forget({file.path for file in kept.values()})

    def list_names(self) -> list[str]:
        """Names of the files of the working copy that are part of the store; sorted."""
        root = self.store.root
        folders = [table.folder for table in TABLES] + [INDEX_FOLDER]
        paths = [path for folder in folders if (root / folder).exists() for path in (root / folder).rglob("*")]
        paths += [*(root / "index").glob("inbox-*"), *(root / name for name in CATALOG)]
        names = [path.relative_to(root).as_posix() for path in paths if path.is_file()]
        return sorted(name for name in names if is_published(name))

    def list_changes(self) -> tuple[dict[str, bool], list[str]]:
        """What a run changed since `refresh`: name -> whether an object is replaced, and the names of those that go.

        Files are put in place whole, so one that changed is another file. One that was written over is damage: it is
        not published, and the next refresh finds it.
        """
        names = self.list_names()
        changed = {
            name: name in self._linked
            for name in names
            if self._linked.get(name) != (self.store.root / name).stat().st_ino
        }
        return changed, sorted(set(self._linked) - set(names))

    def adopt(self, names: Iterable[str], listed: Iterable[Listed]) -> None:
        """Take files of the working copy that were just published for what the store holds under their names."""
        items = {item.key: item for item in listed}
        for name in names:
            path = self.store.root / name
            if path.stat().st_size == items[name].bytes:
                self._keep(path, name, items[name], hash_file(os.fsencode(path)))

    def _forget(self, kept: set[Path]) -> None:
        """Delete the files of older objects, and what processes left that died. Views have links of their own."""
        long_ago = time.time() - KEPT_SECONDS
        for path in set(self.objects.iterdir()) - kept:
            with suppress(FileNotFoundError):
                if path.suffix != PART or path.stat().st_mtime < long_ago:
                    path.unlink()
        for view in self.views.iterdir() if self.views.exists() else ():
            with suppress(FileNotFoundError):
                if view.stat().st_mtime < long_ago:
                    remove_folder(view)

    # --- views -------------------------------------------------------------------------------------------------------

    def make_view(self, kept: Mapping[str, Kept]) -> Store:
        """A store of links to these files, of the caller's own; to be deleted by `remove_folder`."""
        root = self.views / f"{os.getpid()}-{secrets.token_hex(6)}"
        for key, file in kept.items():
            _link(file.path, root / key)
        return Store(root)


def _identify(key: str, item: Listed) -> str:
    """What an object is, in a name: its key in the store, and which content of it."""
    said = "\n".join((key, item.e_tag, str(item.bytes)))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _link(source: Path, target: Path) -> None:
    """Put a link to `source` at `target`, in the place of what is there."""
    if target.exists() and target.samefile(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    os.link(source, part)
    part.replace(target)
