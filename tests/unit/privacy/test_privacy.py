"""Addresses and numbers that can reach a person are masked; other numbers are left as they are."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.contracts.tables import EVIDENCE
from transforms.privacy import EMAIL_MARK, PHONE_MARK, count_emails, count_phones, mask_metadata, mask_texts

PHONES = [
    "+1 917 555 0138",
    "+1 (628) 555-0170",
    "+442079460018",
    "+44 (0)20 7946 0018",
    "+49 30 5550 1234",
    "+49 (0) 30 / 555 01 23",
    "+33 1 23 45 67 89",
    "0044 20 7946 0018",
    "(415) 555-0115",
    "(612)-555-0100",
    "1-800-555-0199",
    "1.800.555.0199",
    "202-555-0143",
    "202.555.0143",
    "202 555 0143",
    "202\u2011555\u20110143",
    "202\u00a0555\u00a00143",
    "020 7946 0018",
    "0800 555 321",
    "0330 555 6846",
    "(030) 555 0123",
    "030/5550123",
    "030-555 01 23",
    "01 53 24 67 89",
    "01.53.24.67.89",
    "04-555-01-234",
]

NUMBERS = [
    "12 March 2026",
    "2026-03-12",
    "12.03.2026",
    "03/12/2026",
    "12-03-2026",
    "from 2014-2015",
    "2014–2018",
    "(1999-2015)",
    "1914 - 1918",
    "07 08 2026",
    "1,234,567.89",
    "$1234567",
    "€ 1 234 567",
    "12 345 678 inhabitants",
    "3.14159265358979",
    "500 3363.73",
    "+12.50 14.20",
    "100.000.000",
    "0.123456789",
    "42-41 (737 likely voters)",
    "6-4 3-6 7-6 10-8",
    "3-5-2-3-2-3-2-3-2",
    "ISBN 978-0-306-40615-7",
    "ISBN 0-306-40615-2",
    "ISSN 0317-8471",
    "078-05-1120",
    "doi 10.1000/182",
    "192.168.100.200",
    "case 20-CV-01234567",
    "#2025550143",
    "item 12025550143",
    "id=202-555-0143",
    "www.example.org/202-555-0143/x",
    "example.org/a-202-555-0143",
    "202-555-0143-2211",
    "202-555-0143%",
    "A202-555-0143",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "draw: 03 12 25 31 44 49",
    "scale +20 40 60 80 100 120",
    "12:30-14:45, 16:00-17:30",
    "51.5074 -0.1278",
    "911",
    "55378008",
    "call 911",
    "calls 2020-2021",
    "phone sales: 2020-2021",
    "text 61124",
    "call on 2026-03-12",
]

WORD_BEFORE = [
    "Tel: 555 0143",
    "Phone 555-0143",
    "call 2025550143",
    "Fax: 7946 0018",
    "Telefon: 5550123",
    "tél. 53 24 67 89",
]


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("around", ["{}", "Call {}.", "({})", "“{}”", "— {}, or", "at {} or 2027", "{}\nand", "tel:{}"])
def test_a_phone_number_is_masked_and_counted(phone: str, around: str) -> None:
    text = pl.Series([around.format(phone)])
    assert mask_texts(text).item() == around.format(PHONE_MARK)
    assert count_phones(text).item() == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_another_number_is_left(number: str) -> None:
    texts = pl.Series([number, f"It was {number} then.", f"({number})"])
    assert mask_texts(texts).to_list() == texts.to_list()
    assert count_phones(texts).to_list() == [0, 0, 0]


@pytest.mark.parametrize("text", WORD_BEFORE)
def test_a_word_in_front_makes_a_number_a_phone_number(text: str) -> None:
    masked = mask_texts(pl.Series([text])).item()
    assert masked.endswith(PHONE_MARK)
    assert not any(sign.isdigit() for sign in masked)


def test_numbers_that_stand_together_are_each_masked() -> None:
    texts = pl.Series(
        [
            "202-555-0143 202-555-0199",
            "202-555-0143 or 202-555-0199;+44 20 7946 0018",
            "202-555-0143\n0800 555 321",
            "In 2026 202-555-0143 was new.",
            "+10000000 01000 0000",
        ]
    )
    assert count_phones(texts).to_list() == [2, 3, 2, 1, 2]
    assert mask_texts(texts).to_list() == [
        f"{PHONE_MARK} {PHONE_MARK}",
        f"{PHONE_MARK} or {PHONE_MARK};{PHONE_MARK}",
        f"{PHONE_MARK}\n{PHONE_MARK}",
        f"In 2026 {PHONE_MARK} was new.",
        f"{PHONE_MARK} {PHONE_MARK}",
    ]


@pytest.mark.parametrize(
    "email",
    [
        "mira.holt@example.org",
        "MIRA+news@example.co.uk",
        "x@example.org",
        "jürgen@müller.example",
        "o’neill@example.org",
        "12025550143@example.org",
        "_desk_@example-post.org",
    ],
)
@pytest.mark.parametrize("around", ["{}", "Write to {}.", "<{}>", "mailto:{}?subject=x", "{}, or", "“{}”", "({})"])
def test_an_address_is_masked_and_counted(email: str, around: str) -> None:
    text = pl.Series([around.format(email)])
    assert mask_texts(text).item() == around.format(EMAIL_MARK)
    assert count_emails(text).item() == 1
    assert count_phones(text).item() == 0


@pytest.mark.parametrize("text", ["@mira", "a @ b.org", "mira at example dot org", "x@y", "@mira@", "5 @ 3.50"])
def test_what_is_no_address_is_left(text: str) -> None:
    assert mask_texts(pl.Series([text])).item() == text
    assert count_emails(pl.Series([text])).item() == 0


PIECES = [
    *PHONES[:8],
    *NUMBERS[:12],
    "mira@example.org",
    "Élan",
    "東京",
    "a",
    "b.",
    "(",
    ")",
    "-",
    "+",
    "202",
    "555-0143",
    "\n",
    "  ",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=10).map(" ".join)


@given(st.lists(st.one_of(st.none(), TEXTS, st.text(alphabet="0123456789 -+().@a\n\u00a0é", max_size=60)), max_size=6))
def test_masking_agrees_with_counting_and_is_done_once(texts: list[str | None]) -> None:
    before = pl.Series("text", texts, dtype=pl.String)
    masked = mask_texts(before)
    assert masked.name == "text"
    assert masked.is_null().equals(before.is_null())
    assert mask_texts(masked).equals(masked, null_equal=True)
    assert count_phones(masked).equals(count_phones(before))
    assert count_emails(masked).equals(count_emails(before))
    # A text is masked as it would be alone, and so is each of its lines.
    lines = [text and "\n".join(mask_texts(pl.Series(text.split("\n"))).to_list()) for text in texts]
    assert masked.to_list() == lines


def test_metadata_is_masked_wherever_it_holds_an_address() -> None:
    metadata = pl.DataFrame(
        {
            "document_id": ["0" * 32, "1" * 32],
            "title": ["Write to mira@example.org", None],
            "subtitle": [None, "Call 202-555-0143"],
            "authors": [["Mira Holt", "odile@example.org"], []],
            "outlet": [None, "The Post"],
            "url": ["https://example.org/?from=mira@example.org", "https://example.org/2026/03/12/12025550143"],
            "links": [["https://example.org/a", "https://example.org/?m=x@example.org"], []],
            "emails": [["mira@example.org"], []],
            "handles": [["@mira"], []],
            "evidence": [
                [{"field": "title", "value": "Write to mira@example.org", "line": 0, "rule": "text.title"}],
                [],
            ],
        },
        schema_overrides={"emails": pl.List(pl.String), "evidence": pl.List(EVIDENCE)},
    )
    masked = mask_metadata(metadata)
    assert masked.schema == metadata.schema
    assert masked.rows(named=True) == [
        {
            "document_id": "0" * 32,
            "title": f"Write to {EMAIL_MARK}",
            "subtitle": None,
            "authors": ["Mira Holt", EMAIL_MARK],
            "outlet": None,
            "url": f"https://example.org/?from={EMAIL_MARK}",
            "links": ["https://example.org/a", f"https://example.org/?m={EMAIL_MARK}"],
            "emails": [],
            "handles": ["@mira"],
            "evidence": [{"field": "title", "value": f"Write to {EMAIL_MARK}", "line": 0, "rule": "text.title"}],
        },
        {
            "document_id": "1" * 32,
            "title": None,
            "subtitle": f"Call {PHONE_MARK}",
            "authors": [],
            "outlet": "The Post",
            "url": "https://example.org/2026/03/12/12025550143",
            "links": [],
            "emails": [],
            "handles": [],
            "evidence": [],
        },
    ]
