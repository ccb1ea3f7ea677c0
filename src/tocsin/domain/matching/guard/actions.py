"""Writing: what a process counted, the step that follows, and letting a key go on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.letters.actions import Draft
from tocsin.base.letters.actions import queue as queue_letter
from tocsin.base.letters.types import Content
from tocsin.base.secrets import seal
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.guard.counted import Counted
from tocsin.domain.matching.guard.queries import (
    ball_context,
    closed_balls,
    counted_in,
    standing_in,
    still_kept,
    totals,
    unsealed,
)
from tocsin.domain.matching.guard.types import Limits, Sign, Standing, Step, Totals
from tocsin.domain.matching.models import GuardBall, GuardDay, GuardStanding

log = structlog.get_logger()

LETTER = "guard"


def keep_day(*, key_id: str, day: date, counted: Counted, let_go_at: datetime | None) -> bool:
    """Merge what one process counted into a key's day, and the day into what it counted.

    False, and nothing is kept, when a person has let the key go on since `let_go_at`: what was
    counted before must not come back after.
    """
    with transaction.atomic():
        if _let_go_since(key_id, let_go_at):
            return False
        row, made = GuardDay.objects.select_for_update().get_or_create(
            key_id=key_id, day=day, defaults=_counted(counted)
        )
        if not made:
            counted.merge(counted_in(row))
            GuardDay.objects.filter(pk=row.pk).update(**_counted(counted))
    return True


def keep_balls(
    *,
    key_id: str,
    balls: Sequence[Ball],
    limits: Limits,
    at: datetime,
    let_go_at: datetime | None,
) -> bool:
    """Merge what one process learned around listed pictures with what others did, both ways.

    False, and nothing is kept, as with `keep_day`.
    """
    with transaction.atomic():
        if _let_go_since(key_id, let_go_at):
            return False
        for ball in sorted(balls, key=lambda one: one.entry_id):
            _keep_ball(key_id, ball, limits, at)
    return True


def forget_balls(*, key_id: str, entry_ids: Iterable[int]) -> None:
    """Their entries are listed no more, and what was learned there is kept with others or not."""
    GuardBall.objects.filter(key_id=key_id, entry_id__in=list(entry_ids)).delete()


def judge_key(
    *, key_id: str, limits: Limits, run_share: float, at: datetime
) -> tuple[Standing, Totals]:
    """Look at all that a key asked and found, and let it stand worse where that shows something.

    Whoever is told: the audit, the log, the pages of keys and system, and by letter the
    organisation's own address.
    """
    found = totals(key_id, day=at.date(), at=at, run_share=run_share)
    row = GuardStanding.objects.filter(key_id=key_id).first()
    was = standing_in(row)
    step, sign = rules.judge(found, limits)
    worse = rules.raised(was, step, sign, at) if sign else None
    spent = rules.spent_until(found, limits, at)
    if worse is None and (spent is None or spent == was.spent_until):
        return was, found
    standing = worse or was
    if spent is not None:
        standing = Standing(
            standing.step,
            standing.sign or Sign.HASHES,
            standing.since or at,
            standing.ends_at,
            spent,
        )
    _stand(key_id, was, standing, found, at)
    return standing, found


def let_key_go_on(*, key_id: str, reason: str, actor: Actor, at: datetime) -> bool:
    """A person has looked: the key stands open, and begins with nothing asked and nothing learned.

    False when it stood open already.
    """
    with transaction.atomic():
        row = GuardStanding.objects.select_for_update().filter(key_id=key_id).first()
        if row is None or row.step == Step.OPEN:
            return False
        GuardStanding.objects.filter(pk=row.pk).update(
            step=Step.OPEN, since=at, ends_at=None, spent_until=None, let_go_at=at
        )
        GuardDay.objects.filter(key_id=key_id).delete()
        GuardBall.objects.filter(key_id=key_id).delete()
        record(
            actor=actor,
            action="matching.let_key_go_on",
            subject=f"key:{key_id}",
            at=at,
            facts={"was": row.step, "sign": row.sign},
            personal={"reason": reason},
        )
    return True


def forget_old(*, at: datetime) -> int:
    """Drop days that are out of the window, and balls that are forgiven; how many balls went."""
    GuardDay.objects.filter(day__lt=at.date() - rules.WINDOW).delete()
    return GuardBall.objects.exclude(still_kept(at)).delete()[0]


def _let_go_since(key_id: str, known: datetime | None) -> bool:
    """Locks where the key stands, so that nobody lets it go on meanwhile."""
    row = GuardStanding.objects.select_for_update().filter(key_id=key_id).first()
    return row is not None and row.let_go_at != known


def _counted(counted: Counted) -> dict[str, int | str]:
    asked, hashes, matched = counted.estimates()
    return {
        "asked": asked,
        "hashes": hashes,
        "matched": matched,
        "asked_sketch": counted.asked.as_text(),
        "hashes_sketch": counted.hashes.as_text(),
        "matched_sketch": counted.matched.as_text(),
    }


def _keep_ball(key_id: str, ball: Ball, limits: Limits, at: datetime) -> None:
    row = (
        GuardBall.objects.select_for_update().filter(key_id=key_id, entry_id=ball.entry_id).first()
    )
    if row is None:
        row = GuardBall(key_id=key_id, entry_id=ball.entry_id)
    elif rules.is_forgiven(row.edged_on, at.date()):
        row.closed_at, row.picture = None, None
    elif (known := unsealed(row)) is not None:
        ball.learn(known)
    ball.closed |= len(ball.edges) > limits.edge_answers
    if ball.closed and row.closed_at is None:
        row.closed_at, row.picture = at, _picture_of(key_id, ball)
    told = {
        "anchors": [word.hex() for word in ball.anchors],
        "edges": sorted(ball.edges),
        "told": sorted(ball.told),
    }
    ring = settings.TOCSIN_KEYS.ring("seal")
    row.sealed_hashes = seal(ring, json.dumps(told).encode(), context=ball_context(row))
    row.answers, row.seen_at, row.edged_on = len(ball.edges), at, ball.edged_on
    row.save()


def _picture_of(key_id: str, ball: Ball) -> int:
    """The picture that was closed around before and of which this is a copy, or a new one.

    A picture stands on several lists, and its provider is stopped around it once.
    """
    same = (n for n, other in closed_balls(key_id) if ball.is_around_the_picture_of(other))
    return next(same, ball.entry_id)


def _stand(key_id: str, was: Standing, now: Standing, found: Totals, at: datetime) -> None:
    values = {
        "step": now.step,
        "sign": now.sign or "",
        "since": now.since or at,
        "ends_at": now.ends_at,
        "spent_until": now.spent_until,
    }
    with transaction.atomic():
        made = GuardStanding.objects.get_or_create(key_id=key_id, defaults=values)[1]
        # Two processes see the same at once: the first one tells people.
        if not made and not GuardStanding.objects.filter(
            key_id=key_id, step=was.step, since=was.since or at, spent_until=was.spent_until
        ).update(**values):
            return
        record(
            actor=system("matching"),
            action="matching.guard_key",
            subject=f"key:{key_id}",
            at=at,
            facts={
                "step": now.step.value,
                "sign": (now.sign or Sign.HASHES).value,
                **{k: v for k, v in asdict(found).items() if k != "run_share"},
            },
        )
        tells = now.step in {Step.SLOWED, Step.PAUSED} or now.sign is Sign.MATCHES
        if tells and (now.step, now.sign, now.since) != (was.step, was.sign, was.since):
            _tell_people(key_id, now, at)
    log.error("key_guarded", key_id=key_id, step=now.step.value, sign=str(now.sign))


def _tell_people(key_id: str, now: Standing, at: datetime) -> None:
    with override(settings.LANGUAGE_CODE):
        if now.step is Step.PAUSED:
            subject = _("Key %(key)s is paused")
            text = _(
                "The oracle guard has paused the key %(key)s: what it asks would let it find out "
                "what is on the lists. All its checks are refused until somebody looks at it under "
                "“Keys of partners” and lets it go on, or revokes it.\n"
            )
        elif now.step is Step.NOTICED:
            subject = _("Key %(key)s found more than it may be told of")
            text = _(
                "The key %(key)s found more different listed pictures than uploads of its number "
                "would. It goes on at full speed and nothing is let through, but what it finds is "
                "told as “held, to be looked at” without details. Look at it under “Keys of "
                "partners”: where all is well, let it go on or allow it more matches a day; where "
                "it tries out a collection, revoke it.\n"
            )
        else:
            subject = _("Key %(key)s is slowed")
            text = _(
                "The oracle guard has slowed the key %(key)s for a day and tells it less of near "
                "matches. Look at it under “Keys of partners”.\n"
            )
    queue_letter(
        draft=Draft(
            name=f"guard-{key_id}-{now.step}-{at:%Y%m%d%H%M%S}",
            purpose=LETTER,
            about=f"key:{key_id}",
            to=settings.TOCSIN_ORGANISATION.email,
            language=settings.LANGUAGE_CODE,
            content=Content(subject % {"key": key_id}, text % {"key": key_id}),
        ),
        actor=system("matching"),
        at=at,
    )
