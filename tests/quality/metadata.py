"""Metadata held against public gold: `python -m tests.quality.metadata` measures every page and prints what is wrong.

Fields are right when they say the same as the gold, and null where the gold is null:

- title: equal after case-folding, without punctuation;
- authors: the same set of names, folded in the same way. `authors` takes the gold as it stands; `people` leaves out
  what signs without being a person (agencies, papers, desks, teams), which Winnow never gives as an author;
- date: the same day. Where the gold gives a time with its zone, the day is that of UTC, as in `published_at`.

Gold of the crawled pages names authors in free text, so one string may name several, with titles behind the names.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from tests.support.labelled import read_documents
from transforms.metadata.people import split_names

EVALUATION: Final = Path(__file__).resolve().parents[3] / "shared" / "eval"
SETS: Final = ("fundus", "wcxb_dev")
MEASURES: Final = ("title", "authors", "people", "date")
BATCH_PAGES: Final = 300
GOLD: Final = ("id", "set", "page_type", "title", "authors", "published")
FIELDS: Final = ("title", "authors", "published_at", "outlet")


def read_pages() -> pl.DataFrame:
    """The pages with gold metadata, in the order of their identifiers."""
    return pl.read_parquet(EVALUATION / "pages.parquet").filter(pl.col("set").is_in(SETS)).sort("id")


def extract_pages(pages: pl.DataFrame) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each page beside what Winnow says of it; a page that Winnow rejects has every field empty."""
    for batch in pages.iter_slices(BATCH_PAGES):
        found = read_documents({f"{row['id']}.html": row["html"].encode() for row in batch.iter_rows(named=True)})
        for row in batch.iter_rows(named=True):
            page = found.get(f"{row['id']}.html", {})
            yield {name: row[name] for name in GOLD}, {name: page.get(name) for name in FIELDS}


def compare(gold: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, bool]:
    """Which measures the document has right."""
    names = read_gold_authors(gold["authors"])
    authors = fold_names(found.get("authors") or [])
    return {
        "title": fold(gold["title"]) == fold(found.get("title")),
        "authors": fold_names(names) == authors,
        "people": authors
        in (fold_names(names), fold_names(find_people(gold["authors"])) - {fold(found.get("outlet"))}),
        "date": read_gold_day(gold["published"]) == _take_day(found.get("published_at")),
    }


def fold(text: str | None) -> str:
    """Case-folded letters and digits."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text or "").casefold())


def fold_names(names: Iterable[str]) -> set[str]:
    return {fold(name) for name in names if fold(name)}


def read_gold_authors(value: str | list[str] | None) -> list[str]:
    """Names in the gold: a list, the JSON of one, or free text."""
    if value is None or isinstance(value, list):
        return value or []
    if value.startswith("["):
        return list(json.loads(value))
    return re.split(r"\s*[,;&|]\s*|\s+and\s+", value)


def find_people(value: str | None) -> list[str]:
    """Those names in the gold that are of people, in the form in which Winnow gives names."""
    if not value:
        return []
    names = json.loads(value) if value.startswith("[") else [value]
    stated = pl.DataFrame({"value": names}, schema={"value": pl.String}).with_columns(is_printed=pl.lit(value=False))
    return split_names(stated)["name"].to_list()


def read_gold_day(value: str | None) -> date | None:
    """The day that the gold names, in UTC where it names a time; the first where it names a month."""
    if not value:
        return None
    moment = datetime.fromisoformat(f"{value}-01" if re.fullmatch(r"\d{4}-\d{2}", value) else value)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def _take_day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def score(pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float]:
    """The share of documents that are right, for each measure."""
    rows = [compare(gold, found) for gold, found in pairs]
    return {measure: sum(row[measure] for row in rows) / len(rows) for measure in MEASURES}


def group_pages(
    pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]]:
    """The pairs of each set; of the crawled pages, those that are articles once more."""
    groups: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {}
    for gold, found in pairs:
        groups.setdefault(gold["set"], []).append((gold, found))
        if gold["set"] == "wcxb_dev" and gold["page_type"] == "article":
            groups.setdefault("wcxb_articles", []).append((gold, found))
    return groups


FLOORS: Final = {
    "fundus": {"title": 0.82, "authors": 0.67, "people": 0.90, "date": 0.97},
    "wcxb_articles": {"title": 0.86, "authors": 0.67, "people": 0.80, "date": 0.79},
    "wcxb_dev": {"title": 0.75, "authors": 0.75, "people": 0.84, "date": 0.80},
}
"""Shares of all pages, a little under what was measured when a floor was set; they may only rise."""


def find_shortfalls(scores: Mapping[str, Mapping[str, float]], floors: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Which measures lie under their floors."""
    return [
        f"{group} {measure}: {scores[group][measure]:.3f} < {floor}"
        for group, own in floors.items()
        for measure, floor in own.items()
        if scores[group][measure] < floor
    ]


def main() -> int:
    """Print the scores of every page and set; 1 when one lies under its floor."""
    groups = group_pages(extract_pages(read_pages()))
    scores = {group: score(pairs) for group, pairs in groups.items()}
    sys.stdout.write(json.dumps(scores, indent=2) + "\n")
    shortfalls = find_shortfalls(scores, FLOORS)
    sys.stdout.write("".join(f"under its floor: {shortfall}\n" for shortfall in shortfalls))
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
