"""Who may change an object store: one object, `lease.json`, that is only ever replaced on the condition of its e-tag.

It says who holds the store, by which generation (the number of times it was taken), and, from the commit of a
publication until its end, the journal: what is staged and where it belongs. So the commit is one conditional write, and
only the holder can do it.

Nobody compares clocks of two machines. The holder renews the lease a few times in its term, and counts the term from
before its last renewal was sent, by a clock of its own that never stands still. Whoever finds it held asks the store,
which says when the lease was last written, and what time it is at a write of now. The lease is taken over when more
than the term lies between. A holder that was asleep notices by its clock; one that does not fails at its next
conditional write.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from flows.bucket import Bucket, Listed
from flows.errors import LeaseLostError, ObjectChangedError, ObjectGoneError, StoreError, StoreLockedError

LEASE: Final = "lease.json"
WORK: Final = "work"

RENEWALS: Final = 4
"""Times that a lease is renewed in its term, when nothing is in the way."""

RENEWING: Final = "winnow-lease"
"""Name of the thread that does it."""

SURE_SHARE: Final = 0.75
"""Share of its term for which a holder takes the lease for its own: others wait for all of it, and a second more."""

CLOCK_STEP_SECONDS: Final = 1.0
"""Stores give times in whole seconds."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A committed publication: the folder with its objects, their keys in order, and the keys that go."""

    folder: str
    files: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the lease object says. `holder` is null when nobody has the store; `commits` counts publications."""

    generation: int
    holder: str | None
    mirror: str | None
    seconds: float
    commits: int
    journal: Journal | None
    nonce: str

    def to_bytes(self) -> bytes:
        """As it stands in the store."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Claim":
        """Read what `to_bytes` wrote; ValueError, KeyError or TypeError when it is something else."""
        said: dict[str, Any] = json.loads(content)
        journal = said.pop("journal")
        if journal is not None:
            journal = Journal(journal["folder"], tuple(journal["files"]), tuple(journal["gone"]))
        return cls(**said, journal=journal)


NOBODY: Final = Claim(0, None, None, 0, 0, None, "")


def read_claim(bucket: Bucket) -> tuple[Claim, Listed | None]:
    """What the lease says, and the object that says it; NOBODY and None in a prefix where no run has been."""
    try:
        content, item = bucket.read(LEASE)
    except ObjectGoneError:
        return NOBODY, None
    try:
        return Claim.from_bytes(content), item
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{bucket.url}/{LEASE} cannot be read: {error}. Something else wrote it; when no run is going on, delete it"
        ) from error


def read_clock() -> float:
    """Seconds by a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """A store held by this process. Made by `take_lease`; a thread renews it until `release` or `abandon`."""

    def __init__(self, bucket: Bucket, claim: Claim, item: Listed, sent_at: float) -> None:
        """Take what was just written in the store for the lease."""
        self._bucket = bucket
        self._claim, self._item, self._sent_at = claim, item, sent_at
        self.is_committing = claim.journal is not None
        """Whether the store holds a journal of ours, or may hold one by now."""
        self._nonces = {claim.nonce}
        self._lock = threading.Lock()
        self._loss: StoreError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=RENEWING, daemon=True)
        self._thread.start()

    @property
    def claim(self) -> Claim:
        """What the store says, as far as we know."""
        return self._claim

    def check(self) -> None:
        """LeaseLostError when another machine has the store, or may have it by now."""
        if self._loss is not None:
            raise self._loss
        if read_clock() - self._sent_at > self._claim.seconds * SURE_SHARE:
            raise LeaseLostError(
                f"the lease on {self._bucket.url} could not be renewed for {self._claim.seconds * SURE_SHARE:.0f} "
                "seconds, so another machine may hold the store by now. Run again"
            )

    def commit(self, journal: Journal) -> None:
        """Write the journal: from here on the publication will be finished, whatever happens to this process."""
        self.is_committing = True
        self._write(lambda claim: replace(claim, journal=journal, commits=claim.commits + 1))

    def settle(self) -> None:
        """Say that the publication is finished."""
        self._write(lambda claim: replace(claim, journal=None))
        self.is_committing = False

    def release(self) -> None:
        """Let others have the store."""
        self.abandon()
        self._write(lambda claim: replace(claim, holder=None, mirror=None))

    def abandon(self) -> None:
        """Stop renewing. The lease runs out by itself; what is in its journal is finished by the next holder."""
        self._stop.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stop.wait(self._claim.seconds / RENEWALS):
            try:
                self._write(lambda claim: claim)
            except LeaseLostError:
                return
            except StoreError:
                # A store that does not answer may do so the next time; `check` knows how long that may last.
                continue

    def _write(self, change: Callable[[Claim], Claim]) -> None:
        with self._lock:
            self.check()
            try:
                self._replace(change)
            except ObjectChangedError:
                # What stands there is an older word of ours that came late.
                self._replace(change)

    def _replace(self, change: Callable[[Claim], Claim]) -> None:
        claim = replace(change(self._claim), nonce=secrets.token_hex(8))
        self._nonces.add(claim.nonce)
        sent_at = read_clock()
        try:
            item = self._bucket.replace(LEASE, claim.to_bytes(), self._item)
        except StoreError as error:
            item = self._find_out(claim, error)
        self._claim, self._item, self._sent_at = claim, item, sent_at

    def _find_out(self, claim: Claim, error: StoreError) -> Listed:
        """Whether a write that failed was done nevertheless: an answer can be lost, and the library asks again.

        Returns the object when it was. Else raises `error`, or LeaseLostError when another one has the store.
        """
        found, item = read_claim(self._bucket)
        if item is not None and found.nonce == claim.nonce:
            return item
        if item is not None and found.nonce in self._nonces:
            self._claim, self._item = found, item
            raise error
        self._loss = LeaseLostError(
            f"another machine took {self._bucket.url} over, which {found.holder or 'nobody'} holds now. Run again"
        )
        raise self._loss from error


def take_lease(bucket: Bucket, holder: str, mirror: str, seconds: float) -> Lease:
    """Take the store for this process; StoreLockedError names the holder when another one has it.

    `mirror` names the folder of this machine that stands for the store, and is locked: a holder with the same one is
    dead, and is not waited for.
    """
    found, item = read_claim(bucket)
    is_free = item is None or found.holder is None or found.mirror == mirror
    if item is not None and not is_free and not _has_run_out(bucket, found, item):
        raise StoreLockedError(
            f"{bucket.url} is in use by {found.holder}. Nothing was done; run again when it has ended. (If it died, "
            f"the store is free {found.seconds:.0f} seconds after its last sign of life.)"
        )
    claim = replace(
        found,
        generation=found.generation + 1,
        holder=holder,
        mirror=mirror,
        seconds=seconds,
        nonce=secrets.token_hex(8),
    )
    sent_at = read_clock()
    try:
        taken = bucket.replace(LEASE, claim.to_bytes(), item)
    except StoreError as error:
        now, taken_item = read_claim(bucket)
        if taken_item is None or now.nonce != claim.nonce:
            if isinstance(error, ObjectChangedError):
                raise StoreLockedError(
                    f"{bucket.url} is in use by {now.holder or 'another process'}, which was quicker. Nothing was "
                    "done; run again when it has ended."
                ) from error
            raise
        taken = taken_item
    return Lease(bucket, claim, taken, sent_at)


def _has_run_out(bucket: Bucket, claim: Claim, item: Listed) -> bool:
    """Whether a lease was not renewed for its term, all by the clock of the store."""
    key = f"{WORK}/clock-{secrets.token_hex(8)}"
    bucket.write(key, b"")
    try:
        now = bucket.find(key).modified_at
    finally:
        bucket.delete([key])
    if now is None or item.modified_at is None:
        return False
    return (now - item.modified_at).total_seconds() > claim.seconds + CLOCK_STEP_SECONDS


def name_staging(generation: int) -> str:
    """Where the holder of this generation stages what it publishes."""
    return f"{WORK}/{generation:012d}"


def find_stale_staging(keys: list[str], generation: int) -> list[str]:
    """Keys below `work/` that no living holder needs: those of older generations, and what is no staging at all.

    Never those of this generation or a newer one: whoever was asleep and does not know yet that it lost the lease must
    not delete what its successor staged.
    """
    stale = []
    for key in keys:
        number = key.split("/")[1] if key.startswith(f"{WORK}/") else ""
        if number and not (number.isdigit() and int(number) >= generation):
            stale.append(key)
    return stale
