"""Forms: kept while they are written, sent once, or left and taken as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.reporters import queries, rules, sealed, talks
from tocsin.domain.reporters.models import BegunForm, Conversation, SentReport
from tocsin.domain.reporters.types import (
    AlreadySent,
    Completeness,
    FormState,
    Pace,
    Sent,
    Theme,
    Told,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import Channel, IncomingReport
from tocsin.engine.addresses import canonical

PUBLIC = system("public form")


@dataclass(frozen=True, slots=True)
class Form:
    """Which form: the number in its token, and the language it is written in."""

    number: str
    language: str

    def __repr__(self) -> str:
        return "Form(…)"


def keep(*, form: Form, told: Told, at: datetime) -> Completeness:
    """Keep what was typed so far; when nobody sends it within 20 minutes, it is taken as it is.

    Not audited: nothing is decided yet, and what is never a report must leave no trace.
    Raises TooMuch and AlreadySent.
    """
    rules.refuse_long(told)
    with transaction.atomic():
        begun = _begun(form, at)
        if begun.state == FormState.SENT:
            raise AlreadySent
        begun.sealed_told = sealed.close_told(told, context=_context(begun))
        begun.language, begun.changed_at = form.language, at
        begun.save(update_fields=["sealed_told", "language", "changed_at"])
        if begun.state == FormState.OPEN:
            set_due(kind=rules.FORM_LIES, subject=str(begun.pk), due_at=at + rules.LEFT_AFTER)
    return rules.completeness(told)


def send(*, form: Form, told: Told, pace: Pace, at: datetime) -> Sent:
    """Take a form: a report for each address, one conversation, and a receipt for its sender.

    The same form again (its page got lost) counts nothing and gives another receipt; the earlier
    one is void. A form that was taken for left is completed. Raises NothingTold, TooMuch, and
    AlreadySent for one that was sent longer ago.
    """
    rules.refuse(told)
    receipt = rules.new_receipt()
    # Slow on purpose, so before the transaction.
    hashed = sealed.receipt_hash(receipt)
    with transaction.atomic():
        begun = _begun(form, at)
        repeated = begun.state == FormState.SENT
        if repeated:
            talk = _sent_just_now(begun, at)
        else:
            talk = begun.conversation or _open_talk(form, _pace(pace, at), at)
            _take_in(talk, told, at)
            _close(begun, FormState.SENT, talk, at)
        talk.receipt_hash, talk.left = hashed, False
        talk.save(update_fields=["receipt_hash", "left"])
        _note(talk, "resend" if repeated else "send", PUBLIC, at)
    found = rules.addresses(told.urls)
    return Sent(
        receipt=receipt,
        addresses=len(found.urls),
        texts=len(found.texts),
        pace=Pace(talk.pace),
        repeated=repeated,
        complete=rules.completeness(told),
    )


def leave(subject: str, at: datetime) -> None:
    """The clock of a form nobody writes any more: its addresses become reports, in the slow queue.

    Nobody has its receipt. One without an address is forgotten: its writer chose not to send it.
    """
    with transaction.atomic():
        begun = BegunForm.objects.select_for_update().filter(pk=subject).first()
        if begun is None or begun.state != FormState.OPEN:
            return
        if begun.changed_at + rules.LEFT_AFTER > at:
            return  # somebody went on writing; the clock was set again
        told = sealed.open_told(begun.sealed_told, context=_context(begun))
        if not rules.addresses(told.urls).urls:
            begun.delete()
            return
        talk = _open_talk(Form("", begun.language), Pace.SLOW, at)
        talk.left = True
        talk.save(update_fields=["left"])
        _take_in(talk, told, at)
        _close(begun, FormState.LEFT, talk, at)
        _note(talk, "leave", system("clock"), at)


def _begun(form: Form, at: datetime) -> BegunForm:
    """The form's row, held until commit, made when this is the first that is heard of it."""
    begun, _ = BegunForm.objects.get_or_create(
        digest=sealed.form_digest(form.number),
        defaults={"state": rules.FORM.first, "changed_at": at, "language": form.language},
    )
    return BegunForm.objects.select_for_update().get(pk=begun.pk)


def _context(begun: BegunForm) -> str:
    return f"form:{begun.digest}"


def _sent_just_now(begun: BegunForm, at: datetime) -> Conversation:
    if begun.conversation is None or begun.changed_at + rules.AGAIN_WITHIN < at:
        raise AlreadySent
    return begun.conversation


def _close(begun: BegunForm, state: FormState, talk: Conversation, at: datetime) -> None:
    begun.state = rules.FORM.target(
        "send" if state is FormState.SENT else "leave", FormState(begun.state)
    )
    begun.sealed_told, begun.conversation, begun.changed_at = "", talk, at
    begun.save()
    cancel(kind=rules.FORM_LIES, subject=str(begun.pk))


def _pace(asked: Pace, at: datetime) -> Pace:
    return rules.pace(
        asked,
        sent_in_the_last_hour=queries.sent_in_the_last_hour(at),
        most_in_an_hour=settings.TOCSIN_PUBLIC_PER_HOUR,
    )


def _open_talk(form: Form, pace: Pace, at: datetime) -> Conversation:
    return Conversation.objects.create(
        state=rules.TALK.first, pace=pace, language=form.language, sent_at=at, last_at=at
    )


def _take_in(talk: Conversation, told: Told, at: datetime) -> None:
    """Report every address that this conversation has not reported yet; words wait for somebody."""
    found = rules.addresses(told.urls)
    words = rules.report_words(told, found.texts)
    for url in found.urls:
        report_one(talk, url, told, words, PUBLIC, at)
    talk.sealed_told = sealed.close_told(told, context=talks.context(talk))
    talk.last_at = at
    talk.save(update_fields=["sealed_told", "last_at"])
    if not found.urls or found.texts:
        # No item tells anybody of these.
        talks.wait(talk, at)


def report_one(
    talk: Conversation, url: str, told: Told, words: str, actor: Actor, at: datetime
) -> str:
    """Report an address as this conversation's; the item's number."""
    digest = sealed.address_digest(canonical(url).identity_key)
    known = talk.reports.filter(address_digest=digest).first()
    if known is not None:
        return known.item_number
    report = IncomingReport(
        url=url,
        channel=Channel.FORM,
        words=words,
        category_hint=told.theme.value,
        live=told.theme is Theme.LIVE,
        slow=Pace(talk.pace) is Pace.SLOW,
        batch=talks.subject(talk),
    )
    received = reports.receive_report(report=report, actor=actor, at=at)
    SentReport.objects.create(
        conversation=talk,
        address_digest=digest,
        item_number=received.item_number,
    )
    return received.item_number


def enter_address(*, talk_id: int, url: str, actor: Actor, at: datetime) -> str:
    """Somebody here finds an address in a reporter's words: it is reported as theirs.

    The item's number. Raises NoSuchTalk, and `engine.addresses.UnusableAddress` with words.
    """
    canonical(url)
    with transaction.atomic():
        talk = talks.locked(talk_id)
        told = sealed.open_told(talk.sealed_told, context=talks.context(talk))
        number = report_one(talk, url, told, rules.report_words(told), actor, at)
        talk.last_at = at
        talk.save(update_fields=["last_at"])
        _note(talk, "enter_address", actor, at)
    return number


def _note(talk: Conversation, action: str, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action=f"reporters.{action}",
        subject=talks.subject(talk),
        at=at,
        facts={"reports": talk.reports.count(), "pace": talk.pace},
    )
