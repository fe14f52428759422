"""What goes when some files are derived again beside what is held: the documents that they gave and give no more.

An ordinary run takes no document away: a file has other content, and with it other documents, or none. A rebuild starts
from nothing. Only a backfill of some days meets documents that must go, say because a record is rejected by now.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from flows.run import Batch, Run, scan_batches, scan_held
from flows.storage import Store, write_frame
from transforms.contracts import REJECTS
from transforms.dedup.update import NOTHING_GONE, PLACE
from transforms.documents import DERIVED

VERSION: Final = ["source_path", "source_sha256"]


def scan_versions(run: Run) -> pl.LazyFrame:
    """The file versions (VERSION) that the run derives."""
    paths = sorted(run.manifests.glob("*.parquet"))
    return pl.scan_parquet(paths).select(VERSION) if paths else pl.LazyFrame(schema=dict.fromkeys(VERSION, pl.String))


def list_gone(run: Run, batches: Sequence[Batch]) -> pl.DataFrame:
    """Documents held (document_id, PLACE) of the files that the run derived, which these gave no more.

    Looked up once; the steps that follow find what the first one wrote down.
    """
    if not run.reads_raw or run.is_rebuild:
        return NOTHING_GONE
    place = _gone_path(run)
    if not place.exists():
        derived = scan_batches((batch.documents for batch in batches), DERIVED).select("document_id")
        held = _scan_replaced(run, run.store, ["document_id", *PLACE])
        write_frame(held.join(derived, on="document_id", how="anti").sort("document_id").collect(), place)
    return pl.read_parquet(place)


def _gone_path(run: Run) -> Path:
    return run.work / "gone.parquet"


def count_replaced(run: Run, store: Store) -> int:
    """How many documents and rejects `store` has of the files that the run derives."""
    documents = _scan_replaced(run, store, ["document_id"]).select(pl.len()).collect().item()
    rejects = store.scan(REJECTS, VERSION).join(scan_versions(run), on=VERSION, how="semi").select(pl.len()).collect()
    return int(documents) + int(rejects.item())


def _scan_replaced(run: Run, store: Store, columns: Sequence[str]) -> pl.LazyFrame:
    asked = list(dict.fromkeys([*columns, *VERSION]))
    return scan_held(store, asked).join(scan_versions(run), on=VERSION, how="semi").select(columns)
