"""What a file shows beside its first picture, and what was made of its pictures, in two lists.

For who asks a service by fingerprints. The same hashes that `search` asks for: nothing that a gate
holds back, and what a visitor does not see beside the variants, where it leads to a look by a
person at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

from tocsin.engine.fingerprints.types import (
    FLAT_BELOW_QUALITY,
    Fingerprints,
    FrameHash,
    PdqHash,
    PictureHashes,
    VideoHashes,
)
from tocsin.engine.search.films import asked_of_film
from tocsin.engine.search.matches import Level
from tocsin.engine.search.rules import SHOWN, asked_of

One = TypeVar("One")

MOST_VARIANTS: Final = 400
"""Of one file; the query battery makes up to 334 of a picture."""
MOST_FRAMES: Final = 2_000


class Frame(NamedTuple):
    """A frame of a film and when it is shown, or (no seconds) a further picture in the file: its
    PDQ (32 bytes) and the quality of that."""

    pdq: bytes
    quality: int
    seconds: float | None


def frames_of(found: Fingerprints) -> tuple[Frame, ...]:
    """The frames of a film, spread over it where they are too many; else the further pictures."""
    if found.video is not None:
        return _spread([_frame(one) for one in found.video.frames if _tells(one)], MOST_FRAMES)
    further = (p for p in found.pictures[1:] if p.gate is None and p.origin in SHOWN)
    hashes = (pdq for picture in further for pdq in _pdqs(picture))
    told = {pdq.value: Frame(pdq.value, pdq.quality, None) for pdq in hashes}
    return tuple(told.values())[:MOST_FRAMES]


def variants_of(found: Fingerprints) -> tuple[bytes, ...]:
    """The variants of a file's pictures, and the looks of them that a page does not show."""
    if found.video is not None:
        return _spread(list(dict.fromkeys(_derived(found.video))), MOST_VARIANTS)
    asked = (one.value for one in asked_of(found, Level.THOROUGH) if not one.plain)
    return tuple(dict.fromkeys(asked))[:MOST_VARIANTS]


def _derived(video: VideoHashes) -> Iterator[bytes]:
    frames = {frame.value for frame in video.frames}
    for one in asked_of_film(video, Level.THOROUGH):
        # Frames as they are turned may match as pictures do; one list cannot say which those are.
        if one.value not in frames:
            yield one.value


def _pdqs(picture: PictureHashes) -> Iterator[PdqHash]:
    for pdq in (picture.pdq, picture.pdq_512, picture.pdq_oriented):
        if pdq is not None and pdq.quality >= FLAT_BELOW_QUALITY:
            yield pdq


def _tells(frame: FrameHash) -> bool:
    return frame.gate is None and frame.quality >= FLAT_BELOW_QUALITY


def _frame(frame: FrameHash) -> Frame:
    return Frame(frame.value, frame.quality, frame.seconds)


def _spread(all_of_them: list[One], most: int) -> tuple[One, ...]:
    """At most so many, evenly over them."""
    step = -(-len(all_of_them) // most) or 1
    return tuple(all_of_them[::step])
