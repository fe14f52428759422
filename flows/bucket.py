"""One prefix of an object store: listing, reading, writing whole objects, and writing on a condition.

Everything goes through `Bucket.call`, which turns the errors of the library into ours. Keys are relative to the prefix.
obstore (the Python face of Rust's object_store) speaks with S3, Google and Azure; it is imported here, and this module
only where a URL is used. It must not have been used before a process forks.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError, PreconditionError
from obstore.store import from_url

from flows.aws_profile import find_credentials
from flows.errors import InvalidKeyError, ObjectChangedError, ObjectGoneError, StoreError

CONNECT_SECONDS: Final = 10
REQUEST_SECONDS: Final = 300
"""A large object takes its time; one that does not come at all is noticed by the time between two reads."""

INSTANCE_ADDRESS: Final = "169.254.169.254"
"""Where the library asks for credentials last: the host of a virtual machine at Amazon."""

CHUNK_BYTES: Final = 8 << 20
DELETED_TOGETHER: Final = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as the store lists it. `e_tag` changes with the content; `modified_at` is by the clock of the store.

    The answer to a write does not tell `modified_at`; it is null then.
    """

    key: str
    bytes: int
    e_tag: str
    version: str | None
    modified_at: datetime | None

    @classmethod
    def of(cls, meta: Any) -> "Listed":
        """From what the library says of an object."""
        return cls(meta["path"], meta["size"], meta["e_tag"] or "", meta.get("version"), meta["last_modified"])


def _quote(error: Exception) -> str:
    """The first line of what the library says; the rest is for its own developers."""
    return str(error).strip().partition("\n")[0]


class Bucket:
    """The objects under one URL. A request that fails is tried again for `patience_seconds`; then StoreError."""

    def __init__(self, url: str, patience_seconds: float) -> None:
        """Connect when first asked."""
        self.url = url
        more: dict[str, Any] = find_credentials() if url.startswith("s3://") else {}
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or more.get("endpoint", "")
        wait = timedelta(seconds=patience_seconds)
        options: Any = {
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=REQUEST_SECONDS),
            "read_timeout": wait,
            # Whoever names an address without encryption means it.
            "allow_http": endpoint.startswith("http://"),
        }
        retries: Any = {"retry_timeout": wait}
        self._store = self.call("open", "", lambda: from_url(url, client_options=options, retry_config=retries, **more))

    def call(self, action: str, key: str, request: Callable[[], T]) -> T:
        """Send one request; ObjectGoneError, ObjectChangedError, or StoreError for all that is not foreseen."""
        place = f"{self.url}/{key}" if key else self.url
        try:
            return request()
        except FileNotFoundError as error:
            raise ObjectGoneError(f"{place} is not there") from error
        except (PreconditionError, AlreadyExistsError) as error:
            raise ObjectChangedError(f"{place} is not what it was when it was looked at") from error
        except InvalidPathError as error:
            raise InvalidKeyError(
                f"{place} holds a key that cannot be read ({_quote(error)}). Delete or rename that object."
            ) from error
        except (BaseError, ValueError) as error:
            said = _quote(error)
            if INSTANCE_ADDRESS in said:
                said += ". No credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            raise StoreError(f"{action} of {place} failed: {said}") from error

    def list_objects(self, prefix: str = "") -> list[Listed]:
        """Every object below `prefix` (whole parts of a key), sorted by key."""
        found = self.call("listing", prefix, lambda: obstore.list(self._store, prefix or None).collect())
        return sorted(map(Listed.of, found), key=lambda item: item.key)

    def list_tolerantly(self) -> tuple[list[Listed], dict[str, str]]:
        """Every object, but for folders with a key that the library refuses: those, and what is wrong with them.

        The library gives up a whole listing for one such key, so the folders are gone through one by one then.
        InvalidKeyError when the key lies at the top.
        """
        try:
            return self.list_objects(), {}
        except InvalidKeyError:
            found: list[Listed] = []
            faults: dict[str, str] = {}
            self._walk("", found, faults)
            return sorted(found, key=lambda item: item.key), faults

    def _walk(self, folder: str, found: list[Listed], faults: dict[str, str]) -> None:
        level: Any = self.call("listing", folder, lambda: obstore.list_with_delimiter(self._store, folder or None))
        found += map(Listed.of, level["objects"])
        for below in level["common_prefixes"]:
            try:
                self._walk(below, found, faults)
            except InvalidKeyError as error:
                faults[below] = str(error).rstrip(".")

    def find(self, key: str) -> Listed:
        """What the store says of one object."""
        return Listed.of(self.call("asking", key, lambda: obstore.head(self._store, key)))

    def read(self, key: str) -> tuple[bytes, Listed]:
        """A small object, and what the store says of it."""

        def request() -> tuple[bytes, Listed]:
            answer = obstore.get(self._store, key)
            meta = Listed.of(answer.meta)
            return bytes(answer.bytes()), meta

        return self.call("reading", key, request)

    def download(self, item: Listed, place: Path) -> str:
        """Write the object to `place`, on disk to the last byte; returns its SHA-256.

        ObjectChangedError when it is another one by now.
        """

        def request() -> str:
            digest, size = hashlib.sha256(), 0
            options: Any = {"if_match": item.e_tag} if item.e_tag else {}
            with place.open("wb") as sink:
                for chunk in obstore.get(self._store, item.key, options=options).stream(CHUNK_BYTES):
                    digest.update(chunk)
                    size += sink.write(chunk)
                sink.flush()
                os.fsync(sink.fileno())
            if size != item.bytes:
                raise StoreError(f"{self.url}/{item.key} should hold {item.bytes} bytes, and {size} came")
            return digest.hexdigest()

        return self.call("reading", item.key, request)

    def upload(self, place: Path, key: str) -> None:
        """Write a file as an object, whole."""
        self.call("writing", key, lambda: obstore.put(self._store, key, place, chunk_size=CHUNK_BYTES))

    def write(self, key: str, content: bytes) -> None:
        """Write a small object, whatever was there."""
        self.call("writing", key, lambda: obstore.put(self._store, key, content))

    def replace(self, key: str, content: bytes, old: Listed | None) -> Listed:
        """Write a small object in the place of `old` (None: where there is none); ObjectChangedError when it is not.

        The condition is checked by the store, so of two that replace the same object one fails.
        """
        mode: Any = "create"
        if old is not None:
            mode = {"e_tag": old.e_tag} | ({"version": old.version} if old.version else {})
        put = self.call("writing", key, lambda: obstore.put(self._store, key, content, mode=mode))
        return Listed(key, len(content), put["e_tag"] or "", put.get("version"), None)

    def copy(self, key: str, target: str) -> None:
        """Copy an object within the store, whole; ObjectGoneError when it is not there."""
        self.call("copying", key, lambda: obstore.copy(self._store, key, target))

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; fine when they are gone already."""
        for start in range(0, len(keys), DELETED_TOGETHER):
            part = list(keys[start : start + DELETED_TOGETHER])
            self.call("deleting", part[0], lambda part=part: obstore.delete(self._store, part))  # type: ignore[misc]
