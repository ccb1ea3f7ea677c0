"""Gates on loopback, in a thread of the test: for clients that need a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

from tocsin.doors.gates.chain import Scanner
from tocsin.doors.gates.desk import Desk
from tocsin.doors.gates.serving import Gates, Opening
from tocsin.doors.gates.types import Place

# A port of 0 lets the system choose.
ANY = Place(host="127.0.0.1", port=0)


class Opened:
    """Both gates, open while in the `with`."""

    def __init__(
        self, desk: Desk, *, folders: Sequence[Path] = (), socket: Path | None = None
    ) -> None:
        clamd = ANY if socket is None else Place(path=socket)
        self._gates = Gates(desk, Opening(clamd, ANY, folders))
        self._loop = asyncio.new_event_loop()
        self._until = asyncio.Event()
        self._is_open = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Opened:
        self._thread.start()
        assert self._is_open.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._until.set)
        self._thread.join(20)

    @property
    def clamd_port(self) -> int:
        return self._gates.ports[0]

    @property
    def icap_port(self) -> int:
        return self._gates.ports[-1]

    def _run(self) -> None:
        async def whole() -> None:
            await self._gates.open()
            self._is_open.set()
            await self._until.wait()
            await self._gates.close()

        self._loop.run_until_complete(whole())
        self._loop.close()


def scanner_at(port: int) -> Scanner:
    return Scanner(Place(host="127.0.0.1", port=port))
