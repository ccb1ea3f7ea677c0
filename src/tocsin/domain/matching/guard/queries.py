"""Reading: where keys stand, what they asked in 28 days, and the balls that others noted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from tocsin.base.secrets import NotOurs, unseal
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.guard.counted import Counted
from tocsin.domain.matching.guard.rules import FORGIVEN_AFTER, WINDOW
from tocsin.domain.matching.guard.sketch import Sketch
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
    """What a key asked and found. What it asked on several days counts once in the window, or who
    uploads the same each day would be allowed more matches than it asks for."""
    window, today = Counted(), Counted()
    for row in GuardDay.objects.filter(key_id=key_id, day__gt=day - WINDOW):
        counted = counted_in(row)
        window.merge(counted)
        if row.day == day:
            today = counted
    closed = GuardBall.objects.filter(key_id=key_id, closed_at__gt=at - WINDOW)
    pictures = closed.aggregate(n=Count(Coalesce("picture", "entry_id"), distinct=True))
    asked_today, hashes_today, matched_today = today.estimates()
    asked, _, matched = window.estimates()
    return Totals(
        asked_today=asked_today,
        hashes_today=hashes_today,
        matched_today=matched_today,
        asked=asked,
        matched=matched,
        closed_balls=pictures["n"],
        run_share=run_share,
    )


def counted_before(key_id: str, day: date) -> Counted:
    """What a key asked and met on the other days of the window that ends with `day`."""
    window = Counted()
    for row in GuardDay.objects.filter(key_id=key_id, day__gt=day - WINDOW, day__lt=day):
        window.merge(counted_in(row))
    return window


def counted_in(row: GuardDay) -> Counted:
    """A day of a key as counted by all processes."""
    return Counted(Sketch(row.asked_sketch), Sketch(row.hashes_sketch), Sketch(row.matched_sketch))


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
    """Balls that some process noted since then; all that count for one that has just started."""
    rows = GuardBall.objects.filter(still_kept(at))
    if moment is not None:
        rows = rows.filter(seen_at__gt=moment)
    for row in rows.order_by("seen_at").iterator():
        ball = unsealed(row)
        if ball is not None:
            yield row.key_id, ball


def still_kept(at: datetime) -> Q:
    """Which rows of balls still count: `FORGIVEN_AFTER` the last answer that was counted there, or
    `WINDOW` after it was last met where none was."""
    return Q(edged_on__gte=at.date() - FORGIVEN_AFTER) | Q(edged_on=None, seen_at__gt=at - WINDOW)


def closed_balls(key_id: str) -> list[tuple[int, Ball]]:
    """The closed balls of a key, each with the number of its picture."""
    rows = GuardBall.objects.filter(key_id=key_id).exclude(closed_at=None).order_by("closed_at")
    balls = [(row.picture or row.entry_id, unsealed(row)) for row in rows]
    return [(picture, ball) for picture, ball in balls if ball is not None]


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
        edged_on=row.edged_on or (row.seen_at.date() if told["edges"] else None),
    )


def ball_context(row: GuardBall) -> str:
    """What a ball's sealed hashes are bound to."""
    return f"guard-ball:{row.key_id}:{row.entry_id}"
