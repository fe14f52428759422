"""What people do to articles, done on purpose: each function makes one planted text and says how much of it is copied.

Texts are handled as tokens: what stands between white space, with the white space before it, so that what is copied
keeps its layout. Coverage is counted in words: runs of letters and digits, so that "well-known" is two.
"""

import random
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

TOKEN: Final = re.compile(r"\s*\S+")
WORD: Final = re.compile(r"\w+")
TRAILING: Final = re.compile(r"[.,;:!?]+(?=\s|$)")
LINE_WIDTH: Final = 72
PARAGRAPH_WORDS: Final = 60

EXCERPT_SHARES: Final = (0.2, 0.6)
"""Of the source that an excerpt takes."""
EXCERPT_COVERAGE: Final = (0.85, 0.95)
"""Of the excerpt that is taken; the rest is its own introduction and its own last words."""
DIGEST_SOURCES: Final = 4
DIGEST_PART_WORDS: Final = (60, 130)
"""Of each source: a paragraph or two. No source fills more than 0.42 of a digest."""
DIGEST_COVERAGE: Final = (0.88, 0.95)
TEMPLATE_WORDS: Final = (90, 160)
TEMPLATE_PIECES: Final = 4
TEMPLATE_SHARE: Final = (0.57, 0.63)
"""Of a notice that is template."""

WriteFresh = Callable[[int], list[str]]
"""Writes as many words as asked for, as tokens, that stand nowhere else."""


@dataclass(frozen=True)
class Planted:
    """A planted text, and the share of its words that stand in its sources (for a notice: in its template)."""

    text: str
    coverage: float


def split_tokens(text: str) -> list[str]:
    """Cut a text into tokens; joined they are the text again, but for white space at its end."""
    return TOKEN.findall(text)


def count_words(tokens: Iterable[str]) -> int:
    """Words in tokens."""
    return sum(len(WORD.findall(token)) for token in tokens)


def make_exact(source: random.Random, text: str) -> Planted:
    """The same words in other case, punctuation and layout."""
    changed = _change_case(source, text)
    changed = changed.translate(str.maketrans("“”‘’\"'", "\"\"''“’")) if source.random() < 0.5 else changed
    mark = source.choice(["", ";", " –", "."])
    if source.random() < 0.5:
        changed = TRAILING.sub(mark, changed)
    return Planted(source.choice(LAYOUTS)(changed), 1.0)


def make_edited(source: random.Random, text: str, share: float, vocabulary: Callable[[], str]) -> Planted:
    """A share of the words replaced, removed, or followed by one that was put in: a third each, anywhere."""
    tokens = split_tokens(text)
    places = source.sample(range(len(tokens)), max(1, round(share * len(tokens))))
    edits = {place: source.choice(["replace", "remove", "insert"]) for place in places}
    edited: list[str] = []
    kept_words = 0
    for place, token in enumerate(tokens):
        edit = edits.get(place)
        if edit in {None, "insert"}:
            edited.append(token)
            kept_words += count_words([token])
        if edit == "replace":
            edited.append(token[: len(token) - len(token.lstrip())] + vocabulary())
        elif edit == "insert":
            edited.append(" " + vocabulary())
    return Planted("".join(edited), kept_words / count_words(edited))


def make_excerpt(source: random.Random, text: str, write_fresh: WriteFresh) -> Planted:
    """One run of the source between an introduction and last words of its own."""
    tokens = split_tokens(text)
    size = round(source.uniform(*EXCERPT_SHARES) * len(tokens))
    start = source.randint(0, len(tokens) - size)
    taken = tokens[start : start + size]
    own = write_fresh(_own_words(count_words(taken), source.uniform(*EXCERPT_COVERAGE)))
    introduction = source.randint(len(own) // 5, len(own) - len(own) // 5)
    return _assemble([(own[:introduction], False), (taken, True), (own[introduction:], False)])


def make_digest(source: random.Random, texts: list[str], write_fresh: WriteFresh) -> Planted:
    """A part of each source, each after a few words of its own."""
    parts = [_cut_part(source, split_tokens(text)) for text in texts]
    own = write_fresh(_own_words(sum(count_words(part) for part in parts), source.uniform(*DIGEST_COVERAGE)))
    bridges = _cut_evenly(own, len(parts))
    return _assemble(
        [piece for bridge, part in zip(bridges, parts, strict=True) for piece in ((bridge, False), (part, True))]
    )


def make_notice(source: random.Random, template: list[list[str]], write_fresh: WriteFresh) -> Planted:
    """The pieces of a template, each followed by words of its own."""
    own = write_fresh(_own_words(sum(count_words(piece) for piece in template), source.uniform(*TEMPLATE_SHARE)))
    details = _cut_evenly(own, len(template))
    return _assemble(
        [piece for part, detail in zip(template, details, strict=True) for piece in ((part, True), (detail, False))]
    )


def make_template(source: random.Random, write_fresh: WriteFresh) -> list[list[str]]:
    """A template: pieces of fresh words."""
    return _cut_evenly(write_fresh(source.randint(*TEMPLATE_WORDS)), TEMPLATE_PIECES)


def _own_words(taken_words: int, coverage: float) -> int:
    """Words to add, so that the words taken are `coverage` of all."""
    return max(1, round(taken_words * (1 - coverage) / coverage))


def _cut_part(source: random.Random, tokens: list[str]) -> list[str]:
    size = source.randint(*DIGEST_PART_WORDS)
    start = source.randint(0, len(tokens) - size)
    return tokens[start : start + size]


def _cut_evenly(tokens: list[str], pieces: int) -> list[list[str]]:
    bounds = [len(tokens) * piece // pieces for piece in range(pieces + 1)]
    return [tokens[start:end] for start, end in pairwise(bounds)]


def _assemble(pieces: list[tuple[list[str], bool]]) -> Planted:
    """Join pieces, each a paragraph or more, and measure what is copied."""
    words = [count_words(tokens) for tokens, _ in pieces]
    copied = sum(count for count, (_, is_copied) in zip(words, pieces, strict=True) if is_copied)
    return Planted("\n\n".join("".join(tokens).strip() for tokens, _ in pieces if tokens), copied / sum(words))


def _change_case(source: random.Random, text: str) -> str:
    changed = source.choice(CASES)(text)
    # A few letters have no way back (the Turkish dotless i): such a text stays as it is.
    return changed if changed.casefold() == text.casefold() else text


def _join_lines(text: str) -> str:
    return " ".join(text.split())


def _wrap_lines(text: str) -> str:
    return textwrap.fill(text, LINE_WIDTH, break_long_words=False, break_on_hyphens=False)


def _quote_lines(text: str) -> str:
    return textwrap.indent(_wrap_lines(text), "> ")


def _make_paragraphs(text: str) -> str:
    words = text.split()
    starts = range(0, len(words), PARAGRAPH_WORDS)
    return "\n\n".join(" ".join(words[start : start + PARAGRAPH_WORDS]) for start in starts)


CASES: Final[Sequence[Callable[[str], str]]] = (str, str.upper, str.lower, str.title)
LAYOUTS: Final[Sequence[Callable[[str], str]]] = (str, _join_lines, _wrap_lines, _quote_lines, _make_paragraphs)
