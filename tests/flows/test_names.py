"""The user's table of names: how it is read, what is refused, and that a backfill applies it again."""

from pathlib import Path

import pytest

from flows.errors import SettingsError
from flows.names import read_names
from transforms.contracts.parameters import NameTable

TABLE = NameTable(outlets=(("The Quay", "Quay Times"),), authors=(("M. Solberg", "Mira Solberg"),))


def test_csv_and_toml_say_the_same(tmp_path: Path) -> None:
    csv, toml = tmp_path / "names.csv", tmp_path / "names.toml"
    csv.write_text("field,printed,name\noutlet,The Quay,Quay Times\nauthor,M. Solberg,Mira Solberg\n", encoding="utf-8")
    toml.write_text(
        '[outlets]\n"The Quay" = "Quay Times"\n[authors]\n"M. Solberg" = "Mira Solberg"\n', encoding="utf-8"
    )
    assert read_names(csv) == read_names(toml) == TABLE
    assert read_names(None) == NameTable()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "outlet,name\n", "columns"),
        ("a.csv", "field,printed,name\neditor,A,B\n", "line 2.*editor"),
        ("a.csv", "field,printed,name\noutlet,A,\n", "lacks a name"),
        ("a.toml", "[editors]\nA = 'B'\n", "editors"),
        ("a.toml", "[outlets]\nA = 1\n", "pairs of names"),
        ("a.toml", "[outlets\n", "names"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        read_names(path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="none.csv"):
        read_names(tmp_path / "none.csv")
