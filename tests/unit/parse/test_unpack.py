from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.samples import (
    PAGE,
    ROWS,
    TEXT,
    compress,
    list_samples,
    write_docx,
    write_json_lines,
    write_tar,
    write_warc,
    write_zip,
)
from transforms.contracts.parameters import ReadingParameters
from transforms.parse import Parsed, parse_sources
from transforms.parse.parts import MAX_DEPTH, MAX_PARTS

from .parse_helpers import list_lines, list_stated, make_sources, parse_one


def parse_bounded(path: str, content: bytes, max_bytes: int) -> Parsed:
    return parse_sources(make_sources({path: content}), ReadingParameters(max_unpacked_bytes=max_bytes))


def list_codes(parsed: Parsed) -> list[tuple[int, str]]:
    return parsed.failures.select("record", "reason_code").rows()


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst"])
def test_a_compressed_file_is_what_it_holds(ending: str) -> None:
    plain = parse_one("a.html", PAGE)
    packed = parse_one(f"a.html.{ending}", compress(PAGE.encode(), ending))
    assert list_lines(packed) == list_lines(plain)
    assert packed.records.select("record", "media_type", "stated").equals(
        plain.records.select("record", "media_type", "stated")
    )
    twice = compress(TEXT.encode(), ending) + compress(b"\nMore.", ending)
    assert list_lines(parse_one(f"a.txt.{ending}", twice))[-1] == "More."


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst"])
def test_a_compressed_file_that_is_cut_short_is_damaged(ending: str) -> None:
    content = compress(PAGE.encode() * 20, ending)
    for length in (len(content) - 1, len(content) // 2, 12):
        assert list_codes(parse_one(f"a.html.{ending}", content[:length])) == [(0, "damaged")], length


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_members_are_records_in_the_order_of_the_archive(write: type) -> None:
    members = {"b/page.html": PAGE.encode(), "rows.jsonl": write_json_lines(ROWS), "a.txt": TEXT.encode()}
    parsed = parse_one("x.zip", write(members))
    assert parsed.records["record"].to_list() == [0, 1, 2, 3, 4]
    assert [value for value, _ in list_stated(parsed, "member")] == ["b/page.html", *["rows.jsonl"] * 3, "a.txt"]
    alone = [line for name, content in members.items() for line in list_lines(parse_one(name, content))]
    assert list_lines(parsed) == alone
    assert parsed.records["document_id"].n_unique() == 5


def test_one_bad_member_fails_alone_and_keeps_its_number() -> None:
    members = {"a.txt": b"One.", "b.html.gz": b"\x1f\x8b\x08 no", "c.png": b"\x89PNG", "d.txt": b"", "e.txt": b"Two."}
    parsed = parse_one("x.zip", write_zip(members))
    assert parsed.records["record"].to_list() == [0, 4]
    assert list_codes(parsed) == [(1, "damaged"), (2, "unknown_format"), (3, "empty")]
    assert parsed.failures["reason"].str.extract(r"It is the member (\S+)\.$").to_list() == [
        "b.html.gz",
        "c.png",
        "d.txt",
    ]


def test_a_broken_checksum_fails_the_member_alone() -> None:
    content = write_zip({"a.txt": b"One is here.", "b.txt": b"Two."})
    place = content.index(b"a.txt") + len(b"a.txt") + 3
    parsed = parse_one("x.zip", content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert list_codes(parsed) == [(0, "damaged")]
    assert list_lines(parsed) == ["Two."]


def test_a_member_without_a_name_is_read() -> None:
    content = write_zip({"a.txt": b"One.", "b.txt": b"Two."}).replace(b"a.txt", b"\0.txt")
    assert list_lines(parse_one("x.zip", content)) == ["Two."]
    assert list_codes(parse_one("x.zip", content)) == [(0, "unknown_format")]


def test_locked_members_say_so() -> None:
    content = bytearray(write_zip({"a.txt": b"One."}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert list_codes(parse_one("x.zip", bytes(content))) == [(0, "encrypted")]


def test_archives_lie_in_one_another_to_a_limit() -> None:
    content, name = TEXT.encode(), "a.txt"
    for depth in range(1, MAX_DEPTH + 1):
        content, name = write_zip({name: content}), "a.zip"
        parsed = parse_one(name, content)
        assert parsed.records.height == 1, depth
        assert list_stated(parsed, "member")[0][0].count("/") == depth - 1
    assert list_codes(parse_one(name, write_zip({name: content}))) == [(0, "nested_too_deep")]


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst"])
def test_what_unpacks_to_more_than_the_limit_is_rejected_whole(ending: str) -> None:
    bomb = compress(bytes(30_000_000), ending)
    assert len(bomb) < 40_000
    assert list_codes(parse_bounded(f"a.txt.{ending}", bomb, 1_000_000)) == [(0, "unpacks_too_large")]
    members = {"a.txt": b"One.", f"b.txt.{ending}": bomb}
    assert list_codes(parse_bounded("x.zip", write_zip(members), 1_000_000)) == [(0, "unpacks_too_large")]
    # The limit is on all layers and members together.
    halves = write_zip({f"{number}.txt": b"word " * 120_000 for number in range(2)})
    assert list_codes(parse_bounded("x.zip", halves, 1_000_000)) == [(0, "unpacks_too_large")]
    assert parse_bounded("x.zip", halves, 1_200_000).records.height == 2


def test_more_members_than_the_limit_are_rejected_whole() -> None:
    members = {f"{number}.txt": b"" for number in range(MAX_PARTS + 1)}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in members:
            archive.writestr(zipfile.ZipInfo(name), b"")
    for content in (sink.getvalue(), compress(write_tar(members), "gz")):
        assert list_codes(parse_one("x", content)) == [(0, "too_many_records")]


def test_hidden_and_ignored_members_are_passed_over() -> None:
    members = {
        ".a/b.txt": b"x",
        "__MACOSX/a.txt": b"x",
        "docs/.hidden.txt": b"x",
        "docs/a.tmp": b"x",
        "docs/a.txt": b"One.",
    }
    parameters = ReadingParameters(ignore=(".*", "__MACOSX", "*.tmp"))
    parsed = parse_sources(make_sources({"x.zip": write_zip(members)}), parameters)
    assert list_lines(parsed) == ["One."]
    assert parsed.failures.is_empty()


def test_an_archive_with_nothing_in_it_says_so() -> None:
    for content in (write_zip({}), write_zip({".hidden": b"x"})):
        assert list_codes(parse_one("x.zip", content)) in ([(0, "no_documents")], [(0, "damaged")])
    assert list_codes(parse_one("x.zip", write_zip({".hidden": b"x"}))) == [(0, "no_documents")]


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("noending", gzip.compress(PAGE.encode()), None),
        ("a.html", gzip.compress(PAGE.encode()), "text/html"),
        ("page.txt", PAGE.encode(), "text/html"),
        ("page.txt", b"<p>Not a page, only a text with a mark.", "text/plain"),
        ("a.txt", write_zip({"b.html": PAGE.encode()}), "text/html"),
        ("a.zip", write_docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.bin", list_samples()["rows.parquet"], "application/vnd.apache.parquet"),
        ("a.xml", list_samples()["feed.rss"], "application/rss+xml"),
        ("a.xml", b"<?xml version='1.0'?><data>words</data>", None),
        ("a.ods", write_zip({"b.html": PAGE.encode()}), None),
        ("a.zip", b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/x", None),
        ("a", write_zip({"b.html": PAGE.encode()}), "text/html"),
    ],
)
def test_bytes_win_over_names_where_they_are_sure(name: str, content: bytes, media_type: str | None) -> None:
    parsed = parse_one(name, content)
    assert parsed.records["media_type"].unique().to_list() == ([media_type] if media_type else [])
    if media_type is None:
        assert parsed.failures["reason_code"].to_list() == ["unknown_format"]


def test_a_web_archive_gives_its_pages_under_their_addresses() -> None:
    answers = [
        ("https://quay.example/1", "text/html; charset=utf-8", PAGE.encode()),
        ("https://quay.example/logo.png", "image/png", b"\x89PNG"),
        ("https://quay.example/2", "text/plain; charset=windows-1251", "Паром идёт снова.".encode("cp1251")),
        ("https://quay.example/3", "text/html", b""),
    ]
    for name, content in (("a.warc", write_warc(answers)), ("a.warc.gz", gzip.compress(write_warc(answers)))):
        parsed = parse_one(name, content)
        assert parsed.records.select("record", "media_type").rows() == [(0, "text/html"), (1, "text/plain")]
        assert [value for value, _ in list_stated(parsed, "url")] == [
            "https://quay.example/1",
            "https://quay.example/2",
        ]
        assert list_lines(parsed)[-1] == "Паром идёт снова."
        assert list_codes(parsed) == [(2, "empty")]
    assert list_codes(parse_one("a.warc", write_warc(answers, status="404 Not Found"))) == [(0, "no_documents")]
    cut = write_warc(answers[:1])[:-400]
    assert list_codes(parse_one("a.warc", cut)) == [(0, "damaged")]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([name for name in list_samples() if "." in name]), min_size=1, max_size=4, unique=True))
def test_members_give_what_the_files_give(names: list[str]) -> None:
    """Packing changes neither lines nor metadata nor failures, whatever the formats and their order."""
    samples = list_samples()
    members = {f"d/{name}": samples[name] for name in names}
    packed = parse_one("x.zip", write_zip(members))
    alone = [parse_one(name, content) for name, content in members.items()]
    assert list_lines(packed) == [line for parsed in alone for line in list_lines(parsed)]
    assert packed.failures["reason_code"].to_list() == [
        code for parsed in alone for code in parsed.failures["reason_code"]
    ]
    for field in ("title", "authors", "published_at", "url"):
        assert list_stated(packed, field) == [value for parsed in alone for value in list_stated(parsed, field)]


def test_what_a_file_holds_does_not_depend_on_its_neighbours() -> None:
    samples = list_samples()
    together = parse_sources(make_sources(samples))
    backwards = parse_sources(make_sources(dict(reversed(samples.items()))))
    key = ["source_path", "record"]
    assert together.records.sort(key).equals(backwards.records.sort(key))
    assert together.failures.sort(key).equals(backwards.failures.sort(key))
    order = ["document_id", "line"]
    assert together.lines.sort(order).equals(backwards.lines.sort(order))
    assert together.records["source_path"].is_in(samples).all()
    assert set(together.records["source_path"]) == set(samples)
