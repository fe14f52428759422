"""From the bytes of a file to text, without guessing where the bytes themselves say what they are."""

from __future__ import annotations

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

from transforms.errors import RejectedRecordError

BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 before UTF-16: the little-endian mark of the one opens with that of the other."""

MAGIC_NUMBERS: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1f\x8b\x08", "gzip archive"),
    (b"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (b"\xfd7zXZ\x00", "XZ archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"\x7fELF", "ELF program"),
    (b"\xcf\xfa\xed\xfe", "Mach-O program"),
    (b"SQLite format 3\x00", "SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE document (old Office)"),
    (b"\x1aE\xdf\xa3", "Matroska video"),
    (b"\x00\x00\x01\x00", "icon"),
)
"""First bytes that no text file has. `%PDF-` could be typed, but nobody opens an article with it."""

PRINTABLE_MAGIC_NUMBERS: Final = (
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"PAR1", "Parquet file"),
    (b"MZ", "Windows program"),
    (b"BM", "BMP image"),
    (b"RIFF", "RIFF media"),
    (b"ID3", "MP3 audio"),
    (b"OggS", "Ogg media"),
    (b"BZh", "bzip2 archive"),
    (b"wOF", "web font"),
)
"""First bytes that a text could have: they only name what the control characters have given away."""

CONTROL_BYTES: Final = bytes(set(range(0x20)) - set(b"\t\n\v\f\r")) + b"\x7f"
MAX_CONTROL_SHARE: Final = 0.005
"""Bytes with a higher share of control characters are not text. Random or compressed bytes have a share of .11; of
60,999 pages and articles in the evaluation files the highest has .00014. Below the limit they are dropped."""

WHATWG_ALIASES: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""Declared names that stand for a larger set in practice (WHATWG Encoding Standard, section 4.2)."""

KNOWN_ENCODINGS: Final = frozenset(
    {f"cp{number}" for number in (437, 850, 852, 855, 866, 874, 932, 949, *range(1250, 1259))}
    | {f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
    | {"utf-8", "koi8-r", "koi8-u", "gb18030", "big5hkscs", "euc_jp", "johab", "mac-roman", "mac-cyrillic", "ptcp154"}
)
"""Encodings that may be taken on a declaration. Python's own list also holds codecs that are no
character sets (`rot13`, `unicode_escape`, `utf-7`, which can smuggle surrogates)."""

WESTERN_BYTES: Final = "€…‘’“”•–—™ £§©®°«»¿¡ºªàáâãäåæçèéêëìíîïñòóôõöøùúûüßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ".encode(
    "cp1252"
)
"""What Western European text in Windows-1252 holds beyond ASCII. The letters of Polish, Czech, Romanian, Croatian,
Turkish and Baltic text in its own encoding fall on other bytes too, so that it does not pass for Western."""

HUNGARIAN_O: Final = b"\xf5"
PORTUGUESE_A: Final = b"\xe3"
"""Hungarian in Windows-1250 shares all its bytes with Western text. Its ő stands where õ does, which Portuguese does
not use without ã."""

MAX_WESTERN_SHARE: Final = 0.2
"""Cyrillic and Greek letters fall on Western ones, but fill the text; French has .05 of them."""

KANA: Final = re.compile("[ぁ-ヿ]")
MIN_KANA_SHARE: Final = 0.2
"""Of the characters beyond ASCII in Japanese text about half are kana; Chinese text has none."""

GUESSED_ENCODINGS: Final = (
    *(f"cp{number}" for number in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 866, 874, 932, 949)),
    *("iso8859-2", "iso8859-5", "iso8859-7", "koi8-r", "koi8-u", "gb18030", "big5hkscs", "euc_jp"),
)
"""Encodings taken on their fit alone: those in use. Rare ones fit short texts of others just as well."""

ESCAPE_TO_JAPANESE: Final = b"\x1b$"
"""Opens every run of two-byte characters in ISO-2022-JP, which else looks like ASCII."""

SAMPLE_BYTES: Final = 65_536
"""How much of a file charset-normalizer looks at. Its time grows with the sample, its answer no longer changes."""

MIN_VALID_PER_BROKEN: Final = 10
"""A file with this many whole UTF-8 sequences for each broken one is damaged UTF-8, not another encoding: bytes of
other encodings form whole sequences of UTF-8 only by chance."""

MULTIBYTE_SEQUENCE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
REPLACEMENT: Final = "�"


def decode_bytes(content: bytes, declared: str | None = None) -> str:
    """Return the text that `content` encodes, without a byte order mark.

    In order: byte order mark, strict UTF-8, UTF-8 with a few broken bytes (each becomes U+FFFD), UTF-16 without mark,
    `declared` (the name of the encoding that the markup states, in any spelling), Windows-1252 when the bytes beyond
    ASCII are what Western text has there, EUC-JP likewise, the best fit of charset-normalizer.

    Raises RejectedRecordError with `binary` or `undecodable`. Control characters can remain; surrogates cannot.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_marked(content[len(mark) :], encoding)
    _reject_magic_number(content)
    wide = _decode_unmarked_utf16(content)
    if wide is not None:
        return wide
    _reject_control_characters(content)
    for text in (_decode_iso2022(content), _decode_utf8(content), _decode_declared(content, declared)):
        if text is not None:
            return text
    return _decode_western(content) or _decode_japanese(content) or _decode_best_fit(content)


def _decode_marked(content: bytes, encoding: str) -> str:
    """Decode what follows a byte order mark; a broken end or character becomes U+FFFD, a text of them is rejected."""
    text = content.decode(encoding, "replace")
    broken = text.count(REPLACEMENT)
    if broken * MIN_VALID_PER_BROKEN > len(text):
        raise RejectedRecordError(
            "undecodable",
            f"The byte order mark says {encoding}, but {broken:,} of {len(text):,} characters are broken.",
        )
    controls = sum(map(text.count, map(chr, CONTROL_BYTES)))
    if controls > MAX_CONTROL_SHARE * len(text):
        raise RejectedRecordError("binary", f"{controls:,} of {len(text):,} characters are control characters.")
    return text


def _reject_magic_number(content: bytes) -> None:
    for magic, name in MAGIC_NUMBERS:
        if content.startswith(magic):
            raise RejectedRecordError("binary", f"They open like a {name} and are {len(content):,} bytes long.")


def _reject_control_characters(content: bytes) -> None:
    controls = len(content) - len(content.translate(None, CONTROL_BYTES))
    escapes = 2 * content.count(ESCAPE_TO_JAPANESE)  # each opening escape has a closing one
    if controls - escapes > MAX_CONTROL_SHARE * len(content):
        names = [
            f", and they open like a {name}" for magic, name in PRINTABLE_MAGIC_NUMBERS if content.startswith(magic)
        ]
        detail = f"{controls:,} of {len(content):,} bytes are control characters{''.join(names)}."
        raise RejectedRecordError("binary", detail)


def _decode_unmarked_utf16(content: bytes) -> str | None:
    """Decode UTF-16 that lacks its mark: text in mostly Latin letters has a NUL in every second place."""
    pairs = len(content) // 2
    if pairs == 0 or content.count(0) < pairs // 2:
        return None
    for encoding, high_bytes, low_bytes in (
        ("utf-16-le", content[1::2], content[0::2]),
        ("utf-16-be", content[0::2], content[1::2]),
    ):
        if high_bytes.count(0) > pairs // 2 and low_bytes.count(0) == 0:
            try:
                return _reject_wide_controls(content.decode(encoding))
            except UnicodeDecodeError:
                return None
    return None


def _reject_wide_controls(text: str) -> str | None:
    controls = sum(map(text.count, map(chr, CONTROL_BYTES)))
    return None if controls > MAX_CONTROL_SHARE * len(text) else text


def _decode_iso2022(content: bytes) -> str | None:
    if ESCAPE_TO_JAPANESE not in content:
        return None
    try:
        return content.decode("iso2022_jp_2")
    except UnicodeDecodeError:
        return None


def _decode_utf8(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
    broken = text.count(REPLACEMENT)
    whole = len(MULTIBYTE_SEQUENCE.findall(content))
    return text if whole >= MIN_VALID_PER_BROKEN * broken else None


def _decode_declared(content: bytes, declared: str | None) -> str | None:
    encoding = _find_encoding(declared) if declared else None
    if encoding is None:
        return None
    return _decode_strictly(content, encoding)


def _decode_western(content: bytes) -> str | None:
    rest = content.translate(None, WESTERN_BYTES)
    is_western = rest.isascii() and len(rest) >= (1 - MAX_WESTERN_SHARE) * len(content)
    is_hungarian = HUNGARIAN_O in content and PORTUGUESE_A not in content
    return content.decode("cp1252") if is_western and not is_hungarian else None


def _decode_japanese(content: bytes) -> str | None:
    text = _decode_strictly(content, "euc_jp")
    if text is None:
        return None
    beyond_ascii = sum(not character.isascii() for character in text)
    return text if len(KANA.findall(text)) >= MIN_KANA_SHARE * beyond_ascii else None


def _decode_strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _find_encoding(label: str) -> str | None:
    """The name of a known encoding for `label`, or None."""
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):  # ValueError: a NUL in the label
        return None
    name = WHATWG_ALIASES.get(name, name)
    return name if name in KNOWN_ENCODINGS else None


def _decode_best_fit(content: bytes) -> str:
    for match in from_bytes(content[:SAMPLE_BYTES], cp_isolation=list(GUESSED_ENCODINGS), enable_fallback=False):
        text = _decode_strictly(content, match.encoding)
        if text is not None:
            return text
    position = next(place for place, byte in enumerate(content) if byte > 0x7F)  # noqa: PLR2004 - end of ASCII
    raise RejectedRecordError(
        "undecodable", f"The first of its {len(content):,} bytes that is not ASCII stands at {position:,}."
    )
