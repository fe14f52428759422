"""A store of generated news, built and added to, in a process of its own.

`python -m tests.bench.growing build|add|outrank|idle NEWS FOLDER FIRST COUNT SEED OUTCOME`: what a run does with
the documents FIRST up to FIRST + COUNT, from their texts on, in the steps of a run and in its files. Reading and
cleaning are left out: the texts are clean.

`build` and `add` are the same, and differ in the share of planted copies; every copy is of a document before it, and
was published later. In `outrank` the copies were published first, so that the held document is to give way.
`idle` is a run that finds nothing new.
"""

import hashlib
import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from flows import deciding, matching, staging
from flows.accounting import count_run, make_run_row, summarise
from flows.derived_texts import write_texts
from flows.index import write_segment
from flows.publication import commit, roll_forward
from flows.run import Batch, Run
from flows.settings import Settings, load_settings
from flows.steps import Discovery
from flows.storage import INDEX_FOLDER, Store, make_run_id, remove_folder, write_frame
from tests.bench.chain import Chain, draw_lengths, generate_texts, learn_chain
from tests.bench.corpus import CHAIN_TEXTS, FRESH_NUMBERS_FROM, GENERATED_WORDS
from tests.bench.measure import time_best
from tests.bench.outcome import write_outcome
from tests.bench.plants import make_edited, make_exact, make_excerpt, split_tokens
from transforms.contracts import ARTICLES, DUPLICATES, OVERLAPS, RAW, REJECTS, REMOVED, RUNS, SIGNALS
from transforms.dedup.deduplicate import deduplicate
from transforms.dedup.fingerprints import digest_texts
from transforms.dedup.postings import build_segment
from transforms.dedup.words import key_texts
from transforms.documents import DERIVED

BATCH_DOCUMENTS: Final = 16_000
"""About 64 MB of text, as many as a run takes in at a time by default."""

PLANTED_EVERY: Final = 33
"""Every 33rd document of a store that is built is a copy: 3 %."""
ADDED_PLANTED_EVERY: Final = 10
"""Of documents that are added, every tenth."""
OUTRANKING_EVERY: Final = 100

THREADS: Final = 2
WARMING_DOCUMENTS: Final = 200
FIRST_PUBLISHED_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
IDLE_FILES: Final = 200
IDLE_FILE_WORDS: Final = 120


# --- documents -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Maker:
    """Makes documents by number, the same ones for the same seed in whatever batches they are made."""

    chain: Chain
    seed: int
    planted_every: int
    is_older: bool = False

    def make(self, first: int, end: int) -> pl.DataFrame:
        """number, text and published_at of the documents `first` up to `end`."""
        numbers = np.arange(first, end)
        texts = self._generate(numbers).to_list()
        planted = numbers[numbers % self.planted_every == self.planted_every - 1]
        planted = planted[planted > 0]
        sources = self._draw_sources(planted, first)
        for number, source in zip(planted.tolist(), self._generate(sources).to_list(), strict=True):
            texts[number - first] = self._plant(number, source)
        minutes = pl.Series(numbers.copy())
        if self.is_older:
            is_planted = np.isin(numbers, planted)
            minutes = pl.Series(np.where(is_planted, -numbers - 1, numbers))
        published = FIRST_PUBLISHED_AT + minutes.cast(pl.Int64).alias("minutes") * timedelta(minutes=1)
        return pl.DataFrame({"number": numbers, "text": pl.Series(texts, dtype=pl.String), "published_at": published})

    def _generate(self, numbers: Any) -> pl.Series:
        lengths = draw_lengths(self.chain, numbers, GENERATED_WORDS, self.seed)
        return generate_texts(self.chain, numbers, lengths, self.seed)

    def _draw_sources(self, planted: Any, first: int) -> Any:
        """For each copy a document before it that is none; in an addition one of those held."""
        held = planted if self.planted_every == PLANTED_EVERY else np.full(planted.size, first)
        both = zip(planted.tolist(), held.tolist(), strict=True)
        drawn = np.array([random.Random(f"{self.seed} {number}").randrange(most) for number, most in both], np.int64)
        return np.where((drawn % PLANTED_EVERY == PLANTED_EVERY - 1) & (drawn > 0), drawn - 1, drawn)

    def _plant(self, number: int, text: str) -> str:
        source = random.Random(f"{self.seed} plant {number}")
        match source.randrange(3):
            case 0:
                return make_exact(source, text).text
            case 1:
                share = source.choice([0.01, 0.03, 0.05])
                tokens = self.chain.token_count
                return make_edited(source, text, share, lambda: self.chain.read_token(source.randrange(tokens))).text
            case _:
                return make_excerpt(source, text, lambda words: self._write_fresh(number, words)).text

    def _write_fresh(self, number: int, words: int) -> list[str]:
        made = generate_texts(self.chain, np.array([FRESH_NUMBERS_FROM + number]), np.array([words]), self.seed)
        return split_tokens(made[0])


def describe_documents(run: Run, made: pl.DataFrame, name: str) -> tuple[pl.DataFrame, Any]:
    """The documents (DERIVED) that a file of records called `name` would give, and the fingerprints of their texts."""
    digests = digest_texts(made["text"])
    ids = [hashlib.blake2b(f"{name} {number}".encode(), digest_size=16).hexdigest() for number in made["number"]]
    known: dict[str, Any] = {
        "document_id": pl.Series(ids),
        "source_path": pl.lit(name),
        "record": pl.int_range(pl.len()),
        "media_type": pl.lit("application/x-ndjson"),
        "source_sha256": pl.lit(hashlib.sha256(name.encode()).hexdigest()),
        "source_bytes": pl.col("text").str.len_bytes().sum(),
        "ingested_at": pl.lit(run.started_at),
        "run_id": pl.lit(run.run_id),
        "pipeline_version": pl.lit("0"),
        "title": pl.col("text").str.slice(0, 60),
        "published_precision": pl.lit("minute"),
        "language": pl.lit("en"),
        "kind": pl.lit("article"),
        "blocks": pl.concat_list(
            pl.struct(
                pl.lit("paragraph").alias("kind"), pl.lit(0).alias("start"), pl.col("text").str.len_chars().alias("end")
            )
        ),
        "word_count": digests.word_count,
        "text_sha256": digests.text_sha256,
    }
    documents = made.select(
        (known[column] if column in known else _fill(column, dtype, made)).cast(dtype).alias(column)
        for column, dtype in DERIVED.items()
    )
    keys = key_texts(digests.text_sha256).to_numpy()
    return documents, build_segment(keys, digests.fingerprints, digests.fingerprint_counts)


def _fill(column: str, dtype: Any, made: pl.DataFrame) -> pl.Expr:
    if column in made.columns:
        return pl.col(column)
    return pl.lit([], dtype) if isinstance(dtype, pl.List) else pl.lit(None)


def write_batch(run: Run, made: Path) -> Batch:
    """Write what deriving a file of clean documents would write."""
    batch = Batch(run.work / "derived" / made.stem)
    documents, segment = describe_documents(run, pl.read_ipc(made), f"{run.run_id}-{made.stem}.jsonl")
    write_frame(documents, batch.documents)
    write_texts(documents["text"], batch.texts)
    write_segment(segment, batch.segment)
    write_frame(REMOVED.empty(), batch.removed)
    write_frame(SIGNALS.empty(), batch.signals)
    write_frame(REJECTS.empty(), batch.rejects)
    write_frame(RAW.empty(), batch.raw)
    lines = documents.select("document_id", pl.col("text").str.count_matches(r"\n\n").alias("lines") + 1)
    write_frame(lines, batch.line_counts)
    return batch


# --- measuring -------------------------------------------------------------------------------------------------------


@dataclass
class Steps:
    """Seconds, seconds of processor time and memory of each step.

    `peak_bytes` is all that is resident, `own_bytes` without mapped files.
    """

    measured: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Measure a step."""
        ended = threading.Event()
        peaks = {"peak_bytes": 0, "own_bytes": 0}
        watch = threading.Thread(target=_watch, args=(peaks, ended))
        watch.start()
        started, cpu_started = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
            ended.set()
            watch.join()
        self.measured[name] = {"seconds": seconds, "cpu_seconds": cpu_seconds, **peaks}

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return sum(step["seconds"] for step in self.measured.values())


def _watch(peaks: dict[str, int], ended: threading.Event) -> None:
    while True:
        rows = dict(row.split(":") for row in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
        for name, key in (("peak_bytes", "VmRSS"), ("own_bytes", "RssAnon")):
            peaks[name] = max(peaks[name], int(rows[key].split()[0]) * 1024)
        if ended.wait(0.02):
            return


# --- runs ------------------------------------------------------------------------------------------------------------


def take_in_documents(settings: Settings, maker: Maker, first: int, count: int) -> dict[str, Any]:
    """Take documents in as a run does, step by step."""
    store = Store(settings.data)
    latest = store.read(RUNS, ["started_at"])["started_at"].max()
    run_id, started_at = make_run_id(datetime.now(UTC), latest if isinstance(latest, datetime) else None)
    run = Run(run_id, started_at, "run", settings)
    made = []
    for number, start in enumerate(range(first, first + count, BATCH_DOCUMENTS)):
        made.append(run.work / "made" / f"{number:05d}.arrow")
        made[-1].parent.mkdir(parents=True, exist_ok=True)
        maker.make(start, min(start + BATCH_DOCUMENTS, first + count)).write_ipc(made[-1])
    steps = Steps()
    with ThreadPoolExecutor(THREADS) as pool:
        with steps.time("fingerprint"):
            batches = list(pool.map(partial(write_batch, run), made))
        remove_folder(run.work / "made")
        with steps.time("match"):
            matched = matching.match_documents(run, batches)
        with steps.time("align"):
            aligned = list(pool.map(partial(deciding.align_chunk, run, batches, matched), matched.chunks))
    with steps.time("decide"):
        verdict = deciding.decide_documents(run, batches, matched, aligned)
    with steps.time("stage"):
        staged = staging.stage_changes(run, staging.list_desired(run, batches, verdict), batches)
    with steps.time("stage index"):
        staged += staging.stage_index_changes(run, batches, matched, staged)
    with steps.time("account"):
        outcomes = count_run(run, batches, verdict, staged)
        seen = Discovery((), len(batches), len(batches), {}, ())
        summary = summarise(run, seen, outcomes, staging.preview_store(run, staged), {})
        staged = staging.stage_run_row(run, make_run_row(run, summary, datetime.now(UTC)), staged)
    replaced = sum(file.is_replacement for file in staged)
    with steps.time("publish"):
        commit(store, staged, run_id)
        roll_forward(store, run_id)
    return {
        "seconds": steps.seconds,
        "steps": steps.measured,
        "set_aside": sum(outcomes.set_aside.values()),
        "demoted": outcomes.demoted,
        "long_lists": matched.long_lists,
        "chunks": len(matched.chunks),
        "files_replaced": replaced,
    }


def measure_store(settings: Settings) -> dict[str, int]:
    """Sizes of a store."""
    store = Store(settings.data)
    words = sum(int(store.read(table, ["word_count"])["word_count"].sum()) for table in (ARTICLES, DUPLICATES))
    return {
        "words": words,
        "overlaps": store.scan(OVERLAPS).select(pl.len()).collect().item(),
        "index_bytes": sum(path.stat().st_size for path in (store.root / INDEX_FOLDER).rglob("*") if path.is_file()),
        "data_bytes": sum(path.stat().st_size for path in store.root.rglob("*.parquet")),
    }


def measure_idle(settings: Settings, chain: Chain, seed: int) -> dict[str, Any]:
    """Take a few small files in, then time runs that find nothing new."""
    from flows.launching import find_nothing_new
    from tests.support.stores import take_in

    lengths = np.full(IDLE_FILES, IDLE_FILE_WORDS)
    texts = generate_texts(chain, np.arange(2 * FRESH_NUMBERS_FROM - IDLE_FILES, 2 * FRESH_NUMBERS_FROM), lengths, seed)
    settings.inbox.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (settings.inbox / f"{number:03d}.txt").write_text(text, encoding="utf-8")
    if not take_in(settings) or find_nothing_new(settings) is None:
        raise RuntimeError("the files were not taken in")
    return {"seconds": time_best(lambda: find_nothing_new(settings), repeats=5), "files": IDLE_FILES}


def main(command: str, news: Path, folder: Path, numbers: list[int], outcome: Path) -> None:
    """Do one of the things that are measured; `numbers` are FIRST, COUNT and SEED."""
    first, count, seed = numbers
    started = time.perf_counter()
    settings = load_settings(inbox=folder / "inbox", data=folder / "data", settle_seconds=0, workers=THREADS)
    texts = pl.read_parquet(news, columns=["text"], n_rows=CHAIN_TEXTS)["text"]
    chain = learn_chain(texts)
    if command == "idle":
        write_outcome(outcome, time.perf_counter() - started, [], measure_idle(settings, chain, seed))
        return
    every = {"build": PLANTED_EVERY, "add": ADDED_PLANTED_EVERY, "outrank": OUTRANKING_EVERY}[command]
    warming = pl.DataFrame({"text": texts.head(WARMING_DOCUMENTS)}).with_row_index("document_id").cast(pl.String)
    before = time.perf_counter()
    again = warming.with_columns(pl.format("{} again", "document_id"), pl.format("{} again", "text"))
    deduplicate(pl.concat([warming, again]))
    details = {"first_call_seconds": time.perf_counter() - before}
    details |= take_in_documents(settings, Maker(chain, seed, every, command == "outrank"), first, count)
    details |= measure_store(settings)
    write_outcome(outcome, time.perf_counter() - started, [], details)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0], Path(arguments[1]), Path(arguments[2]), [*map(int, arguments[3:6])], Path(arguments[6]))
