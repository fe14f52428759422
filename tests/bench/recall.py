"""Recall: the pairs that the engine finds, held against every pair of texts that there is (see `brute_force`)."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from tests.bench.brute_force import collapse_copies, find_pairs
from tests.bench.corpus import NoNewsError, read_news
from tests.bench.options import Options
from tests.bench.tables import render_table
from transforms.contracts import ARTICLES
from transforms.contracts.parameters import DedupParameters
from transforms.dedup.align import align_and_locate, locate_span_words
from transforms.dedup.decide import decide_active
from transforms.dedup.deduplicate import Deduplication, deduplicate
from transforms.dedup.fingerprints import fingerprint_texts
from transforms.dedup.match import LIST_CAP, LIST_TOPS
from transforms.dedup.rank import RANKED_COLUMNS, rank_documents
from transforms.dedup.update import PAIR
from transforms.dedup.words import count_words

REUTERS: Final = "news_reuters.parquet"
"""Beside the other news."""
PAGES: Final = 2_000
CHUNK_PAIRS: Final = 250_000
THREADS: Final = 2
EXAMPLES: Final = 3
INTERVAL: Final = [*PAIR, "first_word", "end_word"]


def measure_recall(options: Options) -> dict[str, Any]:
    """Compare the pairs of each corpus."""
    news = read_news(options.news)
    corpora = {
        "Reuters, all stories": _read_reuters(options.news.with_name(REUTERS)),
        f"AllSides, {PAGES:,} articles": news.sample(PAGES, seed=options.seed, shuffle=True),
        "AllSides, all articles": news,
    }
    return {"seed": options.seed, "corpora": {name: compare_pairs(documents) for name, documents in corpora.items()}}


def _read_reuters(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise NoNewsError(f"{path.name} is not beside the other news")
    stories = pl.read_parquet(path)
    return stories.select(pl.format("story-{}", "id").alias("document_id"), "text", "title")


def compare_pairs(documents: pl.DataFrame) -> dict[str, Any]:
    """Hold the pairs of the engine against all pairs, and its decisions against those that all pairs lead to."""
    places, worded = collapse_copies(documents["text"].to_list())
    distinct = documents[places]
    started = time.perf_counter()
    expected = _name(find_pairs(worded), distinct)
    brute_force = time.perf_counter()
    result = deduplicate(distinct)
    ended = time.perf_counter()
    found = result.overlaps.select(_sort_pair())
    missing, made_up = expected.join(found, on=PAIR, how="anti"), found.join(expected, on=PAIR, how="anti")
    given_up = _find_capped(missing, distinct)
    missed = missing.join(given_up, on=PAIR, how="anti")
    changes = count_changes(distinct, result, missing)
    return {
        "texts": documents.height,
        "distinct": distinct.height,
        "words": int(sum(words.size for words in worded)),
        "expected": expected.height,
        "found": found.join(expected, on=PAIR, how="semi").height,
        "given_up": given_up.height,
        "missed": missed.height,
        "made_up": made_up.height,
        "copies_unequal": result.decisions.filter(pl.col("relation") == "exact").height,
        "set_aside": result.decisions.filter(pl.col("relation").is_not_null()).height,
        **changes,
        "examples": [*_show(missed.head(EXAMPLES)), *_show(made_up.head(EXAMPLES))],
        "brute_force_seconds": brute_force - started,
        "engine_seconds": ended - brute_force,
    }


def _sort_pair() -> list[pl.Expr]:
    return [pl.min_horizontal(PAIR).alias("document_id"), pl.max_horizontal(PAIR).alias("other_id")]


def _name(pairs: Any, distinct: pl.DataFrame) -> pl.DataFrame:
    ids = distinct["document_id"]
    named = {name: ids.gather(pairs[:, column]) for column, name in enumerate(PAIR)}
    return pl.DataFrame(named).select(_sort_pair())


def _find_capped(missing: pl.DataFrame, distinct: pl.DataFrame) -> pl.DataFrame:
    """Those of `missing` that share fingerprints, and none in a list of up to LIST_CAP texts."""
    if missing.is_empty():
        return missing
    listed = fingerprint_texts(distinct["text"]).with_columns(pl.len().over("fingerprint").alias("size"))
    ids = distinct.select("document_id", pl.int_range(pl.len(), dtype=pl.UInt32).alias("text"))
    shared = listed.filter(pl.col("size") > 1).join(ids, on="text").select("document_id", "fingerprint", "size")
    concerned = shared.filter(pl.col("document_id").is_in(pl.concat([*missing]).unique().implode()))
    by_text = {name[0]: part for name, part in concerned.partition_by("document_id", as_dict=True).items()}
    sets = {name: np.sort(part["fingerprint"].to_numpy()) for name, part in by_text.items()}
    is_short = pl.col("size") <= LIST_CAP
    short = {name: np.sort(part.filter(is_short)["fingerprint"].to_numpy()) for name, part in by_text.items()}
    nothing = np.empty(0, np.uint64)

    def is_capped(one: str, other: str) -> bool:
        meets_short = np.isin(short.get(one, nothing), short.get(other, nothing)).any()
        return not meets_short and bool(np.isin(sets.get(one, nothing), sets.get(other, nothing)).any())

    return missing.filter(pl.Series([is_capped(one, other) for one, other in missing.iter_rows()], dtype=pl.Boolean))


def count_changes(distinct: pl.DataFrame, result: Deduplication, missing: pl.DataFrame) -> dict[str, int]:
    """Decide again with the pairs that the engine did not compare; how many documents are decided otherwise."""
    texts = distinct.select("document_id", "text")
    nodes = _rank(distinct)
    own = pl.concat([locate_span_words(part, texts) for part in result.overlaps.iter_slices(CHUNK_PAIRS)])
    more = pl.concat([own.clear(), *_align(missing, nodes, texts)])
    before, after = (_decide(nodes, intervals) for intervals in (own, pl.concat([own, more.select(own.columns)])))
    said = result.decisions.select("document_id", pl.col("relation").is_null().alias("is_said_kept"))
    compared = before.join(after, on="document_id", suffix="_after").join(said, on="document_id")
    if compared.height != distinct.height or (compared["is_kept"] != compared["is_said_kept"]).any():
        raise RuntimeError("deciding again from the pairs of the engine gives other decisions than the engine")
    return {
        "decisions_changed": compared.filter(pl.col("is_kept") != pl.col("is_kept_after")).height,
        "covered_otherwise": compared.filter(pl.col("covered_words") != pl.col("covered_words_after")).height,
    }


def _rank(distinct: pl.DataFrame) -> pl.DataFrame:
    """The documents as `decide_active` takes them. What is not known is null; a date is one of a day, as there."""
    stated = {
        "authors": pl.lit([], pl.List(pl.String)),
        "published_precision": pl.when(pl.col("published_at").is_not_null()).then(pl.lit("day"))
        if "published_at" in distinct.columns
        else pl.lit(None),
    }
    columns = [name for name in RANKED_COLUMNS if name not in {"word_count", "text_sha256"}]
    described = distinct.select(
        (pl.col(name) if name in distinct.columns else stated.get(name, pl.lit(None)))
        .cast(ARTICLES.polars_schema[name])
        .alias(name)
        for name in columns
    ).with_columns(count_words(distinct["text"]).alias("word_count"))
    return rank_documents(described).select(
        "document_id",
        "rank",
        "word_count",
        pl.lit(value=True).alias("is_active"),
        pl.lit(value=False).alias("was_kept"),
        pl.lit(value=True).alias("is_dirty"),
    )


def _align(pairs: pl.DataFrame, nodes: pl.DataFrame, texts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The words that pairs share, the lower-ranked document of each first."""
    ranks = dict(nodes.select("document_id", "rank").iter_rows())
    rank, other = (pl.col(name).replace_strict(ranks, return_dtype=pl.UInt32) for name in PAIR)
    low = pl.when(rank > other).then("document_id").otherwise("other_id").alias("document_id")
    high = pl.when(rank > other).then("other_id").otherwise("document_id").alias("other_id")
    for part in pairs.select(low, high).sort(PAIR).iter_slices(CHUNK_PAIRS):
        yield align_and_locate(part, texts, threads=THREADS)[1].select(INTERVAL)


def _decide(nodes: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    return decide_active(nodes, intervals.select(PAIR).unique(), intervals, DedupParameters())


def _show(pairs: pl.DataFrame) -> list[str]:
    return [" and ".join(pair) for pair in pairs.iter_rows()]


def render_recall(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    header = [
        "",
        "texts compared",
        "pairs with a shared run of 15 words",
        "found",
        "given up to the cap",
        "missed",
        "made up",
        "set aside",
        "decisions that the given-up pairs change",
        "brute force, s",
        "engine, s",
    ]
    counts = ("distinct", "expected", "found", "given_up", "missed", "made_up", "set_aside", "decisions_changed")
    rows = [
        [
            name,
            *(f"{corpus[count]:,}" for count in counts),
            f"{corpus['brute_force_seconds']:.1f}",
            f"{corpus['engine_seconds']:.1f}",
        ]
        for name, corpus in results["corpora"].items()
    ]
    note = (
        "Of each wording one text is compared. A pair that is not found counts as given up when it shares "
        f"fingerprints, all in lists of more than {LIST_CAP} texts (whose {LIST_TOPS} highest-ranked are compared with "
        "all others), and else as missed. Then everything is decided again with all pairs. The brute force numbers "
        "every run of 15 words, and splits words by code of its own. "
        f"The articles are drawn with seed {results['seed']}."
    )
    examples = [example for corpus in results["corpora"].values() for example in corpus["examples"]]
    shown = [f"Missed or made up, for example: {'; '.join(examples)}."] if examples else []
    return "\n\n".join([render_table(header, rows), note, *shown])
