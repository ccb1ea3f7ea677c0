"""Bars around a film (letterbox, pillarbox, a border), found over many of its frames.

One frame does not decide: a night scene is black at its edges, a caption stands in the bar of some
frames. Each frame with enough to see says how far even lines reach in from each side; what at least
four in five of them agree on is a bar.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.types import SMALL_BELOW_PIXELS
from tocsin.engine.media.video_planes import FramePixels, Window

_LIKE: Final = 10 / 219
"""How far from the bar's tone a pixel may lie, as a share of black to white: coding noise."""
_DRIFT: Final = 3 / 219
"""How far a whole line may: a bar has one tone, where a sky changes from line to line."""
_EVEN_SHARE: Final = 0.7
"""The share of a line that must be of the bar's tone: the rest may be a logo."""
_LINES_ACROSS: Final = 160
_QUANTILE: Final = 0.2
_SLIMMEST: Final = 0.015
_LEAST_INSIDE: Final = 0.2
_SOFT_LINES: Final = 1


@dataclass(frozen=True, slots=True)
class Margins:
    """How many pixels of each side of one frame look like a bar: 0 when none do, None when it
    cannot be told in this frame, because what is there shades off like a sky or a night."""

    top: int | None
    bottom: int | None
    left: int | None
    right: int | None


def margins_of(frame: FramePixels) -> Margins | None:
    """The even margins of a frame, or None when too little is to be seen in it to tell."""
    luma = frame.pixels if frame.pixels.ndim == 2 else frame.pixels[:, :, 1]
    span = frame.white - frame.black
    across = max(1, frame.width // _LINES_ACROSS)
    along = max(1, frame.height // _LINES_ACROSS)
    rows = luma[:, ::across].astype(np.int32)
    columns = luma[::along].T.astype(np.int32)
    top, bottom = _reach(rows, span), _reach(rows[::-1], span)
    left, right = _reach(columns, span), _reach(columns[::-1], span)
    if frame.height in {top, bottom} or frame.width in {left, right}:
        return None
    return Margins(top, bottom, left, right)


def window_of(frames: list[Margins], width: int, height: int) -> Window | None:
    """What is left of the picture within the bars of a film, or None when it has none."""
    top = _bar([frame.top for frame in frames], height)
    bottom = _bar([frame.bottom for frame in frames], height)
    left = _bar([frame.left for frame in frames], width)
    right = _bar([frame.right for frame in frames], width)
    high, wide = height - top - bottom, width - left - right
    if (high, wide) == (height, width) or min(high, wide) < SMALL_BELOW_PIXELS:
        return None
    inside = Window(top, height - bottom, left, width - right)
    return inside if high * wide >= _LEAST_INSIDE * width * height else None


def _bar(told: list[int | None], side: int) -> int:
    """The bar on which the frames agree that can tell, if half can; a few even lines are none.

    The lowest fifth of what they say: a dark scene makes a bar seem wider in most of its frames, a
    caption narrower in some. One line more than that, since a bar's edge is soft.
    """
    lines = [one for one in told if one is not None]
    if not lines or 2 * len(lines) < len(told):
        return 0
    agreed = int(np.quantile(lines, _QUANTILE, method="lower"))
    return 0 if agreed < max(2, _SLIMMEST * side) else agreed + _SOFT_LINES


def _reach(lines: NDArray[np.int32], span: int) -> int | None:
    """How many lines from the first on are of the tone of the first ones."""
    tone = float(np.median(lines[:2]))
    even = (np.abs(lines - tone) <= _LIKE * span).mean(axis=1) >= _EVEN_SHARE
    reach = int(np.argmin(even)) if not even.all() else len(lines)
    steady = np.abs(np.median(lines[:reach], axis=1) - tone) <= _DRIFT * span
    return reach if steady.all() else None
