"""`winnow verify`: every contract and every law, on the store as it lies."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from flows.audit import audit_store
from flows.progress import BYTES, report_stage
from flows.settings import Settings
from flows.storage import Store
from transforms.contracts import TABLES
from transforms.laws import CHECKS

EXAMPLES = 5


@dataclass(frozen=True)
class StoreVerdict:
    """What was checked, and what is broken: one entry per law with the subjects that break it."""

    checks: int
    broken: pl.DataFrame
    damaged_files: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return self.broken.is_empty() and not self.damaged_files

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "passed": self.passed,
            "checks": self.checks,
            "broken": self.broken.to_dicts(),
            "damaged_files": list(self.damaged_files),
        }

    def render(self) -> str:
        """For a person."""
        if self.passed:
            return f"Every law holds: {self.checks} checks."
        lines = [f"damaged: {damage}" for damage in self.damaged_files]
        for law, rows in self.broken.group_by("law", maintain_order=True):
            lines.append(f"broken: {law[0]} ({rows.height} of {self.checks} checks)")
            lines += [f"  {row['subject']}: {row['detail']}" for row in rows.head(EXAMPLES).iter_rows(named=True)]
        lines.append("`winnow backfill --all` derives everything again from raw.")
        return "\n".join(lines)


def verify_store(settings: Settings) -> StoreVerdict:
    """Check every file against its contract, then every law."""
    store = Store(settings.data)
    damaged = find_damaged_files(store)
    if damaged:
        return StoreVerdict(0, pl.DataFrame(schema={"law": pl.String}), tuple(damaged))
    count, broken = 0, [pl.DataFrame(schema=CHECKS)]
    for checks in audit_store(store, settings.dedup):
        count += checks.height
        broken.append(checks.filter(~pl.col("holds")))
    # A document in two places is met in both.
    return StoreVerdict(count, pl.concat(broken).unique(maintain_order=True), ())


def find_damaged_files(store: Store) -> list[str]:
    """Files that cannot be read to the last page, or whose columns are not the contract's."""
    damaged = []
    files = [(table, name, path) for table in TABLES for name, path in store.list_files(table).items()]
    with report_stage("files", sum(path.stat().st_size for _, _, path in files), BYTES) as reporter:
        for table, name, path in files:
            size = path.stat().st_size
            try:
                differences = table.find_schema_differences(pl.read_parquet(path, use_statistics=False).schema)
            except (OSError, pl.exceptions.PolarsError) as error:
                differences = [str(error)]
            damaged += [f"{name}: {difference}" for difference in differences]
            reporter.advance(size)
    return damaged
