from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.contracts.parsed import FAILURES, LINES, RECORDS
from transforms.contracts.vocabulary import LINE_KINDS, MEDIA_TYPES, REJECT_REASONS
from transforms.identity import identify_document
from transforms.parse import READERS, TABLE_READERS, find_media_type, parse_sources

from .parse_helpers import list_lines, make_sources, parse_one

PAGE = (
    "<!DOCTYPE html><html lang='en'><head><title>The old ferry</title><meta name='author' content='Ada Pier'>"
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "The old ferry"}</script></head><body>'
    "<nav><ul><li><a href='/'>Home</a></li></ul></nav><article><h1>The old ferry</h1><p class='byline'>By Ada Pier</p>"
    "<p>The board met on Tuesday &amp; decided nothing.</p><blockquote>It was never a good ship.</blockquote>"
    "<table><tr><td>2019<td>40</table><pre>a\n b</pre></article><footer>© Harbour News</footer></body></html>"
).encode()
MARKDOWN = (
    b"---\ntitle: x\nauthor: [a, b]\n---\n# Head\n\n- a\n  - b\n\n> c [d](e)\n\n|a|b|\n|-|-|\n|c|d|\n\n<div>x</div>\n"
)
SEEDS = {"a.html": PAGE, "a.md": MARKDOWN, "a.txt": "caf\u00e9 â€™ \u2028 x\n\n\ty\r\n".encode()}


def test_every_media_type_has_a_reader() -> None:
    assert {*READERS, *TABLE_READERS} == set(MEDIA_TYPES.values())
    assert not set(READERS) & set(TABLE_READERS)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("deep/er/A.HTML", "text/html"),
        ("a.tar.md", "text/markdown"),
        ("a", "application/octet-stream"),
        (".txt", "application/octet-stream"),
        ("a.pages", "application/octet-stream"),
        ("a.PDF", "application/pdf"),
        ("a.tar.GZ", "application/gzip"),
        ("a.tgz", "application/gzip"),
        ("dir.txt/a", "application/octet-stream"),
    ],
)
def test_ending_gives_the_media_type(path: str, media_type: str) -> None:
    assert find_media_type(path) == media_type


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("a.pages", b"x", "unknown_format"),
        ("a.pages", b"", "unknown_format"),
        ("a.pdf", b"x", "damaged"),
        ("a.txt", b"", "empty"),
        ("a.html", b"", "empty"),
        ("a.txt", " \n\u00a0\u200b\r\n".encode(), "whitespace_only"),
        ("a.md", b"\n \n", "whitespace_only"),
        ("a.md", b"---\ntitle: x\n---\n", "whitespace_only"),
        ("a.html", b"%PDF-1.7 x", "damaged"),
        ("a.html", b"7z\xbc\xaf\x27\x1c x", "binary"),
        ("a.md", b"\x00\x01\x02\x03", "binary"),
        ("a.txt", bytes(range(0x80, 0x100)) * 3, "undecodable"),
        ("a.html", b"<i>" * 1000, "unparsable"),
    ],
)
def test_failures_say_why(path: str, content: bytes, code: str) -> None:
    parsed = parse_one(path, content)
    assert parsed.records.is_empty()
    assert parsed.lines.is_empty()
    row = parsed.failures.row(0, named=True)
    stage, sentence = REJECT_REASONS[code]
    assert (row["reason_code"], row["stage"], row["record"]) == (code, stage, 0)
    assert row["reason"].startswith(sentence)
    assert len(row["reason"]) > len(sentence) + 10
    assert (row["source_path"], row["source_bytes"]) == (path, len(content))


def test_schemas_hold_also_without_rows() -> None:
    for files in ({}, {"a.txt": b"x"}, {"a.pages": b"x"}, SEEDS):
        parsed = parse_sources(make_sources(files))
        assert parsed.records.schema == RECORDS
        assert parsed.lines.schema == LINES
        assert parsed.failures.schema == FAILURES


def test_record_is_named_by_path_and_content() -> None:
    sources = make_sources({"x/a.txt": b"words"})
    record = parse_sources(sources).records.row(0, named=True)
    assert record["document_id"] == identify_document("x/a.txt", 0, sources["source_sha256"][0])
    assert record["media_type"] == "text/plain"
    assert record["stated"] == []


def test_order_is_that_of_the_sources() -> None:
    files = {"b.html": PAGE, "a.txt": b"x", "c.md": MARKDOWN, "0.txt": b"y", "z.html": PAGE}
    parsed = parse_sources(make_sources(files))
    assert parsed.records["source_path"].to_list() == list(files)
    assert parsed.lines["document_id"].unique(maintain_order=True).equals(parsed.records["document_id"])


def test_stated_values_are_repaired_like_lines() -> None:
    page = "<title>It wasnâ€™t\u0007 him</title><p>" + "word " * 100 + "</p>"
    assert parse_one("a.html", page).records["stated"][0].struct.field("value").to_list() == ["It wasn’t him"]


def check_outcome(path: str, content: bytes) -> None:
    """One record with lines or one failure; clean lines; the same again."""
    parsed = parse_one(path, content)
    assert parsed.records.height + parsed.failures.height == 1
    assert parsed.lines.is_empty() == parsed.records.is_empty()
    assert parsed.lines["line"].to_list() == list(range(parsed.lines.height))
    for text in list_lines(parsed):
        assert text == text.strip() != ""
        assert not set(text) & {chr(code) for code in (*range(9), *range(10, 32), *range(0x7F, 0xA0))}
    assert set(parsed.lines["hint"].drop_nulls()) <= set(LINE_KINDS)
    assert parsed.lines["hint"].is_null().equals(parsed.lines["hint_rule"].is_null().alias("hint"))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(SEEDS)), st.binary(max_size=300))
def test_random_bytes_are_a_record_or_a_failure(path: str, content: bytes) -> None:
    check_outcome(path, content)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(SEEDS)), st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "utf-32", "cp1252"]))
def test_random_text_is_a_record_or_a_failure(path: str, text: str, encoding: str) -> None:
    check_outcome(path, text.encode(encoding, "replace"))


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(list(SEEDS)), st.randoms(use_true_random=False))
def test_mutated_files_are_a_record_or_a_failure(path: str, chance: random.Random) -> None:
    content = bytearray(SEEDS[path])
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.randint(0, 30))
        piece = content[start:end]
        change = chance.choice(["drop", "repeat", "move", "noise"])
        if change == "drop":
            del content[start:end]
        elif change == "repeat":
            content[start:start] = piece * chance.randint(1, 20)
        elif change == "move":
            content[:0] = piece
        else:
            content[start:start] = bytes(chance.choice(b"<>&\"'/!-[]{}()*_`|#\x00\xff\xc3\xa9 \n") for _ in range(12))
    check_outcome(path, bytes(content))
