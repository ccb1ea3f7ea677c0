"""Streams that unpack while they are read: gzip, bzip2, xz, and zstd where it can be had."""

from __future__ import annotations

import bz2
import lzma
import shutil
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final, Protocol

from tocsin.engine.knowngood.packages.bounds import Readable, WrongPackage

_PIECE_BYTES: Final = 1 << 16
_XZ_MEMORY_BYTES: Final = 256 << 20
"""xz -9 needs 65 MiB; a file may ask for 4 GiB."""
_BEGINNINGS: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"]\0\0", "lzma"),
    (b"(\xb5/\xfd", "zstd"),
)


class _Decompressor(Protocol):
    """What bz2 and lzma give, and gzip is made to give: at most so many bytes at a time."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's gzip reader in the manner of the two others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Unpacked:
    """The bytes that a packed reader holds; one packed stream may follow another."""

    def __init__(self, source: Readable, fresh: Callable[[], _Decompressor], begun: bytes) -> None:
        self._source = source
        self._fresh = fresh
        self._inner = fresh()
        self._packed = begun
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """1 to `size` bytes, none at the end; raises WrongPackage for damage."""
        wanted = _PIECE_BYTES if size < 0 else size
        while wanted and not self._ended:
            try:
                data = self._next(wanted)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise WrongPackage(f"it does not unpack ({error})") from None
            except MemoryError:
                raise WrongPackage("it needs too much memory to unpack") from None
            if data:
                return data
        return b""

    def _next(self, wanted: int) -> bytes:
        if self._inner.eof:
            rest = self._inner.unused_data.lstrip(b"\0") or self._source.read(_PIECE_BYTES)
            if not rest.strip(b"\0"):
                self._ended = not rest
                self._inner = self._inner if self._ended else _Done()
                return b""
            self._inner, self._packed = self._fresh(), rest
        elif self._inner.needs_input and not self._packed:
            self._packed = self._source.read(_PIECE_BYTES)
            if not self._packed:
                raise WrongPackage("it is cut short")
        packed, self._packed = self._packed, b""
        return self._inner.decompress(packed, wanted)


class _Done:
    """Padding behind the last stream was read; more may follow."""

    eof = True
    needs_input = False
    unused_data = b""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return b""


@contextmanager
def unpacked(source: Readable) -> Iterator[Readable]:
    """The bytes of a tarball, whatever it is packed with; as they are where it is not packed.

    Raises WrongPackage where zstd is needed and neither Python nor this machine has it.
    """
    begun = _begin(source)
    kind = next((kind for magic, kind in _BEGINNINGS if begun.startswith(magic)), None)
    if kind == "zstd":
        with _zstd(source, begun) as stream:
            yield stream
    elif kind is None:
        yield _Plain(source, begun)
    else:
        yield _Unpacked(source, _FRESH[kind], begun)


def _begin(source: Readable) -> bytes:
    begun = b""
    while len(begun) < 6 and (more := source.read(6 - len(begun))):
        begun += more
    return begun


class _Plain:
    def __init__(self, source: Readable, begun: bytes) -> None:
        self._source = source
        self._begun = begun

    def read(self, size: int = -1, /) -> bytes:
        if self._begun:
            data, self._begun = self._begun[:size], self._begun[size:]
            return data
        return self._source.read(size)


def _xz() -> _Decompressor:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)


_FRESH: Final[dict[str, Callable[[], _Decompressor]]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": _xz,
    "lzma": _xz,
}


@contextmanager
def _zstd(source: Readable, begun: bytes) -> Iterator[Readable]:
    """Through the program `zstd`, fed by a thread: Python has no zstd before 3.14."""
    program = shutil.which("zstd")
    if program is None:
        raise WrongPackage("it is packed with zstd, and the program zstd is not installed")
    command = [program, "-q", "-d", "-c", "--memory=128MB"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        into, out = process.stdin, process.stdout
        if into is None or out is None:  # both were asked for
            raise WrongPackage("zstd could not be started")
        failed: list[Exception] = []
        feeder = threading.Thread(target=_feed, args=(source, begun, into, failed), daemon=True)
        feeder.start()
        try:
            yield _FromProgram(process, out, failed)
        finally:
            process.kill()
            feeder.join()


def _feed(source: Readable, begun: bytes, into: IO[bytes], failed: list[Exception]) -> None:
    try:
        with into:
            into.write(begun)
            while piece := source.read(_PIECE_BYTES):
                into.write(piece)
    except BrokenPipeError:
        return  # whoever read has read enough
    except (OSError, WrongPackage) as error:
        failed.append(error)


class _FromProgram:
    def __init__(
        self, process: subprocess.Popen[bytes], out: IO[bytes], failed: list[Exception]
    ) -> None:
        self._process = process
        self._out = out
        self._failed = failed

    def read(self, size: int = -1, /) -> bytes:
        data = self._out.read(_PIECE_BYTES if size < 0 else size)
        if not data and (self._process.wait() or self._failed):
            raise WrongPackage("it does not unpack (zstd)")
        return data
