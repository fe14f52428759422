"""The schema.org data of a page (JSON-LD): what its article says of itself.

Only objects that describe the document count: those at the top, in a `@graph`, and what they name as their main
entity. A review inside a product, or an article inside a list of teasers, is about something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any, Final

from lxml.etree import _Element

from transforms.parse.records import StatedValue, split_words

ARTICLE_TYPES: Final = split_words(
    "Article BlogPosting LiveBlogPosting SocialMediaPosting DiscussionForumPosting Report ClaimReview Review Question"
)
"""Types of schema.org that a document can be, besides those whose name ends in `Article`."""

PAGE_TYPES: Final = split_words("WebPage ItemPage NewsMediaObject VideoObject CreativeWork MediaGallery ImageGallery")
"""Types that describe the document when there is no article."""

ORGANIZATION_TYPES: Final = split_words("Organization NewsMediaOrganization Corporation WebSite Brand Thing")

HOLDING_KEYS: Final = ("@graph", "mainEntity", "mainEntityOfPage")
"""Where an object that describes the document can stand inside another one."""

MAX_JSON_NODES: Final = 20_000
"""Nodes of JSON-LD that are looked at in one page; pages in use have some hundreds."""

SCRIPT_WRAPPING: Final = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$")
ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)


def read_json_ld(root: _Element) -> Iterator[StatedValue]:
    """What the first article of the page states, or what the page states of itself when there is none."""
    scripts = list(_list_json_ld_scripts(root))
    nodes = [node for script in scripts for node in _list_nodes(script)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    own = [node for script in scripts for node in _list_own_nodes(script)]
    articles = [node for node in own if any(map(_is_article_type, _list_types(node)))]
    pages = [node for node in own if PAGE_TYPES.intersection(_list_types(node))]
    for node in (articles or pages)[:1]:
        yield from _describe_article(node, by_id)


def _list_json_ld_scripts(root: _Element) -> Iterator[Any]:
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            # strict=False: raw line breaks within strings are common.
            yield json.loads(SCRIPT_WRAPPING.sub("", "".join(script.itertext())), strict=False)
        except (ValueError, RecursionError):  # a broken script states nothing
            continue


def _list_nodes(data: Any) -> list[dict[str, Any]]:
    """Every object in `data`, outermost first."""
    nodes: list[dict[str, Any]] = []
    waiting: list[Any] = [data]
    for value in waiting:  # grows while it is read
        if isinstance(value, dict):
            nodes.append(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        if len(waiting) > MAX_JSON_NODES:
            break
    return nodes


def _list_own_nodes(data: Any) -> list[dict[str, Any]]:
    """The objects that describe the document, outermost first."""
    nodes: list[dict[str, Any]] = []
    waiting: list[Any] = [data]
    for value in waiting:  # grows while it is read
        if isinstance(value, dict):
            nodes.append(value)
            waiting.extend(value[key] for key in HOLDING_KEYS if key in value)
        elif isinstance(value, list):
            waiting.extend(value)
        if len(waiting) > MAX_JSON_NODES:
            break
    return nodes


def _list_types(node: dict[str, Any]) -> list[str]:
    return [name.rsplit("/", 1)[-1] for name in _list_strings(node.get("@type"))]


def _is_article_type(name: str) -> bool:
    return name in ARTICLE_TYPES or name.endswith("Article")


def _describe_article(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> Iterator[StatedValue]:
    def state(field: str, key: str, values: Iterable[str]) -> Iterator[StatedValue]:
        return (StatedValue(field, unescape(value), f"html.json_ld.{key}") for value in values)

    is_article = any(map(_is_article_type, _list_types(node)))
    yield from state("title", "headline", _list_strings(node.get("headline")))
    yield from state("title", "name", _list_strings(node.get("name")))
    yield from state("subtitle", "alternativeHeadline", _list_strings(node.get("alternativeHeadline")))
    yield from state("subtitle", "description", _list_strings(node.get("description")))
    yield from state("authors", "author", _list_names(node.get("author"), by_id, with_organizations=False))
    yield from state("authors", "creator", _list_names(node.get("creator"), by_id, with_organizations=False))
    if is_article:  # that of a page is the day on which its file was made, whatever it shows
        yield from state("published_at", "datePublished", _list_strings(node.get("datePublished")))
    yield from state("outlet", "publisher", _list_names(node.get("publisher"), by_id, with_organizations=True))
    yield from state("url", "url", filter(ADDRESS.match, _list_strings(node.get("url"))))
    yield from state("url", "mainEntityOfPage", filter(ADDRESS.match, _list_addresses(node.get("mainEntityOfPage"))))
    yield from state("language", "inLanguage", _list_strings(node.get("inLanguage")))
    if is_article:
        yield from state("kind", "@type", _list_types(node))


def _list_strings(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def _list_names(value: Any, by_id: dict[str, dict[str, Any]], *, with_organizations: bool) -> list[str]:
    """Names in a value that is a name, an object with a name, a reference to one, or a list of these."""
    names: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and not ADDRESS.match(item):
            names.append(item)
        elif isinstance(item, dict):
            found = item if "name" in item else by_id.get(str(item.get("@id")), item)
            if with_organizations or not ORGANIZATION_TYPES.intersection(_list_types(found)):
                names.extend(_list_strings(found.get("name")))
    return names


def _list_addresses(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return _list_strings([item.get("@id") if isinstance(item, dict) else item for item in items])
