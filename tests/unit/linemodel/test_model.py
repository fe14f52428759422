"""The model that is shipped: it loads, its report is its own, and a line's score is its document's alone."""

import hashlib
import json
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.contracts.parameters import OPERATING_POINTS
from transforms.linemodel.model import MODEL_NAME, load_line_model, read_model, render_model, score_lines
from transforms.version import MODELS, digest_model

MOST_BYTES = 200_000
PACKAGE = files("transforms.linemodel")
CONTENT = PACKAGE.joinpath(f"{MODEL_NAME}.npz").read_bytes()
SENTENCE = "The keeper of the old tower said on Monday that the lamp would burn for one more winter, storm or no storm."


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(PACKAGE.joinpath(f"{MODEL_NAME}.json").read_text(encoding="utf-8"))
    return loaded


def test_the_report_is_that_of_the_model(report: dict[str, Any]) -> None:
    assert (report["model"], report["bytes"]) == (MODEL_NAME, len(CONTENT))
    assert report["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert report["sha256"].startswith(digest_model(MODELS[MODEL_NAME], MODEL_NAME))
    assert {part["licence"] for part in report["training"].values()} <= {"MIT", "CC BY 4.0"}


def test_the_model_is_small_and_has_a_threshold_for_each_point() -> None:
    assert len(CONTENT) <= MOST_BYTES
    thresholds = load_line_model().thresholds
    assert set(thresholds) == set(OPERATING_POINTS)
    assert thresholds["conservative"] < thresholds["clean"]


def test_the_same_arrays_give_the_same_file() -> None:
    with np.load(BytesIO(CONTENT)) as arrays:
        held = dict(arrays)
    assert render_model(held) == render_model(dict(held))
    again = read_model(render_model(held))
    assert again.first.names == load_line_model().first.names


def test_a_model_for_other_features_is_refused() -> None:
    with np.load(BytesIO(CONTENT)) as arrays:
        held = dict(arrays)
    held["first_names"] = held["first_names"][::-1]
    with pytest.raises(ValueError, match="other features"):
        read_model(render_model(held))


def test_text_scores_above_a_menu() -> None:
    lines = ["Home", "News", "Log in", *[SENTENCE] * 6, "Privacy policy", "Contact us"]
    scores = score_lines(pl.Series(["d"] * len(lines)), pl.Series(lines), load_line_model()).scores
    assert scores[3:9].min() > max(scores[:3].max(), scores[9:].max())


def test_no_lines_have_no_scores() -> None:
    scored = score_lines(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String), load_line_model())
    assert (scored.scores.size, scored.is_familiar.size) == (0, 0)


TEXTS = st.lists(
    st.sampled_from(["Menu", SENTENCE, "By Ann Okafor", "", "“…”", "日本語の記事。", "x" * 99]), min_size=1
)


@settings(max_examples=30, deadline=None)
@given(TEXTS, TEXTS)
def test_a_document_is_scored_by_itself(first: list[str], second: list[str]) -> None:
    model = load_line_model()
    names = pl.Series(["a"] * len(first) + ["b"] * len(second))
    together = score_lines(names, pl.Series([*first, *second]), model)
    alone = [score_lines(pl.Series(["x"] * len(lines)), pl.Series(lines), model) for lines in (first, second)]
    assert together.scores.tolist() == [score for one in alone for score in one.scores.tolist()]
    assert together.is_familiar.tolist() == [known for one in alone for known in one.is_familiar.tolist()]
