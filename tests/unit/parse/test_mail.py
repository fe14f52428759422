from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.samples import PAGE, SENTENCES, TEXT, write_mailbox, write_message, write_multipart

from .parse_helpers import list_hints, list_lines, list_stated, parse_one

HTML_PART = ("Content-Type: text/html; charset=utf-8", PAGE.encode())
PLAIN_PART = ("Content-Type: text/plain; charset=utf-8", b"The plain part.")


def attach(name: str, kind: str, content: bytes) -> tuple[str, bytes]:
    return f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"', content


def test_of_alternatives_the_page_is_read() -> None:
    for parts in ([PLAIN_PART, HTML_PART], [HTML_PART, PLAIN_PART]):
        lines = list_lines(parse_one("a.eml", write_multipart(parts, kind="alternative")))
        assert "The plain part." not in lines
        assert set(SENTENCES) <= set(lines)


def test_of_mixed_parts_every_text_is_read() -> None:
    lines = list_lines(parse_one("a.eml", write_multipart([PLAIN_PART, HTML_PART])))
    assert "The plain part." in lines
    assert set(SENTENCES) <= set(lines)


def test_a_message_without_a_page_is_read_as_plain_text() -> None:
    parsed = parse_one("a.eml", write_message("Ferry", TEXT))
    assert list_hints(parsed) == [(sentence, None) for sentence in SENTENCES]


def test_headers_are_stated() -> None:
    message = write_message(
        "=?utf-8?q?The_caf=C3=A9?=",
        TEXT,
        Date="Tue, 3 Mar 2026 07:30:00 +0100",
        Archived_At="<https://quay.example/1>",
        Message_ID="<1@quay.example>",
    )
    parsed = parse_one("a.eml", message)
    assert list_stated(parsed, "title") == [("The café", "mail.subject")]
    assert list_stated(parsed, "authors") == [("Ada Pier", "mail.from")]
    assert list_stated(parsed, "published_at") == [("Tue, 3 Mar 2026 07:30:00 +0100", "mail.date")]
    assert list_stated(parsed, "url") == [("https://quay.example/1", "mail.archived_at")]
    assert list_stated(parsed, "emails") == [("ada@quay.example", "mail.from")]
    assert list_stated(parsed, "message_id") == [("<1@quay.example>", "mail.message_id")]
    assert list_stated(parsed, "kind") == []


@pytest.mark.parametrize(
    ("sender", "authors", "outlet"),
    [
        ("Ada Pier <a@q.example>", "Ada Pier", None),
        ("The Quay <a@q.example>", None, "The Quay"),
        ("Ada Pier from The Quay <a@q.example>", "Ada Pier", "The Quay"),
        ('"Ada Pier, The Quay" <a@q.example>', "Ada Pier", "The Quay"),
        ("a@q.example", None, None),
    ],
)
def test_a_sender_is_a_person_or_an_outlet(sender: str, authors: str | None, outlet: str | None) -> None:
    parsed = parse_one("a.eml", f"From: {sender}\nSubject: x\n\n{TEXT}\n")
    assert [value for value, _ in list_stated(parsed, "authors")] == ([authors] if authors else [])
    assert [value for value, _ in list_stated(parsed, "outlet")] == ([outlet] if outlet else [])


def test_what_goes_to_a_list_is_a_newsletter_of_the_list() -> None:
    parsed = parse_one("a.eml", write_message("Notes", TEXT, List_Id='"Notes from the Quay" <n.quay.example>'))
    assert list_stated(parsed, "kind") == [("Newsletter", "mail.list")]
    assert list_stated(parsed, "outlet")[0] == ("Notes from the Quay", "mail.list_id")


def test_headers_of_a_printed_forward_win() -> None:
    head = "From: The Quay <n@q.example>\nDate: Mon, 2 Mar 2026 06:00:00 +0000\nSubject: Notes\nTo: <a@q.example>"
    text = f"Worth reading.\n\n---------- Forwarded message ---------\n{head}\n\n{TEXT}"
    parsed = parse_one("a.eml", write_message("Fwd: Notes", text, Date="Tue, 3 Mar 2026 07:30:00 +0100"))
    assert list_stated(parsed, "title") == [("Notes", "mail.forwarded.subject")]
    assert list_stated(parsed, "outlet") == [("The Quay", "mail.forwarded.from")]
    assert list_stated(parsed, "authors") == []
    assert list_stated(parsed, "published_at") == [("Mon, 2 Mar 2026 06:00:00 +0000", "mail.forwarded.date")]
    hints = dict(list_hints(parsed))
    assert hints["Worth reading."] == "comment"
    assert [hints[line] for line in head.split("\n")] == ["byline", "dateline", "title", "navigation"]
    assert all(hints[sentence] is None for sentence in SENTENCES)


def test_headers_of_a_message_within_a_message_win() -> None:
    inner = write_message("Notes", TEXT, Date="Mon, 2 Mar 2026 06:00:00 +0000", List_Id="The Quay <n.q.example>")
    parsed = parse_one("a.eml", write_multipart([PLAIN_PART, ("Content-Type: message/rfc822", inner)]))
    assert parsed.records.height == 1
    assert list_stated(parsed, "title") == [("Notes", "mail.subject")]
    assert list_stated(parsed, "published_at") == [("Mon, 2 Mar 2026 06:00:00 +0000", "mail.date")]
    assert list_hints(parsed)[0] == ("The plain part.", "comment")


def test_several_messages_within_one_are_documents_of_their_own() -> None:
    inner = [("Content-Type: message/rfc822", write_message(f"Notes {number}", TEXT)) for number in (1, 2)]
    parsed = parse_one("a.eml", write_multipart([PLAIN_PART, *inner]))
    assert parsed.records["record"].to_list() == [0, 1, 2]
    assert [value for value, _ in list_stated(parsed, "title")] == ["The old ferry", "Notes 1", "Notes 2"]


@pytest.mark.parametrize(
    "attribution",
    [
        "On Tue, 3 Mar 2026 at 07:30, Ada Pier <a@q.example> wrote:",
        "On Tue, 3 Mar 2026 at 07:30, Ada Pier\n<a@q.example> wrote:",
        "Am 03.03.2026 um 07:30 schrieb Ada Pier:",
    ],
)
def test_what_is_quoted_is_told(attribution: str) -> None:
    text = f"No.\n\n{attribution}\n> The ferry sails.\n>> Does it?\n\nThat is all."
    hints = list_hints(parse_one("a.eml", write_message("Re: ferry", text)))
    assert [line for line, hint in hints if hint == "quote"] == [
        *attribution.split("\n"),
        "The ferry sails.",
        "Does it?",
    ]
    assert [line for line, hint in hints if hint is None] == ["No.", "That is all."]


def test_attachments_are_documents_and_pictures_are_passed_over() -> None:
    message = write_multipart(
        [
            PLAIN_PART,
            attach("ferry.html", "text/html", PAGE.encode()),
            attach("logo.png", "image/png", b"\x89PNG"),
            attach("table.xls", "application/vnd.ms-excel", b"\xd0\xcf\x11\xe0"),
        ]
    )
    parsed = parse_one("a.eml", message)
    assert parsed.records.select("record", "media_type").rows() == [(0, "message/rfc822"), (1, "text/html")]
    assert list_stated(parsed, "member") == [("ferry.html", "file.member")]
    assert parsed.failures.select("record", "reason_code").rows() == [(2, "unknown_format")]
    assert parsed.failures["reason"][0].endswith("It is the member table.xls.")


def test_flowed_lines_are_joined() -> None:
    head = "Subject: x\nContent-Type: text/plain; format=flowed\n\n"
    assert list_lines(parse_one("a.eml", f"{head}The ferry \nsails \nagain.\nIt does.\n")) == [
        "The ferry sails again.",
        "It does.",
    ]


@pytest.mark.parametrize(
    "head", ["", "Content-Type: multipart/mixed; boundary=x\n", "Content-Type: text/plain; charset=no\n"]
)
def test_odd_messages_are_read_as_they_are(head: str) -> None:
    assert list_lines(parse_one("a.eml", f"Subject: x\n{head}\nThe ferry.\n")) == ["The ferry."]


def test_an_encoding_that_cannot_be_ends_nothing() -> None:
    message = b'Subject: x\nContent-Type: text/plain; charset="a\0b"\n\nThe caf\xe9.\n'
    assert list_lines(parse_one("a.eml", message)) == ["The café."]


TEXTS = st.lists(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=40), min_size=1, max_size=5
)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_a_mailbox_gives_its_messages_back(texts: list[list[str]]) -> None:
    messages = [
        write_message(f"m{number}", "\n".join(f"a {line} z" for line in lines)) for number, lines in enumerate(texts)
    ]
    parsed = parse_one("a.mbox", write_mailbox(messages))
    assert [value for value, _ in list_stated(parsed, "title")] == [f"m{number}" for number in range(len(texts))]
    assert parsed.records["record"].to_list() == list(range(len(texts)))
    alone = [list_lines(parse_one("a.eml", message)) for message in messages]
    assert list_lines(parsed) == [line for lines in alone for line in lines]


def test_a_line_that_starts_with_from_is_no_new_message() -> None:
    message = write_message("m", "From here on it rains.\n\nFrom there too.")
    parsed = parse_one("a.mbox", write_mailbox([message, message]))
    assert parsed.records.height == 2
    assert list_lines(parsed)[:2] == ["From here on it rains.", "From there too."]


def test_what_is_no_mailbox_is_damaged() -> None:
    assert parse_one("a.mbox", "Just words.\n").failures["reason_code"].to_list() == ["damaged"]
