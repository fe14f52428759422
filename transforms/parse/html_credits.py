"""What the body of a page marks as its headline, its authors and its time: headings, microdata, links and classes.

The same marks stand on teasers, comments and boxes about other pages, so each is read with regard to its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lxml.etree import _Element

from transforms.parse.records import StatedValue, split_words

ITEMPROPS: Final = {
    "headline": "title",
    "alternativeHeadline": "subtitle",
    "author": "authors",
    "datePublished": "published_at",
    "inLanguage": "language",
}

FORUM_TYPES: Final = split_words("DiscussionForumPosting Question QAPage")

BESIDE_TAGS: Final = split_words("nav footer aside template noscript form dialog")
BESIDE: Final = re.compile(
    r"comment|repl(?:y|ies)\b|related|recommend|teaser|sidebar|side-bar|widget|carousel|slider|popular|trending|"
    r"latest|more-(?:from|stories|news)|read-?(?:more|next)|up-?next|newsletter|breadcrumb|cookie|modal|footer|"
    r"\bcards?\b|[-_]cards?\b|\bcard[-_]|review(?:s|ed|er)\b|testimonial|feed\b|promo|site-?(?:header|title|name)|logo",
    re.IGNORECASE,
)
"""Names of boxes that are about something else than the page: what they credit and date is not the document."""

CREDIT: Final = re.compile(
    r"(?:^|[-_\s])(?:by-?line|author|writer|(?:written|posted|post|published)-?by)|Author|Byline"
)
NO_CREDIT: Final = re.compile(
    r"bio|desc|about|title|role|job|avatar|image|img|photo|pic|social|follow|share|date|time|count|position|"
    r"affiliation|more|posts|label|icon|review|check|edit",
    re.IGNORECASE,
)
LONGEST_CREDIT_CHARS: Final = 120
MOST_CREDITS: Final = 6
"""More people than this, each marked alone, are those of a list of teasers."""
MOST_DAYS: Final = 4
"""More days than this, each in a time element, are those of a list of teasers."""

HEADLINE_OVERLAP: Final = 0.1
"""Share of words that a heading has in common with a title that the page states, so that a logo is no headline.
Calibrated on the pages of the evaluation file with gold titles: .1 and .2 name the most, .3 and above lose some."""

ELEMENTS_BEFORE: Final = 20
ELEMENTS_BEHIND: Final = 40
"""How far from the headline its date and its byline stand, in elements. On pages of the evaluation file that state
neither, nine of ten printed dates stand within 16 elements of the headline."""
LONGEST_STAMP_CHARS: Final = 80
STAMP: Final = re.compile(r"\b(?:19|20)\d\d(?:\b|年|년)")
AUTHOR_PAGE: Final = re.compile(
    r"/(?:by|authors?|autor(?:en|es|i)?|auteurs?|autor[ei]|redakteur(?:e|in)?|journalist(?:e|en|i)?|contributors?|"
    r"columnists?|writers?|reporters?|profiles?|people|staff)/[^/]",
    re.IGNORECASE,
)
BYLINE: Final = re.compile(
    r"(?:(?:written|posted|words) )?(?:by|von|par|por|di|door|av|af|przez):? (?=\S)", re.IGNORECASE
)

WORD: Final = re.compile(r"\w+")
SEPARATOR: Final = re.compile(r"\s[|–—•·»:/-]{1,2}\s|\|")


def join_text(element: _Element) -> str:
    """The text within, white space collapsed."""
    return " ".join("".join(element.itertext()).split())


def find_headline(root: _Element, stated_titles: Sequence[str]) -> _Element | None:
    """The first-rank heading that is the headline: the one most like a title that the page states.

    None when no heading resembles one (where the page states any), and for a heading that only repeats the end of the
    stated title, which is the name of the site.
    """
    headings = [(heading, join_text(heading)) for heading in root.iter("h1")]
    best, best_overlap = None, -1.0
    for heading, text in headings:
        if not text or _is_site_name(text, stated_titles):
            continue
        overlap = max((_measure_overlap(text, title) for title in stated_titles), default=1.0)
        if overlap > best_overlap:
            best, best_overlap = heading, overlap
    return best if best_overlap >= HEADLINE_OVERLAP else None


def _measure_overlap(text: str, title: str) -> float:
    """Jaccard similarity of the words; for scripts without spaces, of the characters."""
    words, others = set(WORD.findall(text.casefold())), set(WORD.findall(title.casefold()))
    if len(words) == 1 or len(others) == 1:
        words, others = set("".join(words)), set("".join(others))
    return len(words & others) / max(1, len(words | others))


def _is_site_name(text: str, stated_titles: Sequence[str]) -> bool:
    """Whether the heading is what stands behind the last separator of a title, as the name of the site does."""
    folded = text.casefold()
    return any(
        len(parts) > 1 and parts[-1].strip().casefold() == folded
        for parts in (SEPARATOR.split(title) for title in stated_titles)
    )


def find_microdata(root: _Element) -> Iterator[StatedValue]:
    """Values of ITEMPROPS; of authors and times, those of the first item that has any (later ones are its comments)."""
    scopes: dict[str, _Element | None] = {}
    for element in root.iterfind(".//*[@itemprop]"):
        for name in element.get("itemprop").split():
            if name not in ITEMPROPS or (element.tag == "meta" and name not in ("author", "datePublished")):
                continue
            scope = _find_scope(element)
            if scopes.setdefault(name, scope) is not scope or _is_beside(element):
                continue
            value = _read_itemprop(element, name)
            if value:
                yield StatedValue(ITEMPROPS[name], value, f"html.itemprop.{name}")
    for element in root.iterfind(".//*[@itemtype]"):
        kind = element.get("itemtype").strip().rsplit("/", 1)[-1]
        if kind in FORUM_TYPES:
            yield StatedValue("kind", kind, "html.itemtype")
            break


def _find_scope(element: _Element) -> _Element | None:
    return next((parent for parent in element.iterancestors() if parent.get("itemscope") is not None), None)


def _read_itemprop(element: _Element, name: str) -> str:
    if name == "datePublished":
        return element.get("datetime") or element.get("content") or join_text(element)
    if name == "author":
        named = element.find('.//*[@itemprop="name"]')
        element = element if named is None else named
    return element.get("content") or join_text(element)


def find_credits(root: _Element) -> list[StatedValue]:
    """Authors by `rel=author` links, then by the first class that is that of a byline; none from lists of teasers."""
    linked = [link for link in root.iterfind(".//a[@rel]") if "author" in link.get("rel").lower().split()]
    classed = [element for element in root.iterfind(".//*[@class]") if _is_credit(element)]
    outer = {parent for element in classed for parent in element.iterancestors()}
    inner = [element for element in classed if element not in outer and not _is_beside(element)]
    first = [element for element in inner if element.get("class") == inner[0].get("class")]
    return [*_state_names(linked, "html.rel.author"), *_state_names(first, "html.class.credit")]


def _is_credit(element: _Element) -> bool:
    name = element.get("class")
    if not CREDIT.search(name) or NO_CREDIT.search(name):
        return False
    return len(WORD.findall(_join_spaced(element))) > 1  # "By" alone names nobody


def _join_spaced(element: _Element) -> str:
    """The text within, with a space between the parts: "By" and the name often stand in elements of their own."""
    return " ".join(" ".join(element.itertext()).split())


def _state_names(elements: Sequence[_Element], rule: str) -> list[StatedValue]:
    texts = [_join_spaced(element) for element in elements if not _is_beside(element)]
    names = list(dict.fromkeys(text for text in texts if 0 < len(text) <= LONGEST_CREDIT_CHARS))
    return [StatedValue("authors", name, rule) for name in names] if len(names) <= MOST_CREDITS else []


def find_times(root: _Element, headline: _Element | None) -> Iterator[StatedValue]:
    """The first time element of the document: behind the headline, else anywhere; none from lists of teasers."""
    times = [element for element in root.iterfind(".//time[@datetime]") if not _is_beside(element)]
    if len({element.get("datetime")[:10] for element in times}) > MOST_DAYS:
        return
    if headline is not None and times:
        order = {element: place for place, element in enumerate(root.iter("h1", "time"))}
        behind = [element for element in times if order[element] > order[headline]]
        times = behind or times
    for element in times[:1]:
        yield StatedValue("published_at", element.get("datetime"), "html.time.datetime")


def find_near_headline(root: _Element, headline: _Element | None) -> Iterator[StatedValue]:
    """Short texts beside the headline that hold a year, as dates do, or that open as bylines or link to an author."""
    if headline is None:
        return
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    place = elements.index(headline)
    inside = sum(1 for _ in headline.iter())
    window = elements[max(0, place - ELEMENTS_BEFORE) : place] + elements[place + inside :][:ELEMENTS_BEHIND]
    for element in window:
        text = " ".join("".join(_list_own_texts(element)).split())
        if not 0 < len(text) <= LONGEST_STAMP_CHARS or element.tag in ("script", "style") or _is_beside(element):
            continue
        if STAMP.search(text):
            yield StatedValue("published_at", text, "html.near_headline")
        if BYLINE.match(text) or (element.tag == "a" and AUTHOR_PAGE.search(element.get("href") or "")):
            yield StatedValue("authors", text, "html.near_headline")


def _list_own_texts(element: _Element) -> Iterator[str]:
    """The text of an element without that of its children, and what follows them."""
    yield element.text or ""
    for child in element:
        yield child.tail or ""


def _is_beside(element: _Element) -> bool:
    """Whether the element stands in a box that is about something else than the page."""
    for parent in (element, *element.iterancestors()):
        if parent.tag in ("body", "html", "main"):
            return False
        if parent.tag in BESIDE_TAGS or BESIDE.search(f"{parent.get('class') or ''} {parent.get('id') or ''}"):
            return True
    return False
