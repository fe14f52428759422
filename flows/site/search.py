"""The search index: which documents have which word in title, authors, outlet or path, split by the alphabet.

A page loads the parts that hold the words which begin as what was typed, and no others. `assets/search.js` splits what
is typed by the same rules.
"""

from pathlib import Path
from typing import Final

import polars as pl

from flows.site.parts import encode, write_part

FIELDS: Final = ("title", "authors", "outlet", "source_path")
"""Best first: where the word of a document stands is the place of the field in this order."""

POSTINGS_PER_PART: Final = 20_000
WORDS_PER_PART: Final = 4_000

WITHOUT_SPACES: Final = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])"
"""Scripts without spaces: each character is a word."""


def write_search_index(documents: pl.DataFrame, folder: Path) -> None:
    """The parts `words-0` … and `words`, which says with which word each of them begins."""
    index = index_words(documents)
    weight = pl.max_horizontal(
        pl.col("postings").list.len().cum_sum() // POSTINGS_PER_PART,
        pl.int_range(pl.len(), dtype=pl.UInt32) // WORDS_PER_PART,
    )
    first_words = []
    for number, (_, part) in enumerate(index.group_by(weight.alias("part"), maintain_order=True)):
        first_words.append(part["word"][0])
        write_part(folder, f"words-{number}", encode(dict(zip(part["word"], part["postings"].to_list(), strict=True))))
    write_part(folder, "words", encode(first_words))


def index_words(documents: pl.DataFrame) -> pl.DataFrame:
    """`word` and its `postings`, sorted by code points.

    A posting is four times the number of a document and the place of the best field that holds the word; a list of them
    is sorted and holds the first one and then differences.
    """
    said = pl.concat(
        documents.select("number", split_words(_as_text(documents, field)).alias("word"))
        .explode("word")
        .drop_nulls()
        .with_columns(pl.lit(place, pl.UInt32).alias("field"))
        for place, field in enumerate(FIELDS)
    )
    posting = pl.col("number") * len(FIELDS) + pl.col("field")
    return (
        said.group_by("word", "number")
        .agg(pl.col("field").min())
        .select("word", posting.alias("posting"))
        .sort("word", "posting")
        .group_by("word", maintain_order=True)
        .agg(pl.col("posting").cast(pl.Int64).diff().fill_null(pl.col("posting").first()).alias("postings"))
    )


def _as_text(documents: pl.DataFrame, field: str) -> pl.Expr:
    is_list = isinstance(documents.schema[field], pl.List)
    return pl.col(field).list.join(" ") if is_list else pl.col(field)


def split_words(text: pl.Expr) -> pl.Expr:
    """The words of a text, without accents and case."""
    return (
        text.str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.to_lowercase()
        .str.replace_all(WITHOUT_SPACES, " $1 ")
        .str.extract_all(r"[\p{L}\p{N}]+")
    )
