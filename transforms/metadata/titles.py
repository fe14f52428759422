"""Headlines and the lines under them."""

from typing import Final

import polars as pl

SECTION: Final = r"^(?i:opinion|analysis|commentary|editorial|exclusive|video|live|review|perspective)\s*\|\s*"
SUFFIX: Final = r"^(.{12,}?)\s+[|–—•·»:-]{1,2}\s+([^|–—]{2,40})$"
PIPED: Final = r"\s[|»]\s[^|]{2,40}$"
OUTLET_LIKE: Final = (
    r"(?:News|Times|Post|Herald|Tribune|Journal|Gazette|Guardian|Telegraph|Mail|Chronicle|Observer|"
    r"Independent|Magazine|Review|Radio|TV|"
    r"Today|Dispatch|Standard|Mirror|Express|Globe|Republic|Online|Zeitung|BBC|CNN|NPR)\b|\.(?:com|org|"
    r"net|de|fr|es|co\.uk)$"
)


def find_titles(lines: pl.DataFrame) -> pl.DataFrame:
    """The first headline of each document as printed (document_id, line, value, rule)."""
    titles = lines.filter(pl.col("kind") == "title")
    return titles.unique("document_id", keep="first", maintain_order=True).select(
        "document_id", "line", "rule", value="text"
    )


def find_subtitles(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines under the headline, joined by line breaks; `line` is the first of them."""
    return (
        lines.filter(pl.col("kind") == "subtitle")
        .group_by("document_id", maintain_order=True)
        .agg(
            pl.col("line").first(),
            pl.col("rule").first(),
            value=pl.col("text").unique(maintain_order=True).str.join("\n"),
        )
    )


def strip_outlets(titles: pl.DataFrame, outlets: pl.DataFrame) -> pl.DataFrame:
    """Takes "| Outlet" off the headlines; `suffix` is that outlet, null where there was none to take.

    What stands behind a dash is the outlet only if the document names the same one elsewhere, or if it is made like the
    name of one; headlines may hold dashes of their own.
    """
    known = outlets.select("document_id", outlet="value")
    bare = pl.col("value").str.replace_all(r"\s+", " ").str.replace(SECTION, "")
    named = titles.with_columns(value=bare).join(known, on="document_id", how="left", maintain_order="left")
    parts = pl.col("value").str.extract_groups(SUFFIX)
    suffix = parts.struct[1]
    is_known = _fold(suffix) == _fold(pl.col("outlet"))
    is_outlet = is_known | suffix.str.contains(OUTLET_LIKE) | pl.col("value").str.contains(PIPED)
    taken = suffix.is_not_null() & is_outlet.fill_null(value=False)
    return named.with_columns(
        value=pl.when(taken).then(parts.struct[0]).otherwise("value"), suffix=pl.when(taken).then(suffix)
    ).drop("outlet")


def _fold(name: pl.Expr) -> pl.Expr:
    return name.str.to_lowercase().str.replace_all(r"^the |\W", "")
