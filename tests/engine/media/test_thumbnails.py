"""Previews inside a picture file are found in each place that is defined for them."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import Fingerprints, MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Origin
from tocsin.engine.media.thumbnails import MOST_THUMBNAILS, embedded_in

PREVIEW = saved(picture(160, 120, seed=5), "JPEG", quality=90)
PREVIEW_HASH = fingerprint(PREVIEW).pdq
WITH_THUMBNAILS = MediaOptions(thumbnails=True, tiff=True)


def _exif(order: str = "<", form: int = 4) -> bytes:
    """A TIFF block with an empty first directory and a second that points to the preview."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order]
    length = struct.pack(order + {3: "HH", 4: "I"}[form], *(len(PREVIEW), 0)[: 5 - form])
    entries = struct.pack(order + "HHII", 0x0201, 4, 1, 8 + 6 + 2 + 24 + 4)
    entries += struct.pack(order + "HHI", 0x0202, form, 1) + length
    first = struct.pack(order + "IHI", 8, 0, 14)
    return start + first + struct.pack(order + "H", 2) + entries + bytes(4) + PREVIEW


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _in_front(segment: bytes) -> bytes:
    data = saved(picture(), "JPEG")
    return data[:2] + segment + data[2:]


def _resource(number: int, name: bytes = b"\0\0") -> bytes:
    body = struct.pack(">IIIIIIHH", 1, 160, 120, 480, 57_600, len(PREVIEW), 24, 1) + PREVIEW
    return b"8BIM" + struct.pack(">H", number) + name + struct.pack(">I", len(body)) + body


def _multi_picture() -> bytes:
    first, second = io.BytesIO(), picture(160, 120, seed=5)
    picture().save(first, "MPO", save_all=True, append_images=[second])
    return first.getvalue()


def _png(exif: bytes) -> bytes:
    return saved(picture(), "PNG", exif=exif)


PHOTOSHOP = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x03abc\0" + _resource(1036)
FILES = {
    "EXIF in JPEG": _in_front(_segment(0xE1, b"Exif\0\0" + _exif())),
    "EXIF of the other byte order": _in_front(_segment(0xE1, b"Exif\0\0" + _exif(">"))),
    "EXIF with a short length": _in_front(_segment(0xE1, b"Exif\0\0" + _exif(form=3))),
    "EXIF with a short length, turned": _in_front(_segment(0xE1, b"Exif\0\0" + _exif(">", 3))),
    "EXIF in PNG": _png(_exif()),
    "EXIF in WebP": saved(picture(), "WEBP", exif=_exif()),
    "EXIF in WebP with a JPEG's head": saved(picture(), "WEBP", exif=b"Exif\0\0" + _exif()),
    "JFIF's extension": _in_front(_segment(0xE0, b"JFXX\0\x10" + PREVIEW)),
    "Photoshop's resources": _in_front(_segment(0xED, PHOTOSHOP)),
    "Photoshop's older number": _in_front(
        _segment(0xED, b"Photoshop 3.0\0" + _resource(1033, b"\x05Title"))
    ),
    "several pictures": _multi_picture(),
}


def _look(data: bytes) -> Fingerprints:
    return fingerprint(data, options=WITH_THUMBNAILS)


@pytest.mark.parametrize("where", FILES)
def test_a_preview_is_found_and_hashed(where: str) -> None:
    found = _look(FILES[where])
    assert found.status is Status.OK
    main, preview = found.pictures
    assert (main.origin, main.number) == (Origin.PICTURE, 0)
    assert (preview.origin, preview.number) == (Origin.THUMBNAIL, 0)
    assert (preview.width, preview.height) == (160, 120)
    assert distance_bits(preview.pdq.value, PREVIEW_HASH) <= 12
    assert found.pdq == fingerprint(FILES[where]).pdq


@pytest.mark.parametrize("where", FILES)
def test_previews_are_left_alone_unless_asked_for(where: str) -> None:
    assert len(fingerprint(FILES[where]).pictures) == 1


def test_a_preview_in_two_places_counts_once() -> None:
    exif = _segment(0xE1, b"Exif\0\0" + _exif())
    extension = _segment(0xE0, b"JFXX\0\x10" + PREVIEW)
    assert embedded_in(_in_front(exif + extension), "jpeg") == [PREVIEW]


def test_no_more_previews_are_taken_than_a_camera_writes() -> None:
    many = b"".join(
        _segment(0xE0, b"JFXX\0\x10" + saved(picture(80, 80, seed), "JPEG")) for seed in range(20)
    )
    assert len(embedded_in(_in_front(many), "jpeg")) == MOST_THUMBNAILS
    assert len(_look(_in_front(many)).pictures) == 1 + MOST_THUMBNAILS


@pytest.mark.filterwarnings("ignore")  # Pillow remarks on them
def test_a_preview_that_is_none_costs_nothing() -> None:
    for rubbish in (b"", b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", _exif()[:40]):
        found = _look(_in_front(_segment(0xE1, b"Exif\0\0" + rubbish)))
        assert (found.status, len(found.pictures)) == (Status.OK, 1)
    broken = _in_front(_segment(0xE0, b"JFXX\0\x10" + PREVIEW[:300]))
    assert (_look(broken).status, len(_look(broken).pictures)) == (Status.OK, 1)


def test_a_preview_within_a_preview_is_not_looked_for() -> None:
    inner = _in_front(_segment(0xE0, b"JFXX\0\x10" + PREVIEW))
    assert len(_look(_in_front(_segment(0xE0, b"JFXX\0\x10" + inner))).pictures) == 2


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "gif", "heic"])
@given(data=st.binary(max_size=300))
def test_whatever_the_bytes_are_the_search_ends(kind: str, data: bytes) -> None:
    assert len(embedded_in(data, kind)) <= MOST_THUMBNAILS


@given(at=st.integers(0, len(_exif()) - 1), value=st.integers(0, 255))
def test_an_altered_exif_block_ends_the_search_quietly(at: int, value: int) -> None:
    altered = bytearray(_exif())
    altered[at] = value
    assert len(embedded_in(_in_front(_segment(0xE1, b"Exif\0\0" + altered)), "jpeg")) <= 1


def test_a_tiff_with_a_preview_is_searched_too() -> None:
    assert embedded_in(_exif(), "tiff") == [PREVIEW]
    with Image.open(io.BytesIO(PREVIEW)) as opened:
        assert opened.size == (160, 120)
