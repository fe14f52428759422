"""From the bytes of files to documents: parse, clean, enrich and fingerprint, for a batch of files."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.blocks import assemble_texts, list_removed
from transforms.clean import classify_lines
from transforms.clean.templates import apply_templates, name_outlets
from transforms.contracts.parameters import DerivationParameters
from transforms.contracts.parsed import FAILURES, SOURCES
from transforms.contracts.tables import ARTICLES
from transforms.contracts.vocabulary import REJECT_REASONS
from transforms.dedup.fingerprints import digest_texts
from transforms.dedup.postings import Segment, build_segment
from transforms.dedup.words import key_texts
from transforms.language import describe_languages
from transforms.metadata import add_languages, extract_metadata
from transforms.parse import Parsed, parse_sources
from transforms.privacy import mask_lines, mask_metadata
from transforms.quality import measure_signals
from transforms.version import name_pipeline

DERIVED: Final = pl.Schema({name: dtype for name, dtype in ARTICLES.polars_schema.items() if name != "coverage"})
"""A document before the decision: the columns of `articles` but `coverage`, which depends on the other documents."""


DEFAULTS: Final = DerivationParameters()


@dataclass(frozen=True, slots=True)
class Derived:
    """What a batch of files gives.

    `documents` (DERIVED) have a body; `removed` holds the lines taken out of them, `signals` (the table) what was
    measured of their texts; `failures` (FAILURES) are the documents rejected; `segment` has the fingerprints of each
    distinct text; `line_counts` (document_id, lines) says how many non-blank lines each document had, to hold against
    what became of them.
    """

    documents: pl.DataFrame
    removed: pl.DataFrame
    signals: pl.DataFrame
    failures: pl.DataFrame
    segment: Segment
    line_counts: pl.DataFrame


def derive_documents(
    sources: pl.DataFrame,
    parameters: DerivationParameters = DEFAULTS,
    *,
    parsed: Parsed | None = None,
    templates: pl.DataFrame | None = None,
) -> Derived:
    """Turn files (SOURCES, with `ingested_at` and `run_id`) into documents, each file on its own.

    Every document of every file has a row in `documents` or in `failures`, never in both. `parsed` is what
    `parse_sources` makes of the files, where that was done before. Contacts are masked before anything is measured:
    spans, hashes and words are those of the text that is published, while kinds of lines and metadata are told from
    the lines as they were. `templates` (the table) are then taken out.
    """
    if parsed is None:
        parsed = parse_sources(sources.select(SOURCES.names()), parameters.reading)
    classified = classify_lines(parsed.lines, parameters.cleaning)
    published = mask_lines(classified) if parameters.masks_contacts else classified
    bodies = assemble_texts(published)
    # Metadata is told from the lines as they were.
    told = extract_metadata(parsed.records, classified, bodies, parameters.names)
    if templates is not None and templates.height:
        published = apply_templates(published, name_outlets(told), templates)
        bodies = assemble_texts(published)
    texts, segment = _measure_texts(bodies)
    metadata = add_languages(told, texts)
    has_body = texts.select("document_id")
    records = parsed.records.join(has_body, on="document_id", how="semi", maintain_order="left")
    bodyless = parsed.records.join(has_body, on="document_id", how="anti", maintain_order="left")
    kept_lines = published.join(has_body, on="document_id", how="semi", maintain_order="left")
    versions = sources.select("source_path", "source_sha256", "ingested_at", "run_id")
    documents = (
        records.drop("stated")
        .join(versions, on=["source_path", "source_sha256"], how="left", maintain_order="left")
        .join(texts, on="document_id", how="left", maintain_order="left")
        .join(
            mask_metadata(metadata) if parameters.masks_contacts else metadata,
            on="document_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.lit(name_pipeline()).alias("pipeline_version"))
        .select(pl.col(name).cast(dtype) for name, dtype in DERIVED.items())
    )
    return Derived(
        documents=documents,
        removed=list_removed(kept_lines),
        signals=measure_signals(documents),
        failures=pl.concat([parsed.failures, _reject_bodyless(bodyless, classified)]),
        segment=segment,
        line_counts=kept_lines.group_by("document_id", maintain_order=True).agg(pl.len().alias("lines")),
    )


def _measure_texts(texts: pl.DataFrame) -> tuple[pl.DataFrame, Segment]:
    """Add word_count, text_sha256 and language, and take fingerprints; a text without a single word is no body."""
    digests = digest_texts(texts["text"])
    has_words = (digests.word_count > 0).to_numpy()
    measured = texts.with_columns(digests.word_count, digests.text_sha256).filter(has_words)
    keys = key_texts(measured["text_sha256"]).to_numpy()
    # A text without a word has no fingerprint either, so only its count is left out.
    segment = build_segment(keys, digests.fingerprints, digests.fingerprint_counts[has_words])
    languages = describe_languages(measured["text"]).struct.rename_fields(["language", "language_shares"])
    return measured.with_columns(languages.struct.unnest().get_columns()), segment


def _reject_bodyless(records: pl.DataFrame, classified: pl.DataFrame) -> pl.DataFrame:
    """The documents of which cleaning left nothing (FAILURES), with what their lines were taken for."""
    stage, sentence = REJECT_REASONS["no_body"]
    counted = (
        classified.group_by("document_id", "kind")
        .len()
        .sort("document_id", "len", "kind", descending=[False, True, False])
    )
    lines = counted.group_by("document_id", maintain_order=True).agg(
        pl.format("{} {}", "len", "kind").str.join(", ").alias("lines")
    )
    return (
        records.join(lines, on="document_id", how="left", maintain_order="left")
        .with_columns(
            pl.lit(stage).alias("stage"),
            pl.lit("no_body").alias("reason_code"),
            pl.format("{} Its lines: {}.", pl.lit(sentence), pl.col("lines").fill_null("none")).alias("reason"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in FAILURES.items())
    )
