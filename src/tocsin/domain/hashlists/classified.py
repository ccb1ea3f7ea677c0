"""What a record of a source says of its picture: observations, and codes that were asserted."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from msgspec import UNSET

from tocsin.domain.hashlists.classification import (
    FLAGS,
    NO_LABELS,
    Asserted,
    Labels,
    UnusableLabels,
    observed,
    pack,
)
from tocsin.domain.hashlists.classification.ucs import (
    LONGEST_LABEL,
    LONGEST_VERSION,
    MOST_LABELS,
    VERSION_KEY,
    from_mapping,
)
from tocsin.domain.hashlists.native_format import NativeEntry
from tocsin.domain.hashlists.types import LONGEST_SCHEME, Category

CATEGORIES = {
    **{
        (scheme, code): Category(code).number
        for scheme in ("ncmec-industry", "xarf-v4-csam")
        for code in ("A1", "A2", "B1", "B2")
    },
    ("xarf-v4-csam", "baseline"): Category.BASELINE.number,
    ("interpol-baseline", "baseline"): Category.BASELINE.number,
    ("iccam-v3", "baseline"): Category.BASELINE.number,
    ("iccam-v3", "national"): Category.NATIONAL.number,
}
"""Codes that a category of ours says in full, by scheme and code."""
MOST_CODES = 64
_value = msgspec.json.Decoder(str | int | float | bool | None).decode
"""Plain values only: what is nested is no label."""
_OBSERVED = ("age_band", "act", "gender", *FLAGS)


def of(entry: NativeEntry) -> tuple[int, tuple[Asserted, ...]]:
    """Packed observations, and the asserted codes and labels that the category does not say.

    What no table could hold (a label of a page's length) is left to the archive.
    """
    codes = dict.fromkeys((*_codes(entry), *_labels(entry).asserted()))
    return _observed(entry), tuple(codes)[:MOST_CODES]


def _observed(entry: NativeEntry) -> int:
    given = entry.observations
    if given is UNSET:
        return 0
    return pack(observed({name: getattr(given, name) for name in _OBSERVED}))


def _codes(entry: NativeEntry) -> list[Asserted]:
    if entry.classifications is UNSET:
        return []
    given = [Asserted(c.scheme, c.scheme_version or "", c.code) for c in entry.classifications]
    numbers = [CATEGORIES.get((code.scheme, code.code), 0) for code in given]
    # The category is the gravest of them: that one says it, the others are kept as they are.
    gravest = min((number for number in numbers if number), default=0)
    return [
        code
        for code, number in zip(given, numbers, strict=True)
        if number != gravest or not number
        if _fits(code)
    ]


def _labels(entry: NativeEntry) -> Labels:
    given = UNSET if entry.observations is UNSET else entry.observations.ucs
    if given is UNSET:
        return NO_LABELS
    version = given.get(VERSION_KEY)
    found: list[str] = []
    told = ""
    with suppress(msgspec.DecodeError):
        told = str(_value(version) or "") if version is not None else ""
    for name, raw in given.items():
        with suppress(msgspec.DecodeError, UnusableLabels):
            found += from_mapping({name: _value(raw), VERSION_KEY: told}).labels
    return Labels.of(found[:MOST_LABELS], told) if found else NO_LABELS


def _fits(code: Asserted) -> bool:
    return (
        0 < len(code.scheme) <= LONGEST_SCHEME
        and len(code.version) <= LONGEST_VERSION
        and len(code.code) <= LONGEST_LABEL
        and f"{code.scheme}{code.version}{code.code}".isprintable()
    )
