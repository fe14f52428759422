"""Imports go one way, and `transforms` stays pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for folder in ("flows", "transforms") for path in (ROOT / folder).rglob("*.py"))
IMPURE = {
    "prefect",
    "great_expectations",
    "requests",
    "httpx",
    "urllib",
    "socket",
    "subprocess",
    "time",
    "os",
    "shutil",
}


def list_imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    imported = set(list_imports(path))
    place = path.relative_to(ROOT).as_posix()
    if place.startswith("transforms/"):
        assert not {name for name in imported if name.split(".")[0] in {"flows", "tests"} | IMPURE}
    if place.startswith("transforms/contracts/"):
        ours = {name for name in imported if name.split(".")[0] == "transforms"}
        assert all(name.startswith("transforms.contracts") for name in ours)
    if place.startswith("flows/"):
        assert not {name for name in imported if name.split(".")[0] == "tests"}


def test_great_expectations_is_only_imported_where_it_is_used() -> None:
    """It takes seconds to import, so no module does it at its top."""
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            module = node.module if isinstance(node, ast.ImportFrom) else None
            assert not any(name and name.split(".")[0] == "great_expectations" for name in [*names, module]), path
