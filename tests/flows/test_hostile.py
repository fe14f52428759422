"""The inbox is hostile: names, texts and files that are made to do harm do none.

What lies beside the files of an inbox (links, pipes, devices) is in test_discovery, archive bombs and broken archives
in test_unpack, entities of pages and feeds in test_html and test_documents_in_print, markup in Data Docs in
test_validation.
"""

import ast
import importlib
import io
import json
import os
import pkgutil
import re
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from click.testing import CliRunner, Result

import transforms
from flows.cli import cli
from flows.discovery import name_source
from flows.maintenance import compact_store
from flows.settings import Settings
from flows.storage import Store
from tests.support.corpora import make_words, write_paragraphs
from tests.support.network import listen_to_network
from tests.support.samples import PAGE, write_docx
from tests.support.stores import drop_files, find_broken_laws, settings_for, take_in
from tests.unit.parse.parse_helpers import make_sources
from transforms.contracts import ARTICLES, RAW, REJECTS
from transforms.documents import derive_documents
from transforms.errors import RejectedRecordError
from transforms.parse.docx import parse_docx

ROOT: Final = Path(__file__).resolve().parents[2]

ESCAPES: Final = "esc \x1b]0;owned\x07\x1b[2J.txt"
CONTROLS: Final = "c1 \x9b31m \u202etxt.exe \x7f.txt"
MARKUP: Final = "[/bold]<script>alert(1)<script> `id` | :smile: **x**.html"
LINES: Final = "line\nbreak\r.txt"
FORMULA: Final = "=HYPERLINK(1).txt"
NAMES: Final = (ESCAPES, CONTROLS, MARKUP, LINES, FORMULA)
HOSTILE_PAGE: Final = PAGE.replace("The old ferry", "\u202eThe [/old] ferry &#27;[2J \u009b31m :smile:")


def write_hostile_zip() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for number, name in enumerate(("../../up.txt", "/tmp/winnow-absolute.txt", "a/../../b.txt", "C:\\c.txt")):
            archive.writestr(zipfile.ZipInfo(name), write_paragraphs(make_words(10 + number, 60)))
    return sink.getvalue()


def write_hostile_tar() -> bytes:
    """A text, and what is none: links out of the archive, a device, a pipe."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        content = write_paragraphs(make_words(20, 60)).encode()
        entry = tarfile.TarInfo("../../../in-tar.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        for name, kind in (("l.txt", tarfile.SYMTYPE), ("h.txt", tarfile.LNKTYPE), ("d.txt", tarfile.CHRTYPE)):
            special = tarfile.TarInfo(name)
            special.type, special.linkname = kind, "/etc/hostname"
            archive.addfile(special)
        pipe = tarfile.TarInfo("p.txt")
        pipe.type = tarfile.FIFOTYPE
        archive.addfile(pipe)
    return sink.getvalue()


@pytest.fixture(scope="module")
def umask() -> Iterator[int]:
    """Group may read, others may not, as long as the module runs."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


@pytest.fixture(scope="module")
def made(umask: int, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of an inbox that is hostile throughout."""
    settings = settings_for(tmp_path_factory.mktemp("made"))
    words = make_words(1, 200)
    drop_files(
        settings,
        {
            ESCAPES: write_paragraphs(words),
            CONTROLS: write_paragraphs(words[:120]),
            MARKUP: HOSTILE_PAGE,
            LINES: " ",
            FORMULA: write_paragraphs(make_words(2, 90)),
            "hostile.zip": write_hostile_zip(),
            "hostile.tar": write_hostile_tar(),
        },
    )
    assert take_in(settings)
    assert find_broken_laws(settings) == []
    return settings


ACTING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tab and line break, and those that turn the direction of writing."""


def call(settings: Settings, *words: str) -> Result:
    command, *rest = words
    where = ["--inbox", str(settings.inbox), "--data", str(settings.data)]
    return CliRunner().invoke(cli, [command, *where, *rest], catch_exceptions=False)


COMMANDS: Final = (
    ("status",),
    ("changes",),
    ("verify",),
    ("compare", ESCAPES, CONTROLS),
    *(("why", name) for name in NAMES),
    *(("show", name) for name in (ESCAPES, CONTROLS, MARKUP, FORMULA)),
    # Refusals tell names and reasons, too.
    ("show", LINES),
    ("show", "no \x1b[2J such file"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words).encode("unicode_escape").decode())
def test_nothing_that_was_read_acts_on_a_terminal(made: Settings, words: tuple[str, ...]) -> None:
    told = call(made, *words)
    assert told.exit_code in (0, 1)
    assert ACTING.findall(told.output) == []
    as_json = call(made, *words, "--json")
    assert ACTING.findall(as_json.output) == []
    if as_json.exit_code == 0:
        json.loads(as_json.stdout)


def test_names_are_printed_as_they_are(made: Settings) -> None:
    """Brackets are no markup, and words between colons no pictures."""
    told = call(made, "show", MARKUP).stdout
    assert MARKUP in told
    assert "The [/old] ferry" in told
    names = {row["source_path"] for row in json.loads(call(made, "changes", "--json").stdout)["changes"]}
    assert {name_source(name) for name in NAMES} - names == {name_source(LINES)}
    assert "esc ␛]0;owned" in call(made, "why", ESCAPES).stdout


def test_members_with_paths_that_lead_out_are_written_nowhere(made: Settings) -> None:
    """A path with steps upwards is that of a hidden file; any other is a name, and no place on a disk."""
    documents = Store(made.data).read(ARTICLES).filter(pl.col("source_path").is_in(["hostile.zip", "hostile.tar"]))
    members = {item["value"] for row in documents["evidence"] for item in row if item["field"] == "member"}
    assert members == {"tmp/winnow-absolute.txt", "C:/c.txt"}
    assert {path.name for path in made.inbox.parent.iterdir()} == {"inbox", "data"}
    assert not Path("/tmp/winnow-absolute.txt").exists()
    # What a link or a device shows is nobody's document.
    rejected = Store(made.data).read(REJECTS).filter(source_path="hostile.tar")
    assert rejected["reason_code"].to_list() == ["no_documents"]


def test_names_that_lead_out_of_the_inbox_stand_for_nothing(made: Settings) -> None:
    outside = made.inbox.parent / "secret.txt"
    outside.write_text("secret words")
    for name in ("../secret.txt", str(outside), "hostile.zip/../../secret.txt", "/etc/hostname"):
        told = call(made, "show", name)
        assert told.exit_code == 1
        assert "secret words" not in told.output
    outside.unlink()


def test_permissions_follow_the_umask(made: Settings, umask: int) -> None:
    compact_store(Store(made.data))
    drop_files(made, {"again.txt": write_paragraphs(make_words(3, 70))})
    assert take_in(made)
    compact_store(Store(made.data))
    for path in made.data.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~umask, path
    assert len(Store(made.data).list_files(RAW)) == 2


def test_no_table_for_spreadsheets_is_written() -> None:
    """A cell that opens with = is a formula where CSV is opened as a sheet. Everything published is Parquet or JSON."""
    writers = {"write_csv", "sink_csv", "to_csv", "write_excel", "to_excel", "writer", "DictWriter"}
    for path in (path for folder in ("flows", "transforms") for path in (ROOT / folder).rglob("*.py")):
        called = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        assert not called & writers, path


def test_entities_in_a_word_file_are_not_expanded() -> None:
    levels = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    doctype = f"<!DOCTYPE x [<!ENTITY l0 'ha'>{levels}<!ENTITY f SYSTEM 'file:///etc/hostname'>]>".encode()
    source, sink = zipfile.ZipFile(io.BytesIO(write_docx())), io.BytesIO()
    with zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                head, _, body = content.partition(b"?>")
                opening, mark, rest = body.partition(b"<w:t>")
                content = head + b"?>" + doctype + opening + mark + b"&l11;&f;" + rest
                assert mark
            target.writestr(name, content)
    started = time.process_time()
    lines = []
    with suppress(RejectedRecordError):
        lines = [line.text for record in parse_docx(sink.getvalue()) for line in record.lines]
    assert time.process_time() - started < 5
    assert sum(map(len, lines)) < 10_000
    assert not any(Path("/etc/hostname").read_text().strip() in line for line in lines)


def test_the_guard_of_the_network_hears_what_it_is_to_hear(tmp_path: Path) -> None:
    """A real run is heard in test_cli."""
    environment, log = listen_to_network(tmp_path)
    asks = "import socket\nfor host in ('127.0.0.1', '192.0.2.1'):\n  try: socket.create_connection((host, 9), 0.01)\n"
    asks += "  except OSError: pass"
    subprocess.run([sys.executable, "-c", asks], env=os.environ | environment, check=True)
    assert set(log.read_text().splitlines()) == {"socket.getaddrinfo 192.0.2.1", "socket.connect 192.0.2.1"}


# --- expressions that blow up ----------------------------------------------------------------------------------------

REPEATED: Final = (
    *("a", " ", "a ", "1", "1 ", "1.", "a.", "<", "<a ", "http://", "@", "a@", "a.a@", "-", "(", ")", ",", "A "),
    *("By A B, ", ":", "2026-", "1 March ", " | ", "|", "/", "a/", "_", "*", "[a](", "&#", "=", '"', "'a", "字", "…"),
    "\n",
)
BOUNDED: Final = {
    "PAGE_START": "matched from the start, on 4,096 bytes; test_unpack times it",
    "FEED_START": "matched from the start, on 4,096 bytes; test_unpack times it",
    "RSS_AUTHOR": "on 500 characters",
}
"""Expressions that take the square of what they are asked about, and why that is little."""


def find_expressions() -> dict[str, re.Pattern[Any]]:
    """Every expression of Python in `transforms`. Those of Polars take linear time by themselves."""
    found: dict[str, re.Pattern[Any]] = {}

    def collect(value: Any, name: str) -> None:
        if isinstance(value, re.Pattern):
            found[f"{name}{value.pattern!r}"] = value
        elif isinstance(value, Mapping):
            collect(list(value.values()), name)
        elif isinstance(value, list | tuple | set | frozenset):
            for item in value:
                collect(item, name)

    for module in pkgutil.walk_packages(transforms.__path__, "transforms."):
        for name, value in vars(importlib.import_module(module.name)).items():
            collect(value, name)
    return found


def test_expressions_take_time_that_grows_as_what_they_are_asked_about() -> None:
    slow = []
    timed = {name: found for name, found in find_expressions().items() if not name.startswith(tuple(BOUNDED))}
    assert len(timed) > 30
    for name, expression in timed.items():
        for unit in REPEATED:
            text = unit * (8_000 // len(unit)) + "!"
            asked = text.encode() if isinstance(expression.pattern, bytes) else text
            started = time.process_time()
            expression.search(asked)
            if time.process_time() - started > 0.1:
                slow.append((name, unit))
    assert slow == []


@pytest.mark.parametrize(("name", "times"), [("a.txt", 2_500), ("a.html", 500)])
def test_a_line_of_megabytes_is_read(name: str, times: int) -> None:
    """Ten of them in a text; in a page, where each word is looked at more often, two."""
    content = (" ".join(make_words(1, 500)) + ". ").encode() * times
    assert len(content) > 3_000 * times
    page = b"<html><body><article><p>" + content + b"</p></article></body></html>"
    started = time.process_time()
    sources = make_sources({name: page if name.endswith("html") else content})
    taken_in = {"ingested_at": pl.lit(datetime(2026, 3, 1, tzinfo=UTC)), "run_id": pl.lit("1")}
    derived = derive_documents(sources.with_columns(**taken_in))
    assert time.process_time() - started < 60
    assert derived.documents["word_count"].to_list() == [500 * times]
