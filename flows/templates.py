"""Learning the templates of a store, and where a run finds them."""

from pathlib import Path
from typing import Final

import polars as pl

from flows.progress import report_each
from flows.run import Run
from flows.slices import walk_rows
from flows.storage import write_frame
from flows.summary import count_rows
from transforms.clean.templates import (
    HIGHEST_COVERAGE,
    TEMPLATE_RULE,
    choose_templates,
    count_lines,
    name_outlets,
    sum_counts,
)
from transforms.contracts import ARTICLES, REMOVED, TEMPLATES

COUNTED_TOGETHER: Final = 8
"""Counts of slices that are held before they are summed up."""


def learned_path(run: Run) -> Path:
    """Where a run that learns keeps what it learned, until that is published."""
    return run.work / "templates.parquet"


def learn_templates(run: Run) -> Path:
    """Learn templates from the kept articles of the store, for this run to apply and to publish."""
    taken_out = run.store.scan(REMOVED, ["document_id", "text", "rule"]).filter(
        pl.col("rule").str.starts_with(TEMPLATE_RULE)
    )
    counts = [count_lines(*_make_nothing())]
    outlets = [pl.DataFrame(schema={"outlet_key": pl.String, "outlet_documents": pl.UInt32})]
    columns = ["document_id", "url", "outlet", "text", "coverage"]
    walked = walk_rows(run.store.list_files(ARTICLES).values(), ARTICLES, columns)
    for articles in report_each("learn", walked, count_rows(run.store, ARTICLES), "articles"):
        distinct = articles.filter(pl.col("coverage") < HIGHEST_COVERAGE)
        named = name_outlets(distinct)
        documents = distinct.select("document_id", "text").join(named, on="document_id", maintain_order="left")
        removed = taken_out.join(named.lazy(), on="document_id", how="semi").collect()
        counts.append(count_lines(documents, removed))
        outlets.append(named.drop_nulls().group_by("outlet_key").len("outlet_documents"))
        if len(counts) > COUNTED_TOGETHER:
            counts = [sum_counts(counts)]
    known = pl.concat(outlets).group_by("outlet_key").agg(pl.col("outlet_documents").sum())
    return write_frame(choose_templates(sum_counts(counts), known, run.store.read(TEMPLATES)), learned_path(run))


def _make_nothing() -> tuple[pl.DataFrame, pl.DataFrame]:
    text = {"document_id": pl.String, "text": pl.String}
    return pl.DataFrame(schema={**text, "outlet_key": pl.String}), pl.DataFrame(schema=text)


def read_templates(run: Run) -> pl.DataFrame:
    """The templates that a run applies: those that it learned, else those of the store."""
    path = learned_path(run)
    return pl.read_parquet(path) if path.exists() else run.store.read(TEMPLATES)
