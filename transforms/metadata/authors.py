"""Which of the credits of a document name its authors."""

from typing import Final

import polars as pl

from transforms.metadata.people import split_names
from transforms.metadata.person_names import AGENCY_NAME

PRINTED_RULES: Final = ("html.class.", "html.near_headline")
"""Stated values that are printed lines all the same: they hold more than the name, so its shape is asked for."""
LEAST_OUTLET_CHARS: Final = 4
MOST_AUTHORS_OF_PLACES: Final = 5
PLACED_RULES: Final = ("html.rel.author", "html.near_headline")
"""Links in the body of a page; they name every author where its JSON-LD often names the first only."""
FOUND_BY_PLACE: Final = ("html.rel.author", "html.class.credit", "html.near_headline")
FORUM_KINDS: Final = ("discussionforumposting", "question", "qapage")
"""Types of schema.org whose authors sign with the name of an account."""
ACCOUNT: Final = r"^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.'’ -]+$"
ACCOUNT_CHARS: Final = 31
TITLED_OUTLET: Final = r"^(?i:the|le|la|les|el|los|las|il|lo|der|die|das|de|het|o|os|as) "


def pick_authors(
    stated: pl.DataFrame, printed: pl.DataFrame, outlets: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Authors per document (`authors`), and their evidence (field, value, line, rule).

    Takes stated values (document_id, field, value, rule), printed credits (document_id, line, value, rule, choice) and
    the outlet of each document (document_id, value). The first rule that names a person decides, stated ones first; a
    publisher that signs its own pages is no person.
    """
    said = stated.filter(pl.col("field") == "authors").with_columns(
        line=pl.lit(None, pl.UInt32), choice=pl.col("rule").rle_id().over("document_id").cast(pl.Int32)
    )
    said = _heed_agencies(said)
    as_printed = pl.any_horizontal(pl.col("rule").str.starts_with(rule) for rule in PRINTED_RULES)
    columns = ["document_id", "line", "rule", "value", "choice", "is_printed"]
    credits_found = pl.concat(
        [
            said.with_columns(is_printed=as_printed).sort("is_printed", maintain_order=True).select(columns),
            printed.with_columns(
                choice=pl.col("choice").cast(pl.Int32) + AFTER_STATED, is_printed=pl.lit(value=True)
            ).select(columns),
        ]
    )
    names = pl.concat([_read_accounts(said, stated), split_names(credits_found).drop("is_printed")])
    named = _drop_publishers(names, stated, outlets).with_columns(folded=keep_letters(pl.col("name")))
    distinct = named.unique(["document_id", "choice", "folded"], keep="first", maintain_order=True)
    first = pl.col("choice") == pl.col("choice").min().over("document_id")
    best = _complete(distinct.filter(first), distinct.filter(pl.col("rule").is_in(PLACED_RULES)))
    authors = best.group_by("document_id", maintain_order=True).agg(authors=pl.col("name"))
    evidence = best.select("document_id", field=pl.lit("authors"), value="name", line="line", rule="rule")
    return authors, evidence


AFTER_STATED: Final = 1_000


def keep_letters(name: pl.Expr) -> pl.Expr:
    """Lower-case letters only, for comparing names."""
    return name.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}]", "")


def _heed_agencies(said: pl.DataFrame) -> pl.DataFrame:
    """Without the credits found by their place where markup says that an agency wrote the document.

    It has no author then, and the bylines around it are those of other articles.
    """
    by_place = pl.col("rule").is_in(FOUND_BY_PLACE)
    is_agency = (~by_place & pl.col("value").str.contains(AGENCY_NAME)).any().over("document_id")
    return said.filter(~(by_place & is_agency))


def _drop_publishers(names: pl.DataFrame, stated: pl.DataFrame, outlets: pl.DataFrame) -> pl.DataFrame:
    """Without names that the outlet, or the domain of the address, also bears."""
    host = pl.col("value").str.extract(r"(?i)^https?://(?:www\.|m\.)?([^/?#:]+)")
    hosts = stated.filter(pl.col("field") == "url").with_columns(value=host.str.replace(r"\.\w+$", ""))
    said = stated.filter(pl.col("field") == "outlet")
    publishers = (
        pl.concat([frame.select("document_id", "value") for frame in (hosts, said, outlets)])
        .with_columns(folded=keep_letters(pl.col("value").str.replace(r"(?i)^the ", "")))
        .filter(pl.col("folded").str.len_chars() >= LEAST_OUTLET_CHARS)
        .group_by("document_id", maintain_order=True)
        .agg(publishers=pl.col("folded").unique(maintain_order=True))
    )
    # A site of one person bears the person's name, so a name that has the shape of a full one stays.
    may_be_paper = ~pl.col("name").str.contains(" ", literal=True) | pl.col("name").str.contains(TITLED_OUTLET)
    own = pl.when(may_be_paper).then(keep_letters(pl.col("name").str.replace(r"(?i)^the ", "")))
    joined = names.join(publishers, on="document_id", how="left", maintain_order="left")
    return joined.filter(~pl.col("publishers").list.contains(own).fill_null(value=False)).drop("publishers")


def _read_accounts(said: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """The first author that a page of a forum states, under the name of the account."""
    kind = pl.col("value").str.to_lowercase().str.extract(r"([a-z]+)\W*$")
    forums = stated.filter((pl.col("field") == "kind") & kind.is_in(FORUM_KINDS))
    return (
        said.join(forums, on="document_id", how="semi", maintain_order="left")
        .unique("document_id", keep="first", maintain_order=True)
        .filter((pl.col("value").str.len_chars() <= ACCOUNT_CHARS) & pl.col("value").str.contains(ACCOUNT))
        .select("document_id", "line", "rule", "value", choice=pl.lit(-1, pl.Int32), name="value")
    )


def _complete(best: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Takes the credits printed at the head of a page when they hold all that the first rule named, and a few more."""
    own = best.group_by("document_id").agg(own=pl.col("folded"))
    groups = (
        placed.group_by("document_id", "choice", maintain_order=True)
        .agg(names=pl.col("folded"))
        .join(own, on="document_id", how="inner", maintain_order="left")
        .filter(
            (pl.col("own").list.set_difference("names").list.len() == 0)
            & pl.col("names").list.len().is_between(pl.col("own").list.len() + 1, MOST_AUTHORS_OF_PLACES)
        )
        .unique("document_id", keep="first", maintain_order=True)
        .select("document_id", "choice")
    )
    fuller = placed.join(groups, on=["document_id", "choice"], how="semi", maintain_order="left")
    return pl.concat([best.join(groups, on="document_id", how="anti", maintain_order="left"), fuller])
