"""E-mails: the page or else the plain text of a message; headers as metadata; quotations and forwarded messages told.

- What a message quotes (lines that start with `>`, and the line that says who wrote them) is hinted as `quote`.
- A forwarded message is what the document is: its headers are stated, whether they are printed in the text or those of
  an attached message, and those of the mail that brought it are not. What was written above it is a `comment` when it
  is short; a longer text is left to cleaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from typing import Final

import polars as pl

from transforms.parse.decode import decode_bytes
from transforms.parse.html import parse_html
from transforms.parse.mail_headers import is_forward, state_fields, state_headers
from transforms.parse.mail_parts import list_forwarded, list_texts, parse_mail
from transforms.parse.parts import blame_content
from transforms.parse.records import ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

MAX_FORWARDS: Final = 5
"""Messages within messages that are followed."""

NOTE_WORDS: Final = 60
"""What stands above a forwarded message is a note of who forwarded it up to this length; longer, it is a text."""

FORWARD_LINE: Final = re.compile(
    r"^(?:[-_=\s]{2,}\s*(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|"
    r"messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada)\b.*|begin forwarded message\s?:|"
    r"anfang der weitergeleiteten nachricht\s?:|début du message réexpédié\s?:|inicio del mensaje reenviado\s?:)$",
    re.IGNORECASE,
)
ORIGINAL_LINE: Final = re.compile(
    r"^[-_=\s]{2,}\s*(?:original message|ursprüngliche nachricht|message d['’]origine|mensaje original|"
    r"messaggio originale|oorspronkelijk bericht)\b.*$",
    re.IGNORECASE,
)
PRINTED_HEADER: Final = re.compile(
    r"^\*?(?P<name>from|von|de|da|van|date|sent|datum|gesendet|envoyé|enviado(?: el)?|fecha|data|inviato|verzonden|"
    r"subject|betreff|objet|asunto|oggetto|onderwerp|assunto|to|an|à|para|a|aan|cc|kopie|reply-to|antwort an)"
    r"\s?:\*?\s+(?P<value>\S.*)$",
    re.IGNORECASE,
)
HEADER_NAMES: Final = {
    **dict.fromkeys(("from", "von", "de", "da", "van"), "From"),
    **dict.fromkeys(
        (
            "date",
            "sent",
            "datum",
            "gesendet",
            "envoyé",
            "enviado",
            "enviado el",
            "fecha",
            "data",
            "inviato",
            "verzonden",
        ),
        "Date",
    ),
    **dict.fromkeys(("subject", "betreff", "objet", "asunto", "oggetto", "onderwerp", "assunto"), "Subject"),
}
HEADER_KINDS: Final = {"From": "byline", "Date": "dateline", "Subject": "title"}

ATTRIBUTION: Final = re.compile(
    r"^(?:on\b.{6,200}\bwrote|am\b.{6,200}\bschrieb\b.{0,120}|le\b.{6,200}\ba écrit|el\b.{6,200}\bescribió|"
    r"il\b.{6,200}\bha scritto|op\b.{6,200}\bschreef\b.{0,120})\s?:$",
    re.IGNORECASE,
)
ATTRIBUTION_END: Final = re.compile(r"(?:wrote|a écrit|escribió|ha scritto)\s?:$", re.IGNORECASE)
QUOTE_MARK: Final = re.compile(r"^\s*(?:>\s?)+")


def read_mail(files: pl.DataFrame) -> ReadRecords:
    """Read e-mails: one record each. Attachments are unpacked before (mail_parts.py)."""
    return read_each(files, parse_message)


def parse_message(content: bytes) -> list[ParsedRecord]:
    """Parse one e-mail: one record, without lines where it has no text.

    Raises RejectedRecordError: `damaged`, or what its text is rejected for (`binary`, `undecodable`, `unparsable`).
    """
    lines, stated = _read_message(parse_mail(content), MAX_FORWARDS)
    return [ParsedRecord(lines, stated)]


def _read_message(message: Message, forwards_left: int) -> tuple[list[ParsedLine], list[StatedValue]]:
    lines: list[ParsedLine] = []
    from_text: list[StatedValue] = []
    for part in list_texts(message):
        read = _read_text(part)
        lines += read.lines
        from_text += read.stated
    forwarded = list(list_forwarded(message))
    if len(forwarded) == 1 and forwards_left:
        inner = forwarded[0].get_payload(0)
        if isinstance(inner, Message):
            inner_lines, inner_stated = _read_message(inner, forwards_left - 1)
            return [*_mark_note(lines), *inner_lines], inner_stated
    lines, printed = _mark_lines(lines, is_forward=is_forward(message))
    return lines, [*(printed or state_headers(message)), *_keep_own(from_text)]


def _keep_own(stated: Sequence[StatedValue]) -> Iterator[StatedValue]:
    """What the markup of the page states; the headers come first, and the title of a mail's page says little."""
    return (value for value in stated if value.rule != "html.title")


def _read_text(part: Message) -> ParsedRecord:
    with blame_content("email"):
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset()
        is_flowed = str(part.get_param("format") or "").lower() == "flowed"
    content = payload if isinstance(payload, bytes) else b""
    if not content.strip():
        return ParsedRecord(lines=())
    text = decode_bytes(content, charset)
    if part.get_content_type() == "text/html":
        # A byte order mark, because what the page itself says of its encoding is no longer true.
        return parse_html(b"\xef\xbb\xbf" + text.encode("utf-8", "surrogatepass"))[0]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return ParsedRecord([ParsedLine(line) for line in (_unwrap(lines) if is_flowed else lines)])


def _unwrap(lines: Sequence[str]) -> Iterator[str]:
    """Join the lines of `format=flowed` (RFC 3676): one that ends in a space goes on in the next one."""
    held = ""
    for line in lines:
        held += line
        if line.endswith(" ") and line != "-- " and not line.startswith(">"):
            continue
        yield held
        held = ""
    if held:
        yield held


def _mark_note(lines: Sequence[ParsedLine]) -> list[ParsedLine]:
    """Tell that lines are a note on what is forwarded below them, when they are short."""
    if sum(len(line.text.split()) for line in lines) > NOTE_WORDS:
        return list(lines)
    return [line._replace(hint="comment", hint_rule="mail.forwarding_note") for line in lines]


def _mark_lines(lines: Sequence[ParsedLine], *, is_forward: bool) -> tuple[list[ParsedLine], list[StatedValue]]:
    """Tell quotations, and the heads of messages that are printed in the text; with what the last such head states."""
    marked: list[ParsedLine] = []
    stated: list[StatedValue] = []
    place, in_reply = 0, False
    while place < len(lines):
        line = lines[place]
        text = line.text.strip()
        divides = FORWARD_LINE.match(text) or (is_forward and ORIGINAL_LINE.match(text))
        head = _read_head(lines, place + 1) if divides else None
        if head:
            end, headers, hinted = head
            if not stated:
                marked = _mark_note(marked)
            stated = list(state_fields(headers, "mail.forwarded", is_bulk=False))
            marked += [line._replace(hint="navigation", hint_rule="mail.forward"), *hinted]
            place, in_reply = end, False
            continue
        in_reply = in_reply or bool(ORIGINAL_LINE.match(text))
        taken = _count_attribution(lines, place)
        if taken:
            marked += [_quote(other, "mail.attribution") for other in lines[place : place + taken]]
            place += taken
            continue
        if line.hint is None and (in_reply or QUOTE_MARK.match(line.text)):
            line = _quote(line._replace(text=QUOTE_MARK.sub("", line.text)), "mail.quoted")
        marked.append(line)
        place += 1
    return marked, stated


def _quote(line: ParsedLine, rule: str) -> ParsedLine:
    return line._replace(hint="quote", hint_rule=rule)


def _read_head(lines: Sequence[ParsedLine], start: int) -> tuple[int, dict[str, str], list[ParsedLine]] | None:
    """Where the head of a forwarded message ends, its From, Date and Subject, and its lines; None when it is none."""
    headers: dict[str, str] = {}
    hinted: list[ParsedLine] = []
    for place in range(start, len(lines)):
        line = lines[place]
        found = PRINTED_HEADER.match(" ".join(line.text.split()))
        if found:
            name = HEADER_NAMES.get(found["name"].lower(), "")
            headers.setdefault(name, found["value"].strip(" *"))
            hinted.append(line._replace(hint=HEADER_KINDS.get(name, "navigation"), hint_rule="mail.forwarded"))
        elif line.text.strip() or headers:
            return (place, headers, hinted) if {"From", "Subject"} & set(headers) else None
        else:
            hinted.append(line)
    return (len(lines), headers, hinted) if {"From", "Subject"} & set(headers) else None


def _count_attribution(lines: Sequence[ParsedLine], place: int) -> int:
    """How many lines say here who wrote what is quoted next: none, one, or two where the line is wrapped."""
    text = lines[place].text.strip()
    if ATTRIBUTION.match(text):
        return 1
    following = lines[place + 1].text.strip() if place + 1 < len(lines) else ""
    return 2 if ATTRIBUTION_END.search(following) and ATTRIBUTION.match(f"{text} {following}") else 0
