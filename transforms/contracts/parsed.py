"""The frames that the steps from a file to a decision hand to one another. They are never published."""

from typing import Final

import polars as pl

from transforms.contracts.tables import PARTNER

STATED: Final = pl.Struct({"field": pl.String, "value": pl.String, "rule": pl.String})
"""One metadata value that markup states: the field, the value as found, and the tag that states it."""

SOURCES: Final = pl.Schema(
    {
        "source_path": pl.String(),
        "source_sha256": pl.String(),
        "source_bytes": pl.UInt64(),
        "content": pl.Binary(),
    }
)
"""What `parse` takes: one row per file."""

RECORDS: Final = pl.Schema(
    {
        "document_id": pl.String(),
        "source_path": pl.String(),
        "record": pl.UInt32(),
        "media_type": pl.String(),
        "source_sha256": pl.String(),
        "source_bytes": pl.UInt64(),
        "stated": pl.List(STATED),
    }
)
"""What `parse` gives: one row per document, with the metadata that its markup states."""

LINES: Final = pl.Schema(
    {
        "document_id": pl.String(),
        "line": pl.UInt32(),
        "text": pl.String(),
        "blank_before": pl.UInt32(),
        "hint": pl.String(),
        "hint_rule": pl.String(),
    }
)
"""What `parse` gives too: one row per non-blank line, in order within its document.

`line` counts the non-blank lines of the document from 0. `text` has no white space at its ends. `blank_before` is
the number of blank lines in front of it. `hint` is the kind of line that markup states (a value of LINE_KINDS, or
null) and `hint_rule` the tag or mark that states it, for example `html.figcaption`; both are null in plain text.
"""

CLASSIFIED: Final = pl.Schema({**LINES, "kind": pl.String(), "rule": pl.String()})
"""What `clean` gives: each line with its kind (a value of LINE_KINDS) and the rule that decided it."""

FAILURES: Final = pl.Schema(
    {
        "source_path": pl.String(),
        "record": pl.UInt32(),
        "source_sha256": pl.String(),
        "source_bytes": pl.UInt64(),
        "stage": pl.String(),
        "reason_code": pl.String(),
        "reason": pl.String(),
    }
)
"""What was rejected on the way: the columns of `rejects` that do not depend on the run."""

DECISIONS: Final = pl.Schema(
    {
        "document_id": pl.String(),
        "relation": pl.String(),
        "duplicate_of": pl.String(),
        "partners": pl.List(PARTNER),
        "coverage": pl.Float64(),
        "reason": pl.String(),
    }
)
"""One row per document; relation, duplicate_of and reason are null for a kept one, whose partners are empty."""
