"""PDF documents: the text layer of their pages, with wrapped lines joined to paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any, Final

import polars as pl
import pypdfium2
from pypdfium2 import raw

from transforms.errors import RejectedRecordError
from transforms.parse.parts import blame_content
from transforms.parse.records import FailedRecord, ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

PDFIUM: Final = Lock()
"""PDFium serves one thread at a time, also for different documents."""

MAX_PAGES: Final = 5_000
MAX_CHARACTERS: Final = 20_000_000
"""Text of one document; the longest books have some five million characters."""

FULL_LINE_SHARE: Final = 0.75
"""A line at least this long, as a share of the long lines of its page (the 90th percentile), goes on in the next one;
a shorter one ends its paragraph. Lines of justified and of ragged text alike are longer, last lines mostly shorter."""

WRAPPED_LINE_CHARS: Final = 30
"""Lines of pages whose long lines are shorter than this (slides, tables, verse) are not joined."""

JOINED_HYPHEN: Final = "\ufffe"
"""What PDFium puts for a hyphen at the end of a line, and the line end with it."""

HYPHEN_END: Final = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
HYPHENS: Final = "-\u00ad\u2010"
PASSWORD_ERROR: Final = raw.FPDF_ERR_PASSWORD
SHOWN_PAGES: Final = 20


def read_pdf(files: pl.DataFrame) -> ReadRecords:
    """Read PDF documents: one record each, and a failure beside it for its pages that are pictures."""
    return read_each(files, parse_pdf)


def parse_pdf(content: bytes) -> list[ParsedRecord | FailedRecord]:
    """Parse one PDF document.

    Pages that hold pictures and no text are told by a failure of their own (`no_text_layer`, record 1): nobody may
    take the document for whole. Raises RejectedRecordError: `damaged`, `encrypted`, `too_many_records` (pages),
    `no_text_layer` when no page has text.
    """
    with PDFIUM:
        texts, pictures, title = _read_pages(content)
    lines = [line for text in texts for line in _join_lines(text)]
    if not any(line.text.strip() for line in lines):
        code = "no_text_layer" if pictures else "whitespace_only"
        raise RejectedRecordError(code, f"None of its {len(texts):,} pages has text.")
    printed = {" ".join(line.text.split()) for line in lines}
    stated = [StatedValue("title", title, "pdf.info.title")] if " ".join(title.split()) in printed else []
    records: list[ParsedRecord | FailedRecord] = [ParsedRecord(lines, [value for value in stated if value.value])]
    if pictures:
        shown = ", ".join(map(str, pictures[:SHOWN_PAGES])) + (" and more" if len(pictures) > SHOWN_PAGES else "")
        detail = f"Pages {shown} of {len(texts):,}; the other pages are record 0."
        records.append(FailedRecord(1, RejectedRecordError("no_text_layer", detail)))
    return records


def _read_pages(content: bytes) -> tuple[list[str], list[int], str]:
    """The text of each page, the numbers (from 1) of those that are pictures, and the title that the file states."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        code = "encrypted" if error.err_code == PASSWORD_ERROR else "damaged"
        raise RejectedRecordError(code, f"PDFium says: {error}.") from error
    try:
        with blame_content("PDFium"):
            count = len(document)
            if count > MAX_PAGES:
                raise RejectedRecordError("too_many_records", f"It has {count:,} pages; the limit is {MAX_PAGES:,}.")
            texts: list[str] = []
            pictures: list[int] = []
            characters = 0
            for number in range(count):
                text, has_picture = _read_page(document, number)
                texts.append(text)
                characters += len(text)
                if has_picture and not text.strip():
                    pictures.append(number + 1)
                if characters > MAX_CHARACTERS:
                    raise RejectedRecordError("unpacks_too_large", f"The limit is {MAX_CHARACTERS:,} characters.")
            return texts, pictures, document.get_metadata_value("Title").strip()
    finally:
        document.close()


def _read_page(document: Any, number: int) -> tuple[str, bool]:
    page = document[number]
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range()
        finally:
            text_page.close()
        if text.strip():
            return text, False
        return "", next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])), None) is not None
    finally:
        page.close()


def _join_lines(text: str) -> Iterator[ParsedLine]:
    """The lines of a page, with those joined that are one paragraph; a word that a hyphen splits is made whole."""
    text = text.replace(JOINED_HYPHEN, "-\n").replace("\r\n", "\n").replace("\r", "\n")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    full_chars = _measure_full_line([line for line in lines if line])
    held = ""
    for line in lines:
        held = _append(held, line) if held else line
        if full_chars is None or not line or len(line) < full_chars:
            yield ParsedLine(held)
            held = ""
    if held:
        yield ParsedLine(held)


def _measure_full_line(lines: Sequence[str]) -> float | None:
    """How long a line is at least that goes on; None when lines are not joined."""
    if not lines:
        return None
    long_chars = sorted(map(len, lines))[min(len(lines) - 1, 9 * len(lines) // 10)]
    return FULL_LINE_SHARE * long_chars if long_chars >= WRAPPED_LINE_CHARS else None


def _append(held: str, line: str) -> str:
    if HYPHEN_END.search(held) and line[:1].islower():
        return held.rstrip(HYPHENS) + line
    return f"{held} {line}"
