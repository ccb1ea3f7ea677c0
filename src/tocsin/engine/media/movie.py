"""The boxes of an MP4 or QuickTime film, walked without a demuxer (ISO/IEC 14496-12).

A demuxer believes the counts in the tables and builds its index from them: twelve bytes may claim
a thousand million samples. So they are added up here first.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tocsin.engine.media.boxes import box_at

MOST_BOXES: Final = 200_000
_MOST_DEPTH: Final = 8
_INSIDE: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"edts"}
)
_COUNT_AT: Final = {
    b"stsz": 8,
    b"stz2": 8,
    b"stts": 4,
    b"ctts": 4,
    b"stsc": 4,
    b"stco": 4,
    b"co64": 4,
    b"stss": 4,
    b"elst": 4,
}
_VISUAL_HEAD_BYTES: Final = 8 + 24 + 4


@dataclass(slots=True)
class _Track:
    """What is known of one track while its boxes go by."""

    handler: bytes = b""
    entries: list[bytes] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    samples: int = 0


@dataclass(frozen=True, slots=True)
class MovieBoxes:
    """Sizes and sample counts that a film's boxes claim; see `containers.FilmShape`."""

    sizes: tuple[tuple[int, int], ...]
    samples: int
    cut_off: bool
    encrypted: bool
    endless: bool


def walk(data: bytes) -> MovieBoxes:
    """Everything that the boxes of a film claim, whether or not it is true."""
    tracks: list[_Track] = [_Track()]
    fragments = 0
    seen = 0
    for kind, start, end in boxes_of(data):
        seen += 1
        if seen > MOST_BOXES:
            break
        if kind == b"trak":
            tracks.append(_Track())
        elif kind == b"trun":
            fragments += _count(data, start, end, 4)
        else:
            _note(tracks[-1], kind, data[start : min(end, start + 512)])
    films = [track for track in tracks if track.handler == b"vide"]
    locked = [bool(track.entries) and set(track.entries) == {b"encv"} for track in films]
    return MovieBoxes(
        sizes=tuple(size for track in films for size in track.sizes),
        samples=fragments + max((track.samples for track in tracks), default=0),
        cut_off=_is_cut_off(data),
        encrypted=bool(locked) and all(locked),
        endless=seen > MOST_BOXES,
    )


def _note(track: _Track, kind: bytes, content: bytes) -> None:
    """Take down what one box (its first 512 bytes) says of the track."""
    if kind == b"hdlr" and not track.handler:
        # QuickTime has a second one, for the data: the first one in a track is the media's.
        track.handler = content[8:12]
    elif kind == b"stsd":
        _note_entries(track, content)
    elif kind in _COUNT_AT:
        at = _COUNT_AT[kind]
        count = int.from_bytes(content[at : at + 4], "big")
        # Uncompressed sound counts every sample in a table of no length; no index is built of it.
        if not (kind == b"stsz" and content[4:8] != bytes(4) and track.handler == b"soun"):
            track.samples = max(track.samples, count)


def _note_entries(track: _Track, content: bytes) -> None:
    """Formats and sizes in the sample descriptions."""
    at = 8
    while at + 8 <= len(content) and len(track.entries) < 8:
        length, name = struct.unpack_from(">I4s", content, at)
        track.entries.append(name)
        if at + _VISUAL_HEAD_BYTES <= len(content):
            width, height = struct.unpack_from(">HH", content, at + 32)
            track.sizes.append((width, height))
        at += max(length, 8)


def _count(data: bytes, start: int, end: int, at: int) -> int:
    return int.from_bytes(data[start + at : min(end, start + at + 4)], "big")


def _is_cut_off(data: bytes) -> bool:
    """Whether the last top-level box reaches beyond the file, or no index was met at all."""
    at, index = 0, False
    for _ in range(MOST_BOXES):
        if at + 8 > len(data):
            # A few bytes too many are common at the end of QuickTime films.
            return not index
        length, kind = struct.unpack_from(">I4s", data, at)
        index = index or kind == b"moov"
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:
            return not index
        if length < 8 or at + length > len(data):
            return True
        at += length
    return False


def boxes_of(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, first byte of the content, end) of every box down to the tables, in file order."""
    pending = [(0, len(data), 0)]
    while pending:
        start, end, depth = pending.pop()
        while start + 8 <= end:
            kind, content, after = box_at(data, start, end)
            yield kind, content, after
            if kind in _INSIDE and depth < _MOST_DEPTH:
                # What is inside comes before what follows: a table belongs to the track before it.
                pending.append((after, end, depth))
                start, end, depth = content, after, depth + 1
            else:
                start = after
