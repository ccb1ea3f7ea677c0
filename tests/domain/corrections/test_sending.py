"""Speaking to webhooks while things change: addresses taken away, long waits, servers that hang."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.base.egress.peer import certificate, serving
from tests.domain.corrections.scenes import ACTOR, provider
from tests.domain.corrections.test_webhooks import (
    URL,
    Foreign,
    World,
    answer,
    one_correction,
    proved,
    send,
    state,
    way_out,
)
from tocsin.base.egress import Answer, Egress
from tocsin.domain.corrections import actions, due, queries, reading, sending
from tocsin.domain.corrections.due import Sender
from tocsin.domain.corrections.models import Endpoint
from tocsin.domain.corrections.types import EndpointState

pytestmark = [pytest.mark.django_db, pytest.mark.server]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    server, trusting = certificate(tmp_path, "hooks.bigcloud.example")
    with serving(lambda handler: answer(made, handler), tls=server) as peer:
        made = World(peer, way_out(peer, trusting))
        yield made


@dataclass
class Meanwhile:
    """Our way out, and what happens while the other side is answering."""

    egress: Egress
    happens: Any

    def request(self, *args: Any, **more: Any) -> Answer:
        answered = self.egress.request(*args, **more)
        self.happens()
        return answered


def test_nothing_goes_to_an_address_taken_away_while_it_waited_for_its_turn(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    [pk] = sending.due(at=now)
    actions.remove_endpoint(party_id=one.party_id, actor=ACTOR, at=now)
    assert not sending.speak(pk, sending.Line(world.egress, lambda: now))
    assert world.messages("corrections") == []


def test_nor_to_one_taken_away_while_the_message_was_made(
    now: datetime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    read = reading.feed

    def taken_away_first(*args: Any, **more: Any) -> Any:
        actions.remove_endpoint(party_id=one.party_id, actor=ACTOR, at=now)
        return read(*args, **more)

    monkeypatch.setattr(reading, "feed", taken_away_first)
    assert send(now, world.egress) == 0
    assert world.messages("corrections") == []
    assert Endpoint.objects.get().state == EndpointState.REMOVED


def test_an_address_taken_away_while_it_proved_itself_stays_away(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    older = Endpoint.objects.get().pk
    actions.set_endpoint(party_id=one.party_id, url=f"{URL}/new", actor=ACTOR, at=now)
    newer = Endpoint.objects.exclude(pk=older).get()

    def removed() -> None:
        Endpoint.objects.filter(pk=newer.pk).update(state=EndpointState.REMOVED)

    line = sending.Line(Meanwhile(world.egress, removed), lambda: now)  # type: ignore[arg-type]
    sending.speak(newer.pk, line)
    states = dict(Endpoint.objects.values_list("pk", "state"))
    assert states == {older: "proven", newer.pk: "removed"}


def test_one_that_refuses_while_it_is_taken_away_is_not_given_up_on(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    world.answers = [503]
    Endpoint.objects.update(attempts=15)

    def removed() -> None:
        actions.remove_endpoint(party_id=one.party_id, actor=ACTOR, at=now)

    line = sending.Line(Meanwhile(world.egress, removed), lambda: now)  # type: ignore[arg-type]
    sending.speak(Endpoint.objects.get().pk, line)
    assert Endpoint.objects.get().state == EndpointState.REMOVED


def test_the_signature_tells_the_time_of_the_try_and_not_of_the_wait(
    now: datetime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    at = [now]
    read = reading.feed

    def after_a_long_wait(*args: Any, **more: Any) -> Any:
        at[0] = now + timedelta(minutes=20)
        return read(*args, **more)

    monkeypatch.setattr(reading, "feed", after_a_long_wait)
    pk = Endpoint.objects.get().pk
    assert sending.speak(pk, sending.Line(world.egress, lambda: at[0]))
    seen = world.peer.seen[-1]
    assert Foreign(queries.signing_keys()).take(seen.headers, seen.body, at[0])
    assert Endpoint.objects.get().last_sent_at == at[0]


@pytest.mark.django_db(transaction=True)
def test_one_that_hangs_keeps_nobody_else_waiting(now: datetime, tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "hooks.bigcloud.example")
    wakes = threading.Event()

    def reply(handler: Any) -> None:
        if handler.path == "/hangs":
            wakes.wait(30)
        answer(made, handler)

    with serving(reply, tls=server) as peer:
        made = World(peer, way_out(peer, trusting))
        slow, quick = provider(now, "Slow"), provider(now, "Quick")
        base = URL.removesuffix("/tocsin")
        for who, path in ((slow, "/hangs"), (quick, "/tocsin")):
            actions.set_endpoint(party_id=who.party_id, url=base + path, actor=ACTOR, at=now)
        sender = Sender(made.egress, lambda: now)
        sender.look(now)
        sender.look(now)  # the one that hangs is not spoken to twice
        _, second = sender.speaking()
        second.join()
        assert state(quick) is EndpointState.PROVEN
        assert state(slow) is EndpointState.WAITING
        wakes.set()
        sender.wait()
    assert len(peer.seen) == 2


@pytest.mark.django_db(transaction=True)
def test_no_more_are_spoken_to_at_once_than_there_are_threads_for(
    now: datetime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "SPOKEN_TO_AT_ONCE", 2)
    for n in range(5):
        party = provider(now, f"Party {n}")
        actions.set_endpoint(party_id=party.party_id, url=URL, actor=ACTOR, at=now)
    sender = Sender(world.egress, lambda: now)
    rounds = 0
    while sending.due(at=now):
        sender.look(now)
        assert len(sender.speaking()) <= 2
        sender.wait()
        rounds += 1
    assert rounds == 3
    assert len(world.messages("challenge")) == 5


@pytest.mark.django_db(transaction=True)
def test_a_long_feed_goes_out_in_one_turn_up_to_a_bound(
    now: datetime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CORRECTIONS_AT_ONCE", 1)
    monkeypatch.setattr(due, "PAGES_IN_A_ROW", 3)
    one = provider(now)
    proved(now, world, one)
    for n in range(4):
        one_correction(now, one, f"picture {n}")
    sender = Sender(world.egress, lambda: now)
    sender.look(now)
    sender.wait()
    assert len(world.messages("corrections")) == 3
    sender.look(now)
    sender.wait()
    assert len(world.messages("corrections")) == 4
