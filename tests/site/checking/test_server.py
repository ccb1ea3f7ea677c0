"""`tocsin check --server`: fingerprints go out, answers come in, silence is never an all-clear."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.site.checking.lists import REHEARSAL, UPLOADS
from tocsin.engine import fingerprint
from tocsin.site.checking.server import ServerLists
from tocsin.site.checking.types import CannotAsk, File, Looked
from tocsin.site.cli import main

KEY = "k-test.c2VjcmV0"

Answerer = Callable[[list[dict[str, Any]]], tuple[int, dict[str, str], Any]]


def match(item: dict[str, Any]) -> dict[str, Any]:
    told = {"kind": "exact", "category": "A1", "sources": 2}
    return {
        "id": item["id"],
        "status": "listed",
        "action": "block",
        "match": {**told, "distance_bits": 0},
        "reference": "k1.abc",
    }


def nothing(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["id"],
        "status": "not_listed",
        "action": "none",
        "match": None,
        "reference": None,
    }


def answered(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"list_version": 1, "stale": False, "results": results}


class Server:
    """A server that answers as it is told and keeps what it was sent."""

    def __init__(self) -> None:
        self.answer: Answerer = lambda items: (200, {}, answered([nothing(i) for i in items]))
        self.asked: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append(body)
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, told = outer.answer(json.loads(body)["items"])
                sent = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # The command sends logs to its own standard error, which a test lends it only for a while.
    monkeypatch.setattr("tocsin.site.logs.configure", lambda style: None)
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    return file


def looked_at(name: str) -> Looked:
    path = UPLOADS / name
    return Looked(File(str(path), 0, 1, 1), fingerprint(path.read_bytes()))


pytestmark = pytest.mark.server


def test_only_fingerprints_are_sent_and_never_a_path_or_a_byte(
    server: Server, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", "--server", server.url, "--key-file", str(key_file), str(UPLOADS)]
    assert main(arguments) == 0
    [sent] = server.asked
    uploads = json.loads((REHEARSAL / "uploads.json").read_text())
    assert len(json.loads(sent)["items"]) == len(uploads)
    allowed = {"id", "md5", "sha1", "sha256", "pdq", "pdq_quality", "media_status"}
    allowed |= {"pdq_512", "pdq_oriented"}
    assert {name for item in json.loads(sent)["items"] for name in item} <= allowed
    for upload in uploads:
        assert Path(upload["file"]).name.encode() not in sent
        assert not upload["needle"] or upload["needle"].encode() not in sent
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_server_cannot_call_clean_what_was_not_looked_at_in_full(
    server: Server, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--server", server.url, "--key-file", str(key_file), str(UPLOADS / "odd")]
    assert main(["check", "--json", *arguments]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["status"] for line in told} == {
        "corrupt",
        "partial",
        "unsupported",
        "too_small",
        "flat",
    }
    assert {line["action"] for line in told} == {"hold"}


def test_a_match_is_told_with_its_reference_and_is_status_1(
    server: Server, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer = lambda items: (200, {}, answered([match(items[0])]))
    file = str(UPLOADS / "exact" / "snow.jpg")
    assert main(["check", "--json", "--server", server.url, "--key-file", str(key_file), file]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["action"], told["reference"]) == ("listed", "block", "k1.abc")


def test_a_key_that_is_told_little_is_shown_little(
    server: Server, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer = lambda items: (
        200,
        {},
        answered(
            [
                {
                    "id": items[0]["id"],
                    "status": "held",
                    "action": None,
                    "match": None,
                    "reference": None,
                }
            ]
        ),
    )
    file = str(UPLOADS / "exact" / "snow.jpg")
    assert main(["check", "--server", server.url, "--key-file", str(key_file), file]) == 1
    assert f"held         {file}\n" in capsys.readouterr().out


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
def test_a_refusal_is_unavailable_and_status_2(
    server: Server, key_file: Path, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer = lambda items: (
        status,
        {},
        {"error": {"code": "x", "message": "Give a live \x1b[2Jkey."}},
    )
    arguments = ["--server", server.url, "--key-file", str(key_file), str(UPLOADS / "unrelated")]
    assert main(["check", "--json", *arguments]) == 2
    shown = capsys.readouterr()
    assert {json.loads(line)["status"] for line in shown.out.splitlines()} == {"unavailable"}
    assert "not_listed" not in shown.out
    assert "Give a live [2Jkey." in shown.err
    assert len(server.asked) == (4 if status == 500 else 1)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited before each repetition; nothing is waited for in truth."""
    waited: list[float] = []

    async def wait(seconds: float, ends_at: float, *, otherwise: Exception) -> None:
        waited.append(seconds)

    monkeypatch.setattr("tocsin.client.line._wait", wait)
    return waited


def test_a_busy_server_is_asked_again_when_it_says(server: Server, waits: list[float]) -> None:
    replies: list[tuple[int, dict[str, str], Any]] = [
        (429, {"Retry-After": "7"}, {}),
        (503, {"Retry-After": "60"}, {}),
        (502, {}, {}),
    ]

    def answer(items: list[dict[str, Any]]) -> tuple[int, dict[str, str], Any]:
        return replies.pop(0) if replies else (200, {}, answered([match(i) for i in items]))

    server.answer = answer
    [known] = ServerLists(server.url, KEY).ask([looked_at("exact/snow.jpg")])
    assert known.status == "listed"
    first, second, third = (seconds for seconds in waits if seconds)
    assert (first, second) == (7.0, 60.0)
    assert 2.0 <= third <= 4.0


def test_a_server_that_is_not_there_is_not_asked_for_ever(waits: list[float]) -> None:
    lists = ServerLists("http://127.0.0.1:9", KEY)
    with pytest.raises(CannotAsk, match="no answer"):
        lists.ask([looked_at("exact/snow.jpg")])
    assert len([seconds for seconds in waits if seconds]) == 3


@pytest.mark.parametrize(
    "told",
    [
        b"<html>",
        b"\xff",
        {"results": []},
        answered([nothing({"id": "1"})]),
        answered(
            [{"id": "0", "status": "fine", "action": "none", "match": None, "reference": None}]
        ),
        answered([{"id": "0", "status": 5}]),
    ],
)
def test_an_answer_that_is_none_is_not_taken_for_one(server: Server, told: object) -> None:
    server.answer = lambda items: (200, {}, told)
    with pytest.raises(CannotAsk):
        ServerLists(server.url, KEY).ask([looked_at("exact/snow.jpg")])


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x.example", "http://"])
def test_what_is_no_address_is_said_so(url: str) -> None:
    with pytest.raises(CannotAsk, match="--server"):
        ServerLists(url, KEY)


def test_a_key_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(CannotAsk, match="in the clear"):
        ServerLists("http://tocsin.example", KEY)
    assert ServerLists("https://tocsin.example", KEY).described == "lists of https://tocsin.example"


@pytest.mark.parametrize("key", ["", "nodot", "two\nlines.x", "sp ace.x", "é.x", "id."])
def test_what_is_no_key_is_said_so(key: str) -> None:
    with pytest.raises(CannotAsk, match="key"):
        ServerLists("https://tocsin.example", key)


def test_a_server_needs_a_key_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", "--server", "https://tocsin.example", str(UPLOADS)]) == 2
    assert "--key-file" in capsys.readouterr().err
    gone = ["--key-file", str(tmp_path / "gone")]
    assert main(["check", "--server", "https://tocsin.example", *gone, str(UPLOADS)]) == 2
    assert main(["check", *gone, str(UPLOADS)]) == 2
