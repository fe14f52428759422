from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.samples import ROWS, SENTENCES, TEXT, write_csv, write_json_lines, write_parquet
from transforms.contracts.parameters import ReadingParameters
from transforms.parse import Parsed, parse_sources

from .parse_helpers import list_lines, list_stated, make_sources, parse_one

Write = Callable[[Sequence[Mapping[str, object]]], bytes]

WRITERS: dict[str, Write] = {
    "a.jsonl": write_json_lines,
    "a.json": lambda rows: json.dumps(rows).encode(),
    "a.csv": write_csv,
    "a.tsv": lambda rows: write_csv(rows, "\t"),
    "a.parquet": write_parquet,
}


def parse_with(path: str, content: bytes, **columns: str) -> Parsed:
    pairs = tuple((name, (given,)) for name, given in columns.items())
    return parse_sources(make_sources({path: content}), ReadingParameters(columns=pairs))


@pytest.mark.parametrize("path", WRITERS)
def test_each_row_is_a_record(path: str) -> None:
    parsed = parse_one(path, WRITERS[path](ROWS))
    assert parsed.failures.is_empty()
    assert parsed.records["record"].to_list() == [0, 1, 2]
    assert list_lines(parsed)[:5] == [*SENTENCES, "This is part 0."]
    assert list_stated(parsed, "title")[2] == ("The old ferry, part 2", "table.column.title")
    assert list_stated(parsed, "authors")[0] == ("Ada Pier", "table.column.author")
    assert list_stated(parsed, "published_at")[1] == ("2026-03-02", "table.column.date")
    assert list_stated(parsed, "url")[0] == ("https://quay.example/ferry/0", "table.column.url")


LINES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)


@pytest.mark.parametrize("path", WRITERS)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.tuples(LINES, LINES), min_size=1, max_size=6))
def test_what_is_written_is_read_again(path: str, texts: list[tuple[str, str]]) -> None:
    """The records are those that a file for each text would give."""
    rows = [
        {"id": str(number), "text": f"a {one}\na {other}", "title": f"t{number}"}
        for number, (one, other) in enumerate(texts)
    ]
    parsed = parse_one(path, WRITERS[path](rows))
    alone = [list_lines(parse_one("a.txt", str(row["text"]))) for row in rows]
    if not any("<" in one + other for one, other in texts):
        assert list_lines(parsed) == [line for lines in alone for line in lines]
    assert parsed.records["record"].to_list() == list(range(len(rows)))
    assert [value for value, _ in list_stated(parsed, "title")] == [f"t{number}" for number in range(len(rows))]


@pytest.mark.parametrize("path", WRITERS)
def test_a_row_is_named_by_what_it_says(path: str) -> None:
    """Rows added behind change no document; the same row at another place is another record."""
    few, more = (parse_one(path, WRITERS[path](rows)).records["document_id"] for rows in (ROWS[:2], ROWS))
    assert more.to_list()[:2] == few.to_list()
    assert more.n_unique() == 3


def test_one_bad_line_of_json_fails_alone() -> None:
    content = write_json_lines(ROWS) + b'{"text": \n[1, 2]\n\n"text"\n{"title": "no text"}\n{"text": "last"}\n'
    parsed = parse_one("a.jsonl", content)
    assert parsed.records["record"].to_list() == [0, 1, 2, 7]
    assert parsed.failures.select("record", "reason_code").rows() == [
        (3, "damaged"),
        (4, "damaged"),
        (5, "damaged"),
        (6, "whitespace_only"),
    ]


def test_one_bad_row_of_csv_fails_alone() -> None:
    parsed = parse_one("a.csv", b'text,title\none,a\ntwo,b,c\n\n"three ""3""\nlines"\n')
    assert list_lines(parsed) == ["one", 'three "3"', "lines"]
    assert parsed.records["record"].to_list() == [0, 2]
    assert parsed.failures.select("record", "reason_code").rows() == [(1, "damaged")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_that_of_the_first_line(separator: str) -> None:
    parsed = parse_one("a.csv", separator.join(["title", "text", "date"]) + "\n" + separator.join(["a", "b c", "d"]))
    assert list_lines(parsed) == ["b c"]


def test_spellings_that_only_python_reads_are_read_too() -> None:
    content = b'{"text": "a \\ud83d\\udea2 \\ud800 b"}\n' + b'{"x": ' + b"[" * 300 + b"]" * 300 + b', "text": "deep"}\n'
    assert list_lines(parse_one("a.jsonl", content)) == ["a 🚢 � b", "deep"]


@pytest.mark.parametrize(
    ("row", "field", "value", "rule"),
    [
        ({"body": TEXT, "headline": "H"}, "title", "H", "table.column.headline"),
        ({"text": TEXT, "meta": {"title": "H"}}, "title", "H", "table.column.meta.title"),
        ({"text": TEXT, "source": {"name": "Q"}}, "outlet", "Q", "table.column.source.name"),
        ({"text": TEXT, "source": "https://q.example/1"}, "url", "https://q.example/1", "table.column.source"),
        (
            {"text": TEXT, "datePublished": 1772523000},
            "published_at",
            "2026-03-03T07:30:00Z",
            "table.column.datePublished",
        ),
        ({"text": TEXT, "timestamp": 1772523000000}, "published_at", "2026-03-03T07:30:00Z", "table.column.timestamp"),
        ({"articleBody": [SENTENCES[0], TEXT], "lang": "en"}, "language", "en", "table.column.lang"),
    ],
)
def test_columns_are_known_by_their_names(row: dict[str, Any], field: str, value: str, rule: str) -> None:
    parsed = parse_one("a.jsonl", json.dumps(row))
    assert list_stated(parsed, field) == [(value, rule)]
    assert list_lines(parsed)[0] == SENTENCES[0]


@pytest.mark.parametrize("authors", [["Ada Pier", "Bo Lund"], [{"name": "Ada Pier"}, {"name": "Bo Lund"}]])
def test_lists_of_authors_are_names(authors: list[Any]) -> None:
    parsed = parse_one("a.jsonl", json.dumps({"text": TEXT, "authors": authors}))
    assert [value for value, _ in list_stated(parsed, "authors")] == ["Ada Pier", "Bo Lund"]


def test_markup_is_read_as_a_page() -> None:
    rows = [{"content": f"<h1>Ferry</h1><p>{SENTENCES[0]}</p><p>{SENTENCES[1]}</p>"}, {"content": TEXT}]
    parsed = parse_one("a.jsonl", write_json_lines(rows))
    assert list_lines(parsed) == ["Ferry", *SENTENCES[:2], *SENTENCES]
    page = parse_one("a.csv", write_csv([{"html": f"<title>x</title><p>{SENTENCES[0]}</p>", "text": ""}]))
    assert list_lines(page) == [SENTENCES[0]]


def test_settings_say_what_a_column_is() -> None:
    rows = [{"story": TEXT, "text": "not this", "hed": "H", "who": "Ada Pier"}]
    for path in ("a.jsonl", "a.csv", "a.parquet"):
        parsed = parse_with(path, WRITERS[path](rows), text="story", authors="who")
        assert list_lines(parsed) == list(SENTENCES)
        assert list_stated(parsed, "authors") == [("Ada Pier", "table.column.who")]
        assert list_stated(parsed, "title") == [("H", "table.column.hed")]
        # A table that has no such column is read by the names that it has.
        assert list_lines(parse_with(path, WRITERS[path](ROWS), text="story"))[:4] == list(SENTENCES)


def test_a_field_that_no_document_has_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fields in columns: body"):
        ReadingParameters(columns=(("body", ("x",)),))


@pytest.mark.parametrize("path", WRITERS)
def test_without_a_column_for_the_text_nothing_is_guessed(path: str) -> None:
    parsed = parse_one(path, WRITERS[path]([{"score": "1", "label": TEXT}]))
    assert parsed.failures["reason_code"].to_list() == ["no_text_column"]
    assert "score, label" in parsed.failures["reason"][0]


@pytest.mark.parametrize(
    ("content", "titles"),
    [
        ({"title": "one", "text": TEXT}, ["one"]),
        ({"total": 2, "articles": [{"title": "one", "text": TEXT}, {"title": "two", "text": TEXT}]}, ["one", "two"]),
        ([], []),
        (3, []),
    ],
)
def test_a_json_file_is_a_list_an_object_or_an_object_with_a_list(content: Any, titles: list[str]) -> None:
    parsed = parse_one("a.json", json.dumps(content))
    assert [value for value, _ in list_stated(parsed, "title")] == titles
    assert parsed.records.height + parsed.failures.height == max(1, len(titles))


def test_json_lines_under_the_name_of_json_are_read() -> None:
    assert parse_one("a.json", write_json_lines(ROWS)).records.height == 3


def test_parquet_columns_of_other_types_are_read() -> None:
    frame = pl.DataFrame(
        {
            "text": [TEXT.encode(), b"\x00\x01\x02"],
            "published": ["2026-03-03T07:30:00Z"] * 2,
            "vector": [[1.0]] * 2,
            "authors": [["Ada Pier", "Bo Lund"]] * 2,
        }
    )
    frame = frame.with_columns(pl.col("published").str.to_datetime(time_zone="UTC"), source=pl.struct(name=pl.lit("Q")))
    sink = io.BytesIO()
    frame.write_parquet(sink)
    parsed = parse_one("a.parquet", sink.getvalue())
    assert list_stated(parsed, "published_at") == [("2026-03-03T07:30:00Z", "table.column.published")]
    assert list_stated(parsed, "outlet") == [("Q", "table.column.source.name")]
    assert [value for value, _ in list_stated(parsed, "authors")] == ["Ada Pier", "Bo Lund"]
    assert parsed.failures.select("record", "reason_code").rows() == [(1, "whitespace_only")]


def test_a_repeated_text_counts_as_often_as_it_stands() -> None:
    """A dictionary makes a small file of a large table."""
    sink = io.BytesIO()
    pl.DataFrame({"text": ["word " * 2000] * 5000}).write_parquet(sink)
    sources = make_sources({"a.parquet": sink.getvalue()})
    assert len(sink.getvalue()) < 100_000
    parsed = parse_sources(sources, ReadingParameters(max_unpacked_bytes=10_000_000))
    assert parsed.failures["reason_code"].to_list() == ["unpacks_too_large"]
