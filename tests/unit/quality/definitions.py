"""The definitions of the quality signals, read slowly: a text at a time, word by word, as their authors state them."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median

from transforms.quality.characters import BULLETS, SENTENCE_ENDS
from transforms.quality.stop_words import read_stop_words

Value = float | None
Run = tuple[str, ...]

REQUIRED = ("the", "be", "to", "of", "and", "that", "have", "with")


def lay_out(text: str) -> str:
    """The layout on which all are defined: one line break between paragraphs."""
    return re.sub("\n+", "\n", text)


def normalise(text: str) -> str:
    kept = "".join(sign for sign in text if sign not in string.punctuation).lower().strip()
    return unicodedata.normalize("NFD", re.sub(r"\s+", " ", kept))


def list_runs(words: Sequence[str], size: int) -> list[Run]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def count_characters(words: Sequence[str]) -> int:
    return sum(len(word) for word in words)


def share(lines: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(holds(line) for line in lines) / len(lines)


def read_redpajama(text: str, language: str | None) -> dict[str, Value]:
    """The signals of RedPajama-V2."""
    content = lay_out(text)
    raw_words = re.findall(r"\w+|[^\w\s]+", content)
    normalised = normalise(content)
    words = normalised.split()
    total = count_characters(words)
    counts = Counter(words)
    stop_words = read_stop_words().get(language or "")
    lines = re.findall(r"[^\n]*\n|[^\n]+$", content)
    bare = [normalise(line) for line in lines]
    values: dict[str, Value] = {
        "rps_doc_word_count": len(words),
        "rps_doc_mean_word_length": total / len(words),
        "rps_doc_num_sentences": len(re.findall(r"\b[^.!?]+[.!?]*", content)),
        "rps_doc_symbol_to_word_ratio": sum(content.count(sign) for sign in ("#", "...", "…")) / len(raw_words),
        "rps_doc_frac_lines_end_with_ellipsis": share(lines, lambda line: line.rstrip().endswith(("...", "…"))),
        "rps_doc_frac_no_alph_words": 1 - share(raw_words, lambda word: bool(re.search("[a-zA-Z]", word))),
        "rps_doc_frac_unique_words": len(counts) / len(words),
        "rps_doc_unigram_entropy": sum(-n / len(words) * math.log(n / len(words)) for n in counts.values()),
        "rps_doc_frac_all_caps_words": share(raw_words, str.isupper),
        "rps_doc_stop_word_fraction": (
            None if stop_words is None else share(raw_words, lambda word: word in stop_words)
        ),
        "rps_doc_lorem_ipsum": normalised.count("lorem ipsum") / len(normalised),
        "rps_doc_curly_bracket": sum(sign in "{}" for sign in content) / len(content),
        "rps_lines_ending_with_terminal_punctution_mark": share(
            lines, lambda line: line.rstrip().endswith((".", "!", "?", "”"))
        ),
        "rps_lines_start_with_bulletpoint": share(lines, lambda line: line.lstrip().startswith(tuple(BULLETS))),
        "rps_lines_num_words": sum(len(line.split()) for line in bare) / len(lines),
        "rps_lines_numerical_chars_fraction": (
            sum(sum(map(str.isnumeric, line)) / len(line) for line in bare if line) / len(lines)
        ),
        "rps_lines_uppercase_letter_fraction": (
            sum(sum(map(str.isupper, line)) / len(line) for line in lines) / len(lines)
        ),
        "rps_lines_javascript_counts": sum(line.split().count("javascript") for line in bare),
    }
    for size in (2, 3, 4):
        top, times = max(Counter(list_runs(words, size)).items(), key=lambda item: item[1], default=((), 0))
        values[f"rps_doc_frac_chars_top_{size}gram"] = count_characters(top) * times / total if times > 1 else 0
    for size in range(5, 11):
        runs = list_runs(words, size)
        repeated = {run for run, times in Counter(runs).items() if times > 1}
        covered = {at + more for at, run in enumerate(runs) if run in repeated for more in range(size)}
        values[f"rps_doc_frac_chars_dupe_{size}grams"] = sum(len(words[at]) for at in covered) / total
    return values


def read_gopher(text: str, language: str | None) -> dict[str, Value]:
    """The signals of dolma's tagger gopher_v1."""
    content = lay_out(text)
    words, lines = content.split(), content.split("\n")
    solid = count_characters(words)
    repeated = [line for line in lines if lines.count(line) > 1]
    values: dict[str, Value] = {
        "character_count": len(content),
        "word_count": len(words),
        "median_word_length": median(len(word) for word in words),
        "symbol_to_word_ratio": share(words, lambda word: "#" in word or "…" in word),
        "fraction_of_words_with_alpha_character": share(words, lambda word: any(map(str.isalpha, word))),
        "required_word_count": sum(word in REQUIRED for word in words) if language == "en" else None,
        "fraction_of_lines_starting_with_bullet_point": share(lines, lambda line: line.startswith(("*", "-"))),
        "fraction_of_lines_ending_with_ellipsis": share(lines, lambda line: line.endswith("…")),
        "fraction_of_duplicate_lines": len(repeated) / len(lines),
        "fraction_of_characters_in_duplicate_lines": count_characters(repeated) / solid,
    }
    for size in (2, 3, 4):
        runs = list_runs(words, size)
        top, times = max(Counter(runs).items(), key=lambda item: item[1], default=((), 0))
        name = f"fraction_of_characters_in_most_common_{size}grams"
        values[name] = times * count_characters(top) / solid if runs else None
    for size in range(5, 11):
        runs = list_runs(words, size)
        counts = Counter(runs)
        found = sum(count_characters(run) for run in runs if counts[run] > 1)
        name = f"fraction_of_characters_in_duplicate_{size}grams"
        values[name] = found / sum(map(count_characters, runs)) if runs else None
    return {f"gopher_v1__{name}": value for name, value in values.items()}


def read_c4_and_fineweb(text: str) -> dict[str, Value]:
    """The signals of dolma's tagger c4_v1 and of datatrove's FineWeb filter."""
    content = lay_out(text)
    lines = content.split("\n")
    lowered = [line.lower().strip() for line in lines]
    ends = tuple(chr(code) for low, high in SENTENCE_ENDS for code in range(low, high + 1))
    later = [line for at, line in enumerate(lines) if line in lines[:at]]
    return {
        "c4_v1__line_count": len(lines),
        "c4_v1__lines_with_no_ending_punctuation": sum(not line.endswith((".", "?", "!", '"')) for line in lowered),
        "c4_v1__lines_with_too_few_words": sum(len(line.split()) < 3 for line in lowered),
        "c4_v1__has_curly_brace": any("{" in line for line in lowered),
        "c4_v1__has_lorem_ipsum": any("lorem ipsum" in line for line in lowered),
        "c4_v1__has_javascript": any("javascript" in line.split() for line in lowered),
        "fineweb__line_punct_ratio": share(lines, lambda line: line.endswith(ends)),
        "fineweb__short_line_ratio": share(lines, lambda line: len(line) <= 30),
        "fineweb__char_dup_ratio": count_characters(later) / len(content.replace("\n", "")),
        "fineweb__list_ratio": content.count("\n") / len(re.findall(r"\w+|[^\w\s]+", content)),
    }


def read_signals(text: str, language: str | None) -> dict[str, Value]:
    """Every signal of a text, but the counts of addresses and numbers."""
    return read_redpajama(text, language) | read_gopher(text, language) | read_c4_and_fineweb(text)
