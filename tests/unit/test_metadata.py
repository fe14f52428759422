"""Metadata: what markup states, what lines print, and what must stay null."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_clean import BODY, make_lines
from transforms.blocks import assemble_texts
from transforms.clean import classify_lines
from transforms.contracts.parsed import RECORDS
from transforms.contracts.tables import DOCUMENT_COLUMNS
from transforms.metadata import COLUMNS, extract_metadata
from transforms.metadata.dates import read_times
from transforms.metadata.people import split_names


def extract(*texts: str, stated: list[tuple[str, str, str]] | None = None) -> dict[str, Any]:
    values = [dict(zip(("field", "value", "rule"), row, strict=True)) for row in stated or []]
    records = pl.DataFrame([("d", "d.txt", 0, "text/plain", "0" * 64, 1, values)], schema=RECORDS, orient="row")
    classified = classify_lines(make_lines(*texts))
    return extract_metadata(records, classified, assemble_texts(classified)).row(0, named=True)


def read(value: str) -> tuple[datetime | None, str | None]:
    row = read_times(pl.DataFrame({"value": [value]})).row(0, named=True)
    return row["published_at"], row["published_precision"]


@pytest.mark.parametrize(
    ("printed", "published", "precision"),
    [
        ("2018-07-14T10:16:05Z", (2018, 7, 14, 10, 16, 5), "second"),
        ("2018-07-14T10:16:00+02:00", (2018, 7, 14, 8, 16), "second"),
        ("2018-07-14", (2018, 7, 14), "day"),
        ("2018-07", (2018, 7, 1), "month"),
        ("2018", (2018, 1, 1), "year"),
        ("27 Feb 2026 - 12:02am 7 mins", (2026, 2, 27, 0, 2), "minute"),
        ("Published 7:05 a.m. MT July 16, 2018", (2018, 7, 16, 13, 5), "minute"),
        ("Arizona Daily Published 7:05 a.m. MT July 16, 2018", (2018, 7, 16, 14, 5), "minute"),
        ("5:58 am PDT, Monday, July 16, 2018", (2018, 7, 16, 12, 58), "minute"),
        ("December 3, 2018 6 PM ET", (2018, 12, 3, 23, 0), "minute"),
        ("Posted: 4:35 PM, July 15, 2018", (2018, 7, 15, 16, 35), "minute"),
        ("May 31, 2019 / 10:50 AM", (2019, 5, 31, 10, 50), "minute"),
        ("14. Juli 2018, 18:30 Uhr", (2018, 7, 14, 18, 30), "minute"),
        ("Publié le 14 juillet 2018 à 18h30", (2018, 7, 14, 18, 30), "minute"),
        ("1er août 2018", (2018, 8, 1), "day"),
        ("14 de julio de 2018", (2018, 7, 14), "day"),
        ("14 июля 2018", (2018, 7, 14), "day"),
        ("16.07.2018", (2018, 7, 16), "day"),
        ("16/07/2018", (2018, 7, 16), "day"),
        ("07/16/2018 05:35 am ET", (2018, 7, 16, 9, 35), "minute"),
        ("06/01/2018 02:57 pm ET", (2018, 6, 1, 18, 57), "minute"),
        ("07/15/18 02:45 PM EDT", (2018, 7, 15, 18, 45), "minute"),
        ("2018年7月16日", (2018, 7, 16), "day"),
        ("2018年7月16日 午前6時05分", (2018, 7, 16, 6, 5), "minute"),
        ("2018年7月16日 午後0時30分", (2018, 7, 16, 12, 30), "minute"),
        ("２０１８年７月１６日（月）１８：０５", (2018, 7, 16, 18, 5), "minute"),
        ("2018年7月16日 18時半", (2018, 7, 16, 18, 30), "minute"),
        ("2018年7月16日 下午3:05", (2018, 7, 16, 15, 5), "minute"),
        ("2018年7月16日 上午9点", (2018, 7, 16, 9, 0), "minute"),
        ("2018년 7월 16일 오후 3시 5분", (2018, 7, 16, 15, 5), "minute"),
        ("2018. 7. 16.", (2018, 7, 16), "day"),
        ("입력 2018. 7. 16. 오전 9:05", (2018, 7, 16, 9, 5), "minute"),
        ("2018-07-16 06:00", (2018, 7, 16, 6, 0), "minute"),
        ("14 July 2018. 10.30", (2018, 7, 14, 10, 30), "minute"),
        ("Issue 58 · Monday 16 July 2018", (2018, 7, 16), "day"),
        ("No. 12 | July 16, 2018", (2018, 7, 16), "day"),
        ("Published May 2, 2024 | Updated May 4, 2024", (2024, 5, 2), "day"),
        ("Updated 9:12 a.m. GMT May 4, 2024", (2024, 5, 4, 9, 12), "minute"),
    ],
)
def test_a_printed_time(printed: str, published: tuple[int, ...], precision: str) -> None:
    assert read(printed) == (datetime(*published, tzinfo=UTC), precision)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "printed",
    [
        "33 mins ago",
        "yesterday",
        "July 14",
        "06/07/2018",
        "8:08 AM ET",
        "32 July 2018",
        "31.02.2018",
        "Monday",
        "",
    ],
)
def test_a_stamp_that_names_no_day_is_not_guessed(printed: str) -> None:
    assert read(printed) == (None, None)


@settings(max_examples=20, deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_layouts_of_one_day_agree(day: date) -> None:
    layouts = [
        f"{day:%Y-%m-%d}",
        f"{day:%d %B %Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%d.%m.%Y}",
        f"{day:%A, %d %b %Y}",
    ]
    assert {read(layout) for layout in layouts} == {(datetime(day.year, day.month, day.day, tzinfo=UTC), "day")}


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("By Mira Solberg", ["Mira Solberg"]),
        ("By MIRA SOLBERG AND TOMAS OKONKWO, CNN", ["MIRA SOLBERG", "TOMAS OKONKWO"]),
        ("Ann Okafor, Bo Lindqvist and J.R. van der Berg", ["Ann Okafor", "Bo Lindqvist", "J.R. van der Berg"]),
        ("Mira Solberg & Bo Lindqvist", ["Mira Solberg", "Bo Lindqvist"]),
        ("By SEN. MIRA SOLBERG", ["MIRA SOLBERG"]),
        ("Mira Solberg , Harbour Republic Published 7:05 a.m. MT July 16, 2018", ["Mira Solberg"]),
        ("Mira SolbergPosted at 12:31 pm on July 15, 2018", ["Mira Solberg"]),
        ("desk@harbour.example (Mira Solberg)", ["Mira Solberg"]),
        ("Von Jürgen Müller-Lüdenscheidt", ["Jürgen Müller-Lüdenscheidt"]),
        ("By: Mira Solberg | July 14, 2018 10:16 am ET Follow @mira", ["Mira Solberg"]),
        ("By Associated Press", []),
        ("Staff Writer", []),
        ("記者 港野あかり", ["港野あかり"]),
        ("文：李海灯", ["李海灯"]),
        ("김바다 기자", ["김바다"]),
        ("記者 社会部", []),
    ],
)
def test_names_of_a_byline(printed: str, names: list[str]) -> None:
    assert split_names(pl.DataFrame({"value": [printed], "is_printed": [True]}))["name"].to_list() == names


def test_a_stated_name_may_be_of_any_script() -> None:
    stated = pl.DataFrame({"value": ["山田太郎", "Мира Сольберг, Бо Линдквист"], "is_printed": [False, False]})
    assert split_names(stated)["name"].to_list() == ["山田太郎", "Мира Сольберг", "Бо Линдквист"]


def test_a_whole_page() -> None:
    found = extract(
        "Lighthouse of Ostrava Bay to move inland | Harbour Times",
        "The council wants to save the tower from the sea",
        "By Mira Solberg and Bo Lindqvist",
        "Published 7:05 a.m. ET May 2, 2024",
        *BODY,
        "Follow Mira Solberg on Twitter @mirasolberg or write to mira@harbour.example.",
    )
    assert found["title"] == "Lighthouse of Ostrava Bay to move inland"
    assert found["subtitle"] == "The council wants to save the tower from the sea"
    assert found["authors"] == ["Mira Solberg", "Bo Lindqvist"]
    assert found["published_at"] == datetime(2024, 5, 2, 11, 5, tzinfo=UTC)
    assert found["published_precision"] == "minute"
    assert found["outlet"] == "Harbour Times"
    assert found["kind"] == "news"
    assert found["emails"] == ["mira@harbour.example"]
    assert found["handles"] == ["@mirasolberg"]
    assert {
        "field": "published_at",
        "value": "Published 7:05 a.m. ET May 2, 2024",
        "line": 3,
        "rule": "text.date_line",
    } in found["evidence"]


def test_a_masthead_of_any_script_is_the_outlet() -> None:
    found = extract(
        "灯台新報", "", "灯台、内陸へ移る", "2024年5月3日 午前6時00分", *BODY, "© 灯台新報 無断転載を禁じます"
    )
    assert (found["title"], found["outlet"]) == ("灯台、内陸へ移る", "灯台新報")
    assert found["published_at"] == datetime(2024, 5, 3, 6, tzinfo=UTC)
    assert {"field": "outlet", "value": "灯台新報", "line": 0, "rule": "text.outlet_line"} in found["evidence"]


def test_markup_may_hide_the_rule_of_newsletter_talk() -> None:
    lines = make_lines(
        *BODY, "You receive this letter because you asked for it.", hints={4: ("navigation", "html.footer")}
    )
    classified = classify_lines(lines)
    found = extract_metadata(pl.DataFrame(schema=RECORDS), classified, assemble_texts(classified))
    assert found["kind"].to_list() == ["newsletter"]


def test_plain_paragraphs_state_nothing() -> None:
    found = extract(*BODY)
    fields = ("title", "subtitle", "published_at", "published_precision", "outlet", "url")
    assert [found[field] for field in fields] == [None] * len(fields)
    assert found["authors"] == found["links"] == found["emails"] == found["handles"] == []


def test_markup_is_taken_before_print() -> None:
    found = extract(
        "A printed headline of the page",
        "By Bo Lindqvist",
        "May 2, 2024",
        *BODY,
        stated=[
            ("authors", "Mira Solberg", "html.json_ld.author"),
            ("authors", "Ann Okafor", "html.json_ld.author"),
            ("authors", "Bo Lindqvist", "html.meta.author"),
            ("published_at", "2024-05-01T08:00:00+02:00", "html.json_ld.datePublished"),
            ("title", "The stated headline – Harbour Times", "html.title"),
            ("outlet", "Harbour Times", "html.meta.og:site_name"),
            ("url", "https://harbour.example/tower", "html.link.canonical"),
            ("kind", "OpinionNewsArticle", "html.json_ld.type"),
            ("links", "https://harbour.example/plan", "html.a"),
        ],
    )
    assert found["title"] == "The stated headline"
    assert found["authors"] == ["Mira Solberg", "Ann Okafor"]
    assert found["published_at"] == datetime(2024, 5, 1, 6, tzinfo=UTC)
    assert (found["outlet"], found["url"], found["kind"]) == (
        "Harbour Times",
        "https://harbour.example/tower",
        "opinion",
    )
    assert found["links"] == ["https://harbour.example/plan"]
    assert all(item["line"] is None for item in found["evidence"])


def test_a_relative_stamp_is_evidence_only() -> None:
    found = extract("Lighthouse of Ostrava Bay to move inland", "Published 33 mins ago", *BODY)
    assert found["published_at"] is None
    assert [item["value"] for item in found["evidence"] if item["field"] == "published_at"] == ["Published 33 mins ago"]


def test_the_author_of_a_bio_signs_a_page_without_a_byline() -> None:
    found = extract(*BODY, "Mira Solberg is a Harbour Times columnist and the author of The Moving Tower.")
    assert (found["authors"], found["outlet"], found["kind"]) == (["Mira Solberg"], "Harbour Times", "opinion")


def test_addresses_lose_the_punctuation_around_them() -> None:
    found = extract(
        *BODY,
        "The plan (https://harbour.example/plan_(draft)) is public; see www.harbour.example. "
        "It was sent to ann@harbour.example, and to @bay_watch.",
    )
    assert found["links"] == ["https://harbour.example/plan_(draft)", "www.harbour.example"]
    assert found["emails"] == ["ann@harbour.example"]
    assert found["handles"] == ["@bay_watch"]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("Live updates: the tower of Ostrava Bay moves", *BODY), "live_blog"),
        (("Fact check: Was the tower ever sold?", *BODY), "fact_check"),
        (("Your Monday Briefing: tower, tide and trade", *BODY), "newsletter"),
        (("OSTRAVA, May 2 /PRNewswire/ -- Harbour Ltd. will move the tower of the bay.", *BODY), "press_release"),
        (("Opinion", "Let the tower stand where it stood", *BODY), "opinion"),
        (("Notes on the tower", *BODY, "You get this letter because you signed up for it."), "newsletter"),
        (("Notizen vom Turm", *BODY, "Sie erhalten diesen Brief, weil Sie ihn bestellt haben."), "newsletter"),
        (("Notes on the tower", *BODY, "If you enjoy these letters, please become a paid subscriber."), "newsletter"),
        (("Tower to move", *BODY, "Sign up for our newsletter", "You can unsubscribe at any time."), "news"),
        (("Home", "News", "Opinion", "Lighthouse of Ostrava Bay to move inland", "2 May 2024", *BODY), "news"),
        (BODY, "news"),
    ],
)
def test_kinds(texts: tuple[str, ...], kind: str) -> None:
    assert extract(*texts)["kind"] == kind


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([*BODY, "By Ann Okafor", "2 May 2024", "Harbour Times"]), st.text(max_size=50)),
        min_size=1,
        max_size=15,
    )
)
def test_one_row_a_text_with_the_columns_of_a_document(texts: list[str]) -> None:
    lines = [" ".join(text.split()) for text in texts]
    classified = classify_lines(make_lines(*lines))
    bodies = assemble_texts(classified)
    found = extract_metadata(pl.DataFrame(schema=RECORDS), classified, bodies)
    assert found["document_id"].to_list() == bodies["document_id"].to_list()
    assert found.schema == {column.name: column.dtype for column in DOCUMENT_COLUMNS if column.name in COLUMNS}
    last = classified["line"].max()
    for item in found.explode("evidence", empty_as_null=False).drop_nulls("evidence")["evidence"]:
        assert item["line"] is None or (isinstance(last, int) and item["line"] <= last)


def test_an_earlier_day_beside_the_headline_goes_before_a_later_stated_one() -> None:
    stated = [("published_at", "2025-06-24", "html.json_ld.datePublished")]
    earlier = extract(*BODY, stated=[*stated, ("published_at", "August 25, 2024", "html.near_headline")])
    later = extract(*BODY, stated=[*stated, ("published_at", "August 25, 2025", "html.near_headline")])
    assert earlier["published_at"] == datetime(2024, 8, 25, tzinfo=UTC)
    assert later["published_at"] == datetime(2025, 6, 24, tzinfo=UTC)


@pytest.mark.parametrize("rule", ["eml.from", "feed.author", "jsonl.author", "some.thing.new"])
def test_rules_of_any_format_state_authors(rule: str) -> None:
    stated = [("authors", "Harbour Times", rule), ("authors", "Mira Solberg", "html.meta.author")]
    assert extract(*BODY, stated=stated)["authors"] == ["Mira Solberg"]
    assert extract(*BODY, stated=[("authors", "Bo Lindqvist", rule), *stated])["authors"] == ["Bo Lindqvist"]


def test_a_site_may_bear_the_name_of_its_author_but_no_paper_is_one() -> None:
    own = [("outlet", "Mira Solberg", "html.meta.og:site_name"), ("authors", "Mira Solberg", "html.meta.author")]
    paper = [("outlet", "Quayside", "html.meta.og:site_name"), ("authors", "Quayside", "html.meta.author")]
    assert extract(*BODY, stated=own)["authors"] == ["Mira Solberg"]
    assert extract(*BODY, stated=paper)["authors"] == []


def test_links_to_authors_complete_what_json_ld_names() -> None:
    stated = [
        ("authors", "Mira Solberg", "html.json_ld.author"),
        ("authors", "Bo Lindqvist", "html.rel.author"),
        ("authors", "Mira Solberg", "html.rel.author"),
    ]
    assert extract(*BODY, stated=stated)["authors"] == ["Bo Lindqvist", "Mira Solberg"]


@pytest.mark.parametrize(
    ("title", "stripped"),
    [
        ("Tower to move | Royal | News | quay.example", "Tower to move"),
        ("Tower to move - The Quay", "Tower to move"),
        ("Tower to move - and the quay too", "Tower to move - and the quay too"),
    ],
)
def test_outlets_and_sections_go_off_the_title(title: str, stripped: str) -> None:
    stated = [("title", title, "html.title"), ("outlet", "The Quay", "html.meta.og:site_name")]
    assert extract(*BODY, stated=stated)["title"] == stripped


def test_an_article_of_an_agency_has_no_author_from_the_boxes_around_it() -> None:
    stated = [("authors", "dpa", "html.itemprop.author"), ("authors", "Von Mira Solberg", "html.class.credit")]
    assert extract(*BODY, stated=stated)["authors"] == []
    assert extract(*BODY, stated=stated[1:])["authors"] == ["Mira Solberg"]
