"""PDF, Word and feeds."""

from __future__ import annotations

import io

import pytest
from docx import Document

from tests.support.samples import SENTENCES, TEXT, write_docx, write_feed, write_pdf, write_zip

from .parse_helpers import list_hints, list_lines, list_stated, parse_one

# --- PDF -------------------------------------------------------------------------------------------------------------

WRAPPED = (
    "The harbour board met on Tuesday and decided nothing at all about the",
    "ferry, which is what it had done on the Tuesday before that one, and",
    "so they went home.",
    "Nobody was sur-",
    "prised, least of all the harbour master, who had seen it coming for a",
    "long time.",
)


def test_wrapped_lines_of_a_page_are_joined() -> None:
    parsed = parse_one("a.pdf", write_pdf([WRAPPED[:3], [*WRAPPED[4:]]]))
    assert list_lines(parsed) == [" ".join(WRAPPED[:3]), " ".join(WRAPPED[4:])]


def test_a_word_that_a_hyphen_splits_is_made_whole() -> None:
    page = ["The harbour board met on Tuesday and decided nothing about the fer-", "ry, which nobody minded."]
    assert list_lines(parse_one("a.pdf", write_pdf([page]))) == [
        "The harbour board met on Tuesday and decided nothing about the ferry, which nobody minded."
    ]


def test_short_lines_stay_lines() -> None:
    page = ["The old ferry", "By Ada Pier", *WRAPPED[:2]]
    assert list_lines(parse_one("a.pdf", write_pdf([page])))[:2] == ["The old ferry", "By Ada Pier"]
    assert list_lines(parse_one("a.pdf", write_pdf([["One", "Two", "Three"]]))) == ["One", "Two", "Three"]


def test_pages_that_are_pictures_are_told() -> None:
    parsed = parse_one("a.pdf", write_pdf([WRAPPED, [], WRAPPED], with_picture=True))
    assert parsed.records["record"].to_list() == [0]
    assert parsed.failures.select("record", "reason_code").rows() == [(1, "no_text_layer")]
    assert "Pages 2 of 3" in parsed.failures["reason"][0]
    # A blank page is no picture.
    assert parse_one("a.pdf", write_pdf([WRAPPED, []])).failures.is_empty()


@pytest.mark.parametrize(("with_picture", "code"), [(True, "no_text_layer"), (False, "whitespace_only")])
def test_without_any_text_the_document_is_rejected(with_picture: bool, code: str) -> None:
    parsed = parse_one("a.pdf", write_pdf([[], []], with_picture=with_picture))
    assert parsed.failures.select("record", "reason_code").rows() == [(0, code)]


def test_a_broken_pdf_is_damaged() -> None:
    assert parse_one("a.pdf", b"%PDF-1.7\nwords").failures["reason_code"].to_list() == ["damaged"]


# --- Word ------------------------------------------------------------------------------------------------------------


def test_styles_of_word_say_what_a_line_is() -> None:
    hints = list_hints(parse_one("a.docx", write_docx()))
    assert hints == [
        ("The old ferry", "title"),
        *((sentence, None) for sentence in SENTENCES),
        ("The first of its kind", "list_item"),
        ("It was never a good ship.", "quote"),
        ("1931 | built", None),
    ]


@pytest.mark.parametrize(("title", "stated"), [("The old ferry", ["The old ferry"]), ("Template for letters", [])])
def test_the_title_of_the_properties_counts_when_it_is_printed(title: str, stated: list[str]) -> None:
    document = Document()
    document.core_properties.title = title
    for text in ("The old ferry", *SENTENCES):
        document.add_paragraph(text)
    sink = io.BytesIO()
    document.save(sink)
    assert [value for value, _ in list_stated(parse_one("a.docx", sink.getvalue()), "title")] == stated


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"words", write_zip({"word/document.xml": b"<a/>"})])
def test_a_broken_word_document_is_damaged(content: bytes) -> None:
    assert parse_one("a.docx", content).failures["reason_code"].to_list() == ["damaged"]


def test_a_word_document_that_unpacks_too_large_is_rejected() -> None:
    content = write_zip({"[Content_Types].xml": b"", "word/document.xml": bytes(110_000_000)})
    assert parse_one("a.docx", content).failures["reason_code"].to_list() == ["unpacks_too_large"]


# --- feeds -----------------------------------------------------------------------------------------------------------


def test_each_entry_of_a_feed_is_a_record() -> None:
    page = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    parsed = parse_one("a.rss", write_feed([("One", page), ("Two", TEXT), ("Three", "")]))
    assert parsed.records["record"].to_list() == [0, 1]
    assert list_lines(parsed) == [*SENTENCES, *SENTENCES]
    assert list_stated(parsed, "title") == [("One", "feed.title"), ("Two", "feed.title")]
    assert list_stated(parsed, "outlet")[0] == ("The Quay", "feed.channel.title")
    assert list_stated(parsed, "authors")[0] == ("Ada Pier", "feed.creator")
    assert list_stated(parsed, "url")[1] == ("https://quay.example/1", "feed.link")
    assert list_stated(parsed, "published_at")[0] == ("Tue, 03 Mar 2026 07:30:00 GMT", "feed.pubDate")
    assert parsed.failures.select("record", "reason_code").rows() == [(2, "whitespace_only")]


def test_atom_is_read() -> None:
    feed = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>The Quay</title>
    <entry><title type="html">The &lt;i&gt;old&lt;/i&gt; ferry</title><author><name>Ada Pier</name></author>
    <link rel="self" href="https://quay.example/feed"/><link href="https://quay.example/1"/>
    <published>2026-03-03T07:30:00Z</published><summary>Short.</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{SENTENCES[0]}</p><p>{SENTENCES[1]}</p></div>
    </content></entry></feed>"""
    for name in ("a.atom", "a.xml"):
        parsed = parse_one(name, feed)
        assert list_lines(parsed) == list(SENTENCES[:2])
        assert list_stated(parsed, "title") == [("The old ferry", "feed.title")]
        assert list_stated(parsed, "authors") == [("Ada Pier", "feed.author")]
        assert list_stated(parsed, "url") == [("https://quay.example/1", "feed.link")]
        assert list_stated(parsed, "language")[0] == ("en", "feed.lang")


def test_no_entity_is_looked_up() -> None:
    attack = (
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "words words"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
        "<rss><channel><item><title>x</title><description>Text &a; &b; here.</description></item></channel></rss>"
    )
    assert list_lines(parse_one("a.rss", attack)) == ["Text &a; &b; here."]


def test_a_feed_without_entries_says_so() -> None:
    assert parse_one("a.rss", "<rss><channel/></rss>").failures["reason_code"].to_list() == ["no_documents"]
