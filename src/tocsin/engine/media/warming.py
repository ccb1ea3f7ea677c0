"""Loading all that decoding may need, before the workers are shut in and can load nothing more."""

import codecs
import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pi_heif
from PIL import AvifImagePlugin, Image, ImageCms

from tocsin.engine.media.examination import examine
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions, Precision

_LOADED_AHEAD: Final = ImageCms  # Pillow imports it at its first Lab picture.
_MODES: Final = (
    ("JPEG", ("RGB", "L", "CMYK")),
    ("PNG", ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
    ("GIF", ("P", "L")),
    ("WEBP", ("RGB", "RGBA")),
    ("BMP", ("RGB", "P", "1")),
    ("AVIF", ("RGB", "RGBA")),
    ("TIFF", ("RGB", "LAB", "CMYK", "I;16", "F")),
)
_ANIMATED: Final = ("GIF", "WEBP", "PNG", "AVIF")
_TEXT_ENCODINGS: Final = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le")
_BROKEN_HEIC: Final = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
_ORIENTATION_TAG: Final = 0x0112


def load_decoders() -> None:
    """Decodes small drawn files of every format and kind, whole and cut short.

    After this the process has loaded every module and library that a file can make it load, and
    has one thread. Warnings of decoders are off: nobody would see them.
    """
    warnings.simplefilter("ignore")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pi_heif.options.DECODE_THREADS = 1
    for name in _TEXT_ENCODINGS:
        codecs.lookup(name)
    for data in _drawn_files():
        for options in _OPTIONS:
            examine(data, options)
            examine(data[: len(data) * 2 // 3], options)


def _all_of(options: MediaOptions) -> MediaOptions:
    return replace(options, tiff=True, battery=True, thumbnails=True, data_uris=True, max_frames=4)


_OPTIONS: Final = (
    DEFAULT_OPTIONS,
    _all_of(DEFAULT_OPTIONS),
    _all_of(MediaOptions(precision=Precision.QUERY)),
)


def _drawn_files() -> Iterator[bytes]:
    picture = Image.linear_gradient("L").resize((96, 80))
    for kind, modes in _MODES:
        for mode in modes:
            yield _saved(_in_mode(picture, mode), kind)
    yield _saved(picture, "JPEG", progressive=True)
    yield _saved(picture, "TIFF", compression="tiff_lzw")
    yield _saved(picture, "JPEG", exif=_turned())
    later = [picture.rotate(90 * turn).convert("RGB") for turn in range(1, 4)]
    for kind in _ANIMATED:
        yield _saved(picture.convert("RGB"), kind, save_all=True, append_images=later)
    yield _BROKEN_HEIC


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode == "LAB":
        return picture.convert("RGB").convert(mode)
    return picture.convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = 6
    return exif


def _saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()
