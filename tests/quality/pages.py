"""Measure how well the body of a page is found, beside trafilatura in the same run, on public pages labelled by others.

Each page is judged by a model that saw no page of its site (tests/quality/folds; `make train` writes it). `judged` are
the lines that the reader leaves as body, `published` is the text after cleaning. Scores: bag-of-words F1
(runs of letters and digits, in lower case), a mean over pages; on `aeb` also its own F1 over shingles of four words
(scrapinghub's article-extraction-benchmark, evaluate.py). Seconds are those of one core, from the decoded
page to its lines or text.

`python -m tests.quality.pages [EVERY]` writes the figures of every page (or of each EVERY-th one) as JSON.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from statistics import mean

import polars as pl

from tests.training.page_lines import find_site
from tests.training.train_pages import FOLD_MODELS, find_fold
from transforms.blocks import assemble_texts
from transforms.clean import classify_lines
from transforms.contracts.parsed import LINES
from transforms.contracts.vocabulary import REMOVED_KINDS
from transforms.parse.html import parse_html
from transforms.parse.html_main import find_main_lines
from transforms.parse.lines import number_lines
from transforms.parse.page.model import PageModel, read_model
from transforms.parse.page.read import read_page
from transforms.parse.records import LINES_READ, ParsedLine

PAGES = Path(__file__).parents[3] / "shared" / "eval" / "pages.parquet"
WORD = re.compile(r"\w+")
SHINGLE_WORDS = 4

FLOORS = {
    "aeb": 0.96,
    "fundus": 0.961,
    "wcxb_dev": 0.961,
    "documentation": 0.90,
    "forum": 0.73,
    "service": 0.82,
    "collection": 0.63,
    "listing": 0.64,
    "product": 0.64,
}
"""Word F1 of the published text over all pages; they may only rise. Measured on unseen sites: .961, .963, .963
(trafilatura .959, .949, .937), then .911, .744, .833, .645, .660, .656 (.917, .694, .765, .574, .583, .637)."""

Part = tuple[float, float, float]


@dataclass(frozen=True)
class Scored:
    """One page: its set with its type, the word F1 of each text, and the shares of shingles (right, wrong, missed)."""

    group: str
    f1s: dict[str, float]
    shingles: dict[str, Part]
    seconds: dict[str, float]


@cache
def load_fold(fold: int) -> PageModel:
    """The model that saw no site of this fold."""
    return read_model(FOLD_MODELS, f"fold{fold}_")


def score_pages(pages: pl.DataFrame) -> list[Scored]:
    """Score our text and that of others of each page."""
    models = [load_fold(find_fold(find_site(*row))) for row in pages.select("id", "url", "html").iter_rows()]
    parsed = [
        parse_html(html.encode("utf-8", "replace"), model)[0].lines
        for html, model in zip(pages["html"], models, strict=True)
    ]
    published = publish(parsed)
    scored = []
    for row, model, lines, text in zip(pages.iter_rows(named=True), models, parsed, published, strict=True):
        seconds = {"winnow": clock(partial(extract_ours, model=model), row["html"])[1]}
        texts = {"judged": "\n".join(line.text for line in lines if line.hint not in REMOVED_KINDS), "published": text}
        for name, extract in list_others().items():
            texts[name], seconds[name] = clock(extract, row["html"])
        gold = row["text"] or ""
        scored.append(
            Scored(
                row["set"] if row["page_type"] == "article" else row["page_type"],
                {name: score_words(gold, found) for name, found in texts.items()},
                {name: count_shingles(gold, found) for name, found in texts.items()} if row["set"] == "aeb" else {},
                seconds,
            )
        )
    return scored


def clock(extract: Callable[[str], str], html: str) -> tuple[str, float]:
    """What `extract` makes of a page, and how many seconds of processor time it takes."""
    start = time.process_time()
    text = extract(html)
    return text, time.process_time() - start


def extract_ours(html: str, model: PageModel) -> str:
    """The main lines, from the decoded page on, as trafilatura is handed it."""
    page = read_page(html)
    texts = page.list_texts()
    main = find_main_lines(page, texts, model)
    page.decide_marks(main.is_main)
    return "\n".join(text for text, is_main in zip(texts, main.is_main.tolist(), strict=True) if is_main)


@cache
def list_others() -> dict[str, Callable[[str], str]]:
    """What is measured beside ours, as far as it is installed."""
    others: dict[str, Callable[[str], str]] = {}
    if find_spec("trafilatura"):
        others["trafilatura"] = extract_by_trafilatura
    if find_spec("resiliparse"):
        others["resiliparse"] = extract_by_resiliparse
    return others


def extract_by_trafilatura(html: str) -> str:
    """Its main text, in the setting that scored best (default balance, tables in, comments out)."""
    import trafilatura

    try:
        text: str | None = trafilatura.extract(html, include_comments=False, include_tables=True, deduplicate=False)
    except RecursionError:  # it recurses into nested markup
        text = None
    return text or ""


def extract_by_resiliparse(html: str) -> str:
    """Its main content."""
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(html, main_content=True))


def publish(parsed: Sequence[Sequence[ParsedLine]]) -> list[str]:
    """The clean text of each page, as `articles` has it."""
    rows = [(source, 0, *line) for source, lines in enumerate(parsed) for line in lines]
    read = pl.DataFrame(rows, schema=LINES_READ, orient="row")
    named = number_lines(read).with_columns(document_id=pl.format("{}", pl.col("source")).str.zfill(32))
    texts = assemble_texts(classify_lines(named.select(LINES.names()).cast(LINES)))
    found = dict(texts.select("document_id", "text").iter_rows())
    return [found.get(f"{source:032}", "") for source in range(len(parsed))]


def score_words(gold: str, text: str) -> float:
    """Bag-of-words F1; 1 where both are empty."""
    own, found = Counter(WORD.findall(gold.lower())), Counter(WORD.findall(text.lower()))
    size = own.total() + found.total()
    return 2 * (own & found).total() / size if size else 1.0


def count_shingles(gold: str, text: str) -> Part:
    """Shares of the shingles of either text that both have, that only ours has, that only the gold has."""
    own, found = list_shingles(gold), list_shingles(text)
    parts = (own & found).total(), (found - own).total(), (own - found).total()
    size = sum(parts)
    return (parts[0] / size, parts[1] / size, parts[2] / size) if size else (0.0, 0.0, 0.0)


def list_shingles(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four words, as printed."""
    words = WORD.findall(text)
    runs = (tuple(words[start : start + SHINGLE_WORDS]) for start in range(max(1, len(words) - SHINGLE_WORDS + 1)))
    return Counter(filter(None, runs))


def score_shingles(parts: list[Part]) -> float:
    """The benchmark's F1: of the means of precision and recall over pages."""
    precision = mean(right / (right + wrong) for right, wrong, _ in parts if right + wrong > 0)
    recall = mean(right / (right + missed) for right, _, missed in parts if right + missed > 0)
    return 2 * precision * recall / (precision + recall)


def summarise(scored: list[Scored]) -> dict[str, dict[str, float]]:
    """The mean scores of each set of articles and of each other type of page, and pages a second of one core."""
    result: dict[str, dict[str, float]] = {}
    for group in sorted({page.group for page in scored}):
        own = [page for page in scored if page.group == group]
        figures: dict[str, float] = {"pages": len(own)}
        for name in own[0].f1s:
            figures[name] = round(mean(page.f1s[name] for page in own), 4)
        for name in own[0].shingles:
            figures[f"{name} shingles"] = round(score_shingles([page.shingles[name] for page in own]), 4)
        result[group] = figures
    articles = [page for page in scored if page.group in ("aeb", "fundus", "wcxb_dev")]
    result["pages a second, articles"] = {
        name: round(len(articles) / sum(page.seconds[name] for page in articles), 1) for name in articles[0].seconds
    }
    return result


def read_pages(every: int = 1) -> pl.DataFrame:
    """Each `every`-th page of each set, in the order of their identifiers."""
    return pl.read_parquet(PAGES).sort("set", "page_type", "id").gather_every(every)


def main() -> None:
    """Score every page."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    pages = read_pages(every)
    score_pages(pages.head(2))  # compiles the kernels
    figures = summarise(score_pages(pages))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    fallen = [name for name, floor in FLOORS.items() if every == 1 and figures[name]["published"] < floor]
    if fallen:
        sys.exit(f"below its floor: {', '.join(fallen)}")


if __name__ == "__main__":
    main()
