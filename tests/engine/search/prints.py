"""Fingerprints made out of nothing, and lists in which their like is planted."""

from __future__ import annotations

import hashlib

import numpy as np

from tocsin.engine.fingerprints import (
    Dialect,
    Fingerprints,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
    Status,
    Variant,
)
from tocsin.engine.index import ExactIndex, NearIndex


def some_hash(seed: int) -> bytes:
    """32 bytes that no other seed comes near."""
    return hashlib.sha256(f"hash {seed}".encode()).digest()


def off_by(value: bytes, bits: int) -> bytes:
    """The hash with its first so many bits flipped."""
    mask = (1 << bits) - 1
    return (int.from_bytes(value, "big") ^ mask).to_bytes(32, "big")


def picture(
    seed: int,
    *,
    origin: Origin = Origin.PICTURE,
    number: int = 0,
    gate: Gate | None = None,
    quality: int = 90,
    variants: tuple[Variant, ...] = (),
) -> PictureHashes:
    """A picture whose plain hash is `some_hash(seed)`."""
    return PictureHashes(
        origin=origin,
        number=number,
        width=400,
        height=300,
        pdq=PdqHash(some_hash(seed), quality),
        gate=gate,
        variants=variants,
    )


def with_512(one: PictureHashes, value: bytes, quality: int = 90) -> PictureHashes:
    """The same picture with a hash in the other dialect."""
    other = PdqHash(value, quality, Dialect.NEAREST_512)
    return PictureHashes(
        one.origin, one.number, one.width, one.height, one.pdq, other, gate=one.gate
    )


def oriented(one: PictureHashes, value: bytes) -> PictureHashes:
    """The same picture with a hash as EXIF wants it shown."""
    turned = PdqHash(value, 90)
    return PictureHashes(
        one.origin, one.number, one.width, one.height, one.pdq, pdq_oriented=turned, gate=one.gate
    )


def prints(*pictures: PictureHashes, content: bytes = b"a file") -> Fingerprints:
    """A file with these bytes and pictures."""
    return Fingerprints(
        status=Status.OK,
        size_bytes=len(content),
        md5=hashlib.md5(content, usedforsecurity=False).digest(),
        sha1=hashlib.sha1(content, usedforsecurity=False).digest(),
        sha256=hashlib.sha256(content).digest(),
        width=400,
        height=300,
        format="png",
        pictures=pictures,
    )


def near_index(entries: dict[int, bytes]) -> NearIndex:
    """A list with one hash for each entry."""
    ids = np.array(list(entries), np.uint64)
    values = np.frombuffer(b"".join(entries.values()), np.uint8).reshape(-1, 32)
    return NearIndex.build(values, ids)


def exact_index(entries: dict[int, bytes], width_bytes: int) -> ExactIndex:
    """A list with one value of that width for each entry."""
    ids = np.array(list(entries), np.uint64)
    values = np.frombuffer(b"".join(entries.values()), np.uint8).reshape(-1, width_bytes)
    return ExactIndex.build(values, ids)


NOTHING_NEAR = near_index({})
