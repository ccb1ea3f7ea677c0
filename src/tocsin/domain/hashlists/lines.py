"""Reading a file line by line, however long its lines and whatever its encoding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

LONGEST_LINE_BYTES = 1_000_000
TOO_LONG = "it is longer than 1,000,000 bytes"
_BLOCK_BYTES = 1 << 20
_UTF8_MARK = b"\xef\xbb\xbf"
_WRONG_STARTS = {
    b"\xff\xfe\x00\x00": "it is UTF-32",
    b"\x00\x00\xfe\xff": "it is UTF-32",
    b"\xff\xfe": "it is UTF-16",
    b"\xfe\xff": "it is UTF-16",
    b"\x1f\x8b": "it is compressed (gzip)",
    b"PK\x03\x04": "it is compressed (zip)",
    b"\xfd7zXZ": "it is compressed (xz)",
}


class UnusableFile(Exception):
    """The file cannot be read as a list at all; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """A file's length, its SHA-256, and where its text begins (behind a byte order mark)."""

    size_bytes: int
    sha256: str
    first_byte: int


class Line(NamedTuple):
    """One line: its number from 1, where the next begins, its bytes (None: too long)."""

    number: int
    end: int
    raw: bytes | None


def identify(path: Path) -> FileIdentity:
    """Read the whole file once; raises UnusableFile."""
    hashed = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            start = file.read(4096)
            _check_start(path, start)
            file.seek(0)
            while block := file.read(_BLOCK_BYTES):
                hashed.update(block)
                size += len(block)
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}.") from error
    mark = len(_UTF8_MARK) if start.startswith(_UTF8_MARK) else 0
    return FileIdentity(size, hashed.hexdigest(), mark)


def lines(file: BinaryIO, *, offset: int, number: int) -> Iterator[Line]:
    """Lines from byte `offset` on, the first of them line `number` + 1."""
    file.seek(offset)
    while raw := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        offset += len(raw)
        if len(raw) <= LONGEST_LINE_BYTES or raw.endswith(b"\n"):
            yield Line(number, offset, raw)
            continue
        while rest := file.readline(_BLOCK_BYTES):
            offset += len(rest)
            if rest.endswith(b"\n"):
                break
        yield Line(number, offset, None)


def wrong_byte(raw: bytes) -> str | None:
    """Which byte of a line is not UTF-8, in words; None when all are."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} of the line is not UTF-8"
    return None


def _check_start(path: Path, start: bytes) -> None:
    for mark, what in _WRONG_STARTS.items():
        if start.startswith(mark):
            raise UnusableFile(f"{path} cannot be read as a list: {what}. Turn it into UTF-8 text.")
    if b"\0" in start:
        place = start.index(b"\0") + 1
        line = start[:place].count(b"\n") + 1
        raise UnusableFile(
            f"{path} cannot be read as a list: byte {place} (line {line}) is not text. "
            "Turn it into UTF-8 text."
        )
