"""What a change of the documents held means for pairs and decisions: only what can change is looked at again.

The store is given as lazy frames, and asked for rows by path, by text or by id; nothing is read that the change does
not reach. From nothing held, everything is new: a rebuild takes the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.contracts.tables import ARTICLES, OVERLAPS
from transforms.dedup.decide import (
    decide_active,
    explain_active,
    explain_copies,
    explain_lone,
    explain_older_versions,
    find_successors,
    gather_partners,
    number_pairs,
)
from transforms.dedup.rank import RANKED_COLUMNS, assign_roles, rank_among, rank_documents

PAIR: Final = ["document_id", "other_id"]
PLACE: Final = ["source_path", "record"]
MEASURES: Final = [*PAIR, "words", "other_share"]
"""What a decision needs of an overlap beside the words it covers."""

DECIDED_ALONE: Final = ["exact", "superseded"]
"""Relations of documents that stand for no text: copies and older versions are not compared with others."""

IS_NEWEST: Final = pl.col("relation").ne_missing("superseded")
"""Whether a document held is the newest version of its path."""

NOTHING_GONE: Final = pl.DataFrame(schema={"document_id": pl.String, "source_path": pl.String, "record": pl.UInt32})

HELD_COLUMNS: Final = tuple(dict.fromkeys((*RANKED_COLUMNS, *DECISIONS)))
"""What deciding needs to know of a document held."""


@dataclass
class Held:
    """What a store holds: documents (HELD_COLUMNS) and overlaps (the columns of OVERLAPS)."""

    documents: pl.LazyFrame
    overlaps: pl.LazyFrame

    @classmethod
    def nothing(cls) -> Held:
        """An empty store."""
        ranked = {name: ARTICLES.polars_schema[name] for name in RANKED_COLUMNS}
        return cls(pl.LazyFrame(schema=ranked | dict(DECISIONS)), pl.LazyFrame(schema=OVERLAPS.polars_schema))

    def find_documents(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Documents that have one of `keys`, whatever its columns are."""
        if keys.is_empty():
            return self.documents.head(0).collect()
        return self.documents.join(keys.unique().lazy(), on=keys.columns, how="semi").collect()

    def find_overlaps(self, ids: pl.Series, columns: list[str]) -> pl.DataFrame:
        """Overlaps that name one of `ids` in one of `columns`."""
        if ids.is_empty():
            return self.overlaps.head(0).collect()
        names = ids.unique().implode()
        return self.overlaps.filter(pl.any_horizontal(pl.col(name).is_in(names) for name in columns)).collect()


def assign_parts(held: Held, derived: pl.DataFrame, gone: pl.DataFrame | None = None) -> pl.DataFrame:
    """Documents derived, and the held ones that share a path or the words with one, with their roles before and now.

    `derived`: RANKED_COLUMNS, and columns of the caller's. `gone` (document_id, PLACE): held documents that go, since
    the files they came from give others now. Adds what `assign_roles` adds, and is_held, was_active, was_kept,
    is_derived (true for those gone, too), is_gone and is_changed: it came, went or was derived again; and
    was_text_sha256, since derived again it can have other words. Those gone have no part now. Older versions at other
    paths have no part and are left out.
    """
    gone = NOTHING_GONE if gone is None else gone
    versions = held.find_documents(pl.concat([derived.select(PLACE), gone.select(PLACE)]))
    texts = pl.concat([derived["text_sha256"], versions["text_sha256"]]).to_frame()
    copies = held.find_documents(texts).filter(IS_NEWEST)
    around = pl.concat([versions, copies]).unique("document_id", maintain_order=True)
    before = assign_roles(around.select(RANKED_COLUMNS)).select("document_id", pl.col("is_active").alias("was_active"))
    again = pl.concat([derived.select("document_id"), gone.select("document_id")])
    stays = around.select(RANKED_COLUMNS).join(again, on="document_id", how="anti", maintain_order="left")
    goes = around.select(RANKED_COLUMNS).join(gone, on="document_id", how="semi", maintain_order="left")
    names = again.with_columns(pl.lit(value=True).alias("is_derived"))
    had = around.select("document_id", pl.col("text_sha256").alias("was_text_sha256"))
    roles = assign_roles(pl.concat([stays, derived], how="diagonal")).with_columns(pl.lit(value=False).alias("is_gone"))
    left = goes.with_columns(pl.lit(value=False).alias("is_active"), pl.lit(value=True).alias("is_gone"))
    known = (
        rank_among(roles, left)
        .join(before, on="document_id", how="left", maintain_order="left")
        .join(_mark_kept(around), on="document_id", how="left", maintain_order="left")
        .join(names, on="document_id", how="left", maintain_order="left")
        .join(had, on="document_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("was_text_sha256", "text_sha256").alias("was_text_sha256"),
            pl.col("was_kept").is_not_null().alias("is_held"),
            pl.col("was_active", "was_kept", "is_derived").fill_null(value=False),
        )
    )
    takes_part = pl.col("is_active") | pl.col("was_active")
    differs = (pl.col("is_active") != pl.col("was_active")) | pl.col("is_derived")
    return known.with_columns((takes_part & differs).alias("is_changed"))


def _mark_kept(held: pl.DataFrame) -> pl.DataFrame:
    return held.select("document_id", pl.col("relation").is_null().alias("was_kept"))


def load_active(found: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Those of the held documents `found` (RANKED_COLUMNS, relation) that are active and not among those `known`.

    All held documents with the words of one must be there. RANKED_COLUMNS with the columns of `assign_parts`.
    """
    # One derived again can have other words by now, and one that goes has none.
    again = known.filter("is_derived")
    standing = found.filter(pl.col("relation").is_null() | ~pl.col("relation").is_in(DECIDED_ALONE)).join(
        again, on="document_id", how="anti", maintain_order="left"
    )
    return (
        assign_roles(standing.select(RANKED_COLUMNS))
        .filter("is_active")
        .join(known, on="document_id", how="anti", maintain_order="left")
        .join(_mark_kept(standing), on="document_id", maintain_order="left")
        .with_columns(
            pl.lit(value=True).alias("was_active"),
            pl.lit(value=True).alias("is_held"),
            pl.lit(value=False).alias("is_derived"),
            pl.lit(value=False).alias("is_changed"),
            pl.lit(value=False).alias("is_gone"),
            pl.col("text_sha256").alias("was_text_sha256"),
        )
    )


# --- the decision ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """What the run compared: pairs of active documents, by their numbers in `roles` (its rank).

    `measures`: node, other_node, words, other_share. `intervals`: node, other_node, first_word, end_word, in words of
    the lower-ranked one.
    """

    measures: pl.DataFrame
    intervals: pl.DataFrame


@dataclass(frozen=True)
class Tools:
    """What needs the texts.

    `align` compares pairs (PAIR) and gives overlaps. `locate` gives the words that the spans of overlaps cover in the
    text of document_id (PAIR, first_word, end_word).
    """

    align: Callable[[pl.DataFrame], pl.DataFrame]
    locate: Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Update:
    """What a run changes.

    `decisions` (DECISIONS) are those that are new or say something else; `followed` the overlaps compared for copies
    and older versions; `gone` the pairs (PAIR) held that are pairs no more, or whose text is another one now.
    """

    decisions: pl.DataFrame
    followed: pl.DataFrame
    gone: pl.DataFrame


def update_decisions(
    roles: pl.LazyFrame,
    compared: Compared,
    lost: pl.DataFrame,
    held: Held,
    tools: Tools,
    parameters: DedupParameters,
) -> Update:
    """Decide again whatever the run can change.

    `roles`: the documents of `assign_parts`, and those they meet, in rank order. `lost`: pairs (PAIR) that are pairs no
    more. Every document of `roles` that was active has its pairs with the changed ones in `compared`. Only documents
    that meet another one are held in memory with all that is known of them.
    """
    lone = find_lone(roles, compared.measures)
    others = roles.join(lone.lazy(), on="document_id", how="anti", maintain_order="left").collect()
    region = _Region(others, compared, lost, held, tools)
    explained = _explain(region, region.decide(parameters), parameters)
    followers = _find_followers(region, explained, find_changed_decisions(explained, region.read_decisions(explained)))
    following = list_following_pairs(followers.documents, followers.copies, followers.successors)
    known = region.find_evidence(following)
    followed = tools.align(following.join(known, on=PAIR, how="anti"))
    evidence = pl.concat([known, followed.select(*PAIR, "words")])
    older = explain_older_versions(followers.successors, followers.documents, evidence)
    said = pl.concat([explained, followers.copies, older])
    changed = find_changed_decisions(said, region.read_decisions(said))
    inactive = pl.concat([followers.copies["document_id"], older["document_id"]])
    gone = region.list_gone(changed["document_id"], inactive, following)
    return Update(pl.concat([changed, explain_lone(lone)]), followed, gone)


def find_lone(roles: pl.LazyFrame, measures: pl.DataFrame) -> pl.DataFrame:
    """The new documents (document_id) that share nothing with any other: neither a path, nor the words, nor a passage.

    `roles` and `measures` as in `update_decisions`. Nothing can speak against keeping them, and nothing follows them.
    """
    names = ("standard_id", "newest_id")
    follow = roles.filter(pl.any_horizontal(pl.col(name) != pl.col("document_id") for name in names)).select(names)
    followed = follow.collect()
    named = pl.concat([followed[name].rename("document_id") for name in names]).drop_nulls().unique()
    met = pl.concat([measures["node"], measures["other_node"].rename("node")]).unique()
    is_named = pl.col("document_id").is_in(named.implode())
    is_met = pl.col("rank").is_in(met.implode())
    return roles.filter(~pl.col("is_held") & pl.col("is_active") & ~is_named & ~is_met).select("document_id").collect()


class _Region:
    """The active documents that a change can reach, numbered, with what each shares with those above it."""

    def __init__(self, roles: pl.DataFrame, compared: Compared, lost: pl.DataFrame, held: Held, tools: Tools) -> None:
        self.held, self.tools, self.compared = held, tools, compared
        self.gone = roles.filter("is_gone").select("document_id")
        self.nodes = roles.with_columns(pl.col("rank").alias("number"))
        # The text of a document derived again may be another one, whatever its part was.
        self.stale = self._find_held_pairs(pl.col("is_derived"))
        self.void = pl.concat([self.stale, self._find_held_pairs(pl.col("is_changed")), lost.select(PAIR)]).unique()
        self.lost = lost.select(PAIR)
        self.stored = held.overlaps.head(0).collect()
        self.intervals = tools.locate(self.stored)
        self.dirty = pl.Series("document_id", [], dtype=pl.String)
        # The store is not asked about what it cannot have.
        self.new = roles.filter(~pl.col("is_held")).select("document_id")
        changed = roles.filter("is_changed")["document_id"]
        self._add(pl.concat([changed, self.void["document_id"], self._name(compared.measures["node"].unique())]))

    def find_documents(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Held documents that have one of `keys`, without those that go (HELD_COLUMNS)."""
        return self.held.find_documents(keys).join(self.gone, on="document_id", how="anti", maintain_order="left")

    def _find_held_pairs(self, concerned: pl.Expr) -> pl.DataFrame:
        return self.held.find_overlaps(self.nodes.filter(concerned & pl.col("is_held"))["document_id"], PAIR).select(
            PAIR
        )

    def read_decisions(self, said: pl.DataFrame) -> pl.DataFrame:
        """What is held of the documents that something is said of (DECISIONS)."""
        asked = said.select("document_id").join(self.new, on="document_id", how="anti")
        return self.find_documents(asked).select(DECISIONS.names())

    def _drop_new(self, ids: pl.Series) -> pl.Series:
        named = ids.to_frame("document_id")
        return named.join(self.new, on="document_id", how="anti", maintain_order="left")["document_id"]

    def decide(self, parameters: DedupParameters) -> pl.DataFrame:
        """Decide what is dirty, then what lies under whatever changed sides, until nothing does.

        Returns number, document_id, is_kept and covered_words of every document decided.
        """
        spread = pl.Series("document_id", [], dtype=pl.String)
        while True:
            decided = self._decide_once(parameters)
            # What lies under a document that was not held was compared now, and is dirty already.
            flipped = decided.filter("is_held", pl.col("is_kept") != pl.col("was_kept"))["document_id"]
            new = flipped.filter(~flipped.is_in(spread.implode()))
            below = self.held.find_overlaps(new, ["other_id"]).join(self.void, on=PAIR, how="anti")
            spread = pl.concat([spread, new])
            if not self._add(below["document_id"]):
                return decided

    def _decide_once(self, parameters: DedupParameters) -> pl.DataFrame:
        numbers = self.nodes.select("document_id", "number")
        stored = number_pairs(self.stored.select(PAIR), numbers)
        located = number_pairs(self.intervals, numbers)
        measures, intervals = (
            frame.rename({"node": "document_id", "other_node": "other_id"})
            for frame in (self.compared.measures, self.compared.intervals)
        )
        nodes = self.nodes.select(
            pl.col("number").alias("document_id"),
            "rank",
            "word_count",
            "is_active",
            # A document that was set aside as a copy or an older version was not kept, whatever its new part is.
            (pl.col("was_kept") & pl.col("was_active")).alias("was_kept"),
            pl.col("document_id").is_in(self.dirty.implode()).alias("is_dirty"),
        )
        decided = decide_active(
            nodes,
            pl.concat([measures.select(PAIR), stored.select(PAIR)]),
            pl.concat([intervals, located.select(intervals.columns)]),
            parameters,
        ).rename({"document_id": "number"})
        return decided.join(
            self.nodes.select("number", "document_id", "is_held", pl.col("was_kept") & pl.col("was_active")),
            on="number",
            maintain_order="left",
        )

    def _add(self, ids: pl.Series) -> bool:
        """Take in active documents to decide, with their pairs and those above them; says whether any is new."""
        ids = ids.unique()
        new = ids.filter(~ids.is_in(self.dirty.implode()))
        self._load(new)
        new = self._keep_active(new.to_frame("document_id"), "document_id")["document_id"]
        self.dirty = pl.concat([self.dirty, new])
        asked = self._drop_new(new)
        rows = self.held.find_overlaps(asked, ["document_id"]).join(self.void, on=PAIR, how="anti")
        if rows.height:
            # What was compared now says it anew.
            rows = rows.join(self._name_fresh(rows).select(PAIR), on=PAIR, how="anti")
            self._load(rows["other_id"])
            rows = self._keep_active(rows, "other_id")
            self.stored = pl.concat([self.stored, rows])
            self.intervals = pl.concat([self.intervals, self.tools.locate(rows)])
        return bool(new.len())

    def _keep_active(self, rows: pl.DataFrame, column: str) -> pl.DataFrame:
        active = self.nodes.filter("is_active").select(pl.col("document_id").alias(column))
        return rows.join(active, on=column, how="semi", maintain_order="left")

    def _load(self, ids: pl.Series) -> None:
        """Number the documents that are not known yet, if they are active."""
        ids = ids.unique()
        unknown = ids.filter(~ids.is_in(self.nodes["document_id"].implode()))
        if unknown.is_empty():
            return
        found = self.find_documents(unknown.rename("document_id").to_frame())
        # Among documents set aside, the best-ranked one with some words stands for them, the others are its copies.
        aside = found.filter(pl.col("relation").is_not_null())
        copies = self.find_documents(aside.select("text_sha256"))
        active = load_active(pl.concat([found, copies]).unique("document_id", maintain_order=True), self.nodes)
        loaded = active.filter(pl.col("document_id").is_in(unknown.implode()))
        start = int(self.nodes.select(pl.col("number").max() + 1).item() or 0)
        numbered = loaded.with_columns(pl.int_range(start, start + pl.len(), dtype=pl.UInt32).alias("number"))
        self.nodes = rank_among(self.nodes, numbered)

    def _name(self, numbers: pl.Series) -> pl.Series:
        return numbers.to_frame("number").join(self.nodes.select("number", "document_id"), on="number")["document_id"]

    def _name_fresh(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """What was compared now of `pairs` (MEASURES)."""
        numbers = self.nodes.select("document_id", "number")
        asked = pairs.select(
            *PAIR, *(pl.col(name).alias(column) for name, column in zip(PAIR, ("low", "high"), strict=True))
        )
        return (
            number_pairs(asked, numbers)
            .join(self.compared.measures, left_on=PAIR, right_on=["node", "other_node"])
            .select(pl.col("low").alias("document_id"), pl.col("high").alias("other_id"), "words", "other_share")
        )

    def find_evidence(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """What is known of `pairs`, held or compared now: PAIR, words."""
        asked = self._drop_new(pairs["document_id"])
        stored = self.held.find_overlaps(asked, ["document_id"]).join(pairs, on=PAIR, how="semi")
        stored = stored.join(self.stale, on=PAIR, how="anti")
        return pl.concat([self._name_fresh(pairs), stored.select(MEASURES)]).unique(PAIR).select(*PAIR, "words")

    def read_bereft(self, known: pl.DataFrame) -> pl.DataFrame:
        """Documents held that are not among `known`, and have evidence that is void (HELD_COLUMNS)."""
        named = pl.concat([self.stale[name].rename("document_id") for name in PAIR]).to_frame()
        return self.find_documents(named.join(known, on="document_id", how="anti"))

    def list_gone(self, changed: pl.Series, inactive: pl.Series, following: pl.DataFrame) -> pl.DataFrame:
        """Held pairs that are neither of two active documents nor evidence for another one, and those that are void.

        Only pairs of a document whose part or decision changed can be. `inactive` are copies and older versions.
        """
        moved = self.nodes.filter(pl.col("is_changed") & pl.col("is_held"))["document_id"]
        rows = self.held.find_overlaps(pl.concat([moved, self._drop_new(changed)]), PAIR).select(PAIR)
        idle = pl.concat([inactive, self.nodes.filter(~pl.col("is_active"))["document_id"]]).implode()
        of_idle = rows.filter(pl.any_horizontal(pl.col(name).is_in(idle) for name in PAIR))
        gone = of_idle.join(following, on=PAIR, how="anti")
        return pl.concat([gone, self.stale, self.lost]).unique().sort(PAIR)

    def list_measures(self, ids: pl.Series) -> pl.DataFrame:
        """What the documents named share with those above them (MEASURES)."""
        stored = self.stored.select(MEASURES)
        wanted = self.nodes.filter(pl.col("document_id").is_in(ids.implode())).select("number", "document_id")
        names = self.nodes.select(pl.col("number").alias("other_node"), pl.col("document_id").alias("other_id"))
        fresh = (
            self.compared.measures.join(wanted, left_on="node", right_on="number")
            .join(names, on="other_node")
            .select(MEASURES)
        )
        return pl.concat([stored.filter(pl.col("document_id").is_in(ids.implode())), fresh])


def _explain(region: _Region, decided: pl.DataFrame, parameters: DedupParameters) -> pl.DataFrame:
    """The decisions (DECISIONS) of the documents decided."""
    aside = decided.filter(~pl.col("is_kept"))["document_id"]
    sides = pl.concat(
        [
            region.nodes.filter(pl.col("is_active"))
            .join(decided, on="document_id", how="anti")
            .select("document_id", pl.col("was_kept").alias("is_kept")),
            decided.select("document_id", "is_kept"),
        ]
    )
    partners = gather_partners(region.list_measures(aside), sides)
    return explain_active(decided.select("document_id", "is_kept", "covered_words"), region.nodes, partners, parameters)


@dataclass(frozen=True)
class _Followers:
    """Copies and older versions of what changed.

    `copies`: their decisions. `successors`: document_id, kept_id of the older versions. `documents`: all of them, and
    those that they name, in rank order.
    """

    copies: pl.DataFrame
    successors: pl.DataFrame
    documents: pl.DataFrame


def _find_followers(region: _Region, explained: pl.DataFrame, changed: pl.DataFrame) -> _Followers:
    """Decide the copies of documents whose part or decision changed, and find what stands for the older versions.

    Those whose evidence is void are decided too, so that it is listed again: nothing else would, where a partner was
    derived again and says what it said before.
    """
    find, nodes = region.find_documents, region.nodes
    came = nodes.filter(pl.col("is_derived") | pl.col("is_changed"))
    bereft = region.read_bereft(came)
    moved = pl.concat(
        [
            nodes.join(changed, on="document_id", how="semi").select("text_sha256"),
            bereft.filter(IS_NEWEST).select("text_sha256"),
        ]
    ).join(came, on="text_sha256", how="anti")
    texts = pl.concat([came.select("text_sha256"), moved]).unique()
    # `assign_parts` has found the copies of what came, and all versions at the paths of what was derived.
    family = _add_documents(nodes.filter(~pl.col("is_gone")), find(moved).filter(IS_NEWEST))
    of_texts = family.join(texts, on="text_sha256", how="semi")
    derived_places = nodes.filter("is_derived").select(PLACE).unique()
    other_places = pl.concat([of_texts.select(PLACE), bereft.filter(~IS_NEWEST).select(PLACE)]).unique()
    other_places = other_places.join(derived_places, on=PLACE, how="anti")
    places = pl.concat([derived_places, other_places])
    roles = assign_roles(_add_documents(family, find(other_places)))
    of_texts = roles.join(texts, on="text_sha256", how="semi")
    older = roles.join(places, on=PLACE, how="semi")
    newest = older.filter(pl.col("newest_id") == pl.col("document_id"))
    asked = pl.concat([of_texts.filter("is_active"), newest]).join(explained, on="document_id", how="anti")
    standing = pl.concat([explained, region.read_decisions(asked)])
    copies = explain_copies(of_texts, standing)
    decisions = pl.concat([copies, standing]).unique("document_id", keep="first", maintain_order=True)
    successors = find_successors(older, decisions)
    partners = copies["partners"].explode(empty_as_null=False).struct.field("document_id")
    named = pl.concat([partners, successors["kept_id"].rename("document_id")]).to_frame()
    missing = named.unique().join(roles, on="document_id", how="anti")
    return _Followers(copies, successors, rank_documents(_add_documents(roles, find(missing))))


def _add_documents(documents: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """`documents` and those of `held` that are not among them (RANKED_COLUMNS)."""
    columns = list(RANKED_COLUMNS)
    new = held.unique("document_id").join(documents, on="document_id", how="anti")
    return pl.concat([documents.select(columns), new.select(columns)])


def orient_pairs(pairs: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """`pairs` (document_id, other_id) with the lower-ranked document first; distinct, sorted."""
    ranks = roles.select("document_id", "rank")
    ranked = pairs.join(ranks, on="document_id").join(
        ranks.rename({"document_id": "other_id", "rank": "other_rank"}), on="other_id"
    )
    is_lower = pl.col("rank") > pl.col("other_rank")
    return (
        ranked.filter(pl.col("rank") != pl.col("other_rank"))
        .select(
            pl.when(is_lower).then("document_id").otherwise("other_id").alias("document_id"),
            pl.when(is_lower).then("other_id").otherwise("document_id").alias("other_id"),
        )
        .unique()
        .sort(PAIR)
    )


def list_following_pairs(roles: pl.DataFrame, copies: pl.DataFrame, successors: pl.DataFrame) -> pl.DataFrame:
    """Pairs that give the evidence for documents that are not active: a copy or an older version and its partners.

    `copies` are decisions, `successors` are document_id, kept_id. Lower-ranked document first.
    """
    of_copies = copies.select("document_id", pl.col("partners").list.eval(pl.element().struct.field("document_id")))
    pairs = pl.concat(
        [
            of_copies.explode("partners", empty_as_null=False).rename({"partners": "other_id"}),
            successors.rename({"kept_id": "other_id"}),
        ]
    )
    return orient_pairs(pairs, roles)


def find_changed_decisions(decisions: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The rows of `decisions` that are new or say something else than `held` (both DECISIONS)."""
    before = held.select(pl.col(name).alias(f"held_{name}") for name in DECISIONS)
    compared = decisions.join(before, left_on="document_id", right_on="held_document_id", how="left", coalesce=False)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"held_{name}")) for name in DECISIONS)
    return compared.filter(~same).select(DECISIONS.names())
