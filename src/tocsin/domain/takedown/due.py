"""What takedown does by itself: notices from findings, news of letters and items, clocks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from django.db import DatabaseError, connection

from tocsin.base.clock import rounds
from tocsin.base.egress import Egress
from tocsin.base.outbox.actions import consume, may_go_unheard
from tocsin.base.outbox.types import News
from tocsin.domain.hosting import actions as hosting
from tocsin.domain.hosting.types import Hosting
from tocsin.domain.takedown import (
    actions,
    answers,
    climbing,
    notices,
    posting,
    rules,
    sendlog,
    xarf,
)
from tocsin.domain.takedown.looking import Looker
from tocsin.domain.takedown.types import PostState, TakedownState

log = structlog.get_logger()

EACH = timedelta(milliseconds=250)
SEAL_EACH = timedelta(seconds=1)
PUSH_EACH = timedelta(minutes=1)
POSTED_AT_ONCE = 8


def register() -> None:
    """Listen to findings, items, letters and hosters; handle the clock of every waiting state."""
    consume("reports.found_unlawful", _found_unlawful)
    consume("reports.corrected", _corrected)
    consume("reports.seen_again", _seen_again)
    consume("reports.appeal_decided", _appeal_decided)
    consume("rechecks.removed", _removed)
    consume("rechecks.back", _back)
    consume("rechecks.moved", _moved)
    consume("referrals.held", _held)
    consume("referrals.released", _released)
    consume("hosters.changed", _hosters_changed)
    consume("letters.sent", _letter_sent)
    consume("letters.dead", _letter_dead)
    consume("letters.bounced", _letter_bounced)
    consume("letters.delivered", _letter_delivered)
    may_go_unheard(notices.SENT)
    may_go_unheard(answers.ANSWERED)
    for state, waiting in rules.LIFE.waiting.items():
        rounds.handle(waiting.then, partial(actions.still_waiting, state))
    for whole, waiting in rules.TAKEDOWN.waiting.items():
        if whole is not TakedownState.CLIMBING:
            rounds.handle(waiting.then, partial(climbing.still_waiting, whole))
    rounds.handle(rules.TAKEDOWN.waiting[TakedownState.CLIMBING].then, actions.climb)
    rounds.handle(rules.POST.waiting[PostState.WAITING].then, posting.give_up)
    rounds.every("takedown.warm_up", timedelta(days=1), _warm_up)
    rounds.every("takedown.post", EACH, Poster(Egress()).round)
    rounds.every("takedown.look_up", EACH, Looker(_resolve).round)
    rounds.every("takedown.seal_log", SEAL_EACH, sendlog.seal_waiting)
    rounds.every("takedown.push_log", PUSH_EACH, sendlog.push_head)


def _now() -> datetime:
    return datetime.now(UTC)


class Poster:
    """Posts to each hoster in a thread of its own: letters and clocks must not wait for a
    stranger's server."""

    def __init__(self, egress: Egress, now: Callable[[], datetime] = _now) -> None:
        self._line = posting.Line(egress, now)
        self._aside: dict[int, threading.Thread] = {}

    def round(self, at: datetime) -> None:
        """Begin with those that are due, as far as there are threads left."""
        self._aside = {pk: each for pk, each in self._aside.items() if each.is_alive()}
        if len(self._aside) >= POSTED_AT_ONCE:
            return
        waiting = [pk for pk in posting.due(at=at) if pk not in self._aside]
        for pk in waiting[: POSTED_AT_ONCE - len(self._aside)]:
            thread = threading.Thread(target=self._post, args=(pk,), name="post", daemon=True)
            self._aside[pk] = thread
            thread.start()

    def wait(self) -> None:
        """Until all that is being sent has been sent."""
        for thread in list(self._aside.values()):
            thread.join()

    def _post(self, pk: int) -> None:
        try:
            posting.post(pk, self._line)
        except DatabaseError as error:
            log.error("posts_wait_for_database", error=type(error).__name__)
        finally:
            connection.close()


def _resolve(host: str, at: datetime) -> Hosting:
    return hosting.resolve_again(host=host, at=at)


def _warm_up(at: datetime) -> None:
    # The schema checker takes seconds to come in; the first notice must not wait for it.
    xarf.problems({})


def _found_unlawful(news: News, at: datetime) -> None:
    actions.make_notice(finding_id=_number(news, "finding_id"), at=at)


def _corrected(news: News, at: datetime) -> None:
    actions.take_back(item_id=_number(news, "item_id"), at=at)


def _seen_again(news: News, at: datetime) -> None:
    actions.note_seen_again(item_id=_number(news, "item_id"), at=at)


def _appeal_decided(news: News, at: datetime) -> None:
    actions.note_appeal_decided(
        appeal=str(news.payload["appeal"]), outcome=str(news.payload["outcome"]), at=at
    )


def _removed(news: News, at: datetime) -> None:
    actions.note_removed(item_id=_number(news, "item_id"), at=at)


def _back(news: News, at: datetime) -> None:
    actions.note_back(item_id=_number(news, "item_id"), at=at)


def _moved(news: News, at: datetime) -> None:
    actions.note_moved(item_id=_number(news, "item_id"), at=at)


def _held(news: News, at: datetime) -> None:
    actions.note_held(item_id=_number(news, "item_id"), at=at)


def _released(news: News, at: datetime) -> None:
    actions.note_released(item_id=_number(news, "item_id"), at=at)


def _hosters_changed(news: News, at: datetime) -> None:
    actions.send_waiting(at=at)


def _letter_sent(news: News, at: datetime) -> None:
    if notice_id := _notice(news):
        actions.note_sent(
            notice_id=notice_id,
            letter_id=_number(news, "letter_id"),
            purpose=str(news.payload["purpose"]),
            at=at,
        )


def _letter_dead(news: News, at: datetime) -> None:
    if notice_id := _notice(news):
        actions.note_dead(
            notice_id=notice_id,
            letter_id=_number(news, "letter_id"),
            purpose=str(news.payload["purpose"]),
            at=at,
        )


def _letter_bounced(news: News, at: datetime) -> None:
    if notice_id := _notice(news):
        letter_id = _number(news, "letter_id")
        actions.note_bounced(notice_id=notice_id, letter_id=letter_id, at=at)


def _letter_delivered(news: News, at: datetime) -> None:
    if notice_id := _notice(news):
        letter_id = _number(news, "letter_id")
        actions.note_delivered(notice_id=notice_id, letter_id=letter_id, at=at)


def _notice(news: News) -> int | None:
    """The notice a letter is about; letters of other rooms are none of ours."""
    if news.payload["purpose"] not in actions.PURPOSES:
        return None
    return int(str(news.payload["about"]).removeprefix("notice:"))


def _number(news: News, name: str) -> int:
    return int(str(news.payload[name]))
