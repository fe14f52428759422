"""The head of data/README.md that makes it a dataset card: what the Hugging Face hub and `datasets` read.

It says which files are which dataset, and what their columns are. It does not say how many rows there are: `datasets`
refuses to load files that have other numbers of rows than their card says, and a store grows.
"""

import json
from typing import Any, Final

import polars as pl
import yaml
from polars.datatypes import DataTypeClass

from transforms.contracts import TABLES, Table

SPLIT: Final = "train"
"""The hub wants every row to be in a split; this is what it calls the only one."""

DTYPES: Final[dict[DataTypeClass, str]] = {
    pl.String: "string",
    pl.Binary: "binary",
    pl.Boolean: "bool",
    pl.UInt8: "uint8",
    pl.UInt16: "uint16",
    pl.UInt32: "uint32",
    pl.UInt64: "uint64",
    pl.Int8: "int8",
    pl.Int16: "int16",
    pl.Int32: "int32",
    pl.Int64: "int64",
    pl.Float32: "float32",
    pl.Float64: "float64",
}


def render_card_head(title: str) -> str:
    """The YAML between two lines of dashes, a function of the contracts alone."""
    head = {"pretty_name": title, "tags": ["deduplication", "news", "text"]}
    lines = [yaml.safe_dump(head, sort_keys=False, allow_unicode=True).rstrip(), "configs:"]
    for number, table in enumerate(TABLES):
        lines += [f"- config_name: {table.name}", *(["  default: true"] if number == 0 else [])]
        lines += ["  data_files:", f"  - {{split: {SPLIT}, path: {table.folder}/*.parquet}}"]
    lines.append("dataset_info:")
    for table in TABLES:
        lines += [f"- config_name: {table.name}", "  features:"]
        lines += [f"  - {_render_inline(feature)}" for feature in describe_features(table)]
    return "\n".join(["---", *lines, "---", ""])


def describe_features(table: Table) -> list[dict[str, Any]]:
    """The columns of `table` as the hub writes them; ValueError when it has no word for a type."""
    return [{"name": column.name, **_describe_type(column.dtype)} for column in table.columns]


def _describe_type(dtype: pl.DataType | DataTypeClass) -> dict[str, Any]:
    match dtype:
        case pl.List():
            item = _describe_type(dtype.inner)
            return {"list": item.get("struct", item.get("dtype", item))}
        case pl.Struct():
            return {"struct": [{"name": field.name, **_describe_type(field.dtype)} for field in dtype.fields]}
        case pl.Datetime():
            zone = f", tz={dtype.time_zone}" if dtype.time_zone else ""
            return {"dtype": f"timestamp[{dtype.time_unit}{zone}]"}
    base = dtype.base_type()
    if base not in DTYPES:
        raise ValueError(f"a dataset card has no word for the type {dtype}")
    return {"dtype": DTYPES[base]}


def _render_inline(feature: dict[str, Any]) -> str:
    """A feature on one line, as JSON, which is YAML too: a table of sixty columns has sixty lines."""
    return json.dumps(feature)
