"""Planted reuse: which planted copies each tool sets aside, and what it sets aside that must stay."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from tests.bench.corpus import COPIES, SWAPPABLE, Corpus, build_corpus, read_news
from tests.bench.measure import OURS, run_tool
from tests.bench.options import Options
from tests.bench.tables import render_table

KIND_TITLES = {
    "exact": "exact",
    "edited_1": "edited 1 %",
    "edited_3": "3 %",
    "edited_5": "5 %",
    "edited_10": "10 %",
    "excerpt": "excerpt",
    "digest": "digest",
}


def measure_planted(options: Options) -> dict[str, Any]:
    """Run every tool twice, with the plants and without, and score what it removed."""
    corpus = build_corpus(read_news(options.news), options.documents or 8_000, options.seed)
    is_own = corpus.truth["kind"].is_in(["original", "generated"])
    tools = {}
    with tempfile.TemporaryDirectory() as folder:
        whole, bare = Path(folder) / "whole.parquet", Path(folder) / "bare.parquet"
        corpus.documents.write_parquet(whole)
        corpus.documents.filter(is_own).write_parquet(bare)
        for name in options.tools:
            found, natural = run_tool(name, whole), run_tool(name, bare)
            tools[name] = {
                "version": found.details.get("version"),
                **score_removed(corpus, found.removed, natural.removed),
                "seconds": found.seconds,
            }
    counts = corpus.truth["kind"].value_counts().sort("kind")
    coverage = corpus.truth.group_by("kind").agg(pl.col("coverage").mean()).drop_nulls().sort("kind")
    return {
        "documents": corpus.documents.height,
        "seed": options.seed,
        "by_kind": dict(counts.iter_rows()),
        "mean_coverage": dict(coverage.iter_rows()),
        "tools": tools,
    }


def score_removed(corpus: Corpus, removed: Iterable[str], natural: Iterable[str]) -> dict[str, Any]:
    """Planted copies found, by kind, and documents wrongly removed.

    `removed`: ids that a tool removed. `natural`: ids that it removes of the originals alone. Of an exact or edited
    copy and its original, one is to go: removing the original in its place counts as found, and not as wrong.
    """
    truth = corpus.truth.with_columns(
        pl.col("document_id").is_in(list(removed)).alias("is_removed"),
        pl.col("document_id").is_in(list(natural)).alias("is_natural"),
    )
    is_gone = dict(truth.select("document_id", "is_removed").iter_rows())
    swapped = {
        sources[0]
        for sources, is_removed in truth.filter(pl.col("kind").is_in(SWAPPABLE))
        .select("sources", "is_removed")
        .iter_rows()
        if not is_removed and is_gone[sources[0]]
    }
    is_swapped = pl.col("document_id").is_in(list(swapped))
    stands_in = pl.col("kind").is_in(SWAPPABLE) & pl.col("sources").list.first().is_in(list(swapped))
    is_found = pl.col("is_removed") | stands_in
    found = truth.filter(pl.col("kind").is_in(COPIES)).group_by("kind").agg(is_found.sum())
    is_own = pl.col("kind").is_in(["original", "generated"])
    return {
        "found": {kind: found.filter(kind=kind)["is_removed"].sum() for kind in COPIES},
        "swapped": len(swapped),
        "wrong_originals": truth.filter(is_own & pl.col("is_removed") & ~is_swapped & ~pl.col("is_natural")).height,
        "wrong_notices": truth.filter((pl.col("kind") == "template") & pl.col("is_removed")).height,
        "natural": truth.filter("is_natural").height,
    }


def render_planted(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    by_kind, tools = results["by_kind"], results["tools"]
    own = by_kind.get("original", 0) + by_kind.get("generated", 0)
    header = [
        "",
        *(KIND_TITLES[kind] for kind in COPIES),
        "originals wrongly set aside",
        "notices wrongly set aside",
        "set aside without plants",
    ]
    sizes = [
        "planted",
        *(str(by_kind[kind]) for kind in COPIES),
        f"of {own:,}",
        f"of {by_kind['template']:,}",
        f"of {own:,}",
    ]
    means = ["copied words, mean", *(_percent(results["mean_coverage"][kind], 0) for kind in COPIES)]
    means += ["", _percent(results["mean_coverage"]["template"], 0), ""]
    rows = [
        [
            f"**{name}**" if name == OURS else f"{name} {tool['version']}",
            *(_percent(tool["found"][kind] / by_kind[kind]) for kind in COPIES),
            *(str(tool[count]) for count in ("wrong_originals", "wrong_notices", "natural")),
        ]
        for name, tool in tools.items()
    ]
    return f"{results['documents']:,} documents, seed {results['seed']}. Copies found, by kind:\n\n" + render_table(
        header, [sizes, means, *rows]
    )


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"
