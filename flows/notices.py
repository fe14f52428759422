"""What to look at after a run: rejects, documents that moved, and whatever is unlike the runs before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from flows.markdown import escape_markdown
from flows.storage import Store
from flows.summary import RunSummary, count_things
from transforms.contracts import REJECTS, RUNS

NOTICES: Final = 3
EXAMPLES: Final = 3

COMPARED_RUNS: Final = 30
FEWEST_RUNS: Final = 3
"""Runs of the same command that a run is compared with: the newest, and how many there must be to say what is usual."""

FEWEST_DOCUMENTS: Final = 20
"""Smaller runs are as they come: one reject of two documents is no trend."""

UNUSUAL_POINTS: Final = 0.15
"""A share is unusual when it lies so far from the middle of the earlier ones."""

UNUSUAL_TIMES: Final = 3.0
"""A time a document is unusual when it is so many times the middle of the earlier ones."""


@dataclass(frozen=True)
class Notice:
    """One thing to look at, in Markdown; the weightiest come first."""

    weight: float
    text: str


def list_notices(summary: RunSummary, store: Store) -> list[str]:
    """The three things to look at after a run that is published in `store`, in Markdown."""
    runs = store.read(RUNS).sort("started_at")
    own = runs.filter(pl.col("run_id") == summary.run_id)
    earlier = runs.filter(pl.col("command") == summary.command, pl.col("run_id") != summary.run_id)
    notices = [*_notice_failures(summary, store), *_notice_moves(summary)]
    if own.height:
        notices += _notice_unusual(own.row(0, named=True), earlier.tail(COMPARED_RUNS))
    return [notice.text for notice in sorted(notices, key=lambda notice: -notice.weight)[:NOTICES]]


def _notice_failures(summary: RunSummary, store: Store) -> Iterator[Notice]:
    """What could not be taken in, or was not whole."""
    rejected = sum(summary.rejected_by_reason.values())
    if rejected:
        share = rejected / max(summary.documents_in, 1)
        counted = ", ".join(f"{count:,} {code}" for code, count in sorted(summary.rejected_by_reason.items()))
        yield Notice(
            1 + share, f"**{count_things(rejected, 'document')} rejected**: {counted}.{_name_rejects(summary, store)}"
        )
    else:
        yield Notice(0.1, "Nothing was rejected.")
    if summary.index_remade:
        yield Notice(3, f"**The index was made again**, because {escape_markdown(summary.index_remade)}.")
    if summary.files_waiting:
        names = _list_examples(summary.files_waiting)
        waiting = count_things(len(summary.files_waiting), "file")
        yield Notice(0.5, f"**{waiting} still being written**: {names}. The next run takes them in.")


def _name_rejects(summary: RunSummary, store: Store) -> str:
    rejects = store.scan(REJECTS, ["source_path", "run_id"]).filter(pl.col("run_id") == summary.run_id)
    paths = rejects.select("source_path").unique().sort("source_path").head(EXAMPLES + 1).collect()["source_path"]
    return f" Among them {_list_examples(paths.to_list())}. `winnow why FILE` says what to do." if paths.len() else ""


def _list_examples(paths: Sequence[str]) -> str:
    shown = ", ".join(escape_markdown(path) for path in paths[:EXAMPLES])
    return shown + (" and others" if len(paths) > EXAMPLES else "")


def _notice_moves(summary: RunSummary) -> Iterator[Notice]:
    """Documents that were held before and changed sides."""
    demoted, promoted = summary.documents_demoted, summary.documents_promoted
    if demoted:
        documents = count_things(demoted, "document")
        yield Notice(2, f"**{documents} held before left `articles`**: what came covers them, or is newer.")
    if promoted:
        documents = count_things(promoted, "document")
        yield Notice(1.5, f"**{documents} held before came back to `articles`**: what covered them is gone.")
    if not demoted and not promoted:
        yield Notice(0.05, "No document held before changed sides.")
    if summary.documents_in:
        aside = sum(summary.set_aside_by_relation.values())
        share = f"{aside:,} of {count_things(summary.documents_in, 'document')}"
        counted = ", ".join(f"{count:,} {name}" for name, count in sorted(summary.set_aside_by_relation.items()))
        yield Notice(0.2, f"{share} set aside" + (f": {counted}." if counted else "."))


def _notice_unusual(run: dict[str, Any], earlier: pl.DataFrame) -> Iterator[Notice]:
    """What of a run is unlike the earlier ones."""
    if earlier.height < FEWEST_RUNS:
        return
    if run["documents_in"] >= FEWEST_DOCUMENTS:
        sizeable = earlier.filter(pl.col("documents_in") >= FEWEST_DOCUMENTS)
        for column, what in (
            ("documents_rejected", "rejected"),
            ("documents_set_aside", "set aside"),
        ):
            usual = (sizeable[column] / sizeable["documents_in"]).median() if sizeable.height >= FEWEST_RUNS else None
            share = run[column] / run["documents_in"]
            if isinstance(usual, float) and abs(share - usual) > UNUSUAL_POINTS:
                yield Notice(2.5, f"**Unusual: {share:.0%} {what}**, in earlier runs {usual:.0%}.")
        times = (earlier["finished_at"] - earlier["started_at"]).dt.total_microseconds() / earlier["documents_in"]
        usual_time = times.filter(times.is_finite()).median()
        seconds = (run["finished_at"] - run["started_at"]).total_seconds()
        each = seconds * 1e6 / run["documents_in"]
        if isinstance(usual_time, float) and each > UNUSUAL_TIMES * usual_time:
            yield Notice(
                2.2, f"**Unusual: it took {seconds:,.0f} s**, {each / usual_time:.1f} times as long a document."
            )
    if not run["documents_in"]:
        yield Notice(0.6, "No new document came of the new files.")
