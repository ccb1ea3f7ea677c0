"""One file of arrays that processes share by mapping it into memory.

Layout: 64 bytes (magic `TOCSINIX`, format version and header length as little-endian uint32, the
SHA-256 of the header, zeros), the header as JSON, then the arrays, each from a multiple of 64 bytes
on, little-endian. The header names the kind, the arrays (type, shape, place), the size of the whole
file, and what else the kind needs.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"TOCSINIX"
FORMAT = 2
PREAMBLE = struct.Struct("<8sII32s16x")
ALIGNMENT = 64
LONGEST_HEADER = 1 << 20
CHUNK_BYTES = 1 << 22
REBUILD = "Run `tocsin index rebuild` to build it again from the lists."

AnyArray = npt.NDArray[Any]


class IndexUnusable(Exception):
    """The index cannot answer now; whoever asks must be told so, never `not listed`."""


class IndexMissing(IndexUnusable):
    """There is no index where one is expected."""


class IndexDamaged(IndexUnusable):
    """A file of the index is cut short, altered or does not fit the others."""


class IndexTooOld(IndexUnusable):
    """An older Tocsin wrote this index, in a format that is no longer read."""


class IndexTooNew(IndexUnusable):
    """A newer Tocsin wrote this index, in a format that this one does not know."""


@dataclass(frozen=True, slots=True)
class Segment:
    """An opened segment: read-only arrays over the mapped file, and what its header says."""

    path: Path
    arrays: Mapping[str, AnyArray]

    def array(
        self, name: str, dtype: npt.DTypeLike | tuple[str, str], shape: tuple[int | None, ...]
    ) -> AnyArray:
        """One array, checked for type (or two) and shape (None: any length).

        Raises `IndexDamaged`.
        """
        found = self.arrays.get(name)
        fitting = [np.dtype(one) for one in (dtype if isinstance(dtype, tuple) else (dtype,))]
        if found is None or found.dtype not in fitting or len(found.shape) != len(shape):
            raise damaged(self.path, f"its array '{name}' is missing or of another type")
        if any(want is not None and want != got for want, got in zip(shape, found.shape)):  # noqa: B905 - same length, checked above
            raise damaged(self.path, f"its array '{name}' has another size than the rest")
        return found


@dataclass(frozen=True, slots=True)
class Later:
    """An array that is made when it is its turn to be written, and may be changed after that."""

    dtype: str
    shape: tuple[int, ...]
    make: Callable[[], AnyArray]

    @property
    def nbytes(self) -> int:
        """Bytes of the array to be."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


def segment_chunks(
    kind: str, arrays: Mapping[str, AnyArray | Later]
) -> Iterator[bytes | memoryview]:
    """The bytes of a segment, piece by piece, for `durable.write_file`."""
    described, at = [], 0
    for name, array in arrays.items():
        at = _aligned(at)
        dtype = _type_name(np.dtype(array.dtype))
        described.append({"name": name, "dtype": dtype, "shape": list(array.shape), "at": at})
        at += array.nbytes
    header = json.dumps({"kind": kind, "arrays": described, "bytes": at}).encode()
    yield PREAMBLE.pack(MAGIC, FORMAT, len(header), hashlib.sha256(header).digest())
    yield header
    yield bytes(_aligned(PREAMBLE.size + len(header)) - PREAMBLE.size - len(header))
    written = 0
    for array in arrays.values():
        yield bytes(_aligned(written) - written)
        written = _aligned(written) + array.nbytes
        made = array.make() if isinstance(array, Later) else array
        flat = np.ascontiguousarray(made).reshape(-1).view(np.uint8)
        for start in range(0, len(flat), CHUNK_BYTES):
            yield flat[start : start + CHUNK_BYTES].data


def open_segment(path: Path, kind: str) -> Segment:
    """Map a segment read-only.

    Raises `IndexMissing` when there is no such file, `IndexTooOld` and `IndexTooNew` for another
    format, and `IndexDamaged` for anything else that is not a whole segment of this kind.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise IndexMissing(f"The index file {path.name} is not there. {REBUILD}") from None
    try:
        told = os.fstat(descriptor)
        if not stat.S_ISREG(told.st_mode):
            raise damaged(path, "it is no file")
        size_bytes = told.st_size
        if size_bytes < PREAMBLE.size:
            raise damaged(path, "it is cut short")
        whole = mmap.mmap(descriptor, size_bytes, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
    header, start = _read_header(path, whole)
    return Segment(path=path, arrays=_map_arrays(path, kind, header, whole, start))


def damaged(path: Path, what: str) -> IndexDamaged:
    """The exception for a damaged file, saying what is wrong and what to do."""
    return IndexDamaged(f"The index file {path.name} is damaged: {what}. {REBUILD}")


def _read_header(path: Path, whole: mmap.mmap) -> tuple[dict[str, Any], int]:
    magic, version, length, digest = PREAMBLE.unpack_from(whole)
    if magic != MAGIC:
        raise damaged(path, "it does not begin like one")
    if version > FORMAT:
        raise IndexTooNew(
            f"The index file {path.name} has format {version}, this Tocsin knows up to {FORMAT}. "
            f"Start the newer Tocsin again, or go back: {REBUILD}"
        )
    if version < FORMAT:
        raise IndexTooOld(
            f"The index file {path.name} has format {version}, from before format {FORMAT}. "
            f"{REBUILD}"
        )
    text = whole[PREAMBLE.size : PREAMBLE.size + min(length, LONGEST_HEADER)]
    if hashlib.sha256(text).digest() != digest:
        raise damaged(path, "its header does not match its own checksum")
    # The checksum has just shown that this is what was written, so its shape needs no more doubt.
    header: dict[str, Any] = json.loads(text)
    return header, _aligned(PREAMBLE.size + length)


def _map_arrays(
    path: Path, kind: str, header: dict[str, Any], whole: mmap.mmap, start: int
) -> dict[str, AnyArray]:
    if header["kind"] != kind:
        raise damaged(path, f"it holds '{header['kind']}' where '{kind}' belongs")
    if len(whole) != start + header["bytes"]:
        raise damaged(path, f"it has {len(whole)} bytes instead of {start + header['bytes']}")
    arrays = {}
    for told in header["arrays"]:
        count = int(np.prod(told["shape"], dtype=np.int64))
        dtype = np.dtype(_from_json(told["dtype"]))
        # `frombuffer` refuses to read nothing, so an empty array has no file behind it.
        empty = np.empty(0, dtype)
        flat = np.frombuffer(whole, dtype, count, start + told["at"]) if count else empty
        arrays[told["name"]] = flat.reshape(told["shape"])
    return arrays


def _type_name(dtype: np.dtype[Any]) -> Any:
    """How a type stands in JSON: `<u4`, or a list of [name, type] for a record."""
    little = dtype.newbyteorder("<")
    return little.str if little.names is None else little.descr


def _from_json(told: Any) -> Any:
    if isinstance(told, str):
        return told
    return [(field[0], field[1], *(tuple(size) for size in field[2:])) for field in told]


def _aligned(at: int) -> int:
    return -(-at // ALIGNMENT) * ALIGNMENT
