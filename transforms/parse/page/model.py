"""How sure the learned model is that a line is main content.

Two linear scores, of the line's words and of the names around it, are measured with everything else; first trees judge
each line by that, and second trees judge again in view of what the first said of the lines and elements around.
`make train` trains all of it (tests/training/train_pages.py) and writes what it measured beside the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Final

import numpy as np

from transforms.linemodel.trees import Trees, name_rules, score_rows
from transforms.parse.page.around import SECOND_NAMES, look_around
from transforms.parse.page.elements import Scan
from transforms.parse.page.features import NAMES, Measured, measure_lines
from transforms.parse.page.lines import N_LINES, Page
from transforms.parse.page.names import Numbers
from transforms.parse.page.tokens import add_weights, list_names, list_words

MODEL_NAME: Final = "html-1"
"""Stands in the rule of every line that the model takes out. A model that decides otherwise has another name."""

RULES: Final = name_rules(MODEL_NAME)
"""The rule of a line that the model takes out: its name, and how sure it is that the line is main content."""


@dataclass(frozen=True, slots=True)
class PageModel:
    """Weights of hashed words and names in whole units, two sets of trees, and the score from which a line is main."""

    words: Numbers
    names: Numbers
    first: Trees
    second: Trees
    threshold: int

    def __post_init__(self) -> None:
        """Refuse trees over other features than those that are measured."""
        for trees, names in ((self.first, NAMES), (self.second, SECOND_NAMES)):
            if trees.names != names:
                raise ValueError(f"model {MODEL_NAME} knows {len(trees.names)} features, not the {len(names)} measured")

    def to_arrays(self, prefix: str = "") -> dict[str, Numbers]:
        """The arrays of a model file."""
        return {
            f"{prefix}words": self.words,
            f"{prefix}names": self.names,
            **self.first.to_arrays(f"{prefix}first_"),
            **self.second.to_arrays(f"{prefix}second_"),
            f"{prefix}threshold": np.array(self.threshold),
        }


def read_model(file: IO[bytes] | Path, prefix: str = "") -> PageModel:
    """Take a model out of a file; KeyError or ValueError where there is none."""
    with np.load(file, allow_pickle=False) as arrays:
        return PageModel(
            arrays[f"{prefix}words"],
            arrays[f"{prefix}names"],
            Trees.from_arrays(arrays, f"{prefix}first_"),
            Trees.from_arrays(arrays, f"{prefix}second_"),
            int(arrays[f"{prefix}threshold"]),
        )


@cache
def load_model() -> PageModel:
    """The model that Winnow ships."""
    with files(__package__).joinpath(f"{MODEL_NAME}.npz").open("rb") as file:
        return read_model(file)


def measure_page(scan: Scan, page: Page, kinds: Numbers, words: Numbers, names: Numbers) -> Measured:
    """The features of a page's lines, with the linear scores that these weights give."""
    lexical = add_weights(*list_words(page), words)
    naming = add_weights(*list_names(scan, page), names)
    return measure_lines(scan, page, kinds, lexical, naming)


def score_lines(scan: Scan, page: Page, kinds: Numbers, model: PageModel) -> Numbers:
    """The score of each line, in the units of transforms.linemodel.trees."""
    if page.sizes[N_LINES] == 0:
        return np.zeros(0, np.int64)
    measured = measure_page(scan, page, kinds, model.words, model.names)
    first = score_rows(model.first, measured.rows)
    return score_rows(model.second, look_around(scan, page, measured, first))
