"""What managers keep: the ladder's hours, partner hotlines and regulators."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.domain.takedown import contacts, ladder
from tocsin.domain.takedown.models import LadderChange, Office, Takedown
from tocsin.domain.takedown.types import (
    LadderMovedOn,
    LadderRefused,
    LadderVersion,
    OfficeKind,
    OfficeRefused,
    OfficeTerms,
    Rung,
    Step,
    Where,
)

MOST_WHY = 300


def steps() -> tuple[Step, ...]:
    """The ladder that holds now."""
    row = LadderChange.objects.order_by("-version").first()
    return _steps(row.steps) if row else ladder.DEFAULT


def versions() -> list[LadderVersion]:
    """The ladder's versions, the one that holds first; last the one the house comes with."""
    rows = LadderChange.objects.order_by("-version")
    kept = [LadderVersion(r.version, _steps(r.steps), r.by, r.at, r.why) for r in rows]
    return [*kept, LadderVersion(0, ladder.DEFAULT, "", None, "")]


def set_ladder(*, steps: tuple[Step, ...], was: int, why: str, actor: Actor, at: datetime) -> int:
    """Set other hours; the new version. They count from the next look at each item on.

    `was`: the version that was looked at. Raises LadderRefused, LadderMovedOn.
    """
    problems = ladder.problems(steps)
    if not 0 < len(why.strip()) <= MOST_WHY:
        problems["why"] = f"Write why, in at most {MOST_WHY} characters."
    if problems:
        raise LadderRefused(problems)
    told = [asdict(step) for step in steps]
    try:
        with transaction.atomic():
            newest = LadderChange.objects.order_by("-version").first()
            if (newest.version if newest else 0) != was:
                raise LadderMovedOn("The ladder was changed meanwhile.")
            LadderChange.objects.create(
                version=was + 1, steps=told, by=actor.text, why=why.strip(), at=at
            )
            record(
                actor=actor,
                action="takedown.set_ladder",
                subject=f"ladder:{was + 1}",
                at=at,
                facts={"steps": [{k: _plain(v) for k, v in step.items()} for step in told]},
                personal={"why": why.strip()},
            )
    except IntegrityError as error:
        raise LadderMovedOn("The ladder was changed meanwhile.") from error
    return was + 1


def where_of(takedown: Takedown) -> Where:
    """What the country of a takedown's server means for the ladder."""
    partner = contacts.office(OfficeKind.HOTLINE, takedown.country, rehearsal=takedown.rehearsal)
    home = settings.TOCSIN_ORGANISATION.country
    return ladder.where(takedown.country, home, partner=partner is not None)


def keep_office(*, terms: OfficeTerms, actor: Actor, at: datetime) -> int:
    """Write down a partner hotline or a regulator, in place of the one there was; its number.

    Raises OfficeRefused.
    """
    problems = contacts.office_problems(terms)
    if problems:
        raise OfficeRefused(problems)
    with transaction.atomic():
        before = Office.objects.filter(
            kind=terms.kind, country=terms.country, rehearsal=terms.rehearsal, removed_at=None
        )
        before.update(removed_at=at)
        row = Office.objects.create(
            kind=terms.kind.value,
            country=terms.country,
            name=terms.name.strip(),
            email=terms.email,
            language=terms.language,
            rehearsal=terms.rehearsal,
            made_at=at,
        )
        facts: dict[str, Json] = {"kind": terms.kind.value, "country": terms.country}
        record(
            actor=actor,
            action="takedown.keep_office",
            subject=f"office:{row.pk}",
            at=at,
            facts=facts,
            personal={"name": terms.name, "email": terms.email},
        )
    return row.pk


def remove_office(*, office_id: int, actor: Actor, at: datetime) -> bool:
    """Take an office out of use; False when it was already."""
    with transaction.atomic():
        won = Office.objects.filter(pk=office_id, removed_at=None).update(removed_at=at)
        if won:
            record(
                actor=actor, action="takedown.remove_office", subject=f"office:{office_id}", at=at
            )
    return bool(won)


def _steps(told: list[dict[str, Json]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            Rung(str(row["rung"])),
            *(_hours(row[f"{name}_hours"]) for name in ("home", "abroad", "handed_over", "remind")),
        )
        for row in told
    )


def _hours(value: Json) -> int | None:
    return value if isinstance(value, int) else None


def _plain(value: object) -> Json:
    return value if isinstance(value, int | str) or value is None else str(value)
