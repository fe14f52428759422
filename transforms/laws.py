"""The laws that hold across tables, each as a check that names what breaks it.

Every function returns CHECKS: one row per thing checked. The audit of a run looks at what the run touches;
`winnow verify` looks at everything.
"""

from typing import Final

import polars as pl

from transforms.contracts.parameters import DedupParameters
from transforms.contracts.parsed import DECISIONS
from transforms.contracts.vocabulary import REBUILDING_COMMANDS, REDERIVING_COMMANDS
from transforms.dedup.align import verify_spans
from transforms.dedup.decide import TOLERANCE
from transforms.dedup.fingerprints import GUARANTEED_RUN_WORDS

CHECKS: Final = pl.Schema({"law": pl.String, "subject": pl.String, "holds": pl.Boolean, "detail": pl.String})
"""One row per check: the law, what it was checked on, whether it holds, and the values that say why it does not."""


def _check(frame: pl.DataFrame, law: str, subject: pl.Expr, holds: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    """Checks of `law`, one per row of `frame`; the detail is kept where the law is broken."""
    checked = frame.select(
        pl.lit(law).alias("law"),
        subject.alias("subject"),
        holds.fill_null(value=False).alias("holds"),
        detail.alias("detail"),
    )
    return checked.with_columns(pl.when(~pl.col("holds")).then("detail").alias("detail")).cast(CHECKS)


def check_one_place(articles: pl.DataFrame, duplicates: pl.DataFrame) -> pl.DataFrame:
    """Conservation: each document (document_id) has one row in `articles` and `duplicates` together."""
    places = (
        pl.concat(
            [
                articles.select("document_id", pl.lit("articles").alias("place")),
                duplicates.select("document_id", pl.lit("duplicates").alias("place")),
            ]
        )
        .group_by("document_id")
        .agg(pl.col("place").sort())
        .sort("document_id")
    )
    return _check(
        places,
        "a document stands in one place",
        pl.col("document_id"),
        pl.col("place").list.len() == 1,
        pl.format("stands in {}", pl.col("place").list.join(" and ")),
    )


def check_sources(raw: pl.DataFrame, documents: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    """Conservation: every file held in `raw` became a document or a reject (source_path, source_sha256)."""
    key = ["source_path", "source_sha256"]
    accounted = pl.concat([documents.select(key), rejects.select(key)]).unique().with_columns(pl.lit(1).alias("found"))
    checked = raw.select(key).unique().join(accounted, on=key, how="left").sort(key)
    return _check(
        checked,
        "a file is accounted for",
        pl.col("source_path"),
        pl.col("found").is_not_null(),
        pl.format("no document and no reject comes from {}", "source_sha256"),
    )


def check_bytes(raw: pl.DataFrame, hashes: pl.Series) -> pl.DataFrame:
    """The bytes held (source_path, source_sha256, in rows as `hashes`) are those that were taken in."""
    return _check(
        raw.with_columns(hashes.alias("found")),
        "the bytes held are those taken in",
        pl.col("source_path"),
        pl.col("source_sha256") == pl.col("found"),
        pl.format("recorded as {}, the bytes give {}", "source_sha256", "found"),
    )


def check_lines(documents: pl.DataFrame, removed: pl.DataFrame, line_counts: pl.DataFrame) -> pl.DataFrame:
    """Conservation: each non-blank line of a document is a block of its text or stands in `removed`.

    `line_counts`: document_id, lines. A line that was cut stands in both, so lines are counted by number.
    """
    taken_out = removed.group_by("document_id").agg(pl.col("line").n_unique().alias("removed_lines"))
    counted = (
        documents.select("document_id", pl.col("blocks").list.len().alias("blocks"))
        .join(line_counts, on="document_id", how="left")
        .join(taken_out, on="document_id", how="left")
        .with_columns(pl.col("removed_lines").fill_null(0))
        .sort("document_id")
    )
    return _check(
        counted,
        "a line is in the text or in removed",
        pl.col("document_id"),
        pl.col("blocks") + pl.col("removed_lines") >= pl.col("lines"),
        pl.format(
            "{} lines; {} blocks, {} removed",
            pl.col("lines").cast(pl.String).fill_null("unknown"),
            "blocks",
            "removed_lines",
        ),
    )


def check_signals(documents: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Conservation: each document held (document_id) has one row in `signals` (document_id), and nothing else has."""
    counted = documents.select("document_id").unique().with_columns(pl.lit(1).alias("held"))
    rows = signals.group_by("document_id").agg(pl.len().alias("rows"))
    both = counted.join(rows, on="document_id", how="full", coalesce=True).sort("document_id")
    return _check(
        both,
        "a document held has one row of signals",
        pl.col("document_id"),
        pl.col("held").is_not_null() & (pl.col("rows") == 1),
        pl.when(pl.col("held").is_null())
        .then(pl.lit("is not held"))
        .otherwise(pl.format("has {} rows", pl.col("rows").fill_null(0))),
    )


def check_templates(removed: pl.DataFrame, templates: pl.DataFrame) -> pl.DataFrame:
    """Everything is explained: a line that a template took out is one of the templates that are published.

    `removed`: document_id, text, rule and line_sha256 of the lines whose rule names a version of `templates`.
    """
    known = templates.select("line_sha256", rule=pl.format("template.{}", "version")).unique()
    checked = removed.join(
        known.with_columns(known=True), on=["line_sha256", "rule"], how="left", maintain_order="left"
    )
    return _check(
        checked,
        "a line taken out by a template is in templates",
        pl.col("document_id"),
        pl.col("known").is_not_null(),
        pl.format("{} is not in templates: {}", "rule", "text"),
    )


def check_partners(duplicates: pl.DataFrame, article_ids: pl.Series) -> pl.DataFrame:
    """Every partner and `duplicate_of` stands in `articles`. `duplicates`: document_id, duplicate_of, partners."""
    partners = pl.col("partners").list.eval(pl.element().struct.field("document_id"))
    named = duplicates.select("document_id", pl.concat_list(pl.concat_list("duplicate_of"), partners).alias("named"))
    return _check(
        _list_missing(named, article_ids),
        "a partner stands in articles",
        pl.col("document_id"),
        pl.col("missing").is_null(),
        pl.format("not in articles: {}", "missing"),
    )


def _list_missing(named: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """`named` (its list column `named` holds ids) with `missing`: the ids that are not known, joined; null if none."""
    rows = named.with_row_index("row")
    missing = (
        rows.select("row", "named")
        .explode("named", empty_as_null=False)
        .join(known.unique().rename("named").to_frame(), on="named", how="anti")
        .group_by("row")
        .agg(pl.col("named").fill_null("nothing").unique().sort().str.join(", ").alias("missing"))
    )
    return rows.join(missing, on="row", how="left", maintain_order="left").drop("row")


def check_coverage(articles: pl.DataFrame, duplicates: pl.DataFrame, parameters: DedupParameters) -> pl.DataFrame:
    """The rule: no kept document at or over the floor reaches the threshold; what it set aside does."""
    threshold = parameters.coverage_threshold - TOLERANCE
    kept = _check(
        articles.filter(pl.col("word_count") >= parameters.floor_words),
        "a kept document is not covered",
        pl.col("document_id"),
        pl.col("coverage") < threshold,
        pl.format("coverage {} of {} words", "coverage", "word_count"),
    )
    by_rule = duplicates.filter(pl.col("relation").is_in(["near", "excerpt", "digest"]))
    covered = _check(
        by_rule,
        "a document set aside is covered",
        pl.col("document_id"),
        (pl.col("coverage") >= threshold) & (pl.col("word_count") >= parameters.floor_words),
        pl.format("{}: coverage {} of {} words", "relation", "coverage", "word_count"),
    )
    return pl.concat([kept, covered])


def check_copies(articles: pl.DataFrame) -> pl.DataFrame:
    """No two kept documents have the same words (document_id, text_sha256)."""
    counted = articles.select("document_id", "text_sha256", pl.len().over("text_sha256").alias("copies"))
    return _check(
        counted,
        "no two kept documents have the same words",
        pl.col("document_id"),
        pl.col("copies") == 1,
        pl.format("{} kept documents have the words {}", "copies", "text_sha256"),
    )


def check_evidence(duplicates: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """Everything is explained: an overlap shows the words that a document shares with each partner.

    `duplicates`: document_id, partners; `overlaps`: document_id, other_id, words. Partners that share fewer words
    than an overlap can have need none.
    """
    shown = pl.concat(
        [
            overlaps.select(
                "document_id", pl.col("other_id").alias("partner_id"), pl.col("words").alias("shown_words")
            ),
            overlaps.select(
                pl.col("other_id").alias("document_id"),
                pl.col("document_id").alias("partner_id"),
                pl.col("words").alias("shown_words"),
            ),
        ]
    )
    claimed = (
        duplicates.select("document_id", "partners")
        .explode("partners", empty_as_null=False)
        .select(
            "document_id",
            pl.col("partners").struct.field("document_id").alias("partner_id"),
            pl.col("partners").struct.field("words").alias("words"),
        )
        .join(shown, on=["document_id", "partner_id"], how="left", maintain_order="left")
    )
    return _check(
        claimed,
        "shared words are shown",
        pl.format("{} and {}", "document_id", "partner_id"),
        (pl.col("words") < GUARANTEED_RUN_WORDS) | (pl.col("words") == pl.col("shown_words")),
        pl.format("{} words claimed, {} shown", "words", pl.col("shown_words").fill_null(0)),
    )


def check_pairs(overlaps: pl.DataFrame, document_ids: pl.Series) -> pl.DataFrame:
    """An overlap (document_id, other_id) names documents that are held."""
    named = overlaps.select("document_id", "other_id", pl.concat_list("document_id", "other_id").alias("named"))
    return _check(
        _list_missing(named, document_ids),
        "an overlap names documents that are held",
        pl.format("{} and {}", "document_id", "other_id"),
        pl.col("missing").is_null(),
        pl.format("not held: {}", "missing"),
    )


def check_spans(overlaps: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Spans lie inside both texts and match word for word. `texts`: document_id, text of every document named."""
    pair = ["document_id", "other_id"]
    problems = verify_spans(overlaps, texts).group_by(pair).agg(pl.col("problem").first())
    checked = overlaps.select(pair).join(problems, on=pair, how="left", maintain_order="left")
    return _check(
        checked,
        "spans match word for word",
        pl.format("{} and {}", *pair),
        pl.col("problem").is_null(),
        pl.col("problem"),
    )


def check_decisions(found: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
    """What the store says about a document is what the rule gives (both DECISIONS: one row per document)."""
    columns = [name for name in DECISIONS if name != "document_id"]
    both = found.join(expected, on="document_id", how="full", suffix="_expected", coalesce=True).sort("document_id")
    differs = {name: pl.col(name).ne_missing(pl.col(f"{name}_expected")) for name in columns}
    same = ~pl.any_horizontal(differs.values())
    # `partners` is never null in a row, so a null says that there is no row.
    said = [
        pl.when(pl.col(f"partners{side}").is_null())
        .then(pl.lit("nothing"))
        .otherwise(pl.col(f"relation{side}").fill_null("kept"))
        for side in ("", "_expected")
    ]
    where = pl.concat_list(pl.when(expression).then(pl.lit(name)) for name, expression in differs.items())
    return _check(
        both,
        "a decision follows from the rule",
        pl.col("document_id"),
        same,
        pl.format("says {}, the rule gives {}; they differ in {}", *said, where.list.drop_nulls().list.join(", ")),
    )


def check_feed(held: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """The feed tells where documents are: the last row of `changes` of each one says what the store says.

    `held` and `last`: STATE (of `transforms.changes`), one row per document; the place of one that is gone is null.
    """
    parts = ["place", "relation", "duplicate_of"]
    there = last.filter(pl.col("place").is_not_null())
    both = held.join(there, on="document_id", how="full", suffix="_told", coalesce=True).sort("document_id")
    said = [
        pl.concat_str(
            pl.col(f"place{side}").fill_null("nowhere"),
            *(pl.col(f"{name}{side}") for name in ("relation", "duplicate_of")),
            separator=", ",
            ignore_nulls=True,
        )
        for side in ("_told", "")
    ]
    return _check(
        both,
        "the last change of a document says where it is",
        pl.col("document_id"),
        pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_told")) for name in parts),
        pl.format("changes says: {}; it is: {}", *said),
    )


def check_feed_order(changes: pl.DataFrame) -> pl.DataFrame:
    """Each row of `changes` (document_id, run_id, change, place_before, place) begins where the last one ended.

    The run that began the feed may have met documents that were held before.
    """
    ordered = changes.sort("document_id", "run_id").with_columns(
        pl.col("place").shift(1).over("document_id").alias("place_last"),
        (pl.col("run_id") == pl.col("run_id").min()).alias("is_first"),
    )
    return _check(
        ordered,
        "a change begins where the last one ended",
        pl.format("{} in run {}", "document_id", "run_id"),
        pl.col("is_first")
        | (pl.col("place_before").eq_missing(pl.col("place_last")) & (pl.col("change") != "baseline")),
        pl.format(
            "says it was: {}; the last change: {}", *(_name_place(name) for name in ("place_before", "place_last"))
        ),
    )


def _name_place(column: str) -> pl.Expr:
    return pl.col(column).fill_null("nowhere")


NEW_COUNTS: Final = ("documents_kept", "documents_set_aside")
"""Counts of the documents that are new; in a rebuild, of all documents."""

FEED_COUNTS: Final = (*NEW_COUNTS, "documents_demoted", "documents_promoted")
"""Counts of a run that its rows of `changes` give."""


def check_feed_counts(runs: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """The rows of `changes` (run_id, place_before, place) are as many as `runs` says, from the feed's first run on."""
    was, now = pl.col("place_before"), pl.col("place")
    told = changes.group_by("run_id").agg(
        (was.is_null() & (now == "articles")).sum().alias("documents_kept_told"),
        (was.is_null() & (now == "duplicates")).sum().alias("documents_set_aside_told"),
        ((was == "articles") & (now == "duplicates")).sum().alias("documents_demoted_told"),
        ((was == "duplicates") & (now == "articles")).sum().alias("documents_promoted_told"),
    )
    since = changes["run_id"].min()
    counted = runs.filter(pl.col("run_id") >= since) if since is not None else runs
    both = counted.join(told, on="run_id", how="left").with_columns(pl.col("^.*_told$").fill_null(0))
    # What is derived again counts as a document of the run, and is no news for the feed.
    is_derived_again = pl.col("command").is_in(REDERIVING_COMMANDS)
    same = [
        (pl.col(name) == pl.col(f"{name}_told")) | (is_derived_again & pl.lit(name in NEW_COUNTS))
        for name in FEED_COUNTS
    ]
    return _check(
        both,
        "a run changed as many documents as its changes say",
        pl.col("run_id"),
        pl.all_horizontal(same),
        pl.format(
            "runs says {} kept, {} set aside, {} demoted, {} promoted; changes {}, {}, {}, {}",
            *FEED_COUNTS,
            *(f"{name}_told" for name in FEED_COUNTS),
        ),
    )


def check_counts(runs: pl.DataFrame) -> pl.DataFrame:
    """Conservation: in every run, documents in = kept + set aside + rejected."""
    parts = pl.col("documents_kept") + pl.col("documents_set_aside") + pl.col("documents_rejected")
    return _check(
        runs,
        "counts of a run add up",
        pl.col("run_id"),
        pl.col("documents_in") == parts,
        pl.format(
            "{} in; {} kept, {} set aside, {} rejected",
            "documents_in",
            "documents_kept",
            "documents_set_aside",
            "documents_rejected",
        ),
    )


def check_totals(runs: pl.DataFrame, article_count: int, duplicate_count: int, reject_count: int) -> pl.DataFrame:
    """Conservation: all the documents that runs ever took in are there.

    A backfill of everything answers for all documents, so counting starts at the last one. One of some days can change
    how many documents its files give (see `check_exchange`), so counting starts at what the store held after it.
    """
    last = runs.filter(pl.col("command").is_in(REDERIVING_COMMANDS)).sort("started_at").tail(1)
    counted, base = runs, 0
    if last.height:
        is_whole = last["command"].item() in REBUILDING_COMMANDS
        since = pl.lit(last["started_at"].item())
        counted = runs.filter(pl.col("started_at") >= since if is_whole else pl.col("started_at") > since)
        held = ("store_articles", "store_duplicates", "store_rejects")
        base = 0 if is_whole else sum(int(last[name].item()) for name in held)
    taken_in = base + int(counted["documents_in"].sum())
    total = article_count + duplicate_count + reject_count
    detail = f"runs took in {taken_in}; the store holds {article_count} + {duplicate_count} + {reject_count} = {total}"
    return _check_number("all documents taken in are there", taken_in == total, detail)


def check_exchange(before: int, replaced: int, derived: int, after: int) -> pl.DataFrame:
    """Conservation: a backfill of some days exchanges documents and rejects, and loses and adds no other ones.

    Numbers of documents and rejects: in the store `before` and `after`, of the files derived again before (`replaced`)
    and now (`derived`).
    """
    detail = f"{before} before, {replaced} of them replaced by {derived}; the store holds {after}"
    return _check_number("a backfill exchanges documents", before - replaced + derived == after, detail)


def _check_number(law: str, holds: bool, detail: str) -> pl.DataFrame:
    return pl.DataFrame([(law, "store", holds, None if holds else detail)], schema=CHECKS, orient="row")
