"""Pages: every visible line, with what its tags say of it; lines outside the main content are told so.

The kind that is given for a line (`hint`) is, in this order:
1. that of a telling container or tag: comments, share and related boxes, navigation, captions, bylines,
   dates (html_marks.py);
2. `title` for the first-rank heading that the page itself gives as its title, or that is its only one;
3. `navigation` for a line that the learned model does not count as main content (html_main.py); its rule names the
   model and its score, `model.html-1:0.03`;
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
from transforms.parse.html_main import MainLines, find_main_lines, reduce_to_letters
from transforms.parse.html_marks import Mark
from transforms.parse.html_stated import find_stated_values
from transforms.parse.page.model import RULES, PageModel, load_model
from transforms.parse.page.read import ReadPage, read_page
from transforms.parse.records import ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

DECLARATION_BYTES: Final = 4_096
"""Where an encoding is looked for. The HTML standard says 1,024; real pages put comments and scripts first."""

DECLARED_ENCODING: Final = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,400}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE
)

OUTSIDE_MAIN: Final = tuple(Mark("navigation", rule) for rule in RULES)
"""The mark of a line that the model takes out, by its score in hundredths."""

LEGAL_SIGN: Final = re.compile(r"©|\(c\)\s*\d{4}|\bcopyright\b|\ball rights reserved\b", re.IGNORECASE)

LINKING_KINDS: Final = frozenset(("byline", "bio", "title", "subtitle", "caption", "pull_quote"))
"""Kinds of removed line whose links belong to the document all the same."""

ABSOLUTE_ADDRESS: Final = re.compile(r"https?://[^\s/]", re.IGNORECASE)
MAIL_ADDRESS: Final = re.compile(r"mailto:([^?\s]+@[^?\s]+)", re.IGNORECASE)


def read_html(files: pl.DataFrame) -> ReadRecords:
    """Read pages: one record each."""
    return read_each(files, parse_html)


def parse_html(content: bytes, model: PageModel | None = None) -> list[ParsedRecord]:
    """Parse one page: one record, without lines where nothing is visible. Without `model` the shipped one judges.

    Raises RejectedRecordError: `binary`, `undecodable`, or `unparsable` (nested too deeply, one text too long).
    """
    declared = DECLARED_ENCODING.search(content[:DECLARATION_BYTES])
    text = decode_bytes(content, declared[1].decode("ascii") if declared else None)
    root = parse_tree(text)
    stated = [] if root is None else find_stated_values(root)
    page = read_page(text)
    texts = page.list_texts()
    main = find_main_lines(page, texts, model or load_model())
    marks = _decide_marks(page, texts, main, stated)
    parsed = [
        ParsedLine(texts[line], gap, mark.kind if mark else None, mark.rule if mark else None)
        for line, (gap, mark) in enumerate(zip(page.blank_before, marks, strict=True))
        if main.is_shown[line]
    ]
    return [ParsedRecord(parsed, [*stated, *_find_linked(page, main, marks)])]


def parse_tree(text: str) -> etree._Element | None:
    """Parse markup, however broken, without entities, network or unbounded nesting; None when it holds no element.

    Raises RejectedRecordError (`unparsable`) where libxml2 gives up, because what the page states would be lost in
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


def _decide_marks(
    page: ReadPage, texts: Sequence[str], main: MainLines, stated: Sequence[StatedValue]
) -> list[Mark | None]:
    marks = page.decide_marks(main.is_main)
    titles = [reduce_to_letters(value.value) for value in stated if value.field == "title"]
    only_title = sum(_is_first_rank(mark) for mark in marks) == 1
    settled = [
        _settle_mark(text, mark, titles, only_title=only_title) if mark else None
        for text, mark in zip(texts, marks, strict=True)
    ]
    if not main.is_main.any():
        return settled
    return [
        mark if is_main or (mark is not None and mark.kind in REMOVED_KINDS) else OUTSIDE_MAIN[percent]
        for mark, is_main, percent in zip(settled, main.is_main.tolist(), main.percents.tolist(), strict=True)
    ]


def _is_first_rank(mark: Mark | None) -> bool:
    return mark is not None and mark.rule == "html.h1"


def _settle_mark(text: str, mark: Mark, titles: Sequence[str], *, only_title: bool) -> Mark:
    """The mark of a line in view of the title of the page; a footer that claims rights is legal."""
    if _is_first_rank(mark):
        key = reduce_to_letters(text)
        if only_title or any(key and title.startswith(key) for title in titles):
            return mark
        return Mark("heading", "html.h1")
    if mark.rule == "html.footer" and LEGAL_SIGN.search(text):
        return Mark("legal", "html.footer")
    return mark


def _find_linked(page: ReadPage, main: MainLines, marks: Sequence[Mark | None]) -> Iterator[StatedValue]:
    """Addresses that the document itself links to, each once, in order."""
    seen = set()
    for line, mark in enumerate(marks):
        if not main.is_shown[line] or (mark and mark.kind in REMOVED_KINDS and mark.kind not in LINKING_KINDS):
            continue
        for value in filter(None, map(_describe_link, page.list_links(line))):
            if value not in seen:
                seen.add(value)
                yield value


def _describe_link(target: str) -> StatedValue | None:
    target = target.strip()
    mail = MAIL_ADDRESS.match(target)
    if mail:
        return StatedValue("emails", mail[1], "html.a.mailto")
    return StatedValue("links", target, "html.a.href") if ABSOLUTE_ADDRESS.match(target) else None
