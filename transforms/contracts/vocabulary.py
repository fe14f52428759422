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
"""Commands that derive everything again, and start from nothing."""

REDERIVING_COMMANDS: Final = (*REBUILDING_COMMANDS, "backfill_days")
"""Commands that derive documents from the bytes in `raw`; the last one those of some days, beside what is held."""

RELATIONS: Final = ("exact", "near", "excerpt", "digest", "superseded")
"""Why a document was set aside."""

PLACES: Final = ("articles", "duplicates")
"""The datasets that hold the row of a document."""

DOCUMENT_CHANGES: Final = {
    "kept": "It is new, and stands in articles.",
    "set_aside": "It is new, and stands in duplicates.",
    "demoted": "It went from articles to duplicates.",
    "superseded": "It stands in duplicates now, because its file has a newer version.",
    "promoted": "It went from duplicates to articles.",
    "changed": "It stays where it was, and its row says something else; changed_fields names the columns.",
    "gone": "It is held no more: its file, derived again, has no such document.",
    "baseline": "It was held before the feed began, in a store that is older than the feed, and did not change.",
}
"""What can happen to a document in a run, and what that means."""

MEDIA_TYPES: Final = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".eml": "message/rfc822",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".json": "application/json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".rss": "application/rss+xml",
    ".atom": "application/rss+xml",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""File name endings that are read, with the media type each one stands for."""

CONTAINER_TYPES: Final = {
    ".zip": "application/zip",
    ".tar": "application/x-tar",
    ".gz": "application/gzip",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
    ".warc": "application/warc",
    ".mbox": "application/mbox",
}
"""File name endings of what holds other files, with the media type of each; the files within are read by their own."""

SHORT_ENDINGS: Final = {
    ".tgz": ".tar.gz",
    ".tbz": ".tar.bz2",
    ".tbz2": ".tar.bz2",
    ".txz": ".tar.xz",
    ".tzst": ".tar.zst",
}
"""File name endings that stand for two."""

UNKNOWN_MEDIA_TYPE: Final = "application/octet-stream"

STAGES: Final = ("discover", "read", "parse", "clean")
"""Where in the flow a document can be rejected."""

REJECT_REASONS: Final = {
    "empty": ("read", "The file holds no bytes."),
    "whitespace_only": ("parse", "It holds nothing but white space."),
    "binary": ("parse", "The file has a text name, but its bytes are not text."),
    "undecodable": ("parse", "No character encoding fits the bytes."),
    "unparsable": ("parse", "The markup could not be read."),
    "damaged": ("parse", "It is damaged, cut short, or not what its name says."),
    "encrypted": ("parse", "It is locked with a password."),
    "unpacks_too_large": ("parse", "Unpacked it is larger than the limit."),
    "too_many_records": ("parse", "It holds more records than the limit."),
    "nested_too_deep": ("parse", "Files lie within files deeper than the limit."),
    "no_documents": ("parse", "It holds nothing that could be a document."),
    "no_text_column": ("parse", "No column is known to hold the text."),
    "no_text_layer": ("parse", "A page is a picture, without text that could be read."),
    "too_slow": ("parse", "Reading it took longer than the limit, or ended the process that read it."),
    "too_large": ("discover", "The file is larger than the limit."),
    "unknown_format": ("discover", "No reader is known for this file name ending."),
    "unreadable": ("read", "The file could not be opened."),
    "vanished": ("read", "The file was listed, but was gone when it was read."),
    "no_body": ("clean", "No line of body text was left after cleaning."),
}
"""Reason code -> the stage that gives it and the sentence that `rejects.reason` opens with."""
