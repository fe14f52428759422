"""What a file turns out to hold: itself, or the files within it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from transforms.errors import RejectedRecordError
from transforms.parse.records import StatedValue

MAX_PARTS: Final = 50_000
"""Members of one file, all layers together. A mailbox or a web archive of the largest size that is taken in
(max_file_bytes) holds some 5,000; an archive of empty members could hold half a million, each a row of `rejects`."""

MAX_DEPTH: Final = 6
"""Layers of files within files: a web archive, compressed, in a compressed tar archive, in a zip archive, is five."""

CHUNK_BYTES: Final = 1 << 20
"""How much is unpacked at a time: a limit is noticed at most this late."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file within a file, or the file itself.

    `member` is its path within the file, None when the path of the file says it all; `name` is what its ending is read
    from; `media_type` is what its holder says it is, None when the name and the bytes must tell. A part that could not
    be unpacked has an `error`. `stated` is what the holder states of it.
    """

    member: str | None
    name: str
    content: bytes = b""
    media_type: str | None = None
    stated: Sequence[StatedValue] = ()
    error: RejectedRecordError | None = None


class Budget:
    """What may still be unpacked of one file."""

    def __init__(self, max_bytes: int, max_parts: int = MAX_PARTS) -> None:
        """Start with everything left."""
        self.max_bytes, self.max_parts = max_bytes, max_parts
        self._bytes = self._parts = 0

    def take_bytes(self, count: int) -> None:
        """Count bytes unpacked; RejectedRecordError (`unpacks_too_large`) beyond the limit."""
        self._bytes += count
        if self._bytes > self.max_bytes:
            raise LimitError("unpacks_too_large", f"The limit is {self.max_bytes:,} bytes, all its layers together.")

    def take_part(self) -> None:
        """Count a member; RejectedRecordError (`too_many_records`) beyond the limit."""
        self._parts += 1
        if self._parts > self.max_parts:
            raise LimitError("too_many_records", f"The limit is {self.max_parts:,} members.")


class LimitError(RejectedRecordError):
    """A limit on a whole file was passed: nothing of the file is taken in."""


@contextmanager
def blame_content(library: str, code: str = "damaged") -> Iterator[None]:
    """Reject the content that a library cannot take.

    Readers of binary formats meet bytes that somebody else broke, and raise whatever comes of it (KeyError,
    AttributeError, struct.error …). Only calls of the library stand in the block, so that mistakes of ours still end
    the run. Running out of memory is no fault of the content either.
    """
    try:
        yield
    except (RejectedRecordError, MemoryError):
        raise
    except Exception as error:
        message = " ".join(str(error).split())[:300].rstrip(".") or "nothing about it"
        raise RejectedRecordError(code, f"{library} says: {message}.") from error
