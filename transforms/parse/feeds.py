"""Feeds: RSS 0.9 to 2.0, RSS 1.0 (RDF) and Atom. Each entry is a record."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import polars as pl
from lxml import etree
from lxml.etree import _Element

from transforms.errors import RejectedRecordError
from transforms.parse.decode import decode_bytes
from transforms.parse.html import DECLARATION_BYTES, DECLARED_ENCODING, parse_html
from transforms.parse.records import FailedRecord, ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

ENTRY_NAMES: Final = frozenset(("item", "entry"))
CONTENT_NAMES: Final = ("encoded", "content", "description", "summary")
"""Local names of what may hold the text of an entry, fullest first; the longest of them is taken."""

FIELDS: Final = {
    "title": ("title",),
    "authors": ("author", "creator"),
    "published_at": ("pubDate", "published", "issued", "date", "updated"),
    "url": ("link", "guid", "origLink"),
    "language": ("language",),
}
"""Field -> local names of the elements that state it, best first."""

ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]{0,400}\?>")
RSS_AUTHOR: Final = re.compile(r"^\S+@\S+ \((.+)\)$")
MARKUP: Final = re.compile(r"<[a-zA-Z/!][^>]*>")


def read_feeds(files: pl.DataFrame) -> ReadRecords:
    """Read feeds: one record an entry, in their order."""
    return read_each(files, parse_feed)


def parse_feed(content: bytes) -> Iterator[ParsedRecord | FailedRecord]:
    """Parse one feed, however badly formed.

    The text of an entry is the longest of its content, description and summary, read as a page. An entry without any
    text fails by itself. Raises RejectedRecordError: `binary`, `undecodable`, `unparsable`, or `no_documents` for a
    feed without entries.
    """
    root = _parse_tree(content)
    entries = [element for element in root.iter() if _local_name(element) in ENTRY_NAMES]
    if not entries:
        raise RejectedRecordError("no_documents", "The feed has no entry.")
    channel = list(_state_channel(root))
    for number, entry in enumerate(entries):
        try:
            yield _read_entry(number, entry, channel)
        except RejectedRecordError as error:
            yield FailedRecord(number, error)


def _parse_tree(content: bytes) -> _Element:
    declared = DECLARED_ENCODING.search(content[:DECLARATION_BYTES])
    text = DECLARATION.sub("", decode_bytes(content, declared[1].decode("ascii") if declared else None))
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.replace("\x00", "").encode(), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RejectedRecordError("unparsable", f"{error}.") from error
    if root is None:
        raise RejectedRecordError("unparsable", "It has no element.")
    for entry in parser.error_log:
        if entry.type_name in ("ERR_RESOURCE_LIMIT", "ERR_ENTITY_LOOP"):
            raise RejectedRecordError("unparsable", f"{entry.message.strip()}, at line {entry.line:,}.")
    return root


def _local_name(element: _Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _state_channel(root: _Element) -> Iterator[StatedValue]:
    """What the feed states of all of its entries: its own title is the outlet, its language theirs."""
    channel = next((element for element in root.iter() if _local_name(element) in ("channel", "feed")), root)
    for child in channel:
        name = _local_name(child)
        if name == "title" and (title := _read_text(child)):
            yield StatedValue("outlet", title, "feed.channel.title")
        elif name == "language" and (language := _read_text(child)):
            yield StatedValue("language", language, "feed.channel.language")
    language = root.get("{http://www.w3.org/XML/1998/namespace}lang")
    if language:
        yield StatedValue("language", language, "feed.lang")


def _read_entry(number: int, entry: _Element, channel: Sequence[StatedValue]) -> ParsedRecord:
    digest = sha256(etree.tostring(entry, encoding="utf-8", with_tail=False)).hexdigest()
    bodies = [
        _read_markup(child)
        for name in CONTENT_NAMES
        for child in entry
        if _local_name(child) == name and not child.get("src")
    ]
    body = max(bodies, key=len, default="")
    own = [*_state_entry(entry), *channel]
    if not body.strip():
        raise RejectedRecordError("whitespace_only", "The entry has neither content nor a description.")
    if not MARKUP.search(body):
        lines = [ParsedLine(line) for line in html.unescape(body).replace("\r", "\n").split("\n")]
        return ParsedRecord(lines, own, number, digest)
    page = parse_html(b"\xef\xbb\xbf" + body.encode("utf-8", "replace"))[0]
    return ParsedRecord(page.lines, [*own, *page.stated], number, digest)


def _read_markup(element: _Element) -> str:
    """The markup that an element holds: escaped in its text, or as elements (Atom's `xhtml`)."""
    if len(element):
        inner = [etree.tostring(child, encoding="unicode") for child in element]
        return (element.text or "") + "".join(inner)
    return element.text or ""


def _read_text(element: _Element) -> str:
    text = html.unescape("".join(element.itertext()))
    return " ".join(MARKUP.sub("", text).split())


def _state_entry(entry: _Element) -> Iterator[StatedValue]:
    for field, names in FIELDS.items():
        for name in names:
            for child in entry:
                if _local_name(child) == name and (value := _read_value(child, field)):
                    yield StatedValue(field, value, f"feed.{name}")


def _read_value(element: _Element, field: str) -> str:
    if field == "url":
        if (element.get("rel") or "alternate") != "alternate":
            return ""
        address = element.get("href") or _read_text(element)
        return address if ADDRESS.match(address) else ""
    if field == "authors":
        named = next((child for child in element if _local_name(child) == "name"), element)
        text = _read_text(named)
        within = RSS_AUTHOR.match(text)
        return within[1] if within else "" if "@" in text else text
    return _read_text(element)
