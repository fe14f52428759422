"""From a file to the files within it: archives, compressed files, web archives, mailboxes, e-mails with attachments.

A file gives its parts in its own order, so that record numbers, counted over them, depend on nothing but its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from transforms.contracts.parameters import ReadingParameters
from transforms.contracts.vocabulary import CONTAINER_TYPES, MEDIA_TYPES, UNKNOWN_MEDIA_TYPE
from transforms.errors import RejectedRecordError
from transforms.parse.archives import unpack_tar, unpack_zip
from transforms.parse.compressed import DECOMPRESSORS, unpack_compressed
from transforms.parse.mail_parts import has_attachments, unpack_mailbox, unpack_message
from transforms.parse.parts import MAX_DEPTH, Budget, LimitError, Part
from transforms.parse.sniff import sniff_media_type
from transforms.parse.warc import unpack_web_archive

MESSAGE: Final = MEDIA_TYPES[".eml"]


def is_container(media_type: str, content: bytes) -> bool:
    """Whether a file holds others, which are read in its place."""
    return media_type in CONTAINER_TYPES.values() or (media_type == MESSAGE and has_attachments(content))


def unpack_file(whole: Part, parameters: ReadingParameters) -> list[Part]:
    """Give the parts of one file, all layers unpacked; each has a `media_type` or an `error`.

    A member that is damaged, locked, or nested too deeply is a part with an error; so is a file without any member.
    Raises RejectedRecordError when the file itself is damaged or passes a limit: nothing of it is taken in then, since
    what was left out could be anything.
    """
    budget = Budget(parameters.max_unpacked_bytes)
    parts = list(_unpack(whole, budget, parameters.ignore, 0))
    if not parts:
        raise RejectedRecordError("no_documents", "It has no member but folders, links and names that are passed over.")
    return parts


def _unpack(part: Part, budget: Budget, ignore: Sequence[str], depth: int) -> Iterator[Part]:
    """The parts within `part`, or itself when it holds none."""
    media_type = part.media_type or sniff_media_type(part.name, part.content)
    if part.error is not None or not is_container(media_type, part.content):
        yield _finish(part, media_type)
        return
    if depth == MAX_DEPTH:
        error = RejectedRecordError("nested_too_deep", f"The limit is {MAX_DEPTH} layers.")
        yield Part(part.member, part.name, error=error)
        return
    try:
        for inner in _open(part, media_type, budget, ignore):
            if inner.media_type == MESSAGE:  # a message stands for itself; its attachments come beside it
                yield inner
            else:
                yield from _unpack(inner, budget, ignore, depth + 1)
    except LimitError:
        raise
    except RejectedRecordError as error:
        if part.member is None:
            raise
        yield Part(part.member, part.name, error=error)


def _open(part: Part, media_type: str, budget: Budget, ignore: Sequence[str]) -> Iterator[Part]:
    if media_type in DECOMPRESSORS:
        return unpack_compressed(part, media_type, budget)
    if media_type == "application/zip":
        return unpack_zip(part, budget, ignore)
    if media_type == "application/x-tar":
        return unpack_tar(part, budget, ignore)
    if media_type == "application/warc":
        return unpack_web_archive(part, budget)
    if media_type == "application/mbox":
        return unpack_mailbox(part, budget)
    return unpack_message(part, budget)


def _finish(part: Part, media_type: str) -> Part:
    error = part.error
    if error is None and media_type == UNKNOWN_MEDIA_TYPE:
        error = RejectedRecordError("unknown_format", f"Known endings are {', '.join(MEDIA_TYPES)}.")
    return Part(part.member, part.name, part.content, media_type, part.stated, error)
