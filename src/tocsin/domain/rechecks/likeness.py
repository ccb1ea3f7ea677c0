"""Is what stands there now the picture that was found? By digest, and by PDQ in eight positions.

A hoster's server re-encodes, resizes and turns; a site puts its mark on. None of that is a removal.
Plain functions.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

import numpy as np

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.engine.fingerprints import distance_bits

SAME_WITHIN_BITS: Final = 48
"""Wider than the 31 bits of a look-up among millions: here one picture is compared with the few at
one address, where chance does not reach that far."""
TURNED_WITHIN_BITS: Final = 60
"""The turned forms are some 20 to 50 bits off for being worked out from bits."""
OTHER_BEYOND_BITS: Final = 90
"""Unrelated pictures lie about 128 bits apart, one in millions below 90. Between the two: a crop
or a large mark on the same picture, or a stranger; that is for a person."""
LEAST_QUALITY: Final = 50

_EXACT: Final = frozenset({Kind.MD5, Kind.SHA1, Kind.SHA256})


class Likeness(StrEnum):
    SAME = "same"
    UNSURE = "unsure"
    OTHER = "other"
    NOT_COMPARED = "not_compared"
    """There is no fingerprint of one kind on both sides that says enough."""


def compare(
    known: Sequence[FingerprintValue], seen: Iterable[Sequence[FingerprintValue]]
) -> tuple[Likeness, int | None]:
    """How like ours (`known`) what was seen is, and in how many bits the first that is the same, or
    else the nearest, differs. Equal digests are the same file: 0 bits.
    """
    nearest: int | None = None
    for picture in seen:
        if _digests(known) & _digests(picture):
            return Likeness.SAME, 0
        for place, distance in _distances(known, picture):
            if distance <= (TURNED_WITHIN_BITS if place else SAME_WITHIN_BITS):
                return Likeness.SAME, distance
            nearest = distance if nearest is None else min(nearest, distance)
    if nearest is None:
        return Likeness.NOT_COMPARED, None
    return (Likeness.OTHER if nearest > OTHER_BEYOND_BITS else Likeness.UNSURE), nearest


@functools.lru_cache(maxsize=4096)
def positions(pdq: bytes) -> tuple[bytes, ...]:
    """The PDQ as it is, turned by quarters, and each of these mirrored: eight values of 32 bytes.

    Worked out from the bits alone: turning an image transposes its frequencies and changes signs,
    and with a median near zero a changed sign is a changed bit, but for 20 to 50 of them.
    """
    flat = np.unpackbits(np.frombuffer(pdq, np.uint8))[::-1].reshape(16, 16).astype(bool)
    odd = np.arange(16) % 2 == 0  # the constant frequency is left out: row 0 is frequency 1
    forms = []
    for matrix in (flat, flat.T):
        for down in (False, True):
            for across in (False, True):
                signs = (down & odd)[:, None] ^ (across & odd)[None, :]
                forms.append(np.packbits((matrix ^ signs).reshape(-1)[::-1]).tobytes())
    return tuple(forms)


def _digests(values: Sequence[FingerprintValue]) -> frozenset[tuple[Kind, bytes]]:
    return frozenset((value.kind, value.value) for value in values if value.kind in _EXACT)


def _distances(
    known: Sequence[FingerprintValue], seen: Sequence[FingerprintValue]
) -> Iterator[tuple[int, int]]:
    """Which position of ours, 0 being upright, and how far a picture seen is from it."""
    for ours in _telling(known):
        for place, form in enumerate(positions(ours.value)):
            for other in _telling(seen):
                yield place, distance_bits(form, other.value)


def _telling(values: Sequence[FingerprintValue]) -> list[FingerprintValue]:
    """PDQs that say enough: one of a flat picture lies near to many."""
    return [
        value
        for value in values
        if value.kind is Kind.PDQ
        and len(value.value) == 32
        and (value.quality is None or value.quality >= LEAST_QUALITY)
    ]
