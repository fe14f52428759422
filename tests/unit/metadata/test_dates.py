"""Dates as the papers of many languages print them."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from transforms.metadata.dates import read_times
from transforms.metadata.months import MONTHS


def read(value: str) -> date | None:
    found: datetime | None = read_times(pl.DataFrame({"value": [value]}))["published_at"].item()
    return None if found is None else found.date()


@pytest.mark.parametrize(
    "printed",
    [
        "16 July 2018",
        "July 16th, 2018",
        "Montag, 16. Juli 2018",
        "lundi 16 juillet 2018",
        "16 de julio de 2018",
        "16 de julho de 2018",
        "lunedì 16 luglio 2018",
        "16 juli 2018",
        "den 16. juli 2018",
        "16. heinäkuuta 2018",
        "16 lipca 2018",
        "16. července 2018",
        "2018. július 16.",
        "16 iulie 2018",
        "16 липня 2018",
        "16 июля 2018 г.",
        "16 Ιουλίου 2018",
        "16 Temmuz 2018",
        "16 يوليو 2018",
        "١٦ يوليو ٢٠١٨",
        "16 जुलाई 2018",
        "2018 m. liepos 16 d.",
        "2018. gada 16. jūlijs",
        "16 Juli 2018, 10.00 WIB",
        "16 tháng 7, 2018",
        "2018년 7월 16일",
        "2018年7月16日",
        "16-jul-2018",
        "Publicado el 16/7/2018",
    ],
)
def test_one_day_in_many_languages(printed: str) -> None:
    assert read(printed) == date(2018, 7, 16)


def test_a_word_of_another_language_says_which_number_is_the_day() -> None:
    assert read("Thứ sáu, 6/7/2018") == date(2018, 7, 6)
    assert read("6/7/2018") is None


def test_the_full_stop_tells_croatian_from_polish() -> None:
    assert read("15 listopada 2018") == date(2018, 11, 15)
    assert read("15. listopada 2018.") == date(2018, 10, 15)


@pytest.mark.parametrize(
    "printed",
    [
        "Updated May 4, 2024 | Published May 2, 2024",
        "Aktualisiert am 4. Mai 2024, veröffentlicht am 2. Mai 2024",
        "2. Mai 2024, zuletzt aktualisiert am 4. Mai 2024",
        "Publié le 2 mai 2024, mis à jour le 4 mai 2024",
        "更新 2024年5月4日 公開 2024年5月2日",
    ],
)
def test_the_update_is_never_the_publication(printed: str) -> None:
    assert read(printed) == date(2024, 5, 2)


def test_the_printed_zone_is_applied() -> None:
    found = read_times(pl.DataFrame({"value": ["16 July 2018 23:30 EDT", "16.07.2018 00:30 MSK"]}))["published_at"]
    assert found.to_list() == [datetime(2018, 7, 17, 3, 30, tzinfo=UTC), datetime(2018, 7, 15, 21, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    "stamp", ["33 mins ago", "vor 2 Stunden", "il y a 3 heures", "3時間前", "вчера", "hace 5 días"]
)
def test_relative_stamps_are_no_dates(stamp: str) -> None:
    assert read(stamp) is None


def test_every_month_name_is_read() -> None:
    rows = [(f"16 {name} 2018", number) for name, number in MONTHS.items()]
    printed = pl.DataFrame({"value": [value for value, _ in rows]})
    months = read_times(printed)["published_at"].dt.month().to_list()
    assert months == [number for _, number in rows]
