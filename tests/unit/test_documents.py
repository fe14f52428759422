"""Files become documents or failures, never both and never neither."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from transforms.contracts import RAW, REMOVED
from transforms.contracts.parsed import FAILURES
from transforms.dedup import fingerprint_texts, key_texts
from transforms.dedup.postings import split_postings
from transforms.documents import DERIVED, Derived, derive_documents
from transforms.laws import check_lines, check_one_place, check_sources
from transforms.version import name_pipeline

FIRST_RUN: Final = datetime(2026, 3, 1, 6, tzinfo=UTC)
PARAGRAPH: Final = (
    "The harbour crew had cleared the weed from both propellers before the pilot signed the papers, and the ferry "
    "sailed again on Monday with forty passengers and a cow on board, four days later than the printed timetable said."
)
OTHER_PARAGRAPH: Final = (
    "Nobody in the village remembers a winter in which the mill pond froze so hard that the carter drove his wagon "
    "straight across it, but the diary of the schoolmaster has a drawing of the wheel tracks and of the dog."
)
HTML_PAGE: Final = (
    "<html><head><title>The ferry sails again</title></head><body><nav><a href='/'>Home</a></nav>"
    f"<article><h1>The ferry sails again</h1><p>{PARAGRAPH}</p></article></body></html>"
)

GOOD: Final = {
    "notes/plain.txt": f"{PARAGRAPH}\n\nAdvertisement\n\n{OTHER_PARAGRAPH}\n",
    "marked.md": f"# The ferry sails again\n\nBy Mira Holt\n\n{PARAGRAPH}\n",
    "page.html": HTML_PAGE,
}
BROKEN: Final = {
    "nothing.txt": "empty",
    "blank.md": "whitespace_only",
    "picture.txt": "binary",
    "letter.odt": "unknown_format",
    "stars.txt": "no_body",
    "notices.txt": "no_body",
}
BROKEN_CONTENTS: Final = {
    "nothing.txt": b"",
    "blank.md": b" \n\t\n",
    "picture.txt": bytes(range(32)) * 8,
    "letter.odt": b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.text",
    "stars.txt": b"* * *\n\n* * *\n",
    "notices.txt": b"Advertisement\n\nSign up for our newsletter\n\nAdvertisement\n",
}


def list_sources(files: list[tuple[str, bytes]]) -> pl.DataFrame:
    """Each file taken in by a run of its own, an hour after the one before."""
    return RAW.frame(
        [
            {
                "source_path": path,
                "source_sha256": sha256(content).hexdigest(),
                "source_bytes": len(content),
                "content": content,
                "ingested_at": FIRST_RUN + timedelta(hours=number),
                "run_id": f"run-{number}",
            }
            for number, (path, content) in enumerate(files)
        ]
    )


def good_files() -> list[tuple[str, bytes]]:
    return [(path, content.encode()) for path, content in GOOD.items()]


def derive(files: list[tuple[str, bytes]]) -> Derived:
    return derive_documents(list_sources(files))


@pytest.fixture(scope="module")
def files() -> list[tuple[str, bytes]]:
    """Good and broken files, mixed."""
    return sorted([*good_files(), *BROKEN_CONTENTS.items()])


@pytest.fixture(scope="module")
def derived(files: list[tuple[str, bytes]]) -> Derived:
    return derive(files)


def reason_of(derived: Derived, path: str) -> str:
    return str(derived.failures.filter(source_path=path)["reason"].item())


def test_every_file_has_a_document_or_a_failure(files: list[tuple[str, bytes]], derived: Derived) -> None:
    documents, failures = derived.documents["source_path"].to_list(), derived.failures["source_path"].to_list()
    assert sorted(documents) == sorted(GOOD)
    assert sorted(failures) == sorted(BROKEN)
    assert check_sources(list_sources(files), derived.documents, derived.failures)["holds"].all()


def test_a_failure_says_where_and_why(derived: Derived) -> None:
    assert dict(derived.failures.select("source_path", "reason_code").iter_rows()) == BROKEN
    stages = dict(derived.failures.select("reason_code", "stage").iter_rows())
    assert stages == {
        "empty": "read",
        "whitespace_only": "parse",
        "binary": "parse",
        "unknown_format": "discover",
        "no_body": "clean",
    }
    sizes = dict(derived.failures.select("source_path", "source_bytes").iter_rows())
    assert sizes == {path: len(content) for path, content in BROKEN_CONTENTS.items()}


def test_a_document_without_a_body_says_what_its_lines_were(derived: Derived) -> None:
    opening = "No line of body text was left after cleaning. Its lines: "
    assert reason_of(derived, "notices.txt") == f"{opening}2 ad, 1 promo."
    assert reason_of(derived, "stars.txt").startswith(f"{opening}2 ")


def test_the_frames_have_the_schemas_of_their_contracts(derived: Derived) -> None:
    for result in (derived, derive([])):
        assert result.documents.schema == DERIVED
        assert result.removed.schema == REMOVED.polars_schema
        assert result.failures.schema == FAILURES
        assert result.line_counts.schema == {"document_id": pl.String(), "lines": pl.UInt32()}


def test_no_file_gives_nothing() -> None:
    nothing = derive([])
    frames = (nothing.documents, nothing.removed, nothing.failures, nothing.line_counts)
    assert [frame.height for frame in frames] == [0, 0, 0, 0]
    assert (nothing.segment.text_keys.size, nothing.segment.postings.size) == (0, 0)


def test_a_document_has_the_run_that_took_its_version_in() -> None:
    first, second = PARAGRAPH.encode(), OTHER_PARAGRAPH.encode()
    documents = derive([("a.txt", first), ("b.txt", first), ("a.txt", second)]).documents
    found = documents.select("source_path", "source_sha256", "ingested_at", "run_id").rows()
    first_sha256, second_sha256 = sha256(first).hexdigest(), sha256(second).hexdigest()
    assert sorted(found) == sorted(
        [
            ("a.txt", first_sha256, FIRST_RUN, "run-0"),
            ("b.txt", first_sha256, FIRST_RUN + timedelta(hours=1), "run-1"),
            ("a.txt", second_sha256, FIRST_RUN + timedelta(hours=2), "run-2"),
        ]
    )
    assert documents["document_id"].n_unique() == 3
    assert documents["pipeline_version"].unique().to_list() == [name_pipeline()]


def test_texts_and_metadata_are_those_of_their_own_file(derived: Derived) -> None:
    rows = {row["source_path"]: row for row in derived.documents.iter_rows(named=True)}
    plain, marked, page = (rows[path] for path in GOOD)
    assert plain["text"] == f"{PARAGRAPH}\n\n{OTHER_PARAGRAPH}"
    assert marked["text"] == page["text"] == PARAGRAPH
    assert (marked["title"], marked["authors"]) == ("The ferry sails again", ["Mira Holt"])
    assert page["title"] == "The ferry sails again"
    assert [row["word_count"] for row in (plain, marked, page)] == [
        len(PARAGRAPH.split()) + len(OTHER_PARAGRAPH.split()),
        len(PARAGRAPH.split()),
        len(PARAGRAPH.split()),
    ]
    assert {row["language"] for row in rows.values()} == {"en"}
    assert marked["text_sha256"] == page["text_sha256"] != plain["text_sha256"]


def test_no_line_is_lost(derived: Derived) -> None:
    checks = check_lines(derived.documents, derived.removed, derived.line_counts)
    assert checks.height == len(GOOD)
    assert checks["holds"].all()
    assert set(derived.removed["document_id"]) <= set(derived.documents["document_id"])


def test_each_document_stands_once(derived: Derived) -> None:
    assert check_one_place(derived.documents, derived.documents.head(0))["holds"].all()


def test_each_distinct_text_has_fingerprints(derived: Derived) -> None:
    texts = derived.documents.select(key_texts(pl.col("text_sha256")), "text").unique("text_key", maintain_order=True)
    assert texts.height == 2
    taken = fingerprint_texts(texts["text"])
    expected = {(fingerprint, texts["text_key"][text]) for text, fingerprint in taken.iter_rows()}
    fingerprints, numbers = split_postings(derived.segment.postings)
    keys = derived.segment.text_keys[numbers]
    assert sorted(derived.segment.text_keys.tolist()) == sorted(texts["text_key"])
    assert set(zip(fingerprints.tolist(), keys.tolist(), strict=True)) == expected
    # The two texts share a paragraph, so they share a fingerprint.
    assert len(set(fingerprints.tolist())) < len(expected)


def test_a_file_gives_the_same_whatever_stands_beside_it(files: list[tuple[str, bytes]], derived: Derived) -> None:
    backwards = derive_documents(list_sources(files).reverse())
    assert_frame_equal(backwards.documents.sort("document_id"), derived.documents.sort("document_id"))
    assert_frame_equal(backwards.removed.sort(REMOVED.key), derived.removed.sort(REMOVED.key))
    assert_frame_equal(backwards.failures.sort("source_path"), derived.failures.sort("source_path"))
    runs = ["ingested_at", "run_id"]
    alone = [derive([file]).documents.drop(runs) for file in good_files()]
    assert_frame_equal(pl.concat(alone).sort("document_id"), derived.documents.drop(runs).sort("document_id"))
