"""Winnowing: the guarantee, pinned values, what short texts get, and what is counted and hashed in the same pass."""

from hashlib import sha256

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup import (
    GUARANTEED_RUN_WORDS,
    K_WORDS,
    W_WINDOW,
    count_words,
    fingerprint_texts,
    hash_texts,
    words,
)
from transforms.dedup.fingerprints import FINGERPRINT_BITS, Digests, digest_texts

PINNED_FINGERPRINTS = ["1fca40afa5", "361e118564", "41730802b3", "ec74decf9b"]

WORDS = st.integers(0, 40).map(lambda number: f"w{number}")
TEXTS = st.lists(
    st.none() | st.text(max_size=60) | st.lists(WORDS, max_size=60).map(" ".join) | st.just("ﷺ ÅΩ ß " * 9), max_size=8
)


def column(*texts: str | None) -> pl.Series:
    return pl.Series("text", texts, dtype=pl.String)


def fingerprints_of(text: str) -> set[int]:
    return set(fingerprint_texts(column(text))["fingerprint"].to_list())


def number_words(count: int) -> str:
    return " ".join(f"w{number}" for number in range(count))


def list_fingerprints(digests: Digests) -> list[list[int]]:
    """The fingerprints of each text."""
    ends = np.cumsum(digests.fingerprint_counts)
    assert digests.fingerprints.size == int(ends[-1] if ends.size else 0)
    return [part.tolist() for part in np.split(digests.fingerprints, ends[:-1])] if ends.size else []


# --- winnowing -------------------------------------------------------------------------------------------------------


def test_guarantee_is_fifteen_words() -> None:
    assert GUARANTEED_RUN_WORDS == K_WORDS + W_WINDOW - 1 == 15


def test_fingerprints_are_pinned() -> None:
    """They are stored: when this fails, the format of the index must change."""
    text = " ".join(f"word{number}" for number in range(30))
    assert [f"{value:010x}" for value in sorted(fingerprints_of(text))] == PINNED_FINGERPRINTS


@settings(deadline=None, max_examples=200)
@given(
    st.lists(WORDS, min_size=15, max_size=15),
    st.lists(WORDS, max_size=30),
    st.lists(WORDS, max_size=30),
    st.lists(WORDS, max_size=30),
    st.lists(WORDS, max_size=30),
)
def test_a_shared_run_of_fifteen_words_shares_a_fingerprint(
    run: list[str], before: list[str], after: list[str], other_before: list[str], other_after: list[str]
) -> None:
    text, other = " ".join(before + run + after), ", ".join(other_before + run + other_after).upper()
    assert fingerprints_of(text) & fingerprints_of(other)


@pytest.mark.parametrize(("count", "fingerprints"), [(0, 0), (7, 0), (8, 1), (14, 1), (15, 1)])
def test_short_texts(count: int, fingerprints: int) -> None:
    assert len(fingerprints_of(number_words(count))) == fingerprints


def test_same_word_over_and_over_gives_one_fingerprint() -> None:
    assert len(fingerprints_of("again " * 5000)) == 1


def test_fingerprints_fill_forty_bits_evenly() -> None:
    found = np.array(sorted(fingerprints_of(number_words(20_000))), np.uint64)
    # 2 / (w + 1) of the hashes of running text.
    assert found.size == pytest.approx(20_000 * 2 / (W_WINDOW + 1), rel=0.05)
    assert FINGERPRINT_BITS == 40
    assert int(found.max()) < 1 << 40
    sixteenths = np.bincount((found >> np.uint64(36)).astype(np.int64), minlength=16)
    assert sixteenths.size == 16
    assert sixteenths.min() > 0.7 * found.size / 16


def test_rows_are_distinct_and_sorted() -> None:
    long = " ".join(f"w{number % 37}" for number in range(300))
    frame = fingerprint_texts(column(long, "few words", long))
    assert frame.schema == {"text": pl.UInt32(), "fingerprint": pl.UInt64()}
    assert frame.equals(frame.unique().sort("text", "fingerprint"))
    assert set(frame["text"]) == {0, 2}
    first, last = (frame.filter(text=text)["fingerprint"].to_list() for text in (0, 2))
    assert first == last


def test_no_texts() -> None:
    assert fingerprint_texts(column()).equals(pl.DataFrame(schema={"text": pl.UInt32, "fingerprint": pl.UInt64}))


# --- one pass over texts ---------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_the_pass_counts_and_hashes_as_the_separate_steps_do(texts: list[str | None]) -> None:
    digests = digest_texts(column(*texts))
    assert digests.word_count.equals(count_words(column(*texts)).alias("word_count"), check_names=True)
    assert digests.word_count.dtype == pl.UInt32
    assert digests.text_sha256.equals(hash_texts(column(*texts)), check_names=True)
    assert [set(part) for part in list_fingerprints(digests)] == [fingerprints_of(text or "") for text in texts]


def test_a_null_text_has_nothing() -> None:
    digests = digest_texts(column(None, number_words(20), None, ""))
    assert digests.word_count.to_list() == [None, 20, None, 0]
    assert digests.text_sha256.to_list() == [
        None,
        sha256(number_words(20).encode()).hexdigest(),
        None,
        sha256(b"").hexdigest(),
    ]
    assert (digests.fingerprint_counts > 0).tolist() == [False, True, False, False]


def test_no_texts_give_empty_columns() -> None:
    digests = digest_texts(column())
    assert (digests.word_count.len(), digests.text_sha256.len(), digests.fingerprints.size) == (0, 0, 0)
    assert (digests.word_count.dtype, digests.text_sha256.dtype) == (pl.UInt32(), pl.String())


@pytest.mark.parametrize("room", [1, 1_000, 3_000])
def test_where_the_buffer_is_full_does_not_matter(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """The buffer holds the longest text however it folds, so a small one takes one or a few texts at a time."""
    texts = column(*(None if number % 7 == 3 else number_words(number * 13 % 90) for number in range(60)))
    whole = digest_texts(texts)
    monkeypatch.setattr(words, "FOLDED_BATCH_BYTES", room)
    parts = digest_texts(texts)
    assert parts.word_count.equals(whole.word_count)
    assert parts.text_sha256.equals(whole.text_sha256)
    assert hash_texts(texts).equals(whole.text_sha256)
    assert list_fingerprints(parts) == list_fingerprints(whole)


def test_more_text_than_one_buffer_holds() -> None:
    texts = column(*(f"start{number} {number_words(20_000)}" for number in range(90)))
    assert int(texts.str.len_bytes().sum()) > words.FOLDED_BATCH_BYTES
    digests = digest_texts(texts)
    assert digests.word_count.unique().to_list() == [20_001]
    assert digests.text_sha256.to_list() == [sha256(text.encode()).hexdigest() for text in texts]
    assert {len(part) for part in list_fingerprints(digests)} <= set(range(4_000, 5_000))


def test_slices_and_chunks_are_read_where_they_lie() -> None:
    texts = column(*(number_words(count) for count in range(40)))
    parts = pl.concat([texts[:13], texts[13:]], rechunk=False)
    for part in (texts[9:30], parts[9:30]):
        digests = digest_texts(part)
        assert digests.word_count.to_list() == list(range(9, 30))
        assert list_fingerprints(digests) == list_fingerprints(digest_texts(texts))[9:30]


def test_other_columns_are_refused() -> None:
    with pytest.raises(TypeError, match="column of strings"):
        digest_texts(pl.Series([1, 2]))
