"""One small file of each format that is read, and of what holds others."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache

import polars as pl
import pyarrow as pa
from docx import Document

SENTENCES = (
    "The harbour board met on Tuesday and decided nothing about the old ferry.",
    "Its engine, which was built in 1931, was last heard in the autumn of that year.",
    "“We will look at it again,” the harbour master said, and shut the door behind her.",
    "Whoever wants to see the drawings can do so in the café at the quay until Friday.",
)
TEXT = "\n\n".join(SENTENCES)
PAGE = (
    "<!DOCTYPE html><html lang='en'><head><title>The old ferry | The Quay</title>"
    "<meta name='author' content='Ada Pier'></head><body><nav><a href='/'>Home</a></nav><article><h1>The old ferry</h1>"
    + "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    + "</article><footer>© The Quay</footer></body></html>"
)
ROWS: Sequence[Mapping[str, object]] = tuple(
    {
        "title": f"The old ferry, part {number}",
        "text": f"{TEXT}\n\nThis is part {number}.",
        "author": "Ada Pier",
        "date": f"2026-03-0{number + 1}",
        "url": f"https://quay.example/ferry/{number}",
    }
    for number in range(3)
)


def write_json_lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "surrogatepass")


def write_csv(rows: Sequence[Mapping[str, object]], separator: str = ",") -> bytes:
    return pl.DataFrame(rows).write_csv(separator=separator).encode()


def write_parquet(rows: Sequence[Mapping[str, object]]) -> bytes:
    sink = io.BytesIO()
    pl.DataFrame(rows).write_parquet(sink)
    return sink.getvalue()


def write_zip(members: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def write_tar(members: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return sink.getvalue()


def compress(content: bytes, ending: str) -> bytes:
    if ending == "zst":
        return bytes(pa.compress(content, codec="zstd", asbytes=True))
    if ending == "gz":
        return gzip.compress(content, mtime=0)
    return bz2.compress(content) if ending == "bz2" else lzma.compress(content)


def write_message(subject: str, text: str, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = ["From: Ada Pier <ada@quay.example>", f"Subject: {subject}", *lines]
    return "\n".join([*head, "Content-Type: text/plain; charset=utf-8", "", text, ""]).encode()


def write_mailbox(messages: Sequence[bytes]) -> bytes:
    """Messages as mail programs write them: a line that starts with From is escaped."""
    escaped = [message.replace(b"\nFrom ", b"\n>From ") for message in messages]
    return b"".join(b"From ada@quay.example Tue Mar  3 07:30:00 2026\n" + message + b"\n" for message in escaped)


def write_multipart(
    parts: Sequence[tuple[str, bytes]], *, subject: str = "The old ferry", kind: str = "mixed"
) -> bytes:
    """A message of parts, each one its headers and its content."""
    body = b"".join(b"--B1\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    head = (
        f"From: The Quay <news@quay.example>\r\nSubject: {subject}\r\nDate: Tue, 03 Mar 2026 07:30:00 +0100\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="B1"\r\n\r\n'
    )
    return head.encode() + body + b"--B1--\r\n"


def write_feed(entries: Sequence[tuple[str, str]]) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://quay.example/{number}</link><dc:creator>Ada Pier</dc:creator>"
        f"<pubDate>Tue, 03 Mar 2026 07:30:00 GMT</pubDate><content:encoded><![CDATA[{body}]]></content:encoded></item>"
        for number, (title, body) in enumerate(entries)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>The Quay</title><language>en</language>{items}</channel></rss>"
    ).encode()


def write_warc(answers: Sequence[tuple[str, str, bytes]], *, status: str = "200 OK") -> bytes:
    """A web archive of answers: address, content type, content."""
    records = []
    for number, (address, content_type, content) in enumerate(answers):
        answer = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode() + content
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2026-03-03T07:30:00Z\r\n"
            f"WARC-Record-ID: <urn:uuid:{number:08d}-0000-4000-8000-000000000000>\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
        )
        records.append(head.encode() + answer + b"\r\n\r\n")
    return b"".join(records)


@cache
def write_docx() -> bytes:
    document = Document()
    document.core_properties.title = "The old ferry"
    document.add_heading("The old ferry", 0)
    for sentence in SENTENCES:
        document.add_paragraph(sentence)
    document.add_paragraph("The first of its kind", style="List Bullet")
    document.add_paragraph("It was never a good ship.", style="Quote")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "1931", "built"
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def write_pdf(pages: Sequence[Sequence[str]], *, with_picture: bool = False) -> bytes:
    """Pages of lines in Helvetica; a page without lines has a picture on it when asked for."""
    places_of_pages = b" ".join(b"%d 0 R" % (5 + 2 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), places_of_pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/Length 1>>stream\nx\nendstream",
    ]
    for number, lines in enumerate(pages):
        shown = [b"(%s) Tj T*" % line.encode("cp1252") for line in lines]
        picture = b"q 100 0 0 100 60 60 cm /I1 Do Q" if with_picture and not lines else b""
        stream = b"BT /F1 11 Tf 14 TL 60 740 Td %s ET %s" % (b" ".join(shown), picture)
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>/XObject<</I1 4 0 R>>>>"
            b"/Contents %d 0 R>>" % (6 + 2 * number),
            b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        ]
    body, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + head + table + tail


@cache
def list_samples() -> dict[str, bytes]:
    """Name -> content of a file of each format, alone and within others."""
    rows, page = write_json_lines(ROWS), PAGE.encode()
    message = write_multipart(
        [
            ("Content-Type: text/html; charset=utf-8", page),
            (
                'Content-Type: text/csv; name="rows.csv"\r\nContent-Disposition: attachment; filename="rows.csv"',
                write_csv(ROWS),
            ),
        ]
    )
    forward = (
        f"FYI\n\n---------- Forwarded message ---------\nFrom: The Quay <news@quay.example>\nSubject: Notes\n\n{TEXT}"
    )
    quoted = "\n".join(f"> {sentence}" for sentence in SENTENCES)
    letter = write_message("Re: ferry", f"No.\n\nOn Tue, 3 Mar 2026, Ada Pier <ada@quay.example> wrote:\n{quoted}\n")
    archive = write_warc([("https://quay.example/ferry", "text/html; charset=utf-8", page)] * 2)
    plain = {
        "plain.txt": TEXT.encode(),
        "marked.md": f"---\ntitle: The old ferry\n---\n# The old ferry\n\n{TEXT}\n".encode(),
        "page.html": page,
        "message.eml": message,
        "forward.eml": write_message("Fwd: Notes", forward, Date="Tue, 3 Mar 2026 07:30:00 +0100"),
        "letters.mbox": write_mailbox([letter, write_message("Ferry", TEXT, List_Id="Quay <quay.example>")]),
        "rows.jsonl": rows,
        "list.json": json.dumps({"count": 3, "articles": ROWS}).encode(),
        "rows.csv": write_csv(ROWS),
        "rows.tsv": write_csv(ROWS, "\t"),
        "rows.parquet": write_parquet(ROWS),
        "feed.rss": write_feed([("The old ferry", f"<p>{TEXT}</p>"), ("Again", TEXT)]),
        "crawl.warc": archive,
        "letter.docx": write_docx(),
        "print.pdf": write_pdf([["The old ferry", *SENTENCES[:2]], SENTENCES[3:]]),
    }
    packed = {
        "members.zip": write_zip({"web/page.html": page, "rows.jsonl": rows, "picture.png": b"\x89PNG\r\n"}),
        "members.tar": write_tar({"web/page.html": page, "notes/plain.txt": TEXT.encode()}),
        "deep.tar.gz": compress(write_tar({"inner.zip": write_zip({"a.txt": TEXT.encode()})}), "gz"),
        "crawl.warc.gz": compress(archive, "gz"),
        "rows.jsonl.zst": compress(rows, "zst"),
        "page.html.bz2": compress(page, "bz2"),
        "plain.txt.xz": compress(TEXT.encode(), "xz"),
    }
    return plain | packed
