"""A picture that says too little as a whole is asked for by its windows, and a pattern is not."""

import numpy as np
import pytest
from PIL import Image

from tests.engine.media.drawn import picture, saved
from tocsin.engine import Fingerprints, Level, MediaOptions, NearIndex, fingerprint, search
from tocsin.engine.fingerprints import Gate
from tocsin.engine.search import Use

WIDE, HIGH = 480, 360


def battery_of(image: Image.Image) -> Fingerprints:
    return fingerprint(saved(image, "PNG"), options=MediaOptions(battery=True))


def pasted_twice() -> Image.Image:
    sheet = Image.new("RGB", (2 * WIDE, HIGH))
    for place in (0, WIDE):
        sheet.paste(picture(WIDE, HIGH), (place, 0))
    return sheet


def small_on_a_page() -> Image.Image:
    page = Image.new("RGB", (4 * WIDE, 4 * HIGH), "white")
    page.paste(picture(WIDE, HIGH), (WIDE, HIGH))
    return page


@pytest.mark.parametrize("copy", [pasted_twice(), small_on_a_page()])
def test_a_listed_picture_is_found_behind_a_gate_for_a_person_to_look_at(copy: Image.Image) -> None:
    listed = fingerprint(saved(picture(WIDE, HIGH), "PNG")).pdq
    assert listed is not None
    hashes = np.frombuffer(listed, np.uint8)[None]
    index = NearIndex.build(hashes, np.array([1], np.uint64))
    found = battery_of(copy)
    assert found.pictures[0].gate in {Gate.PERIODICITY, Gate.ENTROPY, Gate.QUALITY}
    assert search(found, near=index, exact={}, level=Level.NEAR) == ()
    [match] = search(found, near=index, exact={}, level=Level.THOROUGH)
    assert match.use is Use.REVIEW
    assert match.found_by.startswith(("left half", "right half", "border trimmed"))


def plaid() -> Image.Image:
    y, x = np.mgrid[0:400, 0:400]
    tones = 128 + 60 * np.sign(np.sin(x / 9)) + 60 * np.sign(np.sin(y / 13))
    return Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8))


def stripes() -> Image.Image:
    _, x = np.mgrid[0:400, 0:400]
    return Image.fromarray(((x // 20 % 2) * 200 + 20).astype(np.uint8))


@pytest.mark.parametrize("pattern", [plaid(), stripes(), Image.new("L", (300, 300), 90)])
def test_no_window_on_a_pattern_is_asked_for(pattern: Image.Image) -> None:
    found = battery_of(pattern)
    assert found.pictures[0].gate is not None
    assert found.pictures[0].variants == ()


@pytest.mark.parametrize("image", [picture(60, 60), Image.new("RGB", (2000, 2000), "white")])
def test_too_few_pixels_or_bytes_have_no_windows(image: Image.Image) -> None:
    found = battery_of(image)
    assert found.pictures[0].gate is not None
    assert found.pictures[0].variants == ()
