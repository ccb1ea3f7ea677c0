"""Climbing the ladder: the next rung, reminders, and what news of the item does to both."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import contacts, ladder, moving, notices, rules, writing
from tocsin.domain.takedown.keeping import steps, where_of
from tocsin.domain.takedown.models import Event, Hold, Notice, Takedown
from tocsin.domain.takedown.scheduling import reminded_at, schedule
from tocsin.domain.takedown.types import AnswerKind, NoticeState, Rung, TakedownState

STANDING_STILL = timedelta(minutes=15)
_OVER = (NoticeState.DONE, NoticeState.CANCELLED, NoticeState.RECALLED, NoticeState.RECALLING)


def make_notice(*, finding_id: int, at: datetime) -> str | None:
    """Begin the takedown of an unlawful finding: its first notice leaves as soon as it can.

    The number of that notice. One finding has one takedown, however often this is called. None
    when the finding was corrected before anything left, or the police have asked for silence.
    """
    with transaction.atomic():
        known = Takedown.objects.filter(finding_id=finding_id).first()
        if known is None:
            case = reports.case(finding_id)
            if case.corrected:
                return None
            known = _begin(case, at)
        first = Notice.objects.filter(takedown=known, rung=Rung.HOSTER).order_by("id").first()
    return first.number if first else None


def climb(subject: str, at: datetime) -> None:
    """What is due for a takedown now: rungs whose time has come, and reminders."""
    with transaction.atomic():
        takedown = moving.hold(int(subject))
        if takedown.state == TakedownState.CLIMBING:
            climb_now(takedown, reports.case(takedown.finding_id), at)


def climb_now(takedown: Takedown, case: Case, at: datetime) -> None:
    """As `climb`, in the caller's transaction."""
    if case.corrected:
        return  # the news of it ends the takedown
    if moving.stopped():
        moving.wind_takedown(takedown, at, at + STANDING_STILL)
        return
    country = contacts.country_of(case)
    if country and country != takedown.country:
        takedown.country = country
        takedown.save(update_fields=["country"])
    for rung in ladder.due(steps(), where_of(takedown), at - takedown.since):
        if not _of(takedown).filter(rung=rung).exclude(state__in=_OVER).exists():
            _tell(takedown, case, rung, at)
    for notice in _of(takedown).filter(state__in=rules.LIFE.sources("queue")):
        notice.takedown = takedown
        notices.queue_if_reachable(notice, case, at)
    for notice in _of(takedown).filter(state=NoticeState.SENT):
        notice.takedown = takedown
        _remind_if_due(notice, case, at)
    schedule(takedown, at)


def note_removed(*, item_id: int, at: datetime) -> None:
    """The item has been seen to be gone: nobody is asked any more, as long as that holds."""
    for takedown, _ in _standing(item_id):
        with transaction.atomic():
            held = moving.hold(takedown.pk)
            if held.state not in rules.TAKEDOWN.sources("removed"):
                continue
            held.removed_at = at
            moving.move_takedown(held, "removed", at)
            for notice in _of(held).exclude(state__in=_OVER):
                notice.takedown = held
                if notice.state == NoticeState.QUEUED:
                    if not notices.keep_from_leaving(notice, at):
                        continue  # closed as soon as it is heard that it left
                    moving.move(notice, "hold_back", at)
                moving.move(notice, "close", at)


def note_back(*, item_id: int, at: datetime) -> None:
    """It is there again: everybody who was told hears of it at once, and the ladder begins anew."""
    for takedown, case in _standing(item_id):
        with transaction.atomic():
            held = moving.hold(takedown.pk)
            if held.state not in rules.TAKEDOWN.sources("back"):
                continue
            held.removed_at, held.since = None, at
            moving.move_takedown(held, "back", at)
            for notice in _of(held).filter(state=NoticeState.DONE):
                notice.takedown = held
                _ask_again(notice, at)
            if held.on_hold:
                moving.move_takedown(held, "hold", at)
            else:
                climb_now(held, case, at)


def note_moved(*, item_id: int, at: datetime) -> None:
    """The site is on another server: whoever keeps that one is told, the ladder begins anew."""
    for takedown, case in _standing(item_id):
        with transaction.atomic():
            held = moving.hold(takedown.pk)
            moving.note_takedown(held, "moved", at)
            if held.state != TakedownState.CLIMBING or _is_told_already(held, case):
                continue
            held.since = at
            held.save(update_fields=["since"])
            for notice in _of(held).filter(rung__in=ladder.OF_THE_SERVER):
                notice.takedown = held
                if notice.state in rules.LIFE.sources("close"):
                    moving.move(notice, "close", at, why="moved")
            climb_now(held, case, at)


def note_held(*, item_id: int, at: datetime) -> None:
    """The police have asked that nobody be told of the item. What has left has left."""
    with transaction.atomic():
        Hold.objects.get_or_create(item_id_held=item_id, defaults={"since": at})
        for pk in Takedown.objects.filter(item_id=item_id).values_list("pk", flat=True):
            takedown = moving.hold(pk)
            takedown.on_hold, takedown.held_at = True, takedown.held_at or at
            takedown.save(update_fields=["on_hold", "held_at"])
            if takedown.state in rules.TAKEDOWN.sources("hold"):
                moving.move_takedown(takedown, "hold", at)
            for notice in _of(takedown).filter(state=NoticeState.QUEUED):
                notice.takedown = takedown
                if notices.keep_from_leaving(notice, at):
                    moving.move(notice, "hold_back", at)


def note_released(*, item_id: int, at: datetime) -> None:
    """The police have let the item go: what waited leaves now; the time held does not count."""
    with transaction.atomic():
        Hold.objects.filter(item_id_held=item_id).delete()
        for pk in Takedown.objects.filter(item_id=item_id).values_list("pk", flat=True):
            takedown = moving.hold(pk)
            if takedown.held_at is not None:
                takedown.since += max(at - takedown.held_at, timedelta(0))
            takedown.on_hold, takedown.held_at = False, None
            takedown.save(update_fields=["since", "on_hold", "held_at"])
            if takedown.state == TakedownState.HELD:
                moving.move_takedown(takedown, "release", at)
                climb_now(takedown, reports.case(takedown.finding_id), at)


def still_waiting(state: TakedownState, subject: str, at: datetime) -> None:
    """The clock of a state in which somebody else is waited for has run out."""
    with transaction.atomic():
        takedown = moving.hold(int(subject))
        if takedown.state != state or (takedown.next_at is not None and takedown.next_at > at):
            return
        if state is TakedownState.HELD:
            takedown.attention += 1
            takedown.save(update_fields=["attention"])
            moving.note_takedown(takedown, "still_held", at)
            moving.wind_takedown(takedown, at)
        elif state is TakedownState.DISPUTED:
            moving.move_takedown(takedown, "go_on", at)
            climb_now(takedown, reports.case(takedown.finding_id), at)
        elif state is TakedownState.REMOVED:
            moving.move_takedown(takedown, "watch_over", at)


def _begin(case: Case, at: datetime) -> Takedown:
    held = Hold.objects.filter(item_id_held=case.item_id).first()
    takedown = Takedown.objects.create(
        finding_id=case.finding_id,
        item_id=case.item_id,
        item_number=case.item_number,
        state=rules.TAKEDOWN.first,
        rehearsal=case.rehearsal,
        country=contacts.country_of(case),
        made_at=at,
        since=at,
        on_hold=held is not None,
        held_at=at if held else None,
        look_at=at if settings.TOCSIN_HOSTER_LOOKUP and not case.rehearsal else None,
    )
    moving.note_takedown(takedown, "begin", at, finding=case.finding_id)
    if held:
        moving.move_takedown(takedown, "hold", at)
    else:
        climb_now(takedown, case, at)
    return takedown


def _tell(takedown: Takedown, case: Case, rung: Rung, at: datetime) -> None:
    """Make the notice of a rung; only the hoster's waits for a contact that nobody knows yet."""
    used = _of(takedown).exclude(place="").values_list("place", flat=True)
    if rung is not Rung.HOSTER and contacts.find(case, rung, frozenset(used)) is None:
        nobody = {"takedown": takedown, "kind": "all_nobody", "facts__rung": rung.value}
        if not Event.objects.filter(**nobody).exists():
            moving.note_takedown(takedown, "nobody", at, rung=rung.value)
        return
    # It is queued with those that wait.
    notices.make(takedown, case, rung, at)


def _remind_if_due(notice: Notice, case: Case, at: datetime) -> None:
    due_at = reminded_at(notice)
    to = notices.addressee_of(notice)
    if due_at is None or due_at > at or to is None:
        return
    writing.send_reminder(notice, case, to, at)
    notice.save()
    moving.note(notice, "remind", at, round=notice.reminders)


def _ask_again(notice: Notice, at: datetime) -> None:
    handed_on = notice.rung == Rung.RESELLER and notice.sent_at is None
    if handed_on or notice.answer in rules.ENDS_WITH:
        return
    if notice.sent_at is None:
        moving.move(notice, "wait_again", at)
        return
    moving.move(notice, "reopen", at)
    after = ladder.remind_after(steps(), Rung(notice.rung))
    notice.last_reminded_at = at - after if after else None
    notice.answer = "" if notice.answer == AnswerKind.REMOVED else notice.answer
    notice.save()


def _is_told_already(takedown: Takedown, case: Case) -> bool:
    """Whether the new server is kept by somebody who has a notice of the item that still stands."""
    best = contacts.find(case, Rung.HOSTER, frozenset())
    if best is None:
        return False
    open_ones = _of(takedown).exclude(state__in=_OVER)
    return open_ones.filter(place=contacts.place_of(best)).exists()


def _of(takedown: Takedown) -> QuerySet[Notice]:
    return Notice.objects.filter(takedown=takedown).order_by("id")


def _standing(item_id: int) -> list[tuple[Takedown, Case]]:
    """The takedowns of an item whose finding stands: one, but after corrections."""
    found = Takedown.objects.filter(item_id=item_id).exclude(state=TakedownState.ENDED)
    pairs = [(takedown, reports.case(takedown.finding_id)) for takedown in found.order_by("id")]
    return [(takedown, case) for takedown, case in pairs if not case.corrected]
