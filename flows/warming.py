"""Compiling the kernels of deduplication while a run reads its files.

A kernel compiles when it is first called, which takes a minute for all of them, once a machine. A first run calls those
that read and clean, and then those that compare; meanwhile a process of its own calls the latter on a few words. What
it has not compiled when the run comes to it, the run compiles itself.
"""

import os
import subprocess
import threading
from typing import Final

import polars as pl

from flows.server import call_module, find_modules
from transforms.dedup.deduplicate import deduplicate
from transforms.dedup.kernels import has_compiled

CORES: Final = 2
"""With one the two processes would only be in each other's way."""

TEXT: Final = (
    "The ferry left the quay an hour late because the pilot had waited for the fog to lift over the outer bank, "
    "and nobody on board complained, since the tea was free and the gulls were good company. It came back at dusk."
)


def compile_ahead() -> threading.Thread | None:
    """Start that process where no kernel is compiled yet and a core is free. A run does not wait for its end."""
    if has_compiled() or (os.cpu_count() or 1) < CORES:
        return None
    thread = threading.Thread(target=_run_process, daemon=True)
    thread.start()
    return thread


def _run_process() -> None:
    quiet = subprocess.DEVNULL
    command, environment = call_module("flows.warming"), find_modules(os.environ)
    subprocess.run(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, check=False)  # noqa: S603


def compare_few_words() -> int:
    """Call the kernels: a text, one that it was edited into, and one that quotes it; returns the pairs found."""
    edited = TEXT.replace("nobody on board complained", "few people on the deck complained")
    texts = [TEXT, edited, f"What we read this week. {TEXT[:140]}"]
    return deduplicate(pl.DataFrame({"document_id": ["a", "b", "c"], "text": texts})).overlaps.height


if __name__ == "__main__":
    compare_few_words()
