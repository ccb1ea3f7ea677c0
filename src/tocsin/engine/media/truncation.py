"""Whether Pillow accepts a truncated file, decided per thread.

Pillow has one switch for the whole process. Flipping it for one file would make every other thread
accept truncated files in that moment and call them whole. So the switch is replaced by an object
that answers for the thread that asks; threads that are not ours see the host program's own value.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ImageFile


class _Here(threading.local):
    accepted: bool | None = None


_here = _Here()


class _PerThread:
    """Stands where Pillow keeps a bool."""

    __slots__ = ("_elsewhere",)

    def __init__(self, elsewhere: bool) -> None:
        self._elsewhere = elsewhere

    def __bool__(self) -> bool:
        return self._elsewhere if _here.accepted is None else _here.accepted


@contextmanager
def truncated_files(*, accepted: bool) -> Iterator[None]:
    """Within this block, in this thread only, Pillow accepts or refuses truncated files."""
    current: object = ImageFile.LOAD_TRUNCATED_IMAGES
    if not isinstance(current, _PerThread):
        # A host program may have set it again since we were last here.
        setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", _PerThread(bool(current)))  # noqa: B010
    before = _here.accepted
    _here.accepted = accepted
    try:
        yield
    finally:
        _here.accepted = before
