"""Web archives (WARC 1.0 and 1.1): the pages and texts among what servers answered."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any, Final

from warcio.archiveiterator import ArchiveIterator

from transforms.contracts.vocabulary import CONTAINER_TYPES, MEDIA_TYPES, UNKNOWN_MEDIA_TYPE
from transforms.errors import RejectedRecordError
from transforms.parse.decode import decode_bytes
from transforms.parse.parts import CHUNK_BYTES, Budget, Part, blame_content
from transforms.parse.records import StatedValue
from transforms.parse.sniff import sniff_media_type

logging.getLogger("warcio").setLevel(logging.ERROR)  # it warns of each address that it mends

RECORD_TYPES: Final = ("response", "resource")
"""Records that hold what was fetched; requests, revisits and crawl data hold no document."""

PAGE_TYPES: Final = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "text/plain": "text/plain",
    "text/markdown": "text/markdown",
    "application/pdf": "application/pdf",
    "application/rss+xml": MEDIA_TYPES[".rss"],
    "application/atom+xml": MEDIA_TYPES[".rss"],
}
"""Content type of an answer -> media type that it is read as. Pictures, styles, scripts and data are passed over: a
page brings dozens of them."""

MARKED_UTF8: Final = b"\xef\xbb\xbf"


class _Records(ArchiveIterator):  # type: ignore[misc]  # the library has no types
    """Counts records of a wrong length, as the library does, without printing a warning for each."""

    INC_RECORD = ""


def unpack_web_archive(part: Part, budget: Budget) -> Iterator[Part]:
    """Give the pages, texts and PDFs of a web archive, in its order, each named by its address.

    Answers that say that something went wrong (status 400 and above) or that it is elsewhere (300 to 399) are passed
    over. An answer that cannot be unpacked is a part with an error. RejectedRecordError: `damaged` when the archive is
    cut short or broken between records, `no_documents` when it holds none, and the limits of `budget`.
    """
    found = False
    with blame_content("warcio"):
        records = _Records(io.BytesIO(part.content), ensure_http_headers=False)
    while True:
        with blame_content("warcio"):
            record = next(records.the_iter, None)
        if records.err_count:
            raise RejectedRecordError("damaged", "A record is longer or shorter than its Content-Length says.")
        if record is None:
            break
        media_type = _find_page_type(record) if record.rec_type in RECORD_TYPES else None
        if media_type is None:
            continue
        budget.take_part()
        found = True
        yield _unpack_record(part, record, media_type, budget)
    if not found:
        raise RejectedRecordError("no_documents", "None of its records is an answer with a page, a text or a PDF.")


def _find_page_type(record: Any) -> str | None:
    """What the answer is read as; None when it is nothing that could be a document."""
    status = record.http_headers.get_statuscode() if record.http_headers else "200"
    if not status.startswith("2"):
        return None
    return PAGE_TYPES.get(_find_content_type(record)[0])


def _find_content_type(record: Any) -> tuple[str, str | None]:
    """Content type of an answer, in lower case, and the encoding that it declares."""
    headers = record.http_headers or record.rec_headers
    kind, *parameters = (headers.get_header("Content-Type") or "").split(";")
    encodings = [value for name, _, value in (item.partition("=") for item in parameters) if _is_charset(name)]
    return kind.strip().lower(), encodings[0].strip(" \"'") if encodings else None


def _is_charset(name: str) -> bool:
    return name.strip().lower() == "charset"


def _unpack_record(part: Part, record: Any, media_type: str, budget: Budget) -> Part:
    address = record.rec_headers.get_header("WARC-Target-URI") or ""
    address = address.strip("<> ")
    member = f"{part.member}/{address}" if part.member else address or "answer without address"
    stated = [StatedValue("url", address, "warc.target_uri")] if address.lower().startswith("http") else []
    chunks: list[bytes] = []
    try:
        with blame_content("warcio"):
            stream = record.content_stream()
            while chunk := stream.read(CHUNK_BYTES):
                budget.take_bytes(len(chunk))
                chunks.append(chunk)
        content = b"".join(chunks)
        if getattr(record.raw_stream, "limit", 0):
            raise RejectedRecordError("damaged", "The archive ends within the answer.")
        if not content:
            raise RejectedRecordError("empty", "The answer has no content.")
        if media_type.startswith("text/"):
            sniffed = sniff_media_type("page.txt", content)
            if sniffed in CONTAINER_TYPES.values() or sniffed == UNKNOWN_MEDIA_TYPE:
                raise RejectedRecordError("binary", f"The content type says {media_type}, the bytes {sniffed}.")
            content = _decode_declared(content, _find_content_type(record)[1])
    except RejectedRecordError as error:
        if error.reason_code in ("unpacks_too_large", "too_many_records"):
            raise
        return Part(member, address, error=error)
    return Part(member, address, content, media_type, stated)


def _decode_declared(content: bytes, charset: str | None) -> bytes:
    """Bring the content to marked UTF-8 where its header declares an encoding, which outranks what the page says."""
    if charset is None or charset.lower().replace("-", "") == "utf8":
        return content
    return MARKED_UTF8 + decode_bytes(content, charset).encode("utf-8", "surrogatepass")
