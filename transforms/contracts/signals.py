"""The columns of `signals`: what is measured of each text, under the names that others gave to it.

All of them are counted on the text with its paragraphs split by one line break and no blank line, which is the layout
that the sources define them on: `text.replace("\\n\\n", "\\n")` has the same numbers under their own code. "Raw words"
are runs of `\\w` and runs of what is neither `\\w` nor white space; "normalised words" stand between white space after
ASCII punctuation is taken out, in lower case and decomposed (NFD); "words" alone stand between white space.

Sources: RedPajama-V2 (`rps_*`, its quality signals), dolma's taggers (`gopher_v1__*` after Rae et al., "Scaling
Language Models", 2021, appendix A; `c4_v1__*` after Raffel et al., 2020) and datatrove (`fineweb__*`, its filter for
FineWeb). Left out are those that need a model (perplexity, importance weights) or a list of forbidden words or sites.
"""

from typing import Final

import polars as pl

from transforms.contracts.model import Between, Column

SHARE: Final = (Between(low=0, high=1),)
NOT_NEGATIVE: Final = (Between(low=0),)
AT_LEAST_ONE: Final = (Between(low=1),)

TOP_SIZES: Final = (2, 3, 4)
DUPLICATE_SIZES: Final = (5, 6, 7, 8, 9, 10)
"""Words in the n-grams that are counted: the sizes of Rae et al., table A1."""

STOP_WORD_LANGUAGES: Final = (
    "ar", "bg", "br", "ca", "cs", "da", "de", "en", "eo", "es", "fa", "fi", "fr", "ga", "gl", "he", "hr", "hu", "id",
    "it", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr",
)  # fmt: skip
"""Languages of stopwords-json with 100 words or more, whose words `\\w+` finds whole."""


def _share(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, pl.Float32(), description, "share", nullable, SHARE)


def _ratio(name: str, description: str, unit: str) -> Column:
    return Column(name, pl.Float32(), description, unit, rules=NOT_NEGATIVE)


def _count(name: str, description: str, unit: str, *, nullable: bool = False) -> Column:
    return Column(name, pl.UInt32(), description, unit, nullable, NOT_NEGATIVE)


REDPAJAMA_DOCUMENT: Final = (
    Column("rps_doc_word_count", pl.UInt32(), "Normalised words.", "words", rules=AT_LEAST_ONE),
    _ratio("rps_doc_mean_word_length", "Mean length of the normalised words.", "characters"),
    _count("rps_doc_num_sentences", r"Matches of \b[^.!?]+[.!?]*, as an estimate of the sentences.", "sentences"),
    _ratio("rps_doc_symbol_to_word_ratio", "Symbols (#, ... and …) for each raw word.", "symbols per word"),
    _share("rps_doc_frac_lines_end_with_ellipsis", "Lines that end with ... or …."),
    _share("rps_doc_frac_no_alph_words", "Raw words without a letter from a to z; near 1 in other scripts than Latin."),
    _share("rps_doc_frac_unique_words", "Distinct normalised words as a share of all."),
    _ratio("rps_doc_unigram_entropy", "Entropy of the normalised words, with the natural logarithm.", "nats"),
    _share("rps_doc_frac_all_caps_words", "Raw words with a letter and none in lower case."),
    _share(
        "rps_doc_stop_word_fraction",
        "Raw words that stand, as they are written, in the stop-word list of the language (stopwords-json 1.2.0, "
        f"Apache 2.0). Languages: {', '.join(STOP_WORD_LANGUAGES)}; null for others.",
        nullable=True,
    ),
    _ratio("rps_doc_lorem_ipsum", "Occurrences of lorem ipsum for each character of normalised text.", "per character"),
    _share("rps_doc_curly_bracket", "Curly brackets as a share of the characters."),
    *(
        _ratio(
            f"rps_doc_frac_chars_top_{size}gram",
            f"Characters of the most frequent run of {size} normalised words, times its occurrences, for each "
            "character of all words; 0 when no run occurs twice. Occurrences may overlap.",
            "characters per character",
        )
        for size in TOP_SIZES
    ),
    *(
        _share(
            f"rps_doc_frac_chars_dupe_{size}grams",
            f"Characters in runs of {size} normalised words that occur more than once, each counted once, as a share "
            "of the characters of all words.",
        )
        for size in DUPLICATE_SIZES
    ),
)

REDPAJAMA_LINES: Final = (
    _share(
        "rps_lines_ending_with_terminal_punctution_mark",
        "Lines that end with one of . ! ? ” as a share of the lines (RedPajama-V2 says it line by line, and spells it "
        "so).",
    ),
    _share(
        "rps_lines_start_with_bulletpoint",
        "Lines that start with a bullet (• ‣ ▶ ◀ ◦ ■ □ ▪ ▫ –) as a share of the lines (RedPajama-V2: line by line).",
    ),
    _ratio("rps_lines_num_words", "Normalised words in a line, mean over lines (RedPajama-V2: line by line).", "words"),
    _share(
        "rps_lines_numerical_chars_fraction",
        "Numeric characters as a share of the characters of a normalised line, mean over lines (RedPajama-V2: line by "
        "line).",
    ),
    _share(
        "rps_lines_uppercase_letter_fraction",
        "Upper-case letters as a share of the characters of a line, its line break among them, mean over lines "
        "(RedPajama-V2: line by line).",
    ),
    _count(
        "rps_lines_javascript_counts",
        "Normalised words that are javascript, in all lines (RedPajama-V2: line by line).",
        "words",
    ),
)

GOPHER: Final = (
    Column("gopher_v1__character_count", pl.UInt32(), "Characters.", "characters", rules=AT_LEAST_ONE),
    Column("gopher_v1__word_count", pl.UInt32(), "Words.", "words", rules=AT_LEAST_ONE),
    _ratio("gopher_v1__median_word_length", "Median length of the words.", "characters"),
    _share("gopher_v1__symbol_to_word_ratio", "Words with # or … in them."),
    _share("gopher_v1__fraction_of_words_with_alpha_character", "Words with a letter, of any script."),
    _count(
        "gopher_v1__required_word_count",
        "Words that are the, be, to, of, and, that, have or with, as they are written. English only; null for others.",
        "words",
        nullable=True,
    ),
    _share("gopher_v1__fraction_of_lines_starting_with_bullet_point", "Lines that start with * or -."),
    _share("gopher_v1__fraction_of_lines_ending_with_ellipsis", "Lines that end with …."),
    _share("gopher_v1__fraction_of_duplicate_lines", "Lines that occur more than once, every occurrence counted."),
    _ratio(
        "gopher_v1__fraction_of_characters_in_duplicate_lines",
        "Characters of the lines that occur more than once, for each character that is no white space.",
        "characters per character",
    ),
    *(
        Column(
            f"gopher_v1__fraction_of_characters_in_most_common_{size}grams",
            pl.Float32(),
            f"Characters of the most frequent run of {size} words, times its occurrences, for each character of all "
            f"words; the first run when none occurs twice. Null when there are fewer than {size} words.",
            "characters per character",
            nullable=True,
            rules=NOT_NEGATIVE,
        )
        for size in TOP_SIZES
    ),
    *(
        _share(
            f"gopher_v1__fraction_of_characters_in_duplicate_{size}grams",
            f"Characters of the runs of {size} words that occur more than once, as a share of the characters of all "
            f"runs of {size} words (overlapping ones count each time). Null when there are fewer than {size} words.",
            nullable=True,
        )
        for size in DUPLICATE_SIZES
    ),
)

C4: Final = (
    Column("c4_v1__line_count", pl.UInt32(), "Lines.", "lines", rules=AT_LEAST_ONE),
    _count("c4_v1__lines_with_no_ending_punctuation", 'Lines that do not end with one of . ? ! ".', "lines"),
    _count("c4_v1__lines_with_too_few_words", "Lines of fewer than 3 words.", "lines"),
    Column("c4_v1__has_curly_brace", pl.Boolean(), "Whether there is a { in it."),
    Column("c4_v1__has_lorem_ipsum", pl.Boolean(), "Whether a line holds lorem ipsum, in upper or lower case."),
    Column("c4_v1__has_javascript", pl.Boolean(), "Whether a word is javascript, in upper or lower case."),
)

FINEWEB: Final = (
    _share("fineweb__line_punct_ratio", "Lines that end with a mark that ends sentences in any script."),
    _share("fineweb__short_line_ratio", "Lines of 30 characters or fewer."),
    _share("fineweb__char_dup_ratio", "Characters of lines that occurred before, as a share of those of all lines."),
    _ratio(
        "fineweb__list_ratio",
        "Line breaks for each raw word (FineWeb counts the words of a splitter for the language).",
        "line breaks per word",
    ),
)

CONTACTS: Final = (
    _count(
        "email_address_count", "E-mail addresses in the text, or the marks that stand for masked ones.", "addresses"
    ),
    _count("phone_number_count", "Phone numbers in the text, or the marks that stand for masked ones.", "numbers"),
)

SIGNAL_COLUMNS: Final = (*REDPAJAMA_DOCUMENT, *REDPAJAMA_LINES, *GOPHER, *C4, *FINEWEB, *CONTACTS)
