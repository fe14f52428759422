"""JSON: a file with an object a line (JSON Lines), a list of objects, or one object. Each object is a record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import polars as pl

from transforms.contracts.parameters import ReadingParameters
from transforms.errors import RejectedRecordError
from transforms.parse.columns import list_guessed_names, match_columns
from transforms.parse.decode import decode_bytes
from transforms.parse.records import FailedRecord, replace_surrogates
from transforms.parse.tables import MAX_ROWS, ChooseColumns, Rows

SAMPLE_ROWS: Final = 200
"""Rows, spread over the file, whose keys are looked at. Keys that have a name which is known are found in any row."""

Path = tuple[str, ...]


def open_json_lines(content: bytes, choose: ChooseColumns, parameters: ReadingParameters) -> Rows:
    """Read JSON Lines. A record is numbered by its place among the lines that are not blank."""
    text = decode_bytes(content)
    return _open_lines([line for line in text.split("\n") if line.strip()], text, choose, parameters)


def open_json(content: bytes, choose: ChooseColumns, parameters: ReadingParameters) -> Rows:
    """Read a JSON file: a list of objects, an object with such a list, one object, or JSON Lines under that name."""
    text = decode_bytes(content)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        first = next((line for line in text.split("\n") if line.strip()), "")
        if isinstance(_load(first), dict):
            return open_json_lines(content, choose, parameters)
        raise RejectedRecordError("damaged", f"JSON: {error}.") from error
    rows = _list_rows(data, parameters)
    # Written out again, an object a line, so that there is one way to read them; escapes keep lone surrogates apart.
    lines = [json.dumps(row) for row in rows]
    return _open_lines(lines, "\n".join(lines), choose, parameters)


def _list_rows(data: Any, parameters: ReadingParameters) -> Sequence[Any]:
    """The objects of a file: those of a list, of the longest list in an object that has no text itself, or the one."""
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        raise RejectedRecordError("no_documents", f"It holds a {type(data).__name__}, no object.")
    has_text = {"text", "html"} & set(match_columns(list(_walk_keys([data])), parameters.columns))
    lists = [value for value in data.values() if isinstance(value, list) and any(map(_is_object, value))]
    return [data] if has_text or not lists else max(lists, key=len)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _load(line: str) -> Any:
    """What a line says; an exception when it is not JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return error


def _walk_keys(objects: Iterable[Any]) -> dict[str, Path]:
    """Name -> path of each key, those one level down too; a key with a dot in it goes before a nested one."""
    top: dict[str, Path] = {}
    nested: dict[str, Path] = {}
    for item in objects:
        if not isinstance(item, dict):
            continue
        for key, value in item.items():
            if isinstance(value, dict):
                nested.update({f"{key}.{inner}": (key, inner) for inner in value})
            else:
                top[key] = (key,)
    return nested | top


def _open_lines(lines: Sequence[str], text: str, choose: ChooseColumns, parameters: ReadingParameters) -> Rows:
    if len(lines) > MAX_ROWS:
        raise RejectedRecordError("too_many_records", f"It has {len(lines):,}; the limit is {MAX_ROWS:,}.")
    paths = _find_paths(lines, text, parameters)
    columns = choose(list(paths))
    series = pl.Series("line", lines, dtype=pl.String)
    values = pl.DataFrame({name: _extract(series, paths[name]) for name in columns})
    # Where nothing was found, the line is looked at by itself: it is broken, or spelt so that only Python reads it.
    is_empty = values.select(pl.all_horizontal(pl.all().is_null())).to_series()
    odd = list(_read_odd_lines(lines, is_empty.arg_true(), {name: paths[name] for name in columns}))
    failures = [outcome for outcome in odd if isinstance(outcome, FailedRecord)]
    values = _replace_rows(values, [outcome for outcome in odd if not isinstance(outcome, FailedRecord)])
    digests = [sha256(line.encode("utf-8", "surrogatepass")).hexdigest() for line in lines]
    rows = values.with_columns(
        pl.int_range(len(lines), dtype=pl.UInt32).alias("\0record"),
        pl.Series("\0sha256", digests, dtype=pl.String),
    ).filter(~pl.col("\0record").is_in([failed.record for failed in failures]))
    return Rows(rows.drop("\0record", "\0sha256"), rows["\0record"], rows["\0sha256"], failures)


def _find_paths(lines: Sequence[str], text: str, parameters: ReadingParameters) -> dict[str, Path]:
    step = max(1, len(lines) // SAMPLE_ROWS)
    paths = _walk_keys(map(_load, lines[::step][: SAMPLE_ROWS + 1]))
    mapped = [name for _, names in parameters.columns for name in names]
    holders = {part for path in paths.values() if len(path) > 1 for part in path}
    known = "|".join(map(re.escape, (*list_guessed_names(), *mapped)))
    for name in dict.fromkeys(re.findall(rf'"({known})"\s*:', text)):
        if name not in holders:
            paths.setdefault(name, (name,))
    if not paths:
        raise RejectedRecordError(
            "damaged", f"None of the {len(lines):,} lines looked at holds a JSON object with keys."
        )
    return paths


def _extract(lines: pl.Series, path: Path) -> pl.Series:
    """The value at `path` in each line, as text; lists and objects as JSON; null where there is none."""
    if any(character in key for key in path for character in "'\"\\\0"):
        values = [_say(_follow(_load(line), path)) for line in lines]
        return pl.Series(values, dtype=pl.String)
    return lines.str.json_path_match("$" + "".join(f"['{key}']" for key in path))


def _follow(data: Any, path: Path) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _say(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return replace_surrogates(value) if value else value
    return json.dumps(value)


def _read_odd_lines(
    lines: Sequence[str], places: Iterable[int], paths: Mapping[str, Path]
) -> Iterator[FailedRecord | tuple[int, dict[str, str | None]]]:
    for place in places:
        data = _load(lines[place])
        if isinstance(data, dict):
            yield place, {name: _say(_follow(data, path)) for name, path in paths.items()}
        elif isinstance(data, Exception):
            yield FailedRecord(place, RejectedRecordError("damaged", f"JSON: {data}."))
        else:
            yield FailedRecord(place, RejectedRecordError("damaged", f"It is a {type(data).__name__}, no object."))


def _replace_rows(values: pl.DataFrame, rows: Sequence[tuple[int, dict[str, str | None]]]) -> pl.DataFrame:
    if not rows:
        return values
    places = [place for place, _ in rows]
    return values.with_columns(
        values[name].scatter(places, pl.Series([row[name] for _, row in rows], dtype=pl.String))
        for name in values.columns
    )
