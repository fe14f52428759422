"""The visible lines of a page, in document order, each with the marks of the elements around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element, iterwalk

from transforms.parse.html_marks import CREDIT_KINDS, REGION_KINDS, Mark, find_marks
from transforms.parse.records import split_words

SKIPPED_TAGS: Final = split_words(
    "head script style template noscript iframe frame object embed applet canvas svg audio video datalist rp"
)
"""Elements that show no text of their own in a browser that runs scripts."""

PARAGRAPH_TAGS: Final = split_words(
    "address article aside blockquote body center details dialog div dl fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hgroup hr main menu nav ol p pre search section table ul"
)
"""Blocks that stand apart from what is before and after them."""

LINE_TAGS: Final = split_words("caption dd dt legend li optgroup option summary thead tbody tfoot tr")
"""Blocks that open a new line without a gap."""

CELL_TAGS: Final = frozenset(("td", "th"))
CELL_SEPARATOR: Final = " | "

CELL_BLOCKS: Final = "boolean(.//table|.//p|.//div|.//br|.//ul|.//ol|.//h1|.//h2|.//h3|.//section|.//article|.//hr)"
"""True for a table that arranges a page; the others hold data, and each of their rows is one line."""

SEPARATE_INLINE_TAGS: Final = frozenset(("a", "button", "label", "time"))
"""Inline elements that stylesheets set apart when they follow one another without white space."""

HIDING_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

MAX_INSTANCE_CHARACTERS: Final = {"byline": 300, "dateline": 200, "subtitle": 1_500, "title": 500, "caption": 2_500}
"""An element that holds more than this is not what its mark says, but a wrapper named after one of its parts."""

MAX_MAIN_SHARE: Final = 0.3
"""Where all elements with one mark hold more than this share of the main content, the mark does not say what they are:
`paywall` or `share` can name what wraps every paragraph, and a `nav` that is never closed holds the rest of the page
(word F1 on a sample of such sites .910 without this limit for `nav`, .942 with it)."""


@dataclass(slots=True, eq=False)
class MarkedElement:
    """One element that has a mark, within the marked elements around it, and how much text it turned out to hold."""

    mark: Mark
    parent: MarkedElement | None
    characters: int = 0


@dataclass(slots=True, eq=False)
class PageLine:
    """One visible line, with white space collapsed.

    `parts` tells how many characters stand directly in which marked element (None: in none). `is_hidden` says that the
    page hides the line until something happens. `links` are the targets of the links that start in it, as written.
    """

    text: str
    blank_before: int
    parts: list[tuple[MarkedElement | None, int]]
    is_hidden: bool
    links: list[str] = field(default_factory=list)
    is_main: bool = False


@dataclass(slots=True)
class _State:
    """What holds inside an element that is open."""

    marked: MarkedElement | None
    is_hidden: bool
    is_preformatted: bool
    is_data_table: bool
    in_quote: bool


def collect_lines(root: _Element) -> list[PageLine]:
    """Return every line of text under `root` that a browser shows or can show, each once, in document order."""
    return _LineCollector().collect(root)


class _LineCollector:
    """Walks a tree without recursion and cuts its text at the bounds of blocks."""

    def __init__(self) -> None:
        self._lines: list[PageLine] = []
        self._pieces: list[tuple[str, MarkedElement | None]] = []
        self._links: list[str] = []
        self._states = [
            _State(marked=None, is_hidden=False, is_preformatted=False, is_data_table=False, in_quote=False)
        ]
        self._has_gap = False

    def collect(self, root: _Element) -> list[PageLine]:
        walk = iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if element.tag in SKIPPED_TAGS:
                    walk.skip_subtree()
                    self._states.append(self._states[-1])
                    continue
                self._open(element)
                self._append(element.text)
            else:
                self._close(element)
                if element is not root:
                    self._append(element.tail)
        self._end_line()
        return self._lines

    def _open(self, element: _Element) -> None:
        outer = self._states[-1]
        self._break_before(element)
        is_hidden = outer.is_hidden or _is_hiding(element)
        if is_hidden != outer.is_hidden:
            self._end_line()
        marked = self._mark(element, outer)
        is_data_table = outer.is_data_table
        if element.tag == "table":
            is_data_table = not element.xpath(CELL_BLOCKS)
        self._states.append(
            _State(
                marked=marked,
                is_hidden=is_hidden,
                is_preformatted=outer.is_preformatted or element.tag in ("pre", "textarea"),
                is_data_table=is_data_table,
                in_quote=outer.in_quote or element.tag == "blockquote",
            )
        )
        if element.tag == "a" and element.get("href"):
            self._links.append(element.get("href"))

    def _close(self, element: _Element) -> None:
        inner = self._states.pop()
        if inner.is_hidden != self._states[-1].is_hidden:
            self._end_line(is_hidden=inner.is_hidden)
        if element.tag in PARAGRAPH_TAGS:
            self._end_line(has_gap=True)
        elif element.tag in LINE_TAGS or (element.tag in CELL_TAGS and not inner.is_data_table):
            self._end_line()

    def _break_before(self, element: _Element) -> None:
        """End the line, or set a space, where this element starts."""
        tag = element.tag
        if tag == "br":
            self._end_line(has_gap=not self._pieces)
        elif tag in PARAGRAPH_TAGS:
            self._end_line(has_gap=True)
        elif tag in LINE_TAGS:
            self._end_line()
        elif tag in CELL_TAGS:
            if not self._states[-1].is_data_table:
                self._end_line()
            elif self._pieces:
                self._append(CELL_SEPARATOR)
        elif self._pieces and _is_set_apart(element):
            self._append(" ")

    def _mark(self, element: _Element, outer: _State) -> MarkedElement | None:
        marked = outer.marked
        for mark in find_marks(element):
            if not (outer.in_quote and element.tag == "footer"):  # the source of the quotation
                marked = MarkedElement(mark, marked)
        return marked

    def _append(self, text: str | None) -> None:
        if not text:
            return
        state = self._states[-1]
        if not state.is_preformatted:
            self._pieces.append((text, state.marked))
            return
        first, *others = text.split("\n")
        self._pieces.append((first, state.marked))
        for other in others:
            self._end_line(has_gap=not self._pieces)
            self._pieces.append((other, state.marked))

    def _end_line(self, *, has_gap: bool = False, is_hidden: bool | None = None) -> None:
        text = " ".join("".join(piece for piece, _ in self._pieces).split())
        if text:
            hidden = self._states[-1].is_hidden if is_hidden is None else is_hidden
            line = PageLine(text, int(self._has_gap and bool(self._lines)), self._count_parts(), hidden, self._links)
            self._lines.append(line)
            self._links = []
            self._has_gap = False
        self._pieces = []
        self._has_gap = self._has_gap or has_gap

    def _count_parts(self) -> list[tuple[MarkedElement | None, int]]:
        counts: dict[MarkedElement | None, int] = {}
        for piece, marked in self._pieces:
            characters = len(piece.strip())
            if characters:
                counts[marked] = counts.get(marked, 0) + characters
        return list(counts.items())


def _is_hiding(element: _Element) -> bool:
    if element.tag in ("html", "body"):
        return False  # pages that show themselves by a script
    return element.get("hidden") is not None or bool(HIDING_STYLE.search(element.get("style") or ""))


def _is_set_apart(element: _Element) -> bool:
    """True for an inline element that follows another one directly and would else run into its last word."""
    before = element.getprevious()
    if before is None or before.tail:
        return False
    if element.tag in SEPARATE_INLINE_TAGS and before.tag in SEPARATE_INLINE_TAGS:
        return True
    return bool(find_marks(element)) or bool(find_marks(before))


def decide_marks(lines: Sequence[PageLine]) -> list[Mark | None]:
    """Return the mark that holds for each line: that of more than half of its characters; None when none holds.

    A byline and a date on one line count together, and are a byline. Where no line is main content, every line counts
    as if it were.
    """
    _measure_marked_elements(lines)
    main_lines = [line for line in lines if line.is_main] or lines
    wrong = _find_wrong_regions(main_lines)
    return [_decide_mark(line, wrong) for line in lines]


def _measure_marked_elements(lines: Sequence[PageLine]) -> None:
    for line in lines:
        for innermost, characters in line.parts:
            for marked in _list_marked(innermost):
                marked.characters += characters


def _find_wrong_regions(main_lines: Sequence[PageLine]) -> Set[Mark]:
    """The regions that hold so much of the main content that they cannot be what their marks say."""
    held: Counter[Mark] = Counter()
    characters_of_all = 0
    for line in main_lines:
        for innermost, characters in line.parts:
            characters_of_all += characters
            held.update(dict.fromkeys({marked.mark for marked in _list_marked(innermost)}, characters))
    limit = MAX_MAIN_SHARE * characters_of_all
    return {mark for mark, characters in held.items() if mark.kind in REGION_KINDS and characters > limit}


def _decide_mark(line: PageLine, wrong: Set[Mark]) -> Mark | None:
    weights: Counter[str | None] = Counter()
    marks: dict[str | None, Mark | None] = {}
    for innermost, characters in line.parts:
        mark = _choose_mark(innermost, wrong)
        kind = mark.kind if mark else None
        weights[kind] += characters
        marks.setdefault(kind, mark)
    half = weights.total() / 2
    credit_characters = weights["byline"] + weights["dateline"]
    if credit_characters and credit_characters >= half:
        return marks["byline" if weights["byline"] else "dateline"]
    return next((marks[kind] for kind, weight in weights.items() if weight > half), None)


def _choose_mark(innermost: MarkedElement | None, wrong: Set[Mark]) -> Mark | None:
    """The telling one among nested marks: a region, else a quotation, else a credit, else a heading or list item."""
    marks = [
        marked.mark
        for marked in _list_marked(innermost)
        if marked.mark not in wrong
        and marked.characters <= MAX_INSTANCE_CHARACTERS.get(marked.mark.kind, marked.characters)
    ]
    for kinds in (REGION_KINDS, {"pull_quote"}, {"quote"}, CREDIT_KINDS, {"heading", "list_item"}):
        for mark in marks:
            if mark.kind in kinds:
                return mark
    return None


def _list_marked(innermost: MarkedElement | None) -> Iterator[MarkedElement]:
    marked = innermost
    while marked is not None:
        yield marked
        marked = marked.parent
