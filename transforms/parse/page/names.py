"""What kernels look up: tags by name, entities by name, and words of class names that could say something."""

from __future__ import annotations

from html.entities import html5
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.contracts.vocabulary import LINE_KINDS
from transforms.dedup.kernels import compile_kernel
from transforms.parse import html_marks
from transforms.parse.records import split_words

Numbers = npt.NDArray[Any]

SKIPPED_TAGS: Final = split_words("template frame object embed applet canvas svg math audio video datalist rp")
"""Elements that show no text of their own in a browser."""

RAW_TAGS: Final = split_words("script style iframe noembed noframes title")
"""Elements without text for the reader, which end at their own end tag, whatever they hold."""

HIDING_TAGS: Final = split_words("noscript")
"""What they hold is shown when nothing else is: some forums have all posts in there, for whoever runs no scripts."""

PARAGRAPH_TAGS: Final = split_words(
    "address article aside blockquote body center details dialog div dl fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hgroup hr html main menu nav ol p pre search section table ul xmp"
)
"""Blocks that stand apart from what is before and after them."""

LINE_TAGS: Final = split_words("caption dd dt legend li optgroup option summary thead tbody tfoot tr")
"""Blocks that open a new line without a gap."""

CELL_TAGS: Final = split_words("td th")
LAYOUT_TAGS: Final = split_words("table p div br ul ol h1 h2 h3 section article hr")
"""A table that holds one of these arranges a page; the others hold data, and each of their rows is one line."""

APART_TAGS: Final = split_words("a button label time")
"""Inline elements that stylesheets set apart when they follow one another without white space."""

VOID_TAGS: Final = split_words("area base br col embed hr img input link meta param source track wbr frame keygen")
CLOSING_TAGS: Final = split_words(
    "address article aside blockquote center details dialog dir div dl dd dt li fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre search section summary table ul xmp"
)
"""Their start tags close an open paragraph (HTML standard, section 13.2.6.4.7; `table` as outside of quirks mode)."""

BOUNDARY_TAGS: Final = split_words("html table td th caption template object marquee applet")
"""An end tag does not reach out of them ("has an element in scope" in the HTML standard)."""

SPECIAL_TAGS: Final = PARAGRAPH_TAGS | LINE_TAGS | CELL_TAGS | BOUNDARY_TAGS | split_words("button select textarea")
"""The end tag of an inline element does not reach out of them."""

HEADING_TAGS: Final = split_words("h1 h2 h3 h4 h5 h6")
EMPHASIS_TAGS: Final = split_words("b strong em i u mark")
FOREIGN_TAGS: Final = split_words("svg math")

BITS: Final = {
    "skipped": SKIPPED_TAGS,
    "raw": RAW_TAGS,
    "paragraph": PARAGRAPH_TAGS,
    "line": LINE_TAGS,
    "cell": CELL_TAGS,
    "layout": LAYOUT_TAGS,
    "apart": APART_TAGS,
    "void": VOID_TAGS,
    "closing": CLOSING_TAGS,
    "boundary": BOUNDARY_TAGS,
    "special": SPECIAL_TAGS,
    "heading": HEADING_TAGS,
    "emphasis": EMPHASIS_TAGS,
    "foreign": FOREIGN_TAGS,
    "hiding": HIDING_TAGS,
}
(
    SKIPPED,
    RAW,
    PARAGRAPH,
    LINE,
    CELL,
    LAYOUT,
    APART,
    VOID,
    CLOSING,
    BOUNDARY,
    SPECIAL,
    HEADING,
    EMPHASIS,
    FOREIGN,
    HIDING,
) = (1 << place for place in range(len(BITS)))

OTHER_TAGS: Final = split_words("span label abbr cite q code sup sub font small img picture input body head ins del")
TAGS: Final = ("", *sorted(frozenset().union(OTHER_TAGS, *BITS.values())))
"""Known tags; the number of a tag is its place here. 0 stands for every other one."""

TAG_BITS: Final[Numbers] = np.array(
    [sum(1 << place for place, tags in enumerate(BITS.values()) if tag in tags) for tag in TAGS], np.int64
)
TAG_NUMBERS: Final = {tag: number for number, tag in enumerate(TAGS)}

FNV_BASIS: Final = 0xCBF29CE484222325
FNV_PRIME: Final = 0x100000001B3


def hash_name(name: bytes) -> int:
    """The hash of a name as kernels compute it: FNV-1a with 64 bits (Fowler, Noll, Vo)."""
    value = FNV_BASIS
    for byte in name:
        value = ((value ^ byte) * FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return value


def make_table(entries: dict[bytes, int]) -> tuple[Numbers, Numbers]:
    """An open-addressed table of hashed names, at most half full: keys (0 for none), and the number each stands for."""
    return _make_hashed_table({hash_name(name): number for name, number in entries.items()})


def _make_hashed_table(entries: dict[int, int]) -> tuple[Numbers, Numbers]:
    size = 1 << (2 * len(entries)).bit_length()
    keys, numbers = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for key, number in entries.items():
        place = key & (size - 1)
        while keys[place]:
            place = (place + 1) & (size - 1)
        keys[place], numbers[place] = key, number
    return keys, numbers


@compile_kernel
def find_number(keys: Numbers, numbers: Numbers, key: Any) -> int:
    """The number that `key` stands for in a table of `make_table`; -1 when it is not there."""
    mask = keys.size - 1
    place = np.int64(key & np.uint64(mask))
    while keys[place] != 0:
        if keys[place] == key:
            return int(numbers[place])
        place = (place + 1) & mask
    return -1


WORD_KINDS: Final = tuple(html_marks.WORD_KINDS)
"""Kinds by the words that name them; the first that a name has a word of counts."""

NO_KIND: Final = len(WORD_KINDS)
OPENS_COMMENTS, IS_STATE, IS_CONTROL = 16, 32, 64
"""Bits of a word beside the place of its kind in WORD_KINDS."""


def _describe_words() -> dict[bytes, int]:
    """What each word of a class name or id says (html_marks.py), in bits."""
    bits: dict[str, int] = {}
    for words, bit in (
        (html_marks.COMMENT_WORDS, OPENS_COMMENTS),
        (html_marks.COMMENT_STATE_WORDS, IS_STATE),
        (html_marks.COMMENT_CONTROL_WORDS, IS_CONTROL),
    ):
        for word in words:
            bits[word] = bits.get(word, NO_KIND) | bit
    for place, kind in reversed(list(enumerate(WORD_KINDS))):
        for word in html_marks.WORD_KINDS[kind]:
            bits[word] = bits.get(word, 0) & ~15 | place
    return {word.encode(): number for word, number in bits.items()}


def hash_phrase(words: tuple[str, ...]) -> int:
    """The hash of neighbouring words, from theirs."""
    value = 0
    for word in words:
        value = (value * 31 + hash_name(word.encode())) & 0xFFFFFFFFFFFFFFFF
    return value


WORD_KEYS, WORD_BITS = make_table(_describe_words())
PHRASE_KEYS, PHRASE_KIND = _make_hashed_table(
    {hash_phrase(phrase): LINE_KINDS.index(kind) for phrase, kind in html_marks.PHRASE_KINDS.items()}
)
NAME_KEYS, NAME_KIND = make_table(
    {name.encode(): LINE_KINDS.index(kind) for name, kind in html_marks.NAME_KINDS.items()}
)
KIND_OF_WORD: Final[Numbers] = np.array([LINE_KINDS.index(kind) for kind in WORD_KINDS], np.int32)
COMMENT_KIND, CONTROL_KIND = LINE_KINDS.index("comment"), LINE_KINDS.index("navigation")

UNMARKED: Final[Numbers] = np.array([tag in html_marks.UNMARKED_TAGS for tag in TAGS], np.uint8)
"""Tags whose class and id are not read."""

_OTHER_VALUES: Final = [*html_marks.ROLE_KINDS, *map(str.lower, html_marks.ITEMPROP_KINDS), "author"]
OTHER_KEYS, OTHER_PLACES = make_table({value.encode(): 1 for value in dict.fromkeys(_OTHER_VALUES)})
"""Values of role, itemprop and rel that can be marks, in lower case."""

TAG_KEYS, TAG_PLACES = make_table({tag.encode(): number for tag, number in TAG_NUMBERS.items() if tag})


def _make_entities() -> tuple[Numbers, Numbers, Numbers, Numbers]:
    names = sorted(html5)
    texts = [html5[name].encode() for name in names]
    keys, numbers = make_table({name.encode(): place for place, name in enumerate(names)})
    bounds = np.cumsum([0, *map(len, texts)]).astype(np.int32)
    return keys, numbers, np.frombuffer(b"".join(texts), np.uint8), bounds


ENTITY_KEYS, ENTITY_PLACES, ENTITY_BYTES, ENTITY_BOUNDS = _make_entities()
"""The 2,231 named character references of the HTML standard, as Python's own list has them."""

LONGEST_ENTITY: Final = 34
LONGEST_BARE_ENTITY: Final = 6
"""Longest name of a reference, and longest of those that need no semicolon."""
