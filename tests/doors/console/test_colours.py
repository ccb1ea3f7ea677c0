"""Text can be read, in the light and in the dark: WCAG 2.2 AA, contrast of at least 4.5."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tocsin.doors.console

CSS = Path(tocsin.doors.console.__file__).parent / "static" / "console" / "console.css"
PAIRS = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "sunk"),
    ("ink", "accent-soft"),
    ("ink", "red-soft"),
    ("ink", "blue-soft"),
    ("ink", "green-soft"),
    ("soft", "paper"),
    ("soft", "card"),
    ("soft", "sunk"),
    ("soft", "accent-soft"),
    ("accent", "paper"),
    ("accent", "card"),
    ("accent", "accent-soft"),
    ("accent-ink", "accent"),
    ("bar-ink", "bar"),
    ("bar-soft", "bar"),
    ("red", "card"),
    ("red", "red-soft"),
    ("amber", "card"),
    ("amber", "amber-soft"),
    ("green", "green-soft"),
    ("blue", "blue-soft"),
]


def colours(dark: bool) -> dict[str, str]:
    """The named colours; the dark ones stand over the light."""
    blocks = re.findall(r":root \{(.*?)\}", CSS.read_text("utf-8"), re.DOTALL)
    wanted = blocks[:2] if dark else blocks[:1]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", "".join(wanted)))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(text: str, ground: str, dark: bool) -> None:
    named = colours(dark)
    light, deep = sorted((luminance(named[text]), luminance(named[ground])), reverse=True)
    assert (light + 0.05) / (deep + 0.05) >= 4.5
