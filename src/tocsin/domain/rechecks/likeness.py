"""Is what stands there now the picture that was found? By digest, and by PDQ in eight positions.

A hoster's server re-encodes, resizes and turns; a site puts its mark on. None of that is a removal.
Plain functions.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import numpy as np

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.engine.fingerprints import distance_bits

SAME_WITHIN_BITS: Final = 31
"""As near matches anywhere in this house."""
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
    """How like ours (`known`) the likest of the pictures seen is, and its distance in bits.

    Equal digests are the same file: distance 0.
    """
    nearest: int | None = None
    for picture in seen:
        if _digests(known) & _digests(picture):
            return Likeness.SAME, 0
        found = _distance(known, picture)
        if found is not None and (nearest is None or found < nearest):
            nearest = found
    if nearest is None:
        return Likeness.NOT_COMPARED, None
    if nearest <= SAME_WITHIN_BITS:
        return Likeness.SAME, nearest
    return (Likeness.OTHER if nearest > OTHER_BEYOND_BITS else Likeness.UNSURE), nearest


@functools.lru_cache(maxsize=4096)
def positions(pdq: bytes) -> tuple[bytes, ...]:
    """The PDQ as it is, turned by quarters, and each of these mirrored: eight values of 32 bytes.

    Worked out from the bits alone: turning an image transposes its frequencies and changes signs,
    and with a median near zero a changed sign is a changed bit. A few bits off the true ones.
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


def _distance(known: Sequence[FingerprintValue], seen: Sequence[FingerprintValue]) -> int | None:
    ours = [form for value in _telling(known) for form in positions(value.value)]
    found = [distance_bits(one, other.value) for one in ours for other in _telling(seen)]
    return min(found, default=None)


def _telling(values: Sequence[FingerprintValue]) -> list[FingerprintValue]:
    """PDQs that say enough: one of a flat picture lies near to many."""
    return [
        value
        for value in values
        if value.kind is Kind.PDQ
        and len(value.value) == 32
        and (value.quality is None or value.quality >= LEAST_QUALITY)
    ]
