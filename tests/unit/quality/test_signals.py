"""Quality signals are what their definitions say, whichever way they are counted."""

import unicodedata
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.quality.definitions import read_signals
from transforms.contracts import SIGNALS
from transforms.contracts.signals import CONTACTS, SIGNAL_COLUMNS, STOP_WORD_LANGUAGES
from transforms.quality import measure_signals
from transforms.quality.characters import BLOCK_BITS, describe_characters, load_characters
from transforms.quality.repetition import LOGARITHMS
from transforms.quality.stop_words import load_word_sets, read_stop_words

# Pieces that the definitions tell apart. No capital sigma: which small letter it becomes depends on what follows.
SIGNS = (
    "the be to dog Dog DOG NATO U2 don't e.g. 3.14 1,000 ½ x² Élan É ß ﬁ Ångström naïve İstanbul ДОМ дом שלום 東京 ٣ "
    'der die und... und.… … ... .... . ! ? ” " # #tag {x} } • – - * -item *item a_b _ ` ~ lorem ipsum Lorem, Ipsum '
    "javascript JavaScript, javascript. 。 ？ \u00a0 \u2003 \u0301 😀"
)
PIECES = SIGNS.split(" ")
WORDS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map(" ".join)
FEW_WORDS = st.lists(st.sampled_from(["a", "bb", "The", "ccc."]), min_size=1, max_size=25).map(" ".join)


def tidy(lines: Sequence[str]) -> str:
    """A text as cleaning leaves it: lines without white space around them, none of them empty, and a word in it."""
    return "\n\n".join(line for line in (line.strip() for line in [*lines, "word"]) if line)


TEXTS = st.lists(st.one_of(WORDS, FEW_WORDS), min_size=1, max_size=8).map(tidy)
LANGUAGES = st.sampled_from([None, "en", "de", "en-GB", "ja"])


def measure(texts: Sequence[str], languages: Sequence[str | None]) -> pl.DataFrame:
    ids = [f"{number:032x}" for number in range(len(texts))]
    schema = {"document_id": pl.String, "text": pl.String, "language": pl.String}
    return measure_signals(pl.DataFrame({"document_id": ids, "text": texts, "language": languages}, schema=schema))


@given(st.lists(st.tuples(TEXTS, LANGUAGES), min_size=1, max_size=6))
def test_signals_are_what_their_definitions_say(documents: list[tuple[str, str | None]]) -> None:
    texts, languages = zip(*documents, strict=True)
    found = measure(texts, languages)
    assert found.schema == SIGNALS.polars_schema
    for row, (text, language) in zip(found.iter_rows(named=True), documents, strict=True):
        expected = read_signals(text, language and language.split("-")[0])
        for name, value in expected.items():
            assert row[name] == (value if value is None else pytest.approx(value, rel=1e-5, abs=1e-6)), (name, text)


def test_every_column_has_a_definition() -> None:
    named = set(read_signals("A word.", "en")) | {column.name for column in CONTACTS}
    assert named == {column.name for column in SIGNAL_COLUMNS}


def test_long_texts_and_long_words() -> None:
    """Room is made for the longest text; the next ones do not see what it left."""
    long = " ".join(f"w{number % 977}" for number in range(20_000))
    texts = [long, "one two", "z" * 5_000, "one two one two one two\n\none two"]
    found = measure(texts, ["en"] * 4)
    for row, text in zip(found.iter_rows(named=True), texts, strict=True):
        for name, value in read_signals(text, "en").items():
            assert row[name] == (value if value is None else pytest.approx(value, rel=1e-5, abs=1e-6)), name


@given(st.lists(TEXTS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_a_text_has_its_signals_in_any_company(texts: list[str], random: object) -> None:
    together = measure(texts, ["en"] * len(texts)).drop("document_id")
    apart = pl.concat([measure([text], ["en"]).drop("document_id") for text in texts])
    assert together.equals(apart)
    turned = measure(texts[::-1], ["en"] * len(texts)).drop("document_id")
    assert turned.reverse().equals(together)


def test_no_document_gives_no_row() -> None:
    assert measure([], []).equals(SIGNALS.empty())


def test_contacts_are_counted_masked_or_not() -> None:
    texts = [
        "Call 202-555-0143 or write to mira@example.org.",
        "Call |||PHONE_NUMBER||| or |||EMAIL_ADDRESS|||.",
        "No.",
    ]
    found = measure(texts, [None] * 3)
    assert found["phone_number_count"].to_list() == [1, 1, 0]
    assert found["email_address_count"].to_list() == [1, 1, 0]


def test_the_stop_word_lists_are_those_that_the_contract_names() -> None:
    lists = read_stop_words()
    assert tuple(lists) == STOP_WORD_LANGUAGES
    assert all(len(set(words)) == len(words) >= 100 for words in lists.values())


def test_language_tags_find_their_list() -> None:
    sets = load_word_sets()
    places = sets.locate(pl.Series(["en-GB", "nb", "no", "en", "ja", None, "enm"], dtype=pl.String))
    assert places[0].tolist() == places[3].tolist() == list(sets.places["en"])
    assert places[1].tolist() == places[2].tolist() == list(sets.places["no"])
    assert not places[4:].any()


def test_the_character_table_is_what_python_says() -> None:
    """Of characters that the running Python knows; the table keeps what it was made with."""
    ascii_bits, blocks, entries = load_characters()
    codes = np.arange(0x110000)
    held = entries[(blocks[codes >> BLOCK_BITS].astype(np.int64) << BLOCK_BITS) | codes & 255]
    assert np.array_equal(held[:128], ascii_bits)
    differing = np.flatnonzero(held != describe_characters())
    made_with = unicodedata.unidata_version.split(".")[0]
    assert not differing.size or made_with != "14"


def test_logarithms_stand_in_their_places() -> None:
    assert LOGARITHMS[1:].tolist() == pytest.approx(np.log(np.arange(1, 257)).tolist())
