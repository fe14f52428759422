"""Web addresses, e-mail addresses and handles that stand anywhere in a document."""

from typing import Final

import polars as pl

LINK: Final = r"(?i)\b(?:https?://|www\.)[^\s<>\"'“”‘’«»\[\]{}|\\^`]+"
EMAIL: Final = (
    r"(?i)\b[a-z0-9][\w.%+-]*@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.[a-z]{2,}\b"
)
HANDLE: Final = r"(?:^|[^\w@./+-])(@[A-Za-z_]\w+)"
HANDLE_CHARS: Final = 31
"""With the @; what follows is cut off."""
LABELLED_SITE: Final = r"(?i)^(?:website|web|site|homepage|blog)\s*:\s*((?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?)$"

LABEL_BYTES: Final = 120


def list_contacts(lines: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Lists of `links`, `emails` and `handles` per document, each value once, in order of appearance, stated ones last.

    Takes lines (document_id, line, text) and stated values (document_id, field, value). Documents without any of the
    three have no row.
    """
    marked = lines.filter(pl.col("text").str.contains_any(["@", "://", "www.", "WWW."]) | _is_labelled())
    text = pl.col("text")
    without_links = text.str.replace_all(LINK, " ")
    without_emails = without_links.str.replace_all(EMAIL, " ")
    links = pl.concat_list(
        text.str.extract_all(LINK), pl.concat_list(text.str.extract(LABELLED_SITE)).list.drop_nulls()
    )
    parts = [
        _collect(marked.select("document_id", value=links), "links"),
        _collect(marked.select("document_id", value=without_links.str.extract_all(EMAIL)), "emails"),
        _collect(marked.select("document_id", value=without_emails.str.extract_all(HANDLE)), "handles"),
    ]
    fields = ["links", "emails", "handles"]
    said = stated.filter(pl.col("field").is_in(fields)).select("document_id", "field", value=_trim("value"))
    return (
        pl.concat([*parts, said])
        .filter(pl.col("value").str.len_chars() > 1)
        .unique(maintain_order=True)
        .group_by("document_id", maintain_order=True)
        .agg(pl.col("value").filter(pl.col("field") == field).alias(field) for field in fields)
    )


def _is_labelled() -> pl.Expr:
    return (pl.col("text").str.len_bytes() < LABEL_BYTES) & pl.col("text").str.contains(LABELLED_SITE)


def _collect(found: pl.DataFrame, field: str) -> pl.DataFrame:
    values = found.explode("value", empty_as_null=False).drop_nulls("value")
    value = pl.col("value").str.extract(r"(@\w+)").str.head(HANDLE_CHARS) if field == "handles" else _trim("value")
    return values.select("document_id", field=pl.lit(field), value=value)


def _trim(column: str) -> pl.Expr:
    """Without the punctuation that ends the sentence, and without brackets that the address does not open."""
    value = pl.col(column)
    for _ in range(2):
        value = value.str.strip_chars_end(".,;:!?…'\"*_")
        has_stray_bracket = value.str.ends_with(")") & (
            value.str.count_matches(")", literal=True) > value.str.count_matches("(", literal=True)
        )
        value = pl.when(has_stray_bracket).then(value.str.strip_suffix(")")).otherwise(value)
    return value.str.strip_chars_end(".,;:!?…'\"*_")
