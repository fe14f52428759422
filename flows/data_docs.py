"""Data Docs that work offline: the pages of Great Expectations without anything that a browser would fetch.

The stock pages load styles, scripts, fonts and a logo from elsewhere; without a network they are bare, the index is
empty (a script fills its tables), and opening one calls out. Here the same pages, with the same names and the same
content, become plain HTML with one small stylesheet beside them. No script is left, and a content security policy
forbids whatever might be.
"""

import ast
import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

from lxml import etree, html

STYLESHEET_NAME: Final = "data_docs.css"

STOCK_FOLDERS: Final = ("static/fonts", "static/images", "static/styles")
"""4 MB that Great Expectations copies into each site and that the pages here do not use."""

POLICY: Final = "default-src 'none'; style-src 'self' file: 'unsafe-inline'"
"""`file:` because a page opened from a disk has no origin for 'self' to match."""

DROPPED_TAGS: Final = frozenset(
    [
        "applet",
        "audio",
        "base",
        "button",
        "canvas",
        "embed",
        "footer",
        "form",
        "frame",
        "frameset",
        "iframe",
        "img",
        "link",
        "math",
        "noscript",
        "object",
        "picture",
        "script",
        "source",
        "style",
        "svg",
        "template",
        "track",
        "video",
    ]
)
KEPT_ATTRIBUTES: Final = frozenset(
    [
        "charset",
        "checked",
        "class",
        "colspan",
        "content",
        "hidden",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "open",
        "rel",
        "rowspan",
        "scope",
        "type",
    ]
)
ICONS: Final = {"text-success": "passed", "text-danger": "failed", "text-warning": "error"}
"""Class of the icon that stands for a status -> the word that replaces it."""

LOCAL_LINK: Final = re.compile(r"(?:[\w.~%+-]+/)*[\w.~%+-]*(?:#[\w.~%+-]*)?")
"""A path relative to the page or an anchor in it; no scheme, host, query or leading slash."""

TABLE_COLUMNS: Final = re.compile(r"^\s*columns: (\[.*\]),$", re.MULTILINE)
TABLE_DATA: Final = re.compile(r"^\s*data: (\[.*\]),$", re.MULTILINE)
TABLE_TARGET: Final = re.compile(r"\$\('#([\w-]+)'\)\.bootstrapTable\(")

STYLESHEET: Final = """\
:root { color-scheme: light dark; --text: #1d2733; --soft: #5c6b7a; --page: #ffffff; --panel: #f4f6f8; --line: #d9e0e6;
  --link: #0b5cad; --good: #14733c; --bad: #b3261e; --odd: #8a5a00; --mark: #e7edf3; }
@media (prefers-color-scheme: dark) {
  :root { --text: #dfe6ee; --soft: #9aa8b6; --page: #14191f; --panel: #1c232b; --line: #323c47; --link: #7db7f5;
    --good: #6fd196; --bad: #ff8f85; --odd: #f0c060; --mark: #2a333e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 0 1.5rem 3rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
a[href] { color: var(--link); }
body > nav.navbar { display: flex; border-bottom: 1px solid var(--line); padding: .8rem 0; margin-bottom: 1.2rem; }
body > nav.navbar nav { display: flex; flex-wrap: wrap; gap: 1.2rem; align-items: baseline; }
.navbar-brand a { font-weight: 650; text-decoration: none; color: var(--text); }
.breadcrumb { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; color: var(--soft); }
.breadcrumb li + li::before { content: "›"; padding: 0 .5rem; }
.container-fluid > .row { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 2rem; }
.ge-section.container-fluid > .row { display: block; }
.sticky { position: sticky; top: 1rem; }
h4, h5, h6 { margin: 0; font-size: 1rem; }
h4 { font-size: 1.15rem; }
.lead { margin: .2rem 0 1rem; color: var(--soft); }
.card { border: 1px solid var(--line); border-radius: 6px; margin-bottom: 1rem; overflow: hidden; }
.card-header { background: var(--panel); padding: .35rem .7rem; }
.card-body { padding: .5rem .7rem; }
.card-text { margin: 0 0 .3rem; color: var(--soft); }
.btn-group label { display: block; cursor: pointer; }
.card .nav, .nav-tabs { list-style: none; margin: 0; padding: 0; }
.card .nav { max-height: 65vh; overflow-y: auto; overflow-wrap: anywhere; }
.card .nav a { display: block; padding: .12rem 0; text-decoration: none; }
.nav-tabs { display: flex; gap: 1.2rem; margin: .6rem 0; }
.tab-pane { margin: 0 0 2rem; }
.tab-pane > h5 { margin-bottom: .5rem; }
.alert { background: var(--panel); border-left: 4px solid var(--line); border-radius: 4px; padding: .6rem .9rem;
  margin: 1.4rem 0 .4rem; }
.h6 { font-weight: 650; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 .8rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th { font-weight: 600; color: var(--soft); }
.ge-section table.table > thead th:first-child { width: 6rem; }
.ge-section td table { border: 1px solid var(--line); width: auto; min-width: 50%; }
.ge-section td table.table > thead th:first-child { width: auto; }
.col-6 > table { width: auto; }
.badge { background: var(--mark); border-radius: 4px; padding: .05rem .35rem; font: .87em/1.5 ui-monospace, monospace;
  overflow-wrap: anywhere; }
.status { font-weight: 650; white-space: nowrap; }
.status.passed { color: var(--good); } .status.passed::before { content: "✓ "; }
.status.failed { color: var(--bad); } .status.failed::before { content: "✗ "; }
.status.error { color: var(--odd); } .status.error::before { content: "! "; }
.cooltip > .top, .cooltip > .right, .cooltip > .left, .cooltip > .bottom { display: none; }
details { margin: .3rem 0; }
summary { cursor: pointer; color: var(--link); }
pre, code { overflow-x: auto; white-space: pre-wrap; font: .87em/1.5 ui-monospace, monospace; }
hr { border: 0; border-top: 1px solid var(--line); }
ul { padding-left: 1.2rem; }
li[style], li:has(> hr), li:has(> span > hr) { list-style: none; }
body:has(#option2:checked) tr:has(> .hide-succeeded-validation-target-child),
body:has(#option2:checked) .ge-section:has(.hide-succeeded-validations-column-section-target-child) { display: none; }
@media (max-width: 50rem) { .container-fluid > .row { display: block; } .sticky { position: static; } }
@media print { .sticky { display: none; } .container-fluid > .row { display: block; } }
"""


def make_pages_offline(folder: Path) -> None:
    """Rewrite every page of the Data Docs site in `folder` in place, so that a browser fetches nothing from elsewhere.

    Tables that a script would fill are written out, folded parts open without a script, statuses are words, and links
    lead only from page to page. Once is enough: a second call changes nothing. ValueError when a page fills a table in
    a way that is not known here.
    """
    for page in sorted(folder.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        page.write_text(_rewrite_page(text, _relative_to(folder, page)), encoding="utf-8")
    (folder / STYLESHEET_NAME).write_text(STYLESHEET, encoding="utf-8")
    for name in STOCK_FOLDERS:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    if (folder / "static").is_dir() and not any((folder / "static").iterdir()):
        (folder / "static").rmdir()


def _relative_to(folder: Path, page: Path) -> str:
    return Path(os.path.relpath(folder, page.parent)).as_posix()


def _rewrite_page(text: str, home: str) -> str:
    page = html.document_fromstring(text, parser=html.HTMLParser(encoding="utf-8"))
    _write_tables(page)
    _name_home(page)
    _fold(page)
    _show_tabs(page)
    _name_statuses(page)
    _drop_active_content(page)
    _write_head(page, home)
    return "<!DOCTYPE html>\n" + str(html.tostring(page, encoding="unicode"))


def _write_tables(page: Any) -> None:
    """Write out the tables that a script would fill."""
    for script in list(page.iter("script")):
        text = script.text or ""
        target = TABLE_TARGET.search(text)
        if target is None or "columns:" not in text:
            continue
        columns, data = TABLE_COLUMNS.search(text), TABLE_DATA.search(text)
        tables = page.xpath("//table[@id=$name]", name=target[1])
        if columns is None or data is None or not tables:
            raise ValueError(f"the table {target[1]} of a Data Docs page is filled in an unknown way: {text[:200]!r}")
        _fill_table(tables[0], ast.literal_eval(columns[1]), ast.literal_eval(data[1]))


def _fill_table(table: Any, columns: list[dict[str, str]], rows: list[dict[str, Any]]) -> None:
    head = etree.SubElement(etree.SubElement(table, "thead"), "tr")
    for column in columns:
        etree.SubElement(head, "th").text = column["title"]
    body = etree.SubElement(table, "tbody")
    # The column that names the row's page: of a result its asset, of a suite its name.
    fields = [column["field"] for column in columns]
    linked = "asset_name" if "asset_name" in fields else fields[0]
    # Results stand newest first, as they come; a script would have sorted the suites.
    for row in rows if linked == "asset_name" else sorted(rows, key=lambda row: str(row[linked])):
        line = etree.SubElement(body, "tr")
        for field in fields:
            cell = etree.SubElement(line, "td")
            content = html.fragment_fromstring(str(row.get(field) or ""), create_parent="span")
            if field == linked and row.get("_table_row_link_path"):
                content.tag = "a"
                content.set("href", str(row["_table_row_link_path"]))
            cell.append(content)


def _name_home(page: Any) -> None:
    """The logo is a picture from elsewhere; its alternative text takes its place."""
    for picture in list(page.iter("img")):
        if picture.get("class") == "NO-CACHE":
            picture.getparent().text = f"{picture.get('alt')} · Data Docs"


def _fold(page: Any) -> None:
    """Parts that a script would unfold become <details>."""
    for link in page.xpath("//a[@data-toggle='collapse']"):
        bodies = page.xpath("//*[@id=$name]", name=(link.get("href") or "").removeprefix("#"))
        if not bodies:
            continue
        details = etree.Element("details")
        etree.SubElement(details, "summary").text = " ".join(link.text_content().split())
        bodies[0].addprevious(details)
        # What follows an element in the text moves with it in lxml.
        details.tail, bodies[0].tail = bodies[0].tail, None
        details.append(bodies[0])
        link.drop_tree()


def _show_tabs(page: Any) -> None:
    """Tabs become sections under one another, each with its name; the links to them stay."""
    for link in page.xpath("//a[@data-toggle='tab']"):
        for pane in page.xpath("//*[@id=$name]", name=(link.get("href") or "").removeprefix("#")):
            heading = etree.Element("h5")
            heading.text = " ".join(link.text_content().split())
            pane.insert(0, heading)
            heading.tail, pane.text = pane.text, None


def _name_statuses(page: Any) -> None:
    """Icons come from a font elsewhere; those that say a status become words."""
    for icon in list(page.iter("i")):
        words = [word for name, word in ICONS.items() if name in (icon.get("class") or "").split()]
        if words:
            icon.tag = "span"
            icon.set("class", f"status {words[0]}")
            # "Status: <icon> Failed" says it already.
            icon.text = None if (icon.tail or "").strip() else words[0]


def _drop_active_content(page: Any) -> None:
    """Nothing is left that runs, is fetched, or leads out of the site."""
    for element in list(page.iter()):
        if (
            not isinstance(element.tag, str)
            or element.tag in DROPPED_TAGS
            or (element.tag == "meta" and "charset" not in element.attrib)
        ):  # comments and processing instructions
            element.drop_tree()
        else:
            _drop_attributes(element)


def _drop_attributes(element: Any) -> None:
    for name in list(element.attrib):
        if name not in KEPT_ATTRIBUTES:
            del element.attrib[name]
    target = element.get("href")
    if target is not None and not (element.tag == "a" and LOCAL_LINK.fullmatch(target)):
        del element.attrib["href"]


def _write_head(page: Any, home: str) -> None:
    head = page.find("head")
    title = " ".join(page.xpath("string((//li[contains(@class, 'breadcrumb-item')])[last()])").split())
    head.clear()
    etree.SubElement(head, "meta", {"charset": "utf-8"})
    etree.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    etree.SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    etree.SubElement(head, "title").text = f"{title} · Data Docs" if title else "Data Docs"
    etree.SubElement(head, "link", {"rel": "stylesheet", "href": f"{home}/{STYLESHEET_NAME}"})
