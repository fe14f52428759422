"""Inside the text: quotations, lists, headings and pull quotes, and the furniture at its two ends."""

# ruff: noqa: PLR2004 (lengths in words and lines belong to the rules that they stand in)

from typing import Final

import polars as pl

from transforms.clean.features import look_back
from transforms.clean.head import LONG_WORDS
from transforms.clean.rules import FREE, LINE, MARK, WORDS, Rule, decide, match_where, see_neighbours

TAIL_LINES: Final = 2
"""Unpunctuated lines after the last running line that are taken as page furniture; more of them are kept (lists)."""


_PLATFORM: Final = match_where(
    WORDS == 1,
    r"^(?:facebook|twitter|x|linkedin|pinterest|reddit|whatsapp|telegram|google\+|tumblr|flipboard|"
    r"instagram|youtube|share|tweet|link|pin|send|"
    r"teilen|partager|compartir|condividi)$",
    "key",
)

_POEM: Final = (
    r"\b(?:poem|poems|verse|verses|stanza|sonnet|haiku|lyrics|song|hymn|psalm|chorus|gedicht|vers|strophe|"
    r"poème|poema|canción|chanson)\b"
)


def place_quotes(frame: pl.DataFrame) -> pl.DataFrame:
    """Quotations set off from the text: verse, posts with their attribution, and quoted lines after an introduction."""
    frame = see_neighbours(frame)
    poem = FREE & pl.col("is_introduction") & pl.col("key").str.contains(_POEM)
    verse = FREE & (WORDS <= 20)
    event = pl.when(poem).then(1).when(pl.col("starts_document") | ~verse).then(0)
    opens_quote = pl.col("opening").str.contains('^["“„«‘]')
    quoted = opens_quote & pl.col("ending").str.contains('["”“»’][.,]?["”“»’]?$')
    introduced = pl.col("above_introduces") | pl.col("above_comma")
    frame = frame.with_columns(
        in_poem=(event.forward_fill() == 1) & ~poem, above_comma=look_back("is_comma").fill_null(value=False)
    )
    frame = frame.with_columns(
        quote_event=pl.when(FREE & introduced & quoted)
        .then(1)
        .when(~(FREE & quoted) | pl.col("starts_document"))
        .then(0)
    )
    frame = frame.with_columns(in_quotes=pl.col("quote_event").forward_fill() == 1)
    attributed = pl.col("below_rule").is_in(["text.post_attribution", "text.post_shared"])
    whole_quote = match_where(
        FREE & (WORDS >= LONG_WORDS) & opens_quote, '^(?:"[^"]*\\[[^"]*"|“[^”]*\\[[^”]*”)$', "text"
    )
    return decide(
        frame,
        (
            Rule("text.verse", "quote", FREE & pl.col("in_poem")),
            Rule("text.post_text", "quote", FREE & attributed),
            Rule("text.quote_introduced", "quote", FREE & (pl.col("in_quotes"))),
            Rule("text.quote_edited", "quote", whole_quote),
            Rule(
                "text.quote_after_colon",
                "quote",
                FREE
                & pl.col("above_introduces")
                & (WORDS >= LONG_WORDS)
                & pl.col("ending").str.contains('[”"»]\\.?$')
                & ~opens_quote
                & ~pl.col("ending").str.contains("[“«]"),
            ),
        ),
    )


def place_body(frame: pl.DataFrame) -> pl.DataFrame:
    """Pull quotes, lists and headings inside the text, and furniture at its two ends."""
    frame = see_neighbours(frame)
    plain = FREE & ~pl.col("is_wrapped")
    bare = (
        plain
        & ~pl.col("is_sentence")
        & ~pl.col("is_introduction")
        & ~pl.col("is_lower")
        & ~pl.col("is_comma")
        & (pl.col("hint") != "paragraph").fill_null(value=True)
    )
    list_opener = FREE & pl.col("is_introduction")
    event = pl.when(list_opener).then(1).when(pl.col("starts_document") | ~(bare & (WORDS <= LONG_WORDS))).then(0)
    frame = frame.with_columns(in_list=(event.forward_fill() == 1) & ~list_opener)
    frame = frame.with_columns(listed=(pl.col("in_list")).cast(pl.UInt32).sum().over("document_id"))
    ended = (pl.col("body_end") < LINE) & (pl.col("running_lines") >= 3)
    trailing = bare & ended & (WORDS <= 8) & ~pl.col("in_list")
    frame = frame.with_columns(trailing_lines=trailing.sum().over("document_id"))
    return decide(
        frame,
        (
            Rule(
                "text.pull_quote",
                "pull_quote",
                plain
                & pl.col("is_repeated_inside")
                & (WORDS <= 30)
                & ~pl.col("in_head")
                & (pl.col("hint") != "paragraph").fill_null(value=True),
            ),
            Rule(
                "text.platform_alone",
                "navigation",
                FREE & _PLATFORM & ~pl.col("below_running") & ~pl.col("below").is_null(),
            ),
            Rule("text.menu_in_head", "navigation", bare & pl.col("in_head") & (WORDS <= 3) & ~pl.col("below_running")),
            Rule("text.list_after_colon", "list_item", bare & pl.col("in_list") & (pl.col("listed") >= 2)),
            Rule("text.trailing", "navigation", trailing & (pl.col("trailing_lines") <= TAIL_LINES)),
            Rule("text.heading_shape", "heading", bare & (WORDS <= 12)),
            Rule(
                "text.heading_introduces",
                "heading",
                plain & pl.col("is_introduction") & (WORDS <= 6) & pl.col("in_list").shift(-1).fill_null(value=False),
            ),
        ),
    )


def fall_back(frame: pl.DataFrame) -> pl.DataFrame:
    """Whatever no evidence speaks against is a paragraph: losing text is worse than keeping junk."""
    return frame.with_columns(
        mark_rule=pl.when(FREE).then(pl.coalesce("hint_rule", pl.lit("text.default"))).otherwise("mark_rule"),
        mark=MARK.fill_null("paragraph"),
    )
