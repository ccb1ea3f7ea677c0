"""`tocsin gates` as it runs: a process over real lists, a real key, and pictures that are drawn."""

from __future__ import annotations

import io
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.domain.listing import Told, a_key, a_list, put
from tests.doors.api.test_media import landscape
from tests.doors.gates.test_icap import is_stopped, respmod, status
from tests.doors.gates.test_parts import said_by
from tests.support import child_environment, run_worker_round
from tocsin.base.accounts.types import IssuedKey
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.models import CheckCount, Hit
from tocsin.engine.media import fingerprint

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


def stream(data: bytes) -> bytes:
    return b"zINSTREAM\0" + struct.pack("!L", len(data)) + data + struct.pack("!L", 0)


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


@contextmanager
def gates(folder: Path, key: IssuedKey, **more: str) -> Iterator[tuple[int, int]]:
    """The process, answering; its ports for clamd's protocol and ICAP."""
    clamd, icap = free_ports()
    secret = folder / "gate-key"
    secret.write_text(f"{key.bearer}\n")
    environment = child_environment(folder) | {
        "TOCSIN_GATE_CLAMD": f"127.0.0.1:{clamd}",
        "TOCSIN_GATE_ICAP": f"127.0.0.1:{icap}",
        "TOCSIN_GATE_KEY_FILE": str(secret),
        "TMPDIR": str(folder),
        **more,
    }
    command = [sys.executable, "-m", "tocsin.site.cli", "gates"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(clamd)
        yield clamd, icap
    finally:
        process.terminate()
        assert process.wait(20) == 0


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if said_by(port, b"zPING\0") == b"PONG\0":
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the gates did not open within a minute")


@pytest.fixture
def picture() -> bytes:
    return landscape(3)


@pytest.fixture
def key(now: datetime, picture: bytes) -> IssuedKey:
    """A key, and a list with the picture on it."""
    found = fingerprint(picture)
    assert found.pdq is not None
    prints = (
        FingerprintValue(Kind.SHA1, found.sha1),
        FingerprintValue(Kind.PDQ, found.pdq, found.pdq_quality),
    )
    put(now, a_list(now), "landscape", Told(fingerprints=prints))
    return a_key(now)


def edited(picture: bytes) -> bytes:
    """The same picture, saved with loss."""
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(file, "JPEG", quality=60)
    return file.getvalue()


def test_pictures_are_found_by_both_protocols_journalled_counted_and_nowhere_kept(
    now: datetime, key: IssuedKey, picture: bytes, data_folder: Path
) -> None:
    build_index(at=now)
    needle = os.urandom(64)
    with gates(data_folder, key) as (clamd, icap):
        assert said_by(clamd, stream(picture)) == b"stream: Tocsin.Listed FOUND\0"
        assert said_by(clamd, stream(edited(picture))) == b"stream: Tocsin.Review.Near FOUND\0"
        assert said_by(clamd, stream(landscape(8) + needle)) == b"stream: OK\0"
        assert is_stopped(said_by(icap, respmod(picture)))
        assert status(said_by(icap, respmod(landscape(8) + needle))) == 204
        assert said_by(clamd, stream(b"%PDF" + needle)).endswith(b" ERROR\0")
        name, version, _ = said_by(clamd, b"zVERSION\0").split(b"/")
        assert (name[:7], int(version) > 0) == (b"Tocsin ", True)
        options = said_by(icap, b"OPTIONS icap://127.0.0.1/respmod ICAP/1.0\r\n\r\n")
        assert b'ISTag: "%b-' % version in options
        _wait_for_counts(6)
        for path in data_folder.rglob("*"):
            assert not path.is_file() or needle not in path.read_bytes()
    run_worker_round(datetime.now(UTC))
    assert Hit.objects.filter(key_id=key.key_id).count() == 3
    counted = set(CheckCount.objects.values_list("door", "status", "n"))
    assert counted == {
        ("clamd", "listed", 1),
        ("clamd", "near", 1),
        ("clamd", "not_listed", 1),
        ("clamd", "unsupported", 1),
        ("icap", "listed", 1),
        ("icap", "not_listed", 1),
    }


def _wait_for_counts(kinds: int) -> None:
    deadline = time.monotonic() + 20
    while CheckCount.objects.count() < kinds and time.monotonic() < deadline:
        time.sleep(0.1)


def test_a_gate_without_an_index_opens_and_never_says_clean(
    key: IssuedKey, picture: bytes, data_folder: Path
) -> None:
    with gates(data_folder, key) as (clamd, icap):
        assert said_by(clamd, stream(landscape(8))).startswith(b"stream: Not available")
        assert status(said_by(icap, respmod(landscape(8)))) == 503


def test_a_gate_whose_key_is_unknown_never_says_clean(
    now: datetime, key: IssuedKey, picture: bytes, data_folder: Path
) -> None:
    build_index(at=now)
    stranger = IssuedKey(key.key_id, "not the secret")
    with gates(data_folder, stranger) as (clamd, icap):
        assert b"key of this gate is not known" in said_by(clamd, stream(landscape(8)))
        assert status(said_by(icap, respmod(landscape(8)))) == 503


def command(data_folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin.site.cli", "gates"],
        env=child_environment(data_folder) | more,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_gate_that_cannot_open_says_why(key: IssuedKey, data_folder: Path) -> None:
    done = command(data_folder)
    assert (done.returncode, "TOCSIN_GATE_CLAMD" in done.stderr) == (2, True)
    done = command(data_folder, TOCSIN_GATE_CLAMD="127.0.0.1:3310")
    assert (done.returncode, "TOCSIN_GATE_KEY" in done.stderr) == (2, True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        done = command(data_folder, TOCSIN_GATE_ICAP=place, TOCSIN_GATE_KEY=key.bearer)
    assert (done.returncode, f"nothing can listen at {place}" in done.stderr) == (2, True)
    assert key.bearer not in done.stderr
