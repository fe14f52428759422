"""A real browser for the pages of the report: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Best first: the shell draws no window that nobody sees, and takes two fifths of the processor time of the others."""

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""Without a sandbox, because root has none in a container; the rest keeps the browser itself from calling out."""

WAIT_MS: Final = 20_000


def find_chromium() -> str | None:
    """The path of a browser, or None when there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless browser; call it only where `find_chromium` finds one."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, what it complained of, and what it asked for that is no file of the disk."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        """No error, no warning, nothing asked for beyond the disk, no payload run, no dialog."""
        assert self.complaints == []
        assert self.outside == []
        assert self.page.evaluate("typeof window.hit") == "undefined"


@contextmanager
def watch_page(browser: Browser, **options: Any) -> Iterator[Watched]:
    """A new page in a context of its own (`options` are those of the context)."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    watched = Watched(context.new_page())
    page = watched.page
    page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("dialog", lambda dialog: watched.complaints.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: _note(watched, request.url))
    try:
        yield watched
    finally:
        context.close()


def _note(watched: Watched, url: str) -> None:
    if not url.startswith(("file://", "data:,")):
        watched.outside.append(url)


def open_page(page: Page, site: Path, address: str) -> None:
    """Open a page of the site, such as `document.html#id=…`, and wait until it has drawn what it loads."""
    page.goto("about:blank")
    page.goto(f"{site.as_uri()}/{address}")
    wait_until_ready(page)


def wait_until_ready(page: Page) -> None:
    """Wait until the page says that it is drawn."""
    page.wait_for_selector("body[data-ready]", state="attached")
