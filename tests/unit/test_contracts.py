"""The definitions of the tables: sound in themselves, whole in the files, and changed only on purpose."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq
import pytest

from transforms.contracts import (
    ARTICLES,
    CHANGES,
    DUPLICATES,
    OVERLAPS,
    RAW,
    REJECTS,
    REMOVED,
    RUNS,
    TABLES,
    Between,
    Column,
    Matches,
    OneOf,
    Table,
)
from transforms.contracts import vocabulary as words
from transforms.contracts.parameters import LOWEST_THRESHOLD, DedupParameters
from transforms.contracts.parsed import CLASSIFIED, DECISIONS, FAILURES, LINES, RECORDS, SOURCES
from transforms.contracts.tables import BLOCK, EVIDENCE, PARTNER, SPAN
from transforms.documents import DERIVED
from transforms.parse import READERS, TABLE_READERS

every_table: Final = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)

ARTICLE_COLUMNS: Final = [
    "document_id",
    "source_path",
    "record",
    "media_type",
    "source_sha256",
    "source_bytes",
    "ingested_at",
    "run_id",
    "pipeline_version",
    "title",
    "subtitle",
    "authors",
    "published_at",
    "published_precision",
    "outlet",
    "url",
    "language",
    "kind",
    "text",
    "blocks",
    "word_count",
    "text_sha256",
    "links",
    "emails",
    "handles",
    "evidence",
    "coverage",
]

PUBLISHED_COLUMNS: Final = {
    "articles/v1": ARTICLE_COLUMNS,
    "duplicates/v1": [*ARTICLE_COLUMNS, "relation", "duplicate_of", "partners", "reason"],
    "overlaps/v1": ["document_id", "other_id", "words", "share", "other_share", "spans"],
    "removed/v1": ["document_id", "line", "kind", "text", "rule"],
    "signals/v1": [
        "document_id",
        "rps_doc_word_count",
        "rps_doc_mean_word_length",
        "rps_doc_num_sentences",
        "rps_doc_symbol_to_word_ratio",
        "rps_doc_frac_lines_end_with_ellipsis",
        "rps_doc_frac_no_alph_words",
        "rps_doc_frac_unique_words",
        "rps_doc_unigram_entropy",
        "rps_doc_frac_all_caps_words",
        "rps_doc_stop_word_fraction",
        "rps_doc_lorem_ipsum",
        "rps_doc_curly_bracket",
        "rps_doc_frac_chars_top_2gram",
        "rps_doc_frac_chars_top_3gram",
        "rps_doc_frac_chars_top_4gram",
        "rps_doc_frac_chars_dupe_5grams",
        "rps_doc_frac_chars_dupe_6grams",
        "rps_doc_frac_chars_dupe_7grams",
        "rps_doc_frac_chars_dupe_8grams",
        "rps_doc_frac_chars_dupe_9grams",
        "rps_doc_frac_chars_dupe_10grams",
        "rps_lines_ending_with_terminal_punctution_mark",
        "rps_lines_start_with_bulletpoint",
        "rps_lines_num_words",
        "rps_lines_numerical_chars_fraction",
        "rps_lines_uppercase_letter_fraction",
        "rps_lines_javascript_counts",
        "gopher_v1__character_count",
        "gopher_v1__word_count",
        "gopher_v1__median_word_length",
        "gopher_v1__symbol_to_word_ratio",
        "gopher_v1__fraction_of_words_with_alpha_character",
        "gopher_v1__required_word_count",
        "gopher_v1__fraction_of_lines_starting_with_bullet_point",
        "gopher_v1__fraction_of_lines_ending_with_ellipsis",
        "gopher_v1__fraction_of_duplicate_lines",
        "gopher_v1__fraction_of_characters_in_duplicate_lines",
        "gopher_v1__fraction_of_characters_in_most_common_2grams",
        "gopher_v1__fraction_of_characters_in_most_common_3grams",
        "gopher_v1__fraction_of_characters_in_most_common_4grams",
        "gopher_v1__fraction_of_characters_in_duplicate_5grams",
        "gopher_v1__fraction_of_characters_in_duplicate_6grams",
        "gopher_v1__fraction_of_characters_in_duplicate_7grams",
        "gopher_v1__fraction_of_characters_in_duplicate_8grams",
        "gopher_v1__fraction_of_characters_in_duplicate_9grams",
        "gopher_v1__fraction_of_characters_in_duplicate_10grams",
        "c4_v1__line_count",
        "c4_v1__lines_with_no_ending_punctuation",
        "c4_v1__lines_with_too_few_words",
        "c4_v1__has_curly_brace",
        "c4_v1__has_lorem_ipsum",
        "c4_v1__has_javascript",
        "fineweb__line_punct_ratio",
        "fineweb__short_line_ratio",
        "fineweb__char_dup_ratio",
        "fineweb__list_ratio",
        "email_address_count",
        "phone_number_count",
    ],
    "templates/v1": [
        "outlet_key",
        "line_sha256",
        "example",
        "words",
        "documents",
        "outlet_documents",
        "version",
    ],
    "rejects/v1": [
        "source_path",
        "record",
        "source_sha256",
        "source_bytes",
        "stage",
        "reason_code",
        "reason",
        "run_id",
        "rejected_at",
    ],
    "raw/v1": ["source_path", "source_sha256", "source_bytes", "content", "ingested_at", "run_id"],
    "changes/v1": [
        "document_id",
        "source_path",
        "record",
        "run_id",
        "changed_at",
        "change",
        "place_before",
        "place",
        "relation_before",
        "relation",
        "duplicate_of_before",
        "duplicate_of",
        "changed_fields",
    ],
    "runs/v1": [
        "run_id",
        "command",
        "started_at",
        "finished_at",
        "pipeline_version",
        "versions",
        "parameters",
        "files_seen",
        "files_ignored",
        "files_waiting",
        "files_new",
        "documents_in",
        "documents_kept",
        "documents_set_aside",
        "documents_rejected",
        "set_aside_by_relation",
        "rejected_by_reason",
        "documents_demoted",
        "documents_promoted",
        "store_articles",
        "store_duplicates",
        "store_rejects",
        "stage_seconds",
        "audit",
    ],
}
"""What readers rely on. Another list of columns is another version of the table, under another folder."""

FIELDS: Final = {
    BLOCK: ["kind", "start", "end"],
    EVIDENCE: ["field", "value", "line", "rule"],
    PARTNER: ["document_id", "words"],
    SPAN: ["start", "end", "other_start", "other_end", "words", "passage"],
}


# --- what readers rely on --------------------------------------------------------------------------------------------


def test_published_columns_change_only_with_the_version() -> None:
    assert {table.folder: table.column_names for table in TABLES} == PUBLISHED_COLUMNS


def test_fields_inside_columns_change_only_with_the_version() -> None:
    assert {struct: [field.name for field in struct.fields] for struct in FIELDS} == FIELDS
    holders = {
        BLOCK: ARTICLES.column("blocks"),
        EVIDENCE: ARTICLES.column("evidence"),
        PARTNER: DUPLICATES.column("partners"),
        SPAN: OVERLAPS.column("spans"),
    }
    assert all(column.dtype == pl.List(struct) for struct, column in holders.items())


# --- sound in themselves ---------------------------------------------------------------------------------------------


def test_names_and_folders_are_unique() -> None:
    assert len({table.name for table in TABLES}) == len({table.folder for table in TABLES}) == len(TABLES)


@every_table
def test_the_key_names_columns_and_column_names_are_unique(table: Table) -> None:
    assert table.key
    assert set(table.key) <= set(table.column_names)
    assert len(set(table.key)) == len(table.key)
    assert len(set(table.column_names)) == len(table.column_names)


@every_table
def test_everything_is_described_in_sentences(table: Table) -> None:
    assert table.version >= 1
    assert table.grain.startswith("one row per ")
    sentences = [table.description, *table.usage_notes, *(column.description for column in table.columns)]
    assert [sentence for sentence in sentences if not sentence.endswith(".") or sentence != sentence.strip()] == []


@every_table
def test_rules_fit_the_type_of_their_column(table: Table) -> None:
    for column in table.columns:
        for rule in column.rules:
            match rule:
                case OneOf(values):
                    assert column.dtype == pl.String
                    assert len(set(values)) == len(values) > 0
                case Matches():
                    assert column.dtype == pl.String
                case Between(low, high):
                    assert low is not None or high is not None
                    assert column.dtype.is_numeric() or isinstance(column.dtype, pl.String | pl.List)


@every_table
def test_time_is_in_utc_microseconds_and_says_so(table: Table) -> None:
    for column in table.columns:
        assert (column.name.endswith("_at")) is isinstance(column.dtype, pl.Datetime)
        if isinstance(column.dtype, pl.Datetime):
            assert column.dtype == pl.Datetime("us", "UTC")
            assert column.unit == "UTC"


def test_the_same_name_is_the_same_quantity() -> None:
    """Same type and unit wherever the name stands, in tables and in the frames handed between steps."""
    seen: dict[str, tuple[Any, str | None]] = {}
    for table in TABLES:
        for column in table.columns:
            said = (column.dtype, column.unit)
            assert seen.setdefault(column.name, said) == said, f"{table.name}.{column.name}"
    for schema in (SOURCES, RECORDS, LINES, CLASSIFIED, FAILURES, DECISIONS, DERIVED):
        for name, dtype in schema.items():
            assert name not in seen or seen[name][0] == dtype, name


def test_duplicates_have_the_columns_of_articles_first() -> None:
    assert DUPLICATES.columns[: len(ARTICLES.columns)] == ARTICLES.columns


def test_the_steps_hand_over_what_the_tables_need() -> None:
    assert set(REJECTS.column_names) - {"run_id", "rejected_at"} == set(FAILURES)
    assert set(DUPLICATES.column_names) == set(DERIVED) | set(DECISIONS)
    assert set(ARTICLES.column_names) == set(DERIVED) | {"coverage"}
    assert set(RAW.column_names) == set(SOURCES) | {"ingested_at", "run_id"}
    assert set(REMOVED.column_names) <= set(CLASSIFIED)


# --- vocabularies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (ARTICLES.column("kind"), words.DOCUMENT_KINDS),
        (CHANGES.column("change"), tuple(words.DOCUMENT_CHANGES)),
        (CHANGES.column("place"), words.PLACES),
        (CHANGES.column("place_before"), words.PLACES),
        (ARTICLES.column("published_precision"), words.PRECISIONS),
        (DUPLICATES.column("relation"), words.RELATIONS),
        (REMOVED.column("kind"), words.LINE_KINDS),
        (REJECTS.column("stage"), words.STAGES),
        (REJECTS.column("reason_code"), tuple(words.REJECT_REASONS)),
        (RUNS.column("command"), ("run", "backfill", "learn", "backfill_days")),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else "",
)
def test_a_column_with_a_closed_vocabulary_holds_all_of_it(column: Column, values: Sequence[str]) -> None:
    assert column.rules == (OneOf(tuple(values)),)


def test_a_kind_of_line_stays_or_goes() -> None:
    assert set(words.BODY_KINDS).isdisjoint(words.REMOVED_KINDS)
    assert words.LINE_KINDS == words.BODY_KINDS + words.REMOVED_KINDS


def test_each_reject_reason_has_a_stage_and_a_sentence() -> None:
    stages = {stage for stage, _ in words.REJECT_REASONS.values()}
    sentences = [sentence for _, sentence in words.REJECT_REASONS.values()]
    assert stages == set(words.STAGES)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(sentences)


def test_each_file_name_ending_has_a_reader() -> None:
    assert set(words.MEDIA_TYPES.values()) == {*READERS, *TABLE_READERS}
    assert not set(words.MEDIA_TYPES) & set(words.CONTAINER_TYPES)
    assert words.UNKNOWN_MEDIA_TYPE not in READERS
    assert all(ending == ending.lower() and ending.startswith(".") for ending in words.MEDIA_TYPES)


# --- in the files ----------------------------------------------------------------------------------------------------

SAMPLES: Final[dict[pl.DataType, Any]] = {
    pl.String(): "Zwé 🗼",
    pl.Binary(): b"\x00\xff",
    pl.UInt32(): 2**32 - 1,
    pl.UInt64(): 2**64 - 1,
    pl.Float32(): 0.25,
    pl.Boolean(): True,
    pl.Float64(): 0.1,
    pl.Datetime("us", "UTC"): datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC),
}


def make_value(dtype: Any) -> Any:
    if isinstance(dtype, pl.List):
        return [make_value(dtype.inner), make_value(dtype.inner)]
    if isinstance(dtype, pl.Struct):
        return {field.name: make_value(field.dtype) for field in dtype.fields}
    return SAMPLES[dtype]


def make_rows(table: Table) -> pl.DataFrame:
    """One full row, and one with nothing but nulls and empty lists."""
    full = {column.name: make_value(column.dtype) for column in table.columns}
    bare: dict[str, Any] = {column.name: [] if isinstance(column.dtype, pl.List) else None for column in table.columns}
    return table.frame([full, bare])


@every_table
def test_the_schema_comes_back_from_a_file(table: Table) -> None:
    rows = make_rows(table)
    file = BytesIO()
    pq.write_table(rows.to_arrow().cast(table.arrow_schema), file)
    file.seek(0)
    found, said = pq.read_schema(file), table.arrow_schema
    # Parquet has a name of its own for the items of a list, and pyarrow counts it as metadata.
    assert found.equals(said)
    assert found.metadata == said.metadata
    assert [field.metadata for field in found] == [field.metadata for field in said]
    file.seek(0)
    assert pl.read_parquet(file).equals(rows)


@every_table
def test_a_file_says_what_each_column_means(table: Table) -> None:
    schema = table.arrow_schema
    assert schema.metadata == {
        b"winnow.table": table.name.encode(),
        b"winnow.version": str(table.version).encode(),
        b"winnow.grain": table.grain.encode(),
    }
    for column in table.columns:
        said = schema.field(column.name).metadata or {}
        assert said[b"description"].decode() == column.description
        assert said[b"nullable"] == (b"true" if column.nullable else b"false")
        assert said.get(b"unit", b"").decode() == (column.unit or "")


@every_table
def test_a_frame_has_the_published_types_and_order(table: Table) -> None:
    assert table.empty().schema == table.polars_schema
    assert table.polars_schema.names() == table.column_names
    row = {column.name: make_value(column.dtype) for column in reversed(table.columns)}
    assert table.frame([row]).columns == table.column_names
    assert table.frame([row]).to_dicts() == [row]


def test_a_column_that_is_not_there_is_an_error_that_names_the_table() -> None:
    assert ARTICLES.column("coverage").unit == "share"
    with pytest.raises(KeyError, match="table articles has no column words"):
        ARTICLES.column("words")


# --- differences -----------------------------------------------------------------------------------------------------

SMALL: Final = Table(
    name="small",
    version=3,
    description="A table.",
    grain="one row per thing",
    key=("a",),
    columns=(Column("a", pl.String(), "A."), Column("b", pl.UInt32(), "B.")),
)


def test_a_folder_names_table_and_version() -> None:
    assert SMALL.folder == "small/v3"


@pytest.mark.parametrize(
    ("found", "differences"),
    [
        ({"a": pl.String(), "b": pl.UInt32()}, []),
        ({"a": pl.String()}, ["column b is missing"]),
        ({"a": pl.String(), "b": pl.UInt32(), "c": pl.Int8()}, ["column c is not in the contract"]),
        ({"a": pl.String(), "b": pl.Int64()}, ["column b is Int64, the contract says UInt32"]),
        (
            {"b": pl.UInt32(), "a": pl.String()},
            ["columns stand in the order ['b', 'a'], the contract says ['a', 'b']"],
        ),
        (
            {"c": pl.Int8(), "b": pl.Int64()},
            [
                "column a is missing",
                "column c is not in the contract",
                "column b is Int64, the contract says UInt32",
            ],
        ),
    ],
)
def test_each_difference_of_a_schema_has_a_sentence(found: dict[str, pl.DataType], differences: list[str]) -> None:
    assert SMALL.find_schema_differences(pl.Schema(found)) == differences


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("published_at", pl.Datetime("us")),
        ("published_at", pl.Datetime("ms", "UTC")),
        ("blocks", pl.List(pl.Struct({"kind": pl.String, "end": pl.UInt32, "start": pl.UInt32}))),
        ("authors", pl.List(pl.Categorical)),
    ],
)
def test_a_difference_inside_a_type_is_one(name: str, dtype: pl.DataType) -> None:
    changed = pl.Schema({**ARTICLES.polars_schema, name: dtype})
    assert ARTICLES.find_schema_differences(changed) == [
        f"column {name} is {dtype}, the contract says {ARTICLES.column(name).dtype}"
    ]


# --- parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [LOWEST_THRESHOLD, 0.8, 1.0])
def test_thresholds_that_mean_something_are_taken(threshold: float) -> None:
    assert DedupParameters(coverage_threshold=threshold).coverage_threshold == threshold


@pytest.mark.parametrize("threshold", [0.0, 0.4999, 1.0001, float("nan")])
def test_other_thresholds_are_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"coverage_threshold is .*; it must lie in \[0\.5, 1\]"):
        DedupParameters(coverage_threshold=threshold)


def test_a_floor_under_one_word_is_refused() -> None:
    assert DedupParameters(floor_words=1).floor_words == 1
    with pytest.raises(ValueError, match="floor_words is 0; it must be 1 or more"):
        DedupParameters(floor_words=0)
