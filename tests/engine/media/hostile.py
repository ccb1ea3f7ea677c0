"""Files built to hurt a decoder. All of them are headers, noise or drawn landscapes."""

import struct
import zlib

from PIL import Image

from tests.engine.media.drawn import picture, saved


def webp_of_38_bytes(side: int = 12_000) -> bytes:
    """A lossless WebP whose header claims side x side and which holds next to nothing."""
    packed = (side - 1) | (side - 1) << 14
    body = b"\x2f" + struct.pack("<I", packed) + bytes.fromhex("8888080f0000") + bytes(7)
    chunk = b"WEBPVP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk)) + chunk


def png_claiming(width: int, height: int) -> bytes:
    """A PNG header with a sound checksum and a first few rows of zeros."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(width * 3 + 1)))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_of_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated until there are so many."""
    data = saved(picture(640, 480), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (scans - data.count(b"\xff\xda")) + b"\xff\xd9"


def jpeg_claiming(width: int, height: int) -> bytes:
    """A drawn JPEG whose frame header claims another size."""
    data = bytearray(saved(picture(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_of_frames(frames: int) -> bytes:
    """A GIF with one drawn frame and then many of one pixel."""
    first = saved(picture().quantize(64), "GIF")
    pixel = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return first[:-1] + pixel * (frames - 1) + b"\x3b"


def gif_claiming(width: int, height: int) -> bytes:
    """A GIF whose screen is one pixel and whose first frame claims another size."""
    return (
        b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
        + b"\x21\xfe\x03abc\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x02\x44\x01\x00\x3b"
    )  # fmt: skip


def bmp_claiming(width: int, height: int) -> bytes:
    """A BMP header with nothing after it."""
    return (
        b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )  # fmt: skip


def tiff_claiming(width: int, height: int) -> bytes:
    """A TIFF directory that states two sides and nothing else."""
    entries = struct.pack("<HHII", 256, 4, 1, width) + struct.pack("<HHII", 257, 4, 1, height)
    return b"II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)


def boxed_claiming(data: bytes, width: int, height: int) -> bytes:
    """An AVIF or HEIC file whose `ispe` properties claim another size."""
    altered, at = bytearray(data), data.find(b"ispe")
    while at >= 0:
        altered[at + 8 : at + 16] = struct.pack(">II", width, height)
        at = data.find(b"ispe", at + 1)
    return bytes(altered)


def jpeg_of_100_megapixels() -> bytes:
    """An honest 10,000 x 10,000 grey JPEG: a drawn landscape, enlarged."""
    large = picture(1000, 1000).convert("L").resize((10_000, 10_000), Image.Resampling.NEAREST)
    return saved(large, "JPEG", quality=50)
