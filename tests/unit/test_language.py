from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.language import describe_languages, identify_languages

SENTENCES = {
    "en": "The harbour board met on Tuesday evening to discuss whether the old ferry should be sold or repaired.",
    "de": "Der Hafenrat beriet am Dienstagabend darüber, ob die alte Fähre verkauft oder repariert werden soll.",
    "fr": "Le conseil du port s'est réuni mardi soir pour décider si le vieux bac devait être vendu ou réparé.",
    "es": "La junta del puerto se reunió el martes por la noche para decidir si se vende o se repara el viejo ferry.",
    "ru": "Во вторник вечером портовый совет обсуждал, продать ли старый паром или отремонтировать его.",
    "ja": "港湾委員会は火曜日の夜に会合を開き、古いフェリーを売却するか修理するかを話し合った。",
    "el": "Το συμβούλιο του λιμανιού συνεδρίασε την Τρίτη το βράδυ για να αποφασίσει για το παλιό πλοίο.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_language_of_a_sentence(language: str) -> None:
    assert identify_languages(pl.Series([SENTENCES[language]])).to_list() == [language]


@pytest.mark.parametrize("text", ["", "Paris", "12345 67890 12345 67890 12345 67890", "— • — • — • — • — • —", None])
def test_too_little_text_has_no_language(text: str | None) -> None:
    assert identify_languages(pl.Series([text], dtype=pl.String)).to_list() == [None]


def test_rows_keep_their_order_and_name() -> None:
    texts = pl.Series("body", [SENTENCES["fr"], None, "?", SENTENCES["en"]])
    languages = identify_languages(texts)
    assert languages.to_list() == ["fr", None, None, "en"]
    assert languages.name == "body"
    assert identify_languages(pl.Series("body", [], dtype=pl.String)).dtype == pl.String


def test_a_text_in_two_languages_says_so() -> None:
    english, german = (SENTENCES["en"] + " ") * 25, (SENTENCES["de"] + " ") * 25
    found = describe_languages(pl.Series([english + german, english + SENTENCES["de"]])).to_list()
    assert [row["language"] for row in found] == ["mul", "en"]
    assert re.fullmatch(r"(?:en|de) \d\d%, (?:en|de) \d\d%(?:, .*)?", found[0]["shares"])


def test_capitals_do_not_matter() -> None:
    assert identify_languages(pl.Series([SENTENCES["de"].upper()])).to_list() == ["de"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_every_text_gets_a_tag_of_the_form_of_the_column_or_none(text: str) -> None:
    (tag,) = identify_languages(pl.Series([text + " " + text.upper()])).to_list()
    assert tag is None or re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag)
