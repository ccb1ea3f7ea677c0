"""The inner loops of the index, compiled for the processor they run on.

Everything here has a plain NumPy twin that gives the same answers, slowly: where the compiler
cannot be had, `kernels` says so once, loudly, and the index goes on with that.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

Kernel = Callable[..., int]


class NotCompiled(RuntimeWarning):
    """The index works, but tens to hundreds of times slower than it could."""


class NotKept(RuntimeWarning):
    """What was compiled could not be kept on the disk, so each process compiles it again."""


class Kernels(NamedTuple):
    """What is compiled: functions of addresses and sizes, documented where they are written."""

    search: Kernel
    scan: Kernel
    scan_squares: Kernel
    permute: Kernel
    count_beginnings: Kernel
    spread: Kernel
    tidy: Kernel
    count_parts: Kernel
    split: Kernel
    fill_table: Kernel
    find: Kernel
    follow: Kernel


@cache
def kernels() -> Kernels | None:
    """The compiled functions, None (after one warning) where they cannot be had.

    The first call takes some seconds on a machine that has not run it before, then about half a
    second in each process, which Numba takes to start.
    """
    try:
        found = {
            name: getattr(import_module(f"tocsin.engine.index.compiled.{module}"), name)
            for module, names in _MODULES.items()
            for name in names
        }
    # Whatever keeps the compiler from working on this machine (not installed, a library missing, a
    # processor it does not know) must not keep a hash from being checked.
    except Exception as refusal:  # noqa: BLE001
        warnings.warn(
            f"The index search runs uncompiled, many times slower: {type(refusal).__name__}: "
            f"{refusal}. Install a Numba that fits this Python and NumPy.",
            NotCompiled,
            stacklevel=2,
        )
        return None
    return Kernels(**found)


def warm_up() -> bool:
    """Compile everything now, or load what was compiled before; False where it cannot be.

    For an installation, so that no request waits for the compiler, and for a process that is about
    to fork workers, so that all of them share what it loaded.
    """
    return kernels() is not None


_MODULES = {
    "searching": ("search",),
    "scanning": ("scan", "scan_squares"),
    "following": ("follow",),
    "sorting": (
        "permute",
        "count_beginnings",
        "spread",
        "tidy",
        "count_parts",
        "split",
        "fill_table",
        "find",
    ),
}
