"""libsodium's ristretto255, typed, with lengths looked at before C code reads the bytes.

`rbcl` leaves its own checks out where it is installed as a package, so these are the only ones.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

ELEMENT_BYTES: Final = 32
SCALAR_BYTES: Final = 32
_WIDE_BYTES: Final = 64
_IDENTITY: Final = bytes(ELEMENT_BYTES)


@cache
def _sodium() -> Any:
    # At the first use, and not with every program that knows of deltas: it writes its library to a
    # temporary file to load it, which takes time and a disk with room.
    import rbcl

    return rbcl


class NotAnElement(ValueError):
    """Bytes that are no element of ristretto255, or its identity, which says nothing."""


def element(data: bytes) -> bytes:
    """The same bytes when they are an element other than the identity; raises NotAnElement."""
    if (
        len(data) != ELEMENT_BYTES
        or data == _IDENTITY
        or not _sodium().crypto_core_ristretto255_is_valid_point(data)
    ):
        raise NotAnElement("these 32 bytes are no element of ristretto255")
    return data


def from_uniform(data: bytes) -> bytes:
    """64 uniform bytes mapped to an element."""
    return bytes(_sodium().crypto_core_ristretto255_from_hash(_of(data, _WIDE_BYTES)))


def add(one: bytes, other: bytes) -> bytes:
    """The sum of two elements."""
    return bytes(
        _sodium().crypto_core_ristretto255_add(_of(one, ELEMENT_BYTES), _of(other, ELEMENT_BYTES))
    )


def times(scalar: bytes, point: bytes) -> bytes:
    """`scalar` times an element; raises NotAnElement when that is the identity."""
    try:
        return bytes(
            _sodium().crypto_scalarmult_ristretto255(
                _of(scalar, SCALAR_BYTES), _of(point, ELEMENT_BYTES)
            )
        )
    except (RuntimeError, ValueError) as error:
        raise NotAnElement("a product is the identity") from error


def times_base(scalar: bytes) -> bytes:
    """`scalar` times the generator; raises NotAnElement when that is the identity."""
    try:
        return bytes(_sodium().crypto_scalarmult_ristretto255_base(_of(scalar, SCALAR_BYTES)))
    except (RuntimeError, ValueError) as error:
        raise NotAnElement("a product is the identity") from error


def scalar_from(data: bytes) -> bytes:
    """64 bytes, least significant first, modulo the order of the group."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_reduce(_of(data, _WIDE_BYTES)))


def random_scalar() -> bytes:
    """A scalar other than 0 that nobody can guess."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_random())


def inverse(scalar: bytes) -> bytes:
    """The multiplicative inverse of a scalar other than 0."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_invert(_of(scalar, SCALAR_BYTES)))


def product(one: bytes, other: bytes) -> bytes:
    """The product of two scalars."""
    return bytes(
        _sodium().crypto_core_ristretto255_scalar_mul(
            _of(one, SCALAR_BYTES), _of(other, SCALAR_BYTES)
        )
    )


def difference(one: bytes, other: bytes) -> bytes:
    """One scalar less another."""
    return bytes(
        _sodium().crypto_core_ristretto255_scalar_sub(
            _of(one, SCALAR_BYTES), _of(other, SCALAR_BYTES)
        )
    )


def is_scalar(data: bytes) -> bool:
    """Whether these are 32 bytes of a scalar in its one canonical form."""
    return len(data) == SCALAR_BYTES and scalar_from(data + bytes(SCALAR_BYTES)) == data


def _of(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise NotAnElement(f"{length} bytes are needed")
    return bytes(data)
