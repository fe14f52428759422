"""The metadata that the markup of a page states: JSON-LD, meta tags, microdata, links, and its title tag.

Rows stand in order of trust, so that the first row of a field wins (for authors: the rows of the first rule):

1. `html.json_ld.*`, schema.org data of the article itself. Publishers write it for search engines, which check it.
2. `html.meta.*`: Open Graph and article tags, then those of single systems, then Dublin Core and plain names.
3. `html.itemprop.*` microdata, then `html.rel.author` and `html.time.datetime`, which can belong to a teaser.
4. `html.title`, whose text often has the outlet appended.

For `url` the order is `html.link.canonical`, `og:url`, then JSON-LD; for `language`
`html.lang`, JSON-LD, then meta tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any, Final

from lxml.etree import _Element

from transforms.parse.records import StatedValue, split_words

META_NAMES: Final = {
    "title": (
        "og:title",
        "twitter:title",
        "parsely-title",
        "sailthru.title",
        "citation_title",
        "dc.title",
        "dcterms.title",
    ),
    "subtitle": ("og:description", "twitter:description", "description", "dc.description"),
    "authors": (
        "article:author",
        "author",
        "byl",
        "parsely-author",
        "sailthru.author",
        "citation_author",
        "dc.creator",
        "dcterms.creator",
        "article:author_name",
    ),
    "published_at": (
        "article:published_time",
        "og:published_time",
        "og:article:published_time",
        "parsely-pub-date",
        "sailthru.date",
        "datepublished",
        "publish-date",
        "publishdate",
        "pubdate",
        "publication_date",
        "citation_publication_date",
        "citation_date",
        "dc.date.issued",
        "dcterms.issued",
        "dcterms.created",
        "dc.date",
        "dc.date.created",
        "date",
        "ptime",
        "article.published",
    ),
    "outlet": (
        "og:site_name",
        "dc.publisher",
        "dcterms.publisher",
        "citation_journal_title",
        "publisher",
        "application-name",
    ),
    "url": ("og:url", "parsely-link", "twitter:url"),
    "language": ("og:locale", "dc.language", "dcterms.language", "content-language", "language"),
}
"""Field -> names of meta tags (attribute `property`, `name`, `itemprop` or `http-equiv`, in lower case), best first."""

ITEMPROPS: Final = {
    "headline": "title",
    "alternativeHeadline": "subtitle",
    "author": "authors",
    "datePublished": "published_at",
    "inLanguage": "language",
}

ARTICLE_TYPES: Final = split_words(
    "Article BlogPosting LiveBlogPosting SocialMediaPosting DiscussionForumPosting Report ClaimReview Review"
)
"""Types of schema.org that a document can be, besides those whose name ends in `Article`."""

PAGE_TYPES: Final = split_words("WebPage ItemPage NewsMediaObject VideoObject CreativeWork MediaGallery ImageGallery")
"""Types that describe the document when there is no article."""

ORGANIZATION_TYPES: Final = split_words("Organization NewsMediaOrganization Corporation WebSite Brand Thing")

MAX_JSON_NODES: Final = 20_000
"""Nodes of JSON-LD that are looked at in one page; pages in use have some hundreds."""

SCRIPT_WRAPPING: Final = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$")
ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)


def find_stated_values(root: _Element) -> list[StatedValue]:
    """Return what the markup under `root` states, in order of trust, without repetitions.

    Fields: title, subtitle, authors (one row a name), published_at, outlet, url, language, kind. Values are as written,
    with white space collapsed; names are not split, dates not read, addresses not resolved.
    """
    json_ld = list(_read_json_ld(root))
    tags = [*_read_meta_tags(root), *_read_itemprops(root), *_read_credits(root), *_read_title(root)]
    own = [*_read_canonical(root), *_read_language(root)]
    from_meta = [value for value in tags if value.field == "url"]
    values = [*own, *from_meta, *json_ld, *tags]
    cleaned = (value._replace(value=" ".join(value.value.split())) for value in values)
    return list(dict.fromkeys(value for value in cleaned if value.value))


def _read_canonical(root: _Element) -> Iterator[StatedValue]:
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and ADDRESS.match(link.get("href") or ""):
            yield StatedValue("url", link.get("href"), "html.link.canonical")


def _read_language(root: _Element) -> Iterator[StatedValue]:
    value = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    if value:
        yield StatedValue("language", value, "html.lang")


def _read_meta_tags(root: _Element) -> list[StatedValue]:
    contents: dict[str, list[str]] = {}
    for tag in root.iter("meta"):
        content = tag.get("content")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if content and tag.get(attribute):
                contents.setdefault(tag.get(attribute).strip().lower(), []).append(content)
    return [
        StatedValue(field, content, f"html.meta.{name}")
        for field, names in META_NAMES.items()
        for name in names
        for content in contents.get(name, [])
        if not (field == "authors" and ADDRESS.match(content))
    ]


def _read_itemprops(root: _Element) -> Iterator[StatedValue]:
    for element in root.iterfind(".//*[@itemprop]"):
        names = element.get("itemprop").split()
        for name in names:
            value = _read_itemprop(element, name)
            if name in ITEMPROPS and value and element.tag != "meta":
                yield StatedValue(ITEMPROPS[name], value, f"html.itemprop.{name}")


def _read_itemprop(element: _Element, name: str) -> str:
    if name == "datePublished":
        return element.get("datetime") or element.get("content") or _join_text(element)
    if name == "author":
        named = element.find('.//*[@itemprop="name"]')
        element = element if named is None else named
    return element.get("content") or _join_text(element)


def _read_credits(root: _Element) -> Iterator[StatedValue]:
    for element in root.iterfind(".//a[@rel]"):
        if "author" in element.get("rel").lower().split():
            yield StatedValue("authors", _join_text(element), "html.rel.author")
    for element in root.iterfind(".//time[@datetime]"):
        yield StatedValue("published_at", element.get("datetime"), "html.time.datetime")
        break  # later ones are those of updates, comments and teasers


def _read_title(root: _Element) -> Iterator[StatedValue]:
    title = root.find(".//head/title")
    if title is not None:
        yield StatedValue("title", _join_text(title), "html.title")


def _join_text(element: _Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _read_json_ld(root: _Element) -> Iterator[StatedValue]:
    nodes = [node for script in _list_json_ld_scripts(root) for node in _list_nodes(script)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if any(map(_is_article_type, _list_types(node)))]
    pages = [node for node in nodes if PAGE_TYPES.intersection(_list_types(node))]
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
