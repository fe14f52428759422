"""What the headers of an e-mail state, as metadata with evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any, Final

from transforms.parse.records import StatedValue

REPLY_PREFIX: Final = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|rv|fwd?|wg|tr|i|enc|doorst)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)
"""What mail programs put in front of a subject in reply or on forwarding, in the languages of Western Europe."""

FORWARD_PREFIX: Final = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw)\s*:\s*)*(?:fwd?|wg|tr|i|enc|rv|doorst)\s*:", re.IGNORECASE
)

PERSON_OF_OUTLET: Final = re.compile(r"^(?P<person>.{3,60}?)(?: (?:from|at|via|of|@|[|–—-]) |, )(?P<outlet>.{2,80})$")
"""A sender such as "Ada Pier from The Quay"."""

PERSON: Final = re.compile(r"^[^\W\d_][\w.'’-]*(?: (?:[a-z]{2,3} )?[^\W\d_][\w.'’-]*){1,3}$")
OUTLET_WORD: Final = re.compile(
    r"\b(?:the|daily|news(?:letters?)?|weekly|times|post|letters?|brief(?:ing)?|digest|team|editors?|magazine|journal|"
    r"review|media|press|info|support|alerts?|hello|zeitung|gazette|herald|today|morning|evening|updates?)\b",
    re.IGNORECASE,
)
BULK_HEADERS: Final = ("List-Id", "List-Unsubscribe", "List-Post")
BULK_PRECEDENCE: Final = frozenset(("bulk", "list"))
ADDRESS: Final = re.compile(r"<?(https?://[^\s<>]+)>?", re.IGNORECASE)


def read_header(message: Message, name: str) -> str:
    """The text of a header, with encoded words decoded where they can be; empty when there is none."""
    value = message.get(name)
    if value is None:
        return ""
    try:
        text = str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):  # what it is encoded in does not exist, or does not fit
        text = str(value)
    return " ".join(text.split())


def is_bulk(message: Message) -> bool:
    """Whether it was sent to a list: a newsletter, not a letter."""
    return (
        any(message.get(name) for name in BULK_HEADERS) or read_header(message, "Precedence").lower() in BULK_PRECEDENCE
    )


def is_forward(message: Message) -> bool:
    """Whether the subject says that it was forwarded."""
    return bool(FORWARD_PREFIX.match(read_header(message, "Subject")))


def state_headers(message: Message) -> Iterator[StatedValue]:
    """What the headers state: title, published_at, authors or outlet, url, emails, language, kind."""
    headers = {name: read_header(message, name) for name in ("From", "Subject", "Date")}
    list_name = read_header(message, "List-Id").partition("<")[0].strip(' "')
    if list_name:
        yield StatedValue("outlet", list_name, "mail.list_id")
    yield from state_fields(headers, "mail", is_bulk=is_bulk(message))
    archived = ADDRESS.search(read_header(message, "Archived-At"))
    if archived:
        yield StatedValue("url", archived[1], "mail.archived_at")
    language = read_header(message, "Content-Language").partition(",")[0]
    if language:
        yield StatedValue("language", language, "mail.content_language")
    if is_bulk(message):
        yield StatedValue("kind", "Newsletter", "mail.list")
    identifier = read_header(message, "Message-ID")
    if identifier:
        yield StatedValue("message_id", identifier, "mail.message_id")


def state_fields(headers: Mapping[str, str], rule: str, *, is_bulk: bool) -> Iterator[StatedValue]:
    """What From, Subject and Date state, whether they are headers or printed in a forwarded message."""
    name, address = _split_sender(headers.get("From", ""))
    yield from _state_sender(name, f"{rule}.from", is_bulk=is_bulk)
    if "@" in address:
        yield StatedValue("emails", address, f"{rule}.from")
    subject = REPLY_PREFIX.sub("", headers.get("Subject", ""))
    if subject:
        yield StatedValue("title", subject, f"{rule}.subject")
    if headers.get("Date"):
        yield StatedValue("published_at", headers["Date"], f"{rule}.date")


def _split_sender(value: Any) -> tuple[str, str]:
    """Name and address of a sender. A name with a comma or an at sign need not be quoted, as people print it."""
    printed = re.match(r"^(?P<name>[^<]*)<(?:mailto:)?(?P<address>[^<>\s]+@[^<>\s]+)>", value)
    name, address = (printed["name"], printed["address"]) if printed else parseaddr(value)
    name = name.strip().strip("\"'").strip()
    return ("" if "@" in name else name), address


def _state_sender(name: str, rule: str, *, is_bulk: bool) -> Iterator[StatedValue]:
    """A list's sender is the outlet, unless the name says who wrote for whom; another one is the author."""
    both = PERSON_OF_OUTLET.match(name)
    if both and PERSON.match(both["person"]) and not OUTLET_WORD.search(both["person"]):
        yield StatedValue("authors", both["person"], rule)
        yield StatedValue("outlet", both["outlet"], rule)
    elif name and (is_bulk or not PERSON.match(name) or OUTLET_WORD.search(name)):
        yield StatedValue("outlet", name, rule)
    elif name:
        yield StatedValue("authors", name, rule)
