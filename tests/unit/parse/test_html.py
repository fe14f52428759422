from __future__ import annotations

import json
from dataclasses import replace

import pytest

from transforms.parse import html
from transforms.parse.page.model import RULES, load_model

from .parse_helpers import list_hints, list_lines, list_stated, parse_one

BODY = "".join(
    f"<p>Paragraph {number} says at some length what the harbour board decided about the old ferry and why it did.</p>"
    for number in range(8)
)


def make_page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"


def find_hint(parsed_hints: list[tuple[str, str | None]], start: str) -> str | None:
    return next(hint for text, hint in parsed_hints if text.startswith(start))


@pytest.fixture
def nothing_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that finds no main content in any page."""
    model = replace(load_model(), threshold=1 << 40)
    monkeypatch.setattr(html, "load_model", lambda: model)


def test_blocks_split_and_inline_tags_join() -> None:
    parsed = parse_one("a.html", make_page("<div>a<b>b</b>c<div>d</div>e<br>f<br><br>g</div><p>h <i>i</i>,\n j</p>"))
    assert list_lines(parsed) == ["abc", "d", "e", "f", "g", "h i, j"]
    assert parsed.lines["blank_before"].to_list() == [0, 1, 1, 0, 1, 1]


def test_invisible_parts_are_skipped() -> None:
    parts = (
        "<script>a()</script><style>b</style><template><p>c</p></template><noscript>d</noscript><!-- e -->"
        "<p hidden>f</p><p style='Display : none'>g</p><svg><text>h</text></svg><p>shown</p>tail"
    )
    assert list_lines(parse_one("a.html", make_page(parts))) == ["shown", "tail"]


def test_hidden_main_content_is_kept() -> None:
    """Pages streamed in parts hold their text in hidden elements until a script moves it."""
    lines = list_lines(parse_one("a.html", make_page(f"<div hidden id='S:0'><article>{BODY}</article></div>")))
    assert sum(line.startswith("Paragraph") for line in lines) == 8


def test_neighbouring_links_do_not_run_together() -> None:
    page = make_page("<div><a>Home</a><a>News</a></div><p><span>W</span>ord</p>")
    assert list_lines(parse_one("a.html", page)) == ["Home News", "Word"]


def test_data_tables_give_a_line_a_row_and_layout_tables_do_not() -> None:
    data = "<table><tr><th>Year</th><th>Trips</th></tr><tr><td>2019</td><td>40</td></tr></table>"
    layout = "<table><tr><td>left<td><p>right</p></table>"
    assert list_lines(parse_one("a.html", make_page(data + layout))) == ["Year | Trips", "2019 | 40", "left", "right"]


def test_preformatted_lines_stay_apart() -> None:
    assert list_lines(parse_one("a.html", make_page("<pre>one\n  two\n\nthree</pre>"))) == ["one", "two", "three"]


def test_hints_of_tags_and_classes() -> None:
    page = make_page(
        "<nav><ul><li>Menu</li></ul></nav><article><h1>The old ferry</h1>"
        "<p class='standfirst'>Nobody wants it.</p>"
        "<p class='byline'>By <a rel='author' href='/a'>Ada Pier</a> | <time datetime='2024-01-05'>5 January</time></p>"
        f"<p class='post-date'>Updated 6 January</p>{BODY}<h2>What next</h2><ul><li>Repair it in spring</li></ul>"
        "<blockquote><p>It was never a good ship.</p><footer>Tom Quay</footer></blockquote>"
        "<figure><img alt='not shown'><figcaption>The ferry at the pier</figcaption></figure>"
        "<div class='social-share-buttons'>Tell your friends</div></article>"
        "<aside>More stories</aside><section class='related-articles'><p>Another story</p></section>"
        "<div id='comments'><p>First!</p></div><div class='author-bio'>Ada Pier writes about ports.</div>"
        "<footer><p>Contact</p><p>© 2024 Harbour News</p></footer>"
    )
    hints = list_hints(parse_one("a.html", page))
    expected = {
        "Menu": "navigation",
        "The old ferry": "title",
        "Nobody wants it": "subtitle",
        "By Ada Pier | 5 January": "byline",
        "Updated 6 January": "dateline",
        "Paragraph 0": None,
        "What next": "heading",
        "It was never": "quote",
        "The ferry at the pier": "caption",
        "Tell your friends": "navigation",
        "More stories": "promo",
        "Another story": "promo",
        "First!": "comment",
        "Ada Pier writes": "bio",
        "Contact": "navigation",
        "© 2024": "legal",
    }
    assert {start: find_hint(hints, start) for start in expected} == expected
    assert "not shown" not in dict(hints)


@pytest.mark.usefixtures("nothing_main")
def test_footer_of_a_quotation_is_its_source() -> None:
    page = "<blockquote><p>It was never a good ship.</p><footer>Tom Quay</footer></blockquote>"
    assert {hint for _, hint in list_hints(parse_one("a.html", page))} == {"quote"}


def test_lines_outside_the_main_content_are_told() -> None:
    page = make_page(
        f"<div><div>Weather: rain</div></div><article>{BODY}</article><div><div>Index of shares</div></div>"
    )
    parsed = parse_one("a.html", page)
    rules = dict(parsed.lines.select("text", "hint_rule").iter_rows())
    assert rules["Index of shares"] in RULES[:50]
    assert sum(rule is None for rule in rules.values()) == 8


@pytest.mark.usefixtures("nothing_main")
def test_page_without_main_content_has_the_hints_of_its_tags() -> None:
    page = "<p>xxxxxxxxx</p><nav>y</nav><ul><li>z</li></ul><div class='comment-list'>v</div>"
    hints = [("xxxxxxxxx", None), ("y", "navigation"), ("z", "list_item"), ("v", "comment")]
    assert list_hints(parse_one("a.html", page)) == hints


def test_container_of_the_whole_text_is_not_what_its_class_says() -> None:
    page = make_page(f"<div class='related-content'><article class='comment-on'>{BODY}</article></div>")
    assert [hint for _, hint in list_hints(parse_one("a.html", page))] == [None] * 8


def test_class_around_every_paragraph_is_not_what_it_says() -> None:
    page = make_page(
        "<article>" + BODY.replace("<p>", "<div class='promo'><p>").replace("</p>", "</p></div>") + "</article>"
    )
    assert [hint for _, hint in list_hints(parse_one("a.html", page))] == [None] * 8


def test_title_among_several_is_the_stated_one() -> None:
    page = make_page(
        "<h1>Harbour News</h1><h1>The old ferry</h1><p>x</p>", "<title>The old ferry | Harbour News</title>"
    )
    assert list_hints(parse_one("a.html", page))[:2] == [("Harbour News", "heading"), ("The old ferry", "title")]


def test_json_ld_in_a_graph_comes_first() -> None:
    graph = {
        "@graph": [
            {"@type": "WebSite", "name": "not this"},
            {"@type": "Person", "@id": "#ada", "name": "Ada Pier"},
            {
                "@type": ["NewsArticle"],
                "headline": "Ferry &amp; pier",
                "author": [
                    {"@id": "#ada"},
                    {"@type": "Person", "name": "Tom Quay"},
                    {"@type": "Organization", "name": "O"},
                ],
                "datePublished": "2024-01-05T08:30:00+01:00",
                "publisher": {"@type": "Organization", "name": "Harbour News"},
                "mainEntityOfPage": {"@id": "https://example.org/ferry"},
                "inLanguage": "en-GB",
                "alternativeHeadline": "A story \ud800 of rust",
            },
        ]
    }
    head = (
        f"<script type='application/ld+json'>{json.dumps(graph)}</script><title>Ferry - Harbour</title>"
        "<meta property='og:title' content='Ferry'><meta property='og:site_name' content='Harbour'>"
        "<meta name='author' content='Ada P.'><meta property='article:author' content='https://example.org/ada'>"
        "<meta property='article:published_time' content='2024-01-05'><link rel='canonical' href='https://example.org/c'>"
    )
    parsed = parse_one("a.html", make_page(f"<article>{BODY}</article>", head))
    assert list_stated(parsed, "title") == [
        ("Ferry & pier", "html.json_ld.headline"),
        ("Ferry", "html.meta.og:title"),
        ("Ferry - Harbour", "html.title"),
    ]
    assert list_stated(parsed, "authors") == [
        ("Ada Pier", "html.json_ld.author"),
        ("Tom Quay", "html.json_ld.author"),
        ("Ada P.", "html.meta.author"),
    ]
    assert list_stated(parsed, "published_at")[0] == ("2024-01-05T08:30:00+01:00", "html.json_ld.datePublished")
    assert list_stated(parsed, "outlet")[0] == ("Harbour News", "html.json_ld.publisher")
    assert [value for value, _ in list_stated(parsed, "url")] == ["https://example.org/c", "https://example.org/ferry"]
    assert list_stated(parsed, "language") == [("en", "html.lang"), ("en-GB", "html.json_ld.inLanguage")]
    assert list_stated(parsed, "kind") == [("NewsArticle", "html.json_ld.@type")]
    assert list_stated(parsed, "subtitle")[0] == ("A story \ufffd of rust", "html.json_ld.alternativeHeadline")


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "[" * 100_000,
        "null",
        "3",
        '"x"',
        '[[{"@type": 1, "headline": {}}]]',
        "<!-- {} -->",
        '{"@type": "Article", "author": [null, 1, {"name": 2}]}',
    ],
)
def test_broken_json_ld_states_nothing(script: str) -> None:
    parsed = parse_one("a.html", f"<script type='application/ld+json'>{script}</script><p>x</p>")
    assert list_lines(parsed) == ["x"]
    assert not list_stated(parsed, "title") + list_stated(parsed, "authors")


def test_links_of_the_main_content_are_stated() -> None:
    page = make_page(
        "<nav><a href='https://example.org/menu'>Menu</a></nav><article>"
        + BODY.replace("decided", "<a href=' https://example.org/minutes '>decided</a>", 2)
        + "<p>Write to <a href='mailto:ada@example.org?subject=x'>Ada about it</a> or see <a href='/rel'>it.</a></p>"
        + "</article>"
    )
    parsed = parse_one("a.html", page)
    assert list_stated(parsed, "links") == [("https://example.org/minutes", "html.a.href")]
    assert list_stated(parsed, "emails") == [("ada@example.org", "html.a.mailto")]


def test_declared_encoding_counts() -> None:
    page = "<meta charset='windows-1251'><p>Ж</p>".encode("cp1251")
    assert list_lines(parse_one("a.html", page)) == ["Ж"]
    page = "<?xml version='1.0' encoding='koi8-r'?><html><p>Ж</p></html>".encode("koi8-r")
    assert list_lines(parse_one("a.html", page)) == ["Ж"]
    assert list_lines(parse_one("a.html", "<meta charset=windows-1252><p>Ж</p>")) == ["Ж"]


def test_entities_of_a_doctype_are_not_expanded() -> None:
    levels = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    page = f"<!DOCTYPE html [<!ENTITY l0 'ha'>{levels}<!ENTITY f SYSTEM 'file:///etc/hostname'>]><p>&l11;&f;&amp;</p>"
    assert len("".join(list_lines(parse_one("a.html", page)))) < 2_000


def test_too_deep_markup_is_rejected_and_not_cut() -> None:
    parsed = parse_one("a.html", "<div>" * 100_000 + "x")
    assert parsed.failures["reason_code"].to_list() == ["unparsable"]
    assert parsed.failures["reason"][0].startswith("The markup could not be read. Excessive depth")


@pytest.mark.parametrize(
    "page",
    [
        "<p>" + "word " * 1_000_000,
        "<p>" + "<b>w</b> " * 100_000,
        "<p>text here</p>" * 40_000,
        "<table><tr><td>" * 60 + "x",
        "<div><p>text here" * 120,
        "<a href='" + "x" * 1_000_000 + "'>x</a>",
        "<p class='" + "comment " * 10_000 + "'>x</p>",
        "<<<>>><p<p</p x<!--",
    ],
    ids=["long line", "inline", "many", "tables", "unclosed", "attribute", "classes", "broken"],
)
def test_hostile_pages_take_bounded_time(page: str) -> None:
    assert parse_one("a.html", page).lines.height > 0


def test_page_without_text_is_rejected() -> None:
    for page in ("<!-- x -->", "<p> </p>", "<script>x</script>", "<img alt='x'>", "<br>"):
        assert parse_one("a.html", page).failures["reason_code"].to_list() == ["whitespace_only"]
