"""Line classification: markers, place on the page, and the laws that hold for any text."""

from typing import Final

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.blocks import assemble_texts
from transforms.clean import classify_lines
from transforms.clean.marker import Marker
from transforms.clean.markers import MARKERS
from transforms.clean.markers_of_media import EDGE_MARKERS
from transforms.clean.patterns import bound_ascii
from transforms.contracts.parsed import CLASSIFIED, LINES
from transforms.contracts.vocabulary import BODY_KINDS, LINE_KINDS

BODY = [
    "The harbour master of Ostrava Bay said on Tuesday that the old lighthouse would be moved forty metres inland.",
    "Engineers have worked on the plan for two years, and the first stones are to be lifted before the autumn storms.",
    "Residents had feared that the tower would be pulled down, as its twin on the northern shore was in the seventies.",
    "The council will vote on the money in May, and the work itself is expected to take no longer than three weeks.",
]

MORE_BODY = [
    "Divers looked at the old foundations in April and found the oak piles below the granite to be as sound as new.",
    "A rail of steel will carry the tower, pulled by winches that were built for a church in the Arctic mining towns.",
    "Fishermen still steer by its lamp, although most of them own a receiver that tells them where they are.",
]


def make_lines(*texts: str, document_id: str = "d", hints: dict[int, tuple[str, str]] | None = None) -> pl.DataFrame:
    """Builds LINES as a reader of plain text would, with hints for single lines."""
    rows: list[tuple[str, int, str, int, str | None, str | None]] = []
    blank = 0
    stated: dict[int, tuple[str | None, str | None]] = {**(hints or {})}
    for text in texts:
        if not text.strip():
            blank += 1
            continue
        hint = stated.get(len(rows), (None, None))
        rows.append((document_id, len(rows), text.strip(), blank, *hint))
        blank = 0
    return pl.DataFrame(rows, schema=LINES, orient="row")


def classify(*texts: str) -> list[str]:
    return classify_lines(make_lines(*texts))["kind"].to_list()


def kind_of(text: str) -> str:
    """The kind of a line that stands in the middle of running text."""
    return classify(*BODY[:2], text, *BODY[2:])[2]


WITHIN_THE_TEXT = [
    ("Advertisement", "ad"),
    ("Anzeige", "ad"),
    ("Publicité", "ad"),
    ("Story continues below", "ad"),
    ("window._taboola = window._taboola || []; _taboola.push({flush: true});", "ad"),
    ("Share on Facebook", "navigation"),
    ("Share Tweet Email Print 12", "navigation"),
    ("Image 3 of 14", "navigation"),
    ("4 / 9", "navigation"),
    ("* * *", "navigation"),
    ("We use cookies to improve your experience on our site. Accept all", "navigation"),
    ("Diese Website verwendet Cookies, um Inhalte zu personalisieren.", "navigation"),
    ("Leave a comment", "navigation"),
    ("© 2024 Harbour Press. All rights reserved.", "legal"),
    ("Read more: Why the twin tower fell", "promo"),
    ("Sign up for our morning newsletter", "promo"),
    ("Newsletter abonnieren", "promo"),
    ("Suscríbete a nuestro boletín", "promo"),
    ("Photo: Mira Solberg / Harbour Press", "caption"),
    ("The lighthouse at dusk (Mira Solberg/AFP/Getty)", "caption"),
    ("FILE - In this May 2, 2019 file photo, the lighthouse stands in fog.", "caption"),
    ("The tower before the storm. Photograph: Mira Solberg/Harbour Press", "caption"),
    ("Winches on the northern cliff. Picture: Tomas Okonkwo", "caption"),
    ("The lamp room, as it will look in June. Illustration: Ann Okafor for the Bay Trust", "caption"),
    ("Low tide at the old piles. Photo by Mira Solberg", "caption"),
    ("A keeper's log of 1911. Credit: Bay Archive/Reuters", "caption"),
    ("Der Turm am Morgen nach dem Sturm. Foto: Mira Solberg/dpa", "caption"),
    ("Le phare avant les travaux. Crédit photo : Anaïs Morvan", "caption"),
    ("El faro al anochecer. Imagen: Lucía Ferrán", "caption"),
    ("移設を待つ灯台(写真：港湾局提供)", "caption"),
    ("Read the full report here.", "promo"),
    ("You can find the rest of this letter on our website.", "promo"),
    ("Hier geht es zum ganzen Artikel", "promo"),
    ("Lire l'intégralité du texte ici", "promo"),
    ("Lee el reportaje completo aquí", "promo"),
    ("You are receiving this e-mail because you asked for news of the bay.", "promo"),
    ("You got this newsletter because a friend of the tower gave us your address.", "promo"),
    ("Sie erhalten diesen Newsletter, weil Sie sich dafür angemeldet haben.", "promo"),
    ("Vous recevez cette lettre parce que vous êtes abonné.", "promo"),
    ("Recibes este boletín porque te apuntaste a él.", "promo"),
    ("To stop receiving these letters, write to the harbour office.", "promo"),
    ("If you like these letters, you may want to pay for one.", "promo"),
    ("Paying subscribers also receive our drawings of the tower every month.", "promo"),
    ("© 灯台新聞 無断転載を禁じます", "legal"),
    ("版权所有 未经许可不得转载", "legal"),
    ("무단 전재 및 재배포 금지", "legal"),
    ("Issue 31 · Friday 3 May 2024", "dateline"),
    ("Vol. 4, No. 12 | May 3, 2024", "dateline"),
    ("Ausgabe 7, 3. Mai 2024", "dateline"),
    ("Numéro 40 – 3 mai 2024", "dateline"),
    ("2024年5月3日(金) 午後3時05分", "dateline"),
    ("2024. 5. 3. 오후 3:05", "dateline"),
    ("发布时间：2024年5月3日 15:05", "dateline"),
    ("Editor's note: The height of the tower was corrected on May 3.", "note"),
    ("This story is being updated.", "note"),
    ("(Reporting by Mira Solberg; editing by Tomas Okonkwo)", "byline"),
    ("Mira Solberg in Ostrava contributed to this report.", "byline"),
    ("— Harbour Watch (@harbourwatch) May 3, 2024", "quote"),
    ("• The tower weighs nine hundred tonnes", "list_item"),
    ("Why the tower must move", "heading"),
    ("1:10 p.m.", "heading"),
    ("Yes.", "paragraph"),
    ("By the time the storm came, the crew had left.", "paragraph"),
    ("The island can be reached by ferry, and the tower by foot.", "paragraph"),
    ("She said the donation from Norway was welcome.", "paragraph"),
    ("Subscribers also get a discount at the pool, and the pool gets a roof in May.", "paragraph"),
    ("She kept the letter because it was signed, and the photo by her bed because it was not.", "paragraph"),
    ("The service counted 2.1 million paid subscribers in the spring, a tenth more than a year ago.", "paragraph"),
    ("You can unsubscribe from such a plan, the lawyer said, but only in writing.", "paragraph"),
    ("灯台は五月三日に移設され、港の明かりは三週間だけ消えるという。", "paragraph"),
    ("OSTRAVA (AP) — The tower is safe, the harbour master said.", "paragraph"),
]


@pytest.fixture(scope="module")
def kinds_within() -> dict[str, str]:
    """The kind of each line of WITHIN_THE_TEXT in the middle of running text, all read in one batch."""
    documents = [
        make_lines(*BODY[:2], text, *BODY[2:], document_id=str(number))
        for number, (text, _) in enumerate(WITHIN_THE_TEXT)
    ]
    inside = classify_lines(pl.concat(documents)).filter(pl.col("line") == 2)
    return dict(inside.select("text", "kind").iter_rows())


@pytest.mark.parametrize(("text", "kind"), WITHIN_THE_TEXT)
def test_a_line_within_the_text(kinds_within: dict[str, str], text: str, kind: str) -> None:
    assert kinds_within[text] == kind


WAYS_TO_REACH: Final = (
    "Follow her on Twitter @mirasolberg.",
    "Contact him at: mira@bay.example",
    "E-mail them @ baytrust",
    "Email her at mira@bay.example.",
    "He tweets at @mirasolberg.",
    "They tweet @baytrust about the tower.",
    "follow mira solberg on bluesky",
    "reach the reporter at mira@bay.example",
    "she can be reached at mira@bay.example",
    "he is reachable by phone",
    "mira solberg tweets as @mirasolberg",
)


@pytest.mark.parametrize("marker", [marker for marker in EDGE_MARKERS + MARKERS if marker.cue], ids=lambda it: it.name)
def test_a_cue_stands_wherever_its_marker_does(marker: Marker) -> None:
    """A cue spares time and decides nothing."""
    lines = pl.Series([*WAYS_TO_REACH, *(text for text, _ in WITHIN_THE_TEXT)])
    marked = lines.filter(lines.str.contains(marker.pattern) | lines.str.contains(bound_ascii(marker.pattern)))
    assert not marked.is_empty()
    assert marked.str.contains(marker.cue).all(), marked.filter(~marked.str.contains(marker.cue)).to_list()


def test_the_head_of_a_news_page() -> None:
    kinds = classify(
        "Harbour Times",
        "Lighthouse of Ostrava Bay to move inland",
        "The council wants to save the tower from the sea",
        "By Mira Solberg and Tomas Okonkwo",
        "Published 7:05 a.m. ET May 2, 2024 | Updated 9:12 a.m. ET May 2, 2024",
        "(Photo: Mira Solberg, AP)",
        *BODY,
    )
    assert kinds[:6] == ["outlet", "title", "subtitle", "byline", "dateline", "caption"]
    assert set(kinds[6:]) == {"paragraph"}


@pytest.mark.parametrize("byline", ["Von Mira Solberg", "Par Mira Solberg", "Por Mira Solberg", "BY MIRA SOLBERG"])
def test_bylines_of_several_languages(byline: str) -> None:
    assert classify("Der Turm zieht um und bleibt doch", byline, "14. Juli 2018", *BODY)[:3] == [
        "title",
        "byline",
        "dateline",
    ]


@pytest.mark.parametrize(
    "menu",
    [
        ["Home", "News", "Cliffs & Caves", "Opinion"],
        ["Menu", "Sport", "Obituaries", "On the Water"],
        ["Startseite", "Politik", "Rund ums Watt", "Kultur"],
        ["Accueil", "Politique", "Vie du Port", "Culture"],
        ["Inicio", "Deportes", "La Ría", "Opinión"],
        ["Home / News / Cliffs & Caves / Letters"],
    ],
)
def test_a_menu_above_the_headline_is_no_headline(menu: list[str]) -> None:
    head = ["Lighthouse of Ostrava Bay to move inland", "", "By Mira Solberg", "2 May 2024"]
    kinds = classify(*menu, "", *head, *BODY)
    assert kinds[: len(menu) + 3] == ["navigation"] * len(menu) + ["title", "byline", "dateline"]


def test_a_section_above_a_short_headline_is_no_menu() -> None:
    assert classify("Opinion", "Let It Stand There", "By Mira Solberg", "2 May 2024", *BODY)[:2] == ["outlet", "title"]


@pytest.mark.parametrize(
    ("name", "proof"),
    [
        ("Wattenbote", "© 2024 Wattenbote. Alle Rechte vorbehalten."),
        ("The Lantern Room", "Copyright 2024 Lantern Room"),
        ("灯台新報", "© 灯台新報 無断転載を禁じます"),
        ("Küstenblick", "Mira Solberg writes about tides and towers for Küstenblick."),
    ],
)
def test_a_masthead_is_known_by_what_the_document_says_elsewhere(name: str, proof: str) -> None:
    lines = make_lines(name, "", "Lighthouse of the bay to move inland", "By Mira Solberg", *BODY, *MORE_BODY, proof)
    first = classify_lines(lines).row(0, named=True)
    assert (first["kind"], first["rule"]) == ("outlet", "text.masthead_named")


def test_a_name_that_the_document_does_not_give_again_is_no_masthead() -> None:
    proof = "© 2024 Harbour Press. All rights reserved."
    kinds = classify("Wattenbote", "", "Lighthouse of the bay to move inland", "By Mira Solberg", *BODY, proof)
    assert kinds[0] == "navigation"


@pytest.mark.parametrize(
    "opener", ["Read more", "Also in this section", "More from our archive", "Weitere Artikel", "関連記事"]
)
def test_teasers_below_the_end_of_an_article_are_promotion(opener: str) -> None:
    teasers = ["Twin tower falls into the sea", "Who will wind the clock of the old school?"]
    bio = "Mira Solberg covers towers for Harbour Press."
    tail = ["Sign up for our morning newsletter", "© 2024 Harbour Press. All rights reserved."]
    kinds = classify("By Mira Solberg", "May 2, 2024", *BODY, *MORE_BODY, bio, opener, *teasers, *tail)
    assert kinds[-6:] == ["bio", "promo", "promo", "promo", "promo", "legal"]


@pytest.mark.parametrize(
    "bio",
    [
        "Bo Lindqvist writes about towers and tides for Harbour Press.",
        "Bo Lindqvist reports on the coast from Ostrava.",
        "Bo Lindqvist schreibt regelmäßig über Leuchttürme.",
        "Bo Lindqvist écrit sur les phares pour Harbour Press.",
        "Bo Lindqvist escribe sobre faros y mareas.",
    ],
)
def test_a_line_about_the_writer(bio: str) -> None:
    assert classify(*BODY, bio)[-1] == "bio"
    assert classify("By Mira Solberg and Bo Lindqvist", "May 2, 2024", *BODY, bio)[-1] == "bio"


@pytest.mark.parametrize(
    "line",
    [
        "Harbour News reports that the tower of the neighbouring bay has been sold to a museum in the capital.",
        "Bo Lindqvist covers his ears whenever the horn of the lighthouse sounds.",
        "Bo Lindqvist, who wound the clock for forty years, was not asked.",
    ],
)
def test_a_last_line_about_someone_else_stays(line: str) -> None:
    assert classify(*BODY, line)[-1] == "paragraph"


def test_an_offer_to_subscribers_is_known_by_what_stands_beside_it() -> None:
    kinds = classify(*BODY, "Members also get the tide tables early.", "You get this letter because you asked for it.")
    assert kinds[-2:] == ["promo", "promo"]


def test_a_japanese_head() -> None:
    kinds = classify("灯台、内陸へ四十メートル移る", "2024年5月3日 午前6時00分", "記者 港野あかり", "", *BODY)
    assert kinds[:3] == ["title", "dateline", "byline"]


def test_a_name_above_a_date_is_a_byline() -> None:
    assert classify("Mira Solberg", "2 May 2024 - 12:02am 7 mins", *BODY)[:2] == ["byline", "dateline"]


def test_lines_under_a_teaser_head_are_teasers() -> None:
    kinds = classify(*BODY[:2], "Related Articles", "Twin tower falls into the sea", *BODY[2:])
    assert kinds == ["paragraph", "paragraph", "promo", "promo", "paragraph", "paragraph"]


def test_a_sentence_printed_again_is_a_pull_quote() -> None:
    quote = "“the tower would be pulled down, as its twin on the northern shore was in the seventies”"
    assert kind_of(quote) == "pull_quote"


def test_verse_after_an_introduction_is_quoted() -> None:
    kinds = classify(
        *BODY, "And so goes the poem of the bay:", "The lamp is lit", "and no ship comes", "Submitted by Mira Solberg,"
    )
    assert kinds[-4:] == ["paragraph", "quote", "quote", "byline"]


def test_the_tail_of_a_column() -> None:
    kinds = classify(
        "By Mira Solberg",
        "May 2, 2024",
        *BODY,
        *MORE_BODY,
        "Mira Solberg is a columnist. Her latest book is The Moving Tower.",
        "harbourlight",
        "",
        "",
        "",
        "Thanks Mira, I grew up in its shadow and never knew.",
    )
    assert kinds[-3:] == ["bio", "bio", "comment"]


def test_a_comment_section_is_taken_out_whole() -> None:
    kinds = classify(
        *BODY, *MORE_BODY, "Comments (2)", "Ann", "3 hours ago", "I shall miss the old place by the sea.", "Reply"
    )
    assert kinds[:7] == ["paragraph"] * 7
    assert not set(kinds[7:]) & set(BODY_KINDS)


def test_a_hard_wrapped_text_keeps_its_lines() -> None:
    wrapped = [
        "The harbour master of the bay said",
        "on Tuesday that the lighthouse",
        "would be moved inland, since the",
        "cliff below it is crumbling fast.",
    ]
    assert set(classify(*wrapped * 3)) == {"paragraph"}


def test_a_transcript_keeps_its_speakers() -> None:
    turns = ["Ann Okafor", BODY[0], "Bo Lindqvist", BODY[1]] * 4
    kinds = classify(BODY[2], *turns)
    assert set(kinds) <= set(BODY_KINDS)


def test_markup_decides_but_a_paragraph_may_hold_a_marker() -> None:
    lines = make_lines(
        *BODY, "Advertisement", "A figure", hints={4: ("paragraph", "html.p"), 5: ("caption", "html.figcaption")}
    )
    classified = classify_lines(lines)
    assert classified.select("kind", "rule").rows()[4:] == [("ad", "text.ad_marker"), ("caption", "html.figcaption")]


def test_no_lines_give_no_lines() -> None:
    assert classify_lines(pl.DataFrame(schema=LINES)).schema == CLASSIFIED


PHRASES = st.sampled_from(
    [*BODY, "Share", "By Ann Okafor", "2 May 2024", "Comments (3)", "Related", "FILE -", "", "“…”", "日本語の記事。"]
)
TEXTS = st.lists(st.one_of(PHRASES, st.text(max_size=60)), min_size=1, max_size=25)


@settings(max_examples=5, deadline=None)
@given(TEXTS, TEXTS)
def test_every_line_gets_one_kind_whatever_stands_beside_it(first: list[str], second: list[str]) -> None:
    texts = [[" ".join(text.split()) for text in document] for document in (first, second)]
    alone = [
        classify_lines(make_lines(*document, document_id=name)) for name, document in zip("ab", texts, strict=True)
    ]
    together = classify_lines(
        pl.concat([make_lines(*texts[1], document_id="b"), make_lines(*texts[0], document_id="a")])
    )
    assert together.equals(pl.concat(alone))
    assert together["kind"].is_in(LINE_KINDS).all()
    assert together["rule"].null_count() == 0


@settings(max_examples=6, deadline=None)
@given(st.lists(st.sampled_from(BODY + MORE_BODY), min_size=1, max_size=7, unique=True))
def test_running_text_is_never_lost(paragraphs: list[str]) -> None:
    assert assemble_texts(classify_lines(make_lines(*paragraphs)))["text"].to_list() == ["\n\n".join(paragraphs)]
