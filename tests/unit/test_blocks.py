"""Clean texts, their blocks, and what was taken out."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.blocks import assemble_texts, list_removed
from transforms.contracts.parsed import CLASSIFIED
from transforms.contracts.tables import REMOVED
from transforms.contracts.vocabulary import BODY_KINDS, LINE_KINDS

LINE_TEXT = st.text(min_size=1, max_size=20).map(lambda text: "x" + text.strip())
CLASSIFIED_LINES = st.lists(st.tuples(st.sampled_from("abc"), LINE_TEXT, st.sampled_from(LINE_KINDS)), max_size=30)


def make_classified(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    counts: dict[str, int] = {}
    lines = []
    for document_id, text, kind in rows:
        line = counts[document_id] = counts.get(document_id, -1) + 1
        lines.append((document_id, line, text, 0, None, None, kind, "text.rule"))
    return pl.DataFrame(lines, schema=CLASSIFIED, orient="row")


def test_body_lines_are_joined_by_a_blank_line() -> None:
    texts = assemble_texts(
        make_classified([("a", "Een.", "paragraph"), ("a", "x", "ad"), ("a", "Zwé 🗼", "quote"), ("b", "x", "ad")])
    )
    assert texts.rows() == [
        ("a", "Een.\n\nZwé 🗼", [{"kind": "paragraph", "start": 0, "end": 4}, {"kind": "quote", "start": 6, "end": 11}])
    ]


def test_removed_lines_have_the_columns_of_their_table() -> None:
    removed = list_removed(make_classified([("a", "Een.", "paragraph"), ("a", "Share", "navigation")]))
    assert removed.schema == REMOVED.polars_schema
    assert removed.rows() == [("a", 1, "navigation", "Share", "text.rule")]


@given(CLASSIFIED_LINES)
def test_each_line_is_in_the_text_or_removed_and_never_in_both(rows: list[tuple[str, str, str]]) -> None:
    classified = make_classified(rows)
    texts, removed = assemble_texts(classified), list_removed(classified)
    kept = [
        (document_id, text[block["start"] : block["end"]], block["kind"])
        for document_id, text, blocks in texts.iter_rows()
        for block in blocks
    ]
    taken = [(row["document_id"], row["text"], row["kind"]) for row in removed.iter_rows(named=True)]
    assert sorted(kept + taken) == sorted(rows)
    assert all(kind in BODY_KINDS for *_, kind in kept)
    for _, text, blocks in texts.iter_rows():
        assert "\n\n".join(text[block["start"] : block["end"]] for block in blocks) == text
