"""Files that nobody made in good faith: drawn pictures and films, altered at random and by design.

Everything comes from a seed, so that a case that did harm can be made again by its number.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from tests.engine.media import hostile
from tests.engine.media.drawn import picture, saved

_SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "engine" / "media" / "samples"
_TELLING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
_LENGTHS = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def seeds() -> dict[str, bytes]:
    """One small honest file of each format and kind, by name; films where PyAV is there."""
    small = picture(96, 72)
    grey, palette = small.convert("L"), small.quantize(32)
    later = [picture(96, 72, seed) for seed in (2, 3, 4)]
    moving = {"save_all": True, "append_images": later}
    exif = Image.Exif()
    exif[0x0112] = 6
    made = {
        "jpeg": saved(small, "JPEG"),
        "jpeg progressive": saved(small, "JPEG", progressive=True),
        "jpeg cmyk": saved(small.convert("CMYK"), "JPEG"),
        "jpeg turned": saved(small, "JPEG", exif=exif),
        "png": saved(small, "PNG"),
        "png palette": saved(palette, "PNG"),
        "png 16 bits": saved(grey.convert("I").convert("I;16"), "PNG"),
        "gif": saved(palette, "GIF"),
        "gif animated": saved(small, "GIF", **moving),
        "webp": saved(small, "WEBP"),
        "webp lossless": saved(small, "WEBP", lossless=True),
        "webp animated": saved(small, "WEBP", **moving),
        "png animated": saved(small, "PNG", **moving),
        "bmp": saved(small, "BMP"),
        "bmp palette": saved(palette, "BMP"),
        "avif": saved(small, "AVIF", speed=10),
        "avif animated": _without_times(saved(small, "AVIF", speed=10, **moving)),
        "heic": (_SAMPLES / "landscape.heic").read_bytes(),
        "tiff": saved(small, "TIFF"),
        "tiff lzw": saved(small, "TIFF", compression="tiff_lzw"),
        "tiff jpeg": saved(small, "TIFF", compression="jpeg"),
    }
    made["document"] = _document(made["png"], made["jpeg"])
    return made | _films()


def hostile_set(honest: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The files built to hurt: bombs, endless ones, cut ones, two formats in one."""
    yield "webp of 38 bytes, 12,000 x 12,000", hostile.webp_of_38_bytes()
    yield "webp of 38 bytes, 7,000 x 7,000", hostile.webp_of_38_bytes(7_000)
    for side in (7_000, 20_000, 60_000):
        yield f"png of {side} x {side}", hostile.png_claiming(side, side)
        yield f"jpeg of {side} x {side}", hostile.jpeg_claiming(side, side)
        yield f"gif of {side} x {side}", hostile.gif_claiming(side, side)
        yield f"bmp of {side} x {side}", hostile.bmp_claiming(side, side)
        yield f"tiff of {side} x {side}", hostile.tiff_claiming(side, side)
        for name in ("avif", "heic"):
            yield f"{name} of {side} x {side}", hostile.boxed_claiming(honest[name], side, side)
    yield "jpeg of 3,000 scans", hostile.jpeg_of_scans(3_000)
    yield "jpeg of 119 scans", hostile.jpeg_of_scans(119)
    yield "gif of 20,000 frames", hostile.gif_of_frames(20_000)
    yield from _polyglots(honest)
    for name, data in honest.items():
        for tenth in range(1, 10):
            yield f"{name}, {tenth}0 %", data[: len(data) * tenth // 10]


def _polyglots(honest: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), "Manifest-Version: 1.0\n")
    jar, html = archive.getvalue(), b"<html><script>alert(1)</script></html>"
    pdf = b"%PDF-1.7\n1 0 obj<</Type/XObject/Subtype/Image/Filter/DCTDecode>>stream\n"
    for name in ("gif", "jpeg", "png", "webp", "bmp", "avif", "heic", "tiff"):
        data = honest[name]
        yield f"{name} and an archive after it", data + jar
        yield f"{name} and a page after it", data + html
        yield f"a document before {name}", pdf + data + b"\nendstream endobj"
        yield f"an archive before {name}", jar + data
        for other in ("gif", "jpeg", "png", "webp"):
            yield f"the head of {name} on {other}", data[:32] + honest[other]
    yield "gif that is a script", b"GIF89a/*" + honest["gif"][8:] + b"*/=1;alert(1)"


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The file with one to four alterations of one to four kinds."""
    altered = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        chance.choice(_ALTERATIONS)(altered, chance, others)
    return bytes(altered)


def _bytes_changed(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    for _ in range(chance.randint(1, 1 + len(data) // 40)):
        if data:
            data[chance.randrange(len(data))] = chance.choice((*_TELLING, chance.randrange(256)))


def _head_changed(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    for _ in range(chance.randint(1, 3)):
        if data:
            data[chance.randrange(min(64, len(data)))] = chance.randrange(256)


def _length_changed(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    if len(data) > 4:
        at = chance.randrange(len(data) - 4)
        data[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice(_LENGTHS))


def _cut(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    del data[chance.randint(0, len(data)) :]


def _piece_lost(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    del data[at : at + chance.randint(1, 200)]


def _piece_repeated(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = bytes(data[at : at + chance.randint(1, 400)]) * chance.choice((1, 2, 50))


def _noise_added(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = chance.randbytes(chance.randint(1, 200))


def _spliced(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    other = chance.choice(others)
    del data[chance.randint(0, len(data)) :]
    data += other[chance.randint(0, len(other)) :]


_Alteration = Callable[[bytearray, random.Random, list[bytes]], None]
_ALTERATIONS: tuple[_Alteration, ...] = (
    _bytes_changed, _bytes_changed, _head_changed, _length_changed, _cut, _piece_lost,
    _piece_repeated, _noise_added, _spliced,
)  # fmt: skip


def _document(*files: bytes) -> bytes:
    pictures = b"".join(
        b'<img src="data:image/x;base64,' + base64.b64encode(data) + b'">' for data in files
    )
    return b"<html><body>" + pictures + b"</body></html>"


def _without_times(data: bytes) -> bytes:
    """Boxes of the second version, with both their times (of now) set to nought."""
    timeless = bytearray(data)
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        at = timeless.find(name)
        while at >= 0:
            timeless[at + 8 : at + 24] = bytes(16)
            at = timeless.find(name, at + 4)
    return bytes(timeless)


def _films() -> dict[str, bytes]:
    if importlib.util.find_spec("av") is None:
        return {}
    from tests.engine.media import films

    drawn = films.scenes(8, 96, 72)
    same = {"fflags": "+bitexact"}  # no random numbers in the container
    return {
        f"film {kind}": films.encoded(drawn, kind, every=4, container_options=same)
        for kind in films.CODECS
    }
