"""The process that all decoder workers are forked from: `python -m tocsin.engine.media.zygote PID`.

It loads the decoders once, has a single thread (a fork of a process with more can hang), and never
sees a byte of any file. It reads what its pool asks from the socket on standard input and ends with
that socket, or with the process PID that started it.
"""

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from tocsin.engine.media import control, worker
from tocsin.engine.media.confinement import die_with
from tocsin.engine.media.warming import load_decoders

_THREADS: Final = Path("/proc/self/task")
_NO_HANDLE: Final = -1


def main(parent_pid: int) -> None:
    """Forks workers until the pool hangs up."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(0))
    _forget_standard_input()
    # What the program that started us ignores or holds back is its own affair.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    die_with(parent_pid)
    load_decoders()
    if _THREADS.is_dir() and len(list(_THREADS.iterdir())) != 1:
        sys.exit(control.MANY_THREADS)
    # What is here now is kept by every worker: no use for them to look through it for garbage,
    # which would also copy each page of it.
    gc.collect()
    gc.freeze()
    line.sendall(control.ANSWER.pack(os.getpid(), 0))
    Zygote(line).serve()


class Zygote:
    """Answers a pool's questions. Every child is held by number until it was collected here, so
    a number never comes to mean another process."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._pid = os.getpid()
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._handles: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def serve(self) -> None:
        """Returns when the pool hangs up."""
        while True:
            # Without a handle on a process nothing wakes us when it ends: look now and then.
            events = self._poll.poll(1000 if _NO_HANDLE in self._handles.values() else None)
            self._collect()
            if any(end == self._line.fileno() for end, _ in events) and not self._answer():
                return

    def _answer(self) -> bool:
        asked = self._line.recv(control.QUESTION.size, socket.MSG_WAITALL)
        if len(asked) < control.QUESTION.size:
            return False
        what, pid = control.QUESTION.unpack(asked)
        if what == control.FORK:
            self._fork()
        else:
            self._line.sendall(control.ANSWER.pack(pid, self._end(pid)))
        return True

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with ours, theirs:
                pid = os.fork()
                if pid == 0:
                    self._be_a_worker(theirs)
                handle = self._watch(pid)
                passed = [ours.fileno()] if handle == _NO_HANDLE else [ours.fileno(), handle]
                socket.send_fds(self._line, [control.ANSWER.pack(pid, 0)], passed)
        except OSError as error:
            self._line.sendall(control.ANSWER.pack(0, error.errno or 0))

    def _be_a_worker(self, line: socket.socket) -> None:
        try:
            worker.serve(line, self._pid)
        finally:
            os._exit(1)

    def _watch(self, pid: int) -> int:
        self._handles[pid] = _NO_HANDLE
        with suppress(AttributeError, OSError):  # Linux has had these since 5.3, others have none
            self._handles[pid] = os.pidfd_open(pid)
            self._poll.register(self._handles[pid], select.POLLIN)
        return self._handles[pid]

    def _end(self, pid: int) -> int:
        if pid in self._handles:
            os.kill(pid, signal.SIGKILL)
            self._note(*os.waitpid(pid, 0))
        return self._ended.pop(pid, control.UNKNOWN)

    def _collect(self) -> None:
        while self._handles:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        self._ended[pid] = os.waitstatus_to_exitcode(status)
        handle = self._handles.pop(pid)
        if handle != _NO_HANDLE:
            self._poll.unregister(handle)
            os.close(handle)


def _forget_standard_input() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)


if __name__ == "__main__":
    main(int(sys.argv[1]))
