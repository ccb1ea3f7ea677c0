"""What was seen in a picture, as a source states it: yes, no, or not stated, which is not no."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType, convert

from tocsin.domain.hashlists.native_format import Observations


def observations(flags: Mapping[str, bool | None], series: str | None) -> Observations | UnsetType:
    """Of flags by our names; unset where nothing at all is stated."""
    seen = {name: value for name, value in flags.items() if value is not None}
    if not seen and not series:
        return UNSET
    made = convert(seen, Observations)
    if series:
        made.series = [series]
    return made
