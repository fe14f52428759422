"""Lines that repeat in many articles of one outlet are learned and taken out; what may be body is not."""

import polars as pl
import pytest

from transforms.clean.templates import (
    FEWEST_ARTICLES,
    apply_templates,
    choose_templates,
    count_lines,
    name_outlets,
    sum_counts,
)
from transforms.contracts import TEMPLATES
from transforms.contracts.parsed import CLASSIFIED
from transforms.dedup.words import hash_texts

SIGN_UP = "Sign up for our newsletter and never miss a story."
FOLLOW = "Follow the author on every network there is."


def make_documents(texts: list[str], outlet: str | None = "example.org") -> pl.DataFrame:
    ids = [f"{outlet}-{number}" for number in range(len(texts))]
    return pl.DataFrame(
        {"document_id": ids, "outlet_key": [outlet] * len(texts), "text": texts},
        schema={"document_id": pl.String, "outlet_key": pl.String, "text": pl.String},
    )


def make_lines(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Lines of documents: (document_id, text, kind)."""
    return pl.DataFrame(
        [
            {
                "document_id": document,
                "line": number,
                "text": text,
                "kind": kind,
                "rule": "text.rule",
                "blank_before": 1,
            }
            for number, (document, text, kind) in enumerate(rows)
        ],
        schema=CLASSIFIED,
    )


NO_LINES = pl.DataFrame(schema={"document_id": pl.String, "text": pl.String})


def learn(*groups: pl.DataFrame, held: pl.DataFrame | None = None, removed: pl.DataFrame = NO_LINES) -> pl.DataFrame:
    counts = sum_counts([count_lines(group, removed) for group in groups])
    outlets = pl.concat(groups).drop_nulls().group_by("outlet_key").len("outlet_documents")
    return choose_templates(counts, outlets, TEMPLATES.empty() if held is None else held)


def write_articles(count: int, *lines: str) -> list[str]:
    return ["\n\n".join([f"Paragraph {number} says what no other one says.", *lines]) for number in range(count)]


def test_a_line_of_many_articles_is_learned() -> None:
    texts = [*write_articles(6, SIGN_UP), *write_articles(6, SIGN_UP.upper().replace(",", " —")), *write_articles(20)]
    learned = learn(make_documents(texts))
    assert learned.schema == TEMPLATES.polars_schema
    assert learned.rows(named=True) == [
        {
            "outlet_key": "example.org",
            "line_sha256": hash_texts(pl.Series([SIGN_UP])).item(),
            "example": min(SIGN_UP, SIGN_UP.upper()),
            "words": 10,
            "documents": 12,
            "outlet_documents": 32,
            "version": 1,
        }
    ]


@pytest.mark.parametrize(
    "texts",
    [
        write_articles(FEWEST_ARTICLES - 1, SIGN_UP),
        [*write_articles(FEWEST_ARTICLES, SIGN_UP), *write_articles(5 * FEWEST_ARTICLES)],
        ["\n\n".join([SIGN_UP] * 50), *write_articles(5)],
        write_articles(30, "What happened next"),
        write_articles(30, " ".join(["word"] * 26)),
    ],
    ids=["too few articles", "too small a share", "one article", "a sub-heading", "a long paragraph"],
)
def test_what_may_be_body_is_not_learned(texts: list[str]) -> None:
    assert learn(make_documents(texts)).is_empty()


def test_outlets_are_counted_apart_and_groups_of_documents_together() -> None:
    texts = write_articles(12, SIGN_UP)
    one, other = make_documents(texts[:6]), make_documents(texts[6:]).with_columns(pl.col("document_id") + "x")
    assert learn(one, make_documents(texts[6:], "other.example")).is_empty()
    assert learn(one, make_documents(texts[6:], None)).is_empty()
    assert learn(one, other)["documents"].to_list() == [12]


def test_a_table_is_new_only_when_its_lines_are() -> None:
    documents = make_documents(write_articles(12, SIGN_UP))
    first = learn(documents)
    more = make_documents(write_articles(15, SIGN_UP))
    assert learn(more, held=first).equals(first)
    second = learn(make_documents(write_articles(12, SIGN_UP, FOLLOW)), held=first)
    assert second["version"].to_list() == [2, 2]
    assert learn(make_documents(write_articles(12)), held=second).is_empty()


def test_a_template_stays_one_while_its_lines_are_taken_out() -> None:
    documents = make_documents(write_articles(12))
    removed = documents.select("document_id", text=pl.lit(SIGN_UP))
    first = learn(make_documents(write_articles(12, SIGN_UP)))
    assert learn(documents, held=first, removed=removed).equals(first)


def test_templates_are_taken_out_of_the_documents_of_their_outlet() -> None:
    templates = learn(make_documents(write_articles(12, SIGN_UP)))
    lines = make_lines(
        [
            ("a", "It begins with a sentence.", "paragraph"),
            ("a", "SIGN UP for our newsletter - and never miss a story!", "paragraph"),
            ("a", SIGN_UP, "caption"),
            ("b", SIGN_UP, "paragraph"),
            ("b", "***", "paragraph"),
            ("c", SIGN_UP, "paragraph"),
            ("c", "Another outlet says it in its text.", "paragraph"),
        ]
    )
    outlets = pl.DataFrame({"document_id": ["a", "b", "c"], "outlet_key": ["example.org", "example.org", None]})
    changed = apply_templates(lines, outlets, templates)
    assert changed.schema == CLASSIFIED
    assert changed.drop("kind", "rule").equals(lines.drop("kind", "rule"))
    expected = [("paragraph", "text.rule")] * 7
    expected[1], expected[2] = ("promo", "template.1"), ("caption", "text.rule")
    assert changed.select("kind", "rule").rows() == expected
    assert apply_templates(lines, outlets, TEMPLATES.empty()).equals(lines)


def test_an_outlet_is_its_host_or_else_its_name() -> None:
    documents = pl.DataFrame(
        {
            "document_id": list("abcdef"),
            "url": [
                "https://www.Example.org/a?b",
                "http://news.example.org:80/",
                "https://u:p@example.org",
                None,
                None,
                "x",
            ],
            "outlet": ["The Post", None, None, " The Post ", "", "The Post"],
        }
    )
    keys = name_outlets(documents)["outlet_key"].to_list()
    assert keys == ["example.org", "news.example.org", "example.org", "the post", None, "the post"]
