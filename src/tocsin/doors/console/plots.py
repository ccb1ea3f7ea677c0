"""Pictures of figures: where bars and steps go in an SVG that a template draws. No script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 32
MARKS_HOURS = (1, 6, 24, 72, 168, 672)
_LEAST_HOURS, _MOST_HOURS = 0.5, 1_000.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar beside its label: of this period, and of the one before below it."""

    label: str
    value: float
    before: float
    y: int
    width: float
    width_before: float


@dataclass(frozen=True, slots=True)
class Bars:
    bars: tuple[Bar, ...]
    height: int
    width: int = WIDTH
    left: int = 190


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the picture, with its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A falling curve: its path, and the lines of the two axes."""

    path: str
    hours: tuple[Mark, ...]
    shares: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def bars(rows: Sequence[tuple[str, float, float]], most: int = 12) -> Bars:
    """The first rows as bars; all scaled to the longest."""
    rows = [row for row in rows if row[1] or row[2]][:most]
    longest = max((max(now, before) for _, now, before in rows), default=0) or 1
    room = WIDTH - 190 - 70
    drawn = tuple(
        Bar(
            label,
            now,
            before,
            8 + n * 34,
            round(now / longest * room, 1),
            round(before / longest * room, 1),
        )
        for n, (label, now, before) in enumerate(rows)
    )
    return Bars(drawn, 12 + 34 * len(drawn))


def steps(points: Sequence[tuple[float, float]]) -> Steps:
    """The share still there over hours since the notice; hours as logarithms, since most of what
    is removed goes on the first day and the rest takes weeks."""
    path = [f"M{_x(0):.1f} {_y(1):.1f}"]
    for hours, there in points:
        path.append(f"H{_x(hours):.1f}V{_y(there):.1f}")
    if points:
        path.append(f"H{WIDTH - RIGHT}")
    return Steps(
        "".join(path),
        tuple(Mark(_x(hours), _called(hours)) for hours in MARKS_HOURS),
        tuple(Mark(_y(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100)),
    )


def _called(hours: int) -> str:
    return f"{hours} h" if hours < 72 else f"{hours // 24} d"


def _x(hours: float) -> float:
    kept = min(max(hours, _LEAST_HOURS), _MOST_HOURS)
    part = math.log(kept / _LEAST_HOURS) / math.log(_MOST_HOURS / _LEAST_HOURS)
    return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)
