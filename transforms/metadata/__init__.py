"""Metadata: what markup states, else what the lines around the text print. Nothing is guessed from names or clocks."""

from typing import Final

import polars as pl

from transforms.contracts.parameters import NameTable
from transforms.contracts.tables import DOCUMENT_COLUMNS, EVIDENCE
from transforms.metadata.authors import pick_authors
from transforms.metadata.contacts import list_contacts
from transforms.metadata.kinds import decide_kinds
from transforms.metadata.names import normalise_names
from transforms.metadata.outlets import find_outlets
from transforms.metadata.people import find_author_credits
from transforms.metadata.times import pick_times
from transforms.metadata.titles import find_subtitles, find_titles, list_outlet_names, strip_outlets

__all__ = ["COLUMNS", "NO_NAMES", "add_languages", "extract_metadata"]

COLUMNS: Final = (
    "document_id",
    "title",
    "subtitle",
    "authors",
    "published_at",
    "published_precision",
    "outlet",
    "url",
    "kind",
    "links",
    "emails",
    "handles",
    "evidence",
)

ORIGIN_FIELDS: Final = ("member", "message_id")
"""What is stated of where a document was found, and is no column of its own: evidence only."""
NO_NAMES: Final = NameTable()

STATED_CHOICE: Final = 0
"""Markup is taken before print: it is written for machines, one value a field."""


def extract_metadata(
    records: pl.DataFrame, classified: pl.DataFrame, texts: pl.DataFrame, names: NameTable = NO_NAMES
) -> pl.DataFrame:
    """One row per document of `texts`, in their order, with COLUMNS as `documents` names them.

    Takes RECORDS (for `stated`), CLASSIFIED, the texts of `blocks.assemble_texts`, and names that stand for others.
    Fields that the document does not state are null, its lists empty. `evidence` holds each value as found, with its
    line (null for markup) and rule; a stamp that is printed but cannot be placed in time ("2 hours ago") is evidence
    without a `published_at`.
    """
    documents = texts.select("document_id")
    lines = classified.join(documents, on="document_id", how="semi", maintain_order="left").sort("document_id", "line")
    stated = _list_stated(records.join(documents, on="document_id", how="semi", maintain_order="left"))
    outlets = _pick(pl.concat([_of(stated, "outlet"), _to_candidates(find_outlets(lines))]))
    titles = strip_outlets(
        _pick(pl.concat([_of(stated, "title"), _to_candidates(find_titles(lines))])), list_outlet_names(stated, outlets)
    )
    suffixes = titles.filter(pl.col("suffix").is_not_null()).select(
        "document_id", "line", found="suffix", value="suffix", rule=pl.lit("text.title_suffix")
    )
    outlets = pl.concat(
        [outlets, suffixes.join(outlets, on="document_id", how="anti", maintain_order="left").select(outlets.columns)]
    )
    subtitles = _pick(pl.concat([_of(stated, "subtitle"), _to_candidates(find_subtitles(lines))]))
    urls = _pick(_of(stated, "url"))
    authors, author_evidence = pick_authors(stated, find_author_credits(lines), outlets)
    times, time_evidence = pick_times(stated, lines)
    kinds = decide_kinds(lines, stated)
    evidence = _list_evidence(
        [
            ("title", titles),
            ("subtitle", subtitles),
            ("outlet", outlets),
            ("url", urls),
            (
                "kind",
                kinds.filter(pl.col("rule").is_not_null()).select(
                    "document_id", line=pl.lit(None, pl.UInt32), found=pl.coalesce("value", "kind"), rule="rule"
                ),
            ),
        ],
        [author_evidence, time_evidence, _list_origins(stated)],
    )
    parts = (
        titles.select("document_id", title="value"),
        subtitles.select("document_id", subtitle="value"),
        authors,
        times,
        outlets.select("document_id", outlet="value"),
        urls.select("document_id", url="value"),
        kinds.select("document_id", "kind"),
        list_contacts(lines.select("document_id", "line", "text"), stated),
        evidence,
    )
    joined = documents
    for part in parts:
        joined = joined.join(part, on="document_id", how="left", maintain_order="left")
    types = {column.name: column.dtype for column in DOCUMENT_COLUMNS if column.name in COLUMNS}
    lists = [name for name, dtype in types.items() if isinstance(dtype, pl.List)]
    filled = joined.with_columns(
        *(pl.col(name).fill_null(pl.lit([], dtype=types[name])) for name in lists), pl.col("kind").fill_null("other")
    )
    return normalise_names(filled, names).select(pl.col(name).cast(types[name]) for name in COLUMNS)


def add_languages(metadata: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """`metadata` with evidence of the languages found in each text, and how much of each.

    Takes document_id and language_shares of `texts`, null where nobody could tell.
    """
    shares = pl.col("language_shares")
    found = pl.struct(
        pl.lit("language").alias("field"),
        shares.alias("value"),
        pl.lit(None, pl.UInt32).alias("line"),
        pl.lit("text.cld2").alias("rule"),
    )
    joined = metadata.join(texts.select("document_id", shares), on="document_id", how="left", maintain_order="left")
    return joined.with_columns(
        evidence=pl.when(shares.is_null()).then("evidence").otherwise(pl.concat_list("evidence", found))
    ).drop("language_shares")


def _list_stated(records: pl.DataFrame) -> pl.DataFrame:
    """One row per value that markup states, in the order given: document_id, field, value, rule."""
    rows = records.select("document_id", "stated").explode("stated", empty_as_null=False).drop_nulls("stated")
    return rows.unnest("stated").with_columns(pl.col("value").str.strip_chars()).filter(pl.col("value") != "")


def _list_origins(stated: pl.DataFrame) -> pl.DataFrame:
    own = stated.filter(pl.col("field").is_in(ORIGIN_FIELDS))
    return own.select("document_id", "field", "value", line=pl.lit(None, pl.UInt32), rule="rule")


def _of(stated: pl.DataFrame, field: str) -> pl.DataFrame:
    own = stated.filter(pl.col("field") == field)
    return own.select(
        "document_id", line=pl.lit(None, pl.UInt32), found="value", rule="rule", choice=pl.lit(STATED_CHOICE, pl.Int32)
    )


def _to_candidates(found: pl.DataFrame) -> pl.DataFrame:
    """Printed values, after the stated ones, in the order in which their finder ranks them."""
    return found.select("document_id", "line", found="value", rule="rule", choice=pl.lit(STATED_CHOICE + 1, pl.Int32))


def _pick(candidates: pl.DataFrame) -> pl.DataFrame:
    """The best candidate of each document: document_id, line, found, value, rule."""
    ranked = candidates.sort("choice", maintain_order=True).unique("document_id", keep="first", maintain_order=True)
    return ranked.select("document_id", "line", "found", value="found", rule="rule")


def _list_evidence(picked: list[tuple[str, pl.DataFrame]], ready: list[pl.DataFrame]) -> pl.DataFrame:
    rows = [
        frame.select("document_id", field=pl.lit(field), value="found", line="line", rule="rule")
        for field, frame in picked
    ]
    return (
        pl.concat([*rows, *ready])
        .group_by("document_id", maintain_order=True)
        .agg(evidence=pl.struct("field", "value", "line", "rule").cast(EVIDENCE))
    )
