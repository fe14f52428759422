"""Results of Great Expectations on slices of a table, put together into the result of the table."""

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

ROWS_PER_PAGE_TABLE: Final = 100
"""Failing rows that the Data Docs list for a check: a page of them is read, a hundred thousand are not."""

SUMMED_COUNTS: Final = ("element_count", "unexpected_count", "missing_count")
LISTED_ROWS: Final = (
    "partial_unexpected_counts",
    "partial_unexpected_index_list",
    "partial_unexpected_list",
    "unexpected_index_list",
    "unexpected_list",
)


def merge_results(results: Sequence[Any], last: Any, rows: int) -> Any:
    """One result for all slices of `rows` rows. `last` is the result on those whose key stands in several of them.

    It says which checks there are, in which order, and how the check of the key came out; the slices say the rest.
    """
    slices: dict[tuple[str, str], list[Any]] = {}
    for result in results:
        for outcome in result.results:
            slices.setdefault(_name_check(outcome), []).append(outcome)
    for place, outcome in enumerate(last.results):
        parts = slices.get(_name_check(outcome), [])
        if _name_check(outcome)[0] != "unique key":
            last.results[place] = _merge_outcomes(parts or [outcome])
        elif "element_count" in outcome.result:
            outcome.result = _count_shares({**outcome.result, "element_count": rows})
    good = sum(bool(outcome.success) for outcome in last.results)
    every = len(last.results)
    last.success = good == every
    last.statistics = {
        "evaluated_expectations": every,
        "successful_expectations": good,
        "unsuccessful_expectations": every - good,
        "success_percent": 100 * good / every if every else None,
    }
    return last


def _name_check(outcome: Any) -> tuple[str, str]:
    meta = outcome.expectation_config.meta
    return meta["check"], meta["sentence"]


def _merge_outcomes(outcomes: Sequence[Any]) -> Any:
    """What one check found in every slice, as one outcome; one that could not be carried out speaks for all."""
    failed = [outcome for outcome in outcomes if not outcome.success]
    spoken = next((outcome for outcome in failed if find_exception(outcome.exception_info) is not None), None)
    if spoken is not None:
        return spoken
    merged = failed[0] if failed else outcomes[-1]
    details = [outcome.result for outcome in outcomes]
    together = dict(merged.result)
    for name, value in together.items():
        if name in SUMMED_COUNTS:
            together[name] = sum(int(part.get(name) or 0) for part in details)
        elif isinstance(value, list) and name in LISTED_ROWS:
            together[name] = cut_list([item for part in details for item in part.get(name) or []])
    merged.result = _count_shares(together)
    merged.success = not failed
    return merged


def _count_shares(details: dict[str, Any]) -> dict[str, Any]:
    """`details` with its percentages counted again from its numbers."""
    rows, failing = details.get("element_count", 0), details.get("unexpected_count", 0)
    missing = details.get("missing_count") or 0
    shares = {
        "unexpected_percent": (failing, rows - missing),
        "unexpected_percent_nonmissing": (failing, rows - missing),
        "unexpected_percent_total": (failing, rows),
        "missing_percent": (missing, rows),
    }
    counted = {name: 100 * part / whole if whole else None for name, (part, whole) in shares.items() if name in details}
    return details | counted


def find_exception(info: Mapping[str, Any]) -> str | None:
    """The message of the exception that stopped a check; None when the check was carried out."""
    # One dictionary for the expectation, or one per metric that failed.
    for part in [info, *[value for value in info.values() if isinstance(value, dict)]]:
        if part.get("raised_exception"):
            return str(part.get("exception_message"))
    return None


def cut_list(value: Any) -> Any:
    """A list without what the pages do not show; anything else as it is."""
    return value[:ROWS_PER_PAGE_TABLE] if isinstance(value, list) else value


def prepare_result(result: Any) -> None:
    """Make the result of a suite fit for the pages, which print values of failing rows as HTML: escape them."""
    for outcome in result.results:
        outcome.result = _escape(outcome.result)
        outcome.exception_info = _escape(outcome.exception_info)
    # The head of a page reads the name of the data from here, and a frame in memory leaves it out.
    result.meta["batch_spec"] = {**result.meta.get("batch_spec", {}), "data_asset_name": result.suite_name}


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {name: _escape(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escape(item) for item in value]
    return value
