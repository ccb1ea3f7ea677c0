"""Debian's c-icap-client and Squid, unmodified, against a gate on loopback."""

from __future__ import annotations

import http.client
import http.server
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.doors.gates.opened import Opened
from tests.doors.gates.talking import QUICK, StandIn, a_desk
from tests.doors.gates.test_clamd_clients import (
    a_port_where_nobody_listens,
    late_by_a_second,
)
from tests.doors.gates.test_icap import BAD, BLOCKED, CLEAN, FIELD, FILE, form
from tocsin.doors.gates.types import Habits, Limits

CLIENT = shutil.which("c-icap-client")
SQUID = shutil.which("squid") or shutil.which("squid", path="/usr/sbin")

pytestmark = pytest.mark.server
with_client = pytest.mark.skipif(CLIENT is None, reason="Debian's c-icap is not here")
with_squid = pytest.mark.skipif(SQUID is None, reason="Debian's squid is not here")


def ask(port: int, *arguments: str | Path, service: str = "avscan") -> str:
    """What c-icap-client prints of the answer."""
    command = [str(CLIENT), "-i", "127.0.0.1", "-p", str(port), "-s", service, "-v", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode("latin-1")


def ask_about(port: int, file: Path, *ways: str) -> str:
    """The same of a file; what came back instead lies beside it, in `out`."""
    out = file.parent / "out"
    out.unlink(missing_ok=True)  # the client writes over nothing
    return ask(port, "-f", file, "-o", out, *ways)


def is_clean(said: str) -> bool:
    """What this client, and those who read its words, take for clean."""
    return "204" in said or ("ICAP/1.0 200" in said and "X-Infection-Found" not in said)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "bad.jpg").write_bytes(BAD)
    (tmp_path / "clean.jpg").write_bytes(CLEAN)
    (tmp_path / "large.jpg").write_bytes(b"clean" + bytes(2_900_000))
    (tmp_path / "too-large.jpg").write_bytes(b"clean" + bytes(20_000_000))
    return tmp_path


@pytest.fixture
def gate() -> Iterator[Opened]:
    limits = replace(QUICK, most_bytes=3_000_000)
    with Opened(a_desk(StandIn(listed=BLOCKED), limits=limits)) as opened:
        yield opened


@with_client
@pytest.mark.parametrize("service", ["respmod", "reqmod", "avscan"])
def test_c_icap_client_reads_the_options(gate: Opened, service: str) -> None:
    said = ask(gate.icap_port, service=service)
    assert "Allow 204: Yes" in said
    assert "Preview: 0" in said
    assert "Keep alive: Yes" in said


@with_client
@pytest.mark.parametrize(
    "way", [[], ["-nopreview"], ["-w", "4"], ["-no204"], ["-w", "4", "-no204"]]
)
@pytest.mark.parametrize("direction", [[], ["-req", "http://site.example/upload"]])
def test_c_icap_client_tells_found_from_clean(
    gate: Opened, files: Path, way: list[str], direction: list[str]
) -> None:
    def said(name: str) -> str:
        return ask_about(gate.icap_port, files / name, *way, *direction)

    out = files / "out"
    assert "X-Virus-ID: Tocsin.Listed" in said("bad.jpg")
    assert BAD not in out.read_bytes()
    for name in ("clean.jpg", "large.jpg"):
        assert is_clean(said(name))
        if "-no204" in way:
            assert out.read_bytes() == (files / name).read_bytes()
    assert "X-Virus-ID: Tocsin.Unchecked" in said("too-large.jpg")


@with_client
def test_c_icap_client_never_reads_a_gate_in_trouble_as_clean(files: Path) -> None:
    bad = files / "bad.jpg"
    assert not is_clean(ask_about(a_port_where_nobody_listens(), bad))
    with Opened(a_desk(StandIn(problem="no index"))) as without_index:
        said = ask_about(without_index.icap_port, bad)
        assert "ICAP/1.0 503" in said
        assert not is_clean(said)
    with Opened(a_desk(StandIn(listed=BLOCKED), fingerprint=late_by_a_second)) as slow:
        assert "X-Virus-ID: Tocsin.Listed" in ask_about(slow.icap_port, bad)
    hasty = Limits(answer_seconds=0.2)
    with Opened(a_desk(fingerprint=late_by_a_second, limits=hasty)) as given_up:
        assert not is_clean(ask_about(given_up.icap_port, bad))


class Site(http.server.BaseHTTPRequestHandler):
    """A site with pictures, that takes uploads."""

    files = {"/bad.jpg": BAD, "/clean.jpg": CLEAN, "/page.html": b"<p>words</p>"}
    taken: list[bytes] = []

    def do_GET(self) -> None:
        data = self.files[self.path]
        kind = "text/html" if self.path.endswith("html") else "image/jpeg"
        self._answer(data, kind)

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"clean thanks", "text/plain")

    def _answer(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[int]:
    Site.taken.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(20)


SQUID_CONF = """
http_port 127.0.0.1:{port}
http_access allow localhost
http_access deny all
cache deny all
pid_filename none
access_log none
cache_log /dev/null
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
icap_enable on
icap_preview_enable on
icap_service tocsin_in respmod_precache icap://127.0.0.1:{icap}/respmod bypass=off
icap_service tocsin_out reqmod_precache icap://127.0.0.1:{icap}/reqmod bypass=off
adaptation_access tocsin_in allow {seen}
adaptation_access tocsin_out allow all
"""
PICTURES = "acl pictures rep_mime_type -i ^image/ ^video/ ^application/octet-stream\n"


@contextmanager
def squid(folder: Path, icap_port: int, *, only_pictures: bool = False) -> Iterator[int]:
    """Squid before everything, asking the gate; its port."""
    port = a_port_where_nobody_listens()
    conf = folder / "squid.conf"
    seen = "pictures" if only_pictures else "all"
    conf.write_text(PICTURES + SQUID_CONF.format(port=port, icap=icap_port, seen=seen))
    process = subprocess.Popen(
        [str(SQUID), "-N", "-f", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            threading.Event().wait(0.1)
    pytest.fail("squid did not answer within half a minute")


def through(
    proxy: int, site: int, path: str, body: bytes | None = None, kind: str = ""
) -> tuple[int, bytes]:
    """Status and body that a browser behind the proxy gets."""
    browser = http.client.HTTPConnection("127.0.0.1", proxy, timeout=60)
    try:
        headers = {"Content-Type": kind} if body is not None else {}
        method = "GET" if body is None else "POST"
        browser.request(method, f"http://127.0.0.1:{site}{path}", body, headers)
        answer = browser.getresponse()
        return answer.status, answer.read()
    finally:
        browser.close()


@with_squid
def test_squid_stops_what_is_listed_both_ways(gate: Opened, site: int, tmp_path: Path) -> None:
    with squid(tmp_path, gate.icap_port) as proxy:
        assert through(proxy, site, "/clean.jpg") == (200, CLEAN)
        code, page = through(proxy, site, "/bad.jpg")
        assert (code, b"not let through" in page, BAD in page) == (403, True, False)
        kind = "multipart/form-data; boundary=xYz"
        good, bad = form((FIELD, b"x"), (FILE, CLEAN)), form((FIELD, b"x"), (FILE, BAD))
        assert through(proxy, site, "/upload", good, kind) == (200, b"clean thanks")
        assert through(proxy, site, "/upload", bad, kind)[0] == 403
        assert Site.taken == [good]
        # Pages are no pictures: by the safe default they are stopped (docs/doors/icap.md).
        assert through(proxy, site, "/page.html")[0] == 403


@with_squid
def test_squid_lets_pages_pass_where_the_operator_says_so(site: int, tmp_path: Path) -> None:
    lenient = a_desk(StandIn(listed=BLOCKED), habits=Habits(lets_other_files_pass=True))
    with Opened(lenient) as gate, squid(tmp_path, gate.icap_port) as proxy:
        assert through(proxy, site, "/page.html") == (200, b"<p>words</p>")
        assert through(proxy, site, "/bad.jpg")[0] == 403


@with_squid
def test_squid_may_show_the_gate_nothing_but_pictures(
    gate: Opened, site: int, tmp_path: Path
) -> None:
    with squid(tmp_path, gate.icap_port, only_pictures=True) as proxy:
        assert through(proxy, site, "/page.html") == (200, b"<p>words</p>")
        assert through(proxy, site, "/bad.jpg")[0] == 403


@with_squid
def test_squid_never_passes_a_file_while_the_gate_is_in_trouble(site: int, tmp_path: Path) -> None:
    def seen(icap_port: int, name: str) -> tuple[int, bool]:
        with squid(tmp_path, icap_port) as proxy:
            code, body = through(proxy, site, name)
            return code, BAD in body or CLEAN in body

    assert seen(a_port_where_nobody_listens(), "/bad.jpg") == (500, False)
    with Opened(a_desk(StandIn(problem="no index"))) as without_index:
        assert seen(without_index.icap_port, "/bad.jpg") == (500, False)
    with Opened(a_desk(StandIn(listed=BLOCKED), fingerprint=late_by_a_second)) as slow:
        assert seen(slow.icap_port, "/bad.jpg") == (403, False)
        assert seen(slow.icap_port, "/clean.jpg") == (200, True)
