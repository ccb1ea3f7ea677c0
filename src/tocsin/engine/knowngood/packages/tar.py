"""Tarballs, read from front to back with a few kilobytes in memory.

Python's `tarfile` reads a header that claims to be gigabytes long into memory; here no header may
be longer than a mebibyte. Source: POSIX.1-2001 (ustar and pax), and GNU's long names and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tocsin.engine.knowngood.packages.bounds import (
    Readable,
    Slice,
    Spent,
    TooMuch,
    WrongPackage,
    read_exactly,
)

_BLOCK: Final = 512
_MOST_HEADER_BYTES: Final = 1 << 20
_FILES: Final = frozenset(b"0\x007")
# Links, devices, folders and pipes: whatever size they claim, nothing follows.
_WITHOUT_CONTENTS: Final = frozenset(b"123456")
_LONG_NAME: Final = ord("L")
_LONG_LINK: Final = ord("K")
_PAX: Final = ord("x")
_PAX_FOR_ALL: Final = ord("g")
_SPARSE: Final = ord("S")


@dataclass(slots=True)
class _Told:
    """What headers before a file said of it."""

    name: str | None = None
    size: int | None = None


def files(source: Readable, spent: Spent) -> Iterator[tuple[str, int, Slice]]:
    """Name, size and contents of each regular file; contents are read before the next is asked for.

    Raises WrongPackage, and TooMuch from `spent` or for a header beyond a mebibyte.
    """
    told = _Told()
    while (header := _header(source)) is not None:
        kind = header[156]
        size = _number(header[124:136])
        if kind in {_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL}:
            body = _body(source, size)
            if kind == _LONG_NAME:
                told.name = _text(body)
            elif kind == _PAX:
                _read_pax(body, told)
            continue
        if kind == _SPARSE:
            raise WrongPackage("it holds files with holes, which are not read")
        spent.entry()
        size = told.size if told.size is not None else size
        size = 0 if kind in _WITHOUT_CONTENTS else size
        contents = Slice(source, size)
        if kind in _FILES:
            yield told.name or _name(header), size, contents
        contents.finish()
        read_exactly(source, -size % _BLOCK)
        told = _Told()


def _header(source: Readable) -> bytes | None:
    """The next header, or None at the end: a block of zeros, or nothing."""
    block = source.read(_BLOCK)
    if not block:
        return None
    block += read_exactly(source, _BLOCK - len(block))
    if not block.strip(b"\0"):
        return None
    claimed = _number(block[148:156])
    summed = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    if claimed != summed:
        raise WrongPackage("a header in it does not match its checksum")
    return block


def _number(field: bytes) -> int:
    """Octal digits, or GNU's binary number behind a first byte of 0x80."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    try:
        value = int(digits or b"0", 8)
    except ValueError:
        raise WrongPackage("a number in a header is none") from None
    if value < 0:
        raise WrongPackage("a number in a header is below 0")
    return value


def _body(source: Readable, size: int) -> bytes:
    if size > _MOST_HEADER_BYTES:
        raise TooMuch(f"a header in it is longer than {_MOST_HEADER_BYTES:,} bytes")
    body = read_exactly(source, size)
    read_exactly(source, -size % _BLOCK)
    return body


def _read_pax(body: bytes, told: _Told) -> None:
    """Records of the form `length key=value\\n`."""
    at = 0
    while at < len(body):
        digits, space, _ = body[at : at + 16].partition(b" ")
        end = at + int(digits) if space and digits.isdigit() else 0
        if end <= at + len(digits) + 1 or body[end - 1 : end] != b"\n":
            raise WrongPackage("a header in it is damaged")
        key, _, value = body[at + len(digits) + 1 : end - 1].partition(b"=")
        if key == b"path":
            told.name = _text(value)
        elif key == b"size":
            if not value.isdigit() or len(value) > 18:
                raise WrongPackage("a number in a header is none")
            told.size = int(value)
        elif key.startswith(b"GNU.sparse"):
            raise WrongPackage("it holds files with holes, which are not read")
        at = end


def _name(header: bytes) -> str:
    name = _text(header[:100])
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
