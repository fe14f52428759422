"""Labels of lines: what the body holds at the place where the line stands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.page_lines import find_site, lay_over, list_visible_lines

BODY = [
    "The keeper of the tower said that the lamp would burn for one more winter.",
    "Why the lamp matters",
    "Fishermen steer by it, although most of them own a receiver.",
]


def test_lines_of_the_body_are_told_from_what_is_around_them() -> None:
    lines = ["Home", "The keeper", *BODY, "Share", "The lamp"]
    assert lay_over(lines, "\n\n".join(BODY)) == [0, 0, 1, 1, 1, 0, 0]


def test_of_a_sentence_printed_twice_one_is_body() -> None:
    shares = lay_over([BODY[0], *BODY, "the lamp would burn for one more winter"], "\n".join(BODY))
    assert sorted(shares) == [0, 0, 1, 1, 1]


def test_a_line_that_the_body_holds_in_part() -> None:
    shares = lay_over([f"{BODY[0]} Read our newsletter for more of that kind, every week, free."], BODY[0])
    assert 0.5 < shares[0] < 0.7


def test_a_body_that_is_wrapped_otherwise_has_the_same_lines() -> None:
    assert lay_over(BODY, " ".join(BODY)) == [1, 1, 1]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.booleans())
def test_a_body_holds_its_own_lines(sizes: list[int], is_doubled: bool) -> None:
    words = [f"w{number}" for number in range(sum(sizes))]
    lines = [" ".join(words[sum(sizes[:number]) : sum(sizes[: number + 1])]) for number in range(len(sizes))]
    lines = lines * 2 if is_doubled else lines
    assert lay_over(lines, "\n".join(lines)) == [1.0] * len(lines)


def test_short_lines_that_return_have_a_place_each() -> None:
    lines = ["June", BODY[0], "June", BODY[2], "June"]
    assert lay_over([*lines, "June"], "\n".join(lines)) == [1, 1, 1, 1, 1, 0]


def test_a_body_without_words_holds_nothing() -> None:
    assert lay_over(["Home", "…"], "") == [0, 0]


@pytest.mark.parametrize(
    ("page", "address", "html", "site"),
    [
        ("a/1", "https://www.harbour.example/x", "", "harbour.example"),
        ("a/1", "https://news.harbour.co.uk/x", "", "harbour.co.uk"),
        ("a/1", None, '<link rel="canonical" href="https://m.harbour.example/a">', "harbour.example"),
        ("fundus/HarbourPost_2024_05_02", None, "<p>", "fundus/HarbourPost"),
    ],
)
def test_the_site_of_a_page(page: str, address: str | None, html: str, site: str) -> None:
    assert find_site(page, address, html) == site


def test_hidden_lines_are_not_visible() -> None:
    page = "<body><p>Seen</p><p hidden>Not seen</p><script>code</script><ul><li>One<li>Two</ul></body>"
    assert [text for text, _ in list_visible_lines(page)] == ["Seen", "One", "Two"]
