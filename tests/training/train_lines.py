"""Train the line model and write it, with its report, to where `transforms` ships it from.

`python -m tests.training.train_lines [--lines FILE]` takes some ten minutes on one core; FILE keeps the labelled lines
between two runs. The pages (../shared/eval/pages.parquet) are under the MIT licence and CC BY 4.0; nothing of their
text goes into the model but weights of hashed n-grams.

Pages of one site never stand on both sides: neither when the model is measured, nor when the first scores that the
second trees learn from are made, nor when the n-gram weights that the first trees learn from are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tests.training.boosting import train_trees
from tests.training.lexicon import find_common_words, train_weights
from tests.training.page_lines import BODY_SHARE, LICENCES, PAGE_LINES, read_page_lines
from transforms.clean import classify_lines
from transforms.contracts.parameters import OPERATING_POINTS, CleanParameters, OperatingPoint
from transforms.contracts.parsed import LINES
from transforms.contracts.vocabulary import BODY_KINDS
from transforms.dedup.words import split_words
from transforms.language import identify_languages
from transforms.linemodel.context import FEATURES, describe_lines
from transforms.linemodel.model import (
    MODEL_NAME,
    SECOND_FEATURES,
    LineModel,
    find_starts,
    join_features,
    read_model,
    render_model,
    score_lines,
    share_known,
)
from transforms.linemodel.shape import GRAMS, LEXICAL, hash_grams, measure_shapes
from transforms.linemodel.trees import SCORE_UNITS, Trees, score_rows

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ROOT.parent / "shared" / "eval" / "pages.parquet"
PLACE: Final = ROOT / "transforms" / "linemodel"

FOLDS: Final = 5
FIRST_TREES: Final = 120
SECOND_TREES: Final = 80
GROWTH: Final[dict[str, Any]] = {"min_data_in_leaf": 300, "feature_fraction": 0.4, "learning_rate": 0.07}

THRESHOLDS: Final = {"conservative": -1.0, "clean": -0.25}
"""Log-odds under which a line goes. Chosen on the trained scale, not fitted: .25 and 1 below the break-even point, for
a lost line of body costs more than a line of junk. What each costs is in the report and in tests/quality."""

FAMILIAR_PERCENT: Final = 20
"""Common words in hundred words of a document, under which its language counts as unknown. Languages of one or two
pages, which a held-out model has in fact never seen, have 20 to 50 and are judged about as well as English by what
does not depend on words; text in scripts without spaces has none, and half of it would be lost."""

UNCLEAR: Final = (0.2, 0.8)
UNCLEAR_WEIGHT: Final = 0.3
"""Lines that the body holds in part are neither one nor the other."""

WEIGHED_WORDS: Final = 60
FEWEST_WORDS: Final = 50

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Lines:
    """Labelled lines, with what training asks of them again and again."""

    frame: pl.DataFrame
    starts: Numbers
    pages: Numbers
    folds: Numbers
    is_body: Numbers
    importance: Numbers
    weights: Numbers
    grams: Numbers
    ends: Numbers
    sites: Numbers


@dataclass(frozen=True)
class Fitted:
    """The parts of a model."""

    weights: npt.NDArray[np.int8]
    known: npt.NDArray[np.uint8]
    first: Trees
    second: Trees

    def render(self) -> bytes:
        """The model file."""
        return render_model(
            {
                "weights": self.weights,
                "known": np.packbits(self.known),
                "points": np.array(list(THRESHOLDS)),
                "thresholds": np.array([round(value * SCORE_UNITS) for value in THRESHOLDS.values()], np.int64),
                "familiar_percent": np.array(FAMILIAR_PERCENT),
                **self.first.to_arrays("first_"),
                **self.second.to_arrays("second_"),
            }
        )


def prepare_lines(frame: pl.DataFrame) -> Lines:
    """Labels, folds by site, and weights: pages count alike, long lines more than short ones."""
    starts = find_starts(frame["page"])
    pages = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    words = np.maximum(split_counts(frame["text"]), 1)
    share = frame["share"].to_numpy()
    is_body = share >= BODY_SHARE
    body_words = np.add.reduceat(words * is_body, starts[:-1])[pages]
    weights = np.sqrt(np.minimum(words, WEIGHED_WORDS) / np.maximum(body_words, FEWEST_WORDS))
    weights = np.where((share > UNCLEAR[0]) & (share < UNCLEAR[1]), weights * UNCLEAR_WEIGHT, weights)
    importance = 8 * np.minimum(np.sqrt(words), 4) / np.sqrt(np.diff(starts)[pages])
    grams, ends = hash_grams(frame["text"])
    sites = frame["site"].rank("dense").to_numpy().astype(np.int64) - 1
    return Lines(frame, starts, pages, fold_sites(frame["site"]), is_body, importance, weights, grams, ends, sites)


def split_counts(texts: pl.Series) -> Numbers:
    """Words of each line, as the duplicate finder splits them."""
    return np.diff(split_words(texts).offsets)


def fold_sites(sites: pl.Series) -> Numbers:
    """The fold of each site: by its name, so that no page more or less moves another."""
    folds = {site: int(hashlib.sha256(site.encode()).hexdigest(), 16) % FOLDS for site in sites.unique()}
    return sites.replace_strict(folds, return_dtype=pl.Int64).to_numpy()


def fit(lines: Lines, chosen: Numbers) -> Fitted:
    """Train on the `chosen` lines (whole sites)."""
    inner = [fold for fold in range(FOLDS) if (chosen & (lines.folds == fold)).any()]
    known = find_common_words(lines.grams, lines.ends, lines.pages, chosen)

    def weigh(learn: Numbers) -> npt.NDArray[np.int8]:
        return train_weights(lines.grams, lines.ends, lines.is_body, lines.importance, lines.sites, learn)

    def boost(rows: Numbers, learn: Numbers, names: tuple[str, ...], trees: int) -> Trees:
        return train_trees(
            rows[learn], lines.is_body[learn], names, weights=lines.weights[learn], trees=trees, **GROWTH
        )

    weights = weigh(chosen)
    shapes = measure_shapes(lines.frame["text"], weights, known)
    for fold in inner:
        own = chosen & (lines.folds == fold)
        seen = measure_shapes(lines.frame["text"], weigh(chosen & ~own), known)
        shapes.counts[own, LEXICAL] = seen.counts[own, LEXICAL]
    features = describe_lines(shapes.counts, shapes.keys, lines.starts)
    scores = np.zeros(lines.frame.height, np.int64)
    for fold in inner:
        own = chosen & (lines.folds == fold)
        scores[own] = score_rows(boost(features, chosen & ~own, FEATURES, FIRST_TREES), features[own])
    joined = join_features(features, shapes, scores, lines.starts)
    return Fitted(
        weights,
        known,
        boost(features, chosen, FEATURES, FIRST_TREES),
        boost(joined, chosen, SECOND_FEATURES, SECOND_TREES),
    )


# --- measuring -------------------------------------------------------------------------------------------------------


def judge_held_out(lines: Lines, folds: int) -> tuple[Numbers, Numbers, dict[OperatingPoint, Numbers]]:
    """Judge the lines of some folds, each by a model that saw no page of its site.

    Which lines they are; of these, in order, the score; and at each operating point, whether the line stays when the
    model works among the rules.
    """
    scores = np.zeros(lines.frame.height, np.int64)
    kept = {point: np.zeros(lines.frame.height, np.bool_) for point in OPERATING_POINTS}
    for fold in range(folds):
        held = lines.folds == fold
        model = read_model(fit(lines, ~held).render())
        part = lines.frame.filter(held)
        scores[held] = score_lines(part["page"], part["text"], model).scores
        for point, keep in kept.items():
            keep[held] = keep_lines(part, CleanParameters(point), model)
    judged = lines.folds < folds
    return judged, scores[judged], {point: keep[judged] for point, keep in kept.items()}


def keep_lines(frame: pl.DataFrame, parameters: CleanParameters, model: LineModel) -> Numbers:
    """Whether each line stays when its page comes in as plain text."""
    # Names that sort as the pages stand, since classified lines are sorted by name.
    numbered = frame.with_columns(document_id=pl.col("page").rle_id().cast(pl.String).str.zfill(9))
    read = numbered.select(
        (pl.col(name) if name in numbered.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in LINES.items()
    )
    classified = classify_lines(read, parameters, model)
    return classified["kind"].is_in(BODY_KINDS).to_numpy()


def measure_pages(lines: Lines, keep: Numbers, bodies: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Mean word F1, body words lost and junk words removed of each set, when the lines of `keep` stay."""
    f1s = word_f1s(lines, keep, bodies)
    words = split_counts(lines.frame["text"])
    is_article = (lines.frame["page_type"] == "article").to_numpy()
    result = {}
    for name, where in {
        **{name: (lines.frame["set"] == name).to_numpy() & is_article for name in LICENCES},
        "other page types": ~is_article,
    }.items():
        pages = np.unique(lines.pages[where])
        body, junk = where & lines.is_body, where & ~lines.is_body
        result[name] = {
            "pages": pages.size,
            "word_f1": round(float(np.nanmean(f1s[pages])), 4),
            "body_words_lost": round(float(words[body & ~keep].sum() / words[body].sum()), 4),
            "junk_words_removed": round(float(words[junk & ~keep].sum() / words[junk].sum()), 4),
        }
    return result


def word_f1s(lines: Lines, keep: Numbers, bodies: pl.DataFrame) -> Numbers:
    """Bag-of-words F1 of the kept lines of each page against its body; not a number where the body has no word."""
    gold, found = split_words(bodies["text"]), split_words(lines.frame["text"])
    kept = np.repeat(keep, np.diff(found.offsets))
    ends = found.offsets[lines.starts]
    f1s = np.full(bodies.height, np.nan)
    for page in range(bodies.height):
        own = gold.hashes[gold.offsets[page] : gold.offsets[page + 1]]
        part = slice(ends[page], ends[page + 1])
        words = found.hashes[part][kept[part]]
        if own.size:
            f1s[page] = 2 * count_common(own, words) / (own.size + words.size)
    return f1s


def count_common(first: Numbers, second: Numbers) -> int:
    """Size of the intersection of two bags."""
    names, counts = np.unique(first, return_counts=True)
    others, other_counts = np.unique(second, return_counts=True)
    _, left, right = np.intersect1d(names, others, assume_unique=True, return_indices=True)
    return int(np.minimum(counts[left], other_counts[right]).sum())


def measure_languages(lines: Lines, scores: Numbers, bodies: pl.DataFrame) -> dict[str, dict[str, float]]:
    """For each language of the article pages: pages, the tenth percentile of the share of known words, mean word F1."""
    languages = identify_languages(bodies["text"]).fill_null("und").to_numpy()
    is_article = (lines.frame["page_type"] == "article").to_numpy()[lines.starts[:-1]]
    known = find_common_words(lines.grams, lines.ends, lines.pages, np.ones(scores.size, np.bool_))
    shares = share_known(measure_shapes(lines.frame["text"], np.zeros(GRAMS, np.int8), known), lines.starts)
    points = {name: scores >= round(value * SCORE_UNITS) for name, value in THRESHOLDS.items()}
    f1s = {
        name: word_f1s(lines, keep, bodies)
        for name, keep in {"everything": np.ones(scores.size, np.bool_), **points}.items()
    }
    result = {}
    for language in sorted(set(languages[is_article])):
        own = (languages == language) & is_article & ~np.isnan(f1s["everything"])
        if own.any():
            result[str(language)] = {
                "pages": int(own.sum()),
                "known_percent": float(np.percentile(shares[own], 10)),
                **{name: round(float(values[own].mean()), 4) for name, values in f1s.items()},
            }
    return result


def describe_training(lines: Lines, content: bytes, folds: int) -> dict[str, Any]:
    """The report that is shipped beside the model."""
    sets = lines.frame.group_by("set").agg(pl.col("page").n_unique(), pl.col("site").n_unique(), lines=pl.len())
    return {
        "model": MODEL_NAME,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "training": {
            row["set"]: {
                "licence": LICENCES[row["set"]],
                "pages": row["page"],
                "sites": row["site"],
                "lines": row["lines"],
            }
            for row in sets.sort("set").iter_rows(named=True)
        },
        "features": {"first": len(FEATURES), "second": len(SECOND_FEATURES)},
        "trees": {"first": FIRST_TREES, "second": SECOND_TREES},
        "thresholds": THRESHOLDS,
        "familiar_percent": FAMILIAR_PERCENT,
        "folds_by_site": FOLDS,
        "folds_measured": folds,
        **measure_held_out(lines, folds),
    }


def measure_held_out(lines: Lines, folds: int) -> dict[str, Any]:
    """What models trained without a site do to its pages: with the rules, alone, and by language."""
    judged, scores, kept = judge_held_out(lines, folds)
    held = prepare_lines(lines.frame.filter(judged))
    bodies = read_bodies(held.frame)
    return {
        "whole_pages": {
            "everything": measure_pages(held, np.ones(scores.size, np.bool_), bodies),
            "lines labelled body": measure_pages(held, held.is_body, bodies),
            **{name: measure_pages(held, keep, bodies) for name, keep in kept.items()},
        },
        "whole_pages_model_alone": {
            name: measure_pages(held, scores >= round(value * SCORE_UNITS), bodies)
            for name, value in THRESHOLDS.items()
        },
        "article_pages_by_language_model_alone": measure_languages(held, scores, bodies),
    }


def read_bodies(frame: pl.DataFrame) -> pl.DataFrame:
    """The body text of each page, in the order of the lines."""
    bodies = pl.scan_parquet(PAGES).select(page="id", text="text").collect()
    return frame.select("page").unique(maintain_order=True).join(bodies, on="page", how="left", maintain_order="left")


def read_lines(kept: Path | None) -> pl.DataFrame:
    """The labelled lines, from the file that keeps them or from the pages."""
    if kept and kept.exists():
        return pl.read_parquet(kept, schema=PAGE_LINES)
    pages = pl.scan_parquet(PAGES)
    count = pages.select(pl.len()).collect().item()
    step = 100
    frame = pl.concat([read_page_lines(pages.slice(first, step).collect()) for first in range(0, count, step)])
    if kept:
        frame.write_parquet(kept)
    return frame


def write_report(report: Mapping[str, Any], path: Path) -> None:
    """Write a report as JSON that is the same for the same figures."""
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=Path, help="keep the labelled lines in this file")
    parser.add_argument("--measure-folds", type=int, default=FOLDS, help="folds to measure on; 0 writes no report")
    parser.add_argument("--keep-model", action="store_true", help="measure again, and leave the model as it is")
    options = parser.parse_args()
    lines, path = prepare_lines(read_lines(options.lines)), PLACE / f"{MODEL_NAME}.npz"
    if not options.keep_model:
        path.write_bytes(fit(lines, np.ones(lines.frame.height, np.bool_)).render())
    if options.measure_folds:
        report = describe_training(lines, path.read_bytes(), options.measure_folds)
        write_report(report, PLACE / f"{MODEL_NAME}.json")


if __name__ == "__main__":
    main()
