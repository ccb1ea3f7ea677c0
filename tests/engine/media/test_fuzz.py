"""Whatever the bytes are, the answer is a status."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.media.drawn import picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint
from tocsin.engine.media import Precision

_SMALL = picture(96, 72)
SEEDS = {
    "jpeg": saved(_SMALL, "JPEG"),
    "progressive": saved(_SMALL, "JPEG", progressive=True),
    "png": saved(_SMALL, "PNG"),
    "gif": saved(_SMALL.quantize(32), "GIF"),
    "moving gif": saved(_SMALL, "GIF", save_all=True, append_images=[picture(96, 72, 2)]),
    "moving png": saved(_SMALL, "PNG", save_all=True, append_images=[picture(96, 72, 2)]),
    "moving webp": saved(_SMALL, "WEBP", save_all=True, append_images=[picture(96, 72, 2)]),
    "jpeg with another": saved(_SMALL, "MPO", save_all=True, append_images=[picture(96, 72, 2)]),
    "page": b'<img src="data:image/gif;base64,'
    + base64.b64encode(saved(_SMALL.quantize(8), "GIF"))
    + b'">',
    "webp": saved(_SMALL, "WEBP"),
    "bmp": saved(_SMALL, "BMP"),
    "avif": saved(_SMALL, "AVIF"),
    "tiff": saved(_SMALL, "TIFF"),
    "heic": (Path(__file__).parent / "samples" / "landscape.heic").read_bytes(),
}
EVERYTHING = MediaOptions(
    tiff=True, max_frames=3, thumbnails=True, data_uris=True, max_pixels=1 << 20
)
OPTIONS = (EVERYTHING, replace(EVERYTHING, precision=Precision.QUERY))
MAGIC = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"BM",
         b"II*\0", b"MM\0*", b"\0\0\0\x14ftypavif", b"\0\0\0\x14ftypheic"]  # fmt: skip
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _is_an_answer(data: bytes) -> bool:
    found = [fingerprint(data, options=options) for options in OPTIONS]
    return all(f.status in Status and len(f.sha256) == 32 for f in found)


@relaxed
@given(st.sampled_from(MAGIC), st.binary(max_size=400))
def test_random_bytes_get_a_status(magic: bytes, rest: bytes) -> None:
    assert _is_an_answer(magic + rest)


@pytest.mark.parametrize("name", SEEDS)
@settings(relaxed, max_examples=40)
@given(st.data())
def test_a_mutated_picture_gets_a_status(name: str, data: st.DataObject) -> None:
    altered = bytearray(SEEDS[name])
    places = st.integers(0, len(altered) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=12)):
        altered[place] = data.draw(st.integers(0, 255))
    cut = data.draw(places)
    grown = data.draw(st.binary(max_size=20))
    assert _is_an_answer(bytes(altered))
    assert _is_an_answer(bytes(altered[:cut]) + grown + bytes(altered[cut:]))
    assert _is_an_answer(bytes(altered[:cut]))
