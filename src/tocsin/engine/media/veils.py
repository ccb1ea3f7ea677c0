"""What may be shown of a picture, and how much of it: the types. `derivatives` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn, SupportsIndex

from tocsin.engine.fingerprints.types import Status

LONGEST_SIDE: Final = 1024
MOST_FRAMES: Final = 5
"""So many moments of a film may be asked for, spread over it."""


class Veil(StrEnum):
    """How much is taken away, from most to least."""

    BLUR = "blur"
    """Grey, small, and blurred so far that only masses are left."""
    CONTOUR = "contour"
    """Lines where tones change, and no surfaces."""
    GREY = "grey"
    """A small picture in grey."""
    SMALL = "small"
    """A small picture."""
    PLAIN = "plain"
    """As it is, up to 1,024 pixels on its longer side."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which veil, and of a film which of its (at most five) moments, counted from 0."""

    veil: Veil
    moment: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for a moment that no film has."""
        if not 0 <= self.moment < MOST_FRAMES:
            raise ValueError(f"a moment is from 0 to {MOST_FRAMES - 1}")


@dataclass(frozen=True, slots=True, repr=False)
class Derivative:
    """A small JPEG made for being shown once; `picture` is empty unless `status` is `ok`.

    `frames` is how many moments there are to ask for: 1 for anything but a film. Like `Pixels` it
    stays in the memory it was made in: no pickle, no copy, and its text form shows sizes only.
    """

    status: Status
    picture: bytes = b""
    width: int = 0
    height: int = 0
    frames: int = 0

    def __repr__(self) -> str:
        return f"<Derivative {self.status} {self.width}x{self.height}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a derivative stays in memory: it cannot be pickled, copied or queued")
