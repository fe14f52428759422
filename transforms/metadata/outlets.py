"""The publisher, as a document names it in print."""

from typing import Final

import polars as pl

from transforms.clean import patterns as p

PROPER: Final = r"(?:The )?\p{Lu}[\p{L}&.’'\-]*(?: (?:of |and |& )?\p{Lu}[\p{L}&.’'\-]*){0,3}"
SHORTEST_CHARS: Final = 3
WIRE: Final = rf"^(?:{p.CREDITOR}|CNN|.*\((?:{p.AGENCY})\).*)$"
"""Suppliers of text to many publishers; their name does not tell where a page stood."""

BY_MASTHEAD: Final = r"^(.+)$"
BY_AFFILIATION: Final = rf"\s*,\s*({PROPER})\s*(?:Published|Posted|Updated|@|\||$)"
BY_ARTICLE: Final = r"\s(The(?: \p{Lu}[\p{L}&.’'\-]*){1,4})\s*(?:Published|Posted|Updated|@|\||$)"
BY_DISCLAIMER: Final = rf"\bviews? of ({PROPER})"
BY_CREDIT: Final = r"(?:/|\bfor )(The(?: \p{Lu}[\p{L}&.’'\-]*){1,4})$"
BY_DATED: Final = rf"^({PROPER}) (?:Published|Posted|Updated)\b"
BY_ROLE: Final = (
    rf"\b(?:is|was) an? ({PROPER}) (?:columnist|correspondent|reporter|contributor|writer|editor|"
    r"commentator|journalist)"
)
BY_POST: Final = (
    r"\b(?:editor|reporter|writer|correspondent|columnist|producer|journalist|contributor) (?:for|at|of|"
    rf"with) ({PROPER})"
)
BY_PROMOTION: Final = (
    r"(?:(?:alerts|newsletter|newsletters|updates|headlines) from |Get |story for |Subscribe to "
    rf")({PROPER}?)(?:['’]s (?:mobile|free|daily|app|news|morning)|\s*\.?$)"
)


def find_outlets(classified: pl.DataFrame) -> pl.DataFrame:
    """Printed names of the publisher, best first within a document (document_id, line, value, rule)."""
    rule, kind = pl.col("rule"), pl.col("kind")
    text = pl.col("text").str.replace_all(r"\s+", " ")
    sources = (
        ("text.outlet_line", (kind == "outlet") & (rule != "text.section"), BY_MASTHEAD),
        (
            "text.outlet_of_byline",
            (kind == "byline") & rule.is_in(["text.byline_dated", "text.byline_handle"]),
            BY_AFFILIATION,
        ),
        (
            "text.outlet_of_byline",
            (kind == "byline") & rule.is_in(["text.byline_dated", "text.byline_handle"]),
            BY_ARTICLE,
        ),
        ("text.outlet_of_note", kind == "note", BY_DISCLAIMER),
        ("text.outlet_of_date", rule == "text.outlet_and_date", BY_DATED),
        ("text.outlet_of_bio", kind == "bio", BY_ROLE),
        ("text.outlet_of_bio", kind == "bio", BY_POST),
        ("text.outlet_of_promotion", kind == "promo", BY_PROMOTION),
        ("text.outlet_of_credit", rule == "text.credit_repeated", BY_MASTHEAD),
        ("text.outlet_of_photo", kind == "caption", BY_CREDIT),
    )
    found = [
        classified.filter(where)
        .select("document_id", "line", value=text.str.extract(pattern), rule=pl.lit(name), choice=pl.lit(choice))
        .drop_nulls("value")
        for choice, (name, where, pattern) in enumerate(sources)
    ]
    clean = pl.col("value").str.replace(r"[.,]\s.*$", "").str.strip_chars(" .,")
    return (
        pl.concat(found)
        .with_columns(value=clean)
        .filter(~clean.str.contains(WIRE) & (clean.str.len_chars() >= SHORTEST_CHARS))
        .sort("document_id", "choice", "line", maintain_order=True)
    )
