"""The supervisor restarts what dies, waits longer each time, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.site import supervisor as under_test
from tocsin.site.supervisor import Program, Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(come: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not come():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_killed_program_is_started_again_and_the_others_are_left_alone() -> None:
    supervisor = Supervisor([Program("first", SLEEP), Program("second", SLEEP)])
    supervisor.start()
    try:
        before = supervisor.pids()
        os.kill(before["first"], signal.SIGKILL)

        def back() -> bool:
            supervisor.tick()
            return supervisor.pids().get("first", before["first"]) != before["first"]

        assert until(back)
        assert supervisor.pids()["second"] == before["second"]
    finally:
        pids = supervisor.pids()
        supervisor.shut_down()
    assert not any(runs(pid) for pid in pids.values())


def test_a_program_that_keeps_dying_is_started_less_and_less_often(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    said = f"import time; open({str(starts)!r}, 'a').write(f'{{time.monotonic()}}\\n')"
    supervisor = Supervisor([Program("dies", (sys.executable, "-S", "-c", said))])
    supervisor.start()

    def moments() -> list[float]:
        return [float(line) for line in starts.read_text().splitlines()] if starts.exists() else []

    def three() -> bool:
        supervisor.tick()
        return len(moments()) >= 3

    try:
        assert until(three)
    finally:
        supervisor.shut_down()
    first, second, third = moments()[:3]
    assert second - first >= under_test.FIRST_BACKOFF_SECONDS
    assert third - second >= 2 * under_test.FIRST_BACKOFF_SECONDS


def test_what_ignores_the_request_to_stop_is_killed_after_the_grace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(under_test, "GRACE_SECONDS", 0.5)
    ready = tmp_path / "ready"
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"open({str(ready)!r}, 'w').close(); time.sleep(600)"
    )
    supervisor = Supervisor([Program("stubborn", (sys.executable, "-c", stubborn))])
    supervisor.start()
    assert until(ready.exists)
    pids = supervisor.pids()
    started = time.monotonic()
    supervisor.shut_down()
    assert 0.4 < time.monotonic() - started < 10
    assert not any(runs(pid) for pid in pids.values())


def test_the_children_of_a_program_end_with_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    mother = (
        "import subprocess, sys, time;"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(told)!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    supervisor = Supervisor([Program("mother", (sys.executable, "-c", mother))])
    supervisor.start()
    assert until(lambda: told.exists() and told.read_text() != "")
    grandchild = int(told.read_text())
    supervisor.shut_down()
    assert until(lambda: not runs(grandchild))


class Apart:
    """A supervisor in a process of its own, with two programs."""

    def __init__(self, folder: Path) -> None:
        self.told = folder / "pids"
        said = (
            "import sys; from tocsin.site.supervisor import Program, Supervisor;"
            f"sleep = (sys.executable, '-c', 'import time; time.sleep(600)');"
            "s = Supervisor([Program('a', sleep), Program('b', sleep)]); s.start();"
            f"open({str(self.told)!r}, 'w').write(' '.join(map(str, s.pids().values())) + '.');"
            "s.run()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", said], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(lambda: self.told.exists() and self.told.read_text().endswith("."))
        self.pids = [int(pid) for pid in self.told.read_text().rstrip(".").split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_is_status_0(tmp_path: Path, number: signal.Signals) -> None:
    apart = Apart(tmp_path)
    assert all(runs(pid) for pid in apart.pids)
    apart.process.send_signal(number)
    assert apart.process.wait(20) == 0
    assert not any(runs(pid) for pid in apart.pids)


def test_a_supervisor_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    apart = Apart(tmp_path)
    apart.process.kill()
    apart.process.wait(20)
    assert until(lambda: not any(runs(pid) for pid in apart.pids))
