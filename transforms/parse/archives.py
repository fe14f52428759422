"""Many files in one: zip and tar archives."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, Final

from transforms.errors import RejectedRecordError
from transforms.parse.parts import CHUNK_BYTES, MAX_PARTS, Budget, LimitError, Part, blame_content

ENTRY_SIGNATURE: Final = b"PK\x01\x02"
"""Opens each entry of the table of contents of a zip archive."""

ENCRYPTED_FLAG: Final = 0x1


def unpack_zip(part: Part, budget: Budget, ignore: Sequence[str]) -> Iterator[Part]:
    """Give the members of a zip archive in the order of its table of contents, without folders and ignored names.

    A member that cannot be unpacked is a part with an error. RejectedRecordError: `damaged` when the table of contents
    cannot be read, and the limits of `budget`.
    """
    entries = part.content.count(ENTRY_SIGNATURE)
    if entries > MAX_PARTS:  # the library would hold them all before the first one could be counted
        raise LimitError("too_many_records", f"It lists {entries:,} members; the limit is {MAX_PARTS:,}.")
    with blame_content("zipfile"):
        archive = zipfile.ZipFile(io.BytesIO(part.content))
        members = archive.infolist()
    for member in members:
        if member.filename.endswith("/") or is_ignored(member.filename, ignore):
            continue
        budget.take_part()
        yield _unpack(part, member.filename, budget, _open_zip_member(archive, member))


def _open_zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    if member.flag_bits & ENCRYPTED_FLAG:
        raise RejectedRecordError("encrypted", f"Its member {member.filename} is.")
    with archive.open(member) as stream:
        yield from _read_pieces(stream)


def unpack_tar(part: Part, budget: Budget, ignore: Sequence[str]) -> Iterator[Part]:
    """Give the plain files of a tar archive in its order, without ignored names; links and devices hold nothing.

    RejectedRecordError: `damaged` when it is cut short or its headers are broken, and the limits of `budget`.
    """
    with blame_content("tarfile"):
        archive = tarfile.open(fileobj=io.BytesIO(part.content), mode="r:")  # noqa: SIM115 - it holds no file
    while True:
        with blame_content("tarfile"):
            member = archive.next()
        if member is None:
            return
        # The library keeps every header that it has read.
        budget.take_part()
        if not member.isfile() or is_ignored(member.name, ignore):
            continue
        if member.offset_data + (0 if member.sparse else member.size) > len(part.content):
            raise RejectedRecordError("damaged", f"It ends within its member {member.name}.")
        yield _unpack(part, member.name, budget, _open_tar_member(archive, member))


def _open_tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    stream = archive.extractfile(member)
    if stream is not None:
        yield from _read_pieces(stream)


def _read_pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def _unpack(part: Part, name: str, budget: Budget, pieces: Iterator[bytes]) -> Part:
    """The member called `name`; one that cannot be unpacked has an error."""
    member = join_member(part.member, name)
    chunks: list[bytes] = []
    try:
        with blame_content("the archive"):
            for chunk in pieces:
                budget.take_bytes(len(chunk))
                chunks.append(chunk)
    except LimitError:
        raise
    except RejectedRecordError as error:
        return Part(member, name, error=error)
    return Part(member, name, b"".join(chunks))


def join_member(holder: str | None, name: str) -> str:
    """The path of a member within the whole file: that of its holder, a slash, and its own."""
    own = name.replace("\\", "/").strip("/").removeprefix("./") or "unnamed"
    return f"{holder}/{own}" if holder else own


def is_ignored(name: str, ignore: Sequence[str]) -> bool:
    """Whether a pattern names this member, or a folder that it lies in; one with a slash is matched with the path."""
    path = PurePosixPath(name.replace("\\", "/"))
    places = [path, *path.parents][: len(path.parts)]
    return any(
        fnmatchcase(str(place) if "/" in pattern else place.name, pattern) for place in places for pattern in ignore
    )
