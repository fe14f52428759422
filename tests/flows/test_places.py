"""URLs as settings, keys as paths, and the credentials of a profile."""

import ast
import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from flows.aws_profile import GIVEN_OTHERWISE, find_credentials
from flows.bucket import Bucket
from flows.discovery import list_inbox
from flows.errors import InvalidKeyError, SettingsError, StoreError
from flows.mirror import find_fault, is_published
from flows.object_inbox import sync_inbox
from flows.settings import load_settings
from flows.storage import Store

ROOT = Path(__file__).resolve().parents[2]
BEHIND_THE_DOOR = {"bucket", "lease", "mirror", "object_inbox", "remote"}
HOSTILE = ["a//b.txt", "x/../../../evil.txt", "back\\slash.txt", f"long/{'n' * 300}.txt", "file", "file/below.txt"]
SOUND = ["ok.txt", "sub/näher.txt", "percent%2e%2e.txt"]


def test_a_url_is_a_place_and_a_folder_of_this_machine_stands_for_it(tmp_path: Path) -> None:
    settings = load_settings(inbox="s3://b/in/", data="s3://b/out", cache=tmp_path)
    assert (settings.inbox_name, settings.data_name) == ("s3://b/in", "s3://b/out")
    assert settings.data.is_relative_to(tmp_path)
    assert settings.inbox.is_relative_to(tmp_path)
    assert settings.data != load_settings(data="s3://b/other", cache=tmp_path).data
    # Two stores that take from one inbox do not share a folder for it.
    assert settings.inbox != load_settings(inbox="s3://b/in", data="s3://b/other", cache=tmp_path).inbox
    local = load_settings(inbox=tmp_path / "in", data=tmp_path / "out")
    assert (local.inbox_url, local.data_url, local.data_name) == (None, None, str(tmp_path / "out"))


@pytest.mark.parametrize("url", ["ftp://b/x", "s3://", "s3://b//x", "s3://b/../x", "s3://b/x*", "S3://b/x"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="data = "):
        load_settings(data=url)


def test_inbox_and_data_are_not_the_same_place() -> None:
    with pytest.raises(SettingsError, match="are both s3://b/x"):
        load_settings(inbox="s3://b/x", data="s3://b/x/")


@pytest.mark.parametrize(
    "key", ["../x", "a/../x", "/x", "a//x", "a/", "a\\x", "n" * 256, "a/./x", "line\nbreak", "ä" * 128]
)
def test_a_key_that_leaves_its_folder_is_no_path(key: str) -> None:
    assert find_fault(key) is not None
    assert not is_published(key)


def test_objects_that_are_no_part_of_a_store_are_left_alone() -> None:
    assert is_published("articles/v1/a.parquet")
    assert is_published("index/v1/a/texts.arrow")
    for key in (
        "lease.json",
        "work/1/articles/v1/a.parquet",
        "notes.txt",
        "articles/v1/a.txt",
        "articles/v9/a.parquet",
    ):
        assert not is_published(key)


def test_the_library_is_imported_where_a_url_is_used_and_nowhere_else() -> None:
    for path in sorted((ROOT / "flows").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            imported = {name.split(".")[0] for name in (*named, module)} | {module.removeprefix("flows.")}
            if path.stem not in BEHIND_THE_DOOR:
                assert not imported & {"obstore", *BEHIND_THE_DOOR}, path


def test_settings_keep_their_urls_on_the_way_to_another_process() -> None:
    settings = load_settings(inbox="s3://b/in", data="s3://b/out")
    sent = pickle.loads(pickle.dumps(settings))
    assert (sent.inbox_url, sent.data_url, sent.data) == (settings.inbox_url, settings.data_url, settings.data)


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A server that lists the keys in a list, whatever they are, and has `evil` under each."""
    keys: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            key = unquote(parts.path).removeprefix("/b").lstrip("/")
            body = b"evil" if key else render_listing(keys, query.get("prefix", [""])[0], query.get("delimiter"))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"x"')
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    yield keys
    server.shutdown()
    server.server_close()


def render_listing(keys: list[str], prefix: str, delimiter: list[str] | None) -> bytes:
    """The answer to ListObjectsV2."""
    below = [f"inbox/{key}"[len(prefix) :] for key in keys if f"inbox/{key}".startswith(prefix)]
    folders = {key.partition("/")[0] for key in below if delimiter and "/" in key}
    objects = [key for key in below if not (delimiter and "/" in key)]
    parts = [
        f"<Contents><Key>{escape(prefix + key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f'<ETag>"x"</ETag><Size>4</Size></Contents>'
        for key in sorted(objects)
    ]
    parts += [
        f"<CommonPrefixes><Prefix>{escape(prefix + folder)}/</Prefix></CommonPrefixes>" for folder in sorted(folders)
    ]
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(parts)}</ListBucketResult>".encode()


def test_keys_that_would_leave_the_folder_are_rejected_with_a_reason(hostile: list[str], tmp_path: Path) -> None:
    hostile += HOSTILE + SOUND
    settings = load_settings(inbox="s3://b/inbox", data=tmp_path / "data", cache=tmp_path / "cache", settle_seconds=0)
    sync_inbox(settings, Bucket("s3://b/inbox", 5))
    written = {path.relative_to(settings.inbox).as_posix() for path in settings.inbox.rglob("*") if path.is_file()}
    assert written == {*SOUND, "file/below.txt"}
    assert list(tmp_path.rglob("*evil*")) == []
    files = list_inbox(settings, Store(settings.data)).files
    reasons = dict(files.filter(files["reason"].is_not_null()).select("source_path", "reason").iter_rows())
    assert set(reasons) == {"a/", "x/", "back\\\\slash.txt", f"long/{'n' * 300}.txt", "file"}
    assert "empty path segment" in reasons["a/"]
    assert '".."' in reasons["x/"]
    assert "backslash" in reasons["back\\\\slash.txt"]
    assert "255 bytes" in reasons[f"long/{'n' * 300}.txt"]
    assert "other keys lie below it" in reasons["file"]


def test_a_key_at_the_top_that_cannot_be_listed_stops_the_run_and_is_named(hostile: list[str], tmp_path: Path) -> None:
    hostile += ["../evil.txt", "ok.txt"]
    settings = load_settings(inbox="s3://b/inbox", data=tmp_path / "data", cache=tmp_path / "cache")
    with pytest.raises(InvalidKeyError, match=r"inbox/\.\./.*Delete or rename that object"):
        sync_inbox(settings, Bucket("s3://b/inbox", 5))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two profiles, and no credentials in the environment."""
    for name in (*GIVEN_OTHERWISE, "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n[work]\naws_access_key_id = C\n"
        "aws_secret_access_key = D\n"
    )
    (tmp_path / ".aws" / "config").write_text(
        "[profile work]\nregion = eu-west-1\nendpoint_url = http://x\n[profile sso]\nsso_session = s\n"
    )
    return tmp_path


def test_profiles_give_keys_where_the_environment_gives_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_credentials() == {"access_key_id": "A", "secret_access_key": "B"}
    monkeypatch.setenv("AWS_PROFILE", "work")
    work = {"access_key_id": "C", "secret_access_key": "D", "region": "eu-west-1", "endpoint": "http://x"}
    assert find_credentials() == work
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert find_credentials() == {name: value for name, value in work.items() if name != "region"}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "E")
    assert find_credentials() == {}


def test_a_profile_without_keys_is_refused_with_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "sso")
    with pytest.raises(StoreError, match="export-credentials --profile sso"):
        find_credentials()
