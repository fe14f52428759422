"""Control characters and terminal escapes made visible: the one place through which texts of files reach a terminal.

A file name or a text can hold what moves a cursor, names a window or writes over the lines above. Each such character
is shown as one other, so that offsets into a text go on to hold.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

REPLACEMENT: Final = 0xFFFD
PICTURES: Final = 0x2400
"""Where Unicode has a picture of each control character: U+241B is that of the escape."""

LAYOUT: Final = "\t\n"
"""Control characters that a text is laid out with; a terminal does no more with them."""

DIRECTIONS: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""What turns the order of the characters after it: `txt.exe` can be made to read as `exe.txt`."""

VISIBLE: Final[Mapping[int, int]] = {
    **{code: PICTURES + code for code in range(0x20) if chr(code) not in LAYOUT},
    0x7F: 0x2421,
    **dict.fromkeys((*range(0x80, 0xA0), 0x2028, 0x2029, *DIRECTIONS, *range(0xD800, 0xE000)), REPLACEMENT),
}

UNSAFE_IN_JSON: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What `json.dumps` lets through; it escapes the other control characters itself."""


def make_printable(value: Any) -> Any:
    """`value` with its control characters shown, in all texts of its lists and mappings; anything else as it is."""
    if isinstance(value, str):
        return value.translate(VISIBLE)
    if isinstance(value, Mapping):
        return {make_printable(name): make_printable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_printable(item) for item in value]
    return value


def escape_json(text: str) -> str:
    """JSON that says the same without a character that a terminal could obey."""
    return UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class PrintableConsole(Console):
    """A console that no text gets past raw, whoever forgot to make it printable."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of `renderable`; those that steer the terminal are rich's own and stay."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(make_printable(text), style)
