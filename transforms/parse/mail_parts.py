"""The parts of e-mails: what is the text of a message, what is attached to it, and the messages of a mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Final

from transforms.contracts.vocabulary import CONTAINER_TYPES, MEDIA_TYPES, UNKNOWN_MEDIA_TYPE
from transforms.errors import RejectedRecordError
from transforms.parse.archives import join_member
from transforms.parse.mail_headers import read_header
from transforms.parse.parts import Budget, Part, blame_content
from transforms.parse.sniff import sniff_media_type

SEPARATOR: Final = re.compile(rb"^From [^\r\n]*\r?\n", re.MULTILINE)
"""Opens each message of a mailbox, after an empty line (RFC 4155)."""

ESCAPED_SEPARATOR: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
HEADER_START: Final = re.compile(rb"[!-9;-~]{1,70}:|[ \t]|\r?\n")

TEXT_TYPES: Final = ("text/plain", "text/html")
FORWARDED: Final = "message/rfc822"

NO_ARTICLE: Final = re.compile(
    r"(?:image|audio|video|font)/|text/(?:calendar|css|x-amp-html|vcard|x-vcard|rfc822-headers)|message/|multipart/|"
    r"application/(?:pgp-|(?:x-)?pkcs7|ics|ms-tnef|vnd\.ms-tnef)"
)
"""Content types of parts in which nobody looks for an article: pictures, signatures, invitations, receipts."""

READ_TYPES: Final = frozenset((*MEDIA_TYPES.values(), *CONTAINER_TYPES.values()))


def parse_mail(content: bytes) -> Message:
    """Parse the headers and the parts of a message. RejectedRecordError (`damaged`) where the library gives up."""
    with blame_content("email"):
        return message_from_bytes(content)


def unpack_mailbox(part: Part, budget: Budget) -> Iterator[Part]:
    """Give the messages of a mailbox, in order. RejectedRecordError (`damaged`) when it does not open like one.

    Messages have no names: their record numbers say which one each is.
    """
    content = part.content
    starts = [match for match in SEPARATOR.finditer(content) if _opens_message(content, match)]
    if not starts or content[: starts[0].start()].strip():
        raise RejectedRecordError("damaged", "No line that starts with From and a space opens it.")
    ends = [*(match.start() for match in starts[1:]), len(content)]
    for start, end in zip(starts, ends, strict=True):
        budget.take_part()
        message = ESCAPED_SEPARATOR.sub(rb"\1", content[start.end() : end])
        yield Part(part.member, "message.eml", message, error=None if message.strip() else _say_empty())


def _opens_message(content: bytes, match: re.Match[bytes]) -> bool:
    """Whether a line that starts with From follows an empty line, and a header follows it."""
    before = content[max(0, match.start() - 2) : match.start()]
    return (not before or before.endswith((b"\n\n", b"\r\n")) or before == b"\n") and bool(
        HEADER_START.match(content, match.end())
    )


def _say_empty() -> RejectedRecordError:
    return RejectedRecordError("whitespace_only", "The message has neither headers nor text.")


def has_attachments(content: bytes) -> bool:
    """Whether a message has attachments that are documents, or could be."""
    if b"multipart/" not in content.lower():
        return False
    try:
        message = parse_mail(content)
        return next(_list_attachments(message), None) is not None
    except RejectedRecordError:  # reading it will say so
        return False


def unpack_message(part: Part, budget: Budget) -> Iterator[Part]:
    """Give the message itself, then its attachments: each is a document of its own.

    Pictures, signatures and invitations are passed over; what has no reader is rejected as it would be in the inbox.
    """
    yield Part(part.member, part.name, part.content, MEDIA_TYPES[".eml"], part.stated)
    for number, attached in enumerate(_list_attachments(parse_mail(part.content)), start=1):
        budget.take_part()
        name = read_filename(attached) or f"attachment-{number}"
        member = join_member(part.member, name)
        with blame_content("email"):
            content = _read_payload(attached)
        budget.take_bytes(len(content))
        media_type = _find_attached_type(name, attached, content)
        error = None if content else RejectedRecordError("empty", "Nothing is in the attachment.")
        if media_type == UNKNOWN_MEDIA_TYPE:
            error = RejectedRecordError("unknown_format", f"Its content type is {attached.get_content_type()}.")
        yield Part(member, name, content, None if media_type in CONTAINER_TYPES.values() else media_type, error=error)


def _read_payload(attached: Message) -> bytes:
    """The bytes of an attachment; an attached message is written out again."""
    if attached.get_content_type() == FORWARDED:
        inner = attached.get_payload(0)
        return inner.as_bytes() if isinstance(inner, Message) else b""
    payload = attached.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _find_attached_type(name: str, attached: Message, content: bytes) -> str:
    """What an attachment is: its name and bytes tell, or else its content type."""
    if attached.get_content_type() == FORWARDED:
        return MEDIA_TYPES[".eml"]
    media_type = sniff_media_type(name, content)
    declared = attached.get_content_type()
    return declared if media_type == UNKNOWN_MEDIA_TYPE and declared in READ_TYPES else media_type


def read_filename(part: Message) -> str:
    """The name of an attachment, without folders; empty when it has none."""
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError, AttributeError):  # its encoding does not exist, or does not fit
        name = ""
    holder: Message = Message()
    holder["Name"] = name.replace("\r", " ").replace("\n", " ")
    return read_header(holder, "Name").replace("\\", "/").rsplit("/", 1)[-1]


def is_attached(part: Message) -> bool:
    """Whether a part is meant to be saved, not shown."""
    return part.get_content_disposition() == "attachment" or (
        bool(read_filename(part)) and part.get_content_type() not in (*TEXT_TYPES, FORWARDED)
    )


def _list_attachments(message: Message) -> Iterator[Message]:
    """Parts that are documents of their own, or could be: attachments, and messages within when there are several."""
    forwarded = list(list_forwarded(message))
    if len(forwarded) > 1:
        yield from forwarded
    yield from (part for part in _walk(message) if _may_hold_article(part) and part.get_content_type() != FORWARDED)


def _may_hold_article(part: Message) -> bool:
    if part.is_multipart():
        return False
    kind = part.get_content_type()
    return not NO_ARTICLE.match(kind) and (is_attached(part) or kind not in TEXT_TYPES)


def list_forwarded(message: Message) -> Iterator[Message]:
    """The messages that a message has as parts."""
    return (part for part in _walk(message) if part.get_content_type() == FORWARDED and part.is_multipart())


def _walk(message: Message) -> Iterator[Message]:
    """Every part of a message in order, without those of the messages within it."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        if part.is_multipart() and (part is message or part.get_content_type() != FORWARDED):
            inner = part.get_payload()
            items = inner if isinstance(inner, list) else []
            waiting.extend(item for item in reversed(items) if isinstance(item, Message))


def list_texts(message: Message) -> Iterator[Message]:
    """The parts that make the text of a message, in order: of alternatives the page, or else the plain text."""
    kind = message.get_content_type()
    # Asked of a part without parts, the library decodes the text, in whatever encoding it names.
    inner = message.get_payload() if message.is_multipart() else None
    if not isinstance(inner, list):
        # What says that it has parts and has none is a text.
        if (kind in TEXT_TYPES or kind.startswith("multipart/")) and not is_attached(message):
            yield message
        return
    children = [child for child in inner if isinstance(child, Message)]
    if kind == FORWARDED:
        return
    if kind == "multipart/alternative":
        choices = [list(list_texts(child)) for child in children]
        pages = [choice for choice in choices if any(part.get_content_type() == "text/html" for part in choice)]
        yield from (pages or [choice for choice in choices if choice] or [[]])[0]
        return
    for child in children:
        yield from list_texts(child)
