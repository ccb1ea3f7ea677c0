"""Further frames of animations, and further pictures of files that hold several.

How many there are is counted in the file's structure first: asking the decoder would make it walk
a GIF of 20,000 frames for half a minute. Sources: GIF89a specification; PNG third edition, 11.3.9
(`acTL`, `fcTL`); WebP container specification (`ANMF`); TIFF 6.0, section 2.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from PIL import Image

from tocsin.engine.media.chunks import GIF_IMAGE, TooManyPieces, gif_blocks, png_chunks, webp_chunks
from tocsin.engine.media.decode import Decoded, opened
from tocsin.engine.media.gates import Admitted, refuse_by_size
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.pixels import Pixels

MOST_FRAMES_WALKED: Final = 5_000
"""A decoder must compose every frame up to the last one hashed, at some 50 microseconds each."""


def further_frames(
    data: bytes, admitted: Admitted, options: MediaOptions
) -> Iterator[tuple[int, Decoded]]:
    """(number, pixels) of the frames after the first that are to be hashed, in order.

    Spread evenly over the animation, or over as much of it as `max_frame_pixels` lets us walk.
    Raises what the decoder raises.
    """
    picture = opened(data, admitted)
    count = min(_count(admitted.kind, data, picture), _most_walked(picture.size, options))
    for number in spread(count, options.max_frames):
        picture.seek(number)
        refuse_by_size(picture.size, admitted)
        picture.load()
        # A decoder paints the next frame over this one.
        yield number, Decoded(Pixels(picture.copy()), picture.size)


def spread(count: int, wanted: int) -> list[int]:
    """Up to `wanted` of the numbers 0 to count - 1, with even gaps, both ends among them.

    Without the first, which is hashed before.
    """
    if wanted >= count:
        return list(range(1, count))
    return sorted({round(i * (count - 1) / (wanted - 1)) for i in range(1, wanted)})


def frames_of_gif(data: bytes) -> int:
    """How many images a GIF holds; those behind its first million sub-blocks are not counted."""
    frames = 0
    with suppress(TooManyPieces):
        for kind, _ in gif_blocks(data):
            frames += kind == GIF_IMAGE
    return frames


def frames_of_png(data: bytes) -> int:
    """How many frames an animated PNG holds, a first picture outside the animation among them."""
    kinds = [kind for kind, _, _ in png_chunks(data)]
    first_data = kinds.index(b"IDAT") if b"IDAT" in kinds else len(kinds)
    if b"acTL" not in kinds[:first_data]:
        return 1
    return kinds.count(b"fcTL") + (b"fcTL" not in kinds[:first_data])


def frames_of_webp(data: bytes) -> int:
    """How many frames a WebP holds."""
    return max(1, sum(kind == b"ANMF" for kind, _, _ in webp_chunks(data)))


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


_COUNTERS: Final[dict[str, Callable[[bytes], int]]] = {
    "gif": frames_of_gif,
    "png": frames_of_png,
    "webp": frames_of_webp,
    "tiff": pages_of_tiff,
    "jpeg": lambda _: 1,
    "bmp": lambda _: 1,
}


def _count(kind: str, data: bytes, picture: Image.Image) -> int:
    # AVIF and HEIC state their number of pictures in boxes, which their decoders read on opening.
    counter = _COUNTERS.get(kind)
    return counter(data) if counter else int(getattr(picture, "n_frames", 1))


def _most_walked(size: tuple[int, int], options: MediaOptions) -> int:
    return min(MOST_FRAMES_WALKED, max(1, options.max_frame_pixels // max(1, size[0] * size[1])))
