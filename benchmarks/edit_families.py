"""To which family of the query battery a variant belongs, and what each family finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_FAMILY_BY_START = {
    "un-cropped to": "un-cropped to 4:3 or 3:2",
    "border": "border trimmed",
    "bar": "bar trimmed",
    "part": "part of a page",
    "lettering": "lettering filled in",
    "fine": "fine light marks taken off",
    "darkened": "darkened",
    "inverted": "inverted",
    "narrow": "stripes filled in",
    "wide": "stripes filled in",
    "as it is": "as it is, from the means",
}


def families_of(copies: Iterable[dict[str, int]]) -> dict[str, dict[str, int]]:
    """How many copies each family finds, and how many only it.

    `copies` holds, for each copy that PDQ alone misses, the variants that find it.
    """
    finds: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for found in copies:
        families = {_family(name) for name in found}
        finds.update(families)
        alone.update(families if len(families) == 1 else ())
    return {name: {"finds": finds[name], "alone": alone[name]} for name in sorted(finds)}


def _family(name: str) -> str:
    window = name.split(" · ", maxsplit=1)[0]
    for start, family in _FAMILY_BY_START.items():
        if window.startswith(start):
            return family
    if window.startswith("un-cropped"):
        return _uncropped_family(window)
    if window.startswith("turned"):
        return "turned and un-cropped" if "un-cropped" in window else "turned"
    if window.endswith("corner filled in"):
        return "corner filled in"
    return "halves and quarters" if window.endswith(("half", "quarter")) else "mirrored or turned"


def _uncropped_family(window: str) -> str:
    if "all round" in window:
        return "un-cropped all round"
    if "sides" in window or "above and below" in window:
        return "un-cropped along one axis"
    return "un-cropped at a corner" if " and " in window else "un-cropped at one side"
