"""What a record of a source says of its picture: observations, and codes that were asserted."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from msgspec import UNSET

from tocsin.domain.hashlists.classification import Asserted, Labels, UnusableLabels
from tocsin.domain.hashlists.classification.observations import pack_fields
from tocsin.domain.hashlists.classification.ucs import (
    LONGEST_LABEL,
    LONGEST_VERSION,
    MOST_LABELS,
    VERSION_KEY,
    fits,
    label_of,
)
from tocsin.domain.hashlists.native_format import NativeClassification, NativeEntry
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


def of(entry: NativeEntry) -> tuple[int, tuple[Asserted, ...]]:
    """Packed observations, and the asserted codes and labels that the category does not say.

    What no table could hold (a label of a page's length) is left to the archive.
    """
    seen, given = entry.observations, entry.classifications
    codes = [] if given is UNSET else _codes(given)
    if seen is UNSET:
        return 0, tuple(codes)
    if seen.ucs is not UNSET:
        codes += _labels(seen.ucs)
    # A label may stand among the classifications too.
    return pack_fields(seen), tuple(dict.fromkeys(codes))


def _codes(given: list[NativeClassification]) -> list[Asserted]:
    if len(given) == 1 and (given[0].scheme, given[0].code) in CATEGORIES:
        return []  # nearly every line of every list
    numbers = [CATEGORIES.get((one.scheme, one.code), 0) for one in given]
    # The category is the gravest of them: that one says it, the others are kept as they are.
    gravest = min((number for number in numbers if number), default=-1)
    codes = {
        Asserted(one.scheme, one.scheme_version or "", one.code): None
        for one, number in zip(given, numbers, strict=True)
        if number != gravest
    }
    return [code for code in codes if _fits(code)][:MOST_CODES]


def _labels(given: dict[str, msgspec.Raw]) -> tuple[Asserted, ...]:
    """Each label that can be kept: one that cannot costs no other."""
    version = ""
    found = set()
    for name, raw in given.items():
        with suppress(msgspec.DecodeError, UnusableLabels):
            value = _value(raw)
            if name == VERSION_KEY:
                version = "" if value is None else str(value)
            elif fits(label := label_of(name, value).strip()):
                found.add(label)
    if len(version) > LONGEST_VERSION or not version.isprintable():
        version = ""
    return Labels(version, tuple(sorted(found)[:MOST_LABELS])).asserted()


def _fits(code: Asserted) -> bool:
    return (
        0 < len(code.scheme) <= LONGEST_SCHEME
        and len(code.version) <= LONGEST_VERSION
        and len(code.code) <= LONGEST_LABEL
        and f"{code.scheme}{code.version}{code.code}".isprintable()
    )
