"""Where phone numbers stand in texts.

A kernel finds the runs of digits and of what stands between the digits of a number; rules over those few runs decide.
They ask for a form that other numbers do not have: a country code, an area code in brackets, the groups of the North
American plan, a trunk zero with groups, or a word such as "phone" in front. What is only digits is a number like any
other: dates, sums, scores and identifiers stay. So do numbers in a form that no rule knows.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from transforms.columns import change_some
from transforms.dedup.kernels import compile_kernel
from transforms.dedup.words import read_utf8

Array = npt.NDArray[Any]

FEWEST_DIGITS: Final = 7
MOST_DIGITS: Final = 16
"""Fifteen is the most that ITU-T E.164 allows; a trunk zero in brackets may stand beside them."""

LONGEST_RUN_BYTES: Final = 40
"""A longer run is a row of figures."""

LONGEST_GAP: Final = 3
"""Signs between two digits of a number, at most: `) -` and the like."""

CONTEXT_BYTES: Final = 32
"""What is looked at in front of a run, to find a word that announces a number."""

_SPACE, _BREAK, _COLON, _BAR = (ord(sign) for sign in " \n:|")
_ZERO, _NINE, _NOT_ASCII = ord("0"), ord("9"), 0x80
_GAP_SIGNS = np.zeros(256, np.bool_)
_GAP_SIGNS[[ord(sign) for sign in " -./()"]] = True
_FORBIDDEN_BEFORE = np.zeros(256, np.bool_)
_FORBIDDEN_BEFORE[[ord(sign) for sign in "$#=_@%&-./,+~*^|"]] = True
_FORBIDDEN_BEFORE[[*range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)]] = (
    True
)
_FORBIDDEN_AFTER = _FORBIDDEN_BEFORE.copy()
_FORBIDDEN_AFTER[[ord(sign) for sign in "-./,~*|"]] = False
_FORBIDDEN_AFTER[ord("$")] = False
_BEGINS_RUN = np.zeros(256, np.bool_)
_BEGINS_RUN[[ord(sign) for sign in "0123456789+("]] = True
_CONTINUES_NUMBER = np.zeros(256, np.bool_)
_CONTINUES_NUMBER[[ord(sign) for sign in ",:"]] = True


@compile_kernel
def _is_digit(data: Array, at: int, last: int) -> bool:
    return at < last and _ZERO <= data[at] <= _NINE


@compile_kernel
def _measure_gap(data: Array, at: int, last: int) -> int:
    """Bytes of the sign at `at` if it may stand between digits, else 0: ASCII ones, a no-break space, dashes."""
    if at >= last:
        return 0
    if _GAP_SIGNS[data[at]]:
        return 1
    if data[at] == 0xC2 and at + 1 < last and data[at + 1] == 0xA0:  # noqa: PLR2004 - U+00A0 in UTF-8
        return 2
    if data[at] == 0xE2 and at + 2 < last and data[at + 1] == 0x80 and 0x90 <= data[at + 2] <= 0x93:  # noqa: PLR2004 - U+2010 to U+2013
        return 3
    return 0


@compile_kernel
def _may_begin(data: Array, at: int, first: int) -> bool:
    """Whether a number may begin at `at`, by what stands in front of it: nothing that it would be a part of."""
    if at == first:
        return True
    before = data[at - 1]
    if before == _COLON:
        return at - 1 == first or not _ZERO <= data[at - 2] <= _NINE
    if before < _NOT_ASCII:
        return not _FORBIDDEN_BEFORE[before]
    # Quotes, dashes and spaces begin with these bytes; letters and currency signs (U+00A3, U+00A5, U+20AC) do not pass.
    is_punctuation = at - 3 >= first and data[at - 3] == 0xE2 and data[at - 2] == 0x80  # noqa: PLR2004
    return is_punctuation or (at - 2 >= first and data[at - 2] == 0xC2 and before == 0xA0)  # noqa: PLR2004


@compile_kernel
def _may_end(data: Array, at: int, last: int) -> bool:
    """Whether a number may end before `at`."""
    if at >= last:
        return True
    if _CONTINUES_NUMBER[data[at]]:
        return not _is_digit(data, at + 1, last)
    if data[at] < _NOT_ASCII:
        return not _FORBIDDEN_AFTER[data[at]]
    return data[at] in (0xC2, 0xE2, 0xE3, 0xEF) and not (data[at] == 0xE2 and at + 1 < last and data[at + 1] == 0x82)  # noqa: PLR2004


@compile_kernel
def find_runs(  # noqa: C901 - one pass over the text is one loop
    data: Array, bounds: Array, *, splits_at_space: bool
) -> tuple[Array, Array, Array]:
    """Find the runs of digits that are as long as a phone number: the text of each, and its first and last byte.

    A run may hold signs of the kind that stand between groups of digits. With `splits_at_space` a space ends it.
    """
    found = np.empty((64, 3), np.int64)
    count = 0
    for text in range(bounds.size - 1):
        first, last = bounds[text], bounds[text + 1]
        at = first
        while at < last:
            while at < last and not _BEGINS_RUN[data[at]]:
                at += 1
            begin, end, digits, gap = at, at, 0, 0
            while at < last and gap <= LONGEST_GAP:
                if _ZERO <= data[at] <= _NINE:
                    digits += 1
                    gap = 0
                    at += 1
                    end = at
                elif digits == 0:
                    # A plus sign or a bracket in front, or both.
                    if at > begin + 1 or not _BEGINS_RUN[data[at]]:
                        break
                    at += 1
                else:
                    size = _measure_gap(data, at, last)
                    if size == 0 or (splits_at_space and (data[at] == _SPACE or data[at] == 0xC2)):  # noqa: PLR2004
                        break
                    gap += 1
                    at += size
            # Signs at the end are no part of it, so that what follows them is looked at again.
            at = max(end, begin + 1)
            if end - begin > LONGEST_RUN_BYTES or not FEWEST_DIGITS <= digits <= MOST_DIGITS:
                continue
            if _may_begin(data, begin, first) and _may_end(data, end, last):
                if count == found.shape[0]:
                    larger = np.empty((2 * count, 3), np.int64)
                    larger[:count] = found
                    found = larger
                found[count, 0], found[count, 1], found[count, 2] = text, begin, end
                count += 1
    return found[:count, 0], found[:count, 1], found[:count, 2]


@compile_kernel
def find_contexts(data: Array, bounds: Array, texts: Array, starts: Array) -> Array:
    """Where the context in front of each run begins: on its own line, and with a whole character."""
    begins = np.empty(starts.size, np.int64)
    for run in range(starts.size):
        at = starts[run]
        low = max(bounds[texts[run]], at - CONTEXT_BYTES)
        while at > low and data[at - 1] != _BREAK:
            at -= 1
        while at < starts[run] and data[at] & 0xC0 == _NOT_ASCII:
            at += 1
        begins[run] = at
    return begins


@compile_kernel
def copy_slices(data: Array, starts: Array, ends: Array) -> tuple[Array, Array]:
    """The bytes of the slices, one after the other, and where each begins (n + 1 bounds)."""
    bounds = np.zeros(starts.size + 1, np.int64)
    bounds[1:] = np.cumsum(ends - starts)
    out = np.empty(bounds[-1], np.uint8)
    for part in range(starts.size):
        out[bounds[part] : bounds[part + 1]] = data[starts[part] : ends[part]]
    return out, bounds


def make_strings(data: Array, bounds: Array) -> pl.Series:
    """A column of the strings in a buffer: the reverse of `read_utf8`."""
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    return pl.Series(pa.Array.from_buffers(pa.large_utf8(), bounds.size - 1, buffers))


# --- rules -----------------------------------------------------------------------------------------------------------

INTERNATIONAL: Final = r"^\(?\+[1-9]\d{0,3}\)?(?:[ ./-]?\(\d{1,5}\))?(?:[ ./-]{0,3}\d{1,12})+$"
INTERNATIONAL_ZEROS: Final = r"^00[1-9]\d{0,2}(?:[ ./-]?\(0?\d{0,4}\))?(?:[ ./-]\d{1,10})+$"
NORTH_AMERICAN: Final = (
    r"^(?:1[ .-]?)?(?:\([2-9]\d\d\)[ -]?[2-9]\d\d[ .-]\d{4}|[2-9]\d\d-[2-9]\d\d-\d{4}|[2-9]\d\d\.[2-9]\d\d\.\d{4}"
    r"|[2-9]\d\d [2-9]\d\d[ -]\d{4}|[2-9]\d\d/[2-9]\d\d-\d{4})$"
)
TRUNK_IN_BRACKETS: Final = r"^\(0\d{1,5}\)[ -]?\d{2,8}(?:[ -]\d{2,6}){0,3}$"
TRUNK: Final = r"^0[1-9]\d{0,3}(?:[ /-]| / )\d{2,8}(?:[ -]\d{2,6}){0,3}$|^0[1-9](?:\.\d\d){4}$"
LOOSE: Final = r"^\(?\d{1,5}\)?(?:[ ./-]{0,3}\(?\d{1,10}\)?){0,6}$"

DATE: Final = r"^\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d\d\b|^(?:19|20)\d\d[./ -]\d{1,2}[./ -]\d{1,2}\b"
YEARS: Final = r"^(?:19|20)\d\d(?: ?[ ./-] ?(?:19|20)?\d\d)+$"
SOCIAL_SECURITY: Final = r"^\d{3}[ -]\d\d[ -]\d{4}$"
DECIMAL: Final = r"(?:^|[ +(])\d+\.\d{1,2}(?: |$)"
SCALE: Final = r"^\+?\d{2,3}(?:[ .-]\d{2,3}){3,}$"
"""Small numbers in a row: when they ascend, the draw of a lottery or the scale of a graph."""

CUE: Final = (
    r"(?i)(?:^|[^\p{L}\p{N}])(?:tel|telephone|phone|ph|fax|telefax|mobile|mob|cell|call|calling|dial|hotline|helpline|text"
    r"|sms|whatsapp|telefon|teléfono|telefono|tél|téléphone|tlf|handy|rufnummer|puhelin|телефон|тел)"
    r"(?:[ .]{1,2}(?:us|no|nr|number|nummer))?(?: (?:at|on|is|:))?[\s.:()\x{2013}-]*$"
)
"""A word that announces a phone number, up to the end of what stands in front of it."""

FEWEST_INTERNATIONAL, MOST_INTERNATIONAL = 8, 15
FEWEST_TRUNK, MOST_TRUNK = 9, 12
FEWEST_IN_BRACKETS: Final = 8


def judge_runs(runs: pl.DataFrame) -> pl.Series:
    """Whether each run (`run`, `context`) is a phone number."""
    run = pl.col("run").str.replace_all(r"[\x{2010}-\x{2013}]", "-").str.replace_all("\u00a0", " ", literal=True)
    digits = pl.col("digits")
    groups = pl.col("plain").str.extract_all(r"\d+").cast(pl.List(pl.Int64))
    ascends = groups.list.diff().list.drop_nulls().list.min() > 0
    is_other = (
        pl.col("plain").str.contains(f"{DATE}|{YEARS}|{SOCIAL_SECURITY}|{DECIMAL}")
        | pl.col("plain").str.contains(SCALE) & ascends
    )
    has = pl.col("plain").str.contains
    is_phone = (
        (has(INTERNATIONAL) & digits.is_between(FEWEST_INTERNATIONAL, MOST_INTERNATIONAL))
        | (has(INTERNATIONAL_ZEROS) & digits.is_between(FEWEST_INTERNATIONAL + 2, MOST_DIGITS))
        | has(NORTH_AMERICAN)
        | (has(TRUNK_IN_BRACKETS) & digits.is_between(FEWEST_IN_BRACKETS, MOST_TRUNK))
        | (has(TRUNK) & digits.is_between(FEWEST_TRUNK, MOST_TRUNK))
        | (has(LOOSE) & pl.col("context").str.contains(CUE) & (digits <= MOST_INTERNATIONAL))
    )
    return (
        runs.with_columns(plain=run, digits=run.str.count_matches(r"\d"))
        .select((is_phone & ~is_other).fill_null(value=False).alias("is_phone"))
        .to_series()
    )


def find_phones(data: Array, bounds: Array) -> pl.DataFrame:
    """The phone numbers in the texts of a buffer: `text` (its number), `start` and `end` (bytes), in order.

    What is left of a run once its numbers are taken out can be a number too: figures that were too many together. So
    texts that hold one are looked at again, with bars where numbers were found (as in a mask), until none is left.
    """
    found = _find_distinct(data, bounds)
    newest = found
    while not newest.is_empty():
        texts = newest["text"].unique(maintain_order=True).to_numpy()
        bars = _blank(data, found["start"].to_numpy(), found["end"].to_numpy())
        left, left_bounds = copy_slices(bars, bounds[texts], bounds[texts + 1])
        moves = bounds[texts] - left_bounds[:-1]
        newest = _find_distinct(left, left_bounds)
        within = newest["text"].to_numpy()
        newest = pl.DataFrame(
            {
                "text": texts[within],
                "start": newest["start"].to_numpy() + moves[within],
                "end": newest["end"].to_numpy() + moves[within],
            }
        )
        found = pl.concat([found, newest]).sort("start")
    return found


@compile_kernel
def _blank(data: Array, starts: Array, ends: Array) -> Array:
    """The bytes with bars in the place of each slice."""
    out = data.copy()
    for part in range(starts.size):
        out[starts[part] : ends[part]] = _BAR
    return out


def _find_distinct(data: Array, bounds: Array) -> pl.DataFrame:
    """The numbers that can be seen at once, as `find_phones` gives them.

    A run that is no number as a whole is looked at again in the parts that spaces make of it, since a year or a second
    number may stand beside one.
    """
    whole = _judge(data, bounds, splits_at_space=False)
    parts = _judge(data, bounds, splits_at_space=True)
    if parts.is_empty():
        return whole
    # A part of a number that was found whole starts before the end of that number.
    outer = whole.select("start", outer_end="end").sort("start")
    free = parts.sort("start").join_asof(outer, on="start", strategy="backward")
    free = free.filter(pl.col("outer_end").is_null() | (pl.col("outer_end") <= pl.col("start")))
    found = pl.concat([whole, free.select(whole.columns)]).sort("start")
    return found.filter((pl.col("start") >= pl.col("end").shift(1)).fill_null(value=True))


def _judge(data: Array, bounds: Array, *, splits_at_space: bool) -> pl.DataFrame:
    texts, starts, ends = find_runs(data, bounds, splits_at_space=splits_at_space)
    if not texts.size:
        return pl.DataFrame({"text": texts, "start": starts, "end": ends})
    contexts = find_contexts(data, bounds, texts, starts)
    run = make_strings(*copy_slices(data, starts, ends))
    # A bracket that opens in front of a number and closes behind it is no part of it.
    opened, closed = (run.str.count_matches(sign, literal=True) for sign in "()")
    is_loose = run.str.starts_with("(") & (opened > closed)
    bare = change_some(run, is_loose, lambda some: some.str.strip_prefix("("))
    runs = pl.DataFrame({"run": bare, "context": make_strings(*copy_slices(data, contexts, starts))})
    found = pl.DataFrame({"text": texts, "start": starts + is_loose.to_numpy(), "end": ends})
    return found.filter(judge_runs(runs))


def count_phones(texts: pl.Series) -> pl.Series:
    """Phone numbers in each text (UInt32), none in a null."""
    data, bounds = read_utf8(texts)
    counts = np.bincount(find_phones(data, bounds)["text"].to_numpy(), minlength=len(texts))
    return pl.Series(texts.name, counts.astype(np.uint32))


@compile_kernel
def _replace(data: Array, bounds: Array, starts: Array, ends: Array, mark: Array) -> tuple[Array, Array]:
    """The texts with `mark` in the place of each slice; the slices stand in order and do not overlap."""
    out = np.empty(bounds[-1] - bounds[0] + starts.size * mark.size, np.uint8)
    new_bounds = np.zeros(bounds.size, np.int64)
    size, at, part = 0, bounds[0], 0
    for text in range(bounds.size - 1):
        while part < starts.size and starts[part] < bounds[text + 1]:
            kept = starts[part] - at
            out[size : size + kept] = data[at : starts[part]]
            out[size + kept : size + kept + mark.size] = mark
            size += kept + mark.size
            at = ends[part]
            part += 1
        kept = bounds[text + 1] - at
        out[size : size + kept] = data[at : bounds[text + 1]]
        size += kept
        at = bounds[text + 1]
        new_bounds[text + 1] = size
    return out[:size], new_bounds


def replace_phones(texts: pl.Series, mark: str) -> pl.Series:
    """The texts with `mark` in the place of each phone number; null stays null."""
    data, bounds = read_utf8(texts)
    found = find_phones(data, bounds)
    if found.is_empty():
        return texts
    replaced = make_strings(
        *_replace(
            data, bounds, found["start"].to_numpy(), found["end"].to_numpy(), np.frombuffer(mark.encode(), np.uint8)
        )
    ).alias(texts.name)
    return replaced.set(texts.is_null(), None) if texts.null_count() else replaced
