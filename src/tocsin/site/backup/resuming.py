"""Letting clocks and mail run again after somebody has looked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.clock import actions as clock
from tocsin.base.clock import queries
from tocsin.base.clock.queries import Paused


def resume(*, actor: Actor, at: datetime) -> Paused | None:
    """Clocks and mail run again; since when and why they stood still, None when they did not."""
    with transaction.atomic():
        stood = queries.paused()
        if stood is None or not clock.resume():
            return None
        record(
            actor=actor,
            action="clock.resume",
            subject="clock",
            at=at,
            facts={"since": stood.since.isoformat(), "why": stood.why},
        )
    return stood
