"""What a package may cost, and readers that stop when it costs more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol


class WrongPackage(Exception):
    """A package cannot be read (on); the text says why."""


class TooMuch(WrongPackage):
    """A package asks for more than we spend on one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where reading stops. `most_ratio` is unpacked to packed bytes, looked at once `free_bytes`
    are unpacked: text packs well, and bombs pack better. `most_file_bytes` is what is held in
    memory at once, of a picture or of a package inside a package, `most_depth` how deep those may
    lie."""

    most_entries: int = 1_000_000
    most_bytes: int = 64 << 30
    most_ratio: int = 300
    free_bytes: int = 64 << 20
    most_file_bytes: int = 64 << 20
    most_inner_bytes: int = 256 << 20
    most_depth: int = 2


DEFAULT_BOUNDS: Final = Bounds()


class Readable(Protocol):
    """Something with bytes in it."""

    def read(self, size: int = -1, /) -> bytes: ...


class Spent:
    """What one package, with all that lies inside it, has cost so far."""

    def __init__(self, bounds: Bounds, packed_bytes: int) -> None:
        self.bounds = bounds
        self._packed_bytes = max(packed_bytes, 1)
        self._entries = 0
        self._bytes = 0

    def entry(self) -> None:
        """One more file or folder; raises TooMuch."""
        self._entries += 1
        if self._entries > self.bounds.most_entries:
            raise TooMuch(f"it has more than {self.bounds.most_entries:,} entries")

    def unpacked(self, size_bytes: int) -> None:
        """So many more bytes came out of it; raises TooMuch."""
        self._bytes += size_bytes
        if self._bytes > self.bounds.most_bytes:
            raise TooMuch(f"it unpacks to more than {self.bounds.most_bytes:,} bytes")
        ratio_bytes = self._packed_bytes * self.bounds.most_ratio
        if self._bytes > max(self.bounds.free_bytes, ratio_bytes):
            raise TooMuch(f"it unpacks to more than {self.bounds.most_ratio} times its size")


class Counted:
    """A reader that counts what comes out of it."""

    def __init__(self, inner: Readable, spent: Spent) -> None:
        self._inner = inner
        self._spent = spent

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, at most a mebibyte where none is named; raises TooMuch."""
        data = self._inner.read(1 << 20 if size < 0 else size)
        self._spent.unpacked(len(data))
        return data


def read_exactly(source: Readable, size: int) -> bytes:
    """Exactly `size` bytes; raises WrongPackage where the package ends before."""
    pieces: list[bytes] = []
    while size > 0:
        piece = source.read(size)
        if not piece:
            raise WrongPackage("it is cut short")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def skip(source: Readable, size: int) -> None:
    """Read over `size` bytes; raises WrongPackage where the package ends before."""
    while size > 0:
        piece = source.read(min(size, 1 << 20))
        if not piece:
            raise WrongPackage("it is cut short")
        size -= len(piece)


class Slice:
    """The next `size` bytes of a reader, as a reader; `finish` reads over what nobody read."""

    def __init__(self, source: Readable, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, none at its end; raises WrongPackage where the package ends."""
        wanted = self._left if size < 0 else min(size, self._left)
        if not wanted:
            return b""
        data = self._source.read(wanted)
        if not data:
            raise WrongPackage("it is cut short")
        self._left -= len(data)
        return data

    def finish(self) -> None:
        """Go to its end."""
        skip(self._source, self._left)
        self._left = 0
