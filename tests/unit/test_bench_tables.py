"""What CONTRIBUTING says of measurements is what was measured."""

import json
from pathlib import Path

import pytest

from tests.bench.parts import PARTS, render_blocks
from tests.bench.tables import (
    MarkerError,
    describe_machine,
    fill_blocks,
    read_blocks,
    read_results,
    render_table,
    write_results,
)

ROOT = Path(__file__).resolve().parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_tables_say_what_the_results_say() -> None:
    """`python -m tests.bench tables` writes them again."""
    blocks, measured = read_blocks(CONTRIBUTING), read_results()
    assert measured
    assert set(measured) <= set(PARTS)
    assert {part: blocks.get(part) for part in measured} == render_blocks(measured)


def test_every_table_belongs_to_a_part() -> None:
    blocks = read_blocks(CONTRIBUTING)
    assert set(blocks) == set(PARTS)
    unmeasured = set(blocks) - set(read_results())
    assert all(not blocks[part].strip() for part in unmeasured)


def test_filling_in_changes_only_what_stands_between_the_markers() -> None:
    document = "before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nbetween\n<!-- bench:b -->\n<!-- /bench:b -->\nafter\n"
    filled = fill_blocks(document, {"a": "\nnew \\1 {x}\n\n"})
    assert filled == document.replace("old\n", "\nnew \\1 {x}\n\n")
    assert fill_blocks(filled, {"a": "old\n"}) == document
    assert read_blocks(filled) == {"a": "\nnew \\1 {x}\n\n", "b": ""}


def test_a_part_without_markers_is_an_error() -> None:
    with pytest.raises(MarkerError, match="bench:c"):
        fill_blocks("<!-- bench:a -->\n<!-- /bench:a -->", {"c": "\n"})


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    results = {"share": 0.1 + 0.2, "by_kind": {"exact": 3}, "none": None, "name": "é"}
    write_results("planted", {"cores": 2}, results, tmp_path / "new")
    assert read_results(tmp_path / "new") == {
        "planted": {"part": "planted", "machine": {"cores": 2}, "results": results},
    }
    assert read_results(tmp_path) == {}
    assert json.loads((tmp_path / "new" / "planted.json").read_text(encoding="utf-8"))["part"] == "planted"


def test_table_is_markdown() -> None:
    assert render_table(["", "a"], [["x", "1"]]) == "|  | a |\n| --- | ---: |\n| x | 1 |"


def test_machine_is_described_with_what_matters() -> None:
    machine = {
        "cores": 2,
        "processor": "P",
        "memory_gib": 24,
        "python": "3.11.7",
        "versions": {"polars": "2.1.0"},
        "measured_on": "2026-11-24",
    }
    assert describe_machine(machine) == "Measured on 2026-11-24: 2 cores (P), 24 GiB, Python 3.11.7, polars 2.1.0."
