"""The line model that is shipped: its file, and the score of every line of a batch.

A line is scored twice: by trees over its own shape, its words and its surroundings, then by trees over the first
scores around it. Both sets of trees, the weights of hashed n-grams, the words that the training texts have in common
and the thresholds lie in one file; `lines-1.json` beside it says what it was trained on and how it scored.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.linemodel.agreement import AGREEMENT, describe_agreement
from transforms.linemodel.context import FEATURES, OWN_FEATURES, describe_lines
from transforms.linemodel.shape import GRAMS, KNOWN, TOKENS, WORDS, Shapes, measure_shapes
from transforms.linemodel.trees import Trees, score_rows

MODEL_NAME: Final = "lines-1"
"""A change of the features makes old weights meaningless, so it is a new model with a new number."""

SEEN_TWICE: Final = OWN_FEATURES + 6
"""The first features that the second trees see again: the line's own and those of the lines beside it."""


@dataclass(frozen=True, slots=True)
class LineModel:
    """A trained model.

    `thresholds` are scores, in units of 1 / SCORE_UNITS, by the name of the operating point: lines below are no body. A
    document whose share of known words is lower than `familiar_percent` is in a language that the model was not trained
    on.
    """

    weights: npt.NDArray[np.int8]
    known: npt.NDArray[np.uint8]
    first: Trees
    second: Trees
    thresholds: Mapping[str, int]
    familiar_percent: int


@dataclass(frozen=True, slots=True)
class LineScores:
    """The score of each line, in units of 1 / SCORE_UNITS, and whether the model knows the language around it."""

    scores: npt.NDArray[np.int64]
    is_familiar: npt.NDArray[np.bool_]


def render_model(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The bytes of a model file; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **dict(arrays))
    return buffer.getvalue()


def read_model(content: bytes) -> LineModel:
    """Take a model out of the bytes of its file; ValueError when it is for other features than these."""
    with np.load(io.BytesIO(content)) as arrays:
        held = dict(arrays)
    first, second = Trees.from_arrays(held, "first_"), Trees.from_arrays(held, "second_")
    if first.names != FEATURES or second.names != SECOND_FEATURES:
        raise ValueError("the line model was trained on other features than these; train it again (make train)")
    return LineModel(
        weights=held["weights"],
        known=np.unpackbits(held["known"])[:GRAMS],
        first=first,
        second=second,
        thresholds=dict(zip(held["points"].tolist(), held["thresholds"].tolist(), strict=True)),
        familiar_percent=int(held["familiar_percent"]),
    )


SECOND_FEATURES: Final = (*FEATURES[:SEEN_TWICE], *AGREEMENT)


@cache
def load_line_model() -> LineModel:
    """The model that lies in the package."""
    return read_model(files(__package__).joinpath(f"{MODEL_NAME}.npz").read_bytes())


def score_lines(documents: pl.Series, texts: pl.Series, model: LineModel) -> LineScores:
    """Score the lines of documents; the lines of one document stand together, in order.

    A line's score depends on the lines of its document and on nothing else.
    """
    return score_shapes(measure_shapes(texts, model.weights, model.known), find_starts(documents), model)


def score_shapes(shapes: Shapes, starts: npt.NDArray[np.int64], model: LineModel) -> LineScores:
    """Score lines of which the model's `measure_shapes` was taken; `starts` says where each document begins."""
    features = describe_lines(shapes.counts, shapes.keys, starts)
    first = score_rows(model.first, features)
    second = score_rows(model.second, join_features(features, shapes, first, starts))
    return LineScores(second, _find_familiar(shapes, starts, model.familiar_percent))


def find_starts(documents: pl.Series) -> npt.NDArray[np.int64]:
    """Where each document's lines begin, and the number of lines at the end."""
    if documents.is_empty():
        return np.zeros(1, np.int64)
    changes = np.flatnonzero(np.diff(documents.rle_id().to_numpy())) + 1
    return np.concatenate([[0], changes, [len(documents)]]).astype(np.int64)


def join_features(
    features: npt.NDArray[np.float32], shapes: Shapes, scores: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """What the second trees see (lines by SECOND_FEATURES), from the features and the first scores."""
    agreement = describe_agreement(shapes.counts[:, WORDS], scores, starts)
    return np.concatenate([features[:, :SEEN_TWICE], agreement], axis=1)


def share_known(shapes: Shapes, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Known words of each document in hundred of its words; 0 for one without words."""
    totals = np.add.reduceat(shapes.counts[:, [KNOWN, TOKENS]].astype(np.int64), starts[:-1], axis=0)
    percent: npt.NDArray[np.int64] = 100 * totals[:, 0] // np.maximum(totals[:, 1], 1)
    return percent


def _find_familiar(shapes: Shapes, starts: npt.NDArray[np.int64], percent: int) -> npt.NDArray[np.bool_]:
    if starts.size == 1:
        return np.zeros(0, np.bool_)
    return np.repeat(share_known(shapes, starts) >= percent, np.diff(starts))
