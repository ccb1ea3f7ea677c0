"""Writing: state the mandate, look, say that the picture is still on the screen, opt out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.matching.queries import ListsAway, known_here
from tocsin.domain.viewing import queries, rules, sealed, shifts
from tocsin.domain.viewing.models import Look, Mandate, Viewer
from tocsin.domain.viewing.types import (
    LookIsOver,
    MandateRefused,
    MayNotLook,
    NothingInForce,
    Shown,
    Subject,
    Veil,
    WhyNot,
)
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits.types import Visit
from tocsin.engine.media import Derivative, Wanted

log = structlog.get_logger()

MOST_BASIS = 2_000

use_shifts = shifts.use
"""Whoever keeps working hours tells by this when somebody's shift ends; see `shifts.ShiftEnds`."""


def state_mandate(*, basis: str, until: datetime | None, actor: Actor, at: datetime) -> int:
    """State that people here may look at what is reported, on what legal basis, from now on and
    until when; its number. An earlier statement ends with it. Raises MandateRefused."""
    if not 0 < len(basis.strip()) <= MOST_BASIS:
        raise MandateRefused("basis", f"Write the legal basis, in at most {MOST_BASIS} letters.")
    if until is not None and until <= at:
        raise MandateRefused("until", "The end lies in the past.")
    with transaction.atomic():
        _end_all(actor, at)
        row = Mandate.objects.create(
            basis=basis.strip(), stated_by=actor.text, stated_at=at, ends_at=until
        )
        record(
            actor=actor,
            action="viewing.mandate",
            subject=f"mandate:{row.pk}",
            at=at,
            facts={"until": until.isoformat() if until else None},
            personal={"basis": basis.strip()},
        )
    return row.pk


def end_mandate(*, actor: Actor, at: datetime) -> None:
    """Nobody looks any more; what is on a screen goes with its next sign of life.
    Raises NothingInForce."""
    with transaction.atomic():
        if not _end_all(actor, at):
            raise NothingInForce("Viewing is off already.")


def look(*, subject: Subject, step: Veil, actor: Actor, at: datetime, moment: int = 0) -> Shown:
    """Fetch the picture anew, draw it small behind a veil, and write down that this person sees it.

    Not to be called in a transaction: it waits for strangers. Whether they may is asked before
    anything is fetched, and again, under a lock, before anything is shown. What was on their screen
    before counts as ended. Raises MayNotLook, and visits' DecodersBusy.
    """
    _refuse(subject, step, moment, actor, at)
    looked = visits.look(
        url=subject.url,
        referer=subject.referer,
        wanted=Wanted(step, moment),
        may_show=partial(_may_show, subject, at),
        at=at,
    )
    if looked.held_back:
        raise MayNotLook(WhyNot.KNOWN)
    if looked.derivative is None or not looked.derivative.picture:
        raise MayNotLook(WhyNot.NOT_THERE)
    drawn = _Drawn(looked.derivative, looked.visit.id, _digest(looked.visit))
    return _keep(subject, Wanted(step, moment), drawn, actor, at)


def beat(*, look_id: int, actor: Actor, at: datetime) -> int:
    """The picture is still on the screen; how many seconds may follow. Raises LookIsOver when it
    must go: the day or the hour is over, the mandate ended, or another one was opened since."""
    over: WhyNot | None = None
    with transaction.atomic():
        _locked(actor)
        row = Look.objects.filter(pk=look_id, who=actor.text, ended_at=None).first()
        if row is None:
            raise LookIsOver
        last = row.last_beat_at or row.opened_at
        row.seconds += rules.beat_seconds(last, at)
        row.last_beat_at = max(last, at)
        row.save(update_fields=["seconds", "last_beat_at"])
        allowance = queries.allowance(actor, at=at)
        over = allowance.why_not
        if not queries.viewing_is_on(at=at):
            over = WhyNot.NO_MANDATE
        if over is not None:
            _end_open(actor, at)
            record(
                actor=actor,
                action="viewing.taken_away",
                subject=f"item:{row.item_id}",
                at=at,
                facts={"look": row.pk, "why": over.value},
            )
    if over is not None:
        raise LookIsOver(over)
    return int(allowance.left.total_seconds())


def end_look(*, look_id: int, actor: Actor, at: datetime) -> None:
    """The picture has gone from the screen. Sent again, or for another's, it changes nothing."""
    with transaction.atomic():
        _locked(actor)
        row = Look.objects.filter(pk=look_id, who=actor.text, ended_at=None).first()
        if row is None:
            return
        last = row.last_beat_at or row.opened_at
        row.seconds += rules.beat_seconds(last, at)
        row.last_beat_at, row.ended_at = max(last, at), at
        row.save(update_fields=["seconds", "last_beat_at", "ended_at"])
        record(
            actor=actor,
            action="viewing.end",
            subject=f"item:{row.item_id}",
            at=at,
            facts={"look": row.pk, "seconds": int(row.seconds)},
        )


def opt_out(*, actor: Actor, at: datetime) -> None:
    """This person is shown nothing until they say otherwise. Nobody asks why."""
    _set_opt_out(actor, at, at)


def opt_in(*, actor: Actor, at: datetime) -> None:
    """They may be shown pictures again."""
    _set_opt_out(actor, None, at)


def _refuse(subject: Subject, step: Veil, moment: int, actor: Actor, at: datetime) -> None:
    ladder = queries.ladder(subject, actor=actor, at=at)
    if ladder.why_not is not None:
        raise MayNotLook(ladder.why_not, ladder.until)
    if step not in ladder.steps:
        raise MayNotLook(WhyNot.STEP_TOO_FAR)
    if moment and moment >= ladder.moments:
        raise MayNotLook(WhyNot.NOT_THERE)


def _may_show(subject: Subject, at: datetime, values: Sequence[FingerprintValue]) -> bool:
    """No list knows it, and nobody saw this very file at another address. While no list can be
    asked, nothing is shown: it cannot be ruled out."""
    elsewhere = Look.objects.filter(file_digest=sealed.digest_of(values))
    if elsewhere.exclude(item_id=subject.item_id).exists():
        raise MayNotLook(WhyNot.CLUSTER_SEEN)
    try:
        return known_here(values, at=at, rehearsal=subject.rehearsal) is None
    except ListsAway:
        raise MayNotLook(WhyNot.LISTS_AWAY) from None


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was fetched for a look: the picture, the visit it is from, and a keyed hash of it."""

    derivative: Derivative
    visit_id: int | None
    file_digest: str


def _digest(visit: Visit) -> str:
    return sealed.digest_of(visit.images[0].fingerprints) if visit.images else ""


def _keep(subject: Subject, wanted: Wanted, drawn: _Drawn, actor: Actor, at: datetime) -> Shown:
    """Write the look into the ledger, unless in the meantime it may not be any more."""
    step, moment, picture = wanted.veil, wanted.moment, drawn.derivative
    with transaction.atomic():
        _locked(actor)
        _refuse(subject, step, moment, actor, at)
        _end_open(actor, at)
        same = Look.objects.filter(
            who=actor.text, item_id=subject.item_id, place=subject.place, step=step, moment=moment
        )
        row = Look.objects.create(
            who=actor.text,
            item_id=subject.item_id,
            item_number=subject.number,
            place=subject.place,
            step=step,
            moment=moment,
            moments=picture.frames,
            opened_at=at,
            repeat=same.count(),
            visit_id=drawn.visit_id,
            file_digest=drawn.file_digest,
        )
        record(
            actor=actor,
            action="viewing.look",
            subject=f"item:{subject.item_id}",
            at=at,
            facts={"look": row.pk, "step": step.value, "repeat": row.repeat, "visit": row.visit_id},
        )
        left = int(queries.allowance(actor, at=at).left.total_seconds())
    log.info("looked", look_id=row.pk, step=step.value)
    return Shown(row.pk, picture.picture, picture.width, picture.height, picture.frames, left)


def _locked(actor: Actor) -> Viewer:
    """This person's row, held until commit: what two windows do comes one after the other."""
    Viewer.objects.get_or_create(who=actor.text)
    return Viewer.objects.select_for_update().get(who=actor.text)


def _end_open(actor: Actor, at: datetime) -> None:
    Look.objects.filter(who=actor.text, ended_at=None).update(ended_at=at)


def _set_opt_out(actor: Actor, value: datetime | None, at: datetime) -> None:
    with transaction.atomic():
        viewer = _locked(actor)
        if (viewer.opted_out_at is None) == (value is None):
            return
        viewer.opted_out_at = value
        viewer.save(update_fields=["opted_out_at"])
        if value is not None:
            _end_open(actor, at)
        action = "viewing.opt_out" if value is not None else "viewing.opt_in"
        record(actor=actor, action=action, subject=actor.text, at=at)


def _end_all(actor: Actor, at: datetime) -> bool:
    """End the mandate that is in force, in the caller's transaction; whether there was one."""
    rows = list(Mandate.objects.select_for_update().filter(ended_at=None))
    for row in rows:
        row.ended_by, row.ended_at = actor.text, at
        row.save(update_fields=["ended_by", "ended_at"])
        record(actor=actor, action="viewing.end_mandate", subject=f"mandate:{row.pk}", at=at)
    return any(row.ends_at is None or row.ends_at > at for row in rows)
