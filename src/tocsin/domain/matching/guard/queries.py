"""Reading: where keys stand, what they asked in 28 days, and the balls that others noted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.db.models import Sum

from tocsin.base.secrets import NotOurs, unseal
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.guard.rules import WINDOW
from tocsin.domain.matching.guard.types import (
    GOOD_STANDING,
    GuardView,
    Sign,
    Standing,
    Step,
    Totals,
)
from tocsin.domain.matching.models import GuardBall, GuardDay, GuardStanding


def standings() -> dict[str, Standing]:
    """Where each key stands that ever left the best place, by key id."""
    return {row.key_id: standing_in(row) for row in GuardStanding.objects.all()}


def let_go_at() -> dict[str, datetime]:
    """When a person last let a key go on, by key id."""
    rows = GuardStanding.objects.values_list("key_id", "let_go_at")
    return {key_id: at for key_id, at in rows if at is not None}


def standing_in(row: GuardStanding | None) -> Standing:
    """A row in words; the best standing where there is none."""
    if row is None:
        return GOOD_STANDING
    sign = Sign(row.sign) if row.sign else None
    return Standing(Step(row.step), sign, row.since, row.ends_at, row.spent_until)


def totals(key_id: str, *, day: date, at: datetime, run_share: float = 0.0) -> Totals:
    """What a key asked and found; what it was forgiven does not count."""
    row = GuardStanding.objects.filter(key_id=key_id).first()
    let_go_at = row.let_go_at if row else None
    since = day - WINDOW
    days = GuardDay.objects.filter(key_id=key_id, day__gt=since)
    summed = days.aggregate(asked=Sum("asked"), matched=Sum("matched"))
    today = days.filter(day=day).first()
    forgiven = row.forgiven if row and let_go_at and let_go_at.date() > since else 0
    matched = max(0, (summed["matched"] or 0) - forgiven)
    closed = GuardBall.objects.filter(key_id=key_id, closed_at__gt=at - WINDOW)
    return Totals(
        asked_today=today.asked if today else 0,
        matched_today=min(today.matched, matched) if today else 0,
        asked=summed["asked"] or 0,
        matched=matched,
        closed_balls=closed.count(),
        run_share=run_share,
    )


def noticed(*, at: datetime) -> list[GuardView]:
    """Every key that does not stand open, the worst first."""
    found = []
    for row in GuardStanding.objects.exclude(step=Step.OPEN):
        standing = standing_in(row).at(at)
        told = totals(row.key_id, day=at.date(), at=at)
        sign = standing.sign or Sign.MATCHES
        found.append(GuardView(row.key_id, standing.step, sign, row.since, standing.ends_at, told))
    return sorted(found, key=lambda view: (-view.step.weight, view.since))


def balls_seen_since(moment: datetime | None, *, at: datetime) -> Iterator[tuple[str, Ball]]:
    """Balls that some process noted since then; all of 28 days for one that has just started."""
    rows = GuardBall.objects.filter(seen_at__gt=max(moment or at - WINDOW, at - WINDOW))
    for row in rows.order_by("seen_at").iterator():
        ball = unsealed(row)
        if ball is not None:
            yield row.key_id, ball


def unsealed(row: GuardBall) -> Ball | None:
    """The ball in a row; None when the key it was sealed with is gone."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    try:
        told = json.loads(unseal(ring, row.sealed_hashes, context=ball_context(row)))
    except NotOurs:
        return None
    return Ball(
        entry_id=row.entry_id,
        anchors=[bytes.fromhex(word) for word in told["anchors"]],
        edges=set(told["edges"]),
        told=set(told["told"]),
        closed=row.closed_at is not None,
        fresh=False,
    )


def ball_context(row: GuardBall) -> str:
    """What a ball's sealed hashes are bound to."""
    return f"guard-ball:{row.key_id}:{row.entry_id}"
