"""Frames of files for the tests of readers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import polars as pl

from transforms.contracts.parsed import SOURCES
from transforms.parse import Parsed, parse_sources


def make_sources(files: Mapping[str, bytes]) -> pl.DataFrame:
    rows = [(path, sha256(content).hexdigest(), len(content), content) for path, content in files.items()]
    return pl.DataFrame(rows, schema=SOURCES, orient="row")


def parse_one(path: str, content: bytes | str) -> Parsed:
    return parse_sources(make_sources({path: content.encode() if isinstance(content, str) else content}))


def list_lines(parsed: Parsed) -> list[str]:
    return parsed.lines["text"].to_list()


def list_hints(parsed: Parsed) -> list[tuple[str, str | None]]:
    return list(parsed.lines.select("text", "hint").iter_rows())


def list_stated(parsed: Parsed, field: str) -> list[tuple[str, str]]:
    values = parsed.records["stated"].explode().struct.unnest().drop_nulls("field").filter(pl.col("field") == field)
    return list(values.select("value", "rule").iter_rows())
