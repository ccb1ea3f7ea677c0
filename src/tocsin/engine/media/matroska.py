"""The head of a WebM or Matroska film, read without a demuxer (RFC 8794, RFC 9559)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"\x1a\x45\xdf\xa3"
_DOC_TYPE: Final = 0x4282
_SEGMENT: Final = 0x18538067
_TRACKS: Final = 0x1654AE6B
_TRACK: Final = 0xAE
_TRACK_TYPE: Final = 0x83
_VIDEO: Final = 0xE0
_WIDTH: Final = 0xB0
_HEIGHT: Final = 0xBA
_ENCODINGS: Final = 0x6D80
_ENCODING: Final = 0x6240
_ENCRYPTION: Final = 0x5035
_CLUSTER: Final = 0x1F43B675
_MOST_ELEMENTS: Final = 10_000
_FILM_TRACK: Final = 1


@dataclass(frozen=True, slots=True)
class MatroskaHead:
    """Sizes that the film tracks claim; see `containers.FilmShape`."""

    sizes: tuple[tuple[int, int], ...] = ()
    cut_off: bool = False
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class _Element:
    """An EBML element: its id, where its content starts and ends (None: it does not say)."""

    number: int
    start: int
    end: int | None


def kind_of(data: bytes) -> str:
    """`webm` or `mkv`, as the document type says."""
    head = next(_elements(data, 0, len(data)), None)
    if head is not None and head.end is not None:
        for element in _elements(data, head.start, min(head.end, len(data))):
            if element.number == _DOC_TYPE and element.end is not None:
                return "webm" if data[element.start : element.end].startswith(b"webm") else "mkv"
    return "mkv"


def header_of(data: bytes) -> MatroskaHead:
    """What stands before the first cluster."""
    segment = next((e for e in _elements(data, 0, len(data)) if e.number == _SEGMENT), None)
    if segment is None:
        return MatroskaHead(cut_off=True)
    end = len(data) if segment.end is None else min(segment.end, len(data))
    tracks = [
        _track(data, track)
        for part in _elements(data, segment.start, end)
        if part.number == _TRACKS
        for track in _children(data, part)
        if track.number == _TRACK
    ]
    films = [(size, locked) for kind, size, locked in tracks if kind == _FILM_TRACK]
    return MatroskaHead(
        sizes=tuple(size for size, _ in films),
        cut_off=segment.end is not None and segment.end > len(data),
        encrypted=bool(films) and all(locked for _, locked in films),
    )


def _track(data: bytes, track: _Element) -> tuple[int, tuple[int, int], bool]:
    """Type, size and whether it is encrypted of one track entry."""
    kind, sides, locked = 0, {_WIDTH: 0, _HEIGHT: 0}, False
    for part in _children(data, track):
        if part.number == _TRACK_TYPE:
            kind = _number(data, part)
        elif part.number == _VIDEO:
            for side in _children(data, part):
                if side.number in sides:
                    sides[side.number] = _number(data, side)
        elif part.number == _ENCODINGS:
            locked = any(
                step.number == _ENCRYPTION
                for encoding in _children(data, part)
                if encoding.number == _ENCODING
                for step in _children(data, encoding)
            )
    return kind, (sides[_WIDTH], sides[_HEIGHT]), locked


def _number(data: bytes, element: _Element) -> int:
    end = element.end if element.end is not None else element.start
    return int.from_bytes(data[element.start : min(end, element.start + 8)], "big")


def _children(data: bytes, parent: _Element) -> Iterator[_Element]:
    end = len(data) if parent.end is None else min(parent.end, len(data))
    return _elements(data, parent.start, end)


def _elements(data: bytes, at: int, end: int) -> Iterator[_Element]:
    """The elements from `at` on, up to the first cluster, or to where they make no sense."""
    for _ in range(_MOST_ELEMENTS):
        id_bytes = _vint_bytes(data, at)
        length_bytes = _vint_bytes(data, at + id_bytes)
        if not id_bytes or not length_bytes or at >= end:
            return
        start = at + id_bytes + length_bytes
        number = int.from_bytes(data[at : at + id_bytes], "big")
        if number == _CLUSTER:
            return
        most = (1 << 7 * length_bytes) - 1
        length = int.from_bytes(data[at + id_bytes : start], "big") & most
        # All ones: it does not say, and reaches to the end of its parent.
        yield _Element(number, start, None if length == most else start + length)
        if length == most:
            return
        at = start + length


def _vint_bytes(data: bytes, at: int) -> int:
    """The length of the variable-size integer at `at`, 1 to 8; 0 when there is none."""
    if at >= len(data) or not data[at]:
        return 0
    length = 9 - data[at].bit_length()
    return length if at + length <= len(data) else 0
