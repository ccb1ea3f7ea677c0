"""Writing: queue a letter with the change it tells of; send it; bring a dead one back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import set_due
from tocsin.base.letters import dsn, rules
from tocsin.base.letters.models import Letter
from tocsin.base.letters.transports import NotSent, Transport
from tocsin.base.letters.types import Attachment, Content, LetterState
from tocsin.base.outbox.actions import put
from tocsin.base.secrets import NotOurs, seal, unseal

log = structlog.get_logger()

SEND = "letters.send"
SENT = "letters.sent"
DEAD = "letters.dead"
BOUNCED = "letters.bounced"
DELIVERED = "letters.delivered"
DEAD_AFTER_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be queued. `name` makes its Message-ID: the same name is the same letter.

    `references`: the Message-ID of the letter that this one follows, so that both stand together.
    """

    name: str
    purpose: str
    about: str
    to: str
    language: str
    content: Content
    rehearsal: bool = False
    references: str = ""


def queue(*, draft: Draft, actor: Actor, at: datetime) -> str:
    """Write the letter in the caller's transaction; it is sent within seconds. Its Message-ID.

    A letter of that name that was queued before is left as it is.
    """
    message_id = f"<{draft.name}@{settings.TOCSIN_ORGANISATION.domain}>"
    with transaction.atomic():
        letter, made = Letter.objects.get_or_create(
            message_id=message_id,
            defaults={
                "references": draft.references,
                "purpose": draft.purpose,
                "about": draft.about,
                "to": draft.to,
                "language": draft.language,
                "sealed_content": _seal(message_id, draft.content),
                "state": LetterState.WAITING,
                "transport": "folder" if draft.rehearsal else "",
                "created_at": at,
            },
        )
        if made:
            record(
                actor=actor,
                action="letters.queue",
                subject=f"letter:{letter.pk}",
                at=at,
                facts={"purpose": draft.purpose, "about": draft.about},
                personal={"to": draft.to},
            )
            set_due(kind=SEND, subject=str(letter.pk), due_at=at)
    return message_id


def send(subject: str, at: datetime) -> None:
    """Send one letter. Runs again after a crash: then the receiver may get the same id twice."""
    letter = Letter.objects.get(pk=subject)
    if letter.state != LetterState.WAITING:
        return
    transport = _transport(letter)
    try:
        receipt = transport.send(_message(letter, at))
    except (NotSent, NotOurs, ValueError) as error:
        # NotOurs: its key is gone. ValueError: an address or subject no mail can carry. These too
        # must end as a dead letter that a person sees, not in endless tries.
        _note_failure(letter, rules.without_addresses(str(error)), at)
        return
    with transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(
            state=LetterState.SENT,
            sent_at=at,
            receipt=receipt,
            transport=transport.name,
            attempts=F("attempts") + 1,
            last_error="",
        )
        record(
            actor=system("letters"),
            action="letters.sent",
            subject=f"letter:{letter.pk}",
            at=at,
            facts={"transport": transport.name},
            personal={"receipt": receipt},
        )
        put(topic=SENT, payload=_told(letter), at=at, dedupe_key=f"{SENT}:{letter.pk}")
    log.info("letter_sent", letter_id=letter.pk, transport=transport.name)


def revive(*, letter_id: int, actor: Actor, at: datetime) -> bool:
    """Try a dead letter again from the start; False when it is not dead."""
    with transaction.atomic():
        won = Letter.objects.filter(pk=letter_id, state=LetterState.DEAD).update(
            state=LetterState.WAITING, attempts=0, last_error=""
        )
        if won:
            record(actor=actor, action="letters.revive", subject=f"letter:{letter_id}", at=at)
            set_due(kind=SEND, subject=str(letter_id), due_at=at)
    return bool(won)


def cancel(*, message_id: str, actor: Actor, at: datetime) -> bool:
    """Keep a letter from leaving; False when it has left already.

    A sending under way at this very moment may still end: then `letters.sent` tells so.
    """
    with transaction.atomic():
        letter = Letter.objects.filter(message_id=message_id).first()
        won = Letter.objects.filter(
            message_id=message_id, state__in=[LetterState.WAITING, LetterState.DEAD]
        ).update(state=LetterState.CANCELLED)
        if letter is not None and won:
            record(actor=actor, action="letters.cancel", subject=f"letter:{letter.pk}", at=at)
    return bool(won)


def let_go(*, message_id: str, actor: Actor, at: datetime) -> bool:
    """Let a letter leave after all that was kept back, under the id it had; False if it was not."""
    with transaction.atomic():
        letter = Letter.objects.filter(message_id=message_id).first()
        won = Letter.objects.filter(message_id=message_id, state=LetterState.CANCELLED).update(
            state=LetterState.WAITING, attempts=0, last_error=""
        )
        if letter is not None and won:
            record(actor=actor, action="letters.let_go", subject=f"letter:{letter.pk}", at=at)
            set_due(kind=SEND, subject=str(letter.pk), due_at=at)
    return bool(won)


def take_returned(*, mail: bytes, at: datetime) -> int:
    """Note what a mail server reports of letters of ours; how many it was about.

    Anybody can write such a report, so it never ends anything: a letter that came back is told to
    another contact, and one that is said to be delivered is still followed. Nothing is kept of it.
    """
    return sum(_note_returned(returned, at) for returned in dsn.read(mail))


def _note_returned(returned: dsn.Returned, at: datetime) -> bool:
    with transaction.atomic():
        letters = Letter.objects.select_for_update()
        letter = letters.filter(message_id=returned.message_id, state=LetterState.SENT).first()
        if letter is None:
            return False
        if returned.outcome is dsn.Outcome.FAILED:
            letter.state, letter.bounced_at = LetterState.BOUNCED, at
            letter.bounce_status, letter.last_error = returned.status, returned.said
        elif returned.outcome is dsn.Outcome.DELIVERED:
            letter.delivered_at = letter.delivered_at or at
        letter.save()
        facts: dict[str, Json] = {"outcome": returned.outcome.value, "status": returned.status}
        record(
            actor=system("letters"),
            action="letters.returned",
            subject=f"letter:{letter.pk}",
            at=at,
            facts=facts,
            personal={"said": returned.said} if returned.said else None,
        )
        if topic := _NEWS_OF.get(returned.outcome):
            put(topic=topic, payload=_told(letter), at=at, dedupe_key=f"{topic}:{letter.pk}")
    log.info("letter_returned", letter_id=letter.pk, outcome=returned.outcome.value)
    return True


_NEWS_OF = {dsn.Outcome.FAILED: BOUNCED, dsn.Outcome.DELIVERED: DELIVERED}


def content_of(letter: Letter) -> Content:
    """The sealed words of a letter."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    told = json.loads(unseal(ring, letter.sealed_content, context=_context(letter.message_id)))
    attachments = tuple(Attachment(**attachment) for attachment in told["attachments"])
    return Content(told["subject"], told["text"], attachments)


class TryAgain(Exception):
    """The transport refused; the clock brings the letter back later."""


def _note_failure(letter: Letter, said: str, at: datetime) -> None:
    with transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(attempts=F("attempts") + 1, last_error=said)
        dead = Letter.objects.filter(
            pk=letter.pk, state=LetterState.WAITING, attempts__gte=DEAD_AFTER_ATTEMPTS
        ).update(state=LetterState.DEAD)
        if dead:
            record(
                actor=system("letters"),
                action="letters.dead",
                subject=f"letter:{letter.pk}",
                at=at,
                personal={"said": said},
            )
            put(topic=DEAD, payload=_told(letter), at=at)
    log.warning("letter_not_sent", letter_id=letter.pk, dead=bool(dead))
    if not dead:
        raise TryAgain(said)


def _told(letter: Letter) -> dict[str, str]:
    return {"letter_id": str(letter.pk), "about": letter.about, "purpose": letter.purpose}


def _transport(letter: Letter) -> Transport:
    # A letter of a rehearsal names real-looking desks; it must never reach a mail server.
    return settings.TOCSIN_LETTER_FOLDER if letter.transport == "folder" else settings.TOCSIN_MAIL


def _context(message_id: str) -> str:
    return f"letter:{message_id}"


def _seal(message_id: str, content: Content) -> str:
    ring = settings.TOCSIN_KEYS.ring("seal")
    return seal(ring, json.dumps(asdict(content)).encode(), context=_context(message_id))


def _message(letter: Letter, at: datetime) -> EmailMessage:
    content = content_of(letter)
    organisation = settings.TOCSIN_ORGANISATION
    # RFC 2045 §6.7 ends an encoded line at 76 characters; Python's own limit is 78.
    message = EmailMessage(policy=policy.default.clone(max_line_length=76))
    message["From"] = formataddr((organisation.name, organisation.email))
    message["To"] = letter.to
    message["Subject"] = content.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    if letter.references:
        message["In-Reply-To"] = message["References"] = letter.references
    message["Auto-Submitted"] = "auto-generated"
    # Quoted-printable: not every mail server on the way takes 8-bit text.
    message.set_content(content.text, cte="quoted-printable")
    message["Content-Language"] = letter.language
    for attachment in content.attachments:
        maintype, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(
            attachment.text.encode(),
            maintype=maintype,
            subtype=subtype,
            filename=attachment.filename,
        )
    return message
