"""A small share of `make fuzz`: broken files of every format are records or failures, and end nothing."""

from __future__ import annotations

from tests.quality.fuzz import BATCH, Result, find_faults, make_input, read_inputs, run_batch
from tests.support.samples import list_samples

FIRST: int = 1_000_000
"""Other inputs than those of `make fuzz`."""


def test_broken_files_are_records_or_failures() -> None:
    result = Result()
    for first in range(FIRST, FIRST + 600, BATCH):
        run_batch(1, range(first, first + BATCH), result)
    assert result.faults == []
    assert result.inputs == 600
    assert result.outcomes["records"] > 100
    assert result.outcomes["damaged"] > 100


def test_inputs_are_of_every_format_and_always_the_same() -> None:
    names = [make_input(1, number)[0].split("/", 1)[1] for number in range(2_000)]
    assert set(list_samples()) <= set(names)
    assert make_input(7, 42) == make_input(7, 42)
    assert make_input(7, 42) != make_input(8, 42)


def test_a_fault_is_found() -> None:
    sources, parsed = read_inputs(1, range(FIRST, FIRST + 20))
    assert find_faults(sources, parsed) == []
    lost = parsed.records["source_path"][0]
    cut = type(parsed)(parsed.records.filter(parsed.records["source_path"] != lost), parsed.lines, parsed.failures)
    assert any(lost in fault for fault in find_faults(sources, cut))
