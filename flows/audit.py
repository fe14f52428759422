"""The audit: what must hold before anything is published, and the same for the whole store in `winnow verify`.

A run can break a law only in the files that it changes, or by what is no longer in them: that is what its audit looks
at, a slice at a time, and from the rest of the store it reads the columns that a law compares. A rebuild and `winnow
verify` look at every file.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from flows.leaving import count_replaced
from flows.progress import report_each, report_stage
from flows.publication import StagedFile
from flows.run import Batch, Run, scan_batches, scan_held
from flows.shelf import TextShelf
from flows.slices import walk_rows
from flows.staging import Desired, preview_store
from flows.storage import Store
from flows.validation import AuditResult, TableRows, validate_rows
from transforms import laws
from transforms.changes import STATE, describe_state, find_last_states, list_state_columns
from transforms.clean.templates import TEMPLATE_RULE
from transforms.contracts import (
    ARTICLES,
    CHANGES,
    DUPLICATES,
    OVERLAPS,
    RAW,
    REJECTS,
    REMOVED,
    RUNS,
    SIGNALS,
    TEMPLATES,
    Table,
)
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.dedup.align import locate_span_words
from transforms.dedup.deduplicate import NOTHING_COMPARED
from transforms.dedup.rank import RANKED_COLUMNS
from transforms.dedup.update import PAIR, Compared, Held, Tools, assign_parts, update_decisions
from transforms.dedup.words import hash_texts

LINE_COUNTS: Final = pl.Schema({"document_id": pl.String, "lines": pl.UInt32})

TEXTS: Final = pl.Schema({"document_id": pl.String, "text": pl.String})
VERSION: Final = ("source_path", "source_sha256")

FED: Final = ["document_id", "run_id", "change", "place_before", "place"]
"""Columns of `changes` that say how one row follows on another."""

Checks = Iterator[pl.DataFrame]
"""Frames of `transforms.laws.CHECKS`."""


@dataclass(frozen=True)
class Scope:
    """What an audit looks at: the store as it will be, and what of it can be otherwise than before.

    `touched` says per table which keys a run may have changed; a table that is not named, or None, means all of them.
    `changed` names the files that are new or replaced; None means that nothing is known of any file.
    """

    store: Store
    touched: dict[str, pl.DataFrame | None] = field(default_factory=dict)
    changed: frozenset[str] | None = None

    def walk(self, table: Table, columns: Sequence[str | pl.Expr]) -> Iterator[pl.DataFrame]:
        """Slices of the rows whose keys the run touched."""
        return walk_rows(self.store.list_files(table).values(), table, columns, self.touched.get(table.name))

    def walk_changed(self, table: Table, columns: Sequence[str | pl.Expr]) -> Iterator[pl.DataFrame]:
        """Slices of all rows of the files that changed."""
        files = self.store.list_files(table)
        paths = [path for name, path in files.items() if self.changed is None or name in self.changed]
        return walk_rows(paths, table, columns)

    def walk_replaced(self, table: Table, columns: Sequence[str | pl.Expr]) -> Iterator[pl.DataFrame]:
        """Slices of the rows that the replaced files held before: some of them may be gone."""
        before = Store(self.store.root).list_files(table)
        paths = [path for name, path in before.items() if self.changed is not None and name in self.changed]
        return walk_rows(paths, table, columns)

    def find(self, table: Table, columns: Sequence[str], keys: pl.DataFrame) -> pl.DataFrame:
        """Rows of the store that agree with a row of `keys` in its columns."""
        rows = self.store.scan(table, list(dict.fromkeys([*columns, *keys.columns])))
        return rows.join(keys.unique().lazy(), on=keys.columns, how="semi").select(columns).collect()


def audit_staged(
    run: Run, desired: Sequence[Desired], batches: Sequence[Batch], staged: Sequence[StagedFile], row: pl.DataFrame
) -> AuditResult:
    """Check the staged rows against their contracts, and the laws on the store as it will be."""
    after = preview_store(run, staged)
    touched = {part.table.name: part.touched for part in desired}
    touched[CHANGES.name] = None if run.is_rebuild else row.select("run_id")
    scope = Scope(after, touched, None if run.is_rebuild else frozenset(file.name for file in staged))
    rows = {table.name: describe_rows(scope, table) for table in (*(part.table for part in desired), CHANGES)}
    rows[RUNS.name] = TableRows.of_frame(RUNS, row)
    return validate_rows(rows, check_run(scope, run, batches, row), run.run_id, run.docs)


def describe_rows(scope: Scope, table: Table) -> TableRows:
    """The rows that a table will have of what the run touched, and how their schemas differ from the contract's."""
    staged = scope.store.staged.items()
    schemas = [pl.Schema(pl.read_parquet_schema(path)) for name, path in staged if name.startswith(f"{table.folder}/")]
    differences = dict.fromkeys(sentence for schema in schemas for sentence in table.find_schema_differences(schema))
    return TableRows(tuple(differences), partial(scope.walk, table))


def check_run(scope: Scope, run: Run, batches: Sequence[Batch], row: pl.DataFrame) -> Checks:
    """Every law on what a run changes. `row` is its row of `runs`, which is not staged yet."""
    line_counts = scan_batches((batch.line_counts for batch in batches), LINE_COUNTS)
    yield laws.check_counts(row)
    yield check_totals(scope.store, pl.concat([scope.store.read(RUNS), row]))
    if run.reads_raw and not run.is_rebuild:
        numbers = [_count_all(store) for store in (run.store, scope.store)]
        replaced = count_replaced(run, run.store)
        yield laws.check_exchange(numbers[0], replaced, int(row["documents_in"].item()), numbers[1])
    yield from check_lines(scope, line_counts)
    yield from check_signals(scope, line_counts.select("document_id"))
    yield from check_templates(scope)
    yield laws.check_feed_counts(row, scope.find(CHANGES, FED, row.select("run_id")))
    yield from check_laws(scope, run.settings.dedup, shelve_texts(scope, run.work / "texts"))


def list_laws(scope: Scope, parameters: DedupParameters, shelf: TextShelf) -> dict[str, Checks]:
    """The laws that hold for a run and for a whole store alike, by what they are about."""
    return {
        "places": check_places(scope),
        "feed": check_feed(scope),
        "copies": check_copies(scope),
        "decided": check_decided(scope, parameters),
        "partners": check_partners(scope),
        "pairs": check_pairs(scope),
        "sources": check_sources(scope),
        "spans": check_spans(scope, shelf),
    }


def check_laws(scope: Scope, parameters: DedupParameters, shelf: TextShelf) -> Checks:
    """All of `list_laws`."""
    for checks in list_laws(scope, parameters, shelf).values():
        yield from checks


def check_places(scope: Scope) -> Checks:
    """Each document stands in one place."""
    for table in (ARTICLES, DUPLICATES):
        for ids in scope.walk_changed(table, ["document_id"]):
            yield laws.check_one_place(*(scope.find(each, ["document_id"], ids) for each in (ARTICLES, DUPLICATES)))


def check_feed(scope: Scope) -> Checks:
    """The feed tells where documents are: those that were touched, those that it names, and those that left.

    A store that an older version wrote has no feed until the next run.
    """
    if scope.store.list_files(CHANGES):
        named = [scope.walk(table, ["document_id"]) for table in (ARTICLES, DUPLICATES, CHANGES)]
        for ids in chain(*named, _walk_gone(scope, (ARTICLES, DUPLICATES))):
            held = [
                describe_state(scope.find(table, list_state_columns(table), ids), table.name)
                for table in (ARTICLES, DUPLICATES)
            ]
            last = find_last_states(scope.find(CHANGES, [*STATE, "run_id"], ids))
            yield laws.check_feed(pl.concat(held), last)


def check_copies(scope: Scope) -> Checks:
    """No two kept documents have the same words."""
    for words in scope.walk_changed(ARTICLES, ["text_sha256"]):
        yield laws.check_copies(scope.find(ARTICLES, ["document_id", "text_sha256"], words))


def check_lines(scope: Scope, line_counts: pl.LazyFrame) -> Checks:
    """No line of a document derived now is lost. `line_counts`: document_id, lines of all of them."""
    for table in (ARTICLES, DUPLICATES):
        for documents in scope.walk(table, ["document_id", "blocks"]):
            counts = line_counts.join(documents.lazy(), on="document_id", how="semi").collect()
            derived = documents.join(counts, on="document_id", how="semi")
            if derived.height:
                removed = scope.find(REMOVED, ["document_id", "line"], derived.select("document_id"))
                yield laws.check_lines(derived, removed, counts)


def check_signals(scope: Scope, derived: pl.LazyFrame | None = None) -> Checks:
    """Each document has one row of signals, and nobody else has. `derived`: those of which that is asked; None: all.

    A store that an older version wrote has no signals of what it held, until everything is derived again.
    """
    for table in (ARTICLES, DUPLICATES):
        for ids in scope.walk(table, ["document_id"]):
            asked = ids if derived is None else ids.lazy().join(derived, on="document_id", how="semi").collect()
            yield laws.check_signals(asked, scope.find(SIGNALS, ["document_id"], asked))
    for ids in scope.walk_changed(SIGNALS, ["document_id"]):
        yield _check_measured(scope, ids)
    for gone in _walk_gone(scope, (ARTICLES, DUPLICATES)):
        yield _check_measured(scope, scope.find(SIGNALS, ["document_id"], gone))


def _check_measured(scope: Scope, ids: pl.DataFrame) -> pl.DataFrame:
    """The documents that signals speak of, with their rows."""
    held = pl.concat([scope.find(table, ["document_id"], ids) for table in (ARTICLES, DUPLICATES)])
    return laws.check_signals(held, scope.find(SIGNALS, ["document_id"], ids))


def check_templates(scope: Scope) -> Checks:
    """Lines that templates took out are templates of the table as it will be."""
    templates = scope.store.read(TEMPLATES)
    for removed in scope.walk(REMOVED, ["document_id", "text", "rule"]):
        by_template = removed.filter(pl.col("rule").str.starts_with(TEMPLATE_RULE))
        yield laws.check_templates(by_template.with_columns(line_sha256=hash_texts(by_template["text"])), templates)


def check_decided(scope: Scope, parameters: DedupParameters) -> Checks:
    """The numbers of a decision keep the rule, and overlaps show the words that it counts."""
    kept, aside = ["document_id", "word_count", "coverage"], ["document_id", "word_count", "coverage", "relation"]
    no_articles, no_duplicates = ARTICLES.empty().select(kept), DUPLICATES.empty().select(aside)
    for articles in scope.walk(ARTICLES, kept):
        yield laws.check_coverage(articles, no_duplicates, parameters)
    for duplicates in scope.walk(DUPLICATES, [*aside, "partners"]):
        yield laws.check_coverage(no_articles, duplicates, parameters)
        yield laws.check_evidence(duplicates, _find_shown(scope, duplicates))


def _find_shown(scope: Scope, duplicates: pl.DataFrame) -> pl.DataFrame:
    """The overlaps of `duplicates` with their partners, whichever of the two ranks above."""
    named = duplicates.select("document_id", "partners").explode("partners", empty_as_null=False)
    pairs = named.select("document_id", pl.col("partners").struct.field("document_id").alias("other_id"))
    turned = pairs.select(pl.col("other_id").alias("document_id"), pl.col("document_id").alias("other_id"))
    return scope.find(OVERLAPS, [*PAIR, "words"], pl.concat([pairs, turned]))


def check_partners(scope: Scope) -> Checks:
    """Every partner stands in `articles`: those that were named now, and those that left."""
    columns = ["document_id", "duplicate_of", "partners"]
    for duplicates in scope.walk_changed(DUPLICATES, columns):
        yield _check_named_partners(scope, duplicates)
    for left in _walk_gone(scope, (ARTICLES,)):
        naming = scope.store.scan(DUPLICATES, columns).join(
            scope.store.scan(DUPLICATES, columns)
            .select("document_id", named=_list_named())
            .explode("named", empty_as_null=False)
            .join(left.lazy(), left_on="named", right_on="document_id", how="semi"),
            on="document_id",
            how="semi",
        )
        yield _check_named_partners(scope, naming.collect())


def _list_named() -> pl.Expr:
    partners = pl.col("partners").list.eval(pl.element().struct.field("document_id"))
    return pl.concat_list(pl.concat_list("duplicate_of"), partners)


def _check_named_partners(scope: Scope, duplicates: pl.DataFrame) -> pl.DataFrame:
    named = duplicates.select(_list_named().alias("document_id")).explode("document_id", empty_as_null=False)
    known = scope.find(ARTICLES, ["document_id"], named.drop_nulls())
    return laws.check_partners(duplicates, known["document_id"])


def _walk_gone(scope: Scope, tables: Iterable[Table]) -> Iterator[pl.DataFrame]:
    """Ids of documents that stood in a replaced file of `tables` and stand in none of `tables` any more."""
    tables = tuple(tables)
    for table in tables:
        for ids in scope.walk_replaced(table, ["document_id"]):
            there = pl.concat([scope.find(each, ["document_id"], ids) for each in tables])
            gone = ids.join(there, on="document_id", how="anti")
            if gone.height:
                yield gone


def check_pairs(scope: Scope) -> Checks:
    """Every overlap names documents that are held: those that are new, and those of documents that left."""
    for pairs in scope.walk_changed(OVERLAPS, PAIR):
        yield _check_held_pairs(scope, pairs)
    for gone in _walk_gone(scope, (ARTICLES, DUPLICATES)):
        for name in PAIR:
            yield _check_held_pairs(scope, scope.find(OVERLAPS, PAIR, gone.rename({"document_id": name})))


def _check_held_pairs(scope: Scope, pairs: pl.DataFrame) -> pl.DataFrame:
    return laws.check_pairs(pairs, _find_held(scope, pairs)["document_id"])


def _find_held(scope: Scope, pairs: pl.DataFrame) -> pl.DataFrame:
    """The documents of `pairs` that the store holds."""
    ids = pl.concat([pairs.select("document_id"), pairs.select(pl.col("other_id").alias("document_id"))])
    return pl.concat([scope.find(table, ["document_id"], ids) for table in (ARTICLES, DUPLICATES)])


def check_sources(scope: Scope) -> Checks:
    """Every file in `raw` became a document or a reject: those taken in now, and those of rows that left."""
    slices = [scope.walk_changed(RAW, VERSION)]
    slices += [scope.walk_replaced(table, VERSION) for table in (ARTICLES, DUPLICATES, REJECTS)]
    for versions in (version for walk in slices for version in walk):
        raw = scope.find(RAW, VERSION, versions)
        documents = pl.concat([scope.find(table, VERSION, raw) for table in (ARTICLES, DUPLICATES)])
        yield laws.check_sources(raw, documents, scope.find(REJECTS, VERSION, raw))


def check_totals(store: Store, runs: pl.DataFrame) -> pl.DataFrame:
    """All the documents that `runs` ever took in are there."""
    return laws.check_totals(runs, *(_count_rows(store, table) for table in (ARTICLES, DUPLICATES, REJECTS)))


def _count_all(store: Store) -> int:
    return sum(_count_rows(store, table) for table in (ARTICLES, DUPLICATES, REJECTS))


def _count_rows(store: Store, table: Table) -> int:
    return int(store.scan(table).select(pl.len()).collect().item())


def check_spans(scope: Scope, shelf: TextShelf) -> Checks:
    """Spans match the texts word for word. A pair that names nobody breaks another law, and has no texts."""
    for overlaps in scope.walk(OVERLAPS, [*PAIR, "words", "spans"]):
        for some, texts in shelf.take(join_both(overlaps, shelf.places).sort(PAIR)):
            yield laws.check_spans(some, texts)


def shelve_texts(scope: Scope, folder: Path) -> TextShelf:
    """The texts of all documents in the overlaps that are looked at."""
    ids = pl.DataFrame(schema={"document_id": pl.String})
    for pairs in scope.walk(OVERLAPS, PAIR):
        ids = pl.concat([ids, *(pairs.select(pl.col(name).alias("document_id")) for name in PAIR)]).unique()
    return TextShelf(scope.store, ids, folder)


def audit_store(store: Store, parameters: DedupParameters) -> Checks:
    """Every law on the store as it lies, as frames of `transforms.laws.CHECKS`. Nothing is written to the store."""
    scope = Scope(store)
    runs = store.read(RUNS)
    yield laws.check_counts(runs)
    yield check_totals(store, runs)
    if store.list_files(CHANGES):
        changes = store.read(CHANGES, FED)
        yield laws.check_feed_order(changes)
        yield laws.check_feed_counts(runs, changes)
    yield from _report_checks("bytes", check_raw_bytes(store))
    yield from _report_checks("signals", check_signals(scope))
    yield from _report_checks("templates", check_templates(scope))
    with TemporaryDirectory(prefix="winnow-verify-") as folder:
        with report_stage("texts"):
            shelf = shelve_texts(scope, Path(folder))
        for name, checks in list_laws(scope, parameters, shelf).items():
            yield from _report_checks(name, checks)
        with report_stage("decisions"):
            found = scan_held(store, DECISIONS.names()).collect()
            checked = laws.check_decisions(found, decide_again(scope, parameters, shelf))
        yield checked


def _report_checks(name: str, checks: Checks) -> Checks:
    """`checks`, and going through them as a stage; how many there will be is not known before."""
    return report_each(name, checks, 0, "checks")


def check_raw_bytes(store: Store) -> Checks:
    """The bytes in `raw` against their hashes, a file at a time."""
    for path in store.list_files(RAW).values():
        rows = pl.read_parquet(path, columns=["source_path", "source_sha256", "content"])
        hashes = pl.Series([hashlib.sha256(content).hexdigest() for content in rows["content"]], dtype=pl.String)
        yield laws.check_bytes(rows.drop("content"), hashes)


def decide_again(scope: Scope, parameters: DedupParameters, shelf: TextShelf) -> pl.DataFrame:
    """The decisions (DECISIONS) that the rule gives for the documents and overlaps held, from nothing."""
    documents = scan_held(scope.store, RANKED_COLUMNS).collect()
    roles = assign_parts(Held.nothing(), documents)
    nodes = roles.select("document_id", pl.col("rank").alias("node"))
    active = roles.filter("is_active").select("document_id")
    # What names a document that is not there breaks one law, and can be held against no other.
    pairs = join_both(scope.store.read(OVERLAPS, [*PAIR, "words", "share", "other_share"]), documents)
    measures = _number_both(join_both(pairs, active), nodes)
    intervals = _number_both(_locate_spans(scope, active, shelf), nodes)
    compared = Compared(
        measures.select(NOTHING_COMPARED.measures.columns), intervals.select(NOTHING_COMPARED.intervals.columns)
    )
    # Nothing is compared again here: what no overlap shows was not shared.
    tools = Tools(
        align=lambda asked: _show_overlaps(pairs.join(asked, on=PAIR, how="semi")),
        locate=lambda _overlaps: NOTHING_LOCATED,
    )
    return update_decisions(
        roles.lazy(), compared, pairs.select(PAIR).head(0), Held.nothing(), tools, parameters
    ).decisions


NOTHING_LOCATED: Final = pl.DataFrame(
    schema={**dict.fromkeys(PAIR, pl.String()), "first_word": pl.UInt32(), "end_word": pl.UInt32()}
)


def _number_both(pairs: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    others = nodes.rename({"document_id": "other_id", "node": "other_node"})
    return pairs.join(nodes, on="document_id", maintain_order="left").join(others, on="other_id", maintain_order="left")


def _show_overlaps(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.with_columns(pl.lit([], OVERLAPS.polars_schema["spans"]).alias("spans")).select(OVERLAPS.column_names)


def _locate_spans(scope: Scope, active: pl.DataFrame, shelf: TextShelf) -> pl.DataFrame:
    """The words that the overlaps of `active` documents cover (`locate_span_words`)."""
    located = [
        locate_span_words(some, texts)
        for overlaps in scope.walk(OVERLAPS, [*PAIR, "spans"])
        for some, texts in shelf.take(join_both(overlaps, active), ["document_id"])
    ]
    return pl.concat([NOTHING_LOCATED, *located])


def join_both(pairs: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """The pairs both of whose documents are among `ids` (document_id)."""
    return pairs.join(ids, on="document_id", how="semi", maintain_order="left").join(
        ids, left_on="other_id", right_on="document_id", how="semi", maintain_order="left"
    )
