"""What a run stages: the rows that change where they stand, the others in new files, in the order for readers."""

from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.publication
from flows.publication import (
    StagedFile,
    commit,
    locate_staged,
    order_for_publication,
    roll_forward,
    stage_catalog,
    stage_empty_files,
    stage_table_changes,
)
from flows.storage import EMPTY_FILE, Store, write_table
from tests.support.publication import RUN, make_removed, read_staged
from transforms.contracts import ARTICLES, REJECTS, REMOVED, TABLES, Table


def describe(name: str, *, is_replacement: bool) -> StagedFile:
    """A staged file; two are equal whatever they hold."""
    return StagedFile(name, is_replacement, sha256="")


def make_rejects(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    """Rows of `rejects`: (path, SHA-256, reason)."""
    return REJECTS.frame(
        [
            {
                "source_path": path,
                "record": 0,
                "source_sha256": sha256,
                "stage": "read",
                "reason_code": "unreadable",
                "reason": reason,
                "run_id": RUN,
                "rejected_at": datetime(2026, 3, 1, tzinfo=UTC),
            }
            for path, sha256, reason in rows
        ]
    )


def hold(root: Path, table: Table, **files: pl.DataFrame) -> Store:
    """A store with these files of `table`."""
    for name, frame in files.items():
        write_table(frame, root / table.folder / f"{name}.parquet", table)
    return Store(root)


# --- staging ---------------------------------------------------------------------------------------------------------


def test_rows_are_replaced_where_they_stand_and_other_files_are_left_alone(tmp_path: Path) -> None:
    one = make_removed(("a", 0, "old"), ("b", 1, "old"), ("c", 2, "old"))
    other = make_removed(("d", 0, "old"), ("e", 1, "old"))
    store = hold(tmp_path, REMOVED, one=one, other=other)
    desired = make_removed(("d", 0, "old"), ("b", 1, "new"))
    staged = stage_table_changes(store, REMOVED, [desired], desired.select(REMOVED.key), RUN)
    assert staged == [describe(f"{REMOVED.folder}/one.parquet", is_replacement=True)]
    expected = make_removed(("a", 0, "old"), ("b", 1, "new"), ("c", 2, "old"))
    assert read_staged(store, staged)["one"].equals(expected)
    # Staging shows nothing.
    assert store.read(REMOVED).equals(pl.concat([one, other]))


def test_touched_rows_that_are_not_desired_go(tmp_path: Path) -> None:
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r"), ("b", 1, "r")), two=make_removed(("c", 0, "r")))
    touched = make_removed(("b", 1, "r"), ("c", 0, "r"), ("z", 9, "r")).select(REMOVED.key)
    staged = stage_table_changes(store, REMOVED, [REMOVED.empty()], touched, RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_removed(("a", 0, "r")))
    # A file that lost its last row stays, with its schema: nothing is ever deleted.
    assert rows["two"].equals(REMOVED.empty())
    assert all(file.is_replacement for file in staged)


def test_without_touched_keys_the_table_says_what_is_desired_and_no_more(tmp_path: Path) -> None:
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r"), ("b", 1, "r")), two=make_removed(("c", 0, "r")))
    desired = make_removed(("n", 5, "r"), ("c", 0, "new"), ("b", 1, "r"))
    staged = stage_table_changes(store, REMOVED, [desired], None, RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_removed(("b", 1, "r")))
    assert rows["two"].equals(make_removed(("c", 0, "new")))
    assert rows[f"{RUN}-00000"].equals(make_removed(("n", 5, "r")))
    assert [file.is_replacement for file in staged] == [True, True, False]


def test_with_no_touched_key_nothing_changes(tmp_path: Path) -> None:
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r")))
    nothing = REMOVED.empty()
    assert stage_table_changes(store, REMOVED, [nothing], nothing.select("document_id"), RUN) == []
    assert not store.work(RUN).exists()


def test_rows_of_a_key_of_several_rows_are_replaced_together(tmp_path: Path) -> None:
    store = hold(
        tmp_path, REMOVED, one=make_removed(("a", 0, "r"), ("b", 0, "r"), ("b", 1, "r"), ("c", 0, "r"), ("b", 2, "r"))
    )
    desired = make_removed(("b", 1, "new"), ("b", 7, "new"), ("n", 0, "r"), ("n", 1, "r"))
    staged = stage_table_changes(store, REMOVED, [desired], desired.select("document_id").unique(), RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_removed(("a", 0, "r"), ("b", 1, "new"), ("b", 7, "new"), ("c", 0, "r")))
    assert rows[f"{RUN}-00000"].equals(make_removed(("n", 0, "r"), ("n", 1, "r")))


def test_rows_of_a_key_that_lie_in_several_files_are_not_doubled(tmp_path: Path) -> None:
    """A document with more lines than one file has room for, or one that got more of them in a rebuild."""
    store = hold(
        tmp_path,
        REMOVED,
        one=make_removed(("a", 0, "r"), ("b", 0, "r")),
        two=make_removed(("b", 1, "r"), ("c", 0, "r")),
    )
    same = make_removed(("b", 0, "r"), ("b", 1, "r"))
    assert stage_table_changes(store, REMOVED, [same], same.select("document_id").unique(), RUN) == []
    desired = make_removed(("b", 0, "r"), ("b", 1, "new"), ("b", 2, "r"))
    staged = stage_table_changes(store, REMOVED, [desired], desired.select("document_id").unique(), RUN)
    after = store.with_staged(locate_staged(store, staged, RUN)).read(REMOVED).sort(REMOVED.key)
    assert after.equals(pl.concat([make_removed(("a", 0, "r")), desired, make_removed(("c", 0, "r"))]))
    # No row moves to another file: a reader between two files would see it twice, or not at all.
    assert "one" not in read_staged(store, staged)


def test_null_is_a_key_like_any_other(tmp_path: Path) -> None:
    store = hold(tmp_path, REJECTS, one=make_rejects(("a", None, "old"), ("a", "f" * 64, "old"), ("b", None, "old")))
    desired = make_rejects(("a", None, "new"), ("c", None, "new"))
    staged = stage_table_changes(store, REJECTS, [desired], desired.select(REJECTS.key), RUN)
    rows = read_staged(store, staged)
    assert rows["one"].equals(make_rejects(("a", None, "new"), ("a", "f" * 64, "old"), ("b", None, "old")))
    assert rows[f"{RUN}-00000"].equals(make_rejects(("c", None, "new")))


def test_new_rows_are_split_into_files_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.publication, "ROWS_PER_FILE", 10)
    store = hold(tmp_path, REMOVED, one=make_removed(("a", 0, "r")))
    desired = make_removed(*[("a", 0, "r"), *(("b", number, "r") for number in range(25))])
    staged = stage_table_changes(store, REMOVED, [desired], desired.select(REMOVED.key), RUN)
    assert staged == [describe(f"{REMOVED.folder}/{RUN}-{n:05d}.parquet", is_replacement=False) for n in range(3)]
    frames = list(read_staged(store, staged).values())
    assert [frame.height for frame in frames] == [10, 10, 5]
    assert pl.concat(frames).equals(desired[1:])


rows_of_documents = st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), st.sampled_from("xy"))


@hypothesis.settings(max_examples=50)
@given(st.lists(rows_of_documents, max_size=3), rows_of_documents, st.booleans())
def test_the_table_says_what_is_desired_about_the_touched_keys_and_what_it_said_about_others(
    tmp_path_factory: pytest.TempPathFactory,
    held: list[dict[tuple[str, int], str]],
    wanted: dict[tuple[str, int], str],
    by_document: bool,
) -> None:
    root = tmp_path_factory.mktemp("store")
    before: dict[tuple[str, int], str] = {}
    for number, file in enumerate(held):
        new = {key: rule for key, rule in file.items() if key not in before}
        before |= new
        hold(root, REMOVED, **{f"f{number}": make_removed(*((*key, rule) for key, rule in new.items()))})
    store = Store(root)
    desired = make_removed(*((*key, rule) for key, rule in sorted(wanted.items())))
    by = ["document_id"] if by_document else list(REMOVED.key)
    staged = stage_table_changes(store, REMOVED, [desired], desired.select(by).unique(), RUN)
    after = store.with_staged(locate_staged(store, staged, RUN)).read(REMOVED)
    gone = {key for key in before if by_document and key[0] in {document for document, _ in wanted}}
    expected = {key: rule for key, rule in before.items() if key not in gone} | wanted
    assert after.sort(REMOVED.key).equals(make_removed(*((*key, rule) for key, rule in sorted(expected.items()))))
    for name, path in locate_staged(store, staged, RUN).items():
        assert not (root / name).exists() or not pl.read_parquet(path).equals(pl.read_parquet(root / name))


def test_every_dataset_gets_one_file_without_rows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_table(ARTICLES.empty(), store.folder(ARTICLES) / EMPTY_FILE, ARTICLES)
    staged = stage_empty_files(store, RUN)
    assert {file.name for file in staged} == {f"{table.folder}/{EMPTY_FILE}" for table in TABLES if table != ARTICLES}
    assert not any(file.is_replacement for file in staged)


def test_the_catalog_lists_the_files_as_they_will_be_and_is_staged_when_it_changes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    staged = stage_empty_files(store, RUN)
    catalog = stage_catalog(store, staged, RUN)
    assert catalog == [describe(name, is_replacement=False) for name in ("README.md", "datapackage.json", "store.json")]
    package = (store.work(RUN) / "publish" / "datapackage.json").read_text()
    assert f"{ARTICLES.folder}/{EMPTY_FILE}" in package
    commit(store, [*staged, *catalog], RUN)
    roll_forward(store, RUN)
    assert stage_catalog(store, [], "next") == []
    (tmp_path / "README.md").write_text("edited by hand")
    assert stage_catalog(store, [], "next") == [describe("README.md", is_replacement=True)]


def test_files_are_put_in_the_order_that_keeps_readers_safe() -> None:
    def replaced(name: str) -> StagedFile:
        return describe(name, is_replacement=True)

    def added(name: str) -> StagedFile:
        return describe(name, is_replacement=False)

    expected = [
        replaced("articles/v1/a.parquet"),
        replaced("articles/v1/b.parquet"),
        replaced("duplicates/v1/a.parquet"),
        replaced("overlaps/v1/a.parquet"),
        added("overlaps/v1/c.parquet"),
        added("raw/v1/c.parquet"),
        added("articles/v1/c.parquet"),
        added("duplicates/v1/c.parquet"),
        replaced("README.md"),
        added("datapackage.json"),
    ]
    assert order_for_publication(reversed(expected)) == expected
