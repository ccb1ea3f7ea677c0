"""A connection whose other end may be slow, silent, half-closed or gone."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

PIECE_BYTES: Final = 1 << 16
MOST_LINE: Final = 1 << 13
_LINGER_SECONDS: Final = 3.0


class Gone(Exception):
    """The other end has closed, in the middle of something or at its end."""


class TooSlow(Exception):
    """Nothing came, or nothing was taken, for too long."""


class TooLong(Exception):
    """A line has more bytes than any line needs."""


class Writing(Protocol):
    """What is needed of an asyncio.StreamWriter."""

    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...

    def can_write_eof(self) -> bool: ...

    def write_eof(self) -> None: ...

    def close(self) -> None: ...


class Wire:
    """Reads and writes with an end to every wait."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: Writing, *, idle_seconds: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._idle_seconds = idle_seconds
        self._ahead = b""

    async def some(self, most: int = PIECE_BYTES) -> bytes:
        """At least one byte and at most `most`; raises Gone, TooSlow."""
        if self._ahead:
            piece, self._ahead = self._ahead[:most], self._ahead[most:]
            return piece
        try:
            async with asyncio.timeout(self._idle_seconds):
                piece = await self._reader.read(most)
        except TimeoutError:
            raise TooSlow from None
        except OSError:
            raise Gone from None
        if not piece:
            raise Gone
        return piece

    async def exactly(self, n: int) -> bytes:
        """`n` bytes, of a small n; raises Gone, TooSlow."""
        pieces = b""
        while len(pieces) < n:
            pieces += await self.some(n - len(pieces))
        return pieces

    async def until(self, ends: bytes, most: int = MOST_LINE) -> bytes:
        """Up to the first `ends`, without it; raises Gone, TooSlow, TooLong."""
        line = b""
        while (at := line.find(ends)) < 0:
            if len(line) > most:
                raise TooLong
            line += await self.some()
        self.give_back(line[at + len(ends) :])
        if at > most:
            raise TooLong
        return line[:at]

    async def at_once(self, seconds: float) -> bytes:
        """What comes within `seconds`, b"" for nothing; for those who end a word by a pause."""
        if self._ahead:
            return await self.some()
        try:
            async with asyncio.timeout(seconds):
                return await self._reader.read(PIECE_BYTES)
        except TimeoutError:
            return b""
        except OSError:
            raise Gone from None

    def give_back(self, unread: bytes) -> None:
        """Read this again, next."""
        self._ahead = unread + self._ahead

    async def write(self, data: bytes) -> None:
        """Raises Gone, TooSlow."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(self._idle_seconds):
                await self._writer.drain()
        except TimeoutError:
            raise TooSlow from None
        except (OSError, RuntimeError):
            raise Gone from None

    async def linger(self) -> None:
        """Let what was said last arrive: a close with bytes unread would take it away again.

        The other end may still be sending what is no longer wanted; it is read for a few seconds
        and dropped.
        """
        try:
            if self._writer.can_write_eof():
                self._writer.write_eof()
            self._ahead = b""
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._reader.read(PIECE_BYTES):
                    pass
        except (TimeoutError, OSError, RuntimeError):
            return
