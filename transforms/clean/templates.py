"""Templates of a site: lines that stand in many articles of one outlet, and are no part of any.

Learned from kept articles, applied while a document is derived. A line is known by its outlet and its normalised words.
"""

from typing import Final

import polars as pl

from transforms.contracts.parsed import CLASSIFIED
from transforms.contracts.tables import TEMPLATES
from transforms.contracts.vocabulary import BODY_KINDS
from transforms.dedup.words import count_words, hash_texts

FEWEST_ARTICLES: Final = 10
LOWEST_SHARE: Final = 0.2
"""A template stands in so many articles of its outlet, and in such a share of them."""

FEWEST_WORDS: Final = 5
MOST_WORDS: Final = 25
"""Shorter lines that repeat are mostly sub-headings ("What happened", "From the left"), longer ones can be body.

Looked at on 37,554 articles of 464 hosts (news_allsides of the evaluation data): of 64 lines that stand in ten articles
and a fifth of their outlet's, half have fewer than five words, and a third of these are sub-headings; of the other 28,
26 are junk beyond doubt.
"""

HIGHEST_COVERAGE: Final = 0.5
"""An article that others say in so large a part is a version of them, and counts for no line: they share all lines."""

TEMPLATE_RULE: Final = "template."
TEMPLATE_KIND: Final = "promo"


def name_outlets(documents: pl.DataFrame) -> pl.DataFrame:
    """document_id and outlet_key: the host of the address without www, else the outlet's name; null for neither.

    Takes document_id, url and outlet.
    """
    host = pl.col("url").str.extract(r"(?i)^[a-z][a-z0-9+.-]*://(?:[^/@?#]*@)?(?:www\.)?([^/:?#]+)").str.to_lowercase()
    name = pl.col("outlet").str.strip_chars().str.to_lowercase()
    return documents.select("document_id", outlet_key=pl.coalesce(host, pl.when(name != "").then(name)))


def find_candidates(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of a length that templates have, with `words` and `line_sha256`; takes a column `text` among others."""
    measured = lines.with_columns(words=count_words(lines["text"]))
    some = measured.filter(pl.col("words").is_between(FEWEST_WORDS, MOST_WORDS))
    return some.with_columns(line_sha256=hash_texts(some["text"]))


def count_lines(documents: pl.DataFrame, removed: pl.DataFrame) -> pl.DataFrame:
    """In how many of the documents each line stands: outlet_key, line_sha256, example, words, documents.

    Takes document_id, outlet_key and text of documents, and the lines (document_id, text) that templates took out of
    them before: a template stays one while its lines are taken out.
    """
    kept = documents.select("document_id", pl.col("text").str.split("\n")).explode("text", empty_as_null=False)
    lines = pl.concat([kept, removed.select("document_id", "text")]).join(
        documents.select("document_id", "outlet_key").drop_nulls(), on="document_id"
    )
    return (
        find_candidates(lines)
        .group_by("outlet_key", "line_sha256")
        .agg(example=pl.col("text").min(), words=pl.col("words").first(), documents=pl.col("document_id").n_unique())
    )


def sum_counts(counts: list[pl.DataFrame]) -> pl.DataFrame:
    """The counts of several groups of documents, none of which stands in two of them."""
    return (
        pl.concat(counts)
        .group_by("outlet_key", "line_sha256")
        .agg(pl.col("example").min(), pl.col("words").first(), pl.col("documents").sum())
    )


def choose_templates(counts: pl.DataFrame, outlets: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The rows of `templates`, sorted by key: `held` as they are when the same lines are learned, else a new version.

    `counts`: see `count_lines`; `outlets`: outlet_key and outlet_documents, the articles that were counted.
    """
    learned = (
        counts.join(outlets, on="outlet_key")
        .filter(
            pl.col("documents") >= FEWEST_ARTICLES,
            pl.col("documents") >= LOWEST_SHARE * pl.col("outlet_documents"),
        )
        .sort(TEMPLATES.key)
    )
    key = list(TEMPLATES.key)
    if learned.select(key).equals(held.sort(key).select(key)):
        return held.sort(key)
    latest = held["version"].max()
    version = latest + 1 if isinstance(latest, int) else 1
    return learned.select(
        (pl.lit(version) if name == "version" else pl.col(name)).cast(dtype).alias(name)
        for name, dtype in TEMPLATES.polars_schema.items()
    )


def apply_templates(classified: pl.DataFrame, outlets: pl.DataFrame, templates: pl.DataFrame) -> pl.DataFrame:
    """`classified` (CLASSIFIED) with the lines that are templates of their document's outlet taken for promotion.

    `outlets`: document_id and outlet_key. A document whose body would be templates alone keeps them.
    """
    if templates.is_empty():
        return classified
    of_known = outlets.join(templates.select("outlet_key").unique(), on="outlet_key")
    rows = classified.with_row_index("row")
    body = rows.filter(pl.col("kind").is_in(BODY_KINDS)).join(of_known, on="document_id")
    found = find_candidates(body).join(
        templates.select(*TEMPLATES.key, "version"), on=list(TEMPLATES.key), maintain_order="left"
    )
    rest = body.filter(pl.col("text").str.contains(r"[\p{L}\p{N}]")).join(found, on="row", how="anti")
    taken = found.join(rest, on="document_id", how="semi").select("row", "version")
    is_taken = pl.col("version").is_not_null()
    return (
        rows.join(taken, on="row", how="left", maintain_order="left")
        .with_columns(
            kind=pl.when(is_taken).then(pl.lit(TEMPLATE_KIND)).otherwise("kind"),
            rule=pl.when(is_taken).then(pl.format(f"{TEMPLATE_RULE}{{}}", "version")).otherwise("rule"),
        )
        .select(CLASSIFIED.names())
    )
