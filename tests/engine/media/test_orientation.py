"""EXIF orientation: the stored pixels are the hash, the shown ones a second one."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Dialect

SAMPLES = Path(__file__).parent / "samples"


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _turned(data: bytes) -> bytes:
    """The picture as a viewer shows it, without loss and without a tag."""
    with Image.open(io.BytesIO(data)) as image:
        return saved(ImageOps.exif_transpose(image), "PNG", exif=Image.Exif())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_stored_pixels_are_hashed_and_the_turned_ones_as_well(
    kind: str, orientation: int
) -> None:
    drawn = picture(321, 243)
    data = saved(drawn, kind, exif=_exif(orientation))
    options = MediaOptions(tiff=True)
    found = fingerprint(data, options=options)
    assert (found.width, found.height) == (321, 243)
    assert found.pdq == fingerprint(saved(drawn, kind), options=options).pdq
    shown = fingerprint(_turned(data))
    if orientation == 1:
        assert found.pdq_oriented is None
    else:
        assert distance_bits(found.pdq_oriented, shown.pdq) == 0
        assert distance_bits(found.pdq_oriented, found.pdq) > 60


def test_a_hash_of_the_shown_picture_is_made_in_the_full_dialect_alone() -> None:
    hashes = fingerprint(saved(picture(700, 500), "PNG", exif=_exif(6))).pictures[0]
    assert hashes.pdq_512 is not None
    assert hashes.pdq_oriented is not None
    assert hashes.pdq_oriented.dialect is Dialect.FULL
    # The squashed one is of the pixels as stored.
    plain = fingerprint(saved(picture(700, 500), "PNG")).pictures[0]
    assert plain.pdq_512 == hashes.pdq_512


@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_avif_turned_by_its_container_is_hashed_both_ways(orientation: int) -> None:
    data = saved(picture(), "AVIF", exif=_exif(orientation), quality=90)
    found = fingerprint(data)
    assert (found.width, found.height) == (320, 240)
    assert distance_bits(found.pdq, fingerprint(saved(picture(), "PNG")).pdq) <= 6
    assert distance_bits(found.pdq_oriented, fingerprint(_turned(data)).pdq) == 0


def test_a_heic_turned_by_its_container_is_hashed_as_it_is_shown() -> None:
    found = fingerprint((SAMPLES / "landscape-turned.heic").read_bytes())
    shown = fingerprint(saved(picture().transpose(Image.Transpose.ROTATE_270), "PNG"))
    assert (found.status, found.width, found.height) == (Status.OK, 240, 320)
    assert distance_bits(found.pdq, shown.pdq) <= 6
    assert found.pdq_oriented is None


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(value: int) -> None:
    found = fingerprint(saved(picture(), "JPEG", exif=_exif(value)))
    assert (found.status, found.pdq_oriented) == (Status.OK, None)


@pytest.mark.filterwarnings("ignore")  # Pillow remarks on it
def test_a_broken_exif_block_does_not_cost_the_picture() -> None:
    data = saved(picture(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + bytes(range(60)))
    assert fingerprint(data).status is Status.OK
