"""Fingerprints in text for people, with the reasons behind them where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from tocsin.engine.fingerprints import (
    Decoding,
    Dialect,
    Fingerprints,
    FrameHash,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
    Sampling,
    Status,
    VideoHashes,
    distance_bits,
)
from tocsin.engine.fingerprints.distinctive import hash_is_distinct
from tocsin.engine.fingerprints.footage import footage_of, is_silent

STATUS_WORDS: Final = {
    Status.OK: "decoded completely; its PDQ may match by itself",
    Status.PARTIAL: "truncated or damaged; what came out was hashed, and may match by itself",
    Status.FLAT: "shows too little: its PDQ must never match alone",
    Status.TOO_SMALL: "a side below 64 pixels: its PDQ must never match alone",
    Status.UNSUPPORTED: "no format that was asked for or that we read; digests only",
    Status.CORRUPT: "no pixel could be had from it; digests only",
    Status.TOO_LARGE: "asks for more bytes, pixels, memory or seconds than we spend; digests only",
}

GATE_WORDS: Final = {
    Gate.QUALITY: "PDQ quality is below 50: unrelated pictures would meet",
    Gate.PIXELS: "PDQ samples 64 x 64 points, and a side has fewer pixels",
    Gate.BYTES: "so few bytes for its size that it holds no photograph",
    Gate.PERIODICITY: "it repeats itself (plaid, stripes, tiles)",
    Gate.ENTROPY: "few tones or one gradient",
}

DIALECT_WORDS: Final = {
    Dialect.FULL: "full resolution, as pdqhash, threatexchange and HMA hash it",
    Dialect.NEAREST_512: "shrunk to 512 x 512 first, as Meta's command-line tool hashes it",
}

DECODING_WORDS: Final = {
    Decoding.WHOLE: "every pixel, through RGB: fit for a list",
    Decoding.SCALED_2: "luma at half its size, folded: for asking, not for a list",
    Decoding.SCALED_4: "luma at a quarter of its size, folded: for asking, not for a list",
    Decoding.SCALED_8: "luma at an eighth of its size, folded: for asking, not for a list",
    Decoding.LUMA: "luma plane as coded: for asking, not for a list",
}

ORIGIN_WORDS: Final = {
    Origin.PICTURE: "picture",
    Origin.FRAME: "frame",
    Origin.THUMBNAIL: "thumbnail",
    Origin.DATA_URI: "data URI",
    Origin.ON_BLACK: "on black",
    Origin.UNDER_ALPHA: "under alpha",
    Origin.STILL: "still",
}

LOOK_WORDS: Final = {
    Origin.THUMBNAIL: "a preview inside the file: what it finds is for a person to look at",
    Origin.ON_BLACK: "as a black page shows it: what only this finds is for a person to look at",
    Origin.UNDER_ALPHA: "its colours with the alpha ignored, which nobody sees but other tools "
    "hash: what only this finds is for a person to look at",
    Origin.STILL: "in front of the animation, where no browser shows it: what only this finds is "
    "for a person to look at",
}

SAMPLING_WORDS: Final = {Sampling.KEY_FRAMES: "key frames", Sampling.DENSE: "frames (dense)"}

THRESHOLD_WORDS: Final = (
    "Two PDQ hashes have 128 ones each, so their distance is even: 31 bits means 30, the next "
    "step is 32. Up to 31 bits may block; 32 and more is for a person to look at."
)


REGULAR_WORDS: Final = (
    "the bits of its hash are regular, as of a picture of one edge or curve: chance brings such "
    "hashes near one another, so a near match of it is for a person to look at"
)


SILENT_WORDS: Final = (
    "say too little (black, one tone, a title card, a pattern): they are compared with nothing "
    "and count neither for nor against"
)
REGULAR_FRAMES_WORDS: Final = (
    "have regular bits: they never block, and alone they send to a person what others would block"
)


def as_text(path: str, found: Fingerprints, *, explain: bool) -> str:
    """A block of lines: the path, then what was found, indented."""
    lines = [path, *(f"  {name:<12} {value}" for name, value in _rows(found, explain=explain))]
    return "\n".join(lines)


def _rows(found: Fingerprints, *, explain: bool) -> Iterator[tuple[str, str]]:
    yield "status", found.status.value + (f": {STATUS_WORDS[found.status]}" if explain else "")
    yield "file", _file(found)
    yield "md5", found.md5.hex()
    yield "sha1", found.sha1.hex()
    yield "sha256", found.sha256.hex()
    for picture in found.pictures:
        yield from _picture(picture, explain=explain)
    if found.video is not None:
        yield from _video(found.video, explain=explain)
    if explain and found.near_matchable:
        yield "near match", THRESHOLD_WORDS


def _file(found: Fingerprints) -> str:
    size = f"{found.width} x {found.height}, " if found.width else ""
    return f"{found.format or 'unknown format'}, {size}{found.size_bytes:,} bytes"


def _picture(picture: PictureHashes, *, explain: bool) -> Iterator[tuple[str, str]]:
    if picture.origin is not Origin.PICTURE:
        yield f"{ORIGIN_WORDS[picture.origin]} {picture.number}", _size(picture)
    if explain and picture.origin in LOOK_WORDS:
        yield "", LOOK_WORDS[picture.origin]
    yield "pdq", _hash(picture.pdq)
    if explain:
        yield "", f"{DIALECT_WORDS[picture.pdq.dialect]} ({picture.pdq.hasher})"
        yield "", DECODING_WORDS[picture.pdq.decoding]
    yield from _other(picture, "pdq 512", picture.pdq_512, explain=explain)
    yield from _other(picture, "pdq oriented", picture.pdq_oriented, explain=explain)
    if picture.gate is not None and explain:
        yield "never alone", GATE_WORDS[picture.gate]
    elif explain and not _is_distinct(picture.pdq):
        yield "for review", REGULAR_WORDS
    if picture.variants:
        yield "battery", _battery(picture)


def _is_distinct(pdq: PdqHash) -> bool:
    return bool(hash_is_distinct(np.frombuffer(pdq.value, np.uint8)[None])[0])


def _other(
    picture: PictureHashes, name: str, other: PdqHash | None, *, explain: bool
) -> Iterator[tuple[str, str]]:
    if other is None:
        return
    yield name, _hash(other)
    if not explain:
        return
    apart = distance_bits(other.value, picture.pdq.value)
    words = (
        DIALECT_WORDS[other.dialect]
        if other.dialect is not picture.pdq.dialect
        else "as its EXIF orientation wants it shown"
    )
    yield "", f"{words}; {apart} bits from pdq"


def _hash(pdq: PdqHash) -> str:
    return f"{pdq.value.hex()}  quality {pdq.quality}"


def _battery(picture: PictureHashes) -> str:
    return f"{len(picture.variants)} variants; a match that only one of them finds is for review"


def _size(picture: PictureHashes) -> str:
    return f"{picture.width} x {picture.height}"


def _video(video: VideoHashes, *, explain: bool) -> Iterator[tuple[str, str]]:
    lasts = "" if video.duration_seconds is None else f" of {video.duration_seconds:.1f} s"
    yield "video", f"{len(video.frames)} {SAMPLING_WORDS[video.sampling]}{lasts}"
    if video.cropped:
        yield "", f"all of them have bars: hashed without them too ({len(video.cropped)})"
    if video.oriented:
        yield "", f"shown turned: hashed as shown too ({len(video.oriented)})"
    if video.variants:
        count = sum(len(frame.variants) for frame in video.variants)
        yield "battery", f"{count} variants of {len(video.variants)} frames, for review only"
    if explain:
        yield from _weights(video.frames)
        for frame in video.frames:
            yield f"{frame.seconds:9.3f} s", _frame(frame)


def _weights(frames: Sequence[FrameHash]) -> Iterator[tuple[str, str]]:
    """How many frames have a say in whether the film is a listed one."""
    counting = footage_of(frames)
    regular = len(counting) - int(np.count_nonzero(counting.distinct))
    silent = sum(is_silent(frame) for frame in frames)
    yield "", f"{len(counting)} different ones count in the share that is found of it"
    if silent:
        yield "", f"{silent} {SILENT_WORDS}"
    if regular:
        yield "", f"{regular} of those that count {REGULAR_FRAMES_WORDS}"


def _frame(frame: FrameHash) -> str:
    told = f"{frame.value.hex()}  quality {frame.quality}"
    return f"{told}  never alone: {GATE_WORDS[frame.gate]}" if frame.gate else told
