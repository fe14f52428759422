"""A console on which nothing that was read can act: names and texts of the inbox are printed as what they are.

A file name or a text can hold the codes that clear a screen, set a title or turn the order of what follows, and words
in brackets that rich takes for markup. They are printed as escapes, and as brackets.
"""

import re
from typing import Final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.measure import Measurement
from rich.segment import Segment

ACTING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tab and line break, and those that turn the direction of writing."""


def escape_acting(text: str) -> str:
    """`text` with what could act on a terminal as `\\\\xNN` or `\\\\uNNNN`."""
    return ACTING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def escape_json(text: str) -> str:
    """JSON with what could act on a terminal as escapes of JSON; it stands in strings only, and says the same."""
    return ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Escaped:
    """Something to print, of which each piece of text is escaped after its layout and before its style."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(escape_acting(segment.text), segment.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._renderable)


class _EscapeHook(RenderHook):
    """Escapes all that a console prints."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """See rich."""
        return [_Escaped(renderable) for renderable in renderables]


def make_console(*, stderr: bool = False, quiet: bool = False) -> Console:
    """The console of a command: no markup, no emoji codes, no colour by guess, nothing that acts."""
    console = Console(stderr=stderr, quiet=quiet, highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.push_render_hook(_EscapeHook())
    return console
