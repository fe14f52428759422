"""Scale: what a million documents cost, taken further to a thousand million, and where the design ends before that.

Nothing large is run. Costs are lines through the two largest stores of the growth part; what does not grow along a line
is worked out or played through: chance hits of fingerprints (drawn at a smaller size with the same load), buckets, and
the folding of segments (by the code that does it, told of sizes alone).
"""

import json
import math
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

import flows.index
from flows.index import Index
from flows.publication import BYTES_PER_FILE
from tests.bench.corpus import NoNewsError
from tests.bench.options import Options
from tests.bench.tables import RESULTS, render_table
from transforms.dedup.fingerprints import FINGERPRINT_BITS
from transforms.dedup.postings import BUCKET_BITS_AT_MOST, BUCKET_POSTINGS, MOST_TEXTS

SIZES: Final = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
DRAWN_BITS: Final = 22
"""Fingerprints of the drawing: few enough to draw, with as many postings for each as the store would have."""

RUN_TEXTS: Final = 100_000
FOLDED_RUNS: Final = 40
"""Runs that are played through at each size, to see what one folds on average."""

POSTING_BYTES: Final = 8
GIBI, TERA, HOUR = 2**30, 1e12, 3600
BYTES_OF_TEXT: Final = 6
"""Of a word, with the space after it."""


def measure_scale(options: Options) -> dict[str, Any]:
    """Costs at SIZES. NoNewsError when the growth part was not measured at two sizes."""
    path = RESULTS / "growth.json"
    stores = json.loads(path.read_text(encoding="utf-8"))["results"]["stores"] if path.exists() else {}
    if len(stores) <= 1:
        raise NoNewsError("the scale part takes the results of the growth part further; measure that one first")
    known = sorted((int(size), store) for size, store in stores.items())[-2:]
    source = np.random.default_rng(options.seed)
    return {
        "seed": options.seed,
        "measured": [size for size, _ in known],
        "sizes": {str(size): project(size, known, source) for size in SIZES},
        "most_texts": MOST_TEXTS,
        "segments": flows.index.SEGMENTS_AT_MOST,
    }


def project(size: int, known: list[tuple[int, Any]], source: np.random.Generator) -> dict[str, float]:
    """What a store of `size` documents costs."""
    documents, largest = known[-1]

    def line(read: Any) -> float:
        return extend_line(size, [(at, float(read(store))) for at, store in known])

    postings = size * largest["build"]["index_bytes"] / documents / POSTING_BYTES
    load = postings / 2**FINGERPRINT_BITS
    return {
        "build_hours": line(lambda store: store["build"]["seconds"]) / HOUR,
        "build_gib": line(lambda store: own_bytes(store["build"])) / GIBI,
        "add_seconds": line(lambda store: store["add"]["seconds"]),
        "add_gib": line(lambda store: own_bytes(store["add"])) / GIBI,
        "data_tb": line(lambda store: store["build"]["data_bytes"]) / TERA,
        "index_tb": line(lambda store: store["build"]["index_bytes"]) / TERA,
        "files": line(lambda store: store["build"]["words"]) * BYTES_OF_TEXT / BYTES_PER_FILE,
        "postings": postings,
        "segments": math.ceil(size / MOST_TEXTS),
        "chance_hits": load * postings / size,
        "chance_hits_drawn": draw_chance_hits(load, source) * postings / size,
        "fullest_bucket": find_fullest_bucket(postings / math.ceil(size / MOST_TEXTS), source),
        "folded_texts": fold_segments(size),
    }


def own_bytes(run: dict[str, Any]) -> float:
    """Memory of a run at its peak, without mapped files."""
    return float(max(step["own_bytes"] for step in run["steps"].values()))


def extend_line(size: int, points: list[tuple[int, float]]) -> float:
    """The value at `size` of the line through two points."""
    (one, low), (other, high) = points
    return high + (size - other) * (high - low) / (other - one)


def draw_chance_hits(load: float, source: np.random.Generator) -> float:
    """Postings that a fingerprint meets by chance, with `load` postings for each fingerprint that there can be."""
    held = np.bincount(source.integers(0, 1 << DRAWN_BITS, round(load * (1 << DRAWN_BITS))), minlength=1 << DRAWN_BITS)
    return float(held[source.integers(0, 1 << DRAWN_BITS, 1 << (DRAWN_BITS - 2))].mean())


def find_fullest_bucket(postings: float, source: np.random.Generator) -> float:
    """Postings in the fullest bucket of a segment. Long lists have a bucket nearly to themselves, and are few."""
    bits = min(max(int(math.log2(postings / BUCKET_POSTINGS)), 0), BUCKET_BITS_AT_MOST)
    return float(source.poisson(postings / 2**bits, min(2**bits, 1 << DRAWN_BITS)).max())


def _make_size(texts: int) -> Any:
    """A segment of which only the size is known: what folding asks of one. A text has one posting here."""
    return SimpleNamespace(postings=SimpleNamespace(size=texts), text_keys=SimpleNamespace(size=texts))


def fold_segments(size: int) -> float:
    """Held texts that a run of RUN_TEXTS new ones writes again, on average, in a store of `size` texts."""
    sizes = [MOST_TEXTS] * (size // MOST_TEXTS) + [size % MOST_TEXTS]
    written = 0
    for _ in range(FOLDED_RUNS):
        held = Index({number: _make_size(texts) for number, texts in enumerate(sorted(sizes))})
        count = flows.index.count_folded(held, [_make_size(RUN_TEXTS)])
        folded, stays = sorted(sizes)[:count], sorted(sizes)[count:]
        written += sum(folded)
        texts = sum(folded) + RUN_TEXTS
        sizes = [*stays, *[MOST_TEXTS] * (texts // MOST_TEXTS), texts % MOST_TEXTS]
    return written / FOLDED_RUNS


ROWS: Final = {
    "rebuild from clean texts, hours": ("build_hours", ",.2f"),
    "its memory, GiB": ("build_gib", ",.1f"),
    "1,000 more, seconds": ("add_seconds", ",.1f"),
    "its memory, GiB ": ("add_gib", ",.1f"),
    "data files, TB": ("data_tb", ",.3f"),
    "data files of articles": ("files", ",.0f"),
    "index, TB": ("index_tb", ",.3f"),
    "postings, thousand millions": ("postings", ",.2f"),
    "full segments that hold them": ("segments", ",.0f"),
    "chance hits of a document, worked out": ("chance_hits", ",.3f"),
    "chance hits of a document, drawn": ("chance_hits_drawn", ",.3f"),
    "postings in the fullest bucket": ("fullest_bucket", ",.0f"),
    "texts that a run of 100,000 folds again": ("folded_texts", ",.0f"),
}


def render_scale(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    sizes = results["sizes"]
    smaller, larger = results["measured"]
    rows = [
        [title, *(format(store[name] / (1e9 if name == "postings" else 1), shape) for store in sizes.values())]
        for title, (name, shape) in ROWS.items()
    ]
    opening = (
        f"Lines through what the growth part measured at {smaller:,} and {larger:,} documents of 600 words, two "
        "threads; reading, cleaning and the audit are left out there. What is drawn is drawn with seed "
        f"{results['seed']}. A segment holds {results['most_texts']:,} texts; beside those more than half "
        f"full, a run keeps up to {results['segments']}."
    )
    return f"{opening}\n\n{render_table(['documents', *(f'{int(size):,}' for size in sizes)], rows)}"
