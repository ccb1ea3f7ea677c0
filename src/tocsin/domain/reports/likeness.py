"""Deciding: when two items show the same picture."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.domain.hashlists.types import FingerprintValue, Kind

NEAR_BITS = 31
"""PDQ's own threshold for a match."""
LEAST_QUALITY = 50
"""A picture with less tells too little: thousands of unrelated ones look like it."""
_EXACT = (Kind.SHA256, Kind.SHA1, Kind.MD5)
_FLAT_BITS = 16


def exact(values: Iterable[FingerprintValue]) -> tuple[FingerprintValue, ...]:
    """The digests by which the very same file is found: the strongest of the file, and no weaker.

    Two files with one MD5 can be made to order. Where the file's SHA-256 is known it alone tells.
    """
    kept = [value for value in values if value.kind in _EXACT and value.n == 0]
    for kind in _EXACT:
        if found := tuple(value for value in kept if value.kind is kind):
            return found
    return ()


def pictured(values: Iterable[FingerprintValue]) -> FingerprintValue | None:
    """The PDQ by which like pictures are found, if the file has one that tells enough."""
    for value in values:
        if value.kind is Kind.PDQ and value.n == 0 and _tells(value):
            return value
    return None


def _tells(value: FingerprintValue) -> bool:
    ones = sum(byte.bit_count() for byte in value.value)
    flat = min(ones, 8 * len(value.value) - ones) < _FLAT_BITS
    good = value.quality is None or value.quality >= LEAST_QUALITY
    return len(value.value) == 32 and good and not flat
