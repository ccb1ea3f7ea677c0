"""What takedown does by itself: notices from findings, news of letters, clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume
from tocsin.base.outbox.types import News
from tocsin.domain.takedown import actions, rules, xarf


def register() -> None:
    """Listen to findings, letters and hosters; handle the clock of every waiting state."""
    consume("reports.found_unlawful", _found_unlawful)
    consume("reports.corrected", _corrected)
    consume("reports.seen_again", _seen_again)
    consume("hosters.changed", _hosters_changed)
    consume("letters.sent", _letter_sent)
    consume("letters.dead", _letter_dead)
    for state, waiting in rules.LIFE.waiting.items():
        rounds.handle(waiting.then, partial(actions.still_waiting, state))
    rounds.every("takedown.warm_up", timedelta(days=1), _warm_up)


def _warm_up(at: datetime) -> None:
    # The schema checker takes seconds to come in; the first notice must not wait for it.
    xarf.problems({})


def _found_unlawful(news: News, at: datetime) -> None:
    actions.make_notice(finding_id=_number(news, "finding_id"), at=at)


def _corrected(news: News, at: datetime) -> None:
    actions.take_back(item_id=_number(news, "item_id"), at=at)


def _seen_again(news: News, at: datetime) -> None:
    actions.note_seen_again(item_id=_number(news, "item_id"), at=at)


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


def _notice(news: News) -> int | None:
    """The notice a letter is about; letters of other rooms are none of ours."""
    if news.payload["purpose"] not in {actions.NOTICE, actions.WITHDRAWAL}:
        return None
    return int(str(news.payload["about"]).removeprefix("notice:"))


def _number(news: News, name: str) -> int:
    return int(str(news.payload[name]))
