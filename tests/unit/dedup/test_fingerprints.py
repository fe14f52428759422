"""Winnowing: the guarantee, pinned values, and what short texts get."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.contracts import FINGERPRINTS
from transforms.dedup import GUARANTEED_RUN_WORDS, K_WORDS, W_WINDOW, fingerprint_texts

PINNED_FINGERPRINTS = [
    "003bbb7a4fe9bce8",
    "1442358cfceffd6a",
    "20ec151de991ef40",
    "2981652c19911af5",
]

WORDS = st.integers(0, 40).map(lambda number: f"w{number}")


def fingerprint(*texts: str) -> pl.DataFrame:
    return fingerprint_texts(pl.Series(texts, dtype=pl.String), pl.Series(range(len(texts)), dtype=pl.UInt64))


def fingerprints_of(text: str) -> set[int]:
    return set(fingerprint(text)["fingerprint"].to_list())


def test_guarantee_is_fifteen_words() -> None:
    assert GUARANTEED_RUN_WORDS == K_WORDS + W_WINDOW - 1 == 15


def test_fingerprints_are_pinned() -> None:
    """They are stored: when this fails, the store must be rebuilt."""
    text = " ".join(f"word{number}" for number in range(30))
    assert [f"{value:016x}" for value in sorted(fingerprints_of(text))] == PINNED_FINGERPRINTS


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


@pytest.mark.parametrize(("words", "count"), [(0, 0), (7, 0), (8, 1), (14, 1), (15, 1)])
def test_short_texts(words: int, count: int) -> None:
    assert len(fingerprints_of(" ".join(f"w{number}" for number in range(words)))) == count


def test_same_word_over_and_over_gives_one_fingerprint() -> None:
    assert len(fingerprints_of("again " * 5000)) == 1


def test_rows_are_distinct_and_sorted() -> None:
    long = " ".join(f"w{number % 37}" for number in range(300))
    frame = fingerprint(long, "few words", long)
    assert not FINGERPRINTS.find_schema_differences(frame.schema)
    assert frame.equals(frame.unique().sort("fingerprint", "text_key"))
    assert set(frame["text_key"]) == {0, 2}


def test_a_key_is_taken_once() -> None:
    text = " ".join(f"w{number}" for number in range(50))
    once = fingerprint_texts(pl.Series([text]), pl.Series([7], dtype=pl.UInt64))
    twice = fingerprint_texts(pl.Series([text, text.upper()]), pl.Series([7, 7], dtype=pl.UInt64))
    assert once.equals(twice)


def test_no_texts() -> None:
    assert fingerprint().schema == FINGERPRINTS.polars_schema


def test_keys_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2 texts need as many keys"):
        fingerprint_texts(pl.Series(["a", "b"]), pl.Series([1], dtype=pl.UInt64))
    with pytest.raises(ValueError, match="1 null"):
        fingerprint_texts(pl.Series(["a", "b"]), pl.Series([1, None], dtype=pl.UInt64))
