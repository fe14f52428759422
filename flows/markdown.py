"""Texts of files in Markdown and HTML: shown as they are, whatever they hold."""

import html
import re
from typing import Final

from flows.printable import make_printable

PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
"""Every character of ASCII that can mean something in Markdown, in addresses too: a backslash makes it mean nothing."""


def escape_markdown(text: str) -> str:
    """`text` on one line, as Markdown that shows it and nothing else."""
    line = " ".join(make_printable(text).split())
    # Entities where HTML could begin: some readers of Markdown take a backslash before < for a backslash.
    return PUNCTUATION.sub(lambda found: html.escape(found[0]) if found[0] in "<>&\"'" else f"\\{found[0]}", line)
