"""Whole documents in parts that are loaded one at a time: text, metadata, evidence, lines taken out, shared passages.

A document lies in the part that the first digits of its id say, so a page finds it without a directory. All tables are
gone through once, in slices; rows go to one file for each range of ids, and each of these is then made into parts.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from flows.site.families import show_share
from flows.site.listing import show_published
from flows.site.parts import write_part
from flows.slices import walk_rows
from flows.storage import Store
from transforms.contracts import ARTICLES, DUPLICATES, OVERLAPS, REMOVED

PART_BYTES: Final = 1_000_000
"""Bytes of JSON in a part: a page waits some ten milliseconds for one, and 100,000 articles are some 600 files."""

RANGE_BYTES: Final = 64_000_000
"""Bytes of tables, uncompressed, for each range of ids: what is held at a time."""

ID_DIGITS: Final = 6
"""Hexadecimal digits of an id that say where it lies."""

SPILLED: Final = pl.Schema(
    {"kind": pl.String(), "document_id": pl.String(), "position": pl.Int64(), "json": pl.String()}
)
"""A document, or something of it: `position` orders what is of one kind."""

LISTS: Final = ("removed", "below", "above", "partners", "copies")
"""What is listed of a document: lines taken out; pairs in which it ranks below and above the other; ties of a copy."""


def write_texts(store: Store, documents: pl.DataFrame, ties: pl.DataFrame, folder: Path, work: Path) -> int:
    """The parts `texts-0` …; returns their number, which is part of how they are found."""
    ranges = count_ranges(store)
    paths = [work / f"range-{number}.arrows" for number in range(ranges)]
    largest = _spill(walk_everything(store, documents, ties), paths)
    parts_each = max(1, -(-largest // PART_BYTES))
    with ThreadPoolExecutor() as pool:
        for path in paths:
            with pa.OSFile(str(path)) as source:
                rows = pl.DataFrame(pa.ipc.open_stream(source).read_all(), schema=SPILLED)
            path.unlink()
            parts = assemble(rows, ranges * parts_each)
            list(pool.map(lambda part: write_part(folder, f"texts-{part[0]}", part[1]), parts.iter_rows()))
    return ranges * parts_each


def count_ranges(store: Store) -> int:
    """Ranges of ids, so that each one holds about RANGE_BYTES."""
    files = [path for table in (ARTICLES, DUPLICATES, OVERLAPS, REMOVED) for path in store.list_files(table).values()]
    footers = [pq.read_metadata(path) for path in files]
    size = sum(footer.row_group(n).total_byte_size for footer in footers for n in range(footer.num_row_groups))
    return max(1, -(-int(size) // RANGE_BYTES))


def place_id(parts: int) -> pl.Expr:
    """Which of `parts` parts a document lies in."""
    head = pl.col("document_id").str.slice(0, ID_DIGITS).str.to_integer(base=16, dtype=pl.Int64)
    return head * parts // 16**ID_DIGITS


def _spill(frames: Iterator[pl.DataFrame], paths: list[Path]) -> int:
    """Write rows to the file of their range. Returns the bytes of JSON in the largest one."""
    sizes = [0] * len(paths)
    with ExitStack() as stack:
        schema = SPILLED.to_frame().to_arrow().schema
        writers = [stack.enter_context(pa.ipc.new_stream(str(path), schema)) for path in paths]
        for frame in frames:
            for (number,), rows in frame.group_by(place_id(len(paths)).alias("range"), maintain_order=True):
                place = int(str(number))
                sizes[place] += int(rows["json"].str.len_bytes().sum())
                writers[place].write_table(rows.to_arrow().cast(schema))
    return max(sizes)


def walk_everything(store: Store, documents: pl.DataFrame, ties: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Everything that a page of a document shows, as rows of SPILLED."""
    numbers = documents.select("document_id", "number")
    for table in (ARTICLES, DUPLICATES):
        shown = [name for name in table.column_names if name not in ("published_at", "partners", "duplicate_of")]
        for rows in walk_rows(store.list_files(table).values(), table, table.column_names):
            whole = rows.with_columns(show_published(), pl.col("ingested_at").dt.strftime("%Y-%m-%d %H:%M:%S")).join(
                numbers, on="document_id", maintain_order="left"
            )
            yield _to_spilled(whole, "document", pl.lit(0), [*shown, "published", "number"])
    for rows in walk_rows(store.list_files(REMOVED).values(), REMOVED, REMOVED.column_names):
        yield _to_spilled(rows, "removed", pl.col("line"), ["line", "kind", "text", "rule"])
    for rows in walk_rows(store.list_files(OVERLAPS).values(), OVERLAPS, OVERLAPS.column_names):
        yield from _spill_pairs(rows, numbers)
    yield from _spill_ties(ties, documents)


PAIR: Final = ("number", "words", "share", "other_share", "passages")


def _spill_pairs(rows: pl.DataFrame, numbers: pl.DataFrame) -> Iterator[pl.DataFrame]:
    passage = pl.col("spans").list.eval(pl.element().struct.field("passage"))
    pairs = rows.with_columns(show_share("share"), show_share("other_share"), passage.list.n_unique().alias("passages"))
    most_words_first = -pl.col("words").cast(pl.Int64)
    below = pairs.join(numbers.rename({"document_id": "other_id"}), on="other_id", maintain_order="left")
    yield _to_spilled(below, "below", most_words_first, [*PAIR, "spans"])
    above = pairs.join(numbers, on="document_id", maintain_order="left").select(
        pl.col("other_id").alias("document_id"),
        "number",
        "words",
        "passages",
        pl.col("other_share").alias("share"),
        pl.col("share").alias("other_share"),
    )
    yield _to_spilled(above, "above", most_words_first, list(PAIR))


def _spill_ties(ties: pl.DataFrame, documents: pl.DataFrame) -> Iterator[pl.DataFrame]:
    named = documents.select("document_id", "number")
    partners = ties.join(named, on="number").select("document_id", pl.col("article").alias("number"), "words")
    copies = (
        ties.filter("is_family")
        .join(named.rename({"number": "article"}), on="article")
        .select("document_id", "number", "words")
    )
    for kind, rows in (("partners", partners), ("copies", copies)):
        yield _to_spilled(rows, kind, -pl.col("words").fill_null(0).cast(pl.Int64), ["number", "words"])


def _to_spilled(rows: pl.DataFrame, kind: str, position: pl.Expr, columns: list[str]) -> pl.DataFrame:
    return rows.select(
        pl.lit(kind).alias("kind"),
        "document_id",
        position.cast(pl.Int64).alias("position"),
        pl.struct(columns).struct.json_encode().alias("json"),
    )


def assemble(rows: pl.DataFrame, parts: int) -> pl.DataFrame:
    """`part` and its `json`, an object of documents by id, of one range; a part without documents is left out."""
    listed = (
        rows.filter(pl.col("kind") != "document")
        .sort("document_id", "kind", "position", "json")
        .group_by("document_id", "kind", maintain_order=True)
        .agg(pl.col("json").str.join(","))
    )
    whole = rows.filter(pl.col("kind") == "document").select("document_id", "json").sort("document_id")
    pieces = [pl.lit('"'), pl.col("document_id"), pl.lit('":{"document":'), pl.col("json")]
    for kind in LISTS:
        of_kind = listed.filter(pl.col("kind") == kind).select("document_id", pl.col("json").alias(kind))
        whole = whole.join(of_kind, on="document_id", how="left", maintain_order="left")
        pieces += [pl.lit(f',"{kind}":['), pl.col(kind).fill_null(""), pl.lit("]")]
    entry = pl.concat_str([*pieces, pl.lit("}")])
    return (
        whole.select(place_id(parts).alias("part"), entry.alias("json"))
        .group_by("part", maintain_order=True)
        .agg(pl.lit("{") + pl.col("json").str.join(",") + pl.lit("}"))
    )
