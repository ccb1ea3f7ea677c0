"""A process that holds a picture leaves no copy of its memory behind when it falls."""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def leave_none() -> None:
    """No core file, of this process or its children.

    The limit alone is not enough: a core that goes to a program (`|…` in core_pattern) ignores it.
    A process that is not dumpable has none, and others of the same user cannot read its memory.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
