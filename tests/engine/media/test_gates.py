"""The gates turn away by header what would cost a decoder seconds or gigabytes."""

import struct
from pathlib import Path

import pytest

from tests.engine.media import hostile
from tests.engine.media.drawn import picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint
from tocsin.engine.media import boxes, headers

HEIC = (Path(__file__).parent / "samples" / "landscape.heic").read_bytes()
TIFF_ON = MediaOptions(tiff=True)
CLAIMS = {
    "webp": hostile.webp_of_38_bytes(),
    "png": hostile.png_claiming(10_000, 10_000),
    "jpeg": hostile.jpeg_claiming(12_000, 12_000),
    "gif": hostile.gif_claiming(9_000, 9_000),
    "bmp": hostile.bmp_claiming(9_000, -9_000),
    "tiff": hostile.tiff_claiming(9_000, 9_000),
    "avif": hostile.boxed_claiming(saved(picture(), "AVIF"), 9_000, 9_000),
    "heic": hostile.boxed_claiming(HEIC, 9_000, 9_000),
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_header_that_claims_too_many_pixels_reaches_no_decoder(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.engine.media.examination.decode", None)
    found = fingerprint(CLAIMS[kind], options=TIFF_ON)
    assert (found.status, found.format, found.pdq) == (Status.TOO_LARGE, kind, None)
    assert found.width is not None
    assert found.width >= 9_000


def test_the_hostile_webp_is_as_small_as_it_says() -> None:
    assert len(hostile.webp_of_38_bytes()) == 38


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("size", [(320, 240), (67, 201)])
def test_the_size_in_an_honest_header_is_read(kind: str, size: tuple[int, int]) -> None:
    data = saved(picture(*size), kind)
    assert headers.kind_of(data) == kind.lower()
    assert headers.size_of(kind.lower(), data) == size


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0MM\0*"}])
def test_every_kind_of_webp_header_is_read(how: dict[str, object]) -> None:
    data = saved(picture(77, 99), "WEBP", **how)
    assert headers.size_of("webp", data) == (77, 99)


def test_the_size_of_a_heic_is_read() -> None:
    assert headers.kind_of(HEIC) == "heic"
    assert headers.size_of("heic", HEIC) == (320, 240)


def test_the_scans_of_a_jpeg_are_counted() -> None:
    assert headers.jpeg_shape(saved(picture(), "JPEG")).scans == 1
    progressive = headers.jpeg_shape(saved(picture(), "JPEG", progressive=True))
    assert progressive.scans == 10
    assert headers.jpeg_shape(hostile.jpeg_of_scans(121)).scans == 121


def test_a_jpeg_of_3000_scans_is_too_large_and_one_of_120_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert fingerprint(hostile.jpeg_of_scans(120)).status is Status.OK
    monkeypatch.setattr("tocsin.engine.media.examination.decode", None)
    assert fingerprint(hostile.jpeg_of_scans(3000)).status is Status.TOO_LARGE


def test_scans_hidden_behind_a_false_end_are_counted() -> None:
    data = hostile.jpeg_of_scans(3000)
    second = data.index(b"\xff\xc4", data.index(b"\xff\xda"))
    comment = b"\xff\xfe\x00\x06\xff\xd9\xff\xd9"
    assert headers.jpeg_shape(data[:second] + comment + data[second:]).scans == 3000


def test_a_film_behind_the_picture_is_not_counted_as_scans() -> None:
    film = bytes(range(256)) * 10 + b"\xff\xda" * 5000
    found = fingerprint(saved(picture(), "JPEG") + film)
    assert found.status is Status.OK


def test_a_thumbnail_in_a_segment_is_neither_size_nor_scan() -> None:
    thumbnail = hostile.jpeg_claiming(60_000, 60_000)[:9000]
    data = saved(picture(), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    shape = headers.jpeg_shape(data[:2] + segment + data[2:])
    assert (shape.size, shape.scans) == ((320, 240), 1)


def test_a_jpeg_of_nothing_but_markers_is_too_large() -> None:
    frame = b"\xff\xc0\x00\x0b\x08\x00\x64\x00\x64\x01\x01\x11\x00"
    data = b"\xff\xd8" + frame + b"\xff\xfe\x00\x02" * 20_000
    assert headers.jpeg_shape(data).endless
    assert fingerprint(data).status is Status.TOO_LARGE


def test_a_file_of_nothing_but_boxes_is_too_large() -> None:
    data = b"\0\0\0\x14ftypavif\0\0\0\0avif" + b"\0\0\0\x08free" * 30_000
    with pytest.raises(boxes.TooManyBoxes):
        boxes.sizes(data)
    assert fingerprint(data).status is Status.TOO_LARGE


def test_the_track_of_a_film_like_picture_counts_as_size() -> None:
    header = bytes(76) + struct.pack(">II", 30_000 << 16, 20_000 << 16)
    track = _box(b"moov", _box(b"trak", _box(b"tkhd", header)))
    data = b"\0\0\0\x14ftypavis\0\0\0\0avif" + track
    assert headers.size_of("avif", data) == (30_000, 20_000)


def test_boxes_with_wrong_lengths_end_with_their_parent() -> None:
    for length in (0, 1, 5, 2**32 - 1):
        data = b"\0\0\0\x14ftypheic\0\0\0\0heic" + struct.pack(">I4s", length, b"meta") + bytes(40)
        assert boxes.sizes(data) == []
        assert fingerprint(data).status is Status.CORRUPT


def test_more_bytes_than_allowed_are_too_large_and_still_have_digests() -> None:
    data = saved(picture(), "PNG")
    found = fingerprint(data, options=MediaOptions(max_bytes=len(data) - 1))
    assert (found.status, found.pdq, len(found.sha256)) == (Status.TOO_LARGE, None, 32)
    assert fingerprint(data, options=MediaOptions(max_bytes=len(data))).status is Status.OK


def test_a_decoder_that_finds_more_pixels_than_the_header_said_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tocsin.engine.media.headers.jpeg_shape", _lying_shape)
    found = fingerprint(saved(picture(), "JPEG"), options=MediaOptions(max_jpeg_pixels=1000))
    assert (found.status, found.width, found.height) == (Status.TOO_LARGE, 320, 240)


def _lying_shape(_: bytes) -> headers.JpegShape:
    return headers.JpegShape((10, 10), 1, endless=False)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content
