"""What a file shows beside its first picture, as the journal keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import msgspec

from tocsin.engine.fingerprints import (
    Fingerprints,
    FrameHash,
    Origin,
    PdqHash,
    PictureHashes,
    Sampling,
    Variant,
    VideoHashes,
)
from tocsin.engine.search import Frame, frames_of, variants_of

KEPT: Final = "kept"
"""The name of a variant of which only the hash was kept."""


class _Further(NamedTuple):
    variants: tuple[bytes, ...]
    frames: tuple[Frame, ...]
    is_film: bool


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Further)


def packed(prints: Fingerprints) -> bytes | None:
    """Variants, and frames or further pictures; None where there are none."""
    variants, frames = variants_of(prints), frames_of(prints)
    if not variants and not frames:
        return None
    return _encoder.encode(_Further(variants, frames, prints.video is not None))


def unpacked(prints: Fingerprints, kept: bytes | None) -> Fingerprints:
    """The same fingerprints with what was packed: it is asked about as it was.

    Raises ValueError (of msgspec) for what was not written by `packed`.
    """
    if kept is None:
        return prints
    variants, frames, is_film = _decoder.decode(kept)
    made = tuple(Variant(KEPT, value, 100) for value in variants)
    if is_film:
        return replace(prints, video=_film(frames, made), pictures=prints.pictures)
    first, *rest = prints.pictures or (None,)
    further = [_picture(number, frame) for number, frame in enumerate(frames, 1)]
    pictures = [replace(first, variants=made), *rest, *further] if first else further
    return replace(prints, pictures=tuple(pictures))


def _film(frames: tuple[Frame, ...], variants: tuple[Variant, ...]) -> VideoHashes:
    kept = tuple(FrameHash(n, f.seconds or 0.0, f.pdq, f.quality) for n, f in enumerate(frames))
    cropped = tuple(FrameHash(n, 0.0, one.value, one.quality) for n, one in enumerate(variants))
    return VideoHashes(Sampling.KEY_FRAMES, kept, None, cropped=cropped)


def _picture(number: int, frame: Frame) -> PictureHashes:
    pdq = PdqHash(frame.pdq, frame.quality)
    return PictureHashes(Origin.FRAME, number, 0, 0, pdq)
