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


class FilterRefused(Exception):
    """This system takes no filter; the sentence says why."""


class _NoSuchAddress(FilterRefused):
    """The kernel looked for a filter where there is none."""


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
    made = program(_this_processor(), os.getpid())
    code = b"".join(struct.pack("=HBBI", *one) for one in made)
    held = ctypes.create_string_buffer(code, len(code))
    described = _Program(len(made), ctypes.addressof(held))
    _call(_PR_SET_NO_NEW_PRIVS, 1, 0)
    _call(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(described))


def why_not() -> str | None:
    """Why this system takes no such filter, in words, or None when it takes one."""
    try:
        _this_processor()
        # A filter at address nought: only a system that takes filters gets so far as to look there.
        _call(_PR_SET_SECCOMP, _MODE_FILTER, 0)
    except _NoSuchAddress:
        return None
    except FilterRefused as refused:
        return str(refused)
    return "the kernel takes no filter on system calls: it took one that is none"


class _Program(ctypes.Structure):
    """`struct sock_fprog` of the kernel."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _this_processor() -> Processor:
    if sys.platform != "linux":
        raise FilterRefused("system calls can be filtered on Linux only")
    name = os.uname().machine
    # A 32-bit Python on a 64-bit kernel makes calls that these tables do not know.
    if name not in system_calls.PROCESSORS or sys.maxsize < 1 << 32:
        raise FilterRefused(f"the system calls of {name} are not in our tables")
    return system_calls.PROCESSORS[name]


def _call(option: int, one: int, other: int) -> None:
    arguments = (ctypes.c_ulong(value) for value in (one, other, 0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(option, *arguments) == 0:
        return
    error = ctypes.get_errno()
    if error == errno.EFAULT:
        raise _NoSuchAddress("the kernel found no filter at that address")
    why = "it was built without them" if error == errno.EINVAL else os.strerror(error)
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
