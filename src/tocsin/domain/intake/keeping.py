"""Who may send commands by mail, and which web forms come by mail: noted down, taken out of use."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.intake import rules, sealed
from tocsin.domain.intake.models import Form, Sender
from tocsin.domain.intake.types import FormTerms, SenderRefused, SenderTerms

_ADDRESS: Final = re.compile(r"[^@\s<>\"]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z0-9-]{2,63}")
FIELDS: Final = ("url", "referer", "worker", "reference", "source", "site_type", "note")


def add_sender(*, terms: SenderTerms, actor: Actor, at: datetime) -> int:
    """Note a sender down; its number. Raises SenderRefused."""
    address = terms.address.strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise SenderRefused("This is no mail address.")
    if not terms.name.strip() or len(terms.name) > 120:
        raise SenderRefused("Give whose it is, in at most 120 characters.")
    try:
        with transaction.atomic():
            row = Sender.objects.create(
                digest=digest_of(address),
                sealed_address="",
                name=terms.name.strip(),
                source=rules.source_of(terms.source),
                party_id=terms.party_id,
                needs_proof=terms.needs_proof,
                may_say_gone=terms.may_say_gone,
                made_at=at,
            )
            told = sealed.close(address, context=context(row.pk))
            Sender.objects.filter(pk=row.pk).update(sealed_address=told)
            record(
                actor=actor,
                action="intake.add_sender",
                subject=f"sender:{row.pk}",
                at=at,
                facts={"needs_proof": terms.needs_proof, "may_say_gone": terms.may_say_gone},
                personal={"address": address, "name": terms.name.strip()},
            )
    except IntegrityError:
        raise SenderRefused("This sender is on file already.") from None
    return row.pk


def remove_sender(*, sender_id: int, actor: Actor, at: datetime) -> bool:
    """Take a sender out of use: its mails are refused from now on. False when it was not in use."""
    with transaction.atomic():
        won = Sender.objects.filter(pk=sender_id, removed_at__isnull=True).update(removed_at=at)
        if won:
            record(actor=actor, action="intake.remove_sender", subject=f"sender:{sender_id}", at=at)
    return bool(won)


def add_form(*, terms: FormTerms, actor: Actor, at: datetime) -> int:
    """Note a web form down; its number. Raises SenderRefused."""
    subject = " ".join(terms.subject.split())
    if not subject or len(subject) > 60 or rules.command_in(subject) is not None:
        raise SenderRefused("Give how its subjects begin, in 1 to 60 characters; no command.")
    if unknown := sorted(set(terms.fields) - set(FIELDS)):
        raise SenderRefused(f"There is no field {unknown[0]} here: {', '.join(FIELDS)}.")
    try:
        with transaction.atomic():
            row = Form.objects.create(
                name=terms.name.strip()[:60],
                subject=subject,
                source=rules.source_of(terms.source),
                fields=dict(terms.fields),
                made_at=at,
            )
            record(actor=actor, action="intake.add_form", subject=f"form:{row.pk}", at=at)
    except IntegrityError:
        raise SenderRefused("There is a form of that name or subject already.") from None
    return row.pk


def digest_of(address: str) -> str:
    """What a sender is found by."""
    return sealed.digest(address.strip().lower().encode(), of="sender")


def context(sender_id: int) -> str:
    """What the address of a sender is bound to."""
    return f"intake:sender:{sender_id}"
