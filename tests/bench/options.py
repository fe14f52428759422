"""What a part of the bench is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.corpus import NEWS
from tests.bench.measure import TOOLS


@dataclass(frozen=True)
class Options:
    """Sizes and seed of a run. A part takes what concerns it.

    `documents`: size of the corpus; None is what the part does by default. `tools`: which to run. `fewer`: name of a
    tool -> documents that it gets, where it is too slow for all.
    """

    documents: int | None = None
    seed: int = 1
    news: Path = NEWS
    tools: tuple[str, ...] = TOOLS
    fewer: Mapping[str, int] = field(default_factory=dict)
