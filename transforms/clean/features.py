"""What the rules know about a line: its length, its shape, its place, and whether the document says it again."""

from typing import Final

import polars as pl

from transforms.clean import patterns
from transforms.columns import read_where
from transforms.linemodel.repeats import find_returning
from transforms.linemodel.shape import WORDS as WORDS_COUNTED
from transforms.linemodel.shape import Shapes

SHORT_CHARS: Final = 400
"""Markers are short. Lines above this length (about 65 words) are read at their two ends only."""

EDGE_CHARS: Final = 160
"""How much of each end of a line is read: enough for a photo credit or a copyright notice."""

REPEAT_WORDS: Final = 8
"""Shorter sentences return by chance (the fingerprints of the duplicate finder start at 8 words as well)."""

REPEAT_WORK_CHARS: Final = 30_000_000
"""Looking every line up in its document is quadratic. Documents whose lines times characters exceed this (a 1 MB
document with 30 lines, or one of 120 kB with 250) are searched for whole-line repeats only."""


def measure_lines(lines: pl.DataFrame, shapes: Shapes) -> pl.DataFrame:
    """Adds to LINES what the rules look at; takes and gives one row per line, sorted by document and line.

    `key`: the first 400 characters in lower case, white space and quotation marks made plain. `opening`, `ending`: the
    first and last 160 characters as printed. `words`: runs without white space, or half the number of characters in
    scripts that print none. `is_sentence`: ends as a sentence does. `twins`: a number that the lines of a document with
    one key share. `copies`: how many these are.
    """
    return (
        lines.with_columns(
            opening=_join_spaces(pl.col("text").str.head(EDGE_CHARS)),
            ending=_join_spaces(pl.col("text").str.tail(EDGE_CHARS)),
            chars=pl.col("text").str.len_chars(),
            words=pl.Series(shapes.counts[:, WORDS_COUNTED]).cast(pl.UInt32),
            twins=pl.int_range(pl.len(), dtype=pl.UInt32),
        )
        .with_columns(
            key=_fold(pl.col("text").str.head(SHORT_CHARS)),
            is_sentence=_ends(patterns.SENTENCE_END),
            is_statement=_ends(patterns.PERIOD_END),
            is_introduction=_ends(r"[:：]$"),
            is_comma=_ends(r"[,，;]$"),
            is_lower=pl.col("opening").str.contains(r"^\p{Ll}"),
            is_name=_is_person(),
            is_people=_is_people(),
            starts_document=pl.col("document_id").ne_missing(pl.col("document_id").shift(1)),
            ends_document=pl.col("document_id").ne_missing(pl.col("document_id").shift(-1)),
        )
        .with_columns(
            twins=pl.col("twins").first().over("document_id", "key"),
            is_wrapped=(pl.col("is_lower").mean().over("document_id") > WRAPPED_SHARE)
            & (
                (pl.col("chars") * (pl.col("chars") > WRAPPED_CHARS)).sum().over("document_id")
                < UNWRAPPED_SHARE * pl.col("chars").sum().over("document_id")
            ),
        )
        .with_columns(copies=pl.len().over("twins").cast(pl.UInt32))
    )


NAME_CHARS: Final = 50
NAMES_CHARS: Final = 120
"""Longest line that is read as a name, and as a list of names."""

WRAPPED_SHARE: Final = 0.25
WRAPPED_CHARS: Final = 100
UNWRAPPED_SHARE: Final = 0.2
"""A text is taken as hard-wrapped when more than WRAPPED_SHARE of its lines start in lower case and lines longer than
WRAPPED_CHARS hold less than UNWRAPPED_SHARE of it: its lines are no paragraphs then, so nothing is concluded from the
shape of a line. Whole pages with their menus can have as many lower-case lines, and paragraphs on a line each."""


def look_back(column: str, steps: int = 1) -> pl.Expr:
    """The value that the line `steps` above has in this column; null above the first line of a document."""
    ends = {1: "starts_document", -1: "ends_document"}
    # Within a step the ends of documents say it, and comparing their names is spared.
    is_inside = ~pl.col(ends[steps]) if steps in ends else pl.col("document_id") == pl.col("document_id").shift(steps)
    return pl.when(is_inside).then(pl.col(column).shift(steps))


def find_repeats(measured: pl.DataFrame) -> pl.DataFrame:
    """Adds `is_repeated_inside`: the words of the line stand again inside a longer line of the same document.

    Pull quotes and standfirsts repeat a sentence of the body word for word; quotation marks and case may differ.
    """
    is_candidate = pl.col("words").is_between(REPEAT_WORDS, 60) & find_returning(
        measured["document_id"], measured["text"]
    )
    # Most documents say nothing twice; the text of those that may is folded and joined.
    sentences = (
        measured.select("document_id", "line", "text", is_candidate=is_candidate)
        .filter(pl.col("is_candidate").any().over("document_id"))
        .with_columns(plain=_fold(pl.col("text")).str.replace_all(r"[\"']", ""))
        .with_columns(core=pl.col("plain").str.strip_chars(" .,;:!?…"))
    )
    documents = sentences.group_by("document_id", maintain_order=True).agg(
        pl.col("plain").str.join("\n").alias("document_plain"), pl.col("plain").str.len_bytes().sum().alias("size")
    )
    candidates = (
        sentences.filter("is_candidate")
        .select("document_id", "line", "core")
        .join(documents, on="document_id", how="left", maintain_order="left")
        .filter(pl.col("size") * pl.len().over("document_id") <= REPEAT_WORK_CHARS)
        .with_columns(same=pl.len().over("document_id", "core"))
        .filter(pl.col("document_plain").str.count_matches(pl.col("core"), literal=True) > pl.col("same"))
        .select("document_id", "line", is_repeated_inside=pl.lit(value=True))
    )
    return measured.join(candidates, on=["document_id", "line"], how="left", maintain_order="left").with_columns(
        pl.col("is_repeated_inside").fill_null(value=False)
    )


def _fold(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_many(["’", "‘", "“", "”", "„", "«", "»"], ["'", "'", '"', '"', '"', '"', '"'])
    return _join_spaces(plain.str.to_lowercase())


def _join_spaces(text: pl.Expr) -> pl.Expr:
    """White space of any kind and length becomes one space; what is one already is not looked at."""
    return text.str.replace_all(r"\s{2,}|[^\S ]", " ")


def _ends(pattern: str) -> pl.Expr:
    return pl.col("text").str.tail(8).str.contains(pattern)


def _is_person() -> pl.Expr:
    return _has_shape(rf"^{patterns.PERSON}$", NAME_CHARS)


def _is_people() -> pl.Expr:
    return _has_shape(rf"^{patterns.PEOPLE}$", NAMES_CHARS)


def _has_shape(shape: str, most_chars: int) -> pl.Expr:
    edge = read_where(pl.col("chars") <= most_chars, pl.col("opening")).str.strip_chars(" ,")
    has_shape = edge.str.contains(shape)
    words = read_where(has_shape, edge).str.to_lowercase().str.replace_all(r"\band\b", "")
    return has_shape & ~words.str.contains(patterns.NOT_A_NAME)
