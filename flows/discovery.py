"""What lies in the inbox, and what of it is new.

New is content that the inbox-relative path did not have when it was last taken in. A newer time stamp is not new, and
a file that left is not news. Nothing is opened that is not a plain file inside the inbox.
"""

import fnmatch
import hashlib
import io
import json
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

import polars as pl

import transforms
from flows.progress import BYTES, report_stage
from flows.settings import Settings
from flows.storage import Store, hash_file, write_whole
from transforms.contracts import RAW, REJECTS
from transforms.contracts.vocabulary import REJECT_REASONS

FILES: Final = pl.Schema(
    {
        "source_path": pl.String(),
        # The name as the file system has it; it need not be valid Unicode.
        "location": pl.Binary(),
        "source_bytes": pl.UInt64(),
        "modified_ns": pl.Int64(),
        "changed_ns": pl.Int64(),
        "inode": pl.UInt64(),
        "source_sha256": pl.String(),
        "reason_code": pl.String(),
        "reason": pl.String(),
    }
)
"""One row per file of the inbox; `reason_code` is set for a file that cannot be taken in."""

STAT_KEY: Final = ["location", "source_bytes", "modified_ns", "changed_ns", "inode"]

ELSEWHERE_FILES: Final = "elsewhere.parquet"
ELSEWHERE_NOTES: Final = "elsewhere.json"
"""Beside the folder of an inbox in a bucket: what lies there and was not fetched, since it is known."""

WORTH_TELLING_BYTES: Final = 100_000_000
"""Reading less takes no longer than a person waits for a command to answer."""


@dataclass
class Inbox:
    """Everything found under the inbox: what can be looked at, what was passed over, what is still being written."""

    files: pl.DataFrame
    ignored: Counter[str] = field(default_factory=Counter)
    waiting: list[str] = field(default_factory=list)


@dataclass
class _Walk:
    """What one walk through the inbox has met so far."""

    root: Path
    data: Path
    ignore: tuple[str, ...]
    ignored: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, object]] = field(default_factory=list)


def name_source(relative: str) -> str:
    """`source_path` of a file: its path in the inbox, with bytes that are not UTF-8 written as \\\\xNN.

    A backslash is doubled, so that no two names become the same.
    """
    return os.fsencode(relative.replace("\\", "\\\\")).decode("utf-8", "backslashreplace")


def matches_pattern(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern names this file or folder: by its name, or by its path when the pattern has a slash."""
    name = PurePosixPath(path).name
    return any(fnmatch.fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns)


def _walk_folder(walk: _Walk, folder: str) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield (inbox-relative path, location, status) of each plain file under `folder`, in name order."""
    try:
        with os.scandir(walk.root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if not folder:
            raise
        walk.failures.append(describe_failure(f"{name_source(folder)}/", "unreadable", error.strerror or str(error)))
        return
    for entry in entries:
        relative = f"{folder}/{entry.name}" if folder else entry.name
        if matches_pattern(relative, walk.ignore):
            walk.ignored["pattern"] += 1
            continue
        if entry.is_dir(follow_symlinks=False):
            # The store may lie inside the inbox; what it publishes must not come in again.
            if Path(entry.path).resolve() != walk.data:
                yield from _walk_folder(walk, relative)
            continue
        if entry.is_symlink() and not _stays_inside(entry.path, walk):
            walk.ignored["link"] += 1
            continue
        try:
            status = entry.stat()
        except OSError as error:
            walk.failures.append(describe_failure(name_source(relative), *_explain_error(error)))
            continue
        if stat.S_ISREG(status.st_mode):
            yield relative, entry.path, status
        else:
            walk.ignored["not a file"] += 1


def _stays_inside(path: str, walk: _Walk) -> bool:
    """Whether a link ends at a file below the inbox. Links to folders are not followed: what they show is there.

    One that goes in circles, or through a closed folder, stays inside: asking for its status says what is wrong.
    """
    target = Path(os.path.realpath(path))
    is_published = walk.data.is_relative_to(walk.root) and target.is_relative_to(walk.data)
    # Path.resolve and Path.is_dir raise on such links; these do not.
    return target.is_relative_to(walk.root) and not is_published and not os.path.isdir(target)  # noqa: PTH112


def _explain_error(error: OSError) -> tuple[str, str]:
    code = "vanished" if isinstance(error, FileNotFoundError) else "unreadable"
    return code, error.strerror or str(error)


def describe_failure(source_path: str, code: str, detail: str, **known: object) -> dict[str, object]:
    """A row of FILES for what cannot be taken in."""
    reason = f"{REJECT_REASONS[code][1]} {detail}".rstrip(". ") + "."
    return {"source_path": source_path, "reason_code": code, "reason": reason, **known}


def _describe(relative: str, location: str, status: os.stat_result) -> dict[str, object]:
    return {
        "source_path": name_source(relative),
        "location": os.fsencode(location),
        "source_bytes": status.st_size,
        "modified_ns": status.st_mtime_ns,
        "changed_ns": status.st_ctime_ns,
        "inode": status.st_ino,
    }


def list_inbox(settings: Settings, store: Store, *, remember: bool = True) -> Inbox:
    """Every file of the inbox with the SHA-256 of its content; OSError when there is no inbox or it cannot be listed.

    A file whose content is known by its size, times and inode is not read again. `remember` writes down what is known
    for the next time.
    """
    root = settings.inbox.resolve()
    if not root.is_dir():
        raise FileNotFoundError(f"the inbox {settings.inbox} is not a folder")
    walk = _Walk(root, store.root.resolve(), settings.ignore)
    rows = [_describe(*found) for found in _walk_folder(walk, "")]
    cache = _read_stat_cache(store)
    listed = pl.DataFrame(rows, schema={name: FILES[name] for name in ("source_path", *STAT_KEY)})
    known = listed.join(cache, on=STAT_KEY, how="inner", maintain_order="left")
    unread = listed.join(cache, on=STAT_KEY, how="anti", maintain_order="left")
    settled, waiting = _wait_until_settled(unread, settings.settle_seconds)
    hashed, failures, changing = _hash_files(settled)
    if remember:
        _write_stat_cache(store, pl.concat([known, hashed]), cache)
    elsewhere = _read_elsewhere(settings)
    files = pl.concat(
        [known, hashed, pl.DataFrame(walk.failures + failures, schema=FILES), elsewhere.files], how="diagonal_relaxed"
    ).select(pl.col(name).cast(dtype) for name, dtype in FILES.items())
    return Inbox(
        reject_large(files, settings.max_file_bytes).sort("source_path"),
        walk.ignored + elsewhere.ignored,
        waiting + changing + elsewhere.waiting,
    )


def _read_elsewhere(settings: Settings) -> Inbox:
    """What of an inbox in a bucket is not in its folder here, as `flows.object_inbox` wrote it down."""
    if settings.inbox_url is None:
        return Inbox(pl.DataFrame(schema=FILES))
    notes = json.loads(settings.inbox.with_name(ELSEWHERE_NOTES).read_bytes())
    files = pl.read_parquet(settings.inbox.with_name(ELSEWHERE_FILES), schema=FILES)
    return Inbox(files, Counter(notes["ignored"]), notes["waiting"])


def digest_inbox(settings: Settings, store: Store) -> str:
    """SHA-256 of names and status of every file of the inbox: another one whenever a run could find something new.

    No file is opened. OSError when the inbox cannot be listed.
    """
    walk = _Walk(settings.inbox.resolve(), store.root.resolve(), settings.ignore)
    digest = hashlib.sha256()
    for found in _walk_folder(walk, ""):
        digest.update(json.dumps(list(_describe(*found).values()), default=repr).encode())
    digest.update(json.dumps(walk.failures).encode())
    return digest.hexdigest()


def _wait_until_settled(files: pl.DataFrame, settle_seconds: float) -> tuple[pl.DataFrame, list[str]]:
    """Split off the files that are being written: a recently changed file is looked at again after a while."""
    recent = files.filter(pl.col("modified_ns") > time.time_ns() - int(settle_seconds * 1e9))
    if recent.is_empty():
        return files, []
    time.sleep(settle_seconds)
    waiting = [row["source_path"] for row in recent.iter_rows(named=True) if _has_changed(row)]
    return files.filter(~pl.col("source_path").is_in(waiting)), waiting


def _has_changed(row: Mapping[str, Any]) -> bool:
    """Whether size or time are other than in `row`. A file that is gone has not changed: reading it will say so."""
    try:
        status = os.stat(row["location"])  # noqa: PTH116 - the name may not be valid Unicode
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) != (row["source_bytes"], row["modified_ns"])


def _walk_files(files: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of `files`; where there is much to read, whoever watches is told how far it is."""
    size = int(files["source_bytes"].sum())
    if size < WORTH_TELLING_BYTES:
        yield from files.iter_rows(named=True)
        return
    with report_stage("discover", size, BYTES) as reporter:
        for row in files.iter_rows(named=True):
            yield row
            reporter.advance(row["source_bytes"])


def _hash_files(files: pl.DataFrame) -> tuple[pl.DataFrame, list[dict[str, object]], list[str]]:
    """Read each file once: those with their SHA-256, those that could not be read, those that changed meanwhile."""
    hashes: list[str | None] = []
    failures: list[dict[str, object]] = []
    changing: list[str] = []
    for row in _walk_files(files):
        sha256 = None
        try:
            sha256 = hash_file(row["location"])
        except OSError as error:
            failures.append(describe_failure(row["source_path"], *_explain_error(error), location=row["location"]))
        else:
            if _has_changed(row):
                changing.append(row["source_path"])
                sha256 = None
        hashes.append(sha256)
    hashed = files.with_columns(pl.Series("source_sha256", hashes, pl.String))
    return hashed.filter(pl.col("source_sha256").is_not_null()), failures, changing


def reject_large(files: pl.DataFrame, max_file_bytes: int) -> pl.DataFrame:
    """The files, with a reason for those that are larger than the limit."""
    sentence = REJECT_REASONS["too_large"][1]
    is_large = pl.col("source_bytes") > max_file_bytes
    reason = pl.format(
        "{} It holds {} bytes; the limit is {}.", pl.lit(sentence), "source_bytes", pl.lit(max_file_bytes)
    )
    return files.with_columns(
        pl.when(is_large).then(pl.lit("too_large")).otherwise("reason_code").alias("reason_code"),
        pl.when(is_large).then(reason).otherwise("reason").alias("reason"),
    )


def select_new(files: pl.DataFrame, store: Store, *, remember: bool = True) -> pl.DataFrame:
    """The rows of `files` that the store has not met: other content than the path had last, or a new failure.

    When nothing is new, the question is remembered: put again about the same files and the same store, it is answered
    without a look at what the store holds. `remember` writes it down.
    """
    question = _identify_question(files, store)
    if _read_answered(store) == question:
        return files.clear()
    new = _compare_with_store(files, store)
    if remember and new.is_empty():
        write_whole(_answered_path(store), question.encode())
    return new


def _compare_with_store(files: pl.DataFrame, store: Store) -> pl.DataFrame:
    latest = (
        store.read(RAW, ["source_path", "source_sha256", "ingested_at"])
        .sort("ingested_at")
        .unique("source_path", keep="last")
        .select("source_path", "source_sha256")
    )
    failed = store.read(REJECTS, ["source_path", "source_sha256", "reason_code"])
    readable = files.filter(pl.col("reason_code").is_null())
    # A file that was taken in before the limit was lowered is no reject: the store has it.
    failing = files.filter(pl.col("reason_code").is_not_null()).join(
        latest, on=["source_path", "source_sha256"], how="anti"
    )
    return pl.concat(
        [
            readable.join(latest, on=["source_path", "source_sha256"], how="anti"),
            failing.join(failed, on=["source_path", "source_sha256", "reason_code"], how="anti", nulls_equal=True),
        ]
    ).sort("source_path")


def _identify_question(files: pl.DataFrame, store: Store) -> str:
    """SHA-256 of all that the answer of `select_new` depends on.

    Of the inbox these are paths, content hashes and reasons, as they were found just now: a file is in here by what it
    holds, so there is none too young to be told from its older content. Of the store they are the files of `raw` and
    `rejects`, which are only ever added or put in the place of another one: names, sizes, times and inodes.
    """
    # JSON keeps apart what a plain join of the values could not.
    rows = files.sort("source_path").select(
        pl.struct("source_path", "source_sha256", "reason_code").struct.json_encode()
    )
    digest = hashlib.sha256(f"{transforms.__version__} {store.root.resolve()}\n".encode())
    digest.update("\n".join(rows.to_series()).encode())
    for table in (RAW, REJECTS):
        for name, path in store.list_files(table).items():
            status = path.stat()
            known = (name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            digest.update(f"\n{json.dumps(known)}".encode())
    return digest.hexdigest()


def _answered_path(store: Store) -> Path:
    return store.index / "nothing_new.sha256"


def _read_answered(store: Store) -> str | None:
    """The question to which the answer was last that nothing is new. Whatever else the file says is no question."""
    try:
        return _answered_path(store).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None


def _stat_cache_path(store: Store) -> Path:
    return store.index / "inbox.cache"


def _read_stat_cache(store: Store) -> pl.DataFrame:
    """Content hashes by size, times and inode. A cache that is not whole is no cache: the files are read again.

    It opens with the SHA-256 of the rest, because Parquet itself does not notice a changed byte.
    """
    schema = {name: FILES[name] for name in (*STAT_KEY, "source_sha256")}
    try:
        content = _stat_cache_path(store).read_bytes()
    except OSError:
        return pl.DataFrame(schema=schema)
    digest, rows = content[: hashlib.sha256().digest_size], content[hashlib.sha256().digest_size :]
    if hashlib.sha256(rows).digest() != digest:
        return pl.DataFrame(schema=schema)
    return pl.read_parquet(io.BytesIO(rows), schema=schema)


def _write_stat_cache(store: Store, files: pl.DataFrame, old: pl.DataFrame) -> None:
    """Remember content hashes, but not of files so young that a change in the same clock tick could go unseen."""
    young_ns = time.time_ns() - 2_000_000_000
    cache = (
        files.filter((pl.col("changed_ns") < young_ns) & (pl.col("modified_ns") < young_ns))
        .select(old.columns)
        .sort("location")
    )
    if cache.equals(old):
        return
    rows = io.BytesIO()
    cache.write_parquet(rows)
    write_whole(_stat_cache_path(store), hashlib.sha256(rows.getvalue()).digest() + rows.getvalue())
