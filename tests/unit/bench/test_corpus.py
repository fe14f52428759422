"""The corpus of the bench: seeded, and what it says of its plants is true."""

import random
import re
import string
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.bench.chain import Chain, draw_lengths, generate_texts, learn_chain
from tests.bench.corpus import (
    COPIES,
    FRESH_NUMBERS_FROM,
    PLANTED_SHARES,
    TRUTH,
    Corpus,
    NoNewsError,
    build_corpus,
    generate_documents,
    read_news,
)
from tests.bench.plants import DIGEST_SOURCES
from tests.support.corpora import make_words

RUN_WORDS = 15
SIZE = 200
ARTICLES = 120


def make_article(number: int) -> str:
    """Sentences of made-up words, a few of them common, some with marks."""
    source = random.Random(number)
    common = ["the", "of", "and", "said", "U.S.", "don’t", "well-known"]
    words = [source.choice(common) if source.random() < 0.3 else word for word in make_words(number, 900)]
    marked = [word + ("." if source.random() < 0.1 else "," if source.random() < 0.1 else "") for word in words]
    return "\n\n".join(" ".join(marked[start : start + 70]) for start in range(0, len(marked), 70))


@pytest.fixture(scope="module")
def news() -> pl.DataFrame:
    texts = [make_article(number) for number in range(ARTICLES)]
    columns = {"document_id": [f"news-{number}" for number in range(ARTICLES)], "text": texts}
    return pl.DataFrame(columns).with_columns(
        *(pl.lit(name).alias(name) for name in ("title", "outlet", "url")),
        pl.lit(["A"]).alias("authors"),
        pl.datetime(2020, 1, 1, time_zone="UTC").alias("published_at"),
    )[["document_id", "text", "title", "authors", "published_at", "outlet", "url"]]


@pytest.fixture(scope="module")
def corpus(news: pl.DataFrame) -> Corpus:
    return build_corpus(news, SIZE, seed=7)


@pytest.fixture(scope="module")
def chain(news: pl.DataFrame) -> Chain:
    return learn_chain(news["text"])


def list_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def list_plants(corpus: Corpus, kind: str) -> list[tuple[str, list[str], float]]:
    """Text, texts of the sources and stated coverage of every plant of a kind."""
    texts = dict(corpus.documents.select("document_id", "text").iter_rows())
    rows = corpus.truth.filter(kind=kind).select("document_id", "sources", "coverage").iter_rows()
    return [(texts[document], [texts[source] for source in sources], coverage) for document, sources, coverage in rows]


def share_in_order(words: list[str], other: list[str]) -> float:
    """Share of the words that stand in the same order in the other text."""
    blocks = SequenceMatcher(None, words, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(words)


def share_in_runs(words: list[str], others: list[list[str]], run: int = 8) -> float:
    """Share of the words that lie in a run of `run` words that another text has."""
    runs = {tuple(other[at : at + run]) for other in others for at in range(len(other) - run + 1)}
    is_shared = np.zeros(len(words), np.bool_)
    for at in range(len(words) - run + 1):
        if tuple(words[at : at + run]) in runs:
            is_shared[at : at + run] = True
    return float(is_shared.mean())


def test_same_seed_same_corpus(news: pl.DataFrame, corpus: Corpus) -> None:
    again = build_corpus(news, SIZE, seed=7)
    assert again.documents.equals(corpus.documents)
    assert again.truth.equals(corpus.truth)
    assert not build_corpus(news, SIZE, seed=8).documents.equals(corpus.documents)


def test_corpus_holds_what_was_asked_for(corpus: Corpus) -> None:
    assert corpus.documents.height == corpus.truth.height == SIZE
    assert corpus.documents["document_id"].to_list() == corpus.truth["document_id"].to_list()
    assert corpus.documents["document_id"].is_unique().all()
    assert corpus.truth.schema == TRUTH
    kinds = Counter(corpus.truth["kind"])
    assert {kind: kinds[kind] for kind in PLANTED_SHARES} == {
        kind: round(share * SIZE) for kind, share in PLANTED_SHARES.items()
    }
    assert kinds["original"] == ARTICLES
    assert kinds["generated"] == SIZE - ARTICLES - sum(kinds[kind] for kind in PLANTED_SHARES)


def test_each_source_is_used_once_and_is_an_original(corpus: Corpus) -> None:
    sources = corpus.truth["sources"].explode(empty_as_null=False).to_list()
    assert len(sources) == len(set(sources)) > 0
    assert set(sources) <= set(corpus.truth.filter(kind="original")["document_id"])
    counts = corpus.truth.filter(pl.col("kind").is_in(COPIES)).select("kind", pl.col("sources").list.len())
    assert all(count == (DIGEST_SOURCES if kind == "digest" else 1) for kind, count in counts.iter_rows())


def test_exact_copies_have_the_same_words_in_another_form(corpus: Corpus) -> None:
    plants = list_plants(corpus, "exact")
    assert all(list_words(text) == list_words(source) for text, (source,), _ in plants)
    assert all(coverage == 1 for _, _, coverage in plants)
    assert any(text != source for text, (source,), _ in plants)


@pytest.mark.parametrize("percent", [1, 3, 5, 10])
def test_edited_copies_are_edited_by_as_much(corpus: Corpus, percent: int) -> None:
    plants = list_plants(corpus, f"edited_{percent}")
    assert plants
    for text, (source,), coverage in plants:
        words, originals = list_words(text), list_words(source)
        assert share_in_order(words, originals) == pytest.approx(coverage, abs=0.02)
        # Two thirds of the edits leave a word that is not the source's, two thirds take one away.
        assert 1 - coverage == pytest.approx(percent / 100 * 2 / 3, abs=0.03)
        assert share_in_order(originals, words) == pytest.approx(1 - percent / 100 * 2 / 3, abs=0.04)


def test_excerpts_are_a_run_of_the_source_among_own_words(corpus: Corpus) -> None:
    for text, (source,), coverage in list_plants(corpus, "excerpt"):
        words, originals = list_words(text), list_words(source)
        match = SequenceMatcher(None, words, originals, autojunk=False).find_longest_match()
        assert match.size / len(words) == pytest.approx(coverage, abs=0.01)
        assert 0.84 <= coverage <= 0.96
        assert 0.19 <= match.size / len(originals) <= 0.61
        assert 0 < match.a < match.a + match.size < len(words)


def test_digests_are_covered_by_all_sources_together_and_by_none_alone(corpus: Corpus) -> None:
    for text, sources, coverage in list_plants(corpus, "digest"):
        words, originals = list_words(text), [list_words(source) for source in sources]
        assert share_in_runs(words, originals) == pytest.approx(coverage, abs=0.01)
        assert coverage >= 0.85
        assert all(0 < share_in_runs(words, [source]) < 0.6 < len(source) / len(words) for source in originals)


def test_notices_share_their_template_and_no_more(corpus: Corpus) -> None:
    notices = [list_words(text) for text, _, _ in list_plants(corpus, "template")]
    shares = corpus.truth.filter(kind="template")["coverage"].to_list()
    assert len(notices) > 1
    for number, (notice, share) in enumerate(zip(notices, shares, strict=True)):
        others = notices[:number] + notices[number + 1 :]
        assert 0.56 <= share <= 0.64
        assert share_in_runs(notice, others) == pytest.approx(share, abs=0.02)


def test_generated_texts_share_no_run_of_fifteen_words(chain: Chain) -> None:
    numbers = np.concatenate([np.arange(150), FRESH_NUMBERS_FROM + np.arange(50)])
    texts = generate_texts(chain, numbers, np.full(numbers.size, 700), seed=3)
    runs = Counter(run for text in texts for run in {tuple(run) for run in list_runs(list_words(text))})
    assert max(runs.values()) == 1
    assert max(Counter(tuple(run) for text in texts for run in list_runs(list_words(text), 3)).values()) > 1


def list_runs(words: list[str], size: int = RUN_WORDS) -> list[list[str]]:
    return [words[at : at + size] for at in range(len(words) - size + 1)]


def test_generated_texts_do_not_depend_on_their_batch(chain: Chain) -> None:
    numbers = np.arange(1000, 1040)
    lengths = draw_lengths(chain, numbers, 200, seed=5)
    whole = generate_texts(chain, numbers, lengths, seed=5)
    parts = [generate_texts(chain, numbers[at : at + 7], lengths[at : at + 7], seed=5) for at in range(0, 40, 7)]
    assert pl.concat(parts).to_list() == whole.to_list()
    assert [len(text.split()) for text in whole] == lengths.tolist()


def test_generated_documents_come_in_batches(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.corpus.BATCH_DOCUMENTS", 30)
    batches = list(generate_documents(chain, 100, seed=2, mean_words=100))
    assert [batch.height for batch in batches] == [30, 30, 30, 10]
    assert pl.concat(batches)["document_id"].is_unique().all()
    assert set(pl.concat(batches)["text"]).isdisjoint(
        pl.concat(list(generate_documents(chain, 100, seed=4, mean_words=100)))["text"]
    )


def test_every_word_of_the_chain_is_one_word(chain: Chain) -> None:
    tokens = [chain.read_token(token) for token in range(chain.token_count)]
    assert all(len(list_words(token)) == 1 for token in tokens)
    assert all(set(token) <= {*string.printable, *"“”"} for token in tokens)


def test_numbers_without_a_name_of_their_own_are_refused(chain: Chain) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        generate_texts(chain, np.array([1 << 30]), np.array([20]), seed=1)


def test_sample_keeps_order_and_truth(corpus: Corpus) -> None:
    part = corpus.sample(50, seed=1)
    assert part.documents["document_id"].to_list() == part.truth["document_id"].to_list()
    picked = set(part.documents["document_id"])
    assert part.documents.equals(corpus.documents.filter(pl.col("document_id").is_in(list(picked))))
    assert len(picked) == 50
    assert corpus.sample(SIZE + 1, seed=1) is corpus


def test_missing_news_are_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NoNewsError, match=r"none\.parquet is not beside the project"):
        read_news(tmp_path / "none.parquet")
