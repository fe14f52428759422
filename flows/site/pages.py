"""The pages themselves: templates filled with numbers, and the styles and scripts beside them."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.catalog import describe_rules, describe_type, list_vocabularies
from flows.progress import show_bytes
from flows.summary import count_things
from transforms.contracts import TABLES
from transforms.contracts.vocabulary import REJECT_REASONS

HERE: Final = Path(__file__).parent

SHOWN_IN_SECONDS: Final = 120
"""Longer times are shown in minutes."""

POLICY: Final = (
    "default-src 'none'; script-src file:; style-src file:; img-src data:; base-uri 'none'; form-action 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'; trusted-types winnow"
)
"""Nothing is fetched, no script or style stands in a page, and no string becomes markup or code. `file:` and not
'self', because a page opened from a disk has no origin for 'self' to match. Where a browser knows no trusted types, the
rest holds."""

PAGES: Final = {
    "index": "Overview",
    "documents": "Documents",
    "families": "Copies",
    "passages": "Passages",
    "runs": "Runs",
    "dictionary": "Columns",
}
"""Pages that the head of every page links, by the names of their files."""

UNLISTED: Final = {"document": "Document", "compare": "Side by side"}


def write_pages(folder: Path, **values: Any) -> None:
    """Write every page into `folder`, and what they load."""
    environment = make_environment()
    for name, title in (PAGES | UNLISTED).items():
        page = environment.get_template(f"{name}.html").render(page=name, page_title=title, **values)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    shutil.copytree(HERE / "assets", folder / "assets")
    shutil.copytree(HERE / "vendor", folder / "vendor")


def make_environment() -> Environment:
    """Templates that escape all they are given, and refuse what they are not given."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": True, "sort_keys": False}
    environment.globals.update(
        policy=POLICY,
        pages=PAGES,
        tables=TABLES,
        vocabularies=list_vocabularies(),
        reject_reasons=REJECT_REASONS,
        describe_type=describe_type,
        describe_rules=describe_rules,
    )
    environment.filters.update(number=show_number, size=show_bytes, seconds=show_seconds, things=count_things)
    return environment


def show_number(number: float) -> str:
    """1234567 -> 1,234,567."""
    return f"{number:,.0f}"


def show_seconds(seconds: float) -> str:
    """Seconds, or minutes where they are many."""
    return f"{seconds:,.1f} s" if seconds < SHOWN_IN_SECONDS else f"{seconds / 60:,.0f} min"


def measure_folder(folder: Path) -> Mapping[str, int]:
    """Files in a folder, and their bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return {"files": len(sizes), "bytes": sum(sizes)}
