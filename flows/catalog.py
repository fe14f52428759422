"""What the datasets are, derived from the contracts: data/README.md for people, datapackage.json for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl
from polars.datatypes import DataTypeClass

from flows.dataset_card import render_card_head
from transforms.contracts import CHANGES, REJECTS, TABLES, Between, Column, Matches, OneOf, Table
from transforms.contracts.vocabulary import (
    BODY_KINDS,
    DOCUMENT_CHANGES,
    PRECISIONS,
    REJECT_REASONS,
    RELATIONS,
    REMOVED_KINDS,
)

PROFILES: Final = "https://datapackage.org/profiles/2.0"
"""Version 2.0 of the Data Package standard, whose profiles name themselves by these addresses."""

DataType = pl.DataType | DataTypeClass


class ScalarType(NamedTuple):
    """How a type is named: in plain words, and as a Table Schema field."""

    words: str
    field: Mapping[str, str]


SCALAR_TYPES: Final[Mapping[DataTypeClass, ScalarType]] = {
    pl.String: ScalarType("text", {"type": "string"}),
    pl.Binary: ScalarType("bytes", {"type": "string", "format": "binary"}),
    pl.Boolean: ScalarType("true or false", {"type": "boolean"}),
    pl.Datetime: ScalarType("timestamp", {"type": "datetime"}),
    **dict.fromkeys(
        (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
        ScalarType("whole number", {"type": "integer"}),
    ),
    **dict.fromkeys((pl.Float32, pl.Float64), ScalarType("number", {"type": "number"})),
}

TITLE: Final = "Articles, cleaned and without duplicates"
DESCRIPTION: Final = "Clean text of articles, what was set aside as a duplicate, and the evidence for both."

MEDIA_TYPE: Final = "application/vnd.apache.parquet"

LAYOUT: Final = """\
# Datasets

This page is generated from the table contracts; `datapackage.json` (Frictionless Data Package 2.0) and `croissant.json`
(Croissant 1.0) beside it say the same to programs. Its head is a dataset card: a store that is uploaded to the Hugging
Face hub as it is can be looked at and loaded there, `load_dataset(..., "articles")`. Licence and languages are yours to
add.

## Layout

- Each dataset is a folder of Parquet files: `<name>/v<version>/*.parquet`. A change of columns is a new version, in
  a new folder.
- `*.parquet` can be read at any time. A file appears under its name only when it is whole, and files are added or
  replaced whole. A reader that opens a file twice (Polars and PyArrow do) gets an error when it is replaced in
  between, and so does one that opens a file that compaction has merged since it was listed; read again then. One file
  of each dataset has no rows, so that the pattern always matches and the schema can be read even before the first
  document.
- Each file carries its schema; the metadata of each field holds its description and unit.
- The same column name means the same quantity in the same unit in every dataset. Timestamps are UTC, in microseconds.
- `work/`, `index/`, `reports/`, `retired/` and `.prefect/` are internal. Do not build on them.
"""

EXAMPLES: Final = """\
## Reading

Paths are relative to this folder.

```python
import polars as pl

articles = pl.scan_parquet("{folder}/*.parquet")
print(articles.filter(pl.col("language") == "en").select("title", "published_at", "word_count").collect())
```

```python
import duckdb

print(duckdb.sql("SELECT kind, count(*) AS articles FROM '{folder}/*.parquet' GROUP BY kind ORDER BY kind"))
```

```python
import pandas as pd

articles = pd.read_parquet("{folder}", columns=["document_id", "title", "text"])
```
"""


def render_data_dictionary() -> str:
    """The Markdown of data/README.md: a function of the contracts alone, so it changes only when they do."""
    overview = _render_grid(
        ("Dataset", "A row is", "Description"),
        ((f"[`{table.name}`](#{table.name})", table.grain, table.description) for table in TABLES),
    )
    parts = [
        f"{render_card_head(TITLE)}\n{LAYOUT}",
        f"## Overview\n\n{overview}",
        EXAMPLES.replace("{folder}", TABLES[0].folder),
        *[_render_table(table) for table in TABLES],
        _render_vocabularies(),
    ]
    return "\n".join(parts)


def _render_table(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [
        f"## {table.name}",
        "",
        table.description,
        "",
        f"- Files: `{table.folder}/*.parquet`",
        f"- Grain: {table.grain}",
        f"- Key: {key}" + (" (unique together)" if len(table.key) > 1 else ""),
        *[f"- Note: {note}" for note in table.usage_notes],
        "",
    ]
    columns = _render_grid(
        ("Column", "Type", "Unit", "Null", "Meaning", "Allowed values"),
        (
            (
                f"`{column.name}`",
                describe_type(column.dtype),
                column.unit or "",
                "yes" if column.nullable else "no",
                column.description,
                describe_rules(column),
            )
            for column in table.columns
        ),
    )
    return "\n".join(lines) + "\n" + columns


def describe_type(dtype: DataType) -> str:
    """The type in plain words, for example "list of {start: whole number, end: whole number}"."""
    match dtype:
        case pl.List():
            return f"list of {describe_type(dtype.inner)}"
        case pl.Struct():
            return "{" + ", ".join(f"{field.name}: {describe_type(field.dtype)}" for field in dtype.fields) + "}"
    return _find_scalar(dtype).words


def _find_scalar(dtype: DataType) -> ScalarType:
    base = dtype.base_type()
    if base not in SCALAR_TYPES:
        raise ValueError(f"the catalog has no words for the type {dtype}")
    return SCALAR_TYPES[base]


def describe_rules(column: Column) -> str:
    """The rules of `column` as a phrase; empty when there are none."""
    return "; ".join(_describe_rule(column, rule) for rule in column.rules)


def _describe_rule(column: Column, rule: OneOf | Matches | Between) -> str:
    match rule:
        case OneOf(values):
            return ", ".join(f"`{value}`" for value in values)
        case Matches(pattern):
            return f"matches `{pattern}`"
        case Between(low, high):
            unit = find_length_unit(column.dtype)
            bounds = describe_bounds(low, high)
            return f"{bounds} {unit}" if unit else bounds


def describe_bounds(low: float | None, high: float | None) -> str:
    """The closed interval in words."""
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


def find_length_unit(dtype: pl.DataType) -> str:
    """What the length of a value is counted in; empty for types without a length."""
    match dtype:
        case pl.String():
            return "characters"
        case pl.List():
            return "items"
        case pl.Binary():
            return "bytes"
    return ""


def _render_vocabularies() -> str:
    reasons = _render_grid(
        ("Code", "Stage", "Meaning"),
        ((f"`{code}`", f"`{stage}`", sentence) for code, (stage, sentence) in REJECT_REASONS.items()),
    )
    changes = _render_grid(
        ("Change", "Meaning"), ((f"`{change}`", sentence) for change, sentence in DOCUMENT_CHANGES.items())
    )
    return "\n".join(
        [
            "## Vocabularies",
            "",
            *[f"- {title}: {', '.join(f'`{value}`' for value in values)}" for title, values in list_vocabularies()],
            "",
            f"### Reason codes of `{REJECTS.name}`",
            "",
            reasons,
            f"### Values of `{CHANGES.name}.change`",
            "",
            changes,
        ]
    )


def list_vocabularies() -> list[tuple[str, Sequence[str]]]:
    """The closed vocabularies: what each one is of, and its values."""
    return [
        ("Lines and blocks that stay in the text", BODY_KINDS),
        ("Lines that cleaning takes out", REMOVED_KINDS),
        ("Precision of a publication time, from vague to exact", PRECISIONS),
        ("Relation of a document that was set aside", RELATIONS),
    ]


def _render_grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(_escape_cell(cell) for cell in line) + " |\n" for line in lines)


def _escape_cell(text: str) -> str:
    # GitHub reads a bar in a table as the end of the cell, in code too, unless it is escaped.
    return text.replace("|", "\\|").replace("\n", " ")


def describe_package(files: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, Any]:
    """The Data Package descriptor (version 2.0) of the published datasets.

    `files` gives for each published table its files, in any order: (path relative to the data folder, size in bytes).
    ValueError when a published table has no file (the standard asks for one, and each dataset has at least its file
    without rows), or when `files` names something that is not a published table.
    """
    unknown = sorted(set(files) - {table.name for table in TABLES})
    if unknown:
        raise ValueError(f"not a published table: {', '.join(unknown)}")
    without = [table.name for table in TABLES if not files.get(table.name)]
    if without:
        raise ValueError(f"no file is given for the published tables {', '.join(without)}")
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": "winnow",
        "title": TITLE,
        "description": DESCRIPTION,
        "resources": [_describe_resource(table, files[table.name]) for table in TABLES],
    }


def render_package(package: Mapping[str, Any]) -> str:
    """`package` as JSON text with a final newline; equal packages give equal text."""
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _describe_resource(table: Table, files: Sequence[tuple[str, int]]) -> dict[str, Any]:
    return {
        "name": table.name,
        "type": "table",
        "description": "\n".join([table.description, f"Grain: {table.grain}.", *table.usage_notes]),
        "path": sorted(path for path, _ in files),
        "format": "parquet",
        "mediatype": MEDIA_TYPE,
        "bytes": sum(size for _, size in files),
        "version": str(table.version),
        "schema": _describe_schema(table),
    }


def _describe_schema(table: Table) -> dict[str, Any]:
    # A primary key may not hold nulls; a key that may is stated as a unique key.
    has_nulls = any(table.column(name).nullable for name in table.key)
    key = {"uniqueKeys": [list(table.key)]} if has_nulls else {"primaryKey": list(table.key)}
    return {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": [_describe_field(column) for column in table.columns],
        # Parquet has nulls of its own: no text, not even an empty one, stands for a missing value.
        "missingValues": [],
        **key,
    }


def _describe_field(column: Column) -> dict[str, Any]:
    field = {"name": column.name, "description": column.description, **_field_type(column.dtype)}
    if column.unit:
        field["unit"] = column.unit
    constraints: dict[str, Any] = {"required": True} if not column.nullable else {}
    for rule in column.rules:
        constraints |= _describe_constraint(column.dtype, rule)
    return field | ({"constraints": constraints} if constraints else {})


def _field_type(dtype: DataType) -> dict[str, Any]:
    match dtype:
        case pl.List():
            return {"type": "array", "arrayItem": _field_type(dtype.inner)}
        case pl.Struct():
            return {"type": "object", "objectFields": {field.name: _field_type(field.dtype) for field in dtype.fields}}
    return dict(_find_scalar(dtype).field)


def _describe_constraint(dtype: pl.DataType, rule: OneOf | Matches | Between) -> dict[str, Any]:
    match rule:
        case OneOf(values):
            return {"enum": list(values)}
        case Matches(pattern):
            return {"pattern": pattern}
        case Between(low, high):
            is_length = bool(find_length_unit(dtype))
            names = ("minLength", "maxLength") if is_length else ("minimum", "maximum")
            return {name: bound for name, bound in zip(names, (low, high), strict=True) if bound is not None}
