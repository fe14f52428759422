"""`make measure-report ARGS="DATA"`: how long the report of a store takes to make, how large it is, how fast it opens.

A page is interactive when it has drawn what it loads and its thread is free again: milliseconds from the start of the
navigation to the second frame after that, in Chromium, in a new context each time; the median and the slowest of five.
"""

import sys
from pathlib import Path
from statistics import median
from typing import Any, Final

import polars as pl
from playwright.sync_api import Browser, Page

from flows.progress import show_bytes
from flows.settings import load_settings
from flows.site.build import write_report
from flows.storage import Store
from tests.support.browser import open_browser, wait_until_ready, watch_page
from transforms.contracts import ARTICLES, OVERLAPS

TIMES: Final = 5
QUERY: Final = "president tru"

CLOCK: Final = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: "longtask", buffered: true });
new MutationObserver((changes, observer) => {
  if (!document.body || !document.body.dataset.ready) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.interactive = performance.now(); }));
}).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
"""


def list_addresses(store: Store) -> dict[str, str]:
    """The pages to measure: those of the store, and the largest ones of documents."""
    texts = store.scan(ARTICLES, ["document_id", "word_count"]).collect().sort("word_count", descending=True)
    pairs = store.scan(OVERLAPS).with_columns(pl.col("spans").list.len().alias("runs")).drop("spans").collect()
    busiest = pairs.group_by("other_id").len().sort("len", "other_id", descending=True)
    addresses = {f"{name}.html": f"{name}.html" for name in ("index", "documents", "families", "passages", "runs")}
    addresses["dictionary.html"] = "dictionary.html"
    if texts.height:
        addresses[f"document, longest: {texts['word_count'][0]:,} words"] = (
            f"document.html#id={texts['document_id'][0]}"
        )
    if pairs.height:
        most, pair = busiest.row(0), pairs.sort("words", "runs", descending=True).row(0, named=True)
        addresses[f"document, in most pairs: {most[1]:,}"] = f"document.html#id={most[0]}"
        named = f"compare.html#id={pair['document_id']}&other={pair['other_id']}"
        addresses[f"side by side, most words: {pair['words']:,}"] = named
    return addresses


def main() -> None:
    """Make the report, and open its pages."""
    settings = load_settings(data=Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    made = write_report(settings)
    print(f"{made.documents:,} documents: {made.seconds:.1f} s, {made.files:,} files, {show_bytes(made.bytes)}")  # noqa: T201
    site = Store(settings.data).site.parent
    with open_browser() as browser:
        print("page | interactive, ms: median | slowest | longest task, ms | elements")  # noqa: T201
        for name, address in list_addresses(Store(settings.data)).items():
            runs = [measure_page(browser, site, address) for _ in range(TIMES)]
            times = [run["interactive"] for run in runs]
            longest = max(run["longest"] for run in runs)
            print(f"{name} | {median(times):.0f} | {max(times):.0f} | {longest:.0f} | {runs[0]['elements']:,}")  # noqa: T201
        keys = measure_typing(browser, site)
        print(f"search, from a key to its results | {median(keys):.0f} | {max(keys):.0f}")  # noqa: T201


def measure_page(browser: Browser, site: Path, address: str) -> dict[str, Any]:
    """Open a page in a new context."""
    with watch_page(browser) as watched:
        watched.page.add_init_script(CLOCK)
        watched.page.goto(f"{site.as_uri()}/{address}")
        wait_until_ready(watched.page)
        watched.page.wait_for_function("window.interactive")
        elements = "document.querySelectorAll('*').length"
        measured = watched.page.evaluate(f"({{ interactive, longest, elements: {elements} }})")
        watched.assert_quiet()
        return dict(measured)


def measure_typing(browser: Browser, site: Path) -> list[float]:
    """Milliseconds from each key of QUERY until its results are shown."""
    with watch_page(browser) as watched:
        page: Page = watched.page
        page.goto(f"{site.as_uri()}/documents.html")
        wait_until_ready(page)
        page.locator("#query").focus()
        page.evaluate(
            "window.keys = []; document.getElementById('query').addEventListener('input', () => {"
            " const start = performance.now(); const result = document.getElementById('result');"
            " const watch = new MutationObserver(() => { watch.disconnect();"
            " window.keys.push(performance.now() - start); }); watch.observe(result, { childList: true }); }, true)"
        )
        for number, key in enumerate(QUERY):
            page.keyboard.type(key)
            page.wait_for_function("(wanted) => window.keys.length >= wanted", arg=number + 1)
        return [float(time) for time in page.evaluate("window.keys")]


if __name__ == "__main__":
    main()
