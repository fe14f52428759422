"""What a run can be told about the rules. Frozen, checked when made, passed in, and recorded in `runs`."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

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


OperatingPoint = Literal["conservative", "clean"]
OPERATING_POINTS: Final[tuple[OperatingPoint, ...]] = get_args(OperatingPoint)


@dataclass(frozen=True)
class CleanParameters:
    """How much cleaning takes out.

    `operating_point`: `conservative` loses next to no text and leaves some junk; `clean` takes out what is more likely
    junk than text.
    """

    operating_point: OperatingPoint = "conservative"

    def __post_init__(self) -> None:
        """Refuse a point that no model has a threshold for."""
        if self.operating_point not in OPERATING_POINTS:
            raise ValueError(f"operating_point is {self.operating_point!r}; it must be one of {OPERATING_POINTS}")
