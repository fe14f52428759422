"""Makes the table of `transforms/metadata/months.py` from Unicode CLDR.

Run it as `uv run --with babel tests/support/month_names.py`.

Takes the wide and abbreviated names of the months, as used within a date and standing alone, and the same without
their accents and final full stops. A name that means two months in different languages is left out, and said so.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from typing import Final

from babel import Locale, __version__
from babel.core import get_cldr_version

LANGUAGES: Final = [
    "af",
    "ar",
    "az",
    "be",
    "bg",
    "bn",
    "bs",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "el",
    "en",
    "eo",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fil",
    "fr",
    "ga",
    "gl",
    "he",
    "hi",
    "hr",
    "hu",
    "hy",
    "id",
    "is",
    "it",
    "ka",
    "kk",
    "lb",
    "lt",
    "lv",
    "mk",
    "mn",
    "mr",
    "ms",
    "mt",
    "nb",
    "nl",
    "nn",
    "no",
    "pl",
    "ps",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "sq",
    "sr",
    "sr_Latn",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "tr",
    "uk",
    "ur",
    "uz",
    "vi",
    "zu",
]
SHORTEST_CHARS: Final = 3


def list_names() -> tuple[dict[str, int], dict[str, set[int]]]:
    meanings: dict[str, set[int]] = defaultdict(set)
    for language in LANGUAGES:
        months = Locale.parse(language).months
        for usage in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[usage][width].items():
                    for form in _vary(name):
                        meanings[form].add(number)
    clear = {name: next(iter(numbers)) for name, numbers in meanings.items() if len(numbers) == 1}
    return clear, {name: numbers for name, numbers in meanings.items() if len(numbers) > 1}


def _vary(name: str) -> set[str]:
    lower = unicodedata.normalize("NFC", name.lower().strip().rstrip("."))
    bare = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    # Accents are left out in print where the letters stay Latin; in other scripts they are letters of their own.
    forms = {lower, bare} if lower.isascii() or "LATIN" in unicodedata.name(lower[0], "") else {lower}
    return {
        form for form in forms if len(form) >= SHORTEST_CHARS and not any(c.isdigit() for c in form) and " " not in form
    }


def main() -> None:
    clear, doubtful = list_names()
    sys.stdout.write(f"# CLDR {get_cldr_version()}, read by Babel {__version__}\n")
    for number in range(1, 13):
        names = sorted(name for name, month in clear.items() if month == number)
        sys.stdout.write(f'    {number}: "{" ".join(names)}",\n')
    sys.stdout.write(f"# left out: {sorted(doubtful.items())}\n")


if __name__ == "__main__":
    main()
