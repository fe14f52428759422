"""Other tools, each with its own defaults, in a process of its own: `python -m tests.bench.peers NAME CORPUS OUTCOME`.

Runs in the environment of the peers (`.venv-bench`, group `bench`), so it imports nothing of Winnow. The time is
from texts in the form that the tool takes them in (strings, or files of its own kind) to the documents it removes;
imports are not in it. Nothing calls out: `measure` switches every hub and every telemetry off.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.bench.outcome import write_outcome

CORES: Final = 2
"""Tasks where a tool is told how many to run; text-dedup asks the machine itself."""

Removal = tuple[float, list[str]]


def remove_with_datatrove(corpus: Path) -> Removal:
    """MinHash in its four steps, up to the list of documents to remove; 14 buckets of 8 hashes, 5-grams, 64 bits.

    The word splitter is its default for English, spaCy's without a model, so nothing is downloaded.
    """
    import struct

    import pyarrow.parquet as pq
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.readers import ParquetReader

    table = pq.read_table(corpus, columns=["document_id", "text"])
    folder = Path(tempfile.mkdtemp())
    inputs = folder / "input"
    inputs.mkdir()
    part_rows = -(-table.num_rows // CORES)
    for part in range(CORES):
        pq.write_table(table.slice(part * part_rows, part_rows), inputs / f"{part:05d}.parquet")

    started = time.perf_counter()
    LocalPipelineExecutor(
        pipeline=[
            ParquetReader(str(inputs), id_key="document_id"),
            MinhashDedupSignature(output_folder=str(folder / "signatures")),
        ],
        tasks=CORES,
        logging_dir=str(folder / "logs" / "signatures"),
    ).run()
    LocalPipelineExecutor(
        pipeline=[MinhashDedupBuckets(str(folder / "signatures"), str(folder / "buckets"))],
        tasks=14,
        workers=CORES,
        logging_dir=str(folder / "logs" / "buckets"),
    ).run()
    LocalPipelineExecutor(
        pipeline=[MinhashDedupCluster(str(folder / "buckets"), str(folder / "remove"))],
        logging_dir=str(folder / "logs" / "cluster"),
    ).run()
    numbers = [
        part * part_rows + number
        for part in range(CORES)
        if (found := folder / "remove" / f"{part:06d}.remove").exists()
        for (number,) in struct.iter_unpack("<I", found.read_bytes())
    ]
    seconds = time.perf_counter() - started
    ids = table["document_id"].to_pylist()
    return seconds, [ids[number] for number in numbers]


def remove_with_text_dedup(corpus: Path) -> Removal:
    """MinHash as its command runs it, on a data set on disk; threshold 0.7, 250 permutations, 5-grams."""
    from datasets import Dataset, load_from_disk
    from text_dedup.minhash import main as run_minhash

    folder = Path(tempfile.mkdtemp())
    loaded = Dataset.from_parquet(str(corpus), columns=["document_id", "text"], cache_dir=str(folder / "cache"))
    loaded.save_to_disk(str(folder / "input"))
    arguments = ["--path", str(folder / "input"), "--local", "--output", str(folder / "output"), "--column", "text"]
    started = time.perf_counter()
    run_minhash(arguments, standalone_mode=False)
    kept = set(load_from_disk(str(folder / "output"))["document_id"])
    removed = [document_id for document_id in loaded["document_id"] if document_id not in kept]
    return time.perf_counter() - started, removed


def remove_with_rensa(corpus: Path) -> Removal:
    """R-MinHash with LSH as its documentation shows: words between spaces, threshold 0.8, 128 permutations."""
    from rensa import RMinHashDeduplicator

    ids, texts = _read_texts(corpus)
    started = time.perf_counter()
    deduplicator = RMinHashDeduplicator(threshold=0.8, num_perm=128, use_lsh=True)
    kept = deduplicator.add_pairs((str(number), text.split()) for number, text in enumerate(texts))
    removed = [document_id for document_id, is_kept in zip(ids, kept, strict=True) if not is_kept]
    return time.perf_counter() - started, removed


def remove_with_datasketch(corpus: Path) -> Removal:
    """MinHash LSH with its default threshold of 0.9 and 128 permutations, on words between spaces as documented.

    A document is removed when the index holds one like it, and put into the index when not.
    """
    from datasketch import MinHash, MinHashLSH

    ids, texts = _read_texts(corpus)
    started = time.perf_counter()
    index = MinHashLSH()
    removed = []
    for document_id, text in zip(ids, texts, strict=True):
        signature = MinHash()
        signature.update_batch([word.encode() for word in set(text.split())])
        if index.query(signature):
            removed.append(document_id)
        else:
            index.insert(document_id, signature)
    return time.perf_counter() - started, removed


def _read_texts(corpus: Path) -> tuple[list[str], list[str]]:
    import pyarrow.parquet as pq

    table = pq.read_table(corpus, columns=["document_id", "text"])
    return table["document_id"].to_pylist(), table["text"].to_pylist()


PEERS: Final[dict[str, Callable[[Path], Removal]]] = {
    "datatrove": remove_with_datatrove,
    "text-dedup": remove_with_text_dedup,
    "rensa": remove_with_rensa,
    "datasketch": remove_with_datasketch,
}
"""Name of the package -> what removes documents with it."""


def main(name: str, corpus: Path, outcome: Path) -> None:
    """Run a peer on a file of documents and write what it removed."""
    seconds, removed = PEERS[name](corpus)
    write_outcome(outcome, seconds, sorted(removed), {"version": version(name)})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
