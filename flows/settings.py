"""The settings of a run: flags over `WINNOW_*` environment variables over `[tool.winnow]` in pyproject.toml."""

import os
import shlex
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    PyprojectTomlConfigSettingsSource,
    SettingsConfigDict,
)

from flows.errors import SettingsError
from flows.places import clean_url, name_mirror, name_working_copy
from transforms.contracts.parameters import (
    COLUMN_FIELDS,
    LOWEST_THRESHOLD,
    CleanParameters,
    DedupParameters,
    DerivationParameters,
    OperatingPoint,
    ReadingParameters,
)

ENV_PREFIX: Final = "WINNOW_"


class Settings(BaseSettings):
    """Every setting of Winnow; unknown names are refused."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, extra="forbid", frozen=True, pyproject_toml_table_header=("tool", "winnow")
    )

    inbox: Annotated[Path, Field(description="Folder or URL that files are dropped into.")] = Path("seeds")
    data: Annotated[Path, Field(description="Folder or URL that the datasets are written to.")] = Path("data")
    cache: Annotated[Path, Field(description="Folder for what is kept on this machine of an object store.")] = Path(
        "~/.cache/winnow"
    )
    lease_seconds: Annotated[
        float,
        Field(
            ge=1, le=3600, description="A run that died keeps an object store from other machines this long (seconds)."
        ),
    ] = 60
    ignore: Annotated[
        tuple[str, ...],
        Field(description="Shell patterns of names to pass over; one with a slash is matched against the path."),
    ] = (".*", "README*", "*.tmp", "*.part", "*.crdownload", "*~")
    max_file_bytes: Annotated[int, Field(ge=1, description="Larger files are rejected (bytes).")] = 50_000_000
    max_unpacked_bytes: Annotated[
        int, Field(ge=1, description="A file that holds more when unpacked is rejected (bytes).")
    ] = ReadingParameters.max_unpacked_bytes
    max_file_seconds: Annotated[
        int,
        Field(
            ge=1, description="Longest time of a processor for reading one PDF, Word file, e-mail or archive (seconds)."
        ),
    ] = 120
    columns: Annotated[
        dict[str, str | tuple[str, ...]],
        Field(description="Columns of tables by field, where their names do not tell; see Formats."),
    ] = {}
    settle_seconds: Annotated[
        float, Field(ge=0, le=60, description="A file changed this recently is looked at twice (seconds).")
    ] = 1.0
    coverage_threshold: Annotated[
        float, Field(ge=LOWEST_THRESHOLD, le=1, description="Share of a document's words that sets it aside.")
    ] = DedupParameters.coverage_threshold
    floor_words: Annotated[int, Field(ge=1, description="Shorter documents: only exact copies count (words).")] = (
        DedupParameters.floor_words
    )
    cleaning: Annotated[
        OperatingPoint,
        Field(description="What the line model takes out: conservative loses next to no text, clean leaves less junk."),
    ] = CleanParameters.operating_point
    names: Annotated[
        Path | None, Field(description="CSV or TOML file of names of outlets and authors that stand for others.")
    ] = None
    mask_contacts: Annotated[
        bool, Field(description="E-mail addresses and phone numbers are masked in what is published.")
    ] = False
    batch_files: Annotated[int, Field(ge=1, description="Files in a batch, at most.")] = 2_000
    batch_bytes: Annotated[int, Field(ge=1, description="Bytes in a batch, at most (one file may exceed it).")] = (
        64_000_000
    )
    match_bytes: Annotated[
        int, Field(ge=1, description="Memory for pairs of documents while they are matched (bytes); more goes to disk.")
    ] = 256_000_000
    task_runner: Annotated[
        Literal["threads", "processes", "dask", "ray"],
        Field(description="How batches run: threads or processes of this machine, or a cluster of Dask or Ray."),
    ] = "threads"
    cluster_address: Annotated[
        str | None,
        Field(description="Where the Dask scheduler or the Ray head listens; without it a run brings its own cluster."),
    ] = None
    workers: Annotated[int, Field(ge=1, description="Batches that run at the same time.")] = os.cpu_count() or 1
    on_failure: Annotated[
        str | None, Field(description="Command that is told of a run that failed, as JSON on its standard input.")
    ] = None

    _urls: dict[str, str] = PrivateAttr(default_factory=dict)
    """`inbox` and `data` where they are URLs; the fields then hold the folders that stand for them here."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then pyproject.toml of the working folder."""
        return init_settings, env_settings, PyprojectTomlConfigSettingsSource(settings_cls)

    @model_validator(mode="wrap")
    @classmethod
    def place_mirrors(cls, values: Any, make: ModelWrapValidatorHandler["Settings"]) -> "Settings":
        """Put folders of this machine in the place of URLs, and remember the URLs."""
        urls = {name: _find_url(values.get(name)) for name in ("inbox", "data")}
        cache = Path(values.get("cache", cls.model_fields["cache"].default))
        places: dict[str, Path] = {}
        if urls["data"]:
            places["data"] = name_working_copy(cache, urls["data"])
        if urls["inbox"]:
            data = urls["data"] or str(Path(values.get("data", cls.model_fields["data"].default)).resolve())
            places["inbox"] = name_mirror(cache, urls["inbox"], data) / "inbox"
        settings = make({**values, **places})
        settings._urls = {name: url for name, url in urls.items() if url}
        return settings

    @field_validator("inbox", "data", mode="before")
    @classmethod
    def refuse_urls(cls, place: Any) -> Any:
        """A URL that cannot be used; one that can is a folder by now."""
        clean_url(str(place))
        return place

    @field_validator("data")
    @classmethod
    def refuse_patterns(cls, data: Path) -> Path:
        """Polars, DuckDB and others take a path with these characters for a pattern: they would read other folders."""
        if any(character in str(data) for character in "*?[]"):
            raise ValueError("the path of the datasets must hold none of * ? [ ], which readers take for a pattern")
        return data

    @field_validator("on_failure")
    @classmethod
    def refuse_no_command(cls, command: str | None) -> str | None:
        """A command that cannot be split into words would be found out on the night on which something fails."""
        if command is not None and not shlex.split(command):
            raise ValueError("the command is empty")
        return command

    @field_validator("columns")
    @classmethod
    def refuse_fields(cls, columns: dict[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
        """Only what a document has can be a column."""
        unknown = sorted(set(columns) - set(COLUMN_FIELDS))
        if unknown:
            raise ValueError(f"no field of a document: {', '.join(unknown)}. Fields are {', '.join(COLUMN_FIELDS)}")
        return columns

    @property
    def inbox_url(self) -> str | None:
        """Where the inbox is when it is no folder of this machine."""
        return self._urls.get("inbox")

    @property
    def data_url(self) -> str | None:
        """Where the datasets are when they are in no folder of this machine."""
        return self._urls.get("data")

    @property
    def inbox_name(self) -> str:
        """The inbox as the user knows it: a folder or a URL."""
        return self.inbox_url or str(self.inbox)

    @property
    def data_name(self) -> str:
        """The place of the datasets as the user knows it: a folder or a URL."""
        return self.data_url or str(self.data)

    @property
    def reading(self) -> ReadingParameters:
        """The settings of reading files."""
        columns = tuple(
            (name, (given,) if isinstance(given, str) else tuple(given)) for name, given in sorted(self.columns.items())
        )
        return ReadingParameters(columns, (*self.ignore, "__MACOSX"), self.max_unpacked_bytes)

    @property
    def derivation(self) -> DerivationParameters:
        """The settings of all that makes documents of files."""
        return DerivationParameters(self.reading, CleanParameters(self.cleaning), masks_contacts=self.mask_contacts)

    @property
    def dedup(self) -> DedupParameters:
        """The settings of the dedup rule."""
        return DedupParameters(self.coverage_threshold, self.floor_words)


def load_settings(**flags: Any) -> Settings:
    """Settings from flags (None means not given), environment and file; SettingsError says what is wrong with one."""
    unknown = sorted(
        name
        for name in os.environ
        if name.upper().startswith(ENV_PREFIX) and name[len(ENV_PREFIX) :].lower() not in Settings.model_fields
    )
    if unknown:
        raise SettingsError(
            f"unknown setting in the environment: {', '.join(unknown)}. Known: "
            + ", ".join(ENV_PREFIX + name.upper() for name in Settings.model_fields)
        )
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(_describe_errors(error)) from error
    except ValueError as error:
        # Not even a value: broken TOML, or a list that is not written as one.
        raise SettingsError(
            f"a setting cannot be read: {error}. In the environment lists are JSON, such as "
            """WINNOW_IGNORE='["*.tmp"]'; pyproject.toml must be valid TOML"""
        ) from error
    if settings.inbox_name == settings.data_name or settings.inbox.resolve() == settings.data.resolve():
        raise SettingsError(f"inbox and data are both {settings.inbox_name}: what is published would come in again")
    return settings


def locate_reports(settings: Settings) -> Path:
    """The folder of pages to look at. Those of a store in a bucket stay on this machine, beside its working copy."""
    return (name_working_copy(settings.cache, settings.data_url) if settings.data_url else settings.data) / "reports"


def _find_url(place: Any) -> str | None:
    """The URL of a place; None when it is a folder, or what `Settings` refuses."""
    try:
        return clean_url(str(place))
    except ValueError:
        return None


def _describe_errors(error: ValidationError) -> str:
    parts = []
    for item in error.errors():
        name = ".".join(map(str, item["loc"])) or "settings"
        parts.append(f"{name} = {item['input']!r}: {item['msg']}")
    return "; ".join(parts)
