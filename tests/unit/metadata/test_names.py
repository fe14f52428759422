"""Names of the user's table."""

import polars as pl
import pytest

from transforms.contracts.parameters import NameTable
from transforms.metadata.names import normalise_names

TABLE = NameTable(outlets=(("The Quay", "Quay Times"),), authors=(("M. Solberg", "Mira Solberg"),))


def test_names_of_the_table_are_given_and_others_stay() -> None:
    documents = pl.DataFrame(
        {
            "outlet": ["the  QUAY", "Harbour News", None],
            "authors": [["m. solberg", "Mira Solberg", "Bo Lindqvist"], [], ["M Solberg"]],
        }
    )
    found = normalise_names(documents, TABLE)
    assert found["outlet"].to_list() == ["Quay Times", "Harbour News", None]
    assert found["authors"].to_list() == [["Mira Solberg", "Bo Lindqvist"], [], ["M Solberg"]]


def test_without_a_table_nothing_changes() -> None:
    documents = pl.DataFrame({"outlet": ["The Quay"], "authors": [["M. Solberg", "M. Solberg"]]})
    assert normalise_names(documents, NameTable()).equals(documents)


@pytest.mark.parametrize(
    "pairs", [(("The Quay", "A"), ("the quay", "B")), ((" ", "A"),), (("The Quay", ""),)], ids=["two", "none", "blank"]
)
def test_a_table_that_says_nothing_or_two_things_is_refused(pairs: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="outlet"):
        NameTable(outlets=pairs)
