"""A store in a bucket: taken, changed and given back by one run at a time, and read at any time.

A run works on the mirror of this machine as on any local store, and what it changed there is published at its end:

1. Every new or changed file is uploaded to `work/<generation>/`. Until the next step it is as if there were no run.
2. The lease is replaced, on the condition that it is still ours, by one that holds the journal. This is the commit.
3. What goes is deleted, and each object is copied to its own key, whole, in the order of `order_for_publication`.
   So where rows move to another object, a reader that globs can miss them for a moment, and never sees them twice.
4. The staged objects are deleted, and then the journal is taken out of the lease.

Whoever takes the lease next finishes 3 and 4 when there is a journal, and deletes what is staged without one. A holder
that was asleep and lost the lease can do no harm. Its staged objects are gone before its successor publishes anything,
so its copies fail. It deletes nothing but keys that its own journal names, which no later run writes again, and staging
of its own and older generations. A commit of its own fails, since the lease is another one. What is left is a copy that
the store was asked for before the lease ran out, and carries out after its successor published: a term and a run later.

A reader that globs sees what it would see in a folder: whole objects, old or new, no document twice. Readers of ours
see what is committed: of a publication that is going on they take the staged objects.
"""

import os
import platform
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.bucket import Bucket, Listed
from flows.errors import LeaseLostError, ObjectChangedError, ObjectGoneError, StoreError, StoreLockedError
from flows.lease import WORK, Claim, Journal, Lease, find_stale_staging, name_staging, read_claim, take_lease
from flows.mirror import TRANSFERS, Mirror, is_published
from flows.object_inbox import record_taken, sync_inbox
from flows.publication import StagedFile, order_for_publication
from flows.settings import Settings
from flows.storage import Store, lock_store, remove_folder

LOOKS: Final = 20
"""Times that a reader looks anew when a publication began or ended while it looked."""

PAUSE_SECONDS: Final = 0.2

READING_SECONDS: Final = 15.0
"""Time for which a request of a command that reads is tried again."""


def open_mirror(settings: Settings) -> Mirror:
    """The mirror of the store that the settings name."""
    return Mirror(settings.data.parent)


def open_bucket(settings: Settings, url: str) -> Bucket:
    """A bucket that is waited for as long as a lease on it lasts."""
    return Bucket(url, settings.lease_seconds)


def open_to_read(settings: Settings, url: str) -> Bucket:
    """A bucket for somebody who waits for the answer."""
    return Bucket(url, min(settings.lease_seconds, READING_SECONDS))


# --- changing --------------------------------------------------------------------------------------------------------


@contextmanager
def hold_store(settings: Settings, command: str, *, with_inbox: bool = False) -> Iterator[None]:
    """Make the folders of `settings` stand for its URLs, and publish at the end what was changed in them.

    Does nothing when there is no URL. Raises StoreLockedError when another run holds the store, LeaseLostError when
    this one lost it; then nothing is published. When the block raises, nothing is published either.
    """
    with ExitStack() as stack:
        held = stack.enter_context(_hold_bucket(settings, command)) if settings.data_url else None
        if settings.inbox_url and with_inbox:
            stack.enter_context(_lock_here(settings.inbox.parent, settings.inbox_url, command))
            inbox = open_bucket(settings, settings.inbox_url)
            sync_inbox(settings, inbox)
        yield
        if settings.inbox_url and with_inbox:
            record_taken(settings)
        if held is not None:
            held.publish()


@dataclass(frozen=True)
class _Held:
    """A store in a bucket that this process may change."""

    bucket: Bucket
    mirror: Mirror
    lease: Lease

    def publish(self) -> None:
        """Publish what changed in the mirror; nothing is written when nothing did."""
        changed, gone = self.mirror.list_changes()
        if not changed and not gone:
            return
        self.lease.check()
        # What is uploaded has been put in place here, and with it its content was checked.
        staged = (StagedFile(name, is_replaced, sha256="") for name, is_replaced in changed.items())
        ordered = order_for_publication(staged)
        journal = Journal(name_staging(self.lease.claim.generation), tuple(file.name for file in ordered), tuple(gone))
        with ThreadPoolExecutor(TRANSFERS) as pool:
            list(pool.map(lambda name: self._upload(journal, name), journal.files))
        with _explain("it is not known whether the run was committed: {}. The next run finishes it, or undoes it."):
            self.lease.commit(journal)
        with _explain("the run is committed, but {}. The next run will finish it."):
            finish_publication(self.bucket, self.lease)
        # All is in place. What cannot be asked for now is fetched the next time.
        with suppress(StoreError):
            self.mirror.adopt(changed, list_published(self.bucket.list_objects()))

    def _upload(self, journal: Journal, name: str) -> None:
        self.lease.check()
        self.bucket.upload(self.mirror.store.root / name, f"{journal.folder}/{name}")


@contextmanager
def _explain(what: str) -> Iterator[None]:
    """Say what trouble with the store means at this point."""
    try:
        yield
    except LeaseLostError:
        raise
    except StoreError as error:
        raise StoreError(what.format(str(error).rstrip("."))) from error


@contextmanager
def _hold_bucket(settings: Settings, command: str) -> Iterator[_Held]:
    assert settings.data_url is not None  # noqa: S101
    mirror = open_mirror(settings)
    bucket = open_bucket(settings, settings.data_url)
    with _lock_here(mirror.root, settings.data_url, command):
        holder = f"`winnow {command}` on {platform.node()} (process {os.getpid()})"
        lease = take_lease(
            Bucket(settings.data_url, settings.lease_seconds / 4), holder, mirror.make_id(), settings.lease_seconds
        )
        try:
            recover_publication(bucket, lease)
            mirror.refresh(bucket, list_published(bucket.list_objects()))
            yield _Held(bucket, mirror, lease)
        finally:
            _let_go(lease)


@contextmanager
def _lock_here(folder: Path, url: str, command: str) -> Iterator[None]:
    """Keep two runs of this machine apart, which share `folder`; the lease keeps machines apart."""
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_store(Store(folder), f"`winnow {command}`"))
        except StoreLockedError as error:
            raise StoreLockedError(str(error).replace(str(folder), url)) from None
        yield


def _let_go(lease: Lease) -> None:
    """Give the lease back. With a commit to be finished it runs out, or is taken over from this machine."""
    lease.abandon()
    if not lease.is_committing:
        # What was to be done is done, or what went wrong is on its way to the user: a lease that cannot be given back
        # runs out.
        with suppress(StoreError):
            lease.release()


def recover_publication(bucket: Bucket, lease: Lease) -> None:
    """Finish the publication that an earlier holder committed, and delete what others staged and did not commit."""
    if lease.claim.journal is not None:
        finish_publication(bucket, lease)
    keys = [item.key for item in bucket.list_objects(WORK)]
    if stale := find_stale_staging(keys, lease.claim.generation):
        lease.check()
        bucket.delete(stale)


def finish_publication(bucket: Bucket, lease: Lease) -> None:
    """Put every object of the journal in its place, and take the journal out of the lease.

    Safe to repeat: staged objects are deleted when all are in place, so one that is missing is in place.
    """
    journal = lease.claim.journal
    if journal is None:
        return
    lease.check()
    bucket.delete(journal.gone)
    for name in journal.files:
        lease.check()
        try:
            bucket.copy(f"{journal.folder}/{name}", name)
        except ObjectGoneError:
            _require_object(bucket, name, journal)
    lease.check()
    bucket.delete([item.key for item in bucket.list_objects(journal.folder)])
    lease.settle()


def _require_object(bucket: Bucket, name: str, journal: Journal) -> None:
    try:
        bucket.find(name)
    except ObjectGoneError:
        raise StoreError(
            f"the journal of {bucket.url} names {name}, which is neither staged in {journal.folder} nor in place. "
            "Something else changed the store: restore it from a copy, or delete lease.json when no run is going on "
            "and changes/, then rebuild the store with `winnow backfill --all`, then run again."
        ) from None


def list_published(listed: list[Listed]) -> list[Listed]:
    """Those of the objects under the prefix that are the store."""
    return [item for item in listed if is_published(item.key)]


# --- reading ---------------------------------------------------------------------------------------------------------


@contextmanager
def view_store(settings: Settings) -> Iterator[Settings]:
    """The settings with a folder that shows what is committed in the store, for the time of the block.

    Takes no lease and waits for nobody. The settings as they are when the store is a folder.
    """
    if settings.data_url is None:
        yield settings
        return
    view = make_view(settings)
    try:
        yield settings.model_copy(update={"data": view.root})
    finally:
        remove_folder(view.root)


def make_view(settings: Settings) -> Store:
    """Links to the objects of one moment, fetched as far as they are not here."""
    assert settings.data_url is not None  # noqa: S101
    mirror, bucket = open_mirror(settings), open_to_read(settings, settings.data_url)
    for _ in range(LOOKS):
        before, _item = read_claim(bucket)
        listed = bucket.list_objects()
        after, _item = read_claim(bucket)
        if (before.commits, before.journal) == (after.commits, after.journal):
            try:
                return mirror.make_view(mirror.fetch(bucket, choose_committed(after, listed)))
            except (ObjectGoneError, ObjectChangedError, FileNotFoundError):
                # A publication began, or a run of this machine tidied up.
                pass
        time.sleep(PAUSE_SECONDS)
    raise StoreError(f"{settings.data_name} changed {LOOKS} times while it was looked at. Try again later.")


def choose_committed(claim: Claim, listed: list[Listed]) -> dict[str, Listed]:
    """Key in the store -> the object that says what is committed: the staged one, where it is not in place yet."""
    chosen = {item.key: item for item in list_published(listed)}
    if claim.journal is not None:
        items = {item.key: item for item in listed}
        for name in claim.journal.files:
            staged = items.get(f"{claim.journal.folder}/{name}")
            if staged is not None and is_published(name):
                chosen[name] = staged
        for name in claim.journal.gone:
            chosen.pop(name, None)
    return chosen


def refetch_damaged(settings: Settings) -> list[str]:
    """Look at the content of all that is kept here of the store; names what was damaged, which is fetched again."""
    if settings.data_url is None:
        return []
    bucket = open_to_read(settings, settings.data_url)
    return open_mirror(settings).find_damage(list_published(bucket.list_objects()))


def holds_commit(settings: Settings) -> bool:
    """Whether a publication of the store waits to be finished."""
    if settings.data_url is None:
        return False
    claim, _ = read_claim(open_to_read(settings, settings.data_url))
    return claim.journal is not None
