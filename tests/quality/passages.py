"""Measure how well shared passages are found, on public data labelled by others.

Passages: half of the PAN 2013 text-alignment training corpus, scored by plagdet (Potthast, Stein, Barrón-Cedeño, Rosso,
"An evaluation framework for plagiarism detection", COLING 2010): character precision and recall over both texts and
granularity, per pair, then the mean over pairs. A pair without a detection scores 0.
Pairs: page pairs labelled by hand for near-equal content (Webis, ECIR 2020), by the area under the ROC curve.

`python -m tests.quality.passages` writes the figures of the whole sets as JSON.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup import K_WORDS, Span, count_words, find_shared_passages, group_passages

EVALUATION = Path(__file__).parents[3] / "shared" / "eval"
KINDS = ("no-obfuscation", "random-obfuscation", "no-plagiarism")

Extent = tuple[int, int, int, int]
Score = tuple[float, float, float, float]


def mark_characters(extents: list[Extent], size: int, other_size: int) -> npt.NDArray[np.bool_]:
    """Mark the characters of both texts, one after the other, that are in an extent."""
    marks = np.zeros(size + other_size, np.bool_)
    for start, end, other_start, other_end in extents:
        marks[start:end] = True
        marks[size + other_start : size + other_end] = True
    return marks


def detects(found: Extent, case: Extent) -> bool:
    """Say whether two extents overlap in both texts."""
    return found[0] < case[1] and case[0] < found[1] and found[2] < case[3] and case[2] < found[3]


def score_pair(cases: list[Extent], found: list[Extent], size: int, other_size: int) -> Score:
    """Precision, recall, granularity and plagdet of one pair."""
    actual, detected = mark_characters(cases, size, other_size), mark_characters(found, size, other_size)
    shared = int((actual & detected).sum())
    precision, recall = shared / max(int(detected.sum()), 1), shared / max(int(actual.sum()), 1)
    per_case = [hits for case in cases if (hits := sum(detects(passage, case) for passage in found))]
    granularity = sum(per_case) / len(per_case) if per_case else 1.0
    harmonic = 2 * precision * recall / (precision + recall) if shared else 0.0
    return precision, recall, granularity, harmonic / math.log2(1 + granularity)


def find_extents(text: str, other: str, *, scattered: bool) -> list[Extent]:
    """Give the extents of the passages that two texts share."""
    passages = group_passages(find_shared_passages(text, other, scattered=scattered))
    return [(passage.start, passage.end, passage.other_start, passage.other_end) for passage in passages]


def measure_kind(pairs: pl.DataFrame, *, scattered: bool) -> dict[str, float]:
    """Count pairs and reported pairs, and take the mean of each score over all pairs."""
    scores, reported = [], 0
    for row in pairs.iter_rows(named=True):
        cases = [(case["start"], case["end"], case["other_start"], case["other_end"]) for case in row["spans"]]
        found = find_extents(row["a"], row["b"], scattered=scattered)
        reported += bool(found)
        scores.append(score_pair(cases, found, len(row["a"]), len(row["b"])))
    means = np.array(scores).mean(axis=0).tolist()
    names = ("precision", "recall", "granularity", "plagdet")
    return {"pairs": pairs.height, "reported": reported, **dict(zip(names, means, strict=True))}


def measure_area(scores: pl.Series, is_positive: pl.Series) -> float:
    """Area under the ROC curve, by ranks (ties share theirs)."""
    positives = int(is_positive.sum())
    negatives = len(is_positive) - positives
    rank_sum = float(scores.rank("average").filter(is_positive).sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def count_shared_words(spans: list[Span]) -> int:
    """Words that count for coverage: every equal word of a shared passage."""
    return sum(span.words for span in spans)


def count_shared_runs(spans: list[Span]) -> int:
    """Runs of K_WORDS words, one beginning at each word, that lie whole in the spans."""
    return sum(max(span.words - K_WORDS + 1, 0) for span in spans)


def measure_labelled_pairs(pairs: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Area for label >= 1 on each corpus and on all.

    `runs` and `words` are the Dice coefficient of the shared runs of K_WORDS and of the shared words, `share` is the
    larger of the two shares of words, `published` is the labellers' own S3.
    """
    spans = [find_shared_passages(*row) for row in pairs.select("a", "b").iter_rows()]
    words, other_words = (count_words(pairs[side]).cast(pl.Int64) for side in ("a", "b"))
    shared = pl.Series([count_shared_words(of_pair) for of_pair in spans])
    runs = pl.Series([count_shared_runs(of_pair) for of_pair in spans])
    room = (words - K_WORDS + 1).clip(lower_bound=0) + (other_words - K_WORDS + 1).clip(lower_bound=0)
    scored = pairs.select("corpus", is_equal=pl.col("label") >= 1, published="published_s3").with_columns(
        runs=2 * runs / room,
        words=2 * shared / (words + other_words),
        share=shared / pl.Series(np.minimum(words.to_numpy(), other_words.to_numpy())),
    )
    corpora = {name: rows for (name,), rows in scored.sort("corpus").group_by("corpus", maintain_order=True)}
    return {
        str(name): {
            score: measure_area(rows[score], rows["is_equal"]) for score in ("runs", "words", "share", "published")
        }
        for name, rows in chain(corpora.items(), [("all", scored)])
    }


def measure_all() -> dict[str, Any]:
    """Every figure, over the whole sets."""
    passages = pl.read_parquet(EVALUATION / "passages.parquet").sort("id")
    by_kind = {kind: passages.filter(pl.col("kind") == kind) for kind in KINDS}
    return {
        "passages": {kind: measure_kind(pairs, scattered=False) for kind, pairs in by_kind.items()},
        "passages, scattered too": {kind: measure_kind(pairs, scattered=True) for kind, pairs in by_kind.items()},
        "labelled pairs": measure_labelled_pairs(pl.read_parquet(EVALUATION / "pairs.parquet")),
    }


if __name__ == "__main__":
    json.dump(measure_all(), sys.stdout, indent=2)
    sys.stdout.write("\n")
