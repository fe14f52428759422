"""Which lines of a page are its main content, by the judgement of the learned model."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transforms.linemodel.trees import to_percent
from transforms.parse.page.model import PageModel
from transforms.parse.page.names import Numbers
from transforms.parse.page.read import ReadPage


@dataclass(frozen=True, slots=True)
class MainLines:
    """By line: whether it is main content, whether it is shown, and how sure the model is of the first (hundredths)."""

    is_main: Numbers
    is_shown: Numbers
    percents: Numbers


def find_main_lines(page: ReadPage, texts: Sequence[str], model: PageModel) -> MainLines:
    """Judge the lines of a page. Lines that the page hides are shown only where they are main content."""
    scores = page.score_lines(model)
    is_main = scores >= model.threshold
    is_hidden = page.is_hidden
    if np.any(is_main & is_hidden):
        is_main = _drop_hidden_copies(is_main, is_hidden, texts)
    return MainLines(is_main, is_main | ~is_hidden, to_percent(scores))


def _drop_hidden_copies(is_main: Numbers, is_hidden: Numbers, texts: Sequence[str]) -> Numbers:
    """Take hidden lines out of the main content, unless most of it is hidden: the page then shows it by a script."""
    keys = [reduce_to_letters(texts[line]) if is_main[line] else "" for line in range(len(texts))]
    shown = {key for key, hidden in zip(keys, is_hidden, strict=True) if not hidden}
    unseen = {key for key, hidden in zip(keys, is_hidden, strict=True) if hidden} - shown
    if sum(map(len, unseen)) <= sum(map(len, shown)):
        return is_main & ~is_hidden
    is_copy = np.array([hidden and key not in unseen for key, hidden in zip(keys, is_hidden, strict=True)], np.bool_)
    return is_main & ~is_copy


def reduce_to_letters(text: str) -> str:
    """Return the letters and digits of `text`, in one form and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))
