"""What became of the documents of a run, in numbers that add up."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Numbers of documents. `kept + set_aside + rejected` is `documents_in`."""

    kept: int
    set_aside: dict[str, int]
    rejected: dict[str, int]
    demoted: int
    promoted: int

    @property
    def documents_set_aside(self) -> int:
        """Over all relations."""
        return sum(self.set_aside.values())

    @property
    def documents_rejected(self) -> int:
        """Over all reasons."""
        return sum(self.rejected.values())

    @property
    def documents_in(self) -> int:
        """All of them."""
        return self.kept + self.documents_set_aside + self.documents_rejected


def count_outcomes(decisions: pl.DataFrame, held: pl.DataFrame, rejects: pl.DataFrame, new_ids: pl.Series) -> Outcomes:
    """Count what a run did.

    `decisions` and `held` (document_id, relation) are the decisions made now and those before; `rejects` (reason_code)
    the new rejects; `new_ids` the documents that the run answers for.
    """
    new = decisions.filter(pl.col("document_id").is_in(new_ids.implode()))
    moved = decisions.join(held, on="document_id", suffix="_before")
    is_kept, was_kept = pl.col("relation").is_null(), pl.col("relation_before").is_null()
    return Outcomes(
        kept=new["relation"].null_count(),
        set_aside=_count_values(new["relation"].drop_nulls()),
        rejected=_count_values(rejects["reason_code"]),
        demoted=moved.filter(was_kept & ~is_kept).height,
        promoted=moved.filter(~was_kept & is_kept).height,
    )


def _count_values(values: pl.Series) -> dict[str, int]:
    counted = values.rename("value").value_counts(name="count").sort("value")
    return dict(counted.iter_rows())


def name_counts(counts: dict[str, int]) -> list[dict[str, str | int]]:
    """Counts as `runs` holds them."""
    return [{"name": name, "count": count} for name, count in sorted(counts.items())]
