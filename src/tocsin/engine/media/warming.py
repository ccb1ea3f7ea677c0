"""Loading all that decoding may need, before the workers are shut in and can load nothing more."""

import base64
import codecs
import ctypes
import io
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import numpy as np
import pi_heif
from PIL import AvifImagePlugin, Image, ImageCms

from tocsin.engine.fingerprints.types import Sampling
from tocsin.engine.media import video_reading
from tocsin.engine.media.derivatives import derive
from tocsin.engine.media.examination import examine
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions, Precision
from tocsin.engine.media.pages import AsPage, load_encodings, read_page
from tocsin.engine.media.veils import Veil, Wanted

_LOADED_AHEAD: Final = (
    ImageCms,  # Pillow imports it at its first Lab picture,
    np.ma,  # and NumPy this at its first median
)
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
_CHANNEL_NAMES_IN: Final = (
    "ISO6937",
    *(f"ISO-8859-{part}" for part in range(1, 17) if part != 12),
    "UCS-2BE",
    "KSC_5601",
    "GB2312",
)
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
    _derive_all(_saved(Image.linear_gradient("L"), "PNG"), DEFAULT_OPTIONS)
    load_encodings()
    read_page(b"<title>a</title><p style='background:url(b)'>&eacute;<img srcset='c 2x'>", AsPage())
    _load_film_decoders()


def _derive_all(data: bytes, options: MediaOptions) -> None:
    for veil in Veil:
        derive(data, Wanted(veil), options)


def _load_film_decoders() -> None:
    """The same for films, where the means to read them are installed."""
    try:
        video_reading.load_decoders()
    except video_reading.VideoUnavailable:
        return
    _load_character_sets()
    film = _drawn_film()
    for sampling in Sampling:
        options = MediaOptions(video=sampling, battery=True)
        examine(film, options)
        examine(film[: len(film) * 2 // 3], options)
    _derive_all(film, MediaOptions(video=Sampling.KEY_FRAMES))


def _load_character_sets() -> None:
    """FFmpeg has the C library convert the names of television channels (ETSI EN 300 468, annex A),
    and that opens a file for each character set when it is first met."""
    with suppress(AttributeError):  # not every C library has this
        convert = ctypes.CDLL(None).iconv_open
        for name in _CHANNEL_NAMES_IN:
            # Never closed: a converter that nobody holds is unloaded.
            convert(b"UTF-8", name.encode())


def _all_of(precision: Precision) -> MediaOptions:
    return MediaOptions(
        precision, battery=True, tiff=True, thumbnails=True, data_uris=True, max_frames=4
    )


_OPTIONS: Final = (DEFAULT_OPTIONS, _all_of(Precision.LIST), _all_of(Precision.QUERY))


def _drawn_files() -> Iterator[bytes]:
    picture = Image.linear_gradient("L").resize((96, 80))
    for kind, modes in _MODES:
        for mode in modes:
            yield _saved(_in_mode(picture, mode), kind)
    yield _saved(picture, "JPEG", progressive=True)
    yield _saved(picture, "TIFF", compression="tiff_lzw")
    yield _saved(picture, "JPEG", exif=_turned())
    later = [picture.rotate(90 * turn).convert("RGB") for turn in range(1, 4)]
    yield _saved(_seen_through(picture), "PNG")
    yield _saved(picture.convert("P"), "GIF", transparency=0)
    yield _saved(picture, "PNG", transparency=9)
    yield _saved(later[0], "PNG", save_all=True, append_images=later, default_image=True)
    for kind in _ANIMATED:
        yield _saved(picture.convert("RGB"), kind, save_all=True, append_images=later)
    yield b"<img src='data:image/png;base64," + base64.b64encode(_saved(picture, "PNG")) + b"'>"
    yield _BROKEN_HEIC


def _drawn_film() -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as film:
        track = film.add_stream("mpeg4", rate=4)
        track.width, track.height, track.pix_fmt = 96, 80, "yuv420p"
        track.codec_context.thread_count = 1
        picture = Image.linear_gradient("L").resize((96, 80)).convert("RGB")
        for turn in range(4):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture.rotate(90 * turn)))
            film.mux(track.encode(frame))
        film.mux(track.encode())
    return out.getvalue()


def _seen_through(picture: Image.Image) -> Image.Image:
    seen_through = picture.convert("RGBA")
    seen_through.putalpha(picture)
    return seen_through


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
