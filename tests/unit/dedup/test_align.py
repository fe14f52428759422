"""Shared passages: against a slow oracle, on edited, moved, repeated and degenerate texts, and over frames."""

import random
import time
from dataclasses import astuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.contracts import OVERLAPS
from transforms.dedup import (
    Span,
    align_pairs,
    find_shared_passages,
    group_passages,
    locate_span_words,
    verify_spans,
)

DEGENERATE_WORDS = 20_000
DEGENERATE_SECONDS = 1.0

Run = tuple[int, int, int]


def make_words(count: int, prefix: str = "w") -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


def list_runs(text: list[str], other: list[str], least: int = 15) -> list[Run]:
    """Every maximal run of equal words, as (first, other first, words), by looking at every diagonal."""
    runs = []
    for shift in range(-len(text), len(other) + 1):
        length = 0
        for place in range(len(text) + 1):
            mate = place + shift
            if place < len(text) and 0 <= mate < len(other) and text[place] == other[mate]:
                length += 1
                continue
            if length >= least:
                runs.append((place - length, mate - length, length))
            length = 0
    return sorted(runs)


def to_runs(text: list[str], other: list[str], spans: list[Span]) -> list[Run]:
    """Spans as (first, other first, words) in words; both texts are their words joined by one space."""
    joined, other_joined = " ".join(text), " ".join(other)
    for span in spans:
        shared = joined[span.start : span.end]
        assert shared == other_joined[span.other_start : span.other_end]
        assert len(shared.split()) == span.words
    return [
        (joined[: span.start].count(" "), other_joined[: span.other_start].count(" "), span.words) for span in spans
    ]


def compare(text: list[str], other: list[str]) -> list[Run]:
    return to_runs(text, other, find_shared_passages(" ".join(text), " ".join(other)))


def check_disjoint(runs: list[Run]) -> None:
    for side in (0, 1):
        places = [run[side] + word for run in runs for word in range(run[2])]
        assert len(places) == len(set(places))


BLOCKS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 18), st.integers(12, 20)), min_size=1, max_size=6)


@settings(deadline=None, max_examples=150)
@given(BLOCKS)
def test_every_run_is_found_when_no_word_repeats(blocks: list[tuple[int, int, int]]) -> None:
    """Blocks of one text in another order, with words of its own between them: nothing competes for a word."""
    text, other, used = make_words(120), ["start"], set[str]()
    for number, (block, skip, length) in enumerate(blocks):
        piece = [word for word in text[block * 20 + skip :][:length] if word not in used]
        used.update(piece)
        other += [*piece, *make_words(number + 1, f"own{number}x")]
    long_runs = list_runs(text, other)
    found = compare(text, other)
    assert [run for run in found if run[2] >= 15] == long_runs
    assert bool(found) == bool(long_runs)


@settings(deadline=None, max_examples=150)
@given(st.integers(2, 4), st.integers(15, 90), st.integers(15, 90), st.integers(0, 2**32))
def test_tiling_is_longest_first_and_complete_when_words_repeat(
    vocabulary: int, size: int, other_size: int, seed: int
) -> None:
    chance = random.Random(seed)
    text = [f"w{chance.randrange(vocabulary)}" for _ in range(size)]
    cut = chance.randrange(size)
    other = [*text[cut:], "own", *text[: cut // 2], *(f"w{chance.randrange(vocabulary)}" for _ in range(other_size))]
    found, every = compare(text, other), list_runs(text, other)
    check_disjoint(found)
    assert max((run[2] for run in found), default=0) == max((run[2] for run in every), default=0)
    left, other_left = text.copy(), other.copy()
    for place, mate, length in found:
        left[place : place + length] = [f"-{place}-{word}" for word in range(length)]
        other_left[mate : mate + length] = [f"+{mate}-{word}" for word in range(length)]
    assert list_runs(left, other_left) == []


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(2, 300))
def test_comparing_backwards_finds_the_same(seed: int, vocabulary: int) -> None:
    chance = random.Random(seed)
    text = [f"w{chance.randrange(vocabulary)}" for _ in range(120)]
    other = text[70:110] + text[5:40] + [f"w{chance.randrange(vocabulary)}" for _ in range(50)]
    other[10] = other[50] = "edited"
    forth = compare(text, other)
    assert forth
    assert sorted((mate, place, length) for mate, place, length in compare(other, text)) == sorted(
        (mate, place, length) for place, mate, length in forth
    )


def check_maximal(text: list[str], other: list[str], runs: list[Run]) -> None:
    """No span can be lengthened by one equal word, unless a span has that word of either text."""
    used = {place + word for place, _, length in runs for word in range(length)}
    other_used = {mate + word for _, mate, length in runs for word in range(length)}
    for place, mate, length in runs:
        for i, j in ((place - 1, mate - 1), (place + length, mate + length)):
            if 0 <= i < len(text) and 0 <= j < len(other) and text[i] == other[j]:
                assert i in used or j in other_used, (i, j)


@st.composite
def related_texts(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A text, and another one of pieces of it in any order, repeated and edited; words repeat in both."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    vocabulary = draw(st.sampled_from([3, 8, 40, 2000]))
    text = [f"w{chance.randrange(vocabulary)}" for _ in range(draw(st.integers(20, 200)))]
    other = list[str]()
    for _ in range(draw(st.integers(1, 8))):
        start, length = chance.randrange(len(text)), chance.randrange(1, 60)
        other += text[start : start + length]
    edits = draw(st.sampled_from([0, 0.02, 0.1, 0.3]))
    return text, [f"w{chance.randrange(vocabulary)}" if chance.random() < edits else word for word in other]


@settings(deadline=None, max_examples=300)
@given(related_texts(), st.booleans())
def test_spans_are_equal_words_disjoint_maximal_and_the_same_backwards(
    texts: tuple[list[str], list[str]], scattered: bool
) -> None:
    text, other = texts
    joined, other_joined = " ".join(text), " ".join(other)
    spans = find_shared_passages(joined, other_joined, scattered=scattered)
    runs = to_runs(text, other, spans)
    assert runs == sorted(runs)
    check_disjoint(runs)
    check_maximal(text, other, runs)
    assert all(passage.words >= 15 for passage in group_passages(spans))
    backwards = to_runs(other, text, find_shared_passages(other_joined, joined, scattered=scattered))
    assert sorted((mate, place, length) for place, mate, length in backwards) == runs


def rewrite(words: list[str], seed: int) -> list[str]:
    """Words dropped, put in, replaced and moved, so that no run of four is left."""
    chance = random.Random(seed)
    edited = [word if place % 4 else f"edited{place}" for place, word in enumerate(words) if chance.random() > 0.05]
    for place in range(0, len(edited) - 1, 3):
        edited[place], edited[place + 1] = edited[place + 1], edited[place]
    return edited


def test_a_passage_that_was_rewritten_word_by_word_is_found_on_request_only() -> None:
    source = make_words(120)
    text = [*make_words(80, "own"), *rewrite(source, 1), *make_words(60, "tail")]
    joined, other_joined = " ".join(text), " ".join(source)
    assert find_shared_passages(joined, other_joined) == []
    spans = find_shared_passages(joined, other_joined, scattered=True)
    (passage,) = group_passages(spans)
    assert passage.words >= 60
    assert joined[passage.start :].startswith("w")
    assert passage.end <= joined.index("tail0")


def test_scattered_passages_leave_the_others_as_they_are() -> None:
    exact, rewritten = make_words(40, "e"), make_words(100, "r")
    text = " ".join([*exact, *make_words(60, "a"), *rewrite(rewritten, 2)])
    other = " ".join([*rewritten, *make_words(60, "b"), *exact])
    spans = find_shared_passages(text, other, scattered=True)
    assert find_shared_passages(text, other) == [span for span in spans if span.passage == 0]
    assert [passage.words >= 15 for passage in group_passages(spans)] == [True, True]


def test_the_rest_of_a_passage_is_joined_to_it() -> None:
    exact, rewritten = make_words(40, "e"), make_words(100, "r")
    spans = find_shared_passages(" ".join(exact + rewrite(rewritten, 3)), " ".join(exact + rewritten), scattered=True)
    assert {span.passage for span in spans} == {0}
    assert len(spans) > 10


def test_unrelated_texts_share_nothing_scattered() -> None:
    glue = ["the", "of", "to", "and", "in"]
    text = " ".join(word for place in range(300) for word in (f"a{place}", glue[place % 5]))
    other = " ".join(word for place in range(300) for word in (glue[place % 4], f"b{place}"))
    assert find_shared_passages(text, other, scattered=True) == []
    assert find_shared_passages("", other, scattered=True) == []


def test_fourteen_words_are_not_enough() -> None:
    run = make_words(15)
    assert compare(["a", *run, "b"], ["c", *run, "d"]) == [(1, 1, 15)]
    assert compare(["a", *run[:14], "b"], ["c", *run[:14], "d"]) == []


def test_equal_words_between_two_edits_count() -> None:
    text = make_words(60)
    other = text.copy()
    other[20] = other[22] = "edited"
    other[40:40] = ["put", "in"]
    del other[50]
    spans = find_shared_passages(" ".join(text), " ".join(other))
    assert to_runs(text, other, spans) == [(0, 0, 20), (21, 21, 1), (23, 23, 17), (40, 42, 8), (49, 50, 11)]
    assert {span.passage for span in spans} == {0}


def test_a_passage_goes_on_past_its_last_long_run() -> None:
    text = make_words(80)
    other = [word if place < 40 or place % 6 else f"edited{place}" for place, word in enumerate(text)]
    assert sum(length for _, _, length in compare(text, other)) == sum(
        word == mate for word, mate in zip(text, other, strict=True)
    )


def test_unrelated_text_around_a_passage_is_left_out() -> None:
    shared = make_words(30)
    glue = ["the", "of", "to", "and"]
    text = [word for number in range(40) for word in (f"a{number}", glue[number % 4])] + shared
    other = [word for number in range(40) for word in (f"b{number}", glue[number % 3])] + shared
    assert [length for _, _, length in compare(text, other)] == [30]


def test_moved_paragraphs_are_found_and_numbered_in_order() -> None:
    first, second = make_words(30, "f"), make_words(40, "s")
    spans = find_shared_passages(" ".join(first + second), " ".join(second + first))
    assert [(span.words, span.passage) for span in spans] == [(30, 0), (40, 1)]


def test_a_word_counts_once() -> None:
    paragraph = make_words(30)
    assert compare(paragraph, paragraph * 5) == [(0, 0, 30)]


def test_passages_enclose_their_spans() -> None:
    text = make_words(40)
    other = [*text[:20], "edited", *text[21:]]
    spans = find_shared_passages(" ".join(text), " ".join(other))
    (passage,) = group_passages(spans)
    assert (passage.start, passage.end, passage.words) == (0, len(" ".join(text)), 39)
    assert (passage.other_start, passage.other_end) == (0, len(" ".join(other)))
    assert group_passages([]) == []


def test_places_are_characters() -> None:
    shared = " ".join(make_words(15, "é"))
    (span,) = find_shared_passages(f"😀😀 {shared}", f"“{shared.upper()}”")
    assert astuple(span) == (3, 3 + len(shared), 1, 1 + len(shared), 15, 0)


@pytest.mark.parametrize("text", ["", "   ", "one two three"])
def test_texts_without_enough_words_share_nothing(text: str) -> None:
    assert find_shared_passages(text, text) == []


def repeat_periodically(period: int) -> list[str]:
    return [f"p{place % period}" for place in range(DEGENERATE_WORDS)]


def mix_boilerplate(words: int, own: str) -> list[str]:
    blocks = DEGENERATE_WORDS // (words + 1)
    return [word for block in range(blocks) for word in [*make_words(words), f"{own}{block}"]]


def draw(seed: int, share: float) -> list[str]:
    chance = random.Random(seed)
    return ["a" if chance.random() < share else "b" for _ in range(DEGENERATE_WORDS)]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param(["x"] * DEGENERATE_WORDS, ["x"] * (DEGENERATE_WORDS - 1), id="one word"),
        pytest.param(repeat_periodically(2), repeat_periodically(2)[1:], id="period 2"),
        pytest.param(repeat_periodically(7), repeat_periodically(7)[:9000] * 2, id="period 7, cut"),
        pytest.param(repeat_periodically(100), repeat_periodically(100)[50:], id="period 100"),
        pytest.param(mix_boilerplate(15, "u"), mix_boilerplate(15, "v"), id="boilerplate"),
        pytest.param(draw(1, 0.5), draw(2, 0.5), id="two words, even"),
        pytest.param(draw(3, 0.9), draw(4, 0.9), id="two words, uneven"),
    ],
)
def test_degenerate_texts_take_less_than_a_second(text: list[str], other: list[str]) -> None:
    joined, other_joined = " ".join(text), " ".join(other)
    find_shared_passages("compile first", "compile first", scattered=True)
    began_at = time.perf_counter()
    spans = find_shared_passages(joined, other_joined)
    assert time.perf_counter() - began_at < DEGENERATE_SECONDS
    check_disjoint(to_runs(text, other, spans))
    assert sum(span.words for span in spans) >= DEGENERATE_WORDS // 2
    began_at = time.perf_counter()
    assert len(find_shared_passages(joined, other_joined, scattered=True)) >= len(spans)
    assert time.perf_counter() - began_at < 2 * DEGENERATE_SECONDS


def test_a_long_run_is_found_when_all_its_parts_stand_very_often() -> None:
    run = make_words(15)
    often = [run[:14], run[1:]]
    text, other = (
        [word for place in range(200) for word in [*often[place % 2], f"{own}{place}"]] + run for own in ("u", "v")
    )
    assert max(length for _, _, length in compare(text, other)) == 15
    assert compare(text[:-1], other) == []


@pytest.fixture
def texts() -> pl.DataFrame:
    chance = random.Random(5)
    base = make_words(200)
    edited = [word if chance.random() > 0.05 else "edited" for word in base]
    bodies = [base, edited, base[100:] + base[:60], make_words(50, "other"), []]
    return pl.DataFrame(
        {"document_id": [f"{number:032x}" for number in range(5)], "text": [" ".join(body) for body in bodies]}
    )


@pytest.fixture
def pairs(texts: pl.DataFrame) -> pl.DataFrame:
    ids = texts["document_id"].to_list()
    return pl.DataFrame(
        [(high, low) for low in ids for high in ids if high > low], schema=["document_id", "other_id"], orient="row"
    ).sample(fraction=1, shuffle=True, seed=1)


def test_pairs_give_what_one_comparison_gives(texts: pl.DataFrame, pairs: pl.DataFrame) -> None:
    overlaps = align_pairs(pairs, texts)
    assert not OVERLAPS.find_schema_differences(overlaps.schema)
    assert overlaps.equals(overlaps.sort("document_id", "other_id"))
    held = dict(texts.iter_rows())
    for row in overlaps.iter_rows(named=True):
        spans = find_shared_passages(held[row["document_id"]], held[row["other_id"]])
        assert [Span(**span) for span in row["spans"]] == spans
        assert row["words"] == sum(span.words for span in spans)
        assert row["share"] == row["words"] / len(held[row["document_id"]].split())
        assert row["other_share"] == row["words"] / len(held[row["other_id"]].split())
    assert overlaps.height == 3
    assert verify_spans(overlaps, texts).is_empty()


@pytest.mark.parametrize("threads", [2, 3, 64])
def test_threads_change_nothing(texts: pl.DataFrame, pairs: pl.DataFrame, threads: int) -> None:
    assert align_pairs(pairs, texts, threads=threads).equals(align_pairs(pairs, texts))
    assert align_pairs(pairs.clear(), texts, threads=threads).equals(OVERLAPS.empty())


def test_no_pairs(texts: pl.DataFrame, pairs: pl.DataFrame) -> None:
    overlaps = align_pairs(pairs.clear(), texts)
    assert overlaps.equals(OVERLAPS.empty())
    assert locate_span_words(overlaps, texts).is_empty()
    assert verify_spans(overlaps, texts).is_empty()


def test_spans_are_located_in_words(texts: pl.DataFrame, pairs: pl.DataFrame) -> None:
    overlaps = align_pairs(pairs, texts)
    located = locate_span_words(overlaps, texts)
    assert located.schema == {
        "document_id": pl.String,
        "other_id": pl.String,
        "first_word": pl.UInt32,
        "end_word": pl.UInt32,
    }
    held = dict(texts.iter_rows())
    rows = [(row["document_id"], span) for row in overlaps.iter_rows(named=True) for span in row["spans"]]
    assert located.height == len(rows)
    for (name, span), first, end in zip(rows, located["first_word"], located["end_word"], strict=True):
        assert held[name][span["start"] : span["end"]].split() == held[name].split()[first:end]


def test_texts_that_are_missing_or_doubled_are_refused(texts: pl.DataFrame, pairs: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"texts lacks 4 of the 20 texts"):
        align_pairs(pairs, texts.head(4))
    with pytest.raises(ValueError, match="more than once"):
        align_pairs(pairs, pl.concat([texts, texts]))


def span_of(start: int, end: int, other_start: int, other_end: int, words: int) -> dict[str, int]:
    return {
        "start": start,
        "end": end,
        "other_start": other_start,
        "other_end": other_end,
        "words": words,
        "passage": 0,
    }


@pytest.mark.parametrize(
    ("spans", "words", "problem"),
    [
        ([span_of(0, 60, 0, 60, 20)], 20, None),
        ([span_of(0, 48, 0, 48, 16), span_of(48, 60, 48, 60, 4)], 20, None),
        ([span_of(1, 60, 0, 60, 20)], 20, "a span does not begin and end with a word"),
        ([span_of(0, 600, 0, 600, 200)], 200, "a span does not begin and end with a word"),
        ([span_of(0, 60, 60, 120, 20)], 20, "the words of a span are not equal"),
        ([span_of(0, 60, 0, 57, 20)], 20, "a span does not hold the words it counts"),
        (
            [span_of(0, 60, 0, 60, 20), span_of(57, 60, 57, 60, 1)],
            21,
            "spans are out of order or overlap in the text of document_id",
        ),
        ([span_of(0, 60, 0, 60, 20)], 21, "words is not the sum over the spans"),
        ([span_of(0, 30, 0, 30, 10)], 10, "no span holds a run of 15 words"),
    ],
)
def test_wrong_spans_are_named(spans: list[dict[str, int]], words: int, problem: str | None) -> None:
    text = "".join(f"{chr(97 + number // 26)}{chr(97 + number % 26)} " for number in range(40))
    texts = pl.DataFrame({"document_id": ["a", "b"], "text": [text, text]})
    ended = [{**span, "end": span["end"] - 1, "other_end": span["other_end"] - 1} for span in spans]
    row = {"document_id": "a", "other_id": "b", "words": words, "share": 0.5, "other_share": 0.5, "spans": ended}
    found = verify_spans(OVERLAPS.frame([row]), texts)
    assert found["problem"].to_list() == ([problem] if problem else [])


def test_spans_that_overlap_in_the_other_text_are_named() -> None:
    run = " ".join(make_words(16, "x"))
    texts = pl.DataFrame({"document_id": ["a", "b"], "text": [f"{run} {run}", run]})
    end = len(run)
    spans = [span_of(0, end, 0, end, 16), span_of(end + 1, 2 * end + 1, 0, end, 16)]
    row = {"document_id": "a", "other_id": "b", "words": 32, "share": 1.0, "other_share": 1.0, "spans": spans}
    found = verify_spans(OVERLAPS.frame([row]), texts)
    assert found["problem"].to_list() == ["spans overlap in the text of other_id"]
