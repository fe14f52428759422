"""Every table, said once. Schemas, checks, data dictionary and package descriptor are all derived from here."""

from typing import Final

import polars as pl

from transforms.contracts.model import Between, Column, Matches, OneOf, Table
from transforms.contracts.signals import SIGNAL_COLUMNS
from transforms.contracts.vocabulary import (
    DOCUMENT_CHANGES,
    DOCUMENT_KINDS,
    LINE_KINDS,
    PLACES,
    PRECISIONS,
    REDERIVING_COMMANDS,
    REJECT_REASONS,
    RELATIONS,
    STAGES,
)

TEXT: Final = pl.String()
COUNT: Final = pl.UInt32()
TIMESTAMP: Final = pl.Datetime("us", "UTC")

BLOCK: Final = pl.Struct({"kind": pl.String, "start": pl.UInt32, "end": pl.UInt32})
EVIDENCE: Final = pl.Struct({"field": pl.String, "value": pl.String, "line": pl.UInt32, "rule": pl.String})
PARTNER: Final = pl.Struct({"document_id": pl.String, "words": pl.UInt32})
SPAN: Final = pl.Struct(
    {
        "start": pl.UInt32,
        "end": pl.UInt32,
        "other_start": pl.UInt32,
        "other_end": pl.UInt32,
        "words": pl.UInt32,
        "passage": pl.UInt32,
    }
)
STAGE_TIME: Final = pl.Struct({"stage": pl.String, "seconds": pl.Float64})
NAMED_COUNT: Final = pl.Struct({"name": pl.String, "count": pl.UInt32})
NAMED_VERSION: Final = pl.Struct({"name": pl.String, "version": pl.String})

HEX_32: Final = Matches("[0-9a-f]{32}")
HEX_64: Final = Matches("[0-9a-f]{64}")
NOT_EMPTY: Final = Between(low=1)
NOT_NEGATIVE: Final = Between(low=0)
SHARE: Final = Between(low=0, high=1)

DOCUMENT_ID: Final = Column(
    "document_id",
    TEXT,
    "Names the document for good: a hash of its path in the inbox, its record number and its content.",
    rules=(HEX_32,),
)
SOURCE_PATH: Final = Column(
    "source_path", TEXT, "Path of the source file, relative to the inbox, with forward slashes.", rules=(NOT_EMPTY,)
)
RECORD: Final = Column(
    "record",
    COUNT,
    "Number of the record in its file, from 0, counted over the members of an archive; 0 for a file with one document.",
    rules=(NOT_NEGATIVE,),
)
SOURCE_SHA256: Final = Column("source_sha256", TEXT, "SHA-256 of the bytes of the source file.", rules=(HEX_64,))
SOURCE_BYTES: Final = Column(
    "source_bytes", pl.UInt64(), "Size of the source file.", unit="bytes", rules=(NOT_NEGATIVE,)
)
INGESTED_AT: Final = Column("ingested_at", TIMESTAMP, "Start of the run that took this version in.", unit="UTC")
RUN_ID: Final = Column("run_id", TEXT, "The run that took this version in.", rules=(NOT_EMPTY,))

DOCUMENT_COLUMNS: Final = (
    DOCUMENT_ID,
    SOURCE_PATH,
    RECORD,
    Column("media_type", TEXT, "Format that the file was read as.", rules=(NOT_EMPTY,)),
    SOURCE_SHA256,
    SOURCE_BYTES,
    INGESTED_AT,
    RUN_ID,
    Column(
        "pipeline_version",
        TEXT,
        "Version of Winnow that derived this row, with the names and digests of its models.",
        rules=(NOT_EMPTY,),
    ),
    Column("title", TEXT, "Headline as the document states it; null when it states none.", nullable=True),
    Column("subtitle", TEXT, "Line or key points under the headline, joined by line breaks.", nullable=True),
    Column("authors", pl.List(pl.String), "Names of the people who wrote it, in printed order; empty when unstated."),
    Column(
        "published_at",
        TIMESTAMP,
        "First publication time stated. A time without a printed zone is taken as UTC; evidence has it as printed.",
        unit="UTC",
        nullable=True,
    ),
    Column(
        "published_precision",
        TEXT,
        "How exactly the publication time was stated; null when published_at is.",
        nullable=True,
        rules=(OneOf(PRECISIONS),),
    ),
    Column("outlet", TEXT, "Publisher, as the document names it.", nullable=True),
    Column("url", TEXT, "Address of the article, as the document states it.", nullable=True),
    Column(
        "language",
        TEXT,
        "Language of the text (BCP 47); `mul` when it is in several, which the evidence names; null when there is too "
        "little text to tell.",
        nullable=True,
        rules=(Matches("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"),),
    ),
    Column("kind", TEXT, "What sort of document it is.", rules=(OneOf(DOCUMENT_KINDS),)),
    Column("text", TEXT, "Clean body. Paragraphs are split by one blank line.", rules=(NOT_EMPTY,)),
    Column("blocks", pl.List(BLOCK), "Parts of the text in order: kind, and start and end in characters of text."),
    Column("word_count", COUNT, "Words in the text, as deduplication counts them.", unit="words", rules=(NOT_EMPTY,)),
    Column(
        "text_sha256",
        TEXT,
        "SHA-256 of the normalised words of the text, joined by one space: equal for texts that differ only in case, "
        "punctuation or layout.",
        rules=(HEX_64,),
    ),
    Column("links", pl.List(pl.String), "Web addresses in the document, each once, in order of appearance."),
    Column(
        "emails",
        pl.List(pl.String),
        "E-mail addresses in the document, each once, in order of appearance; none where they are masked.",
    ),
    Column("handles", pl.List(pl.String), "Social media handles in the document (@name), each once, in order."),
    Column(
        "evidence",
        pl.List(EVIDENCE),
        "Where each metadata value comes from: field, value as found, number of the line that states it (non-blank "
        "lines of the document, from 0; null for a value that stands in markup) and rule. The field `member` is the "
        "path of the document within an archive.",
    ),
    Column(
        "coverage",
        pl.Float64(),
        "Share of the words that stand, word for word, in kept documents that rank above this one.",
        unit="share",
        rules=(SHARE,),
    ),
)

ARTICLES: Final = Table(
    name="articles",
    version=1,
    description="Every kept document: the articles, each one once.",
    grain="one row per kept document",
    key=("document_id",),
    columns=DOCUMENT_COLUMNS,
    usage_notes=(
        "A publication time without a printed zone is stored as if it were UTC.",
        "A row leaves this dataset when an article that covers it, or a newer version of its file, arrives.",
    ),
)

DUPLICATES: Final = Table(
    name="duplicates",
    version=1,
    description="Every document that was set aside, whole, with the reason.",
    grain="one row per document set aside",
    key=("document_id",),
    columns=(
        *DOCUMENT_COLUMNS,
        Column("relation", TEXT, "How it relates to the kept documents.", rules=(OneOf(RELATIONS),)),
        Column("duplicate_of", TEXT, "The kept document that covers most of it; always in articles.", rules=(HEX_32,)),
        Column(
            "partners",
            pl.List(PARTNER),
            "The kept documents that cover it, and how many of its words each one covers; most first.",
        ),
        Column("reason", TEXT, "Why it was set aside, in one sentence.", rules=(NOT_EMPTY,)),
    ),
)

OVERLAPS: Final = Table(
    name="overlaps",
    version=1,
    description="Which documents share passages of 15 words or more, and where.",
    grain="one row per pair of documents",
    key=("document_id", "other_id"),
    columns=(
        Column("document_id", TEXT, "The lower-ranked document of the pair.", rules=(HEX_32,)),
        Column("other_id", TEXT, "The higher-ranked document of the pair.", rules=(HEX_32,)),
        Column("words", COUNT, "Words in the shared passages.", unit="words", rules=(Between(low=15),)),
        Column("share", pl.Float64(), "Those words as a share of the words of document_id.", "share", rules=(SHARE,)),
        Column(
            "other_share", pl.Float64(), "The same words as a share of the words of other_id.", "share", rules=(SHARE,)
        ),
        Column(
            "spans",
            pl.List(SPAN),
            "Runs of equal words: start and end in characters of the text of document_id, the same in the text of "
            "other_id, the words in the run, and the number of the passage it belongs to (an edited passage is several "
            "runs with the edits between them).",
        ),
    ),
    usage_notes=(
        "Copies with the same words are listed against their kept copy only, not against one another.",
        "Older versions of a file are listed against the kept document that stands for them only.",
    ),
)

REMOVED: Final = Table(
    name="removed",
    version=1,
    description="Every line that cleaning took out of a body.",
    grain="one row per line taken out",
    key=("document_id", "line", "text"),
    columns=(
        DOCUMENT_ID,
        Column("line", COUNT, "Number of the line among the non-blank lines of the document, from 0."),
        Column("kind", TEXT, "What the line is.", rules=(OneOf(LINE_KINDS),)),
        Column("text", TEXT, "The line as it stood in the document.", rules=(NOT_EMPTY,)),
        Column(
            "rule",
            TEXT,
            "The rule that took it out; for a line that the line model took out, its name and the probability that it "
            "gave the line of being text, such as model.lines-1:0.03.",
            rules=(NOT_EMPTY,),
        ),
    ),
)

SIGNALS: Final = Table(
    name="signals",
    version=1,
    description="Quality signals of every text, kept or set aside, for those who choose among texts.",
    grain="one row per document of articles and duplicates",
    key=("document_id",),
    columns=(DOCUMENT_ID, *SIGNAL_COLUMNS),
    usage_notes=(
        (
            "Names and definitions are those of RedPajama-V2 (rps_), dolma (gopher_v1__, c4_v1__) and datatrove "
            "(fineweb__), taken on the text with its paragraphs split by one line break."
        ),
        (
            "Raw words are runs of letters and digits, and runs of other signs. Normalised words stand between white "
            "space once ASCII punctuation is gone, in lower case and decomposed (NFD). Words stand between white space."
        ),
    ),
)

TEMPLATES: Final = Table(
    name="templates",
    version=1,
    description="Lines that stand in many articles of one outlet; cleaning takes them out of its documents.",
    grain="one row per outlet and line",
    key=("outlet_key", "line_sha256"),
    columns=(
        Column(
            "outlet_key", TEXT, "Host of the address, without www, else the name of the outlet.", rules=(NOT_EMPTY,)
        ),
        Column(
            "line_sha256", TEXT, "SHA-256 of the normalised words of the line, joined by one space.", rules=(HEX_64,)
        ),
        Column("example", TEXT, "The line, as one of the articles has it.", rules=(NOT_EMPTY,)),
        Column("words", COUNT, "Words in the line.", "words", rules=(NOT_EMPTY,)),
        Column("documents", COUNT, "Articles of the outlet that the line stood in.", "documents", rules=(NOT_EMPTY,)),
        Column(
            "outlet_documents", COUNT, "Articles of the outlet that were looked at.", "documents", rules=(NOT_EMPTY,)
        ),
        Column(
            "version",
            COUNT,
            "Number of the table that `winnow learn` made, the same in every row; removed.rule names it.",
            rules=(NOT_EMPTY,),
        ),
    ),
    usage_notes=("Only `winnow learn` changes this dataset; runs apply it as it is.",),
)

REJECTS: Final = Table(
    name="rejects",
    version=1,
    description="Every document that could not be taken in, with the reason.",
    grain="one row per rejected document",
    key=("source_path", "record", "source_sha256", "reason_code"),
    columns=(
        SOURCE_PATH,
        RECORD,
        Column(
            "source_sha256",
            TEXT,
            "SHA-256 of the bytes of the source file; null when they could not be read.",
            nullable=True,
            rules=(HEX_64,),
        ),
        Column("source_bytes", pl.UInt64(), "Size of the source file; null when unknown.", "bytes", nullable=True),
        Column("stage", TEXT, "Where it was rejected.", rules=(OneOf(STAGES),)),
        Column("reason_code", TEXT, "Why, as a code.", rules=(OneOf(tuple(REJECT_REASONS)),)),
        Column("reason", TEXT, "Why, in words.", rules=(NOT_EMPTY,)),
        Column("run_id", TEXT, "The run that rejected it.", rules=(NOT_EMPTY,)),
        Column("rejected_at", TIMESTAMP, "Start of that run.", unit="UTC"),
    ),
)

RAW: Final = Table(
    name="raw",
    version=1,
    description="The bytes of every file ever taken in; everything else can be derived from them again.",
    grain="one row per version of a source file",
    key=("source_path", "run_id"),
    columns=(
        SOURCE_PATH,
        SOURCE_SHA256,
        SOURCE_BYTES,
        Column("content", pl.Binary(), "The bytes of the file."),
        INGESTED_AT,
        RUN_ID,
    ),
    usage_notes=("Files over the size limit and files that could not be read are not held here; see rejects.",),
)

CHANGES: Final = Table(
    name="changes",
    version=1,
    description="What each run changed in articles and duplicates, for whoever keeps a copy of them up to date.",
    grain="one row per document and run that changed its row in articles or duplicates",
    key=("document_id", "run_id"),
    columns=(
        DOCUMENT_ID,
        SOURCE_PATH,
        RECORD,
        Column("run_id", TEXT, "The run that changed it; sorts by time.", rules=(NOT_EMPTY,)),
        Column("changed_at", TIMESTAMP, "Start of that run.", unit="UTC"),
        Column("change", TEXT, "What happened to the document.", rules=(OneOf(tuple(DOCUMENT_CHANGES)),)),
        Column(
            "place_before",
            TEXT,
            "Dataset that held its row before the run; null when none did.",
            nullable=True,
            rules=(OneOf(PLACES),),
        ),
        Column(
            "place",
            TEXT,
            "Dataset that holds its row after the run; null when none does.",
            nullable=True,
            rules=(OneOf(PLACES),),
        ),
        Column("relation_before", TEXT, "Its relation before the run.", nullable=True, rules=(OneOf(RELATIONS),)),
        Column("relation", TEXT, "Its relation after the run.", nullable=True, rules=(OneOf(RELATIONS),)),
        Column("duplicate_of_before", TEXT, "Its duplicate_of before the run.", nullable=True, rules=(HEX_32,)),
        Column("duplicate_of", TEXT, "Its duplicate_of after the run.", nullable=True, rules=(HEX_32,)),
        Column(
            "changed_fields",
            pl.List(pl.String),
            "Columns of its row that say something else than before, of those that its place before and its place now "
            "both have; empty when it had no row before, or has none now.",
        ),
    ),
    usage_notes=(
        (
            "History, as runs is: rows are added and never change. The last row of a document (by run_id) says where "
            "it is now."
        ),
        (
            "To bring a copy of articles up to date that was right after run R: read changes, then articles; take the "
            "last row of each document with a run_id after R; delete these documents from the copy; put in those whose "
            "place is articles, as articles has them. The copy is then right after the largest run_id read."
        ),
        (
            "The feed is complete from the first run_id in it on. A copy that is older, which only a store that is "
            "older than the feed can have, is made anew."
        ),
    ),
)

RUNS: Final = Table(
    name="runs",
    version=1,
    description="What each run did.",
    grain="one row per run that changed something",
    key=("run_id",),
    columns=(
        Column("run_id", TEXT, "Names the run; sorts by time.", rules=(NOT_EMPTY,)),
        Column("command", TEXT, "What was run.", rules=(OneOf(("run", *REDERIVING_COMMANDS)),)),
        Column("started_at", TIMESTAMP, "Start of the run.", unit="UTC"),
        Column("finished_at", TIMESTAMP, "When its results had passed the audit.", unit="UTC"),
        Column("pipeline_version", TEXT, "Version of Winnow.", rules=(NOT_EMPTY,)),
        Column("versions", pl.List(NAMED_VERSION), "Versions of Python and of the libraries that shape the results."),
        Column("parameters", TEXT, "Settings of the run, as JSON."),
        Column("files_seen", COUNT, "Files in the inbox, without ignored ones.", "files"),
        Column("files_ignored", COUNT, "Files passed over: ignore patterns, links out of the inbox, devices.", "files"),
        Column("files_waiting", COUNT, "Files still being written; the next run takes them.", "files"),
        Column("files_new", COUNT, "Files with content that was new at their path.", "files"),
        Column("documents_in", COUNT, "New documents: kept + set aside + rejected.", "documents"),
        Column("documents_kept", COUNT, "New documents that are kept.", "documents"),
        Column("documents_set_aside", COUNT, "New documents that were set aside.", "documents"),
        Column("documents_rejected", COUNT, "New documents that were rejected.", "documents"),
        Column("set_aside_by_relation", pl.List(NAMED_COUNT), "New documents set aside, by relation."),
        Column("rejected_by_reason", pl.List(NAMED_COUNT), "New documents rejected, by reason code."),
        Column("documents_demoted", COUNT, "Documents held before that went from articles to duplicates.", "documents"),
        Column(
            "documents_promoted", COUNT, "Documents held before that went from duplicates to articles.", "documents"
        ),
        Column("store_articles", COUNT, "Rows of articles after the run.", "documents"),
        Column("store_duplicates", COUNT, "Rows of duplicates after the run.", "documents"),
        Column("store_rejects", COUNT, "Rows of rejects after the run.", "documents"),
        Column("stage_seconds", pl.List(STAGE_TIME), "Wall time of each stage.", "seconds"),
        Column(
            "audit", TEXT, "Result of the audit; only runs that passed it are published.", rules=(OneOf(("passed",)),)
        ),
    ),
)

TABLES: Final = (ARTICLES, DUPLICATES, OVERLAPS, REMOVED, SIGNALS, TEMPLATES, REJECTS, RAW, CHANGES, RUNS)
"""In the order in which the data dictionary lists them."""
