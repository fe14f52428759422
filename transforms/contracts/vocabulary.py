"""The closed vocabularies: every value that a column with a fixed set of values may hold."""

from typing import Final

BODY_KINDS: Final = ("paragraph", "heading", "list_item", "quote", "note")
"""Kinds of line that stay in the clean text."""

REMOVED_KINDS: Final = (
    "title",
    "subtitle",
    "byline",
    "dateline",
    "outlet",
    "caption",
    "pull_quote",
    "bio",
    "promo",
    "ad",
    "navigation",
    "comment",
    "legal",
)
"""Kinds of line that cleaning takes out of the body; each such line stands in `removed`."""

LINE_KINDS: Final = BODY_KINDS + REMOVED_KINDS

DOCUMENT_KINDS: Final = (
    "news",
    "opinion",
    "newsletter",
    "live_blog",
    "transcript",
    "press_release",
    "fact_check",
    "gallery",
    "video_page",
    "other",
)

PRECISIONS: Final = ("year", "month", "day", "minute", "second")
"""How exactly a publication time was stated, from vague to exact."""

REBUILDING_COMMANDS: Final = ("backfill", "learn")
"""Commands that derive everything again."""

RELATIONS: Final = ("exact", "near", "excerpt", "digest", "superseded")
"""Why a document was set aside."""

MEDIA_TYPES: Final = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
}
"""File name endings that are read, with the media type each one stands for."""

UNKNOWN_MEDIA_TYPE: Final = "application/octet-stream"

STAGES: Final = ("discover", "read", "parse", "clean")
"""Where in the flow a document can be rejected."""

REJECT_REASONS: Final = {
    "empty": ("read", "The file holds no bytes."),
    "whitespace_only": ("parse", "The file holds nothing but white space."),
    "binary": ("parse", "The file has a text name, but its bytes are not text."),
    "undecodable": ("parse", "No character encoding fits the bytes."),
    "unparsable": ("parse", "The markup could not be read."),
    "too_large": ("discover", "The file is larger than the limit."),
    "unknown_format": ("discover", "No reader is known for this file name ending."),
    "unreadable": ("read", "The file could not be opened."),
    "vanished": ("read", "The file was listed, but was gone when it was read."),
    "no_body": ("clean", "No line of body text was left after cleaning."),
}
"""Reason code -> the stage that gives it and the sentence that `rejects.reason` opens with."""
