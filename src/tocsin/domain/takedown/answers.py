"""The hoster's side: what stands behind a link, and what is said there.

Whoever holds a link may answer; an opened link proves that a link was opened, and nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from tocsin.base.audit.types import Actor, Json
from tocsin.base.outbox.actions import put
from tocsin.domain.reports import actions as report_actions
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.desk_types import AppealOrigin, ItemAppealState, NothingToAppealHere
from tocsin.domain.takedown import climbing, moving, notices, rules, sealed, sendlog, writing
from tocsin.domain.takedown.models import Answer, Link, Notice
from tocsin.domain.takedown.types import (
    Addressee,
    AnswerKind,
    AnswerRefused,
    Channel,
    LinkUnusable,
    NoticeState,
    Rung,
    Said,
    TakedownState,
    Taken,
    TooManyAnswers,
    WhyNeeded,
)

ANSWERED = "takedown.answered"
_LINK = Actor("link", "notice")


def note_opened(*, secret: str, at: datetime) -> None:
    """Somebody asked to see the notice behind a link. Raises LinkUnusable."""
    with transaction.atomic():
        notice = _behind(secret, at)
        if notice.opened_at is None:
            notice.opened_at = at
            notice.save(update_fields=["opened_at"])
            sendlog.append(sendlog.Line(notice.number, sendlog.OPENED, place=notice.place), at=at)
            moving.note(notice, "opened", at, actor=_LINK)


def say(*, secret: str, said: Said, by_machine: bool, at: datetime) -> Taken:
    """Take a hoster's answer to the notice behind a link.

    Raises LinkUnusable, AnswerRefused and TooManyAnswers.
    """
    if (wrong := rules.wrong_with(said)) is not None:
        raise AnswerRefused(*wrong)
    with transaction.atomic():
        notice = _behind(secret, at)
        if Answer.objects.filter(notice=notice).count() >= rules.MOST_ANSWERS:
            raise TooManyAnswers("This notice has been answered often enough.")
        if notice.state in (NoticeState.RECALLED, NoticeState.CANCELLED):
            raise AnswerRefused("kind", "This notice was withdrawn: it asks nothing any more.")
        answer = Answer.objects.create(
            notice=notice, kind=said.kind.value, by_machine=by_machine, at=at
        )
        answer.sealed_words = sealed.close_said(said, answer_id=answer.pk)
        answer.save(update_fields=["sealed_words"])
        notice.answer, notice.answered_at = said.kind.value, at
        notice.save(update_fields=["answer", "answered_at"])
        line = sendlog.Line(notice.number, sendlog.ANSWERED, place=notice.place, said=said.kind)
        sendlog.append(line, at=at)
        moving.note(notice, "answered", at, actor=_LINK, answer=said.kind.value)
        child = _follow(notice, answer, said, at)
        news: dict[str, Json] = {
            "item_id": notice.item_id,
            "notice_id": notice.pk,
            "answer": said.kind.value,
        }
        put(topic=ANSWERED, payload=news, at=at, dedupe_key=f"{ANSWERED}:{answer.pk}")
    return Taken(said.kind, NoticeState(notice.state), child)


def note_appeal_decided(*, appeal: str, outcome: str, at: datetime) -> None:
    """The appeal that a hoster's dispute opened is decided: the hoster is told, the ladder goes on.

    Where the hoster was right, the correction of the finding withdraws every notice of it.
    """
    with transaction.atomic():
        disputes = Answer.objects.filter(appeal=appeal, outcome="")
        for notice_id in sorted(set(disputes.values_list("notice_id", flat=True))):
            notice = moving.locked(notice_id)
            disputes.filter(notice=notice).update(outcome=outcome, decided_at=at)
            moving.note(notice, "dispute_decided", at, appeal=appeal, outcome=outcome)
            if outcome != ItemAppealState.DISMISSED:
                continue
            _reply(notice, reports.appeal(appeal).outcome, at)
            if notice.takedown.state == TakedownState.DISPUTED:
                moving.move_takedown(notice.takedown, "go_on", at)
                climbing.climb_now(notice.takedown, reports.case(notice.finding_id), at)


def reply(*, number: str, words: str, actor: Actor, at: datetime) -> None:
    """Write to a hoster about a notice. Raises WhyNeeded without words."""
    if not 0 < len(words.strip()) <= rules.MOST_WORDS:
        raise WhyNeeded(f"Write something, in at most {rules.MOST_WORDS} characters.")
    with transaction.atomic():
        notice = moving.locked(Notice.objects.values_list("pk", flat=True).get(number=number))
        _reply(notice, words, at)
        moving.note(notice, "reply", at, actor=actor)


def use_contact(*, answer_id: int, actor: Actor, at: datetime) -> bool:
    """Send the notice to the contact a hoster named; False when that cannot be done any more."""
    with transaction.atomic():
        row = Answer.objects.filter(pk=answer_id).first()
        if row is None:
            return False
        notice = moving.locked(row.notice_id)
        _, name, email = sealed.open_said(row.sealed_words, answer_id=row.pk)
        if not email or notice.state not in rules.LIFE.sources("redirect"):
            return False
        _redirect(notice, name, email, at, actor)
    return True


def _follow(notice: Notice, answer: Answer, said: Said, at: datetime) -> str:
    """What follows from an answer; the secret of the child's link, if it made one."""
    if said.kind in rules.ENDS_WITH:
        if notice.state in rules.LIFE.sources("close"):
            moving.move(notice, "close", at, why=said.kind.value)
        # Whoever keeps the server is looked for again; where it is gone, that is seen soon enough.
        if not notice.rehearsal and settings.TOCSIN_HOSTER_LOOKUP:
            notice.takedown.look_at, notice.takedown.looks = at, 0
            notice.takedown.save(update_fields=["look_at", "looks"])
        if notice.takedown.state == TakedownState.CLIMBING:
            climbing.climb_now(notice.takedown, reports.case(notice.finding_id), at)
    elif said.kind is AnswerKind.DISPUTE:
        _dispute(notice, answer, said, at)
    elif said.kind is AnswerKind.BETTER_CONTACT:
        _better_contact(notice, said, at)
    elif said.kind is AnswerKind.PASS_ON:
        return _pass_on(notice, said, at)
    elif said.kind is AnswerKind.QUESTION:
        moving.press(notice, at)
    return ""


def _dispute(notice: Notice, answer: Answer, said: Said, at: datetime) -> None:
    """An appeal is opened: somebody who has not judged the item looks again.

    The first time the ladder waits for that, for a day at most.
    """
    notice.disputes += 1
    notice.save(update_fields=["disputes"])
    opening = report_actions.Opening(AppealOrigin.HOSTER, said.words, notice.number)
    try:
        answer.appeal = report_actions.open_appeal(
            number=notice.item_number, opening=opening, actor=_LINK, at=at
        )
    except NothingToAppealHere:
        return  # the finding is corrected already, and its withdrawal on the way
    answer.save(update_fields=["appeal"])
    moving.press(notice, at)
    if notice.disputes == 1 and notice.takedown.state in rules.TAKEDOWN.sources("dispute"):
        moving.move_takedown(notice.takedown, "dispute", at)


def _better_contact(notice: Notice, said: Said, at: datetime) -> None:
    """Another desk of the same organisation is written to at once, a stranger's by a person."""
    to = notices.addressee_of(notice)
    movable = notice.state in rules.LIFE.sources("redirect")
    if to is not None and movable and rules.same_organisation(to.email, said.email):
        _redirect(notice, said.name, said.email, at, _LINK)
    else:
        moving.press(notice, at)


def _redirect(notice: Notice, name: str, email: str, at: datetime, actor: Actor) -> None:
    before = notices.addressee_of(notice)
    if before is None:
        raise ValueError("a notice that went to nobody cannot be redirected")
    named = replace(
        before,
        name=name.strip() or before.name,
        email=email,
        channel=Channel.MAIL,
        confirmed=False,
        source="named",
        hoster_id=before.hoster_id,
    )
    if notice.place and notice.place not in notice.tried:
        notice.tried = [*notice.tried, notice.place]
    notice.sealed_addressee = sealed.close_addressee(named, number=notice.number)
    moving.move(notice, "redirect", at, actor=actor)
    notices.queue_if_reachable(notice, reports.case(notice.finding_id), at)


def _pass_on(notice: Notice, said: Said, at: datetime) -> str:
    """A notice of its own for whom it is passed on to. The hoster stays asked, and sees its state.

    A letter goes there by itself where the hoster is one that we know; else the hoster hands the
    link on, so that nobody can make us write to a stranger.
    """
    children = Notice.objects.filter(parent=notice)
    if children.count() >= rules.MOST_CHILDREN:
        raise AnswerRefused("kind", f"It was passed on {rules.MOST_CHILDREN} times already.")
    case = reports.case(notice.finding_id)
    child = notices.make(notice.takedown, case, Rung.RESELLER, at, parent=notice)
    child.language = notice.language
    to = Addressee(
        rung=Rung.RESELLER,
        name=said.name.strip(),
        # Nobody here has looked at this contact: the hoster hands the link on itself.
        email=said.email if notice.confirmed else "",
        country="",
        language=notice.language or "en",
        confirmed=False,
        source="named",
    )
    child.sealed_addressee = sealed.close_addressee(to, number=child.number)
    child.save()
    secret = writing.new_link(child, at)
    if to.email:
        notices.queue_if_reachable(child, case, at)
    else:
        moving.move(child, "close", at, why="handed on by the hoster")
    return secret


def _reply(notice: Notice, words: str, at: datetime) -> None:
    to = notices.addressee_of(notice)
    if to is not None:
        case = reports.case(notice.finding_id)
        writing.send_reply(notice, case, words.strip(), to, at)
        notice.save()


def _behind(secret: str, at: datetime) -> Notice:
    link = Link.objects.filter(digest=sealed.secret_digest(secret)).first()
    if link is None or link.expires_at <= at or link.ended_at is not None:
        raise LinkUnusable("This link belongs to no notice, or its time is over.")
    return moving.locked(link.notice_id)
