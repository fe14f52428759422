"""Measure PARTS, all by default, and fill their tables into CONTRIBUTING.md; `tables` only fills in."""

import sys
from pathlib import Path

import click

from tests.bench.corpus import NEWS, NoNewsError
from tests.bench.measure import OURS, PEER_PYTHON, ROOT, TOOLS, ToolError, describe_run
from tests.bench.options import Options
from tests.bench.parts import PARTS, render_blocks
from tests.bench.tables import fill_blocks, read_results, write_results

DOCUMENT = ROOT / "CONTRIBUTING.md"
ONLY_TABLES = "tables"


def fill_tables() -> None:
    """Write what was measured into CONTRIBUTING.md."""
    filled = fill_blocks(DOCUMENT.read_text(encoding="utf-8"), render_blocks(read_results()))
    DOCUMENT.write_text(filled, encoding="utf-8")


def parse_fewer(values: tuple[str, ...]) -> dict[str, int]:
    """`tool=documents` as numbers by tool."""
    fewer = {}
    for value in values:
        name, _, count = value.partition("=")
        if name not in TOOLS or not count.isdigit() or int(count) < 1:
            raise click.BadParameter(f"{value!r} is not TOOL=DOCUMENTS with a tool of {', '.join(TOOLS)}")
        fewer[name] = int(count)
    return fewer


@click.command(help=__doc__)
@click.argument("parts", nargs=-1, type=click.Choice([*PARTS, ONLY_TABLES]))
@click.option("--documents", type=click.IntRange(min=100), help="Size of the corpus; each part has its own default.")
@click.option("--seed", default=1, show_default=True, help="Of the corpus.")
@click.option("--tool", "tools", multiple=True, type=click.Choice(TOOLS), help="Run only these; all by default.")
@click.option(
    "--fewer", multiple=True, metavar="TOOL=DOCUMENTS", help="Give a slow tool a sample of so many documents."
)
@click.option("--news", default=NEWS, type=click.Path(path_type=Path), help="The real articles, as Parquet.")
def main(
    parts: tuple[str, ...],
    documents: int | None,
    seed: int,
    tools: tuple[str, ...],
    fewer: tuple[str, ...],
    news: Path,
) -> None:
    """Measure and fill in."""
    chosen = [part for part in parts or PARTS if part != ONLY_TABLES]
    options = Options(
        documents, seed, news, tuple(tool for tool in TOOLS if tool in (tools or TOOLS)), parse_fewer(fewer)
    )
    needs_peers = set(options.tools) != {OURS} or any(PARTS[part].draws_plots for part in chosen)
    if chosen and needs_peers and not PEER_PYTHON.exists():
        raise click.ClickException("the other tools are not installed: start this by `make bench`")
    for part in chosen:
        click.echo(f"{part}: measuring")
        try:
            results = PARTS[part].measure(options)
        except (NoNewsError, ToolError) as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{part}: {write_results(part, describe_run(), results).relative_to(ROOT)}")
    fill_tables()


if __name__ == "__main__":
    sys.exit(main())
