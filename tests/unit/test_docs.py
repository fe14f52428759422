"""What the documentation says is true."""

import re
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

from flows.catalog import render_data_dictionary
from flows.cli import cli
from flows.maintenance import Compaction
from flows.settings import Settings
from flows.summary import RunSummary
from flows.verification import StoreVerdict

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_data_dictionary_is_what_the_contracts_say() -> None:
    assert (ROOT / "data" / "README.md").read_text(encoding="utf-8") == render_data_dictionary()


def test_readme_lists_every_setting_as_it_is() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", README, re.MULTILINE))
    descriptions = dict(re.findall(r"^\| `(\w+)` \| .+? \| (.+) \|$", README, re.MULTILINE))
    assert set(rows) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        assert descriptions[name] == field.description
        if name != "workers":
            shown = " ".join(f"`{value}`" for value in field.default) if name == "ignore" else str(field.default)
            assert rows[name].strip("`") == shown.strip("`"), name


def test_readme_lists_every_command() -> None:
    listed = set(re.findall(r"^\| `winnow (\w+)", README, re.MULTILINE))
    assert listed == set(cli.commands)


def test_links_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "seeds/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("name", ["requirements.lock", "tests/bench/requirements.lock"])
def test_pinned_file_names_no_address(name: str) -> None:
    pinned = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in pinned
    assert all("==" in line for line in pinned.splitlines() if re.match(r"[a-z0-9]", line))


def test_readme_names_the_keys_of_json() -> None:
    """Those of classes; the pages of the command line are held against it where there is a store."""
    listed = dict(
        re.findall(r"^\| ([a-z, ]+) \| (`command`.+|`passed`.+|`segments_before`.+) \|$", README, re.MULTILINE)
    )
    keys = {command: set(re.findall(r"`(\w+)`", words)) for command, words in listed.items()}
    assert keys == {
        "run, backfill, learn": {field.name for field in fields(RunSummary)},
        "verify": set(StoreVerdict(0, pl.DataFrame(), ()).to_dict()),
        "compact": {field.name for field in fields(Compaction)},
    }
