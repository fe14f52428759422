"""The real flow of a backfill: of some days, as a dry run, killed and taken up, refused."""

import json
import os
import shutil
import signal
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

import transforms.documents
from flows.cli import cli
from flows.errors import SettingsError
from flows.kept_batches import kept_folder
from flows.run import Days
from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.processes import start_process
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
from transforms.clean import classify_lines
from transforms.contracts import ARTICLES, DUPLICATES, RAW, RUNS

DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
FIRST = Days(DAYS[0], DAYS[0])


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def write_days() -> list[dict[str, str | bytes]]:
    """An article and its broken version, then an excerpt, then a copy, a table and what has no reader."""
    words, other = make_words(1, 260), make_words(2, 160)
    rows = [{"title": f"Row {number}", "text": write_paragraphs(make_words(10 + number, 90))} for number in range(3)]
    return [
        {"article.txt": write_paragraphs(words), "other.txt": write_paragraphs(other)},
        {"excerpt.txt": write_paragraphs(words[:150]), "other.txt": " \n", "notes.odt": b"PK\x03\x04 something"},
        {
            "copy.txt": write_other_layout(other),
            "rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
            "other.txt": write_paragraphs(other),
        },
    ]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of three days."""
    made = settings_for(tmp_path_factory.mktemp("held"))
    for day, files in zip(DAYS, write_days(), strict=True):
        drop_files(made, files)
        assert take_in(made, now=noon(day))
    assert find_broken_laws(made) == []
    return made


@pytest.fixture
def made(held: Settings, tmp_path: Path) -> Settings:
    """A copy of it, to change."""
    shutil.copytree(held.inbox.parent, tmp_path, dirs_exist_ok=True)
    return settings_for(tmp_path)


def call(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(cli, ["backfill", "--data", str(settings.data), *words], catch_exceptions=False)


def count_runs(settings: Settings) -> int:
    return Store(settings.data).read(RUNS).height


# --- some days -------------------------------------------------------------------------------------------------------


def test_days_under_the_same_code_change_no_byte(made: Settings) -> None:
    before = hash_published_files(made)
    assert not any(take_in(made, days=Days(day, day)) for day in DAYS)
    assert not take_in(made, days=Days(DAYS[0], DAYS[-1]))
    assert not take_in(made, days=Days(date(2030, 1, 1), date(2030, 1, 2)))
    assert hash_published_files(made) == before
    assert not kept_folder(Store(made.data)).exists()


def reject_long(patch: pytest.MonkeyPatch) -> None:
    """Code of which documents with more than four paragraphs have no body: of the article nothing is left."""

    def clean(lines: pl.DataFrame, *rest: Any) -> pl.DataFrame:
        is_long = pl.len().over("document_id") > 4
        return classify_lines(lines, *rest).with_columns(
            pl.when(is_long).then(pl.lit("promo")).otherwise("kind").alias("kind")
        )

    patch.setattr(transforms.documents, "classify_lines", clean)


def test_what_is_outside_the_days_stands_and_decisions_follow(made: Settings) -> None:
    """The article of the first day goes; its excerpt, of the second, is kept then, and set aside when it is back."""
    store = Store(made.data)
    outside = store.read(ARTICLES).filter(pl.col("source_path") == "rows.jsonl")
    before = read_results(made)
    with pytest.MonkeyPatch.context() as patch:
        reject_long(patch)
        assert take_in(made, days=FIRST)
        assert (place_of(made)["article.txt"], place_of(made)["excerpt.txt"]) == ("no_body", "kept")
        assert find_broken_laws(made) == []
        held = hash_published_files(made)
        assert not take_in(made, "backfill")
        assert hash_published_files(made) == held
    assert store.read(ARTICLES).filter(pl.col("source_path") == "rows.jsonl").equals(outside)
    assert take_in(made, days=FIRST)
    assert_same_results(read_results(made), before)
    assert find_broken_laws(made) == []


def test_late_and_redelivered_files_are_ordinary_runs(made: Settings) -> None:
    """A file of an old day that comes late is taken in today, and one delivered again is not news."""
    before = hash_published_files(made)
    old = (datetime.now(UTC) - timedelta(days=400)).timestamp()
    again = made.inbox / "excerpt.txt"
    again.write_bytes(again.read_bytes())
    os.utime(again, (old, old))
    assert not take_in(made)
    assert hash_published_files(made) == before
    drop_files(made, {"late.txt": write_paragraphs(make_words(50, 120))})
    os.utime(made.inbox / "late.txt", (old, old))
    assert take_in(made)
    late = Store(made.data).read(RAW).filter(pl.col("source_path") == "late.txt")
    assert late["ingested_at"].item().date() == datetime.now(UTC).date()
    assert find_broken_laws(made) == []


# --- the flow and the command ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("prefect_api")
def test_dry_run_says_what_would_change_and_changes_nothing(made: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_bytes() for path in made.data.rglob("*") if path.is_file() and path.name != ".lock"}
    with monkeypatch.context() as patch:
        reject_long(patch)
        told = call(made, "--from", str(DAYS[0]), "--to", str(DAYS[1]), "--dry-run", "--json")
        shown = call(made, "--from", str(DAYS[0]), "--to", str(DAYS[1]), "--dry-run")
    assert told.exit_code == shown.exit_code == 0, told.output + shown.output
    changes = json.loads(told.stdout)["changes"]
    assert (changes["documents_gone"], changes["documents_new"], changes["documents_changed"]) == (1, 0, 1)
    assert changes["decisions"] == {"excerpt -> kept": 1, "kept -> gone": 1}
    assert changes["rejects_new"] == {"no_body": 1}
    assert changes["fields"]["relation"] == changes["fields"]["coverage"] == 1
    assert changes["rows"]["overlaps"] == {"added": 0, "changed": 0, "gone": 1}
    [example] = changes["examples"]
    assert example["source_path"] == "excerpt.txt"
    assert example["fields"]["relation"] == {"before": "excerpt", "after": "None"}
    assert changes["refusal"] is None
    assert "excerpt -> kept" in shown.stdout
    after = {path: path.read_bytes() for path in made.data.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before


@pytest.mark.usefixtures("prefect_api")
def test_days_under_another_rule_are_refused(made: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents outside the days would stay as the old rule decided them."""
    monkeypatch.setenv("WINNOW_COVERAGE_THRESHOLD", "0.9")
    refused = call(made, "--from", str(DAYS[0]), "--to", str(DAYS[0]))
    assert refused.exit_code == SettingsError.exit_code
    assert "coverage_threshold is 0.9" in refused.output
    assert "winnow backfill --all" in refused.output
    assert call(made, "--all").exit_code == 0
    assert call(made, "--from", str(DAYS[0]), "--to", str(DAYS[0])).exit_code == 0
    assert count_runs(made) <= len(DAYS) + 1


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "2026-03-01"),
        ("--all", "--from", "2026-03-01", "--to", "2026-03-02"),
        ("--from", "2026-03-02", "--to", "2026-03-01"),
        ("--from", "yesterday", "--to", "2026-03-01"),
    ],
)
def test_days_that_are_none_are_wrong_usage(held: Settings, words: tuple[str, ...]) -> None:
    assert call(held, *words).exit_code == 2


# --- killed and taken up ---------------------------------------------------------------------------------------------


def run_backfill(data: str) -> None:
    """What the killed process does."""
    from flows.backfill import backfill

    os.environ.update(WINNOW_BATCH_FILES="1", WINNOW_WORKERS="1", WINNOW_MASK_CONTACTS="true")
    backfill(data=data)


def list_kept(settings: Settings) -> list[Path]:
    return sorted(path.parent for path in kept_folder(Store(settings.data)).glob("*/*/seal.json"))


@pytest.mark.usefixtures("prefect_api")
def test_a_backfill_that_was_killed_takes_up_what_it_had_derived(made: Settings) -> None:
    drop_files(made, {"mail.txt": write_paragraphs([*make_words(60, 70), "ada@quay.example", *make_words(61, 40)])})
    take_in(made)
    process = start_process(run_backfill, str(made.data))
    while process.is_alive() and len(list_kept(made)) < 3:
        time.sleep(0.005)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    kept = list_kept(made)
    assert process.exitcode == -signal.SIGKILL
    assert len(kept) >= 3
    assert find_broken_laws(made) == []
    # One is damaged, and one is of other code: neither is believed.
    damaged = kept[0] / "documents.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\0")
    (kept_folder(Store(made.data)) / "of_other_code" / "batch").mkdir(parents=True)
    times = {path: path.stat().st_mtime_ns for path in kept}

    derived: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        note_derived(patch, derived)
        for name, value in {"BATCH_FILES": "1", "WORKERS": "1", "MASK_CONTACTS": "true"}.items():
            patch.setenv(f"WINNOW_{name}", value)
        assert call(made, "--all").exit_code == 0
    versions = Store(made.data).read(RAW).unique(["source_path", "source_sha256"]).height
    assert len(derived) == versions - (len(times) - 1)
    assert not kept_folder(Store(made.data)).exists()
    assert find_broken_laws(made) == []
    masked = made.model_copy(update={"mask_contacts": True})
    held = read_results(made)
    assert not take_in(masked, "backfill")
    assert_same_results(read_results(made), held)
    texts = Store(made.data).read(ARTICLES)["text"]
    assert texts.str.contains("|||EMAIL_ADDRESS|||", literal=True).sum() == 1
    assert Store(made.data).read(DUPLICATES).height > 0


def note_derived(patch: pytest.MonkeyPatch, derived: list[str]) -> None:
    """Note every manifest that is really derived."""
    import flows.steps

    derive = flows.steps._derive

    def note(run: Any, manifest: Path) -> Any:
        derived.append(manifest.stem)
        return derive(run, manifest)

    patch.setattr(flows.steps, "_derive", note)
