"""What all formats share once their lines are known: repair, strip, drop the empty ones, number the rest."""

from __future__ import annotations

from typing import Final

import ftfy
import polars as pl

SPACES: Final = (
    "".join(
        map(chr, (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029))
    )
    + "\u202f\u205f\u3000"
)
"""White space of Unicode, and the four information separators that Python's `str.strip` takes for white space too."""

INVISIBLE: Final = "\u180e\u200b\u200c\u200d\u2060\ufeff"
"""Characters without width: they mean something between two letters and nothing at the end of a line."""

LINE_END_PATTERN: Final = r"\r\n|[\r\v\f\x{2028}\x{2029}]"
"""Line ends of other systems, page breaks, and Unicode's own line and paragraph ends."""

NEXT_LINE: Final = "\x85"
"""A line end of mainframes; in a text that holds other C1 controls, an ellipsis of Windows-1252 read as Latin-1."""

OTHER_C1_PATTERN: Final = r"[\x{80}-\x{84}\x{86}-\x{9f}]"
CONTROL_PATTERN: Final = r"[\x00-\x08\x0e-\x1f\x{7f}-\x{84}\x{86}-\x{9f}]"
BREAK_PATTERN: Final = r"[\n\r\v\f\x{85}\x{2028}\x{2029}]+"

CONTINUATION: Final = "\\x{80}-\\x{bf}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸĄąĽľĚěŁłŚśŠšŞşŤťŹźŽžŻż˘ˇ˛˝"
"""What the second byte of a UTF-8 character becomes in Latin-1, Windows-1250 and Windows-1252."""

MOJIBAKE_PATTERN: Final = "|".join(
    (
        r"[\x{80}-\x{84}\x{86}-\x{9f}]",
        f"[\\x{{c2}}-\\x{{f4}}ĂÂÄĹă][{CONTINUATION}]",
        "(?:[РС][ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџ\\x{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\\x{ad}®Ї°±Ііґµ¶·ё№є»јЅѕї]){2}",
        "‚Ä|√[†°¢£§•¶ß®©™´¨≠Æ]|ΓÇ|[├┬][\\x{a0}-\\x{ff}⌐¬½¼╣║╗]",
        "ï¿½|Ã ",
    )
)
"""Signs of text that was decoded with the wrong encoding: UTF-8 read as Latin-1, Windows-1250, -1251 or -1252, Mac
Roman or code page 437. Cheap and generous: it only chooses the lines that ftfy looks at."""

REPAIR: Final = ftfy.TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
)
"""Encoding mistakes only. Quotes, ligatures, widths and composition are the author's."""


def unify_line_ends(text: pl.Expr) -> pl.Expr:
    """Put a line feed for every other line end: `\\r\\n`, `\\r`, vertical tab, form feed, U+0085, U+2028, U+2029."""
    unified = text.str.replace_all(LINE_END_PATTERN, "\n")
    is_next_line = unified.str.contains(NEXT_LINE, literal=True) & ~unified.str.contains(OTHER_C1_PATTERN)
    return pl.when(is_next_line).then(unified.str.replace_all(NEXT_LINE, "\n", literal=True)).otherwise(unified)


def strip_ends(text: pl.Expr) -> pl.Expr:
    """Take white space and characters without width off both ends of `text`."""
    return text.str.strip_chars(SPACES + INVISIBLE)


def clean_texts(texts: pl.Series) -> pl.Series:
    """Repair encoding mistakes, drop control characters other than the tab, and strip both ends, in each text.

    Each text is one line; a line end that a repair brings to light becomes a space. Nulls stay. A text without signs
    of mojibake, control characters, and white space at its ends comes back as it is.
    """
    name = texts.name or "text"
    text = pl.col(name)
    return (
        texts.alias(name)
        .to_frame()
        .with_columns(repair_mojibake(texts).alias(name))
        .with_columns(strip_ends(text.str.replace_all(BREAK_PATTERN, " ").str.replace_all(CONTROL_PATTERN, "")))
        .to_series()
    )


def repair_mojibake(texts: pl.Series) -> pl.Series:
    """Undo wrong decodings in the texts that show signs of one (ftfy, R. Speer, 2019); leave all others untouched."""
    suspects = texts.str.contains(MOJIBAKE_PATTERN).fill_null(value=False)
    positions = suspects.arg_true()
    if positions.is_empty():
        return texts
    repaired = [ftfy.fix_encoding(text, REPAIR) for text in texts.gather(positions)]
    return texts.scatter(positions, pl.Series(repaired, dtype=pl.String))


def number_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Clean the lines of LINES_READ, drop the blank ones and number the others within their record.

    Adds `line`. The blank lines of a record stand in `blank_before` of the line that follows them.
    """
    cleaned = lines.with_columns(clean_texts(lines["text"]).alias("text"))
    is_blank = pl.col("text").str.len_bytes() == 0
    record = ["source", "record"]
    is_first = pl.struct(record) != pl.struct(record).shift(1)
    return (
        cleaned.with_columns(
            # Counts the blank lines up to and with this row: a line that turned out blank, and those in front of it.
            blanks_so_far=(pl.col("blank_before") + is_blank.cast(pl.UInt32)).cum_sum(),
            blanks_before_record=pl.when(is_first.fill_null(value=True))
            .then((pl.col("blank_before") + is_blank.cast(pl.UInt32)).cum_sum().shift(1, fill_value=0))
            .forward_fill(),
        )
        .filter(~is_blank)
        .with_row_index("row")
        .with_columns(is_first=is_first.fill_null(value=True))
        .with_columns(
            line=pl.col("row") - pl.when("is_first").then("row").forward_fill(),
            blank_before=pl.col("blanks_so_far")
            - pl.when("is_first").then("blanks_before_record").otherwise(pl.col("blanks_so_far").shift(1)),
        )
        .select(*record, "line", "text", "blank_before", "hint", "hint_rule")
    )
