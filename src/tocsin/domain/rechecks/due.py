"""What rechecks do by themselves: follow by news, look when due, and end what waits too long."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume, may_go_unheard
from tocsin.base.outbox.types import News
from tocsin.domain.rechecks import actions, clocks, following, looking, noting, rules
from tocsin.domain.rechecks.models import Follow
from tocsin.domain.rechecks.types import FollowState


def register() -> None:
    """Listen to findings, notices and police holds; handle the clock of every waiting state."""
    consume("reports.found_unlawful", _found_unlawful)
    consume("reports.corrected", _corrected)
    consume("reports.seen_again", _seen_again)
    consume("takedown.sent", _told)
    consume("takedown.answered", _answered)
    consume("referrals.held", _held)
    consume("referrals.released", _released)
    for topic in noting.TOPICS:
        may_go_unheard(topic)
    rounds.handle(rules.LOOK, looking.due)
    rounds.handle(rules.UNCERTAIN_ENDS, assume_there)
    rounds.handle(rules.PAUSE_ENDS, pause_ends)


def assume_there(subject: str, at: datetime) -> None:
    """Nobody could tell for three days: it is taken to be there, and asked about again."""
    with transaction.atomic():
        row = Follow.objects.select_for_update().filter(item_id=int(subject)).first()
        if row is None or row.state != FollowState.UNCERTAIN:
            return
        clocks.move(row, "assume_there", actor=following.ROOM, at=at)
        clocks.soon(row, at)
        row.save()


def pause_ends(subject: str, at: datetime) -> None:
    """A pause has lasted a fortnight: the looks go on, unless the police still hold the item."""
    row = Follow.objects.filter(item_id=int(subject)).first()
    if row is not None and row.held:
        # Their hold has a clock of its own, whose end is news; this one only watches over it.
        clocks.pause_longer(row, at)
        return
    actions.go_on(item_id=int(subject), actor=following.ROOM, at=at)


def _found_unlawful(news: News, at: datetime) -> None:
    actions.follow(finding_id=_number(news, "finding_id"), at=at)


def _corrected(news: News, at: datetime) -> None:
    actions.stop_following(item_id=_number(news, "item_id"), at=at)


def _seen_again(news: News, at: datetime) -> None:
    following.seen_again(_number(news, "item_id"), at)


def _told(news: News, at: datetime) -> None:
    following.told(_number(news, "item_id"), at)


def _answered(news: News, at: datetime) -> None:
    following.hurry(_number(news, "item_id"), at)


def _held(news: News, at: datetime) -> None:
    following.pause(_number(news, "item_id"), at, held=True, actor=following.ROOM)


def _released(news: News, at: datetime) -> None:
    following.go_on(_number(news, "item_id"), at, actor=following.ROOM)


def _number(news: News, name: str) -> int:
    return int(str(news.payload[name]))
