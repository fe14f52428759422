"""Which column of a table is what: by the settings, or else by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from transforms.contracts.parameters import COLUMN_FIELDS

GUESSES: Final[Mapping[str, Sequence[str]]] = {
    "text": [
        "text",
        "content",
        "body",
        "article",
        "maintext",
        "main_text",
        "article_text",
        "full_text",
        "fulltext",
        "article_body",
        "body_text",
        "content_text",
        "plain_text",
        "plaintext",
        "cleaned_text",
        "clean_text",
        "raw_text",
        "story",
        "article_content",
        "post_content",
    ],
    "html": ["html", "raw_html", "content_html", "body_html", "article_html", "page_html", "html_content", "page"],
    "title": ["title", "headline", "hed", "heading", "article_title", "post_title", "subject"],
    "subtitle": [
        "subtitle",
        "subheadline",
        "sub_title",
        "dek",
        "deck",
        "standfirst",
        "lead",
        "lede",
        "teaser",
        "description",
        "summary",
        "abstract",
        "excerpt",
    ],
    "authors": [
        "authors",
        "author",
        "byline",
        "author_name",
        "author_names",
        "creator",
        "writer",
        "writers",
        "journalist",
    ],
    "published_at": [
        "published_at",
        "published",
        "date_published",
        "date_publish",
        "publish_date",
        "published_date",
        "publication_date",
        "pub_date",
        "pubdate",
        "publishdate",
        "publication_time",
        "published_time",
        "date",
        "datetime",
        "date_time",
        "timestamp",
        "created_at",
        "created",
        "time",
    ],
    "outlet": [
        "outlet",
        "publisher",
        "publication",
        "source_name",
        "outlet_name",
        "site_name",
        "newspaper",
        "site",
        "media_name",
        "source",
        "media",
        "source_domain",
        "domain",
    ],
    "url": ["url", "canonical_url", "link", "article_url", "source_url", "permalink", "web_url", "page_url", "uri"],
    "language": ["language", "lang", "language_code", "locale"],
}
"""Field -> names that columns have for it in exports, best first. Names are compared in lower case, with `_` between
their words."""

NAMING_PARTS: Final = ("name", "title")
"""Last parts of nested names that name their holder: `source.name` is the source."""

WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SEPARATORS: Final = re.compile(r"[^0-9a-z]+")


def normalise_name(name: str) -> str:
    """The name in lower case, its words joined by `_`: `datePublished`, `Date Published` -> `date_published`."""
    return SEPARATORS.sub("_", WORD_START.sub("_", name).lower()).strip("_")


def match_columns(names: Sequence[str], given: Sequence[tuple[str, Sequence[str]]] = ()) -> dict[str, list[str]]:
    """Return the columns of each field, best first, for the columns called `names`; a nested one is `holder.name`.

    The columns that `given` names for a field are taken where the table has any of them; else its names are guessed.
    Nested columns count where no other column has the field. A column has one field.
    """
    wanted = dict(given)
    found: dict[str, list[str]] = {}
    taken: set[str] = set()
    for field in COLUMN_FIELDS:
        own = [name for name in wanted.get(field, ()) if name in names]
        found[field] = own
        taken.update(own)
    for field in COLUMN_FIELDS:
        if not found[field]:
            free = [name for name in names if name not in taken]
            found[field] = _guess(field, free)
            taken.update(found[field])
    return {field: columns for field, columns in found.items() if columns}


def _guess(field: str, names: Sequence[str]) -> list[str]:
    top = [name for name in names if "." not in name]
    nested = [name for name in names if "." in name]
    return _rank(field, {name: normalise_name(name) for name in top}) or _rank(
        field, {name: _name_nested(name) for name in nested}
    )


def _rank(field: str, normalised: Mapping[str, str]) -> list[str]:
    order = {guess: place for place, guess in enumerate(GUESSES[field])}
    found = [name for name, guess in normalised.items() if guess in order]
    return sorted(found, key=lambda name: order[normalised[name]])


def _name_nested(name: str) -> str:
    holder, _, own = name.rpartition(".")
    normalised = normalise_name(own)
    holders = {guess for field in ("authors", "outlet") for guess in GUESSES[field]}
    if normalised in NAMING_PARTS and normalise_name(holder) in holders:
        return normalise_name(holder)
    return normalised


def list_guessed_names() -> list[str]:
    """Every name that is known, in the spellings that keys of JSON have: `date_published`, `datePublished`."""
    names: list[str] = []
    for guesses in GUESSES.values():
        for guess in guesses:
            first, *rest = guess.split("_")
            names += [guess, guess.capitalize(), first + "".join(map(str.capitalize, rest))]
    return list(dict.fromkeys(names))
