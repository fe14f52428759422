"""What a table is made of: columns with their meaning, and the rules that their values keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class OneOf:
    """Every value that is not null is one of `values`."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """Every value that is not null matches `pattern` from its start to its end."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Between:
    """Every value that is not null lies in `[low, high]`; a bound of None is open.

    For text and lists the value is the length, in characters or items.
    """

    low: float | None = None
    high: float | None = None


Rule = OneOf | Matches | Between


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, what it means, its unit, and the rules that its values keep."""

    name: str
    dtype: pl.DataType
    description: str
    unit: str | None = None
    nullable: bool = False
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Table:
    """One dataset: `data/<name>/v<version>/*.parquet`.

    `grain` says what a row is, `key` names the columns that are unique together.
    """

    name: str
    version: int
    description: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    usage_notes: tuple[str, ...] = field(default=())

    @property
    def folder(self) -> str:
        """Where the files lie, relative to the data folder."""
        return f"{self.name}/v{self.version}"

    @property
    def column_names(self) -> list[str]:
        """Names in published order."""
        return [column.name for column in self.columns]

    @cached_property
    def polars_schema(self) -> pl.Schema:
        """Names and types in published order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The schema as it stands in every file: each field says what it means and in which unit."""
        physical = self.empty().to_arrow().schema
        return pa.schema(
            [
                pa.field(column.name, physical.field(column.name).type, True, _field_metadata(column))
                for column in self.columns
            ],
            metadata={"winnow.table": self.name, "winnow.version": str(self.version), "winnow.grain": self.grain},
        )

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError names the table when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    def empty(self) -> pl.DataFrame:
        """A frame without rows."""
        return pl.DataFrame(schema=self.polars_schema)

    def frame(self, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
        """A frame of `rows`, in the published order and types."""
        return pl.DataFrame(rows, schema=self.polars_schema, orient="row")

    def find_schema_differences(self, schema: pl.Schema) -> list[str]:
        """One sentence for each way in which `schema` differs from this table's; empty when they are equal."""
        expected, found = dict(self.polars_schema), dict(schema)
        differences = [f"column {name} is missing" for name in expected if name not in found]
        differences += [f"column {name} is not in the contract" for name in found if name not in expected]
        differences += [
            f"column {name} is {found[name]}, the contract says {expected[name]}"
            for name in expected
            if name in found and found[name] != expected[name]
        ]
        if not differences and list(expected) != list(found):
            differences.append(f"columns stand in the order {list(found)}, the contract says {list(expected)}")
        return differences


def _field_metadata(column: Column) -> dict[str, str]:
    metadata = {"description": column.description, "nullable": str(column.nullable).lower()}
    return metadata | ({"unit": column.unit} if column.unit else {})
