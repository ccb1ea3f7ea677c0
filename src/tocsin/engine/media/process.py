"""One decoder worker, seen from the process that started it."""

import fcntl
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from typing import Final

from tocsin.engine.fingerprints.types import Sight
from tocsin.engine.media import frames
from tocsin.engine.media.options import MediaOptions

_START_SECONDS: Final = 60.0
_ALARM_AFTER_DEADLINE_SECONDS: Final = 5.0
_PIPE_BYTES: Final = 1 << 20
_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class DecoderUnavailable(Exception):
    """No decoder worker could be started, so nothing can be said about any file."""


class WorkerDied(Exception):
    """The worker ended, or answered nonsense, before it answered."""


class WorkerTooSlow(Exception):
    """The worker had not answered at the deadline."""


class WorkerProcess:
    """A running worker. Used by one thread at a time; killed, never asked again, after a failure.

    Construction waits until its decoders are loaded. Raises DecoderUnavailable.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self._process = _start(command)
        self._asked = 0
        assert self._process.stdin is not None  # noqa: S101 - both are pipes: we said so above
        assert self._process.stdout is not None  # noqa: S101
        self._to = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        for end in (self._to, self._from):
            os.set_blocking(end, False)
        if sys.platform == "linux":
            with suppress(OSError):  # a busy user may be over his share of pipe memory
                fcntl.fcntl(self._to, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._await_ready()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def asked(self) -> int:
        """How many files it has been given."""
        return self._asked

    def send(self, data: bytes, options: MediaOptions, deadline: float) -> None:
        """Hands over one file. `deadline` is on the monotonic clock. Raises WorkerDied
        or WorkerTooSlow."""
        self._asked += 1
        give_up = max(0.0, deadline - time.monotonic()) + _ALARM_AFTER_DEADLINE_SECONDS
        question = frames.Question(options, give_up)
        self._write(frames.question_frame(self._asked, question, len(data)), deadline)
        self._write(data, deadline)

    def receive(self, deadline: float) -> Sight:
        """The answer to what was sent last. Raises WorkerDied or WorkerTooSlow."""
        try:
            return frames.read_answer(self._frame(self._asked, deadline))
        except frames.MisreadAnswer:
            raise WorkerDied("the worker answered nonsense") from None

    def kill(self) -> None:
        """Ends the worker at once and leaves no zombie."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _await_ready(self) -> None:
        try:
            self._frame(frames.READY, time.monotonic() + _START_SECONDS)
        except (WorkerDied, WorkerTooSlow):
            self.kill()
            raise DecoderUnavailable("a decoder worker could not be started") from None

    def _frame(self, number: int, deadline: float) -> bytes:
        said, note_length, body_length = frames.HEAD.unpack(self._read(frames.HEAD.size, deadline))
        if said != number or note_length > frames.LONGEST_ANSWER or body_length:
            raise WorkerDied("the worker answered another question")
        return self._read(note_length, deadline)

    def _write(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            _wait_for(self._to, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                continue
            except OSError:
                raise WorkerDied("the worker ended while it was given a file") from None

    def _read(self, length: int, deadline: float) -> bytes:
        got = bytearray()
        while len(got) < length:
            _wait_for(self._from, select.POLLIN, deadline)
            try:
                piece = os.read(self._from, length - len(got))
            except BlockingIOError:
                continue
            if not piece:
                raise WorkerDied("the worker ended without an answer")
            got += piece
        return bytes(got)


def _wait_for(end: int, event: int, deadline: float) -> None:
    left = deadline - time.monotonic()
    poll = select.poll()
    poll.register(end, event)
    if left <= 0 or not poll.poll(left * 1000):
        raise WorkerTooSlow("the worker had not answered at the deadline")


def _start(command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    # Only what it needs to find our code: the parent's environment may hold secrets. Its own
    # process group: Ctrl-C in a terminal is for the parent, which then ends its workers.
    environment = {
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYTHONDONTWRITEBYTECODE": "1",
        **_ONE_THREAD,
    }
    try:
        return subprocess.Popen(
            [*command, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
            cwd="/",
            process_group=0,
        )
    except OSError:
        raise DecoderUnavailable("a decoder worker could not be started") from None
