"""The table of names that a user keeps: which names of outlets and authors stand for others."""

import csv
import tomllib
from pathlib import Path
from typing import Any, Final

from flows.errors import SettingsError
from transforms.contracts.parameters import NameTable

COLUMNS: Final = ("field", "printed", "name")
FIELDS: Final = {"outlet": "outlets", "author": "authors"}


def read_names(path: Path | None) -> NameTable:
    """Read the table; without a path it is empty.

    CSV: the columns `field` (`outlet` or `author`), `printed` and `name`. TOML: the tables `[outlets]` and `[authors]`,
    with `"printed" = "name"` in each. Raises SettingsError when the file cannot be read or says something else.
    """
    if path is None:
        return NameTable()
    try:
        text = path.read_text(encoding="utf-8-sig")
        read = _read_toml if path.suffix.lower() == ".toml" else _read_csv
        return NameTable(**read(text))
    except (OSError, ValueError) as error:
        raise SettingsError(f"names = {str(path)!r}: {error}") from error


def _read_csv(text: str) -> dict[str, tuple[tuple[str, str], ...]]:
    rows = csv.DictReader(text.splitlines())
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError(f"the columns are {rows.fieldnames}; they must be {list(COLUMNS)}")
    pairs: dict[str, list[tuple[str, str]]] = {table: [] for table in FIELDS.values()}
    for number, row in enumerate(rows, start=2):
        if row["field"] not in FIELDS:
            raise ValueError(f"line {number}: the field is {row['field']!r}; it must be one of {list(FIELDS)}")
        pairs[FIELDS[row["field"]]].append((row["printed"] or "", row["name"] or ""))
    return {table: tuple(found) for table, found in pairs.items()}


def _read_toml(text: str) -> dict[str, tuple[tuple[str, str], ...]]:
    tables: dict[str, Any] = tomllib.loads(text)
    unknown = sorted(set(tables) - set(FIELDS.values()))
    if unknown:
        raise ValueError(f"unknown tables {unknown}; known are {list(FIELDS.values())}")
    for table, pairs in tables.items():
        if not isinstance(pairs, dict) or not all(isinstance(name, str) for name in pairs.values()):
            raise ValueError(f"{table} must hold pairs of names")
    return {table: tuple(pairs.items()) for table, pairs in tables.items()}
