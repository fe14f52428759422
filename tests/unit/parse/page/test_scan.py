"""Pages taken apart: where lines end, what they hold, what stands around them, and how long it takes."""

from __future__ import annotations

import time
from html import unescape
from html.entities import html5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.contracts.vocabulary import LINE_KINDS
from transforms.parse import html_marks
from transforms.parse.page.elements import (
    CLASS_KIND,
    ELEMENTS,
    MAX_DEPTH,
    PARENT,
    TAG,
)
from transforms.parse.page.model import load_model
from transforms.parse.page.names import TAGS
from transforms.parse.page.read import ReadPage, read_page
from transforms.parse.page.scan import scan_page


def list_paths(page: str) -> list[str]:
    """The tags around each element, outermost first."""
    scan = scan_page(page.encode())
    paths = [""]
    for element in range(1, int(scan.counts[ELEMENTS]) + 1):
        tag, parent = TAGS[scan.elements[element, TAG]], scan.elements[element, PARENT]
        paths.append(f"{paths[parent]} {tag or '?'}".strip())
    return paths[1:]


@pytest.mark.parametrize(
    ("page", "paths"),
    [
        ("<ul><li>a<li>b</ul>c<p>d", ["ul", "ul li", "ul li", "p"]),
        ("<ul><li><ul><li>a</li></ul></li><li>b</ul>", ["ul", "ul li", "ul li ul", "ul li ul li", "ul li"]),
        ("<p>a<p>b<div>c</div>", ["p", "p", "div"]),
        ("<p><b>a<p>b", ["p", "p b", "p"]),
        ("<button><p>a</button><p>b", ["button", "button p", "p"]),
        (
            "<table><tr><td>a<td>b<tr><td>c</table><p>d",
            ["table", "table tr", "table tr td", "table tr td", "table tr", "table tr td", "p"],
        ),
        ("<div><span>a</div>b<i>c", ["div", "div span", "i"]),
        ("<td><div></table></td></div>", ["td", "td div"]),
        ("<h1>a<h2>b</h1><p>c", ["h1", "h2", "p"]),
        ("<dl><dt>a<dd>b<dt>c", ["dl", "dl dt", "dl dd", "dl dt"]),
        ("<div><svg><path/><g></div><p>b", ["div", "div svg", "div svg ?", "div svg ?", "p"]),
        ("<svg><g><p>b", ["svg", "svg ?", "p"]),
        ("<x-a><x-b>a</x-a><p>b", ["?", "? ?", "p"]),
        ("<br><img><input>a", ["br", "img", "input"]),
        ("<a href=x>a<a href=y>b", ["a", "a"]),
    ],
)
def test_elements_stand_where_the_standard_puts_them(page: str, paths: list[str]) -> None:
    assert list_paths(page) == paths


def list_lines(page: str) -> list[str]:
    return read_page(page).list_texts()


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        ("a<!-- b --!>c<!-->d<!--->e<!-- > -- >f-->g", ["acdeg"]),
        ("a<?php b ?>c<!x>d</ e>f", ["acdf"]),
        ("1 < 2 <3 > 2", ["1 < 2 <3 > 2"]),
        ("<script>a</scripty>b</SCRIPT >c<style>d</style>", ["c"]),
        ("<title>a</title>b<textarea>c<p>d</textarea>e", ["bc<p>de"]),
        ("a<script>b", ["a"]),
        ("a<iframe>b", ["ab"]),
        ("<p title='a>b' class=x/y>c</p>", ["c"]),
        ("a<p", ["a"]),
        ("a</p>b</br>c", ["a", "b", "c"]),
        ("a&nbsp;&#160;\u3000b&ensp;c", ["a b c"]),
        ("<p>x</p>&nbsp;<p>y</p>", ["x", "y"]),
        ("<pre>a\n b\r\n\nc</pre>", ["a", "b", "c"]),
        ("<svg><text>a</text></svg>b", ["b"]),
    ],
)
def test_text_is_what_a_browser_shows(page: str, lines: list[str]) -> None:
    assert list_lines(page) == lines


@pytest.mark.parametrize("name", sorted(html5)[::7])
def test_every_reference_is_known(name: str) -> None:
    assert list_lines(f"x&{name}y") == [" ".join(f"x{html5[name]}y".split())]


@given(st.text(alphabet="&#xX;0123456789aAmpltgnbsco \u00e9", max_size=40))
def test_references_are_read_as_python_reads_them(text: str) -> None:
    expected = "".join(letter if letter.isprintable() or letter.isspace() else "" for letter in unescape(text))
    found = "".join(letter if letter.isprintable() else "" for letter in " ".join(list_lines(text)))
    assert found.split() == "".join(x for x in expected if x.isprintable() or x.isspace()).split()


MARKUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in ("p", "div", "b", "a href=x", "li", "ul", "td", "table", "tr", "svg")]),
        st.sampled_from([f"</{tag}>" for tag in ("p", "div", "b", "a", "li", "ul", "td", "table", "tr", "svg", "x")]),
        st.sampled_from(["word ", "two words", "\n", "<!-- c -->", "<br>", "&amp;", "<p hidden>", "<noscript>", "<"]),
        st.text(max_size=6),
    ),
    max_size=60,
)


@given(MARKUP)
def test_any_markup_gives_lines_with_a_score(parts: list[str]) -> None:
    page = read_page("".join(parts))
    scores = page.score_lines(load_model())
    assert len(page.list_texts()) == scores.size
    assert all(text == " ".join(text.split()) != "" for text in page.list_texts())
    assert np.array_equal(scores, read_page("".join(parts)).score_lines(load_model()))


@given(st.lists(st.sampled_from(["p", "div", "b", "span", "li", "ul", "section", "h2", "x-y"]), max_size=30), st.data())
def test_no_word_is_lost_or_made_up(tags: list[str], data: st.DataObject) -> None:
    words = [f"w{number}" for number in range(len(tags))]
    closing = [data.draw(st.sampled_from(["", *(f"</{other}>" for other in tags)])) for _ in tags]
    page = "".join(f" <{tag}>{word}{end}" for tag, word, end in zip(tags, words, closing, strict=True))
    found = "".join(list_lines(page)).replace(" ", "")
    assert found == "".join(words)


@given(st.text(alphabet="abcdeADSRNComentshrlaiuBPX-_0 ", max_size=30))
def test_names_state_what_html_marks_says(name: str) -> None:
    for word in [name, f"{name}comment-list", f"post{name}author-bio", f"{name}ShareBar"]:
        assert read_kind(word) == next(filter(None, map(html_marks.find_name_kind, word.split())), None)


@pytest.mark.parametrize(
    "name",
    [
        *(word for words in html_marks.WORD_KINDS.values() for word in sorted(words)),
        *("-".join(phrase) for phrase in html_marks.PHRASE_KINDS),
        *html_marks.NAME_KINDS,
        "comments-closed", "comment-count", "no-comments", "relatedHTMLBox", "a b-c-d-e-f-g-share-h", "DATE",
    ],
)  # fmt: skip
def test_known_names_state_their_kind(name: str) -> None:
    assert read_kind(name) == next(filter(None, map(html_marks.find_name_kind, name.split())), None)


def read_kind(name: str) -> str | None:
    kind = int(scan_page(f"<b class='{name}'></b>".encode()).elements[1, CLASS_KIND])
    return LINE_KINDS[kind - 1] if kind else None


def test_deep_markup_is_flattened_and_keeps_its_text() -> None:
    page = read_page("<div>x" * 5_000)
    assert len(page.list_texts()) == 5_000
    assert max(len(path.split()) for path in list_paths("<div>x" * 5_000)) == MAX_DEPTH + 1


HOSTILE = {
    "deep": "<div>",
    "unclosed links": "<a href=x>y",
    "unclosed spans": "<span class='comment share'>y",
    "closed only": "</div></p></td>",
    "paragraphs in buttons": "<button><p>",
    "tables": "<table><tr><td>",
    "lists": "<ul><li>x",
    "noscript": "<noscript>x",
    "iframes": "<iframe x>",
    "scripts": "<script>a</script>",
    "comments": "<!-- - -->",
    "open comments": "<!-",
    "attributes": "<p a=b c='d' e",
    "quotes": "<p a='",
    "headings": "<h1>x<h2>",
    "entities": "&amp&notanentityatall&#",
    "names": "<p class='aBcDeF gHiJ-related'>x",
    "unknown": "<x-a><x-b></x-a>",
    "drawings": "<svg><g>",
}


def clock(markup: str, times: int) -> float:
    start = time.process_time()
    judge(read_page(markup * times))
    return time.process_time() - start


def judge(page: ReadPage) -> None:
    page.list_texts()
    page.decide_marks(page.score_lines(load_model()) > 0)


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_as_the_page_does(markup: str) -> None:
    """A page of a megabyte is read within a second or so; four times as long a page takes no ten times as long."""
    clock(markup, 10)
    times = 250_000 // len(markup)
    small = min(clock(markup, times) for _ in range(2))
    most = min(max(10 * small, 0.5), 6)
    # Other work on the machine takes from the caches; once is enough to show what the page costs.
    assert any(clock(markup, 4 * times) < most for _ in range(3))
