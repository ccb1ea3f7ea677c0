"""Bodies in ICAP: always in chunks, with a preview first where the client offers one."""

from __future__ import annotations

from typing import Final

from tocsin.doors.gates.budget import Held, NoRoom, TooLarge
from tocsin.doors.gates.icap.messages import MOST_HEAD, Refused
from tocsin.doors.gates.wire import TooLong, Wire

CONTINUE: Final = b"ICAP/1.0 100 Continue\r\n\r\n"
_MOST_CHUNK_LINE: Final = 1_024


class Intake:
    """Takes the body of one message into `file`.

    One that is too large, or for which there is no memory, is read to its end all the same and
    dropped: most clients listen only when they have said everything. `lost` then says why.
    """

    def __init__(self, wire: Wire, file: Held) -> None:
        self._wire = wire
        self._file = file
        self.lost: TooLarge | NoRoom | None = None

    async def chunks(self) -> bool:
        """All chunks to the empty one; True when that says that the body ends with the preview.

        Raises Refused for what are no chunks, Gone, TooSlow.
        """
        while True:
            size, extension = await self._chunk_line()
            if size == 0:
                await self._trailers()
                return "ieof" in [word.strip() for word in extension.split(";")]
            while size:
                piece = await self._wire.some(min(size, 1 << 16))
                await self._add(piece)
                size -= len(piece)
            if await self._wire.exactly(2) != b"\r\n":
                raise Refused(400, "A chunk is longer than it says.")

    async def _add(self, piece: bytes) -> None:
        if self.lost is not None:
            return
        try:
            await self._file.add(piece)
        except (TooLarge, NoRoom) as error:
            self.lost = error
            self._file.close()

    async def _chunk_line(self) -> tuple[int, str]:
        try:
            line = (await self._wire.until(b"\r\n", _MOST_CHUNK_LINE)).decode("latin-1")
        except TooLong:
            raise Refused(400, "A chunk begins with a short line.") from None
        number, _, extension = line.partition(";")
        number = number.strip()
        if not number or len(number) > 15 or set(number) - set("0123456789abcdefABCDEF"):
            raise Refused(400, "A chunk begins with its size in hexadecimal digits.")
        return int(number, 16), extension

    async def _trailers(self) -> None:
        read = 0
        while line := await self._line():
            read += len(line)
            if read > MOST_HEAD:
                raise Refused(400, f"Trailers have at most {MOST_HEAD} bytes.")

    async def _line(self) -> bytes:
        try:
            return await self._wire.until(b"\r\n")
        except TooLong:
            raise Refused(400, "A trailer is a short line.") from None
