"""Scans of a progressive JPEG that a query need not pay for.

A progressive JPEG sends its picture in scans, and decoding all of them costs three times a baseline
one's. Scans of colour alone do not touch the luma; where the decoder shrinks the picture to a
quarter, only the lowest frequencies count, of which the later scans carry further bits, and to an
eighth none but the constant one. Leaving them out before decoding costs less than a bit of the
hash. Source: ITU-T T.81, annex G.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_EIGHTH: Final = 8
_QUARTER: Final = 4
_PROGRESSIVE: Final = 0xC2
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_LAST_LOW_FREQUENCY: Final = 5
# A first pass that leaves out more than the last two bits of a frequency is too coarse alone.
_MOST_BITS_LEFT_OUT: Final = 2
# Steps of the lowest luma frequencies up to a quality of some 80; four times a larger one shows.
_COARSEST_STEP: Final = 5
_QUANTISATION: Final = 0xDB
_STEPS: Final = 64
_MOST_SEGMENTS: Final = 5_000
_AFTER_CODED_DATA: Final = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


@dataclass(frozen=True, slots=True)
class _Segment:
    """A marker and its bytes; of a scan, the planes in it, its first frequency, and its passes."""

    marker: int
    start: int
    end: int
    planes: bytes = b""
    first_frequency: int = 0
    bits_sent_before: int = 0
    bits_left_out: int = 0


def luma_scans(data: bytes, scale: int) -> bytes:
    """The same JPEG without the scans that its luma at this scale (1, 2, 4 or 8) can do without.

    Anything that is not a complete progressive JPEG of several planes comes back as it is: what a
    cut leaves out must not look as if we had left it out.
    """
    segments = list(_segments(data))
    frame = next((s for s in segments if 0xC0 <= s.marker <= _PROGRESSIVE), None)
    if frame is None or frame.marker != _PROGRESSIVE or segments[-1].marker != _END_OF_IMAGE:
        return data
    luma = data[frame.start + 10]
    scans = [s for s in segments if s.marker == _START_OF_SCAN]
    # An eighth of the size takes the mean of each block alone, which every scan order sends whole.
    is_coarse = scale == _EIGHTH or (scale == _QUARTER and _is_fine_enough(data, frame, segments))
    needed = _coarse if is_coarse else _of_luma
    dropped = [s for s in scans if s.first_frequency and not needed(s, luma)]
    return _without(data, dropped)


def _is_fine_enough(data: bytes, frame: _Segment, segments: list[_Segment]) -> bool:
    """Whether what the first passes leave out is too little to move the hash."""
    passes = (s for s in segments if s.marker == _START_OF_SCAN and s.first_frequency)
    # A file may state a table several times over, each for the scans that follow.
    of_luma = data[frame.start + 12]
    stated = [table for s in segments if s.marker == _QUANTISATION for table in _tables(data, s)]
    steps = [steps for number, steps in stated if number == of_luma]
    return (
        all(s.bits_left_out <= _MOST_BITS_LEFT_OUT for s in passes)
        and bool(steps)
        and max(map(max, steps)) <= _COARSEST_STEP
    )


def _tables(data: bytes, segment: _Segment) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The number of each quantisation table in a segment, and its steps of the lowest frequencies
    but the constant one (T.81, B.2.4.1). A table that is cut off has the coarsest."""
    at = segment.start + 4
    while at < segment.end:
        width = 2 if data[at] >> 4 else 1
        first, after = at + 1 + width, at + 1 + width * (_LAST_LOW_FREQUENCY + 1)
        written = data[first : min(after, segment.end)]
        steps = (
            int.from_bytes(written[i : i + width], "big") for i in range(0, after - first, width)
        )
        is_whole = at + 1 + width * _STEPS <= segment.end
        yield data[at] & 0x0F, tuple(steps) if is_whole else (_COARSEST_STEP + 1,)
        at += 1 + width * _STEPS


def _of_luma(scan: _Segment, luma: int) -> bool:
    return luma in scan.planes


def _coarse(scan: _Segment, luma: int) -> bool:
    is_first_pass = not scan.bits_sent_before
    return _of_luma(scan, luma) and is_first_pass and scan.first_frequency <= _LAST_LOW_FREQUENCY


def _without(data: bytes, dropped: list[_Segment]) -> bytes:
    pieces, at = [], 0
    for segment in dropped:
        pieces.append(data[at : segment.start])
        at = segment.end
    return b"".join((*pieces, data[at:]))


def _segments(data: bytes) -> Iterator[_Segment]:
    """Every marker segment, a scan with its coded data, up to the end of the image."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 2 > len(data) or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == _END_OF_IMAGE:
            yield _Segment(marker, at, at + 2)
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            return
        segment = _scan(data, at, end) if marker == _START_OF_SCAN else _Segment(marker, at, end)
        yield segment
        at = segment.end


def _scan(data: bytes, start: int, head_end: int) -> _Segment:
    """A scan's header read, and its coded data walked over."""
    planes = data[start + 4]
    after = start + 5 + 2 * planes
    if after + 3 > head_end:
        return _Segment(0, start, head_end)  # no honest header: left where it is
    following = _AFTER_CODED_DATA.search(data, head_end)
    return _Segment(
        _START_OF_SCAN,
        start,
        following.start() if following else len(data),
        planes=data[start + 5 : after : 2],
        first_frequency=data[after],
        bits_sent_before=data[after + 2] >> 4,
        bits_left_out=data[after + 2] & 0x0F,
    )
