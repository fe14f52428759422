"""Generated news: texts of any number and length that share no run of words with one another.

A chain over word pairs, learned from real articles, so that words and their frequencies are those of news. Left to
itself such a chain repeats phrases, so every document carries a name of its own, made from its number, at most
`LONGEST_GAP_WORDS` words apart: a run of 14 words or more holds the name, and so stands in no other document.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from numba import njit

Array = npt.NDArray[Any]

LONGEST_GAP_WORDS: Final = 13
"""Words between two names, at most. Runs of 8 without a name are left, so phrases repeat as they do in real news."""
SHORTEST_GAP_WORDS: Final = 9
LONGEST_TOKEN_BYTES: Final = 16
PARAGRAPH_WORDS: Final = 45
"""A paragraph ends with the first sentence that ends after as many words."""
ONE_WORD: Final = r"""^["“(]?[A-Za-z0-9]+[.,;:!?)”"]*$"""
"""Tokens that count as one word however words are split."""
MIN_TOKEN_COUNT: Final = 3

NAME_SYLLABLES: Final = 6
SYLLABLE_BITS: Final = 5
NUMBER_BITS: Final = NAME_SYLLABLES * SYLLABLE_BITS
"""Numbers below 2**30 have a name of their own."""
_NUMBER_MASK: Final = np.uint64((1 << NUMBER_BITS) - 1)
_NAME_FACTOR: Final = np.uint64(0x2545F491)
"""Odd, so that multiplying modulo a power of two is one to one: neighbouring numbers get names that look unrelated."""
_SYLLABLES: Final = np.frombuffer(
    b"babebidodadefafogagohahekakelalemamenanepaperaresasotatevavexazu", np.uint8
).reshape(-1, 2)

_SPACE: Final = 32
_NEWLINE: Final = 10
_CASE_BIT: Final = 32


@dataclass(frozen=True)
class Chain:
    """Words, and what follows each of them in real text (once for every time it does)."""

    token_bytes: Array
    token_bounds: Array
    ends_sentence: Array
    followers: Array
    follower_bounds: Array
    lengths: Array
    """Words of each text that the chain was learned from."""

    def read_token(self, token: int) -> str:
        """One token as a string."""
        found: bytes = self.token_bytes[self.token_bounds[token] : self.token_bounds[token + 1]].tobytes()
        return found.decode()

    @property
    def token_count(self) -> int:
        """Number of different tokens."""
        return self.token_bounds.size - 1


def learn_chain(texts: pl.Series) -> Chain:
    """Learn a chain from real texts; the same texts give the same chain."""
    tokens = texts.str.extract_all(r"\S+")
    flat = tokens.explode(empty_as_null=False).rename("token")
    is_usable = flat.str.contains(ONE_WORD) & (flat.str.len_bytes() <= LONGEST_TOKEN_BYTES)
    counts = flat.filter(is_usable).value_counts().filter(pl.col("count") >= MIN_TOKEN_COUNT)
    vocabulary = counts.sort("count", "token", descending=[True, False])["token"]
    numbers = pl.DataFrame({"token": vocabulary, "number": np.arange(len(vocabulary), dtype=np.int32)})
    numbered = flat.to_frame().join(numbers, on="token", how="left", maintain_order="left")["number"]
    ids = numbered.fill_null(-1).to_numpy()
    before, after = ids[:-1], ids[1:]
    is_pair = (before >= 0) & (after >= 0)
    before, after = before[is_pair], after[is_pair]
    order = np.lexsort((after, before))
    encoded = [token.encode() for token in vocabulary]
    return Chain(
        token_bytes=np.frombuffer(b"".join(encoded), np.uint8),
        token_bounds=_bounds(np.array([len(token) for token in encoded], np.int64)),
        ends_sentence=np.array([token.rstrip(')"”').endswith((".", "!", "?")) for token in vocabulary]),
        followers=after[order],
        follower_bounds=_bounds(np.bincount(before, minlength=len(vocabulary))),
        lengths=tokens.list.len().to_numpy().astype(np.int64),
    )


def _bounds(lengths: Array) -> Array:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def draw_lengths(chain: Chain, numbers: Array, mean_words: int, seed: int) -> Array:
    """Word counts for documents: those of the learned texts, scaled to a mean. Depends on number and seed alone."""
    picks: Array = _mix_all(numbers.astype(np.uint64), np.uint64(seed)) % np.uint64(chain.lengths.size)
    scaled = chain.lengths[picks.astype(np.int64)] * (mean_words / chain.lengths.mean())
    lengths: Array = np.maximum(scaled.astype(np.int64), SHORTEST_GAP_WORDS)
    return lengths


def generate_texts(chain: Chain, numbers: Array, word_counts: Array, seed: int) -> pl.Series:
    """One text for each document number (0 up to 2**30), of exactly as many words as asked for.

    A text depends on the chain, its number, its length and the seed, not on the batch it is made in.
    """
    if numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) <= int(_NUMBER_MASK):
        raise ValueError(f"document numbers must lie in [0, {_NUMBER_MASK}]")
    room = (int(word_counts.max(initial=0)) + 1) * (LONGEST_TOKEN_BYTES + 2)
    out = np.empty(int((word_counts + 1).sum()) * (LONGEST_TOKEN_BYTES + 2) + room, np.uint8)
    bounds = _write_texts(
        out,
        numbers.astype(np.uint64),
        word_counts.astype(np.int64),
        np.uint64(seed),
        chain.token_bytes,
        chain.token_bounds,
        chain.ends_sentence,
        chain.followers,
        chain.follower_bounds,
    )
    data = pa.py_buffer(out[: bounds[-1]].tobytes())
    array = pa.LargeStringArray.from_buffers(numbers.size, pa.py_buffer(bounds.tobytes()), data)
    return pl.Series("text", array, dtype=pl.String)


@njit(cache=True, nogil=True)
def _mix(value: Any) -> Any:
    """Finaliser of splitmix64 (Steele, Lea and Flood, 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def _mix_all(numbers: Array, seed: Any) -> Array:
    mixed = np.empty_like(numbers)
    for at in range(numbers.size):
        mixed[at] = _mix(_mix(numbers[at] + np.uint64(1)) ^ seed)
    return mixed


@njit(cache=True, nogil=True)
def _write_name(number: Any, out: Array, at: int) -> int:
    """Write the name of a document number; returns the place after it."""
    code = (number * _NAME_FACTOR) & _NUMBER_MASK
    start = at
    for _ in range(NAME_SYLLABLES):
        syllable = np.int64(code & np.uint64((1 << SYLLABLE_BITS) - 1))
        out[at], out[at + 1] = _SYLLABLES[syllable, 0], _SYLLABLES[syllable, 1]
        code >>= np.uint64(SYLLABLE_BITS)
        at += 2
    out[start] -= _CASE_BIT
    return at


@njit(cache=True, nogil=True)
def _write_texts(  # noqa: PLR0917 - a kernel takes arrays
    out: Array,
    numbers: Array,
    word_counts: Array,
    seed: Any,
    token_bytes: Array,
    token_bounds: Array,
    ends_sentence: Array,
    followers: Array,
    follower_bounds: Array,
) -> Array:
    """Write one text after the other; returns their bounds."""
    bounds = np.zeros(numbers.size + 1, np.int64)
    step = np.uint64(0x9E3779B97F4A7C15)
    tokens = np.uint64(token_bounds.size - 1)
    at = 0
    for text in range(numbers.size):
        state = _mix(_mix(numbers[text] + np.uint64(1)) ^ (seed + step))
        token = np.int64(_mix(state) % tokens)
        until_name = np.int64(_mix(state ^ step) % np.uint64(SHORTEST_GAP_WORDS))
        paragraph_words = 0
        for word in range(word_counts[text]):
            state += step
            random = _mix(state)
            if until_name == 0:
                at = _write_name(numbers[text], out, at)
                spread = np.uint64(LONGEST_GAP_WORDS - SHORTEST_GAP_WORDS + 1)
                until_name = SHORTEST_GAP_WORDS + np.int64((random >> np.uint64(40)) % spread)
                ends_here = False
            else:
                until_name -= 1
                size = follower_bounds[token + 1] - follower_bounds[token]
                if size:
                    token = np.int64(followers[follower_bounds[token] + np.int64(random % np.uint64(size))])
                else:
                    token = np.int64(random % tokens)
                for place in range(token_bounds[token], token_bounds[token + 1]):
                    out[at] = token_bytes[place]
                    at += 1
                ends_here = ends_sentence[token]
            paragraph_words += 1
            if word + 1 == word_counts[text]:
                continue
            if ends_here and paragraph_words >= PARAGRAPH_WORDS:
                out[at], out[at + 1] = _NEWLINE, _NEWLINE
                at += 2
                paragraph_words = 0
            else:
                out[at] = _SPACE
                at += 1
        bounds[text + 1] = at
    return bounds
