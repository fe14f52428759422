"""Every document held has a row of signals; masking holds for all that is published, however a store came to be."""

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.audit import Scope, check_signals
from flows.settings import Settings
from flows.storage import Store, write_table
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    place_of,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, DUPLICATES, RAW, REMOVED, RUNS, SIGNALS, TABLES
from transforms.privacy import EMAIL_MARK, PHONE_MARK, count_emails, count_phones
from transforms.quality import measure_signals

ARTICLE, OTHER = make_words(1, 240), make_words(2, 240)


def write_notice(email: str, phone: str) -> str:
    return (
        f"Write to {email} for tickets\n\nBy Mira Holt\n\n{write_paragraphs(ARTICLE)}\n\n"
        f"Questions are answered at {email} or by phone on {phone} until the end of the month.\n\n"
        f"Contact the author: {email}\n"
    )


FILES: dict[str, str | bytes] = {
    "notice.txt": write_notice("mira@example.org", "202-555-0143"),
    "same-notice.txt": write_notice("odile@example.org", "+44 20 7946 0018"),
    "excerpt.txt": write_paragraphs(ARTICLE[:120]),
    "other.txt": write_paragraphs(OTHER),
    "page.html": (
        '<html><head><title>Ask desk@example.org</title><meta name="author" content="desk@example.org"></head><body>'
        f"<p>{' '.join(make_words(3, 120))}. Call (202) 555-0101 today, we are in until six o'clock.</p>"
        "</body></html>"
    ),
    "blank.txt": " ",
}


def hold(settings: Settings) -> pl.DataFrame:
    store = Store(settings.data)
    columns = ["document_id", "text", "language"]
    return pl.concat([store.read(table, columns) for table in (ARTICLES, DUPLICATES)])


def list_contacts(settings: Settings) -> dict[str, int]:
    """Addresses and numbers that are not masked, by table."""
    found = {}
    for table in TABLES:
        if table in (RAW, RUNS):
            continue
        rows = Store(settings.data).read(table)
        said = [json.dumps(row, default=str, ensure_ascii=False) for row in rows.iter_rows(named=True)]
        marks = sum(text.count(mark) for text in said for mark in (EMAIL_MARK, PHONE_MARK))
        texts = pl.Series(said, dtype=pl.String)
        found[table.name] = sum([*count_emails(texts), *count_phones(texts)]) - marks
    return found


def test_every_document_held_has_its_signals(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    drop_files(settings, dict(list(FILES.items())[:2]))
    assert take_in(settings)
    drop_files(settings, FILES)
    assert take_in(settings)
    assert find_broken_laws(settings) == []
    signals = Store(settings.data).read(SIGNALS).sort("document_id")
    assert_frame_equal(signals, measure_signals(hold(settings)).sort("document_id"))
    assert signals["rps_doc_word_count"].min() >= 100  # type: ignore[operator]
    before = hash_published_files(settings)
    assert not take_in(settings)
    assert not take_in(settings, "backfill")
    assert hash_published_files(settings) == before


def test_signals_of_nobody_and_documents_without_them_are_named(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "made")
    drop_files(settings, FILES)
    take_in(settings)
    store = Store(settings.data)
    signals = store.read(SIGNALS).sort("document_id")
    [name] = [name for name in store.list_files(SIGNALS) if "empty" not in name]
    first = signals["document_id"][0]
    wrong = {
        "a row too few": (signals[1:], (first, "has 0 rows")),
        "a row too many": (pl.concat([signals, signals[:1]]), (first, "has 2 rows")),
        "a row of nobody": (
            pl.concat([signals, signals[:1].with_columns(document_id=pl.lit("f" * 32))]),
            ("f" * 32, "is not held"),
        ),
    }
    for what, (rows, expected) in wrong.items():
        staged = {name: write_table(rows, tmp_path / what / "signals.parquet", SIGNALS)}
        checks = pl.concat(check_signals(Scope(store.with_staged(staged))))
        broken = checks.filter(~pl.col("holds")).select("subject", "detail").unique().rows()
        assert broken == [expected], what
    assert pl.concat(check_signals(Scope(store)))["holds"].all()


def test_a_store_without_signals_takes_in_more_and_is_made_whole_by_a_backfill(tmp_path: Path) -> None:
    """As one that an older version wrote."""
    settings = settings_for(tmp_path)
    drop_files(settings, {"other.txt": FILES["other.txt"], "excerpt.txt": FILES["excerpt.txt"]})
    take_in(settings)
    for path in Store(settings.data).list_files(SIGNALS).values():
        path.unlink()
    drop_files(settings, FILES)
    assert take_in(settings)
    assert {row["law"] for row in find_broken_laws(settings)} == {"a document held has one row of signals"}
    assert take_in(settings, "backfill")
    assert find_broken_laws(settings) == []


@pytest.mark.parametrize("masks", [True, False])
def test_contacts_are_masked_when_that_is_asked_for_alone(tmp_path: Path, *, masks: bool) -> None:
    settings = settings_for(tmp_path, mask_contacts=masks)
    drop_files(settings, FILES)
    take_in(settings)
    assert find_broken_laws(settings) == []
    contacts = list_contacts(settings)
    if masks:
        assert not any(contacts.values()), contacts
    else:
        assert contacts["articles"]
        assert contacts["removed"]
    store = Store(settings.data)
    assert json.loads(store.read(RUNS)["parameters"][0])["mask_contacts"] is masks
    counts = store.read(SIGNALS).join(hold(settings), on="document_id")
    expected = counts.select(count_emails(counts["text"]).alias("emails"), count_phones(counts["text"]).alias("phones"))
    assert counts["email_address_count"].equals(expected["emails"], check_names=False)
    assert counts["phone_number_count"].equals(expected["phones"], check_names=False)
    assert counts["phone_number_count"].sum() >= 3
    # What is masked is what is compared: two notices that differ in the address alone say the same.
    relation = place_of(settings)["same-notice.txt"], place_of(settings)["notice.txt"]
    assert set(relation) == ({"kept", "exact"} if masks else {"kept", "near"})
    assert place_of(settings)["excerpt.txt"] == "excerpt"


def test_a_change_of_the_setting_holds_for_all_after_a_backfill(tmp_path: Path) -> None:
    plain, masked = settings_for(tmp_path / "one"), settings_for(tmp_path / "one", mask_contacts=True)
    fresh = settings_for(tmp_path / "two", mask_contacts=True)
    for settings in (plain, fresh):
        drop_files(settings, FILES)
        take_in(settings)
    unmasked = read_results(plain)
    assert take_in(masked, "backfill")
    assert_same_results(read_results(masked), read_results(fresh))
    assert find_broken_laws(masked) == []
    assert Store(masked.data).read(RAW)["content"].bin.contains(b"mira@example.org").any()
    assert take_in(plain, "backfill")
    assert_same_results(read_results(plain), unmasked)


def test_lines_taken_out_are_masked_too(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, mask_contacts=True)
    drop_files(settings, FILES)
    take_in(settings)
    removed = Store(settings.data).read(REMOVED)
    assert removed["text"].str.contains(EMAIL_MARK, literal=True).any()
