"""Which lines may return: no line whose first words stand again is missed, and no other one is named."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.linemodel.repeats import RUN_WORDS, find_returning

LINE = st.lists(st.sampled_from("abc"), max_size=8).map(" ".join)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(LINE, min_size=1, max_size=6), max_size=3))
def test_a_line_returns_when_its_first_words_do(documents: list[list[str]]) -> None:
    names = pl.Series([str(number) for number, lines in enumerate(documents) for _ in lines], dtype=pl.String)
    found = find_returning(names, pl.Series([line for lines in documents for line in lines], dtype=pl.String))
    expected = []
    for lines in documents:
        words = [word for line in lines for word in line.split()]
        runs = [words[place : place + RUN_WORDS] for place in range(len(words) - RUN_WORDS + 1)]
        for line in lines:
            start = line.split()[:RUN_WORDS]
            expected.append(len(start) == RUN_WORDS and runs.count(start) > 1)
    assert found.to_list() == expected
