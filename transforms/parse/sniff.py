"""What a file is: by its first bytes where these are sure, else by the ending of its name.

Bytes win over names where no text could open with them (archives, PDF, Parquet, a web page's own declaration), so that
a `.gz` without its ending, or a page saved as `.txt`, is read as what it is. A name without a known ending is never
guessed at from text: it could be anything.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from transforms.contracts.vocabulary import CONTAINER_TYPES, MEDIA_TYPES, SHORT_ENDINGS, UNKNOWN_MEDIA_TYPE

DOCX: Final = MEDIA_TYPES[".docx"]
FEED: Final = MEDIA_TYPES[".rss"]

HEAD_BYTES: Final = 4_096
"""How much of a file is looked at."""

MAGIC_NUMBERS: Final = (
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"PK\x03\x04", "application/zip"),
    (b"%PDF-", "application/pdf"),
)
"""First bytes that no text has."""

BZIP2_START: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
PARQUET_MARK: Final = b"PAR1"
TAR_MARK: Final = (257, b"ustar")
WARC_START: Final = re.compile(rb"WARC/1\.[01]\r?\n")

PAGE_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
"""A page that says that it is one."""

FEED_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<(?:\?[^>]{0,400}\?|!--.{0,2000}?--|!doctype[^>]{0,400})>\s*)*<(?:rss|feed|rdf:RDF)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
"""A feed: RSS 0.9 to 2.0, Atom, RSS 1.0."""

ZIP_NAME_START: Final = 30
"""Where the name of the first member of a zip archive stands."""

OFFICE_NAMES: Final = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"mimetype", b"META-INF/")
"""Names of the first member of a zip archive that is a file of some program, not an archive that a person made."""

WORD_MARK: Final = b"word/document.xml"
MARKUP_ENDINGS: Final = frozenset((".xml", *(ending for ending, kind in MEDIA_TYPES.items() if kind == FEED)))
TEXT_TYPES: Final = frozenset(("text/plain", "text/markdown"))


def find_media_type(source_path: str) -> str:
    """Return the media type that the ending of the name stands for; UNKNOWN_MEDIA_TYPE for any other ending."""
    ending = split_endings(source_path)[1]
    return MEDIA_TYPES.get(ending) or CONTAINER_TYPES.get(ending, UNKNOWN_MEDIA_TYPE)


def split_endings(name: str) -> tuple[str, str]:
    """Split the last ending off a name, in lower case; `.tgz` and its like count as two endings."""
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    if ending in SHORT_ENDINGS:
        first, last = SHORT_ENDINGS[ending].rsplit(".", 1)
        return path.stem + first, f".{last}"
    return path.stem, ending


def sniff_media_type(name: str, content: bytes) -> str:
    """Return what a file is, UNKNOWN_MEDIA_TYPE when nothing says so. `content` may be cut to its first HEAD_BYTES,
    but for zip archives, whose table of contents stands at the end.
    """
    named = find_media_type(name)
    head = content[:HEAD_BYTES]
    for magic, media_type in MAGIC_NUMBERS:
        if head.startswith(magic):
            return _sniff_zip(name, content, named) if media_type == "application/zip" else media_type
    if BZIP2_START.match(head):
        return "application/x-bzip2"
    if head.startswith(PARQUET_MARK) and content.endswith(PARQUET_MARK):
        return MEDIA_TYPES[".parquet"]
    if WARC_START.match(head):
        return "application/warc"
    start, mark = TAR_MARK
    if head[start : start + len(mark)] == mark:
        return "application/x-tar"
    return _sniff_markup(PurePosixPath(name).suffix.lower(), head, named)


def _sniff_zip(name: str, content: bytes, named: str) -> str:
    """A Word document, an archive, or a file of another program, which only looks like an archive.

    Many programs keep their files as zip archives under an ending of their own, which then says what it is.
    """
    if named == DOCX:
        return DOCX
    if named == UNKNOWN_MEDIA_TYPE and PurePosixPath(name).suffix:
        return UNKNOWN_MEDIA_TYPE
    if content.startswith(OFFICE_NAMES, ZIP_NAME_START):
        return DOCX if WORD_MARK in content else UNKNOWN_MEDIA_TYPE
    return "application/zip"


def _sniff_markup(ending: str, head: bytes, named: str) -> str:
    """Feeds under their own endings or `.xml`; pages under these, or that pass for text."""
    if ending in MARKUP_ENDINGS and FEED_START.match(head):
        return FEED
    if (ending in MARKUP_ENDINGS or named in TEXT_TYPES) and PAGE_START.match(head):
        return "text/html"
    return named
