"""A page that was taken apart, and what can be asked of its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import numpy as np

from transforms.parse.html_marks import Mark
from transforms.parse.page.bytes import HREF
from transforms.parse.page.decide import decide_marks, number_kinds
from transforms.parse.page.elements import SPANS, Scan
from transforms.parse.page.lines import HAS_GAP, HIDDEN, LINKS_END, N_LINES, TEXT_END, TEXT_START, Page, collect_lines
from transforms.parse.page.marks import number_marks
from transforms.parse.page.model import PageModel, score_lines
from transforms.parse.page.names import Numbers
from transforms.parse.page.scan import scan_page


@dataclass(frozen=True, slots=True)
class ReadPage:
    """The visible lines of one page, in order, as arrays; `marks` are what the numbers of marks stand for."""

    content: bytes
    scan: Scan
    page: Page
    marks: list[Mark]
    kinds: Numbers

    @property
    def is_hidden(self) -> Numbers:
        """Whether the page hides a line until something happens, by line."""
        hidden: Numbers = self.page.lines[: self.page.sizes[N_LINES], HIDDEN] != 0
        return hidden

    @property
    def blank_before(self) -> list[int]:
        """Whether a gap stands before a line, 0 or 1, by line."""
        gaps: list[int] = self.page.lines[: self.page.sizes[N_LINES], HAS_GAP].tolist()
        return gaps

    def list_texts(self) -> list[str]:
        """The text of each line, with white space collapsed."""
        text = self.page.text[: self.page.lines[: self.page.sizes[N_LINES], TEXT_END].max(initial=0)].tobytes()
        bounds = self.page.lines[: self.page.sizes[N_LINES], [TEXT_START, TEXT_END]].tolist()
        return [text[start:end].decode("utf-8", "replace") for start, end in bounds]

    def list_links(self, line: int) -> Iterator[str]:
        """The targets of the links that start in a line, as written."""
        start = self.page.lines[line - 1, LINKS_END] if line else 0
        for element in self.page.links[start : self.page.lines[line, LINKS_END]].tolist():
            first, last = self.scan.elements[element, SPANS + 2 * HREF : SPANS + 2 * HREF + 2].tolist()
            yield unescape(self.content[first:last].decode("utf-8", "replace"))

    def score_lines(self, model: PageModel) -> Numbers:
        """How sure a model is that a line is main content, by line."""
        return score_lines(self.scan, self.page, self.kinds, model)

    def decide_marks(self, is_main: Numbers) -> list[Mark | None]:
        """The mark that holds for each line, given which lines are main content."""
        numbers = decide_marks(self.page, self.kinds, is_main.astype(np.uint8)).tolist()
        return [self.marks[number] if number >= 0 else None for number in numbers]


def read_page(text: str) -> ReadPage:
    """Take a page apart, however broken it is. Linear in its size."""
    content = text.replace("\x00", "").encode("utf-8", "replace")
    scan = scan_page(content)
    marks, known = number_marks(scan, content)
    return ReadPage(content, scan, collect_lines(scan, content, marks), known, number_kinds(known))
