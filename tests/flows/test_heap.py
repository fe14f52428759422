"""What imports leave is not looked at again by the garbage collector, and what comes after them is."""

import gc
from collections.abc import Iterator

import pytest

from flows.heap import keep_imports, leave_to_system


class Cycle:
    """Something that only the collector can take away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The collector of this process, as other tests have it."""
    yield
    gc.unfreeze()
    gc.enable()
    gc.collect()


def count_cycles() -> int:
    return sum(isinstance(known, Cycle) for known in gc.get_objects())


def test_nothing_is_collected_meanwhile_nor_looked_at_again() -> None:
    before = gc.get_freeze_count()
    with keep_imports():
        Cycle()
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.collect()
    assert gc.get_freeze_count() > before
    assert count_cycles() == 0  # frozen: the collector does not list it
    gc.unfreeze()
    assert count_cycles() == 1


def test_what_comes_after_is_collected() -> None:
    with keep_imports():
        pass
    Cycle()
    gc.collect()
    gc.unfreeze()
    assert count_cycles() == 0


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), keep_imports():
        raise ImportError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with keep_imports():
        pass
    assert not gc.isenabled()


def test_at_the_end_nothing_is_left_to_collect() -> None:
    leave_to_system()
    assert not gc.isenabled()
    assert gc.get_objects() == []
