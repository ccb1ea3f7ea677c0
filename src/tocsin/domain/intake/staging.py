"""A document becomes a batch with all its lines, in one transaction, before any is worked on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.clock.actions import set_due
from tocsin.domain.intake import reading, rules, sealed
from tocsin.domain.intake.models import Batch, Line
from tocsin.domain.intake.types import LineState, Origin, Read, Why


def stage(
    reads: Sequence[Read], *, digest: str, origin: Origin, actor: Actor, at: datetime
) -> tuple[Batch, bool]:
    """Keep every line; the batch, and whether it is new. The same document is one batch."""
    known = Batch.objects.filter(digest=digest).first()
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            batch = _batch(digest, origin, Why.NONE, len(reads), actor, at)
            Line.objects.bulk_create(
                (_line(batch, reading.with_defaults(read, origin.source), at) for read in reads),
                batch_size=500,
            )
            set_due(kind=rules.WORK, subject=str(batch.pk), due_at=at)
    except IntegrityError:
        return Batch.objects.get(digest=digest), False
    return batch, True


def refuse(
    why: Why, *, digest: str, origin: Origin, actor: Actor, at: datetime
) -> tuple[Batch, bool]:
    """Write down that a document was refused whole, and why; none of its words are kept."""
    known = Batch.objects.filter(digest=digest).first()
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            return _batch(digest, origin, why, 0, actor, at), True
    except IntegrityError:
        return Batch.objects.get(digest=digest), False


def _batch(digest: str, origin: Origin, why: Why, lines: int, actor: Actor, at: datetime) -> Batch:
    batch = Batch.objects.create(
        digest=digest,
        way=origin.way,
        command=origin.command,
        source=origin.source,
        party_id=origin.party_id,
        proof=origin.proof,
        why=why,
        by=actor.text,
        at=at,
        lines=lines,
    )
    if origin.sender:
        sender = sealed.close(origin.sender, context=f"intake:batch:{batch.pk}")
        Batch.objects.filter(pk=batch.pk).update(sealed_sender=sender)
    record(
        actor=actor,
        action="intake.refuse" if why else "intake.receive",
        subject=f"batch:{batch.pk}",
        at=at,
        facts={
            "way": origin.way.value,
            "command": origin.command.value,
            "proof": origin.proof.value,
            "lines": lines,
            "why": why.value,
        },
    )
    return batch


def _line(batch: Batch, read: Read, at: datetime) -> Line:
    return Line(
        batch=batch,
        number=read.number,
        digest=sealed.line_digest(read.record),
        state=LineState.WAITING,
        why=read.why,
        sealed_record=sealed.close_record(read.record, context=context(batch.pk, read.number)),
        referenced=bool(read.record.reference),
        at=at,
    )


def context(batch_id: int, number: int) -> str:
    """What the record of a line is bound to."""
    return f"intake:line:{batch_id}:{number}"
