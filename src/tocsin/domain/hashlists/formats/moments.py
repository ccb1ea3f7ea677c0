"""Times in the spellings of their sources, as RFC 3339 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tocsin.domain.hashlists import rules

_DOT_NET: Final = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339_of(value: Any) -> str | None:
    """A time given as RFC 3339, as `/Date(milliseconds)/` of .NET, or in seconds since 1970.

    None where it is none of these: a time only informs, and refuses no record. The zone in .NET's
    form says where the clock stood, and does not move the moment.
    """
    if isinstance(value, str):
        found = _DOT_NET.fullmatch(value)
        return _moment(int(found[1])) if found else _checked(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _moment(value * 1000)
    return None


def seconds_of(text: str | None) -> int | None:
    """Whole seconds since 1970 of such a time; None where it cannot be read."""
    try:
        return rules.seconds(text) if text else None
    except (ValueError, OverflowError):
        return None


def _checked(text: str) -> str | None:
    return text if seconds_of(text) is not None else None


def _moment(milliseconds: int) -> str | None:
    try:
        when = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return when.isoformat(timespec="milliseconds" if milliseconds % 1000 else "seconds").replace(
        "+00:00", "Z"
    )
