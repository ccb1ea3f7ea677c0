"""One connection of an ICAP client: requests one after the other, for as long as it likes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from tocsin.domain.matching.types import Door
from tocsin.doors.gates.budget import Held, NoRoom
from tocsin.doors.gates.desk import Desk, new_check_id
from tocsin.doors.gates.icap import replies
from tocsin.doors.gates.icap.bodies import CONTINUE, Intake
from tocsin.doors.gates.icap.looking import NO_ROOM, look_into
from tocsin.doors.gates.icap.messages import (
    HttpHead,
    IcapRequest,
    Method,
    Refused,
    read_heads,
    read_request,
)
from tocsin.doors.gates.icap.page import page
from tocsin.doors.gates.rules import Unreadable, unavailable
from tocsin.doors.gates.types import Ruling, Told
from tocsin.doors.gates.wire import Gone, TooSlow, Wire
from tocsin.engine.fingerprints import Status

log = structlog.get_logger()

BOTH: Final = frozenset({Method.REQMOD, Method.RESPMOD})
SERVICES: Final = {
    "reqmod": frozenset({Method.REQMOD}),
    "respmod": frozenset({Method.RESPMOD}),
    # What many clients ask for unless told otherwise.
    "avscan": BOTH,
    "tocsin": BOTH,
}
CANNOT_GIVE_BACK: Final = "the file is too large to be given back; allow 204"
_PIECE: Final = 1 << 16


@dataclass(slots=True)
class _Message:
    """A request with the heads of the message inside it, and how far that was taken in."""

    request: IcapRequest
    block: bytes
    heads: Mapping[str, HttpHead]
    is_in_preview: bool = True
    was_dropped: bool = False

    @property
    def head(self) -> HttpHead | None:
        """The head of the message whose body this is."""
        name = "req-hdr" if self.request.method is Method.REQMOD else "res-hdr"
        return self.heads.get(name)

    @property
    def may_answer_204(self) -> bool:
        in_preview = self.request.preview is not None and self.is_in_preview
        return self.request.allows_204 or in_preview

    @property
    def languages(self) -> str:
        asked = self.heads.get("req-hdr")
        return ",".join(asked.all_of("accept-language")) if asked else ""


class IcapSession:
    """Answers one connection."""

    def __init__(self, desk: Desk, wire: Wire) -> None:
        self._desk = desk
        self._wire = wire
        self._has_begun = False  # to answer, so that no other answer fits any more

    async def serve(self) -> None:
        """Until the client hangs up; never raises for what it says or fails to."""
        try:
            while await self._one():
                pass
        except (Gone, TooSlow):
            return

    async def _one(self) -> bool:
        """One request; False when the connection ends with it."""
        self._has_begun = False
        self._wire.give_back(await self._wire.some(1))  # ends here in silence, and nowhere below
        try:
            async with asyncio.timeout(self._desk.limits.arrive_seconds):
                request = await read_request(self._wire)
            return await self._answer(request)
        except Refused as error:
            await self._refuse(error.status, error.words)
        except Exception as error:  # noqa: BLE001 - one request must not end in silence
            if not self._has_begun:
                await self._refuse(*_why_ended(error))
        return False

    async def _answer(self, request: IcapRequest) -> bool:
        methods = SERVICES.get(request.service)
        if methods is None:
            raise Refused(404, f"The services here are {', '.join(SERVICES)}.")
        if request.method is Method.OPTIONS:
            return await self._options(request, methods)
        if request.method not in methods:
            raise Refused(405, f"Use {', '.join(sorted(methods))} here.")
        block = await self._wire.exactly(request.parts.head_bytes)
        message = _Message(request, block, read_heads(block, request.parts))
        async with self._desk.hold() as file:
            told = await self._checked(message, file)
            if message.was_dropped and not message.may_answer_204 and _is_clean(told):
                told = unavailable(CANNOT_GIVE_BACK, new_check_id())
            await self._say(message, told, file)
        return not self._closes(request, told)

    async def _options(self, request: IcapRequest, methods: frozenset[Method]) -> bool:
        if request.parts.has_body:
            async with self._desk.hold() as file:
                await Intake(self._wire, file).chunks()
        frame = self._frame(closes=request.wants_close)
        self._has_begun = True
        await self._wire.write(replies.options(frame, methods, self._desk.limits))
        return not request.wants_close

    async def _checked(self, message: _Message, file: Held) -> Told | None:
        """What to say; None where there is no file."""
        request = message.request
        if not request.parts.has_body:
            return None
        async with asyncio.timeout(self._desk.limits.arrive_seconds):
            intake = Intake(self._wire, file)
            is_all = await intake.chunks()
            if request.preview is not None and not is_all:
                # Even where the heads say that it is too large: c-icap's client reads nothing of
                # another message that comes in answer to a preview.
                message.is_in_preview = False
                await self._wire.write(CONTINUE)
                await intake.chunks()
        message.was_dropped = intake.lost is not None
        return await self._told(message.head, file, intake)

    async def _told(self, head: HttpHead | None, file: Held, intake: Intake) -> Told | None:
        if isinstance(intake.lost, NoRoom):
            return unavailable(NO_ROOM, new_check_id())
        if intake.lost is not None:
            return self._desk.refuse(Status.TOO_LARGE, Door.ICAP)
        if not file.size:
            return None
        try:
            return await look_into(self._desk, head, file)
        except Unreadable as error:
            return self._desk.refuse(error.status, Door.ICAP)

    async def _say(self, message: _Message, told: Told | None, file: Held) -> None:
        request = message.request
        frame = self._frame(closes=self._closes(request, told))
        self._has_begun = True
        if told is not None and told.ruling is Ruling.UNAVAILABLE:
            await self._wire.write(replies.refused(frame, 503, told.words, told))
        elif told is not None and not _is_clean(told):
            await self._wire.write(replies.stopped(frame, told, page(told, message.languages)))
        elif message.may_answer_204:
            await self._wire.write(replies.passed(frame, told))
        else:
            await self._wire.write(replies.passed_back(frame, request, told) + message.block)
            if request.parts.has_body:
                async with asyncio.timeout(self._desk.limits.arrive_seconds):
                    await self._give_back(file)

    async def _give_back(self, file: Held) -> None:
        view = memoryview(file.bytes())
        for start in range(0, len(view), _PIECE):
            await self._wire.write(replies.chunk(view[start : start + _PIECE]))
        await self._wire.write(replies.LAST_CHUNK)

    def _closes(self, request: IcapRequest, told: Told | None) -> bool:
        return request.wants_close or (told is not None and told.ruling is Ruling.UNAVAILABLE)

    def _frame(self, *, closes: bool) -> replies.Frame:
        return replies.Frame(self._desk.lists(Door.ICAP), datetime.now(UTC), closes)

    async def _refuse(self, status: int, words: str) -> None:
        try:
            await self._wire.write(replies.refused(self._frame(closes=True), status, words))
        except (Gone, TooSlow):
            return


def _is_clean(told: Told | None) -> bool:
    return told is None or told.ruling is Ruling.CLEAN


def _why_ended(error: Exception) -> tuple[int, str]:
    if isinstance(error, Gone):
        return 400, "The request ended before its end."
    if isinstance(error, TooSlow | TimeoutError):
        return 408, "The request came too slowly."
    log.error("gate_failed", error=type(error).__name__)
    return 500, "Something broke here."
