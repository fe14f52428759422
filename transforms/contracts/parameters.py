"""What a run can be told about the rules. Frozen, checked when made, passed in, and recorded in `runs`."""

from dataclasses import dataclass
from typing import Final

LOWEST_THRESHOLD: Final = 0.5
"""A document that shares less than half of its words is no copy of anything."""


@dataclass(frozen=True)
class DedupParameters:
    """When a document is set aside.

    `coverage_threshold` is τ, the share of a document's words that must stand in kept documents above it.
    `floor_words` is the length under which only an exact copy counts: a template can fill most of a short notice, and
    a notice of 40 words that shares 35 with another one is not a copy of it.
    """

    coverage_threshold: float = 0.8
    floor_words: int = 50

    def __post_init__(self) -> None:
        """Refuse values that make the rule meaningless."""
        if not LOWEST_THRESHOLD <= self.coverage_threshold <= 1:
            raise ValueError(f"coverage_threshold is {self.coverage_threshold}; it must lie in [{LOWEST_THRESHOLD}, 1]")
        if self.floor_words < 1:
            raise ValueError(f"floor_words is {self.floor_words}; it must be 1 or more")


@dataclass(frozen=True)
class NameTable:
    """Names of outlets and of authors that stand for another one: pairs of a name as printed and the name to give.

    A printed name answers in whatever case and with whatever white space; nothing else is guessed. Evidence keeps the
    printed form.
    """

    outlets: tuple[tuple[str, str], ...] = ()
    authors: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse empty names, and a printed name with two names to give."""
        for field, pairs in (("outlet", self.outlets), ("author", self.authors)):
            given: dict[str, str] = {}
            for printed, name in pairs:
                if not printed.strip() or not name.strip():
                    raise ValueError(f"the {field} {printed!r} -> {name!r} lacks a name")
                if given.setdefault(fold_name(printed), name) != name:
                    raise ValueError(f"the {field} {printed!r} has two names: {given[fold_name(printed)]!r}, {name!r}")


def fold_name(name: str) -> str:
    """A name as it is looked up: lower case, white space collapsed."""
    return " ".join(name.lower().split())
