"""The web process under its real server, as a provider meets it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import pytest
from django.db import connection

from tests.domain.listing import a_key, a_list, digest, put
from tests.doors.api.asking import basic
from tests.support import run_worker_round
from tocsin.base.accounts.types import IssuedKey
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.models import CheckCount, Hit
from tocsin.domain.receipts.models import Batch
from tocsin.engine import receipts

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]
NEEDLE = os.urandom(64)


@pytest.fixture
def key(now: datetime) -> IssuedKey:
    """A key, and an index in which the picture `beach` is listed."""
    put(now, a_list(now), "beach")
    build_index(at=now)
    return a_key(now)


@pytest.fixture
def port(data_folder: Path, key: IssuedKey) -> Iterator[int]:
    """A web process with one worker over this test's database and folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "TOCSIN_DATA": str(data_folder),
        "TOCSIN_DATABASE_URL": _database_url(),
        "TOCSIN_DOORS": "api",
        "DJANGO_SETTINGS_MODULE": "tocsin.site.settings",
    }
    granian = [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--no-access-log"]
    options = ["--port", str(free), "--interface", "wsgi", "--blocking-threads", "4"]
    process = subprocess.Popen(
        [*granian, *options, "--no-ws", "tocsin.site.wsgi:application"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(free)
        yield free
    finally:
        process.terminate()
        process.wait(20)


def _database_url() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite://{name}"
    return urlunsplit(urlsplit(os.environ["TOCSIN_DATABASE_URL"])._replace(path=f"/{name}"))


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if _ask(port, "GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the web process did not answer within a minute")


def _ask(
    port: int,
    method: str,
    path: str,
    body: bytes | list[bytes] = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        chunked = isinstance(body, list)
        web.request(method, path, body, headers or {}, encode_chunked=chunked)
        answer = web.getresponse()
        return answer.status, answer.read()
    finally:
        web.close()


def _core_limits(server_name: str) -> list[str]:
    """The limits on core files of the processes of that server, soft and hard."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            limits = (process / "limits").read_text("ascii").splitlines()
        except OSError:
            continue
        if server_name.encode() in command:
            found += [line for line in limits if line.startswith("Max core file size")]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_web_process_that_falls_leaves_no_core_file_with_an_upload_in_it(port: int) -> None:
    limits = [line.split()[4:6] for line in _core_limits(f"--port\0{port}\0")]
    assert ["0", "0"] in limits, "the process that serves keeps its limit from before"


def test_a_provider_is_served_by_the_real_server(
    port: int, key: IssuedKey, data_folder: Path
) -> None:
    basic_key = {"Authorization": basic(key.key_id, key.secret)}
    bearer = {"Authorization": f"Bearer {key.bearer}"}
    beach, hill = (digest(Kind.MD5, name).hex().encode() for name in ("beach", "hill"))
    assert _ask(port, "POST", "/v1/check/md5", beach, basic_key) == (200, b"true")
    assert _ask(port, "POST", "/v1/check/md5", hill, basic_key) == (200, b"false")
    assert _ask(port, "POST", "/v1/check/md5", hill)[0] == 401

    batch = msgspec.json.encode({"items": [{"id": "a", "md5": beach.decode()}]})
    json_too = {**bearer, "Content-Type": "application/json"}
    status, body = _ask(port, "POST", "/v2/checks", [batch[:9], batch[9:]], json_too)
    assert status == 200
    assert msgspec.json.decode(body)["results"][0]["status"] == "listed"

    file = os.urandom(3_000_000) + NEEDLE + os.urandom(3_000_000)
    for sent in (file, [file[:5], file[5:4_000_000], file[4_000_000:]]):
        status, body = _ask(port, "POST", "/v2/media", sent, bearer)
        assert status == 200
        assert msgspec.json.decode(body)["results"][0]["status"] == "unsupported"
    for path in data_folder.rglob("*"):
        assert not path.is_file() or NEEDLE not in path.read_bytes()

    at = datetime.now(UTC)
    deadline = time.monotonic() + 10
    while not CheckCount.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    run_worker_round(at)
    assert Hit.objects.filter(key_id=key.key_id).count() == 2
    assert CheckCount.objects.filter(status="listed").exists()


def test_more_than_a_hundred_megabytes_are_refused_before_they_are_sent(
    port: int, key: IssuedKey
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as web:
        web.sendall(
            b"POST /v2/media HTTP/1.1\r\nHost: x\r\n"
            b"Authorization: Bearer " + key.bearer.encode() + b"\r\n"
            b"Content-Length: 104857601\r\n\r\n"
        )
        assert web.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_stops_in_the_middle_of_a_file_harms_nobody(
    port: int, key: IssuedKey
) -> None:
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as web:
            web.sendall(
                b"POST /v2/media HTTP/1.1\r\nHost: x\r\n"
                b"Authorization: Bearer " + key.bearer.encode() + b"\r\n"
                b"Content-Length: 1000\r\n\r\nhalf"
            )
    bearer = {"Authorization": f"Bearer {key.bearer}"}
    assert _ask(port, "POST", "/v2/media", b"whole", bearer)[0] == 200


class Talk:
    """A connection on which a stream is sent and read at the same time."""

    def __init__(self, port: int, key: IssuedKey) -> None:
        self._web = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._read = b""
        self._web.sendall(
            b"POST /v2/checks HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
            b"Transfer-Encoding: chunked\r\nAuthorization: Bearer "
            + key.bearer.encode()
            + b"\r\n\r\n"
        )

    def send(self, data: bytes) -> None:
        """A chunk; an empty one ends the body."""
        self._web.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def read_until(self, word: bytes) -> bytes:
        """All that came so far, once the word has come."""
        while word not in self._read:
            more = self._web.recv(65_536)
            assert more, self._read[-200:]
            self._read += more
        return self._read

    def close(self) -> None:
        self._web.close()


def test_a_stream_is_answered_while_it_is_still_sent(port: int, key: IssuedKey) -> None:
    md5 = digest(Kind.MD5, "beach").hex()
    lines = [msgspec.json.encode({"id": f"n{n}", "md5": md5}) + b"\n" for n in range(200)]
    talk = Talk(port, key)
    talk.send(b"".join(lines[:100]))
    first = talk.read_until(b'"id":"n50"')
    assert first.startswith(b"HTTP/1.1 200 ")
    assert b'"id":"n150"' not in first
    talk.send(b"".join(lines[100:]))
    talk.send(b"")
    assert talk.read_until(b"\r\n0\r\n\r\n").count(b'"status":"listed"') == 200
    assert b'{"end":200}\n' in talk.read_until(b"0\r\n\r\n")
    talk.close()


def test_streams_that_are_left_alone_give_their_places_back(port: int, key: IssuedKey) -> None:
    line = msgspec.json.encode({"id": "a", "md5": "ab" * 16}) + b"\n"
    for _ in range(24):
        talk = Talk(port, key)
        talk.send(line * 100)
        talk.read_until(b"not_listed")
        talk.close()
    # Slow requests share sixteen places with streams: all of them are free again.
    bearer = {"Authorization": f"Bearer {key.bearer}", "Content-Type": "application/json"}
    report = msgspec.json.encode({"url": "https://pictures.example/a.jpg"})
    assert _ask(port, "POST", "/v2/reports", report, bearer)[0] == 202


def test_a_facade_is_served_by_the_real_server(port: int, key: IssuedKey) -> None:
    headers = {"Authorization": basic(key.key_id, key.secret), "Content-Type": "image/png"}
    status, body = _ask(port, "POST", "/facade/arachnid/v1/media/", [b"hel", b"lo"], headers)
    assert (status, "detail" in msgspec.json.decode(body)) == (422, True)
    assert _ask(port, "GET", "/facade/hma/status")[0] == 404


def test_a_receipt_of_the_real_server_is_proven_in_the_log(port: int, key: IssuedKey) -> None:
    bearer = {"Authorization": f"Bearer {key.bearer}", "Content-Type": "application/json"}
    asked = {"items": [{"id": "a", "md5": digest(Kind.MD5, "beach").hex()}], "receipt": True}
    status, body = _ask(port, "POST", "/v2/checks", msgspec.json.encode(asked), bearer)
    assert status == 200
    given = msgspec.json.decode(body)["receipt"]
    deadline = time.monotonic() + 10
    while not Batch.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    run_worker_round(datetime.now(UTC))
    status, told = _ask(port, "GET", f"/v2/receipts/{given['id']}/proof", headers=bearer)
    assert status == 200
    keys = receipts.read_keys(_ask(port, "GET", "/v2/receipts/keys")[1].decode())
    proof = receipts.read_log_proof(told.decode())
    assert receipts.prove_logged(given["jws"], proof, keys, now=datetime.now(UTC)).size == 1
