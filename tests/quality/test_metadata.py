"""Metadata of public pages with gold, on a sample; `python -m tests.quality.metadata` measures all of them.

What stays wrong is told in CONTRIBUTING.md. The gold of these sets counts agencies, papers and accounts as authors and,
on the crawled pages, the day of the last update as that of publication; Winnow does neither.
"""

from typing import Final

import polars as pl
import pytest

from tests.quality.metadata import EVALUATION, SETS, extract_pages, find_shortfalls, group_pages, read_pages, score

SAMPLE_PAGES: Final = {"fundus": 60, "wcxb_dev": 60}
SAMPLE_FLOORS: Final = {
    "fundus": {"title": 0.80, "people": 0.90, "date": 0.95},
    "wcxb_articles": {"title": 0.80, "people": 0.75, "date": 0.75},
}


def test_metadata_of_pages_is_right() -> None:
    if not (EVALUATION / "pages.parquet").exists():
        pytest.skip("the evaluation data pages.parquet is not beside the project")
    pages = read_pages().filter(pl.col("page_type") == "article")
    sample = pl.concat([pages.filter(pl.col("set") == name).head(SAMPLE_PAGES[name]) for name in SETS])
    scores = {group: score(pairs) for group, pairs in group_pages(extract_pages(sample)).items()}
    assert not find_shortfalls(scores, SAMPLE_FLOORS), scores
