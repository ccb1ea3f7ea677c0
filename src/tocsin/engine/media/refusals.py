"""The one exception by which gates and decoder say that a file gives no pixels."""

from __future__ import annotations

from typing import Final

from tocsin.engine.fingerprints.types import Sight, Status
from tocsin.engine.media import shortage

LARGEST_SIDE: Final = 1 << 32
"""A header may claim any number (Matroska: 64 bits). What no picture can have is not repeated."""


class Refused(Exception):
    """No pixels from this file; carries the status and what its header said."""

    def __init__(
        self, status: Status, kind: str | None = None, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(f"no pixels: {status}")
        if size is not None and max(size) > LARGEST_SIDE:
            size = None
        self.sight = Sight(
            status=status,
            format=kind,
            width=size[0] if size else None,
            height=size[1] if size else None,
        )


def out_of_memory(kind: str | None = None, size: tuple[int, int] | None = None) -> Refused:
    """The refusal of a file over which memory ran out just now; `shortage` remembers it."""
    shortage.note()
    return Refused(Status.TOO_LARGE, kind, size)
