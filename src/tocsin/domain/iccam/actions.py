"""Writing: connect, switch off and on, do a round, revive and pass over steps, tell by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.clock.actions import set_due
from tocsin.base.egress import configured_peer
from tocsin.domain.iccam import credentials, holding, pulling, rules, sending, telling
from tocsin.domain.iccam.client import Client
from tocsin.domain.iccam.models import Content, Link, Step
from tocsin.domain.iccam.speaking import CallFailed, Service
from tocsin.domain.iccam.telling import file
from tocsin.domain.iccam.types import (
    LinkState,
    LinkTerms,
    NotConnected,
    Pulled,
    StepKind,
    StepRefused,
    StepState,
    Told,
    Trouble,
    WrongTerms,
)
from tocsin.engine.addresses import UnusableAddress

__all__ = [
    "CallFailed",
    "adopt",
    "connect",
    "do_round",
    "file",
    "file_item",
    "pass_over",
    "revive",
    "say",
    "switch",
    "try_now",
]

log = structlog.get_logger()

_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|\Z)")


def connect(*, terms: LinkTerms, actor: Actor, at: datetime) -> None:
    """Note the exchange down, or note it down otherwise; a round begins within seconds.

    Raises WrongTerms.
    """
    _check(terms)
    values = {
        "base_url": terms.base_url.rstrip("/"),
        "country": terms.country.upper(),
        "analyst": terms.analyst.strip(),
        "party_id": terms.party_id,
        "files_abroad": terms.files_abroad,
    }
    fresh = {"state": LinkState.WELL, "made_at": at, "next_try_at": at}
    with transaction.atomic():
        row = Link.objects.select_for_update().first()
        if row is None:
            Link.objects.create(pk=1, **values, **fresh)
        else:
            Link.objects.filter(pk=row.pk).update(**values, next_try_at=at)
        record(
            actor=actor,
            action="iccam.connect",
            subject="iccam",
            at=at,
            facts={"country": values["country"], "files_abroad": terms.files_abroad},
        )


def switch(*, on: bool, actor: Actor, at: datetime) -> bool:
    """Switch the exchange on or off; what is to be told waits meanwhile. False when it was so."""
    state = LinkState.WELL if on else LinkState.OFF
    rows = Link.objects.filter(state=LinkState.OFF) if on else Link.objects.exclude(state=state)
    with transaction.atomic():
        won = rows.update(state=state, failures=0, trouble=Trouble.NONE, next_try_at=at)
        if won:
            action = "iccam.switch_on" if on else "iccam.switch_off"
            record(actor=actor, action=action, subject="iccam", at=at)
    return bool(won)


def try_now(*, actor: Actor, at: datetime) -> bool:
    """Do a round at once and not when its turn comes; False where it is off."""
    with transaction.atomic():
        won = Link.objects.exclude(state=LinkState.OFF).update(next_try_at=at)
        if won:
            record(actor=actor, action="iccam.try_now", subject="iccam", at=at)
    return bool(won)


def do_round(*, clock: Callable[[], datetime], service: Service | None = None) -> Pulled | None:
    """Tell what waits, then take in what is new. None where it is off, or somebody is at it.

    Outside a transaction: it speaks with ICCAM. What went wrong is written down and tried again.
    Raises NotConnected.
    """
    link = Link.objects.first()
    if link is None:
        raise NotConnected("No exchange with ICCAM is noted down: tocsin iccam connect")
    hold = holding.take(link.pk, clock())
    if hold is None:
        return None
    try:
        done = _round(link, hold, service, clock)
    except CallFailed as failure:
        _failed(link, hold, failure, clock())
        return Pulled(failed=1)
    except holding.HoldLost:
        return None
    except BaseException:
        hold.let_go()
        raise
    hold.let_go(
        state=LinkState.WELL,
        trouble=Trouble.NONE,
        failures=0,
        next_try_at=clock() + rules.PULL_EACH,
        sent_at=clock(),
    )
    return done


def revive(*, step_id: int, actor: Actor, at: datetime) -> bool:
    """Try a step again that was given up; False when it is not."""
    with transaction.atomic():
        won = _settle(step_id, "revive", due_at=at, attempts=0, refusals=0, trouble=Trouble.NONE)
        if won is not None:
            telling.forget_clocks(won)
            set_due(kind=rules.LATE, subject=str(step_id), due_at=at + rules.LATE_AFTER)
            record(actor=actor, action="iccam.revive", subject=f"step:{step_id}", at=at)
    return won is not None


def pass_over(*, step_id: int, why: str, actor: Actor, at: datetime) -> bool:
    """A person says that a step is not to be told; what comes behind it goes on. False when it is
    settled, or being told at this moment. Raises StepRefused without a reason."""
    if not 0 < len(why.strip()) <= 1_000:
        raise StepRefused("Write why, in at most 1,000 characters.")
    with transaction.atomic():
        won = _settle(step_id, "pass_over", trouble=Trouble.BY_A_PERSON)
        if won is not None:
            telling.forget_clocks(won)
            record(
                actor=actor,
                action="iccam.pass_over",
                subject=f"step:{step_id}",
                at=at,
                facts={"kind": won.kind},
                personal={"why": why.strip()},
            )
    return won is not None


def adopt(*, step_id: int, number: int, contents: int, actor: Actor, at: datetime) -> bool:
    """Somebody found the report over there that we filed and got no answer for: its number, and
    that of its content. False when the step does not wait for this."""
    with transaction.atomic():
        step = Step.objects.filter(pk=step_id, kind=StepKind.FILE).first()
        won = _settle(step_id, "find_sent", trouble=Trouble.NONE, sent_at=at) if step else None
        if won is not None:
            sending.write_numbers(won, number, (contents,))
            telling.forget_clocks(won)
            record(
                actor=actor,
                action="iccam.adopt",
                subject=f"step:{step_id}",
                at=at,
                facts={"report": number, "content": contents},
            )
    return won is not None


def say(*, item_number: str, told: Told, actor: Actor, at: datetime) -> int:
    """Tell an action of an item by hand; of how many contents it is told. Raises StepRefused."""
    contents = Content.objects.filter(item_number=item_number, unusable="")
    with transaction.atomic():
        found = list(contents.select_related("report").order_by("id"))
        if not found:
            raise StepRefused("ICCAM has no content of this item.")
        told_of = sum(telling.say(content, told, at) for content in found)
        record(
            actor=actor,
            action="iccam.say",
            subject=f"item:{found[0].item_id}",
            at=at,
            facts={"type": int(told.type), "reason": told.reason and int(told.reason)},
        )
    return told_of


def file_item(
    *, item_number: str, country: str, ip: str, organisation: str, actor: Actor, at: datetime
) -> int:
    """Report an item to another country's hotline by hand; the report's number here.

    Raises StepRefused, NotConnected and UnknownItem.
    """
    link = Link.objects.first()
    if link is None:
        raise NotConnected("No exchange with ICCAM is noted down: tocsin iccam connect")
    if not re.fullmatch(r"[A-Z]{2}", country) or country == link.country:
        raise StepRefused("Name another country by its two letters.")
    with transaction.atomic():
        finding_id = telling.standing_of(item_number)
        return file(finding_id, country, ip, organisation, actor=actor, at=at)


def late(subject: str, at: datetime) -> None:
    """A step has not been told for a day: say it again each day until it has."""
    if Step.objects.filter(pk=subject, state=StepState.WAITING).exists():
        log.error("iccam_step_late", step_id=int(subject))
        set_due(kind=rules.LATE, subject=subject, due_at=at + rules.LATE_AFTER)


def remind(subject: str, at: datetime) -> None:
    """A step that was given up waits for somebody: say it again each day."""
    if Step.objects.filter(pk=subject, state=StepState.DEAD).exists():
        log.error("iccam_step_still_dead", step_id=int(subject))
        set_due(kind=rules.DEAD_WAITS, subject=subject, due_at=at + rules.REMIND_EACH)


def _round(
    link: Link, hold: holding.Hold, service: Service | None, clock: Callable[[], datetime]
) -> Pulled:
    speaks = service or _service(link)
    try:
        sent = sending.send_due(link, hold, speaks, clock)
        came = pulling.pull(link, hold, speaks, clock)
    finally:
        if service is None:
            speaks.close()
    return replace(came, sent=sent.sent, passed_over=sent.passed_over, failed=sent.failed)


def _service(link: Link) -> Client:
    return Client(link.base_url, credentials.read(), link.analyst)


def _failed(link: Link, hold: holding.Hold, failure: CallFailed, at: datetime) -> None:
    rest = rules.rest(link.failures + 1, failure.asked_wait)
    hold.let_go(
        state=LinkState.FAILING,
        trouble=failure.trouble,
        failures=F("failures") + 1,
        next_try_at=at + rest,
    )
    log.error("iccam_failed", trouble=failure.trouble.value, failures=link.failures + 1)


def _settle(step_id: int, move: str, **changes: object) -> Step | None:
    """Make a move of a step that nobody is telling at this moment; the step, or None."""
    step = Step.objects.filter(pk=step_id).first()
    if step is None or step.state not in rules.LIFE.sources(move):
        return None
    mine = Step.objects.filter(
        pk=step.pk, version=step.version, state=step.state, leased_until__isnull=True
    )
    state = rules.LIFE.target(move, StepState(step.state))
    won = mine.update(state=state, version=step.version + 1, **changes)
    return step if won else None


def _check(terms: LinkTerms) -> None:
    try:
        configured_peer(terms.base_url)
    except UnusableAddress:
        raise WrongTerms("Its address is none that can be called.") from None
    if not terms.base_url.startswith("https://") and not _LOOPBACK.match(terms.base_url):
        raise WrongTerms("Its address must begin with https: our password travels with it.")
    if "?" in terms.base_url or "#" in terms.base_url or "@" in terms.base_url:
        raise WrongTerms("Its address ends with a path; name and password stand in the key file.")
    if not re.fullmatch(r"[A-Za-z]{2}", terms.country):
        raise WrongTerms("Our country is two letters, as NL.")
    if not 0 < len(terms.analyst.strip()) <= 60:
        raise WrongTerms("Give the analyst's name that ICCAM knows our system by.")
