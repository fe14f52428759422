"""The metadata that the markup of a page states: JSON-LD, meta tags, microdata, links, headings, and its title tag.

Rows stand in order of trust, so that the first row of a field wins (for authors: the first rule that names a person):

1. `html.json_ld.headline` of a `NewsArticle`, which search engines hold publishers to; then `html.h1`, the headline as
   the page shows it. Other JSON-LD headlines come from plug-ins that put the title for search results there.
2. `html.json_ld.*`, schema.org data of the article itself.
3. `html.meta.*`: Open Graph and article tags, then those of single systems, then Dublin Core and plain names.
4. `html.itemprop.*` microdata, `html.rel.author`, `html.class.credit`, `html.time.datetime`, and what stands beside the
   headline (`html.near_headline`).
5. `html.json_ld.name` and `html.title`, which often have the outlet appended.

For `url` the order is `html.link.canonical`, `og:url`, then JSON-LD; for `language` `html.lang`, JSON-LD, meta tags.
Values of other formats come through the same StatedValue under rules of their own (`eml.from`, `feed.author`): whatever
their prefix, they are ranked by the order in which their parser gives them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element

from transforms.parse.html_credits import (
    find_credits,
    find_headline,
    find_microdata,
    find_near_headline,
    find_times,
    join_text,
)
from transforms.parse.html_json_ld import ADDRESS, read_json_ld
from transforms.parse.records import StatedValue

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


LATE_RULES: Final = ("html.json_ld.name",)
"""What a page says of itself, not of an article: the name of a product or site."""


def find_stated_values(root: _Element) -> list[StatedValue]:
    """Return what the markup under `root` states, in order of trust, without repetitions.

    Fields: title, subtitle, authors (one row a name), published_at, outlet, url, language, kind. Values are as written,
    with white space collapsed; names are not split, dates not read, addresses not resolved.
    """
    json_ld = list(read_json_ld(root))
    meta, title = _read_meta_tags(root), list(_read_title(root))
    microdata = list(find_microdata(root))
    own = [*_read_canonical(root), *_read_language(root), *(value for value in meta if value.field == "url")]
    named = [value.value for value in (*json_ld, *meta, *title) if value.field == "title"]
    headline = find_headline(root, named)
    printed = [] if headline is None else [StatedValue("title", join_text(headline), "html.h1")]
    body = [*find_credits(root), *find_times(root, headline), *find_near_headline(root, headline)]
    is_news = any(value.field == "kind" and value.value.endswith("NewsArticle") for value in json_ld)
    news = [value for value in json_ld if is_news and value.rule == "html.json_ld.headline"]
    late = [value for value in json_ld if value.rule in LATE_RULES]
    early = [value for value in json_ld if value not in late]
    values = [*own, *news, *printed, *early, *meta, *microdata, *body, *late, *title]
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


def _read_title(root: _Element) -> Iterator[StatedValue]:
    title = root.find(".//head/title")
    if title is not None:
        yield StatedValue("title", join_text(title), "html.title")
