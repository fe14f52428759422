"""Each law holds on what the steps make, and names what was broken on purpose."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl
import pytest

from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from transforms import laws
from transforms.contracts import OVERLAPS, RAW, RUNS
from transforms.contracts.parameters import DedupParameters
from transforms.dedup import align_pairs, locate_span_words
from transforms.dedup.deduplicate import compare_chunk
from transforms.dedup.match import find_links, make_flags, merge_pairs, name_sources, unpack_pairs
from transforms.dedup.rank import RANKED_COLUMNS
from transforms.dedup.update import PAIR, Held, Tools, assign_parts, update_decisions
from transforms.documents import derive_documents

PARAMETERS: Final = DedupParameters()
ARTICLE, OWN, NEWER = make_words(1, 240), make_words(2, 60), make_words(3, 120)
FILES: Final = (
    # The byline makes it stand above its copy.
    ("article.txt", "By Mira Holt\n\n" + write_paragraphs(ARTICLE) + "\nAdvertisement\n"),
    ("copy.txt", write_other_layout(ARTICLE)),
    ("excerpt.txt", write_paragraphs(OWN[:20] + ARTICLE[:120])),
    ("version.txt", write_paragraphs(ARTICLE[:40] + OWN)),
    ("version.txt", write_paragraphs(NEWER + OWN[20:])),
    ("blank.txt", "  \n"),
)


@dataclass(frozen=True)
class Store:
    """What the tables hold, as frames."""

    articles: pl.DataFrame
    duplicates: pl.DataFrame
    overlaps: pl.DataFrame
    removed: pl.DataFrame
    rejects: pl.DataFrame
    raw: pl.DataFrame
    line_counts: pl.DataFrame
    decisions: pl.DataFrame
    texts: pl.DataFrame

    def id_of(self, path: str) -> str:
        """The document, or the newest version, of a path."""
        documents = pl.concat([self.articles, self.duplicates.select(self.articles.columns)])
        return str(documents.filter(source_path=path).sort("ingested_at")["document_id"][-1])


@pytest.fixture(scope="module")
def store() -> Store:
    """A small store made by the real steps: an article, a copy, an excerpt, two versions and a reject."""
    raw = RAW.frame(
        [
            {
                "source_path": path,
                "source_sha256": sha256(content.encode()).hexdigest(),
                "source_bytes": len(content.encode()),
                "content": content.encode(),
                "ingested_at": datetime(2026, 3, 1 + number, tzinfo=UTC),
                "run_id": f"run-{number}",
            }
            for number, (path, content) in enumerate(FILES)
        ]
    )
    derived = derive_documents(raw)
    texts = derived.documents.select("document_id", "text")
    roles = assign_parts(Held.nothing(), derived.documents.select(RANKED_COLUMNS))
    sources = name_sources([(derived.segment.postings, derived.segment.text_keys)], roles)
    links = find_links(sources, make_flags(*roles.select("was_active", "is_active", "is_changed")))
    low, high = unpack_pairs(merge_pairs(part.added for part in links))
    ids = roles["document_id"]
    pairs = pl.DataFrame({"node": low, "other_node": high, PAIR[0]: ids.gather(low), PAIR[1]: ids.gather(high)})
    overlaps, compared = compare_chunk(pairs, texts)
    tools = Tools(lambda asked: align_pairs(asked, texts), lambda found: locate_span_words(found, texts))
    update = update_decisions(roles.lazy(), compared, overlaps.select(PAIR).clear(), Held.nothing(), tools, PARAMETERS)
    documents = derived.documents.join(update.decisions, on="document_id", maintain_order="left")
    is_kept = pl.col("relation").is_null()
    return Store(
        articles=documents.filter(is_kept).drop("relation", "duplicate_of", "partners", "reason"),
        duplicates=documents.filter(~is_kept),
        overlaps=pl.concat([overlaps, update.followed]).sort(PAIR),
        removed=derived.removed,
        rejects=derived.failures,
        raw=raw,
        line_counts=derived.line_counts,
        decisions=update.decisions.sort("document_id"),
        texts=texts,
    )


def broken(checks: pl.DataFrame) -> list[tuple[str, str]]:
    """Subject and detail of the checks that do not hold; those that hold have no detail."""
    assert checks.schema == laws.CHECKS
    assert checks["law"].null_count() == checks["subject"].null_count() == checks["holds"].null_count() == 0
    assert checks.filter("holds")["detail"].null_count() == checks.filter("holds").height
    return checks.filter(~pl.col("holds")).select("subject", "detail").rows()


def put(frame: pl.DataFrame, document_id: str, **values: Any) -> pl.DataFrame:
    """`frame` with other values in the row of a document."""
    here = pl.col("document_id") == document_id
    return frame.with_columns(
        pl.when(here).then(pl.lit(value, frame.schema[name])).otherwise(name).alias(name)
        for name, value in values.items()
    )


def without(frame: pl.DataFrame, document_id: str) -> pl.DataFrame:
    return frame.filter(pl.col("document_id") != document_id)


def make_runs(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of `runs`, an hour apart, that count as given; the other columns are null."""
    return RUNS.frame(
        [
            {
                "run_id": f"run-{number}",
                "command": "run",
                "started_at": datetime(2026, 3, 1, number, tzinfo=UTC),
                "documents_in": 0,
                "documents_kept": 0,
                "documents_set_aside": 0,
                "documents_rejected": 0,
            }
            | row
            for number, row in enumerate(rows)
        ]
    )


# --- a good store ----------------------------------------------------------------------------------------------------


def test_the_store_has_something_of_everything(store: Store) -> None:
    assert sorted(store.duplicates["relation"]) == ["exact", "excerpt", "superseded"]
    assert store.articles.height == 2
    assert store.rejects.height == 1
    assert store.overlaps.height == 2 + 1
    assert store.removed["text"].to_list() == ["By Mira Holt", "Advertisement"]


def test_every_law_holds_on_a_good_store(store: Store) -> None:
    runs = make_runs({"documents_in": 6, "documents_kept": 2, "documents_set_aside": 3, "documents_rejected": 1})
    documents = store.duplicates.select(store.articles.columns).vstack(store.articles)
    checks = [
        laws.check_one_place(store.articles, store.duplicates),
        laws.check_sources(store.raw, documents, store.rejects),
        laws.check_lines(documents, store.removed, store.line_counts),
        laws.check_partners(store.duplicates, store.articles["document_id"]),
        laws.check_coverage(store.articles, store.duplicates, PARAMETERS),
        laws.check_copies(store.articles),
        laws.check_evidence(store.duplicates, store.overlaps),
        laws.check_spans(store.overlaps, store.texts),
        laws.check_decisions(store.decisions, store.decisions),
        laws.check_counts(runs),
        laws.check_totals(runs, store.articles.height, store.duplicates.height, store.rejects.height),
    ]
    assert [broken(part) for part in checks] == [[]] * len(checks)
    assert [part.height for part in checks] == [5, 6, 5, 3, 2 + 1, 2, 3, 3, 5, 1, 1]
    assert pl.concat(checks)["law"].n_unique() == len(checks) + 1


def test_no_law_is_broken_by_nothing(store: Store) -> None:
    articles, duplicates, overlaps = store.articles.clear(), store.duplicates.clear(), OVERLAPS.empty()
    checks = [
        laws.check_one_place(articles, duplicates),
        laws.check_sources(store.raw.clear(), articles, store.rejects.clear()),
        laws.check_lines(articles, store.removed.clear(), store.line_counts.clear()),
        laws.check_partners(duplicates, articles["document_id"]),
        laws.check_coverage(articles, duplicates, PARAMETERS),
        laws.check_copies(articles),
        laws.check_evidence(duplicates, overlaps),
        laws.check_spans(overlaps, store.texts.clear()),
        laws.check_decisions(store.decisions.clear(), store.decisions.clear()),
        laws.check_counts(make_runs()),
    ]
    assert [(broken(part), part.height) for part in checks] == [([], 0)] * len(checks)
    totals = laws.check_totals(make_runs(), 0, 0, 0)
    assert (broken(totals), totals.height) == ([], 1)


# --- faults ----------------------------------------------------------------------------------------------------------


def test_a_document_in_two_places_is_named(store: Store) -> None:
    twice = store.id_of("excerpt.txt")
    articles = store.articles.vstack(store.duplicates.filter(document_id=twice).select(store.articles.columns))
    assert broken(laws.check_one_place(articles, store.duplicates)) == [(twice, "stands in articles and duplicates")]


def test_a_document_that_stands_twice_in_one_place_is_named(store: Store) -> None:
    twice = store.id_of("copy.txt")
    duplicates = store.duplicates.vstack(store.duplicates.filter(document_id=twice))
    assert broken(laws.check_one_place(store.articles, duplicates)) == [(twice, "stands in duplicates and duplicates")]


def test_a_file_that_became_nothing_is_named(store: Store) -> None:
    documents = store.duplicates.select(store.articles.columns).vstack(store.articles)
    lost = store.raw.filter(source_path="version.txt")["source_sha256"]
    # The other version of the path is there: only the one that is lost is named.
    found = laws.check_sources(store.raw, documents.filter(pl.col("source_sha256") != lost[0]), store.rejects)
    assert broken(found) == [("version.txt", f"no document and no reject comes from {lost[0]}")]
    found = laws.check_sources(store.raw, documents, store.rejects.clear())
    assert [subject for subject, _ in broken(found)] == ["blank.txt"]


def test_a_line_that_is_gone_is_named(store: Store) -> None:
    article = store.id_of("article.txt")
    lines = store.line_counts.filter(document_id=article)["lines"].item()
    found = laws.check_lines(store.articles, store.removed.clear(), store.line_counts)
    assert broken(found) == [(article, f"{lines} lines; {lines - 2} blocks, 0 removed")]


def test_a_line_that_was_cut_in_two_counts_once(store: Store) -> None:
    article = store.id_of("article.txt")
    more = store.line_counts.with_columns(
        (pl.col("lines") + pl.when(pl.col("document_id") == article).then(1).otherwise(0)).cast(pl.UInt32)
    )
    cut = pl.concat([store.removed, store.removed.with_columns(pl.lit("the rest").alias("text"))])
    assert [subject for subject, _ in broken(laws.check_lines(store.articles, cut, more))] == [article]


def test_a_document_whose_lines_were_not_counted_is_named(store: Store) -> None:
    article = store.id_of("article.txt")
    found = laws.check_lines(store.articles, store.removed, without(store.line_counts, article))
    assert [subject for subject, _ in broken(found)] == [article]


def test_a_partner_that_is_no_article_is_named(store: Store) -> None:
    article, excerpt, copy = (store.id_of(path) for path in ("article.txt", "excerpt.txt", "copy.txt"))
    found = laws.check_partners(store.duplicates, without(store.articles, article)["document_id"])
    assert dict(broken(found)) == dict.fromkeys((excerpt, copy), f"not in articles: {article}")


def test_a_partner_is_looked_for_as_well_as_what_it_is_a_duplicate_of(store: Store) -> None:
    article, excerpt = store.id_of("article.txt"), store.id_of("excerpt.txt")
    partners = [{"document_id": article, "words": 100}, {"document_id": "nobody", "words": 10}]
    found = laws.check_partners(put(store.duplicates, excerpt, partners=partners), store.articles["document_id"])
    assert broken(found) == [(excerpt, "not in articles: nobody")]
    found = laws.check_partners(put(store.duplicates, excerpt, duplicate_of="nobody"), store.articles["document_id"])
    assert broken(found) == [(excerpt, "not in articles: nobody")]


def test_a_document_set_aside_without_a_partner_is_named(store: Store) -> None:
    excerpt = store.id_of("excerpt.txt")
    found = laws.check_partners(put(store.duplicates, excerpt, duplicate_of=None), store.articles["document_id"])
    assert [subject for subject, _ in broken(found)] == [excerpt]


def test_an_article_that_is_covered_is_named(store: Store) -> None:
    article = store.id_of("article.txt")
    covered = put(store.articles, article, coverage=0.8)
    found = laws.check_coverage(covered, store.duplicates, PARAMETERS)
    assert broken(found) == [(article, "coverage 0.8 of 240 words")]
    short = put(covered, article, word_count=49)
    assert broken(laws.check_coverage(short, store.duplicates, PARAMETERS)) == []
    assert broken(laws.check_coverage(put(store.articles, article, coverage=0.79), store.duplicates, PARAMETERS)) == []


def test_an_article_whose_coverage_is_not_known_is_named(store: Store) -> None:
    article = store.id_of("article.txt")
    found = laws.check_coverage(put(store.articles, article, coverage=None), store.duplicates, PARAMETERS)
    assert [subject for subject, _ in broken(found)] == [article]


@pytest.mark.parametrize("relation", ["near", "excerpt", "digest"])
def test_a_document_set_aside_without_reason_is_named(store: Store, relation: str) -> None:
    excerpt = store.id_of("excerpt.txt")
    labelled = put(store.duplicates, excerpt, relation=relation)
    found = laws.check_coverage(store.articles, put(labelled, excerpt, coverage=0.79), PARAMETERS)
    assert broken(found) == [(excerpt, f"{relation}: coverage 0.79 of 140 words")]
    found = laws.check_coverage(store.articles, put(labelled, excerpt, word_count=49), PARAMETERS)
    assert [subject for subject, _ in broken(found)] == [excerpt]


@pytest.mark.parametrize("relation", ["exact", "superseded"])
def test_copies_and_older_versions_need_no_coverage(store: Store, relation: str) -> None:
    duplicates = put(store.duplicates, store.id_of("copy.txt"), relation=relation, coverage=0.0, word_count=3)
    assert broken(laws.check_coverage(store.articles, duplicates, PARAMETERS)) == []


def test_articles_with_the_same_words_are_named(store: Store) -> None:
    copy, article = store.id_of("copy.txt"), store.id_of("article.txt")
    articles = store.articles.vstack(store.duplicates.filter(document_id=copy).select(store.articles.columns))
    words = store.articles.filter(document_id=article)["text_sha256"].item()
    assert dict(broken(laws.check_copies(articles))) == dict.fromkeys(
        (copy, article), f"2 kept documents have the words {words}"
    )


def test_words_that_no_overlap_shows_are_named(store: Store) -> None:
    article, excerpt = store.id_of("article.txt"), store.id_of("excerpt.txt")
    pair = f"{excerpt} and {article}"
    assert broken(laws.check_evidence(store.duplicates, without(store.overlaps, excerpt))) == [
        (pair, "120 words claimed, 0 shown")
    ]
    more = put(store.duplicates, excerpt, partners=[{"document_id": article, "words": 121}])
    assert broken(laws.check_evidence(more, store.overlaps)) == [(pair, "121 words claimed, 120 shown")]


def test_an_overlap_shows_the_words_of_both_its_documents(store: Store) -> None:
    turned = store.overlaps.rename({"document_id": "other_id", "other_id": "document_id"})
    assert broken(laws.check_evidence(store.duplicates, turned)) == []


def test_fewer_words_than_an_overlap_has_need_not_be_shown(store: Store) -> None:
    article, excerpt = store.id_of("article.txt"), store.id_of("excerpt.txt")
    overlaps = without(store.overlaps, excerpt)
    few = put(store.duplicates, excerpt, partners=[{"document_id": article, "words": 14}])
    assert broken(laws.check_evidence(few, overlaps)) == []
    enough = put(store.duplicates, excerpt, partners=[{"document_id": article, "words": 15}])
    assert broken(laws.check_evidence(enough, overlaps)) == [(f"{excerpt} and {article}", "15 words claimed, 0 shown")]


def shift_spans(overlaps: pl.DataFrame, document_id: str, **by: int) -> pl.DataFrame:
    fields = [field.name for field in OVERLAPS.column("spans").dtype.inner.fields]  # type: ignore[attr-defined]
    shifted = pl.element().struct.with_fields(
        (pl.element().struct.field(name) + by.get(name, 0)).cast(pl.UInt32).alias(name) for name in fields
    )
    spans = pl.when(document_id=document_id).then(pl.col("spans").list.eval(shifted)).otherwise("spans")
    return overlaps.with_columns(spans.alias("spans"))


@pytest.mark.parametrize(
    ("by", "problem"),
    [
        ({"start": 1}, "a span does not begin and end with a word"),
        ({"other_end": 10**6}, "a span does not begin and end with a word"),
        ({"words": 1}, "a span does not hold the words it counts"),
    ],
)
def test_a_span_that_is_out_of_place_is_named(store: Store, by: dict[str, int], problem: str) -> None:
    article, excerpt = store.id_of("article.txt"), store.id_of("excerpt.txt")
    found = laws.check_spans(shift_spans(store.overlaps, excerpt, **by), store.texts)
    assert broken(found) == [(f"{excerpt} and {article}", problem)]


def test_a_text_that_changed_under_its_spans_is_named(store: Store) -> None:
    article, excerpt = store.id_of("article.txt"), store.id_of("excerpt.txt")
    text = store.texts.filter(document_id=excerpt)["text"].item()
    last = text.rstrip(".").rsplit(" ", 1)[1]
    texts = put(store.texts, excerpt, text=text.removesuffix(f"{last}.") + "x" * len(last) + ".")
    found = laws.check_spans(store.overlaps, texts)
    assert broken(found) == [(f"{excerpt} and {article}", "the words of a span are not equal")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("relation", "near"),
        ("duplicate_of", "nobody"),
        ("partners", []),
        ("coverage", 0.81),
        ("reason", "Because."),
    ],
)
def test_a_decision_that_does_not_follow_from_the_rule_is_named(store: Store, column: str, value: Any) -> None:
    excerpt = store.id_of("excerpt.txt")
    changed = put(store.decisions, excerpt, **{column: value})
    assert changed.height == store.decisions.height
    for found in (
        laws.check_decisions(changed, store.decisions),
        laws.check_decisions(store.decisions, changed),
    ):
        assert [subject for subject, _ in broken(found)] == [excerpt]


def test_a_wrong_decision_is_told_in_words(store: Store) -> None:
    excerpt = store.id_of("excerpt.txt")
    kept = put(store.decisions, excerpt, relation=None)
    assert broken(laws.check_decisions(kept, store.decisions)) == [
        (
            excerpt,
            "says kept, the rule gives excerpt; they differ in relation",
        )
    ]
    assert broken(laws.check_decisions(store.decisions, kept)) == [
        (
            excerpt,
            "says excerpt, the rule gives kept; they differ in relation",
        )
    ]


@pytest.mark.parametrize("path", ["excerpt.txt", "article.txt"])
def test_a_document_without_a_decision_is_named(store: Store, path: str) -> None:
    less = without(store.decisions, store.id_of(path))
    for found in (laws.check_decisions(less, store.decisions), laws.check_decisions(store.decisions, less)):
        assert [subject for subject, _ in broken(found)] == [store.id_of(path)]


@pytest.mark.parametrize("column", ["documents_in", "documents_kept", "documents_set_aside", "documents_rejected"])
def test_a_run_whose_counts_do_not_add_up_is_named(column: str) -> None:
    good = {"documents_in": 6, "documents_kept": 3, "documents_set_aside": 2, "documents_rejected": 1}
    bad = good | {column: good[column] + 1}
    kept, aside, rejected = (bad[f"documents_{name}"] for name in ("kept", "set_aside", "rejected"))
    found = laws.check_counts(make_runs(good, bad, good))
    detail = f"{bad['documents_in']} in; {kept} kept, {aside} set aside, {rejected} rejected"
    assert broken(found) == [("run-1", detail)]


def test_a_document_that_is_missing_from_the_store_is_counted() -> None:
    runs = make_runs({"documents_in": 4}, {"documents_in": 3})
    assert broken(laws.check_totals(runs, 4, 2, 1)) == []
    detail = "runs took in 7; the store holds 4 + 2 + 0 = 6"
    assert broken(laws.check_totals(runs, 4, 2, 0)) == [("store", detail)]
    assert [subject for subject, _ in broken(laws.check_totals(runs, 4, 3, 1))] == ["store"]


def test_a_rebuild_answers_for_all_before_it() -> None:
    rebuild = {"command": "backfill", "documents_in": 5}
    runs = make_runs({"documents_in": 6}, rebuild | {"documents_in": 9}, rebuild, {"documents_in": 2})
    assert broken(laws.check_totals(runs, 4, 2, 1)) == []
    assert broken(laws.check_totals(runs.reverse(), 4, 2, 1)) == []
    assert broken(laws.check_totals(runs, 4, 2, 2)) != []
