"""Headline, authors and time by where they stand in a page, and not by what teasers and comments say."""

import pytest

from transforms.parse.html import parse_tree
from transforms.parse.html_stated import find_stated_values

HEADLINE = "Lighthouse of Ostrava Bay to move inland"


def state(field: str, body: str, head: str = "") -> list[tuple[str, str]]:
    root = parse_tree(f"<html><head>{head}</head><body>{body}</body></html>")
    assert root is not None
    return [(value.value, value.rule) for value in find_stated_values(root) if value.field == field]


def test_the_heading_that_resembles_the_title_is_the_headline() -> None:
    body = f"<h1>Harbour Times</h1><h1>{HEADLINE}</h1>"
    assert state("title", body, f"<title>{HEADLINE} | Harbour Times</title>")[0] == (HEADLINE, "html.h1")


def test_a_logo_is_no_headline() -> None:
    stated = state("title", "<h1>Harbour Times</h1>", f"<title>{HEADLINE} | Harbour Times</title>")
    assert stated == [(f"{HEADLINE} | Harbour Times", "html.title")]


@pytest.mark.parametrize(("kind", "first"), [("NewsArticle", "html.json_ld.headline"), ("BlogPosting", "html.h1")])
def test_only_news_in_json_ld_goes_before_the_heading(kind: str, first: str) -> None:
    script = f'<script type="application/ld+json">{{"@type": "{kind}", "headline": "{HEADLINE} in May"}}</script>'
    assert state("title", f"<h1>{HEADLINE}</h1>", script)[0][1] == first


def test_a_review_inside_a_product_says_nothing_of_the_page() -> None:
    script = (
        '<script type="application/ld+json">{"@type": "Product", "name": "Lamp", "review": {"@type": "Review", '
        '"author": "Bo Lindqvist", "datePublished": "2024-05-02"}}</script>'
    )
    assert state("authors", "", script) == state("published_at", "", script) == []


def test_the_day_of_a_page_is_that_of_its_file() -> None:
    script = '<script type="application/ld+json">{"@type": "WebPage", "datePublished": "2024-05-02"}</script>'
    assert state("published_at", "", script) == []


def test_the_byline_above_the_text_is_stated_and_those_of_teasers_are_not() -> None:
    body = (
        f'<h1>{HEADLINE}</h1><p class="byline">By <b>Mira Solberg</b></p>'
        '<aside><p class="byline">By Bo Lindqvist</p></aside>'
        '<div class="related"><p class="byline">By Tomas Okonkwo</p></div>'
    )
    assert ("By Mira Solberg", "html.class.credit") in state("authors", body)
    assert not {"By Bo Lindqvist", "By Tomas Okonkwo"} & {value for value, _ in state("authors", body)}


def test_many_linked_authors_are_those_of_a_list() -> None:
    links = "".join(f'<a rel="author" href="/{number}">Mira Solberg {chr(65 + number)}.</a>' for number in range(9))
    assert [rule for _, rule in state("authors", links) if rule == "html.rel.author"] == []


def test_of_microdata_the_first_item_counts_and_its_comments_do_not() -> None:
    item = '<div itemscope itemtype="https://schema.org/{}"><span itemprop="author">{}</span></div>'
    body = item.format("Article", "Mira Solberg") + item.format("Comment", "Bo Lindqvist")
    assert state("authors", body) == [("Mira Solberg", "html.itemprop.author")]


def test_the_time_behind_the_headline_counts() -> None:
    body = (
        '<time datetime="2024-05-09">9 May</time>'
        f'<h1>{HEADLINE}</h1><time datetime="2024-05-02T10:00">2 May</time><time datetime="2024-05-03">3 May</time>'
    )
    assert state("published_at", body)[0] == ("2024-05-02T10:00", "html.time.datetime")


def test_many_times_are_those_of_a_list() -> None:
    times = "".join(f'<time datetime="2024-05-0{day}">{day} May</time>' for day in range(1, 8))
    assert state("published_at", times) == []


def test_what_stands_beside_the_headline_is_stated_last() -> None:
    body = f'<h1>{HEADLINE}</h1><div><span>May 2, 2024</span><a href="/authors/mira">Mira Solberg</a></div>'
    assert state("published_at", body) == [("May 2, 2024", "html.near_headline")]
    assert state("authors", body) == [("Mira Solberg", "html.near_headline")]
