"""Names of the people who wrote a document, out of bylines, sign-offs and the lines about the author."""

from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.metadata.person_names import is_person

BYLINE_WORD: Final = (
    r"^\W*(?i:(?:(?:written|submitted|posted|published|story|words|authored|contributed|report|reported|compiled|"
    r"interview|opinion|analysis|review|text|photos and text|created|added) )?by|words|text|texte|texto|testo|tekst|"
    r"(?:geschrieben |verfasst |ein beitrag |ein kommentar |eine analyse |text )?von|"
    r"(?:écrit |publié |rédigé |propos recueillis )?par|(?:escrito |publicado |texto )?por|(?:scritto |pubblicato )?da|"
    r"(?:a cura )?di|door|(?:skrevet |skriven |tekst )?(?:av|af)|przez|autor(?:en|in|es|a)?|auteurs?|autore|autori|"
    r"författare|forfatter|kirjoittaja|yazan|yazar|автор|текст|авторы|συντάκτης|от|від|oleh|ditulis oleh|bởi|"
    r"theo|authors?|writers?|journalists?|reporters?)\b\s*:?\s*(?:the )?"
)
"""What opens a credit, in the languages of the table of months."""
GENRE: Final = r"^(?i:analysis|opinion|commentary|perspective|essay)\s*[:|]?\s+(\p{Lu}[\p{L}\p{M}.'’-]*\s\p{Lu}.*)$"
"""What a credit can call the piece before the name."""
HONORIFIC: Final = (
    r"^(?:(?i:sen|rep|gov|drs?|prof|gen|lt|col|capt|sgt|rev|hon|mr|mrs|ms|mx|adm|vadm|amb|mag|ing|dipl|med|phil|"
    r"hc|mme|mlle|dott|sr|sra|dra|profa)\.(?:-?(?:ing|kfm|psych|phys|chem|biol|inf)\.)?|(?i:sen|rep|gov|dr|"
    r"prof|rev|mr|mrs|ms|senator|professor|sir|dame|lord|president|rabbi|father|herr|frau))\s+"
)
DEGREE: Final = (
    r"^(?i:m\.?d|ph\.?d|m\.?s|m\.?a|b\.?a|m\.?b\.?a|r\.?d|r\.?n|rdn|dvm|esq|jr|sr|ii|iii|cfp|cpa|j\.?d|dphil|lcsw|"
    r"psy\.?d)\.?$"
)
SEPARATOR: Final = r"\s*(?:;|\s&\s|\s(?:and|AND|And|und|et|y|e|og|och|en|i|и|και|ve|és|ja)\s|\s?[/|•·]\s?|、|，)\s*"
COMMA: Final = r"\s*(?:,|\s[-–—]\s)\s*"
HELPER: Final = (
    r"(?i)[\s,;(]+(?:(?:photos?|photographs?|pictures|video|illustrations?|fotos?|edited|additional reporting|"
    r"translated|fact[- ]checked) (?:by|von|par|por|di|from)\b).*$"
)
"""Others that a byline thanks: who took the pictures, edited or translated."""
AFFILIATION: Final = r"\s+(?:for|at|from|with|on behalf of|[Ss]pecial to|für|bei|pour|para|voor)\s+(?:the\s+)?\p{Lu}.*$"
REST: Final = (
    r"\s*(?:\b(?:About|Email|E-mail|Archive|Bio|Follow|Contact|Contributors?|Published|Posted|Updated|Originally|"
    r"Special to|Staff|Opinion|The|Reporter|Columnist|Correspondent|Associated|Editor|Writer|(?:Mon|Tues|Wednes|Thurs|"
    r"Fri|Satur|Sun)day)\b|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d|[@|/(\d]|"
    r"[–—·•]).*$"
)
"""Where the names of a printed byline end: dates, affiliations, links."""
ROLE: Final = (
    rf"(?i)(?:^|[^\p{{L}}])(?:{p.ROLE}|manager|officer|expert|engineer|specialist|ceo|cto|md|dr)(?:[^\p{{L}}]|$)"
)
OUTSIDE_BYLINE: Final = rf"^(?:[Bb]y|BY|[Ww]ritten by|Von|Par|Por|Di|Door):? {p.PERSON}$"
"""A byline that stands outside of what was found to be the main content of a page, as those above an article can."""
INVERTED_RULES: Final = r"\.(?:citation_author|dc\.creator|dcterms\.creator)$"
"""Bibliographic tags, which put the family name first: `Doe, Jane`."""
INVERTED: Final = r"^([^,;]+), ([^,;]+)$"

BIO_NAME: Final = (
    rf"^(?:[A-Z]{{3,5}} )?({p.PERSON})(?:,? \([^)]{{1,30}}\)|,[^,.]{{1,40}},)?,?\s+(?:is|was|has|writes|"
    r"covers|reports|teaches|joined|works|served|hosts)\b"
)
FOLLOWED_NAME: Final = rf"(?i:follow|contact|reach)\s+({p.PERSON})\s+(?i:on|at)\b"

EAST_ASIAN_CREDIT: Final = (
    r"^[（(【\[]?(?:取材[・･]?文|文[・･]写真|文[・･]?構成|執筆|編集委員|論説委員|[\p{Han}]{0,6}[记記]者|作者|撰文|"
    r"著者|文)\s?[:：/／=＝]?\s?|"
    r"[ 　]?(?:선임|전문|인턴|객원)? ?기자.*$|[)）】\]]$"
)

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


def split_names(credit_lines: pl.DataFrame) -> pl.DataFrame:
    """One row per person named in `value`, in order; the other columns of the row are repeated beside `name`.

    Honorifics, degrees, roles, affiliations and agencies are left out, and what follows a role behind a comma. A credit
    that `is_printed` needs a name of two words or more; one that markup states may be a single one.
    """
    if credit_lines.is_empty():
        # The patterns take a tenth of a second to build, whatever there is to read.
        return credit_lines.with_columns(name=pl.lit(""))
    is_printed = pl.col("is_printed")
    value = pl.col("value").str.replace_all(r"\s+", " ").str.strip_chars()
    if "rule" in credit_lines.columns:
        is_inverted = pl.col("rule").str.contains(INVERTED_RULES)
        value = pl.when(is_inverted).then(value.str.replace(INVERTED, "$2 $1")).otherwise(value)
    value = (
        value.str.replace(r"(\p{Ll})(Posted|Published|Updated)\b", "$1 $2")
        .str.replace(r"^\S+@\S+ \(([^)]+)\)$", "$1")
        .str.replace(r"\S+@\S+.*$", "")
        .str.replace(BYLINE_WORD, "")
        .str.replace(GENRE, "$1")
        .str.replace(HELPER, "")
        .str.replace_all(EAST_ASIAN_CREDIT, "")
    )
    shortened = value.str.replace(REST, "").str.replace(rf"^(.*\s(?:and|AND|&)\s+{p.PERSON})\s*,.*$", "$1")
    value = pl.when(is_printed).then(shortened).otherwise(value)
    parts = (
        credit_lines.with_row_index("credit")
        .with_columns(name=value.str.replace_all(SEPARATOR, "\n").str.replace_all(COMMA, "\n,").str.split("\n"))
        .explode("name", empty_as_null=False)
        .with_columns(follows=pl.col("name").str.starts_with(","))
        .with_columns(name=_clean_name())
    )
    is_role = pl.col("follows") & pl.col("name").str.contains(ROLE) & ~pl.col("name").str.contains(DEGREE)
    run = (~pl.col("follows")).cum_sum().over("credit")
    named = parts.with_columns(run=run).with_columns(
        is_ended=is_role.cast(pl.UInt32).cum_sum().over("credit", "run") > 0
    )
    return named.filter(~pl.col("is_ended") & is_person(pl.col("name"), may_be_single=~is_printed)).drop(
        "credit", "follows", "run", "is_ended"
    )


def _clean_name() -> pl.Expr:
    name = pl.col("name").str.strip_chars(" .,;:|–—-*\"'")
    for _ in range(3):
        name = name.str.replace(HONORIFIC, "")
    return name.str.replace(AFFILIATION, "").str.replace(r"\s*\(.*\)?$", "").str.strip_chars(" ,;:")


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
    outside = (
        classified.filter((pl.col("rule") == "html.outside_main") & pl.col("text").str.contains(OUTSIDE_BYLINE))
        .unique("document_id", keep="first", maintain_order=True)
        .select("document_id", "line", "rule", value="text")
    )
    parts = (bylines, outside, bios)
    return pl.concat([part.with_columns(choice=pl.lit(choice)) for choice, part in enumerate(parts, start=1)])
