"""`croissant.json`: the datasets in the words of Croissant 1.0 (MLCommons), a description that machine learning reads.

What the standard asks for and a store cannot know is left out: licence, creator and address of the publication are for
whoever publishes it. A store grows, so no file has a checksum there, as the standard advises for live datasets.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl
from polars.datatypes import DataTypeClass

from transforms.contracts import TABLES, Column, Table

STANDARD: Final = "http://mlcommons.org/croissant/1.0"

CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the standard recommends: the terms are its own."""

DATA_TYPES: Final[Mapping[DataTypeClass, str]] = {
    pl.String: "sc:Text",
    pl.Boolean: "sc:Boolean",
    pl.Datetime: "sc:DateTime",
    **dict.fromkeys((pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64), "sc:Integer"),
    **dict.fromkeys((pl.Float32, pl.Float64), "sc:Float"),
}

ENCODING: Final = "application/x-parquet"
"""What readers of Croissant know Parquet by."""


def describe_croissant(title: str, description: str, published: date, modified: date) -> dict[str, Any]:
    """The description of the published datasets, which first were published and last changed on these days."""
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": STANDARD,
        "name": title,
        "description": description,
        "datePublished": published.isoformat(),
        "dateModified": modified.isoformat(),
        "version": f"{max(table.version for table in TABLES)}.0.0",
        "isLiveDataset": True,
        "distribution": [_describe_files(table) for table in TABLES],
        "recordSet": [_describe_records(table) for table in TABLES],
    }


def render_croissant(croissant: Mapping[str, Any]) -> str:
    """`croissant` as JSON text with a final newline."""
    return json.dumps(croissant, ensure_ascii=False, indent=1) + "\n"


def _name_files(table: Table) -> str:
    return f"{table.name}-files"


def _describe_files(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": _name_files(table),
        "name": _name_files(table),
        "description": f"The files of {table.name}.",
        "encodingFormat": ENCODING,
        "includes": f"{table.folder}/*.parquet",
    }


def _describe_records(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": " ".join([table.description, f"Grain: {table.grain}.", *table.usage_notes]),
        "key": [{"@id": f"{table.name}/{name}"} for name in table.key],
        "field": [_describe_field(table, column) for column in table.columns if column.dtype != pl.Binary],
    }


def _describe_field(table: Table, column: Column) -> dict[str, Any]:
    unit = f" Unit: {column.unit}." if column.unit else ""
    field = {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": f"{table.name}/{column.name}",
        "description": f"{column.description}{unit}",
    }
    source = {"fileSet": {"@id": _name_files(table)}, "extract": {"column": column.name}}
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype
    repeated = {"repeated": True} if isinstance(column.dtype, pl.List) else {}
    if isinstance(inner, pl.Struct):
        parts = [_describe_part(f"{table.name}/{column.name}", part, source) for part in inner.fields]
        return {**field, **repeated, "subField": parts}
    return {**field, "dataType": _find_type(inner), **repeated, "source": source}


def _describe_part(parent: str, part: pl.Field, source: Mapping[str, Any]) -> dict[str, Any]:
    """A field of the structs in a column."""
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": f"{parent}/{part.name}",
        "dataType": _find_type(part.dtype),
        "source": {**source, "transform": {"jsonPath": part.name}},
    }


def _find_type(dtype: pl.DataType | DataTypeClass) -> str:
    base = dtype.base_type()
    if base not in DATA_TYPES:
        raise ValueError(f"Croissant has no type for {dtype}")
    return DATA_TYPES[base]
