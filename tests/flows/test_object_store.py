"""Stores in a bucket keep the laws of those in a folder, on a real S3 server, whatever breaks."""

import itertools
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from flows import remote
from flows.bucket import Bucket
from flows.cli import cli
from flows.errors import LeaseLostError, ObjectChangedError, StoreError, StoreLockedError
from flows.launching import find_nothing_new
from flows.lease import LEASE, take_lease
from flows.settings import Settings
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.disturbed import CUT, KILLS, Fault, start_disturbed
from tests.support.object_store import (
    BUCKET,
    Proxy,
    copy_prefix,
    drop_objects,
    list_tags,
    name_endpoint,
    open_data,
    open_inbox,
    read_as_others_do,
    read_remote_results,
    serve_s3,
    settings_on,
    take_in_remotely,
)
from tests.support.stores import assert_same_results, drop_files, place_of, read_results, settings_for, take_in
from transforms.contracts import ARTICLES, DUPLICATES

SEED = 20261127
KILL_POINTS = 4
TERM_SECONDS = 3.0

WORDS = [make_words(seed, 200) for seed in range(5)]
FIRST: dict[str, str | bytes] = {
    "excerpt.txt": write_paragraphs(WORDS[0][:120]),
    "sub/page.txt": write_paragraphs(WORDS[1]),
    "blank.txt": " ",
}
NEWS: dict[str, str | bytes] = {
    "article.txt": write_paragraphs(WORDS[0]),
    "sub/page.txt": write_paragraphs(WORDS[2]),
    "sub/copy of page.txt": write_other_layout(WORDS[2]),
    "broken.txt": "",
}

names = (f"t{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch, serve_s3(tmp_path_factory.mktemp("s3")) as port:
        for name, value in name_endpoint(port).items():
            patch.setenv(name, value)
        yield port


@pytest.fixture
def settings(server: int, tmp_path: Path) -> Settings:
    """A prefix of the test's own, and a machine that has never seen it."""
    return settings_on(next(names), tmp_path / "cache")


@pytest.fixture(scope="module")
def taken(server: int, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The name of a store that has taken in FIRST, with NEWS in its inbox, and the cache of the machine that did."""
    cache = tmp_path_factory.mktemp("taken")
    made = settings_on("taken", cache)
    drop_objects(made, FIRST)
    assert take_in_remotely(made)
    drop_objects(made, NEWS)
    return "taken", cache


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What a store in a folder says after FIRST and NEWS."""
    local = settings_for(tmp_path_factory.mktemp("local"))
    for files in (FIRST, NEWS):
        drop_files(local, files)
        assert take_in(local)
    return read_results(local)


@pytest.fixture
def before(taken: tuple[str, Path], tmp_path: Path) -> Settings:
    """A copy of `taken`, of the test's own, and a machine that has never seen it."""
    name = next(names)
    copy_prefix(taken[0], name)
    return settings_on(name, tmp_path / "cache")


def on_another_machine(settings: Settings, **more: Any) -> Settings:
    """The same places, seen with another cache."""
    return settings_on(name_of(settings), settings.cache.with_name(f"cache-{next(names)}"), **more)


def name_of(settings: Settings) -> str:
    return str(settings.data_url).removeprefix(f"s3://{BUCKET}/").removesuffix("/corpus")


# --- the laws --------------------------------------------------------------------------------------------------------


def test_the_results_are_those_of_a_folder_and_another_machine_sees_them(
    before: Settings, expected: dict[str, pl.DataFrame]
) -> None:
    assert take_in_remotely(before)
    assert_same_results(read_remote_results(before), expected)
    other = on_another_machine(before)
    assert_same_results(read_remote_results(other), expected)
    assert not any(key.startswith("work/") for key in list_tags(before))
    # The other machine goes on, from the index that the first one published, and the first one after it.
    drop_objects(before, {"late.txt": write_paragraphs(WORDS[3])})
    assert take_in_remotely(other)
    drop_objects(before, {"later.txt": write_paragraphs(WORDS[4])})
    assert take_in_remotely(before)
    with remote.view_store(other) as seen:
        assert place_of(seen)["late.txt"] == place_of(seen)["later.txt"] == "kept"
    assert read_remote_results(before)["articles"].equals(read_remote_results(other)["articles"])


def test_running_again_changes_no_object(before: Settings) -> None:
    assert take_in_remotely(before)
    tags = list_tags(before)
    idle = find_nothing_new(before)
    assert idle is not None
    assert (idle.data, idle.files_seen, idle.files_new) == (before.data_url, 6, 0)
    assert list_tags(before) == tags
    # A machine that knows nothing of this inbox has the record of it, and a run that is forced leaves the lease alone.
    assert find_nothing_new(on_another_machine(before)) is not None
    assert not take_in_remotely(before)
    assert not take_in_remotely(before, "backfill")
    without_lease = {key: tag for key, tag in list_tags(before).items() if key != LEASE}
    assert without_lease == {key: tag for key, tag in tags.items() if key != LEASE}


def test_the_flow_and_the_commands_take_urls(
    prefect_api: None, before: Settings, expected: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.ingest import ingest

    monkeypatch.setenv("WINNOW_CACHE", str(before.cache))
    monkeypatch.setenv("WINNOW_SETTLE_SECONDS", "0")
    summary = ingest(inbox=before.inbox_url, data=before.data_url)
    assert (summary["inbox"], summary["data"], summary["files_new"]) == (before.inbox_url, before.data_url, 4)
    assert_same_results(read_remote_results(before), expected)
    with remote.view_store(before) as seen:
        parameters = pl.read_parquet(seen.data / "runs/v1/*.parquet")["parameters"]
    assert any(f'"data": "{before.data_url}"' in row for row in parameters)

    def call(*words: str) -> str:
        places = ["--inbox", str(before.inbox_url), "--data", str(before.data_url)]
        return CliRunner().invoke(cli, [words[0], *places, *words[1:]], catch_exceptions=False).output

    assert "nothing waits" in call("status")
    assert "stand word for word in article.txt" in call("why", "excerpt.txt")
    assert "Nothing is new" in call("run")
    assert "Every law holds" in call("verify")
    assert "it was 2" in call("compact")
    assert "as compact as can be" in call("compact")
    assert list((before.data.parent / "views").iterdir()) == []
    missing = CliRunner().invoke(cli, ["status", "--data", f"s3://{BUCKET}/nowhere"])
    assert missing.exit_code == 2
    assert f"there is no store in s3://{BUCKET}/nowhere" in missing.output


# --- the inbox -------------------------------------------------------------------------------------------------------


def test_only_what_is_new_is_fetched_and_nothing_of_it_is_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_objects(settings, FIRST)
    assert take_in_remotely(settings)
    drop_objects(settings, NEWS)
    before = on_another_machine(settings)
    fetched: list[str] = []
    download = Bucket.download

    def note(bucket: Bucket, item: Any, place: Path) -> str:
        if bucket.url == before.inbox_url:
            fetched.append(item.key)
        return download(bucket, item, place)

    monkeypatch.setattr(Bucket, "download", note)
    assert take_in_remotely(before)
    # The machine has never seen the store: what the run of another one took in is known by its e-tag.
    assert sorted(fetched) == sorted(NEWS)
    assert list(before.inbox.rglob("*")) == []
    fetched.clear()
    # Written again with the same content, gone, and changed.
    drop_objects(before, {"article.txt": NEWS["article.txt"], "sub/page.txt": write_paragraphs(WORDS[3])})
    open_inbox(before).delete(["excerpt.txt"])
    assert take_in_remotely(before)
    assert fetched == ["sub/page.txt"]
    with remote.view_store(before) as seen:
        assert place_of(seen)["excerpt.txt"] == "excerpt"
        assert place_of(seen)["sub/page.txt"] == "kept"
    # What the store does not hold any more is fetched again.
    raw = [key for key in list_tags(before) if key.startswith("raw/v1/2")]
    open_data(before).delete(raw)
    assert find_nothing_new(before) is None


def test_a_store_in_a_folder_can_have_its_inbox_in_a_bucket(
    settings: Settings, tmp_path: Path, expected: dict[str, pl.DataFrame]
) -> None:
    from flows.settings import load_settings

    mixed = load_settings(inbox=settings.inbox_url, data=tmp_path / "data", cache=settings.cache, settle_seconds=0)
    for files in (FIRST, NEWS):
        drop_objects(settings, files)
        assert find_nothing_new(mixed) is None
        assert take_in_remotely(mixed)
    assert_same_results(read_results(mixed), expected)
    assert find_nothing_new(mixed) is not None


# --- two at once, and leases that are lost ---------------------------------------------------------------------------


def test_a_second_run_is_refused_with_the_name_of_the_first(before: Settings) -> None:
    tags = list_tags(before)
    with remote.hold_store(before, "run"):
        for second in (on_another_machine(before), before):
            with pytest.raises(StoreLockedError, match=r"is in use by `winnow run`.*\(process \d+\)"):
                take_in_remotely(second, "backfill")
        # Reading waits for nobody.
        with remote.view_store(on_another_machine(before)) as seen:
            assert set(place_of(seen)) == set(FIRST)
    assert set(list_tags(before)) == set(tags)
    assert take_in_remotely(on_another_machine(before))


def lose(lease: Any, seconds: float = TERM_SECONDS) -> None:
    """Be paused for longer than the term of the lease, as a machine that sleeps is."""
    lease._stop.set()
    lease._thread.join()
    time.sleep(seconds + 2.5)


def test_a_run_that_lost_its_lease_publishes_nothing(before: Settings, expected: dict[str, pl.DataFrame]) -> None:
    paused = on_another_machine(before, lease_seconds=TERM_SECONDS)
    hold = remote._hold_bucket(paused, "run")
    held = hold.__enter__()
    (paused.data / "README.md").unlink()
    (paused.data / "README.md").write_text("of the run that was paused")
    lose(held.lease)
    assert take_in_remotely(before)
    tags = list_tags(before)
    with pytest.raises(LeaseLostError):
        held.publish()
    # And if its clock had stood still with it: what it staged is refused at the commit.
    held.lease.check = lambda: None  # type: ignore[method-assign]
    with pytest.raises(LeaseLostError, match=r"took .* over, which nobody holds now"):
        held.publish()
    with suppress(StoreError):
        hold.__exit__(LeaseLostError, LeaseLostError("lost"), None)
    assert {key: tag for key, tag in list_tags(before).items() if not key.startswith("work/")} == tags
    assert_same_results(read_remote_results(before), expected)
    drop_objects(before, {"late.txt": write_paragraphs(WORDS[3])})
    assert take_in_remotely(before)
    assert not any(key.startswith("work/") for key in list_tags(before))


def test_a_run_that_wakes_up_within_its_publication_does_no_harm(
    before: Settings, expected: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = on_another_machine(before, lease_seconds=TERM_SECONDS)
    copies = itertools.count()
    copy, take = Bucket.copy, take_lease
    leases: list[Any] = []
    after: dict[str, str] = {}

    def take_and_tell(*words: Any) -> Any:
        leases.append(take(*words))
        return leases[-1]

    def copy_and_sleep(bucket: Bucket, key: str, target: str) -> None:
        if next(copies) == 3:
            # Another machine finishes this publication, and publishes one of its own over it.
            monkeypatch.setattr(Bucket, "copy", copy)
            lose(leases[0])
            drop_objects(before, {"sub/page.txt": write_paragraphs(WORDS[3]), "late.txt": write_paragraphs(WORDS[4])})
            assert take_in_remotely(before)
            after.update(list_tags(before))
            # It wakes up, and its clock has stood still with it.
            monkeypatch.setattr("flows.lease.Lease.check", lambda lease: None)
        copy(bucket, key, target)

    monkeypatch.setattr(Bucket, "copy", copy_and_sleep)
    monkeypatch.setattr(remote, "take_lease", take_and_tell)
    with pytest.raises(LeaseLostError):
        take_in_remotely(paused)
    assert after
    assert list_tags(before) == after


# --- crashes ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def requests(taken: tuple[str, Path], server: int, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The requests of the run that takes NEWS in, when nothing happens to it."""
    folder = tmp_path_factory.mktemp("requests")
    name = next(names)
    copy_prefix(taken[0], name)
    log = folder / "log"
    process = start_disturbed("run", {"name": name, "cache": folder}, name_endpoint(server), Fault("nothing", -1), log)
    process.join()
    assert process.exitcode == 0
    return log.read_text().splitlines()


def assert_readable(settings: Settings) -> None:
    """What others see before anything is mended: whole files, and no document twice."""
    articles = read_as_others_do(settings, ARTICLES)
    assert articles["document_id"].is_duplicated().any() is False
    assert ARTICLES.find_schema_differences(articles.schema) == []
    read_as_others_do(settings, DUPLICATES)


def test_the_requests_of_a_run_are_those_of_its_publication(requests: list[str]) -> None:
    uploads = [line for line in requests if line.startswith("writing work/")]
    copies = [line for line in requests if line.startswith("copying work/")]
    assert len(uploads) == len(copies) > 8
    commit = max(number for number, line in enumerate(requests) if line in uploads) + 1
    assert requests[commit] == f"writing {LEASE}"
    assert requests[commit + 1] == copies[0]


@pytest.mark.parametrize("number", range(KILL_POINTS))
def test_a_run_that_is_killed_at_a_request_is_finished_or_undone(
    number: int, before: Settings, requests: list[str], expected: dict[str, pl.DataFrame], server: int, tmp_path: Path
) -> None:
    source = random.Random(SEED + number)
    commit = 1 + max(at for at, line in enumerate(requests) if line.startswith("writing work/"))
    # Half of them within the publication: a few requests before its commit, and those after it.
    at = source.randrange(commit - 5, len(requests)) if number % 2 else source.randrange(len(requests))
    fault = Fault(KILLS[number % 3], at, source.uniform(0, 0.01))
    same_machine = {"name": name_of(before), "cache": before.cache, "lease_seconds": TERM_SECONDS}
    process = start_disturbed("run", same_machine, name_endpoint(server), fault, tmp_path / "log")
    process.join()
    assert process.exitcode == -9
    assert_readable(before)
    # This machine knows that the run is dead; another one waits for its lease.
    next_settings = before if number % 3 else on_another_machine(before)
    take_in_when_free(next_settings)
    assert_same_results(read_remote_results(before), expected)
    assert not any(key.startswith("work/") for key in list_tags(before))


def take_in_when_free(settings: Settings) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            take_in_remotely(settings)
        except StoreLockedError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return


@pytest.mark.parametrize("share", [0.8])
def test_a_run_whose_line_breaks_says_so_and_is_finished_or_undone(
    share: float,
    before: Settings,
    requests: list[str],
    expected: dict[str, pl.DataFrame],
    server: int,
    tmp_path: Path,
) -> None:
    fault = Fault(CUT, int(len(requests) * share))
    where = {"name": name_of(before), "cache": before.cache, "lease_seconds": TERM_SECONDS}
    with closing(Proxy(server)) as proxy:
        process = start_disturbed("run", where, name_endpoint(proxy.port), fault, tmp_path / "log", proxy.control)
        process.join()
    assert process.exitcode == 1
    assert_readable(before)
    take_in_when_free(before)
    assert_same_results(read_remote_results(before), expected)


def test_readers_see_every_moment_of_publications_whole(before: Settings, tmp_path: Path) -> None:
    """A reader with a plain glob and one of ours look after each step of a publication."""
    other = on_another_machine(before)
    moments: list[tuple[frozenset[str], frozenset[str]]] = []
    call = Bucket.call

    def look(bucket: Bucket, action: str, key: str, request: Any) -> Any:
        answer = call(bucket, action, key, request)
        if action == "copying" or (action == "writing" and key == LEASE) or action == "deleting":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Bucket, "call", call)
                articles = read_as_others_do(before, ARTICLES)
                assert not articles["document_id"].is_duplicated().any()
                # An excerpt is never to be seen beside its article.
                assert not {"excerpt.txt", "article.txt"} <= set(articles["source_path"])
                with remote.view_store(other) as seen:
                    ours = pl.read_parquet(seen.data / ARTICLES.folder / "*.parquet")
                moments.append((frozenset(articles["source_path"]), frozenset(ours["source_path"])))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bucket, "call", look)
        patch.setattr("flows.lease.Lease._keep", lambda lease: None)
        assert take_in_remotely(before)
    # What ours see changes once, from all old to all new; the plain glob sees moments between.
    ours = [seen for _, seen in moments]
    assert len(set(ours)) == 2
    assert ours == sorted(ours, key=lambda seen: seen != ours[0])
    assert len({seen for seen, _ in moments}) > 2


# --- what is kept here -----------------------------------------------------------------------------------------------


def test_damage_to_what_is_kept_here_is_found_and_fetched_again(before: Settings) -> None:
    with remote.view_store(before) as seen:
        results = read_results(seen)
    objects = before.data.parent / "objects"

    def find_largest() -> Path:
        return max(objects.iterdir(), key=lambda path: path.stat().st_size)

    for damage in (b"", b"x" * find_largest().stat().st_size):
        find_largest().write_bytes(damage)
        with remote.view_store(before) as seen:
            assert_same_results(read_results(seen), results)
    # Damage that size and time do not show is found by reading everything.
    largest = find_largest()
    status = largest.stat()
    largest.write_bytes(b"x" * status.st_size)
    os.utime(largest, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert len(remote.refetch_damaged(before)) == 1
    with remote.view_store(before) as seen:
        assert_same_results(read_results(seen), results)


def test_what_was_left_in_the_working_copy_is_not_believed(before: Settings, expected: dict[str, pl.DataFrame]) -> None:
    assert take_in_remotely(before)
    tags = list_tags(before)
    store = before.data
    (store / "work" / "r1" / "publish").mkdir(parents=True)
    (store / "work" / "r1" / "journal.json").write_text('{"run_id": "r1", "files": []}')
    held = next((store / ARTICLES.folder).glob("2*.parquet"))
    shutil.copy(held, store / ARTICLES.folder / "more.parquet")
    held.unlink()
    assert not take_in_remotely(before)
    assert held.exists()
    assert not (store / ARTICLES.folder / "more.parquet").exists()
    assert {key: tag for key, tag in list_tags(before).items() if key != LEASE} == {
        key: tag for key, tag in tags.items() if key != LEASE
    }


# --- the bucket ------------------------------------------------------------------------------------------------------


def test_of_two_that_write_on_a_condition_one_fails(settings: Settings) -> None:
    bucket = open_data(settings)
    first = bucket.replace("x", b"1", None)
    with pytest.raises(ObjectChangedError):
        bucket.replace("x", b"2", None)
    bucket.replace("x", b"3", first)
    with pytest.raises(ObjectChangedError):
        bucket.replace("x", b"4", first)
    assert bucket.read("x")[0] == b"3"


def test_a_lease_that_something_else_wrote_stops_the_run(settings: Settings) -> None:
    open_data(settings).write(LEASE, b"[]")
    with pytest.raises(StoreError, match=r"lease\.json cannot be read"):
        take_in_remotely(settings)


def test_a_store_that_cannot_be_reached_is_named(tmp_path: Path, server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    lost = settings_on("lost", tmp_path, lease_seconds=1)
    with pytest.raises(StoreError, match=f"s3://{BUCKET}/lost/corpus"):
        take_in_remotely(lost)
