"""Above the headline: the name of the paper, and the menu that scrapers print one entry to the line."""

# ruff: noqa: PLR2004 (lengths in words and lines belong to the rules that they stand in)

from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.clean.features import look_back
from transforms.clean.rules import FREE, LINE, MARK, RULE, WORDS, Rule, decide, match_where, see_neighbours
from transforms.columns import read_where

MASTHEAD_LINES: Final = 6
MASTHEAD_WORDS: Final = 5
MASTHEAD_CHARS: Final = 40

ENTRY_WORDS: Final = 4
MENU_LINES: Final = 3
"""Fewer short lines in a row are a section and a headline as often as a menu."""
MENU_WORDS: Final = 3
"""Different entries of MENU_WORD that make a run of lines a menu; two will do where one of them leads home."""

_HOME: Final = (
    r"^(?:home|homepage|front ?page|menu|start(?:seite)?|accueil|à la une|inicio|portada|prima pagina|início|"
    r"voorpagina|"
    r"ホーム|トップ|首页|홈|главная)$"
)
_TITLE_SUFFIX: Final = r"\s[|–—·-]\s([^|–—·]{2,40})$"
_MENU_LINE: Final = rf"^{p.MENU_ENTRY}(?:\s?[|/·•>›»]\s?[^|/·•>›»]{{2,24}}){{2,}}$"
_NO_LETTERS: Final = r"[^\p{L}\p{M}\p{N}]+"
_UNSPACED: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"


def place_masthead(frame: pl.DataFrame) -> pl.DataFrame:
    """A short name at the top of the page that the document gives again as its publisher's.

    It does so in the line about rights, behind the headline, or in the line about the author. The name may be of any
    script and need not be made like that of a newspaper.
    """
    is_rights = ((MARK == "legal") | (RULE == "text.copyright_credit")).fill_null(value=False)
    may_be_name = (LINE < MASTHEAD_LINES) & (WORDS <= MASTHEAD_WORDS)
    bare = read_where(is_rights | may_be_name, pl.col("key")).str.replace_all(_NO_LETTERS, " ").str.strip_chars()
    name = bare.str.replace(r"^the ", "")
    last_lines = (pl.col("body_end") - 1 <= LINE).fill_null(value=False) & (WORDS <= 40)
    # The first name of a line about the author is the author's.
    employer = read_where(last_lines, pl.col("opening")).str.extract(rf"^{p.PERSON}\s\p{{Ll}}(.*)$").str.to_lowercase()
    says_publisher = pl.coalesce(
        pl.when(is_rights).then(bare),
        employer.str.replace_all(_NO_LETTERS, " "),
        read_where((LINE < MASTHEAD_LINES) & (WORDS >= 4), pl.col("key")).str.extract(_TITLE_SUFFIX),
    )
    frame = see_neighbours(frame).with_columns(
        name=name, publishers=pl.format(" {} ", says_publisher.str.join(" | ").over("document_id"))
    )
    is_spaced = ~pl.col("name").str.contains(_UNSPACED)
    sought = pl.when(is_spaced).then(pl.format(" {} ", "name")).otherwise("name")
    short = (
        FREE
        & pl.col("in_head")
        & (LINE < MASTHEAD_LINES)
        & (WORDS <= MASTHEAD_WORDS)
        & (pl.col("chars") <= MASTHEAD_CHARS)
        & ~pl.col("is_sentence")
        & ~pl.col("is_introduction")
        & ~pl.col("is_lower")
        & pl.col("name").str.len_chars().is_between(3, MASTHEAD_CHARS)
        & ~(pl.col("is_name") & (pl.col("below") == "dateline").fill_null(value=False))
        & ~match_where(WORDS <= ENTRY_WORDS, rf"^{p.MENU_ENTRY}$", "key")
    )
    named = short & read_where(short, pl.col("publishers")).str.contains(sought, literal=True).fill_null(value=False)
    return decide(frame, (Rule("text.masthead_named", "outlet", named),)).drop("name", "publishers")


def place_menus(frame: pl.DataFrame) -> pl.DataFrame:
    """Entries of a menu, one to the line, and menus on one line.

    A run of short lines is a menu by the entries that menus of news sites have in common; what stands between two of
    those is an entry as well, and so is a last one or two words right above the headline.
    """
    is_word = match_where(pl.col("in_head") & (WORDS <= ENTRY_WORDS), rf"^{p.MENU_ENTRY}$", "key")
    has_shape = ~pl.col("is_sentence") & ~pl.col("is_introduction") & ~pl.col("is_comma") & ~pl.col("is_lower")
    frame = frame.with_columns(
        is_menu_word=is_word,
        is_entry=(
            pl.col("in_head")
            & (WORDS <= ENTRY_WORDS)
            & has_shape
            & (FREE | MARK.is_in(["navigation", "promo"]) | is_word)
            & ((pl.col("hint") != "paragraph") | pl.col("hint").is_null())
        ).fill_null(value=False),
        is_headline=pl.col("in_head") & FREE & has_shape & ~pl.col("is_statement") & WORDS.is_between(5, 30),
    )
    is_apart = pl.col("blank_before") > pl.col("blank_before").shift(1)
    starts = pl.col("starts_document") | (pl.col("is_entry") != pl.col("is_entry").shift(1)) | is_apart
    frame = frame.with_columns(
        run=starts.fill_null(value=True).cum_sum(),
        above_headline=look_back("is_headline", -1).fill_null(value=False),
        is_apart_below=look_back("blank_before", -1).fill_null(0) > pl.col("blank_before"),
    )
    words = pl.col("key").filter(pl.col("is_menu_word")).n_unique().over("run")
    leads_home = match_where(pl.col("is_menu_word"), _HOME, "key").any().over("run")
    is_menu = (
        pl.col("is_entry") & (pl.len().over("run") >= MENU_LINES) & (words >= MENU_WORDS - leads_home.cast(pl.UInt32))
    )
    first = LINE.filter(pl.col("is_menu_word")).min().over("run")
    last = LINE.filter(pl.col("is_menu_word")).max().over("run")
    letters = read_where(pl.col("is_entry"), pl.col("key")).str.count_matches(r"[\p{L}\p{N}'-]+")
    is_last_entry = (
        (last < LINE)
        & ((letters <= 2) | (pl.col("is_apart_below").last().over("run") & (letters <= 3)))
        & pl.col("above_headline").last().over("run")
    )
    may_replace = FREE | (MARK == "outlet")
    return decide(
        frame,
        (
            Rule(
                "text.menu_entry",
                "navigation",
                may_replace
                & is_menu
                & (pl.col("is_menu_word") | ((first < LINE) & (last > LINE)) | is_last_entry).fill_null(value=False),
            ),
            Rule("text.menu_line", "navigation", match_where(FREE & pl.col("in_head"), _MENU_LINE, "key")),
        ),
    ).drop("run", "is_menu_word", "is_entry", "is_headline", "above_headline", "is_apart_below")
