"""Drawn pictures that say nothing: plaid, stripes, tiles, gradients, blurs, pages, windows.

A hash list with such an entry accuses the innocent. Each family draws RGB pictures, sides
mostly 128 to 384, from a random generator, so that two draws differ as two shirts or two
spreadsheets do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Picture: TypeAlias = npt.NDArray[np.uint8]
Plane: TypeAlias = npt.NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator], Picture]


def solid(rng: np.random.Generator) -> Picture:
    """One colour with a little noise."""
    height, width = _size(rng)
    plain = np.broadcast_to(rng.uniform(0, 255, 3), (height, width, 3))
    return _picture(plain + rng.normal(0, rng.uniform(0, 4), (height, width, 1)))


def stripes(rng: np.random.Generator) -> Picture:
    """Two colours in turn, at any angle or upright, hard or soft edges."""
    y, x = _axes(rng)
    angle = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)])
    return _two_colours(rng, _wave(rng, x * np.cos(angle) + y * np.sin(angle)))


def checker(rng: np.random.Generator) -> Picture:
    """A chessboard, upright or turned."""
    y, x = _axes(rng)
    angle = rng.choice([0, rng.uniform(0, np.pi)])
    across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    period = rng.uniform(12, 100)
    return _two_colours(
        rng, np.sign(np.sin(across * 2 * np.pi / period) * np.sin(along * 2 * np.pi / period))
    )


def plaid(rng: np.random.Generator) -> Picture:
    """A tartan: threads of several colours crossing, one sett for warp and weft."""
    y, x = _axes(rng)
    widths = rng.integers(3, 40, rng.integers(3, 9))
    colours = rng.uniform(0, 255, (len(widths), 3))
    sett = np.repeat(colours, widths, axis=0)
    sett = np.concatenate((sett, sett[::-1]))
    warp = sett[(x.astype(int) + rng.integers(0, len(sett))) % len(sett)]
    weft = sett[(y.astype(int) + rng.integers(0, len(sett))) % len(sett)]
    twill = (((x + y).astype(int) % 4) < 2)[..., None]
    woven = np.where(twill, warp, weft) if rng.random() < 0.5 else (warp + weft) / 2
    return _picture(woven + rng.normal(0, 3, (*x.shape, 1)))


def gingham(rng: np.random.Generator) -> Picture:
    """Light and dark bands that multiply where they cross: the lumberjack's shirt."""
    y, x = _axes(rng)
    period, shade = rng.uniform(12, 120), rng.uniform(0.2, 0.7)
    start = rng.uniform(0, period, 2)
    bands = [
        np.where(((axis + first) % period) < period / 2, shade, 1)
        for axis, first in zip((x, y), start, strict=True)
    ]
    cloth = (bands[0] * bands[1])[..., None] * rng.uniform(120, 255, 3)
    return _picture(cloth + rng.normal(0, 4, (*x.shape, 1)))


def tiles(rng: np.random.Generator) -> Picture:
    """A small random ornament repeated: wallpaper, bathroom tiles, a desktop background."""
    height, width = _size(rng)
    side = rng.integers(12, 110, 2)
    small = rng.uniform(0, 255, (rng.integers(3, 9), rng.integers(3, 9), 3))
    high, wide = int(side[0]), int(side[1])
    ornament = Image.fromarray(_picture(small)).resize((wide, high), Image.Resampling.BICUBIC)
    grid = (-(-height // high), -(-width // wide), 1)
    return np.tile(np.asarray(ornament), grid)[:height, :width].copy()


def dots(rng: np.random.Generator) -> Picture:
    """A lattice of dots, straight or staggered."""
    y, x = _axes(rng)
    period = rng.uniform(14, 110)
    row = np.floor(y / period)
    shift = rng.choice([0.0, 0.5]) * (row % 2) * period
    away = np.hypot((x + shift) % period - period / 2, y % period - period / 2)
    return _two_colours(rng, np.where(away < period * rng.uniform(0.15, 0.45), 1.0, -1.0))


def bricks(rng: np.random.Generator) -> Picture:
    """A wall: staggered stones with joints, each stone a shade of its own."""
    y, x = _axes(rng)
    high, wide = rng.uniform(14, 50), rng.uniform(30, 110)
    row = np.floor(y / high)
    along = x / wide + 0.5 * (row % 2)
    joint = ((y % high) < 3) | (((along % 1) * wide) < 3)
    shades = rng.normal(0, rng.uniform(0, 25), (64, 64))
    stone = 130 + shades[row.astype(int) % 64, np.floor(along).astype(int) % 64]
    return _picture(np.where(joint, 210, stone)[..., None] * rng.uniform(0.5, 1, 3))


def gradient(rng: np.random.Generator) -> Picture:
    """One colour into another, straight or round, some in several steps."""
    y, x = _axes(rng)
    angle = rng.uniform(0, 2 * np.pi)
    straight = x * np.cos(angle) + y * np.sin(angle)
    middle = rng.uniform(0, 1, 2) * (x.max(), y.max())
    ramp = straight if rng.random() < 0.5 else np.hypot(x - middle[0], y - middle[1])
    share = (ramp - ramp.min()) / np.ptp(ramp)
    ends = rng.uniform(0, 255, (int(rng.integers(2, 4)), 3))
    knots = np.linspace(0, 1, len(ends))
    return _picture(np.stack([np.interp(share, knots, ends[:, c]) for c in range(3)], axis=2))


def blurhash(rng: np.random.Generator) -> Picture:
    """What a placeholder shows before the picture comes: 3 to 9 waves each way, the long ones
    strongest, as in the pictures they stand for."""
    height, width = _size(rng)
    down, across = int(rng.integers(3, 10)), int(rng.integers(3, 10))
    order = np.add.outer(np.arange(down), np.arange(across))[..., None] + 1
    weights = rng.normal(0, rng.uniform(40, 130), (down, across, 3)) / order
    weights[0, 0] = rng.uniform(80, 170, 3)
    rows = np.cos(np.pi * np.arange(down)[:, None] * (np.arange(height) + 0.5) / height)
    columns = np.cos(np.pi * np.arange(across)[:, None] * (np.arange(width) + 0.5) / width)
    return _picture(np.einsum("ih,jw,ijc->hwc", rows, columns, weights))


def text_page(rng: np.random.Generator) -> Picture:
    """Paragraphs of ink on paper: words as grey runs, lines of even height."""
    page = Image.new("RGB", (int(rng.integers(300, 640)), int(rng.integers(400, 640))), "white")
    pen = ImageDraw.Draw(page)
    _write(pen, rng, (20, 24, page.width - 20, page.height - 24))
    return np.asarray(page)


def window(rng: np.random.Generator) -> Picture:
    """A program's window: bars, a side list, a table or text, buttons."""
    width, height = int(rng.integers(400, 640)), int(rng.integers(300, 640))
    page = Image.new("RGB", (width, height), _grey(rng, 235, 256))
    pen = ImageDraw.Draw(page)
    bar, side = int(rng.integers(24, 60)), int(rng.integers(60, 180))
    pen.rectangle((0, 0, width, bar), fill=_grey(rng, 40, 200))
    pen.rectangle((0, bar, side, height), fill=_grey(rng, 190, 240))
    _write(pen, rng, (8, bar + 12, side - 8, height - 10))
    _write(pen, rng, (side + 14, bar + 16, width - 14, height - 50))
    pen.rectangle((width - 120, height - 36, width - 20, height - 12), fill=_grey(rng, 60, 160))
    return np.asarray(page)


FAMILIES: Final[dict[str, Draw]] = {
    "solid": solid,
    "stripes": stripes,
    "checker": checker,
    "plaid": plaid,
    "gingham": gingham,
    "tiles": tiles,
    "dots": dots,
    "bricks": bricks,
    "gradient": gradient,
    "blurhash": blurhash,
    "text page": text_page,
    "window": window,
}


def _write(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, box: tuple[int, int, int, int]
) -> None:
    """Lines of words, drawn as dark runs, with gaps between paragraphs."""
    left, top, right, bottom = box
    size = int(rng.integers(6, 14))
    y = top
    while y + size < bottom:
        x, end = left, right if rng.random() < 0.8 else left + int((right - left) * rng.random())
        while x < end:
            run = int(rng.integers(size, 6 * size))
            pen.rectangle((x, y, min(x + run, end), y + size // 2), fill=_grey(rng, 30, 130))
            x += run + size // 2 + 1
        y += int(size * (1.7 if rng.random() < 0.85 else 3.4))


def _grey(rng: np.random.Generator, low: int, after: int) -> tuple[int, int, int]:
    tone = int(rng.integers(low, after))
    return tone, tone, tone


def _size(rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(128, 385)), int(rng.integers(128, 385))


def _axes(rng: np.random.Generator) -> tuple[Plane, Plane]:
    height, width = _size(rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return y, x


def _wave(rng: np.random.Generator, along: Plane) -> Plane:
    wave = np.sin(along * 2 * np.pi / rng.uniform(12, 120) + rng.uniform(0, 6.3))
    return np.sign(wave) if rng.random() < 0.5 else wave


def _two_colours(rng: np.random.Generator, level: Plane) -> Picture:
    """`level` from -1 to 1 as a mix of two colours that can be told apart."""
    one = rng.uniform(0, 255, 3)
    other = np.where(one > 128, one - rng.uniform(60, 128), one + rng.uniform(60, 128))
    share = (level[..., None] + 1) / 2
    return _picture(one * share + other * (1 - share) + rng.normal(0, 3, (*level.shape, 1)))


def _picture(drawn: Plane) -> Picture:
    return np.clip(drawn, 0, 255).round().astype(np.uint8)
