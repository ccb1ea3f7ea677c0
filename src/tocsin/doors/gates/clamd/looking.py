"""One file that a clamd client brings: a file, or a mail with files in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from tocsin.domain.matching.types import Door
from tocsin.doors.gates import rules
from tocsin.doors.gates.budget import Held, NoRoom
from tocsin.doors.gates.clamd.mail import attachments, is_mail
from tocsin.doors.gates.desk import Desk, new_check_id
from tocsin.doors.gates.types import MIB, Ruling, Told
from tocsin.engine.fingerprints import Status

NO_ROOM: Final = "no memory is free for this file"
MOST_MAIL_BYTES: Final = 48 * MIB
_COPIES: Final = 3
"""How often a mail stands in memory while it is cut up: as text, in parts, and decoded."""


async def look_into(desk: Desk, file: Held) -> Told:
    """What to say of it. A mail is as grave as the gravest thing in it, and clean when it holds
    nothing but words."""
    data = file.bytes()
    if not is_mail(data):
        return await desk.look(file, Door.CLAMD)
    if len(data) > MOST_MAIL_BYTES:
        return desk.refuse(Status.TOO_LARGE, Door.CLAMD)
    try:
        async with desk.room(len(data) * _COPIES):
            return rules.gravest([told async for told in _looked_at(desk, data)])
    except NoRoom:
        return rules.unavailable(NO_ROOM, new_check_id())
    except rules.Unreadable as error:
        return desk.refuse(error.status, Door.CLAMD)


async def _looked_at(desk: Desk, mail: bytes) -> AsyncIterator[Told]:
    yield Told(Ruling.CLEAN, new_check_id())
    parts = attachments(mail)
    # Cutting up a large mail takes a while, in which others are to be answered.
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        told = await _look(desk, part)
        yield told
        if told.ruling is Ruling.FOUND:
            return


async def _look(desk: Desk, data: bytes) -> Told:
    async with desk.hold() as file:
        await file.add(data)
        return await desk.look(file, Door.CLAMD)
