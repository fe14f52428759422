"""Compare texts: the shared passages of one pair or of many, and the check of what was found.

`passages` says what a shared passage is and holds the kernels that find it. Everything here goes through it, so one
pair and a million are compared in the same way.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from transforms.contracts import OVERLAPS
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.passages import SPAN_FIELDS, align_words, number_passages
from transforms.dedup.scattered import find_scattered_spans, join_near_passages
from transforms.dedup.tiles import REPORTED_RUN_WORDS, hash_grams
from transforms.dedup.words import Array, Words, split_words

PAIR: Final = ("document_id", "other_id")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of `words` equal words: characters `start:end` of the text, `other_start:other_end` of the other one.

    `passage` is the number of the passage it belongs to, from 0.
    """

    start: int
    end: int
    other_start: int
    other_end: int
    words: int
    passage: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The extent of a passage in both texts, in characters, and how many words in it are equal."""

    start: int
    end: int
    other_start: int
    other_end: int
    words: int


def find_shared_passages(text: str, other_text: str, *, scattered: bool = False) -> list[Span]:
    """Compare two texts: the runs of equal words in their shared passages, sorted by `start`.

    No two spans overlap, in either text. Empty when the texts share no run of REPORTED_RUN_WORDS, as in OVERLAPS; with
    `scattered`, passages that were rewritten word by word are found too, among the words that no other passage has.
    """
    words = split_words(pl.Series([text, other_text], dtype=pl.String))
    rows = _align(prepare_words(words), np.zeros(1, np.int64), np.ones(1, np.int64))[0][:, : len(SPAN_FIELDS)]
    if scattered:
        rows = _add_scattered(words, rows)
    return [Span(*row) for row in rows.tolist()]


def _add_scattered(words: Words, rows: Array) -> Array:
    """Add the scattered passages of two texts to the rows of spans; passages that lie near each other become one."""
    sides = [slice(words.offsets[side], words.offsets[side + 1]) for side in (0, 1)]
    hashes, starts, ends = ([column[side] for side in sides] for column in (words.hashes, words.starts, words.ends))
    firsts = [np.searchsorted(starts[side], rows[:, 2 * side]) for side in (0, 1)]
    found = np.column_stack((*firsts, rows[:, 4:]))
    is_free = [_mark_free(hashes[side].size, firsts[side], rows[:, 4]) for side in (0, 1)]
    added = find_scattered_spans(*hashes, *is_free)
    added[:, 3] += rows[:, 5].max(initial=-1) + 1
    spans = np.concatenate((found, added))
    spans = spans[np.argsort(spans[:, 0])]
    spans[:, 3] = join_near_passages(spans)
    first, other_first, count, passage = number_passages(spans).T
    bounds = (starts[0][first], ends[0][first + count - 1], starts[1][other_first], ends[1][other_first + count - 1])
    return np.column_stack((*bounds, count, passage)).astype(np.int64)


def _mark_free(size: int, firsts: Array, counts: Array) -> Array:
    """Mark the words of a text that are in none of the spans."""
    steps = np.zeros(size + 1, np.int64)
    np.add.at(steps, firsts, 1)
    np.add.at(steps, firsts + counts, -1)
    return np.asarray(np.cumsum(steps[:-1]) == 0)


def group_passages(spans: list[Span]) -> list[Passage]:
    """Join the spans of each passage into its extent, in the order of the passages."""
    by_passage = groupby(sorted(spans, key=lambda span: (span.passage, span.start)), key=lambda span: span.passage)
    return [_enclose(list(group)) for _, group in by_passage]


def _enclose(spans: list[Span]) -> Passage:
    return Passage(
        min(span.start for span in spans),
        max(span.end for span in spans),
        min(span.other_start for span in spans),
        max(span.other_end for span in spans),
        sum(span.words for span in spans),
    )


def align_pairs(pairs: pl.DataFrame, texts: pl.DataFrame, *, threads: int = 1) -> pl.DataFrame:
    """Compare each pair of documents (`document_id`, `other_id`) in so many threads; each text is split once.

    `texts` holds `document_id` and `text` of all of them. Returns the pairs that share a run of REPORTED_RUN_WORDS, in
    the schema of OVERLAPS, sorted by document_id and other_id. Raises ValueError when a text is missing or stands
    twice.
    """
    return align_and_locate(pairs, texts, threads=threads)[0]


def align_and_locate(
    pairs: pl.DataFrame, texts: pl.DataFrame, *, threads: int = 1
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare pairs as `align_pairs` does, and give with the overlaps what `locate_span_words` says of them."""
    pairs = pairs.select(PAIR).sort(PAIR)
    words, left, right = _split_for(pairs, texts)
    return align_split(pairs, prepare_words(words), left, right, threads=threads)


@dataclass(frozen=True, slots=True)
class SplitTexts:
    """Texts made ready for comparison: their words, and the hashes of runs of them (`tiles.hash_grams`)."""

    words: Words
    grams: Array


def prepare_words(words: Words) -> SplitTexts:
    """Hash the runs of words that comparisons begin with."""
    return SplitTexts(words, hash_grams(words.offsets, words.hashes))


def align_split(
    pairs: pl.DataFrame, texts: SplitTexts, left: Array, right: Array, *, threads: int = 1
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare pairs (PAIR) whose texts are split already: pair p is of text `left[p]` and text `right[p]`.

    Returns what `align_and_locate` does, in the order of the pairs; those of one left text should stand together.
    """
    words = texts.words
    spans, counts = _align(texts, left, right, threads)
    totals = np.diff(words.offsets)
    overlaps = pairs.with_columns(
        words=pl.Series(_sum_groups(spans[:, 4], counts), dtype=pl.UInt32),
        text_words=pl.Series(totals[left]),
        other_text_words=pl.Series(totals[right]),
        spans=_list_spans(spans, counts),
    ).filter(pl.col("words") > 0)
    shares = overlaps.with_columns(
        share=pl.col("words") / pl.col("text_words"), other_share=pl.col("words") / pl.col("other_text_words")
    )
    numbers = pl.DataFrame({"pair": np.repeat(np.arange(counts.size), counts)})["pair"]
    located = pairs[numbers].with_columns(
        pl.Series("first_word", spans[:, 6], dtype=pl.UInt32),
        pl.Series("end_word", spans[:, 6] + spans[:, 4], dtype=pl.UInt32),
    )
    return shares.select(OVERLAPS.column_names), located


def locate_span_words(overlaps: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Give the words that each span covers in the text of document_id: one row per span, in the order of overlaps.

    Returns document_id, other_id, first_word and end_word (UInt32, words of the text from 0, half open). `texts` holds
    `document_id` and `text`; raises ValueError when one is missing or stands twice.
    """
    spans = overlaps.select(*PAIR, "spans").explode("spans").unnest("spans")
    words, text = _split_named(spans["document_id"], texts)
    bounds = spans.select(pl.col("start", "end").cast(pl.Int64)).to_numpy()
    first, end = _locate(words.offsets, words.starts, words.ends, text, bounds)
    return spans.select(PAIR).with_columns(pl.Series("first_word", first), pl.Series("end_word", end))


PROBLEMS: Final = (
    "",
    "a span does not begin and end with a word",
    "the words of a span are not equal",
    "a span does not hold the words it counts",
    "spans are out of order or overlap in the text of document_id",
    "spans overlap in the text of other_id",
    "words is not the sum over the spans",
    "no span holds a run of 15 words",
)
"""What `verify_spans` can find; the place in the tuple is the code that the kernel gives."""


def verify_spans(overlaps: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Compare the spans of each row of OVERLAPS with the texts again, word by word.

    Returns document_id, other_id and problem, one row for each row of overlaps that has one (its first); empty when
    all is well. Raises ValueError when a text is missing or stands twice.
    """
    words, left, right = _split_for(overlaps, texts)
    counts = overlaps["spans"].list.len().cast(pl.Int64).fill_null(0).to_numpy()
    spans = overlaps.select("spans").explode("spans", empty_as_null=False).unnest("spans").select(SPAN_FIELDS)
    problems = _verify(
        (words.offsets, words.hashes, words.starts, words.ends),
        left,
        right,
        np.ascontiguousarray(spans.cast(pl.Int64).to_numpy().reshape(-1, len(SPAN_FIELDS))),
        counts,
        overlaps["words"].cast(pl.Int64).to_numpy(),
    )
    named = pl.Series("problem", problems).replace_strict(range(len(PROBLEMS)), PROBLEMS, return_dtype=pl.String)
    return overlaps.select(PAIR).with_columns(named).filter(pl.col("problem") != "")


def _split_for(pairs: pl.DataFrame, texts: pl.DataFrame) -> tuple[Words, Array, Array]:
    words, places = _split_named(pl.concat([pairs["document_id"], pairs["other_id"]]), texts)
    return words, places[: pairs.height], places[pairs.height :]


def _split_named(names: pl.Series, texts: pl.DataFrame) -> tuple[Words, Array]:
    """Split the texts that `names` call for; returns their words, and for each name the number of its text."""
    if texts["document_id"].is_duplicated().any():
        raise ValueError("texts holds a document_id more than once")
    wanted = texts.select("document_id", "text").filter(pl.col("document_id").is_in(names.unique().implode()))
    numbers = pl.DataFrame({"document_id": names}).join(
        wanted.select("document_id").with_row_index("number"), on="document_id", how="left", maintain_order="left"
    )
    if missing := numbers["number"].null_count():
        name = numbers.filter(pl.col("number").is_null())["document_id"][0]
        raise ValueError(f"texts lacks {missing} of the {len(names)} texts that are called for, {name} first")
    return split_words(wanted["text"]), numbers["number"].cast(pl.Int64).to_numpy()


def _list_spans(spans: Array, counts: Array) -> pl.Series:
    fields = (
        pl.DataFrame(spans[:, : len(SPAN_FIELDS)], schema=list(SPAN_FIELDS), orient="row")
        .cast(pl.UInt32)
        .to_struct("spans")
    )
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int64())
    lists = pa.LargeListArray.from_arrays(offsets, fields.to_arrow())
    return pl.Series("spans", lists).cast(OVERLAPS.column("spans").dtype)


def _sum_groups(values: Array, counts: Array) -> Array:
    sums = np.concatenate([[0], np.cumsum(values)])
    ends = np.cumsum(counts)
    return np.asarray(sums[ends] - sums[ends - counts])


def _align(texts: SplitTexts, left: Array, right: Array, threads: int = 1) -> tuple[Array, Array]:
    """Compare text `left[p]` with text `right[p]`; returns the spans of all pairs as rows, and how many each has."""
    words, grams = texts.words, texts.grams

    def align_part(part: slice) -> tuple[Array, Array]:
        return align_words(words.offsets, words.hashes, words.starts, words.ends, grams, left[part], right[part])

    bounds = np.linspace(0, left.size, min(threads, max(left.size, 1)) + 1).astype(np.int64).tolist()
    parts = [slice(start, end) for start, end in pairwise(bounds)]
    if len(parts) == 1:
        return align_part(parts[0])
    with ThreadPoolExecutor(threads) as pool:  # the kernel runs without the interpreter lock
        spans, counts = zip(*pool.map(align_part, parts), strict=True)
    return np.concatenate(spans), np.concatenate(counts)


@compile_kernel
def _locate(offsets: Array, starts: Array, ends: Array, text: Array, bounds: Array) -> tuple[Array, Array]:
    first = np.empty(text.size, np.uint32)
    end = np.empty(text.size, np.uint32)
    for span in range(text.size):
        low, high = offsets[text[span]], offsets[text[span] + 1]
        first[span] = np.searchsorted(starts[low:high], bounds[span, 0], side="left")
        end[span] = np.searchsorted(ends[low:high], bounds[span, 1], side="right")
    return first, end


@compile_kernel
def _verify(
    words: tuple[Array, Array, Array, Array], left: Array, right: Array, spans: Array, counts: Array, totals: Array
) -> Array:
    """Give the place in PROBLEMS of the first problem of each row; 0 when there is none."""
    problems = np.zeros(left.size, np.int64)
    base = 0
    for row in range(left.size):
        rows = spans[base : base + counts[row]]
        base += counts[row]
        problem = 0
        total, longest = 0, 0
        for span in range(len(rows)):
            if problem == 0:
                problem = _verify_span(words, left[row], right[row], rows[span])
            if problem == 0 and span and rows[span, 0] < rows[span - 1, 1]:
                problem = 4
            total += rows[span, 4]
            longest = max(longest, rows[span, 4])
        order = np.argsort(rows[:, 2])
        for place in range(1, len(rows)):
            if problem == 0 and rows[order[place], 2] < rows[order[place - 1], 3]:
                problem = 5
        if problem == 0 and total != totals[row]:
            problem = 6
        if problem == 0 and longest < REPORTED_RUN_WORDS:
            problem = 7
        problems[row] = problem
    return problems


@compile_kernel
def _verify_span(words: tuple[Array, Array, Array, Array], left: int, right: int, span: Array) -> int:
    offsets, hashes, starts, ends = words
    firsts = np.empty(2, np.int64)
    for side in range(2):
        text = left if side == 0 else right
        low, high = offsets[text], offsets[text + 1]
        first = low + np.searchsorted(starts[low:high], span[2 * side], side="left")
        last = low + np.searchsorted(ends[low:high], span[2 * side + 1], side="left")
        if first >= high or last >= high or starts[first] != span[2 * side] or ends[last] != span[2 * side + 1]:
            return 1
        if last - first + 1 != span[4]:
            return 3
        firsts[side] = first
    for word in range(span[4]):
        if hashes[firsts[0] + word] != hashes[firsts[1] + word]:
            return 2
    return 0
