"""Every file in the body of one message, looked at one after the other."""

from __future__ import annotations

from typing import Final

from tocsin.domain.matching.types import Door
from tocsin.doors.gates import rules
from tocsin.doors.gates.budget import Held, NoRoom, TooLarge
from tocsin.doors.gates.desk import Desk, new_check_id
from tocsin.doors.gates.icap.contents import (
    Part,
    content_of,
    from_base64,
    parts_of,
    unpacked,
)
from tocsin.doors.gates.icap.messages import HttpHead
from tocsin.doors.gates.types import Ruling, Told
from tocsin.engine.fingerprints import Status

NO_ROOM: Final = "no memory is free for this file at the moment"
_PLAIN: Final = frozenset({"", "identity"})
_NO_HEAD: Final = HttpHead("", ())


async def look_into(desk: Desk, head: HttpHead | None, body: Held) -> Told | None:
    """What to say of the message; None where it carries no file. Raises Unreadable.

    It ends with the first file that is found: nothing graver can come.
    """
    content = content_of(head or _NO_HEAD)
    async with desk.hold() as plain:
        if content.packing not in _PLAIN:
            refusal = await _fill(desk, plain, body)
            if refusal is not None:
                return refusal
        whole = body if content.packing in _PLAIN else plain
        if content.boundary is None:
            return await desk.look(whole, Door.ICAP, is_whole=content.is_whole)
        return await _look_into_form(desk, whole, content.boundary)


async def _look_into_form(desk: Desk, form: Held, boundary: bytes) -> Told | None:
    told: list[Told] = []
    body = form.bytes()
    for part in parts_of(body, boundary):
        told.append(await _look_at_part(desk, body, part))
        if told[-1].ruling is Ruling.FOUND:
            break
    return rules.gravest(told) if told else None


async def _look_at_part(desk: Desk, body: bytes, part: Part) -> Told:
    data = memoryview(body)[part.start : part.end]
    async with desk.hold() as file:
        try:
            await file.add(from_base64(bytes(data)) if part.is_base64 else data)
        except NoRoom:
            return rules.unavailable(NO_ROOM, new_check_id())
        return await desk.look(file, Door.ICAP, is_whole=part.is_declared)


async def _fill(desk: Desk, plain: Held, packed: Held) -> Told | None:
    """Unpack; what to say instead where that cannot be done."""
    try:
        for piece in unpacked(packed.bytes()):
            await plain.add(piece)
    except TooLarge:
        return desk.refuse(Status.TOO_LARGE, Door.ICAP)
    except NoRoom:
        return rules.unavailable(NO_ROOM, new_check_id())
    return None
