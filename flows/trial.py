"""What a run would change: what it staged, held against what is published. Nothing is written.

Rows never leave their file, so tables are compared a file at a time; documents can go from `articles` to `duplicates`
and back, so these are looked up by id, a slice at a time.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl

from flows.directory import open_directory
from flows.publication import StagedFile
from flows.run import Run, scan_files
from flows.slices import walk_rows
from flows.staging import preview_store
from transforms.contracts import ARTICLES, DUPLICATES, REJECTS, TABLES, Table

DOCUMENT_TABLES: Final = (ARTICLES, DUPLICATES)

BEFORE: Final = " before"
"""Added to the name of a column that holds what the store says; no column of a dataset has a space in its name."""

EXAMPLES: Final = 5
"""Documents that are shown with what they say before and after."""

SHOWN_CHARS: Final = 160
"""Of a value that is shown; of a text, from a little before the first character that differs."""

CONTEXT_CHARS: Final = 30

UNTELLING: Final = frozenset({"pipeline_version", "text_sha256", "blocks", "evidence", "partners"})
"""Fields that are shown only where no other one differs: what they say follows from others, or is long."""


@dataclass(frozen=True)
class Changes:
    """What would be otherwise.

    `fields`: field -> documents in which it differs. `decisions`: from -> to, with the number of documents; a document
    can come (`new`) and go (`gone`). `rejects_new` and `rejects_gone`: by reason code. `rows`: dataset -> rows that
    would be added, changed and gone. `examples`: documents with what they say before and after. `refusal`: what the
    audit has against it; null when it passes.
    """

    documents_new: int = 0
    documents_changed: int = 0
    documents_gone: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    rejects_new: dict[str, int] = field(default_factory=dict)
    rejects_gone: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)
    refusal: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def compare_staged(run: Run, staged: Sequence[StagedFile], refusal: str | None) -> Changes:
    """Hold what is staged against what is published."""
    fields: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    changed = 0
    for pairs in _walk_documents(run, staged):
        differs = {name: pl.col(name).ne_missing(pl.col(f"{name}{BEFORE}")) for name in _document_fields()}
        held = pairs.filter("was_there")
        fields.update({name: int(held.select(each.sum()).item()) for name, each in differs.items()})
        others = held.filter(pl.any_horizontal(differs.values()))
        changed += others.height
        decisions.update(_count_moves(pairs))
        examples += _show_examples(others, EXAMPLES - len(examples))
    gone = _list_gone(run, staged)
    decisions.update(f"{relation or 'kept'} -> gone" for relation in gone["relation"])
    rows = {table.name: _compare_rows(run, staged, table) for table in TABLES}
    came, went = (Counter(rows[REJECTS.name][name]["reason_code"]) for name in ("added", "gone"))
    return Changes(
        documents_new=sum(count for move, count in decisions.items() if move.startswith("new ")),
        documents_changed=changed,
        documents_gone=gone.height,
        fields={name: count for name, count in fields.most_common() if count},
        decisions=dict(decisions.most_common()),
        rejects_new=dict(came.most_common()),
        rejects_gone=dict(went.most_common()),
        rows={
            name: {kind: frame.height for kind, frame in found.items()}
            for name, found in rows.items()
            if any(frame.height for frame in found.values())
        },
        examples=examples,
        refusal=refusal,
    )


def _document_fields() -> list[str]:
    return [name for name in DUPLICATES.column_names if name != "document_id"]


def _list_staged(staged: Sequence[StagedFile], table: Table) -> list[StagedFile]:
    return [file for file in staged if file.name.startswith(f"{table.folder}/")]


# --- documents -------------------------------------------------------------------------------------------------------


def _walk_documents(run: Run, staged: Sequence[StagedFile]) -> Iterator[pl.DataFrame]:
    """Slices of the documents in staged files, with what is held of them (BEFORE, `was_there`)."""
    columns = DUPLICATES.column_names
    after = preview_store(run, staged)
    for table in DOCUMENT_TABLES:
        files = after.list_files(table)
        for rows in walk_rows([files[file.name] for file in _list_staged(staged, table)], table, table.column_names):
            missing = [name for name in columns if name not in rows.columns]
            now = rows.with_columns(pl.lit(None, DUPLICATES.polars_schema[name]).alias(name) for name in missing)
            ids = rows.select("document_id")
            before = open_directory(run).scan(ids, columns).join(ids.lazy(), on="document_id", how="semi").collect()
            yield (
                now.with_columns(_no_partners(table))
                .join(
                    before.with_columns(pl.lit(value=True).alias("was_there")),
                    on="document_id",
                    how="left",
                    suffix=BEFORE,
                    maintain_order="left",
                )
                .with_columns(pl.col("was_there").fill_null(value=False))
            )


def _no_partners(table: Table) -> list[pl.Expr]:
    """A kept document has no partners, as `scan_held` says it of those held."""
    return [pl.lit([], DUPLICATES.polars_schema["partners"]).alias("partners")] if table is ARTICLES else []


def _count_moves(pairs: pl.DataFrame) -> dict[str, int]:
    before = pl.when("was_there").then(pl.col(f"relation{BEFORE}").fill_null("kept")).otherwise(pl.lit("new"))
    moves = pairs.select(before.alias("before"), pl.col("relation").fill_null("kept").alias("after")).filter(
        pl.col("before") != pl.col("after")
    )
    return dict(moves.group_by(pl.format("{} -> {}", "before", "after").alias("move")).len().iter_rows())


def _list_gone(run: Run, staged: Sequence[StagedFile]) -> pl.DataFrame:
    """Documents (document_id, relation) of the files that would be replaced that would stand nowhere."""
    held, after = [], []
    preview = preview_store(run, staged)
    for table in DOCUMENT_TABLES:
        replaced = [run.store.root / file.name for file in _list_staged(staged, table) if file.is_replacement]
        held.append(scan_files({table: replaced}, ["document_id", "relation"]))
        after.append(preview.scan(table, ["document_id"]))
    return pl.concat(held).join(pl.concat(after), on="document_id", how="anti").collect()


def _show_examples(documents: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    """The first documents that differ, with the fields in which they do."""
    shown = []
    for row in documents.head(most).iter_rows(named=True):
        differing = [name for name in _document_fields() if row[name] != row[f"{name}{BEFORE}"]]
        told = [name for name in differing if name not in UNTELLING] or differing
        shown.append(
            {
                "document_id": row["document_id"],
                "source_path": row["source_path"],
                "record": row["record"],
                "fields": {name: _show_pair(row[f"{name}{BEFORE}"], row[name]) for name in told},
            }
        )
    return shown


def _show_pair(before: Any, after: Any) -> dict[str, str]:
    one, other = str(before), str(after)
    same = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(map(len, (one, other)))
    )
    start = max(same - CONTEXT_CHARS, 0)
    return {"before": _clip(one, start), "after": _clip(other, start)}


def _clip(text: str, start: int) -> str:
    end = start + SHOWN_CHARS
    return ("… " if start else "") + text[start:end] + (" …" if len(text) > end else "")


# --- other rows ------------------------------------------------------------------------------------------------------


def _compare_rows(run: Run, staged: Sequence[StagedFile], table: Table) -> dict[str, pl.DataFrame]:
    """The keys of the rows of `table` that would be added, changed and gone."""
    key = list(table.key)
    found: dict[str, list[pl.DataFrame]] = {kind: [table.empty().select(key)] for kind in ("added", "changed", "gone")}
    files = preview_store(run, staged).list_files(table)
    for file in _list_staged(staged, table):
        now = pl.read_parquet(files[file.name], schema=table.polars_schema)
        was = (
            pl.read_parquet(run.store.root / file.name, schema=table.polars_schema) if file.is_replacement else now[:0]
        )
        found["added"].append(now.join(was, on=key, how="anti", nulls_equal=True).select(key))
        found["gone"].append(was.join(now, on=key, how="anti", nulls_equal=True).select(key))
        both = now.join(was, on=key, how="inner", nulls_equal=True, suffix=BEFORE)
        others = [name for name in table.column_names if name not in key]
        differs = [pl.col(name).ne_missing(pl.col(f"{name}{BEFORE}")) for name in others]
        found["changed"].append(both.filter(pl.any_horizontal(differs) if differs else pl.lit(value=False)).select(key))
    return {kind: pl.concat(frames) for kind, frames in found.items()}
