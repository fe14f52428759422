"""Pages: every visible line, with what its tags say of it; lines outside the main content are told so.

The kind that markup states for a line (`hint`) is, in this order:
1. that of a telling container or tag: comments, share and related boxes, navigation, captions, bylines,
   dates (html_marks.py);
2. `title` for the first-rank heading that the page itself gives as its title, or that is its only one;
3. `navigation` with rule `html.outside_main` for a line that trafilatura does not count as main content
   (html_main.py);
4. `heading`, `list_item`, `quote` for what is left, and null where no tag says anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl
from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from transforms.contracts.vocabulary import REMOVED_KINDS
from transforms.errors import RejectedRecordError
from transforms.parse.decode import decode_bytes
from transforms.parse.html_lines import PageLine, collect_lines, decide_marks
from transforms.parse.html_main import mark_main_lines, reduce_to_letters
from transforms.parse.html_marks import Mark
from transforms.parse.html_stated import find_stated_values
from transforms.parse.records import ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

DECLARATION_BYTES: Final = 4_096
"""Where an encoding is looked for. The HTML standard says 1,024; real pages put comments and scripts first."""

DECLARED_ENCODING: Final = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,400}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE
)

OUTSIDE_MAIN: Final = Mark("navigation", "html.outside_main")
LEGAL_SIGN: Final = re.compile(r"©|\(c\)\s*\d{4}|\bcopyright\b|\ball rights reserved\b", re.IGNORECASE)

LINKING_KINDS: Final = frozenset(("byline", "bio", "title", "subtitle", "caption", "pull_quote"))
"""Kinds of removed line whose links belong to the document all the same."""

ABSOLUTE_ADDRESS: Final = re.compile(r"https?://[^\s/]", re.IGNORECASE)
MAIL_ADDRESS: Final = re.compile(r"mailto:([^?\s]+@[^?\s]+)", re.IGNORECASE)


def read_html(files: pl.DataFrame) -> ReadRecords:
    """Read pages: one record each."""
    return read_each(files, parse_html)


def parse_html(content: bytes) -> list[ParsedRecord]:
    """Parse one page: one record, without lines where nothing is visible.

    Raises RejectedRecordError: `binary`, `undecodable`, or `unparsable` (nested too deeply, one text too long).
    """
    declared = DECLARED_ENCODING.search(content[:DECLARATION_BYTES])
    root = parse_tree(decode_bytes(content, declared[1].decode("ascii") if declared else None))
    if root is None:
        return [ParsedRecord(lines=())]
    stated = find_stated_values(root)
    lines = collect_lines(root)
    has_main = mark_main_lines(root, lines)
    shown = [line for line in lines if line.is_main or not line.is_hidden]
    marks = _decide_marks(shown, stated, has_main=has_main)
    parsed = [
        ParsedLine(line.text, line.blank_before, mark.kind if mark else None, mark.rule if mark else None)
        for line, mark in zip(shown, marks, strict=True)
    ]
    return [ParsedRecord(parsed, [*stated, *_find_linked(shown, marks)])]


def parse_tree(text: str) -> etree._Element | None:
    """Parse markup, however broken, without entities, network or unbounded nesting; None when it holds no element.

    Raises RejectedRecordError (`unparsable`) where libxml2 gives up, because the rest of the page would be lost in
    silence: more than 255 nested elements, one text or attribute of more than 10 MB.
    """
    parser = HTMLParser(encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = document_fromstring(text.replace("\x00", "").encode(), parser=parser)
    except etree.ParserError:  # no element and no text
        root = None
    for error in parser.error_log:
        if error.type_name == "ERR_RESOURCE_LIMIT":
            raise RejectedRecordError("unparsable", f"{error.message.strip()}, at line {error.line:,}.")
    return root


def _decide_marks(lines: Sequence[PageLine], stated: Sequence[StatedValue], *, has_main: bool) -> list[Mark | None]:
    marks = decide_marks(lines)
    titles = [reduce_to_letters(value.value) for value in stated if value.field == "title"]
    only_title = sum(_is_first_rank(mark) for mark in marks) == 1
    settled = [_settle_mark(line, mark, titles, only_title=only_title) for line, mark in zip(lines, marks, strict=True)]
    if not has_main:
        return settled
    return [
        mark if line.is_main or (mark is not None and mark.kind in REMOVED_KINDS) else OUTSIDE_MAIN
        for line, mark in zip(lines, settled, strict=True)
    ]


def _is_first_rank(mark: Mark | None) -> bool:
    return mark is not None and mark.rule == "html.h1"


def _settle_mark(line: PageLine, mark: Mark | None, titles: Sequence[str], *, only_title: bool) -> Mark | None:
    """The mark of a line in view of the title of the page; a footer that claims rights is legal."""
    if _is_first_rank(mark):
        key = reduce_to_letters(line.text)
        if only_title or any(key and title.startswith(key) for title in titles):
            return mark
        mark = Mark("heading", "html.h1")
    if mark is not None and mark.rule == "html.footer" and LEGAL_SIGN.search(line.text):
        return Mark("legal", "html.footer")
    return mark


def _find_linked(lines: Sequence[PageLine], marks: Sequence[Mark | None]) -> Iterator[StatedValue]:
    """Addresses that the document itself links to, each once, in order."""
    seen = set()
    for line, mark in zip(lines, marks, strict=True):
        if mark is not None and mark.kind in REMOVED_KINDS and mark.kind not in LINKING_KINDS:
            continue
        for value in filter(None, map(_describe_link, line.links)):
            if value not in seen:
                seen.add(value)
                yield value


def _describe_link(target: str) -> StatedValue | None:
    target = target.strip()
    mail = MAIL_ADDRESS.match(target)
    if mail:
        return StatedValue("emails", mail[1], "html.a.mailto")
    return StatedValue("links", target, "html.a.href") if ABSOLUTE_ADDRESS.match(target) else None
