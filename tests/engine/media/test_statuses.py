"""Each status, and that the digests are there with every one of them."""

import hashlib

import pytest
from PIL import Image

from tests.engine.media.drawn import picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint

FILES = {
    Status.OK: saved(picture(), "PNG"),
    Status.FLAT: saved(Image.new("RGB", (200, 200), "white"), "PNG"),
    Status.TOO_SMALL: saved(picture(63, 200), "PNG"),
    Status.PARTIAL: saved(picture(), "BMP")[:-6000],
    Status.CORRUPT: saved(picture(), "PNG")[:20],
    Status.UNSUPPORTED: b"a letter, saved as holiday.jpg",
    Status.TOO_LARGE: saved(picture(), "PNG") + bytes(2000),
}
LIMITS = MediaOptions(max_bytes=len(FILES[Status.TOO_LARGE]) - 1, max_pixels=10**6)


@pytest.mark.parametrize("status", Status)
def test_every_status_comes_with_the_digests(status: Status) -> None:
    data = FILES[status]
    # Limits that only the file meant to be too large exceeds.
    options = LIMITS if status is Status.TOO_LARGE else MediaOptions()
    found = fingerprint(data, options=options)
    assert found.status is status
    assert found.size_bytes == len(data)
    assert found.md5 == hashlib.md5(data, usedforsecurity=False).digest()
    assert found.sha1 == hashlib.sha1(data, usedforsecurity=False).digest()
    assert found.sha256 == hashlib.sha256(data).digest()
    assert (found.pdq is None) == (found.pdq_quality is None)


def test_nothing_at_all_is_corrupt() -> None:
    found = fingerprint(b"")
    assert (found.status, found.size_bytes, found.format) == (Status.CORRUPT, 0, None)
    assert found.sha256 == hashlib.sha256(b"").digest()


@pytest.mark.parametrize(
    ("size", "status", "hashed"),
    [
        ((64, 64), Status.OK, True),
        ((63, 64), Status.TOO_SMALL, True),
        ((34, 42), Status.TOO_SMALL, True),
        ((5, 300), Status.TOO_SMALL, True),
        ((4, 300), Status.TOO_SMALL, False),
        ((1, 1), Status.TOO_SMALL, False),
    ],
)
def test_a_small_picture_is_hashed_where_pdq_can_and_marked(
    size: tuple[int, int], status: Status, hashed: bool
) -> None:
    found = fingerprint(saved(picture(*size), "PNG"))
    assert (found.status, found.pdq is not None) == (status, hashed)
    assert (found.width, found.height) == size


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "BMP", "GIF"])
def test_an_even_picture_is_flat_in_every_format(kind: str) -> None:
    found = fingerprint(saved(Image.new("RGB", (100, 100), "navy"), kind))
    assert (found.status, found.pdq_quality) == (Status.FLAT, 0)
    assert found.pdq is not None


@pytest.mark.parametrize(
    "data",
    [b"%!PS-Adobe-3.0 EPSF", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0" * 99,
     b"BM, said the postcard", b"\x00\x00\x00\x18ftypisom\0\0\0\0isommp42", b"MZ", b"\xff"],
)  # fmt: skip
def test_what_is_no_picture_reaches_no_decoder(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.engine.media.examination.decode", None)
    assert fingerprint(data).status is Status.UNSUPPORTED
