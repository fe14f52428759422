"""Weights of hashed n-grams for telling body from the rest, and the words that the training pages have in common."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from transforms.dedup.kernels import compile_kernel
from transforms.linemodel.shape import GRAMS, HASHED_WORDS

WEIGHT_UNITS: Final = 32
"""A weight of 1 (log-odds) in a model file; the largest trained ones are around .5."""

EPOCHS: Final = 2
RATE: Final = 0.02
DECAY: Final = 0.5
"""Area under the ROC curve of the summed weights on unseen sites: .8246 at a decay of .001, .8277 at .1, .8304 at .5,
.8290 at 2; more epochs or a higher rate learn the menus of single sites by heart (.80)."""

FEWEST_SITES: Final = 5
"""Without this limit the words of a language of which training holds two or three sites (Portuguese, Russian) mean
menu, because most lines of a site are menu: clean then loses a quarter to a half of the text in that language."""

COMMON_PAGES: Final = 12
"""A word on so many pages is one of the language's, and not one of a story's or a site's."""

Array = npt.NDArray[Any]


def train_weights(
    grams: Array, ends: Array, is_body: Array, importance: Array, sites: Array, chosen: Array
) -> npt.NDArray[np.int8]:
    """Weights of a logistic regression (Adagrad, one pass of shuffled lines an epoch) over the `chosen` lines.

    An n-gram of fewer than FEWEST_SITES sites has no weight.
    """
    order = np.flatnonzero(chosen)
    np.random.default_rng(1).shuffle(order)
    weights = _descend(grams, ends, is_body.astype(np.float64), importance, (order, EPOCHS, RATE, DECAY, GRAMS))
    weights[count_groups(grams, ends, sites, chosen) < FEWEST_SITES] = 0
    rounded: npt.NDArray[np.int8] = np.clip(np.rint(weights * WEIGHT_UNITS), -127, 127).astype(np.int8)
    return rounded


def count_groups(grams: Array, ends: Array, groups: Array, chosen: Array) -> Array:
    """In how many groups of lines (numbers from 0) each n-gram stands, over the `chosen` lines."""
    sizes = np.diff(ends)
    taken = np.repeat(chosen, sizes)
    width = int(groups.max()) + 1
    pairs = np.unique(grams[taken].astype(np.int64) * width + np.repeat(groups, sizes)[taken])
    return np.bincount(pairs // width, minlength=GRAMS)


@compile_kernel
def _descend(
    grams: Array, ends: Array, is_body: Array, importance: Array, how: tuple[Array, int, float, float, int]
) -> Array:
    order, epochs, rate, decay, size = how
    weights, squares = np.zeros(size), np.full(size, 1e-3)
    bias, bias_square = 0.0, 1e-3
    for _ in range(epochs):
        for line in order:
            score = bias
            for place in range(ends[line], ends[line + 1]):
                score += weights[grams[place]]
            error = (1 / (1 + np.exp(-score)) - is_body[line]) * importance[line]
            bias_square += error * error
            bias -= rate * error / np.sqrt(bias_square)
            for place in range(ends[line], ends[line + 1]):
                gram = grams[place]
                step = error + decay * weights[gram] * importance[line]
                squares[gram] += step * step
                weights[gram] -= rate * step / np.sqrt(squares[gram])
    return weights


def find_common_words(grams: Array, ends: Array, pages: Array, chosen: Array) -> npt.NDArray[np.uint8]:
    """1 for each bucket whose word stands on COMMON_PAGES of the chosen pages, 0 for the others; `pages` counts up."""
    sizes = np.diff(ends)
    place = np.arange(grams.size) - np.repeat(ends[:-1], sizes)
    words = np.minimum((sizes - 1) // 2, HASHED_WORDS)
    # Of each line the first n-grams are its words, each followed by the pair that it makes with the word before it.
    is_word = (place % 2 == 0) & (place < 2 * np.repeat(words, sizes)) & np.repeat(chosen, sizes)
    width = int(pages.max()) + 1
    seen = np.unique(grams[is_word].astype(np.int64) * width + np.repeat(pages, sizes)[is_word])
    counts = np.bincount(seen // width, minlength=GRAMS)
    return (counts >= COMMON_PAGES).astype(np.uint8)
