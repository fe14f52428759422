from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transforms.identity import identify_document

SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_identifier_is_stable_for_years() -> None:
    # Stored in every published dataset: a change here needs a new version of all of them.
    assert identify_document("news/a.txt", 0, SHA256_OF_NOTHING) == "ba302e341048c769273614c59f1a9c33"


def test_identifier_is_32_hex_digits_of_every_part() -> None:
    identifiers = {
        identify_document("a.txt", 0, SHA256_OF_NOTHING),
        identify_document("b.txt", 0, SHA256_OF_NOTHING),
        identify_document("a.txt", 1, SHA256_OF_NOTHING),
        identify_document("a.txt", 0, SHA256_OF_NOTHING.replace("e", "f")),
        identify_document("a.txt0", 0, SHA256_OF_NOTHING),
    }
    assert len(identifiers) == 5
    assert all(len(identifier) == 32 and set(identifier) <= set("0123456789abcdef") for identifier in identifiers)


def test_path_is_taken_as_it_is() -> None:
    composed, decomposed = "caf\u00e9.txt", "cafe\u0301.txt"
    assert identify_document(composed, 0, SHA256_OF_NOTHING) != identify_document(decomposed, 0, SHA256_OF_NOTHING)


@given(
    st.tuples(st.text(st.characters()), st.integers(0, 2**32 - 1)),
    st.tuples(st.text(st.characters()), st.integers(0, 2**32 - 1)),
)
def test_different_documents_have_different_identifiers(one: tuple[str, int], other: tuple[str, int]) -> None:
    """Any string is a path, also with the surrogates of names that are not UTF-8."""
    is_same = identify_document(*one, SHA256_OF_NOTHING) == identify_document(*other, SHA256_OF_NOTHING)
    assert is_same == (one == other)


def test_surrogates_do_not_collide_with_the_bytes_they_stand_for() -> None:
    assert identify_document("\udcc3\udca9", 0, SHA256_OF_NOTHING) != identify_document("é", 0, SHA256_OF_NOTHING)
