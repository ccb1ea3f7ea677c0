"""Every format and colour mode that we read gives the hash of its picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine.media.drawn import distance_bits, landscape, picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint

SAMPLES = Path(__file__).parent / "samples"
REFERENCE = fingerprint(saved(picture(), "PNG"))

# Format as we name it, as Pillow's encoder names it, its options, bits it may move the hash.
FILES = [
    ("png", "PNG", {}, 0),
    ("bmp", "BMP", {}, 0),
    ("webp", "WEBP", {"lossless": True}, 0),
    ("webp", "WEBP", {"quality": 80}, 6),
    ("jpeg", "JPEG", {"quality": 90}, 6),
    ("jpeg", "JPEG", {"quality": 90, "progressive": True, "subsampling": 0}, 6),
    ("avif", "AVIF", {"quality": 80}, 6),
]


@pytest.mark.parametrize(("name", "encoder", "how", "bits"), FILES)
def test_every_format_gives_the_hash_of_its_picture(
    name: str, encoder: str, how: dict[str, object], bits: int
) -> None:
    found = fingerprint(saved(picture(), encoder, **how))
    assert (found.status, found.format) == (Status.OK, name)
    assert (found.width, found.height) == (320, 240)
    assert distance_bits(found.pdq, REFERENCE.pdq) <= bits
    assert (found.hasher, found.dialect) == ("tocsin-pdq/1", "full")


def test_a_heic_file_gives_the_hash_of_its_picture() -> None:
    found = fingerprint((SAMPLES / "landscape.heic").read_bytes())
    assert (found.status, found.format) == (Status.OK, "heic")
    assert distance_bits(found.pdq, REFERENCE.pdq) <= 6


def test_a_gif_is_hashed_in_its_colours_and_not_in_its_palette_numbers() -> None:
    indexed = picture().quantize(128)
    found = fingerprint(saved(indexed, "GIF"))
    assert found.format == "gif"
    assert found.pdq == fingerprint(saved(indexed.convert("RGB"), "PNG")).pdq
    assert distance_bits(found.pdq, REFERENCE.pdq) <= 16


@pytest.mark.parametrize("encoder", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_is_hashed_by_its_first_frame(encoder: str) -> None:
    frames = [picture(seed=seed) for seed in (1, 2, 3)]
    moving = saved(
        frames[0], encoder, save_all=True, append_images=frames[1:], duration=100, loop=0
    )
    found = fingerprint(moving)
    assert found.status is Status.OK
    assert distance_bits(found.pdq, REFERENCE.pdq) <= 16


def test_a_jpeg_with_a_second_picture_in_it_is_hashed_by_the_first() -> None:
    pair = saved(picture(), "MPO", save_all=True, append_images=[picture(seed=2)])
    found = fingerprint(pair)
    assert (found.status, found.format) == (Status.OK, "jpeg")
    assert distance_bits(found.pdq, REFERENCE.pdq) <= 6


def test_tiff_is_read_only_when_switched_on() -> None:
    data = saved(picture(), "TIFF")
    off = fingerprint(data)
    assert (off.status, off.format, off.pdq) == (Status.UNSUPPORTED, "tiff", None)
    on = fingerprint(data, options=MediaOptions(tiff=True))
    assert (on.status, on.pdq) == (Status.OK, REFERENCE.pdq)


def _modes() -> dict[str, tuple[Image.Image, str]]:
    drawn = picture()
    veiled = drawn.copy()
    veiled.putalpha(Image.linear_gradient("L").resize(drawn.size))
    return {
        "1": (drawn.convert("1"), "PNG"),
        "L": (drawn.convert("L"), "PNG"),
        "LA": (drawn.convert("LA"), "PNG"),
        "P": (drawn.quantize(256), "PNG"),
        "RGBA": (veiled, "PNG"),
        "CMYK": (drawn.convert("CMYK"), "JPEG"),
        "YCbCr": (drawn.convert("YCbCr"), "JPEG"),
        "RGBA lossy": (veiled, "WEBP"),
    }


@pytest.mark.parametrize("mode", _modes())
def test_every_colour_mode_is_hashed_as_a_white_page_shows_it(mode: str) -> None:
    image, encoder = _modes()[mode]
    found = fingerprint(saved(image, encoder))
    assert found.status is Status.OK
    # Hashed raw, palette numbers or CMYK planes end up 36 to 256 bits away.
    assert distance_bits(found.pdq, REFERENCE.pdq) <= 24
    if encoder == "PNG":
        assert found.pdq == fingerprint(saved(_on_white(image), "PNG")).pdq


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(page, image.convert("RGBA")).convert("RGB")


def test_sixteen_bit_grey_keeps_its_upper_eight_bits() -> None:
    grey = landscape()[:, :, 1]
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    shallow = Image.fromarray(grey)
    assert fingerprint(saved(deep, "PNG")).pdq == fingerprint(saved(shallow, "PNG")).pdq


def test_different_pictures_are_far_apart() -> None:
    hashes = [fingerprint(saved(picture(seed=seed), "PNG")).pdq for seed in range(1, 8)]
    assert all(
        distance_bits(one, other) > 60
        for number, one in enumerate(hashes)
        for other in hashes[:number]
    )
