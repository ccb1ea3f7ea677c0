"""Requests with a key of their own (`Idempotency-Key`): done once, answered again for a day.

A row is claimed before the work and filled after it. Where the work is broken off in between, the
claim lapses and the request may be made again, which what it does must bear: a report or a word
that is there already is found there. Not audited: it says nothing that the work itself does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.domain.jobs.models import Repeat
from tocsin.domain.jobs.rules import ANSWERING, ANSWERS_KEPT
from tocsin.domain.jobs.spool import RING
from tocsin.domain.jobs.types import Answered, OtherRequest, StillAnswering


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks where, by which key of the request; `content` is all that was sent, or a digest."""

    key_id: str
    place: str
    again: str
    content: bytes


def begin(request: Request, *, at: datetime) -> Answered | None:
    """What was answered before; None: it is for the caller to do it now, and to `finish`.

    Raises OtherRequest and StillAnswering.
    """
    ring = settings.TOCSIN_KEYS.ring(RING)
    content = keyed_digest(ring, request.content, context="repeat-content")
    with transaction.atomic():
        row, made = Repeat.objects.select_for_update().get_or_create(
            key_id=request.key_id,
            place=request.place,
            digest=_digest(request),
            defaults={"request_digest": content, "began_at": at},
        )
        if made:
            return None
        kept_until = row.began_at + (ANSWERS_KEPT if row.answered_at else ANSWERING)
        if kept_until <= at:
            row.request_digest, row.began_at, row.answered_at = content, at, None
            row.save()
            return None
    if row.request_digest != content:
        raise OtherRequest("This key was used for another request.")
    if row.answered_at is None:
        raise StillAnswering("This request is being answered; ask again in a moment.")
    return Answered(row.status, unseal(ring, row.sealed_answer, context=_context(row)))


def finish(request: Request, answer: Answered, *, at: datetime) -> None:
    """This was answered, and is answered again to whoever sends the same."""
    row = _row(request)
    if row is not None:
        ring = settings.TOCSIN_KEYS.ring(RING)
        row.sealed_answer = seal(ring, answer.body, context=_context(row))
        row.answered_at, row.status = at, answer.status
        row.save()


def broken_off(request: Request) -> None:
    """It was not done: the same may be sent again at once."""
    row = _row(request)
    if row is not None and row.answered_at is None:
        row.delete()


def _row(request: Request) -> Repeat | None:
    rows = Repeat.objects.filter(
        key_id=request.key_id, place=request.place, digest=_digest(request)
    )
    return rows.first()


def _digest(request: Request) -> str:
    ring = settings.TOCSIN_KEYS.ring(RING)
    return keyed_digest(ring, request.again.encode(), context="repeat-key")


def _context(row: Repeat) -> str:
    return f"repeat:{row.pk}"
