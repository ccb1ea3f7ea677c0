"""Numbers of figures as pages show them."""

from __future__ import annotations

from django import template
from django.utils import translation
from django.utils.formats import number_format

from tocsin.domain.figures.queries import definition_of
from tocsin.domain.figures.types import Line, MedianHours, Share, Within
from tocsin.doors.console import words_figures
from tocsin.doors.console.plots import Bar

register = template.Library()

NOTHING = "–"  # noqa: RUF001 - an en dash stands for no number
_UNITS = {"percent": " %", "hours": " h", "minutes": " min", "days": " d"}


@register.filter
def figure(value: float | None, unit: str) -> str:
    """A number with its unit; a dash for none."""
    if value is None:
        return NOTHING
    places = 0 if unit == "count" and value == int(value) else 1
    return number_format(value, places, force_grouping=True) + _UNITS.get(unit, "")


@register.filter
def change(percent: float | None) -> str:
    """By how much, with its sign."""
    if percent is None:
        return NOTHING
    sign = "+" if percent > 0 else "−" if percent < 0 else ""  # noqa: RUF001
    return f"{sign}{number_format(abs(percent), 1, force_grouping=True)} %"


@register.filter
def defined(code: str) -> str:
    """The definition of a number, in this person's language."""
    return translation.gettext(definition_of(code))


@register.filter
def figure_label(line: Line) -> str:
    return words_figures.label(line)


@register.filter
def bar_label(label: str, words: str) -> str:
    """What a bar is called: an origin in words, a country as it is."""
    return str(words_figures.ORIGIN.get(label, label)) if words == "origin" else label


@register.filter
def bar_end(bar: Bar, left: int) -> str:
    """Where the number behind a bar begins."""
    return plain(left + max(bar.width, bar.width_before) + 6)


@register.filter
def plain(value: float) -> str:
    """A number for SVG: with a point in every language."""
    return f"{value:.1f}"


@register.filter
def median(found: MedianHours) -> str:
    """The median with its interval in hours."""
    if found.value is None:
        return NOTHING
    low = NOTHING if found.low is None else number_format(found.low, 1)
    high = NOTHING if found.high is None else number_format(found.high, 1)
    return f"{number_format(found.value, 1)} h ({low} … {high})"


@register.filter
def within(found: Within) -> str:
    """The share removed by then."""
    return NOTHING if found.share is None else f"{number_format(found.share * 100, 0)} %"


@register.filter
def share(found: Share) -> str:
    """A share and of how many."""
    if found.value is None:
        return NOTHING
    return f"{number_format(found.value * 100, 0)} % ({found.count}/{found.of})"
