"""Labelled lines, made from pages whose body is known: every visible line of a page, and whether the body holds it.

A line is body when its words stand in the body text, at a place that fits those of the lines around it: the lines of a
page are laid over the body as the heaviest chain of places that go forward in both. So a word like "Share" that stands
somewhere in the body makes no menu entry body, and of a sentence printed twice one copy is body.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import polars as pl

from transforms.dedup import normalise_words
from transforms.parse.page.read import read_page

PAGE_LINES: Final = pl.Schema(
    {
        "page": pl.String(),
        "set": pl.String(),
        "page_type": pl.String(),
        "site": pl.String(),
        "line": pl.UInt32(),
        "text": pl.String(),
        "blank_before": pl.UInt32(),
        "share": pl.Float32(),
    }
)
"""One row per visible line of a page. `share` is the share of its words that lie at its place in the body."""

LICENCES: Final = {"aeb": "MIT", "fundus": "MIT", "wcxb_dev": "CC BY 4.0"}
"""The sets of pages that models are trained on, and what they may be used under."""

BODY_SHARE: Final = 0.5
"""A line is taught as body when at least this share of its words lies in the body."""

RUN_WORDS: Final = 3
"""Where a line lies in the body is found by runs of this many words, or by the whole line if it is shorter."""

MOST_PLACES: Final = 40
"""A run that stands more often in the body says nothing about the place of a line."""

PLACE_SLACK: Final = 12
"""Words by which the places of one line's runs may drift apart: links and notes within it that one side leaves out."""

_ADDRESS: Final = re.compile(
    r"<(?:link|meta)[^>]{0,200}?(?:canonical|og:url)[^>]{0,200}?(?:href|content)\s*=\s*[\"'](https?://[^\"']+)", re.I
)
_SECOND_LEVEL: Final = frozenset(("co", "com", "org", "net", "gov", "ac", "edu", "go", "or", "ne"))


def read_page_lines(pages: pl.DataFrame) -> pl.DataFrame:
    """Lines of pages (columns of pages.parquet), as PAGE_LINES; pages without a visible line are left out."""
    return pl.DataFrame(_iterate_lines(pages), schema=PAGE_LINES, orient="row")


def _iterate_lines(pages: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for page in pages.select("id", "set", "page_type", "url", "html", "text").iter_rows(named=True):
        lines = list_visible_lines(page["html"])
        shares = lay_over([text for text, _ in lines], page["text"])
        site = find_site(page["id"], page["url"], page["html"])
        for number, ((text, blank_before), share) in enumerate(zip(lines, shares, strict=True)):
            yield page["id"], page["set"], page["page_type"], site, number, text, blank_before, share


def list_visible_lines(html: str) -> list[tuple[str, int]]:
    """The lines that a browser shows, each with the number of blank lines before it."""
    page = read_page(html)
    lines = zip(page.list_texts(), page.blank_before, page.is_hidden.tolist(), strict=True)
    return [(text, gap) for text, gap, is_hidden in lines if not is_hidden]


def find_site(page: str, address: str | None, html: str) -> str:
    """The site of a page: the registered part of its host, or the outlet in its identifier."""
    if not address and (stated := _ADDRESS.search(html[:200_000])):
        address = stated[1]
    host = urlsplit(address or "").hostname
    if not host:
        return re.split(r"_\d{4}_", page)[0]
    labels = host.split(".")
    size = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-size:])


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line at one place of the body: words `start` to `end` of it, `words` of them the line's own."""

    line: int
    start: int
    end: int
    words: int


def lay_over(lines: Sequence[str], body: str) -> list[float]:
    """The share of each line's words that lie at its place in the body; 0 for a line without a place."""
    gold = normalise_words(body)
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for size in range(1, RUN_WORDS + 1):
        for start in range(len(gold) - size + 1):
            places[tuple(gold[start : start + size])].append(start)
    split = [normalise_words(line) for line in lines]
    pieces = [piece for number, words in enumerate(split) for piece in _find_pieces(number, words, places)]
    shares = [0.0] * len(lines)
    for piece in _choose_chain(pieces):
        shares[piece.line] = min(piece.words / len(split[piece.line]), 1.0)
    return shares


def _find_pieces(line: int, words: list[str], places: dict[tuple[str, ...], list[int]]) -> Iterator[_Piece]:
    if not words:
        return
    size = min(RUN_WORDS, len(words))
    found: list[tuple[int, int]] = []  # (place in the body less place in the line, place in the line)
    for offset in range(len(words) - size + 1):
        starts = places.get(tuple(words[offset : offset + size]), ())
        if len(starts) <= MOST_PLACES or len(words) <= RUN_WORDS:
            found += [(start - offset, offset) for start in starts[: 4 * MOST_PLACES]]
    found.sort()
    # A word or two stand where they stand; only a longer line can have gaps.
    slack = min(PLACE_SLACK, max(len(words) - RUN_WORDS, 0))
    group: list[tuple[int, int]] = []
    for item in [*found, (1 << 40, 0)]:
        if group and item[0] - group[-1][0] > slack:
            covered = {offset + step for _, offset in group for step in range(size)}
            if 2 * len(covered) >= len(words) or len(covered) >= 8:
                starts = [shift + offset for shift, offset in group]
                yield _Piece(line, min(starts), max(starts) + size, len(covered))
            group = []
        group.append(item)


def _choose_chain(pieces: list[_Piece]) -> list[_Piece]:
    """The heaviest chain of pieces whose lines and places go forward; pieces may overlap by a few words."""
    pieces = sorted(pieces, key=lambda piece: (piece.line, piece.start))
    # Best weight of a chain that ends at or before a word of the body: a Fenwick tree of maxima.
    size = max((piece.end for piece in pieces), default=0) + 1
    tree: list[tuple[float, int]] = [(0.0, -1)] * (size + 1)
    before = [-1] * len(pieces)
    best = (0.0, -1)
    waiting: list[tuple[int, float, int]] = []
    line = -1
    for number, piece in enumerate(pieces):
        if piece.line != line:
            for end, weight, one in waiting:
                _raise(tree, end, weight, one)
            waiting, line = [], piece.line
        weight, before[number] = _look(tree, piece.start + 1)
        # Of equal chains the one without gaps: short lines belong beside their neighbours.
        weight += piece.words - 1e-6 * (piece.end - piece.start)
        waiting.append((piece.end, weight, number))
        if weight > best[0]:
            best = (weight, number)
    chain = []
    number = best[1]
    while number >= 0:
        chain.append(pieces[number])
        number = before[number]
    return chain[::-1]


def _raise(tree: list[tuple[float, int]], place: int, weight: float, number: int) -> None:
    place += 1
    while place < len(tree):
        if tree[place][0] < weight:
            tree[place] = (weight, number)
        place += place & -place


def _look(tree: list[tuple[float, int]], place: int) -> tuple[float, int]:
    found = (0.0, -1)
    while place > 0:
        if tree[place][0] > found[0]:
            found = tree[place]
        place -= place & -place
    return found
