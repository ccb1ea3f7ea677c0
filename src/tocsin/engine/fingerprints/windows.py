"""The windows of the query battery: where the 64 x 64 points of PDQ lie for each of them.

A window is named in words and is a set of points in shares of the picture's width and height;
points outside of 0 to 1 lie where a crop may have cut something off.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

POINTS: Final = 64
MARGIN: Final = 0.25
"""How far beyond each edge a window may reach, as a share of the side."""

_MIDDLES: Final = (np.arange(POINTS) + 0.5) / POINTS

# Shares of the lost side, in per cent. Each serves the crops around it: PDQ forgives about 1.5 %.
_CENTRED: Final = (3, 6, 10, 14, 20)
_ONE_SIDED: Final = (3, 5, 7.5, 10, 13, 16.5, 20)
_CORNER: Final = (4.5, 9.5)
_ONE_AXIS: Final = (6, 11, 18)
_SQUARED: Final = {"4:3": 1 / 4, "3:2": 1 / 3}
_TURNED: Final = (1.5, 3.0, 5.0, 7.5, 10.0)
_TURNED_AND_CROPPED: Final = (2.0, 3.5, 5.0)
_SIDES: Final = {"left": (0, 0, 1, 0), "right": (0, 0, 0, 1), "top": (1, 0, 0, 0),
                 "bottom": (0, 1, 0, 0)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """A name and 64 x 64 points: `y` and `x` as float32[64, 64], or what broadcasts to that."""

    name: str
    y: Points
    x: Points


@dataclass(frozen=True, slots=True)
class Frame:
    """The share of the picture that a window shows: 0 to 1 is all of it."""

    top: float = 0.0
    bottom: float = 1.0
    left: float = 0.0
    right: float = 1.0


def upright(name: str, frame: Frame) -> Window:
    """The window that shows this share of the picture."""
    y = frame.top + (frame.bottom - frame.top) * _MIDDLES
    x = frame.left + (frame.right - frame.left) * _MIDDLES
    return Window(name, y.astype(np.float32)[:, None], x.astype(np.float32)[None, :])


@lru_cache(maxsize=1)
def uncropped() -> tuple[Window, ...]:
    """What may have been before a crop: centred, at one side, at two, along one axis."""
    centred = [upright(f"un-cropped {p} % all round", _uncut((p / 200,) * 4)) for p in _CENTRED]
    one = [upright(f"un-cropped {p:g} % at the {side}", _uncut(_scaled(cut, p / 100)))
           for side, cut in _SIDES.items() for p in _ONE_SIDED]  # fmt: skip
    corners = [_at_corner(row, high, column, wide)
               for row in ("top", "bottom") for column in ("left", "right")
               for high in _CORNER for wide in _CORNER]  # fmt: skip
    axes = [upright(f"un-cropped {p} % {words}", _uncut(_joined(*both, p / 200)))
            for words, both in _axes().items() for p in _ONE_AXIS]  # fmt: skip
    return (*centred, *one, *corners, *axes)


def _at_corner(row: str, high: float, column: str, wide: float) -> Window:
    down, across = _scaled(_SIDES[row], high / 100), _scaled(_SIDES[column], wide / 100)
    name = f"un-cropped {high:g} % at the {row} and {wide:g} % at the {column}"
    return upright(name, _uncut(_joined(down, across, 1.0)))


@lru_cache(maxsize=1)
def unsquared() -> tuple[Window, ...]:
    """What a square picture may have been before it was made square."""
    return tuple(
        upright(f"un-cropped to {shape} {words}", _uncut(_joined(*both, lost / 2)))
        for shape, lost in _SQUARED.items()
        for words, both in _axes().items()
    )


@lru_cache(maxsize=1)
def parted() -> tuple[Window, ...]:
    """Halves and quarters: the parts of a collage."""
    low, high = (0.0, 0.5), (0.5, 1.0)
    rows, columns = {"upper": low, "lower": high}, {"left": low, "right": high}
    halves = [upright(f"{word} half", Frame(*span)) for word, span in rows.items()]
    halves += [upright(f"{word} half", Frame(0.0, 1.0, *span)) for word, span in columns.items()]
    quarters = [upright(f"{row} {column} quarter", Frame(*rows[row], *columns[column]))
                for row in rows for column in columns]  # fmt: skip
    return (*halves, *quarters)


@lru_cache(maxsize=16)
def turned(aspect: float) -> tuple[Window, ...]:
    """The picture turned back by a few degrees, for a picture `aspect` times as wide as high.

    Those "un-cropped" are for a copy whose empty corners were cut off.
    """
    whole = [_turned(f"turned {degrees:g}° {way}", sign * degrees, aspect, 1.0)
             for degrees in _TURNED for way, sign in _WAYS.items()]  # fmt: skip
    cut = [_turned(f"turned {degrees:g}° {way} and un-cropped", sign * degrees, aspect,
                   _left_of(degrees, aspect))
           for degrees in _TURNED_AND_CROPPED for way, sign in _WAYS.items()]  # fmt: skip
    return (*whole, *cut)


_WAYS: Final = {"clockwise": 1.0, "anticlockwise": -1.0}


def _turned(name: str, degrees: float, aspect: float, scale: float) -> Window:
    """Points of the picture turned clockwise, then shown as if `scale` of it were there."""
    angle = np.radians(degrees)
    y, x = np.meshgrid(_MIDDLES - 0.5, (_MIDDLES - 0.5) * aspect, indexing="ij")
    rows = (np.cos(angle) * y - np.sin(angle) * x) / scale + 0.5
    columns = (np.cos(angle) * x + np.sin(angle) * y) / scale / aspect + 0.5
    return Window(name, rows.astype(np.float32), columns.astype(np.float32))


def _left_of(degrees: float, aspect: float) -> float:
    """The share of each side that is left when a turned picture loses its empty corners."""
    angle, longer = np.radians(degrees), max(aspect, 1 / aspect)
    return float(1 / (np.cos(angle) + longer * np.sin(angle)))


Cut = tuple[float, float, float, float]


def _axes() -> dict[str, tuple[Cut, Cut]]:
    return {"at the sides": (_SIDES["left"], _SIDES["right"]),
            "above and below": (_SIDES["top"], _SIDES["bottom"])}  # fmt: skip


def _scaled(cut: Cut, share: float) -> Cut:
    return (cut[0] * share, cut[1] * share, cut[2] * share, cut[3] * share)


def _joined(one: Cut, other: Cut, share: float) -> Cut:
    first, second = _scaled(one, share), _scaled(other, share)
    return (first[0] + second[0], first[1] + second[1], first[2] + second[2], first[3] + second[3])


def _uncut(cut: Cut) -> Frame:
    """The frame before these shares of its height (top, bottom) and width (left, right) went."""
    top, bottom, left, right = cut
    high, wide = 1 - top - bottom, 1 - left - right
    return Frame(-top / high, 1 + bottom / high, -left / wide, 1 + right / wide)
