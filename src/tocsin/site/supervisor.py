"""Keeps a set of processes alive: starts them, restarts what dies, stops them all cleanly.

Plain Python, single-threaded, no Django. Children run in their own process groups, so that
Ctrl-C reaches the supervisor alone and a dead child's own children are cleared away with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

log = structlog.get_logger()

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
STEADY_AFTER_SECONDS = 30.0
GRACE_SECONDS = 10.0
TICK_SECONDS = 0.1

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep alive."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class _Child:
    """A program's current process, and when to start the next one."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_after = 0.0
        self.backoff_seconds = FIRST_BACKOFF_SECONDS

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.program.command,
            env={**os.environ, **self.program.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
        )
        self.started_at = time.monotonic()
        log.info("process_started", program=self.program.name, pid=self.process.pid)

    def look_after(self) -> None:
        """Start it when its time has come; notice when it has died."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_after:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        if now - self.started_at >= STEADY_AFTER_SECONDS:
            self.backoff_seconds = FIRST_BACKOFF_SECONDS
        log.error(
            "process_died",
            program=self.program.name,
            status=status,
            again_in_seconds=self.backoff_seconds,
        )
        self.signal_group(signal.SIGKILL)
        self.process = None
        self.start_after = now + self.backoff_seconds
        self.backoff_seconds = min(self.backoff_seconds * 2, LONGEST_BACKOFF_SECONDS)

    def signal_group(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


class Supervisor:
    """Runs programs until SIGINT or SIGTERM (or `stop()`), then ends them within ten seconds."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._children = [_Child(program) for program in programs]
        self._stopping = False

    def stop(self, *_: object) -> None:
        """Ask `run` to end; safe inside a signal handler."""
        self._stopping = True

    def start(self) -> None:
        """Take over SIGINT and SIGTERM and start every program."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        for child in self._children:
            child.start()

    def run(self) -> None:
        """Look after the programs until told to stop, then stop them."""
        try:
            while not self._stopping:
                self.tick()
        finally:
            self.shut_down()

    def tick(self) -> None:
        """One look at every program, and a short wait."""
        for child in self._children:
            child.look_after()
        time.sleep(TICK_SECONDS)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def pids(self) -> dict[str, int]:
        """Process id by program name, of those that run."""
        return {child.program.name: child.process.pid for child in self._children if child.process}

    def shut_down(self) -> None:
        """TERM, ten seconds' grace, KILL; whole process groups."""
        for child in self._children:
            child.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("process_killed", program=child.program.name)
            child.signal_group(signal.SIGKILL)
            child.process.wait()
            child.process = None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop()


def die_with_parent() -> None:
    """For `preexec_fn`: the child gets SIGTERM when its parent is killed; nothing stays behind."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
