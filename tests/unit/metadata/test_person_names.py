"""People told from agencies, papers, desks and accounts, without a dictionary of names."""

import polars as pl
import pytest

from transforms.metadata.people import split_names

GROUPS = [
    *("AP", "The Associated Press", "Reuters", "AFP", "dpa", "DPA", "ANSA", "EFE", "Agence France-Presse", "Xinhua"),
    *("Deutsche Presse-Agentur", "Anadolu Ajansı", "Agencia EFE", "Agenzia Nova", "Polska Agencja Prasowa"),
    *("Staff", "Staff Writer", "Editorial Board", "The Editorial Board", "Newsroom", "News Desk", "Web Editor"),
    *("Redaktion", "Onlineredaktion", "MM-Redaktion", "Von unserer Redaktion", "La Rédaction", "Redacción", "Redação"),
    *("La redazione", "De redactie", "Redakcja", "Toimitus", "Редакция", "編集部", "読売新聞オンライン", "社会部"),
    *("Harbour Times", "Stennick Zeitung", "quay.example.com", "@quaynews", "admin", "undefined", "42"),
]


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("is_printed", [True, False])
def test_who_signs_without_being_a_person_is_no_author(name: str, is_printed: bool) -> None:
    assert split_names(pl.DataFrame({"value": [name], "is_printed": [is_printed]})).is_empty()


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ("By Dr. Mira Solberg, Health Correspondent", ["Mira Solberg"]),
        ("Prof. Dr. Bo Lindqvist", ["Bo Lindqvist"]),
        ("Mira Solberg, MD, RD", ["Mira Solberg"]),
        ("Mira Solberg, Director of Tides, Atlas Van Lines", ["Mira Solberg"]),
        ("Mira Solberg, Bo Lindqvist, and Tomas Okonkwo", ["Mira Solberg", "Bo Lindqvist", "Tomas Okonkwo"]),
        ("Mira Solberg; Bo Lindqvist", ["Mira Solberg", "Bo Lindqvist"]),
        ("Mira Solberg et Tomás O'Konkwo", ["Mira Solberg", "Tomás O'Konkwo"]),
        ("J. R. van der Berg", ["J. R. van der Berg"]),
        ("Mira Solberg | The Quay Newsroom", ["Mira Solberg"]),
        ("Mira Solberg on behalf of The Quay", ["Mira Solberg"]),
        ("Story by Mira Solberg, photos by Bo Lindqvist", ["Mira Solberg"]),
        ("Theresa Okafor", ["Theresa Okafor"]),
        ("Analysis Mira Solberg", ["Mira Solberg"]),
        ("Jennifer Senior", ["Jennifer Senior"]),
        ("Rex Okafor", ["Rex Okafor"]),
        ("Мира Сольберг и Бо Линдквист", ["Мира Сольберг", "Бо Линдквист"]),
        ("Μίρα Σόλμπεργκ", ["Μίρα Σόλμπεργκ"]),
        ("میرا سولبرگ", ["میرا سولبرگ"]),
        ("मीरा सोलबर्ग", ["मीरा सोलबर्ग"]),
        ("山田太郎、港野あかり", ["山田太郎", "港野あかり"]),
        ("Mira", ["Mira"]),
        ("mira solberg", ["mira solberg"]),
    ],
)
def test_names_that_markup_states(stated: str, names: list[str]) -> None:
    assert split_names(pl.DataFrame({"value": [stated], "is_printed": [False]}))["name"].to_list() == names


def test_bibliographic_tags_put_the_family_name_first() -> None:
    stated = pl.DataFrame({"value": ["Solberg, Mira K."], "rule": ["html.meta.citation_author"], "is_printed": [False]})
    assert split_names(stated)["name"].to_list() == ["Mira K. Solberg"]
