"""The store that the bench grows is a store: the steps of a run take its documents in."""

from pathlib import Path

import polars as pl

from flows.storage import Store
from tests.bench.chain import learn_chain
from tests.bench.growing import PLANTED_EVERY, Maker, measure_store, take_in_documents
from tests.support.stores import settings_for
from transforms.contracts import ARTICLES, DUPLICATES

DOCUMENTS = 100
SENTENCES = pl.Series(
    [
        "The lighthouse was painted twice before the summer and once more after the storm had passed.",
        "A ferry to the island was late because the pilot had waited for the fog to lift.",
        "Rope makers and sail makers shared the long shed, and so did the cats.",
        "After the harvest the mill was shut, the wheel was mended, and the pond was drained.",
    ]
)


def test_documents_are_taken_in_and_copies_set_aside(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    maker = Maker(learn_chain(SENTENCES), seed=1, planted_every=PLANTED_EVERY)
    built = take_in_documents(settings, maker, 0, DOCUMENTS)
    store = Store(settings.data)
    kept, set_aside = (store.read(table, ["document_id"]).height for table in (ARTICLES, DUPLICATES))
    assert kept + set_aside == DOCUMENTS
    assert set_aside == built["set_aside"] > 0
    assert measure_store(settings)["index_bytes"] > 0
