"""Markdown (CommonMark with tables): the rendered lines, with what the marks say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from transforms.parse.decode import decode_bytes
from transforms.parse.page.read import read_page
from transforms.parse.records import ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

FRONT_MATTER_FIELDS: Final = {
    "title": "title",
    "headline": "title",
    "subtitle": "subtitle",
    "description": "subtitle",
    "summary": "subtitle",
    "author": "authors",
    "authors": "authors",
    "byline": "authors",
    "date": "published_at",
    "published": "published_at",
    "published_at": "published_at",
    "publishdate": "published_at",
    "pubdate": "published_at",
    "canonical": "url",
    "canonical_url": "url",
    "url": "url",
    "source": "url",
    "outlet": "outlet",
    "publisher": "outlet",
    "publication": "outlet",
    "site": "outlet",
    "site_name": "outlet",
    "language": "language",
    "lang": "language",
}
"""Key of front matter, in lower case -> field. Best first where several keys give one field."""

FENCE: Final = "---"
CLOSING_FENCES: Final = ("---", "...")
MAX_FRONT_MATTER_CHARACTERS: Final = 65_536
"""Longer front matter is text: YAML is parsed in Python, at about 100,000 characters a second."""

CONTAINER_KINDS: Final = {"blockquote_open": "quote", "list_item_open": "list_item"}
RULES: Final = {
    "title": "markdown.h1",
    "quote": "markdown.blockquote",
    "list_item": "markdown.list_item",
    "caption": "markdown.image",
}
CELL_SEPARATOR: Final = " | "

MAX_NESTING: Final = 60
"""Levels of lists and quotations. The parser drops what is deeper, so that such a text is read as plain lines; at 60 it
stays far from Python's limit of recursion."""

MARKDOWN: Final = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])


class _StringLoader(yaml.SafeLoader):
    """Reads every scalar as the string that stands there, so that a date stays as it was written."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the name and shape are PyYAML's


@dataclass(slots=True)
class _Inline:
    """The text of one run of inline marks."""

    lines: list[str]
    captions: list[str] = field(default_factory=list)


def read_markdown(files: pl.DataFrame) -> ReadRecords:
    """Read Markdown files: one record each."""
    return read_each(files, parse_markdown)


def parse_markdown(content: bytes) -> list[ParsedRecord]:
    """Parse one Markdown file. Raises RejectedRecordError (`binary`, `undecodable`).

    A paragraph is one line, however its source is wrapped; a hard break starts a new one. Hints: `title` for the first
    heading of rank 1 and `heading` for all others, `list_item`, `quote`, `caption` for the alternative text of images;
    none for code and tables. A text nested deeper than MAX_NESTING keeps its marks. Inline
    marks go, and the targets of links are stated as `links` (`emails` for mailto).
    """
    text = decode_bytes(content).replace("\r\n", "\n").replace("\r", "\n")
    front_matter, body = split_front_matter(text)
    environment: dict[str, Any] = {}
    tokens = MARKDOWN.parse(body.replace("\x00", ""), environment)
    collector = _LineCollector(body.split("\n"))
    if any(token.level >= MAX_NESTING - 1 and token.type in CONTAINER_KINDS for token in tokens):
        collector.collect_plain()
    else:
        collector.collect(tokens)
    references = [reference["href"] for reference in environment.get("references", {}).values()]
    stated = [*_state_front_matter(front_matter), *_state_links([*collector.links, *references])]
    return [ParsedRecord(collector.lines, stated)]


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Split YAML front matter off `text`. Without any, or where it is no mapping, return an empty one and all the text.

    Line numbers of the rest do not matter, since lines are counted without blank ones.
    """
    first, _, rest = text.partition("\n")
    if first.rstrip() != FENCE:
        return {}, text
    lines = rest[:MAX_FRONT_MATTER_CHARACTERS].split("\n")
    end = next((place for place, line in enumerate(lines) if line.rstrip() in CLOSING_FENCES), None)
    if end is None:
        return {}, text
    try:
        data = yaml.load("\n".join(lines[:end]), Loader=_StringLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):  # the last two: escapes beyond Unicode
        return {}, text
    if not isinstance(data, dict):
        return {}, text
    return data, rest[sum(len(line) + 1 for line in lines[: end + 1]) :]


def _state_front_matter(front_matter: dict[str, Any]) -> Iterator[StatedValue]:
    lowered = {key.lower(): (key, value) for key, value in front_matter.items() if isinstance(key, str)}
    for name, target in FRONT_MATTER_FIELDS.items():
        if name in lowered:
            key, value = lowered[name]
            for item in value if isinstance(value, list) else [value]:
                named = item.get("name") if isinstance(item, dict) else item
                if isinstance(named, str) and named.strip():
                    yield StatedValue(target, " ".join(named.split()), f"markdown.front_matter.{key}")


def _state_links(targets: Sequence[str]) -> Iterator[StatedValue]:
    for target in dict.fromkeys(targets):
        if target.lower().startswith("mailto:"):
            yield StatedValue("emails", target[len("mailto:") :].partition("?")[0], "markdown.link")
        elif target and not target.startswith("#"):
            yield StatedValue("links", target, "markdown.link")


class _LineCollector:
    """Turns block tokens into lines."""

    def __init__(self, source: Sequence[str]) -> None:
        self.lines: list[ParsedLine] = []
        self.links: list[str] = []
        self._source = source
        self._containers: list[str] = []
        self._heading: str | None = None
        self._has_title = False
        self._cells: list[_Inline] | None = None

    def collect_plain(self) -> None:
        """Take the source as it is, line for line."""
        self.lines = [ParsedLine(text) for text in self._source]

    def collect(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type in CONTAINER_KINDS:
                self._containers.append(CONTAINER_KINDS[token.type])
            elif token.type in ("blockquote_close", "list_item_close"):
                self._containers.pop()
            elif token.type in ("heading_open", "heading_close"):
                self._heading = token.tag if token.nesting == 1 else None
            elif token.type == "tr_open":
                self._cells = []
            elif token.type == "tr_close":
                self._end_row(token)
            else:
                self._collect_content(token)

    def _collect_content(self, token: Token) -> None:
        if token.type == "inline":
            inline = self._render_inline(token.children or [])
            if self._cells is None:
                self._add_inline(inline, token)
            else:
                self._cells.append(inline)
        elif token.type in ("code_block", "fence"):
            self._add_lines(token.content.split("\n"), self._count_blank(token), None, None)
        elif token.type == "html_block":
            self._add_html(token)

    def _add_inline(self, inline: _Inline, token: Token) -> None:
        kind, rule = self._decide_hint()
        blank_before = self._count_blank(token)
        self._add_lines(inline.lines, blank_before, kind, rule)
        self._add_lines(inline.captions, blank_before, "caption", RULES["caption"])

    def _end_row(self, token: Token) -> None:
        cells, self._cells = self._cells or [], None
        kind, rule = self._decide_hint()
        row = CELL_SEPARATOR.join(text for cell in cells if (text := " ".join(cell.lines).strip()))
        self._add_lines([row], self._count_blank(token), kind, rule)
        self._add_lines([caption for cell in cells for caption in cell.captions], 0, "caption", RULES["caption"])

    def _decide_hint(self) -> tuple[str | None, str | None]:
        if "quote" in self._containers:
            return "quote", RULES["quote"]
        if self._heading:
            if self._heading == "h1" and not self._has_title:
                self._has_title = True
                return "title", RULES["title"]
            return "heading", f"markdown.{self._heading}"
        return ("list_item", RULES["list_item"]) if self._containers else (None, None)

    def _add_lines(self, texts: Sequence[str], blank_before: int, kind: str | None, rule: str | None) -> None:
        for text in texts:
            if text.strip():
                self.lines.append(ParsedLine(text, blank_before, kind, rule))
                blank_before = 0

    def _add_html(self, token: Token) -> None:
        page = read_page(token.content)
        blank_before = self._count_blank(token)
        lines = zip(page.list_texts(), page.blank_before, page.is_hidden.tolist(), strict=True)
        for number, (text, gap, is_hidden) in enumerate(lines):
            if not is_hidden:
                self.lines.append(ParsedLine(text, max(gap, blank_before), *self._decide_hint()))
                self.links.extend(page.list_links(number))
                blank_before = 0

    def _count_blank(self, token: Token) -> int:
        """Blank source lines right above the block of `token`."""
        place = token.map[0] if token.map else 0
        count = 0
        while count < place and not self._source[place - 1 - count].strip(" \t>"):
            count += 1
        return count

    def _render_inline(self, tokens: Sequence[Token]) -> _Inline:
        inline = _Inline(lines=[""])
        for token in tokens:
            if token.type in ("text", "code_inline"):
                inline.lines[-1] += token.content
            elif token.type == "softbreak":
                inline.lines[-1] += " "
            elif token.type == "hardbreak" or (token.type == "html_inline" and token.content.lower().startswith("<br")):
                inline.lines.append("")
            elif token.type == "link_open":
                self.links.append(str(token.attrs.get("href", "")))
            elif token.type == "image":
                caption = self._render_inline(token.children or [])
                inline.captions.extend([" ".join(caption.lines), *caption.captions])
                inline.captions.extend([str(token.attrs["title"])] if "title" in token.attrs else [])
        return inline
