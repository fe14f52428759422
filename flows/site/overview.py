"""The numbers of the pages about the store as a whole: what it holds, and how its runs went."""

import json
from typing import Any, Final

import polars as pl

from flows.site.parts import encode
from flows.storage import Store
from flows.summary import count_rows
from transforms.contracts import REJECTS, RUNS, TABLES
from transforms.contracts.vocabulary import REJECT_REASONS

BARS: Final = 16
"""Names that a chart lists; the others are counted together."""

LONGEST_BY_MONTH: Final = 72
"""Months: documents of a longer time are counted by year."""

MANY: Final = 200
"""From so many dated documents on, the chart leaves out the 0.5 % at either end and says so: one date read wrongly must
not stretch it over centuries."""

RUNS_LISTED: Final = 200
RUNS_CHARTED: Final = 30
USUAL_RUNS: Final = 10
"""What is usual is the median of so many runs before."""

REJECTS_LISTED: Final = 5_000
EXAMPLES: Final = 3


def describe_documents(documents: pl.DataFrame) -> dict[str, Any]:
    """What the charts of the overview show of the documents."""
    is_kept = pl.col("place") == "kept"
    split = (is_kept.sum().alias("kept"), is_kept.not_().sum().alias("aside"))
    return {
        "places": dict(documents.group_by("place").len().sort("place").iter_rows()),
        "published": _count_by_time(documents.filter(pl.col("published_at").is_not_null()), split),
        "undated": documents["published_at"].null_count(),
        "words": int(documents["word_count"].sum()),
        "outlets": _count_names(documents, "outlet", split),
        "languages": _count_names(documents, "language", split),
        "kinds": _count_names(documents, "kind", split),
        "lengths": _count_by_length(documents, split),
        "coverage": _count_by_coverage(documents, split),
    }


def _count_by_time(dated: pl.DataFrame, split: tuple[pl.Expr, ...]) -> dict[str, Any]:
    """Documents by month, or by year when they go over many; a bar for each period, also one without documents."""
    if dated.is_empty():
        return {"unit": "month", "bars": [], "outside": 0}
    low, high = (0.005, 0.995) if dated.height >= MANY else (0.0, 1.0)
    day = pl.col("published_at").dt.date()
    first, last = dated.select(
        day.quantile(low, "lower").alias("first"), day.quantile(high, "higher").alias("last")
    ).row(0)
    unit = "month" if (last.year - first.year) * 12 + last.month - first.month < LONGEST_BY_MONTH else "year"
    every = {"month": "1mo", "year": "1y"}[unit]
    begin = first.replace(day=1) if unit == "month" else first.replace(day=1, month=1)
    periods = pl.date_range(begin, last, every, eager=True).alias("period")
    counted = dated.group_by(day.dt.truncate(every).alias("period")).agg(*split)
    bars = periods.to_frame().join(counted, on="period", how="left", maintain_order="left").fill_null(0)
    shown = bars.select(pl.col("period").dt.strftime("%Y-%m" if unit == "month" else "%Y"), "kept", "aside")
    return {
        "unit": unit,
        "bars": shown.to_dicts(),
        "outside": dated.height - _sum_up(bars),
    }


def _count_names(documents: pl.DataFrame, column: str, split: tuple[pl.Expr, ...]) -> dict[str, Any]:
    """The most frequent names of a column, how many more there are, and documents without one."""
    counted = (
        documents.filter(pl.col(column).is_not_null())
        .group_by(pl.col(column).alias("name"))
        .agg(*split)
        .sort(pl.col("kept") + pl.col("aside"), "name", descending=[True, False])
    )
    others = counted.slice(BARS)
    return {
        "bars": counted.head(BARS).to_dicts(),
        "others": others.height,
        "of_others": _sum_up(others),
        "unstated": documents[column].null_count(),
    }


def _sum_up(bars: pl.DataFrame) -> int:
    return int(bars.select(pl.col("kept").sum() + pl.col("aside").sum()).item())


def _count_by_length(documents: pl.DataFrame, split: tuple[pl.Expr, ...]) -> list[dict[str, Any]]:
    """Documents by words, in classes that double."""
    doubled = (pl.col("word_count").clip(25) / 25).log(2).floor().cast(pl.Int32).clip(0, 9)
    counted = documents.group_by(doubled.alias("class")).agg(*split)
    if counted.is_empty():
        return []
    every = pl.int_range(0, int(str(counted["class"].max())) + 1, dtype=pl.Int32, eager=True).alias("class").to_frame()
    rows = every.join(counted, on="class", how="left", maintain_order="left").fill_null(0).to_dicts()
    return [
        {
            "from": 25 * 2 ** row["class"] if row["class"] else 1,
            "to": 25 * 2 ** (row["class"] + 1) - 1 if row["class"] < len(rows) - 1 else None,
            "kept": row["kept"],
            "aside": row["aside"],
        }
        for row in rows
    ]


def _count_by_coverage(documents: pl.DataFrame, split: tuple[pl.Expr, ...]) -> dict[str, Any]:
    """Documents by the share of their words that kept documents say, in tenths; those that share nothing apart."""
    sharing = documents.filter(pl.col("coverage") > 0)
    tenth = (pl.col("coverage") * 10 + 1e-9).floor().cast(pl.Int32).clip(0, 9).alias("tenth")
    counted = sharing.group_by(tenth).agg(*split)
    every = pl.int_range(0, 10, dtype=pl.Int32, eager=True).alias("tenth").to_frame()
    bars = every.join(counted, on="tenth", how="left", maintain_order="left").fill_null(0)
    return {"bars": bars.to_dicts(), "nothing": documents.height - sharing.height}


def describe_rejects(store: Store) -> dict[str, Any]:
    """Rejected documents by reason, the most frequent first, each with its newest examples; and the newest of all."""
    newest = ["rejected_at", "source_path", "record"]
    rejects = store.read(REJECTS).sort(newest, descending=[True, False, False])
    shown = rejects.with_columns(pl.col("rejected_at").dt.strftime("%Y-%m-%d %H:%M")).drop("source_sha256")
    counted = rejects.group_by("reason_code").len("count").sort("count", "reason_code", descending=[True, False])
    return {
        "count": rejects.height,
        "reasons": [
            {
                "code": code,
                "stage": REJECT_REASONS[code][0],
                "meaning": REJECT_REASONS[code][1],
                "count": count,
                "examples": shown.filter(pl.col("reason_code") == code).head(EXAMPLES).to_dicts(),
            }
            for code, count in counted.iter_rows()
        ],
        "newest": shown.head(REJECTS_LISTED).to_dict(as_series=False),
    }


def describe_runs(store: Store) -> dict[str, Any]:
    """The last runs, newest first, the stages they have, and what was usual before the last one."""
    runs = store.read(RUNS).sort("started_at", descending=True)
    stage = pl.element().struct
    rows = runs.with_columns(
        pl.col("stage_seconds").list.eval(stage.field("seconds")).list.sum().alias("seconds"),
        ((pl.col("finished_at") - pl.col("started_at")).dt.total_microseconds() / 1e6).alias("took"),
        pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M"),
        pl.col("finished_at").dt.strftime("%Y-%m-%d %H:%M"),
    )
    listed = rows.head(RUNS_LISTED).to_dicts()
    stages = list(dict.fromkeys(item["stage"] for run in reversed(listed) for item in run["stage_seconds"]))
    return {
        "count": runs.height,
        "rows": listed,
        "charted": [
            {
                "run_id": run["run_id"],
                "started_at": run["started_at"],
                **{item["stage"]: item["seconds"] for item in run["stage_seconds"]},
            }
            for run in reversed(listed[:RUNS_CHARTED])
        ],
        "stages": stages,
        "usual": _find_usual(runs.slice(1, USUAL_RUNS)),
        "parameters": {
            name: value if isinstance(value, str) else encode(value)
            for name, value in (json.loads(listed[0]["parameters"]) if listed else {}).items()
        },
    }


def _find_usual(before: pl.DataFrame) -> dict[str, float]:
    """Median seconds of each stage."""
    stages = before.select("stage_seconds").explode("stage_seconds").drop_nulls().unnest("stage_seconds")
    medians = stages.group_by("stage").agg(pl.col("seconds").median()).sort("stage")
    return dict(medians.iter_rows())


def describe_datasets(store: Store) -> list[dict[str, Any]]:
    """Rows, files and bytes of each dataset."""
    return [
        {
            "name": table.name,
            "description": table.description,
            "rows": count_rows(store, table),
            "files": len(store.list_files(table)),
            "bytes": sum(path.stat().st_size for path in store.list_files(table).values()),
        }
        for table in TABLES
    ]
