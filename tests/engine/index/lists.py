"""Synthetic hash lists and the plain oracle that every answer is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tocsin.engine.index import POLICY_DTYPE, ExactIndex, NearIndex, PolicyColumn

Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.uint64]


def random_hashes(count: int, *, seed: int, width_bytes: int = 32) -> Bytes:
    """Unrelated values, uint8[count, width]."""
    return np.random.default_rng(seed).integers(0, 256, (count, width_bytes), np.uint8)


def numbered(count: int, first: int = 1) -> Ids:
    """Ids in order, uint64[count]."""
    return np.arange(first, first + count, dtype=np.uint64)


def ids_of(*numbers: int) -> Ids:
    """These ids as uint64[n]."""
    return np.array(numbers, np.uint64)


def flipped(hashes: Bytes, bits: Iterable[int], *, seed: int) -> Bytes:
    """Each hash with that many different bits flipped, the number taken from `bits` in turn."""
    rng = np.random.default_rng(seed)
    unpacked = np.unpackbits(hashes, axis=1)
    for row, count in zip(unpacked, bits, strict=True):
        row[rng.choice(unpacked.shape[1], count, replace=False)] ^= 1
    return np.packbits(unpacked, axis=1)


def oracle(
    hashes: Bytes, ids: Ids, queries: Bytes, radius_bits: int
) -> list[list[tuple[int, int]]]:
    """For each query the (distance, id) pairs within the radius, sorted, each id once."""
    answers = []
    for query in queries:
        distances = np.unpackbits(hashes ^ query, axis=1).sum(axis=1)
        nearest: dict[int, int] = {}
        for row in np.flatnonzero(distances <= radius_bits):
            entry, distance = int(ids[row]), int(distances[row])
            nearest[entry] = min(distance, nearest.get(entry, distance))
        answers.append(sorted((distance, entry) for entry, distance in nearest.items()))
    return answers


def answered(index: NearIndex, queries: Bytes, radius_bits: int) -> list[list[tuple[int, int]]]:
    """What the index says, in the form of the oracle."""
    offsets, ids, distances = index.query(queries, radius_bits)
    pairs = list(zip(distances.tolist(), ids.tolist(), strict=True))
    return [pairs[offsets[i] : offsets[i + 1]] for i in range(len(queries))]


def looked_up(index: ExactIndex, values: Bytes) -> list[list[int]]:
    """The ids that an exact index gives for each value."""
    offsets, ids = index.query(values)
    return [ids[offsets[i] : offsets[i + 1]].tolist() for i in range(len(values))]


def policy_of(statuses: dict[int, int]) -> PolicyColumn:
    """A policy column in which only the status of each id is set."""
    records = np.zeros(len(statuses), POLICY_DTYPE)
    records["status"] = list(statuses.values())
    return PolicyColumn.build(ids_of(*statuses), records)


def damage(path: Path, at: int) -> None:
    """Turn over all bits of one byte of a file."""
    whole = bytearray(path.read_bytes())
    whole[at] ^= 0xFF
    path.write_bytes(whole)
