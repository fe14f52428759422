from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from transforms.language import identify_languages

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


def test_only_the_start_of_a_long_text_counts() -> None:
    english = (SENTENCES["en"] + " ") * 25
    german = (SENTENCES["de"] + " ") * 500
    assert identify_languages(pl.Series([english + german])).to_list() == ["en"]


def test_capitals_do_not_matter() -> None:
    assert identify_languages(pl.Series([SENTENCES["de"].upper()])).to_list() == ["de"]


def test_import_does_not_load_the_model() -> None:
    program = (
        "import transforms.language as language; import sys;sys.exit(language._load_identifier.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
