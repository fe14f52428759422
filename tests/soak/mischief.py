"""What happens to the inbox during a soak: a seeded script that drops, changes, breaks, renames and removes files."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support.corpora import edit_words, make_words, write_other_layout, write_paragraphs
from tests.support.samples import SENTENCES

SOURCES = 400
"""Articles that everything is made of: so many that copies and excerpts meet, and so few that they do."""


class Mischief:
    """Acts on an inbox; the same seed does the same things to it, one after another."""

    def __init__(self, inbox: Path, seed: int) -> None:
        """Start with an empty folder."""
        self.inbox, self.random, self.done = inbox, random.Random(seed), Counter[str]()
        self.number = 0
        inbox.mkdir(parents=True, exist_ok=True)

    def act(self) -> None:
        """Do one thing."""
        acts: dict[Callable[[Path], None], int] = {
            self.drop: 12,
            self.change: 4,
            self.set_back: 2,
            self.break_file: 3,
            self.rename: 2,
            self.remove: 3,
            self.write_slowly: 2,
        }
        act = self.random.choices(list(acts), list(acts.values()))[0]
        files = sorted(path for path in self.inbox.rglob("*") if path.is_file())
        if not files:
            act = self.drop
        act(self.random.choice(files) if files else self.inbox)
        self.done[act.__name__] += 1

    def make_text(self) -> str:
        """An article, an edited one, an excerpt, a copy in another layout, a digest, or a notice."""
        words = make_words(self.random.randrange(SOURCES), self.random.randint(120, 400))
        kind = self.random.choice(["article", "edited", "excerpt", "copy", "digest", "notice"])
        if kind == "edited":
            return write_paragraphs(edit_words(words, self.random.randrange(9), 0.04))
        if kind == "excerpt":
            return write_paragraphs(words[: self.random.randint(60, 110)])
        if kind == "copy":
            return write_other_layout(words)
        if kind == "digest":
            sources = [make_words(self.random.randrange(SOURCES), 120) for _ in range(3)]
            return write_paragraphs([word for source in sources for word in source[20:90]])
        return (
            "\n\n".join(SENTENCES) + f"\n\n{' '.join(words[:12])}.\n" if kind == "notice" else write_paragraphs(words)
        )

    def drop(self, _path: Path) -> None:
        """A new file, now and then a page or an export of several documents."""
        self.number += 1
        folder = self.inbox / self.random.choice(["web", "mail", "exports/2026"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.number:05d}.txt").write_text(self.make_text(), encoding="utf-8")

    def change(self, path: Path) -> None:
        """Other content at the same path."""
        path.write_text(self.make_text(), encoding="utf-8")

    def set_back(self, path: Path) -> None:
        """A content that the path, or another one, had once: the sources are few."""
        path.write_text(write_paragraphs(make_words(self.random.randrange(8), 150)), encoding="utf-8")

    def break_file(self, path: Path) -> None:
        """What no reader takes: nothing, white space, bytes, half a file."""
        content = path.read_bytes()
        path.write_bytes(self.random.choice([b"", b" \n\t\n", bytes(range(256)) * 4, content[: len(content) // 3]]))

    def rename(self, path: Path) -> None:
        """The same content under another name: a copy, since what was taken in stays."""
        self.number += 1
        path.rename(path.with_name(f"{self.number:05d}-renamed.txt"))

    def remove(self, path: Path) -> None:
        """A file leaves, which changes nothing."""
        path.unlink()

    def write_slowly(self, path: Path) -> None:
        """A file that is looked at while it is half written: it grows by pieces."""
        text = self.make_text()
        with path.open("w", encoding="utf-8") as file:
            for start in range(0, len(text), 400):
                file.write(text[start : start + 400])
                file.flush()
