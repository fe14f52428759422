"""The stop words of each language, as tables of hashes that kernels can look words up in.

`stop_words.txt` beside this file has the lists, with their source; their licence is in `stop_words_license.txt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.words import read_utf8
from transforms.quality.scan import hash_texts_whole

REQUIRED_WORDS: Final = ("the", "be", "to", "of", "and", "that", "have", "with")
"""The words of which Rae et al. ask two of an English text."""

REQUIRED_LANGUAGE: Final = "en"
SAME_LISTS: Final = {"nb": "no"}
"""Codes of languages whose list stands under another one."""


@dataclass(frozen=True, slots=True)
class WordSets:
    """Open hash tables in one array: `places` has for each language the start and size of two of them.

    Of the stop words and of the required words; a size of 0 says that there is none for the language.
    """

    keys: npt.NDArray[np.uint64]
    places: dict[str, tuple[int, int, int, int]]

    def locate(self, languages: pl.Series) -> npt.NDArray[np.int64]:
        """The places for each text, in rows: start and size of the stop words, then of the required words."""
        codes = languages.str.extract("^([a-z]+)").replace(SAME_LISTS)
        known = list(self.places)
        number = codes.replace_strict(known, range(len(known)), default=len(known), return_dtype=pl.Int64)
        rows = np.array([*self.places.values(), (0, 0, 0, 0)], np.int64)
        return np.asarray(rows[number.fill_null(len(known)).to_numpy()])


def read_stop_words() -> dict[str, tuple[str, ...]]:
    """The stop words of each language, by its code."""
    text = files(__package__).joinpath("stop_words.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {language: tuple(words) for language, *words in rows}


def hash_word(word: str) -> np.uint64:
    """The hash that the kernels give to a word."""
    return np.uint64(hash_texts_whole(*read_utf8(pl.Series([word])))[0])


@cache
def load_word_sets() -> WordSets:
    """Make the tables; takes some tens of milliseconds, once."""
    tables: list[npt.NDArray[np.uint64]] = []
    places: dict[str, tuple[int, int, int, int]] = {}
    start = 0

    def add(words: tuple[str, ...]) -> tuple[int, int]:
        nonlocal start
        tables.append(_make_table(words))
        start += tables[-1].size
        return start - tables[-1].size, tables[-1].size

    required = add(REQUIRED_WORDS)
    for language, words in read_stop_words().items():
        places[language] = (*add(words), *(required if language == REQUIRED_LANGUAGE else (0, 0)))
    return WordSets(np.concatenate(tables), places)


def _make_table(words: tuple[str, ...]) -> npt.NDArray[Any]:
    size = 1 << (2 * len(words)).bit_length()
    table = np.zeros(size, np.uint64)
    for value in hash_texts_whole(*read_utf8(pl.Series(words))):
        slot = int(value) % size
        while table[slot]:
            slot = (slot + 1) % size
        table[slot] = value
    return table
