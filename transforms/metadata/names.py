"""Names of outlets and authors as the user's reviewed table gives them."""

import polars as pl

from transforms.contracts.parameters import NameTable, fold_name


def normalise_names(documents: pl.DataFrame, names: NameTable) -> pl.DataFrame:
    """`outlet` and `authors` of each document under the names of the table; others stay, and no author stands twice."""
    outlet = _replace(pl.col("outlet"), names.outlets)
    authors = pl.col("authors").list.eval(_replace(pl.element(), names.authors)).list.unique(maintain_order=True)
    changes = ([outlet] if names.outlets else []) + ([authors] if names.authors else [])
    return documents.with_columns(changes)


def _replace(name: pl.Expr, pairs: tuple[tuple[str, str], ...]) -> pl.Expr:
    folded = name.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    given = {fold_name(printed): value for printed, value in pairs}
    return pl.coalesce(folded.replace_strict(given, default=None, return_dtype=pl.String), name)
