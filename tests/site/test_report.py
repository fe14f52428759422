"""What `winnow report` writes: whole, the same each time, from the datasets alone, and harmless as text."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from click.testing import CliRunner
from lxml import html

from flows.cli import cli
from flows.errors import StoreLockedError
from flows.report import render_next_steps
from flows.run import scan_held
from flows.settings import Settings
from flows.site import build, texts
from flows.site.build import write_report
from flows.site.families import list_ties
from flows.site.listing import ROWS_PER_PART
from flows.site.search import FIELDS, index_words
from flows.storage import Store, lock_store
from flows.summary import RunSummary
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.hostile import poison_store, write_hostile_files
from tests.support.stores import drop_files, hash_published_files, settings_for, take_in
from transforms.contracts import OVERLAPS, REMOVED, TABLES
from transforms.contracts.parsed import DECISIONS

ROOT: Final = Path(__file__).resolve().parents[2]
PART: Final = re.compile(r'winnow\.receive\("([a-z]+(?:-\d+)?)","([A-Za-z0-9+/=]*)"\);\n')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with copies of each kind, an older version, a reject and hostile files; a site was made of it."""
    settings = settings_for(tmp_path_factory.mktemp("store"))
    words = make_words(1, 300)
    drop_files(settings, {"page.txt": write_paragraphs(make_words(2, 90))})
    take_in(settings)
    copies: dict[str, str | bytes] = {
        "article.txt": write_paragraphs(words),
        "excerpt.txt": write_paragraphs(words[:110]),
        "copy.txt": write_other_layout(words),
        "other.txt": write_paragraphs(make_words(4, 200) + words[200:240]),
        "page.txt": write_paragraphs(make_words(3, 90)),
        "broken.txt": " ",
    }
    drop_files(settings, copies | write_hostile_files())
    take_in(settings)
    write_report(settings)
    return settings


def site_of(settings: Settings) -> Path:
    return Store(settings.data).site.parent


def read_parts(settings: Settings) -> dict[str, Any]:
    """Every part of the data, unpacked."""
    parts = {}
    for path in sorted(site_of(settings).glob("data-*/*.js")):
        found = PART.fullmatch(path.read_text(encoding="ascii"))
        assert found, f"{path.name} holds more than one call with letters of base64"
        assert found[1] == path.stem
        parts[found[1]] = json.loads(zlib.decompress(base64.b64decode(found[2])))
    return parts


def hash_files(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_second_report_changes_no_byte_and_no_dataset(made: Settings) -> None:
    before, published = hash_files(site_of(made)), hash_published_files(made)
    write_report(made)
    assert hash_files(site_of(made)) == before
    assert hash_published_files(made) == published
    assert not Store(made.data).work(build.WORK).exists()


def test_lists_hold_every_document_once_and_in_order(made: Settings) -> None:
    parts = read_parts(made)
    columns = parts["columns"]
    held = scan_held(Store(made.data), ["document_id", "source_path", "word_count", "relation"]).collect()
    rows = parts["rows-0"]
    assert sorted(rows["document_id"]) == sorted(held["document_id"])
    days = columns["days"]
    known = [day for day in days if day is not None]
    assert known == sorted(known, reverse=True)
    assert days == known + [None] * (len(days) - len(known))
    by_id = {row["document_id"]: row for row in held.to_dicts()}
    places = ["kept", "exact", "near", "excerpt", "digest", "superseded"]
    for number, document_id in enumerate(rows["document_id"]):
        assert columns["words"][number] == by_id[document_id]["word_count"]
        assert places[columns["places"][number]] == (by_id[document_id]["relation"] or "kept")
        assert rows["source_path"][number] == by_id[document_id]["source_path"]
    assert {"exact", "excerpt", "superseded"} <= {places[code] for code in columns["places"]}


def test_documents_are_whole_wherever_they_lie(made: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "PART_BYTES", 9_000)
    monkeypatch.setattr(texts, "RANGE_BYTES", 40_000)
    write_report(made)
    parts = read_parts(made)
    page = html.parse(str(Store(made.data).site)).getroot()
    site = json.loads(page.xpath("string(//script[@id='site'])"))
    assert site["text_parts"] > 2
    store = Store(made.data)
    held = scan_held(store, ["document_id", "text", "blocks", "title", "evidence"]).collect()
    removed = store.read(REMOVED)
    for row in held.iter_rows(named=True):
        head = int(row["document_id"][: site["id_digits"]], 16)
        part = head * site["text_parts"] // 16 ** site["id_digits"]
        whole = parts[f"texts-{part}"][row["document_id"]]
        assert {name: whole["document"][name] for name in ("text", "blocks", "title", "evidence")} == {
            name: row[name] for name in ("text", "blocks", "title", "evidence")
        }
        lines = removed.filter(pl.col("document_id") == row["document_id"]).sort("line", "text")
        assert [line["text"] for line in whole["removed"]] == lines["text"].to_list()
    assert sum(len(part) for name, part in parts.items() if name.startswith("texts-")) == held.height
    numbers = {document: n for n, document in enumerate(parts["rows-0"]["document_id"])}
    wholes = {key: value for name, part in parts.items() if name.startswith("texts-") for key, value in part.items()}
    for pair in store.read(OVERLAPS).iter_rows(named=True):
        below = wholes[pair["document_id"]]["below"]
        found = next(one for one in below if one["number"] == numbers[pair["other_id"]])
        assert found["spans"] == pair["spans"]
        above = wholes[pair["other_id"]]["above"]
        assert numbers[pair["document_id"]] in [one["number"] for one in above]
    monkeypatch.undo()
    write_report(made)


def test_families_name_the_article_and_every_copy(made: Settings) -> None:
    parts = read_parts(made)
    paths = parts["rows-0"]["source_path"]
    families = {
        paths[article]: {paths[copy] for copy in copies}
        for article, copies in zip(parts["families"]["article"], parts["families"]["copies"], strict=True)
    }
    # Of two texts with the same words the rank says which one is kept.
    kept = "article.txt" if "article.txt" in families else "copy.txt"
    assert {kept, *families[kept]} == {"article.txt", "copy.txt", "excerpt.txt"}
    assert families["page.txt"] == {"page.txt"}
    lengths = [len(copies) for copies in parts["families"]["copies"]]
    assert lengths == sorted(lengths, reverse=True)


def test_a_shared_sentence_makes_no_family() -> None:
    documents = pl.DataFrame(
        {
            "document_id": ["copy", "article", "other"],
            "number": [0, 1, 2],
            "relation": ["excerpt", None, None],
            "duplicate_of": ["article", None, None],
            "word_count": [100, 400, 400],
            "partners": [[{"document_id": "article", "words": 85}, {"document_id": "other", "words": 15}], [], []],
        },
        schema_overrides={"partners": DECISIONS["partners"], "number": pl.UInt32},
    )
    assert list_ties(documents).rows() == [(0, 1, 85, True), (0, 2, 15, False)]


def test_words_lead_to_the_documents_that_have_them() -> None:
    documents = pl.DataFrame(
        {
            "number": [0, 1, 2],
            "title": ["Élan, the rope", "東京 rope", None],
            "authors": [["Rope Maker"], [], ["Zoë"]],
            "outlet": [None, "The Élan", "straße"],
            "source_path": ["a/rope.txt", "b.txt", "c.txt"],
        },
        schema_overrides={"number": pl.UInt32, "authors": pl.List(pl.String)},
    )
    index = index_words(documents)
    assert index["word"].to_list() == sorted(index["word"].to_list())
    found = {}
    for word, steps in index.iter_rows():
        postings = [sum(steps[: n + 1]) for n in range(len(steps))]
        found[word] = [(posting // len(FIELDS), FIELDS[posting % len(FIELDS)]) for posting in postings]
    assert found["elan"] == [(0, "title"), (1, "outlet")]
    assert found["rope"] == [(0, "title"), (1, "title")]
    assert found["maker"] == [(0, "authors")]
    assert found["zoe"] == [(2, "authors")]
    assert found["東"] == found["京"] == [(1, "title")]
    assert found["straße"] == [(2, "outlet")]
    assert found["txt"] == [(n, "source_path") for n in range(3)]


@pytest.mark.parametrize("is_poisoned", [False, True], ids=["taken in", "poisoned"])
def test_pages_hold_no_markup_of_what_was_read(made: Settings, tmp_path: Path, is_poisoned: bool) -> None:
    settings = made
    if is_poisoned:
        settings = made.model_copy(update={"data": tmp_path / "data"})
        for table in TABLES:
            for name, path in Store(made.data).list_files(table).items():
                (settings.data / name).parent.mkdir(parents=True, exist_ok=True)
                (settings.data / name).write_bytes(path.read_bytes())
        poison_store(settings)
        write_report(settings)
    for path in sorted(site_of(settings).glob("*.html")):
        page = html.parse(str(path)).getroot()
        for element in page.iter():
            if isinstance(element.tag, str):
                assert_harmless(element, path.name)
        policy = page.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    read_parts(settings)


def assert_harmless(element: Any, page: str) -> None:
    """The element runs nothing by itself, leads nowhere but into the site, and its data cannot end it."""
    assert element.tag not in ("img", "iframe", "object", "embed", "base", "style"), page
    for name, value in element.attrib.items():
        assert not re.fullmatch(r"on.*|style|srcdoc|formaction|action", name), page
        if name in ("href", "src"):
            assert re.fullmatch(r"(?:\.\./)*[\w./-]*(?:#.*)?|data:,", value), (page, value)
    if element.tag == "script" and not element.get("src"):
        assert element.get("type") == "application/json", page
        assert not re.search(r"[<>&\u2028\u2029]", element.text), page
        json.loads(element.text)


def test_scripts_never_write_markup() -> None:
    for path in (ROOT / "flows/site/assets").glob("*.js"):
        code = path.read_text(encoding="utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "DOMParser",
        ):
            assert word not in code, f"{path.name} has {word}"


def test_pages_name_no_address_of_the_network(made: Settings) -> None:
    for path in [*site_of(made).glob("*.html"), *site_of(made).glob("assets/*")]:
        text = re.sub(r"http://www\.w3\.org/2000/svg|hostile/[^\s]*", "", path.read_text(encoding="utf-8"))
        text = re.sub(r"https?://a\.invalid[^\s\"]*", "", text)
        assert not re.search(r"(?:https?:)?//[a-z]", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)), path.name


def test_a_report_that_fails_leaves_the_last_one(made: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hash_files(site_of(made))

    def fail(*_: Any) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(build, "write_texts", fail)
    with pytest.raises(OSError, match="no space left"):
        write_report(made)
    assert hash_files(site_of(made)) == before
    assert not Store(made.data).work(build.WORK).exists()


def test_a_report_waits_for_no_run_that_holds_the_store(made: Settings) -> None:
    script = (
        "import sys; from pathlib import Path; from flows.settings import load_settings;"
        "from flows.site.build import write_report; from flows.errors import StoreLockedError\n"
        "try:\n    write_report(load_settings(data=Path(sys.argv[1])))\n"
        "except StoreLockedError as error:\n    print(error)"
    )
    with lock_store(Store(made.data), "`winnow run`"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(made.data)], capture_output=True, text=True, check=True, cwd=ROOT
        )
    assert "is in use by `winnow run`" in done.stdout
    assert issubclass(StoreLockedError, Exception)


def test_data_of_two_reports_never_mix(made: Settings, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    drop_files(settings, {"one.txt": write_paragraphs(make_words(11, 90))})
    take_in(settings)
    write_report(settings)
    first = {path.name for path in site_of(settings).glob("data-*")}
    drop_files(settings, {"two.txt": write_paragraphs(make_words(12, 90))})
    take_in(settings)
    write_report(settings)
    second = {path.name for path in site_of(settings).glob("data-*")}
    assert len(first) == len(second) == 1
    assert first != second
    assert len(read_parts(settings)["rows-0"]["document_id"]) == 2 < ROWS_PER_PART


def test_command_says_where_it_opens(made: Settings) -> None:
    where = ["--inbox", str(made.inbox), "--data", str(made.data)]
    told = json.loads(CliRunner().invoke(cli, ["report", *where, "--json"], catch_exceptions=False).output)
    assert Path(told["index"]).is_file()
    assert told["files"] == len(hash_files(site_of(made)))
    assert told["bytes"] == sum(path.stat().st_size for path in site_of(made).rglob("*") if path.is_file())
    assert f"Open {told['index']}" in CliRunner().invoke(cli, ["report", *where], catch_exceptions=False).output


def test_a_run_says_where_the_report_is(made: Settings, tmp_path: Path) -> None:
    for data, pointer in ((made.data, str(Store(made.data).site)), (tmp_path, "winnow report")):
        summary = RunSummary("run", "inbox", str(data), "1", 0, 0, {}, [], reports=str(Store(data).reports))
        assert pointer in render_next_steps(summary).plain


def test_an_empty_store_has_a_report(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    drop_files(settings, {"broken.txt": " "})
    take_in(settings)
    assert write_report(settings).documents == 0
    assert read_parts(settings)["columns"]["words"] == []


def test_vendored_script_is_what_was_fetched() -> None:
    vendor = ROOT / "flows/site/vendor"
    manifest = json.loads((vendor / "vendored.json").read_bytes())
    assert hashlib.sha256((vendor / manifest["file"]).read_bytes()).hexdigest() == manifest["sha256"]
    licences = (vendor / "d3-licence.txt").read_text(encoding="utf-8")
    for package in manifest["packages"]:
        assert f"{package['name']} {package['version']}\n" in licences


def test_wheel_holds_templates_and_assets(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = [path for folder in ("templates", "assets", "vendor") for path in (ROOT / "flows/site" / folder).iterdir()]
    assert {path.relative_to(ROOT).as_posix() for path in wanted} <= names
