"""The version of everything that shapes a row: the code, and the learned models that it ships."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

import transforms
from transforms.linemodel import model as line_model
from transforms.parse.page import model as page_model

MODELS: Final = {
    line_model.MODEL_NAME: line_model.__package__,
    page_model.MODEL_NAME: page_model.__package__,
}
"""Name of a model, and of its file -> the package that it lies in."""

DIGEST_CHARACTERS: Final = 12


@cache
def name_pipeline() -> str:
    """`pipeline_version` as it is recorded: the version, then each model with the start of its file's SHA-256."""
    models = (f"{name}.{digest_model(package, name)}" for name, package in MODELS.items())
    return f"{transforms.__version__}+{'.'.join(models)}"


def digest_model(package: str, name: str) -> str:
    """The start of the SHA-256 of a model's file."""
    return hashlib.sha256(files(package).joinpath(f"{name}.npz").read_bytes()).hexdigest()[:DIGEST_CHARACTERS]
