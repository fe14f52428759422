"""Quality signals: numbers about each text, for those who choose among texts.

`transforms.contracts.signals` says what each one is and who defined it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.columns import change_some
from transforms.contracts.signals import DUPLICATE_SIZES, TOP_SIZES
from transforms.contracts.tables import SIGNALS
from transforms.dedup.words import read_utf8
from transforms.privacy import count_emails, count_phones
from transforms.quality import repetition, scan
from transforms.quality.characters import load_characters
from transforms.quality.stop_words import hash_word, load_word_sets

Numbers = npt.NDArray[Any]

UNDECOMPOSED: Final = r"[^\x00-\x7F\u2010-\u2027\u2030-\u203E]"
"""Characters that decomposition may change; the dashes, quotes and dots between are most of what is not ASCII."""


def measure_signals(documents: pl.DataFrame) -> pl.DataFrame:
    """Measure each text (document_id, text, language); gives the rows of `signals`, in the same order.

    A text holds at least one word. Whole columns are read, in two passes: as the text is, and in lower case.
    """
    text, lowered = documents["text"], documents["text"].str.to_lowercase()
    normalised = _decompose(lowered)
    sets = load_word_sets()
    places = sets.locate(documents["language"])
    raw, upper_shares, words = scan.scan_raw(*read_utf8(text), load_characters(), sets.keys, places)
    folded, numeric_shares, folded_words = scan.scan_normalised(
        *read_utf8(normalised), load_characters(), hash_word("javascript")
    )
    columns = {
        **_describe_document(raw, folded, folded_words, places),
        **_describe_lines(raw, folded, upper_shares, numeric_shares),
        **_describe_gopher(raw, words, places),
        "c4_v1__line_count": raw[:, scan.LINES],
        "c4_v1__lines_with_no_ending_punctuation": raw[:, scan.LINES_UNPUNCTUATED],
        "c4_v1__lines_with_too_few_words": raw[:, scan.LINES_FEW_WORDS],
        "c4_v1__has_curly_brace": raw[:, scan.OPEN_BRACKETS] > 0,
        "fineweb__line_punct_ratio": raw[:, scan.LINES_END_SENTENCE] / raw[:, scan.LINES],
        "fineweb__short_line_ratio": raw[:, scan.LINES_SHORT] / raw[:, scan.LINES],
        "fineweb__char_dup_ratio": raw[:, scan.LATER_LINE_CHARACTERS] / _count_line_characters(raw),
        "fineweb__list_ratio": (raw[:, scan.LINES] - 1) / raw[:, scan.RAW_WORDS],
    }
    normalised_characters = folded[:, scan.NORMALISED_SOLID] + folded[:, scan.NORMALISED_WORDS] - 1
    return (
        documents.select("document_id")
        .with_columns(
            *(pl.Series(name, values) for name, values in columns.items()),
            (_count_lorem_ipsum(normalised) / normalised_characters).alias("rps_doc_lorem_ipsum"),
            _find(lowered, "lorem ipsum", "lorem ipsum").alias("c4_v1__has_lorem_ipsum"),
            _find(lowered, "javascript", r"(?:^|\s)javascript(?:\s|$)").alias("c4_v1__has_javascript"),
            count_emails(text).alias("email_address_count"),
            count_phones(text).alias("phone_number_count"),
        )
        .select(
            (pl.col(name).fill_nan(None) if dtype.is_float() else pl.col(name)).cast(dtype).alias(name)
            for name, dtype in SIGNALS.polars_schema.items()
        )
    )


def _decompose(lowered: pl.Series) -> pl.Series:
    """NFD, of the texts that it may change."""
    return change_some(lowered, lowered.str.contains(UNDECOMPOSED), lambda some: some.str.normalize("NFD"))


def _describe_document(raw: Numbers, folded: Numbers, measures: Numbers, places: Numbers) -> dict[str, Numbers]:
    raw_words = raw[:, scan.RAW_WORDS]
    words, characters = folded[:, scan.NORMALISED_WORDS], folded[:, scan.NORMALISED_SOLID]
    return {
        "rps_doc_word_count": words,
        "rps_doc_mean_word_length": characters / words,
        "rps_doc_num_sentences": raw[:, scan.SENTENCES],
        "rps_doc_symbol_to_word_ratio": raw[:, scan.SYMBOLS] / raw_words,
        "rps_doc_frac_lines_end_with_ellipsis": raw[:, scan.LINES_TRAIL_OFF] / raw[:, scan.LINES],
        "rps_doc_frac_no_alph_words": raw[:, scan.WORDS_WITHOUT_LATIN] / raw_words,
        "rps_doc_frac_unique_words": measures[:, repetition.UNIQUE] / words,
        "rps_doc_unigram_entropy": measures[:, repetition.ENTROPY],
        "rps_doc_frac_all_caps_words": raw[:, scan.UPPER_WORDS] / raw_words,
        "rps_doc_stop_word_fraction": np.where(places[:, 1] > 0, raw[:, scan.STOP_WORDS] / raw_words, np.nan),
        "rps_doc_curly_bracket": raw[:, scan.BRACKETS] / raw[:, scan.CHARACTERS],
        **{
            f"rps_doc_frac_chars_top_{size}gram": measures[:, repetition.TOP + size].clip(min=0) / characters
            for size in TOP_SIZES
        },
        **{
            f"rps_doc_frac_chars_dupe_{size}grams": measures[:, repetition.COVERED + size] / characters
            for size in DUPLICATE_SIZES
        },
    }


def _describe_lines(
    raw: Numbers, folded: Numbers, upper_shares: Numbers, numeric_shares: Numbers
) -> dict[str, Numbers]:
    lines = raw[:, scan.LINES]
    return {
        "rps_lines_ending_with_terminal_punctution_mark": raw[:, scan.LINES_END_MARKED] / lines,
        "rps_lines_start_with_bulletpoint": raw[:, scan.LINES_BULLETED] / lines,
        "rps_lines_num_words": folded[:, scan.NORMALISED_WORDS] / lines,
        "rps_lines_numerical_chars_fraction": numeric_shares / lines,
        "rps_lines_uppercase_letter_fraction": upper_shares / lines,
        "rps_lines_javascript_counts": folded[:, scan.JAVASCRIPT_WORDS],
    }


def _describe_gopher(raw: Numbers, measures: Numbers, places: Numbers) -> dict[str, Any]:
    words, lines, characters = raw[:, scan.WORDS], raw[:, scan.LINES], raw[:, scan.SOLID]
    required = pl.Series(raw[:, scan.REQUIRED_WORDS]).set(pl.Series(places[:, 3] == 0), None)
    return {
        "gopher_v1__character_count": raw[:, scan.CHARACTERS],
        "gopher_v1__word_count": words,
        "gopher_v1__median_word_length": raw[:, scan.DOUBLED_MEDIAN] / 2,
        "gopher_v1__symbol_to_word_ratio": raw[:, scan.WORDS_WITH_SYMBOL] / words,
        "gopher_v1__fraction_of_words_with_alpha_character": raw[:, scan.WORDS_WITH_ALPHA] / words,
        "gopher_v1__required_word_count": required,
        "gopher_v1__fraction_of_lines_starting_with_bullet_point": raw[:, scan.LINES_STARRED] / lines,
        "gopher_v1__fraction_of_lines_ending_with_ellipsis": raw[:, scan.LINES_END_ELLIPSIS] / lines,
        "gopher_v1__fraction_of_duplicate_lines": raw[:, scan.REPEATED_LINES] / lines,
        "gopher_v1__fraction_of_characters_in_duplicate_lines": raw[:, scan.REPEATED_LINE_CHARACTERS] / characters,
        **{
            f"gopher_v1__fraction_of_characters_in_most_common_{size}grams": np.where(
                words >= size, np.abs(measures[:, repetition.TOP + size]) / characters, np.nan
            )
            for size in TOP_SIZES
        },
        **{
            f"gopher_v1__fraction_of_characters_in_duplicate_{size}grams": np.where(
                words >= size,
                measures[:, repetition.REPEATED + size] / measures[:, repetition.EVERY + size].clip(min=1),
                np.nan,
            )
            for size in DUPLICATE_SIZES
        },
    }


def _count_line_characters(raw: Numbers) -> Numbers:
    return np.asarray(raw[:, scan.CHARACTERS] - raw[:, scan.LINES] + 1)


def _find(lowered: pl.Series, rare: str, pattern: str) -> pl.Series:
    """Whether each text matches `pattern`; only those that hold `rare` are looked at closely."""
    has_it = lowered.str.contains(rare, literal=True)
    return change_some(has_it, has_it, lambda _: lowered.filter(has_it).str.contains(pattern))


def _count_lorem_ipsum(normalised: pl.Series) -> pl.Series:
    """Occurrences of the two words without what stands between them but white space and ASCII punctuation."""

    def count(texts: pl.Series) -> pl.Series:
        plain = texts.str.replace_all(r"[!-/:-@\[-`{-~]", "").str.replace_all(r"\s+", " ")
        return plain.str.count_matches("lorem ipsum", literal=True)

    has_it = normalised.str.contains("lorem", literal=True)
    none = pl.zeros(len(normalised), pl.UInt32, eager=True)
    return change_some(none, has_it, lambda _: count(normalised.filter(has_it)))
