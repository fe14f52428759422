"""A corpus with planted reuse: real news, generated news where there is not enough, and labelled copies of the real.

Seeded: the same sizes and seed give the same corpus. Originals stand before what was made of them, which suits tools
that keep the first document of a group; each source is used once, so that no two plants share their words.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from tests.bench.chain import Chain, draw_lengths, generate_texts, learn_chain
from tests.bench.plants import (
    DIGEST_SOURCES,
    Planted,
    make_digest,
    make_edited,
    make_exact,
    make_excerpt,
    make_notice,
    make_template,
    split_tokens,
)

NEWS: Final = Path(__file__).resolve().parents[3] / "shared" / "eval" / "news_allsides.parquet"
"""37,554 real articles, beside the project where there are any."""

PLANTED_SHARES: Final = {
    "exact": 0.04,
    "edited_1": 0.025,
    "edited_3": 0.025,
    "edited_5": 0.025,
    "edited_10": 0.025,
    "excerpt": 0.05,
    "digest": 0.025,
    "template": 0.04,
}
"""Of all documents, by kind; the number after `edited` is the share of edited words in percent."""
ONE_SOURCE: Final = ("exact", "edited_1", "edited_3", "edited_5", "edited_10", "excerpt")
COPIES: Final = (*ONE_SOURCE, "digest")
"""The kinds that are to be set aside; notices of a template are not."""
SWAPPABLE: Final = tuple(kind for kind in COPIES if kind.startswith(("exact", "edited")))
"""Of a copy and its original either may stay."""

MOST_PLANTS_OF: Final = 100_000
"""Larger corpora get the plants of one this size: more would need more real sources than there are."""
SOURCE_WORDS: Final = 300
DIGEST_SOURCE_WORDS: Final = 600
"""A digest (of 570 words at most) is shorter than each of its sources, as a round-up of articles is."""
NOTICES_A_TEMPLATE: Final = 10

CHAIN_TEXTS: Final = 3_000
GENERATED_WORDS: Final = 600
FRESH_NUMBERS_FROM: Final = 1 << 29
"""Document numbers from here on are for the words that plants get of their own."""
BATCH_DOCUMENTS: Final = 20_000

DOCUMENTS: Final = pl.Schema(
    {
        "document_id": pl.String(),
        "text": pl.String(),
        "title": pl.String(),
        "authors": pl.List(pl.String()),
        "published_at": pl.Datetime("us", "UTC"),
        "outlet": pl.String(),
        "url": pl.String(),
    }
)
TRUTH: Final = pl.Schema(
    {
        "document_id": pl.String(),
        "kind": pl.String(),
        "sources": pl.List(pl.String()),
        "coverage": pl.Float64(),
    }
)
"""One row per document. `kind`: original, generated or one of PLANTED_SHARES. `sources`: the documents it was made of.
`coverage`: share of its words that stand in them (of a notice: in its template); null where nothing was planted."""


class NoNewsError(Exception):
    """The real articles are not on this machine."""


@dataclass(frozen=True)
class Corpus:
    """Documents (DOCUMENTS) and what is true of them (TRUTH), in the same order."""

    documents: pl.DataFrame
    truth: pl.DataFrame

    def sample(self, size: int, seed: int) -> "Corpus":
        """So many of the documents, drawn evenly, in their order."""
        if size >= self.documents.height:
            return self
        picks = np.sort(np.random.default_rng(seed).choice(self.documents.height, size, replace=False))
        return Corpus(self.documents[picks], self.truth[picks])


def read_news(path: Path = NEWS) -> pl.DataFrame:
    """The real articles as DOCUMENTS, in the order of the file. Raises NoNewsError where they are missing."""
    if not path.is_file():
        raise NoNewsError(
            f"{path.name} is not beside the project (../shared/eval); there is nothing to plant copies into"
        )
    news = pl.read_parquet(path)
    return news.select(
        pl.format("news-{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(7)).alias("document_id"),
        "text",
        "title",
        pl.when(pl.col("authors").str.len_chars() > 0).then(pl.concat_list("authors")).alias("authors"),
        pl.col("published").str.to_datetime(strict=False, time_unit="us", time_zone="UTC").alias("published_at"),
        "outlet",
        "url",
    ).cast(DOCUMENTS)


def build_corpus(news: pl.DataFrame, size: int, seed: int, generated_words: int = GENERATED_WORDS) -> Corpus:
    """A corpus of `size` documents: a quarter planted, the others real, and generated where `news` does not suffice."""
    counts = {kind: round(share * min(size, MOST_PLANTS_OF)) for kind, share in PLANTED_SHARES.items()}
    plants = sum(counts.values())
    order = np.random.default_rng(seed).permutation(news.height)
    real = news[np.sort(order[: size - plants])]
    chain = learn_chain(news["text"].head(CHAIN_TEXTS))
    missing = size - plants - real.height
    generated = pl.concat([pl.DataFrame(schema=DOCUMENTS), *generate_documents(chain, missing, seed, generated_words)])
    planter = _Planter(real, chain, seed)
    # Digests need the long sources, so they draw first.
    planted = [planter.plant(kind, counts[kind]) for kind in sorted(counts, key=lambda kind: kind != "digest")]
    originals = pl.concat([_label(real, "original"), _label(generated, "generated")])
    return Corpus(
        pl.concat([real, generated, *(documents for documents, _ in planted)]),
        pl.concat([originals, *(truth for _, truth in planted)]),
    )


def generate_documents(chain: Chain, count: int, seed: int, mean_words: int) -> Iterator[pl.DataFrame]:
    """So many generated documents (DOCUMENTS), batch by batch; no two share a run of 14 words or more."""
    for start in range(0, count, BATCH_DOCUMENTS):
        numbers = np.arange(start, min(start + BATCH_DOCUMENTS, count))
        texts = generate_texts(chain, numbers, draw_lengths(chain, numbers, mean_words, seed), seed)
        yield _fill_columns(
            pl.DataFrame(
                {
                    "document_id": pl.Series([f"made-{number:07d}" for number in numbers.tolist()], dtype=pl.String),
                    "text": texts,
                }
            )
        )


def _fill_columns(documents: pl.DataFrame) -> pl.DataFrame:
    missing = {name: dtype for name, dtype in DOCUMENTS.items() if name not in documents.columns}
    return documents.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in missing.items()).select(
        DOCUMENTS.names()
    )


def _label(documents: pl.DataFrame, kind: str) -> pl.DataFrame:
    return documents.select(
        "document_id",
        pl.lit(kind).alias("kind"),
        pl.lit([], TRUTH["sources"]).alias("sources"),
        pl.lit(None, pl.Float64()).alias("coverage"),
    )


class _Planter:
    """Draws sources, each once, and makes plants of them."""

    def __init__(self, real: pl.DataFrame, chain: Chain, seed: int) -> None:
        self._random = random.Random(seed)
        self._chain, self._seed, self._fresh_texts = chain, seed, 0
        words = real.select("document_id", "text", words=pl.col("text").str.count_matches(r"\S+"))
        usable = words.filter(pl.col("words") >= SOURCE_WORDS).unique("text", keep="first", maintain_order=True)
        usable = usable[self._random.sample(range(usable.height), usable.height)]
        self._long = usable.filter(pl.col("words") >= DIGEST_SOURCE_WORDS).select("document_id", "text").rows()
        self._short = usable.filter(pl.col("words") < DIGEST_SOURCE_WORDS).select("document_id", "text").rows()

    def plant(self, kind: str, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """So many plants of a kind: their documents and what is true of them."""
        rows = list(self._make_notices(count) if kind == "template" else self._make_copies(kind, count))
        ids = [f"planted-{kind}-{number:06d}" for number in range(len(rows))]
        texts = [planted.text for planted, _ in rows]
        documents = pl.DataFrame({"document_id": ids, "text": texts}, schema_overrides={"text": pl.String})
        truth = pl.DataFrame(
            {
                "document_id": ids,
                "kind": [kind] * len(ids),
                "sources": [sources for _, sources in rows],
                "coverage": [planted.coverage for planted, _ in rows],
            },
            schema=TRUTH,
        )
        return _fill_columns(documents.cast({"document_id": pl.String})), truth

    def _make_copies(self, kind: str, count: int) -> Iterator[tuple[Planted, list[str]]]:
        for _ in range(count):
            if kind == "digest":
                sources = [self._draw_long() for _ in range(DIGEST_SOURCES)]
                planted = make_digest(self._random, [text for _, text in sources], self._write_fresh)
            else:
                sources = [self._draw()]
                planted = self._make_copy(kind, sources[0][1])
            yield planted, [document_id for document_id, _ in sources]

    def _make_copy(self, kind: str, text: str) -> Planted:
        if kind == "exact":
            return make_exact(self._random, text)
        if kind == "excerpt":
            return make_excerpt(self._random, text, self._write_fresh)
        return make_edited(self._random, text, int(kind.removeprefix("edited_")) / 100, self._draw_token)

    def _make_notices(self, count: int) -> Iterator[tuple[Planted, list[str]]]:
        template: list[list[str]] = []
        for number in range(count):
            if number % NOTICES_A_TEMPLATE == 0:
                template = make_template(self._random, self._write_fresh)
            yield make_notice(self._random, template, self._write_fresh), []

    def _draw_long(self) -> tuple[str, str]:
        if not self._long:
            raise ValueError(f"too few real articles of {DIGEST_SOURCE_WORDS} words or more for so many digests")
        return self._long.pop()

    def _draw(self) -> tuple[str, str]:
        """A source of any length, the long and the short in proportion."""
        if not self._short and not self._long:
            raise ValueError(f"too few real articles of {SOURCE_WORDS} words or more for so many copies")
        rows = self._random.choices((self._short, self._long), weights=(len(self._short), len(self._long)))[0]
        return rows.pop()

    def _draw_token(self) -> str:
        return self._chain.read_token(self._random.randrange(self._chain.token_count))

    def _write_fresh(self, words: int) -> list[str]:
        number = FRESH_NUMBERS_FROM + self._fresh_texts
        self._fresh_texts += 1
        made = generate_texts(self._chain, np.array([number]), np.array([words]), self._seed)
        return split_tokens(made[0])
