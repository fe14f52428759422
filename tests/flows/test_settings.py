"""Flags over environment over pyproject.toml over defaults; what is wrong is named."""

import os
from pathlib import Path
from typing import Any

import pydantic
import pytest

from flows.errors import SettingsError
from flows.settings import ENV_PREFIX, Settings, load_settings
from transforms.contracts.parameters import CleanParameters, DedupParameters


@pytest.fixture(autouse=True)
def _clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder and an environment without settings."""
    for name in os.environ:
        if name.upper().startswith(ENV_PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write_project(text: str) -> None:
    Path("pyproject.toml").write_text(text, encoding="utf-8")


def test_defaults_stand_where_nothing_is_said() -> None:
    settings = load_settings()
    assert (settings.inbox, settings.data) == (Path("seeds"), Path("data"))
    assert settings.dedup == DedupParameters()
    assert settings.workers == os.cpu_count()
    write_project('[project]\nname = "other"\n')
    assert load_settings() == settings


def test_each_source_covers_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    write_project('[tool.winnow]\ninbox = "filed"\ndata = "filed"\nworkers = 3\nignore = ["*.filed"]\n')
    monkeypatch.setenv("WINNOW_DATA", "said")
    monkeypatch.setenv("WINNOW_WORKERS", "5")
    monkeypatch.setenv("WINNOW_IGNORE", '["*.said", "x/*"]')
    settings = load_settings(workers=7, data=None)
    assert settings.workers == 7
    assert settings.data == Path("said")
    assert settings.ignore == ("*.said", "x/*")
    assert settings.inbox == Path("filed")
    assert settings.floor_words == DedupParameters.floor_words


def test_the_settings_of_the_rule_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_COVERAGE_THRESHOLD", "0.9")
    assert load_settings(floor_words=20).dedup == DedupParameters(0.9, 20)
    assert load_settings(cleaning="clean").derivation.cleaning == CleanParameters("clean")


def test_settings_do_not_change() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(load_settings(), "workers", 3)  # noqa: B010 - mypy knows that it is frozen


@pytest.mark.parametrize("name", ["WINNOW_WORKRS", "WINNOW_", "winnow_workrs", "WINNOW_API_KEY"])
def test_unknown_names_in_the_environment_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "3")
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert name in str(refusal.value)
    assert all(f"WINNOW_{known.upper()}" in str(refusal.value) for known in Settings.model_fields)


def test_unknown_names_in_the_file_and_among_the_flags_are_named() -> None:
    with pytest.raises(SettingsError, match="workrs"):
        load_settings(workrs=3)
    write_project("[tool.winnow]\nfloor_word = 30\n")
    with pytest.raises(SettingsError, match=r"floor_word\b"):
        load_settings()


FAULTS: list[tuple[str, Any, str]] = [
    ("max_file_bytes", 0, "greater than or equal to 1"),
    ("max_file_bytes", "many", "valid integer"),
    ("settle_seconds", -1, "greater than or equal to 0"),
    ("settle_seconds", 61, "less than or equal to 60"),
    ("settle_seconds", "nan", "less than or equal to 60"),
    ("coverage_threshold", 0.49, "greater than or equal to 0.5"),
    ("coverage_threshold", 1.01, "less than or equal to 1"),
    ("coverage_threshold", "nan", "less than or equal to 1"),
    ("floor_words", 0, "greater than or equal to 1"),
    ("cleaning", "bold", "'conservative' or 'clean'"),
    ("batch_files", 0, "greater than or equal to 1"),
    ("batch_bytes", 0, "greater than or equal to 1"),
    ("workers", 0, "greater than or equal to 1"),
    ("task_runner", "spark", "'threads', 'processes', 'dask' or 'ray'"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), FAULTS, ids=[f"{name}={value}" for name, value, _ in FAULTS])
@pytest.mark.parametrize("source", ["flag", "environment", "file"])
def test_a_bad_value_is_named_with_its_setting_and_what_is_allowed(
    name: str, value: Any, allowed: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source == "environment":
        monkeypatch.setenv(f"WINNOW_{name.upper()}", str(value))
    elif source == "file":
        write_project(f"[tool.winnow]\n{name} = {value!r}\n")
    with pytest.raises(SettingsError) as refusal:
        load_settings(**({name: value} if source == "flag" else {}))
    assert f"{name} = " in str(refusal.value)
    assert str(value) in str(refusal.value)
    assert allowed in str(refusal.value)
    assert refusal.value.exit_code == 2


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_BATCH_FILES", "-4")
    with pytest.raises(SettingsError, match=r"batch_files = '-4'.*workers = 0|workers = 0.*batch_files = '-4'"):
        load_settings(workers=0)


def test_a_list_that_is_not_written_as_one_is_a_bad_value_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_IGNORE", "*.tmp")
    with pytest.raises(SettingsError, match="ignore"):
        load_settings()


@pytest.mark.parametrize("text", ["[tool.winnow\n", "[tool.winnow]\nworkers = \n"])
def test_a_file_that_is_no_toml_is_a_bad_setting(text: str) -> None:
    write_project(text)
    with pytest.raises(SettingsError, match=r"pyproject\.toml"):
        load_settings()


def test_the_inbox_and_the_store_are_two_folders(tmp_path: Path) -> None:
    """In one folder, what is published would come in again as files to read."""
    with pytest.raises(SettingsError, match=r"inbox.*data"):
        load_settings(inbox=tmp_path / "here", data=tmp_path / "x" / ".." / "here")


@pytest.mark.parametrize("name", ["data [1]", "data*", "what?"])
def test_a_store_whose_name_reads_as_a_pattern_is_refused(name: str, tmp_path: Path) -> None:
    """Polars and DuckDB take such a path for a pattern, and would read other folders, or none."""
    with pytest.raises(SettingsError, match="data"):
        load_settings(data=tmp_path / name)
    assert load_settings(inbox=tmp_path / name).inbox == tmp_path / name
