"""One decoder worker, seen from the process that asks it."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from tocsin.engine.fingerprints.types import Sight
from tocsin.engine.media import frames
from tocsin.engine.media.containment import Containment
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.pages import AsPage, PageRead
from tocsin.engine.media.veils import Derivative, Wanted

_ALARM_AFTER_DEADLINE_SECONDS: Final = 5.0
_READY_SECONDS: Final = 30.0
_SHORTEST_WAIT_SECONDS: Final = 0.001  # nought would mean: do not wait, and fail otherwise
T = TypeVar("T")
_AT_ONCE: Final = 1 << 16
_SOCKET_BYTES: Final = 1 << 20


class WorkerDied(Exception):
    """The worker ended, or answered nonsense, before it answered."""


class WorkerTooSlow(Exception):
    """The worker had not answered at the deadline."""


class WorkerProcess:
    """A running worker. Used by one thread at a time; killed, never asked again, after a failure.

    `handle` is an open pidfd, where the system has such, and `collect` asks the zygote to end it
    and to say how it ended; both are this object's from now on, and so is `line`.
    """

    containment: Containment
    """What holds it in, by its own word before it saw any file."""

    def __init__(
        self,
        pid: int,
        line: socket.socket,
        handle: int | None,
        collect: Callable[[int], int | None],
    ) -> None:
        self.pid: Final = pid
        self._line = line
        self._handle = handle
        self._collect = collect
        self._asked = 0
        self._spent = False
        self._longest = frames.LONGEST_READY
        with suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)

    @property
    def asked(self) -> int:
        """How many files it has been given."""
        return self._asked

    @property
    def spent(self) -> bool:
        """Whether it said with its last answer that memory ran out, or nearly did."""
        return self._spent

    def await_ready(self) -> None:
        """Waits until it has shut itself in; `containment` then says how. Raises WorkerDied or
        WorkerTooSlow."""
        note = self._frame(frames.READY, time.monotonic() + _READY_SECONDS)
        try:
            self.containment = frames.read_ready(note)
        except frames.MisreadAnswer:
            raise WorkerDied("the worker did not say what holds it in") from None

    def send(
        self,
        data: bytes,
        options: MediaOptions,
        deadline: float,
        *,
        wanted: Wanted | None = None,
        page: AsPage | None = None,
    ) -> None:
        """Hands over one file. `deadline` is on the monotonic clock. Raises WorkerDied
        or WorkerTooSlow."""
        self._asked += 1
        give_up = max(0.0, deadline - time.monotonic()) + _ALARM_AFTER_DEADLINE_SECONDS
        question = frames.Question(options, give_up, wanted, page)
        self._longest = frames.longest_answer(question)
        head = frames.question_frame(self._asked, question, len(data))
        try:
            self._line.settimeout(_left(deadline))
            sent = self._line.sendmsg([head, data]) - len(head)
            if sent < len(data):
                self._send_rest(head, data, sent)
        except TimeoutError:
            raise WorkerTooSlow("the worker had not taken its file at the deadline") from None
        except OSError:
            raise WorkerDied("the worker ended while it was given a file") from None

    def receive(self, deadline: float) -> Sight:
        """The answer to what was sent last. Raises WorkerDied or WorkerTooSlow."""
        return self._read(frames.read_answer, deadline)

    def receive_derivative(self, deadline: float) -> Derivative:
        """The same where a derivative was asked for."""
        return self._read(frames.read_derivative, deadline)

    def receive_page(self, deadline: float) -> PageRead:
        """The same where a page was handed over."""
        return self._read(frames.read_page_answer, deadline)

    def _read(self, read: Callable[[bytes], T], deadline: float) -> T:
        try:
            return read(self._frame(self._asked, deadline))
        except frames.MisreadAnswer:
            raise WorkerDied("the worker answered nonsense") from None

    def kill(self) -> int | None:
        """Ends the worker at once, leaves no zombie, and says how it ended: its exit status, or
        less the number of the signal; None when that cannot be known any more."""
        if self._handle is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self._line.close()
        status = self._collect(self.pid)
        self._close_handle(wait=status is None)
        return status

    def let_go(self) -> None:
        """In a process forked from ours: closes its copies, and leaves the worker alone."""
        self._line.close()
        self._close_handle(wait=False)

    def _close_handle(self, *, wait: bool) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if wait:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll(1000)
        os.close(handle)

    def _send_rest(self, head: bytes, data: bytes, sent: int) -> None:
        if sent < 0:
            self._line.sendall(head[sent:])
            sent = 0
        # The time-out counts for the whole of it.
        self._line.sendall(memoryview(data)[sent:])

    def _frame(self, number: int, deadline: float) -> bytes:
        """The note of the frame with that number; most come whole with the first call."""
        got = self._some(_AT_ONCE, deadline)
        while len(got) < frames.HEAD.size:
            got += self._some(_AT_ONCE, deadline)
        said, note_length, state = frames.HEAD.unpack_from(got)
        if said != number or note_length > self._longest or state not in {frames.FIT, frames.SPENT}:
            raise WorkerDied("the worker answered another question")
        self._spent = state == frames.SPENT
        note = bytearray(got[frames.HEAD.size :])
        while len(note) < note_length:
            note += self._some(note_length - len(note), deadline)
        if len(note) > note_length:
            raise WorkerDied("the worker said more than it was asked")
        return bytes(note)

    def _some(self, length: int, deadline: float) -> bytes:
        try:
            self._line.settimeout(_left(deadline))
            piece = self._line.recv(length)
        except TimeoutError:
            raise WorkerTooSlow("the worker had not answered at the deadline") from None
        except OSError:
            piece = b""
        if not piece:
            raise WorkerDied("the worker ended without an answer")
        return piece


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return max(left, _SHORTEST_WAIT_SECONDS)
