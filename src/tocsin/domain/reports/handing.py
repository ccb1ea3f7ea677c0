"""Handing over: a note from one shift to the next."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.reports import items, rules, sealed
from tocsin.domain.reports.desk_types import Note, ReasonNeeded
from tocsin.domain.reports.models import HandoverNote


def hand_over(*, words: str, actor: Actor, at: datetime) -> None:
    """Leave a note for whoever comes next; raises ReasonNeeded for an empty one."""
    if not 0 < len(words.strip()) <= rules.MOST_WORDS:
        raise ReasonNeeded(f"Write at most {rules.MOST_WORDS} characters.")
    with transaction.atomic():
        row = HandoverNote.objects.create(at=at, by=actor.text, sealed_words="")
        text = sealed.close(words.strip(), context=f"handover:{row.pk}")
        HandoverNote.objects.filter(pk=row.pk).update(sealed_words=text)
        record(actor=actor, action="reports.hand_over", subject=f"note:{row.pk}", at=at)


def notes(*, limit: int = 10) -> tuple[Note, ...]:
    """The newest notes first."""
    known = items.names()
    return tuple(
        Note(
            known.get(row.by, row.by),
            row.at,
            sealed.open_text(row.sealed_words, context=f"handover:{row.pk}"),
        )
        for row in HandoverNote.objects.order_by("-pk")[:limit]
    )
