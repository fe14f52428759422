"""What a run changed, document by document, told from where each one stood before and stands now."""

from typing import Final

import polars as pl

from transforms.contracts import CHANGES, Table

STATE: Final = pl.Schema(
    {name: CHANGES.polars_schema[name] for name in ("document_id", "source_path", "record")}
    | {name: CHANGES.polars_schema[name] for name in ("place", "relation", "duplicate_of")}
)
"""Where a document stands: its dataset, and what `duplicates` says of it (null in `articles`)."""

FIELDS: Final = pl.Schema({name: CHANGES.polars_schema[name] for name in ("document_id", "changed_fields")})

DESCRIBED: Final = pl.Schema(
    {name: dtype for name, dtype in CHANGES.polars_schema.items() if name not in ("run_id", "changed_at")}
)
"""The columns of `changes` that do not depend on the run."""

IDENTITY: Final = ("document_id", "source_path", "record")
DECIDED: Final = ("place", "relation", "duplicate_of")


def list_state_columns(table: Table) -> list[str]:
    """The columns of `table`, articles or duplicates, that `describe_state` takes."""
    return [name for name in STATE if name in table.polars_schema]


def describe_state(documents: pl.DataFrame, place: str) -> pl.DataFrame:
    """STATE of `documents`, rows of the dataset `place`."""
    known = {"place": pl.lit(place), **{name: pl.col(name) for name in documents.columns if name in STATE}}
    return documents.select(known.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in STATE.items())


def find_changed_fields(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """FIELDS of the documents in both frames whose rows differ: the columns that do, of those that both have."""
    names = [name for name in new.columns if name in old.columns and name != "document_id"]
    before = old.select("document_id", *(pl.col(name).alias(f"{name}_before") for name in names))
    both = new.join(before, on="document_id", how="inner", maintain_order="left")
    differing = [pl.when(pl.col(name).ne_missing(pl.col(f"{name}_before"))).then(pl.lit(name)) for name in names]
    fields = both.select("document_id", pl.concat_list(differing).list.drop_nulls().alias("changed_fields"))
    return fields.filter(pl.col("changed_fields").list.len() > 0).cast(FIELDS)


def describe_changes(before: pl.DataFrame, after: pl.DataFrame, fields: pl.DataFrame) -> pl.DataFrame:
    """DESCRIBED, for each document of `before` and `after` (STATE), sorted by file and record.

    A document that is in both has changed: it stands elsewhere, or `fields` (FIELDS) says what its row says otherwise.
    """
    was = before.select(*IDENTITY, *(pl.col(name).alias(f"{name}_before") for name in DECIDED))
    both = was.join(after, on=list(IDENTITY), how="full", coalesce=True).join(fields, on="document_id", how="left")
    return (
        both.with_columns(_name_change().alias("change"), pl.col("changed_fields").fill_null([]))
        .select(DESCRIBED.names())
        .cast(DESCRIBED)
        .sort("source_path", "record", "document_id")
    )


def _name_change() -> pl.Expr:
    is_kept = pl.col("place") == "articles"
    is_superseded = pl.col("relation").eq_missing("superseded") & pl.col("relation_before").ne_missing("superseded")
    return (
        pl.when(pl.col("place").is_null())
        .then(pl.lit("gone"))
        .when(pl.col("place_before").is_null())
        .then(pl.when(is_kept).then(pl.lit("kept")).otherwise(pl.lit("set_aside")))
        .when(is_superseded)
        .then(pl.lit("superseded"))
        .when(pl.col("place") == pl.col("place_before"))
        .then(pl.lit("changed"))
        .otherwise(pl.when(is_kept).then(pl.lit("promoted")).otherwise(pl.lit("demoted")))
    )


def describe_baseline(held: pl.DataFrame) -> pl.DataFrame:
    """DESCRIBED, for documents (STATE) that a run leaves as they are, when the feed begins with it."""
    rows = describe_changes(held, held, pl.DataFrame(schema=FIELDS))
    return rows.with_columns(pl.lit("baseline").alias("change"))


def find_last_states(changes: pl.DataFrame) -> pl.DataFrame:
    """STATE of each document after its last row in `changes` (STATE, run_id); the place of one that is gone is null."""
    return changes.sort("run_id").unique("document_id", keep="last", maintain_order=True).select(STATE.names())
