"""How a worker shuts itself in, before it is given its first file. There is no way back."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from tocsin.engine.media import seccomp
from tocsin.engine.media.containment import Containment

DECODING_BYTES: Final = 2 << 30
"""Address space for one file and all that is made of it, on top of what the decoders take."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITY_VERSION_3: Final = 0x20080522
_OPEN_FILES: Final = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")


def die_with(parent_pid: int) -> bool:
    """Ends this process when the thread that started it ends; False where that cannot be had.

    Exits at once when that process is gone already.
    """
    asked = sys.platform == "linux" and _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        sys.exit("the process that started this one is gone")
    return asked


def close_all_but(kept: int) -> None:
    """Closes every file of this process but `kept` and the standard three."""
    for name in os.listdir(_OPEN_FILES):  # noqa: PTH208 - names, at half the price
        if int(name) > 2 and int(name) != kept:
            with suppress(OSError):  # the listing itself was one of them
                os.close(int(name))


def shut_in(*, orphans: bool) -> Containment:
    """Gives up whatever decoding does not need, and says what now holds.

    `orphans` is what `die_with` said. What the system does not take is told, not raised: whoever
    runs the pool decides whether that will do.
    """
    _be_the_first_to_go()
    privileges = _give_up_privileges()
    unlimited = [name for name, value in _limits() if not _limited(name, value)]
    unfiltered = _filter()
    lacking = (
        "privileges cannot be given up for good" if not privileges else "",
        "workers do not die with their parent" if not orphans else "",
        f"there is no {', '.join(unlimited)}" if unlimited else "",
        unfiltered,
    )
    return Containment(
        limits=not unlimited,
        privileges=privileges,
        orphans=orphans,
        system_calls=not unfiltered,
        lacking="; ".join(filter(None, lacking)),
    )


def lacks_room() -> bool:
    """Whether half of what one file may take cannot be had any more.

    Asked by taking it, as a worker can read nothing about itself; not touched, so that it costs
    two system calls and no memory.
    """
    try:
        np.empty(DECODING_BYTES // 2, np.uint8)
    except MemoryError:
        return True
    return False


def _filter() -> str:
    """Puts the filter on this process, or says why it has none."""
    try:
        seccomp.install()
    except seccomp.FilterRefused as refused:
        return str(refused)
    return ""


def _limits() -> tuple[tuple[str, int], ...]:
    return (
        ("RLIMIT_AS", _address_space_bytes() + DECODING_BYTES),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 0),
    )


def _limited(name: str, value: int) -> bool:
    try:
        which = getattr(resource, name)
        already = resource.getrlimit(which)[1]
        most = value if already == resource.RLIM_INFINITY else min(value, already)
        resource.setrlimit(which, (most, most))
    except (AttributeError, ValueError, OSError):
        return False
    return True


def _address_space_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _be_the_first_to_go() -> None:
    # When memory runs out, the kernel shall end a decoder and not the program that asked it.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(b"1000")


def _give_up_privileges() -> bool:
    # Not dumpable: no core, also not by way of a pipe, which RLIMIT_CORE does not stop; and no
    # other process of the same user reads this memory.
    return (
        sys.platform == "linux"
        and _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        and _prctl(_PR_SET_DUMPABLE, 0)
        and _drop_capabilities()
    )


def _drop_capabilities() -> bool:
    # Root's powers are these. With them a worker could raise its limits again.
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    return bool(ctypes.CDLL(None).capset(header, none) == 0)


def _prctl(option: int, value: int) -> bool:
    arguments = (ctypes.c_ulong(number) for number in (value, 0, 0, 0))
    return bool(ctypes.CDLL(None).prctl(option, *arguments) == 0)
