"""The settings of a run: flags over `WINNOW_*` environment variables over `[tool.winnow]` in pyproject.toml."""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    PyprojectTomlConfigSettingsSource,
    SettingsConfigDict,
)

from flows.errors import SettingsError
from transforms.contracts.parameters import LOWEST_THRESHOLD, DedupParameters

ENV_PREFIX: Final = "WINNOW_"


class Settings(BaseSettings):
    """Every setting of Winnow; unknown names are refused."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, extra="forbid", frozen=True, pyproject_toml_table_header=("tool", "winnow")
    )

    inbox: Annotated[Path, Field(description="Folder that files are dropped into.")] = Path("seeds")
    data: Annotated[Path, Field(description="Folder that the datasets are written to.")] = Path("data")
    ignore: Annotated[
        tuple[str, ...],
        Field(description="Shell patterns of names to pass over; one with a slash is matched against the path."),
    ] = (".*", "README*", "*.tmp", "*.part", "*.crdownload", "*~")
    max_file_bytes: Annotated[int, Field(ge=1, description="Larger files are rejected (bytes).")] = 50_000_000
    settle_seconds: Annotated[
        float, Field(ge=0, le=60, description="A file changed this recently is looked at twice (seconds).")
    ] = 1.0
    coverage_threshold: Annotated[
        float, Field(ge=LOWEST_THRESHOLD, le=1, description="Share of a document's words that sets it aside.")
    ] = DedupParameters.coverage_threshold
    floor_words: Annotated[int, Field(ge=1, description="Shorter documents: only exact copies count (words).")] = (
        DedupParameters.floor_words
    )
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
        Literal["threads", "processes"], Field(description="How batches run: threads or processes.")
    ] = "threads"
    workers: Annotated[int, Field(ge=1, description="Batches that run at the same time.")] = os.cpu_count() or 1

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

    @field_validator("data")
    @classmethod
    def refuse_patterns(cls, data: Path) -> Path:
        """Polars, DuckDB and others take a path with these characters for a pattern: they would read other folders."""
        if any(character in str(data) for character in "*?[]"):
            raise ValueError("the path of the datasets must hold none of * ? [ ], which readers take for a pattern")
        return data

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
    if settings.inbox.resolve() == settings.data.resolve():
        raise SettingsError(f"inbox and data are both {settings.inbox}: what is published would come in again")
    return settings


def _describe_errors(error: ValidationError) -> str:
    parts = []
    for item in error.errors():
        name = ".".join(map(str, item["loc"])) or "settings"
        parts.append(f"{name} = {item['input']!r}: {item['msg']}")
    return "; ".join(parts)
