"""`winnow compare`: the passages that two documents share, side by side."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from flows.printable import make_printable
from flows.report import name_place, show_percent
from flows.summary import count_things

if TYPE_CHECKING:
    from transforms.dedup.align import Span

ROW_WORDS: Final = 40
"""Words after which the two sides are brought level again."""

CUT_REACH: Final = 15
"""A row may be so many words longer or shorter, to end where a sentence does."""

SENTENCE_END: Final = re.compile(r"[.!?…。！？]|\n")

CONTEXT_CHARACTERS: Final = 160
"""Characters around a passage that are shown with it."""

SIDE_BY_SIDE_COLUMNS: Final = 70
"""On a narrower terminal the two texts stand one below the other."""

SPAN_FIELDS: Final = ("start", "end", "other_start", "other_end", "words", "passage")
SIDES: Final = ("one", "other")
SAME_STYLES: Final = ("green", "green")
EDIT_STYLES: Final = ("bold red", "bold blue")
EDIT_MARKS: Final = (("[-", "-]"), ("{+", "+}"))
"""Around words that only one side has, as in a diff of words, where there is no colour to tell them by."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of both texts, in characters: equal words, or what stands between two runs of them."""

    bounds: tuple[tuple[int, int], tuple[int, int]]
    is_same: bool


def compare_documents(one: Mapping[str, Any], other: Mapping[str, Any], *, scattered: bool = False) -> dict[str, Any]:
    """The shared passages of two documents: numbers, the words of each run on both sides, and the runs by passage.

    `scattered`: see `transforms.dedup.align.find_shared_passages`.
    """
    from transforms.dedup.align import find_shared_passages  # noqa: PLC0415 - numba takes its time to load

    spans = find_shared_passages(one["text"], other["text"], scattered=scattered)
    words = sum(span.words for span in spans)
    columns = ("document_id", "source_path", "record", "title", "relation", "duplicate_of", "word_count")
    return {
        "one": {name: one[name] for name in columns},
        "other": {name: other[name] for name in columns},
        "words": words,
        "share": words / one["word_count"],
        "other_share": words / other["word_count"],
        "passages": [_describe_passage(one["text"], other["text"], passage) for passage in group_spans(spans)],
        "spans": [
            {
                **{name: getattr(span, name) for name in SPAN_FIELDS},
                "text": one["text"][span.start : span.end],
                "other_text": other["text"][span.other_start : span.other_end],
            }
            for span in spans
        ],
    }


def group_spans(spans: Sequence["Span"]) -> list[list["Span"]]:
    """The runs of each passage, in the order of the first text."""
    ordered = sorted(spans, key=lambda span: (span.passage, span.start))
    passages = [list(runs) for _, runs in groupby(ordered, key=lambda span: span.passage)]
    return sorted(passages, key=lambda runs: runs[0].start)


def _describe_passage(text: str, other_text: str, runs: Sequence["Span"]) -> dict[str, Any]:
    start, end = min(run.start for run in runs), max(run.end for run in runs)
    other_start, other_end = min(run.other_start for run in runs), max(run.other_end for run in runs)
    return {
        "passage": runs[0].passage,
        "words": sum(run.words for run in runs),
        "edits": len(runs) - 1,
        "start": start,
        "end": end,
        "other_start": other_start,
        "other_end": other_end,
        "text": text[start:end],
        "other_text": other_text[other_start:other_end],
    }


# --- on a terminal ---------------------------------------------------------------------------------------------------


class Comparison:
    """Shared passages side by side; one below the other where the terminal is narrow or there is none."""

    def __init__(self, texts: tuple[str, str], comparison: Mapping[str, Any]) -> None:
        """Show `comparison`, which is of two documents with these texts."""
        # Words are those of the texts as they are: what is made printable could split one.
        self.words_in = texts
        self.texts = (make_printable(texts[0]), make_printable(texts[1]))
        self.comparison = comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Numbers first, then each passage with what stands around it."""
        yield _render_numbers(self.comparison)
        has_colours = console.is_terminal and not console.no_color and console.color_system is not None
        is_wide = console.is_terminal and options.max_width >= SIDE_BY_SIDE_COLUMNS
        words = _locate_words(self.words_in) if self.comparison["spans"] else []
        passages = self.comparison["passages"]
        for number, passage in enumerate(passages, start=1):
            edits = f", {count_things(passage['edits'], 'edit')}" if passage["edits"] else ", word for word"
            yield Text(
                f"\npassage {number} of {len(passages)}: {count_things(passage['words'], 'word')}{edits}", "bold"
            )
            runs = [span for span in self.comparison["spans"] if span["passage"] == passage["passage"]]
            rows = [
                [self._render_side(side, row, has_colours=has_colours) for side in (0, 1)]
                for row in list_rows(runs, self.texts[0], words)
            ]
            before, after = (
                [self._render_context(side, passage, where, has_colours=has_colours) for side in (0, 1)]
                for where in ("<", ">")
            )
            for side, cell in enumerate(rows[-1]):
                cell.append(self._find_tail(side, passage))
            yield _lay_out(before, rows, after, is_wide=is_wide)

    def _render_side(self, side: int, pieces: Sequence[Piece], *, has_colours: bool) -> Text:
        """One side of a row: equal words, and its edits marked."""
        shown = Text()
        for piece in pieces:
            start, end = piece.bounds[side]
            text = self.texts[side][start:end]
            if piece.is_same:
                shown.append(text, SAME_STYLES[side] if has_colours else "")
            elif has_colours or not text.strip():
                shown.append(text, EDIT_STYLES[side])
            else:
                opening, closing = EDIT_MARKS[side]
                inner = text.strip()
                shown.append(text.replace(inner, f"{opening}{inner}{closing}", 1))
        return shown

    def _find_tail(self, side: int, passage: Mapping[str, Any]) -> str:
        """The marks that close the last word of a passage."""
        rest: str = self.texts[side][passage[f"{'other_' * side}end"] :]
        return rest.partition("\n")[0].partition(" ")[0]

    def _render_context(self, side: int, passage: Mapping[str, Any], where: str, *, has_colours: bool) -> Text:
        """What stands before or after a passage, cut between words; in brackets where it cannot be dim."""
        prefix = "other_" * side
        text = self.texts[side]
        if where == "<":
            end = passage[f"{prefix}start"]
            start = max(end - CONTEXT_CHARACTERS, 0)
            # Where no blank stands between words, anywhere will do.
            start = max(text.find(" ", start, end) + 1, start) if start else 0
        else:
            start = passage[f"{prefix}end"] + len(self._find_tail(side, passage))
            end = min(start + CONTEXT_CHARACTERS, len(text))
            blank = text.rfind(" ", start, end)
            end = blank if end < len(text) and blank > start else end
        around = text[start:end].strip()
        if not around:
            return Text()
        shown = f"{'… ' if where == '<' and start else ''}{around}{' …' if where == '>' and end < len(text) else ''}"
        return Text(shown, "dim") if has_colours else Text(f"({shown})")


def _render_numbers(comparison: Mapping[str, Any]) -> RenderableType:
    """Which documents, where they are, and how much they share."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for number, (letter, side, share) in enumerate(zip("AB", SIDES, ("share", "other_share"), strict=True)):
        document, partner = comparison[side], comparison[SIDES[1 - number]]
        beside = "AB"[1 - number] if document["duplicate_of"] == partner["document_id"] else None
        shared = f"{show_percent(comparison[share])} of {count_things(document['word_count'], 'word')} shared"
        table.add_row(
            letter, Text(f"{document['source_path']}  {name_place(document, beside)}\n").append(shared, "bold")
        )
    if not comparison["spans"]:
        nothing = "They share no passage that counts: 15 words in a row or, with --scattered, 15 close together."
        return Group(table, Text(), Text(nothing))
    passages = count_things(len(comparison["passages"]), "passage")
    return Group(table, Text(f"\n{count_things(comparison['words'], 'word')} in {passages}", "bold"))


def _locate_words(texts: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Where the words of each text begin and end, in characters."""
    import polars as pl  # noqa: PLC0415

    from transforms.dedup.words import split_words  # noqa: PLC0415

    words = split_words(pl.Series(texts, dtype=pl.String))
    bounds = [slice(words.offsets[side], words.offsets[side + 1]) for side in range(len(texts))]
    return [(words.starts[bound].tolist(), words.ends[bound].tolist()) for bound in bounds]


def list_rows(
    runs: Sequence[Mapping[str, Any]], text: str, words: Sequence[tuple[list[int], list[int]]]
) -> Iterator[list[Piece]]:
    """The pieces of a passage, in rows of about ROW_WORDS words that begin at the same words on both sides."""
    row: list[Piece] = []
    count = 0
    for piece, size in _cut_pieces(runs, text, words):
        if row and piece.is_same and count + size > ROW_WORDS + CUT_REACH:
            yield row
            row, count = [], 0
        row.append(piece)
        count += size
    if row:
        yield row


def _cut_pieces(
    runs: Sequence[Mapping[str, Any]], text: str, words: Sequence[tuple[list[int], list[int]]]
) -> Iterator[tuple[Piece, int]]:
    """Runs of equal words, cut where a row may end, with the edits between them; and the words of each piece."""
    (starts, ends), (other_starts, other_ends) = words
    before: Mapping[str, Any] | None = None
    for run in runs:
        if before is not None:
            edit = (before["end"], run["start"]), (before["other_end"], run["other_start"])
            yield Piece(edit, is_same=False), bisect_right(ends, run["start"]) - bisect_left(starts, before["end"])
        first, other_first = bisect_left(starts, run["start"]), bisect_left(other_starts, run["other_start"])
        gaps = [text[ends[word] : starts[word + 1]] for word in range(first, first + run["words"] - 1)]
        for offset, last in pairwise(_choose_cuts(gaps)):
            # White space and marks behind a word stay with it, unless an edit follows.
            is_end = last == run["words"]
            bounds = (
                (starts[first + offset], ends[first + last - 1] if is_end else starts[first + last]),
                (
                    other_starts[other_first + offset],
                    other_ends[other_first + last - 1] if is_end else other_starts[other_first + last],
                ),
            )
            yield Piece(bounds, is_same=True), last - offset
        before = run


def _choose_cuts(gaps: Sequence[str]) -> list[int]:
    """Where to cut a run of words: about every ROW_WORDS words, where a sentence ends if one does near there.

    `gaps` is what stands between the words. The first cut is 0, the last one the number of words.
    """
    words = len(gaps) + 1
    cuts = [0]
    while words - cuts[-1] > ROW_WORDS + CUT_REACH:
        middle = cuts[-1] + ROW_WORDS
        near = range(middle - CUT_REACH, middle + CUT_REACH)
        cuts.append(min(near, key=lambda cut: (not SENTENCE_END.search(gaps[cut - 1]), abs(cut - middle))))
    return [*cuts, words]


def _lay_out(
    before: Sequence[Text], rows: Sequence[Sequence[Text]], after: Sequence[Text], *, is_wide: bool
) -> RenderableType:
    if not is_wide:
        parts = [[before[side], Text().join(row[side] for row in rows), after[side]] for side in range(len(SIDES))]
        return Group(
            *(
                Text.assemble((f"{letter}  ", "bold"), Text("\n").join(text for text in side if text.plain), "\n")
                for letter, side in zip("AB", parts, strict=True)
            )
        )
    table = Table(box=None, show_header=True, expand=True, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("A", ratio=1, overflow="fold")
    table.add_column("B", ratio=1, overflow="fold")
    for row in (before, *rows, after):
        if any(cell.plain.strip() for cell in row):
            table.add_row(*row)
    return table
