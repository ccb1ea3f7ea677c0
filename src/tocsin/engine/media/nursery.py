"""Where workers come from: the zygote, seen from the process that started it."""

import errno
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from tocsin.engine.media import control
from tocsin.engine.media.process import WorkerProcess

# -P: the folder we happen to stand in is no place to import from.
ZYGOTE_COMMAND: Final = (sys.executable, "-P", "-m", "tocsin.engine.media.zygote")
_START_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 10.0
_CLOEXEC: Final = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# glibc gives memory back after every picture and takes it anew for the next: a third of the time of
# a large JPEG. A worker keeps up to 128 MiB instead.
_KEEPS_MEMORY: Final = {
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}


class DecoderUnavailable(Exception):
    """No decoder worker could be started, so nothing can be said about any file."""


class ZygoteDied(Exception):
    """The zygote is gone, or does not answer: start another."""


class Nursery:
    """A running zygote. Safe for any number of threads; of no use any more after ZygoteDied.

    Construction waits until its decoders are loaded. The zygote dies with the *thread* that
    constructs this (that is what PR_SET_PDEATHSIG watches). Raises DecoderUnavailable.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self._asking = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _start(command, theirs)
            except OSError:
                self._line.close()
                raise DecoderUnavailable("the decoders could not be started") from None
        try:
            self._answer(_START_SECONDS)
        except ZygoteDied:
            raise DecoderUnavailable(_why_not_started(self._process.returncode)) from None

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def fork(self) -> WorkerProcess:
        """A new worker, which has yet to say that it is ready. Raises ZygoteDied, and
        DecoderUnavailable when the system forks no more."""
        with self._asking:
            self._ask(control.FORK, 0)
            (pid, error), passed = self._answer(_ANSWER_SECONDS)
        if not pid or not passed:
            words = errno.errorcode.get(error, "no reason given")
            raise DecoderUnavailable(f"the system forks no more decoder workers ({words})")
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=passed[0])
        return WorkerProcess(pid, line, passed[1] if len(passed) > 1 else None, self.end)

    def end(self, pid: int) -> int | None:
        """Kills a worker if it still runs, leaves no zombie, and says how it ended, as
        `os.waitstatus_to_exitcode` does; None when the zygote is gone (its workers go with it)."""
        try:
            with self._asking:
                self._ask(control.END, pid)
                (_, status), _ = self._answer(_ANSWER_SECONDS)
        except ZygoteDied:
            return None
        return None if status == control.UNKNOWN else status

    def close(self) -> None:
        """Ends the zygote, and leaves no zombie."""
        with self._asking:
            self._give_up()

    def let_go(self) -> None:
        """In a process forked from ours: closes its copy of the socket, and nothing else."""
        self._line.close()

    def _ask(self, what: bytes, pid: int) -> None:
        try:
            # Closed already, when an earlier question was not answered.
            self._line.settimeout(_ANSWER_SECONDS)
            self._line.sendall(control.QUESTION.pack(what, pid))
        except OSError:
            self._give_up()
            raise ZygoteDied("the zygote takes no questions") from None

    def _answer(self, seconds: float) -> tuple[tuple[int, int], list[int]]:
        try:
            self._line.settimeout(seconds)
            said, passed, _, _ = socket.recv_fds(self._line, control.ANSWER.size, 2, _CLOEXEC)
        except OSError:
            said, passed = b"", []
        if len(said) == control.ANSWER.size:
            pid, number = control.ANSWER.unpack(said)
            return (pid, number), passed
        for handle in passed:
            os.close(handle)
        self._give_up()
        raise ZygoteDied("the zygote does not answer")

    def _give_up(self) -> None:
        self._line.close()
        with suppress(subprocess.TimeoutExpired):
            # It ends by itself when the line is closed; its exit status may tell why it did.
            self._process.wait(1.0)
        self._process.kill()
        self._process.wait()


def _why_not_started(exit_status: int | None) -> str:
    if exit_status == control.MANY_THREADS:
        return "a library starts threads as it is loaded, so no decoder worker can be forked"
    return f"the decoders could not be loaded (exit status {exit_status})"


def _start(command: tuple[str, ...], line: socket.socket) -> "subprocess.Popen[bytes]":
    # Only what it needs to find our code: the parent's environment may hold secrets. Its own
    # process group: Ctrl-C in a terminal is for the parent, which then ends its workers.
    environment = {
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYTHONDONTWRITEBYTECODE": "1",
        **_ONE_THREAD,
        **_KEEPS_MEMORY,
    }
    return subprocess.Popen(
        [*command, str(os.getpid())],
        stdin=line.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        process_group=0,
    )
