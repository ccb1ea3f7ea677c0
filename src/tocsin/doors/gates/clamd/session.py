"""One connection of a clamd client, from its first command to its last answer."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from tocsin.domain.matching.types import Door
from tocsin.doors.gates.budget import Held, NoRoom, TooLarge
from tocsin.doors.gates.clamd import replies
from tocsin.doors.gates.clamd.commands import (
    IN_SESSION,
    SCANS,
    Command,
    Unknown,
    Word,
    read_command,
)
from tocsin.doors.gates.clamd.looking import look_into
from tocsin.doors.gates.clamd.scanning import PathScan
from tocsin.doors.gates.desk import Desk
from tocsin.doors.gates.wire import Gone, TooLong, TooSlow, Wire

log = structlog.get_logger()

MOST_WAITING: Final = 16
"""Commands of one session that are read before the first of them is answered."""

NO_ROOM: Final = "Not available (no memory is free for this file at the moment)."
CUT_SHORT: Final = "Not checked (the stream ended before its end)."
TOO_SLOW: Final = "Not checked (the stream came too slowly)."
INVALID: Final = "Command invalid inside IDSESSION. ERROR"
_LENGTH: Final = struct.Struct("!L")


class _Broken(Exception):
    """What follows on this connection cannot be understood; the answer that says why is out."""


class ClamdSession:
    """Answers one connection. `connections` tells how many there are, for STATS."""

    def __init__(
        self, desk: Desk, wire: Wire, folders: Sequence[Path], connections: Callable[[], int]
    ) -> None:
        self._desk = desk
        self._wire = wire
        self._folders = folders
        self._connections = connections
        self._ends = b"\n"
        self._writing = asyncio.Lock()
        self._waiting: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_WAITING)

    async def serve(self) -> None:
        """Until the client has said all it wants; never raises for what it says or fails to."""
        try:
            await self._converse()
        except Gone:
            pass
        except (TimeoutError, TooSlow):
            await self._last_word("COMMAND READ TIMED OUT", self._ends)
        except TooLong:
            await self._last_word("COMMAND TOO LONG. ERROR", self._ends)
        except Unknown as error:
            await self._last_word(error.words, error.ends)
        except _Broken:
            pass
        except asyncio.CancelledError:
            for task in self._waiting:
                task.cancel()
            raise
        finally:
            await self._settle()

    async def _converse(self) -> None:
        command = await self._next()
        self._ends = command.ends
        if command.word is Word.IDSESSION and command.is_prefixed:
            return await self._session()
        if command.word in {Word.IDSESSION, Word.END}:
            raise Unknown("UNKNOWN COMMAND", command.ends)
        # One command a connection, as clamd has it: what comes behind it is not read.
        await self._begin(command, "")
        return None

    async def _next(self) -> Command:
        # Bytes that drip in, each in time, must not hold a connection for ever.
        async with asyncio.timeout(self._desk.limits.arrive_seconds):
            return await read_command(self._wire)

    async def _session(self) -> None:
        number = 1
        while True:
            try:
                command = await self._next()
            except Unknown as error:
                raise Unknown(f"{number}: {INVALID}", error.ends) from None
            except TooSlow:
                if not self._waiting:
                    raise
                await self._settle()  # the client was waiting for us
                continue
            self._ends = command.ends
            if command.word is Word.END:
                return
            if command.word not in IN_SESSION or not command.is_prefixed:
                raise Unknown(f"{number}: {INVALID}", command.ends)
            await self._begin(command, f"{number}: ")
            number += 1

    async def _begin(self, command: Command, number: str) -> None:
        """Take the command in, and have it answered while the next one may be read."""
        await self._room.acquire()
        try:
            work = await self._work(command, number)
        except BaseException:
            self._room.release()
            raise
        task = asyncio.create_task(work)
        self._waiting.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._waiting.discard(task)
        self._room.release()
        if not task.cancelled():
            task.exception()  # Gone or TooSlow: nobody is there to hear it

    async def _work(self, command: Command, number: str) -> Coroutine[Any, Any, None]:
        if command.word is Word.INSTREAM:
            return self._stream(await self._taken_in(command, number), command, number)
        if command.word in SCANS:
            return self._scan(command, number)
        return self._say(self._simple(command.word), command, number)

    def _simple(self, word: Word) -> str:
        at = datetime.now(UTC)
        if word is Word.PING:
            return "PONG"
        if word is Word.VERSION:
            return replies.version(self._desk.lists(Door.CLAMD), at)
        if word is Word.VERSIONCOMMANDS:
            return replies.version_and_commands(self._desk.lists(Door.CLAMD), at)
        if word is Word.STATS:
            return replies.stats(self._desk, self._connections())
        return "RELOADING"  # the lists are followed at every moment; there is nothing else to do

    async def _taken_in(self, command: Command, number: str) -> Held:
        """The file behind INSTREAM: pieces, each behind its length, and a length of nothing."""
        file = self._desk.hold()
        try:
            async with asyncio.timeout(self._desk.limits.arrive_seconds):
                while left := _LENGTH.unpack(await self._wire.exactly(_LENGTH.size))[0]:
                    await self._piece(file, left)
        except BaseException as error:
            file.close()
            line = _why_not_taken_in(error)
            if line is None:
                raise
            raise await self._broken(line, command, number) from None
        return file

    async def _piece(self, file: Held, left: int) -> None:
        if file.size + left > self._desk.limits.most_bytes:
            raise TooLarge
        while left:
            piece = await self._wire.some(min(left, 1 << 16))
            await file.add(piece)
            left -= len(piece)

    async def _stream(self, file: Held, command: Command, number: str) -> None:
        async with file:
            try:
                line = replies.of_file("stream", await look_into(self._desk, file))
            except Exception as error:  # noqa: BLE001 - some clients read no answer as "clean"
                line = replies.error("stream", _broke(error))
        await self._say(line, command, number)

    async def _scan(self, command: Command, number: str) -> None:
        scan = PathScan(self._desk, self._folders)
        try:
            async for line in scan.lines(command.word, command.argument):
                # A file may be named so that the rest of its name looks like another answer.
                await self._say(line.replace("\n", "?"), command, number)
        except (Gone, TooSlow):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            await self._say(replies.error("scan", _broke(error)), command, number)

    async def _say(self, line: str, command: Command, number: str) -> None:
        said = f"{number}{line}".encode("utf-8", "surrogateescape")
        async with self._writing:
            await self._wire.write(said + command.ends)

    async def _broken(self, line: str, command: Command, number: str) -> _Broken:
        """The answer has left when this returns."""
        try:
            await self._settle()
            await self._say(line, command, number)
        except (Gone, TooSlow):
            pass
        return _Broken()

    async def _last_word(self, words: str, ends: bytes) -> None:
        try:
            await self._settle()
            async with self._writing:
                await self._wire.write(words.encode() + ends)
        except (Gone, TooSlow):
            return

    async def _settle(self) -> None:
        """Wait for the answers that are still due."""
        while self._waiting:
            await asyncio.wait(self._waiting)


def _broke(error: Exception) -> str:
    log.error("gate_failed", error=type(error).__name__)
    return "Not available (something broke here)."


def _why_not_taken_in(error: BaseException) -> str | None:
    if isinstance(error, TooLarge):
        return replies.SIZE_LIMIT
    if isinstance(error, NoRoom):
        return replies.error("stream", NO_ROOM)
    if isinstance(error, Gone):
        return replies.error("stream", CUT_SHORT)
    if isinstance(error, TimeoutError | TooSlow):
        return replies.error("stream", TOO_SLOW)
    return None
