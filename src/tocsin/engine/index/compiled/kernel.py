"""How a function becomes a kernel: compiled once, kept on the disk, callable without the GIL."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

from tocsin.engine.index.compiled import NotKept

Kernel = Callable[..., int]
Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """Compile a function into each kernel that uses it, in place of the call."""
    made: Any = njit(inline="always")(function)
    compiled: Function = made
    return compiled


def called(function: Function) -> Function:
    """Compile a function that kernels call."""
    made: Any = njit(function)
    compiled: Function = made
    return compiled


def kernel(arguments: int) -> Callable[[Callable[..., int]], Kernel]:
    """Compile a function of that many int64 for this processor, now, or load what was kept.

    All numbers that it takes are addresses and sizes: see `vectors`.
    """
    signature = f"int64({', '.join(['int64'] * arguments)})"

    def compiled(function: Callable[..., int]) -> Kernel:
        # Numba looks at the file of the function alone to see whether what it kept is stale; the
        # name is part of where it looks, so a change in any file of this folder counts.
        function.__qualname__ += f"_{_SOURCES}"
        try:
            made: Kernel = njit(signature, nogil=True, cache=True, error_model="numpy")(function)
        except (OSError, RuntimeError) as refusal:
            # Numba says RuntimeError when it finds no folder to write to, OSError when the disk is
            # full; a real fault of the code shows again below.
            _tell(refusal)
            made = njit(signature, nogil=True, error_model="numpy")(function)
        return made

    return compiled


def _tell(refusal: Exception) -> None:
    global _told  # noqa: PLW0603 - once for a process, not once for each kernel
    if not _told:
        _told = True
        warnings.warn(
            f"The compiled index search cannot be kept on the disk ({type(refusal).__name__}), so "
            "every process spends some seconds compiling it. Set NUMBA_CACHE_DIR to a folder that "
            "this user may write to.",
            NotKept,
            stacklevel=4,
        )


_told = False
_SOURCES = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()[:12]
