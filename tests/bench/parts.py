"""The parts of the bench. To add one: a function that measures, a function that renders, and a line here.

Then put `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` where its table is to stand in CONTRIBUTING.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.cluster import measure_cluster, render_cluster
from tests.bench.growth import measure_growth, render_growth
from tests.bench.options import Options
from tests.bench.planted import measure_planted, render_planted
from tests.bench.recall import measure_recall, render_recall
from tests.bench.scale import measure_scale, render_scale
from tests.bench.speed import measure_speed, render_speed
from tests.bench.tables import describe_machine


@dataclass(frozen=True)
class Part:
    """`measure` gives what JSON can hold; `render` makes Markdown of exactly that.

    Plots are drawn in the environment of the other tools.
    """

    measure: Callable[[Options], dict[str, Any]]
    render: Callable[[dict[str, Any]], str]
    draws_plots: bool = False


PARTS: Final[dict[str, Part]] = {
    "planted": Part(measure_planted, render_planted),
    "speed": Part(measure_speed, render_speed),
    "recall": Part(measure_recall, render_recall),
    "growth": Part(measure_growth, render_growth, draws_plots=True),
    "cluster": Part(measure_cluster, render_cluster),
    "scale": Part(measure_scale, render_scale),
}
"""By name, in the order in which they run."""


def render_blocks(measured: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What is to stand between the markers of each part that has been measured."""
    return {
        part: f"\n{PARTS[part].render(found['results'])}\n\n{describe_machine(found['machine'])}\n\n"
        for part, found in measured.items()
    }
