"""Debian's clamdscan and PyPI's pyclamd, unmodified, against a gate on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.doors.gates.opened import Opened
from tests.doors.gates.talking import QUICK, StandIn, a_desk, clean_or_real
from tests.doors.gates.test_clamd import BAD, BLOCKED, CLEAN
from tocsin.doors.gates.types import Limits
from tocsin.engine.fingerprints import Fingerprints
from tools.foreign import foreign_python

CLAMDSCAN = shutil.which("clamdscan")
PYTHON = foreign_python()
SCRIPT = Path(__file__).parent / "foreign_pyclamd.py"
LIMITS = replace(QUICK, most_bytes=3_000_000)

pytestmark = pytest.mark.server
with_clamdscan = pytest.mark.skipif(CLAMDSCAN is None, reason="Debian's clamdscan is not here")
with_pyclamd = pytest.mark.skipif(PYTHON is None, reason="no pyclamd: python -m tools.foreign")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = (tmp_path / "shelf").resolve()
    folder.mkdir()
    (folder / "bad.jpg").write_bytes(BAD)
    (folder / "clean.jpg").write_bytes(CLEAN)
    (folder / "letter.pdf").write_bytes(b"%PDF-1.4")
    return folder


class ClamdScan:
    """clamdscan with a configuration of its own."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self._file = folder / "clamd.conf"
        self._file.write_text("\n".join(lines) + "\n")

    def __call__(self, *arguments: str | Path) -> tuple[int, str]:
        """Exit status (0 clean, 1 found, 2 error) and what was printed."""
        assert CLAMDSCAN is not None
        command = [CLAMDSCAN, f"--config-file={self._file}", "--no-summary", *map(str, arguments)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def gate(shelf: Path) -> Iterator[Opened]:
    desk = a_desk(StandIn(listed=BLOCKED), limits=LIMITS)
    with Opened(desk, folders=[shelf]) as opened:
        yield opened


@pytest.fixture
def clamdscan(gate: Opened, tmp_path: Path) -> ClamdScan:
    return ClamdScan(tmp_path, f"TCPSocket {gate.clamd_port}", "TCPAddr 127.0.0.1")


@with_clamdscan
def test_clamdscan_tells_the_three_apart(clamdscan: ClamdScan, shelf: Path) -> None:
    for how in (["--stream"], ["--stream", "--multiscan"], [], ["--multiscan"], ["--allmatch"]):
        code, said = clamdscan(*how, shelf / "bad.jpg")
        assert (code, "bad.jpg: Tocsin.Listed FOUND" in said) == (1, True), how
        assert clamdscan(*how, shelf / "clean.jpg")[0] == 0
        code, said = clamdscan(*how, shelf / "letter.pdf")
        assert (code, "ERROR" in said) == (2, True), how


@with_clamdscan
def test_clamdscan_walks_a_folder_in_one_session(clamdscan: ClamdScan, shelf: Path) -> None:
    for number in range(40):
        (shelf / f"more-{number}.jpg").write_bytes(CLEAN)
    for how in (["--stream", "--multiscan"], ["--multiscan"], ["--stream"], []):
        code, said = clamdscan(*how, shelf)
        assert code in {1, 2}
        assert "bad.jpg: Tocsin.Listed FOUND" in said
        assert "letter.pdf: Not checked (" in said
        assert said.count("FOUND") == 1


@with_clamdscan
def test_clamdscan_asks_for_signs_of_life(clamdscan: ClamdScan) -> None:
    assert clamdscan("--ping", "3")[0] == 0
    code, said = clamdscan("--version")
    assert (code, said.startswith("Tocsin ")) == (0, True)
    assert clamdscan("--reload")[0] == 0


@with_clamdscan
def test_clamdscan_over_a_socket_and_never_clean_by_a_passed_descriptor(
    tmp_path: Path, shelf: Path
) -> None:
    place = tmp_path / "gate.sock"
    with Opened(a_desk(StandIn(listed=BLOCKED)), socket=place, folders=[shelf]):
        assert place.stat().st_mode & 0o777 == 0o660
        clamdscan = ClamdScan(tmp_path, f"LocalSocket {place}")
        assert clamdscan("--stream", shelf / "bad.jpg")[0] == 1
        assert clamdscan(shelf / "clean.jpg")[0] == 0
        assert clamdscan("--fdpass", shelf / "clean.jpg")[0] == 2
    assert not place.exists()


@with_clamdscan
def test_clamdscan_is_told_when_a_stream_is_too_large(clamdscan: ClamdScan, shelf: Path) -> None:
    (shelf / "large.jpg").write_bytes(b"clean" + bytes(4_000_000))
    for how in (["--stream"], ["--stream", "--multiscan"], []):
        code, said = clamdscan(*how, shelf / "large.jpg")
        assert code == 2, (how, said)
        assert "OK" not in said


def late_by_a_second(data: bytes) -> Fingerprints:
    threading.Event().wait(1)
    return clean_or_real(data)


def a_port_where_nobody_listens() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@with_clamdscan
def test_clamdscan_never_reads_a_gate_in_trouble_as_clean(tmp_path: Path, shelf: Path) -> None:
    def scan(port: int, name: str) -> set[int]:
        clamdscan = ClamdScan(tmp_path, f"TCPSocket {port}", "TCPAddr 127.0.0.1")
        ways: tuple[list[str], ...] = (["--stream"], ["--stream", "--multiscan"], [])
        return {clamdscan(*how, shelf / name)[0] for how in ways}

    assert scan(a_port_where_nobody_listens(), "bad.jpg") == {2}
    with Opened(a_desk(StandIn(problem="no index")), folders=[shelf]) as without_index:
        assert scan(without_index.clamd_port, "bad.jpg") == {2}
    late = a_desk(StandIn(listed=BLOCKED), fingerprint=late_by_a_second)
    with Opened(late, folders=[shelf]) as slow:
        assert scan(slow.clamd_port, "bad.jpg") == {1}
        assert scan(slow.clamd_port, "clean.jpg") == {0}
    hasty = Limits(answer_seconds=0.2)
    with Opened(a_desk(fingerprint=late_by_a_second, limits=hasty), folders=[shelf]) as given_up:
        assert scan(given_up.clamd_port, "clean.jpg") == {2}


def pyclamd(port: int, file: Path) -> str:
    """What pyclamd makes of a file: `None` is its word for clean."""
    done = subprocess.run(
        [str(PYTHON), str(SCRIPT), str(port), str(file)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


@with_pyclamd
def test_pyclamd_tells_the_three_apart(gate: Opened, shelf: Path) -> None:
    port = gate.clamd_port
    assert pyclamd(port, shelf / "bad.jpg") == "FOUND Tocsin.Listed"
    assert pyclamd(port, shelf / "clean.jpg") == "None"
    assert pyclamd(port, shelf / "letter.pdf").startswith("ERROR Not checked")
    (shelf / "large.jpg").write_bytes(bytes(4_000_000))
    assert pyclamd(port, shelf / "large.jpg") == "BufferTooLongError"


@with_pyclamd
def test_pyclamd_never_reads_a_gate_in_trouble_as_clean(shelf: Path) -> None:
    assert pyclamd(a_port_where_nobody_listens(), shelf / "bad.jpg") == "ConnectionError"
    with Opened(a_desk(StandIn(problem="no index"))) as without_index:
        said = pyclamd(without_index.clamd_port, shelf / "bad.jpg")
        assert said.startswith("ERROR Not available")
    with Opened(a_desk(StandIn(listed=BLOCKED), fingerprint=late_by_a_second)) as slow:
        assert pyclamd(slow.clamd_port, shelf / "bad.jpg") == "FOUND Tocsin.Listed"
