"""The command line, as a person and as a script meet it."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flows.cli import cli
from flows.server_database import copy_kept
from flows.settings import Settings
from flows.storage import Store, lock_store
from tests.support.corpora import make_words, write_other_layout, write_paragraphs
from tests.support.network import listen_to_network
from tests.support.stores import drop_files, settings_for, take_in
from transforms.contracts import ARTICLES
from transforms.dedup.words import normalise_words

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "run",
    "backfill",
    "learn",
    "status",
    "show",
    "why",
    "compare",
    "changes",
    "verify",
    "compact",
    "serve",
    "report",
    "completion",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small store: an article, an excerpt of it, a copy, an older version, a broken file."""
    settings = settings_for(tmp_path_factory.mktemp("store"))
    words = make_words(1, 200)
    drop_files(settings, {"page.txt": write_paragraphs(make_words(2, 90))})
    take_in(settings)
    drop_files(
        settings,
        {
            "article.txt": write_paragraphs(words),
            "excerpt.txt": write_paragraphs(words[:110]),
            "copy.txt": write_other_layout(words[:110]),
            "page.txt": write_paragraphs(make_words(3, 90)),
            "broken.txt": " ",
            ".hidden": "x",
        },
    )
    take_in(settings)
    return settings


def call(settings: Settings, *words: str) -> Result:
    command, *rest = words
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    return CliRunner().invoke(cli, [command, *where, *rest], catch_exceptions=False)


def winnow(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *words],
        cwd=ROOT,
        env={**os.environ, "WINNOW_SETTLE_SECONDS": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_every_command_has_a_manual() -> None:
    assert set(cli.commands) == set(COMMANDS)
    for name, command in cli.commands.items():
        assert command.help is not None, name
        assert len(command.help.split()) > 8, name
        text = CliRunner().invoke(cli, [name, "--help"]).output
        if name == "completion":
            continue
        assert "--data" in text
        assert "--json" in text


def test_status(made: Settings) -> None:
    status = json.loads(call(made, "status", "--json").output)
    assert status["datasets"]["articles"] == 2
    assert status["set_aside_by_relation"] == {"excerpt": 2, "superseded": 1}
    assert status["rejected_by_reason"] == {"whitespace_only": 1}
    assert status["inbox"]["ignored"] == {"pattern": 1}
    assert len(status["last_runs"]) == 2
    text = call(made, "status").output
    assert "2 excerpt, 1 superseded" in text
    assert "nothing waits; ignored: 1 by pattern" in text


def test_why_of_an_excerpt(made: Settings) -> None:
    story = json.loads(call(made, "why", "excerpt.txt", "--json").output)
    [document] = story["documents"]
    assert document["relation"] == "excerpt"
    assert document["partners"][0]["source_path"] == "article.txt"
    assert document["partners"][0]["words"] == 110
    text = call(made, "why", "excerpt.txt").output
    assert "set aside as excerpt" in text
    assert "110 of its 110 words (100%) stand word for word in article.txt" in text


def test_why_of_every_version_of_a_page(made: Settings) -> None:
    text = call(made, "why", "page.txt").output
    assert text.count("page.txt  ") == 2
    assert "set aside as superseded" in text
    assert "kept" in text


def test_why_of_rejected_ignored_and_unknown(made: Settings) -> None:
    assert "whitespace_only" in call(made, "why", "broken.txt").output
    ignored = call(made, "why", ".hidden")
    assert ignored.exit_code == 1
    assert "passed over" in ignored.output
    unknown = call(made, "why", "no-such-file.txt")
    assert unknown.exit_code == 1
    assert "no document of" in unknown.output


def test_show_by_path_and_by_start_of_id(made: Settings) -> None:
    document = json.loads(call(made, "show", "article.txt", "--json").output)
    assert document["word_count"] == 200
    again = json.loads(call(made, "show", document["document_id"][:8], "--json").output)
    assert again["source_path"] == "article.txt"
    assert document["document_id"] in call(made, "show", "article.txt").output


def test_compare(made: Settings) -> None:
    comparison = json.loads(call(made, "compare", "excerpt.txt", "article.txt", "--json").output)
    assert (comparison["words"], comparison["share"]) == (110, 1.0)
    [span] = comparison["spans"]
    assert normalise_words(span["text"]) == normalise_words(span["other_text"])
    assert "share no passage" in call(made, "compare", "page.txt", "article.txt").output


def test_verify_holds_and_finds_a_fault(made: Settings, tmp_path: Path) -> None:
    assert "Every law holds" in call(made, "verify").output
    shutil.copytree(made.data, tmp_path / "data")
    broken = settings_for(tmp_path)
    store = Store(broken.data)
    file = max(store.list_files(ARTICLES).values(), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    file.unlink()
    result = call(broken, "verify")
    assert result.exit_code == 3
    assert "broken: a file is accounted for" in result.output
    assert "broken: a partner stands in articles" in result.output
    file.write_bytes(content[:-20])
    result = call(broken, "verify")
    assert result.exit_code == 3
    assert f"damaged: {ARTICLES.folder}/{file.name}" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--inbox", "no-such-folder"), "not a folder"),
        (("status", "--data", "no-such-store"), "there is no store"),
        (("backfill",), "--all"),
        (("frobnicate",), "No such command"),
        (("serve", "--name", "desk/two"), "letters, digits"),
        (("serve", "--every", "5", "--cron", "0 6 * * *"), "not both"),
    ],
)
def test_wrong_usage_leaves_with_2(words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(cli, list(words))
    assert result.exit_code == 2
    assert said in result.output


def test_wrong_settings_leave_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_COVERAGE_TRESHOLD", "0.9")
    result = CliRunner().invoke(cli, ["run"])
    assert result.exit_code == 2
    assert "WINNOW_COVERAGE_TRESHOLD" in result.output
    monkeypatch.delenv("WINNOW_COVERAGE_TRESHOLD")
    monkeypatch.setenv("WINNOW_COVERAGE_THRESHOLD", "8")
    result = CliRunner().invoke(cli, ["run"])
    assert result.exit_code == 2
    assert "coverage_threshold = '8'" in result.output


def test_store_in_use_leaves_with_1(made: Settings) -> None:
    with lock_store(Store(made.data), "another run"):
        result = call(made, "run")
    assert result.exit_code == 1
    assert "another run" in result.output
    assert "Traceback" not in result.output


def test_changes_are_told_since_a_run_or_a_time(made: Settings) -> None:
    everything = json.loads(call(made, "changes", "--json").stdout)
    assert everything["counts"] == {"kept": 3, "set_aside": 2, "superseded": 1}
    assert everything["complete"]
    first, last = sorted({row["run_id"] for row in everything["changes"]})
    for since in (first, everything["changes"][-1]["changed_at"]):
        found = json.loads(call(made, "changes", "--since", since, "--json").stdout)
        assert {row["run_id"] for row in found["changes"]} == {last}
        assert found["counts"]["superseded"] == 1
    told = call(made, "changes", "--since", first).stdout
    assert "superseded" in told
    assert "5 changes: 2 kept, 2 set_aside, 1 superseded." in told
    assert call(made, "changes", "--since", last).stdout.strip() == "Nothing changed."
    wrong = call(made, "changes", "--since", "yesterday")
    assert wrong.exit_code == 1
    assert "yesterday is no run of" in wrong.stderr


EMPTY_FLOW = """
from prefect import flow

@flow
def empty():
    return None

empty()
"""


def test_real_command_from_first_run_to_nothing_new(tmp_path: Path) -> None:
    """With no Prefect configured at all, as on a fresh machine; and what two files cost beside an empty flow."""
    settings = settings_for(tmp_path)
    drop_files(settings, {"a.txt": write_paragraphs(make_words(5, 100)), "b.txt": write_paragraphs(make_words(5, 60))})
    where = ("--inbox", str(settings.inbox), "--data", str(settings.data))
    guarded, network = listen_to_network(tmp_path)
    clean = {"PREFECT_API_URL": "", "PREFECT_PROFILES_PATH": str(tmp_path / "no"), **guarded}
    homes = tmp_path / "prefect", settings.data / ".prefect"
    for home in homes:
        home.mkdir(parents=True)
        # Where none is kept each makes its own, which takes as long for both.
        copy_kept(home)
    start = time.perf_counter()
    first = winnow("run", *where, "--json", **clean)
    run_seconds = time.perf_counter() - start
    assert first.returncode == 0, first.stderr
    summary = json.loads(first.stdout)
    assert (summary["documents_kept"], summary["set_aside_by_relation"]) == (1, {"excerpt": 1})
    second = winnow("run", *where, **clean)
    assert second.returncode == 0
    assert "Nothing is new: 2 files seen. No byte was changed." in second.stdout
    # Neither they nor Prefect's server asked for anything outside of this machine.
    assert network.read_text() == ""
    environment = {**os.environ, **clean, "PREFECT_HOME": str(homes[0]), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    environment.pop("PREFECT_SERVER_EPHEMERAL_ENABLED", None)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", EMPTY_FLOW], env=environment, check=True, capture_output=True)
    # Process for process, each with the server that it brings itself.
    assert run_seconds / (time.perf_counter() - start) < 3


def test_nothing_new_costs_about_an_import(made: Settings) -> None:
    """Nothing of Prefect, Great Expectations or numba is loaded to learn that nothing is new."""
    where = ("--inbox", str(made.inbox), "--data", str(made.data))
    imports = "import polars, pyarrow, pydantic_settings, click, rich.console"

    def time_process(*words: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - start

    ratios = [time_process("-m", "flows.cli", "run", *where) / time_process("-c", imports) for _ in range(3)]
    assert min(ratios) < 2.5
    code = (
        "import sys; from flows.cli import cli; cli(sys.argv[1:], standalone_mode=False); "
        "print(sorted({'prefect', 'great_expectations', 'numba', 'pandas'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, "run", *where], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert loaded.stdout.strip().endswith("[]")
