"""Headlines and the lines under them."""

from typing import Final

import polars as pl

SECTION: Final = r"^(?i:opinion|analysis|commentary|editorial|exclusive|video|live|review|perspective)\s*\|\s*"
SUFFIX: Final = r"^(.{12,}?)\s+[|–—•·»:-]{1,2}\s+([^|–—]{2,40})$"
LAST_PART: Final = r"^(.+?)\s*(?:\s[|–—•·»:-]{1,2}\s|[|»])\s*([^|»–—]{2,60}?)\s*$"
MOST_SUFFIXES: Final = 3
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


def list_outlet_names(stated: pl.DataFrame, outlets: pl.DataFrame) -> pl.DataFrame:
    """Every name of the outlet that a document gives, folded (document_id, names): stated, chosen, and its domain."""
    host = pl.col("value").str.extract(r"(?i)^https?://(?:www\.|m\.)?([^/?#:]+)")
    hosts = stated.filter(pl.col("field") == "url").select("document_id", value=host)
    labels = hosts.with_columns(pl.col("value").str.replace(r"\.(?:co\.|com\.)?\w+$", ""))
    said = stated.filter(pl.col("field") == "outlet").select("document_id", "value")
    return (
        pl.concat([said, outlets.select("document_id", "value"), hosts, labels])
        .with_columns(name=_fold(pl.col("value")))
        .filter(pl.col("name") != "")
        .group_by("document_id", maintain_order=True)
        .agg(names=pl.col("name").unique(maintain_order=True))
    )


def strip_outlets(titles: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Takes "| Outlet" off the headlines, twice where a section stands before it; `suffix` is what was taken last.

    What stands behind a dash is the outlet only if the document names the same one elsewhere, or if it is made like the
    name of one; headlines may hold dashes of their own.
    """
    bare = pl.col("value").str.replace_all(r"\s+", " ").str.replace(SECTION, "")
    named = titles.with_columns(value=bare, suffix=pl.lit(None, pl.String)).join(
        names, on="document_id", how="left", maintain_order="left"
    )
    for _ in range(MOST_SUFFIXES):
        parts = pl.col("value").str.extract_groups(LAST_PART)
        suffix = parts.struct[1]
        is_known = pl.col("names").list.contains(_fold(suffix)).fill_null(value=False)
        is_made_like = pl.col("value").str.contains(SUFFIX) & (
            suffix.str.contains(OUTLET_LIKE) | pl.col("value").str.contains(PIPED)
        )
        taken = (suffix.is_not_null() & (is_known | is_made_like)).fill_null(value=False)
        # The name of the outlet, not of the section before it, is what tells where the document stood.
        named = named.with_columns(
            value=pl.when(taken).then(parts.struct[0]).otherwise("value"),
            suffix=pl.when(taken & pl.col("suffix").is_null()).then(suffix).otherwise("suffix"),
        )
    return named.drop("names")


def _fold(name: pl.Expr) -> pl.Expr:
    return name.str.to_lowercase().str.replace_all(r"^the |\W", "")
