"""The rule against a slow reading of its own sentence, and deciding step by step against deciding all at once.

No text is made here: documents have word counts, and pairs of texts share runs of words that are drawn, so that the
cases that real texts seldom give (chains, ties, shares at the very threshold) are common.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.support.examples import count_examples
from transforms.contracts import ARTICLES
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup import update
from transforms.dedup.decide import decide_active
from transforms.dedup.rank import RANKED_COLUMNS, rank_documents
from transforms.dedup.update import PAIR, Compared, Tools, assign_parts, load_active, orient_pairs, update_decisions

Run = tuple[int, int]
"""First word, and the word after the last."""

SCHEMA: Final = pl.Schema({name: ARTICLES.polars_schema[name] for name in RANKED_COLUMNS})
OVERLAP_SCHEMA: Final = pl.Schema(
    {"document_id": pl.String, "other_id": pl.String, "words": pl.UInt32, "other_share": pl.Float64}
)
INTERVAL_SCHEMA: Final = pl.Schema(
    {"document_id": pl.String, "other_id": pl.String, "first_word": pl.UInt32, "end_word": pl.UInt32}
)
LEAST_SHARED_WORDS: Final = 3
"""What the pairs drawn here must share to have an overlap; the real figure would make small cases rare."""

PARAMETERS: Final = st.builds(
    DedupParameters, coverage_threshold=st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), floor_words=st.integers(1, 12)
)


# --- the rule, read slowly -------------------------------------------------------------------------------------------


def covers_enough(covered: int, words: int, parameters: DedupParameters) -> bool:
    """In fractions: there is nothing to round."""
    return words >= parameters.floor_words and Fraction(covered, words) >= Fraction(str(parameters.coverage_threshold))


def decide_slowly(
    word_counts: list[int], shared: dict[tuple[int, int], list[Run]], parameters: DedupParameters
) -> list[tuple[bool, int]]:
    """Kept, and words covered, of documents in rank order."""
    kept: list[int] = []
    answers = []
    for low, words in enumerate(word_counts):
        covered = {word for high in kept for first, end in shared.get((low, high), []) for word in range(first, end)}
        is_kept = not covers_enough(len(covered), words, parameters)
        answers.append((is_kept, len(covered)))
        if is_kept:
            kept.append(low)
    return answers


@st.composite
def ranked_documents(draw: st.DrawFn) -> tuple[list[int], dict[tuple[int, int], list[Run]]]:
    """Word counts in rank order, and for pairs of documents the words of the lower that stand in the higher."""
    word_counts = draw(st.lists(st.integers(1, 20), min_size=1, max_size=8))
    shared: dict[tuple[int, int], list[Run]] = {}
    for low in range(len(word_counts)):
        for high in range(low):
            bounds = draw(st.lists(st.integers(0, word_counts[low]), max_size=4, unique=True).map(sorted))
            if len(bounds) > 1:
                shared[low, high] = list(zip(bounds[::2], bounds[1::2], strict=False))
    return word_counts, shared


@settings(max_examples=count_examples(100))
@given(ranked_documents(), PARAMETERS, st.randoms(use_true_random=False))
def test_the_kernel_reads_the_rule_as_it_is_written(
    documents: tuple[list[int], dict[tuple[int, int], list[Run]]], parameters: DedupParameters, shuffler: Any
) -> None:
    word_counts, shared = documents
    names = shuffler.sample("abcdefgh", len(word_counts))
    nodes = pl.DataFrame(
        {
            "document_id": names,
            "rank": range(len(names)),
            "word_count": word_counts,
            "is_active": [True] * len(names),
            "was_kept": [shuffler.random() < 0.5 for _ in names],
            "is_dirty": [True] * len(names),
        },
        schema_overrides={"rank": pl.UInt32, "word_count": pl.UInt32},
    )
    pairs = [(names[low], names[high]) for low, high in shared]
    intervals = [(names[low], names[high], first, end) for (low, high), runs in shared.items() for first, end in runs]
    decided = decide_active(
        nodes.sample(fraction=1, shuffle=True, seed=shuffler.randrange(99)),
        pl.DataFrame(shuffler.sample(pairs, len(pairs)), schema=dict.fromkeys(PAIR, pl.String), orient="row"),
        pl.DataFrame(shuffler.sample(intervals, len(intervals)), schema=INTERVAL_SCHEMA, orient="row"),
        parameters,
    )
    assert decided["document_id"].to_list() == names
    assert decided.drop("document_id").rows() == decide_slowly(word_counts, shared, parameters)


# --- a world of texts, and runs that take them in --------------------------------------------------------------------


@dataclass(frozen=True)
class Content:
    """What a file holds: one of the texts, and what the document states."""

    text: int
    published: tuple[datetime, str] | None
    title: str | None


@dataclass
class World:
    """Texts by number: their lengths, and the runs that two of them share, in words of the one with the lower number.

    In the other text the same runs stand in reverse order, counted from its end.
    """

    lengths: list[int]
    shared: dict[tuple[int, int], list[Run]]
    contents: list[Content]
    runs: list[dict[str, int]] = field(default_factory=list)

    def find_runs(self, text: int, other: int) -> list[Run]:
        """Words of `text` that stand in `other`."""
        if text == other:
            runs = [(0, self.lengths[text])]
        elif text < other:
            runs = self.shared.get((text, other), [])
        else:
            length = self.lengths[text]
            runs = [(length - end, length - first) for first, end in self.shared.get((other, text), [])]
        return runs if sum(end - first for first, end in runs) >= LEAST_SHARED_WORDS else []


def name_document(path: str, content: int) -> str:
    return sha256(f"{path} {content}".encode()).hexdigest()[:32]


def digest_text(text: int) -> str:
    return sha256(f"text {text}".encode()).hexdigest()


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Texts that share much, and up to five runs in which files appear, change, are set back and come again.

    The same content twice in a row is what a run sees after a version of the file that was rejected.
    """
    lengths = draw(st.lists(st.integers(1, 24), min_size=2, max_size=6))
    shared: dict[tuple[int, int], list[Run]] = {}
    for text in range(len(lengths)):
        for other in range(text + 1, len(lengths)):
            longest = min(lengths[text], lengths[other])
            bounds = draw(
                st.just([0, longest]) | st.lists(st.integers(0, longest), max_size=4, unique=True).map(sorted)
            )
            if len(bounds) > 1:
                shared[text, other] = list(zip(bounds[::2], bounds[1::2], strict=False))
    dates = st.none() | st.tuples(
        st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]),
        st.sampled_from(["year", "month", "day"]),
    )
    contents = st.builds(Content, st.integers(0, len(lengths) - 1), dates, st.none() | st.just("A title"))
    world = World(lengths, shared, draw(st.lists(contents, min_size=2, max_size=7)))
    places = st.integers(0, len(world.contents) - 1)
    world.runs = draw(st.lists(st.dictionaries(st.sampled_from("pqrstu"), places, max_size=4), min_size=1, max_size=5))
    return world


def list_documents(world: World, run: dict[str, int], number: int) -> pl.DataFrame:
    """The documents that a run derives, as ranking wants them."""
    rows = []
    for path, place in run.items():
        content = world.contents[place]
        at, precision = content.published or (None, None)
        rows.append(
            {
                "document_id": name_document(path, place),
                "source_path": path,
                "record": 0,
                "ingested_at": datetime(2026, 9, 1, number, tzinfo=UTC),
                "text_sha256": digest_text(content.text),
                "word_count": world.lengths[content.text],
                "title": content.title,
                "authors": [],
                "published_at": at,
                "published_precision": precision,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


class Aligner:
    """Stands for the alignment of texts: knows what is shared, instead of comparing words."""

    def __init__(self, world: World, derived_again: dict[str, int] | None = None) -> None:
        """`derived_again`: document_id -> its text, of documents that do not have the text of their content."""
        self.world = world
        self.text_of = {
            name_document(path, place): world.contents[place].text for run in world.runs for path, place in run.items()
        } | (derived_again or {})

    def align(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Overlaps of the pairs that share enough."""
        rows = []
        for low, high in pairs.select(PAIR).rows():
            words = sum(end - first for first, end in self._find(low, high))
            if words:
                rows.append((low, high, words, words / self.world.lengths[self.text_of[high]]))
        return pl.DataFrame(rows, schema=OVERLAP_SCHEMA, orient="row")

    def locate(self, overlaps: pl.DataFrame) -> pl.DataFrame:
        """The runs of each overlap, as words of its lower document."""
        rows = [(low, high, *run) for low, high in overlaps.select(PAIR).rows() for run in self._find(low, high)]
        return pl.DataFrame(rows, schema=INTERVAL_SCHEMA, orient="row")

    def shares_words(self, text: str, others: set[str]) -> bool:
        """Whether the text with this digest shares anything with one of the others."""
        numbers = {digest_text(number): number for number in range(len(self.world.lengths))}
        return any(
            text != other and self.world.find_runs(numbers[text], numbers[other]) for other in others & set(numbers)
        )

    def _find(self, low: str, high: str) -> list[Run]:
        return self.world.find_runs(self.text_of[low], self.text_of[high])


@dataclass(frozen=True)
class Held:
    """What a store holds after a run."""

    documents: pl.DataFrame
    decisions: pl.DataFrame
    overlaps: pl.DataFrame


NOTHING_HELD: Final = Held(
    pl.DataFrame(schema=SCHEMA), pl.DataFrame(schema=DECISIONS), pl.DataFrame(schema=OVERLAP_SCHEMA)
)


def meet_documents(aligner: Aligner, store: update.Held, derived: pl.DataFrame) -> pl.DataFrame:
    """The documents that a run looks at, in rank order: what changes, and what shares words with that."""
    base = assign_parts(store, derived)
    changed = set(base.filter("is_changed")["text_sha256"])
    held = store.documents.collect()
    known = held["text_sha256"].is_in(base["text_sha256"].implode())
    meets = pl.Series([aligner.shares_words(text, changed) for text in held["text_sha256"]], dtype=pl.Boolean)
    return rank_documents(
        pl.concat([base, load_active(held.filter(meets & ~known), base)], how="diagonal").drop("rank")
    )


def compare_documents(aligner: Aligner, roles: pl.DataFrame) -> tuple[pl.DataFrame, Compared]:
    """Overlaps of the active documents of which one changed, by id, and the same by number."""
    active = roles.filter("is_active").select("document_id", "is_changed")
    both = active.join(active, how="cross", suffix="_other").filter(
        pl.col("document_id") != pl.col("document_id_other"), pl.col("is_changed") | pl.col("is_changed_other")
    )
    pairs = orient_pairs(both.select("document_id", pl.col("document_id_other").alias("other_id")), roles)
    fresh = aligner.align(pairs)
    ranks = roles.select("document_id", "rank")
    named = fresh.join(ranks.rename({"rank": "node"}), on="document_id").join(
        ranks.select(pl.col("document_id").alias("other_id"), pl.col("rank").alias("other_node")), on="other_id"
    )
    located = aligner.locate(fresh).join(named.select(*PAIR, "node", "other_node"), on=PAIR)
    return fresh, Compared(
        named.select("node", "other_node", "words", "other_share"),
        located.select("node", "other_node", "first_word", "end_word"),
    )


def take_in(aligner: Aligner, held: Held, derived: pl.DataFrame, parameters: DedupParameters) -> Held:
    """One run, composed as the flow composes it: only what the new documents can change is looked at."""
    store = update.Held(held.documents.join(held.decisions, on="document_id", how="left").lazy(), held.overlaps.lazy())
    roles = meet_documents(aligner, store, derived)
    fresh, compared = compare_documents(aligner, roles)
    tools = Tools(aligner.align, aligner.locate)
    lost = held.overlaps.select(PAIR).clear()
    said = update_decisions(roles.lazy(), compared, lost, store, tools, parameters)
    documents = pl.concat([held.documents.join(derived, on="document_id", how="anti"), derived])
    # A store is changed row by row: what is said not to have changed stays as it was held.
    unchanged = held.decisions.join(said.decisions, on="document_id", how="anti")
    added = pl.concat([fresh, said.followed])
    stays = held.overlaps.join(said.gone, on=PAIR, how="anti").join(added, on=PAIR, how="anti")
    assert added.select(PAIR).is_duplicated().sum() == 0
    return Held(
        documents,
        pl.concat([unchanged, said.decisions]).sort("document_id"),
        pl.concat([stays, added]).sort(PAIR),
    )


# --- the whole decision, read slowly ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """A document of the world as the oracle sees it."""

    document_id: str
    path: str
    content: Content
    taken_in: int


def list_versions(world: World) -> list[Version]:
    latest = {(path, place): number for number, run in enumerate(world.runs) for path, place in run.items()}
    return [
        Version(name_document(path, place), path, world.contents[place], number)
        for (path, place), number in latest.items()
    ]


def count_length_classes(words: int) -> int:
    """How many steps of a quarter, rounded up, fit from two words on."""
    bound, steps = 2, 0
    while words >= bound:
        bound, steps = max(bound + 1, -int(-Fraction(5, 4) * bound // 1)), steps + 1
    return steps


def end_period(published: tuple[datetime, str] | None) -> datetime:
    """The last instant that a date can mean; the end of time for none."""
    if published is None:
        return datetime.max.replace(tzinfo=UTC)
    at, precision = published
    if precision == "year":
        end = at.replace(year=at.year + 1)
    elif precision == "month":
        end = at.replace(month=at.month + 1)
    else:
        end = at + timedelta(days=1)
    return end - timedelta(microseconds=1)


def rank_slowly(world: World, versions: Iterable[Version]) -> list[Version]:
    return sorted(
        versions,
        key=lambda version: (
            -count_length_classes(world.lengths[version.content.text]),
            end_period(version.content.published),
            -(version.content.title is not None) - (version.content.published is not None),
            version.document_id,
        ),
    )


Answer = tuple[str | None, str | None, list[tuple[str, int]], Fraction]
"""Relation, duplicate of, partners with their words, coverage."""


def explain_slowly(world: World, parameters: DedupParameters) -> dict[str, Answer]:
    """What the rule says of every document of a world, from nothing."""
    versions = rank_slowly(world, list_versions(world))
    newest = {version.path: version for version in sorted(versions, key=lambda version: version.taken_in)}
    standards: dict[int, Version] = {}
    for version in versions:
        if newest[version.path] is version:
            standards.setdefault(version.content.text, version)
    answers: dict[str, Answer] = {}
    kept: list[Version] = []
    for version in versions:
        if standards.get(version.content.text) is version:
            answer = answers[version.document_id] = apply_rule(world, version, kept, parameters)
            if answer[0] is None:
                kept.append(version)
    for version in versions:
        standard = standards.get(version.content.text)
        if newest[version.path] is version and standard is not None and standard is not version:
            words = world.lengths[version.content.text]
            said, name = answers[standard.document_id], standard.document_id
            answers[version.document_id] = ("exact", name, [(name, words)], Fraction(1)) if said[0] is None else said
    by_name = {version.document_id: version for version in versions}
    for version in versions:
        if newest[version.path] is not version:
            name = newest[version.path].document_id
            answers[version.document_id] = supersede(world, version, by_name[answers[name][1] or name])
    return answers


def supersede(world: World, version: Version, by: Version) -> Answer:
    """What is said of an older version. Equal texts share all their words, however few."""
    length, text = world.lengths[version.content.text], version.content.text
    runs = [(0, length)] if text == by.content.text else world.find_runs(text, by.content.text)
    words = sum(end - first for first, end in runs)
    return "superseded", by.document_id, [(by.document_id, words)], Fraction(words, length)


def apply_rule(world: World, version: Version, kept: list[Version], parameters: DedupParameters) -> Answer:
    """Decide one document from those kept above it."""
    length = world.lengths[version.content.text]
    covered: set[int] = set()
    partners = []
    for other in kept:
        words = {word for run in world.find_runs(version.content.text, other.content.text) for word in range(*run)}
        if words:
            covered |= words
            partners.append((other.document_id, len(words)))
    coverage = Fraction(len(covered), length)
    if not covers_enough(len(covered), length, parameters):
        return None, None, [], coverage
    partners.sort(key=lambda partner: (-partner[1], partner[0]))
    best, words_of_best = partners[0]
    other_length = next(world.lengths[other.content.text] for other in kept if other.document_id == best)
    threshold = Fraction(str(parameters.coverage_threshold))
    if Fraction(words_of_best, length) < threshold:
        relation = "digest"
    else:
        relation = "near" if Fraction(words_of_best, other_length) >= threshold else "excerpt"
    return relation, best, partners, coverage


def list_answers(decisions: pl.DataFrame) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for row in decisions.iter_rows(named=True):
        partners = [(partner["document_id"], partner["words"]) for partner in row["partners"]]
        yield row["document_id"], (row["relation"], row["duplicate_of"], partners, row["coverage"])


# --- the laws --------------------------------------------------------------------------------------------------------


def replay(world: World, parameters: DedupParameters) -> Iterator[tuple[World, Held]]:
    """The world as far as it has come, and what is held, after each run."""
    aligner, held = Aligner(world), NOTHING_HELD
    for number, run in enumerate(world.runs):
        held = take_in(aligner, held, list_documents(world, run, number), parameters)
        yield World(world.lengths, world.shared, world.contents, world.runs[: number + 1]), held


@settings(max_examples=count_examples(25))
@given(worlds(), PARAMETERS)
def test_decisions_are_what_the_rule_says(world: World, parameters: DedupParameters) -> None:
    """Whatever came before, after each run: relation, partners and coverage of every document, copies and versions."""
    for so_far, held in replay(world, parameters):
        expected = explain_slowly(so_far, parameters)
        answers = {name: (*rest, float(coverage)) for name, (*rest, coverage) in expected.items()}
        assert dict(list_answers(held.decisions)) == answers


@settings(max_examples=count_examples(25))
@given(worlds(), PARAMETERS)
def test_step_by_step_is_all_at_once(world: World, parameters: DedupParameters) -> None:
    """Decisions with their reasons, and the overlaps held, do not tell how the documents came."""
    for so_far, held in replay(world, parameters):
        at_once = take_in(Aligner(so_far), NOTHING_HELD, held.documents, parameters)
        assert_frame_equal(held.decisions, at_once.decisions, check_exact=True)
        assert_frame_equal(held.overlaps, at_once.overlaps, check_exact=True)


@settings(max_examples=count_examples(15))
@given(worlds(), PARAMETERS)
def test_a_run_with_nothing_new_changes_nothing(world: World, parameters: DedupParameters) -> None:
    for so_far, held in replay(world, parameters):
        again = take_in(Aligner(so_far), held, held.documents.clear(), parameters)
        assert_frame_equal(again.decisions, held.decisions, check_exact=True)
        assert_frame_equal(again.overlaps, held.overlaps, check_exact=True)


@settings(max_examples=count_examples(25))
@given(worlds(), PARAMETERS, st.data())
def test_a_document_derived_again_is_decided_as_if_it_had_never_been_otherwise(
    world: World, parameters: DedupParameters, data: st.DataObject
) -> None:
    """It may come again as it was, or, from a newer version of Winnow, with another text."""
    *_, (so_far, held) = replay(world, parameters)
    texts = st.integers(0, len(world.lengths) - 1)
    ids = sorted(held.documents["document_id"])
    again = data.draw(st.dictionaries(st.sampled_from(ids), texts, max_size=3) if ids else st.just({}))
    derived = held.documents.filter(pl.col("document_id").is_in(again)).with_columns(
        pl.col("document_id").replace_strict(again, return_dtype=pl.Int64).alias("text")
    )
    derived = derived.with_columns(
        pl.Series("text_sha256", map(digest_text, derived["text"]), pl.String),
        pl.Series("word_count", [world.lengths[text] for text in derived["text"]], SCHEMA["word_count"]),
    ).select(SCHEMA.names())
    after = take_in(Aligner(so_far, again), held, derived, parameters)
    at_once = take_in(Aligner(so_far, again), NOTHING_HELD, after.documents, parameters)
    assert_frame_equal(after.decisions, at_once.decisions, check_exact=True)
    assert_frame_equal(after.overlaps, at_once.overlaps, check_exact=True)
