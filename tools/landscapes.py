"""Draws landscapes that were never anywhere: sky, hills, sea, trees and houses, from a seed.

They stand in for real pictures in the rehearsal and in tests. Drawn and not photographed, so that
nobody is in them, nobody owns them, and anybody can draw them again.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 480
_FINE: Final = 2  # drawn twice as large and reduced, which smooths the edges

Plane = NDArray[np.float32]  # [height, width, 3], 0 to 255
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Light:
    """The colours of a time of day: sky above and at the horizon, sun, far and near ground."""

    above: Colour
    horizon: Colour
    sun: Colour
    far: Colour
    near: Colour
    water: Colour
    leaves: Colour | None = None  # where the trees are not of the colour of the ground


NOON = Light(
    (52, 110, 190), (190, 218, 235), (255, 250, 215), (120, 150, 150), (58, 104, 40), (40, 98, 132)
)
DAWN = Light(
    (72, 84, 140), (250, 190, 150), (255, 236, 190), (140, 120, 150), (60, 66, 58), (120, 112, 140)
)
DUSK = Light(
    (38, 34, 84), (244, 128, 60), (255, 214, 120), (98, 62, 92), (28, 26, 40), (110, 66, 84)
)
NIGHT = Light((8, 12, 34), (44, 62, 104), (236, 238, 226), (30, 42, 72), (8, 14, 24), (18, 34, 66))
STORM = Light(
    (60, 66, 74), (160, 166, 168), (220, 220, 214), (92, 100, 104), (44, 54, 44), (62, 78, 84)
)
AUTUMN = Light(
    (112, 150, 190),
    (232, 222, 200),
    (255, 244, 210),
    (160, 130, 104),
    (150, 84, 30),
    (80, 104, 116),
)
WINTER = Light(
    (128, 156, 188),
    (224, 230, 238),
    (255, 252, 240),
    (176, 188, 204),
    (236, 240, 246),
    (96, 124, 146),
    (70, 92, 84),
)
DESERT = Light(
    (70, 130, 190),
    (244, 214, 170),
    (255, 246, 210),
    (206, 150, 104),
    (196, 128, 66),
    (70, 140, 150),
)


@dataclass(frozen=True)
class Scene:
    """What is to be seen. Heights and places are fractions of the picture, from the top left."""

    name: str
    seed: int
    light: Light
    sun: tuple[float, float, float]  # x, y, radius
    ridges: tuple[tuple[float, float], ...] = ()  # height of the ridge and how far it swings
    sea: float | None = None  # height of the shore line
    trees: int = 0
    houses: int = 0
    clouds: float = 0.5
    tower: float | None = None  # x of a lighthouse
    bridge: bool = False


def draw(scene: Scene) -> Image.Image:
    """Draw ``scene``: RGB, 640 x 480, the same on every run."""
    rng = np.random.default_rng(scene.seed)
    width, height = WIDTH * _FINE, HEIGHT * _FINE
    plane = _sky(scene, rng, width, height)
    shore = 1.0 if scene.sea is None else scene.sea
    nearness = [(n + 1) / len(scene.ridges) for n in range(len(scene.ridges))]
    for (base, swing), near in zip(scene.ridges, nearness, strict=True):
        if base < shore:
            _ridge(plane, scene, rng, base, swing, near)
    if scene.sea is not None:
        _sea(plane, scene, rng)
    for (base, swing), near in zip(scene.ridges, nearness, strict=True):
        if base >= shore:
            _ridge(plane, scene, rng, base, swing, near)
    canvas = Image.fromarray(_bytes(plane))
    pen = ImageDraw.Draw(canvas)
    if scene.bridge:
        _bridge(pen, scene, width, height)
    if scene.tower is not None:
        _tower(pen, scene, width, height)
    for _ in range(scene.houses):
        _house(pen, rng, width, height)
    for _ in range(scene.trees):
        _tree(pen, scene, rng, width, height)
    return _grained(canvas.resize((WIDTH, HEIGHT), Image.Resampling.BOX), rng)


def _sky(scene: Scene, rng: np.random.Generator, width: int, height: int) -> Plane:
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** 0.8
    plane = _rgb(scene.light.above) * (1 - down) + _rgb(scene.light.horizon) * down
    plane = np.repeat(plane, width, axis=1)
    clouds = np.clip(_noise(rng, height, width, 4) * 2.2 - 1.1, 0, 1)[..., None] * scene.clouds
    plane = plane * (1 - clouds) + _rgb((245, 245, 245)) * clouds * 0.9 + plane * clouds * 0.1
    x, y, radius = scene.sun
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(columns - x * width, rows - y * height) / (radius * width)
    glow = (np.exp(-((distance / 3) ** 1.2)) * 0.75)[..., None]
    disc = np.clip((1.05 - distance) * 20, 0, 1)[..., None]
    plane = plane * (1 - glow) + _rgb(scene.light.sun) * glow
    return np.asarray(plane * (1 - disc) + _rgb(scene.light.sun) * disc, dtype=np.float32)


def _sea(plane: Plane, scene: Scene, rng: np.random.Generator) -> None:
    height, width, _ = plane.shape
    top = int((scene.sea or 0) * height)
    depth = height - top
    down = np.linspace(0, 1, depth, dtype=np.float32)[:, None]
    # Long flat waves, larger towards us, and the sun's path on them.
    waves = _noise(rng, depth, max(8, width // 6), 4)
    waves = np.asarray(Image.fromarray(waves).resize((width, depth), Image.Resampling.BICUBIC))
    crests = (np.sin((down**0.6) * 90 + waves * 14) * 0.5 + 0.5) * (0.25 + 0.75 * down)
    water = _rgb(scene.light.water) * (1.15 - 0.55 * down)[..., None]
    water = water + crests[..., None] * 46
    columns = np.arange(width, dtype=np.float32)[None, :]
    spread = (0.02 + 0.16 * down) * width
    path = np.exp(-(((columns - scene.sun[0] * width) / spread) ** 2)) * (0.35 + 0.65 * crests)
    plane[top:] = water * (1 - path[..., None]) + _rgb(scene.light.sun) * path[..., None]


def _ridge(
    plane: Plane, scene: Scene, rng: np.random.Generator, base: float, swing: float, near: float
) -> None:
    height, width, _ = plane.shape
    line = (base + (_line(rng, width) - 0.5) * 2 * swing) * height
    rows = np.arange(height, dtype=np.float32)[:, None]
    depth = rows - line[None, :]
    colour = _rgb(scene.light.far) * (1 - near) + _rgb(scene.light.near) * near
    texture = _noise(rng, height, width, 6) - 0.5
    shade = 1.12 - np.clip(depth / (0.5 * height), 0, 1) * 0.45 + texture * (0.35 + 0.5 * near)
    # Slopes that face the sun are lighter.
    broad = np.convolve(np.pad(line, 24, mode="edge"), np.ones(49) / 49, mode="valid")
    lean = np.gradient(broad) * (1 if scene.sun[0] < 0.5 else -1)
    fading = np.exp(-np.clip(depth, 0, None) / (0.16 * height))
    shade = shade + np.clip(lean, -1, 1)[None, :] * 0.3 * fading
    mask = np.clip(depth, 0, 1)[..., None]
    plane[:] = plane * (1 - mask) + colour * shade[..., None] * mask


def _tree(pen: Any, scene: Scene, rng: np.random.Generator, width: int, height: int) -> None:
    foot_y = float(rng.uniform(0.76, 0.99)) * height
    foot_x = float(rng.uniform(0, 1)) * width
    size = (foot_y / height - 0.55) * height * float(rng.uniform(0.45, 0.75))
    green = _shaded(scene.light.leaves or scene.light.near, float(rng.uniform(0.5, 0.9)))
    pen.rectangle(
        (foot_x - size * 0.04, foot_y - size * 0.3, foot_x + size * 0.04, foot_y), fill=(52, 38, 28)
    )
    if rng.random() < 0.6:
        for step in range(4):
            low = foot_y - size * (0.18 + 0.2 * step)
            half = size * (0.3 - 0.06 * step)
            pen.polygon(
                [(foot_x - half, low), (foot_x + half, low), (foot_x, low - size * 0.36)],
                fill=green,
            )
        return
    for _ in range(9):
        x = foot_x + float(rng.normal(0, 0.16)) * size
        y = foot_y - size * 0.62 + float(rng.normal(0, 0.13)) * size
        r = size * float(rng.uniform(0.12, 0.22))
        tint = _shaded(green, float(rng.uniform(0.8, 1.4)))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tint)


def _house(pen: Any, rng: np.random.Generator, width: int, height: int) -> None:
    wide = float(rng.uniform(0.09, 0.17)) * width
    tall = wide * float(rng.uniform(0.55, 0.8))
    left = float(rng.uniform(0.04, 0.8)) * width
    foot = float(rng.uniform(0.74, 0.9)) * height
    wall = tuple(int(c) for c in rng.integers(170, 245, 3))
    roof = (int(rng.integers(110, 170)), int(rng.integers(50, 80)), int(rng.integers(40, 70)))
    pen.rectangle((left, foot - tall, left + wide, foot), fill=wall)
    eaves = wide * 0.08
    pen.polygon(
        [
            (left - eaves, foot - tall),
            (left + wide + eaves, foot - tall),
            (left + wide * 0.5, foot - tall * 1.75),
        ],
        fill=roof,
    )
    for place in (0.14, 0.62):
        x, y = left + wide * place, foot - tall * 0.75
        pen.rectangle((x, y, x + wide * 0.22, y + tall * 0.3), fill=(250, 222, 140))
        pen.line((x + wide * 0.11, y, x + wide * 0.11, y + tall * 0.3), fill=(80, 60, 50), width=3)
    pen.rectangle(
        (left + wide * 0.42, foot - tall * 0.5, left + wide * 0.58, foot), fill=(90, 56, 40)
    )


def _tower(pen: Any, scene: Scene, width: int, height: int) -> None:
    x, foot, top = (scene.tower or 0) * width, 0.86 * height, 0.2 * height
    for band in range(6):
        upper, lower = (top + (foot - top) * (band + d) / 6 for d in (0, 1))
        half = [width * (0.024 + 0.004 * (band + d)) for d in (0, 1)]
        pen.polygon(
            [
                (x - half[0], upper),
                (x + half[0], upper),
                (x + half[1], lower),
                (x - half[1], lower),
            ],
            fill=(206, 48, 42) if band % 2 else (240, 238, 230),
        )
    pen.rectangle((x - width * 0.02, top - 44, x + width * 0.02, top), fill=(255, 240, 160))
    pen.polygon(
        [(x - width * 0.028, top - 44), (x + width * 0.028, top - 44), (x, top - 84)],
        fill=(60, 40, 44),
    )


def _bridge(pen: Any, scene: Scene, width: int, height: int) -> None:
    deck, steel = 0.6 * height, _shaded(scene.light.far, 0.45)
    towers = (0.26 * width, 0.74 * width)
    for x in towers:
        pen.rectangle((x - 14, 0.2 * height, x + 14, 0.8 * height), fill=steel)
    for start in range(0, width, 16):
        nearest = min(abs(start - x) for x in towers) / (0.26 * width)
        cable = (0.22 + 0.34 * min(1.0, nearest) ** 0.7) * height
        pen.line((start, cable, start, deck), fill=steel, width=3)
        pen.ellipse((start - 5, cable - 5, start + 13, cable + 5), fill=steel)
    pen.rectangle((0, deck, width, deck + 22), fill=steel)


def _grained(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    grain = rng.normal(0, 3.0, (HEIGHT, WIDTH, 1)).astype(np.float32)
    return Image.fromarray(_bytes(np.asarray(picture, dtype=np.float32) + grain))


def _noise(rng: np.random.Generator, height: int, width: int, octaves: int) -> Plane:
    """Clouds of 0 to 1: random grids, each twice as fine and half as strong as the one before."""
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(octaves):
        cells = 3 * 2**octave
        grid = rng.random((cells, cells), dtype=np.float32)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float32) / 2**octave
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / (high - low), dtype=np.float32)


def _line(rng: np.random.Generator, width: int) -> Plane:
    total = np.zeros(width, dtype=np.float32)
    across = np.linspace(0, 1, width)
    for octave in range(6):
        points = 3 * 2**octave + 1
        total += np.interp(across, np.linspace(0, 1, points), rng.random(points)) / 1.9**octave
    return np.asarray((total - total.min()) / (total.max() - total.min()), dtype=np.float32)


def _shaded(colour: Colour, by: float) -> Colour:
    red, green, blue = (min(255, int(part * by)) for part in colour)
    return red, green, blue


def _rgb(colour: Colour) -> Plane:
    return np.array(colour, dtype=np.float32)


def _bytes(plane: Plane) -> NDArray[np.uint8]:
    return np.clip(plane, 0, 255).astype(np.uint8)
