"""`learn`: what it learns is published together with the store that follows from it."""

from pathlib import Path

import polars as pl
import pytest

from flows.audit import Scope, check_templates
from flows.settings import Settings
from flows.storage import Store, write_table
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import (
    assert_same_results,
    drop_files,
    find_broken_laws,
    hash_published_files,
    read_results,
    settings_for,
    take_in,
)
from transforms.contracts import ARTICLES, DUPLICATES, REMOVED, RUNS, TEMPLATES

LINE = "The quay office answers letters of readers on the first Monday of each month."
ARTICLES_OF_OUTLET = 12


def write_page(number: int, *, host: str = "quay.example") -> str:
    body = write_paragraphs(make_words(number, 150)).split("\n\n")
    paragraphs = "".join(f"<p>{part}</p>" for part in [*body, LINE, f"The last word of number {number} is here."])
    head = f'<title>Number {number}</title><link rel="canonical" href="https://{host}/{number}">'
    return f"<html><head>{head}</head><body><article>{paragraphs}</article></body></html>"


def write_pages(numbers: range) -> dict[str, str | bytes]:
    return {f"{number}.html": write_page(number) for number in numbers}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path / "made")
    drop_files(settings, write_pages(range(ARTICLES_OF_OUTLET)) | {"other.html": write_page(90, host="hill.example")})
    assert take_in(settings)
    return settings


def find_line(settings: Settings) -> tuple[int, int]:
    """How many texts hold the line, and how many times it was taken out."""
    store = Store(settings.data)
    texts = pl.concat([store.read(table, ["text"]) for table in (ARTICLES, DUPLICATES)])
    removed = store.read(REMOVED).filter(pl.col("rule").str.starts_with("template."))
    return int(texts["text"].str.contains(LINE, literal=True).sum()), removed.filter(text=LINE).height


def test_a_run_that_learns_takes_templates_out_of_what_is_held(settings: Settings) -> None:
    assert find_line(settings) == (ARTICLES_OF_OUTLET + 1, 0)
    assert take_in(settings, "learn")
    assert find_line(settings) == (1, ARTICLES_OF_OUTLET)
    assert find_broken_laws(settings) == []
    store = Store(settings.data)
    assert store.read(TEMPLATES).select("outlet_key", "example", "documents", "version").rows() == [
        ("quay.example", LINE, ARTICLES_OF_OUTLET, 1)
    ]
    assert store.read(RUNS)["command"].to_list() == ["run", "learn"]


def test_learning_again_and_a_backfill_change_no_byte(settings: Settings) -> None:
    take_in(settings, "learn")
    before = hash_published_files(settings)
    assert not take_in(settings, "learn")
    assert not take_in(settings, "backfill")
    assert not take_in(settings)
    assert hash_published_files(settings) == before


def test_the_same_files_under_the_same_templates_give_the_same_store(settings: Settings, tmp_path: Path) -> None:
    take_in(settings, "learn")
    drop_files(settings, write_pages(range(ARTICLES_OF_OUTLET, ARTICLES_OF_OUTLET + 3)))
    assert take_in(settings)
    assert find_line(settings) == (1, ARTICLES_OF_OUTLET + 3)
    assert find_broken_laws(settings) == []
    fresh = settings_for(tmp_path / "fresh")
    for path in Store(settings.data).list_files(TEMPLATES).values():
        write_table(pl.read_parquet(path), Store(fresh.data).folder(TEMPLATES) / path.name, TEMPLATES)
    drop_files(fresh, {path.name: path.read_bytes() for path in sorted(settings.inbox.iterdir(), reverse=True)})
    assert take_in(fresh)
    assert_same_results(read_results(fresh), read_results(settings))


def test_a_run_does_not_learn(settings: Settings) -> None:
    drop_files(settings, write_pages(range(20, 30)))
    take_in(settings)
    assert take_in(settings, "backfill") is False
    assert Store(settings.data).read(TEMPLATES).is_empty()


def test_copies_of_an_article_count_once(tmp_path: Path) -> None:
    """Versions of one article share all their lines; none of them is a template for that."""
    settings = settings_for(tmp_path)
    words = make_words(5, 200)
    for number in range(ARTICLES_OF_OUTLET):
        text = write_page(5).replace("The last word of number 5", f"The {words[number]} word of number {number}")
        drop_files(settings, {f"{number}.html": text})
    take_in(settings)
    assert not take_in(settings, "learn")
    assert Store(settings.data).read(TEMPLATES).is_empty()


def test_a_line_taken_out_by_no_template_is_named(settings: Settings, tmp_path: Path) -> None:
    take_in(settings, "learn")
    store = Store(settings.data)
    [name] = [name for name, path in store.list_files(TEMPLATES).items() if pl.read_parquet(path).height]
    staged = {name: write_table(TEMPLATES.empty(), tmp_path / "t.parquet", TEMPLATES)}
    checks = pl.concat(check_templates(Scope(store.with_staged(staged))))
    assert checks.filter(~pl.col("holds"))["detail"].unique().to_list() == [f"template.1 is not in templates: {LINE}"]
    assert pl.concat(check_templates(Scope(store)))["holds"].all()
