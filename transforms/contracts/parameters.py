"""What a run can be told about the rules. Frozen, checked when made, passed in, and recorded in `runs`."""

from dataclasses import dataclass, field
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


COLUMN_FIELDS: Final = (
    "text",
    "html",
    "title",
    "subtitle",
    "authors",
    "published_at",
    "outlet",
    "url",
    "language",
)
"""What a column of a table can be."""


@dataclass(frozen=True)
class ReadingParameters:
    """How files are read.

    `columns` names the columns of tables (CSV, JSON, Parquet): pairs of a field of COLUMN_FIELDS and the names of the
    columns that hold it, best first; one level of nesting is written with a dot. Fields that are not named are guessed
    from the names that the columns have.
    `ignore` are shell patterns of names within archives to pass over.
    `max_unpacked_bytes` bounds what one file may hold unpacked, all layers together.
    """

    columns: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    ignore: tuple[str, ...] = (".*", "__MACOSX")
    max_unpacked_bytes: int = 250_000_000

    def __post_init__(self) -> None:
        """Refuse fields that no document has."""
        unknown = sorted({name for name, _ in self.columns} - set(COLUMN_FIELDS))
        if unknown:
            raise ValueError(f"unknown fields in columns: {', '.join(unknown)}; known: {', '.join(COLUMN_FIELDS)}")
        if self.max_unpacked_bytes < 1:
            raise ValueError(f"max_unpacked_bytes is {self.max_unpacked_bytes}; it must be 1 or more")


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
        for kind, pairs in (("outlet", self.outlets), ("author", self.authors)):
            given: dict[str, str] = {}
            for printed, name in pairs:
                if not printed.strip() or not name.strip():
                    raise ValueError(f"the {kind} {printed!r} -> {name!r} lacks a name")
                if given.setdefault(fold_name(printed), name) != name:
                    raise ValueError(f"the {kind} {printed!r} has two names: {given[fold_name(printed)]!r}, {name!r}")


def fold_name(name: str) -> str:
    """A name as it is looked up: lower case, white space collapsed."""
    return " ".join(name.lower().split())


@dataclass(frozen=True)
class DerivationParameters:
    """How documents are made of files. `masks_contacts`: e-mail addresses and phone numbers are masked."""

    reading: ReadingParameters = field(default_factory=ReadingParameters)
    cleaning: CleanParameters = field(default_factory=CleanParameters)
    names: NameTable = field(default_factory=NameTable)
    masks_contacts: bool = False
