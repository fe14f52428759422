"""The numbers of a run, for people and for `--json`."""

from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from flows.discovery import Inbox
from flows.settings import Settings
from flows.storage import Store
from transforms.contracts import ARTICLES, DUPLICATES, REJECTS, Table


@dataclass(frozen=True)
class RunSummary:
    """The numbers of a run. `run_id` is null when nothing was new: then nothing was written.

    `index_remade` says what was wrong with the index when the run had to make it again; null otherwise. `changes` says
    what a trial would change (see `flows.trial.Changes`); null for a run that publishes. `reports` is the folder of the
    pages to look at, which stay on this machine when the datasets are in a bucket.
    """

    command: str
    inbox: str
    data: str
    run_id: str | None
    files_seen: int
    files_new: int
    files_ignored: dict[str, int]
    files_waiting: list[str]
    reports: str = ""
    documents_in: int = 0
    documents_kept: int = 0
    set_aside_by_relation: dict[str, int] = field(default_factory=dict)
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    documents_demoted: int = 0
    documents_promoted: int = 0
    store_articles: int = 0
    store_duplicates: int = 0
    store_rejects: int = 0
    files_published: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict)
    index_remade: str | None = None
    changes: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def count_things(number: int, thing: str) -> str:
    """A number and its noun: 1 article, 2,000 articles."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def count_rows(store: Store, table: Table) -> int:
    """Rows of `table`, read from the footers of its files."""
    return int(store.scan(table).select(pl.len()).collect().item())


def count_store(store: Store) -> dict[str, Any]:
    """Rows of the datasets that documents can be in, under the names of RunSummary."""
    return {f"store_{table.name}": count_rows(store, table) for table in (ARTICLES, DUPLICATES, REJECTS)}


def summarise_idle_inbox(settings: Settings, inbox: Inbox, store: Store) -> RunSummary:
    """The numbers of a run that found nothing new; `store` shows the datasets as they are."""
    return RunSummary(
        command="run",
        inbox=settings.inbox_name,
        data=settings.data_name,
        run_id=None,
        files_seen=inbox.files.height + len(inbox.waiting),
        files_new=0,
        files_ignored=dict(inbox.ignored),
        files_waiting=inbox.waiting,
        reports=str(Store(settings.data).reports),
        **count_store(store),
    )
