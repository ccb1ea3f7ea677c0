"""Sets and packages made for tests: drawn pictures and digests out of nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.knowngood import Digest, KnownGoodSet, Manifest, SetWriter, Source
from tocsin.engine.knowngood.types import KINDS, PDQ_DTYPE, WIDTH_BYTES

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
EMPTY = Manifest("made", "a test", AT, "tocsin test", 0, Digest.NONE, 0, ())


def digests(kind: Digest, first: int, count: int) -> NDArray[np.uint8]:
    """Digests that no other number has: uint8[count, width]."""
    width = WIDTH_BYTES[kind]
    rows = (hashlib.sha256(f"{kind} {n}".encode()).digest() for n in range(first, first + count))
    return np.frombuffer(b"".join(row[:width] for row in rows), np.uint8).reshape(count, width)


def pdqs(count: int, seed: int = 1) -> NDArray[np.uint8]:
    """PDQs far from one another: uint8[count, 32]."""
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def made_set(
    folder: Path,
    *,
    sources: int = 3,
    each: int = 50,
    kinds: tuple[Digest, ...] = KINDS,
    values: NDArray[np.uint8] | None = None,
    gate: int = 0,
) -> KnownGoodSet:
    """A set of `sources` x `each` files, and of the PDQs given (of the last source)."""
    with SetWriter(folder, run_rows=64, merged_rows=32) as writer:
        for number in range(sources):
            told = writer.source(Source(f"package {number}", "1.0", "MIT"))
            writer.add({kind: digests(kind, number * each, each) for kind in kinds}, told)
        if values is not None:
            rows = np.zeros(len(values), PDQ_DTYPE)
            rows["value"], rows["quality"], rows["gate"] = values, 90, gate
            rows["source"] = sources - 1
            writer.add_pdqs(rows)
        writer.publish(EMPTY)
    return KnownGoodSet.open(folder)


def tarball(files: Mapping[str, bytes], *, packed: str = "gz") -> bytes:
    """A tarball in the manner of `tarfile`, which knows nothing of our reader."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{packed}") as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip, wheel or jar."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def debian(control: str, files: Mapping[str, bytes], *, packed: str = "xz") -> bytes:
    """A Debian package."""
    data = tarball({f"./{name}": data for name, data in files.items()}, packed=packed)
    return ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.gz": tarball({"./control": control.encode()}),
            f"data.tar.{packed}": data,
        }
    )


def ar(parts: Mapping[str, bytes]) -> bytes:
    """An `ar` archive."""
    out = b"!<arch>\n"
    for name, data in parts.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{0o100644:<8o}{len(data):<10}`\n".encode()
        out += data + b"\n" * (len(data) % 2)
    return out


def bomb(size: int) -> bytes:
    """A gzipped tarball of one file of zeros."""
    return gzip.compress(tarball({"zeros": bytes(size)}, packed=""))
