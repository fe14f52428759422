"""Derive documents again from `raw`, under today's code and settings, and publish what comes out otherwise."""

from datetime import date
from typing import Any, Final

from prefect import flow
from prefect.runtime import deployment

from flows.errors import SettingsError
from flows.ingest import execute
from flows.notifying import tell_of_failure
from flows.pages import explain_failures
from flows.run import Days
from flows.settings import load_settings

PATIENCE_SECONDS: Final = 3600.0
"""How long a backfill that a deployment started waits for a store that is in use: it was asked for once."""


@flow(name="winnow-backfill", flow_run_name="backfill", on_failure=[tell_of_failure], on_crashed=[tell_of_failure])
@explain_failures
def backfill(
    data: str | None = None, first_day: date | None = None, last_day: date | None = None, *, dry_run: bool = False
) -> dict[str, Any]:
    """Derive again what was taken in on the days from `first_day` to `last_day` (UTC, both included), or everything.

    Without days the whole store is rebuilt from `raw`. Under the same code and settings no byte of it changes. With
    `dry_run` nothing is published; `changes` says what would be otherwise. Killed, it takes up what it had derived.
    """
    command, days = ("backfill", None) if first_day is None and last_day is None else _name_days(first_day, last_day)
    patience_seconds = PATIENCE_SECONDS if deployment.id else 0.0
    settings = load_settings(data=data)
    return execute(command, settings, days, is_trial=dry_run, patience_seconds=patience_seconds).to_dict()


def _name_days(first: date | None, last: date | None) -> tuple[str, Days]:
    """The command and the days of a backfill of some days; SettingsError when they are none."""
    if first is None or last is None or last < first:
        raise SettingsError(f"the days are {first} to {last}; name a first one and a last one that is not before it")
    return "backfill_days", Days(first, last)


@flow(name="winnow-learn", flow_run_name="learn", on_failure=[tell_of_failure], on_crashed=[tell_of_failure])
@explain_failures
def learn(data: str | None = None) -> dict[str, Any]:
    """Learn the templates of the store's outlets, and rebuild the store with them."""
    return execute("learn", load_settings(data=data)).to_dict()
