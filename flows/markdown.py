"""Texts of files in Markdown: shown as they are, whatever they hold."""

import re
from typing import Final

from flows.printable import make_printable

PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
"""Every character of ASCII that can mean something in Markdown, in addresses too: a backslash makes it mean nothing."""


def escape_markdown(text: str) -> str:
    """`text` on one line, as Markdown that shows it and nothing else."""
    line = " ".join(make_printable(text).split())
    # No entities: Prefect's pages show them as they are written.
    return PUNCTUATION.sub(r"\\\1", line)
