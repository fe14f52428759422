"""The line model among the rules: where it may judge, what it may take out, and what it must leave."""

import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_clean import BODY, MORE_BODY, make_lines
from transforms.clean import classify_lines
from transforms.clean.learned import LONG_LINE_WORDS
from transforms.contracts.parameters import OPERATING_POINTS, CleanParameters, OperatingPoint
from transforms.contracts.vocabulary import BODY_KINDS
from transforms.linemodel.model import MODEL_NAME, LineModel, load_line_model
from transforms.linemodel.trees import MOST_SCORE, SCORE_UNITS

CLEAN = CleanParameters("clean")
MODEL_RULE = rf"model\.{MODEL_NAME}:[01]\.\d\d"
LONG_LINE = " ".join(BODY[:2])
MENU = ["Harbour Walks Online", "Tide Shop Basket", "Our Bay Partners", "Crew Jobs Board", "Lamp Room Rentals"]


def judge_all_junk() -> LineModel:
    """A model for which no line is body."""
    return replace(load_line_model(), thresholds={"conservative": MOST_SCORE, "clean": MOST_SCORE})


def rules_of(lines: pl.DataFrame, parameters: CleanParameters, model: LineModel | None = None) -> list[str]:
    return classify_lines(lines, parameters, model)["rule"].to_list()


def is_models(rule: str) -> bool:
    return rule.startswith("model.")


@pytest.mark.parametrize("point", OPERATING_POINTS)
def test_text_stays_at_every_point(point: OperatingPoint) -> None:
    kinds = classify_lines(make_lines(*BODY, *MORE_BODY), CleanParameters(point))["kind"]
    assert set(kinds) == {"paragraph"}


def test_a_menu_that_no_rule_knows_goes_at_clean() -> None:
    lines = make_lines(*BODY, *MORE_BODY, *MENU, *MENU[::-1])
    rules = rules_of(lines, CLEAN)[len(BODY) + len(MORE_BODY) :]
    assert sum(map(is_models, rules)) > len(rules) / 2
    for rule in filter(is_models, rules):
        assert re.fullmatch(MODEL_RULE, rule)


def test_a_page_that_the_model_does_not_understand_loses_nothing_to_it() -> None:
    assert not any(map(is_models, rules_of(make_lines(*BODY, *MORE_BODY), CLEAN, judge_all_junk())))


def test_short_documents_are_left_to_the_rules() -> None:
    assert not any(map(is_models, rules_of(make_lines(BODY[0], *MENU[:2]), CLEAN)))


def test_hard_wrapped_text_is_left_to_the_rules() -> None:
    wrapped = [
        "The harbour master of the bay said",
        "on Tuesday that the lighthouse",
        "would be moved inland, since the",
    ]
    assert not any(map(is_models, rules_of(make_lines(*wrapped * 4), CLEAN)))


def test_pages_with_markup_are_left_to_it() -> None:
    lines = make_lines(*BODY, *MENU, hints={0: ("heading", "html.h1")})
    assert not any(map(is_models, rules_of(lines, CLEAN)))


def test_a_language_that_training_did_not_see_is_judged_as_at_the_conservative_point() -> None:
    sentence = "灯台は五月三日に移設され、港の明かりは三週間だけ消えるという話を港湾局の担当者が火曜日に語った。"
    unseen = make_lines(*[sentence * 2] * 6, "会社案内", "採用情報", "お問合せ先")
    seen = make_lines(*BODY, *MENU, *MORE_BODY)
    cautious_alone = replace(load_line_model(), thresholds={"conservative": MOST_SCORE, "clean": -MOST_SCORE})
    assert [is_models(rule) for rule in rules_of(unseen, CLEAN, cautious_alone)] == [False] * 6 + [True] * 3
    assert not any(map(is_models, rules_of(seen, CLEAN, cautious_alone)))


def keep_first_words(model: LineModel) -> LineModel:
    return replace(model, thresholds={"conservative": SCORE_UNITS * 2, "clean": SCORE_UNITS * 2})


def test_the_conservative_point_keeps_long_lines() -> None:
    lines = make_lines(*[LONG_LINE + f" Number {number} of them." for number in range(9)])
    assert len(LONG_LINE.split()) >= LONG_LINE_WORDS
    assert not any(map(is_models, rules_of(lines, CleanParameters("conservative"), judge_all_junk())))


def test_evidence_stands_against_the_model() -> None:
    lines = make_lines(*BODY, *MORE_BODY, "Editor's note: The height of the tower was corrected on May 3.")
    classified = classify_lines(lines, CLEAN, keep_first_words(load_line_model()))
    assert classified["kind"].to_list()[-1] == "note"


PHRASES = st.sampled_from([*BODY, *MORE_BODY, *MENU, "Share", "By Ann Okafor", "2 May 2024", "Related", "• The tower"])
DOCUMENTS = st.lists(PHRASES, min_size=1, max_size=25)


@settings(max_examples=8, deadline=None)
@given(DOCUMENTS, DOCUMENTS, st.sampled_from(OPERATING_POINTS))
def test_a_document_is_judged_by_itself(first: list[str], second: list[str], point: OperatingPoint) -> None:
    parts = [make_lines(*lines, document_id=name) for name, lines in (("a", first), ("b", second))]
    alone = pl.concat([classify_lines(part, CleanParameters(point)) for part in parts])
    assert classify_lines(pl.concat(parts), CleanParameters(point)).equals(alone)


@settings(max_examples=8, deadline=None)
@given(DOCUMENTS)
def test_what_the_model_takes_out_was_open(lines: list[str]) -> None:
    """It takes out lines that the rules keep, names itself, and touches no line that they take out."""
    frame = make_lines(*lines)
    judged = classify_lines(frame, CLEAN)
    ruled = classify_lines(
        frame, CLEAN, replace(load_line_model(), thresholds=dict.fromkeys(OPERATING_POINTS, -MOST_SCORE))
    )
    for after, before in zip(judged.iter_rows(named=True), ruled.iter_rows(named=True), strict=True):
        if is_models(after["rule"]):
            assert after["kind"] in ("navigation", "promo")
            assert before["kind"] in BODY_KINDS
        else:
            assert (after["kind"], after["rule"]) == (before["kind"], before["rule"])


def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(ValueError, match="operating_point is 'bold'"):
        CleanParameters("bold")  # type: ignore[arg-type]
