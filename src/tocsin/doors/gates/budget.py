"""The memory that all files of a gate share, and a file on its way in."""

from __future__ import annotations

import asyncio
import io
from types import TracebackType
from typing import Any, Self

STEP_BYTES = 1 << 18


class TooLarge(Exception):
    """The file has more bytes than are taken of one."""


class NoRoom(Exception):
    """Other files hold all the memory there is for them."""


class Budget:
    """So many bytes and no more. For one event loop.

    What the oldest file that still comes in may need is kept for it: files that all wait for what
    the others hold would else be refused together.
    """

    def __init__(self, total_bytes: int, wait_seconds: float) -> None:
        self._free = total_bytes
        self._wait_seconds = wait_seconds
        self._coming: dict[Held, None] = {}
        self._waiting: dict[asyncio.Future[None], tuple[int, Held | None]] = {}
        self.total_bytes = total_bytes

    @property
    def used_bytes(self) -> int:
        return self.total_bytes - self._free

    async def take(self, n: int, by: Held | None = None) -> None:
        """Wait for `n` bytes; raises NoRoom when they do not come free in time."""
        if by is not None:
            self._coming.setdefault(by)
        if self._may(n, by):
            self._free -= n
            return
        given = asyncio.get_running_loop().create_future()
        self._waiting[given] = (n, by)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await given
        except BaseException as error:
            # It may have been given in the moment in which we gave up.
            if given.done() and not given.cancelled():
                self.give_back(n)
            if isinstance(error, TimeoutError):
                raise NoRoom from None
            raise
        finally:
            self._waiting.pop(given, None)

    def give_back(self, n: int) -> None:
        """From the event loop; wakes those who may go on."""
        self._free += n
        self._hand_out()

    def is_here(self, file: Held) -> None:
        """The file needs no more than it has."""
        if file in self._coming:
            del self._coming[file]
            self._hand_out()

    def _may(self, n: int, by: Held | None) -> bool:
        oldest = next(iter(self._coming), None)
        kept = 0 if oldest is None or oldest is by else oldest.may_need
        return self._free - n >= kept

    def _hand_out(self) -> None:
        for given, (n, by) in list(self._waiting.items()):
            if not given.done() and self._may(n, by):
                self._free -= n
                given.set_result(None)


class Held:
    """A file in memory. Use it with `async with`: its bytes are free again behind it, or, when it
    was lent to a job that is still running, when that job has ended."""

    def __init__(self, budget: Budget, most_bytes: int) -> None:
        self._budget = budget
        self._most_bytes = most_bytes
        self._buffer = io.BytesIO()
        self._taken = 0
        self._lent_to: asyncio.Future[Any] | None = None

    @property
    def size(self) -> int:
        return self._buffer.tell()

    @property
    def may_need(self) -> int:
        """How many bytes more it may come to."""
        return self._most_bytes - self._taken

    async def add(self, piece: bytes | memoryview) -> None:
        """Append; raises TooLarge and NoRoom, and is then to be closed."""
        size = self.size + len(piece)
        if size > self._most_bytes:
            raise TooLarge
        if size > self._taken:
            more = max(size - self._taken, min(STEP_BYTES, self.may_need))
            await self._budget.take(more, self)
            self._taken += more
        self._buffer.write(piece)

    def bytes(self) -> bytes:
        """All of it, without another copy; there is to come no more."""
        self._budget.is_here(self)
        return self._buffer.getvalue()

    def lend(self, job: asyncio.Future[Any]) -> None:
        """`job` uses the bytes: they are held until it is done."""
        self._lent_to = job

    def close(self) -> None:
        """Forget the bytes. May be called again."""
        job, self._lent_to = self._lent_to, None
        if job is not None and not job.done():
            job.add_done_callback(lambda _: self.close())
            return
        taken, self._taken, self._buffer = self._taken, 0, io.BytesIO()
        self._budget.is_here(self)
        if taken:
            self._budget.give_back(taken)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
