"""What this room does by itself: packages for the police, clocks, what is not to be forgotten."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import Q

from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume
from tocsin.base.outbox.types import News
from tocsin.base.retention.actions import spare
from tocsin.domain.referrals import actions, holding, rules
from tocsin.domain.referrals.models import Hold

# By which way a row of each table belongs to an item.
_OF_AN_ITEM = {
    "reports.Item": "pk",
    "reports.Report": "items",
    "reports.Finding": "item",
    "takedown.Notice": "item",
    "referrals.Referral": "item",
}


def register() -> None:
    """Listen to findings and letters; keep what is held; handle every clock."""
    consume("reports.police_first", _police_first)
    consume("reports.corrected", _corrected)
    consume("letters.sent", _letter_sent)
    consume("letters.dead", _letter_dead)
    rounds.handle(rules.HOLD_ENDS, holding.hold_ends)
    for state, waiting in rules.LIFE.waiting.items():
        rounds.handle(waiting.then, partial(actions.still_waiting, state))
    for table, way in _OF_AN_ITEM.items():
        spare(table, partial(_held, way))


def _held(way: str) -> Q:
    return Q(**{f"{way}__in": Hold.objects.filter(released_at=None).values("item")})


def _police_first(news: News, at: datetime) -> None:
    actions.refer_first(finding_id=int(str(news.payload["finding_id"])), at=at)


def _corrected(news: News, at: datetime) -> None:
    actions.correct(item_id=int(str(news.payload["item_id"])), at=at)


def _letter_sent(news: News, at: datetime) -> None:
    if pk := _referral(news):
        actions.note_sent(referral_id=pk, purpose=str(news.payload["purpose"]), at=at)


def _letter_dead(news: News, at: datetime) -> None:
    if pk := _referral(news):
        actions.note_dead(referral_id=pk, purpose=str(news.payload["purpose"]), at=at)


def _referral(news: News) -> int | None:
    kind, _, number = str(news.payload["about"]).partition(":")
    return int(number) if kind == "referral" else None
