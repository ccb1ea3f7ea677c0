"""A filter on this process's system calls, in the kernel, for good (seccomp(2), mode filter).

The filter is a small program of the classic Berkeley Packet Filter that the kernel runs at each
call. It is made here, of whole numbers, and handed over by prctl(2): no library, no compiler.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import Final, NamedTuple

from tocsin.engine.media import system_calls
from tocsin.engine.media.system_calls import Processor

ALLOW: Final = 0x7FFF0000
REFUSE: Final = 0x00050000
"""The call is not made and gives the error number in the low 16 bits."""
KILL: Final = 0x80000000
"""The whole process ends, as by SIGSYS."""

# Operations: load a word, mask it, jump when equal, jump when any bit is set, return.
LOAD: Final = 0x20
AND: Final = 0x54
JUMP_EQUAL: Final = 0x15
JUMP_ANY: Final = 0x45
RETURN: Final = 0x06

_AT_NUMBER: Final = 0
_AT_ARCH: Final = 4
_PROT_EXEC: Final = 4
# What the C library asks of clone for a thread, to the bit; one sets CLONE_DETACHED too (ignored).
_THREAD: Final = 0x3D0F00
_WITHOUT_DETACHED: Final = 0xFFFFFFFF & ~0x400000
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_PR_GET_SECCOMP: Final = 21


class FilterRefused(Exception):
    """This system takes no filter; the sentence says why."""


class Instruction(NamedTuple):
    """One instruction: operation, how many to skip when true and when false, operand."""

    operation: int
    if_true: int
    if_false: int
    operand: int


def program(processor: Processor, pid: int) -> tuple[Instruction, ...]:
    """The filter for process `pid` on that processor; everything it does not name is KILL."""
    number = processor.numbers
    made = [
        Instruction(LOAD, 0, 0, _AT_ARCH),
        # Numbers mean other calls to a 32-bit program, and any program may make such calls.
        Instruction(JUMP_EQUAL, 1, 0, processor.audit_arch),
        Instruction(RETURN, 0, 0, KILL),
        Instruction(LOAD, 0, 0, _AT_NUMBER),
    ]
    for name in system_calls.ALLOWED:
        made += _always(number[name], ALLOW)
    for name in system_calls.NEVER_EXECUTABLE:
        made += _when_clear(number[name], 2, _PROT_EXEC)
    made += _when_equal(number[system_calls.ONLY_THREADS], 0, _WITHOUT_DETACHED, _THREAD)
    made += _when_equal(number[system_calls.ONLY_ITSELF], 0, 0xFFFFFFFF, pid)
    for name, error in system_calls.REFUSED.items():
        made += _always(number[name], REFUSE | error)
    return (*made, Instruction(RETURN, 0, 0, KILL))


def install() -> None:
    """Puts the filter on this process and all its future threads. Raises FilterRefused.

    The process must have one thread, since the others would stay free.
    """
    if sys.platform != "linux":
        raise FilterRefused("system calls can be filtered on Linux only")
    made = program(_this_processor(), os.getpid())
    code = b"".join(struct.pack("=HBBI", *one) for one in made)
    held = ctypes.create_string_buffer(code, len(code))
    described = _Program(len(made), ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    _call(libc, _PR_SET_NO_NEW_PRIVS, 1, 0)
    _call(libc, _PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(described))


def why_not() -> str | None:
    """Why this system takes no filter, or None when it seems to take one. Changes nothing."""
    if sys.platform != "linux":
        return "system calls can be filtered on Linux only"
    try:
        _this_processor()
        _call(ctypes.CDLL(None, use_errno=True), _PR_GET_SECCOMP, 0, 0)
    except FilterRefused as refused:
        return str(refused)
    return None


class _Program(ctypes.Structure):
    """`struct sock_fprog` of the kernel."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _this_processor() -> Processor:
    name = os.uname().machine
    # A 32-bit Python on a 64-bit kernel makes calls that these tables do not know.
    if name not in system_calls.PROCESSORS or sys.maxsize < 1 << 32:
        raise FilterRefused(f"the system calls of {name} are not in our tables")
    return system_calls.PROCESSORS[name]


def _call(libc: ctypes.CDLL, option: int, one: int, other: int) -> None:
    arguments = (ctypes.c_ulong(value) for value in (one, other, 0, 0))
    if libc.prctl(option, *arguments) < 0:
        error = ctypes.get_errno()
        why = os.strerror(error)
        if error == errno.EINVAL:
            why = "this kernel was built without it"
        raise FilterRefused(f"the kernel takes no filter on system calls: {why}")


def _always(number: int, verdict: int) -> list[Instruction]:
    return [Instruction(JUMP_EQUAL, 0, 1, number), Instruction(RETURN, 0, 0, verdict)]


def _when_clear(number: int, argument: int, bits: int) -> list[Instruction]:
    return [
        Instruction(JUMP_EQUAL, 0, 4, number),
        Instruction(LOAD, 0, 0, _low_word(argument)),
        Instruction(JUMP_ANY, 1, 0, bits),
        Instruction(RETURN, 0, 0, ALLOW),
        Instruction(RETURN, 0, 0, KILL),
    ]


def _when_equal(number: int, argument: int, mask: int, value: int) -> list[Instruction]:
    return [
        Instruction(JUMP_EQUAL, 0, 5, number),
        Instruction(LOAD, 0, 0, _low_word(argument)),
        Instruction(AND, 0, 0, mask),
        Instruction(JUMP_EQUAL, 0, 1, value),
        Instruction(RETURN, 0, 0, ALLOW),
        Instruction(RETURN, 0, 0, KILL),
    ]


def _low_word(argument: int) -> int:
    """Where the low half of an argument lies; the processors in our tables are little-endian.

    The halves that matter are the low ones: the kernel takes protection and process numbers as
    32 bits, and the flags of clone in 32.
    """
    return 16 + 8 * argument
