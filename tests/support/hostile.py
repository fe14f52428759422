"""Documents that want to be more than text: markup, scripts, handlers and addresses in every field."""

import json
from typing import Any, Final

import polars as pl

from flows.settings import Settings
from flows.storage import Store, write_table
from tests.support.corpora import make_words, write_paragraphs
from transforms.contracts import ARTICLES, DUPLICATES, OVERLAPS, REJECTS, REMOVED, RUNS, Table
from transforms.contracts.model import Column, Matches, OneOf

PAYLOADS: Final = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1><script>window.hit=1</script></svg>",
    '"><a href="javascript:window.hit=1" onfocus=window.hit=1 autofocus>x</a>',
    "javascript:window.hit=1",
    "</script><script>window.hit=1</script>",
    "'-window.hit=1-'\u2028window.hit=1\u2029",
    "<style>*{display:none}</style><base href=https://a.invalid/><meta http-equiv=refresh content=0;url=https://a.invalid>",
    "{{ 7*7 }}{% raw %}${window.hit=1}\\u003cscript>",
    "\u202eeval\u202c \U0001f600 <iframe srcdoc='<script>parent.hit=1</script>'>",
)

ARTICLE: Final = "\n\n".join(f"{payload} stands in the text of {number}." for number, payload in enumerate(PAYLOADS))


def write_hostile_files() -> dict[str, str | bytes]:
    """Files whose names and contents are hostile: a table, a page and texts, one of them an excerpt, and a reject."""
    words = [*make_words(71, 150)]
    rows = [
        {
            "title": payload,
            "author": payload,
            "outlet": payload,
            "url": payload if number % 2 else f"https://a.invalid/{payload}",
            "date": f"2026-02-{number + 1:02d}",
            "text": write_paragraphs(make_words(80 + number, 90)) + "\n\n" + payload,
        }
        for number, payload in enumerate(PAYLOADS)
    ]
    return {
        "hostile/<img src=x onerror=window.hit=1>.txt": write_paragraphs(words) + "\n" + ARTICLE,
        "hostile/'\"><svg onload=window.hit=1>.txt": write_paragraphs(words[:110]),
        "hostile/javascript:window.hit=1.txt": " \n",
        "hostile/<script>window.hit=1<!--.bin": b"\x00\x01",
        "hostile/rows.jsonl": "\n".join(json.dumps(row) for row in rows),
    }


def poison_store(settings: Settings) -> None:
    """Put a payload into every text of every row that its contract leaves free, spans and ids apart.

    Some fields never hold what an inbox says; the pages must not depend on that.
    """
    store = Store(settings.data)
    for table in (ARTICLES, DUPLICATES, REMOVED, REJECTS, RUNS, OVERLAPS):
        for path in store.list_files(table).values():
            write_table(_poison(pl.read_parquet(path), table), path, table)


KEPT: Final = frozenset(
    {"document_id", "duplicate_of", "other_id", "text", "parameters", "run_id", "published_precision"}
)


def _poison(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    payload = pl.lit(pl.Series(PAYLOADS)).get(pl.int_range(pl.len()) % len(PAYLOADS))
    if table is RUNS:
        frame = frame.with_columns(pl.lit(json.dumps({payload: payload for payload in PAYLOADS})).alias("parameters"))
    return frame.with_columns(
        _poison_column(column, payload) for column in table.columns if column.name not in KEPT and _is_free(column)
    )


def _is_free(column: Column) -> bool:
    return not any(isinstance(rule, OneOf | Matches) for rule in column.rules)


def _poison_column(column: Column, payload: pl.Expr) -> pl.Expr:
    value = pl.col(column.name)
    match column.dtype:
        case pl.String():
            return payload.alias(column.name)
        case pl.List(inner=pl.String()):
            return pl.concat_list(payload, pl.lit("mailto:a@a.invalid"), pl.lit("data:text/html,<script>")).alias(
                column.name
            )
        case pl.List(inner=pl.Struct()) if column.name in ("evidence", "versions", "stage_seconds"):
            return value.list.eval(_poison_struct(column.dtype.inner))
    return value


def _poison_struct(dtype: Any) -> pl.Expr:
    element = pl.element().struct
    loud = pl.lit(PAYLOADS[1])
    return pl.struct(
        *(
            loud.alias(field.name) if field.dtype == pl.String and field.name != "field" else element.field(field.name)
            for field in dtype.fields
        )
    )
