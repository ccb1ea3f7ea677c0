"""The `ar` archive that a Debian package is: a few files, one after the other.

Source: deb(5), and the common `ar` header of 60 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.engine.knowngood.packages.bounds import (
    Readable,
    Slice,
    Spent,
    WrongPackage,
    read_exactly,
)

MAGIC: Final = b"!<arch>\n"
_HEADER_BYTES: Final = 60
_MOST_PARTS: Final = 16


def parts(source: Readable, spent: Spent) -> Iterator[tuple[str, Slice]]:
    """Name and contents of each part; contents are read before the next part is asked for.

    Raises WrongPackage.
    """
    if read_exactly(source, len(MAGIC)) != MAGIC:
        raise WrongPackage("it does not begin like a Debian package")
    for _ in range(_MOST_PARTS):
        header = source.read(_HEADER_BYTES)
        if not header:
            return
        header += read_exactly(source, _HEADER_BYTES - len(header))
        if header[58:] != b"`\n":
            raise WrongPackage("a part of it has no header")
        size = _size(header[48:58])
        spent.entry()
        part = Slice(source, size)
        yield header[:16].decode("ascii", "replace").rstrip(" ").rstrip("/"), part
        part.finish()
        if size % 2:
            source.read(1)
    raise WrongPackage(f"it has more than {_MOST_PARTS} parts")


def _size(field: bytes) -> int:
    text = field.strip()
    if not text.isdigit():
        raise WrongPackage("the size of a part is no number")
    return int(text)
