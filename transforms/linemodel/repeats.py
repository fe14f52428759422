"""Which lines may stand again inside another line of their document: a quick look before the exact one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import split_words

RUN_WORDS: Final = 4
"""A line is looked for when its first words, this many of them, stand twice in its document."""

_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)
_MIX: Final = np.uint64(32)

Array = npt.NDArray[Any]


def find_returning(documents: pl.Series, texts: pl.Series) -> pl.Series:
    """Whether the first words of each line stand again in its document; the lines of a document stand together."""
    words = split_words(texts)
    changes = np.flatnonzero(np.diff(documents.rle_id().to_numpy())) + 1 if len(documents) else np.empty(0, np.int64)
    starts = np.concatenate([[0], changes, [len(documents)]]).astype(np.int64)
    return pl.Series(_find(words.hashes, words.offsets, starts))


@compile_kernel
def _find(hashes: Array, offsets: Array, starts: Array) -> Array:
    returns = np.zeros(offsets.size - 1, np.bool_)
    for document in range(starts.size - 1):
        first, last = offsets[starts[document]], offsets[starts[document + 1]]
        size = 64
        while size < 3 * (last - first):
            size *= 2
        mask = np.uint64(size - 1)
        held, counts = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        slots = np.full(last - first, -1, np.int64)
        for place in range(first, last - RUN_WORDS + 1):
            run = np.uint64(1)
            for step in range(RUN_WORDS):
                run = (run ^ hashes[place + step]) * _FACTOR
                run ^= run >> _MIX
            slot = run & mask
            while counts[slot] > 0 and held[slot] != run:
                slot = (slot + np.uint64(1)) & mask
            held[slot] = run
            counts[slot] += 1
            slots[place - first] = slot
        for line in range(starts[document], starts[document + 1]):
            place = offsets[line]
            if offsets[line + 1] - place >= RUN_WORDS and slots[place - first] >= 0:
                returns[line] = counts[slots[place - first]] > 1
    return returns
