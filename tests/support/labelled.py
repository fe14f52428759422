"""Reading labelled documents as Winnow reads files."""

from collections.abc import Mapping
from typing import Any

from tests.unit.parse.parse_helpers import make_sources
from transforms.blocks import assemble_texts
from transforms.clean import classify_lines
from transforms.contracts.parameters import CleanParameters
from transforms.metadata import extract_metadata
from transforms.parse import parse_sources


def read_documents(contents: Mapping[str, bytes], cleaning: CleanParameters | None = None) -> dict[str, dict[str, Any]]:
    """path -> metadata (null without a body), with `line_texts` and `line_kinds` of every non-blank line."""
    parsed = parse_sources(make_sources(contents))
    classified = classify_lines(parsed.lines, cleaning)
    metadata = extract_metadata(parsed.records, classified, assemble_texts(classified))
    lines = classified.group_by("document_id", maintain_order=True).agg(line_texts="text", line_kinds="kind")
    found = (
        parsed.records.select("document_id", "source_path")
        .join(lines, on="document_id")
        .join(metadata, on="document_id", how="left")
    )
    return {row["source_path"]: row for row in found.iter_rows(named=True)}
