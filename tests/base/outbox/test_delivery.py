"""News: written with the change, delivered at least once, given up on in plain sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from tests.support import in_threads
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor
from tocsin.base.clock import actions as clock
from tocsin.base.clock.models import Due
from tocsin.base.outbox import actions, queries
from tocsin.base.outbox.models import Message
from tocsin.base.outbox.types import MessageState, News

pytestmark = pytest.mark.django_db

TOPIC = "test.news"
ADA = Actor("user", "7")


class Boom(Exception):
    pass


@pytest.fixture
def heard() -> Iterator[list[News]]:
    """What the consumer of TOPIC was told."""
    told: list[News] = []
    actions.consume(TOPIC, lambda news, at: told.append(news))
    yield told
    actions._consumers.pop(TOPIC)


def fail(news: News, at: datetime) -> None:
    # A write of the consumer that must not stay when it fails.
    AuditRow.objects.create(at=at, actor="test", action="half.done", subject=news.id)
    raise Boom


def rounds_until_dead(now: datetime) -> datetime:
    at = now
    for _ in range(actions.DEAD_AFTER_ATTEMPTS):
        at = Due.objects.get(kind=actions.DELIVER).due_at
        clock.run_round(at=at, worker="w")
    return at


def test_news_reaches_its_consumer_once(now: datetime, heard: list[News]) -> None:
    message_id = actions.put(topic=TOPIC, payload={"item_id": 3}, at=now)
    clock.run_round(at=now, worker="w")
    clock.run_round(at=now, worker="w")
    assert heard == [News(message_id, TOPIC, {"item_id": 3})]
    assert queries.waiting() == 0


def test_news_of_a_change_that_was_undone_is_never_told(now: datetime, heard: list[News]) -> None:
    with transaction.atomic():
        actions.put(topic=TOPIC, payload={}, at=now)
        transaction.set_rollback(True)
    assert clock.run_round(at=now, worker="w") == 0
    assert heard == []


def test_news_under_one_key_is_put_once(now: datetime, heard: list[News]) -> None:
    first = actions.put(topic=TOPIC, payload={"n": 1}, at=now, dedupe_key="k")
    second = actions.put(topic=TOPIC, payload={"n": 2}, at=now, dedupe_key="k")
    clock.run_round(at=now, worker="w")
    assert first == second
    assert [news.payload for news in heard] == [{"n": 1}]
    assert actions.put(topic=TOPIC, payload={"n": 3}, at=now, dedupe_key="k") == first
    assert clock.run_round(at=now, worker="w") == 0


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_hand_over_once(now: datetime, heard: list[News]) -> None:
    message_id = actions.put(topic=TOPIC, payload={}, at=now)
    results = in_threads(*[lambda: actions.deliver(message_id, now)] * 4)
    assert results == [None] * 4
    assert len(heard) == 1


def test_a_consumer_that_fails_leaves_nothing_half_done_and_is_told_again(
    now: datetime, heard: list[News]
) -> None:
    actions.consume(TOPIC, fail)
    actions.put(topic=TOPIC, payload={}, at=now)
    clock.run_round(at=now, worker="w")
    message = Message.objects.get()
    assert (message.state, message.attempts, message.last_error) == ("waiting", 1, "Boom")
    assert not AuditRow.objects.filter(action="half.done").exists()
    actions.consume(TOPIC, lambda news, at: heard.append(news))
    clock.run_round(at=Due.objects.get().due_at, worker="w")
    assert [news.id for news in heard] == [str(message.pk)]


def test_news_nobody_takes_becomes_a_dead_letter_that_comes_to_mind_again(now: datetime) -> None:
    message_id = actions.put(topic="test.nobody", payload={}, at=now)
    died_at = rounds_until_dead(now)
    [dead] = queries.dead_letters()
    assert (str(dead.pk), dead.last_error) == (message_id, "NoConsumer")
    assert AuditRow.objects.filter(action="outbox.dead_letter").count() == 1
    reminder = Due.objects.get()
    assert (reminder.kind, reminder.due_at) == (
        actions.DEAD_WAITS,
        died_at + actions.REMIND_AFTER,
    )
    clock.run_round(at=reminder.due_at, worker="w")
    assert Due.objects.get().due_at == reminder.due_at + actions.REMIND_EACH


def test_a_dead_letter_can_be_brought_back(now: datetime, heard: list[News]) -> None:
    actions.consume(TOPIC, fail)
    message_id = actions.put(topic=TOPIC, payload={}, at=now)
    died_at = rounds_until_dead(now)
    actions.consume(TOPIC, lambda news, at: heard.append(news))
    later = died_at + timedelta(minutes=5)
    assert actions.revive(message_id=message_id, actor=ADA, at=later)
    assert not actions.revive(message_id=message_id, actor=ADA, at=later)
    clock.run_round(at=later, worker="w")
    assert len(heard) == 1
    assert Message.objects.get().state == MessageState.DONE
    assert not Due.objects.exists()
    assert AuditRow.objects.filter(action="outbox.revive", actor="user:7").count() == 1


def test_each_of_several_listeners_is_told_by_itself(now: datetime, heard: list[News]) -> None:
    also: list[News] = []
    actions.consume(TOPIC, fail, "the one that fails")
    actions.consume(TOPIC, lambda news, at: also.append(news), "another")
    actions.put(topic=TOPIC, payload={"item_id": 3}, at=now)
    clock.run_round(at=now, worker="w")
    assert [news.payload for news in heard] == [{"item_id": 3}]
    assert [news.payload for news in also] == [{"item_id": 3}]
    waiting = Message.objects.get(state=MessageState.WAITING)
    assert (waiting.listener, waiting.last_error) == ("the one that fails", "Boom")
    actions.consume(TOPIC, lambda news, at: None, "the one that fails")
    clock.run_round(at=Due.objects.get().due_at, worker="w")
    assert queries.waiting() == 0
    assert (len(heard), len(also)) == (1, 1)


def test_a_topic_may_go_unheard_where_that_is_said(now: datetime) -> None:
    actions.may_go_unheard("test.unheard")
    actions.put(topic="test.unheard", payload={}, at=now)
    clock.run_round(at=now, worker="w")
    assert queries.waiting() == 0
    assert Message.objects.get().state == MessageState.DONE
