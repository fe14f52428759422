"""`make screenshots`: the two pictures of the README, of a store of the sample inbox.

They lie in tests/ because seeds/ is an inbox, whose files are taken in, and data/ is not kept.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from flows.run import scan_held
from flows.storage import Store
from tests.support.browser import open_browser, open_page, watch_page

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = Path(__file__).parent / "screenshots"
DESK: Final = {"width": 1120, "height": 700}
PAIR: Final = ("newsletters/notes-from-the-quay.txt", "web/harbour-lights.txt")


def main() -> None:
    """Make the store and the report as a user does, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for command in ("run", "report"):
            where = ["--inbox", str(ROOT / "seeds"), "--data", str(data)]
            subprocess.run([sys.executable, "-m", "flows.cli", command, *where], cwd=ROOT, check=True)
        store = Store(data)
        ids = dict(scan_held(store, ["source_path", "document_id"]).collect().iter_rows())
        PICTURES.mkdir(exist_ok=True)
        take_pictures(store.site.parent, f"id={ids[PAIR[0]]}&other={ids[PAIR[1]]}")


def take_pictures(site: Path, pair: str) -> None:
    """One picture of the overview, one of an excerpt beside its article."""
    with open_browser() as browser, watch_page(browser, viewport=DESK, color_scheme="light") as watched:
        for name, address in (("overview", "index.html"), ("side-by-side", f"compare.html#{pair}")):
            open_page(watched.page, site, address)
            watched.page.screenshot(path=PICTURES / f"{name}.png")
        watched.assert_quiet()


if __name__ == "__main__":
    main()
