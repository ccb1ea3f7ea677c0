"""From bytes to pixels: the only module that calls a picture decoder."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from pi_heif import HeifImageFile
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from tocsin.engine.media.gates import Admitted, refuse_by_size
from tocsin.engine.media.pixels import Pixels

_ORIENTATION_TAG: Final = 0x0112

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
    """Pixels as stored, and the EXIF orientation (1 to 8) in which they want to be shown.

    A HEIC file turns its picture by its own container, which its decoder has then already done:
    orientation 1.
    """

    pixels: Pixels
    orientation: int


def decode(data: bytes, admitted: Admitted) -> Decoded:
    """The first frame of a file that passed the gates.

    Raises Refused when the decoder says it is larger than its header did, and otherwise whatever
    the decoder raises: seen so far are OSError, SyntaxError, ValueError, RuntimeError, EOFError,
    IndexError, struct.error, zlib.error, MemoryError. `examination` is there to catch them.
    """
    picture = _READERS[admitted.kind](io.BytesIO(data))
    refuse_by_size(picture.size, admitted)
    picture.load()
    refuse_by_size(picture.size, admitted)
    return Decoded(Pixels(picture), _orientation(picture))


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block must not cost us the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
