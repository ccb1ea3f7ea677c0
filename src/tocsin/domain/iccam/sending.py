"""The queue is told: of each report one step after the other; one that is stuck holds up no other.

A service that is away is left alone for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.iccam import performing, queueing, rules, sealed
from tocsin.domain.iccam.holding import Hold
from tocsin.domain.iccam.models import Content, Link, Report, Step
from tocsin.domain.iccam.performing import Done
from tocsin.domain.iccam.rules import Next
from tocsin.domain.iccam.speaking import CallFailed, Service
from tocsin.domain.iccam.types import Pulled, StepKind, StepState, Trouble

log = structlog.get_logger()

LEASE: Final = timedelta(minutes=3)
MOST_A_ROUND: Final = 100
_US: Final = system("worker")
_OF_ALL: Final = frozenset({
    Trouble.NO_KEY, Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.TOO_SLOW, Trouble.BUSY,
})  # fmt: skip
"""Troubles that any other call would meet too."""

Clock = Callable[[], datetime]


def send_due(link: Link, hold: Hold, service: Service, clock: Clock) -> Pulled:
    """Tell what is due; raises CallFailed for what any other call would meet too."""
    sent = passed = failed = 0
    for _ in range(MOST_A_ROUND):
        hold.go_on(clock())
        step = _take(clock())
        if step is None:
            break
        try:
            done = _do(step, service, link.country)
        except CallFailed as failure:
            failed += 1
            _note(step, failure, clock())
            if failure.trouble in _OF_ALL:
                raise
            continue
        if done.verdict.next is Next.GIVE_UP:
            failed += 1
            _give_up(step, done.verdict.why, clock())
        elif _end(step, done, clock()):
            sent += done.verdict.next is Next.DONE
            passed += done.verdict.next is Next.PASS_OVER
    return Pulled(sent=sent, passed_over=passed, failed=failed)


def heads(at: datetime) -> QuerySet[Step]:
    """Steps whose turn it is: nothing of the same report is unsettled before them."""
    before = Step.objects.filter(
        report=OuterRef("report"),
        seq__lt=OuterRef("seq"),
        state__in=[StepState.WAITING, StepState.DEAD],
    )
    return _free(at).filter(~Exists(before))


def _free(at: datetime) -> QuerySet[Step]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    return Step.objects.filter(free, state=StepState.WAITING, due_at__lte=at)


def _take(at: datetime) -> Step | None:
    """Lease the step that has been due for longest; None when there is none."""
    for step in heads(at).select_related("report", "content").order_by("due_at", "pk")[:20]:
        mine = _free(at).filter(pk=step.pk, version=step.version)
        step.version, step.attempts = step.version + 1, step.attempts + 1
        step.leased_until = at + LEASE
        if mine.update(
            version=step.version, attempts=step.attempts, leased_until=step.leased_until
        ):
            return step
    return None


def _do(step: Step, service: Service, country: str) -> Done:
    told = sealed.reveal(step.sealed_payload, context=queueing.context(step.report_id, step.seq))
    try:
        return performing.perform(step, told, service, country)
    except CallFailed:
        raise
    except Exception as error:
        log.error("iccam_step_broke", step_id=step.pk, error=type(error).__name__)
        raise CallFailed(Trouble.OURS) from error


def _end(step: Step, done: Done, at: datetime) -> bool:
    """A step is through. False when somebody else has settled it meanwhile."""
    passed = done.verdict.next is Next.PASS_OVER
    move = "pass_over" if passed else "send"
    with transaction.atomic():
        won = _mine(step).update(
            state=rules.LIFE.target(move, StepState.WAITING),
            trouble=done.verdict.why,
            leased_until=None,
            sent_at=None if passed else at,
        )
        if not won:
            return False
        if done.filed is not None:
            write_numbers(step, done.filed.number, done.filed.contents)
        cancel(kind=rules.LATE, subject=str(step.pk))
        record(
            actor=_US,
            action=f"iccam.{move}",
            subject=f"step:{step.pk}",
            at=at,
            facts=facts_of(step, done.verdict.why),
        )
    return True


def _note(step: Step, failure: CallFailed, at: datetime) -> None:
    refusals = step.refusals + (failure.trouble is Trouble.NOT_TAKEN)
    attempts = step.attempts - _costs_nothing(step, failure.trouble)
    if rules.give_up(failure.trouble, attempts, refusals):
        _give_up(step, failure.trouble, at, refusals)
        return
    asked = timedelta(seconds=failure.asked_wait or 0)
    _mine(step).update(
        trouble=failure.trouble,
        attempts=attempts,
        refusals=refusals,
        leased_until=None,
        due_at=at + max(rules.wait(max(attempts, 1)), asked),
    )
    log.warning("iccam_step_failed", step_id=step.pk, trouble=failure.trouble.value)


def _costs_nothing(step: Step, trouble: Trouble) -> bool:
    """Whether a try does not bring the step nearer to its end: what any call would have met is not
    its fault. A report counts as tried once it may have got there."""
    if step.kind == StepKind.FILE:
        return trouble in {Trouble.NO_KEY, Trouble.REFUSED, Trouble.BUSY, Trouble.NOT_TAKEN}
    return trouble in _OF_ALL


def _give_up(step: Step, why: Trouble, at: datetime, refusals: int = 0) -> None:
    with transaction.atomic():
        won = _mine(step).update(
            state=rules.LIFE.target("give_up", StepState.WAITING),
            trouble=why,
            refusals=refusals,
            leased_until=None,
        )
        if not won:
            return
        cancel(kind=rules.LATE, subject=str(step.pk))
        set_due(kind=rules.DEAD_WAITS, subject=str(step.pk), due_at=at + rules.REMIND_EACH)
        record(
            actor=_US,
            action="iccam.give_up",
            subject=f"step:{step.pk}",
            at=at,
            facts=facts_of(step, why),
        )
    log.error("iccam_step_dead", step_id=step.pk, trouble=why.value)


def write_numbers(step: Step, number: int, contents: tuple[int, ...]) -> None:
    """The numbers ICCAM gave a report of ours and its one content."""
    Report.objects.filter(pk=step.report_id).update(number=number)
    if contents and step.content_id is not None:
        Content.objects.filter(pk=step.content_id).update(number=contents[0])


def facts_of(step: Step, why: Trouble) -> dict[str, int | str | None]:
    """What the audit tells of a step: numbers and words of its kind."""
    return {
        "kind": step.kind,
        "report": step.report.number,
        "content": step.content.number if step.content else None,
        "why": why.value,
    }


def _mine(step: Step) -> QuerySet[Step]:
    return Step.objects.filter(pk=step.pk, version=step.version, state=StepState.WAITING)
