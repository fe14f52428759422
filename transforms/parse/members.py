"""Members of files: read in portions, and their records numbered through the file that holds them.

A record number counts over the members in their order within the file; a member takes as many numbers as it has
records, and one that could not be read takes one. It depends on the bytes of the file alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import polars as pl

from transforms.contracts.parsed import STATED
from transforms.parse.parts import Part
from transforms.parse.records import ReadRecords

NO_MEDIA: Final = pl.DataFrame(schema={"source": pl.UInt32, "record": pl.UInt32, "media_type": pl.String})
"""`media_type` of each record, of none."""

MEMBER_SCHEMA: Final = pl.Schema(
    {"source": pl.UInt32(), "source_path": pl.String(), "media_type": pl.String(), "content": pl.Binary()}
)


def walk_portions(members: Sequence[Part], portion_bytes: int) -> Iterator[pl.DataFrame]:
    """Give the members without an error in frames of about `portion_bytes`; `source` is the place of the member."""
    rows: list[tuple[int, str, str | None, bytes]] = []
    held_bytes = 0
    for number, member in enumerate(members):
        if member.error is not None:
            continue
        if rows and held_bytes + len(member.content) > portion_bytes:
            yield pl.DataFrame(rows, schema=MEMBER_SCHEMA, orient="row")
            rows, held_bytes = [], 0
        rows.append((number, member.member or member.name, member.media_type, member.content))
        held_bytes += len(member.content)
    if rows:
        yield pl.DataFrame(rows, schema=MEMBER_SCHEMA, orient="row")


def add_members(read: ReadRecords, members: Sequence[Part]) -> ReadRecords:
    """State of each record what its holder states, and in which member it lies; say the member in each failure."""
    told = pl.DataFrame(
        [
            (number, member.member, _state(member), sha256(member.content).hexdigest())
            for number, member in enumerate(members)
        ],
        schema={
            "source": pl.UInt32,
            "member": pl.String,
            "told": pl.List(STATED),
            "member_sha256": pl.String,
        },
        orient="row",
    )
    documents = read.documents.join(told, on="source", how="left", maintain_order="left").with_columns(
        content_sha256=pl.coalesce("content_sha256", "member_sha256"), stated=pl.concat_list("stated", "told")
    )
    said = pl.format("{} It is the member {}.", "detail", "member")
    failures = read.failures.join(told, on="source", how="left", maintain_order="left").with_columns(
        detail=pl.coalesce(said, "detail")
    )
    return ReadRecords(documents.select(read.documents.columns), read.lines, failures.select(read.failures.columns))


def _state(member: Part) -> list[dict[str, str]]:
    stated = [value._asdict() for value in member.stated]
    if member.member is not None:
        stated.append({"field": "member", "value": member.member, "rule": "file.member"})
    return stated


def number_records(source: int, read: ReadRecords, members: Sequence[Part]) -> tuple[ReadRecords, pl.DataFrame]:
    """Number the records of the members on through their file `source`; with the `media_type` of each document."""
    used = pl.concat([read.documents.select("source", "record"), read.failures.select("source", "record")])
    counts = used.group_by("source").agg(count=pl.col("record").max() + 1)
    places = pl.DataFrame({"source": pl.int_range(len(members), dtype=pl.UInt32, eager=True)})
    offsets = (
        places.join(counts, on="source", how="left", maintain_order="left")
        .with_columns(count=pl.col("count").fill_null(0))
        .with_columns(
            offset=(pl.col("count").cum_sum() - pl.col("count")).cast(pl.UInt32),
            media_type=pl.Series([member.media_type for member in members], dtype=pl.String),
        )
        .drop("count")
    )

    def renumber(frame: pl.DataFrame) -> pl.DataFrame:
        joined = frame.join(offsets, on="source", how="left", maintain_order="left").sort(
            "source", "record", maintain_order=True
        )
        return joined.with_columns(
            (pl.col("record") + pl.col("offset")).alias("record"), pl.lit(source, pl.UInt32).alias("source")
        )

    documents = renumber(read.documents)
    media = documents.select(NO_MEDIA.columns)
    return (
        ReadRecords(
            documents.select(read.documents.columns),
            renumber(read.lines).select(read.lines.columns),
            renumber(read.failures).select(read.failures.columns),
        ),
        media,
    )
