"""Suites hold every rule of the contracts, and are held against slim frames."""

import re
from typing import Any

import polars as pl
import pytest

from flows.suites import OUT_OF_BOUNDS, WITHOUT_VALUE, build_suite, list_slim_columns, spread_laws
from tests.flows.test_validation import make_articles, make_checks, make_id
from transforms.contracts import ARTICLES, RAW, TABLES, Between, Column, Table


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_suite_holds_every_rule_of_the_contract(table: Table) -> None:
    suite = build_suite(table)
    checks = [(expectation.meta or {})["check"] for expectation in suite.expectations]
    assert checks.count("not null") == 1
    rules = [rule for column in table.columns for rule in column.rules]
    bounds = [rule for rule in rules if isinstance(rule, Between)]
    assert checks.count("one of") + checks.count("matches") == len(rules) - len(bounds)
    assert checks.count("between") == bool(bounds)
    assert (checks.count("columns"), checks.count("unique key")) == (1, 1)
    assert len(checks) == 3 + len(rules) - len(bounds) + bool(bounds)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_column_that_must_have_a_value_is_missed(table: Table) -> None:
    required = [column.name for column in table.columns if not column.nullable]
    frame = pl.DataFrame({name: [None] for name in table.column_names}, schema=table.polars_schema)
    assert frame.select(list_slim_columns(table))[WITHOUT_VALUE].to_list() == [", ".join(required)]
    # What is no number is no value.
    floats = {name: [float("nan")] for name, dtype in table.polars_schema.items() if dtype.is_float()}
    slim = frame.with_columns(pl.DataFrame(floats)).select(list_slim_columns(table))
    assert slim[WITHOUT_VALUE].to_list() == [", ".join(required)]


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [
        pytest.param(table, column, rule, id=f"{table.name}.{column.name}")
        for table in TABLES
        for column in table.columns
        for rule in column.rules
        if isinstance(rule, Between)
    ],
)
def test_each_bound_is_held(table: Table, column: Column, rule: Between) -> None:
    """The values at the bounds pass, those beyond are told with their measure; no value is none beyond."""
    edges = [bound for bound in (rule.low, rule.high) if bound is not None]
    beyond = [bound + step for bound, step in ((rule.low, -1), (rule.high, 1)) if bound is not None]
    if not (column.dtype.is_float() or column.dtype.is_signed_integer()):
        beyond = [measure for measure in beyond if measure >= 0]
    kept = [make_value(column.dtype, measure) for measure in edges]
    broken = [make_value(column.dtype, measure) for measure in beyond]
    values = pl.Series(column.name, [None, *kept, *broken], column.dtype)
    frame = table.empty().clear(values.len()).with_columns(values).select(list_slim_columns(table))
    told = frame[OUT_OF_BOUNDS].to_list()
    assert told[: 1 + len(kept)] == [None] * (1 + len(kept))
    for measure, sentence in zip(beyond, told[1 + len(kept) :], strict=True):
        assert re.search(rf"\b{column.name}\b.* is {measure:g}(\.0)?, not ", sentence), sentence


def make_value(dtype: pl.DataType, measure: float) -> Any:
    """A value of the type with this length, or the number itself."""
    match dtype:
        case pl.String():
            return "x" * int(measure)
        case pl.Binary():
            return b"x" * int(measure)
        case pl.List():
            return [None] * int(measure)
    return measure if dtype.is_float() else int(measure)


def test_slim_frames_hold_lengths_and_plain_timestamps() -> None:
    frame = make_articles(2).select(list_slim_columns(ARTICLES)).to_pandas()
    assert list(frame.columns) == [*ARTICLES.column_names, WITHOUT_VALUE, OUT_OF_BOUNDS]
    assert frame["text"].tolist() == [27, 27]
    assert frame["blocks"].tolist() == [1, 1]
    assert frame["document_id"].tolist() == [make_id(0), make_id(1)]
    assert str(frame["ingested_at"].dtype) == "datetime64[us]"
    raw = RAW.frame([{"source_path": "a", "run_id": "r", "content": b"abc"}])
    assert raw.select(list_slim_columns(RAW))["content"].to_list() == [3]
    # 64 bits survive, as they would not in a float.
    largest = make_articles(1).with_columns(pl.lit(2**63 + 1, pl.UInt64).alias("source_bytes"))
    assert largest.select(list_slim_columns(ARTICLES)).to_pandas()["source_bytes"].tolist() == [2**63 + 1]


def test_laws_become_columns() -> None:
    frame = spread_laws(make_checks(("a", "x", True, None), ("b", "y", False, "gone"), ("b", "z", False, " ")))
    assert frame["subject"].tolist() == ["x", "y", "z"]
    assert frame["a"].dropna().tolist() == ["holds"]
    assert frame["b"].dropna().tolist() == ["gone", "does not hold"]


def test_an_expectation_is_described_once_to_read_its_keywords(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Great Expectations reads them; when it describes once by itself, `_describe_once` can go."""
    suite = build_suite(ARTICLES)
    from great_expectations.expectations.expectation import Expectation

    described = 0
    describe = Expectation.dict

    def count(self: Expectation, **options: Any) -> dict[str, Any]:
        nonlocal described
        described += 1
        return describe(self, **options)

    monkeypatch.setattr(Expectation, "dict", count)
    expectation: Any = next(check for check in suite.expectations if "value_set" in type(check).__fields__)
    how = {"result_format": "COMPLETE"}
    described = 0
    read = expectation._get_runtime_kwargs(how)
    assert described == 1
    reading_anew: Any = Expectation._get_runtime_kwargs
    assert reading_anew.__wrapped__(expectation, how) == read
    assert described > 2
    # Nothing is held on to: what changes afterwards is read as it is then.
    expectation.value_set = ["gossip"]
    assert expectation._get_runtime_kwargs(how)["value_set"] == ["gossip"]
