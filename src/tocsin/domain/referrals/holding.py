"""Holding: what the police want left in place, or kept. Nothing is held without an end."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.actions import put
from tocsin.domain.referrals import queries, rules, sealed
from tocsin.domain.referrals.models import Hold
from tocsin.domain.referrals.types import HoldKind, HoldTerms, ReferralRefused, UnknownReferral
from tocsin.domain.reports import queries as reports

HELD, RELEASED = "referrals.held", "referrals.released"


def hold(*, item_number: str, terms: HoldTerms, actor: Actor, at: datetime) -> int:
    """Hold an item as the terms say; the hold's number. It ends by itself.

    Raises ReferralRefused, UnknownItem.
    """
    rules.refuse_hold(terms, at)
    item = reports.item(item_number)
    with transaction.atomic():
        first = not _stops_notices(item.id)
        row = Hold.objects.create(
            item_id=item.id,
            item_number=item_number,
            kind=terms.kind,
            sealed_basis="",
            do_not_notify=terms.do_not_notify,
            since=at,
            until=terms.until,
            by=actor.text,
        )
        text = f"{' '.join(terms.basis.split())}\n{terms.order_reference.strip()}"
        Hold.objects.filter(pk=row.pk).update(sealed_basis=sealed.close(text, f"hold:{row.pk}"))
        set_due(kind=rules.HOLD_ENDS, subject=str(row.pk), due_at=terms.until)
        _note(row, "hold", actor, at, kind=terms.kind.value, until=terms.until.isoformat())
        if first and terms.kind is HoldKind.LEAVE_IN_PLACE:
            _put(HELD, row, at)
    return row.pk


def extend_hold(*, number: int, until: datetime, why: str, actor: Actor, at: datetime) -> None:
    """Hold it for longer, with a reason. Raises ReferralRefused, UnknownReferral, MoveRefused."""
    if not why.strip():
        raise ReferralRefused("why", "Write why it takes longer.")
    with transaction.atomic():
        row = _open(number)
        view = queries.hold_view(row)
        terms = HoldTerms(view.kind, view.basis, view.order_reference, until, row.do_not_notify)
        rules.refuse_hold(terms, at)
        row.until = until
        row.save(update_fields=["until"])
        set_due(kind=rules.HOLD_ENDS, subject=str(row.pk), due_at=until)
        record(
            actor=actor,
            action="referrals.extend_hold",
            subject=_about(row),
            at=at,
            facts={"item": row.item_number, "until": until.isoformat()},
            personal={"why": why},
        )


def release_hold(*, number: int, actor: Actor, at: datetime) -> None:
    """Hold it no more; notices go on when nothing else stops them.

    Raises UnknownReferral, MoveRefused.
    """
    with transaction.atomic():
        row = _open(number)
        row.released_at = at
        row.save(update_fields=["released_at"])
        cancel(kind=rules.HOLD_ENDS, subject=str(row.pk))
        _note(row, "release_hold", actor, at)
        if row.kind == HoldKind.LEAVE_IN_PLACE and not _stops_notices(row.item_id):
            _put(RELEASED, row, at)


def hold_ends(subject: str, at: datetime) -> None:
    """Its time is over."""
    with transaction.atomic():
        row = Hold.objects.select_for_update().filter(pk=subject, released_at=None).first()
        if row is not None and row.until <= at:
            release_hold(number=row.pk, actor=system("clock"), at=at)


def _stops_notices(item_id: int) -> bool:
    return queries.open_holds(item_id).filter(kind=HoldKind.LEAVE_IN_PLACE).exists()


def _open(number: int) -> Hold:
    row = Hold.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise UnknownReferral(f"There is no hold {number}.")
    if row.released_at is not None:
        raise MoveRefused("This hold is over.")
    return row


def _put(topic: str, row: Hold, at: datetime) -> None:
    key = f"{topic}:{row.pk}:{at.isoformat()}"
    put(topic=topic, payload={"item_id": row.item_id}, at=at, dedupe_key=key)


def _note(row: Hold, name: str, actor: Actor, at: datetime, **facts: Json) -> None:
    told = {"item": row.item_number, **facts}
    record(actor=actor, action=f"referrals.{name}", subject=_about(row), at=at, facts=told)


def _about(row: Hold) -> str:
    return f"hold:{row.pk}"
