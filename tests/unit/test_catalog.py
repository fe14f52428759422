"""The data dictionary and the package descriptor say all that the contracts say, and always in the same words."""

import json
import random
from pathlib import Path

import polars as pl
import pytest

from flows.catalog import describe_package, describe_rules, describe_type, render_data_dictionary, render_package
from transforms.contracts import ARTICLES, RAW, REJECTS, TABLES, Between, Column, Matches, OneOf, Table
from transforms.contracts.vocabulary import DOCUMENT_CHANGES, LINE_KINDS, REJECT_REASONS

PUBLISHED = list(TABLES)
FIELD_TYPES = {"string", "integer", "number", "boolean", "datetime", "array", "object"}


def list_files() -> dict[str, list[tuple[str, int]]]:
    return {t.name: [(f"{t.folder}/part-{n}.parquet", 100 + n) for n in range(3)] for t in PUBLISHED}


def find_section(dictionary: str, table: Table) -> str:
    _, _, rest = dictionary.partition(f"\n## {table.name}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("table", PUBLISHED, ids=lambda table: table.name)
def test_dictionary_says_everything_about_a_table(table: Table) -> None:
    section = find_section(render_data_dictionary(), table)
    for said in (table.description, table.grain, f"`{table.folder}/*.parquet`", *table.usage_notes):
        assert said in section
    rows = {line.split("|")[1].strip(): line for line in section.splitlines() if line.startswith("| `")}
    assert list(rows) == [f"`{name}`" for name in table.column_names]
    for column in table.columns:
        row = rows[f"`{column.name}`"]
        assert column.description in row
        assert describe_type(column.dtype) in row
        assert f"| {'yes' if column.nullable else 'no'} |" in row
        assert describe_rules(column).replace("|", "\\|") in row
        assert column.unit is None or f"| {column.unit} |" in row


def test_dictionary_grids_are_whole() -> None:
    for block in render_data_dictionary().split("\n\n"):
        if block.startswith("|"):
            cells = {line.replace("\\|", "").count("|") for line in block.strip().splitlines()}
            assert len(cells) == 1, block


def test_dictionary_gives_every_reason_and_vocabulary() -> None:
    text = render_data_dictionary()
    for code, (stage, sentence) in REJECT_REASONS.items():
        assert f"| `{code}` | `{stage}` | {sentence} |" in text
    assert all(f"`{kind}`" in text for kind in LINE_KINDS)
    assert all(f"| `{change}` | {sentence} |" in text for change, sentence in DOCUMENT_CHANGES.items())


def test_dictionary_has_a_section_for_each_published_table() -> None:
    text = render_data_dictionary()
    for table in TABLES:
        assert text.count(f"\n## {table.name}\n") == 1


def test_dictionary_is_the_same_every_time_and_ends_with_one_line_break() -> None:
    text = render_data_dictionary()
    assert text == render_data_dictionary()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_examples_read_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ARTICLES.folder
    folder.mkdir(parents=True)
    ARTICLES.empty().write_parquet(folder / "empty.parquet")
    monkeypatch.chdir(tmp_path)
    examples = [part.split("```")[0] for part in render_data_dictionary().split("```python\n")[1:]]
    assert len(examples) == 3
    for example in examples:
        exec(compile(example, "data/README.md", "exec"), {})


def test_package_describes_each_published_table() -> None:
    package = json.loads(render_package(describe_package(list_files())))
    assert [resource["name"] for resource in package["resources"]] == [table.name for table in PUBLISHED]
    for table, resource in zip(PUBLISHED, package["resources"], strict=True):
        assert resource["path"] == [f"{table.folder}/part-{n}.parquet" for n in range(3)]
        assert resource["bytes"] == 303
        assert resource["format"] == "parquet"
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == table.column_names
        assert {field["type"] for field in fields} <= FIELD_TYPES
        assert [field["description"] for field in fields] == [column.description for column in table.columns]
        assert [field.get("unit") for field in fields] == [column.unit for column in table.columns]
        required = [field.get("constraints", {}).get("required", False) for field in fields]
        assert required == [not column.nullable for column in table.columns]


def test_package_states_rules_as_constraints() -> None:
    resources = {resource["name"]: resource for resource in describe_package(list_files())["resources"]}
    fields = {field["name"]: field for field in resources["articles"]["schema"]["fields"]}
    expected: dict[str, object] = {
        "minLength": 1,
        "required": True,
    }
    assert fields["source_path"]["constraints"] == expected
    assert fields["coverage"]["constraints"] == {"required": True, "minimum": 0, "maximum": 1}
    for column in ARTICLES.columns:
        for rule in column.rules:
            constraints = fields[column.name]["constraints"]
            match rule:
                case OneOf(values):
                    assert constraints["enum"] == list(values)
                case Matches(pattern):
                    assert constraints["pattern"] == pattern
                case Between():
                    assert {"minimum", "maximum", "minLength", "maxLength"} & set(constraints)
    content = next(field for field in resources[RAW.name]["schema"]["fields"] if field["name"] == "content")
    assert (content["type"], content["format"]) == ("string", "binary")


def test_package_calls_a_key_that_may_hold_nulls_unique_not_primary() -> None:
    schemas = {resource["name"]: resource["schema"] for resource in describe_package(list_files())["resources"]}
    assert schemas["articles"]["primaryKey"] == ["document_id"]
    assert REJECTS.column("source_sha256").nullable
    assert schemas["rejects"]["uniqueKeys"] == [list(REJECTS.key)]
    assert "primaryKey" not in schemas["rejects"]


def test_package_is_the_same_whatever_the_order_of_the_files() -> None:
    files = list_files()
    text = render_package(describe_package(files))
    for seed in range(5):
        shuffled = {name: random.Random(seed).sample(parts, len(parts)) for name, parts in reversed(files.items())}
        assert render_package(describe_package(shuffled)) == text
    assert text.endswith("}\n")


def test_package_refuses_tables_that_are_missing_or_not_published() -> None:
    files = list_files()
    with pytest.raises(ValueError, match="no file is given for the published tables runs"):
        describe_package({name: parts for name, parts in files.items() if name != "runs"})
    with pytest.raises(ValueError, match="not a published table: index"):
        describe_package(files | {"index": [("index/v1/manifest.json", 1)]})


def test_types_and_rules_in_plain_words() -> None:
    span = pl.List(pl.Struct({"start": pl.UInt32, "share": pl.Float64}))
    assert describe_type(span) == "list of {start: whole number, share: number}"
    assert describe_type(pl.Boolean()) == "true or false"
    assert (
        describe_rules(Column("authors", pl.List(pl.String), "", rules=(Between(low=1, high=9),)))
        == "from 1 to 9 items"
    )
    assert describe_rules(Column("content", pl.Binary(), "", rules=(Between(high=9),))) == "at most 9 bytes"
    with pytest.raises(ValueError, match="no words for the type"):
        describe_type(pl.Duration("us"))
