"""Writing: make a notice of a finding, send it, hear of its letter, take it back."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.letters import actions as letters
from tocsin.base.letters import queries as letter_queries
from tocsin.base.letters.types import Content
from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosters.types import HosterView
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import rules, wording, xarf
from tocsin.domain.takedown.models import Notice, NoticeCounter
from tocsin.domain.takedown.types import NoticeState
from tocsin.engine.addresses import canonical

log = structlog.get_logger()

NOTICE = "notice"
WITHDRAWAL = "notice-withdrawal"

_US = system("takedown")


def make_notice(*, finding_id: int, at: datetime) -> str | None:
    """The notice of an unlawful finding, queued when the host's contact is on file; its number.

    One finding has one notice, however often this is called. None when the finding was corrected
    before anything left.
    """
    with transaction.atomic():
        known = Notice.objects.filter(finding_id=finding_id).first()
        if known is not None:
            return known.number
        case = reports.case(finding_id)
        if case.corrected:
            return None
        notice = Notice.objects.create(
            number=_next_number(at),
            item_id=case.item_id,
            finding_id=finding_id,
            item_number=case.item_number,
            state=rules.LIFE.first,
            rehearsal=case.rehearsal,
            created_at=at,
        )
        _note(notice, "takedown.make", at, finding=finding_id)
        _wind(notice, at)
        _queue_if_reachable(notice, case, at)
    return notice.number


def send_waiting(*, at: datetime) -> int:
    """Queue every notice whose contact is now known, dead ones too when it is a new one."""
    moved = 0
    stuck = rules.LIFE.sources("queue")
    for pk in Notice.objects.filter(state__in=stuck).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            notice = _locked(pk)
            if notice.state in stuck:
                moved += _queue_if_reachable(notice, reports.case(notice.finding_id), at)
    return moved


def note_sent(*, notice_id: int, letter_id: int, purpose: str, at: datetime) -> None:
    """A letter of a notice has left: keep the receipt and start the hoster's clock."""
    with transaction.atomic():
        notice = _locked(notice_id)
        state = NoticeState(notice.state)
        if purpose == WITHDRAWAL:
            if state in rules.LIFE.sources("recalled"):
                _move(notice, "recalled", at)
            return
        letter = next(x for x in letter_queries.about(_about(notice)) if x.id == letter_id)
        notice.sent_at, notice.receipt = letter.sent_at or at, letter.receipt
        notice.deadline_at = notice.sent_at + rules.REMOVE_WITHIN
        notice.save()
        if state in rules.LIFE.sources("sent"):
            _move(notice, "sent", at)
            if reports.case(notice.finding_id).corrected:
                _move(notice, "recall", at)
                _queue_withdrawal(notice, at)
        elif state in rules.LIFE.sources("left_anyway"):
            _move(notice, "left_anyway", at)
            _queue_withdrawal(notice, at)


def note_dead(*, notice_id: int, letter_id: int, purpose: str, at: datetime) -> None:
    """A letter of a notice was given up on: somebody must find another way to tell."""
    with transaction.atomic():
        notice = _locked(notice_id)
        letter = next(x for x in letter_queries.about(_about(notice)) if x.id == letter_id)
        if purpose == WITHDRAWAL:
            _press(notice, at)
        elif letter.message_id == notice.message_id and notice.state == NoticeState.QUEUED:
            _move(notice, "give_up", at)


def take_back(*, item_id: int, at: datetime) -> None:
    """The finding was wrong: keep its notice from leaving, or send a withdrawal after it."""
    with transaction.atomic():
        for pk in Notice.objects.filter(item_id=item_id).values_list("pk", flat=True):
            notice = _locked(pk)
            if not reports.case(notice.finding_id).corrected:
                continue
            state = NoticeState(notice.state)
            held_back = state == NoticeState.WAITING_FOR_CONTACT or (
                state in rules.LIFE.sources("cancel")
                and letters.cancel(message_id=notice.message_id, actor=_US, at=at)
            )
            if held_back:
                _move(notice, "cancel", at)
            elif state in rules.LIFE.sources("recall"):
                _move(notice, "recall", at)
                _queue_withdrawal(notice, at)


def note_seen_again(*, item_id: int, at: datetime) -> None:
    """The material is reported after its notice: whoever follows the notice should look."""
    with transaction.atomic():
        for notice in Notice.objects.filter(item_id=item_id, state=NoticeState.SENT):
            _press(notice, at)


def still_waiting(state: NoticeState, number: str, at: datetime) -> None:
    """The clock of `state` has run out: try the contact again, else ask for a person."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().get(number=number)
        if notice.state != state:
            return
        if state is NoticeState.WAITING_FOR_CONTACT and _queue_if_reachable(
            notice, reports.case(notice.finding_id), at
        ):
            return
        _press(notice, at)
        _wind(notice, at)


def _queue_if_reachable(notice: Notice, case: Case, at: datetime) -> bool:
    """Write and queue the letter when somebody is on file for the host; whether it was."""
    hoster = _contact(case)
    if hoster is None or _is_the_address_that_died(notice, hoster):
        return False
    notice.hoster_id, notice.language, notice.tries = hoster.id, hoster.language, notice.tries + 1
    notice.xarf_report_id = notice.xarf_report_id or uuid4()
    content = _content(notice, case, hoster)
    if not content.attachments:
        notice.xarf_report_id = None
    name = notice.number if notice.tries == 1 else f"{notice.number}.{notice.tries}"
    notice.message_id = letters.queue(
        draft=_draft(notice, name, NOTICE, hoster, content), actor=_US, at=at
    )
    _move(notice, "queue", at)
    return True


def _contact(case: Case) -> HosterView | None:
    url = canonical(case.url)
    host = url.host if url.port is None else f"{url.host}:{url.port}"
    hoster = hosters.find_for_host(host, case.rehearsal)
    return hoster if hoster is not None and hoster.reachable else None


def _is_the_address_that_died(notice: Notice, hoster: HosterView) -> bool:
    if notice.state != NoticeState.DEAD:
        return False
    last = [x for x in letter_queries.about(_about(notice)) if x.message_id == notice.message_id]
    return bool(last) and last[0].to == hoster.abuse_email


def _content(notice: Notice, case: Case, hoster: HosterView) -> Content:
    organisation, tell = settings.TOCSIN_ORGANISATION, settings.TOCSIN_NOTICE_DIGESTS
    machine = None
    if notice.xarf_report_id is not None:
        heading = xarf.Heading(notice.xarf_report_id, notice.number, organisation, hoster, tell)
        machine = xarf.report(case, heading)
    return wording.notice(case, wording.Sheet(notice.number, organisation, hoster, tell), machine)


def _queue_withdrawal(notice: Notice, at: datetime) -> None:
    if notice.hoster_id is None:
        return
    case = reports.case(notice.finding_id)
    hoster = hosters.hoster(notice.hoster_id)
    sheet = wording.Sheet(notice.number, settings.TOCSIN_ORGANISATION, hoster, tell_digests=False)
    content = wording.withdrawal(case, sheet)
    draft = _draft(notice, f"{notice.number}.withdrawal", WITHDRAWAL, hoster, content)
    letters.queue(draft=draft, actor=_US, at=at)


def _draft(
    notice: Notice, name: str, purpose: str, hoster: HosterView, content: Content
) -> letters.Draft:
    return letters.Draft(
        name=name,
        purpose=purpose,
        about=_about(notice),
        to=hoster.abuse_email,
        language=hoster.language,
        content=content,
        rehearsal=notice.rehearsal,
    )


def _move(notice: Notice, name: str, at: datetime) -> None:
    before = NoticeState(notice.state)
    notice.state = rules.LIFE.target(name, before)
    notice.save()
    _wind(notice, at)
    _note(notice, f"takedown.{name}", at, was=before.value)
    log.info("notice_moved", notice=notice.number, state=notice.state)


def _wind(notice: Notice, at: datetime) -> None:
    """Set the clock of the notice's state and cancel those of the others."""
    waiting = rules.LIFE.waiting.get(NoticeState(notice.state))
    for other in rules.LIFE.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=notice.number)
    if waiting is not None:
        set_due(kind=waiting.then, subject=notice.number, due_at=at + waiting.within)


def _press(notice: Notice, at: datetime) -> None:
    Notice.objects.filter(pk=notice.pk).update(attention=F("attention") + 1)
    _note(notice, "takedown.press", at, state=notice.state)


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out notice numbers, in the caller's transaction: after a restore they are taken.

    A hoster's mail server would pass over a second letter of the same Message-ID.
    """
    NoticeCounter.objects.get_or_create(year=at.year)
    NoticeCounter.objects.filter(year=at.year).update(last=F("last") + count)


def _note(notice: Notice, action: str, at: datetime, **facts: Json) -> None:
    actor: Actor = _US
    told = {"item": notice.item_number, **facts}
    record(actor=actor, action=action, subject=_about(notice), at=at, facts=told)


def _about(notice: Notice) -> str:
    return f"notice:{notice.pk}"


def _locked(notice_id: int) -> Notice:
    return Notice.objects.select_for_update().get(pk=notice_id)


def _next_number(at: datetime) -> str:
    skip_numbers(count=1, at=at)
    return f"N-{at.year}-{NoticeCounter.objects.get(year=at.year).last:06d}"
