"""A real clamd behind the gate, where the operator wants a virus scanner's word as well.

It writes what it is sent to its own temporary folder while it scans: the one place where bytes of
an upload reach a disk, and the reason why this is off unless it is set. What was found here is not
sent on.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import replace
from typing import Final

import structlog

from tocsin.doors.gates.types import Place, Ruling, Told

log = structlog.get_logger()

NO_SCANNER: Final = "the virus scanner behind this gate gave no answer"
_PIECE: Final = 1 << 18
_MOST_ANSWER: Final = 4_096
_END: Final = struct.pack("!L", 0)


class Scanner:
    """Asks the clamd at `place`, one connection for each file."""

    def __init__(self, place: Place, seconds: float = 60.0) -> None:
        self._place = place
        self._seconds = seconds

    async def also(self, told: Told, data: bytes) -> Told:
        """What stands after the scanner was asked too: the graver of both words.

        One that gives no answer leaves the file without an answer, even where we found nothing.
        """
        try:
            async with asyncio.timeout(self._seconds):
                word = await self._ask(data)
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            log.warning("gate_scanner_silent", error=type(error).__name__)
            word = ""
        return _together(told, word)

    async def _ask(self, data: bytes) -> str:
        reader, writer = await self._connected()
        try:
            writer.write(b"zINSTREAM\0")
            view = memoryview(data)
            for start in range(0, len(data), _PIECE):
                piece = view[start : start + _PIECE]
                writer.write(struct.pack("!L", len(piece)))
                writer.write(piece)
                await writer.drain()
            writer.write(_END)
            await writer.drain()
            answer = await reader.readuntil(b"\0")
            return answer[:-1].decode("utf-8", "replace")
        except ConnectionError:
            # It may have said why before it hung up, as it does when a file is too long for it.
            return (await reader.read(_MOST_ANSWER)).rstrip(b"\0").decode("utf-8", "replace")
        finally:
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._place.path is not None:
            return await asyncio.open_unix_connection(self._place.path, limit=_MOST_ANSWER)
        return await asyncio.open_connection(self._place.host, self._place.port, limit=_MOST_ANSWER)


def _together(told: Told, word: str) -> Told:
    if word == "stream: OK":
        return told
    if word.startswith("stream: ") and word.endswith(" FOUND"):
        name = "".join(filter(_may_stand, word.removeprefix("stream: ").removesuffix(" FOUND")))
        return replace(told, ruling=Ruling.FOUND, name=name or "Unnamed")
    return replace(told, ruling=max(told.ruling, Ruling.UNAVAILABLE), words=NO_SCANNER)


def _may_stand(letter: str) -> bool:
    """Names stand in one line of an answer, and in a header."""
    return letter.isascii() and letter.isprintable() and letter not in ";,"
