"""E-mail addresses and phone numbers in what is published: counting them, and masking them where that is asked for.

The marks are those of dolma. What is masked is what the patterns know: an address that is spelled out ("name at host
dot org") or a number in a form of its own stays.
"""

from collections.abc import Callable
from typing import Final

import polars as pl

from transforms.columns import change_some
from transforms.privacy.phones import count_phones as _count_phones
from transforms.privacy.phones import replace_phones

EMAIL_MARK: Final = "|||EMAIL_ADDRESS|||"
PHONE_MARK: Final = "|||PHONE_NUMBER|||"

MASKED_VALUES: Final = ("title", "subtitle", "outlet", "url")
MASKED_LISTS: Final = ("authors", "links")
"""Columns of metadata that can hold an address or a number; `emails` holds nothing else, and is emptied."""

EMAIL: Final = r"[\w](?:[\w.%+'’-]*[\w+-])?@\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*\.\p{L}{2,}\b"
"""Wider than what `emails` lists: letters of any script, since a mask should rather take one too many."""


def count_emails(texts: pl.Series) -> pl.Series:
    """E-mail addresses in each text, and marks that stand for masked ones (UInt32); none in a null."""
    has_one = _may_hold_email(texts)
    none = pl.zeros(len(texts), pl.UInt32, eager=True).alias(texts.name)
    found = change_some(none, has_one, lambda _: texts.filter(has_one).str.count_matches(EMAIL))
    return found + _count_marks(texts, EMAIL_MARK)


def count_phones(texts: pl.Series) -> pl.Series:
    """Phone numbers in each text, and marks that stand for masked ones (UInt32); none in a null."""
    return _count_phones(texts) + _count_marks(texts, PHONE_MARK)


def mask_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (CLASSIFIED) with their text masked."""
    return lines.with_columns(mask_texts(lines["text"]))


def mask_metadata(metadata: pl.DataFrame) -> pl.DataFrame:
    """Metadata (columns of `articles`) masked: every value that was read in the document, and no list of addresses.

    Handles stay: they name an account, and no way to reach a person. The rules of the evidence are ours.
    """
    evidence = pl.col("evidence").struct
    masked = metadata.with_columns(
        *(mask_texts(metadata[name]) for name in MASKED_VALUES),
        pl.lit([], metadata.schema["emails"]).alias("emails"),
    )
    for name in MASKED_LISTS:
        masked = _change_items(masked, name, lambda items: items.with_columns(mask_texts(items.to_series())))
    return _change_items(
        masked,
        "evidence",
        lambda items: items.with_columns(
            evidence.with_fields(mask_texts(items.select(evidence.field("value")).to_series()).alias("value"))
        ),
    )


def _change_items(frame: pl.DataFrame, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """`frame` with the items of a list column changed; `change` takes and gives a frame of that column."""
    rows = frame.select(name).with_row_index("row")
    items = rows.explode(name, empty_as_null=False)
    lists = (
        pl.concat([items.select("row"), change(items.select(name))], how="horizontal")
        .group_by("row", maintain_order=True)
        .agg(name)
    )
    changed = rows.select("row").join(lists, on="row", how="left", maintain_order="left").drop("row")
    return frame.with_columns(changed.with_columns(pl.col(name).fill_null(pl.lit([], frame.schema[name]))).to_series())


def mask_texts(texts: pl.Series) -> pl.Series:
    """The texts with a mark in the place of each e-mail address and each phone number; null stays null."""
    return replace_phones(mask_emails(texts), PHONE_MARK)


def mask_emails(texts: pl.Series) -> pl.Series:
    """The texts with a mark in the place of each e-mail address; null stays null."""
    return change_some(texts, _may_hold_email(texts), lambda some: some.str.replace_all(EMAIL, EMAIL_MARK))


def _may_hold_email(texts: pl.Series) -> pl.Series:
    """Whether an at sign stands inside a word; the search for the sign alone passes over most texts at once."""
    has_sign = texts.str.contains("@", literal=True).fill_null(value=False)
    return change_some(has_sign, has_sign, lambda _: texts.filter(has_sign).str.contains(r"\w@\w"))


def _count_marks(texts: pl.Series, mark: str) -> pl.Series:
    return texts.str.count_matches(mark, literal=True).fill_null(0)
