"""Beside Debian's clamd, where it is installed: the same answers, and both verdicts in a chain."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.gates.opened import Opened
from tests.doors.gates.talking import StandIn, a_desk
from tests.doors.gates.test_clamd import BAD, BLOCKED, CLEAN, stream
from tests.doors.gates.test_icap import is_stopped, respmod
from tests.doors.gates.test_parts import said_by
from tocsin.doors.gates.chain import Scanner
from tocsin.doors.gates.types import Place

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
VIRUS = b"clean picture with what this clamd takes for a virus"

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(CLAMD is None, reason="Debian's clamav-daemon is not here"),
]


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[Path]:
    """A clamd that knows one virus, which is none; its socket."""
    signatures, place = tmp_path / "signatures", tmp_path / "clamd.sock"
    signatures.mkdir()
    digest = hashlib.sha256(VIRUS).hexdigest()
    (signatures / "own.hsb").write_text(f"{digest}:{len(VIRUS)}:Test.Benign\n")
    conf = tmp_path / "real-clamd.conf"
    conf.write_text(
        f"DatabaseDirectory {signatures}\nLocalSocket {place}\nForeground yes\n"
        f"TemporaryDirectory {tmp_path}\nStreamMaxLength 1M\n"
    )
    process = subprocess.Popen([str(CLAMD), "-c", str(conf)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not place.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        yield place
    finally:
        process.terminate()
        process.wait(20)


def said_by_socket(place: Path, sent: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as there:
        there.settimeout(20)
        there.connect(str(place))
        there.sendall(sent)
        there.shutdown(socket.SHUT_WR)
        return there.makefile("rb").read()


@pytest.mark.parametrize(
    "sent",
    [
        *(b"PING\n", b"nPING\n", b"zPING\0", b"PING", b"zRELOAD\0", b"nDANCE\n", b"zDANCE\0"),
        *(b"nPING now\n", b"nEND\n", b"nSCAN\n", b"IDSESSION\n", b"zSHUTDOWNX\0"),
        b"zINSTREAM\0" + stream(CLEAN),
        b"zIDSESSION\0zPING\0zINSTREAM\0" + stream(CLEAN) + b"zEND\0",
        b"zIDSESSION\0zDANCE\0zPING\0zEND\0",
    ],
)
def test_a_gate_says_what_clamd_says(clamd: Path, sent: bytes) -> None:
    with Opened(a_desk()) as gate:
        assert said_by(gate.clamd_port, sent) == said_by_socket(clamd, sent)


def test_both_verdicts_come_back(clamd: Path) -> None:
    behind = Scanner(Place(path=clamd))
    with Opened(a_desk(StandIn(listed=BLOCKED), scanner=behind)) as gate:

        def said(data: bytes) -> bytes:
            return said_by(gate.clamd_port, b"nINSTREAM\n" + stream(data))

        assert said(CLEAN) == b"stream: OK\n"
        assert said(BAD) == b"stream: Tocsin.Listed FOUND\n"
        assert said(VIRUS) == b"stream: Test.Benign.UNOFFICIAL FOUND\n"
        assert said(b"%PDF-1.4").endswith(b" ERROR\n")
        assert said(b"clean" + bytes(2_000_000)).endswith(b"gave no answer). ERROR\n")
        assert is_stopped(said_by(gate.icap_port, respmod(VIRUS)))
