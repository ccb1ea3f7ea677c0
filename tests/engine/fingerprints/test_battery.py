from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from tests.engine.media.drawn import distance_bits, picture
from tocsin.engine.fingerprints.battery import (
    MEANS,
    WrongAspect,
    WrongMeans,
    catalogue,
    mean_bands,
    variants_of,
    variants_of_a_gated_picture,
)
from tocsin.engine.fingerprints.pdq import pdq_of_luma
from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY, Variant

Plane = NDArray[np.float32]
BLOCK_BITS = 31
SEEDS = (1, 2, 3)
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def luma_of(image: Image.Image) -> Plane:
    plane: Plane = np.asarray(image.convert("RGB")).astype(np.float32) @ LUMA
    return plane


def means_of(luma: Plane) -> Plane:
    tall = np.stack([w @ luma[lo : lo + len(w)] for lo, w in mean_bands(luma.shape[0])])
    return np.stack([tall[:, lo : lo + len(w)] @ w for lo, w in mean_bands(luma.shape[1])], axis=1)


def variants(image: Image.Image) -> dict[str, Variant]:
    found = variants_of(means_of(luma_of(image)), image.width / image.height)
    return {variant.transformation: variant for variant in found}


def plain(image: Image.Image) -> bytes:
    return pdq_of_luma(luma_of(image))[0]


def distances(original: Image.Image, copy: Image.Image) -> dict[str, int]:
    listed = plain(original)
    return {name: distance_bits(v.value, listed) for name, v in variants(copy).items()}


def hills(seed: int) -> Image.Image:
    """A drawn landscape with a few things in it: enough to be cropped and still be known."""
    image = picture(720, 540, seed)
    pen = ImageDraw.Draw(image)
    random = np.random.default_rng(seed)
    for _ in range(28):
        x, y = int(random.integers(-40, 720)), int(random.integers(-40, 540))
        wide, high = (int(side) for side in random.integers(30, 190, 2))
        tones = tuple(int(tone) for tone in random.integers(15, 235, 3))
        pen.ellipse((x, y, x + wide, y + high), (tones[0], tones[1], tones[2]))
    return image


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (
            round(left * width),
            round(top * height),
            round(width - right * width),
            round(height - bottom * height),
        )
    )


def captioned(image: Image.Image, *, above: bool) -> Image.Image:
    sheet = Image.new("RGB", (image.width, image.height + 100), (255, 255, 255))
    sheet.paste(image, (0, 100 if above else 0))
    line = "what one sees from the hill behind the house"
    at = (20, 30 if above else image.height + 30)
    ImageDraw.Draw(sheet).text(at, line, (0, 0, 0), font=ImageFont.load_default(28))
    return sheet


def lettered(image: Image.Image) -> Image.Image:
    copy = image.copy()
    font = ImageFont.load_default(62)
    for text, y in (("ONE DOES NOT SIMPLY", 54), ("WALK INTO THE HILLS", 482)):
        ImageDraw.Draw(copy).text(
            (360, y), text, "white", font=font, anchor="mm", stroke_width=4, stroke_fill="black"
        )
    return copy


def on_a_page(image: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (1200, 800), (248, 248, 248))
    pen = ImageDraw.Draw(sheet)
    for line in range(14):
        pen.text((30, 110 + 30 * line), "words and words", (30, 30, 30))
    sheet.paste(image.resize((640, 480)), (260, 130))
    return sheet


def in_quarters(image: Image.Image, seed: int) -> Image.Image:
    sheet = Image.new("RGB", (1440, 1080))
    others = [hills(seed + step) for step in (10, 20, 30)]
    for place, part in enumerate((others[0], image, others[1], others[2])):
        sheet.paste(part, (place % 2 * 720, place // 2 * 540))
    return sheet


Edit = Callable[[Image.Image], Image.Image]
NAMED_EDITS: dict[str, tuple[Edit, str]] = {
    "mirrored": (ImageOps.mirror, "mirrored"),
    "flipped": (ImageOps.flip, "flipped"),
    "turned round": (lambda i: i.transpose(Image.Transpose.ROTATE_180), "rotated 180°"),
    "turned left": (lambda i: i.transpose(Image.Transpose.ROTATE_90), "rotated 90°"),
    "turned right": (lambda i: i.transpose(Image.Transpose.ROTATE_270), "rotated 270°"),
    "transposed": (
        lambda i: i.transpose(Image.Transpose.TRANSPOSE),
        "mirrored and rotated 270°",
    ),
    "transversed": (
        lambda i: i.transpose(Image.Transpose.TRANSVERSE),
        "mirrored and rotated 90°",
    ),
    "inverted": (ImageOps.invert, "inverted"),
    "inverted and mirrored": (lambda i: ImageOps.mirror(ImageOps.invert(i)), "inverted · mirrored"),
    "cropped all round": (lambda i: cut(i, 0.03, 0.03, 0.03, 0.03), "un-cropped 6 % all round"),
    "cropped at the left": (lambda i: cut(i, 0.05, 0, 0, 0), "un-cropped 5 % at the left"),
    "cropped at the right": (lambda i: cut(i, 0, 0, 0.05, 0), "un-cropped 5 % at the right"),
    "cropped at the top": (lambda i: cut(i, 0, 0.05, 0, 0), "un-cropped 5 % at the top"),
    "cropped at the bottom": (lambda i: cut(i, 0, 0, 0, 0.05), "un-cropped 5 % at the bottom"),
    "cropped at a corner": (
        lambda i: cut(i, 0, 0.045, 0.045, 0),
        "un-cropped 4.5 % at the top and 4.5 % at the right",
    ),
    "cropped at both sides": (
        lambda i: cut(i, 0.03, 0, 0.03, 0),
        "un-cropped 6 % at the sides",
    ),
    "mirrored and cropped": (
        lambda i: ImageOps.mirror(cut(i, 0.03, 0.03, 0.03, 0.03)),
        "un-cropped 6 % all round · mirrored",
    ),
    "turned a little": (
        lambda i: i.rotate(3, Image.Resampling.BICUBIC),
        "turned 3° clockwise",
    ),
    "turned a little the other way": (
        lambda i: i.rotate(-5, Image.Resampling.BICUBIC),
        "turned 5° anticlockwise",
    ),
    "framed": (lambda i: ImageOps.expand(i, 30, (0, 0, 0)), "border trimmed (tolerance 2.5)"),
    "between bars": (
        lambda i: ImageOps.pad(i, (720, 760), color=(0, 0, 0)),
        "border trimmed (tolerance 2.5)",
    ),
    "captioned above": (lambda i: captioned(i, above=True), "bar above trimmed"),
    "captioned below": (lambda i: captioned(i, above=False), "bar below trimmed"),
    "on a page": (on_a_page, "part 1 of a page"),
    "one of four": (lambda i: in_quarters(i, 1), "upper right quarter"),
    "lettered": (lettered, "lettering filled in"),
    "made lighter": (lambda i: i.point([round(255 * (t / 255) ** 0.67) for t in range(256)] * 3),
                     "darkened"),
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("edit", NAMED_EDITS)
def test_the_variant_that_undoes_an_edit_finds_the_copy(edit: str, seed: int) -> None:
    alter, undone_by = NAMED_EDITS[edit]
    original = hills(seed)
    assert distances(original, alter(original))[undone_by] <= BLOCK_BITS


@pytest.mark.parametrize("edit", ["cropped at the right", "framed", "one of four", "mirrored"])
def test_plain_pdq_misses_what_the_battery_finds(edit: str) -> None:
    original = hills(1)
    altered = NAMED_EDITS[edit][0](original)
    assert distance_bits(plain(altered), plain(original)) > BLOCK_BITS


def test_a_square_cut_out_of_a_picture_is_asked_for_at_its_old_shapes() -> None:
    square = ImageOps.fit(hills(1), (540, 540))
    names = [name for name in variants(square) if name.startswith("un-cropped to")]
    assert "un-cropped to 4:3 at the sides" in names
    assert not [name for name in variants(hills(1)) if name.startswith("un-cropped to")]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_untouched_picture_has_its_own_hash_among_its_variants(seed: int) -> None:
    original = hills(seed)
    assert distances(original, original)["as it is"] <= 8


def test_the_inverted_variants_are_exact_complements() -> None:
    found = variants(hills(2))
    for upright, inverted in (("as it is", "inverted"), ("mirrored", "inverted · mirrored")):
        assert distance_bits(found[upright].value, found[inverted].value) == 256


def test_unlike_pictures_are_far_apart_in_every_variant() -> None:
    assert min(distances(hills(1), hills(5)).values()) > 60


def test_names_are_of_the_catalogue_which_holds_each_once_and_none_too_long() -> None:
    names = catalogue()
    assert len(set(names)) == len(names)
    assert max(len(name) for name in names) <= 80
    for alter, undone_by in NAMED_EDITS.values():
        found = variants(alter(hills(1)))
        assert undone_by in names
        assert set(found) <= set(names)


def test_the_same_picture_gives_the_same_variants() -> None:
    means = means_of(luma_of(hills(1)))
    assert variants_of(means.copy(), 1.5) == variants_of(means, 1.5)


def test_no_variant_comes_twice() -> None:
    values = [variant.value for variant in variants(hills(1)).values()]
    assert len(set(values)) == len(values)


def test_a_picture_is_not_written_to() -> None:
    means = means_of(luma_of(hills(1)))
    means.setflags(write=False)
    assert variants_of(means)


def test_double_precision_is_taken_as_well() -> None:
    means = means_of(luma_of(hills(1)))
    assert variants_of(means.astype(np.float64)) == variants_of(means)


def test_a_flat_picture_has_no_variants() -> None:
    assert variants_of(np.full((MEANS, MEANS), 90, np.float32)) == ()


def test_a_gradient_has_no_variants() -> None:
    ramp = np.linspace(60, 140, MEANS, dtype=np.float32)
    assert variants_of(np.tile(ramp, (MEANS, 1))) == ()


def dark(image: Image.Image, share: float) -> Image.Image:
    return image.point(lambda tone: int(tone * share))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_darkened_picture_of_low_quality_is_asked_for_with_its_contrast_stretched(
    seed: int,
) -> None:
    copy = dark(hills(seed), 0.2)
    assert pdq_of_luma(luma_of(copy))[1] < FLAT_BELOW_QUALITY
    found = variants_of_a_gated_picture(means_of(luma_of(copy)), copy.width / copy.height)
    names = {variant.transformation: variant.value for variant in found}
    assert distance_bits(names["as it is"], plain(hills(seed))) <= BLOCK_BITS


def test_stretching_contrast_makes_nothing_of_flat_pictures_gradients_and_grain() -> None:
    flat = np.full((MEANS, MEANS), 90, np.float32)
    slope = np.broadcast_to(np.linspace(60, 120, MEANS, dtype=np.float32), (MEANS, MEANS))
    grain = 90 + np.random.default_rng(1).normal(0, 2, (MEANS, MEANS)).astype(np.float32)
    for means in (flat, slope, grain):
        assert variants_of_a_gated_picture(means) == ()


def test_windows_of_low_quality_are_left_out() -> None:
    stripes = np.zeros((MEANS, MEANS), np.float32)
    stripes[:128] = means_of(luma_of(hills(1)))[:128]
    names = {variant.transformation for variant in variants_of(stripes)}
    assert "upper half" in names
    assert "lower half" not in names


@pytest.mark.parametrize(
    "means",
    [
        np.zeros((128, 128), np.float32),
        np.zeros((MEANS, MEANS), np.uint8),
        np.zeros((MEANS, MEANS, 3), np.float32),
        np.full((MEANS, MEANS), np.nan, np.float32),
        np.full((MEANS, MEANS), np.inf, np.float32),
        np.full((MEANS, MEANS), -20, np.float32),
        np.full((MEANS, MEANS), 300, np.float32),
    ],
    ids=["size", "type", "colours", "not numbers", "infinite", "negative", "too bright"],
)
def test_what_is_no_means_is_refused(means: NDArray[np.float32]) -> None:
    with pytest.raises(WrongMeans):
        variants_of(means)


@pytest.mark.parametrize("aspect", [0.0, -1.5, float("nan"), float("inf")])
def test_what_is_no_aspect_is_refused(aspect: float) -> None:
    with pytest.raises(WrongAspect):
        variants_of(np.zeros((MEANS, MEANS), np.float32), aspect)


def test_an_axis_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        mean_bands(0)


@given(length=st.integers(1, 20_000))
@settings(max_examples=60, deadline=None)
def test_bands_cover_an_axis_evenly(length: int) -> None:
    covered = np.zeros(length)
    bands = mean_bands(length)
    for first, weights in bands:
        assert 0 <= first <= first + len(weights) <= length
        assert weights.min() > 0
        covered[first : first + len(weights)] += weights
    assert len(bands) == MEANS
    np.testing.assert_allclose(covered, MEANS / length, rtol=1e-4)


@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(5, 60),
    width=st.integers(5, 60),
    aspect=st.floats(1e-3, 1e3),
    black=st.integers(0, 250),
)
@settings(max_examples=25, deadline=None)
def test_any_picture_gives_whole_hashes_of_good_quality(
    seed: int, height: int, width: int, aspect: float, black: int
) -> None:
    random = np.random.default_rng(seed)
    small = random.uniform(0, 255, (height, width)).astype(np.float32)
    means = means_of(small)
    means[:black] = 0
    names = set(catalogue())
    for variant in variants_of(means, aspect):
        assert variant.transformation in names
        assert len(variant.value) == 32
        assert FLAT_BELOW_QUALITY <= variant.quality <= 100
        assert int.from_bytes(variant.value, "big").bit_count() in range(100, 157)
