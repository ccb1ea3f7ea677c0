"""SCAN, CONTSCAN, MULTISCAN, ALLMATCHSCAN: files named by their path."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.domain.matching.types import Door
from tocsin.doors.gates.budget import Held, NoRoom, TooLarge
from tocsin.doors.gates.clamd import replies
from tocsin.doors.gates.clamd.commands import Word
from tocsin.doors.gates.clamd.looking import NO_ROOM, look_into
from tocsin.doors.gates.clamd.paths import NotReadable, files_under, open_file
from tocsin.doors.gates.desk import Desk, new_check_id
from tocsin.doors.gates.rules import unavailable
from tocsin.doors.gates.types import Ruling, Told
from tocsin.engine.fingerprints import Status

_PIECE: Final = 1 << 18


class PathScan:
    """The answer to one of these commands, line by line."""

    def __init__(self, desk: Desk, folders: Sequence[Path]) -> None:
        self._desk = desk
        self._folders = folders

    async def lines(self, word: Word, named: str) -> AsyncIterator[str]:
        """A line for each file that was found or could not be checked; `OK` for the whole where
        there is none. SCAN ends with the first of them; MULTISCAN looks at several at once."""
        try:
            path, files = files_under(named, self._folders)
        except NotReadable as error:
            yield replies.error(named, str(error))
            return
        at_once = self._desk.limits.files_at_once if word is Word.MULTISCAN else 1
        is_clean = True
        async with aclosing(self._looked_at(files, at_once)) as looked_at:
            try:
                async for name, told in looked_at:
                    if told.ruling is Ruling.CLEAN:
                        continue
                    is_clean = False
                    # As the client named it, where a link leads to the same file.
                    yield replies.of_file(named if name == path else str(name), told)
                    if word is Word.SCAN:
                        return
            except NotReadable as error:
                is_clean = False
                yield replies.error(named, str(error))
        if is_clean:
            yield f"{named}: OK"

    async def _looked_at(
        self, files: Iterator[Path], at_once: int
    ) -> AsyncGenerator[tuple[Path, Told], None]:
        running: list[tuple[Path, asyncio.Task[Told]]] = []
        try:
            while True:
                while len(running) < at_once and (path := await self._next(files)) is not None:
                    running.append((path, asyncio.create_task(self._look(path))))
                if not running:
                    return
                path, task = running.pop(0)
                yield path, await task
        finally:
            for _, task in running:
                task.cancel()

    async def _next(self, files: Iterator[Path]) -> Path | None:
        return await asyncio.to_thread(next, files, None)

    async def _look(self, path: Path) -> Told:
        async with self._desk.hold() as file:
            try:
                await self._read(path, file)
            except TooLarge:
                return self._desk.refuse(Status.TOO_LARGE, Door.CLAMD)
            except NoRoom:
                return unavailable(NO_ROOM, new_check_id())
            except NotReadable as error:
                return unavailable(str(error).rstrip("."), new_check_id())
            except OSError:
                return unavailable("the file cannot be read", new_check_id())
            return await look_into(self._desk, file)

    async def _read(self, path: Path, file: Held) -> None:
        source: BinaryIO = await asyncio.to_thread(open_file, path, self._folders)
        with source:
            while piece := await asyncio.to_thread(source.read, _PIECE):
                await file.add(piece)
