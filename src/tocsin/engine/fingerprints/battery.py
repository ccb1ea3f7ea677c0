"""The query battery: a picture's hash as it would be without what may have been done to it.

A list holds one PDQ of a picture. A copy that was mirrored, cropped, framed, captioned or shown in
a screenshot has another. So the copy is asked for several times: as it is, and as it would be had
that not been done. All of it happens on the side of the question; no list changes.

A match that only a variant found is for a person to look at, never for blocking: each variant names
its transformation, and whoever searches must keep the two apart.

Everything starts from 256 x 256 means of the luma (`mean_bands`). A window is 64 x 64 points of
them, a look-up (`sheets`); the hashes of all windows come out of two batched products (`forms`).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints import framing, lettering, windows
from tocsin.engine.fingerprints.distinctive import says_enough
from tocsin.engine.fingerprints.forms import FORMS, UPRIGHT_FORMS, hashes_of, qualities_of
from tocsin.engine.fingerprints.keeping import kept_for_usual_lengths
from tocsin.engine.fingerprints.pdq import Bands, Weights
from tocsin.engine.fingerprints.sheets import (
    CELLS,
    Blocks,
    Places,
    Sheets,
    sharp_places,
    sheets_of,
    soft_places,
)
from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY, Variant
from tocsin.engine.fingerprints.windows import Frame, Window, upright

MEANS: Final = CELLS
"""Means along each axis of what `variants_of` takes."""

Means = NDArray[np.float32]

_AS_IT_IS: Final = "as it is"
_INVERTED: Final = "inverted"
_BORDER_TONES: Final = (2.5, 6.0)
_BAR_TONES: Final = 8.0
_BAR_SHARE: Final = 0.2
_PARTS_OF_PAGE: Final = 3
# A window narrower than this holds so few means that they stand for PDQ's own blur.
_SHARP_BELOW: Final = 0.75
_SQUARE_WITHIN: Final = 0.03
# How much contrast may be added to a dark or pale picture before its grain would count.
_MOST_STRETCH: Final = 2.0
_LEAST_STRETCH: Final = 1.05


class WrongMeans(ValueError):
    """What was given as the means of a picture is not that."""


class WrongAspect(ValueError):
    """What was given as an aspect is not a width divided by a height."""


def mean_bands(length: int) -> Bands:
    """Where each of the 256 means along an axis of `length` pixels lies: for `pdq.reduced`.

    Each is (first pixel, float32 weights summing to 1). A pixel that two means share counts for
    each with its part. Raises ValueError for a length below 1.
    """
    if length < 1:
        raise ValueError(f"An axis has at least one pixel, not {length}.")
    return _mean_bands(length)


@kept_for_usual_lengths
def _mean_bands(length: int) -> Bands:
    return tuple(_mean_band(cell * length, (cell + 1) * length) for cell in range(MEANS))


def _mean_band(start: int, end: int) -> tuple[int, Weights]:
    """From `start` to `end`, in 256ths of a pixel: whole numbers, so nothing is rounded."""
    first, after = start // MEANS, -(-end // MEANS)
    edges = np.clip(np.arange(first, after + 1) * MEANS, start, end)
    return first, (np.diff(edges) / (end - start)).astype(np.float32)


def variants_of(means: NDArray[np.floating], aspect: float = 1.0) -> tuple[Variant, ...]:
    """The hashes to ask for besides the picture's own, each with the name of its transformation.

    `means` is float[256, 256]: the luma (0 to 255) reduced by `mean_bands` along both axes;
    `aspect` is the picture's width divided by its height. Names are those of `catalogue`. Windows
    of a PDQ quality below 50 are left out, and of equal hashes the first stays: a flat picture has
    no variants. The same input gives the same variants in the same order.

    For asking only: what only a variant finds is for review, never for blocking. Raises
    `WrongMeans` or `WrongAspect`.
    """
    means = _checked(means)
    if not (math.isfinite(aspect) and aspect > 0):
        raise WrongAspect(f"The aspect must be a width divided by a height, not {aspect}.")
    return _each_once(_every_variant(means, aspect))


def variants_of_a_gated_picture(
    means: NDArray[np.floating], aspect: float = 1.0
) -> tuple[Variant, ...]:
    """Of `variants_of` what may be asked for of a picture that a gate holds back as a whole.

    A picture that is only dark or pale, so that its quality is low, has them all: its contrast is
    stretched (to twice what it is at most), which leaves its hash as it is and its quality as it
    was before somebody darkened it.

    Of others, those of windows inside the picture that say enough by themselves: pasted twice side
    by side it repeats itself, and small on a page it has few tones, but one window on it shows what
    was pasted. A pattern has no such window. (Windows that go on beyond the edge would have some:
    what is made up there breaks the pattern.) Raises `WrongMeans` or `WrongAspect`.
    """
    means = _checked(means)
    stretched = _stretched(means)
    if stretched is not None:
        return variants_of(stretched, aspect)
    sheets = sheets_of(means)
    whole, parts = _framed(means)
    blocks = np.concatenate(
        [
            sheets.soft_blocks(soft_places(whole)),
            sheets.sharp_blocks(_places_of_parts()),
            sheets.sharp_blocks(sharp_places(parts)),
        ]
    )
    names = [window.name for window in (*whole, *windows.parted(), *parts)]
    kept = [place for place, block in enumerate(blocks) if says_enough(block.astype(np.float64))]
    return _each_once(_variants([names[place] for place in kept], blocks[kept], len(FORMS)))


def _stretched(means: Means) -> Means | None:
    """A dark or pale picture with its contrast stretched; None where that is not what it lacks."""
    darkest, span = float(means.min()), float(means.max() - means.min())
    factor = min(_MOST_STRETCH, 255 / max(span, 1.0))
    if factor < _LEAST_STRETCH or _quality_of_whole(means)[0] >= FLAT_BELOW_QUALITY:
        return None
    stretched = np.clip((means - darkest) * np.float32(factor), 0, 255)
    quality, block = _quality_of_whole(stretched)
    return stretched if quality >= FLAT_BELOW_QUALITY and says_enough(block) else None


def _quality_of_whole(means: Means) -> tuple[int, NDArray[np.float64]]:
    blocks = sheets_of(means).soft_blocks(_place_of_whole())
    return int(qualities_of(blocks)[0]), blocks[0].astype(np.float64)


def catalogue() -> tuple[str, ...]:
    """Every name that a variant may carry, each once."""
    eight = [_AS_IT_IS, *(w.name for w in (*_turned_all_ways(), *windows.parted())), *_framings()]
    two = [w.name for w in (*_kept_upright(), *windows.unsquared(), *windows.turned(1.0))]
    return tuple(
        [_named(name, form) for name in eight for form in FORMS]
        + [_named(name, form) for name in (*two, *lettering.names())
           for form in FORMS[:UPRIGHT_FORMS]]
        + [_named(_INVERTED, form) for form in FORMS[:UPRIGHT_FORMS]]
    )  # fmt: skip


def _each_once(variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """Of equal hashes the first."""
    first: dict[bytes, Variant] = {}
    for variant in variants:
        first.setdefault(variant.value, variant)
    return tuple(first.values())


def _checked(means: NDArray[np.floating]) -> Means:
    if not (isinstance(means, np.ndarray) and np.issubdtype(means.dtype, np.floating)):
        raise WrongMeans("The means must be a NumPy array of floats: reduce by `mean_bands`.")
    if means.shape != (MEANS, MEANS):
        raise WrongMeans(f"The means must be {MEANS} x {MEANS}, not {means.shape}.")
    # Asked this way round it refuses NaN too. Half a tone is for the rounding of weighted sums.
    if not (means.min() >= -0.5 and means.max() <= 255.5):
        raise WrongMeans("The means must be tones from 0 to 255, all of them numbers.")
    return means.astype(np.float32, copy=False)


def _every_variant(means: Means, aspect: float) -> Iterator[Variant]:
    sheets = sheets_of(means)
    whole, parts = _framed(means)
    names, blocks = _blocks_with_all_forms(sheets, whole, parts)
    plain = list(_variants(names, blocks, len(FORMS)))
    yield from plain
    yield from _variants(*_blocks_with_two_forms(sheets, means, aspect), UPRIGHT_FORMS)
    upright_names = {_named(_AS_IT_IS, form): form for form in FORMS[:UPRIGHT_FORMS]}
    yield from (_complement(v, upright_names[v.transformation])
                for v in plain if v.transformation in upright_names)  # fmt: skip


def _blocks_with_all_forms(
    sheets: Sheets, whole: Sequence[Window], parts: Sequence[Window]
) -> tuple[list[str], Blocks]:
    fixed = (upright(_AS_IT_IS, Frame()), *_turned_all_ways())
    blocks = [
        sheets.soft_blocks(_places_all_ways()),
        sheets.soft_blocks(soft_places(whole)),
        sheets.sharp_blocks(_places_of_parts()),
        sheets.sharp_blocks(sharp_places(parts)),
    ]
    named = (*fixed, *whole, *windows.parted(), *parts)
    return [window.name for window in named], np.concatenate(blocks)


def _blocks_with_two_forms(sheets: Sheets, means: Means, aspect: float) -> tuple[list[str], Blocks]:
    near = _rounded(aspect)
    square = windows.unsquared() if abs(aspect - 1) < _SQUARE_WITHIN else ()
    blocks = [
        sheets.soft_blocks(_places_upright()),
        sheets.soft_blocks(soft_places(square)),
        sheets.soft_blocks(_places_turned(near)),
        lettering.cleaned_blocks(means),
    ]
    named = (*_kept_upright(), *square, *windows.turned(near))
    return [*(window.name for window in named), *lettering.names()], np.concatenate(blocks)


def _variants(names: Sequence[str], blocks: Blocks, forms: int) -> Iterator[Variant]:
    qualities = qualities_of(blocks)
    kept = np.flatnonzero(qualities >= FLAT_BELOW_QUALITY).tolist()
    hashes = hashes_of(blocks[kept], forms)
    for place, values in zip(kept, hashes, strict=True):
        for form, value in zip(FORMS, values, strict=False):
            yield Variant(_named(names[place], form), value.tobytes(), int(qualities[place]))


def _named(window: str, form: str) -> str:
    if window == _AS_IT_IS:
        return form or window
    return f"{window} · {form}" if form else window


def _complement(variant: Variant, form: str) -> Variant:
    """Inverting a picture negates every coefficient: exactly the other 256 bits."""
    value = bytes(255 - byte for byte in variant.value)
    return Variant(_named(_INVERTED, form), value, variant.quality)


def _turned_all_ways() -> tuple[Window, ...]:
    return tuple(w for w in windows.uncropped() if w.name.endswith("all round"))


def _kept_upright() -> tuple[Window, ...]:
    return tuple(w for w in windows.uncropped() if not w.name.endswith("all round"))


@lru_cache(maxsize=1)
def _places_all_ways() -> Places:
    return soft_places((upright(_AS_IT_IS, Frame()), *_turned_all_ways()))


@lru_cache(maxsize=1)
def _place_of_whole() -> Places:
    return soft_places((upright(_AS_IT_IS, Frame()),))


@lru_cache(maxsize=1)
def _places_upright() -> Places:
    return soft_places(_kept_upright())


@lru_cache(maxsize=1)
def _places_of_parts() -> Places:
    return sharp_places(windows.parted())


@lru_cache(maxsize=16)
def _places_turned(aspect: float) -> Places:
    return soft_places(windows.turned(aspect))


def _rounded(aspect: float) -> float:
    """To a percent or so, so that the windows of usual aspects are made once."""
    return float(2.0 ** (round(math.log2(aspect) * 64) / 64))


def _framings() -> tuple[str, ...]:
    """Names of what `_framed` may find, in its order."""
    borders = [f"border trimmed (tolerance {tones:g})" for tones in _BORDER_TONES]
    bars = ("bar above trimmed", "bar below trimmed")
    return (*borders, *bars, *(f"part {n} of a page" for n in range(1, _PARTS_OF_PAGE + 1)))


def _framed(means: Means) -> tuple[list[Window], list[Window]]:
    """Windows on what a border, a bar or a page surrounds: the large ones and the small ones."""
    borders = [framing.trimmed(means, tones) for tones in _BORDER_TONES]
    bars = framing.without_bar(means, _BAR_TONES, _BAR_SHARE)
    parts = framing.parts_of_page(means, _PARTS_OF_PAGE)
    boxes: dict[framing.Box, str] = {}
    for name, box in zip(_framings(), (*borders, *bars, *parts), strict=False):
        if box.cells < means.size:
            boxes.setdefault(box, name)
    found = [(box.shorter, upright(name, _frame(box))) for box, name in boxes.items()]
    sharp = _SHARP_BELOW * MEANS
    return [w for side, w in found if side >= sharp], [w for side, w in found if side < sharp]


def _frame(box: framing.Box) -> Frame:
    return Frame(*(edge / MEANS for edge in box))
