"""The arrays that the index takes and gives, and the checks at its door."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ids: TypeAlias = npt.NDArray[np.uint64]
Words: TypeAlias = npt.NDArray[np.uint64]
Offsets: TypeAlias = npt.NDArray[np.int64]
Distances: TypeAlias = npt.NDArray[np.uint16]
Places: TypeAlias = npt.NDArray[np.int64]
Truths: TypeAlias = npt.NDArray[np.bool_]

NO_IDS: Ids = np.empty(0, np.uint64)
NO_DISTANCES: Distances = np.empty(0, np.uint16)
NOWHERE: Places = np.empty(0, np.int64)


class WrongShape(ValueError):
    """An array has another shape or type than the index asks for; nothing was done with it."""


def as_values(values: Bytes, width_bytes: int) -> Bytes:
    """The same values as one contiguous uint8[N, width]; raises `WrongShape` for anything else."""
    if not isinstance(values, np.ndarray) or values.dtype != np.uint8:
        raise WrongShape(f"fingerprint values must be a NumPy array of uint8, got {_told(values)}")
    if values.ndim != 2 or values.shape[1] != width_bytes:
        raise WrongShape(
            f"fingerprint values must have the shape [N, {width_bytes}], got {list(values.shape)}"
        )
    return np.ascontiguousarray(values)


def as_most(most_ids: int | None) -> int | None:
    """The same, where it is None or a whole number from 1; raises `WrongShape` for anything else.

    None of the entries is no answer: it would read as "not listed".
    """
    if most_ids is None or (type(most_ids) is int and most_ids >= 1):
        return most_ids
    raise WrongShape(f"most_ids is a whole number from 1, or None for all, got {most_ids!r}")


def as_ids(ids: Ids, count: int | None = None) -> Ids:
    """The same ids as one contiguous uint64[N]; raises `WrongShape` for anything else."""
    if not isinstance(ids, np.ndarray) or ids.dtype != np.uint64:
        raise WrongShape(f"ids must be a NumPy array of uint64, got {_told(ids)}")
    if ids.ndim != 1:
        raise WrongShape(f"ids must have the shape [N], got {list(ids.shape)}")
    if count is not None and ids.shape[0] != count:
        raise WrongShape(f"{count} fingerprint values came with {ids.shape[0]} ids")
    return np.ascontiguousarray(ids)


def address_of(array: npt.NDArray[Any]) -> int:
    """Where the array's memory begins; good for as long as the caller holds the array."""
    address: int = array.__array_interface__["data"][0]
    return address


def _told(given: object) -> str:
    """Name what was given without showing what is in it: a value must not reach a log."""
    if isinstance(given, np.ndarray):
        return f"an array of {given.dtype}"
    return type(given).__name__
