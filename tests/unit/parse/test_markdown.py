from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.parse.markdown import MAX_NESTING, split_front_matter

from .parse_helpers import list_hints, list_lines, list_stated, parse_one

DOCUMENT = """\
# The *old* ferry

The board met on Tuesday
and decided **nothing**, as [the minutes](https://example.org/minutes "Minutes") show.

![The ferry at the pier](ferry.jpg)

## What happens next

- repair it
  in spring
- sell it

1. First
2. Second

> It was never
> a good ship.

| Year | Passengers |
|------|-----------:|
| 2019 | 12,000 |

```
code line one

  code line two
```

Dear reader,\\
write to <mail@example.org>.
"""


def test_lines_and_hints() -> None:
    assert list_hints(parse_one("a.md", DOCUMENT)) == [
        ("The old ferry", "title"),
        ("The board met on Tuesday and decided nothing, as the minutes show.", None),
        ("The ferry at the pier", "caption"),
        ("What happens next", "heading"),
        ("repair it in spring", "list_item"),
        ("sell it", "list_item"),
        ("First", "list_item"),
        ("Second", "list_item"),
        ("It was never a good ship.", "quote"),
        ("Year | Passengers", None),
        ("2019 | 12,000", None),
        ("code line one", None),
        ("code line two", None),
        ("Dear reader,", None),
        ("write to mail@example.org.", None),
    ]


def test_rules_name_the_mark() -> None:
    rules = dict(parse_one("a.md", "# A\n\n## B\n\n# C\n\n- d\n\n> e\n").lines.select("text", "hint_rule").iter_rows())
    assert rules == {
        "A": "markdown.h1",
        "B": "markdown.h2",
        "C": "markdown.h1",
        "d": "markdown.list_item",
        "e": "markdown.blockquote",
    }


def test_only_the_first_heading_of_rank_one_is_the_title() -> None:
    assert list_hints(parse_one("a.md", "# A\n\n# B\n")) == [("A", "title"), ("B", "heading")]


def test_gaps_are_those_of_the_source() -> None:
    parsed = parse_one("a.md", "# A\nB\n\n\nC\n- D\n- E\n")
    assert parsed.lines["blank_before"].to_list() == [0, 0, 2, 0, 0]


def test_targets_of_links_are_stated() -> None:
    text = "[a](http://a.example/) <http://b.example> [c][1] [mail](mailto:x@example.org?subject=y) [here](#part)\n\n"
    parsed = parse_one("a.md", text + "[1]: http://c.example\n[2]: http://unused.example\n")
    assert [value for value, _ in list_stated(parsed, "links")] == [
        "http://a.example/",
        "http://b.example",
        "http://c.example",
        "http://unused.example",
    ]
    assert list_stated(parsed, "emails") == [("x@example.org", "markdown.link")]


def test_front_matter_is_stated_as_written() -> None:
    parsed = parse_one(
        "a.md",
        "---\r\ntitle: The old ferry\r\nAuthors:\r\n  - Ada Pier\r\n  - name: Tom Quay\r\ndate: 2024-01-05\r\n"
        "description: 'Nobody wants it'\r\ncanonical: https://example.org/ferry\r\nsite: Harbour News\r\nlang: en\r\n"
        "draft: false\r\n---\r\n\r\nText.\r\n",
    )
    assert list_lines(parsed) == ["Text."]
    assert list_stated(parsed, "title") == [("The old ferry", "markdown.front_matter.title")]
    assert list_stated(parsed, "authors") == [
        ("Ada Pier", "markdown.front_matter.Authors"),
        ("Tom Quay", "markdown.front_matter.Authors"),
    ]
    assert list_stated(parsed, "published_at") == [("2024-01-05", "markdown.front_matter.date")]
    assert list_stated(parsed, "subtitle") == [("Nobody wants it", "markdown.front_matter.description")]
    assert list_stated(parsed, "url") == [("https://example.org/ferry", "markdown.front_matter.canonical")]
    assert list_stated(parsed, "outlet") == [("Harbour News", "markdown.front_matter.site")]
    assert list_stated(parsed, "language") == [("en", "markdown.front_matter.lang")]


@pytest.mark.parametrize(
    "front_matter",
    [
        "title: a: b",
        "- a\n- b",
        "just text",
        "a: [",
        "a: &x [*x",
        "? [a]\n: {",
        "a: " + "[" * 1_000,
        'a: "\\UFFFFFFFF"',
        "a: !!python/name:os.system x",
    ],
)
def test_broken_front_matter_is_text(front_matter: str) -> None:
    text = f"---\n{front_matter}\n---\n\nText."
    assert split_front_matter(text) == ({}, text)
    assert list_lines(parse_one("a.md", text))[-1] == "Text."


def test_alias_bombs_and_surrogates_in_front_matter_are_harmless() -> None:
    bomb = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))])
    parsed = parse_one("a.md", f'---\n{bomb}\ntitle: "x\\uD800y"\nauthor: *a39\n---\nText.')
    assert list_lines(parsed) == ["Text."]
    assert list_stated(parsed, "title") == [("x\ufffdy", "markdown.front_matter.title")]


def test_html_inside_becomes_lines() -> None:
    text = "Before<br>after <b>bold</b>\n\n<div><p>one</p><p>two <a href='http://a.example'>three</a></p></div>\n\n<script>x()</script>\n"
    parsed = parse_one("a.md", text)
    assert list_lines(parsed) == ["Before", "after bold", "one", "two three"]
    assert list_stated(parsed, "links") == [("http://a.example", "markdown.link")]


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
@pytest.mark.parametrize("depth", [1, 10, MAX_NESTING // 2, MAX_NESTING + 1, 20_000])
def test_no_depth_loses_text(mark: str, depth: int) -> None:
    assert list_lines(parse_one("a.md", mark * depth + "deep"))[-1].endswith("deep")


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "*a " * 20_000, "_*" * 10_000, "[a](" * 5_000, "![" * 5_000, "<a " * 5_000]
)
def test_hostile_marks_take_bounded_time(text: str) -> None:
    assert parse_one("a.md", text).lines.height > 0


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab#*_-+>`~|:[]()!<>/&\\\"' \t\n1.=\u00a0\r"), min_size=1, max_size=120))
def test_words_survive_any_marks(text: str) -> None:
    """Letters outside of tags and link targets are never lost."""
    parsed = parse_one("a.md", f"first{text.replace('<', '').replace('[', '').replace('&', '')}\n\nlast")
    assert parsed.failures.is_empty()
    joined = "".join(list_lines(parsed))
    assert joined.startswith(("first", "1")) or "first" in joined
    assert "last" in joined
