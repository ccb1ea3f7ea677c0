"""How many frames an animation has and how long each is shown, from its structure alone.

Asking the decoder would make it walk a GIF of 20,000 frames for half a minute. Sources: GIF89a
specification; PNG third edition, 11.3.9 (`acTL`, `fcTL`); WebP container specification (`ANMF`);
ISO/IEC 14496-12, 8.6.1.2 (`stts`, for AVIF); TIFF 6.0, section 2.
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Final

from tocsin.engine.media.chunks import GIF_IMAGE, TooManyPieces, gif_blocks, png_chunks, webp_chunks
from tocsin.engine.media.movie import boxes_of

MOST_FRAMES_WALKED: Final = 5_000
"""A decoder must compose every frame up to the last one hashed, at some 50 microseconds each."""

_AT_ONCE_SECONDS: Final = 0.0105
_INSTEAD_SECONDS: Final = 0.1
_GRAPHIC_CONTROL: Final = b"\x21\xf9"

Seconds = list[float]
"""How long each frame is shown, in the order in which they are; all above 0."""
_NO_TIME: Final = 1.0


def frames_of_gif(data: bytes) -> Seconds:
    """Those of a GIF; images behind its first million sub-blocks are not counted."""
    seconds: Seconds = []
    hundredths = 0
    with suppress(TooManyPieces):
        for kind, at in gif_blocks(data):
            if kind == GIF_IMAGE:
                seconds.append(_as_shown(hundredths / 100))
                hundredths = 0
            elif data[at : at + 2] == _GRAPHIC_CONTROL:
                hundredths = int.from_bytes(data[at + 4 : at + 6], "little")
    return seconds


def frames_of_png(data: bytes) -> Seconds:
    """Those of an animated PNG, without a first picture outside the animation; else one."""
    seconds: Seconds = []
    animated = False
    for kind, start, end in png_chunks(data):
        if kind == b"IDAT" and not animated:
            break
        animated = animated or kind == b"acTL"
        if kind == b"fcTL":
            seconds.append(_of_png_frame(data[start:end]))
    return seconds or [_NO_TIME]


def frames_of_webp(data: bytes) -> Seconds:
    """Those of a WebP."""
    frames = (start for kind, start, _ in webp_chunks(data) if kind == b"ANMF")
    seconds = [_as_shown(int.from_bytes(data[at + 12 : at + 15], "little") / 1000) for at in frames]
    return seconds or [_NO_TIME]


def frames_of_avif(data: bytes) -> Seconds:
    """Those of an AVIF sequence, in units of its own; none of a still picture.

    The first 5,000, of the track that has the most.
    """
    tables = (data[start:end] for kind, start, end in islice(boxes_of(data), MOST_FRAMES_WALKED)
              if kind == b"stts")  # fmt: skip
    return max(map(_of_time_table, tables), key=len, default=[])


def pages_of_tiff(data: bytes) -> int:
    """How many directories a TIFF chains together; a circle ends at the first one met again."""
    order = "<" if data[:1] == b"I" else ">"
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        while at and at not in seen and len(seen) < MOST_FRAMES_WALKED:
            (entries,) = struct.unpack_from(order + "H", data, at)
            seen.add(at)
            (at,) = struct.unpack_from(order + "I", data, at + 2 + 12 * entries)
    except struct.error:
        pass  # cut short: those before the cut are there
    return max(1, len(seen))


FRAMES_OF: Final[dict[str, Callable[[bytes], Seconds]]] = {
    "gif": frames_of_gif,
    "png": frames_of_png,
    "webp": frames_of_webp,
    "tiff": lambda data: [_NO_TIME] * pages_of_tiff(data),
    "jpeg": lambda _: [_NO_TIME],
    "bmp": lambda _: [_NO_TIME],
}
"""By format. AVIF and HEIC state their number of pictures where their decoders read it."""


def _of_png_frame(control: bytes) -> float:
    over = int.from_bytes(control[20:22], "big")
    under = int.from_bytes(control[22:24], "big") or 100
    return _as_shown(over / under)


def _of_time_table(table: bytes) -> Seconds:
    units: Seconds = []
    with suppress(struct.error):
        (entries,) = struct.unpack_from(">I", table, 4)
        for entry in range(min(entries, MOST_FRAMES_WALKED)):
            count, each = struct.unpack_from(">II", table, 8 + 8 * entry)
            units += [float(each or 1)] * min(count, MOST_FRAMES_WALKED - len(units))
    return units


def _as_shown(seconds: float) -> float:
    """Browsers show a frame of up to a hundredth of a second for a tenth."""
    return _INSTEAD_SECONDS if seconds < _AT_ONCE_SECONDS else seconds
