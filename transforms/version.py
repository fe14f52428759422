"""The version of everything that shapes a row: the code, and the learned model that it ships."""

from __future__ import annotations

import transforms
from transforms.linemodel.model import MODEL_NAME, load_line_model


def name_pipeline() -> str:
    """`pipeline_version` as it is recorded: the version, then each model with the start of its file's SHA-256."""
    return f"{transforms.__version__}+{MODEL_NAME}.{load_line_model().digest}"
