"""Which language a text is in."""

from __future__ import annotations

from typing import Final

import polars as pl
import pycld2

SLICE_CHARACTERS: Final = 500
SLICES: Final = 3
"""A text is looked at in its start, its middle and its end, so that one in two languages shows both.

Calibrated on 1,549 pages of the evaluation file with a declared language (the `lang` of the html element against the
gold text). Share answered and share of the answers that agree, by the characters looked at: 200 .997 and .997, 400 .998
and .997, 2,000 .994 and .997; what is left are wrong declarations. py3langid over 2,000 had .992 and .997, at thirteen
times the time. Measure again when CLD2 is exchanged for something else.
"""

MIN_LETTERS: Final = 20
MIN_MIXED_LETTERS: Final = 400
"""Below the first the answer is null, below the second a text is taken to be in one language."""
MIN_SHARE_OF_SECOND: Final = 25
"""Per cent of the text in a second language from which it is mixed; quotations and names stay below."""
MIN_CERTAINTY: Final = 300
"""CLD2's normalised score of a second language (bytes told apart for each one read); below it the part is noise."""

MIXED: Final = "mul"
"""The tag for several languages (ISO 639-2, allowed by BCP 47). Which they are, the evidence says."""

NEWER_TAGS: Final = {"iw": "he", "jw": "jv", "in": "id", "mo": "ro", "sh": "sr-Latn", "zh-TW": "zh-Hant"}
"""Tags of CLD2 that BCP 47 has replaced."""


def identify_languages(texts: pl.Series) -> pl.Series:
    """Return the language of each text as a BCP 47 tag, null where there is too little text or too much doubt.

    One row per text, in order, under the same name. A null text gives null; a text in several languages gives `mul`.
    Method: CLD2, a naive Bayes classifier over quadgrams that scores a text piece by piece (Sites, "Compact Language
    Detector 2", 2013).
    """
    return describe_languages(texts).struct.field("language").rename(texts.name)


def describe_languages(texts: pl.Series) -> pl.Series:
    """Structs of `language`, as `identify_languages` gives it, and `shares`, the languages found (`de 60%, en 39%`)."""
    samples = _take_samples(texts)
    rows = [_identify(text, letters) for text, letters in samples.iter_rows()]
    fields = pl.Struct({"language": pl.String, "shares": pl.String})
    return pl.Series(texts.name, [{"language": tag, "shares": shares} for tag, shares in rows], dtype=fields)


def _take_samples(texts: pl.Series) -> pl.DataFrame:
    """Start, middle and end of each text (null where it has too few letters), and how many letters those have.

    What CLD2 refuses (control characters, code points that are no characters) is taken out.
    """
    text = pl.col("text")
    size = text.str.len_chars()
    is_long = size > SLICE_CHARACTERS * SLICES
    parts = [
        text.str.slice(0, SLICE_CHARACTERS),
        text.str.slice(size.cast(pl.Int64) // 2 - SLICE_CHARACTERS // 2, SLICE_CHARACTERS),
        text.str.slice(-SLICE_CHARACTERS),
    ]
    sample = pl.when(is_long).then(pl.concat_str(parts, separator=" ")).otherwise(text)
    framed = texts.rename("text").to_frame().select(text=sample.str.replace_all(r"[\p{Cc}\p{Cn}\p{Co}]", " "))
    # What is no letter is counted, of which there is less.
    letters = text.str.len_chars() - text.str.count_matches(r"\P{L}")
    return framed.select(text=pl.when(letters >= MIN_LETTERS).then("text"), letters=letters)


def _identify(sample: str | None, letters: int | None) -> tuple[str | None, str | None]:
    if sample is None or letters is None:
        return None, None
    is_reliable, _, details = pycld2.detect(sample.encode(), isPlainText=True)
    found = [
        (NEWER_TAGS.get(tag, tag), share, score)
        for _, tag, share, score in details
        if tag != "un" and not tag.startswith("xx")
    ]
    if not found:
        return None, None
    shares = ", ".join(f"{tag} {share}%" for tag, share, _ in found)
    second = found[1:2]
    if (
        letters >= MIN_MIXED_LETTERS
        and second
        and second[0][1] >= MIN_SHARE_OF_SECOND
        and second[0][2] >= MIN_CERTAINTY
    ):
        return MIXED, shares
    return (found[0][0], shares) if is_reliable else (None, shares)
