"""The head of a page: running text told from what stands above it, then names, headline, dek and masthead."""

# ruff: noqa: PLR2004 (lengths in words and lines belong to the rules that they stand in)

from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.clean.features import look_back
from transforms.clean.rules import FREE, LINE, MARK, RULE, WORDS, Rule, decide, match_where, see_neighbours

HEAD_LINES: Final = 15
"""Bylines stand within the first lines of a page (all of the labelled ones do, bar sign-offs at the end)."""
DEK_WORDS: Final = 45
DEK_TOTAL_WORDS: Final = 80
DEK_LINES: Final = 4
"""A dek between headline and byline: the longest labelled one has 30 words, the longest set of key points 50."""
RUNNING_WORDS: Final = 9
"""From this length a line that ends with a full stop counts as running text."""
LONG_WORDS: Final = 25
COPIED_WORDS: Final = 8
"""Copies of shorter lines say nothing about a page (refrains, speakers, stage directions)."""


def take_hints(frame: pl.DataFrame) -> pl.DataFrame:
    """Lets markup decide: a stated kind wins over the words of a line; only a stated paragraph may hold a marker."""
    is_stated = pl.col("hint").is_not_null() & (pl.col("hint") != "paragraph")
    return frame.with_columns(
        mark=pl.when(is_stated).then("hint").otherwise("mark"),
        mark_rule=pl.when(is_stated).then("hint_rule").otherwise("mark_rule"),
        has_stated_title=(pl.col("hint") == "title").fill_null(value=False).any().over("document_id"),
    )


def find_running(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds which lines are running text, and the first and last of them in the document (null without any)."""
    share = (pl.col("copies") > 1) & (WORDS >= COPIED_WORDS)
    is_text = (
        ((WORDS >= RUNNING_WORDS) & pl.col("is_statement"))
        | ((WORDS >= LONG_WORDS) & (pl.col("is_sentence") | pl.col("is_introduction")))
        | (WORDS >= 40)
        | (pl.col("hint") == "paragraph").fill_null(value=False)
    )
    return (
        frame.with_columns(is_doubled=(share.sum().over("document_id") > 0.3 * pl.len().over("document_id")))
        .with_columns(
            is_copy=(pl.col("copies") > 1) & ~pl.col("is_doubled"),
            is_relative_stamp=pl.col("key").str.contains(r"^\d{1,3} ?[a-z]+\.? ago$") & (WORDS <= 4),
        )
        .with_columns(is_running=FREE & is_text & ~pl.col("is_copy"))
        .with_columns(
            body_start=LINE.filter(pl.col("is_running")).min().over("document_id"),
            body_end=LINE.filter(pl.col("is_running")).max().over("document_id"),
            running_lines=pl.col("is_running").sum().over("document_id"),
        )
        .with_columns(in_head=(pl.col("body_start") > LINE).fill_null(value=False))
    )


def _before_byline() -> pl.Expr:
    is_stamp = pl.col("below").is_in(["dateline"]) & ~pl.col("is_stamped_below")
    return is_stamp | pl.col("below_rule").is_in(["text.byline_agency"]) | (pl.col("above") == "dateline")


_IS_SHORT: Final = FREE & (WORDS <= 28) & ~pl.col("is_statement")
_NAMED: Final = match_where((WORDS <= 28) & (LINE < HEAD_LINES), rf"^{p.PERSON}")
_HAS_DATE: Final = match_where(
    _IS_SHORT,
    rf"(?:\b|\d){p.MONTH}\.? \d{{1,2}},? \d{{4}}|\d{{1,2}}\.? {p.MONTH} \d{{4}}|"
    rf"\d{{1,2}}/\d{{1,2}}/\d{{2,4}}",
    "key",
)
MASTHEAD: Final = match_where(
    WORDS <= 5,
    r"^(?:(?:The |A )?(?:\p{Lu}[\p{L}\d&.'’-]* ){0,3}(?:News|NEWS|Times|Post|Herald|Tribune|Journal|"
    r"Gazette|Guardian|Telegraph|Mail|"
    r"Chronicle|Observer|Independent|Magazine|Review|Radio|TV|Watch|Dispatch|Standard|Mirror|Express|"
    r"Globe|Republic|Register|"
    r"Inquirer|Sentinel|Courier|Bulletin|Zeitung|Anzeiger|Rundschau|Monde|Figaro|Mundo|País)|BBC(?: "
    r"\p{Lu}\w*){0,2}|"
    r"[A-Za-z0-9-]{2,}\.(?:com|org|net|news|info|co\.uk|de|fr|es|it|nl|eu|ca|com\.au))$",
)
_SECTION: Final = match_where(
    WORDS <= 3,
    r"^(?:opinions?|op-?ed|commentary|editorials?|analysis|columnists?|letters|politics|world|u\.?s\.?|uk|"
    r"europe|business|sports?|"
    r"news|health|science|technology|tech|culture|arts|lifestyle|life|travel|entertainment|nation(?: & world)?|"
    r"local|national|international|"
    r"politik|wirtschaft|ausland|meinung|kommentar|kultur|politique|monde|économie|débats|opinión|"
    r"política|internacional|economía|cultura)$",
    "key",
)
_CAPITAL_MONTH: Final = (
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|"
    r"Dec)[a-z]*\.? \d"
)
HONORIFIC: Final = match_where(
    LINE < HEAD_LINES,
    r"^(?:Mr|Ms|Mrs|Mx|Dr|Prof|Professor)\.? \p{Lu}\S+,? (?:is|was|has|teaches|writes)\b",
)
_STAMP: Final = rf"(?:Published|Posted|Updated|Originally|First published|{_CAPITAL_MONTH}|\d)"
_DATED_NAME: Final = _HAS_DATE & match_where(
    _IS_SHORT,
    rf"^{p.PEOPLE}(?:\s*,\s*\p{{Lu}}[\p{{L}}&. ]{{1,40}})?(?:\s*[,|–—·(-]+)?\s*{_STAMP}|"
    rf"^{p.PERSON}(?:Published|Posted|Updated) |^{p.PERSON}(?:Posted|Published)? (?:at|on) \d",
)


def place_people(frame: pl.DataFrame) -> pl.DataFrame:
    """Bylines by place: a name beside a date, an agency or the first line of text."""
    early = pl.col("in_head") & (LINE < HEAD_LINES)
    ended = (pl.col("body_end") < LINE).fill_null(value=False)
    credit = RULE == "text.photo_credit"
    outlet_dated = match_where(
        _IS_SHORT,
        rf"^(?:{p.AGENCY}|USA TODAY|[\p{{Lu}}\d&.]{{2,}}(?: [\p{{Lu}}\d&.]{{2,}}){{0,2}}|\p{{Lu}}\p{{L}}+(?: "
        rf"News)?) ?,? (?:Published|Posted|Updated|{_CAPITAL_MONTH})",
    )
    return decide(
        see_neighbours(frame),
        (
            Rule("text.outlet_and_date", "dateline", (early | ended) & FREE & (WORDS <= 20) & _HAS_DATE & outlet_dated),
            Rule("text.byline_dated", "byline", (early | ended) & FREE & _DATED_NAME),
            Rule(
                "text.byline_agency_name",
                "byline",
                early
                & credit
                & _NAMED
                & (WORDS <= 6)
                & (pl.col("below") == "dateline")
                & ~pl.col("opening").str.contains("[/(|]"),
            ),
            Rule(
                "text.byline_people",
                "byline",
                FREE & (LINE < HEAD_LINES) & pl.col("is_people") & ~pl.col("is_name") & (WORDS <= 20),
            ),
            Rule("text.byline_name", "byline", FREE & (LINE < HEAD_LINES) & pl.col("is_name") & _before_byline()),
            Rule(
                "text.byline_name_first",
                "byline",
                early & FREE & pl.col("is_name") & pl.col("below_running") & pl.col("above").is_not_null(),
            ),
            Rule(
                "text.byline_handle",
                "byline",
                early
                & FREE
                & _NAMED
                & (WORDS <= 9)
                & pl.col("opening").str.contains(r"(?:\s@\w{2,30}|\b[\w.+-]+@[\w-]+\.[\w.]+)$"),
            ),
            Rule(
                "text.byline_links",
                "byline",
                early
                & FREE
                & _NAMED
                & (WORDS <= 9)
                & pl.col("opening").str.contains(
                    r"\b(?:About|Email|Archive|Bio|Follow|Contact|Contributor|Staff [Ww]riter|Reporter|Columnist|"
                    r"Opinion "
                    r"[Cc]ontributor)\b.{0,30}$"
                ),
            ),
            Rule(
                "text.sign_off_name",
                "byline",
                FREE & pl.col("is_name") & ~pl.col("in_head") & (pl.col("below_rule") == "text.contact_label"),
            ),
            Rule("text.weekday", "dateline", early & FREE & pl.col("key").str.contains(rf"^{p.WEEKDAY}$")),
        ),
    )


def find_title(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `title_line`: the headline's first line in the head, null where no line of the head has its shape."""
    # In hard-wrapped text a line has no shape of its own, but a first line that stands apart is no part of a paragraph.
    stands_apart = pl.col("starts_document") & (pl.col("blank_before").shift(-1) > 0)
    shape = (
        FREE
        & pl.col("in_head")
        & (~pl.col("is_wrapped") | stands_apart)
        & WORDS.is_between(3, 30)
        & ~pl.col("is_statement")
        & ~pl.col("is_introduction")
        & ~pl.col("is_lower")
        & ~pl.col("text").str.contains(r"[,;]$")
        & ~pl.col("is_stamped_below")
        & ~MASTHEAD
        & ~(pl.col("above_rule") == "text.teaser_opener").fill_null(value=False).any().over("twins")
        & (pl.col("hint").is_null() & ~pl.col("has_stated_title"))
    )
    frame = see_neighbours(frame)
    first = LINE.filter(shape).min().over("document_id")
    repeated = LINE.filter(shape & pl.col("is_copy")).min().over("document_id")
    stated = LINE.filter(MARK == "title").min().over("document_id")
    return frame.with_columns(title_line=pl.coalesce(stated, repeated, first)).with_columns(
        title_key=pl.col("key").filter(pl.col("title_line") == LINE).first().over("document_id")
    )


def place_head(frame: pl.DataFrame) -> pl.DataFrame:
    """Headline, dek, masthead and page furniture above the text."""
    after_title = pl.col("title_line") < LINE
    same_title = (pl.col("key") == pl.col("title_key")) | (
        (WORDS <= 30)
        & pl.col("key").str.contains(pl.col("title_key"), literal=True)
        & (pl.col("title_key").str.len_chars() >= 20)
        & (pl.col("key").str.len_chars() <= pl.col("title_key").str.len_chars() + 30)
        & ~pl.col("is_statement")
    )
    title_open = pl.col("title_key").str.contains(pl.col("key"), literal=True) & (WORDS >= 6)
    frame = decide(
        frame,
        (
            Rule("text.title", "title", FREE & (pl.col("title_line") == LINE)),
            Rule(
                "text.title_again",
                "title",
                FREE & (same_title | (title_open & pl.col("in_head"))).fill_null(value=False),
            ),
        ),
    )
    frame = frame.with_columns(
        open_words=(WORDS * (FREE & after_title)).cum_sum().over("document_id"),
        open_lines=(FREE & after_title).cast(pl.UInt32).cum_sum().over("document_id"),
        open_long=(FREE & after_title & (WORDS > DEK_WORDS)).cast(pl.UInt32).cum_sum().over("document_id"),
    )
    anchors = (
        MARK.is_in(["byline", "dateline"])
        & after_title
        & (pl.col("title_line") + 12 >= LINE)
        & (pl.col("open_words") <= DEK_TOTAL_WORDS)
        & (pl.col("open_lines") <= DEK_LINES)
        & (pl.col("open_long") == 0)
    )
    frame = see_neighbours(frame).with_columns(
        anchor=LINE.filter(anchors).max().over("document_id"), second_below=look_back("mark", -2)
    )
    in_deks = FREE & after_title & ~pl.col("is_wrapped")
    return decide(
        frame,
        (
            Rule("text.section", "outlet", FREE & pl.col("in_head") & _SECTION),
            Rule("text.masthead", "outlet", FREE & (pl.col("in_head") | (pl.col("anchor") + 1 >= LINE)) & MASTHEAD),
            Rule("text.teaser_stamped", "promo", FREE & pl.col("in_head") & pl.col("is_stamped_below")),
            Rule(
                "text.copied_in_head",
                "caption",
                FREE & pl.col("in_head") & pl.col("is_copy") & (WORDS >= RUNNING_WORDS) & pl.col("is_statement"),
            ),
            Rule("text.byline_name_in_head", "byline", in_deks & (pl.col("anchor") > LINE) & pl.col("is_name")),
            Rule(
                "text.dek_before_byline",
                "subtitle",
                in_deks & (pl.col("anchor") > LINE) & ~pl.col("is_copy") & ~HONORIFIC,
            ),
            Rule(
                "text.dek_repeated",
                "subtitle",
                in_deks & (pl.col("title_line") + 3 >= LINE) & pl.col("is_repeated_inside") & (WORDS <= DEK_WORDS),
            ),
            Rule(
                "text.dek_under_title",
                "subtitle",
                in_deks
                & pl.col("in_head")
                & (pl.col("open_lines") == 1)
                & (WORDS >= 8)
                & ~pl.col("below_key").str.starts_with("(")
                & ~pl.col("is_sentence")
                & ~pl.col("is_introduction")
                & ~pl.col("is_lower"),
            ),
            Rule(
                "text.dek_over_furniture",
                "subtitle",
                in_deks
                & (pl.col("open_lines") == 1)
                & WORDS.is_between(6, 30)
                & (pl.col("below") == "navigation")
                & pl.col("second_below").is_not_null(),
            ),
        ),
    )
