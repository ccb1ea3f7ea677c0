"""Pictures that have nothing to do with one another: cuts of wallpapers, motif by motif.

Two cuts of one wallpaper may show the same hill. So every file gets a motif, and only cuts of
different motifs are compared: files are one motif when they share a theme, the first word of their
name, or nearly their PDQ (sizes and colourings of one design). Joining too many only loses pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.pictures import ALIKE_BITS, wallpapers
from tocsin.engine.fingerprints.pdq import LumaPlane, pdq_of_luma

# Logos and screen shots of one desktop stand in many files; they are no motifs of their own.
_LEFT_OUT = re.compile(
    r"logo|emblem|glow\.|support|preview|swirlaxy|/vnc-|/doc/|palapeli/backgrounds"
    r"|lxqt/(themes|graphics)|lxqt-origami|origami-dark|simple_blue|kde-plasma"
)
_THEME = re.compile(r"/wallpapers/(\w+)/contents|/plymouth/themes/(\w+)/|/(\w+)-theme/")
# Taken with a camera, as a person looking at the wallpapers sorted them; the rest is drawn.
_PHOTOGRAPHS = re.compile(
    r"_by_(Sander|Bolly|freespace|Jakkub|Aitzol|Clements|Lukas)|/(free|greentock)_by_"
    r"|/mate/nature/(?!Wood)|/palapeli/|/wallpapers/(BytheWater|ColdRipple|ColorfulCups|DarkestHour"
    r"|EveningGlow|FallenLeaf|Grey|Kite|OneStandsOut|Path|Volna|summer_1am)/"
    r"|/lxqt/wallpapers/(Butterfly|Valendas|after-|apple|beam|butterfly|cloud|drop|flowers|fog|this-)"
)
Luma: TypeAlias = npt.NDArray[np.float32]
_WHOLE_SIDE = 1_600
_TILE_SIDES = (128, 640)


def motifs() -> list[list[Path]]:
    """The wallpapers, each list one motif, in the same order in every run."""
    named: dict[str, list[Path]] = {}
    for path in wallpapers():
        if not _LEFT_OUT.search(str(path)):
            named.setdefault(_key(path), []).append(path)
    groups: list[tuple[list[int], list[Path]]] = []
    for paths in named.values():
        hashes = [_hash_of(path) for path in paths]
        near = [group for group in groups if _alike(group[0], hashes)]
        groups = [group for group in groups if group not in near]
        joined = [h for group in near for h in group[0]], [p for group in near for p in group[1]]
        groups.append((joined[0] + hashes, joined[1] + paths))
    return [sorted(paths) for _, paths in groups]


def cuts(paths: list[Path], *, count: int, seed: int) -> Iterator[LumaPlane]:
    """`count` random cuts of the files of one motif, sides 128 to 640 pixels, made alike each run.

    Large wallpapers are first brought to at most 1,600 pixels a side, as pictures are posted.
    """
    rng = np.random.default_rng(seed)
    shares = np.diff(np.linspace(0, count, len(paths) + 1).round().astype(int))
    for path, share in zip(paths, shares, strict=True):
        whole = _whole(path)
        height, width = whole.shape
        for _ in range(share):
            high, wide = (
                int(rng.integers(_TILE_SIDES[0], min(_TILE_SIDES[1], side) + 1))
                for side in (height, width)
            )
            top = int(rng.integers(0, height - high + 1))
            left = int(rng.integers(0, width - wide + 1))
            yield LumaPlane(whole[top : top + high, left : left + wide])


def is_photograph(paths: list[Path]) -> bool:
    """Whether a motif was taken with a camera."""
    return all(_PHOTOGRAPHS.search(str(path)) for path in paths)


def _key(path: Path) -> str:
    theme = _THEME.search(str(path))
    if theme:
        return next(word for word in theme.groups() if word).lower()
    return re.split(r"[^a-z]+", path.stem.lower())[0]


def luma_of(rgb: npt.NDArray[np.uint8]) -> Luma:
    """The luma that PDQ takes of uint8[height, width, 3]."""
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _whole(path: Path) -> Luma:
    with Image.open(path) as opened:
        opened.draft("RGB", (_WHOLE_SIDE, _WHOLE_SIDE))
        whole = opened.convert("RGB")
    factor = -(-max(whole.size) // _WHOLE_SIDE)
    return luma_of(np.asarray(whole.reduce(factor) if factor > 1 else whole))


def _hash_of(path: Path) -> int:
    return int.from_bytes(pdq_of_luma(_whole(path))[0], "big")


def _alike(some: list[int], others: list[int]) -> bool:
    return any((a ^ b).bit_count() <= ALIKE_BITS for a in some for b in others)
