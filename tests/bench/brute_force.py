"""Every pair of texts with a run of equal words, by looking at every run: nothing here is shared with the engine.

Words follow the same documented rule, from the Unicode data of Python: characters are case-folded and decomposed,
letters, marks and numbers make words, apostrophes and everything else separate, ignorable characters are skipped.
Runs are numbered exactly: by sorting pairs of numbers of shorter runs, without a hash, so that none are confused.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

RUN_WORDS: Final = 15
IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
APOSTROPHES: Final = "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02ee"
UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Scripts in which each letter is a word; the English texts that are compared here hold a few names in them."""

PAIRS_IN_MEMORY: Final = 20_000_000


class _Folds(dict[int, str]):
    """code point -> what it folds to, a space for what separates words."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if IGNORABLE.match(character):
        return ""
    folded, before = character, ""
    while folded != before:
        before, folded = folded, unicodedata.normalize("NFKD", folded.casefold())
    if character in APOSTROPHES or not folded:
        return " "
    if all(_stands_in_word(part) for part in folded):
        return f" {folded} " if UNSPACED.match(character) else folded
    return character if _stands_in_word(character) else " "


def _stands_in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" and character not in APOSTROPHES


_FOLDS: Final = _Folds()


def list_words(text: str) -> list[str]:
    """The words of a text, folded."""
    words = text.translate(_FOLDS).split(" ")
    return [word if word.isascii() else unicodedata.normalize("NFD", word) for word in words if word]


def collapse_copies(texts: Sequence[str]) -> tuple[list[int], list[Array]]:
    """The places of the first text of each wording, and its words as numbers."""
    numbers: dict[str, int] = {}
    seen: dict[bytes, int] = {}
    worded: list[Array] = []
    for place, text in enumerate(texts):
        words = np.array([numbers.setdefault(word, len(numbers)) for word in list_words(text)], np.int64)
        if words.tobytes() not in seen:
            seen[words.tobytes()] = place
            worded.append(words)
    return list(seen.values()), worded


def find_pairs(worded: Sequence[Array]) -> Array:
    """All pairs of texts (rows of two places, the smaller first, sorted) that share a run of RUN_WORDS words."""
    packed: list[Array] = []
    held = 0
    for members in _list_groups(worded):
        first, second = np.triu_indices(members.size, 1)
        packed.append(members[first] * len(worded) + members[second])
        held += packed[-1].size
        if held > PAIRS_IN_MEMORY:
            packed = [np.unique(np.concatenate(packed))]
            held = packed[0].size
    pairs = np.unique(np.concatenate([np.empty(0, np.int64), *packed]))
    return np.stack([pairs // len(worded), pairs % len(worded)], axis=1)


def _list_groups(worded: Sequence[Array]) -> Iterator[Array]:
    """The texts of each run that stands in several, each set of texts once."""
    runs, texts = _number_runs(worded)
    order = np.lexsort((texts, runs))
    runs, texts = runs[order], texts[order]
    is_first = np.ones(runs.size, bool)
    is_first[1:] = (runs[1:] != runs[:-1]) | (texts[1:] != texts[:-1])
    runs, texts = runs[is_first], texts[is_first]
    starts = np.flatnonzero(np.append(True, runs[1:] != runs[:-1])) if runs.size else np.empty(0, np.int64)
    ends = np.append(starts[1:], runs.size)
    is_shared = ends - starts > 1
    bounds = zip(starts[is_shared].tolist(), ends[is_shared].tolist(), strict=True)
    for members in {texts[start:end].tobytes() for start, end in bounds}:
        yield np.frombuffer(members, np.int64)


def _number_runs(worded: Sequence[Array]) -> tuple[Array, Array]:
    """The number of each run of RUN_WORDS (equal for equal runs), and the text that it stands in."""
    lengths = np.array([words.size for words in worded], np.int64)
    texts = np.repeat(np.arange(lengths.size), lengths)
    ends = np.repeat(np.cumsum(lengths), lengths)
    numbers, size = np.concatenate([np.empty(0, np.int64), *worded]), 1
    while size < RUN_WORDS:
        # Two runs of one size, as far apart as they may be without a gap, make the next longer one.
        step = min(size, RUN_WORDS - size)
        if numbers.size <= step:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        joined = numbers[:-step] * (int(numbers.max()) + 1) + numbers[step:]
        numbers, size = np.unique(joined, return_inverse=True)[1], size + step
    starts = np.arange(numbers.size)
    is_whole = starts + RUN_WORDS <= ends[: numbers.size]
    return numbers[is_whole], texts[: numbers.size][is_whole]
