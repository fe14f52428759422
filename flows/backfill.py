"""Derive everything again from `raw`, under today's code and settings, and publish what comes out otherwise."""

from typing import Any

from prefect import flow

from flows.ingest import execute
from flows.pages import explain_failures
from flows.settings import load_settings


@flow(name="winnow-backfill", flow_run_name="backfill")
@explain_failures
def backfill(data: str | None = None) -> dict[str, Any]:
    """Rebuild the whole store from `raw`. Under the same code and settings no byte of it changes."""
    return execute("backfill", load_settings(data=data)).to_dict()


@flow(name="winnow-learn", flow_run_name="learn")
@explain_failures
def learn(data: str | None = None) -> dict[str, Any]:
    """Learn the templates of the store's outlets, and rebuild the store with them."""
    return execute("learn", load_settings(data=data)).to_dict()
