"""Which system calls a decoder worker may make, and their numbers on each processor.

A call that stands in none of these tables ends the worker. The numbers are the kernel's own
(`arch/x86/entry/syscalls/syscall_64.tbl`, `scripts/syscall.tbl`), which it never changes.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ALLOWED: Final = (
    # Its one socket, and the standard error that leads nowhere.
    "recvfrom", "sendto", "write", "writev", "fstat", "close",
    # Memory. (mmap and mprotect stand below: never executable.)
    "brk", "munmap", "mremap", "madvise",
    # Threads: libheif decodes in one of its own, even when told to use no other.
    "futex", "sched_yield", "set_robust_list", "rseq", "gettid", "getpid", "sched_getaffinity",
    # Signals, and the alarm that is the second line of the deadline.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "setitimer", "restart_syscall",
    # Time and chance.
    "clock_gettime", "clock_getres", "gettimeofday", "clock_nanosleep", "getrandom",
    # The end.
    "exit", "exit_group",
)  # fmt: skip

REFUSED: Final[Mapping[str, int]] = {
    # Libraries ask these in passing and take no for an answer. clone3 hides its flags in memory,
    # where a filter cannot look; told that there is none, the C library uses clone.
    "clone3": errno.ENOSYS,
    "ioctl": errno.ENOTTY,
    "lseek": errno.ESPIPE,
    "newfstatat": errno.EACCES,
    "prctl": errno.EPERM,
    "prlimit64": errno.EPERM,
}

NEVER_EXECUTABLE: Final = ("mmap", "mprotect")
ONLY_THREADS: Final = "clone"
ONLY_ITSELF: Final = "tgkill"
"""So that abort() ends as what it is, and not as a call that was not allowed."""

NAMES: Final = (*ALLOWED, *REFUSED, *NEVER_EXECUTABLE, ONLY_THREADS, ONLY_ITSELF)


@dataclass(frozen=True, slots=True)
class Processor:
    """How one kind of processor is named by seccomp (AUDIT_ARCH), and its numbers by name."""

    audit_arch: int
    numbers: Mapping[str, int]


_X86_64: Final = {
    "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16,
    "writev": 20, "sched_yield": 24, "mremap": 25, "madvise": 28, "setitimer": 38, "getpid": 39,
    "sendto": 44, "recvfrom": 45, "clone": 56, "exit": 60, "gettimeofday": 96, "prctl": 157,
    "gettid": 186, "futex": 202, "sched_getaffinity": 204, "restart_syscall": 219,
    "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
    "tgkill": 234, "newfstatat": 262, "set_robust_list": 273, "prlimit64": 302, "getrandom": 318,
    "rseq": 334, "clone3": 435,
}  # fmt: skip

_AARCH64: Final = {
    "ioctl": 29, "close": 57, "lseek": 62, "write": 64, "writev": 66, "newfstatat": 79,
    "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "set_robust_list": 99,
    "setitimer": 103, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
    "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "tgkill": 131,
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "prctl": 167,
    "gettimeofday": 169, "getpid": 172, "gettid": 178, "sendto": 206, "recvfrom": 207, "brk": 214,
    "munmap": 215, "mremap": 216, "clone": 220, "mmap": 222, "mprotect": 226, "madvise": 233,
    "prlimit64": 261, "getrandom": 278, "rseq": 293, "clone3": 435,
}  # fmt: skip

PROCESSORS: Final[Mapping[str, Processor]] = {
    "x86_64": Processor(0xC000003E, _X86_64),
    "aarch64": Processor(0xC00000B7, _AARCH64),
}
"""By the name that `os.uname` gives."""
