"""Keeping what is made for a length, without letting a stranger's lengths fill the memory."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

LONGEST_KEPT = 1 << 14
"""Bands of a length take four bytes for each pixel of it: 64 KiB at most for each that is kept."""

Asked = ParamSpec("Asked")
Made = TypeVar("Made")


def kept_for_usual_lengths(made: Callable[Asked, Made]) -> Callable[Asked, Made]:
    """Keeps the last 256 results; those for a number above 16,384 are made anew each time.

    A file may claim a side of millions of pixels, and a few dozen such sides, kept, would leave a
    decoder no memory for the files after them.
    """
    kept = lru_cache(maxsize=256)(made)

    @wraps(made)
    def ask(*args: Asked.args, **more: Asked.kwargs) -> Made:
        if any(isinstance(one, int) and one > LONGEST_KEPT for one in args):
            return made(*args, **more)
        return kept(*args, **more)  # type: ignore[arg-type]  # what is asked for is hashable

    return ask
