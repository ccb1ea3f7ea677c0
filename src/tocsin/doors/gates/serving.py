"""Both gates open: connections in, sessions out, and an orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from tocsin.doors.gates.clamd.session import ClamdSession
from tocsin.doors.gates.desk import Desk
from tocsin.doors.gates.icap.session import IcapSession
from tocsin.doors.gates.places import listen
from tocsin.doors.gates.types import Place
from tocsin.doors.gates.wire import Gone, TooSlow, Wire

log = structlog.get_logger()

END_SECONDS: Final = 5.0
_CLAMD_FULL: Final = b"Not available (too many connections). ERROR\n"
_ICAP_FULL: Final = (
    b"ICAP/1.0 503 Service Unavailable\r\nConnection: close\r\nEncapsulated: null-body=0\r\n\r\n"
)

Session = Callable[[Wire], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Opening:
    """Where the gates stand; one that has no place is shut."""

    clamd: Place | None = None
    icap: Place | None = None
    folders: Sequence[Path] = ()


class Gates:
    """The servers of this process."""

    def __init__(self, desk: Desk, opening: Opening) -> None:
        self._desk = desk
        self._opening = opening
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; raises Taken."""
        if self._opening.clamd is not None:
            await self._serve(self._opening.clamd, self._clamd, _CLAMD_FULL)
            log.info("gate_opened", door="clamd")
        if self._opening.icap is not None:
            await self._serve(self._opening.icap, self._icap, _ICAP_FULL)
            log.info("gate_opened", door="icap")

    @property
    def ports(self) -> list[int]:
        """The ports listened at, for places of port 0."""
        names = [s.getsockname() for server in self._servers for s in server.sockets]
        return [name[1] for name in names if isinstance(name, tuple)]

    async def close(self) -> None:
        """Listen no more, let what is in hand be answered, and end."""
        for server in self._servers:
            server.close()
        if self._open:
            await asyncio.wait(self._open, timeout=END_SECONDS)
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        self._desk.close()
        for place in (self._opening.clamd, self._opening.icap):
            if place is not None and place.path is not None:
                place.path.unlink(missing_ok=True)

    async def _serve(self, place: Place, session: Session, full: bytes) -> None:
        here: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                for kept in (here, self._open):
                    kept.add(task)
                    task.add_done_callback(kept.discard)
            wire = Wire(reader, writer, idle_seconds=self._desk.limits.idle_seconds)
            try:
                if len(here) > self._desk.limits.connections:
                    await wire.write(full)
                else:
                    await session(wire)
                await wire.linger()
            except (Gone, TooSlow):
                pass
            except Exception as error:  # noqa: BLE001 - one connection must not end the others
                log.error("gate_session_failed", error=type(error).__name__)
            finally:
                writer.close()

        self._servers.append(await listen(place, connected))

    async def _clamd(self, wire: Wire) -> None:
        folders = self._opening.folders
        await ClamdSession(self._desk, wire, folders, lambda: len(self._open)).serve()

    async def _icap(self, wire: Wire) -> None:
        await IcapSession(self._desk, wire).serve()


async def serve(gates: Gates, until: asyncio.Event) -> None:
    """Open the gates until told to stop; raises Taken."""
    await gates.open()
    try:
        await until.wait()
    finally:
        await gates.close()
