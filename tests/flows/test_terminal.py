"""What a person sees: on real pseudo-terminals of several widths, without one, and whatever the files are called."""

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console

from flows.advice import REJECT_ADVICE, advise_document
from flows.cli import cli
from flows.comparison import Comparison, compare_documents
from flows.console import ConsoleReporter
from flows.printable import PrintableConsole, escape_json, make_printable
from flows.progress import BYTES, report_each, report_stage, report_to, show_amount, show_seconds
from flows.publication import JOURNAL
from flows.settings import Settings
from flows.storage import Store
from flows.suggestions import complete_names, suggest_names
from flows.terminal import describe_interruption, exit_codes
from tests.support.corpora import make_words, write_paragraphs
from tests.support.stores import drop_files, settings_for, take_in
from transforms.contracts.parameters import DedupParameters
from transforms.contracts.vocabulary import REJECT_REASONS

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "web/\x1b[2J\x1b]0;owned\x07 \x9b31m\u202etxt.exe [red]x[/red].txt"
STYLES = re.compile(r"\x1b\[[0-9;]*m")
LINKS = re.compile(r"\x1b\]8;[^\x07\x1b]*(?:\x1b\\|\x07)")
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

DRIVER = """
import sys, json
from flows.cli import cli
for words in json.loads(sys.argv[1]):
    print("$", words[0], flush=True)
    cli(words, standalone_mode=False)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An article, an edited excerpt of it that came first, a hostile file name, a hostile text, rejects."""
    settings = settings_for(tmp_path_factory.mktemp("terminal"))
    words = make_words(1, 400)
    edited = [*words[:60], "instead", "of", "these", *words[63:190]]
    evil = write_paragraphs([*make_words(9, 80), "\x1b[31mred\x9b1m", *words[:40]])
    drop_files(settings, {"excerpt.txt": write_paragraphs(edited), HOSTILE: evil})
    take_in(settings)
    drop_files(settings, {"article.txt": write_paragraphs(words), "blank.txt": " ", "scan\x1b[5m.odt": "x"})
    take_in(settings)
    drop_files(settings, {"waits\x1b]2;x.txt": "new"})
    return settings


def list_commands(settings: Settings) -> list[list[str]]:
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    commands = (
        ["status"],
        ["show", HOSTILE],
        ["why", "excerpt.txt"],
        ["why", "blank.txt"],
        ["compare", "excerpt.txt", "article.txt"],
        ["compare", HOSTILE, "article.txt"],
        ["verify"],
    )
    return [[command, *rest, *where] for command, *rest in commands]


def run_on_terminal(commands: list[list[str]], columns: int, **environment: str) -> str:
    """What a terminal of so many columns gets from the commands, in a process of its own."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(commands)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={
            **{name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}},
            **environment,
        },
        close_fds=True,
    )
    os.close(follower)
    said = b""
    try:
        while part := os.read(leader, 1 << 16):
            said += part
    except OSError:
        # Linux says so when the last one who had the terminal open has ended.
        pass
    os.close(leader)
    assert process.wait(timeout=60) == 0, said.decode(errors="replace")
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_every_page_fits_its_terminal_and_obeys_no_file(settings: Settings, columns: int) -> None:
    said = run_on_terminal(list_commands(settings), columns)
    pages, verified = said.split("$ verify\n")
    plain = STYLES.sub("", pages)
    assert STYLES.search(pages)
    assert UNSAFE.findall(plain) == []
    assert "␛[2J␛]0;owned␇" in plain.replace("\n", "")
    assert "Every law holds" in verified
    # The progress of a long command is drawn over itself; the page that it ends with is not.
    assert "decisions" in STYLES.sub("", verified)
    long = [line for line in plain.splitlines() if cell_len(line) > columns]
    assert long == []
    [compared] = re.findall(r"\$ compare\n(A +excerpt\.txt.+?)\$ compare", plain, re.DOTALL)
    is_side_by_side = re.search(r"^A +B *$", compared, re.MULTILINE) is not None
    assert is_side_by_side == (columns >= 70)
    assert "187 words in 1 passage" in compared


def test_no_colour_leaves_no_colour_and_marks_edits(settings: Settings) -> None:
    *_, compare, _, _ = list_commands(settings)
    for commands, environment in (([compare], {"NO_COLOR": "1"}), ([[*compare, "--no-color"]], {})):
        said = run_on_terminal(commands, 100, **environment)
        codes = {code for style in STYLES.findall(said) for code in style[2:-1].split(";")}
        assert not codes & {str(code) for code in (*range(30, 39), *range(40, 49), *range(90, 108))}
        assert "{+" in said
        assert "[-instead" in said


def test_a_pipe_gets_whole_lines(settings: Settings) -> None:
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    said = CliRunner(env={"COLUMNS": None}).invoke(cli, ["why", "excerpt.txt", *where], catch_exceptions=False).output
    assert "\x1b" not in said
    assert "  187 of its 190 words (98%) stand word for word in article.txt." in said.splitlines()
    assert not re.search(r" $", said, re.MULTILINE)
    status = CliRunner().invoke(cli, ["status", *where], catch_exceptions=False).output
    assert UNSAFE.findall(status) == []
    assert re.search(r"^articles +\d", status, re.MULTILINE)


def test_why_tells_what_happened_in_order(settings: Settings) -> None:
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    story = json.loads(CliRunner().invoke(cli, ["why", "excerpt.txt", "--json", *where]).output)
    assert [event["what"].partition(":")[0].partition(",")[0] for event in story["events"]] == [
        "taken in",
        "article.txt came",
    ]
    assert story["events"][0]["at"] < story["events"][1]["at"]
    assert story["inbox"] == "It lies in the inbox as it was last taken in."
    [advice] = story["documents"][0]["advice"]
    assert "coverage_threshold = 0.99 or more (now 0.8)" in advice


def test_json_is_safe_to_print_and_means_the_same(settings: Settings) -> None:
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    said = CliRunner().invoke(cli, ["show", HOSTILE, "--json", *where], catch_exceptions=False).output
    assert UNSAFE.findall(said) == []
    assert json.loads(said)["source_path"] == HOSTILE
    value = {"a": "\x9b\u202e\x7f", "b": "é\n"}
    assert json.loads(escape_json(json.dumps(value, ensure_ascii=False))) == value


@pytest.mark.parametrize("has_terminal", [True, False])
@pytest.mark.parametrize("is_scattered", [True, False])
def test_both_sides_of_a_passage_are_whole(*, has_terminal: bool, is_scattered: bool) -> None:
    """Whatever the texts hold: no blanks, characters that are skipped within words, words in another order."""
    shared = [f"wo\u202erd{number}." for number in range(60)] + list("東京都庁前広場の大時計が正午に鳴らなかった")
    one = " ".join([*make_words(1, 30), *shared[:40], "not", "so", *shared[40:], *make_words(2, 50)])
    other = " ".join(["x" * 500, *shared[:40], *shared[42:], *reversed(make_words(2, 50))])
    rows = [{"text": text, "word_count": len(text.split())} for text in (one, other)]
    about = dict.fromkeys(("document_id", "source_path", "record", "title", "relation", "duplicate_of"))
    comparison = compare_documents(about | rows[0], about | rows[1], scattered=is_scattered)
    console = PrintableConsole(file=(said := io.StringIO()), width=160, force_terminal=has_terminal, no_color=True)
    console.print(Comparison((one, other), comparison))
    shown = " ".join(STYLES.sub("", said.getvalue()).split())
    assert shown.count("wo�rd0.") == 2
    assert shown.count("wo�rd59.") == 2
    assert UNSAFE.findall(shown) == []
    assert len(comparison["passages"]) >= 1


def test_json_has_the_keys_that_the_readme_names(settings: Settings) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    for words in (["status"], ["why", "excerpt.txt"], ["compare", "excerpt.txt", "article.txt"]):
        said = json.loads(CliRunner().invoke(cli, [*words, "--json", *where], catch_exceptions=False).output)
        [named] = re.findall(rf"^\| {words[0]} \| (.+) \|$", readme, re.MULTILINE)
        assert list(said) == re.findall(r"`(\w+)`", named), words[0]


def test_printable_keeps_length_and_layout() -> None:
    text = "a\x1b[0m\tb\n\x00\x85\u2066\u2028é\ud800"
    shown = make_printable(text)
    assert shown == "a␛[0m\tb\n␀\ufffd\ufffd\ufffdé\ufffd"
    assert len(shown) == len(text)
    assert make_printable({"x": ["\x07", 1, None]}) == {"x": ["␇", 1, None]}


def test_mistyped_names_are_guessed(settings: Settings) -> None:
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    assert suggest_names("exerpt.txt", settings)[0] == "excerpt.txt"
    assert suggest_names("old/article.txt", settings)[0] == "article.txt"
    assert suggest_names("zzzz", settings) == []
    unknown = CliRunner().invoke(cli, ["why", "artcle.txt", *where])
    assert unknown.exit_code == 1
    assert "Did you mean article.txt" in unknown.output
    command = CliRunner().invoke(cli, ["statsu"])
    assert command.exit_code == 2
    assert "Did you mean status?" in command.output


def test_completion_gives_paths_and_ids_and_nothing_that_a_terminal_obeys(settings: Settings) -> None:
    store = Store(settings.data)
    assert complete_names("a", store)[0] == "article.txt"
    assert complete_names("", store) == ["article.txt", "excerpt.txt"]
    document_id = json.loads(
        CliRunner().invoke(cli, ["show", "article.txt", "--json", "--data", str(settings.data)]).output
    )["document_id"]
    assert document_id in complete_names(document_id[:4], store)
    done = CliRunner().invoke(
        cli,
        [],
        prog_name="winnow",
        env={
            "_WINNOW_COMPLETE": "bash_complete",
            "COMP_WORDS": f"winnow show --data {settings.data} exc",
            "COMP_CWORD": "4",
        },
    )
    assert done.output.strip() == "plain,excerpt.txt"
    for shell in ("bash", "zsh", "fish"):
        assert "_WINNOW_COMPLETE" in CliRunner().invoke(cli, ["completion", shell]).output


def test_interruption_says_what_is_left(settings: Settings, tmp_path: Path) -> None:
    store = Store(tmp_path)
    now = datetime.now(UTC)
    assert describe_interruption(store, now) == "interrupted. Nothing was published."
    (store.work("run-1")).mkdir(parents=True)
    assert describe_interruption(store, now) == "interrupted. Nothing was published; the next run tidies up."
    (store.work("run-1") / JOURNAL).write_text("{}")
    assert "Run run-1 had passed its audit" in describe_interruption(store, now)
    earlier = now - timedelta(days=1)
    assert describe_interruption(Store(settings.data), earlier) == "interrupted, after everything had been published."
    with pytest.raises(SystemExit) as ended, exit_codes(settings):
        raise KeyboardInterrupt
    assert ended.value.code == 130


def test_advice_for_every_reason_and_every_fate() -> None:
    assert set(REJECT_ADVICE) == set(REJECT_REASONS)
    rule = DedupParameters()
    document: dict[str, Any] = {
        "relation": None,
        "word_count": 101,
        "coverage": 0.25,
        "source_path": "a.txt",
        "partners": [],
    }
    assert "81 of its 101 words; now they have 25." in advise_document(document, rule)[0]
    assert "only a document with the same words" in advise_document({**document, "word_count": 30}, rule)[0]
    aside = {**document, "relation": "near", "coverage": 1.0, "partners": [{"source_path": "b.txt"}]}
    assert advise_document(aside, rule) == [
        "It is kept when b.txt leaves articles (superseded by a newer version, or set aside)."
    ]
    assert advise_document({**document, "relation": "superseded"}, rule)[0].startswith("It counts again")


def test_progress_says_rate_and_remaining_time() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    reporter = ConsoleReporter(console)
    with report_to(reporter), report_stage("derive", 4_000_000, BYTES) as stage:
        stage.advance(1_000_000)
        reporter._started -= 10
        assert re.fullmatch(r"1\.0 MB of 4\.0 MB, \d+\.\d kB/s, [23]\d s left", reporter.describe_amount())
        with report_stage("inner", 3, "texts"):
            assert reporter.stage == "inner"
        stage.reach(2_000_000)
        stage.reach(1_000_000)
        assert reporter.done == 2_000_000
    assert list(report_each("walk", [1, 2])) == [1, 2]
    assert [show_seconds(seconds) for seconds in (8, 240, 7800, 300_000)] == ["8 s", "4 min", "2 h 10 min", "3 days"]
    assert [show_amount(12, "pairs"), show_amount(999, BYTES)] == ["12 pairs", "999 bytes"]


def test_progress_without_a_terminal_is_a_line_per_stage_and_one_now_and_then() -> None:
    console = Console(file=(said := io.StringIO()), force_terminal=False, width=100)
    reporter = ConsoleReporter(console)
    with report_to(reporter), report_stage("align", 30, "pairs") as stage:
        stage.advance(3)
        reporter._said_at -= 60
        stage.advance(3)
    first, last = said.getvalue().splitlines()
    assert first.startswith("  align      6 of 30 pairs, ")
    assert re.fullmatch(r"  align       +\d+\.\d s", last)
