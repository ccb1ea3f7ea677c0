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
from tocsin.domain.takedown import climbing, moving, notices, rules, sealed, sendlog, writing
from tocsin.domain.takedown.models import Answer, Link, Notice
from tocsin.domain.takedown.types import (
    Addressee,
    AnswerKind,
    AnswerRefused,
    Channel,
    LinkUnusable,
    NoDispute,
    NoticeState,
    NotIndependent,
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
        child = _follow(notice, said, at)
        news: dict[str, Json] = {
            "item_id": notice.item_id,
            "notice_id": notice.pk,
            "answer": said.kind.value,
        }
        put(topic=ANSWERED, payload=news, at=at, dedupe_key=f"{ANSWERED}:{answer.pk}")
    return Taken(said.kind, NoticeState(notice.state), child)


def uphold(*, number: str, why: str, actor: Actor, at: datetime) -> None:
    """The hoster is right: the finding is corrected, and every notice of it is withdrawn.

    Raises NoDispute, NotIndependent for whoever made the finding, WhyNeeded, and what
    `reports.actions.correct` raises.
    """
    with transaction.atomic():
        notice, answer = _disputed(number, why, actor)
        _decide(answer, "upheld", notice, actor, at)
        report_actions.correct(number=notice.item_number, why=why, actor=actor, at=at)


def dismiss(*, number: str, why: str, actor: Actor, at: datetime) -> None:
    """The finding stands: the ladder goes on, and the hoster is told why. Raises as `uphold`."""
    with transaction.atomic():
        notice, answer = _disputed(number, why, actor)
        _decide(answer, "dismissed", notice, actor, at)
        _reply(notice, why, at)
        if notice.takedown.state == TakedownState.DISPUTED:
            moving.move_takedown(notice.takedown, "go_on", at, actor=actor)
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


def _follow(notice: Notice, said: Said, at: datetime) -> str:
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
        _dispute(notice, at)
    elif said.kind is AnswerKind.BETTER_CONTACT:
        _better_contact(notice, said, at)
    elif said.kind is AnswerKind.PASS_ON:
        return _pass_on(notice, said, at)
    elif said.kind is AnswerKind.QUESTION:
        moving.press(notice, at)
    return ""


def _dispute(notice: Notice, at: datetime) -> None:
    """Somebody looks. The first time the ladder waits for that, for a day at most."""
    notice.disputes += 1
    notice.save(update_fields=["disputes"])
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


def _disputed(number: str, why: str, actor: Actor) -> tuple[Notice, Answer]:
    if not 0 < len(why.strip()) <= rules.MOST_WORDS:
        raise WhyNeeded(f"Write why, in at most {rules.MOST_WORDS} characters.")
    pk = Notice.objects.values_list("pk", flat=True).filter(number=number).first()
    if pk is None:
        raise NoDispute(f"There is no notice {number}.")
    notice = moving.locked(pk)
    rows = Answer.objects.select_for_update().filter(notice=notice, kind=AnswerKind.DISPUTE)
    answer = rows.filter(outcome="").order_by("id").first()
    if answer is None:
        raise NoDispute(f"No dispute about {number} waits for a decision.")
    if reports.names().get(actor.text, actor.text) in _finders(notice):
        raise NotIndependent("Somebody else than who made the finding decides about a dispute.")
    return notice, answer


def _finders(notice: Notice) -> set[str | None]:
    """Who made the finding, and who agreed to it, by name."""
    found = reports.item(notice.item_number).findings
    mine = [finding for finding in found if finding.id == notice.finding_id]
    return {name for finding in mine for name in (finding.by, finding.agreed_by)}


def _decide(answer: Answer, outcome: str, notice: Notice, actor: Actor, at: datetime) -> None:
    # All that wait: they are about the same finding.
    Answer.objects.filter(notice=notice, kind=AnswerKind.DISPUTE, outcome="").update(
        outcome=outcome, decided_by=actor.text, decided_at=at
    )
    moving.note(notice, f"dispute_{outcome}", at, actor=actor, answer=answer.pk)


def _behind(secret: str, at: datetime) -> Notice:
    link = Link.objects.filter(digest=sealed.secret_digest(secret)).first()
    if link is None or link.expires_at <= at or link.ended_at is not None:
        raise LinkUnusable("This link belongs to no notice, or its time is over.")
    return moving.locked(link.notice_id)
