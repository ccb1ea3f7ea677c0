"""Attempts to break out of a worker, each in a process of its own.

Arguments: a folder, and the numbers of a file and a socket that are open in this process.
Prints a line for each: its name, and what became of it (an error's number or name, `done`, or the
signal that ended the process).
"""

import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tocsin.engine.media import confinement

LIBC = ctypes.CDLL(None, use_errno=True)
PAGE = ctypes.create_string_buffer(2 * mmap.PAGESIZE)


def _execute(protection: int) -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=protection)


def _make_executable() -> None:
    start = ctypes.addressof(PAGE) + mmap.PAGESIZE & ~(mmap.PAGESIZE - 1)
    LIBC.mprotect(ctypes.c_void_p(start), mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC)


def _start_a_thread() -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def _done(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


ATTEMPTS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "open a file": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "make a file": lambda: os.open(sys.argv[1] + "/made", os.O_WRONLY | os.O_CREAT),
    "open a file in Python": lambda: Path("/etc/hostname").read_bytes(),
    "write to what the parent had open": lambda: os.write(int(sys.argv[2]), b"needle"),
    "send by what the parent had open": lambda: _done(LIBC.send(int(sys.argv[3]), b"x", 1, 0)),
    "look at a path": lambda: Path("/etc/hostname").stat(),
    "list a folder": lambda: os.listdir("/"),  # noqa: PTH208
    "delete a file": lambda: Path(sys.argv[1], "held").unlink(),
    "make a folder": lambda: Path(sys.argv[1], "folder").mkdir(),
    "open a socket": socket.socket,
    "make a pair of sockets": socket.socketpair,
    "make a pipe": os.pipe,
    "make a file in memory": lambda: os.memfd_create("hidden"),
    "fork": os.fork,
    "run a program": lambda: os.execv("/bin/true", ["/bin/true"]),  # noqa: S606
    "start a program": lambda: os.posix_spawn("/bin/true", ["/bin/true"], {}),
    "trace the parent": lambda: LIBC.ptrace(16, os.getppid(), 0, 0),
    "read the parent's memory": lambda: LIBC.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0),
    "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "kill another thread group": lambda: LIBC.tgkill(os.getppid(), os.getppid(), 9),
    "become someone else": lambda: os.setuid(65534),
    "leave its own network": lambda: LIBC.unshare(0x40000000),
    "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)),
    "outlive the parent": lambda: _done(LIBC.prctl(1, 0, 0, 0, 0)),
    "make memory executable": _make_executable,
    "take executable memory": lambda: _execute(mmap.PROT_READ | mmap.PROT_EXEC),
    "take 3 GB": lambda: bytearray(3 << 30),
    "take 1 GB": lambda: bytearray(1 << 30),
    "start a thread": _start_a_thread,
    "abort": os.abort,
    "import what was not loaded": lambda: __import__("wave"),
    "write to standard error": lambda: os.write(2, b"a decoder's complaint\n"),
}


def main() -> None:
    """Makes every attempt."""
    for name, attempt in ATTEMPTS.items():
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            _try(attempt, tell)
        os.close(tell)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with os.fdopen(told) as said:
            words = said.read()
        print(f"{name}: {signal.Signals(-status).name if status < 0 else words}")


def _try(attempt: Callable[[], object], tell: int) -> None:
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    confinement.close_all_but(tell)
    sys.meta_path.clear()
    held = confinement.shut_in(orphans=True)
    try:
        attempt()
        words = "done" if held.whole else held.lacking
    except OSError as error:
        words = f"OSError {error.errno}"
    except BaseException as error:  # noqa: BLE001 - whatever it is, its name is the answer
        words = type(error).__name__
    os.write(tell, words.encode())
    os._exit(0)


if __name__ == "__main__":
    main()
