"""Writing: refer an item, send its package, write down what the police say; keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import PartyKind
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.letters import actions as letters
from tocsin.base.letters import queries as letter_queries
from tocsin.domain.referrals import encryption, queries, rules, sealed, wording
from tocsin.domain.referrals.encryption import Recipient
from tocsin.domain.referrals.holding import (
    extend_hold,
    hold,
    release_hold,
)
from tocsin.domain.referrals.models import RecipientKey, Referral, ReferralCounter
from tocsin.domain.referrals.package import gathered, package
from tocsin.domain.referrals.types import (
    HoldTerms,
    KeyKind,
    PoliceAnswer,
    Reason,
    ReferralRefused,
    ReferralState,
    ReferralView,
    UnknownReferral,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as report_queries
from tocsin.domain.reports.types import ItemState, UnknownItem

__all__ = [
    "Answered",
    "Wanted",
    "acknowledge",
    "add_key",
    "answer",
    "extend_hold",
    "hold",
    "package_again",
    "refer",
    "release_hold",
    "remove_key",
    "send_waiting",
]

log = structlog.get_logger()

PURPOSE, CORRECTION = "referral", "referral-correction"
_US = system("referrals")


@dataclass(frozen=True, slots=True)
class Wanted:
    """To whom an item goes, and why."""

    party_id: int
    reason: Reason
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the police say of a referral; `terms` where they want it left in place."""

    answer: PoliceAnswer
    words: str = ""
    terms: HoldTerms | None = None


def refer(*, finding_id: int, wanted: Wanted, actor: Actor, at: datetime) -> str:
    """Hand an item to the police: its package leaves at once, day and night. Its number.

    The same finding goes to the same party once: asked again, its number is given again. Raises
    ReferralRefused for a party that is no police, UnknownItem.
    """
    party = accounts.party(wanted.party_id)
    if party is None or party.kind != PartyKind.POLICE:
        raise ReferralRefused("party", "Choose a police force that is on file.")
    if len(wanted.words) > rules.MOST_WORDS:
        raise ReferralRefused("words", f"Write at most {rules.MOST_WORDS} characters.")
    case = report_queries.case(finding_id)
    try:
        with transaction.atomic():
            known = Referral.objects.filter(finding_id=finding_id, party_id=party.pk).first()
            if known is not None:
                return known.number
            number = _next_number(at)
            row = Referral.objects.create(
                number=number,
                item_id=case.item_id,
                item_number=case.item_number,
                finding_id=finding_id,
                party_id=party.pk,
                reason=wanted.reason,
                state=rules.LIFE.first,
                sealed_words=sealed.close(wanted.words, f"referral:{number}"),
                made_by=actor.text,
                made_at=at,
                rehearsal=case.rehearsal,
            )
            _note(row, "refer", actor, at, party=party.pk, reason=wanted.reason.value)
            _wind(row, at)
            _send(row, at)
    except IntegrityError:
        return Referral.objects.get(finding_id=finding_id, party_id=wanted.party_id).number
    return number


def refer_first(*, finding_id: int, at: datetime) -> list[str]:
    """The desk holds something back for the police: every force on file hears of it at once."""
    return [
        refer(finding_id=finding_id, wanted=Wanted(pk, Reason.FIRST_POLICE), actor=_US, at=at)
        for pk, _ in queries.police()
    ]


def send_waiting(*, at: datetime) -> int:
    """Send what waited for a key or an address; how many left."""
    moved = 0
    stuck = rules.LIFE.sources("queue")
    for pk in Referral.objects.filter(state__in=stuck).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = _locked(pk)
            if row.state in stuck:
                moved += _send(row, at)
    return moved


def note_sent(*, referral_id: int, purpose: str, at: datetime) -> None:
    """The letter has left: keep its receipt, and wait for the police to acknowledge it."""
    with transaction.atomic():
        row = _locked(referral_id)
        if purpose != PURPOSE or row.state not in rules.LIFE.sources("sent"):
            return
        mine = [x for x in letter_queries.about(_about(row)) if x.message_id == row.message_id]
        row.sent_at = (mine[0].sent_at if mine else None) or at
        row.receipt = mine[0].receipt if mine else ""
        _move(row, "sent", _US, at)


def note_dead(*, referral_id: int, purpose: str, at: datetime) -> None:
    """The letter was given up on: somebody must find another way."""
    with transaction.atomic():
        row = _locked(referral_id)
        if purpose == PURPOSE and row.state in rules.LIFE.sources("give_up"):
            _move(row, "give_up", _US, at)


def acknowledge(*, number: str, actor: Actor, at: datetime) -> None:
    """They have it. Raises UnknownReferral, MoveRefused."""
    with transaction.atomic():
        row = _locked_by(number)
        row.acknowledged_at = at
        _move(row, "acknowledge", actor, at)


def answer(*, number: str, told: Answered, actor: Actor, at: datetime) -> None:
    """Write down what they say, and do what follows.

    No objection lets the desk go on at once where it waited for them; leaving it in place stops
    all notices until the end of the hold. Raises ReferralRefused, UnknownReferral, MoveRefused.
    """
    rules.refuse_answer(told.answer, told.words)
    in_place = told.answer is PoliceAnswer.LEAVE_IN_PLACE
    if in_place and told.terms is None:
        raise ReferralRefused("until", "Until when is it to be left in place?")
    with transaction.atomic():
        row = _locked_by(number)
        row.answer, row.answered_at = told.answer, at
        row.acknowledged_at = row.acknowledged_at or at
        row.sealed_answer = sealed.close(told.words, f"referral:{row.number}:answer")
        _move(row, "answer", actor, at, answer=told.answer.value)
        if in_place and told.terms is not None:
            hold(item_number=row.item_number, terms=told.terms, actor=actor, at=at)
        _let_desk_go_on(row, told.answer, actor, at)


def correct(*, item_id: int, at: datetime) -> None:
    """The finding was wrong: nothing leaves any more, and whoever got it is told."""
    with transaction.atomic():
        for pk in Referral.objects.filter(item_id=item_id).values_list("pk", flat=True):
            row = _locked(pk)
            if not report_queries.case(row.finding_id).corrected:
                continue
            stopped = row.state in rules.LIFE.sources("cancel") and (
                not row.message_id or letters.cancel(message_id=row.message_id, actor=_US, at=at)
            )
            if stopped:
                _move(row, "cancel", _US, at)
            elif row.state in rules.LIFE.sources("correct"):
                _move(row, "correct", _US, at)
                _tell_of_correction(row, at)


def still_waiting(state: ReferralState, number: str, at: datetime) -> None:
    """The clock of a state ran out: try again, else ask for a person, and go on asking."""
    with transaction.atomic():
        row = Referral.objects.select_for_update().filter(number=number).first()
        if row is None or row.state != state:
            return
        if state in rules.LIFE.sources("queue") and _send(row, at):
            return
        Referral.objects.filter(pk=row.pk).update(attention=F("attention") + 1)
        _note(row, "press", _US, at, state=row.state)
        _wind(row, at)


def add_key(*, party_id: int, text: str, actor: Actor, at: datetime) -> str:
    """Whom packages for a party are encrypted to from now on; its mark. What waited leaves.

    Raises ReferralRefused for what is no public key, a key of another kind than the party's
    others, or a party that is no police.
    """
    kind, key_text, mark = encryption.read_key(text)
    with transaction.atomic():
        party = accounts.party(party_id)
        if party is None or party.kind != PartyKind.POLICE:
            raise ReferralRefused("party", "Choose a police force that is on file.")
        others = RecipientKey.objects.filter(party_id=party_id, removed_at=None)
        if others.exclude(kind=kind).exists():
            raise ReferralRefused(
                "key", "Their other keys are of another kind; remove these first."
            )
        if others.filter(mark=mark).exists():
            return mark
        row = RecipientKey.objects.create(
            party_id=party_id, kind=kind, key_text=key_text, mark=mark,
            added_by=actor.text, added_at=at,
        )  # fmt: skip
        facts: dict[str, Json] = {"party": party_id, "kind": kind.value, "mark": mark}
        record(
            actor=actor, action="referrals.add_key", subject=f"police_key:{row.pk}", at=at,
            facts=facts,
        )  # fmt: skip
    send_waiting(at=at)
    return mark


def remove_key(*, number: int, actor: Actor, at: datetime) -> None:
    """Encrypt to it no more; raises UnknownReferral."""
    with transaction.atomic():
        gone = RecipientKey.objects.filter(pk=number, removed_at=None).update(removed_at=at)
        if not gone:
            raise UnknownReferral(f"There is no key {number}.")
        subject = f"police_key:{number}"
        record(actor=actor, action="referrals.remove_key", subject=subject, at=at)


def package_again(*, number: str, at: datetime) -> tuple[str, str]:
    """The package of a referral as it would be now, encrypted, and how such a file ends.

    For where mail does not do. Raises UnknownReferral, ReferralRefused without a key.
    """
    with transaction.atomic():
        row = _locked_by(number)
        told = queries.view(row)
        text, ending = _encrypted(told, row.finding_id, _recipients(row.party_id), at)
        digest = hashlib.sha256(text.encode()).hexdigest()
        _note(row, "package", system("command line"), at, package_sha256=digest)
    return text, ending


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out numbers, in the caller's transaction: after a restore they are taken."""
    ReferralCounter.objects.get_or_create(year=at.year)
    ReferralCounter.objects.filter(year=at.year).update(last=F("last") + count)


def _send(row: Referral, at: datetime) -> bool:
    """Make the package and queue its letter, where somebody is on file; whether it was."""
    party = accounts.party(row.party_id)
    recipients = _recipients(row.party_id)
    if party is None or not party.contact_email or not recipients:
        return False
    told = queries.view(row)
    text, ending = _encrypted(told, row.finding_id, recipients, at)
    row.tries += 1
    row.package_sha256 = hashlib.sha256(text.encode()).hexdigest()
    row.package_bytes = len(text)
    name = row.number if row.tries == 1 else f"{row.number}.{row.tries}"
    draft = letters.Draft(
        name, PURPOSE, _about(row), party.contact_email, wording.language(),
        wording.referral(told, text, ending), row.rehearsal,
    )  # fmt: skip
    row.message_id = letters.queue(draft=draft, actor=_US, at=at)
    _move(row, "queue", _US, at, package_sha256=row.package_sha256)
    return True


def _recipients(party_id: int) -> list[Recipient]:
    keys = RecipientKey.objects.filter(party_id=party_id, removed_at=None)
    return [Recipient(KeyKind(key.kind), key.key_text) for key in keys]


def _encrypted(
    told: ReferralView, finding_id: int, recipients: list[Recipient], at: datetime
) -> tuple[str, str]:
    contents = gathered(told, finding_id, queries.holds_of(told.item_number))
    return encryption.encrypt(package(contents, at), recipients)


def _tell_of_correction(row: Referral, at: datetime) -> None:
    party = accounts.party(row.party_id)
    if party is None or not party.contact_email:
        return
    draft = letters.Draft(
        f"{row.number}.correction", CORRECTION, _about(row), party.contact_email,
        wording.language(), wording.correction(queries.view(row)), row.rehearsal,
    )  # fmt: skip
    letters.queue(draft=draft, actor=_US, at=at)


def _let_desk_go_on(row: Referral, told: PoliceAnswer, actor: Actor, at: datetime) -> None:
    if told is not PoliceAnswer.NO_OBJECTION:
        return
    try:
        if report_queries.item(row.item_number).state is ItemState.FIRST_POLICE:
            reports.release_police(number=row.item_number, actor=actor, at=at)
    except (MoveRefused, UnknownItem):
        # The clock of the hold was quicker; that is what was wanted.
        log.info("police_hold_was_over", referral=row.number)


def _move(row: Referral, name: str, actor: Actor, at: datetime, **facts: Json) -> None:
    before = ReferralState(row.state)
    row.state = rules.LIFE.target(name, before)
    row.save()
    _wind(row, at)
    _note(row, name, actor, at, was=before.value, **facts)
    log.info("referral_moved", referral=row.number, state=row.state)


def _wind(row: Referral, at: datetime) -> None:
    waiting = rules.LIFE.waiting.get(ReferralState(row.state))
    for other in rules.LIFE.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=row.number)
    if waiting is not None:
        set_due(kind=waiting.then, subject=row.number, due_at=at + waiting.within)


def _note(row: Referral, name: str, actor: Actor, at: datetime, **facts: Json) -> None:
    told = {"item": row.item_number, **facts}
    record(actor=actor, action=f"referrals.{name}", subject=_about(row), at=at, facts=told)


def _about(row: Referral) -> str:
    return f"referral:{row.pk}"


def _locked(pk: int) -> Referral:
    return Referral.objects.select_for_update().get(pk=pk)


def _locked_by(number: str) -> Referral:
    row = Referral.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise UnknownReferral(f"There is no referral {number}.")
    return row


def _next_number(at: datetime) -> str:
    skip_numbers(count=1, at=at)
    return f"P-{at.year}-{ReferralCounter.objects.get(year=at.year).last:06d}"
