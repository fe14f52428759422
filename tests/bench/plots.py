"""Draws lines as SVG: `python -m tests.bench.plots FIGURES SVG OUTCOME`, with the packages of the other tools."""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from tests.bench.outcome import write_outcome

WIDTH_INCHES, HEIGHT_INCHES = 4.5, 3.2
SAME_BYTES: Final = {"svg.hashsalt": "winnow", "svg.fonttype": "none", "font.size": 9}
"""The same figures give the same file."""


def draw(figures: list[dict[str, Any]], path: Path) -> None:
    """Draw panels side by side. Each has `title`, `x` and `y` (what the axes say), and `lines`: name -> points."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(SAME_BYTES)
    from matplotlib import pyplot

    size = (WIDTH_INCHES * len(figures), HEIGHT_INCHES)
    figure, panels = pyplot.subplots(1, len(figures), figsize=size, squeeze=False, layout="constrained")
    for panel, said in zip(panels[0], figures, strict=True):
        for name, points in said["lines"].items():
            panel.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name)
        panel.set(title=said["title"], xlabel=said["x"], ylabel=said["y"])
        panel.set(xscale="log", yscale=said.get("scale", "log"))
        panel.grid(visible=True, alpha=0.3)
        panel.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def main(figures: Path, svg: Path, outcome: Path) -> None:
    """Draw what a file of JSON says."""
    started = time.perf_counter()
    draw(json.loads(figures.read_text(encoding="utf-8")), svg)
    write_outcome(outcome, time.perf_counter() - started, [], {})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
