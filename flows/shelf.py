"""Texts of documents at hand: laid down once where any few of them can be taken up without reading the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.ipc

from flows.slices import walk_rows
from flows.storage import Store
from transforms.contracts import ARTICLES, DUPLICATES

TAKEN_BYTES: Final = 32_000_000
"""Texts that are taken up together, at most (one pair may exceed it). Their words take five times as much."""


class TextShelf:
    """The texts of some documents, in uncompressed files that are mapped into memory and not read.

    The data files are compressed, so taking one text out of a file costs all of them; pairs of documents lie anywhere.
    """

    def __init__(self, store: Store, ids: pl.DataFrame, folder: Path) -> None:
        """Lay down the texts of `ids` (document_id) that `store` holds in `folder`, which should be empty."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        places = [
            pl.DataFrame(schema={"document_id": pl.String, "part": pl.UInt32, "row": pl.UInt32, "bytes": pl.UInt32})
        ]
        for table in (ARTICLES, DUPLICATES):
            for texts in walk_rows(store.list_files(table).values(), table, ["document_id", "text"], ids):
                number = len(places)
                texts.write_ipc(
                    self._name_part(number), compression="uncompressed", compat_level=pl.CompatLevel.oldest()
                )
                places.append(
                    texts.select(
                        "document_id",
                        pl.lit(number, pl.UInt32).alias("part"),
                        pl.row_index("row").cast(pl.UInt32),
                        pl.col("text").str.len_bytes().alias("bytes"),
                    )
                )
        # Nobody who stands in two places is asked for his text twice; that he does is another law's business.
        self.places = pl.concat(places).unique("document_id", keep="first")

    def _name_part(self, number: int) -> Path:
        return self.folder / f"{number:05d}.arrow"

    def take(
        self, pairs: pl.DataFrame, names: Sequence[str] = ("document_id", "other_id")
    ) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """`pairs` in parts, each with document_id and text of the documents that its columns `names` call for."""
        called = pl.concat([pairs.select(pl.col(name).alias("document_id")) for name in names])
        places = self.places.join(called, on="document_id", how="semi")
        if places["bytes"].sum() > TAKEN_BYTES and pairs.height > 1:
            half = pairs.height // 2
            for part in (pairs[:half], pairs[half:]):
                yield from self.take(part, names)
        elif pairs.height:
            yield pairs, self._read(places)

    def _read(self, places: pl.DataFrame) -> pl.DataFrame:
        texts = [pl.DataFrame(schema={"document_id": pl.String, "text": pl.String})]
        for rows in places.sort("part", "row").partition_by("part", maintain_order=True):
            with pa.memory_map(str(self._name_part(rows["part"][0]))) as source:
                taken = pa.ipc.open_file(source).read_all().take(rows["row"].to_arrow())
            texts.append(pl.DataFrame(taken))
        return pl.concat(texts)
