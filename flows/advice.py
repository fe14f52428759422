"""What would change where a document is: sentences for `winnow why`."""

import math
from collections.abc import Mapping
from typing import Any, Final

from transforms.contracts.parameters import DedupParameters

REBUILD: Final = "then `winnow backfill --all`"
AGAIN: Final = "the next run takes it in"

REJECT_ADVICE: Final[Mapping[str, str]] = {
    "empty": f"Put a file with content in its place; {AGAIN}.",
    "whitespace_only": f"Put a file with text in its place; {AGAIN}.",
    "binary": f"If it is a document, give it the ending of its format; {AGAIN}.",
    "undecodable": f"Save it as UTF-8; {AGAIN}.",
    "unparsable": f"Fetch or export it again; {AGAIN}.",
    "damaged": f"Fetch or export it again; {AGAIN}.",
    "encrypted": f"Save it without a password; {AGAIN}.",
    "unpacks_too_large": f"Set a higher max_unpacked_bytes, {REBUILD}; or split it.",
    "too_many_records": f"Split it; {AGAIN}.",
    "nested_too_deep": f"Take it out of the files around it; {AGAIN}.",
    "no_documents": f"Put a file with documents in its place; {AGAIN}.",
    "no_text_column": f"Name its column of text under [tool.winnow.columns], {REBUILD}.",
    "no_text_layer": f"Put the result of a text recognition in its place; {AGAIN}.",
    "too_slow": f"Set a higher max_file_seconds, {REBUILD}.",
    "too_large": f"Set a higher max_file_bytes; {AGAIN}.",
    "unknown_format": f"Save it in a format that is read (the README lists them); {AGAIN}.",
    "unreadable": f"Let the user of Winnow read it; {AGAIN}.",
    "vanished": f"Put it back; {AGAIN}.",
    "no_body": f"Put a fuller copy in its place; {AGAIN}.",
}
"""Reason code -> what to do about it."""


def advise_document(document: Mapping[str, Any], parameters: DedupParameters) -> list[str]:
    """What would set a kept document aside, or let one that was set aside be kept.

    `document` has `relation`, `word_count`, `coverage` and `source_path` as in the store, and its `partners` with their
    paths.
    """
    if document["relation"] is None:
        return [_advise_kept(document, parameters), f"A newer version of {document['source_path']} supersedes it."]
    if document["relation"] == "superseded":
        return ["It counts again when its file is set back to this content."]
    partners = ", ".join(dict.fromkeys(partner["source_path"] for partner in document["partners"][:3]))
    freed = f"It is kept when {partners or 'its partner'} leaves articles (superseded by a newer version, or set aside)"
    # A threshold has two digits to be of use to anybody.
    threshold = math.floor(document["coverage"] * 100 + 1) / 100
    if document["relation"] == "exact" or threshold > 1:
        return [f"{freed}."]
    now = f"coverage_threshold = {threshold:.2f} or more (now {parameters.coverage_threshold})"
    return [f"{freed}, or with {now}, {REBUILD}."]


def _advise_kept(document: Mapping[str, Any], parameters: DedupParameters) -> str:
    words = document["word_count"]
    if words < parameters.floor_words:
        return (
            f"It has fewer than {parameters.floor_words} words, so only a document with the same words that ranks "
            "above it sets it aside."
        )
    # A share that is a hair too large through rounding asks for no further word.
    needed = math.ceil(words * parameters.coverage_threshold - 1e-9)
    return (
        f"It is set aside once kept documents that rank above it have {needed:,} of its {words:,} words; now they have "
        f"{round(document['coverage'] * words):,}."
    )
