"""What tags, roles and class names say about the lines inside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from transforms.parse.records import split_words

REGION_KINDS: Final = frozenset({"navigation", "promo", "ad", "comment", "legal", "bio"})
"""Kinds that hold for everything inside an element, whatever the tags in it say."""

CREDIT_KINDS: Final = frozenset({"title", "subtitle", "byline", "dateline", "caption", "pull_quote"})

TAG_KINDS: Final = {
    "nav": "navigation",
    "menu": "navigation",
    "button": "navigation",
    "select": "navigation",
    "footer": "navigation",
    "aside": "promo",
    "h1": "title",
    "h2": "heading",
    "h3": "heading",
    "h4": "heading",
    "h5": "heading",
    "h6": "heading",
    "li": "list_item",
    "blockquote": "quote",
    "figcaption": "caption",
    "time": "dateline",
}

ROLE_KINDS: Final = {
    "navigation": "navigation",
    "menu": "navigation",
    "menubar": "navigation",
    "search": "navigation",
    "contentinfo": "navigation",
    "complementary": "promo",
    "heading": "heading",
    "listitem": "list_item",
}

ITEMPROP_KINDS: Final = {
    "author": "byline",
    "datePublished": "dateline",
    "dateModified": "dateline",
    "dateCreated": "dateline",
    "alternativeHeadline": "subtitle",
    "caption": "caption",
    "comment": "comment",
}

WORD_KINDS: Final = {
    "navigation": split_words(
        "share sharing sharebar sharedaddy addthis addtoany shareaholic breadcrumb breadcrumbs navbar navigation "
        "pagination pager menu cookie cookies consent gdpr"
    ),
    "promo": split_words(
        "related recommended recommendations recirc recirculation outbrain taboola trending newsletter subscribe "
        "subscription signup mostread mostpopular readmore promo"
    ),
    "ad": split_words("advert advertisement advertising adsbygoogle sponsored"),
    "pull_quote": frozenset(("pullquote",)),
    "byline": frozenset(("byline",)),
    "dateline": frozenset(("dateline", "timestamp", "pubdate", "datetime")),
    "caption": frozenset(("figcaption",)),
    "subtitle": frozenset(("subtitle", "subheadline", "standfirst", "dek")),
    "legal": frozenset(("copyright", "copyrights")),
}
"""Kind -> words that say so wherever they stand in a class name or id (`post-share-buttons`). From the vocabulary of
schema.org, WordPress themes and the larger publishing systems, not from any one site."""

PHRASE_KINDS: Final = {
    ("pull", "quote"): "pull_quote",
    ("author", "bio"): "bio",
    ("author", "box"): "bio",
    ("author", "biography"): "bio",
    ("author", "description"): "bio",
    ("author", "info"): "bio",
    ("about", "author"): "bio",
    ("about", "the", "author"): "bio",
    ("post", "date"): "dateline",
    ("entry", "date"): "dateline",
    ("article", "date"): "dateline",
    ("publish", "date"): "dateline",
    ("published", "date"): "dateline",
    ("author", "name"): "byline",
    ("article", "author"): "byline",
    ("post", "author"): "byline",
    ("entry", "author"): "byline",
    ("photo", "credit"): "caption",
    ("image", "credit"): "caption",
    ("image", "caption"): "caption",
    ("photo", "caption"): "caption",
    ("caption", "text"): "caption",
    ("social", "media"): "navigation",
    ("social", "links"): "navigation",
    ("social", "icons"): "navigation",
    ("social", "buttons"): "navigation",
    ("skip", "link"): "navigation",
    ("most", "read"): "promo",
    ("most", "popular"): "promo",
    ("read", "more"): "promo",
    ("read", "also"): "promo",
    ("see", "also"): "promo",
    ("sign", "up"): "promo",
}
"""Neighbouring words in one class name or id -> kind."""

NAME_KINDS: Final = {
    "ad": "ad",
    "ads": "ad",
    "author": "byline",
    "authors": "byline",
    "date": "dateline",
    "published": "dateline",
    "caption": "caption",
    "social": "navigation",
    "respond": "comment",
}
"""Whole class names and ids -> kind: words too common to tell anything as a part of a longer name."""

COMMENT_WORDS: Final = frozenset(("comment", "comments", "commentlist", "disqus"))
"""Open the names of comment areas. As a later word they can be anything (`no-comments`, `has-comments`)."""

COMMENT_STATE_WORDS: Final = frozenset(("open", "closed", "enabled", "disabled", "on", "off"))
COMMENT_CONTROL_WORDS: Final = frozenset(("count", "counts", "link", "button", "icon", "number", "toggle", "bubble"))

WORD_PATTERN: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

MAX_NAME_WORDS: Final = 6
"""Longer names are sentences: the headline as an anchor, or every part of a generated name."""

UNMARKED_TAGS: Final = frozenset(("html", "body", "main", "article", "form"))
"""Wrappers of whole pages: their classes list features of a page (`single-post comments-open`), not what they hold."""


HEADING_TAGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


@dataclass(frozen=True, slots=True)
class Mark:
    """What an element says: the kind of the lines in it, and the tag, role or class name that says so."""

    kind: str
    rule: str


def find_stated_marks(role: str, itemprop: str, rel: str) -> tuple[Mark, ...]:
    """Return the marks of an element with these attributes (empty where it lacks one), outermost first."""
    marks = []
    if role in ROLE_KINDS:
        marks.append(Mark(ROLE_KINDS[role], f"html.role.{role}"))
    if itemprop in ITEMPROP_KINDS:
        marks.append(Mark(ITEMPROP_KINDS[itemprop], f"html.itemprop.{itemprop}"))
    if "author" in rel.split():
        marks.append(Mark("byline", "html.rel.author"))
    return tuple(marks)


def find_name_kind(name: str) -> str | None:
    """The kind that one class name or id states, or None. The kernel of page/scan.py does the same with hashes."""
    if name.lower() in NAME_KINDS:
        return NAME_KINDS[name.lower()]
    words = tuple(word.lower() for word in WORD_PATTERN.findall(name))
    if not words or len(words) > MAX_NAME_WORDS:
        return None
    return _find_comment_kind(words) or _find_phrase_kind(words) or _find_word_kind(words)


def _find_comment_kind(words: tuple[str, ...]) -> str | None:
    if words[0] not in COMMENT_WORDS or COMMENT_STATE_WORDS.intersection(words):
        return None
    return "navigation" if COMMENT_CONTROL_WORDS.intersection(words) else "comment"


def _find_phrase_kind(words: tuple[str, ...]) -> str | None:
    for length in (2, 3):
        for start in range(len(words) - length + 1):
            kind = PHRASE_KINDS.get(words[start : start + length])
            if kind:
                return kind
    return None


def _find_word_kind(words: tuple[str, ...]) -> str | None:
    return next((kind for kind, telling in WORD_KINDS.items() if telling.intersection(words)), None)
