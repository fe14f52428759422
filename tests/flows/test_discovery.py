"""What is found in the inbox, what is passed over, and what counts as new."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import flows.discovery
from flows.discovery import Inbox, list_inbox, matches_pattern, name_source, select_new
from flows.settings import Settings, load_settings
from flows.storage import Store, hash_file
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import (
    drop_files,
    find_broken_laws,
    hash_published_files,
    place_of,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, RAW, REJECTS

ROOT = Path(flows.discovery.__file__).parents[1]
TEXTS = [write_paragraphs(make_words(seed, 120)) for seed in range(4)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "inbox").mkdir()
    return settings_for(tmp_path)


def look(settings: Settings) -> Inbox:
    return list_inbox(settings, Store(settings.data))


def paths_of(inbox: Inbox) -> list[str]:
    return inbox.files["source_path"].to_list()


def reasons_of(inbox: Inbox) -> dict[str, str]:
    failed = inbox.files.filter(pl.col("reason_code").is_not_null())
    return dict(failed.select("source_path", "reason_code").iter_rows())


def new_paths(settings: Settings) -> list[str]:
    return select_new(look(settings).files, Store(settings.data))["source_path"].to_list()


class Clock:
    """A clock ahead of the file system's, and naps that are noted instead of taken."""

    def __init__(self, ahead_seconds: float) -> None:
        self.ahead_ns = int(ahead_seconds * 1e9)
        self.naps: list[float] = []
        self.during_nap: Any = None

    def time_ns(self) -> int:
        return time.time_ns() + self.ahead_ns

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        if self.during_nap is not None:
            self.during_nap()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """All files are a minute old, so that what is known of them may be remembered."""
    clock = Clock(60)
    monkeypatch.setattr(flows.discovery, "time", SimpleNamespace(time_ns=clock.time_ns, sleep=clock.sleep))
    return clock


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read, in order; take them with `clear`."""
    read: list[str] = []

    def note(location: bytes) -> str:
        read.append(Path(os.fsdecode(location)).name)
        return hash_file(location)

    monkeypatch.setattr(flows.discovery, "hash_file", note)
    return read


# --- what is found ---------------------------------------------------------------------------------------------------


def test_files_are_found_in_all_folders_with_their_content_hashed(settings: Settings) -> None:
    files = {"b.txt": "one", "a/b/c/d.html": "two", "a/ä ö [x]*?.txt": "three", "none": "", "a.b/e.md": "five"}
    drop_files(settings, dict(files))
    (settings.inbox / "empty folder").mkdir()
    inbox = look(settings)
    assert paths_of(inbox) == sorted(files)
    for row in inbox.files.iter_rows(named=True):
        content = files[row["source_path"]].encode()
        assert row["source_sha256"] == hashlib.sha256(content).hexdigest()
        assert row["source_bytes"] == len(content)
        assert row["reason_code"] is None
    assert not inbox.ignored
    assert inbox.waiting == []


def test_an_inbox_that_is_not_there_or_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="inbox"):
        look(settings_for(tmp_path))
    (tmp_path / "inbox").write_text("a file")
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        look(settings_for(tmp_path))


def test_an_empty_inbox_has_no_files(settings: Settings) -> None:
    assert look(settings).files.equals(pl.DataFrame(schema=flows.discovery.FILES))
    assert new_paths(settings) == []


def test_default_patterns_pass_over_what_is_no_document(settings: Settings) -> None:
    passed_over = [".DS_Store", "README", "README.md", "a/README.txt", "x.tmp", "b/y.part", "z.crdownload", "w.txt~"]
    drop_files(settings, dict.fromkeys([*passed_over, "readme.txt", "a/tmp", "kept.txt"], "x"))
    drop_files(settings, {".git/config": "x", ".git/hooks/a.txt": "x", "a/.cache/b.txt": "x"})
    inbox = look(settings)
    assert paths_of(inbox) == ["a/tmp", "kept.txt", "readme.txt"]
    # A folder that is passed over counts once; nobody looked into it.
    assert inbox.ignored == {"pattern": len(passed_over) + 2}


def test_patterns_with_a_slash_are_matched_against_the_path(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, ignore=("drafts/*", "*/old", "b?.txt", "[!x]y.txt"))
    drop_files(settings, dict.fromkeys(["drafts/a.txt", "drafts/b/c.txt", "a/drafts/d.txt", "a/old/e.txt"], "x"))
    drop_files(settings, dict.fromkeys(["old/f.txt", "b1.txt", "a/b2.txt", "b10.txt", "xy.txt", "zy.txt", ".h"], "x"))
    assert paths_of(look(settings)) == [".h", "a/drafts/d.txt", "b10.txt", "old/f.txt", "xy.txt"]


def test_patterns_are_case_sensitive_and_take_names_as_they_are() -> None:
    assert matches_pattern("a/b/NOTES.txt", ("NOTES*",))
    assert not matches_pattern("a/b/notes.txt", ("NOTES*",))
    assert not matches_pattern("NOTES/b.txt", ("NOTES*",))
    assert matches_pattern("a/caf\udce9.tmp", ("*.tmp",))


# --- links, devices, folders that are not for reading ----------------------------------------------------------------


def test_links_are_followed_to_files_inside_and_nowhere_else(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    drop_files(settings, {"real.txt": "real", "folder/deep.txt": "deep"})
    links = {
        "inside.txt": "real.txt",
        "folder/up.txt": "../real.txt",
        "absolute.txt": str(settings.inbox / "folder" / "deep.txt"),
        "out.txt": str(outside / "secret.txt"),
        "out folder": str(outside),
        "out by steps.txt": "../outside/secret.txt",
        "chain.txt": "out.txt",
        "in folder": "folder",
        "parent": "..",
        "self": ".",
        "gone outside.txt": "../outside/nothing.txt",
    }
    for name, target in links.items():
        (settings.inbox / name).symlink_to(target)
    inbox = look(settings)
    assert paths_of(inbox) == ["absolute.txt", "folder/deep.txt", "folder/up.txt", "inside.txt", "real.txt"]
    assert inbox.ignored == {"link": 8}


def test_links_that_lead_nowhere_are_rejected_once_and_stop_nobody(settings: Settings) -> None:
    drop_files(settings, {"a.txt": TEXTS[0]})
    (settings.inbox / "dangling.txt").symlink_to("nothing.txt")
    (settings.inbox / "loop.txt").symlink_to("loop.txt")
    (settings.inbox / "ping").symlink_to("pong")
    (settings.inbox / "pong").symlink_to("ping")
    expected = {"dangling.txt": "vanished", "loop.txt": "unreadable", "ping": "unreadable", "pong": "unreadable"}
    assert reasons_of(look(settings)) == expected
    assert take_in(settings)
    assert place_of(settings) == {"a.txt": "kept", **expected}
    assert not take_in(settings)


def test_folders_linked_in_a_circle_are_walked_once(settings: Settings) -> None:
    drop_files(settings, {"a/b/c.txt": "x"})
    (settings.inbox / "a" / "b" / "again").symlink_to("../..")
    inbox = look(settings)
    assert paths_of(inbox) == ["a/b/c.txt"]
    assert inbox.ignored == {"link": 1}


def test_pipes_and_sockets_are_passed_over_without_being_opened(settings: Settings, opened: list[str]) -> None:
    drop_files(settings, {"a.txt": "x"})
    os.mkfifo(settings.inbox / "pipe.txt")
    (settings.inbox / "to pipe.txt").symlink_to("pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        # The path of a socket is limited to about 100 bytes; the inbox's may be longer.
        descriptor = os.open(settings.inbox, os.O_RDONLY)
        try:
            listener.bind(f"/proc/self/fd/{descriptor}/socket.txt")
        finally:
            os.close(descriptor)
        inbox = look(settings)
    assert paths_of(inbox) == ["a.txt"]
    assert inbox.ignored == {"not a file": 3}
    assert opened == ["a.txt"]


def test_the_store_may_lie_in_the_inbox(tmp_path: Path) -> None:
    settings = load_settings(inbox=tmp_path, data=tmp_path / "deep" / "data", settle_seconds=0)
    drop_files(settings, {"a.txt": TEXTS[0], "deep/b.txt": TEXTS[1]})
    assert take_in(settings)
    (tmp_path / "linked.md").symlink_to("deep/data/README.md")
    assert paths_of(look(settings)) == ["a.txt", "deep/b.txt"]
    assert not take_in(settings)


def test_the_inbox_may_lie_in_the_store(tmp_path: Path) -> None:
    settings = load_settings(inbox=tmp_path / "inbox", data=tmp_path, settle_seconds=0)
    drop_files(settings, {"a.txt": TEXTS[0]})
    (tmp_path / "inbox" / "b.txt").symlink_to("a.txt")
    assert take_in(settings)
    assert paths_of(look(settings)) == ["a.txt", "b.txt"]


LIST_INBOX = """
import json, sys
from pathlib import Path
from flows.discovery import list_inbox
from flows.settings import load_settings
from flows.storage import Store
settings = load_settings(inbox=sys.argv[1], data=sys.argv[2], settle_seconds=0)
files = list_inbox(settings, Store(settings.data)).files
print(json.dumps(files.select("source_path", "reason_code", "reason").rows()))
"""


def list_without_privileges(settings: Settings) -> list[list[Any]]:
    """Path, reason code and reason of each file, as a process sees them that file modes bind."""
    drop_rights: Sequence[str] = ()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("file modes do not bind root, and there is no setpriv to drop its rights")
        drop_rights = (setpriv, "--bounding-set=-dac_override,-dac_read_search")
    command = [*drop_rights, sys.executable, "-c", LIST_INBOX, str(settings.inbox), str(settings.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [list(row) for row in json.loads(done.stdout)]


def test_what_cannot_be_read_is_rejected_with_the_reason_and_stops_nobody(settings: Settings) -> None:
    drop_files(settings, {"a.txt": "x", "locked.txt": "x", "closed/b.txt": "x", "no entry/c.txt": "x"})
    (settings.inbox / "into.txt").symlink_to("no entry/c.txt")
    locked = [settings.inbox / name for name in ("locked.txt", "closed", "no entry")]
    for path, mode in zip(locked, (0, 0, 0o400), strict=True):
        path.chmod(mode)
    try:
        rows = {path: (code, reason) for path, code, reason in list_without_privileges(settings)}
    finally:
        for path in locked:
            path.chmod(0o700)
    assert rows["a.txt"] == (None, None)
    failed = (rows[name] for name in ("locked.txt", "closed/", "no entry/c.txt", "into.txt"))
    assert set(failed) == {("unreadable", "The file could not be opened. Permission denied.")}
    assert len(rows) == 5
    # As root nothing is in the way, and what is rejected because it cannot be read comes in when it can.
    assert reasons_of(look(settings)) == {}


# --- files that change under our eyes --------------------------------------------------------------------------------


def test_a_file_that_goes_between_listing_and_reading_is_rejected_as_vanished(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_files(settings, {"a.txt": TEXTS[0], "b.txt": TEXTS[1]})

    def lose(location: bytes) -> str:
        if location.endswith(b"b.txt"):
            Path(os.fsdecode(location)).unlink()
        return hash_file(location)

    with monkeypatch.context() as patch:
        patch.setattr(flows.discovery, "hash_file", lose)
        assert take_in(settings)
    assert place_of(settings) == {"a.txt": "kept", "b.txt": "vanished"}
    assert not take_in(settings)
    drop_files(settings, {"b.txt": TEXTS[1]})
    assert take_in(settings)
    assert place_of(settings)["b.txt"] == "kept"
    assert find_broken_laws(settings) == []


def test_a_young_file_that_changes_while_it_is_watched_waits(tmp_path: Path, clock: Clock) -> None:
    settings = load_settings(inbox=tmp_path / "inbox", data=tmp_path / "data", settle_seconds=3)
    drop_files(settings, {"done.txt": "x", "growing.txt": "x", "gone.txt": "x"})
    clock.ahead_ns = 0

    def write_on() -> None:
        drop_files(settings, {"growing.txt": "x and more"})
        (settings.inbox / "gone.txt").unlink()

    clock.during_nap = write_on
    inbox = look(settings)
    assert clock.naps == [3]
    assert inbox.waiting == ["growing.txt"]
    assert paths_of(inbox) == ["done.txt", "gone.txt"]
    assert reasons_of(inbox) == {"gone.txt": "vanished"}


def test_old_files_are_not_waited_for(tmp_path: Path, clock: Clock) -> None:
    settings = load_settings(inbox=tmp_path / "inbox", data=tmp_path / "data", settle_seconds=3)
    drop_files(settings, {"a.txt": "x"})
    assert paths_of(look(settings)) == ["a.txt"]
    assert clock.naps == []


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changes_while_it_is_read_waits(
    change: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_files(settings, {"a.txt": TEXTS[0], "b.txt": TEXTS[1]})

    def change_after_reading(location: bytes) -> str:
        sha256 = hash_file(location)
        if location.endswith(b"b.txt"):
            if change == "size":
                drop_files(settings, {"b.txt": TEXTS[1] + "more"})
            else:
                os.utime(location, (1, 1))
        return sha256

    with monkeypatch.context() as patch:
        patch.setattr(flows.discovery, "hash_file", change_after_reading)
        inbox = look(settings)
    assert inbox.waiting == ["b.txt"]
    assert paths_of(inbox) == ["a.txt"]
    assert new_paths(settings) == ["a.txt", "b.txt"]


def test_bytes_are_held_under_their_own_hash_though_the_file_changed_after_discovery(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_files(settings, {"a.txt": TEXTS[0], "b.txt": TEXTS[1]})
    select = flows.discovery.select_new

    def select_and_change(files: pl.DataFrame, store: Store) -> pl.DataFrame:
        new = select(files, store)
        drop_files(settings, {"b.txt": TEXTS[2] + "longer"})
        return new

    with monkeypatch.context() as patch:
        patch.setattr("flows.steps.select_new", select_and_change)
        assert take_in(settings)
    for row in Store(settings.data).read(RAW).iter_rows(named=True):
        assert row["source_sha256"] == hashlib.sha256(row["content"]).hexdigest()
        assert row["source_bytes"] == len(row["content"])
    # Whatever the run made of it, the next ones end with what lies there.
    take_in(settings)
    assert not take_in(settings)
    drop_files(settings, {"b.txt": TEXTS[1]})
    assert take_in(settings)
    assert find_broken_laws(settings) == []


# --- names -----------------------------------------------------------------------------------------------------------


def test_names_that_are_not_utf8_are_taken_in_and_told_apart(settings: Settings) -> None:
    names = [b"caf\xe9.txt", b"caf\\xe9.txt", b"caf\xc3\xa9.txt", b"fold\xff/x.txt"]
    for name, text in zip(names, TEXTS, strict=True):
        drop_files(settings, {os.fsdecode(name): text})
    assert take_in(settings)
    placed = place_of(settings)
    assert len(placed) == 4
    assert set(placed.values()) == {"kept"}
    assert "café.txt" in placed
    assert "caf\\xe9.txt" in placed
    assert not take_in(settings)
    assert find_broken_laws(settings) == []


def test_no_two_names_become_the_same_source_path() -> None:
    names = [b"\xe9", b"\\xe9", b"\\\\xe9", b"\\\xe9", b"\xc3\xa9", b"\\", b"\\\\", b"\\xc3\\xa9"]
    assert len({name_source(os.fsdecode(name)) for name in names}) == len(names)
    assert name_source("plain/näme.txt") == "plain/näme.txt"


# --- what is new -----------------------------------------------------------------------------------------------------


def test_new_is_content_that_the_path_did_not_have_last(settings: Settings) -> None:
    drop_files(settings, {"a.txt": TEXTS[0], "b.txt": TEXTS[1]})
    assert new_paths(settings) == ["a.txt", "b.txt"]
    take_in(settings)
    assert new_paths(settings) == []
    os.utime(settings.inbox / "a.txt")
    assert new_paths(settings) == []
    drop_files(settings, {"a.txt": TEXTS[2]})
    assert new_paths(settings) == ["a.txt"]
    take_in(settings)
    drop_files(settings, {"a.txt": TEXTS[0]})
    assert new_paths(settings) == ["a.txt"]
    take_in(settings)
    assert new_paths(settings) == []
    shutil.copy(settings.inbox / "a.txt", settings.inbox / "copy.txt")
    assert new_paths(settings) == ["copy.txt"]
    take_in(settings)
    assert find_broken_laws(settings) == []


def test_a_file_that_left_or_moved_back_is_not_news(settings: Settings) -> None:
    drop_files(settings, {"a.txt": TEXTS[0], "b.txt": TEXTS[1]})
    take_in(settings)
    before = hash_published_files(settings)
    (settings.inbox / "a.txt").rename(settings.inbox.parent / "kept aside")
    assert not take_in(settings)
    (settings.inbox.parent / "kept aside").rename(settings.inbox / "a.txt")
    assert not take_in(settings)
    assert hash_published_files(settings) == before


def test_a_file_over_the_limit_is_rejected_once_and_taken_in_under_a_higher_limit(settings: Settings) -> None:
    drop_files(settings, {"small.txt": TEXTS[0][:300], "large.txt": TEXTS[1]})
    low = settings.model_copy(update={"max_file_bytes": len(TEXTS[1]) - 1})
    assert take_in(low)
    assert place_of(low) == {"large.txt": "too_large", "small.txt": "kept"}
    [row] = Store(low.data).read(REJECTS).to_dicts()
    assert str(len(TEXTS[1])) in row["reason"]
    assert str(low.max_file_bytes) in row["reason"]
    assert not take_in(low)
    assert not take_in(low.model_copy(update={"max_file_bytes": 310}))
    exact = settings.model_copy(update={"max_file_bytes": len(TEXTS[1])})
    assert take_in(exact)
    assert Store(exact.data).read(ARTICLES)["source_path"].sort().to_list() == ["large.txt", "small.txt"]
    # What the store has is no reject, whatever the limit is now.
    assert not take_in(low)
    drop_files(low, {"large.txt": TEXTS[1] + "other"})
    assert take_in(low)
    assert Store(low.data).read(REJECTS).height == 2
    assert find_broken_laws(low) == []


# --- the cache of hashes ---------------------------------------------------------------------------------------------


def test_a_file_that_is_known_is_not_opened_again(settings: Settings, clock: Clock, opened: list[str]) -> None:
    drop_files(settings, {"a.txt": "one", "b.txt": "two"})
    first = look(settings).files
    assert opened == ["a.txt", "b.txt"]
    opened.clear()
    assert look(settings).files.equals(first)
    assert opened == []
    os.utime(settings.inbox / "a.txt")
    look(settings)
    assert opened == ["a.txt"]
    opened.clear()
    # Same size and time stamps set back: the time of the last change of status gives it away.
    status = (settings.inbox / "b.txt").stat()
    drop_files(settings, {"b.txt": "owt"})
    os.utime(settings.inbox / "b.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert look(settings).files["source_sha256"][1] == hashlib.sha256(b"owt").hexdigest()
    assert opened == ["b.txt"]
    opened.clear()
    (settings.inbox / "a.txt").rename(settings.inbox / "c.txt")
    look(settings)
    assert opened == ["c.txt"]


def test_the_cache_forgets_files_that_left(settings: Settings, clock: Clock, opened: list[str]) -> None:
    drop_files(settings, {"a.txt": "one", "b.txt": "two"})
    look(settings)
    (settings.inbox / "a.txt").rename(settings.inbox.parent / "a.txt")
    look(settings)
    (settings.inbox.parent / "a.txt").rename(settings.inbox / "a.txt")
    opened.clear()
    look(settings)
    assert opened == ["a.txt"]


def test_young_files_are_not_remembered(settings: Settings, clock: Clock, opened: list[str]) -> None:
    """Two changes within one tick of the file system's clock look alike."""
    drop_files(settings, {"a.txt": "one"})
    clock.ahead_ns = 0
    look(settings)
    look(settings)
    assert opened == ["a.txt", "a.txt"]
    clock.ahead_ns = int(60e9)
    # A time stamp in the future says nothing about when the file last changed.
    os.utime(settings.inbox / "a.txt", (time.time() + 3600, time.time() + 3600))
    look(settings)
    opened.clear()
    look(settings)
    assert opened == ["a.txt"]


def test_a_known_cache_is_not_written_again(settings: Settings, clock: Clock) -> None:
    drop_files(settings, {"a.txt": "one"})
    look(settings)
    [cache] = (settings.data / "index").iterdir()
    before = cache.stat()
    look(settings)
    assert (cache.stat().st_ino, cache.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_damaged_cache_is_no_error_and_is_never_believed(
    settings: Settings, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    drop_files(settings, {f"{number}.txt": str(number) for number in range(5)})
    expected = look(settings).files
    [cache] = (settings.data / "index").iterdir()
    whole = cache.read_bytes()
    damaged = [b"", b"PAR1", whole[: len(whole) // 2], whole[:-1], b"\x00" * len(whole), whole + b"x", whole[::-1]]
    # Every stretch of the file is damaged once: data, statistics, schema, footer.
    damaged += [whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :] for place in range(0, len(whole), 16)]
    for content in damaged:
        cache.write_bytes(content)
        assert look(settings).files.equals(expected)
    other = pl.DataFrame({"location": [1], "source_sha256": ["f" * 64]})
    other.write_parquet(cache)
    assert look(settings).files.equals(expected)
    cache.unlink()
    assert look(settings).files.equals(expected)
    assert cache.read_bytes() == whole
