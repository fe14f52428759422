"""The report in a real browser: opened from the disk, with every way to use it, and with hostile documents."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from flows.run import scan_held
from flows.site.build import write_report
from flows.storage import Store
from tests.support.browser import Watched, find_chromium, open_browser, open_page, watch_page
from tests.support.corpora import make_words, write_paragraphs
from tests.support.hostile import PAYLOADS, poison_store, write_hostile_files
from tests.support.stores import drop_files, settings_for, take_in
from transforms.contracts import OVERLAPS

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium is installed: `apt-get install chromium-headless-shell`"
)

ROOT: Final = Path(__file__).resolve().parents[2]
PHONE: Final = {"width": 360, "height": 740}


class Site(NamedTuple):
    """A site, and documents of its store that the tests ask for."""

    folder: Path
    excerpt: str
    article: str
    hostile: str

    def addresses(self) -> list[str]:
        """Every page, with something to show."""
        pair = f"id={self.excerpt}&other={self.article}"
        return [
            "index.html",
            "documents.html",
            "families.html",
            "passages.html",
            "runs.html",
            "dictionary.html",
            f"document.html#id={self.article}",
            f"document.html#id={self.hostile}",
            f"compare.html#{pair}",
        ]


def make_texts() -> dict[str, str | bytes]:
    """An article, and an excerpt with two passages of it, both with signs that JavaScript counts double."""
    words = make_words(5, 400)
    words[3] = words[230] = "\U0001f600"
    return {
        "emoji/article.txt": write_paragraphs([*words, *make_words(7, 60)]),
        "emoji/excerpt.txt": write_paragraphs([*words[:150], *make_words(6, 40), *words[190:]]),
    }


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Site]:
    """`taken`: the sample, and hostile files as they come in. `poisoned`: the same store, with a payload everywhere."""
    settings = settings_for(tmp_path_factory.mktemp("report"))
    shutil.copytree(ROOT / "seeds", settings.inbox)
    drop_files(settings, make_texts() | write_hostile_files())
    take_in(settings)
    poisoned = settings.model_copy(update={"data": settings.data.with_name("poisoned")})
    shutil.copytree(settings.data, poisoned.data)
    poison_store(poisoned)
    made = {}
    for name, one in (("taken", settings), ("poisoned", poisoned)):
        write_report(one)
        ids = dict(scan_held(Store(settings.data), ["source_path", "document_id"]).collect().iter_rows())
        hostile = next(ids[path] for path in sorted(ids) if "onerror" in path)
        folder = Store(one.data).site.parent
        made[name] = Site(folder, ids["emoji/excerpt.txt"], ids["emoji/article.txt"], hostile)
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page on a desk; whatever a test does in it, it stays quiet."""
    with watch_page(browser, viewport={"width": 1200, "height": 800}) as opened:
        yield opened
        opened.assert_quiet()


@pytest.fixture
def site(sites: dict[str, Site]) -> Site:
    return sites["taken"]


def titles(page: Page) -> list[str]:
    """Links of the list that is shown."""
    return page.locator("#list tbody tr td:first-child a").all_inner_texts()


@pytest.mark.parametrize("store", ["taken", "poisoned"])
def test_every_page_opens_and_runs_nothing_that_was_read(watched: Watched, sites: dict[str, Site], store: str) -> None:
    for address in sites[store].addresses():
        open_page(watched.page, sites[store].folder, address)
        expect(watched.page.locator(".notice:visible")).to_have_count(0)
        watched.assert_quiet()
        links = watched.page.evaluate(
            "[...document.querySelectorAll('a[href]')]"
            ".map((one) => new URL(one.getAttribute('href'), location).protocol)"
        )
        assert set(links) <= {"file:", "http:", "https:", "mailto:"}, address
        loud = watched.page.evaluate(
            "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
            ".filter((name) => /^(on|style$|srcdoc$)/.test(name))"
        )
        assert loud == [], address
        assert watched.page.locator("iframe, object, embed, base, form[action], img").count() == 0, address


def test_payloads_are_shown_as_they_were_read(watched: Watched, sites: dict[str, Site]) -> None:
    open_page(watched.page, sites["taken"].folder, f"document.html#id={sites['taken'].hostile}")
    shown = re.sub(r"\s+", " ", watched.page.locator(".reading").inner_text())
    for payload in PAYLOADS[:6]:
        assert payload in shown
    open_page(watched.page, sites["poisoned"].folder, f"document.html#id={sites['poisoned'].hostile}")
    assert watched.page.locator("#main h1").inner_text() in PAYLOADS


def test_policy_holds_against_a_script_of_the_page_itself(watched: Watched, site: Site) -> None:
    open_page(watched.page, site.folder, "index.html")
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.createElement('script').src = 'https://a.invalid/x.js'",
        "new Function('return 1')()",
    ):
        with pytest.raises(Error, match=r"Trusted|[Pp]olicy|CSP|unsafe-eval"):
            # In a task of its own: what the driver itself runs may do more than a page.
            watched.page.evaluate(
                f"new Promise((done, fail) => setTimeout(() => {{ try {{ {attempt}; done(1); }}"
                " catch (error) { fail(error); } }))"
            )
    assert watched.page.evaluate("fetch('https://a.invalid/').then(() => 'sent', () => 'refused')") == "refused"
    assert watched.page.evaluate("document.querySelectorAll('b').length") == 0
    watched.complaints.clear()
    watched.outside.clear()


def test_search_gives_results_as_one_types_and_keeps_them_in_the_address(watched: Watched, site: Site) -> None:
    page = watched.page
    open_page(page, site.folder, "documents.html")
    everything = page.locator("#result").inner_text()
    page.keyboard.press("/")
    page.keyboard.type("rope wor")
    expect(page.locator("#result")).to_contain_text(" of ")
    assert titles(page)[0] == "Last rope works on the coast takes on apprentices again"
    assert "q=rope+wor" in page.url
    page.reload()
    expect(page.locator("#result")).to_contain_text(" of ")
    assert titles(page)[0].startswith("Last rope works")
    page.locator("#query").fill("elan lights")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert titles(page) == ["The Élan gets its name back in lights"]
    page.locator("#query").fill("gesine harkort")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.locator("#query").fill("notes-from-the-quay.txt")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.locator("#query").fill("no such word")
    expect(page.locator("#list tbody tr")).to_have_count(0)
    page.locator("#query").fill("")
    expect(page.locator("#result")).to_have_text(everything)


def test_search_starts_from_any_page(watched: Watched, site: Site) -> None:
    open_page(watched.page, site.folder, "index.html")
    watched.page.keyboard.press("/")
    watched.page.keyboard.type("bench")
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url("**/documents.html#q=bench")
    expect(watched.page.locator("#list tbody tr")).to_have_count(1)
    assert titles(watched.page) == ["Leave the bench where it is"]


def test_lists_filter_and_sort(watched: Watched, site: Site) -> None:
    page = watched.page
    open_page(page, site.folder, "documents.html")
    page.get_by_label("Place").select_option("excerpt")
    expect(page.locator("#list tbody tr")).to_have_count(3)
    assert set(page.locator("#list tbody .place").all_inner_texts()) == {"excerpt"}
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Language").select_option("de")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_label("Language").select_option("")
    page.get_by_label("From").fill("2026-03")
    page.get_by_label("To").fill("2026-03-06")
    expect(page.locator("#result")).to_contain_text(" of ")
    days = page.locator("#list tbody .when").all_inner_texts()
    assert days
    assert all("2026-03-01" <= day <= "2026-03-07" for day in days)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Words").click()
    expect(page.locator("th[aria-sort='descending']")).to_have_text("Words")
    words = [int(text.replace(",", "")) for text in page.locator("#list tbody td:nth-child(5)").all_inner_texts()]
    assert words == sorted(words, reverse=True)
    page.get_by_role("button", name="Words").click()
    expect(page.locator("th[aria-sort='ascending']")).to_have_text("Words")
    words = [int(text.replace(",", "")) for text in page.locator("#list tbody td:nth-child(5)").all_inner_texts()]
    assert words == sorted(words)
    open_page(page, site.folder, "runs.html#reason=empty")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    open_page(page, site.folder, "dictionary.html")
    page.get_by_role("textbox", name="Column").fill("coverage")
    expect(page.locator("#result")).to_contain_text(" of ")
    assert page.locator("[data-column]:visible").count() < 10


def test_shared_passages_are_walked_with_the_keyboard(watched: Watched, sites: dict[str, Site]) -> None:
    page, site = watched.page, sites["taken"]
    open_page(page, site.folder, f"compare.html#id={site.article}&other={site.excerpt}")
    expect(page.locator("#where")).to_contain_text("Passage 1 of 2")
    page.keyboard.press("n")
    expect(page.locator("#where")).to_contain_text("Passage 2 of 2")
    assert "passage=2" in page.url
    page.keyboard.press("j")
    expect(page.locator("#where")).to_contain_text("Passage 2 of 2")
    tops = page.locator("mark.current .number").evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
    assert len(tops) == 2
    page.keyboard.press("k")
    expect(page.locator("#where")).to_contain_text("Passage 1 of 2")
    # What is marked is what the dataset says, on both sides, with signs outside the basic plane before it.
    is_pair = (pl.col("document_id") == site.excerpt) & (pl.col("other_id") == site.article)
    store = Store(site.folder.parents[1])
    spans = store.scan(OVERLAPS).filter(is_pair).collect()["spans"][0].to_list()
    texts = dict(scan_held(store, ["document_id", "text"]).collect().iter_rows())
    for pane, document, start, end in (
        ("left", site.excerpt, "start", "end"),
        ("right", site.article, "other_start", "other_end"),
    ):
        in_order = sorted(spans, key=lambda span: int(span[start]))
        said = "".join(texts[document][span[start] : span[end]] for span in in_order)
        marked = page.locator(f"#{pane} mark").evaluate_all(
            "all => all.map((one) => [...one.childNodes].filter((node) => node.nodeType === 3)"
            ".map((node) => node.data).join(''))"
        )
        # A run may go over the end of a paragraph, and is marked in both.
        assert re.sub(r"\s", "", "".join(marked)) == re.sub(r"\s", "", said)
        assert "\U0001f600" in said
    # The number in front of a passage leads to the same one in the other text.
    page.locator("#left .number").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#right .number").nth(1)).to_be_focused()
    expect(page.locator("#where")).to_contain_text("Passage 2 of 2")


def test_keys_can_be_turned_off(watched: Watched, site: Site) -> None:
    open_page(watched.page, site.folder, "index.html")
    watched.page.locator("#keys").click()
    watched.page.keyboard.press("/")
    expect(watched.page.locator("#query")).not_to_be_focused()
    watched.page.reload()
    expect(watched.page.locator("#keys")).to_have_text("Keys are off")


def test_skip_link_leads_to_the_content_and_keeps_the_state(watched: Watched, site: Site) -> None:
    open_page(watched.page, site.folder, "documents.html#place=excerpt")
    watched.page.keyboard.press("Tab")
    expect(watched.page.locator(".skip")).to_be_focused()
    watched.page.keyboard.press("Enter")
    expect(watched.page.locator("#main")).to_be_focused()
    assert "place=excerpt" in watched.page.url


def test_phone_width_needs_no_sideways_scrolling(browser: Browser, sites: dict[str, Site]) -> None:
    for store in sites.values():
        with watch_page(browser, viewport=PHONE, is_mobile=True, has_touch=True) as watched:
            for address in store.addresses():
                open_page(watched.page, store.folder, address)
                width = watched.page.evaluate("document.documentElement.scrollWidth")
                assert width <= PHONE["width"], f"{address} is {width} wide"
            watched.assert_quiet()


def test_dark_follows_the_system_and_the_switch(browser: Browser, site: Site) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    with watch_page(browser, color_scheme="dark") as watched:
        page = watched.page
        open_page(page, site.folder, "index.html")
        dark = page.evaluate(colour)
        page.locator("#theme").click()
        light = page.evaluate(colour)
        assert light != dark
        page.reload()
        assert page.evaluate(colour) == light
        watched.assert_quiet()
    with watch_page(browser, color_scheme="light") as watched:
        open_page(watched.page, site.folder, "index.html")
        assert watched.page.evaluate(colour) == light


@pytest.mark.parametrize(
    ("scheme", "rules"), [("light", {}), ("dark", {"runOnly": ["color-contrast"]})], ids=["light", "dark"]
)
def test_axe_finds_nothing_serious(browser: Browser, site: Site, scheme: Any, rules: dict[str, Any]) -> None:
    skipped = {"light": "none", "dark": "dictionary passages"}[scheme].split()
    with watch_page(browser, color_scheme=scheme) as watched:
        for address in site.addresses():
            # In the dark only colours differ, and these pages have none that others have not.
            if address.removesuffix(".html") in skipped:
                continue
            open_page(watched.page, site.folder, address)
            found = Axe().run(watched.page, options={"resultTypes": ["violations"], **rules}).response["violations"]
            serious = [
                (one["id"], node["html"], node.get("failureSummary"))
                for one in found
                if one["impact"] in ("serious", "critical")
                for node in one["nodes"][:3]
            ]
            assert serious == [], address


def test_nothing_shifts_while_a_page_draws(watched: Watched, site: Site) -> None:
    watched.page.add_init_script(
        "window.shifted = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
        " window.shifted += entry.value; }).observe({ type: 'layout-shift', buffered: true })"
    )
    for address in ("index.html", "runs.html", "dictionary.html"):
        open_page(watched.page, site.folder, address)
        watched.page.wait_for_timeout(200)
        assert watched.page.evaluate("window.shifted") < 0.02, address


def test_pages_of_a_report_that_was_made_again_say_so(watched: Watched, sites: dict[str, Site], tmp_path: Path) -> None:
    folder = shutil.copytree(sites["taken"].folder, tmp_path / "site")
    open_page(watched.page, folder, "documents.html")
    data = next(folder.glob("data-*"))
    data.rename(folder / "data-000000000000")
    watched.page.keyboard.press("/")
    watched.page.keyboard.type("x")
    expect(watched.page.locator(".notice")).to_contain_text("It may have been made again")
    watched.complaints.clear()
