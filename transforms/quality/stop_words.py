"""The stop words of each language, as tables of hashes that kernels can look words up in.

`stop_words.txt` beside this file has the lists, with their source; their licence is in `stop_words_license.txt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.words import read_utf8
from transforms.quality.scan import fill_tables, hash_texts_whole

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
    """Make the tables, once a process."""
    lists = {"": REQUIRED_WORDS, **read_stop_words()}
    counts = np.array([len(words) for words in lists.values()])
    sizes = np.array([1 << int(2 * count).bit_length() for count in counts])
    starts = np.cumsum(sizes) - sizes
    hashes = hash_texts_whole(*read_utf8(pl.Series([word for words in lists.values() for word in words])))
    keys = np.zeros(int(sizes.sum()), np.uint64)
    fill_tables(hashes, counts, starts, sizes, keys)
    tables = {name: (int(start), int(size)) for name, start, size in zip(lists, starts, sizes, strict=True)}
    required = tables.pop("")
    nothing = (0, 0)
    return WordSets(
        keys,
        {name: (*table, *(required if name == REQUIRED_LANGUAGE else nothing)) for name, table in tables.items()},
    )
