"""The switch that stops all sending of notices, and lets it go on."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.takedown.models import Stop
from tocsin.domain.takedown.notices import send_waiting
from tocsin.domain.takedown.types import WhyNeeded

MOST_WHY = 300


def stop(*, why: str, actor: Actor, at: datetime) -> bool:
    """Let no notice and no reminder leave until `go_on`; False when they stood still already.

    Raises WhyNeeded.
    What is queued leaves within seconds, withdrawals always do, and every clock goes on.
    """
    if not 0 < len(why.strip()) <= MOST_WHY:
        raise WhyNeeded(f"Write why, in at most {MOST_WHY} characters.")
    try:
        with transaction.atomic():
            row = Stop.objects.create(since=at, by=actor.text, why=why.strip())
            record(
                actor=actor,
                action="takedown.stop",
                subject=f"stop:{row.pk}",
                at=at,
                personal={"why": why.strip()},
            )
    except IntegrityError:
        return False
    return True


def go_on(*, actor: Actor, at: datetime) -> bool:
    """Let notices leave again: those that waited at once. False when they did not stand still."""
    with transaction.atomic():
        row = Stop.objects.select_for_update().filter(on=True).first()
        if row is None:
            return False
        row.on, row.ended_at, row.ended_by = False, at, actor.text
        row.save()
        record(actor=actor, action="takedown.go_on", subject=f"stop:{row.pk}", at=at)
    send_waiting(at=at)
    return True
