"""The tables of characters, held against the Unicode data of the running Python."""

import unicodedata
from typing import Final

import pytest

from transforms.linemodel import characters
from transforms.linemodel.characters import TABLE_SIZE, make_kinds, make_lower

CASED: Final = [(0x41, 0x24F), (0x386, 0x3CE), (0x400, 0x52F), (0x531, 0x587), (0x1E00, 0x1E95)]
KINDS: Final = make_kinds().tolist()
LOWER: Final = make_lower().tolist()


def test_capitals_have_the_small_letters_of_unicode() -> None:
    for first, last in CASED:
        for code in range(first, last + 1):
            small = chr(code).lower()
            is_table = code < 0x180 or code > 0x24F
            if is_table and len(small) == 1 and unicodedata.category(chr(code)) in ("Lu", "Ll"):
                assert LOWER[code] == ord(small), hex(code)


def test_spaces_and_digits_are_those_of_unicode() -> None:
    for code in range(0x21, TABLE_SIZE):
        character = chr(code)
        if character.isspace() and code not in (0x1680, 0x1C, 0x1D, 0x1E, 0x1F):
            assert KINDS[code] == characters.SPACE, hex(code)
        elif KINDS[code] == characters.SPACE:
            assert unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc"), hex(code)
        if KINDS[code] == characters.DIGIT:
            assert character.isdigit()


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        ("aßéñčœđжяωա", characters.LOWER),
        ("AÉÑČŒĐЖЯΩԱŸ", characters.UPPER),
        ("אبक한", characters.CASELESS),
        ("日本語ไทย", characters.UNSPACED),
        (".!?。…؟।", characters.STOP),
        ('«»“”‘„"', characters.QUOTE),
        ("|•·©→#/@", characters.SYMBOL),
        ("'’-", characters.JOINER),
    ],
)
def test_kinds(sample: str, kind: int) -> None:
    assert {KINDS[ord(character)] for character in sample} == {kind}
