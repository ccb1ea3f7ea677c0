"""Each way out of a worker, tried from inside."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.media.breakout import ATTEMPTS
from tocsin.engine.media import why_not_contained

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(
    why_not_contained() is not None, reason=f"no sandbox here: {why_not_contained()}"
)
ENDED = "SIGSYS"
EXPECTED = {
    "nothing": "done",
    "write to what the parent had open": f"OSError {errno.EBADF}",
    "send by what the parent had open": f"OSError {errno.EBADF}",
    "look at a path": f"OSError {errno.EACCES}",
    "raise a limit": "ValueError",
    "outlive the parent": f"OSError {errno.EPERM}",
    "take 3 GB": "MemoryError",
    "take 1 GB": "done",
    "start a thread": "done",
    "abort": "SIGABRT",
    "import what was not loaded": "ModuleNotFoundError",
    "write to standard error": "done",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("outside")
    ours, theirs = socket.socketpair()
    with ours, theirs, (folder / "held").open("wb") as held:
        for end in (held, theirs):
            os.set_inheritable(end.fileno(), True)
        done = subprocess.run(
            [sys.executable, "-m", "tests.engine.media.breakout",
             str(folder), str(held.fileno()), str(theirs.fileno())],
            cwd=ROOT, capture_output=True, text=True, check=True, close_fds=False,
        )  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == ["held"]
    assert (folder / "held").read_bytes() == b""
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_worker_cannot_break_out(attempt: str, outcomes: dict[str, str]) -> None:
    assert outcomes[attempt] == EXPECTED.get(attempt, ENDED)
