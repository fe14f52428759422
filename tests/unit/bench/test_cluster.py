"""What the bench of the cluster says of a run."""

from pathlib import Path

from tests.bench.cluster import render_cluster
from tests.bench.clustered import FolderReporter


def describe_bench(stages: dict[str, float], seconds: float) -> dict[str, object]:
    return {
        "stages": stages,
        "seconds": seconds,
        "left_bytes": {"derive": 2_500_000},
        "moved_bytes": 0,
        "text_bytes": 4_000_000,
        "documents": 1_000,
        "set_aside": 12,
    }


def test_each_stage_leaves_what_came_to_lie_there(tmp_path: Path) -> None:
    reporter = FolderReporter(tmp_path)
    for stage, written, removed in (("derive", 300, 0), ("match", 50, 0), ("publish", 0, 300)):
        reporter.start_stage(stage, 1)
        if written:
            (tmp_path / stage).write_bytes(bytes(written))
        if removed:
            (tmp_path / "derive").unlink()
        reporter.finish_stage(0.1)
    assert reporter.left_bytes == {"derive": 300, "match": 50, "publish": 0}


def test_stages_are_compared_and_those_of_the_workers_marked() -> None:
    runs = {
        "1": describe_bench({"derive": 9.0, "match": 2.0}, 12.0),
        "2": describe_bench({"derive": 5.0, "match": 2.0}, 8.0),
    }
    rendered = render_cluster({"seed": 1, "cores": 2, "runs": runs})
    assert "| **derive** | 9.0 | 5.0 | 1.80 | 2.5 |" in rendered
    assert "| match | 2.0 | 2.0 | 1.00 | 0.0 |" in rendered
    assert "| all, with Prefect | 12.0 | 8.0 | 1.50 |  |" in rendered
