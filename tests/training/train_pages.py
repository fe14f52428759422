"""Train the model of pages and write it, with its report, to where `transforms` ships it from.

`python -m tests.training.train_pages [--labels FILE]` takes about a quarter of an hour on one core; FILE keeps the
labels between two runs. The pages (../shared/eval/pages.parquet) are under the MIT licence and CC BY 4.0; nothing of
their text goes into the model but weights of hashed words.

Pages of one site never stand on both sides: neither when the model is measured, nor when the first scores that the
second trees learn from are made, nor when the weights that the first trees learn from are. The models of the folds are
kept for tests/quality, which judges each page by the one that saw nothing of its site.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tests.training.boosting import train_trees
from tests.training.page_lines import BODY_SHARE, LICENCES, find_site, lay_over
from transforms.dedup.kernels import compile_kernel
from transforms.linemodel.trees import SCORE_UNITS, Trees, score_rows
from transforms.parse.page.around import SECOND_NAMES, look_around
from transforms.parse.page.features import NAMES, Measured, measure_lines
from transforms.parse.page.model import MODEL_NAME, PageModel
from transforms.parse.page.read import ReadPage, read_page
from transforms.parse.page.tokens import TOKEN_BITS, add_weights, list_names, list_words

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ROOT.parent / "shared" / "eval" / "pages.parquet"
MODEL: Final = ROOT / "transforms" / "parse" / "page" / f"{MODEL_NAME}.npz"
REPORT: Final = MODEL.with_suffix(".json")
FOLD_MODELS: Final = ROOT / "tests" / "quality" / "folds" / f"{MODEL_NAME}.npz"

FOLDS: Final = 5
INNER_FOLDS: Final = 3
FIRST_TREES: Final = 100
SECOND_TREES: Final = 80
GROWTH: Final[dict[str, Any]] = {"min_data_in_leaf": 60, "feature_fraction": 0.4, "lambda_l2": 2.0, "max_bin": 63}
THRESHOLD: Final = 0.0
"""Log-odds from which a line is main content."""

WEIGHT_UNITS: Final = 64
"""A weight of 1 (log-odds) in a model file."""

EPOCHS: Final = 5
RATE: Final = 0.01
DECAYS: Final = {"words": 0.05, "names": 0.01}
"""Area under the ROC curve of the summed weights on unseen sites: words .887 at .02, .886 at .1, .882 at .5, .875 at 2;
names .928 at .01, .925 at .02, .919 at .1, .910 at .5."""

OTHER_TYPES_WEIGHT: Final = 0.5
"""What a page that is no article counts. Winnow reads articles; the others say what a page can look like."""

FEWEST_WORDS: Final = 30

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Corpus:
    """Labelled lines of all pages, one after the other; line i of page p stands at `starts[p] + i`."""

    pages: pl.DataFrame
    starts: Numbers
    is_body: Numbers
    weights: Numbers
    folds: Numbers
    inner: Numbers
    words: tuple[Numbers, Numbers]
    names: tuple[Numbers, Numbers]

    def read(self) -> Iterator[tuple[slice, ReadPage]]:
        """Each page again, with the place of its lines."""
        for number, html in enumerate(self.pages["html"]):
            yield slice(int(self.starts[number]), int(self.starts[number + 1])), read_page(html)


def find_fold(site: str, *, inner: bool = False) -> int:
    """The fold of a site, outer or inner: by its name, so that no page more or less moves another."""
    digest = int(hashlib.sha256(site.encode()).hexdigest(), 16)
    return digest // FOLDS % INNER_FOLDS if inner else digest % FOLDS


def label_pages(pages: pl.DataFrame) -> pl.DataFrame:
    """One row a page: its site; for each line the share of its words that lie in the body, and how many it has."""
    rows = []
    for page, url, html, text in pages.select("id", "url", "html", "text").iter_rows():
        lines = read_page(html).list_texts()
        shares = lay_over(lines, text or "")
        rows.append((page, find_site(page, url, html), shares, [len(line.split()) for line in lines]))
    schema = pl.Schema(
        {"id": pl.String(), "site": pl.String(), "shares": pl.List(pl.Float32), "words": pl.List(pl.UInt32)}
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def prepare(pages: pl.DataFrame, labels: pl.DataFrame) -> Corpus:
    """Put labels, tokens and folds of all lines one after the other."""
    labels = pages.select("id").join(labels, on="id", how="left", maintain_order="left")
    counts = labels["shares"].list.len().to_numpy()
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    of_line = np.repeat(np.arange(counts.size), counts)
    words = labels["words"].explode(empty_as_null=False).to_numpy().astype(np.float64)
    is_body = labels["shares"].explode(empty_as_null=False).to_numpy() >= BODY_SHARE
    body_words = pages["text"].fill_null("").str.count_matches(r"\S+").to_numpy()
    # Pages count alike, lines by their words: so that what is learned is near the word F1 of a page.
    weights = np.minimum((words + 1) / np.maximum(body_words, FEWEST_WORDS)[of_line], 1)
    weights = weights / np.maximum(np.bincount(of_line, weights, counts.size), 0.5)[of_line]
    weights *= np.where((pages["page_type"] == "article").to_numpy(), 1, OTHER_TYPES_WEIGHT)[of_line]
    folds = np.array([find_fold(site) for site in labels["site"]])[of_line]
    inner = np.array([find_fold(site, inner=True) for site in labels["site"]])[of_line]
    return Corpus(pages, starts, is_body, weights / weights.mean(), folds, inner, *_list_tokens(pages))


def _list_tokens(pages: pl.DataFrame) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    parts: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []
    for html in pages["html"]:
        read = read_page(html)
        words, names = list_words(read.page), list_names(read.scan, read.page)
        parts.append(
            (
                np.diff(words.starts),
                words.numbers[: words.starts[-1]].copy(),
                np.diff(names.starts),
                names.numbers[: names.starts[-1]].copy(),
            )
        )
    sizes, words_of, name_sizes, names_of = (np.concatenate(column) for column in zip(*parts, strict=True))
    return (np.concatenate([[0], np.cumsum(sizes)]), words_of), (np.concatenate([[0], np.cumsum(name_sizes)]), names_of)


def train_weights(
    tokens: tuple[Numbers, Numbers], corpus: Corpus, chosen: Numbers, decay: float
) -> npt.NDArray[np.int8]:
    """Weights of a logistic regression (Adagrad, one pass of shuffled lines an epoch) over the `chosen` lines."""
    order = np.flatnonzero(chosen)
    np.random.default_rng(1).shuffle(order)
    starts, numbers = tokens
    weights = _descend(starts, numbers, corpus.is_body, corpus.weights, order, (EPOCHS, RATE, decay))
    whole: npt.NDArray[np.int8] = np.clip(np.rint(weights * WEIGHT_UNITS), -127, 127).astype(np.int8)
    return whole


@compile_kernel
def _descend(
    starts: Numbers,
    numbers: Numbers,
    is_body: Numbers,
    importance: Numbers,
    order: Numbers,
    how: tuple[int, float, float],
) -> Numbers:
    epochs, rate, decay = how
    weights, squares = np.zeros(1 << TOKEN_BITS), np.full(1 << TOKEN_BITS, 1e-3)
    bias, bias_square = 0.0, 1e-3
    for _ in range(epochs):
        for line in order:
            score = bias
            for place in range(starts[line], starts[line + 1]):
                score += weights[numbers[place]]
            error = (1 / (1 + np.exp(-score)) - is_body[line]) * importance[line]
            bias_square += error * error
            bias -= rate * error / np.sqrt(bias_square)
            for place in range(starts[line], starts[line + 1]):
                token = numbers[place]
                step = error + decay * weights[token] * importance[line]
                squares[token] += step * step
                weights[token] -= rate * step / np.sqrt(squares[token])
    return weights


def measure_all(corpus: Corpus, lexical: Numbers, naming: Numbers) -> list[Measured]:
    """The features of all lines, page by page, with these linear scores."""
    return [measure_lines(read.scan, read.page, read.kinds, lexical[own], naming[own]) for own, read in corpus.read()]


def fit(corpus: Corpus, chosen: Numbers) -> PageModel:
    """Train on the `chosen` lines (whole sites)."""

    def weigh(learn: Numbers) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        return (
            train_weights(corpus.words, corpus, learn, DECAYS["words"]),
            train_weights(corpus.names, corpus, learn, DECAYS["names"]),
        )

    def boost(rows: Numbers, learn: Numbers, names: tuple[str, ...], trees: int) -> Trees:
        return train_trees(
            rows[learn], corpus.is_body[learn], names, weights=corpus.weights[learn], trees=trees, **GROWTH
        )

    words, names = weigh(chosen)
    lexical, naming = add_weights(*corpus.words, words), add_weights(*corpus.names, names)
    for fold in range(INNER_FOLDS):
        own = chosen & (corpus.inner == fold)
        seen_words, seen_names = weigh(chosen & ~own)
        lexical[own] = add_weights(*corpus.words, seen_words)[own]
        naming[own] = add_weights(*corpus.names, seen_names)[own]
    measured = measure_all(corpus, lexical, naming)
    rows = np.concatenate([part.rows for part in measured])
    scores = np.zeros(rows.shape[0], np.int64)
    for fold in range(INNER_FOLDS):
        own = chosen & (corpus.inner == fold)
        scores[own] = score_rows(boost(rows, chosen & ~own, NAMES, FIRST_TREES), rows[own])
    first = boost(rows, chosen, NAMES, FIRST_TREES)
    del rows
    second_rows = np.concatenate(
        [
            look_around(read.scan, read.page, part, scores[own])
            for part, (own, read) in zip(measured, corpus.read(), strict=True)
        ]
    )
    second = boost(second_rows, chosen, SECOND_NAMES, SECOND_TREES)
    return PageModel(words, names, first, second, round(THRESHOLD * SCORE_UNITS))


def save(path: Path, arrays: dict[str, Numbers]) -> None:
    """Write a model file."""
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, allow_pickle=True, **arrays)


def describe_training(corpus: Corpus, sites: pl.Series, figures: dict[str, Any]) -> dict[str, Any]:
    """The report that is shipped beside the model; `figures` are those of tests/quality/pages.py."""
    content = MODEL.read_bytes()
    lines = np.diff(corpus.starts)
    names = corpus.pages["set"]
    return {
        "model": MODEL_NAME,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "training": {
            name: {
                "licence": licence,
                "pages": int((names == name).sum()),
                "sites": sites.filter(names == name).n_unique(),
                "lines": int(lines[(names == name).to_numpy()].sum()),
            }
            for name, licence in LICENCES.items()
        },
        "features": {"first": len(NAMES), "second": len(SECOND_NAMES)},
        "trees": {"first": FIRST_TREES, "second": SECOND_TREES},
        "threshold": THRESHOLD,
        "folds_by_site": FOLDS,
        "on_sites_not_seen": figures,
    }


def main() -> None:
    """Train, measure, write."""
    from tests.quality.pages import score_pages, summarise

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, help="keep the labels in this file")
    options = parser.parse_args()
    pages = pl.read_parquet(PAGES)
    if options.labels and options.labels.exists():
        labels = pl.read_parquet(options.labels)
    else:
        labels = label_pages(pages)
        if options.labels:
            labels.write_parquet(options.labels)
    corpus = prepare(pages, labels)
    folds: dict[str, Numbers] = {}
    for fold in range(FOLDS):
        folds |= fit(corpus, corpus.folds != fold).to_arrays(f"fold{fold}_")
        save(FOLD_MODELS, folds)
    save(MODEL, fit(corpus, np.ones(corpus.is_body.size, np.bool_)).to_arrays())
    sites = pages.select("id").join(labels, on="id", how="left", maintain_order="left")["site"]
    report = describe_training(corpus, sites, summarise(score_pages(pages)))
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
