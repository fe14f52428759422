"""The one place that says what each table is: names, types, meaning, units, rules."""

from transforms.contracts.model import Between, Column, Matches, OneOf, Rule, Table
from transforms.contracts.tables import (
    ARTICLES,
    CHANGES,
    DUPLICATES,
    OVERLAPS,
    RAW,
    REJECTS,
    REMOVED,
    RUNS,
    SIGNALS,
    TABLES,
    TEMPLATES,
)

__all__ = [
    "ARTICLES",
    "CHANGES",
    "DUPLICATES",
    "OVERLAPS",
    "RAW",
    "REJECTS",
    "REMOVED",
    "RUNS",
    "SIGNALS",
    "TABLES",
    "TEMPLATES",
    "Between",
    "Column",
    "Matches",
    "OneOf",
    "Rule",
    "Table",
]
