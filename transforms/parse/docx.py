"""Word documents (.docx): paragraphs and tables in order, with what their styles say."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import polars as pl
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph

from transforms.errors import RejectedRecordError
from transforms.parse.parts import blame_content
from transforms.parse.records import ParsedLine, ParsedRecord, ReadRecords, StatedValue, read_each

STYLE_KINDS: Final = (
    (re.compile(r"^title$", re.IGNORECASE), "title"),
    (re.compile(r"^subtitle$", re.IGNORECASE), "subtitle"),
    (re.compile(r"^heading \d$", re.IGNORECASE), "heading"),
    (re.compile(r"^list\b", re.IGNORECASE), "list_item"),
    (re.compile(r"\bquote$", re.IGNORECASE), "quote"),
    (re.compile(r"^caption$", re.IGNORECASE), "caption"),
)
"""Names of Word's own styles, which its files hold in English whatever the language, with the kind of line they say."""

CELL_SEPARATOR: Final = " | "

MAX_DOCX_BYTES: Final = 100_000_000
"""Unpacked parts of one document, as its table of contents says; the library reads all of them into memory. Nothing is
unpacked beyond what that table says."""

MAX_TABLE_CELLS: Final = 100_000


def read_docx(files: pl.DataFrame) -> ReadRecords:
    """Read Word documents: one record each."""
    return read_each(files, parse_docx)


def parse_docx(content: bytes) -> list[ParsedRecord]:
    """Parse one Word document. RejectedRecordError: `damaged`, `unpacks_too_large`.

    Footnotes, headers and footers of pages, comments and text boxes are not read. The title that the properties state
    counts when the document prints it: else it is often that of the file which it was made from.
    """
    _check_size(content)
    with blame_content("python-docx"):
        document = Document(io.BytesIO(content))
        lines = list(_list_lines(document))
        title = (document.core_properties.title or "").strip()
        links = [relation.target_ref for relation in document.part.rels.values() if relation.is_external]
    printed = {" ".join(line.text.split()) for line in lines}
    stated = [StatedValue("title", title, "docx.properties.title")] if " ".join(title.split()) in printed else []
    stated += [
        StatedValue("links", link, "docx.hyperlink") for link in dict.fromkeys(links) if link.lower().startswith("http")
    ]
    return [ParsedRecord(lines, [value for value in stated if value.value])]


def _check_size(content: bytes) -> None:
    with blame_content("zipfile"):
        size_bytes = sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(content)).infolist())
    if size_bytes > MAX_DOCX_BYTES:
        raise RejectedRecordError(
            "unpacks_too_large", f"Its parts hold {size_bytes:,} bytes; the limit is {MAX_DOCX_BYTES:,}."
        )


def _list_lines(document: Any) -> Iterator[ParsedLine]:
    cells = 0
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            kind, rule = _decide_hint(block)
            for text in block.text.split("\n"):
                yield ParsedLine(text, hint=kind if text.strip() else None, hint_rule=rule if text.strip() else None)
        elif isinstance(block, Table):
            for row in block.rows:
                # A merged cell stands in the row once for each column that it fills.
                texts = list(dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells))
                cells += len(texts)
                if cells > MAX_TABLE_CELLS:
                    raise RejectedRecordError(
                        "too_many_records", f"Its tables have more than {MAX_TABLE_CELLS:,} cells."
                    )
                yield ParsedLine(CELL_SEPARATOR.join(text for text in texts if text))


def _decide_hint(paragraph: Paragraph) -> tuple[str | None, str | None]:
    name = (paragraph.style.name if paragraph.style is not None else None) or ""
    for pattern, kind in STYLE_KINDS:
        if pattern.search(name):
            return kind, f"docx.style.{name}"
    properties = paragraph._p.pPr
    is_listed = properties is not None and properties.numPr is not None
    return ("list_item", "docx.numbering") if is_listed else (None, None)
