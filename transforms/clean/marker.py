"""How a marker is written: words that only stand on lines of one kind."""

from dataclasses import dataclass
from typing import Final

SHORT_WORDS: Final = 24
"""Around half of the longer lines that look like junk are body (measured on nine public sets), so they stay."""


CAPTION_WORDS: Final = 70
"""The longest captions of the labelled pages have 60 words; a longer line with a credit at its end holds text too."""


@dataclass(frozen=True)
class Marker:
    """One rule: lines of at most `max_words` words whose column `source` matches `pattern` are of this kind.

    Lengths are best bounded by `max_words`: a count in braces behind a Unicode class is the dear part of a pattern,
    and Polars builds patterns anew for every batch (it keeps 32 of them).
    """

    name: str
    kind: str
    pattern: str
    source: str = "key"
    max_words: int = SHORT_WORDS
    min_words: int = 0
    needs: str = ""
    """A second pattern that must hold as well."""
    cue: str = ""
    """A plain pattern that holds wherever `pattern` does, and is tried first. A count in braces in front of `$` costs
    half a millisecond a line; a cue spares nearly every line that.
    """
