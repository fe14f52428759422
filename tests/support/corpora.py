"""Generated corpora: articles of made-up words, and what people do to articles."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

SYLLABLES = (
    "ba",
    "de",
    "fi",
    "go",
    "hu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "shi",
    "cha",
    "tho",
    "gri",
)
PARAGRAPH_WORDS = 40


def make_words(seed: int, count: int) -> list[str]:
    """Made-up words; texts of different seeds share no run of 8 of them."""
    source = random.Random(seed)
    return ["".join(source.choices(SYLLABLES, k=source.randint(2, 3))) for _ in range(count)]


def write_paragraphs(words: list[str]) -> str:
    """Words as paragraphs that read as running text to the cleaner."""
    parts = [words[start : start + PARAGRAPH_WORDS] for start in range(0, len(words), PARAGRAPH_WORDS)]
    if len(parts) > 1 and len(parts[-1]) < PARAGRAPH_WORDS:
        parts[-2:] = [parts[-2] + parts[-1]]
    return "\n\n".join(" ".join(part).capitalize() + "." for part in parts) + "\n"


def write_other_layout(words: list[str]) -> str:
    """The same words in one paragraph, with other punctuation and case."""
    return "; ".join(word.upper() if number % 7 == 0 else word for number, word in enumerate(words)) + ".\n"


def edit_words(words: list[str], seed: int, share: float) -> list[str]:
    """Replace a share of the words, one here and one there."""
    source = random.Random(seed)
    edited = list(words)
    for place in source.sample(range(len(words)), int(len(words) * share)):
        edited[place] = "edit" + str(source.randint(0, 10**6))
    return edited


@dataclass
class Corpus:
    """Files, and newer versions of some of them: path -> contents in order."""

    versions: dict[str, list[str]] = field(default_factory=dict)

    def steps(self) -> list[tuple[str, str]]:
        """(path, content) of every version, versions of a path in order."""
        return [(path, content) for path, contents in sorted(self.versions.items()) for content in contents]


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    """One to three articles, and copies, excerpts, digests, versions, notices and broken files of them."""
    corpus = Corpus()
    sources = [make_words(seed, draw(st.integers(120, 320))) for seed in range(draw(st.integers(1, 3)))]
    for number, words in enumerate(sources):
        corpus.versions[f"article{number}.txt"] = [write_paragraphs(words)]
    for number, kind in enumerate(draw(st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=6))):
        path = f"{draw(st.sampled_from('abcxyz'))}/{kind.replace(' ', '_')}{number}.txt"
        words, own = draw(st.sampled_from(sources)), make_words(1000 + number, 60)
        corpus.versions[path] = MAKERS[kind](draw, sources, words, own)
    return corpus


def make_edited(draw: st.DrawFn, _sources: list[list[str]], words: list[str], _own: list[str]) -> list[str]:
    share = draw(st.sampled_from([0.01, 0.05, 0.3]))
    return [write_paragraphs(edit_words(words, draw(st.integers(0, 9)), share))]


def make_excerpt(draw: st.DrawFn, _sources: list[list[str]], words: list[str], own: list[str]) -> list[str]:
    introduction = own[: draw(st.integers(0, 40))]
    return [write_paragraphs(introduction + words[: draw(st.integers(40, len(words)))])]


def make_digest(_draw: st.DrawFn, sources: list[list[str]], _words: list[str], _own: list[str]) -> list[str]:
    return [write_paragraphs([word for source in sources for word in source[20:80]])]


def make_set_back(_draw: st.DrawFn, _sources: list[list[str]], words: list[str], own: list[str]) -> list[str]:
    first, second = write_paragraphs(words + own), write_paragraphs(own[:55])
    return [first, second, first]


def make_broken_between(_draw: st.DrawFn, _sources: list[list[str]], words: list[str], own: list[str]) -> list[str]:
    first = write_paragraphs(words[:100] + own[:20])
    return [first, " \n", first]


MAKERS: dict[str, Callable[[st.DrawFn, list[list[str]], list[str], list[str]], list[str]]] = {
    "broken": lambda _draw, _sources, _words, _own: ["   \n"],
    "broken between": make_broken_between,
    "copy": lambda _draw, _sources, words, _own: [write_other_layout(words)],
    "digest": make_digest,
    "edited": make_edited,
    "excerpt": make_excerpt,
    "notice": lambda _draw, _sources, words, own: [write_paragraphs([*words[:38], *own[:2]])],
    "set back": make_set_back,
    "version": lambda _draw, _sources, words, own: [
        write_paragraphs(words[:90] + own),
        write_paragraphs(words[:80] + own[::-1]),
    ],
}
"""What people do to articles: kind -> the contents of its file, versions in order."""


@st.composite
def splits(draw: st.DrawFn, corpus: Corpus) -> list[dict[str, str]]:
    """Runs: each takes in some files. Any order, but the versions of a path keep theirs and come one at a time."""
    waiting = {path: list(contents) for path, contents in corpus.versions.items()}
    runs: list[dict[str, str]] = []
    while waiting:
        paths = draw(st.lists(st.sampled_from(sorted(waiting)), min_size=1, unique=True))
        if len(runs) >= 2 and all(len(contents) == 1 for contents in waiting.values()):
            paths = sorted(waiting)
        runs.append({path: waiting[path].pop(0) for path in paths})
        waiting = {path: contents for path, contents in waiting.items() if contents}
    return runs
