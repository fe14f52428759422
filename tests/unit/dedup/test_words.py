"""Splitting, folding and hashing of words; an oracle on `unicodedata` that shares no code with the kernels."""

import hashlib
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup.unicode_table import BLOCK_BITS, FOLD_SHIFT, build_unicode_table, load_unicode_table
from transforms.dedup.words import FOLDED_GROWTH, count_words, hash_texts, key_texts, normalise_words, split_words

PINNED_HASHES = [
    "a47c6ff3f057b8bf",
    "6c9216093d8872c7",
    "91c4fd5a069f13af",
    "43fba41b5fed0d4a",
    "8ea1527504fa5d6a",
]

needs_same_unicode = pytest.mark.skipif(
    unicodedata.unidata_version != load_unicode_table().version,
    reason="the oracle follows the Unicode version of this Python, which is not the table's",
)


def cut_words(text: str) -> list[str]:
    words = split_words(pl.Series([text]))
    return [text[start:end] for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("İ i̇", ["i̇", "i̇"]),
        ("ﬁne ＡＢＣ x²", ["fine", "abc", "x2"]),
        ("Caf\u00e9 cafe\u0301", ["cafe\u0301", "cafe\u0301"]),
        ("\u1ec7 \u00ea\u0323 \u1eb9\u0302", ["e\u0323\u0302"] * 3),
        ("漢字 カナ", ["漢", "字", "カ", "ナ"]),
        ("ガｶﾞ", ["カ\u3099", "カ\u3099"]),
        ("\U00020000\U00020001x", ["\U00020000", "\U00020001", "x"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("한국어 \u1112\u1161\u11ab", [unicodedata.normalize("NFD", "한국어"), "\u1112\u1161\u11ab"]),
        ("a😀b 👩‍👩‍👧", ["a", "b"]),
        ("co\u00adoperate zero\u200bwidth \u200b", ["cooperate", "zerowidth"]),
        ("don't don’t donʼt", ["don", "t"] * 3),
        ("end—start snake_case 3.14", ["end", "start", "snake", "case", "3", "14"]),
        ("½ 1½", ["½", "1½"]),
        (" .,;\n\t", []),
        ("", []),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert normalise_words(text) == expected


def test_places_are_characters_of_the_text() -> None:
    text = "😀 Straße\u00ad! 𝐁old \u200bﬁn ที่"
    assert cut_words(text) == ["Straße", "𝐁old", "ﬁn", "ที่"]


def test_one_character_never_gives_two_words() -> None:
    assert cut_words("㍿株") == ["㍿", "株"]
    assert normalise_words("㍿") == ["株式会社"]


def test_hashes_are_pinned() -> None:
    """Stored fingerprints depend on these values: when this fails, the store must be rebuilt."""
    hashes = split_words(pl.Series(["winnow a é 漢 internationalisation"])).hashes
    assert [f"{value:016x}" for value in hashes.tolist()] == PINNED_HASHES
    digest = hash_texts(pl.Series(["Winnow, a “Sieve”!"]))
    assert digest.to_list() == [hashlib.sha256(b"winnow a sieve").hexdigest()]
    assert key_texts(digest).to_list() == [int(hashlib.sha256(b"winnow a sieve").hexdigest()[:16], 16)]


def test_hash_depends_on_length_and_order() -> None:
    hashes = split_words(pl.Series(["ab ba a aa aaa aaaa abc acb"])).hashes
    assert np.unique(hashes).size == 8


def test_slices_chunks_and_nulls() -> None:
    column = pl.concat([pl.Series("text", ["skipped", "One two"]), pl.Series("text", [None, "three", ""])]).slice(1)
    words = split_words(column)
    assert words.offsets.tolist() == [0, 2, 2, 3, 3]
    assert words.hashes.tolist() == split_words(pl.Series(["one two three"])).hashes.tolist()
    assert count_words(column).to_list() == [2, None, 1, 0]
    assert count_words(column).dtype == pl.UInt32
    assert hash_texts(column).null_count() == 1
    assert hash_texts(column)[3] == hashlib.sha256(b"").hexdigest()


def test_empty_column() -> None:
    empty = pl.Series("text", [], dtype=pl.String)
    assert split_words(empty).offsets.tolist() == [0]
    assert count_words(empty).to_list() == []
    assert key_texts(hash_texts(empty)).dtype == pl.UInt64


def test_column_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a column of strings"):
        split_words(pl.Series("n", [1]))


def test_keys_from_an_expression_equal_keys_from_a_column() -> None:
    digests = hash_texts(pl.Series(["a", "b", "\uac00"]))
    frame = digests.to_frame().select(key_texts(pl.col("text_sha256")))
    assert frame["text_key"].to_list() == key_texts(digests).to_list()


IGNORED = {0x00AD, 0x200B, 0x200C, 0x200D, 0xFE0F, 0xFEFF, 0x034F}
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC", "HANGZHOU")
ALPHABET = st.sampled_from(
    "aBzÉé\u0301\u0323\u0302ßİıſﬁ½²٣ΣςᾳΌЙй한국ᄒ\u1161\u11ab漢字カガｶﾞ々ーทีาำក្ខမြ \n.,'’—_-😀™①㍿\u00ad\u200b\ufe0f"
)


def fold_slowly(character: str) -> str:
    folded = character
    for _ in range(4):
        folded = unicodedata.normalize("NFKD", folded.casefold())
    in_word = [unicodedata.category(part)[0] in "LMN" for part in folded]
    if all(in_word):
        return folded
    return character if unicodedata.category(character)[0] in "LMN" else " "


def split_slowly(text: str) -> list[str]:
    words: list[str] = []
    is_open = takes_mark = False
    for character in text:
        if ord(character) in IGNORED:
            continue
        folded = fold_slowly(character)
        if folded == " ":
            is_open = takes_mark = False
            continue
        is_mark = all(unicodedata.category(part)[0] == "M" for part in folded)
        is_single = any(
            unicodedata.name(part).startswith(UNSPACED) and unicodedata.category(part)[0] == "L" for part in folded
        )
        if (is_mark and takes_mark) or (is_open and not is_single):
            words[-1] += folded
        else:
            words.append(folded)
            is_open, takes_mark = not is_single, True
    return [unicodedata.normalize("NFD", word) for word in words]


@needs_same_unicode
@settings(deadline=None, max_examples=300)
@given(st.text(ALPHABET, max_size=30))
def test_words_agree_with_the_unicode_data(text: str) -> None:
    assert normalise_words(text) == split_slowly(text)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_words_lie_in_order_and_hash_as_they_read(texts: list[str]) -> None:
    words = split_words(pl.Series(texts, dtype=pl.String))
    for number, text in enumerate(texts):
        here = slice(words.offsets[number], words.offsets[number + 1])
        starts, ends = words.starts[here].astype(int), words.ends[here].astype(int)
        assert (starts < ends).all()
        assert (ends[:-1] <= starts[1:]).all()
        assert not ends.size or ends[-1] <= len(text)
        readable = normalise_words(text)
        # One character is one word at most; written out, a few stand for several.
        if all(len(normalise_words(word)) == 1 for word in readable):
            assert words.hashes[here].tolist() == split_words(pl.Series([" ".join(readable)])).hashes.tolist()
        assert hash_texts(pl.Series([text]))[0] == hashlib.sha256(" ".join(readable).encode()).hexdigest()


@pytest.mark.parametrize(("text", "words"), [("กำ", ["ก", "\u0e4d\u0e32"]), ("㍿", ["株式会社"])])
def test_a_character_that_stands_for_several_words_is_one(text: str, words: list[str]) -> None:
    """Words have places of their own in the text, and a character is one place."""
    assert normalise_words(text) == words
    assert split_words(pl.Series([text])).starts.tolist() == list(range(len(words)))


@needs_same_unicode
def test_table_in_the_tree_is_the_generated_one() -> None:
    built, held = build_unicode_table(), load_unicode_table()
    assert np.array_equal(built.blocks, held.blocks)
    assert np.array_equal(built.entries, held.entries)
    assert np.array_equal(built.folds, held.folds)


def test_folding_grows_no_text_beyond_its_room() -> None:
    table = load_unicode_table()
    growth = []
    for code in range(0x110000):
        entry = int(table.entries[int(table.blocks[code >> BLOCK_BITS]) << BLOCK_BITS | code & ((1 << BLOCK_BITS) - 1)])
        if fold := entry >> FOLD_SHIFT:
            folded = "".join(map(chr, table.folds[fold + 1 : fold + 1 + int(table.folds[fold])].tolist()))
            growth.append(len(folded.encode()) / len(chr(code).encode()))
    assert max(growth) == FOLDED_GROWTH
    assert len(normalise_words("\uac01")[0].encode()) <= 3 * FOLDED_GROWTH


def test_zalgo_takes_linear_time() -> None:
    text = "z" + "\u0301\u0323" * 200_000
    assert count_words(pl.Series([text])).to_list() == [1]
