"""The audit of rows: schemas first, then Great Expectations on every table, then the laws, in one readable result.

What is asked is in `flows.suites`. Great Expectations takes seconds to import, so it is imported inside the functions
that use it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from flows.data_docs import make_pages_offline
from flows.results import cut_list, find_exception, merge_results, prepare_result
from flows.slices import regroup
from flows.suites import (
    SCHEMA_LAW,
    SUBJECT,
    build_law_suite,
    build_suite,
    import_great_expectations,
    list_slim_columns,
    quiet_great_expectations,
    spread_laws,
)
from transforms.contracts import TABLES, Table
from transforms.laws import CHECKS

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

SOURCE: Final = "winnow"
"""What the pages call the source of all rows."""

EXAMPLES_PER_PROBLEM: Final = 5
EXAMPLE_CHARACTERS: Final = 120
"""Longer values are cut in the report: enough to recognise a path or a pattern that went wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """One row that breaks a check: its key, and the offending value as text (null as "null").

    Of missing values these are the names of their columns, and of bounds the values that break them, with the bounds.
    """

    key: tuple[tuple[str, str], ...]
    value: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One check that does not hold.

    `table` is the table, or "laws". `check` is one of `schema`, `columns`, `not null`, `unique key`, `one of`,
    `matches`, `between`, `law` or `error`; an `error` is a check that Great Expectations could not carry out, so
    nothing is known about the rows. `failing_rows` of `of_rows` rows break the check (for a schema 0 of 0: no row was
    looked at); nulls count as rows only in the checks of nulls, bounds and keys.
    """

    table: str
    check: str
    failing_rows: int
    of_rows: int
    examples: tuple[Example, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit found. `passed` is true when every check was carried out and held."""

    passed: bool
    problems: tuple[Problem, ...]

    def render(self) -> str:
        """The result in lines that a person can read: a head line, then each problem with up to 5 rows."""
        if self.passed:
            return "The audit passed."
        lines = [f"The audit refused: {_count(len(self.problems), 'check')} failed."]
        for problem in self.problems:
            lines.append(f"- {problem.table}, {problem.check}: {problem.sentence}")
            lines += [f"    {_render_example(example)}" for example in problem.examples]
            shown = len(problem.examples)
            if shown and problem.failing_rows > shown:
                lines.append(f"    … and {problem.failing_rows - shown:,} more")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table that are to be checked.

    `differences` says how the schema found differs from the contract's. `read` gives the columns asked for of all
    rows, in slices; it is called again when a key stands in more than one of them.
    """

    differences: tuple[str, ...]
    read: Callable[[Sequence[pl.Expr]], Iterable[pl.DataFrame]]

    @classmethod
    def of_frame(cls, table: Table, frame: pl.DataFrame) -> TableRows:
        """A frame that is small enough to be one slice."""
        return cls(tuple(table.find_schema_differences(frame.schema)), lambda columns: [frame.select(columns)])


def validate_rows(
    rows: Mapping[str, TableRows], laws: Iterable[pl.DataFrame], run_id: str, docs_folder: Path
) -> AuditResult:
    """Check `rows` (by table name) against their contracts, and `laws` (CHECKS frames), and write the Data Docs.

    Rows and laws are looked at a slice at a time; what is found is put together, so that a table has one result and
    one page. A table whose schema differs from its contract is a problem of its own, and its rows are not looked at
    further. The pages are written to `docs_folder`, which should be this run's own; nothing is written elsewhere.
    ValueError when a name is not a table's or `laws` has another schema; RuntimeError when Great Expectations gives no
    answer for a check.
    """
    tables = {name: _find_table(name) for name in rows}
    differences = {name: part.differences for name, part in rows.items()}
    problems = [_schema_problem(name, sentence) for name, found in differences.items() for sentence in found]
    with quiet_great_expectations():
        auditor = _Auditor(_make_context(docs_folder), run_id)
        for name, part in rows.items():
            if not part.differences:
                problems += auditor.check_table(tables[name], part)
        # The schemas were judged above, with a sentence for each difference; their asset is there for the pages.
        schemas = auditor.check_laws([_describe_schemas(differences)])
        problems += [problem for problem in schemas if problem.check == "error"]
        problems += auditor.check_laws(laws)
        auditor.build_pages()
    make_pages_offline(docs_folder)
    return AuditResult(passed=not problems, problems=tuple(problems))


class _Auditor:
    """Runs suites over slices of rows, and keeps one result of each for the pages."""

    def __init__(self, context: Any, run_id: str) -> None:
        """Start without a result. All runs of a suite have one name, so the pages see one result of it."""
        self.context = context
        asset = context.data_sources.get(SOURCE).add_dataframe_asset("rows")
        self.batches = asset.add_batch_definition_whole_dataframe("rows")
        library = import_great_expectations()
        self.run = library.RunIdentifier(run_name=run_id, run_time=datetime.datetime.now(datetime.UTC))

    def check_table(self, table: Table, rows: TableRows) -> list[Problem]:
        """Every slice of `rows` against the suite of `table`; a key must be the only one in all of them."""
        columns = list_slim_columns(table)
        suite = build_suite(table)
        hashes: list[pl.Series] = []
        results = []
        for part in rows.read(columns):
            hashes.append(part.select(pl.struct(table.key).hash()).to_series())
            results.append(self._run(suite, part.to_pandas(), table.key))
        count = sum(part.len() for part in hashes)
        if len(results) != 1:
            repeated = _find_repeated_rows(table, rows, hashes)
            last = self._run(suite, repeated.to_pandas(), table.key)
            results = [merge_results(results, last, count)]
        return self._keep(suite, results[0], table.key, count)

    def check_laws(self, laws: Iterable[pl.DataFrame]) -> list[Problem]:
        """The checks in `laws`, each law an expectation; nothing when there is none."""
        results = []
        seen, count = pl.DataFrame(schema=CHECKS), 0
        for checks in regroup(_require_checks(laws)):
            count += checks.height
            results.append(self._run(build_law_suite(checks), spread_laws(checks), (SUBJECT,)))
            seen = pl.concat([seen, checks.unique("law", maintain_order=True)]).unique("law", maintain_order=True)
        if not results:
            return []
        suite = build_law_suite(seen)
        if len(results) > 1:
            last = self._run(suite, spread_laws(seen).head(0), (SUBJECT,))
            results = [merge_results(results, last, count)]
        return self._keep(suite, results[0], (SUBJECT,), count)

    def _run(self, suite: gx.ExpectationSuite, frame: pd.DataFrame, key: Sequence[str]) -> Any:
        # Which rows fail is asked for when some do: it is half of the work.
        result = self._ask(suite, frame, {"result_format": "BASIC"})
        if not result.success:
            by_row = {"result_format": "COMPLETE", "unexpected_index_column_names": list(key)}
            result = self._ask(suite, frame, by_row)
        if len(result.results) != len(suite.expectations):
            raise RuntimeError(
                f"Great Expectations answered {len(result.results)} of {len(suite.expectations)} checks of {suite.name}"
            )
        for outcome in result.results:
            # Of a check that fails everywhere the pages need a few rows, not all of them.
            outcome.result = {field: cut_list(value) for field, value in outcome.result.items()}
        return result

    def _ask(self, suite: gx.ExpectationSuite, frame: pd.DataFrame, result_format: Mapping[str, Any]) -> Any:
        batch = self.batches.get_batch(batch_parameters={"dataframe": frame})
        # A query would be on a frame that is gone by the time the pages are read.
        result = batch.validate(suite, result_format={**result_format, "return_unexpected_index_query": False})
        result.meta |= {"run_id": self.run, "validation_time": self.run.run_time}
        # All frames are of one asset; the pages say which rows they were.
        result.meta["active_batch_definition"]["data_asset_name"] = suite.name
        return result

    def _keep(self, suite: gx.ExpectationSuite, result: Any, key: Sequence[str], rows: int) -> list[Problem]:
        """Put a suite and its result on so many rows where the pages are made from; returns what it finds."""
        from great_expectations.data_context.types.resource_identifiers import (  # noqa: PLC0415
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        name = suite.name
        found = [_describe_failure(name, outcome, key, rows) for outcome in result.results if not outcome.success]
        if result.success is not (not found):
            raise RuntimeError(f"Great Expectations says success={result.success} for {name}, but gives {found}")
        prepare_result(result)
        place = ValidationResultIdentifier(ExpectationSuiteIdentifier(name), self.run, f"{SOURCE}-{name}")
        self.context.suites.add(suite)
        self.context.validation_results_store.set(place, result)
        return found

    def build_pages(self) -> None:
        """Write the Data Docs."""
        self.context.build_data_docs()


def _require_checks(laws: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for checks in laws:
        if checks.schema != CHECKS:
            raise ValueError(f"the checks of the laws have the schema {dict(checks.schema)}, expected {dict(CHECKS)}")
        yield checks


def _find_repeated_rows(table: Table, rows: TableRows, hashes: Sequence[pl.Series]) -> pl.DataFrame:
    """The slim rows whose key may stand more than once: those of a hash that does, so few or none.

    The hashes are 8 bytes a row, which is all that is held of all rows at a time.
    """
    columns = list_slim_columns(table)
    every = pl.concat(hashes) if hashes else pl.Series(dtype=pl.UInt64)
    repeated = every.filter(every.is_duplicated()).unique()
    parts = [table.empty().select(columns)]
    if repeated.len():
        is_repeated = pl.struct(table.key).hash().is_in(repeated.implode())
        parts += [part.filter(is_repeated) for part in rows.read(columns)]
    return pl.concat(parts)


def _describe_schemas(differences: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    rows = [(SCHEMA_LAW, table, not found, "; ".join(found) or None) for table, found in differences.items()]
    return pl.DataFrame(rows, schema=CHECKS, orient="row")


def _schema_problem(table: str, sentence: str) -> Problem:
    return Problem(table, "schema", 0, 0, (), f"{sentence}; its rows were not checked")


def _find_table(name: str) -> Table:
    for table in TABLES:
        if table.name == name:
            return table
    raise ValueError(f"no table is called {name}; there are {', '.join(table.name for table in TABLES)}")


def _make_context(docs_folder: Path) -> Any:
    """A context that lives in memory and writes to `docs_folder` alone."""
    gx = import_great_expectations()
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs_folder.absolute())}
    site = {"class_name": "SiteBuilder", "store_backend": store, "show_how_to_buttons": False}
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        data_docs_sites={"winnow": site | {"site_index_builder": {"class_name": "DefaultSiteIndexBuilder"}}},
        progress_bars=ProgressBarsConfig(globally=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.data_sources.add_pandas(SOURCE)
    return context


def _describe_failure(name: str, outcome: Any, key: Sequence[str], rows: int) -> Problem:
    meta = outcome.expectation_config.meta
    message = find_exception(outcome.exception_info)
    if message is not None:
        sentence = f"Great Expectations could not check whether {meta['sentence']}: {message}"
        return Problem(name, "error", 0, rows, (), sentence)
    details = outcome.result
    if "unexpected_count" not in details:
        return Problem(name, meta["check"], rows, rows, (), f"{meta['sentence']}: {details.get('observed_value')}")
    failing = int(details["unexpected_count"])
    looked_at = details.get("element_count", rows) - int(details.get("missing_count") or 0)
    columns = outcome.expectation_config.kwargs
    examples = tuple(
        _make_example(row, columns.get("column"), key)
        for row in details["partial_unexpected_index_list"][:EXAMPLES_PER_PROBLEM]
    )
    sentence = f"{meta['sentence']} in {failing:,} of {_count(looked_at, 'row')}"
    return Problem(name, meta["check"], failing, looked_at, examples, sentence)


def _make_example(row: Mapping[str, Any], column: str | None, key: Sequence[str]) -> Example:
    named = tuple((name, _as_text(row[name])) for name in key)
    return Example(named, _join(value for _, value in named) if column is None else _as_text(row[column]))


def _as_text(value: object) -> str:
    # NaN, NaT and NA are the only values here that do not equal themselves.
    text = "null" if value is None or value != value or str(value) == "<NA>" else str(value)  # noqa: PLR0124
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"


def _render_example(example: Example) -> str:
    # repr-like escapes keep line breaks and terminal control characters of a hostile name out of the report.
    key = ", ".join(f"{name}={_printable(value)}" for name, value in example.key)
    is_the_key = example.value == _join(value for _, value in example.key)
    return key if is_the_key else f"{key}: {_printable(example.value)}"


def _join(values: Iterable[str]) -> str:
    return " + ".join(values)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
