"""Line after line of a batch: each in its own transaction, once, whoever else works on it too."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.clock.actions import set_due
from tocsin.base.outbox import actions as outbox
from tocsin.domain.intake import rules, sealed, telling
from tocsin.domain.intake.models import Batch, Line
from tocsin.domain.intake.staging import context
from tocsin.domain.intake.types import Command, LineState, Record, Way, Why
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as desk
from tocsin.domain.reports.types import Channel, IncomingReport, Received, ReportRefused
from tocsin.engine.addresses import UnusableAddress

SAID_GONE: Final = "intake.said_gone"
"""News {item_id, said}: a sender says that it is gone. No proof: a reason to look again now."""
AT_ONCE: Final = 200
_CHANNELS: Final = {Way.FILE: Channel.FILE, Way.PASTED: Channel.FILE, Way.MAIL: Channel.MAIL}


def work(batch_id: int, at: datetime, *, most: int = AT_ONCE) -> bool:
    """Work on up to `most` lines that wait; True when none is left."""
    batch = Batch.objects.get(pk=batch_id)
    waiting = Line.objects.filter(batch=batch, state=LineState.WAITING).order_by("number")
    for line in waiting[:most]:
        with transaction.atomic():
            _work_on(batch, line, at)
    return not waiting.exists()


def _work_on(batch: Batch, line: Line, at: datetime) -> None:
    # The update comes first: it holds the row; a second worker waits and then finds it done.
    if not _free(line).update(at=at):
        return
    move, changes = _worked(batch, line, at)
    state = rules.LIFE.target(move, LineState.WAITING)
    Line.objects.filter(pk=line.pk).update(state=state, **changes)
    if state is LineState.FOR_A_PERSON:
        due_at = at + rules.FOR_A_PERSON_WITHIN
        set_due(kind=rules.WAITS, subject=str(line.pk), due_at=due_at)


def _free(line: Line) -> QuerySet[Line]:
    return Line.objects.filter(pk=line.pk, state=LineState.WAITING)


def _worked(batch: Batch, line: Line, at: datetime) -> tuple[str, dict[str, object]]:
    """The move of a line, and what else is written on it."""
    told = sealed.open_record(line.sealed_record, context=context(batch.pk, line.number))
    if line.why:
        readable = line.why == Why.NO_ADDRESS and rules.has_words(told)
        return ("ask" if readable else "refuse"), {}
    try:
        if Command(batch.command) is not Command.REPORT:
            return _state(batch, told, at)
        return _report(batch, line, told, at)
    except UnusableAddress:
        return "refuse", {"why": Why.NOT_AN_ADDRESS}
    except ReportRefused:
        return "refuse", {"why": Why.TOO_LONG}


def _report(batch: Batch, line: Line, told: Record, at: datetime) -> tuple[str, dict[str, object]]:
    before = _before(batch, line)
    if before is not None:
        return "know", {"item_number": before.item_number, "report_id": before.report_id}
    received = _receive(batch, told, at)
    found: dict[str, object] = {
        "item_number": received.item_number,
        "report_id": received.report_id,
    }
    return ("know" if received.repeated else "keep"), found


def _before(batch: Batch, line: Line) -> Line | None:
    """The same line, kept before: in this document, or with a reference in any."""
    same = Line.objects.filter(digest=line.digest, state=LineState.KEPT)
    return (same if line.referenced else same.filter(batch=batch)).first()


def _receive(batch: Batch, told: Record, at: datetime) -> Received:
    report = IncomingReport(
        url=rules.address_of(told),
        channel=_CHANNELS[Way(batch.way)],
        party_id=batch.party_id,
        words=rules.words_of(told),
        client_reference=rules.reference_of(told),
    )
    received = reports.receive_report(report=report, actor=Actor.parse(batch.by), at=at)
    if not received.repeated:
        telling.keep_stated(received, telling.of_record(told), at)
    return received


def _state(batch: Batch, told: Record, at: datetime) -> tuple[str, dict[str, object]]:
    """Somebody says that it is gone: written down with the item, and told to who looks."""
    item = desk.of_address(rules.address_of(told))
    if item is None:
        return "refuse", {"why": Why.UNKNOWN_ADDRESS}
    record(
        actor=Actor.parse(batch.by),
        action=f"intake.{batch.command}",
        subject=f"item:{item.id}",
        at=at,
        facts={"batch": batch.pk},
    )
    outbox.put(topic=SAID_GONE, payload={"item_id": item.id, "said": str(batch.command)}, at=at)
    return "note", {"item_number": item.number}
