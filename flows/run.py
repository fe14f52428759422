"""What a run is: its name, its start, its settings, and the folders that it works in."""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import polars as pl

from flows.settings import Settings
from flows.storage import Store
from transforms.contracts import ARTICLES, DUPLICATES, REJECTS, REMOVED, RUNS, SIGNALS, Table
from transforms.contracts.parameters import DerivationParameters, NameTable
from transforms.contracts.parsed import DECISIONS
from transforms.contracts.vocabulary import REBUILDING_COMMANDS, REDERIVING_COMMANDS

RECORDED_LIBRARIES: Final = (
    "charset-normalizer",
    "ftfy",
    "great-expectations",
    "lxml",
    "markdown-it-py",
    "numba",
    "polars",
    "prefect",
    "pycld2",
    "pyarrow",
    "pypdfium2",
    "python-docx",
    "warcio",
)
"""Libraries whose version can shape a result or a verdict."""


@dataclass(frozen=True)
class Days:
    """Days on which files were taken in, from the first one to the last one, both included (UTC)."""

    first: date
    last: date

    def __str__(self) -> str:
        """For a person."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


@dataclass(frozen=True)
class Run:
    """One run. It is handed to every task, so it holds nothing but values and paths.

    `days`: the days of a backfill of some days; null for every other run. One that is a trial publishes nothing: it
    says what it would change.
    """

    run_id: str
    started_at: datetime
    command: str
    settings: Settings
    names: NameTable = field(default_factory=NameTable)
    days: Days | None = None
    is_trial: bool = False

    @property
    def reads_raw(self) -> bool:
        """Whether the files come out of `raw`, and not out of the inbox."""
        return self.command in REDERIVING_COMMANDS

    @property
    def is_rebuild(self) -> bool:
        """Whether everything is derived again, and nothing but `raw` and the rejects without bytes is trusted."""
        return self.command in REBUILDING_COMMANDS

    @property
    def derivation(self) -> DerivationParameters:
        """How documents are made of files."""
        return replace(self.settings.derivation, names=self.names)

    @property
    def store(self) -> Store:
        """The store as published."""
        return Store(self.settings.data)

    @property
    def work(self) -> Path:
        """Where the run makes its files."""
        return self.store.work(self.run_id)

    @property
    def manifests(self) -> Path:
        """Folder of the lists of file versions to derive, one for each batch."""
        return self.work / "manifests"

    @property
    def docs(self) -> Path:
        """Where the Data Docs of the run are made, before they are put in place."""
        return self.work / "docs"


@dataclass(frozen=True)
class Batch:
    """The files that deriving one batch wrote; see `transforms.documents.Derived` for what each one holds."""

    folder: Path

    @property
    def documents(self) -> Path:
        """Documents before the decision."""
        return self.folder / "documents.parquet"

    @property
    def removed(self) -> Path:
        """Lines taken out."""
        return self.folder / f"{REMOVED.name}.parquet"

    @property
    def signals(self) -> Path:
        """Quality signals of the documents."""
        return self.folder / f"{SIGNALS.name}.parquet"

    @property
    def rejects(self) -> Path:
        """Rejected documents."""
        return self.folder / f"{REJECTS.name}.parquet"

    @property
    def raw(self) -> Path:
        """Bytes of the files; there is none where they come out of `raw`."""
        return self.folder / "raw.parquet"

    @property
    def texts(self) -> Path:
        """Texts of the documents, in their order, in a file that can be mapped."""
        return self.folder / "texts.arrow"

    @property
    def segment(self) -> Path:
        """Folder of the fingerprints of the distinct texts of the batch; see `flows.index`."""
        return self.folder / "segment"

    @property
    def line_counts(self) -> Path:
        """Non-blank lines of each document."""
        return self.folder / "line_counts.parquet"


def scan_batches(paths: Iterable[Path], schema: pl.Schema) -> pl.LazyFrame:
    """The rows of one kind of file of every batch."""
    found = list(paths)
    return pl.scan_parquet(found, schema=schema) if found else pl.DataFrame(schema=schema).lazy()


def scan_held(store: Store, columns: Sequence[str]) -> pl.LazyFrame:
    """Columns of every document in the store, kept or set aside, those of a decision included (null when kept)."""
    return scan_files({table: list(store.list_files(table).values()) for table in (ARTICLES, DUPLICATES)}, columns)


def scan_files(files: Mapping[Table, list[Path]], columns: Sequence[str]) -> pl.LazyFrame:
    """Columns of every document in some files of `articles` and `duplicates`; see `scan_held`."""
    defaults = {
        "relation": pl.lit(None, pl.String),
        "duplicate_of": pl.lit(None, pl.String),
        "partners": pl.lit([], DECISIONS["partners"]),
        "reason": pl.lit(None, pl.String),
    }
    return pl.concat(
        (pl.scan_parquet(paths, schema=table.polars_schema) if paths else table.empty().lazy()).select(
            pl.col(name) if name in table.polars_schema else defaults[name].alias(name) for name in columns
        )
        for table, paths in files.items()
    )


def find_other_rule(run: Run) -> str | None:
    """What of the rule is otherwise than when the documents held were decided; None when it is the same.

    They were decided by the last rebuild and by the runs since. A sentence without its full stop.
    """
    runs = run.store.read(RUNS, ["run_id", "command", "started_at", "parameters"])
    rebuilt = runs.filter(pl.col("command").is_in(REBUILDING_COMMANDS))["started_at"].max()
    decided = runs if rebuilt is None else runs.filter(pl.col("started_at") >= pl.lit(rebuilt))
    for run_id, parameters in decided.sort("started_at").select("run_id", "parameters").iter_rows():
        then = json.loads(parameters)
        for name, value in asdict(run.settings.dedup).items():
            if then.get(name, value) != value:
                return f"{name} is {value}, and run {run_id} decided with {then[name]}"
    return None


def list_versions() -> list[dict[str, str]]:
    """Versions of Python and of the libraries that shape the results, as `runs.versions` records them."""
    libraries = [{"name": name, "version": version(name)} for name in RECORDED_LIBRARIES]
    return [{"name": "python", "version": platform.python_version()}, *libraries]
