"""Speed: the whole deduplication of a corpus, from text column to decisions, by each tool in a process of its own."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.corpus import build_corpus, read_news
from tests.bench.measure import OURS, run_module, run_tool
from tests.bench.options import Options
from tests.bench.tables import render_table

DOCUMENTS = 100_000
FLOOR_DOCUMENTS = 20_000
"""Texts that fingerprinting is timed on: enough not to fit a cache."""
MEGA, GIBI = 1e6, 2**30


def measure_speed(options: Options) -> dict[str, Any]:
    """Run every tool on the corpus, or on an even sample of it, and time fingerprints against their floor."""
    corpus = build_corpus(read_news(options.news), options.documents or DOCUMENTS, options.seed)
    tools = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.parquet"
        for name in options.tools:
            part = corpus.sample(options.fewer.get(name, corpus.documents.height), options.seed)
            part.documents.write_parquet(path)
            outcome = run_tool(name, path)
            tools[name] = {
                "documents": part.documents.height,
                "text_bytes": int(part.documents["text"].str.len_bytes().sum()),
                "seconds": outcome.seconds,
                "peak_bytes": outcome.peak_bytes,
                "set_aside": len(outcome.removed),
                **outcome.details,
            }
        corpus.sample(FLOOR_DOCUMENTS, options.seed).documents.write_parquet(path)
        # One core: the fingerprints are sorted by Polars, which would take all.
        floor = run_module([sys.executable, "-m", "tests.bench.floor", str(path)], POLARS_MAX_THREADS="1")
    by_kind = dict(corpus.truth["kind"].value_counts().sort("kind").iter_rows())
    return {
        "documents": corpus.documents.height,
        "seed": options.seed,
        "by_kind": by_kind,
        "tools": tools,
        "floor": floor.details,
    }


def render_speed(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    tools, floor = results["tools"], results["floor"]
    ours = tools.get(OURS)
    header = ["", "documents", "MB of text", "seconds", "ms a document", "times ours", "peak memory, GiB", "set aside"]
    rows = [
        [
            f"**{name}**" if name == OURS else f"{name} {tool['version']}",
            f"{tool['documents']:,}",
            f"{tool['text_bytes'] / MEGA:,.0f}",
            f"{tool['seconds']:,.1f}",
            f"{_cost(tool):.3f}",
            f"{_cost(tool) / _cost(ours):,.1f}" if ours else "",
            f"{tool['peak_bytes'] / GIBI:.2f}",
            f"{tool['set_aside']:,}",
        ]
        for name, tool in tools.items()
    ]
    planted = sum(count for kind, count in results["by_kind"].items() if kind not in {"original", "generated"})
    sizes = (
        f"{results['documents']:,} documents ({results['by_kind'].get('original', 0):,} real, "
        f"{results['by_kind'].get('generated', 0):,} generated, {planted:,} planted), seed {results['seed']}. "
        "A tool with fewer had an even sample of them; tools are compared by time a document."
    )
    parts = [sizes, render_table(header, rows)]
    if ours:
        parts.append(
            f"Ours includes the aligned evidence: {ours['spans']:,} runs of equal words in {ours['pairs']:,} pairs. "
            f"Before it, a first call on a few documents, which loads the kernels or compiles them, took "
            f"{ours['first_call_seconds']:.1f} s."
        )
    parts.append(
        f"Fingerprints, one core: {floor['fingerprint_mb_per_second']:,.0f} MB/s. The floor, copying the same column "
        f"in lower case: {floor['lowercase_mb_per_second']:,.0f} MB/s, {floor['times_floor']:.1f} times as fast."
    )
    return "\n\n".join(parts)


def _cost(tool: dict[str, Any]) -> float:
    """Milliseconds a document."""
    return float(1000 * tool["seconds"] / tool["documents"])
