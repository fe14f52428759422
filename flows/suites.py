"""What Great Expectations is asked: a suite for each table, and the slim frames that suites are held against.

The suites are derived from the contracts and from nothing else. Great Expectations takes seconds to import, so it is
imported inside the functions that use it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from flows.catalog import describe_bounds, find_length_unit
from transforms.contracts import Between, Column, Matches, OneOf, Table

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

SUBJECT: Final = "subject"
HOLDS: Final = "holds"
SCHEMA_LAW: Final = "the columns are those of the contract"

WITHOUT_VALUE: Final = "required columns without a value"
OUT_OF_BOUNDS: Final = "values out of their bounds"
"""Columns of the frames that Great Expectations looks at, null in a row where there is nothing to say: the names of
required columns without a value, and what is out of its bounds, with its value and the bounds.

A check costs it milliseconds whatever the number of rows, and three quarters of all would be of single columns."""


def build_suite(table: Table) -> gx.ExpectationSuite:
    """The expectations that the contract of `table` states, for frames of `list_slim_columns`.

    The meta of each expectation names its `check` and the `sentence` that says what is wrong when it fails.
    """
    with quiet_great_expectations():
        library = import_great_expectations()
        expect = library.expectations
        required = ", ".join(column.name for column in _list_required(table))
        expectations = [
            expect.ExpectTableColumnsToMatchOrderedList(
                column_list=[column.meta.output_name() for column in list_slim_columns(table)],
                meta=_meta("columns", "the columns or their order differ"),
            ),
            _expect_unique_key(table),
            expect.ExpectColumnValuesToBeNull(
                column=WITHOUT_VALUE,
                meta=_meta("not null", "a required column has no value"),
                description=f"every row must have a value in {required}",
            ),
            _expect_bounds(table),
            *(
                _expect_rule(column, rule)
                for column in table.columns
                for rule in column.rules
                if not isinstance(rule, Between)
            ),
        ]
        suite: gx.ExpectationSuite = library.ExpectationSuite(
            name=table.name, expectations=expectations, notes=f"{table.description} Grain: {table.grain}."
        )
        return suite


def _expect_unique_key(table: Table) -> Any:
    expect = import_great_expectations().expectations
    meta = _meta("unique key", f"{' + '.join(table.key)} is shared with another row")
    if len(table.key) == 1:
        return expect.ExpectColumnValuesToBeUnique(column=table.key[0], meta=meta)
    # "never": a null in a nullable part of the key is a value like any other.
    return expect.ExpectCompoundColumnsToBeUnique(column_list=list(table.key), ignore_row_if="never", meta=meta)


def _expect_rule(column: Column, rule: OneOf | Matches) -> Any:
    expect = import_great_expectations().expectations
    match rule:
        case OneOf(values):
            meta = _meta("one of", f"{column.name} is not one of {', '.join(values)}")
            return expect.ExpectColumnValuesToBeInSet(column=column.name, value_set=list(values), meta=meta)
        case Matches(pattern):
            meta = _meta("matches", f"{column.name} does not match {pattern} as a whole")
            # Not ^ and $: the latter lets a line break at the end pass.
            return expect.ExpectColumnValuesToMatchRegex(column=column.name, regex=rf"\A(?:{pattern})\Z", meta=meta)


def _expect_bounds(table: Table) -> Any:
    """The one check of all bounds."""
    expect = import_great_expectations().expectations
    measures: dict[str, list[str]] = {}
    for column, rule in _list_bounded(table):
        measures.setdefault(describe_bounds(rule.low, rule.high), []).append(_name_measure(column))
    said = "; ".join(f"{', '.join(names)} must be {bounds}" for bounds, names in measures.items())
    meta = _meta("between", "a value is out of its bounds")
    return expect.ExpectColumnValuesToBeNull(column=OUT_OF_BOUNDS, meta=meta, description=said)


def _list_bounded(table: Table) -> list[tuple[Column, Between]]:
    return [(column, rule) for column in table.columns for rule in column.rules if isinstance(rule, Between)]


def _name_measure(column: Column) -> str:
    unit = find_length_unit(column.dtype)
    return f"the length of {column.name} in {unit}" if unit else column.name


def list_slim_columns(table: Table) -> list[pl.Expr]:
    """What Great Expectations looks at: the columns of `table` in order, then WITHOUT_VALUE and OUT_OF_BOUNDS.

    Lists and binary values become their lengths (items, bytes); so does text (characters), unless it is in the key or
    held against a vocabulary or a pattern. Timestamps become naive UTC. Great Expectations hashes the whole frame
    before it starts, and lists, time zones and long texts are what makes that slow.
    """
    return [
        *(_slim_column(table, column) for column in table.columns),
        _join_said(_name_missing(column) for column in _list_required(table)).alias(WITHOUT_VALUE),
        _join_said(_describe_outlier(column, rule) for column, rule in _list_bounded(table)).alias(OUT_OF_BOUNDS),
    ]


def _join_said(parts: Iterable[pl.Expr]) -> pl.Expr:
    """What is said of a row in one text, null where nothing is."""
    return pl.concat_str(list(parts), separator=", ", ignore_nulls=True).replace("", None)


def _list_required(table: Table) -> list[Column]:
    return [column for column in table.columns if not column.nullable]


def _name_missing(column: Column) -> pl.Expr:
    """The name of the column where it has no value, or one that is no number; null elsewhere."""
    values = pl.col(column.name)
    is_missing = values.is_null() | values.is_nan() if column.dtype.is_float() else values.is_null()
    return pl.when(is_missing).then(pl.lit(column.name))


def _describe_outlier(column: Column, rule: Between) -> pl.Expr:
    """What a value that breaks the rule is, and what it should be; null for all others."""
    measure = _measure_column(column)
    is_low = pl.lit(value=False) if rule.low is None else measure < rule.low
    is_high = pl.lit(value=False) if rule.high is None else measure > rule.high
    found = pl.when(is_low | is_high).then(measure)
    return pl.format(f"{_name_measure(column)} is {{}}, not {describe_bounds(rule.low, rule.high)}", found)


def _measure_column(column: Column) -> pl.Expr:
    """What bounds are about: the length of lists (items), bytes and text (characters), else the value."""
    values = pl.col(column.name)
    match column.dtype:
        case pl.List():
            return values.list.len()
        case pl.Binary():
            return values.bin.size()
        case pl.String():
            return values.str.len_chars()
    return values


def _slim_column(table: Table, column: Column) -> pl.Expr:
    match column.dtype:
        case pl.String() if _keeps_text(table, column):
            return pl.col(column.name)
        case pl.Datetime():
            return pl.col(column.name).dt.replace_time_zone(None)
    return _measure_column(column)


def _keeps_text(table: Table, column: Column) -> bool:
    return column.name in table.key or any(isinstance(rule, OneOf | Matches) for rule in column.rules)


def build_law_suite(checks: pl.DataFrame) -> gx.ExpectationSuite:
    """One expectation for each law in `checks` (CHECKS), for frames made by `spread_laws`."""
    with quiet_great_expectations():
        library = import_great_expectations()
        laws = checks["law"].unique(maintain_order=True).to_list()
        expectations = [
            library.expectations.ExpectColumnValuesToBeInSet(
                column=law, value_set=[HOLDS], meta=_meta("law", f"“{law}” is broken")
            )
            for law in laws
        ]
        name = "schema" if laws == [SCHEMA_LAW] else "laws"
        notes = f"Each column is a law. A value is “{HOLDS}” or says how the law is broken for its {SUBJECT}."
        suite: gx.ExpectationSuite = library.ExpectationSuite(name=name, expectations=expectations, notes=notes)
        return suite


def spread_laws(checks: pl.DataFrame) -> pd.DataFrame:
    """`checks` (CHECKS) with a column for each law, one row per check.

    The value is HOLDS, the detail where the law is broken, or null where the row checks another law.
    """
    detail = pl.col("detail").fill_null("").str.strip_chars()
    broken = pl.when(detail.is_in(["", HOLDS])).then(pl.lit("does not hold")).otherwise(detail)
    outcome = pl.when(pl.col("holds").fill_null(value=False)).then(pl.lit(HOLDS)).otherwise(broken)
    laws = checks["law"].unique(maintain_order=True)
    return checks.select(
        pl.col("subject").alias(SUBJECT), *[pl.when(pl.col("law") == law).then(outcome).alias(law) for law in laws]
    ).to_pandas()


def _meta(check: str, sentence: str) -> dict[str, str]:
    return {"check": check, "sentence": sentence}


@cache
def import_great_expectations() -> Any:
    """The module; the first call takes seconds."""
    with warnings.catch_warnings():
        # Great Expectations imports modules that Python 3.11 has deprecated.
        warnings.filterwarnings(
            "ignore", message="module 'sre_(constants|parse|compile)' is deprecated", category=DeprecationWarning
        )
        import great_expectations  # noqa: PLC0415
        import great_expectations.expectations  # noqa: PLC0415
        from great_expectations.expectations.expectation import Expectation  # noqa: PLC0415
    _describe_once(Expectation)
    return great_expectations


def _describe_once(expectation: Any) -> None:
    """Let the keywords of an expectation be read from one description of it.

    Great Expectations describes an expectation anew for each keyword that it looks up, some fifteen times in a row for
    each metric of each check: a quarter of an audit. Within one reading of its keywords nothing of it changes.
    """
    describe, read = expectation.configuration.fget, expectation._get_runtime_kwargs
    described: dict[int, Any] = {}

    @wraps(describe)
    def describe_once(self: Any) -> Any:
        return described[id(self)] if id(self) in described else describe(self)

    @wraps(read)
    def read_keywords(self: Any, runtime_configuration: Any = None) -> Any:
        if id(self) in described:
            return read(self, runtime_configuration)
        described[id(self)] = describe(self)
        try:
            return read(self, runtime_configuration)
        finally:
            del described[id(self)]

    expectation.configuration = property(describe_once)
    expectation._get_runtime_kwargs = read_keywords


@contextmanager
def quiet_great_expectations() -> Iterator[None]:
    """No log lines from Great Expectations: what goes wrong in a check stands in its result."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # It passes patterns to a pandas method that warns of groups; ours are there for repetition.
            warnings.filterwarnings("ignore", message="This pattern is interpreted as a regular", category=UserWarning)
            yield
    finally:
        logger.setLevel(level)
