"""Names of the people who wrote a document, out of bylines, sign-offs and the lines about the author."""

from typing import Final

import polars as pl

from transforms.clean import patterns as p

BYLINE_WORD: Final = (
    r"^\W*(?i:by|von|par|por|di|door|av|written by|submitted by|posted by|story by|words by|words|text|"
    r"texte|texto|authored by|"
    r"contributed by|report by|review by|translated by|compiled by|interview by|автор)\b\s*:?\s*(?:the )?"
)
HONORIFIC: Final = (
    r"^(?:(?i:sen|rep|gov|dr|prof|gen|lt|col|capt|sgt|rev|hon|mr|mrs|ms|adm|vadm|amb)\.?|(?i:senator|"
    r"professor|sir|dame|lord|"
    r"president|rabbi|father))\s+"
)
SEPARATOR: Final = r"\s*(?:,|;|\s&\s|\s(?:and|AND|And|und|et|y|e|og|och|en)\s|\s?[/|]\s?)\s*"
NOT_A_PERSON: Final = (
    rf"(?i:{p.NOT_A_NAME})|\b(?i:republic|globe|dispatch|university|institute|bureau|network|networks|"
    r"group|center|centre|inc|services?|"
    r"chronicle|mirror|express|register|inquirer|sun|star|review|observer|independent|telegraph|"
    r"correspondent|reporter|writer|writers|"
    r"editor|columnist|contributor|contributors|staff|team|desk|board|agency|agencies|associated|reuters|"
    r"bloomberg|agence|"
    r"redaktion|rédaction|redacción|admin|guest|anonymous|new york|washington|london|los angeles|hong "
    r"kong|united|kingdom|usa|"
    r"foundation|council|committee|association|society|project|institution|college|school|company|corp|"
    r"department)\b"
)
BIO_NAME: Final = (
    rf"^(?:[A-Z]{{3,5}} )?({p.PERSON})(?:,? \([^)]{{1,30}}\)|,[^,.]{{1,40}},)?,?\s+(?:is|was|has|writes|"
    r"covers|reports|teaches|joined|works|served|hosts)\b"
)
FOLLOWED_NAME: Final = rf"(?i:follow|contact|reach)\s+({p.PERSON})\s+(?i:on|at)\b"

EAST_ASIAN_NAME: Final = r"^(?:[\p{Han}\p{Hiragana}\p{Katakana}ー・ ]{2,12}|\p{Hangul}{2,4})$"
EAST_ASIAN_CREDIT: Final = (
    r"^[（(【\[]?(?:取材[・･]?文|文[・･]写真|文[・･]?構成|執筆|編集委員|論説委員|[\p{Han}]{0,6}[记記]者|作者|撰文|"
    r"著者|文)\s?[:：/／=＝]?\s?|"
    r"[ 　]?(?:선임|전문|인턴|객원)? ?기자.*$|[)）】\]]$"
)
EAST_ASIAN_DESK: Final = r"(?:部|局|社|室|班|新聞|新闻|通信|通讯|通訊|[网網]|[报報])$"
"""Endings of the names of newsrooms and papers, which sign instead of a person."""

AUTHOR_RULES: Final = (
    "text.byline_east_asian",
    "text.byline_by",
    "text.byline_of_other_languages",
    "text.byline_dated",
    "text.byline_agency_name",
    "text.byline_people",
    "text.byline_name",
    "text.byline_name_first",
    "text.byline_name_in_head",
    "text.byline_handle",
    "text.byline_links",
    "text.byline_feed",
    "text.sign_off",
    "text.sign_off_name",
)
"""Rules of `clean` whose lines name the authors; end credits and agency lines name helpers and suppliers."""


def split_names(credit_lines: pl.DataFrame, *, is_printed: bool) -> pl.DataFrame:
    """One row per person named in `value`, in order; the other columns of the row are repeated beside `name`.

    Titles, roles, affiliations and agencies are left out. A printed credit must have the shape of a personal name; one
    that markup states may be written in any script.
    """
    named = credit_lines.with_columns(
        name=pl.col("value")
        .str.replace_all(r"\s+", " ")
        .str.replace(r"(\p{Ll})(Posted|Published|Updated)\b", "$1 $2")
        .str.replace(r"^\S+@\S+ \(([^)]+)\)$", "$1")
        .str.replace(r"\S+@\S+.*$", "")
        .str.replace(BYLINE_WORD, "")
        .str.replace_all(EAST_ASIAN_CREDIT, "")
        .str.replace(p.BYLINE_REST, "")
        .str.replace(rf"^(.*\s(?:and|AND|&)\s+{p.PERSON})\s*,.*$", "$1")
        .str.replace_all(SEPARATOR, "\n")
        .str.split("\n")
    ).explode("name", empty_as_null=False)
    clean = pl.col("name").str.strip_chars(" .,;:|–—-").str.replace(HONORIFIC, "").str.replace(HONORIFIC, "")
    east_asian = clean.str.contains(EAST_ASIAN_NAME) & ~clean.str.contains(EAST_ASIAN_DESK)
    shaped = (
        clean.str.contains(rf"^{p.PERSON}$") | east_asian if is_printed else clean.str.contains(r"^\p{L}[^@/]{1,80}$")
    )
    agency = clean.str.contains(rf"^(?:{p.CREDITOR}|CNN|BBC|NPR)(?: .*)?$")
    return named.with_columns(name=clean).filter(shaped & ~agency & ~clean.str.contains(NOT_A_PERSON))


def find_author_credits(classified: pl.DataFrame) -> pl.DataFrame:
    """The lines that name authors: bylines, or else the lines about the author (document_id, line, value, rule)."""
    bylines = classified.filter(
        (pl.col("kind") == "byline") & (pl.col("rule").is_in(AUTHOR_RULES) | pl.col("hint").is_not_null())
    ).select("document_id", "line", "rule", value="text")
    bios = (
        classified.filter(pl.col("kind") == "bio")
        .with_columns(
            value=pl.coalesce(
                pl.col("text").str.replace_all(r"\s+", " ").str.extract(BIO_NAME),
                pl.col("text").str.replace_all(r"\s+", " ").str.extract(FOLLOWED_NAME),
            )
        )
        .drop_nulls("value")
        .select("document_id", "line", "rule", "value")
    )
    return pl.concat([bylines.with_columns(choice=pl.lit(1)), bios.with_columns(choice=pl.lit(2))])
