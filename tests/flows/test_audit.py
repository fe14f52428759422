"""The audit of a run looks at what the run changes, and misses nothing that the change breaks in the rest."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import flows.slices
from flows import audit
from flows.audit import Scope
from flows.settings import Settings
from flows.shelf import TextShelf
from flows.storage import Store, write_table
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.stores import drop_files, find_broken_laws, settings_for, take_in
from transforms.contracts import ARTICLES, CHANGES, DUPLICATES, OVERLAPS, RAW, Table

ARTICLE, OTHER = make_words(1, 240), make_words(2, 240)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store made by three runs, so that what belongs together lies in several files."""
    settings = settings_for(tmp_path_factory.mktemp("made"))
    # The byline makes it stand above its copy.
    drop_files(settings, {"article.txt": "By Mira Holt\n\n" + write_paragraphs(ARTICLE)})
    take_in(settings)
    drop_files(settings, {"other.txt": write_paragraphs(OTHER), "blank.txt": " "})
    take_in(settings)
    drop_files(settings, {"copy.txt": write_other_layout(ARTICLE), "excerpt.txt": write_paragraphs(ARTICLE[:120])})
    take_in(settings)
    assert find_broken_laws(settings) == []
    return settings


def id_of(made: Settings, path: str) -> str:
    store = Store(made.data)
    documents = pl.concat(store.read(table, ["document_id", "source_path"]) for table in (ARTICLES, DUPLICATES))
    return str(documents.filter(source_path=path)["document_id"].item())


def find_file(made: Settings, table: Table, document_id: str) -> str:
    """The file of `table` with a document."""
    for name, path in Store(made.data).list_files(table).items():
        if document_id in pl.read_parquet(path, columns=["document_id"])["document_id"]:
            return name
    raise LookupError(document_id)


def stage(made: Settings, folder: Path, **changes: tuple[Table, pl.DataFrame]) -> Scope:
    """The scope of a run that puts these files in place (name without folder and ending -> rows)."""
    staged = {}
    for name, (table, rows) in changes.items():
        final = f"{table.folder}/{name}.parquet"
        staged[final] = write_table(rows, folder / final, table)
    store = Store(made.data).with_staged(staged)
    # No row was touched: what is found is found by the files that changed.
    touched: dict[str, pl.DataFrame | None] = {
        table.name: table.empty().select(table.key) for table in (ARTICLES, DUPLICATES, OVERLAPS, CHANGES)
    }
    return Scope(store, touched, frozenset(staged))


def broken(made: Settings, scope: Scope, folder: Path) -> set[tuple[str, str]]:
    shelf = TextShelf(scope.store, pl.DataFrame(schema={"document_id": pl.String}), folder / "texts")
    checks = pl.concat(audit.check_laws(scope, made.dedup, shelf))
    return set(checks.filter(~pl.col("holds")).select("law", "subject").iter_rows())


def lose(made: Settings, path: str, table: Table) -> dict[str, tuple[Table, pl.DataFrame]]:
    """The file of a document without it."""
    name = find_file(made, table, id_of(made, path))
    rows = pl.read_parquet(Store(made.data).root / name, schema=table.polars_schema)
    return {Path(name).stem: (table, rows.filter(pl.col("source_path") != path))}


def test_a_change_that_breaks_nothing_is_found_good(made: Settings, tmp_path: Path) -> None:
    name = find_file(made, ARTICLES, id_of(made, "article.txt"))
    rows = pl.read_parquet(made.data / name, schema=ARTICLES.polars_schema)
    scope = stage(made, tmp_path, **{Path(name).stem: (ARTICLES, rows)})
    assert broken(made, scope, tmp_path) == set()


def test_an_article_that_is_lost_is_missed_by_its_source_its_copies_and_its_overlaps(
    made: Settings, tmp_path: Path
) -> None:
    article, copy, excerpt = (id_of(made, path) for path in ("article.txt", "copy.txt", "excerpt.txt"))
    scope = stage(made, tmp_path, **lose(made, "article.txt", ARTICLES))
    found = broken(made, scope, tmp_path)
    assert ("a file is accounted for", "article.txt") in found
    assert {subject for law, subject in found if law == "a partner stands in articles"} == {copy, excerpt}
    pairs = {subject for law, subject in found if law == "an overlap names documents that are held"}
    assert pairs == {f"{copy} and {article}", f"{excerpt} and {article}"}


def test_a_duplicate_that_is_lost_is_missed(made: Settings, tmp_path: Path) -> None:
    scope = stage(made, tmp_path, **lose(made, "excerpt.txt", DUPLICATES))
    found = broken(made, scope, tmp_path)
    assert ("a file is accounted for", "excerpt.txt") in found
    assert "an overlap names documents that are held" in {law for law, _ in found}
    # No change says that it is gone.
    assert ("the last change of a document says where it is", id_of(made, "excerpt.txt")) in found


def test_a_change_that_says_what_is_not_so_is_found(made: Settings, tmp_path: Path) -> None:
    rows = Store(made.data).read(CHANGES).filter(source_path="other.txt")
    wrong = rows.with_columns(run_id=pl.lit("9"), place=pl.lit("duplicates"), relation=pl.lit("near"))
    scope = stage(made, tmp_path, new=(CHANGES, wrong))
    scope.touched[CHANGES.name] = wrong.select("run_id")
    assert broken(made, scope, tmp_path) == {
        ("the last change of a document says where it is", id_of(made, "other.txt"))
    }


def test_a_document_that_stands_in_a_new_file_too_is_found(made: Settings, tmp_path: Path) -> None:
    rows = Store(made.data).read(ARTICLES).filter(source_path="other.txt")
    found = broken(made, stage(made, tmp_path, new=(ARTICLES, rows)), tmp_path)
    other = id_of(made, "other.txt")
    assert ("a document stands in one place", other) in found
    assert ("no two kept documents have the same words", other) in found


def test_words_that_an_older_file_has_are_found(made: Settings, tmp_path: Path) -> None:
    rows = Store(made.data).read(ARTICLES).filter(source_path="other.txt")
    rows = rows.with_columns(pl.lit("f" * 32).alias("document_id"))
    found = broken(made, stage(made, tmp_path, new=(ARTICLES, rows)), tmp_path)
    named = {subject for law, subject in found if law == "no two kept documents have the same words"}
    assert named == {"f" * 32, id_of(made, "other.txt")}


def test_bytes_that_became_nothing_are_found(made: Settings, tmp_path: Path) -> None:
    rows = Store(made.data).read(RAW).head(1).with_columns(pl.lit("lost.txt").alias("source_path"))
    found = broken(made, stage(made, tmp_path, new=(RAW, rows)), tmp_path)
    assert found == {("a file is accounted for", "lost.txt")}


def name_nobody(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit("e" * 32).alias("duplicate_of"))


def claim_more(rows: pl.DataFrame) -> pl.DataFrame:
    more = pl.element().struct.with_fields(words=(pl.element().struct.field("words") + 1).cast(pl.UInt32))
    return rows.with_columns(pl.col("partners").list.eval(more))


def cover_less(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit(0.1).alias("coverage"))


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        (name_nobody, "a partner stands in articles"),
        (claim_more, "shared words are shown"),
        (cover_less, "a document set aside is covered"),
    ],
)
def test_a_wrong_row_is_found(
    made: Settings, tmp_path: Path, fault: Callable[[pl.DataFrame], pl.DataFrame], law: str
) -> None:
    name = find_file(made, DUPLICATES, id_of(made, "excerpt.txt"))
    rows = pl.read_parquet(made.data / name, schema=DUPLICATES.polars_schema)
    is_wrong = pl.col("source_path") == "excerpt.txt"
    wrong = pl.concat([rows.filter(~is_wrong), fault(rows.filter(is_wrong))])
    scope = stage(made, tmp_path, **{Path(name).stem: (DUPLICATES, wrong)})
    scope.touched[DUPLICATES.name] = wrong.select("document_id")
    assert law in {found for found, _ in broken(made, scope, tmp_path)}


def test_rows_that_the_run_did_not_touch_are_not_held_against_new_settings(made: Settings, tmp_path: Path) -> None:
    """A document kept under an older threshold stays until a rebuild, and must not stop every run until then."""
    name = find_file(made, ARTICLES, id_of(made, "article.txt"))
    rows = pl.read_parquet(made.data / name, schema=ARTICLES.polars_schema)
    covered = rows.with_columns(pl.lit(0.9).alias("coverage"))
    scope = stage(made, tmp_path, **{Path(name).stem: (ARTICLES, covered)})
    assert broken(made, scope, tmp_path) == set()
    scope.touched[ARTICLES.name] = covered.select("document_id")
    assert {law for law, _ in broken(made, scope, tmp_path)} == {"a kept document is not covered"}


def test_laws_find_the_same_whatever_the_size_of_a_slice(
    made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = stage(made, tmp_path, **lose(made, "article.txt", ARTICLES))
    everything = Scope(scope.store)
    found = [broken(made, each, tmp_path / "one") for each in (scope, everything)]
    assert found[0] <= found[1]
    monkeypatch.setattr(flows.slices, "SLICE_ROWS", 1)
    assert [broken(made, each, tmp_path / "two") for each in (scope, everything)] == found


def test_texts_are_taken_up_in_parts_that_fit(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(made.data)
    pairs = store.read(OVERLAPS)
    documents = pl.concat(store.read(table, ["document_id", "text"]) for table in (ARTICLES, DUPLICATES))
    texts = dict(documents.iter_rows())
    monkeypatch.setattr("flows.shelf.TAKEN_BYTES", 1)
    parts = list(TextShelf(store, documents.select("document_id"), tmp_path / "texts").take(pairs))
    assert pl.concat(part for part, _ in parts).equals(pairs)
    assert [part.height for part, _ in parts] == [1] * pairs.height > [1]
    for part, taken in parts:
        assert dict(taken.iter_rows()) == {name: texts[name] for name in (part["document_id"][0], part["other_id"][0])}
