"""What others read a store with: their tools load it, by the descriptions beside it and by the README's snippets."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from flows.dataset_card import describe_features
from flows.settings import Settings
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import drop_files, hash_published_files, settings_for, take_in
from transforms.contracts import ARTICLES, TABLES, Table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = dict(
    re.findall(
        r"^(Polars|DuckDB|pandas|Spark|R), and (?:(?!```).)*?:\n\n```\w+\n(.+?)```", README, re.MULTILINE | re.DOTALL
    )
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of two runs, with a copy, a quotation, a reject, and names as strange as they come."""
    settings = settings_for(tmp_path_factory.mktemp("downstream"))
    words = make_words(1, 300)
    quoting = [*make_words(2, 200), *words[:60]]
    drop_files(settings, {"web/article.txt": write_paragraphs(words), "quotes.txt": write_paragraphs(quoting)})
    take_in(settings)
    drop_files(
        settings,
        {
            "copy.txt": write_paragraphs(words[20:200]),
            'a "b" — ü.txt': write_paragraphs(make_words(4, 150)),
            "empty.txt": "",
        },
    )
    take_in(settings)
    return settings


def run_snippet(name: str, store: Settings) -> dict[str, Any]:
    """What the names of a snippet of the README stand for after it ran beside the store."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(store.data.parent)
        exec(compile(SNIPPETS[name], f"README.md, {name}", "exec"), names)
    return names


def test_readme_has_a_snippet_for_each_tool() -> None:
    assert set(SNIPPETS) == {"Polars", "DuckDB", "pandas", "Spark", "R"}


def test_polars_snippet(store: Settings) -> None:
    copies = run_snippet("Polars", store)["copies"]
    assert copies.select("source_path", "source_path_of_copy", "relation").rows() == [
        ("web/article.txt", "copy.txt", "excerpt")
    ]


def test_duckdb_snippet(store: Settings) -> None:
    [(_, _, words, share, runs)] = run_snippet("DuckDB", store)["quotations"]
    assert (words, runs) == (60, 1)
    assert share == pytest.approx(60 / 260)


def test_pandas_snippet(store: Settings) -> None:
    prose = run_snippet("pandas", store)["prose"]
    assert len(prose) == 3
    assert prose["text"].str.len().min() > 100


def test_spark_snippet(store: Settings) -> None:
    """In a process of its own: it starts a machine of Java, and leaves it."""
    pytest.importorskip("pyspark", reason="pyspark (400 MB, with Java) is not installed")
    code = SNIPPETS["Spark"] + "\nprint('rows:', new.count())\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=store.data.parent, capture_output=True, text=True, check=True, timeout=120
    )
    assert "rows: 1" in done.stdout


def test_r_snippet(store: Settings) -> None:
    asked = "quit(status = !all(sapply(c('arrow', 'dplyr'), requireNamespace, quietly = TRUE)))"
    try:
        has_packages = subprocess.run(["Rscript", "-e", asked], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        has_packages = False
    if not has_packages:
        pytest.skip("R with the packages arrow and dplyr is not installed")
    code = SNIPPETS["R"] + "\ncat('rows:', sum(languages$n), '\\n')\n"
    done = subprocess.run(
        ["Rscript", "-e", code], cwd=store.data.parent, capture_output=True, text=True, check=True, timeout=120
    )
    assert "rows: 3" in done.stdout


@pytest.fixture(scope="module")
def card(store: Settings) -> dict[str, Any]:
    """The head of the store's README.md."""
    _, head, rest = (store.data / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert rest.startswith("\n# Datasets")
    read: dict[str, Any] = yaml.safe_load(head)
    return read


def test_card_names_every_dataset(card: dict[str, Any]) -> None:
    assert [config["config_name"] for config in card["configs"]] == [table.name for table in TABLES]
    assert [config["config_name"] for config in card["configs"] if config.get("default")] == [ARTICLES.name]
    for table, described in zip(TABLES, card["dataset_info"], strict=True):
        assert described == {"config_name": table.name, "features": describe_features(table)}


@pytest.mark.filterwarnings("ignore")
def test_hugging_face_loads_every_dataset_as_the_card_says(
    store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    datasets = pytest.importorskip("datasets", reason="datasets of Hugging Face is not installed")
    for table in TABLES:
        rows = pl.read_parquet(store.data / table.folder / "*.parquet")
        if rows.is_empty():
            # Of no rows `datasets` makes no dataset, whatever the card says.
            assert table.name in {"removed", "templates"}
            continue
        loaded = datasets.load_dataset(str(store.data), table.name, split="train", cache_dir=str(tmp_path / "cache"))
        assert loaded.num_rows == rows.height, table.name
        assert list(loaded.features) == table.column_names
        assert loaded.features._to_yaml_list() == describe_features(table)
    assert set(loaded["run_id"]) == set(rows["run_id"])


@pytest.fixture(scope="module")
def croissant(store: Settings) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((store.data / "croissant.json").read_text(encoding="utf-8"))
    return read


def test_croissant_describes_every_column(croissant: dict[str, Any]) -> None:
    assert [records["name"] for records in croissant["recordSet"]] == [table.name for table in TABLES]
    for table, records, files in zip(TABLES, croissant["recordSet"], croissant["distribution"], strict=True):
        assert files["includes"] == f"{table.folder}/*.parquet"
        expected = [name for name in table.column_names if name != "content"]
        assert [field["@id"].removeprefix(f"{table.name}/") for field in records["field"]] == expected


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("table", [ARTICLES, TABLES[2]], ids=lambda table: table.name)
def test_croissant_is_valid_and_its_records_can_be_read(
    store: Settings, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = mlcroissant.Dataset(jsonld=store.data / "croissant.json")
    assert dataset.metadata.ctx.issues.errors == set()
    # What whoever publishes a store has to add.
    missing = {
        re.search(r'property "https?://schema.org/(\w+)"', warning) for warning in dataset.metadata.ctx.issues.warnings
    }
    assert {found[1] for found in missing if found} <= {"license", "creator", "url", "publisher", "citeAs"}
    records = list(dataset.records(table.name))
    rows = pl.read_parquet(store.data / table.folder / "*.parquet")
    assert len(records) == rows.height
    ids = {record[f"{table.name}/document_id"].decode() for record in records}
    assert ids == set(rows["document_id"])


@pytest.mark.filterwarnings("ignore")
def test_data_package_is_valid(store: Settings) -> None:
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed")
    package = json.loads((store.data / "datapackage.json").read_text(encoding="utf-8"))
    assert frictionless.Package.validate_descriptor(package).flatten() == []
    assert frictionless.Package.validate_descriptor({**package, "resources": [{"name": "x"}]}).flatten() != []
    read = frictionless.Package.from_descriptor(package)
    assert [resource.schema.field_names for resource in read.resources] == [table.column_names for table in TABLES]


def test_descriptions_change_only_with_what_they_describe(store: Settings) -> None:
    before = hash_published_files(store)
    assert not take_in(store)
    assert not take_in(store, "backfill")
    assert hash_published_files(store) == before
