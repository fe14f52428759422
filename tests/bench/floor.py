"""Counting, hashing and fingerprinting against their floor, on one core: `python -m tests.bench.floor CORPUS OUTCOME`.

The floor is a copy of the same column from memory to memory, in lower case: what reading and writing every byte costs.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from tests.bench.measure import time_best
from tests.bench.outcome import write_outcome
from transforms.dedup.fingerprints import digest_texts
from transforms.dedup.words import read_utf8

Array = npt.NDArray[Any]
MEGA = 1e6


@njit(cache=True, nogil=True)
def copy_lowercase(data: Array, out: Array) -> None:
    """Copy bytes, ASCII capitals as small letters."""
    for at in range(data.size):
        byte = data[at]
        out[at] = byte + 32 if 65 <= byte <= 90 else byte


def main(corpus: Path, outcome: Path) -> None:
    """Time both on the texts of a file."""
    started = time.perf_counter()
    texts = pl.read_parquet(corpus, columns=["text"])["text"]
    data, bounds = read_utf8(texts)
    data = data[bounds[0] : bounds[-1]]
    out = np.empty_like(data)
    lowercase = time_best(lambda: copy_lowercase(data, out), repeats=5)
    fingerprints = time_best(lambda: digest_texts(texts))
    details = {
        "text_bytes": data.size,
        "fingerprint_mb_per_second": data.size / MEGA / fingerprints,
        "lowercase_mb_per_second": data.size / MEGA / lowercase,
        "times_floor": fingerprints / lowercase,
    }
    write_outcome(outcome, time.perf_counter() - started, [], details)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
