"""Garbage collection around imports that leave hundreds of thousands of objects which live as long as the process.

Prefect and Great Expectations are imported into every run. The collector looks through what they made again and again,
while it is made, whenever a run has made as many objects anew, and last of all when the process ends: 2 of the 7
seconds that importing and ending take.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keep_imports() -> Iterator[None]:
    """Collect nothing within the block, and never look at what it left again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def leave_to_system() -> None:
    """Collect no more: the process is about to end, and the operating system takes all of its memory at once."""
    gc.disable()
    gc.freeze()
