"""What sort of document it is, by what its lines say and how they are laid out."""

# ruff: noqa: PLR2004 (counts and shares belong to the rules that they stand in)

from typing import Final

import polars as pl

from transforms.clean import patterns as p
from transforms.columns import read_where

STATED_KINDS: Final = {
    "newsarticle": "news",
    "reportagenewsarticle": "news",
    "backgroundnewsarticle": "news",
    "opinionnewsarticle": "opinion",
    "reviewnewsarticle": "opinion",
    "analysisnewsarticle": "opinion",
    "liveblogposting": "live_blog",
    "claimreview": "fact_check",
    "videoobject": "video_page",
    "imagegallery": "gallery",
    "mediagallery": "gallery",
    # Not one of schema.org's: what the headers of an e-mail say.
    "newsletter": "newsletter",
}
"""Types of schema.org, in lower case, that say what a document is; plain `Article` and `BlogPosting` say nothing."""

LIVE_TITLE: Final = (
    r"^the latest\b|\blive (?:updates?|blog|coverage|ticker)|\bliveblog|\bas it happened\b|\bliveticker\b|"
    r"\ben direct\b|minuto a minuto"
)
VIDEO_TITLE: Final = r"^(?:live ?stream|watch(?: live)?|video|livestream)\s?:"
GALLERY_TITLE: Final = (
    r"^(?:photos?|pictures|gallery|in pictures|slideshow|fotos|bilder)\s?:|photo gallery|in pictures$"
)
NEWSLETTER_TITLE: Final = (
    r"\b(?:newsletter|briefing|daily digest|morning edition|weekly (?:roundup|digest|update))\b|\bstart "
    r"your\b.{0,20}\bsmart\b"
)
FACT_TITLE: Final = r"^fact[- ]?check|\bfact[- ]check(?:ed|ing)?\s?:|^faktencheck|^faktenfinder|\bverificación\b"
OPINION_WORD: Final = (
    r"^(?:opinion|op-?ed|commentary|editorials?|columnists?|letters?(?: to the editor)?|meinung|kommentar|"
    r"débats|opinión|tribuna)\b"
)
REPORTED: Final = p.bound_ascii(
    r"\b(?:said|says|told|tweeted|wrote|according to|reported|reports|announced|sagte|teilte|erklärte|"
    r"selon|dijo|según|secondo|disse|segundo)\b|déclaré|declaró"
)
FIRST_PERSON: Final = r"(?:^|[\s—–(])(?:I|my|My|ich|je|j['’]ai|yo)(?:[^\p{L}]|$)"
SPEAKER: Final = r"^(\p{Lu}[\p{Lu}.'’-]+(?: \p{Lu}[\p{Lu}.'’-]+){1,3}):? \p{Lu}"
"""The name in capitals that opens a turn of a transcript."""
RELEASE: Final = (
    r"(?i)^for immediate release|/PRNewswire|\bBUSINESS WIRE\)|GLOBE NEWSWIRE|^press release\b|"
    r"^pressemitteilung\b|^communiqué de presse"
)
VERDICT: Final = r"(?i)^(?:our ruling|rating|verdict|claim|fact-check rating|bewertung)\s?:"

OPENING_CHARS: Final = 600
HEAD_CHARS: Final = 200
TALK_CHARS: Final = 400
SHORT_BODY_WORDS: Final = 180
ESSAY_WORDS: Final = 250
FIRST_PERSON_WORDS: Final = 400
"""Shorter news also says "I", in the posts that it repeats."""
ESSAY_REPORTED: Final = 0.9
REPORTED_PER_100_WORDS: Final = 0.35
"""Reported speech in news of the labelled pages: median 1.9 per hundred words; analyses without it are essays."""


def decide_kinds(classified: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """One row per document of `classified`: `document_id`, `kind`, and the rule, line and value that decided it."""
    measured = _measure(classified)
    said = (
        stated.filter(pl.col("field") == "kind")
        .with_columns(kind=_read_stated_kind())
        .drop_nulls("kind")
        .group_by("document_id", maintain_order=True)
        .agg(
            stated_kind=pl.col("kind").first(), stated_rule=pl.col("rule").first(), stated_value=pl.col("value").first()
        )
    )
    decided = measured.join(said, on="document_id", how="left", maintain_order="left").with_columns(
        pl.coalesce(*(pl.when(when).then(pl.lit(f"{kind} {rule}")) for kind, rule, when in _rules())).alias("decision")
    )
    is_stated = pl.col("stated_kind").is_not_null()
    printed = pl.col("decision").str.split(" ").list
    return decided.select(
        "document_id",
        kind=pl.when(is_stated).then("stated_kind").otherwise(printed.get(0)).fill_null("other"),
        rule=pl.when(is_stated).then("stated_rule").otherwise(printed.get(1)),
        value=pl.when(is_stated).then("stated_value"),
    )


def _read_stated_kind() -> pl.Expr:
    last = pl.col("value").str.to_lowercase().str.extract(r"([a-z]+)\W*$")
    return last.replace_strict(STATED_KINDS, default=None, return_dtype=pl.String)


def _measure(classified: pl.DataFrame) -> pl.DataFrame:
    kind, rule = pl.col("kind"), pl.col("rule")
    is_body = pl.col("is_body")
    words = pl.col("words")
    opening = pl.col("opening")
    head = opening.str.head(HEAD_CHARS)
    spoken = opening.str.contains('["“”„«»]')
    lower = pl.col("lower")
    title = lower.filter(kind == "title").first().fill_null("")
    speakers = head.str.extract(SPEAKER)
    return (
        _cut_lines(classified)
        .group_by("document_id", maintain_order=True)
        .agg(
            title=title,
            body_words=words.filter(is_body).sum(),
            reported=opening.str.count_matches(REPORTED).sum(),
            first_person=read_where(~spoken, opening).str.contains(FIRST_PERSON).sum(),
            speakers=speakers.is_not_null().sum(),
            distinct_speakers=speakers.drop_nulls().n_unique(),
            time_heads=rule.is_in(["text.time_head"]).sum()
            + (kind.eq("dateline") & lower.str.contains(r"^(?:posted at|updated at)? ?\d{1,2}:\d{2}")).sum(),
            captions=(kind == "caption").sum(),
            caption_words=words.filter(kind == "caption").sum(),
            opinion_mark=(
                kind.is_in(["outlet", "title", "subtitle", "navigation"])
                & ~rule.is_in(["text.menu_entry", "text.menu_line"])
                & lower.str.contains(OPINION_WORD)
            ).any(),
            opinion_byline=(
                kind.is_in(["byline", "bio"])
                & lower.str.contains(
                    r"opinion contributor|\bcolumnist\b|\bop-ed\b|\bcolumn\b|is the author of|senior fellow|"
                    r"\bcommentator\b|talk[- ]show host"
                )
            ).any(),
            opinion_note=(
                (kind == "note") & lower.str.contains("opinions? expressed|views expressed|views and opinions")
            ).any(),
            # Markup names the kind of a line, and no rule then; so the words are looked at.
            subscriber=(
                rule.is_in(["text.subscriber_talk", "text.newsletter_talk", "text.newsletter_about"])
                | (kind.is_in(["promo", "navigation", "legal"]) & _says_newsletter())
            ).any(),
            briefing=(
                kind.eq("promo")
                & lower.str.contains(r"(?:briefing|this newsletter|the newsletter) by e-?mail|is published weekday")
            ).any(),
            transcript=(
                kind.is_in(["note", "title", "subtitle", "heading"]) & lower.str.contains(r"\btranscript\b")
            ).any(),
            release=(is_body & head.str.head(200).str.contains(RELEASE)).any(),
            dated=kind.is_in(["byline", "dateline"]).any(),
            verdict=(is_body & head.str.head(60).str.contains(VERDICT)).any(),
            agency=rule.is_in(["text.byline_agency", "text.end_credit", "text.contributed"]).any(),
            place=(
                is_body
                & head.str.head(60).str.contains(
                    r"^(?:\p{Lu}[\p{Lu}.'-]+(?: \p{Lu}[\p{Lu}.'-]+)*(?:, [\p{L}. ]{2,20})?\s?(?:\([^)]{2,30}\) ?)?|"
                    r"[\p{Lu}][\p{L} ]{2,24} \((?:AFP|AP|Reuters|dpa|CNN)\) ?)[—–-]"
                )
            ).any(),
        )
    )


def _cut_lines(classified: pl.DataFrame) -> pl.DataFrame:
    """What is looked at of each line: the opening of body, the whole in lower case of everything else."""
    is_body = pl.col("kind").is_in(["paragraph", "list_item", "quote"])
    # Reported speech and the first person are counted in the first 600 characters of a line.
    opening = read_where(is_body, pl.col("text").str.head(OPENING_CHARS)).str.replace_all("\u00a0", " ", literal=True)
    return classified.select(
        "document_id",
        "kind",
        "rule",
        is_body=is_body,
        words=pl.col("text").str.count_matches(" ", literal=True) + 1,
        opening=opening,
        lower=read_where(~is_body, pl.col("text")).str.to_lowercase(),
    )


def _says_newsletter() -> pl.Expr:
    short = pl.col("lower").str.len_chars() <= TALK_CHARS
    return read_where(short, pl.col("lower")).str.contains(p.NEWSLETTER_TALK)


def _rules() -> tuple[tuple[str, str, pl.Expr], ...]:
    title = pl.col("title")
    words = pl.col("body_words")
    reported_rate = 100 * pl.col("reported") / words
    is_long = words >= ESSAY_WORDS
    return (
        ("fact_check", "text.kind_of_title", title.str.contains(FACT_TITLE) | pl.col("verdict")),
        ("press_release", "text.release_mark", pl.col("release")),
        ("live_blog", "text.kind_of_title", title.str.contains(LIVE_TITLE) & ~title.str.contains(VIDEO_TITLE)),
        ("live_blog", "text.time_heads", pl.col("time_heads") >= 3),
        ("video_page", "text.kind_of_title", title.str.contains(VIDEO_TITLE) & (words < SHORT_BODY_WORDS)),
        ("gallery", "text.kind_of_title", title.str.contains(GALLERY_TITLE) & (pl.col("caption_words") > words)),
        ("gallery", "text.captions", (pl.col("captions") >= 6) & (pl.col("caption_words") > 2 * words)),
        ("transcript", "text.transcript_mark", pl.col("transcript") & (pl.col("speakers") >= 2)),
        (
            "transcript",
            "text.speakers",
            (pl.col("speakers") >= 6) & (pl.col("distinct_speakers") * 2 <= pl.col("speakers")),
        ),
        ("newsletter", "text.kind_of_title", title.str.contains(NEWSLETTER_TITLE)),
        ("newsletter", "text.subscriber_talk", pl.col("subscriber") | pl.col("briefing")),
        ("opinion", "text.opinion_mark", pl.col("opinion_mark") | pl.col("opinion_note") | pl.col("opinion_byline")),
        (
            "opinion",
            "text.first_person",
            (pl.col("first_person") >= 1)
            & (reported_rate < ESSAY_REPORTED)
            & (words >= FIRST_PERSON_WORDS)
            & ~pl.col("agency"),
        ),
        ("news", "text.agency", pl.col("agency") | pl.col("place")),
        ("opinion", "text.no_reporting", is_long & (reported_rate < REPORTED_PER_100_WORDS)),
        ("news", "text.reported_speech", pl.col("reported") >= 1),
        ("news", "text.dated", pl.col("dated")),
    )
