"""How the desk is set up: weights and rules, in versions; the newest counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.base.clock.actions import set_due
from tocsin.domain.reports import pressing, questions
from tocsin.domain.reports.desk_types import (
    DeskRules,
    Predecide,
    ReasonNeeded,
    SetupMovedOn,
    SetupVersion,
    UnusableSetup,
)
from tocsin.domain.reports.models import Setup
from tocsin.domain.reports.types import ReasonCode

WEIGHTS, RULES = "weights", "rules"
REWEIGH = "reports.reweigh"
MOST_WHY = 500
LONGEST_HOLD = timedelta(days=14)


def weights() -> pressing.Weights:
    """The points of each reason, as they count now."""
    kept = _newest(WEIGHTS)
    if kept is None:
        return pressing.DEFAULT_WEIGHTS
    # A reason that is younger than the kept version has its default.
    default = pressing.DEFAULT_WEIGHTS
    return {code: kept.data.get(code.value, default.get(code, 0)) for code in _CODES}


def rules() -> DeskRules:
    """What managers have set of how the desk decides."""
    kept = _newest(RULES)
    return DeskRules() if kept is None else _rules_of(kept.data)


def version(kind: str) -> int:
    """The number of the newest version; 0 for the defaults."""
    kept = _newest(kind)
    return 0 if kept is None else kept.version


def versions(kind: str, *, limit: int = 20) -> tuple[SetupVersion, ...]:
    """The newest versions first."""
    rows = Setup.objects.filter(kind=kind).order_by("-version")[:limit]
    return tuple(SetupVersion(r.version, r.by, r.at, r.why, r.data) for r in rows)


def set_weights(
    *, asked: Mapping[str, int], after: int, why: str, actor: Actor, at: datetime
) -> int:
    """Make a new version of the weights and put the queue in its order; the version's number.

    `after` is the version that was looked at. Raises UnusableSetup, ReasonNeeded, SetupMovedOn.
    """
    usable = {code.value: points for code, points in pressing.usable(asked).items()}
    return _keep(WEIGHTS, usable, after=after, why=why, actor=actor, at=at)


def set_rules(*, desk: DeskRules, after: int, why: str, actor: Actor, at: datetime) -> int:
    """Make a new version of the desk's rules; its number. Raises as `set_weights` does."""
    _refuse_rules(desk)
    data: dict[str, Json] = {
        "second_for_new": desk.second_for_new,
        "second_for_police": desk.second_for_police,
        "police_hold_hours": desk.police_hold / timedelta(hours=1),
        "longest_hold_hours": desk.longest_hold / timedelta(hours=1),
        "predecide": desk.predecide.value,
        "question_sets": list(desk.question_sets),
    }
    return _keep(RULES, data, after=after, why=why, actor=actor, at=at)


def _refuse_rules(desk: DeskRules) -> None:
    if not timedelta(hours=1) <= desk.police_hold <= desk.longest_hold:
        raise UnusableSetup("police_hold", "At least an hour, and no longer than the longest hold.")
    if desk.longest_hold > LONGEST_HOLD:
        raise UnusableSetup("longest_hold", "At most 14 days.")
    for name in desk.question_sets:
        if questions.newest(name) is None:
            raise UnusableSetup("question_sets", f"There is no question set {name}.")


def _keep(
    kind: str, data: Mapping[str, Json], *, after: int, why: str, actor: Actor, at: datetime
) -> int:
    if not 0 < len(why.strip()) <= MOST_WHY:
        raise ReasonNeeded(f"Write why, in at most {MOST_WHY} characters.")
    try:
        with transaction.atomic():
            newest = Setup.objects.filter(kind=kind).aggregate(n=Max("version"))["n"] or 0
            if newest != after:
                raise SetupMovedOn("Somebody else has changed this meanwhile.")
            made = Setup.objects.create(
                kind=kind,
                version=newest + 1,
                data=dict(data),
                by=actor.text,
                at=at,
                why=why.strip(),
            )
            record(
                actor=actor,
                action=f"reports.set_{kind}",
                subject=f"desk:{kind}",
                at=at,
                facts={"version": made.version, **data},
                personal={"why": why.strip()},
            )
            if kind == WEIGHTS:
                set_due(kind=REWEIGH, subject=f"{made.version}:0", due_at=at)
    except IntegrityError as error:
        raise SetupMovedOn("Somebody else has changed this meanwhile.") from error
    return made.version


_CODES = tuple(ReasonCode)


def _newest(kind: str) -> Setup | None:
    return Setup.objects.filter(kind=kind).order_by("-version").first()


def _rules_of(data: Mapping[str, object]) -> DeskRules:
    default = DeskRules()
    hours = {
        "police_hold": data.get("police_hold_hours"),
        "longest_hold": data.get("longest_hold_hours"),
    }
    holds = {name: timedelta(hours=float(str(told))) for name, told in hours.items() if told}
    sets = data.get("question_sets")
    return DeskRules(
        second_for_new=bool(data.get("second_for_new")),
        second_for_police=bool(data.get("second_for_police")),
        police_hold=holds.get("police_hold", default.police_hold),
        longest_hold=holds.get("longest_hold", default.longest_hold),
        predecide=Predecide(str(data.get("predecide", default.predecide.value))),
        question_sets=tuple(sets) if isinstance(sets, list) else default.question_sets,
    )
