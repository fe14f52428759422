"""Results as files, and as tables between markers in a document: no figure is typed by hand."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"
MARKED: Final = re.compile(r"<!-- bench:(\w+) -->\n(.*?)<!-- /bench:\1 -->", re.DOTALL)
"""What stands between `<!-- bench:PART -->` and `<!-- /bench:PART -->`."""


class MarkerError(Exception):
    """A document does not have the markers of a part."""


def write_results(part: str, machine: Mapping[str, Any], results: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write the results of a part, with where and when they were measured."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{part}.json"
    content = json.dumps({"part": part, "machine": machine, "results": results}, indent=1, ensure_ascii=False)
    path.write_text(content + "\n", encoding="utf-8")
    return path


def read_results(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """part -> what `write_results` wrote of it, for every part that has been measured."""
    files = sorted(folder.glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def describe_machine(machine: Mapping[str, Any]) -> str:
    """One sentence on where and when figures were measured."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {machine['measured_on']}: {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gib']} GiB, Python {machine['python']}, {versions}."
    )


def render_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    rules = ["---", *("---:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rules, *rows))


def read_blocks(document: str) -> dict[str, str]:
    """part -> what stands between its markers."""
    return dict(MARKED.findall(document))


def fill_blocks(document: str, blocks: Mapping[str, str]) -> str:
    """The document with each block between its markers. Raises MarkerError when there are none for a block."""
    missing = sorted(set(blocks) - set(read_blocks(document)))
    if missing:
        raise MarkerError(f"no <!-- bench:{missing[0]} --> ... <!-- /bench:{missing[0]} --> in the document")

    def replace(match: re.Match[str]) -> str:
        part = match[1]
        return f"<!-- bench:{part} -->\n{blocks[part]}<!-- /bench:{part} -->" if part in blocks else match[0]

    return MARKED.sub(replace, document)
