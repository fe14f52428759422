"""Each kind of fault is caught with the row that has it, and the pages that show it fetch and run nothing."""

import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from lxml import html

import flows.validation
from flows.data_docs import STYLESHEET_NAME, make_pages_offline
from flows.suites import list_slim_columns
from flows.validation import AuditResult, Problem, TableRows, validate_rows
from transforms.contracts import ARTICLES, OVERLAPS, RAW, REJECTS, REMOVED, TABLES, Table
from transforms.laws import CHECKS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCRIPT = "<script>alert('x')</script> & <img src=//example.org/x onerror=alert(2)>"
LINK = "javascript:alert(3)"
LOADING_ATTRIBUTES = {"action", "data", "poster", "ping", "background"}
LAW = "a partner stands in articles"


def make_id(number: int) -> str:
    return f"{number:032x}"


def make_article(number: int) -> dict[str, Any]:
    return {
        "document_id": make_id(number),
        "source_path": f"letters/{number}.txt",
        "record": 0,
        "media_type": "text/plain",
        "source_sha256": f"{number:064x}",
        "source_bytes": 40,
        "ingested_at": NOON,
        "run_id": "20260301T120000-a",
        "pipeline_version": "0",
        "authors": ["Ada Example"],
        "published_at": NOON if number % 2 else None,
        "published_precision": "minute" if number % 2 else None,
        "language": "en-GB",
        "kind": "news",
        "text": "The mill wheel turns again.",
        "blocks": [{"kind": "paragraph", "start": 0, "end": 27}],
        "word_count": 5,
        "text_sha256": f"{number:064x}",
        "links": [],
        "emails": [],
        "handles": [],
        "evidence": [],
        "coverage": 0.25,
    }


def make_articles(rows: int, faults: Mapping[int, Mapping[str, Any]] | None = None) -> pl.DataFrame:
    return ARTICLES.frame([make_article(number) | dict((faults or {}).get(number, {})) for number in range(rows)])


def make_checks(*rows: tuple[str, str, bool | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CHECKS, orient="row")


def validate_frames(
    frames: Mapping[str, pl.DataFrame], laws: pl.DataFrame, run_id: str, docs_folder: Path
) -> AuditResult:
    """Frames that are small enough to be one slice each."""
    known = {table.name: table for table in TABLES}
    rows = {name: TableRows.of_frame(known.get(name, ARTICLES), frame) for name, frame in frames.items()}
    return validate_rows(rows, [laws], run_id, docs_folder)


ARTICLE_FAULTS: dict[int, dict[str, Any]] = {
    1: {"text": None},
    2: {"language": "English\n"},
    3: {"coverage": 1.5},
    4: {"kind": "gossip"},
    5: {"document_id": make_id(6)},
    7: {"document_id": SCRIPT},
    8: {"source_path": ""},
    9: {"text_sha256": "0" * 64 + "\n"},
    10: {"language": LINK},
}
REMOVED_LINE = {
    "document_id": make_id(1),
    "line": 4,
    "kind": "promo",
    "text": "Subscribe now",
    "rule": "promo.subscribe",
}


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    docs = tmp_path_factory.mktemp("good") / "docs"
    frames = {table.name: table.empty() for table in TABLES} | {"articles": make_articles(12)}
    frames["rejects"] = REJECTS.frame([make_reject("binary", None), make_reject("binary", "f" * 64)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return validate_frames(frames, make_checks((LAW, make_id(1), True, None)), "20260301T120000-a", docs), docs


def make_reject(reason_code: str, sha256: str | None) -> dict[str, Any]:
    return {
        "source_path": "scan.txt",
        "record": 0,
        "source_sha256": sha256,
        "source_bytes": None,
        "stage": "parse",
        "reason_code": reason_code,
        "reason": "The file has a text name, but its bytes are not text.",
        "run_id": "20260301T120000-a",
        "rejected_at": NOON,
    }


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    docs = tmp_path_factory.mktemp("bad") / "docs"
    frames = {
        "articles": make_articles(12, ARTICLE_FAULTS),
        "removed": REMOVED.frame([REMOVED_LINE, REMOVED_LINE, REMOVED_LINE | {"line": 5}]),
        "rejects": REJECTS.frame([make_reject("unparsable", None)] * 2),
        "overlaps": OVERLAPS.empty().with_columns(pl.col("words").cast(pl.Int64)),
        "raw": RAW.empty().select(reversed(RAW.column_names)),
        "runs": pl.DataFrame(),
    }
    laws = make_checks(
        (LAW, make_id(1), True, None),
        (LAW, make_id(2), False, f"{SCRIPT} is in no row"),
        (LAW, make_id(3), None, None),
        ("counts add up", "run a", True, None),
        ("counts add up", "run b", False, "holds"),
    )
    return validate_frames(frames, laws, "20260301T120000-a", docs), docs


def find_problem(result: AuditResult, table: str, check: str, word: str = "") -> Problem:
    found = [p for p in result.problems if (p.table, p.check) == (table, check) and word in p.sentence]
    assert len(found) == 1, found
    return found[0]


def keys_of(problem: Problem) -> list[str]:
    return [example.key[0][1] for example in problem.examples]


def test_good_and_empty_frames_pass_without_a_warning(good: tuple[AuditResult, Path]) -> None:
    assert good[0] == AuditResult(passed=True, problems=())
    assert good[0].render() == "The audit passed."


@pytest.mark.parametrize(
    ("check", "column", "rows", "value"),
    [
        ("not null", "a required column", [make_id(1)], "text"),
        ("matches", "language", [make_id(2), make_id(10)], "English\n"),
        ("between", "bounds", [make_id(3), make_id(8)], "coverage is 1.5, not from 0 to 1"),
        ("one of", "kind", [make_id(4)], "gossip"),
        ("unique key", "document_id", [make_id(6), make_id(6)], make_id(6)),
        ("matches", "document_id", [SCRIPT], SCRIPT),
        ("matches", "text_sha256", [make_id(9)], "0" * 64 + "\n"),
    ],
)
def test_a_faulty_row_is_named_with_its_value(
    bad: tuple[AuditResult, Path], check: str, column: str, rows: list[str], value: str
) -> None:
    problem = find_problem(bad[0], "articles", check, column)
    assert keys_of(problem) == rows
    assert problem.failing_rows == len(rows)
    assert problem.examples[0].value == value
    assert problem.of_rows == 12


def test_nothing_else_is_found_in_articles(bad: tuple[AuditResult, Path]) -> None:
    assert sum(problem.table == "articles" for problem in bad[0].problems) == 7


def test_compound_keys_count_equal_rows_nulls_included(bad: tuple[AuditResult, Path]) -> None:
    removed = find_problem(bad[0], "removed", "unique key")
    assert (removed.failing_rows, removed.of_rows) == (2, 3)
    assert removed.examples[0].key == (("document_id", make_id(1)), ("line", "4"), ("text", "Subscribe now"))
    rejects = find_problem(bad[0], "rejects", "unique key")
    assert (rejects.failing_rows, rejects.of_rows) == (2, 2)
    assert dict(rejects.examples[0].key)["source_sha256"] == "null"


def test_schemas_that_differ_are_refused_before_their_rows(bad: tuple[AuditResult, Path]) -> None:
    assert "words is Int64, the contract says UInt32" in find_problem(bad[0], "overlaps", "schema").sentence
    assert "columns stand in the order" in find_problem(bad[0], "raw", "schema").sentence
    missing = [p for p in bad[0].problems if p.table == "runs"]
    assert {p.check for p in missing} == {"schema"}
    assert any("column run_id is missing" in p.sentence for p in missing)


def test_broken_laws_name_their_subjects(bad: tuple[AuditResult, Path]) -> None:
    partners = find_problem(bad[0], "laws", "law", LAW)
    # A check without an answer does not hold.
    assert keys_of(partners) == [make_id(2), make_id(3)]
    assert [example.value for example in partners.examples] == [f"{SCRIPT} is in no row", "does not hold"]
    assert (partners.failing_rows, partners.of_rows) == (2, 3)
    counts = find_problem(bad[0], "laws", "law", "counts add up")
    assert (keys_of(counts), counts.failing_rows, counts.of_rows) == (["run b"], 1, 2)


def test_the_report_is_readable_and_holds_no_control_character(bad: tuple[AuditResult, Path]) -> None:
    report = bad[0].render()
    assert not bad[0].passed
    assert report.splitlines()[0] == f"The audit refused: {len(bad[0].problems)} checks failed."
    assert f"document_id={make_id(4)}: gossip" in report
    assert f"document_id={make_id(2)}: English\\n" in report
    assert all(line.startswith(("- ", "    ")) for line in report.splitlines()[1:])


def test_the_report_counts_rows_beyond_the_examples(tmp_path: Path) -> None:
    faults = {number: {"kind": "gossip"} for number in range(9)}
    result = validate_frames({"articles": make_articles(9, faults)}, make_checks(), "run", tmp_path / "docs")
    problem = find_problem(result, "articles", "one of")
    assert (len(problem.examples), problem.failing_rows) == (5, 9)
    assert "    … and 4 more" in result.render()


def test_a_check_that_cannot_be_carried_out_is_an_error_not_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_language(table: Table) -> list[pl.Expr]:
        return [column for column in list_slim_columns(table) if column.meta.output_name() != "language"]

    monkeypatch.setattr(flows.validation, "list_slim_columns", lose_language)
    result = validate_frames({"articles": make_articles(3)}, make_checks(), "run", tmp_path / "docs")
    assert not result.passed
    error = find_problem(result, "articles", "error")
    assert "could not check" in error.sentence
    assert "language" in error.sentence
    assert (error.failing_rows, error.examples) == (0, ())


def test_what_is_not_a_table_or_a_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no table is called letters"):
        validate_frames({"letters": ARTICLES.empty()}, make_checks(), "run", tmp_path)
    with pytest.raises(ValueError, match="the checks of the laws have the schema"):
        validate_frames({}, make_checks().drop("detail"), "run", tmp_path)


def test_great_expectations_is_not_imported_until_it_is_needed() -> None:
    code = "import sys, flows.validation; sys.exit('great_expectations' in sys.modules)"
    root = Path(flows.validation.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def find_loads(folder: Path) -> Iterator[str]:
    """Whatever in the pages and stylesheets a browser would fetch from elsewhere, or run."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".css":
            yield from (f"{file.name}: {found}" for found in re.findall(r"@import|url\(", text))
            continue
        for element in html.document_fromstring(text).iter():
            if element.tag in {"script", "style", "iframe", "object", "embed", "base", "form", "img", "svg"}:
                yield f"{file.name}: <{element.tag}>"
            for name, value in element.attrib.items():
                if name.startswith(("on", "src", "style")) or name in LOADING_ATTRIBUTES:
                    yield f"{file.name}: {name}={value}"
                if name == "href" and re.match(r"(?i)\s*([a-z][a-z0-9+.-]*:|/)", value):
                    yield f"{file.name}: {name}={value}"


def test_pages_load_nothing_from_elsewhere(good: tuple[AuditResult, Path], bad: tuple[AuditResult, Path]) -> None:
    for _, docs in (good, bad):
        assert list(find_loads(docs)) == []
        assert {path.suffix for path in docs.rglob("*") if path.is_file()} == {".html", ".css"}


def test_links_lead_to_pages_that_exist_and_reach_all(bad: tuple[AuditResult, Path]) -> None:
    _, docs = bad
    reached, queue = set(), [docs / "index.html"]
    while queue:
        page = queue.pop().resolve()
        if page in reached:
            continue
        reached.add(page)
        tree = html.document_fromstring(page.read_text(encoding="utf-8"))
        assert (page.parent / tree.xpath("//link/@href")[0]).resolve() == (docs / STYLESHEET_NAME).resolve()
        for target in tree.xpath("//a/@href"):
            path, _, anchor = target.partition("#")
            assert not anchor or path or tree.xpath("//*[@id=$name]", name=anchor), target
            if path:
                assert (page.parent / path).is_file(), target
                queue.append(page.parent / path)
    assert reached == {path.resolve() for path in docs.rglob("*.html")}


def read_page(docs: Path, asset: str) -> Any:
    [page] = docs.glob(f"validations/{asset}/*/*/*.html")
    return html.document_fromstring(page.read_text(encoding="utf-8"))


def test_pages_show_results_and_hostile_values_as_text(bad: tuple[AuditResult, Path]) -> None:
    _, docs = bad
    articles, laws = (read_page(docs, asset) for asset in ("articles", "laws"))
    cells = [cell.text_content().strip() for cell in articles.iter("td")]
    assert {SCRIPT, LINK, "gossip"} <= set(cells)
    assert make_id(4) in cells
    assert {"passed", "failed"} <= {status.text_content() for status in articles.find_class("status")}
    law_cells = [cell.text_content().strip() for cell in laws.iter("td")]
    assert f"{SCRIPT} is in no row" in law_cells
    assert make_id(2) in law_cells
    assert "values must belong to this set" in articles.text_content()


def test_the_index_lists_each_result_without_a_script(bad: tuple[AuditResult, Path]) -> None:
    index = html.document_fromstring((bad[1] / "index.html").read_text(encoding="utf-8"))
    results, suites = index.xpath("//table")
    outcome = {row[3].text_content().strip(): row[0].text_content().strip() for row in results.iterfind("tbody/tr")}
    assert outcome == dict.fromkeys(["articles", "laws", "rejects", "removed", "schema"], "failed")
    names = [row.text_content().strip() for row in suites.iterfind("tbody/tr")]
    assert names == sorted(outcome)


def test_once_is_enough(bad: tuple[AuditResult, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bad[1], tmp_path / "docs"))
    make_pages_offline(copy)
    for path in bad[1].rglob("*.html"):
        assert (copy / path.relative_to(bad[1])).read_text() == path.read_text()


def test_a_table_that_is_filled_in_an_unknown_way_is_refused(tmp_path: Path) -> None:
    script = "$('#results').bootstrapTable({columns: await load(), data: later})"
    (tmp_path / "index.html").write_text(
        f"<html><body><table id='results'></table><script>{script}</script></body></html>"
    )
    with pytest.raises(ValueError, match="the table results of a Data Docs page"):
        make_pages_offline(tmp_path)


def test_active_content_is_taken_out_whatever_it_is(tmp_path: Path) -> None:
    hostile = (
        "<html><head><base href='//example.org'><meta http-equiv=refresh content='0;url=//example.org'></head><body "
        "onload=x()><a href=' JavaScript:x()'>one</a><a href='//example.org'>two</a><a href='a/b.html#c'>three</a>"
        "<p style='background:url(//example.org)' class=lead>four</p><svg onload=x()></svg><object data=x></object>"
        "<!-- note --><iframe srcdoc='<b>'></iframe><video poster=//example.org></video></body></html>"
    )
    (tmp_path / "index.html").write_text(hostile)
    make_pages_offline(tmp_path)
    assert list(find_loads(tmp_path)) == []
    page = html.document_fromstring((tmp_path / "index.html").read_text())
    assert page.body.text_content().split() == ["onetwothreefour"]
    assert page.xpath("//a/@href") == ["a/b.html#c"]


def read_cells(page: Any) -> list[str]:
    """What the tables of a page say, but for the time of the audit and the hash of the frame looked at last."""
    cells = [" ".join(cell.text_content().split()) for cell in page.iter("td")]
    told = [cell for before, cell in zip(["", *cells], cells, strict=False) if before != "pandas_data_fingerprint"]
    return [re.sub(r"\d{4}-?\d\d-?\d\dT[\d:.]+Z", "", cell) for cell in told]


def read_in_slices(table: Table, frame: pl.DataFrame, rows: int) -> TableRows:
    return TableRows((), lambda columns: (part.select(columns) for part in frame.iter_slices(rows)))


def test_what_slices_show_is_put_together(
    bad: tuple[AuditResult, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows 5 and 6 share a key, and no slice of three holds both."""
    monkeypatch.setattr("flows.slices.SLICE_ROWS", 2)
    rows = {"articles": read_in_slices(ARTICLES, make_articles(12, ARTICLE_FAULTS), 3)}
    laws = [make_checks((LAW, make_id(1), True, None), (LAW, make_id(2), False, f"{SCRIPT} is in no row"))]
    laws += [make_checks((LAW, make_id(3), None, None), ("counts add up", "run a", True, None))]
    laws += [make_checks(("counts add up", "run b", False, "holds"))]
    result = validate_rows(rows, laws, "20260301T120000-a", tmp_path / "docs")
    expected = [problem for problem in bad[0].problems if problem.table in ("articles", "laws")]
    assert list(result.problems) == expected
    pages = sorted(path.parts[-4] for path in (tmp_path / "docs").glob("validations/*/*/*/*.html"))
    assert pages == ["articles", "laws", "schema"]
    in_one, in_slices = (read_page(docs, "articles") for docs in (bad[1], tmp_path / "docs"))
    assert read_cells(in_slices) == read_cells(in_one)
    assert list(find_loads(tmp_path / "docs")) == []


def test_good_rows_in_slices_pass_and_are_counted_once(tmp_path: Path) -> None:
    rows = {
        "articles": read_in_slices(ARTICLES, make_articles(12), 5),
        "rejects": read_in_slices(REJECTS, REJECTS.empty(), 5),
    }
    assert validate_rows(rows, [], "20260301T120000-a", tmp_path / "docs") == AuditResult(passed=True, problems=())


@pytest.mark.parametrize("faulty", [range(9), [0, 8]])
def test_failing_rows_of_all_slices_are_counted(tmp_path: Path, faulty: Sequence[int]) -> None:
    articles = make_articles(9, {number: {"kind": "gossip", "title": None} for number in faulty})
    rows = {"articles": read_in_slices(ARTICLES, articles, 2)}
    problem = find_problem(validate_rows(rows, [], "run", tmp_path / "docs"), "articles", "one of")
    assert (problem.failing_rows, problem.of_rows) == (len(faulty), 9)
    assert keys_of(problem) == [make_id(number) for number in faulty][:5]


def test_a_slice_that_cannot_be_checked_is_an_error_of_the_table(tmp_path: Path) -> None:
    def read(columns: Sequence[pl.Expr]) -> Iterator[pl.DataFrame]:
        for number, part in enumerate(make_articles(6).iter_slices(2)):
            slim = part.select(columns)
            yield slim.drop("language") if number == 1 else slim

    result = validate_rows({"articles": TableRows((), read)}, [], "run", tmp_path / "docs")
    assert "could not check" in find_problem(result, "articles", "error").sentence
    assert not result.passed
