"""Which lines of a page are its main content, by the judgement of trafilatura."""

from __future__ import annotations

import unicodedata
from itertools import islice
from typing import Final

import trafilatura
from lxml.etree import _Element

from transforms.parse.html_lines import PageLine

MIN_CONTAINED_CHARACTERS: Final = 20
"""A shorter line must be equal to a line of the main content: it could stand within one by chance."""

BLOCK_CHARACTERS: Final = 12
MIN_COVERED_SHARE: Final = 0.6
"""A longer line is main content when this share of it stands there in blocks of that length: the judge leaves out links
and other parts of a line."""


MAX_JUDGED_ELEMENTS: Final = 30_000
"""The judge takes more than linear time: about 3 s for a tree of this size at worst, 30 s for 500,000 elements. The
largest of 450 pages of the evaluation file has 10,224."""


def mark_main_lines(root: _Element, lines: list[PageLine]) -> bool:
    """Set `is_main` on the lines that are main content. Return False when the judge finds none in the page.

    `root` is not changed. Lines are matched by their letters and digits alone, so that layout and punctuation do not
    count.
    """
    main_text = extract_main_text(root)
    if not main_text:
        return False
    matcher = _MainMatcher(main_text)
    for line in lines:
        line.is_main = matcher.contains(reduce_to_letters(line.text))
    _drop_hidden_copies(lines)
    return any(line.is_main for line in lines)


def _drop_hidden_copies(lines: list[PageLine]) -> None:
    """Take hidden lines out of the main content, unless most of it is hidden: the page then shows it by a script."""
    shown = {reduce_to_letters(line.text) for line in lines if line.is_main and not line.is_hidden}
    hidden = {reduce_to_letters(line.text) for line in lines if line.is_main and line.is_hidden} - shown
    is_mostly_hidden = sum(map(len, hidden)) > sum(map(len, shown))
    for line in lines:
        if line.is_hidden:
            line.is_main = line.is_main and is_mostly_hidden and reduce_to_letters(line.text) in hidden


def extract_main_text(root: _Element) -> str | None:
    """Return the main content as trafilatura sees it (Barbaresi, ACL 2021), a line a paragraph; None if it finds none.

    Default balance, comments out, tables in: of the four settings tried on a sample of 180 pages of three sets it had
    the best word F1 (.950; favouring recall .950, precision .937, fast .927). None for a tree of more than
    MAX_JUDGED_ELEMENTS too.
    """
    if sum(1 for _ in islice(root.iter(), MAX_JUDGED_ELEMENTS + 1)) > MAX_JUDGED_ELEMENTS:
        return None
    try:
        text: str | None = trafilatura.extract(
            root, include_comments=False, include_tables=True, deduplicate=False, output_format="txt"
        )
    except RecursionError:  # it recurses into nested markup
        return None
    return text


def reduce_to_letters(text: str) -> str:
    """Return the letters and digits of `text`, in one form and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


class _MainMatcher:
    """Answers whether a line stands in the main text."""

    def __init__(self, main_text: str) -> None:
        self._keys = {reduce_to_letters(line) for line in main_text.split("\n")} - {""}
        self._all = "".join(reduce_to_letters(line) for line in main_text.split("\n"))
        self._blocks = {
            self._all[start : start + BLOCK_CHARACTERS]
            for start in range(0, len(self._all) - BLOCK_CHARACTERS + 1, BLOCK_CHARACTERS)
        }

    def contains(self, key: str) -> bool:
        if key in self._keys:
            return True
        if len(key) < MIN_CONTAINED_CHARACTERS:
            return False
        return key in self._all or self._measure_covered_share(key) >= MIN_COVERED_SHARE

    def _measure_covered_share(self, key: str) -> float:
        """Share of `key` that stands in the main text. Blocks of that text are found at any offset of `key`."""
        covered = start = 0
        while start <= len(key) - BLOCK_CHARACTERS:
            is_found = key[start : start + BLOCK_CHARACTERS] in self._blocks
            covered += BLOCK_CHARACTERS * is_found
            start += BLOCK_CHARACTERS if is_found else 1
        return covered / (len(key) - len(key) % BLOCK_CHARACTERS or 1)
