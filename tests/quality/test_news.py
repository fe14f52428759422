"""What is learned and found in 37,554 news articles, held at what was looked at by hand."""

from pathlib import Path
from typing import Final

import polars as pl
import pytest

from transforms.clean.templates import choose_templates, count_lines, name_outlets
from transforms.contracts import TEMPLATES
from transforms.privacy import count_phones

TEMPLATES_AT_LEAST: Final = 28
OUTLETS_AT_LEAST: Final = 19
DOUBTFUL: Final = ("This is a rush transcript", "Patrick Buchanan, The American Conservative")
"""How lines begin that were learned and may be no junk."""

PHONES_AT_LEAST: Final = 121
PHONES_AT_MOST: Final = 122
"""All that were found when each was looked at are phone numbers."""


@pytest.fixture(scope="module")
def articles(shared: Path) -> pl.DataFrame:
    columns = ["id", "url", "outlet", "text"]
    news = pl.read_parquet(shared / "eval" / "news_allsides.parquet", columns=columns)
    return news.unique("text", maintain_order=True).rename({"id": "document_id"})


def test_templates_of_real_outlets(articles: pl.DataFrame) -> None:
    named = name_outlets(articles)
    documents = articles.select("document_id", "text").join(named, on="document_id", maintain_order="left")
    counts = count_lines(documents, documents.select("document_id", "text").clear())
    outlets = named.drop_nulls().group_by("outlet_key").len("outlet_documents")
    learned = choose_templates(counts, outlets, TEMPLATES.empty())
    assert learned.height >= TEMPLATES_AT_LEAST
    assert learned["outlet_key"].n_unique() >= OUTLETS_AT_LEAST
    doubtful = learned.filter(pl.any_horizontal(pl.col("example").str.starts_with(start) for start in DOUBTFUL))
    assert doubtful.height <= len(DOUBTFUL)
    assert doubtful.height / learned.height <= 0.08


def test_phone_numbers_in_real_news(articles: pl.DataFrame) -> None:
    assert PHONES_AT_LEAST <= count_phones(articles["text"]).sum() <= PHONES_AT_MOST
