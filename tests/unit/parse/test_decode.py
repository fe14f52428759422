from __future__ import annotations

import codecs
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from transforms.errors import RejectedRecordError
from transforms.parse.decode import MAGIC_NUMBERS, decode_bytes

GERMAN = "Über die Brücke fährt heute kein Zug, sagte die Bürgermeisterin. „Morgen schon“, hieß es später."
POLISH = "Burmistrz powiedział, że most zostanie zamknięty. Mieszkańcy są źli, ponieważ dojazd trwa dłużej niż dotąd."
RUSSIAN = "Мост закрыт до конца недели, сообщила мэрия. Жители недовольны, потому что объезд занимает целый час."
JAPANESE = "この橋は週末まで閉鎖されると市長は話した。住民は回り道に一時間かかることに不満を持っている。"
CHINESE = "市长说，这座桥将关闭到周末。居民们很不满意，因为绕道需要整整一个小时，而且没有公共汽车。"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=200)


def reject(content: bytes, declared: str | None = None) -> str:
    with pytest.raises(RejectedRecordError) as caught:
        decode_bytes(content, declared)
    return caught.value.reason_code


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        (GERMAN, "utf-8"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        ("It’s a plain — very plain — text, with “quotes” and nothing else…", "cp1252"),
    ],
)
def test_encoding_is_found_without_declaration(text: str, encoding: str) -> None:
    assert decode_bytes(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("text", [GERMAN, CHINESE])
def test_byte_order_mark_decides_and_goes(mark: bytes, encoding: str, text: str) -> None:
    assert decode_bytes(mark + text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_mark_is_text(encoding: str) -> None:
    assert decode_bytes(GERMAN.encode(encoding)) == GERMAN


def test_declaration_decides_where_bytes_do_not() -> None:
    content = "Ж".encode("cp1251")
    assert decode_bytes(content, "windows-1251") == "Ж"
    assert decode_bytes("été".encode("latin-1"), "ISO-8859-1") == "été"
    assert decode_bytes("“été”".encode("cp1252"), "ISO-8859-1") == "“été”"


@pytest.mark.parametrize("declared", ["utf-7", "rot13", "unicode_escape", "no such thing", "idna", "hex", "", "\0"])
def test_declaration_of_no_character_set_is_ignored(declared: str) -> None:
    assert decode_bytes(GERMAN.encode("cp1252"), declared) == GERMAN


def test_wrong_declaration_does_not_beat_utf8() -> None:
    assert decode_bytes(GERMAN.encode(), "windows-1252") == GERMAN


def test_damaged_utf8_stays_utf8() -> None:
    content = (RUSSIAN * 3).encode()
    assert decode_bytes(content[:-2]) == (RUSSIAN * 3)[:-2] + "\ufffd"
    cut = content[:100] + b"\xd0" + content[100:]
    assert decode_bytes(cut).count("\ufffd") == 1


@pytest.mark.parametrize("magic", [magic for magic, _ in MAGIC_NUMBERS])
def test_magic_number_is_binary(magic: bytes) -> None:
    assert reject(magic + b" and then words and words") == "binary"


def test_control_characters_are_binary() -> None:
    assert reject(b"words and \x00\x01\x02 words") == "binary"
    assert reject(bytes(range(256)) * 4) == "binary"


def test_printable_magic_number_alone_is_text() -> None:
    assert decode_bytes(b"MZ is how the file opens.") == "MZ is how the file opens."


def test_single_stray_control_is_text() -> None:
    assert decode_bytes(b"word " * 200 + b"\x00") == "word " * 200 + "\x00"


def test_bytes_that_fit_nothing_are_undecodable() -> None:
    assert reject(bytes(range(0x80, 0x100)) * 3) == "undecodable"


def test_detail_gives_the_values() -> None:
    with pytest.raises(RejectedRecordError, match=r"They open like a PNG image and are 1,008 bytes long\."):
        decode_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 1000)


@given(TEXT)
def test_utf8_comes_back_as_it_is(text: str) -> None:
    assume(not any(ord(character) < 0x20 or character == "\x7f" for character in text) and not text.startswith("%PDF-"))
    assert decode_bytes(text.encode()) == text


@given(st.binary(max_size=400), st.none() | st.sampled_from(["utf-8", "shift_jis", "utf-16", "big5", "utf-7"]))
def test_any_bytes_are_text_or_rejected(content: bytes, declared: str | None) -> None:
    with suppress(RejectedRecordError):
        decode_bytes(content, declared).encode()  # fails on a lone surrogate
