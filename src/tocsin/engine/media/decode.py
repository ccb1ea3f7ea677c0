"""From bytes to pixels: the only module that calls a picture decoder."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, cast

from pi_heif import HeifImageFile
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from tocsin.engine.fingerprints.types import Decoding
from tocsin.engine.media.gates import Admitted, refuse_by_size
from tocsin.engine.media.headers import Size
from tocsin.engine.media.options import Precision
from tocsin.engine.media.pixels import Pixels
from tocsin.engine.media.progressive import luma_scans

SHORT_SIDE: Final = 256
"""A scaled JPEG keeps at least this many pixels on its shorter side: with 128, the hash of some
pictures moves by more than 10 bits, and with 384 hardly fewer bits move than with 256."""

_ORIENTATION_TAG: Final = 0x0112
_DECODING: Final = {
    8: Decoding.SCALED_8,
    4: Decoding.SCALED_4,
    2: Decoding.SCALED_2,
    1: Decoding.LUMA,
}
# Undoes what Pillow did to a TIFF with that orientation.
_UNDO: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

# Each format has its one reader. `Image.open` would try every reader it knows, EPS (which starts
# Ghostscript) and PDF among them, and asks the HEIF plug-in to register itself for the process.
_READERS: Final[dict[str, Callable[[io.BytesIO], Image.Image]]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
    "bmp": BmpImageFile,
    "avif": AvifImageFile,
    "heic": cast("Callable[[io.BytesIO], Image.Image]", HeifImageFile),
    "tiff": TiffImageFile,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels as stored, and how they came about.

    `size` is the picture's own (width, height); the pixels are one for each `scale` x `scale` of
    it. `orientation` (1 to 8) is how EXIF wants it shown; a HEIC file turns its picture by its own
    container, which its decoder has then already done: orientation 1. `still` is the picture that
    an animated PNG holds for programs that know no animation, where it is none of the frames.
    """

    pixels: Pixels
    size: Size
    orientation: int = 1
    scale: int = 1
    decoding: Decoding = Decoding.WHOLE
    still: Pixels | None = None


def decode(data: bytes, admitted: Admitted, precision: Precision = Precision.LIST) -> Decoded:
    """The first frame that is shown of a file that passed the gates.

    Raises Refused when the decoder says it is larger than its header did, and otherwise whatever
    the decoder raises: seen so far are OSError, SyntaxError, ValueError, RuntimeError, EOFError,
    IndexError, struct.error, zlib.error, MemoryError. `examination` is there to catch them.
    """
    picture = opened(data, admitted)
    if precision is Precision.QUERY and isinstance(picture, JpegImageFile) and _has_luma(picture):
        return _luma(data, picture, admitted)
    if isinstance(picture, TiffImageFile):
        return _tiff(picture, admitted)
    picture.load()
    refuse_by_size(picture.size, admitted)
    if has_hidden_still(picture):
        return _behind_the_still(picture, admitted)
    return _as_stored(picture)


def opened(data: bytes, admitted: Admitted) -> Image.Image:
    """The file in its decoder's hands, not yet unpacked. Raises as `decode` does."""
    picture = _READERS[admitted.kind](io.BytesIO(data))
    refuse_by_size(picture.size, admitted)
    if isinstance(picture, PngImageFile):
        _mend_clear_colour(picture, data)
    return picture


def has_hidden_still(picture: Image.Image) -> bool:
    """Whether a file is an animated PNG whose first picture is not of the animation: no browser
    shows that one (PNG third edition, 11.3.9)."""
    return isinstance(picture, PngImageFile) and picture.default_image and picture.n_frames > 1


def leave_the_still(picture: Image.Image) -> None:
    """Turns to the first frame of the animation, on the empty canvas that it begins with."""
    picture.load()
    # The decoder would paint the frame over the still.
    picture.paste(0, (0, 0, *picture.size))
    picture.seek(1)


def _behind_the_still(picture: Image.Image, admitted: Admitted) -> Decoded:
    still = picture.copy()
    try:
        leave_the_still(picture)
        picture.load()
    except MemoryError:
        raise
    except Exception:
        # An animation that is broken from its start is not shown, and the still is after all.
        if not ImageFile.LOAD_TRUNCATED_IMAGES:
            raise
        return _as_stored(still)
    refuse_by_size(picture.size, admitted)
    return replace(_as_stored(picture), still=Pixels(still))


def _as_stored(picture: Image.Image) -> Decoded:
    if isinstance(picture, BmpImageFile) and picture.mode == "RGBA":
        _show_what_is_wholly_clear(picture)
    return Decoded(Pixels(picture), picture.size, _orientation(picture))


def _show_what_is_wholly_clear(picture: BmpImageFile) -> None:
    # Many programs write noughts for alpha, so browsers show a BMP that would show nothing.
    if picture.getchannel("A").getextrema() == (0, 0):
        picture.putalpha(255)


def _mend_clear_colour(picture: PngImageFile, data: bytes) -> None:
    """Pillow gives the clear colour of a PNG as it is written and the pixels in eight bits."""
    clear, depth = picture.info.get("transparency"), data[24]
    if isinstance(clear, int) and picture.mode == "L" and depth < 8:
        picture.info["transparency"] = clear * (255 // ((1 << depth) - 1))
    elif isinstance(clear, tuple) and depth == 16:
        picture.info["transparency"] = tuple(part >> 8 for part in clear)


def _has_luma(picture: JpegImageFile) -> bool:
    """Whether the first plane of a JPEG is PDQ's luma, judged as libjpeg judges it.

    A single plane is grey; four planes are CMYK or YCCK. Three are YCbCr unless Adobe's marker, or
    without any marker the letters R, G, B as names of the planes, say that they are RGB.
    """
    if picture.layers != 3:
        return picture.layers == 1
    if "jfif" in picture.info:
        return True
    if "adobe" in picture.info:
        return picture.info.get("adobe_transform") != 0
    return tuple(layer[0] for layer in picture.layer) != tuple(b"RGB")


def _luma(data: bytes, picture: JpegImageFile, admitted: Admitted) -> Decoded:
    """The luma alone, scaled down by the decoder as far as PDQ bears it."""
    size = picture.size
    scale = next((s for s in (8, 4, 2) if min(size) >= s * SHORT_SIDE), 1)
    orientation = _orientation(picture)
    if "progressive" in picture.info:
        picture = JpegImageFile(io.BytesIO(luma_scans(data, scale)))
        refuse_by_size(picture.size, admitted)
    picture.draft("L", (picture.width // scale, picture.height // scale))
    picture.load()
    return Decoded(Pixels(picture), size, orientation, scale, _DECODING[scale])


def _tiff(picture: TiffImageFile, admitted: Admitted) -> Decoded:
    """Pillow turns a TIFF while it loads it; this gives the pixels as stored again."""
    orientation = _orientation(picture)
    picture.load()
    refuse_by_size(picture.size, admitted)
    undo = _UNDO.get(orientation)
    stored = picture.transpose(undo) if undo is not None else picture
    return Decoded(Pixels(stored), stored.size, orientation)


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block must not cost us the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
