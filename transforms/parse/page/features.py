"""Third pass: what a line is like, what stands around it, and how it lies in the page, as a row of numbers.

Nothing here takes a logarithm or adds up fractions in an order of its own: rows are the same on every machine.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from transforms.dedup.kernels import compile_kernel
from transforms.parse.page.decide import KIND_NUMBERS
from transforms.parse.page.elements import (
    ELEMENTS,
    KEY,
    PARENT,
    TAG,
    WORD_START,
    Scan,
)
from transforms.parse.page.lines import (
    BLOCK,
    CHARS,
    ELEMENT,
    HAS_GAP,
    HIDDEN,
    LAST,
    LINK_CHARS,
    LINKS_END,
    N_LINES,
    N_NODES,
    NODE,
    NODE_MARK,
    NODE_PARENT,
    STRONG_CHARS,
    TEXT_END,
    TEXT_START,
    Page,
)
from transforms.parse.page.names import FNV_PRIME, TAG_NUMBERS, Numbers
from transforms.parse.page.signs import (
    find_slot,
    hash_titles,
    read_line,
    share_of,
    share_of_title,
)

AROUND_TAGS: Final = (
    "article",
    "main",
    "aside",
    "nav",
    "header",
    "footer",
    "form",
    "ul",
    "ol",
    "table",
    "blockquote",
    "figure",
    "section",
    "button",
    "label",
    "li",
    "pre",
    "p",
    "a",
    "dl",
    "figcaption",
    "td",
    "details",
    "span",
)
MARKED: Final = (
    "navigation",
    "promo",
    "ad",
    "comment",
    "legal",
    "bio",
    "subtitle",
    "byline",
    "dateline",
    "caption",
    "pull_quote",
)
"""Kinds that a mark around the line can state."""

_MARKED_KINDS: Final[Numbers] = np.array([KIND_NUMBERS[kind] for kind in MARKED], np.int32)

_AROUND: Final[Numbers] = np.full(len(TAG_NUMBERS) + 1, -1, np.int32)
for _place, _tag in enumerate(AROUND_TAGS):
    _AROUND[TAG_NUMBERS[_tag]] = _place

_H1, _P, _ARTICLE = (TAG_NUMBERS[tag] for tag in ("h1", "p", "article"))

OWN: Final = (
    "words",
    "chars",
    "link_share",
    "links",
    "strong_share",
    "commas",
    "ends",
    "digits",
    "capitals",
    "word_length",
    "first",
    "last",
    "bars",
    "rights",
    "tag",
    "depth",
    "gap",
    "hidden",
    "heading",
    "repeats",
    "title_share",
    "wide",
)
LEVELS: Final = ("chars", "link_share", "good_share", "lines", "good_density", "children")
PLACE: Final = (
    "place",
    "chars_before",
    "good_before",
    "good_after",
    "after_h1",
    "h1_lines",
    "h1_chars",
    "to_good_before",
    "to_good_after",
    "chars_to_good_before",
    "chars_to_good_after",
    "in_top",
    "in_50",
    "in_70",
    "in_90",
    "before_top",
    "after_top",
    "top_share",
    "top_good",
    "top_depth",
    "common_before",
    "common_after",
    "common_h1",
    "h1_depth",
    "common_top",
)
PATTERN: Final = ("lines", "words", "link_share", "good_share", "span", "last")
PAGE: Final = ("page_lines", "page_chars", "page_good", "page_links", "page_articles", "page_paragraphs")
NEAR: Final = (-3, -2, -1, 1, 2, 3)
NEAR_COLUMNS: Final = ("words", "link_share", "tag", "lexical", "naming", "same_pattern")
WINDOWS: Final = (2, 5, 12, 25)
WINDOW_COLUMNS: Final = ("good", "links", "lexical", "naming")

NAMES: Final = (
    *OWN,
    *(f"in_{tag}" for tag in AROUND_TAGS),
    *(f"marked_{kind}" for kind in MARKED),
    "lexical",
    "lexical_word",
    "naming",
    *(f"around_{level}_{name}" for level in range(5) for name in LEVELS),
    *PLACE,
    *(f"pattern_{name}" for name in PATTERN),
    *(f"wide_pattern_{name}" for name in PATTERN),
    *PAGE,
    *(f"near_{offset}_{name}" for offset in NEAR for name in NEAR_COLUMNS),
    *(f"within_{width}_{name}" for width in WINDOWS for name in WINDOW_COLUMNS),
)
"""The features, in the order of the columns."""

MIN_GOOD_WORDS: Final = 12
MAX_GOOD_LINK_SHARE: Final = 0.4

W_WORDS, W_LINK, W_GOOD, W_HASH, W_PATTERN, W_WIDE_PATTERN, W_COMMON = range(7)


class Measured(NamedTuple):
    """One row of NAMES a line, and its SLOTS: which text, pattern of tags and block it shares with other lines."""

    rows: Numbers
    slots: Numbers


S_TEXT, S_PATTERN, S_WIDE_PATTERN, S_BLOCK = range(4)
"""Columns of `slots`."""


def measure_lines(scan: Scan, page: Page, kinds: Numbers, lexical: Numbers, naming: Numbers) -> Measured:
    """Measure the lines. `kinds` are those of the marks; `lexical` and `naming` the linear scores (tokens.py)."""
    count = int(page.sizes[N_LINES])
    measured = Measured(np.zeros((count, len(NAMES)), np.float32), np.zeros((count, 4), np.int64))
    _measure(scan, page, kinds, lexical, naming, measured)
    return measured


@compile_kernel
def _measure(scan: Scan, page: Page, kinds: Numbers, lexical: Numbers, naming: Numbers, measured: Measured) -> None:
    rows, slots = measured.rows, measured.slots
    count = page.sizes[N_LINES]
    if count == 0:
        return
    elements, places, lines = scan.elements, page.places, page.lines
    n_elements = scan.counts[ELEMENTS]
    # What elements hold: characters, those in links, those in good lines, lines, blocks right within.
    held = np.zeros((n_elements + 1, 5), np.int32)
    around = np.zeros(n_elements + 1, np.int32)
    depths = np.zeros(n_elements + 1, np.int32)
    paths = np.zeros(n_elements + 1, np.uint64)
    scores = np.zeros(n_elements + 1, np.int64)
    articles = paragraphs = 0
    for element in range(1, n_elements + 1):
        parent, tag = elements[element, PARENT], elements[element, TAG]
        around[element] = around[parent]
        if _AROUND[tag] >= 0:
            around[element] |= np.int32(1) << _AROUND[tag]
        depths[element] = depths[parent]
        paths[element] = paths[parent]
        if places[element, BLOCK] == element:
            depths[element] += 1
            own = np.uint64(elements[element, KEY])
            for word in range(elements[element, WORD_START], elements[element + 1, WORD_START]):
                own += np.uint64(scan.words[word]) * np.uint64(31)
            paths[element] = (paths[parent] * np.uint64(31) ^ own) * np.uint64(FNV_PRIME)
            held[places[parent, BLOCK], 4] += 1
        articles += tag == _ARTICLE
        paragraphs += tag == _P
    size = 16
    while size < 4 * count:
        size *= 2
    title_keys = np.zeros(256, np.uint64)
    hash_titles(scan, title_keys)
    repeat_keys, repeats = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    path_keys, path_sums = np.zeros(size, np.uint64), np.zeros((size, 6), np.int64)
    wide_keys, wide_sums = np.zeros(size, np.uint64), np.zeros((size, 6), np.int64)
    good = np.zeros(count + 1, np.int64)
    chars_before = np.zeros(count + 1, np.int64)
    h1 = -1
    links_before = 0
    links_all = 0
    for line in range(count):
        row = rows[line]
        own = lines[line]
        value = read_line(page.text, own[TEXT_START], own[TEXT_END], row)
        element = own[ELEMENT]
        block = places[element, BLOCK]
        chars = own[CHARS]
        link_share = share_of(own[LINK_CHARS], chars)
        row[1] = chars
        row[2] = link_share
        row[3] = own[LINKS_END] - links_before
        links_before = own[LINKS_END]
        row[4] = share_of(own[STRONG_CHARS], chars)
        row[14] = elements[block, TAG]
        row[15] = depths[element]
        row[16] = own[HAS_GAP]
        row[17] = own[HIDDEN]
        row[20] = share_of_title(page.text, own[TEXT_START], own[TEXT_END], title_keys)
        if (elements[block, TAG] == _H1 and h1 < 0) or (elements[block, TAG] == _H1 and row[20] > rows[h1, 20]):
            h1 = line
        is_good = row[0] >= MIN_GOOD_WORDS and link_share < MAX_GOOD_LINK_SHARE and own[HIDDEN] == 0
        good[line + 1] = good[line] + (chars if is_good else 0)
        chars_before[line + 1] = chars_before[line] + chars
        links_all += own[LINK_CHARS]
        slots[line, 3] = block
        held[element, 0] += chars
        held[element, 1] += own[LINK_CHARS]
        held[element, 3] += 1
        if is_good:
            held[element, 2] += chars
            outer = elements[block, PARENT]
            scores[outer] += 2 * chars
            scores[elements[outer, PARENT]] += chars
        slot = find_slot(repeat_keys, value | np.uint64(1))
        repeats[slot] += 1
        slots[line, 0] = slot
        near_key = np.uint64(elements[block, KEY]) * np.uint64(7) + np.uint64(elements[elements[block, PARENT], KEY])
        for word in range(elements[block, WORD_START], elements[block + 1, WORD_START]):
            near_key += np.uint64(scan.words[word]) * np.uint64(31)
        for which in range(2):
            sums = path_sums if which == 0 else wide_sums
            slot = (
                find_slot(path_keys, paths[element] | np.uint64(1))
                if which == 0
                else find_slot(wide_keys, near_key | np.uint64(1))
            )
            slots[line, 1 + which] = slot
            if sums[slot, 0] == 0:
                sums[slot, 4] = line
            sums[slot, 0] += 1
            sums[slot, 1] += np.int64(row[0])
            sums[slot, 2] += own[LINK_CHARS]
            sums[slot, 3] += chars if is_good else 0
            sums[slot, 5] += chars
    for element in range(n_elements, 0, -1):
        parent = elements[element, PARENT]
        for column in range(4):
            held[parent, column] += held[element, column]
    all_good, all_chars = good[count], chars_before[count]
    last_of = np.zeros((2, size), np.int64)
    for line in range(count):
        last_of[0, slots[line, 1]] = line
        last_of[1, slots[line, 2]] = line
    # Roots: the deepest elements that hold a share of all good lines; the top, by the score of its paragraphs.
    top = root_50 = root_70 = root_90 = 0
    for element in range(1, n_elements + 1):
        if scores[element] > scores[top]:
            top = element
        if 10 * held[element, 2] >= 5 * all_good:
            root_50 = element
        if 10 * held[element, 2] >= 7 * all_good:
            root_70 = element
        if 10 * held[element, 2] >= 9 * all_good:
            root_90 = element
    base = 22
    marked = base + len(AROUND_TAGS)
    lex, nam = marked + len(MARKED), marked + len(MARKED) + 2
    levels = nam + 1
    own_place = levels + 30
    pattern = own_place + 25
    page_columns = pattern + 12
    near = page_columns + 6
    window = near + 36
    # Distances to the next good line, in both directions.
    before_line = -1
    for line in range(count):
        row = rows[line]
        row[own_place + 7] = min(line - before_line, 60) if before_line >= 0 else 99
        row[own_place + 9] = min(chars_before[line] - chars_before[before_line + 1], 5000) if before_line >= 0 else 9999
        row[own_place + 20] = _measure_common(
            elements, depths, places, slots[line, 3], slots[before_line, 3] if before_line >= 0 else 0
        )
        if good[line + 1] > good[line]:
            before_line = line
    after_line = -1
    for line in range(count - 1, -1, -1):
        row = rows[line]
        row[own_place + 8] = min(after_line - line, 60) if after_line >= 0 else 99
        row[own_place + 10] = min(chars_before[after_line] - chars_before[line + 1], 5000) if after_line >= 0 else 9999
        row[own_place + 21] = _measure_common(
            elements, depths, places, slots[line, 3], slots[after_line, 3] if after_line >= 0 else 0
        )
        if good[line + 1] > good[line]:
            after_line = line
    kind_bits = np.zeros(page.sizes[N_NODES], np.int64)
    for node in range(1, kind_bits.size):
        kind_bits[node] = kind_bits[page.nodes[node, NODE_PARENT]] | 1 << kinds[page.nodes[node, NODE_MARK]]
    lexical_sums = np.zeros(count + 1, np.int64)
    naming_sums = np.zeros(count + 1, np.int64)
    linked = np.zeros(count + 1, np.int64)
    for line in range(count):
        lexical_sums[line + 1] = lexical_sums[line] + lexical[line]
        naming_sums[line + 1] = naming_sums[line] + naming[line]
        linked[line + 1] = linked[line] + lines[line, LINK_CHARS]
    for line in range(count):
        row = rows[line]
        own = lines[line]
        element, block = own[ELEMENT], slots[line, 3]
        tag = elements[block, TAG]
        row[18] = 1 if tag >= _H1 and tag <= _H1 + 5 else 0
        row[19] = repeats[slots[line, 0]]
        for place in range(len(AROUND_TAGS)):
            row[base + place] = (around[element] >> place) & 1
        bits = kind_bits[places[element, NODE]]
        for place in range(len(MARKED)):
            row[marked + place] = (bits >> _MARKED_KINDS[place]) & 1
        row[lex] = lexical[line]
        row[lex + 1] = share_of(lexical[line], row[0])
        row[nam] = naming[line]
        step = block
        for level in range(5):
            column = levels + 6 * level
            if step > 0 or level == 0:
                row[column] = held[step, 0]
                row[column + 1] = share_of(held[step, 1], held[step, 0])
                row[column + 2] = share_of(held[step, 2], all_good)
                row[column + 3] = held[step, 3]
                row[column + 4] = share_of(held[step, 2], held[step, 0])
                row[column + 5] = held[step, 4]
                step = places[elements[step, PARENT], BLOCK] if step > 0 else 0
            else:
                row[column] = -1
        row[own_place] = share_of(line, count)
        row[own_place + 1] = share_of(chars_before[line], all_chars)
        row[own_place + 2] = share_of(good[line], all_good)
        row[own_place + 3] = share_of(all_good - good[line + 1], all_good)
        row[own_place + 4] = 0 if h1 < 0 else (1 if line > h1 else -1)
        row[own_place + 5] = line - h1 if h1 >= 0 else 999
        row[own_place + 6] = chars_before[line] - chars_before[h1] if h1 >= 0 else 99999
        row[own_place + 11] = 1 if top <= element <= places[top, LAST] else 0
        row[own_place + 12] = 1 if root_50 <= element <= places[root_50, LAST] else 0
        row[own_place + 13] = 1 if root_70 <= element <= places[root_70, LAST] else 0
        row[own_place + 14] = 1 if root_90 <= element <= places[root_90, LAST] else 0
        row[own_place + 15] = 1 if element < top else 0
        row[own_place + 16] = 1 if element > places[top, LAST] else 0
        row[own_place + 17] = share_of(held[top, 2], all_good)
        row[own_place + 18] = share_of(held[top, 2], held[top, 0])
        row[own_place + 19] = depths[element] - depths[top]
        if h1 >= 0:
            common = _measure_common(elements, depths, places, block, slots[h1, 3])
            row[own_place + 22] = common
            row[own_place + 23] = depths[slots[h1, 3]] - (depths[block] - common)
        else:
            row[own_place + 22] = row[own_place + 23] = -1
        row[own_place + 24] = _measure_common(elements, depths, places, top, block)
        for which in range(2):
            sums = path_sums if which == 0 else wide_sums
            slot = slots[line, 1 + which]
            column = pattern + 6 * which
            row[column] = sums[slot, 0]
            row[column + 1] = share_of(sums[slot, 1], sums[slot, 0])
            row[column + 2] = share_of(sums[slot, 2], sums[slot, 5])
            row[column + 3] = share_of(sums[slot, 3], all_good)
            row[column + 4] = share_of(last_of[which, slot] - sums[slot, 4] + 1, count)
            row[column + 5] = share_of(last_of[which, slot] - line, count)
        row[page_columns] = count
        row[page_columns + 1] = all_chars
        row[page_columns + 2] = share_of(all_good, all_chars)
        row[page_columns + 3] = share_of(links_all, all_chars)
        row[page_columns + 4] = articles
        row[page_columns + 5] = paragraphs
        for place in range(6):
            other = line + (place - 3 if place < 3 else place - 2)
            column = near + 6 * place
            if 0 <= other < count:
                row[column] = rows[other, 0]
                row[column + 1] = rows[other, 2]
                row[column + 2] = rows[other, 14]
                row[column + 3] = lexical[other]
                row[column + 4] = naming[other]
                row[column + 5] = 1 if slots[other, 1] == slots[line, 1] else 0
            else:
                row[column] = -1
        for place in range(4):
            width = 2 if place == 0 else 5 if place == 1 else 12 if place == 2 else 25
            first, last = max(line - width, 0), min(line + width + 1, count)
            column = window + 4 * place
            chars = chars_before[last] - chars_before[first]
            row[column] = share_of(good[last] - good[first], chars)
            row[column + 1] = share_of(linked[last] - linked[first], chars)
            row[column + 2] = share_of(lexical_sums[last] - lexical_sums[first], last - first)
            row[column + 3] = share_of(naming_sums[last] - naming_sums[first], last - first)


@compile_kernel
def _measure_common(elements: Numbers, depths: Numbers, places: Numbers, one: int, other: int) -> int:
    """Blocks between `one` and what it has in common with `other`."""
    step = one
    while step > 0 and not step <= other <= places[step, LAST]:
        step = elements[step, PARENT]
    return int(depths[one] - depths[step])
