"""Bars around a film (letterbox, pillarbox, a border), found over many of its frames.

One frame does not decide: a night scene is black at its edges, a caption stands in the bar of some
frames. Each frame with enough to see says how far even lines reach in from each side; what at least
four in five of them agree on is a bar.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.media.video_planes import FramePixels, Window

_LIKE: Final = 14 / 219
"""How far from the bar's tone a pixel may lie, as a share of black to white: coding noise."""
_EVEN_SHARE: Final = 0.7
"""The share of a line that must be of the bar's tone: the rest may be a logo."""
_LINES_ACROSS: Final = 160
_QUANTILE: Final = 0.2
_SLIMMEST: Final = 0.015
_LEAST_INSIDE: Final = 0.2
_SOFT_LINES: Final = 1


@dataclass(frozen=True, slots=True)
class Margins:
    """How many pixels of each side of one frame look like a bar."""

    top: int
    bottom: int
    left: int
    right: int


def margins_of(frame: FramePixels) -> Margins | None:
    """The even margins of a frame, or None when too little is to be seen in it to tell."""
    luma = frame.pixels if frame.pixels.ndim == 2 else frame.pixels[:, :, 1]
    near = _LIKE * (frame.white - frame.black)
    across = max(1, frame.width // _LINES_ACROSS)
    along = max(1, frame.height // _LINES_ACROSS)
    rows = luma[:, ::across].astype(np.int32)
    columns = luma[::along].T.astype(np.int32)
    top, bottom = _reach(rows, near), _reach(rows[::-1], near)
    left, right = _reach(columns, near), _reach(columns[::-1], near)
    if top + bottom >= frame.height or left + right >= frame.width:
        return None
    return Margins(top, bottom, left, right)


def window_of(frames: list[Margins], width: int, height: int) -> Window | None:
    """What is left of the picture within the bars of a film, or None when it has none."""
    if not frames:
        return None
    agreed = np.quantile(
        [(m.top, m.bottom, m.left, m.right) for m in frames], _QUANTILE, axis=0, method="lower"
    )
    top, bottom = (_bar(int(lines), height) for lines in agreed[:2])
    left, right = (_bar(int(lines), width) for lines in agreed[2:])
    inside = Window(top, height - bottom, left, width - right)
    high, wide = inside.bottom - inside.top, inside.right - inside.left
    if (high, wide) == (height, width) or high * wide < _LEAST_INSIDE * width * height:
        return None
    return inside


def _bar(lines: int, side: int) -> int:
    """The bar's width: a few even lines are none, and a bar's edge is soft."""
    return 0 if lines < max(2, _SLIMMEST * side) else lines + _SOFT_LINES


def _reach(lines: NDArray[np.int32], near: float) -> int:
    """How many lines from the first on are of the tone of the first ones."""
    tone = float(np.median(lines[:2]))
    even = (np.abs(lines - tone) <= near).mean(axis=1) >= _EVEN_SHARE
    return int(np.argmin(even)) if not even.all() else len(lines)
