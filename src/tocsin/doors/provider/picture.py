"""A picture of traffic as numbers for an inline SVG: bars, with what could not be checked below and
a mark where something was met. No script draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 120
WIDTH = 560
_HIT_HEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Counted:
    """What a bar stands for: its name, the short one below it, and three numbers."""

    name: str
    short: str
    checks: int
    hits: int
    errors: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in the picture's units: y counts down from the top."""

    counted: Counted
    x: int
    y: float
    height: float
    error_y: float
    error_height: float
    hit_height: float
    shows_label: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All bars, and how wide and high what they stand in is."""

    bars: tuple[Bar, ...]
    width: int
    bar_width: int
    height: int = HEIGHT


def picture(counted: Sequence[Counted], *, label_each: int) -> Picture:
    """The picture; every so many bars, counted from the last, has its short name below it."""
    most = max([1, *(one.checks for one in counted)])
    last = len(counted) - 1
    # As wide whatever it shows, so that its letters are as large in each.
    step = WIDTH // max(1, len(counted))
    bars = tuple(
        _bar(one, n * step + step // 5, HEIGHT / most, shows_label=(last - n) % label_each == 0)
        for n, one in enumerate(counted)
    )
    return Picture(bars, step * len(counted), step * 3 // 5)


def _bar(one: Counted, x: int, scale: float, *, shows_label: bool) -> Bar:
    height, errors = one.checks * scale, one.errors * scale
    return Bar(
        counted=one,
        x=x,
        y=round(HEIGHT - height, 1),
        height=round(height, 1),
        error_y=round(HEIGHT - errors, 1),
        error_height=round(errors, 1),
        # A hit is rare: it is shown by a mark of a height that can be seen.
        hit_height=_HIT_HEIGHT if one.hits else 0.0,
        shows_label=shows_label,
    )
