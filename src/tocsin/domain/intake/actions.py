"""Writing: take in a file, a paste or a mail; work on lines; read the mailbox; deal with words."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.intake import (
    mailbox,
    mails,
    queries,
    reading,
    rules,
    sealed,
    staging,
    telling,
    working,
)
from tocsin.domain.intake.keeping import add_form, add_sender, remove_sender
from tocsin.domain.intake.mailbox import MailboxFailed
from tocsin.domain.intake.models import Line
from tocsin.domain.intake.signatures import (
    add_signature_key,
    check_signature,
    remember,
    remove_signature_key,
)
from tocsin.domain.intake.types import (
    BatchView,
    IntakeRefused,
    LineState,
    Origin,
    Said,
    Way,
    Why,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import IncomingReport, Received

__all__ = [
    "MailboxFailed",
    "add_form",
    "add_sender",
    "add_signature_key",
    "check_signature",
    "deal_with",
    "export",
    "read_mailbox",
    "receive",
    "remove_sender",
    "remove_signature_key",
    "take_in",
    "take_in_mail",
    "work",
]

log = structlog.get_logger()

AT_ONCE = 1_000
"""Lines worked on before the caller gets an answer; the clock goes on with the rest."""
MAILS_A_ROUND = 50


def take_in(*, raw: bytes, origin: Origin, actor: Actor, at: datetime) -> BatchView:
    """Take in a CSV document; the same one twice is one. Raises IntakeRefused, with nothing kept.

    Every line is kept before the first is worked on; a thousand are worked on here, the clock goes
    on with the rest.
    """
    reads = reading.read_file(raw)
    digest = sealed.digest(raw, of="document")
    batch, new = staging.stage(reads, digest=digest, origin=origin, actor=actor, at=at)
    return _finish(batch.pk, new, at)


def take_in_mail(*, raw: bytes, at: datetime) -> BatchView:
    """Take in a mail: what it asks for is done, or written down as refused and why. Never raises
    for what is in it; nothing that hangs on it is read."""
    digest = sealed.digest(raw, of="mail")
    try:
        mail = mails.opened(raw, authserv=settings.TOCSIN_INTAKE_AUTHSERV)
    except IntakeRefused as refused:
        asked = mails.Asked(Origin(Way.MAIL), why=refused.why)
    else:
        sender = queries.sender_of(mail.sender)
        asked = mails.asked(mail, sender, queries.forms())
    actor = system("mail")
    if asked.why:
        refused_batch, new = staging.refuse(
            asked.why, digest=digest, origin=asked.origin, actor=actor, at=at
        )
        return queries.batch(refused_batch.pk, again=not new)
    batch, new = staging.stage(asked.reads, digest=digest, origin=asked.origin, actor=actor, at=at)
    return _finish(batch.pk, new, at)


def read_mailbox(*, box: mailbox.Mailbox, at: datetime) -> list[BatchView]:
    """Take in what has arrived; a mail is marked as read once that is done.

    Raises MailboxFailed.
    """
    done = []
    with mailbox.opened(box, most_bytes=rules.MOST_MAIL_BYTES) as reader:
        for mail in reader.unread(MAILS_A_ROUND):
            view = (
                _too_large(mail.uid, at) if mail.raw is None else take_in_mail(raw=mail.raw, at=at)
            )
            reader.mark(mail, refused=bool(view.why))
            done.append(view)
    return done


def work(*, batch_id: int, at: datetime) -> None:
    """Go on with the lines of a batch that wait; comes back while there are any."""
    if not working.work(batch_id, at):
        set_due(kind=rules.WORK, subject=str(batch_id), due_at=at)


def deal_with(*, line_id: int, actor: Actor, at: datetime) -> bool:
    """Somebody has read words without an address and done what was to do; False when it was."""
    with transaction.atomic():
        won = Line.objects.filter(pk=line_id, state__in=rules.LIFE.sources("deal"))
        target = rules.LIFE.target("deal", LineState.FOR_A_PERSON)
        if not won.update(state=target, at=at):
            return False
        cancel(kind=rules.WAITS, subject=str(line_id))
        record(actor=actor, action="intake.deal_with", subject=f"line:{line_id}", at=at)
    return True


def remind(subject: str, at: datetime) -> None:
    """Words still wait for somebody: say it again each day."""
    with transaction.atomic():
        line = Line.objects.select_for_update().filter(pk=subject).first()
        if line is None or line.state != LineState.FOR_A_PERSON:
            return
        line.reminders += 1
        line.save(update_fields=["reminders"])
        log.warning("intake_line_waits", line_id=line.pk, reminders=line.reminders)
        due_at = at + rules.FOR_A_PERSON_WITHIN
        set_due(kind=rules.WAITS, subject=subject, due_at=due_at)


def export(*, batch_id: int, actor: Actor, at: datetime) -> str:
    """Every line of a batch and what became of it, as CSV for a spreadsheet; written down, since
    it carries addresses. Raises UnknownBatch."""
    with transaction.atomic():
        text = queries.as_csv(batch_id)
        record(actor=actor, action="intake.export", subject=f"batch:{batch_id}", at=at)
    return text


def receive(
    *, report: IncomingReport, said: Said, actor: Actor, at: datetime, signature: str = ""
) -> Received:
    """A report by the API with what the sender says of it; raises as `reports.receive_report`.

    `signature`: what `check_signature` gave. Used before, it raises NotSigned.
    """
    with transaction.atomic():
        if signature:
            remember(signature, at)
        received = reports.receive_report(report=report, actor=actor, at=at)
        if not received.repeated:
            telling.keep_stated(received, said, at)
    return received


def _finish(batch_id: int, new: bool, at: datetime) -> BatchView:
    if working.work(batch_id, at, most=AT_ONCE):
        cancel(kind=rules.WORK, subject=str(batch_id))
    return queries.batch(batch_id, again=not new)


def _too_large(uid: bytes, at: datetime) -> BatchView:
    digest = sealed.digest(uid, of="mail too large")
    batch, new = staging.refuse(
        Why.TOO_LARGE, digest=digest, origin=Origin(Way.MAIL), actor=system("mail"), at=at
    )
    return queries.batch(batch.pk, again=not new)
