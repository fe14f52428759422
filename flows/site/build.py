"""`winnow report`: makes the site of a store, whole, and puts it in the place of the last one."""

import hashlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

import transforms
from flows.progress import show_bytes
from flows.publication import recover
from flows.settings import Settings, locate_reports
from flows.site.families import list_ties, write_families, write_pairs
from flows.site.listing import PLACES, ROWS_PER_PART, list_documents, write_columns, write_rows
from flows.site.overview import describe_datasets, describe_documents, describe_rejects, describe_runs
from flows.site.pages import measure_folder, write_pages
from flows.site.parts import encode, write_part
from flows.site.search import FIELDS, write_search_index
from flows.site.texts import ID_DIGITS, write_texts
from flows.storage import DOCS_INDEX, SITE_INDEX, Store, lock_store, remove_folder
from transforms.contracts import RUNS

WORK: Final = "report"
"""Where the site is made, below the work folder of the store; what an interrupted command left there is thrown away."""


@dataclass(frozen=True)
class SiteReport:
    """What was made: where it opens, how large it is, how long it took."""

    index: str
    documents: int
    files: int
    bytes: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def render(self) -> str:
        """For a person."""
        return (
            f"The report of {self.documents:,} documents: {self.files:,} files, {show_bytes(self.bytes)}, "
            f"made in {self.seconds:.1f} s.\nOpen {self.index}"
        )


def write_report(settings: Settings) -> SiteReport:
    """Make the site of the store and swap it in; StoreLockedError while a run holds the store."""
    start = time.perf_counter()
    store, index = Store(settings.data), locate_reports(settings) / SITE_INDEX
    with lock_store(store, "`winnow report`"):
        recover(store)
        work = store.work(WORK)
        remove_folder(work)
        made = work / "site"
        made.mkdir(parents=True)
        try:
            documents = write_site(store, made, work, has_data_docs=(index.parents[1] / DOCS_INDEX).exists())
            size = measure_folder(made)
            swap_site(made, index.parent, work / "old")
        finally:
            remove_folder(work)
    return SiteReport(
        str(index.resolve()), documents, size["files"], size["bytes"], round(time.perf_counter() - start, 2)
    )


def swap_site(made: Path, place: Path, old: Path) -> None:
    """Put the new site in place. Whoever has a page of the old one open finds its data gone, never other data there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.replace(old)
    try:
        made.replace(place)
    except OSError:
        if old.exists():
            old.replace(place)
        raise


def write_site(store: Store, folder: Path, work: Path, *, has_data_docs: bool) -> int:
    """Write the whole site; the same store gives the same bytes. Returns how many documents it shows.

    `has_data_docs`: whether the pages of the audit lie beside it, for a link to them.
    """
    data = folder / f"data-{name_state(store)}"
    data.mkdir()
    documents = list_documents(store)
    ties = list_ties(documents)
    write_rows(documents, data)
    write_columns(documents, data)
    write_search_index(documents, data)
    rejects = describe_rejects(store)
    write_part(data, "rejects", encode(rejects.pop("newest")))
    families, pairs = write_families(ties, data), write_pairs(store, documents, data)
    text_parts = write_texts(store, documents.select("document_id", "number"), ties, data, work)
    site = {
        "data": data.name,
        "documents": documents.height,
        "rows_per_part": ROWS_PER_PART,
        "text_parts": text_parts,
        "id_digits": ID_DIGITS,
        "places": PLACES,
        "fields": FIELDS,
        "families": families,
        "pairs": pairs,
    }
    write_pages(
        folder,
        site=site,
        documents=describe_documents(documents),
        rejects=rejects,
        runs=describe_runs(store),
        datasets=describe_datasets(store),
        has_data_docs=has_data_docs,
        version=transforms.__version__,
    )
    return documents.height


def name_state(store: Store) -> str:
    """A name for what the store holds: it changes with every run, so pages of two reports never share their data."""
    runs = store.read(RUNS, ["run_id"]).select(pl.col("run_id").sort())["run_id"]
    return hashlib.sha256("\n".join([transforms.__version__, *runs]).encode()).hexdigest()[:12]
