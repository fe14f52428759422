"""What stands around the text: captions, lines about the author, comments, teasers."""

# ruff: noqa: PLR2004 (lengths in words and lines belong to the rules that they stand in)

from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.clean.features import look_back
from transforms.clean.head import HONORIFIC, MASTHEAD
from transforms.clean.rules import FREE, LINE, MARK, RULE, WORDS, Rule, decide, match_where, see_neighbours
from transforms.columns import read_where

SIGNED_BODY_WORDS: Final = 100
"""Text before an end mark (bio, comment section) below which the mark is taken as part of the head."""
AFTER_BIO_WORDS: Final = 80
"""More text than this after a line about the author is one more part of the article (a list of people, say)."""
GALLERY_CREDITS: Final = 5
"""Lines of name and agency from which a page is read as a gallery, if they are a third of the running lines or more."""
CREDIT_WORDS: Final = 10
AUTHOR_CHARS: Final = 100
"""Where in a line about the author the verb stands at the latest."""


_CAPTION_WORDING: Final = (
    r"\((?:[LRC]|front|rear|left|right|center|top|bottom)\b|, (?:left|right|center|centre|second from|"
    r"front),|\b(?:pictured|posing|poses for|is seen|are seen|looks on|file photo)\b|"
    r"\b(?:in|on|during|at) .{0,60}\b(?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December) \d{1,2}, \d{4}\.?$|^(?:[\p{Lu}'’ -]{6,60}): |^(?:Left|Right|Above|Below|"
    r"Top|Bottom|From left|Clockwise)\b[^.]{0,20}[:,]"
)


_NAME_CREDITS: Final = [
    "text.photo_credit",
    "text.caption_slash",
    "text.caption_alone",
    "text.picture_agency",
    "text.caption_pipe",
]


def place_captions(frame: pl.DataFrame) -> pl.DataFrame:
    """Captions that carry no credit of their own, beside a line that does."""
    frame = see_neighbours(frame)
    frame = frame.with_columns(
        is_credit=(MARK == "caption").fill_null(value=False) & (WORDS <= CREDIT_WORDS) & (pl.col("key") != "image"),
        is_name_credit=RULE.is_in(_NAME_CREDITS)
        & (WORDS <= CREDIT_WORDS)
        & ~pl.col("opening").str.starts_with("Credit"),
    ).with_columns(
        below_credit=look_back("is_credit", -1).fill_null(value=False),
        above_credit=look_back("is_credit").fill_null(value=False),
        below_name_credit=look_back("is_name_credit", -1).fill_null(value=False),
    )
    below_credit = pl.col("below_credit")
    beside_credit = below_credit | pl.col("above_credit")
    credits_in_document = pl.col("is_name_credit").sum().over("document_id")
    is_gallery = (credits_in_document >= GALLERY_CREDITS) & (credits_in_document * 3 >= pl.col("running_lines"))
    repeated_masthead = FREE & MASTHEAD & (pl.col("copies") >= 3)
    frame = decide(
        frame,
        (
            Rule("text.caption_of_gallery", "caption", FREE & is_gallery & pl.col("below_name_credit")),
            Rule(
                "text.caption_wording",
                "caption",
                match_where(FREE & beside_credit & (WORDS <= 60), _CAPTION_WORDING, "text"),
            ),
            Rule("text.caption_of_video", "caption", FREE & pl.col("above_key").str.starts_with("now playing")),
            Rule(
                "text.credit_repeated",
                "caption",
                (repeated_masthead & ~pl.col("in_head"))
                | ((MARK == "byline") & (RULE == "text.byline_agency") & (pl.col("copies") >= 2) & ~pl.col("in_head")),
            ),
        ),
    )
    frame = see_neighbours(frame)
    return decide(
        frame,
        (
            Rule(
                "text.caption_over_credit",
                "caption",
                FREE
                & (WORDS <= 14)
                & (pl.col("below_rule") == "text.credit_repeated")
                & pl.col("is_sentence")
                & ~pl.col("opening").str.contains('["“”]'),
            ),
        ),
    )


_BIO_VERB: Final = (
    r"(?:is|was|has been|has|writes|wrote|covers|reports|joined|teaches|served|works|edits|hosts|lives|grew up|"
    r"studied|studies|"
    r"ist|war|schreibt|berichtet|arbeitet|lebt|leitet|est|écrit|couvre|travaille|vit|dirige|enseigne|es|escribe|"
    r"cubre|trabaja|"
    r"vive|colabora|è|scrive|lavora|insegna|é|escreve|cobre|trabalha|schrijft|werkt|skriver)\b"
)


_WRITER: Final = (
    rf"^{p.PERSON}(?:, [^,.]{{2,40}},)? (?:(?:now|also|regularly) )?(?:"
    r"(?:writes|reports|blogs) (?:regularly |often )?(?:(?:and \p{Ll}+ )?(?:about|on|from|for)|(?:a|the|our) .{0,24}"
    r"(?:column|newsletter|letter|blog))\b|(?:covers|edits) .{2,80}?\b(?:for|at|and)\b|"
    r"(?:schreibt|berichtet) (?:regelmäßig )?(?:über|für|aus|von)\b|(?:écrit|couvre) .{0,60}?\b(?:sur|pour|à)\b|"
    r"(?:escribe|informa|cubre) .{0,60}?\b(?:sobre|para|en|desde)\b|scrive .{0,60}?\b(?:di|per|su|da)\b|"
    r"escreve .{0,60}?\b(?:sobre|para)\b|schrijft .{0,60}?\b(?:over|voor)\b)"
)
"""A full name and what that person writes about, or for whom: a line about the author, whoever signed the text."""


_STRANGER: Final = (
    rf"^(?:[A-Z]{{2,5}} |Dr\.? |Prof\.? |Professor |Sir )?{p.PERSON}(?:,? \([^)]{{1,20}}\)|, "
    rf"[^,]{{1,20}},?)?,? (?:is|was|has been) (?:an? |the |our )?(?:[\p{{L}}\p{{M}}'’-]+ ){{0,5}}?{p.ROLE}"
)
"""A full name, and what that person is."""


def place_author(frame: pl.DataFrame) -> pl.DataFrame:
    """Lines about the author, and what stands after them."""
    by_name = (
        read_where(MARK == "byline", pl.col("opening"))
        .str.replace(r"^(?i:by|von|par|por|written by|submitted by)\b:?\s*", "")
        .str.replace(p.BYLINE_REST, "")
        .str.extract(rf"({p.PERSON})")
    )
    author = by_name.filter(MARK == "byline").first().over("document_id").fill_null("\u0000")
    signed = pl.col("author") != "\u0000"
    bylines = pl.col("key").filter(MARK == "byline").str.join(" | ").over("document_id")
    frame = frame.with_columns(author=author, bylines=bylines)
    frame = see_neighbours(frame)
    near_byline = pl.col("above").is_in(["byline", "bio"]) & pl.col("in_head").shift(1).fill_null(value=False)
    at_end = (pl.col("body_end") <= LINE) & (pl.col("running_lines") >= 3)
    last_lines = (pl.col("body_end") - 2 <= LINE) & (pl.col("running_lines") >= 4)
    place = FREE & (WORDS <= 70) & (at_end | last_lines | near_byline)
    opening = read_where(place & signed, pl.col("opening").str.head(AUTHOR_CHARS))
    does = opening.str.contains(p.bound_ascii(rf"^....+\s{_BIO_VERB}")).fill_null(value=False)
    opener = read_where(place & signed, pl.col("opening")).str.extract(rf"^({p.PERSON})\b").str.to_lowercase()
    named_above = pl.col("bylines").str.contains(opener, literal=True).fill_null(value=False)
    opens_with_author = (
        read_where(place & signed, pl.col("opening").str.head(60))
        .str.contains(pl.col("author"), literal=True)
        .fill_null(value=False)
        & does
    )
    stranger = match_where(place & at_end, _STRANGER)
    site = match_where(
        place & at_end, r"\( ?[\w-]+\.(?:com|org|net|co\.uk) ?\)|@\w{3,}|latest book|author of|columnist", "text"
    )
    # Markup may state the author in front matter alone, so that no byline is printed; present tense tells a report.
    read = read_where(place & at_end, pl.col("opening"))
    is_person = ~read.str.extract(rf"^({p.PERSON})").str.to_lowercase().str.contains(p.NOT_A_NAME)
    writer = match_where(place & at_end & (WORDS <= 40) & (~signed | named_above), _WRITER) & is_person
    frame = decide(
        frame,
        (
            Rule("text.bio_of_author", "bio", opens_with_author | (named_above & does)),
            Rule("text.bio_honorific", "bio", FREE & HONORIFIC & (pl.col("above") == "byline")),
            Rule("text.bio_at_end", "bio", stranger & (WORDS <= 60) & (~signed | site)),
            Rule("text.bio_of_writer", "bio", writer),
        ),
    )
    frame = see_neighbours(frame)
    is_bio = (MARK == "bio") & ~pl.col("in_head")
    text_words = (WORDS * FREE).cast(pl.UInt32)
    frame = frame.with_columns(
        last_bio=LINE.filter(is_bio).max().over("document_id"), words_so_far=text_words.cum_sum().over("document_id")
    ).with_columns(
        words_before_bio=pl.col("words_so_far").filter(pl.col("last_bio") == LINE).first().over("document_id"),
        free_words=text_words.sum().over("document_id"),
    )
    closed = (
        FREE
        & (pl.col("last_bio") < LINE)
        & (pl.col("words_before_bio") >= SIGNED_BODY_WORDS)
        & (pl.col("free_words") - pl.col("words_before_bio") <= AFTER_BIO_WORDS)
    )
    return decide(
        frame,
        (
            Rule("text.handle_after_bio", "bio", closed & (WORDS <= 2) & (pl.col("above") == "bio")),
            Rule("text.furniture_after_bio", "navigation", closed & (WORDS <= 8) & ~pl.col("is_sentence")),
            Rule("text.comment_after_bio", "comment", closed),
        ),
    )


_NEWSLETTER_RULES: Final = ["text.newsletter_talk", "text.subscriber_talk", "text.newsletter", "text.call_to_reader"]


_SUBSCRIBER_OFFER: Final = (
    r"^(?:(?:all|paid|paying|full|annual|our|my) )?(?:subscribers|members|supporters|patrons|founding members) "
    r"(?:(?:also|can|will|now|only) )*(?:get|receive|enjoy|find|read|have access)\b|"
    r"^(?:(?:alle|zahlende|unsere|meine) )?(?:abonnent(?:en|innen|innen und abonnenten)|mitglieder|"
    r"unterstützer(?:innen)?) "
    r"(?:erhalten|bekommen|lesen)\b|^(?:les |nos |mes )(?:abonnés|abonnées|membres|"
    r"soutiens)(?: payants)? (?:reçoivent|lisent|ont "
    r"accès|profitent)\b|^(?:los |las |mis |nuestros )(?:suscriptores|suscriptoras|miembros|"
    r"socios)(?: de pago)? (?:también )?"
    r"(?:reciben|leen|tienen|disfrutan)\b|^gli abbonati (?:ricevono|leggono)\b"
)
"""Told about a newsletter only beside other talk of it; a report about a service says the same."""


def place_teasers(frame: pl.DataFrame) -> pl.DataFrame:
    """Teasers under "Related" and the like; adds `in_teasers`, which is true from such a line on."""
    frame = see_neighbours(frame)
    opener = RULE == "text.teaser_opener"
    teaser = FREE & WORDS.is_between(2, 18) & ~pl.col("is_statement") & ~pl.col("is_introduction") & ~pl.col("is_lower")
    keeps_chain = teaser | MARK.is_in(["promo", "navigation", "dateline", "byline", "caption", "ad"])
    event = pl.when(opener).then(1).when(pl.col("starts_document") | ~keeps_chain).then(0)
    frame = frame.with_columns(in_teasers=event.forward_fill() == 1)
    return decide(frame, (Rule("text.teaser_listed", "promo", teaser & pl.col("in_teasers")),))


def place_surroundings(frame: pl.DataFrame) -> pl.DataFrame:
    """Dated and copied teasers after the end of the text, comment sections, offers to subscribers, rights."""
    frame = see_neighbours(frame)
    tag_line = match_where(
        RULE == "text.control", r"^(?:tags|filed under|topics|labels|categor|schlagworte|etiquetas|mots)", "key"
    )
    end_rules = ["text.end_credit", "text.contributed", "text.teaser_opener", "text.copyright", "text.rights_reserved"]
    ends = (RULE.is_in(end_rules) | tag_line) & (pl.col("body_start") < LINE)
    frame = frame.with_columns(
        is_dated_teaser=(RULE == "text.date_line") & pl.col("above").is_in(["promo", "caption"]).fill_null(value=True),
        words_so_far=(WORDS * FREE).cum_sum().over("document_id"),
        free_words=(WORDS * FREE).sum().over("document_id"),
    )
    late_end = ends & (pl.col("words_so_far") * 2 >= pl.col("free_words"))
    frame = frame.with_columns(end_line=LINE.filter(late_end).max().over("document_id"))
    dated = (pl.col("is_dated_teaser") & (pl.col("end_line") < LINE)).fill_null(value=False)
    frame = frame.with_columns(is_dated_teaser=dated).with_columns(
        many_dated=pl.col("is_dated_teaser").sum().over("document_id") >= 2,
        below_dated=look_back("is_dated_teaser").fill_null(value=False),
        above_dated=look_back("is_dated_teaser", -1).fill_null(value=False),
    )
    many_stamps = pl.col("is_relative_stamp").sum().over("document_id") >= 3
    copied_teaser = pl.col("is_copy") & FREE & (WORDS >= 3) & ~pl.col("is_statement") & ~pl.col("is_lower")
    any_copy_in_teasers = (pl.col("in_teasers") | (MARK == "promo")).any().over("twins")
    section = _find_comment_section()
    offer = match_where(FREE & (WORDS <= 30), _SUBSCRIBER_OFFER, "key")
    beside_talk = pl.col("above_rule").is_in(_NEWSLETTER_RULES) | pl.col("below_rule").is_in(_NEWSLETTER_RULES)
    return decide(
        frame,
        (
            Rule(
                "text.comment_section",
                "comment",
                section & (FREE | MARK.is_in(["dateline", "byline", "bio", "quote"])),
            ),
            Rule(
                "text.teaser_dated",
                "promo",
                pl.col("many_dated")
                & (
                    pl.col("is_dated_teaser")
                    | (FREE & pl.col("above_dated"))
                    | (FREE & pl.col("below_dated") & (WORDS <= 70))
                ),
            ),
            Rule("text.stamp_of_teaser", "promo", pl.col("is_relative_stamp") & many_stamps & pl.col("in_head")),
            Rule("text.teaser_copied", "promo", copied_teaser & any_copy_in_teasers),
            Rule("text.subscriber_offer", "promo", offer & beside_talk),
            Rule(
                "text.copyright_at_end",
                "legal",
                (RULE == "text.copyright_credit") & (pl.col("body_end") < LINE).fill_null(value=False),
            ),
        ),
    )


def _find_comment_section() -> pl.Expr:
    is_counter = (RULE == "text.comment_counter") & (pl.col("words_so_far") >= SIGNED_BODY_WORDS)
    header = match_where(is_counter, r"comment|kommentar|coment|reacties|responses|replies", "key") & match_where(
        is_counter, r"\d|^comments:?$|^kommentare:?$|^commentaires:?$|^comentarios:?$", "key"
    )
    # A header alone may be a counter under the headline; a name, a time or a "reply" must follow.
    first_header = LINE.filter(header).min().over("document_id")
    is_after = first_header < LINE
    reply = read_where(is_after, pl.col("key")).str.contains(
        r"^(?:reply|antworten|répondre|responder)\b|\bsays:$|\bago$|\bschrieb(?: am)?|\ba dit\b"
    )
    replies = reply.any().over("document_id")
    stamped = (
        ((MARK == "dateline") & is_after & (first_header + 4 >= LINE)).fill_null(value=False).any().over("document_id")
    )
    return (is_after & (replies | stamped)).fill_null(value=False)
