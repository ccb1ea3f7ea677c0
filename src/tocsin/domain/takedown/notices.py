"""A notice's own life: made, queued, sent, returned, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tocsin.base.audit.types import Json
from tocsin.base.clock.actions import cancel as cancel_due
from tocsin.base.letters import actions as letters
from tocsin.base.letters import queries as letter_queries
from tocsin.base.letters.types import LetterView
from tocsin.base.outbox.actions import put
from tocsin.domain.hosters import actions as hoster_actions
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import contacts, ladder, moving, rules, sealed, sendlog, writing
from tocsin.domain.takedown.keeping import steps, where_of
from tocsin.domain.takedown.models import DeadPlace, Notice, Post, SendLogRow, Takedown
from tocsin.domain.takedown.scheduling import schedule
from tocsin.domain.takedown.types import (
    Addressee,
    Channel,
    NoticeState,
    PostState,
    Rung,
    TakedownState,
)

SENT = "takedown.sent"


def make(
    takedown: Takedown, case: Case, rung: Rung, at: datetime, parent: Notice | None = None
) -> Notice:
    """A notice for one rung, waiting for its contact, in the caller's transaction."""
    notice = Notice.objects.create(
        number=moving.next_number(at),
        takedown=takedown,
        item_id=case.item_id,
        finding_id=case.finding_id,
        item_number=case.item_number,
        rung=rung.value,
        parent=parent,
        state=rules.LIFE.first,
        rehearsal=case.rehearsal,
        created_at=at,
    )
    moving.note(notice, "make", at, finding=case.finding_id, rung=rung.value)
    moving.wind(notice, at)
    return notice


def queue_if_reachable(notice: Notice, case: Case, at: datetime) -> bool:
    """Write and queue the first message when there is somebody to write to; whether it was.

    Nothing is queued while sending stands still, the police have asked for silence, somebody looks
    at a dispute, or the rung's time has not come.
    """
    takedown = notice.takedown
    if takedown.state != TakedownState.CLIMBING or moving.stopped():
        return False
    if not _is_due(notice, takedown, at):
        return False
    to = _addressee(notice, case)
    if to is None:
        return False
    there = contacts.place_of(to)
    notice.place, notice.hoster_id, notice.language = there, to.hoster_id, to.language
    notice.channel, notice.confirmed = to.channel.value, to.confirmed
    notice.sealed_addressee = sealed.close_addressee(to, number=notice.number)
    writing.send_first(notice, case, to, at)
    moving.move(notice, "queue", at, confirmed=to.confirmed, channel=to.channel.value)
    return True


def send_waiting(*, at: datetime) -> int:
    """Queue every notice whose contact is now known, dead ones too when it is a new one."""
    moved = 0
    stuck = rules.LIFE.sources("queue")
    for pk in Notice.objects.filter(state__in=stuck).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            notice = moving.locked(pk)
            if notice.state in stuck:
                moved += queue_if_reachable(notice, reports.case(notice.finding_id), at)
    return moved


def note_sent(*, notice_id: int, letter_id: int, purpose: str, at: datetime) -> None:
    """A letter of a notice has left: keep the receipt and start the hoster's clock."""
    with transaction.atomic():
        notice = moving.locked(notice_id)
        letter = _letter(notice, letter_id)
        words = letter_queries.words(letter.message_id)
        place = sealed.place(Channel.MAIL, letter.to)
        # It took a letter after all: whoever called it dead was wrong, or it lives again.
        DeadPlace.objects.filter(place=place).delete()
        line = sendlog.Line(
            notice.number,
            sendlog.LEFT,
            letter.message_id,
            place,
            sendlog.hash_of(words),
            letter.receipt,
        )
        told = Left(letter.message_id, purpose, letter.receipt, letter.sent_at or at, line)
        note_left(notice, told, at)


@dataclass(frozen=True, slots=True)
class Left:
    """A message that has left, by mail or by machine: what the other side said, and its line."""

    message_id: str
    purpose: str
    receipt: str
    sent_at: datetime
    line: sendlog.Line


def note_left(notice: Notice, left: Left, at: datetime) -> None:
    """Move a notice on after a message of it has left, in the caller's transaction."""
    if not SendLogRow.objects.filter(
        message_id=left.message_id, event__in=sendlog.SENDINGS
    ).exists():
        sendlog.append(left.line, at=left.sent_at)
    state = NoticeState(notice.state)
    if left.purpose == writing.WITHDRAWAL:
        if state in rules.LIFE.sources("recalled"):
            moving.move(notice, "recalled", at)
        return
    if left.purpose != writing.NOTICE:
        moving.note(notice, "left", at, purpose=left.purpose)
        return
    notice.sent_at, notice.receipt = left.sent_at, left.receipt
    notice.deadline_at = notice.sent_at + rules.REMOVE_WITHIN
    notice.save()
    news: dict[str, Json] = {"item_id": notice.item_id, "notice_id": notice.pk}
    put(topic=SENT, payload=news, at=at, dedupe_key=f"{SENT}:{notice.pk}:{notice.tries}")
    if state in rules.LIFE.sources("sent"):
        moving.move(notice, "sent", at)
        _after_sending(notice, at)
    elif state in rules.LIFE.sources("left_anyway"):
        moving.move(notice, "left_anyway", at)
        _withdraw(notice, reports.case(notice.finding_id), at)


def note_dead(*, notice_id: int, letter_id: int, purpose: str, at: datetime) -> None:
    """A letter of a notice was given up on: another contact is tried, else somebody must look."""
    with transaction.atomic():
        notice = moving.locked(notice_id)
        letter = _letter(notice, letter_id)
        sendlog.append(
            sendlog.Line(
                notice.number,
                sendlog.DEAD,
                letter.message_id,
                sealed.place(Channel.MAIL, letter.to),
                said=letter.last_error,
            ),
            at=at,
        )
        if purpose != writing.NOTICE:
            moving.press(notice, at)
        elif letter.message_id == notice.message_id and notice.state == NoticeState.QUEUED:
            give_up(notice, "give_up", at)


def note_bounced(*, notice_id: int, letter_id: int, at: datetime) -> None:
    """A letter came back: the contact is marked, the next one is written to."""
    with transaction.atomic():
        notice = moving.locked(notice_id)
        letter = _letter(notice, letter_id)
        there = sealed.place(Channel.MAIL, letter.to)
        sendlog.append(
            sendlog.Line(
                notice.number, sendlog.RETURNED, letter.message_id, there, said=letter.last_error
            ),
            at=at,
        )
        if rules.is_dead_address(letter.bounce_status):
            DeadPlace.objects.get_or_create(
                place=there, defaults={"status": letter.bounce_status, "since": at}
            )
            if notice.hoster_id is not None:
                hoster_actions.note_unreachable(
                    hoster_id=notice.hoster_id, email=letter.to, actor=moving.US, at=at
                )
        if notice.place == there and notice.state == NoticeState.SENT:
            give_up(notice, "came_back", at)


def note_delivered(*, notice_id: int, letter_id: int, at: datetime) -> None:
    """A mail server said that it put a letter into the mailbox. That proves no reading."""
    with transaction.atomic():
        notice = moving.locked(notice_id)
        letter = _letter(notice, letter_id)
        place = sealed.place(Channel.MAIL, letter.to)
        line = sendlog.Line(notice.number, sendlog.DELIVERED, letter.message_id, place)
        sendlog.append(line, at=at)
        notice.delivered_at = notice.delivered_at or letter.delivered_at or at
        notice.save()
        moving.note(notice, "delivered", at)


def give_up(notice: Notice, name: str, at: datetime) -> None:
    """Nothing arrives at the notice's place: it is dead until another contact is found, which is
    tried at once. In the caller's transaction."""
    if notice.place and notice.place not in notice.tried:
        notice.tried = [*notice.tried, notice.place]
    moving.move(notice, name, at)
    queue_if_reachable(notice, reports.case(notice.finding_id), at)


def take_back(*, item_id: int, at: datetime) -> None:
    """The finding was wrong: keep its notices from leaving, or send a withdrawal after them."""
    for takedown_id in Takedown.objects.filter(item_id=item_id).values_list("pk", flat=True):
        with transaction.atomic():
            takedown = moving.hold(takedown_id)
            case = reports.case(takedown.finding_id)
            if not case.corrected:
                continue
            if takedown.state in rules.TAKEDOWN.sources("end"):
                takedown.look_at = None
                moving.move_takedown(takedown, "end", at)
            for notice in Notice.objects.select_for_update().filter(takedown=takedown):
                notice.takedown = takedown
                _take_back(notice, case, at)


def keep_from_leaving(notice: Notice, at: datetime) -> bool:
    """Keep a queued message from leaving, in the caller's transaction; False when it has left."""
    if letters.cancel(message_id=notice.message_id, actor=moving.US, at=at):
        return True
    rows = Post.objects.select_for_update().filter(message_id=notice.message_id)
    post = rows.filter(state__in=rules.POST.sources("cancel")).first()
    if post is None:
        return False
    post.state = rules.POST.target("cancel", PostState(post.state))
    post.save()
    cancel_due(kind=rules.POST.waiting[PostState.WAITING].then, subject=str(post.pk))
    return True


def note_seen_again(*, item_id: int, at: datetime) -> None:
    """The material is reported after its notice: whoever follows the notice should look."""
    with transaction.atomic():
        rows = Notice.objects.filter(item_id=item_id, state=NoticeState.SENT)
        for pk in rows.values_list("pk", flat=True):
            moving.press(moving.locked(pk), at)


def still_waiting(state: NoticeState, number: str, at: datetime) -> None:
    """The clock of `state` has run out: try the contact again, else ask for a person."""
    pk = Notice.objects.values_list("pk", flat=True).get(number=number)
    with transaction.atomic():
        notice = moving.locked(pk)
        if notice.state != state:
            return
        if state in rules.LIFE.sources("queue") and queue_if_reachable(
            notice, reports.case(notice.finding_id), at
        ):
            return
        moving.press(notice, at)
        moving.wind(notice, at)


def addressee_of(notice: Notice) -> Addressee | None:
    """Whom the notice went to, or is to go to; None while nobody is known."""
    return sealed.open_addressee(notice.sealed_addressee, number=notice.number)


def _after_sending(notice: Notice, at: datetime) -> None:
    case = reports.case(notice.finding_id)
    if case.corrected:
        moving.move(notice, "recall", at)
        _withdraw(notice, case, at)
    elif notice.takedown.state in (TakedownState.REMOVED, TakedownState.CLOSED):
        moving.move(notice, "close", at)
    elif notice.takedown.state == TakedownState.CLIMBING:
        schedule(notice.takedown, at)


def _take_back(notice: Notice, case: Case, at: datetime) -> None:
    state = NoticeState(notice.state)
    never_left = notice.sent_at is None
    held_back = state == NoticeState.WAITING_FOR_CONTACT or (
        state in (NoticeState.QUEUED, NoticeState.DEAD) and keep_from_leaving(notice, at)
    )
    if never_left and (held_back or state in (NoticeState.DONE, NoticeState.DEAD)):
        moving.move(notice, "cancel", at)
    elif state in rules.LIFE.sources("recall"):
        moving.move(notice, "recall", at)
        _withdraw(notice, case, at)
    elif held_back or state == NoticeState.DEAD:
        # It was given up on, or came back: nobody there has it to whom it could be withdrawn.
        moving.move(notice, "cancel", at)


def _withdraw(notice: Notice, case: Case, at: datetime) -> None:
    to = addressee_of(notice)
    if to is None:
        raise ValueError("a notice without an addressee cannot be withdrawn")
    writing.send_withdrawal(notice, case, to, at)


def _addressee(notice: Notice, case: Case) -> Addressee | None:
    """Whom to write to now: a place at which nothing has failed, and which no other notice has."""
    avoid = set(notice.tried)
    others = Notice.objects.filter(finding_id=notice.finding_id).exclude(pk=notice.pk)
    for place, tried in others.exclude(place="").values_list("place", "tried"):
        avoid |= {place, *tried}
    named = addressee_of(notice)
    chosen = named is not None and named.source == "named" and bool(named.email)
    if named is not None and chosen and contacts.place_of(named) not in avoid:
        return named
    if notice.rung == Rung.RESELLER:
        return None
    return contacts.find(case, Rung(notice.rung), frozenset(avoid))


def _is_due(notice: Notice, takedown: Takedown, at: datetime) -> bool:
    if notice.rung == Rung.RESELLER or notice.sent_at is not None:
        return True
    due_at = ladder.due_at(steps(), Rung(notice.rung), where_of(takedown), takedown.since)
    return due_at is not None and due_at <= at


def _letter(notice: Notice, letter_id: int) -> LetterView:
    return next(x for x in letter_queries.about(moving.about(notice)) if x.id == letter_id)
