"""The user's table of names: how it is read, what is refused, and that a backfill applies it again."""

import json
from pathlib import Path

import polars as pl
import pytest

from flows.errors import SettingsError
from flows.names import read_names
from flows.storage import Store
from tests.support.stores import drop_files, settings_for, take_in
from tests.unit.test_clean import BODY
from transforms.contracts import ARTICLES, RUNS
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
    with pytest.raises(SettingsError, match=r"none\.csv"):
        read_names(tmp_path / "none.csv")


PAGE = "\n".join(
    ("Lighthouse of Ostrava Bay to move inland | The Harbour Times", "By Mira Solberg", "May 2, 2024", *BODY)
)


def test_a_backfill_gives_the_names_that_the_table_has_since(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    drop_files(settings, {"tower.txt": PAGE})
    assert take_in(settings)
    assert Store(settings.data).read(ARTICLES, ["outlet"]).item() == "The Harbour Times"
    table = tmp_path / "names.csv"
    table.write_text("field,printed,name\noutlet,the harbour times,Harbour Times\n", encoding="utf-8")
    assert take_in(settings.model_copy(update={"names": table}), "backfill")
    row = Store(settings.data).read(ARTICLES, ["outlet", "evidence"]).row(0, named=True)
    assert row["outlet"] == "Harbour Times"
    assert "The Harbour Times" in {item["value"] for item in row["evidence"] if item["field"] == "outlet"}
    recorded = Store(settings.data).read(RUNS, ["command", "parameters"]).filter(pl.col("command") == "backfill")
    assert json.loads(recorded["parameters"].item())["names_of_outlets"] == {"the harbour times": "Harbour Times"}
