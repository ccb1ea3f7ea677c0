"""Webhooks: proved before they are used, signed so that anybody can check, late but never lost."""

from __future__ import annotations

import base64
import json
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.base.egress.peer import Handler, Outside, Peer, certificate, serving
from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    corrections,
    provider,
    put,
    told,
    withdraw,
    work,
)
from tocsin.base.clock import actions as clock
from tocsin.base.egress import Egress
from tocsin.domain.corrections import actions, queries, rules, sending
from tocsin.domain.corrections.actions import Speaker
from tocsin.domain.corrections.due import Sender
from tocsin.domain.corrections.models import Endpoint
from tocsin.domain.corrections.types import EndpointState, UnusableEndpoint

pytestmark = [pytest.mark.django_db, pytest.mark.server]

URL = "https://hooks.bigcloud.example/tocsin"


class Foreign:
    """A receiver as somebody else would write one from the document, with no code of ours."""

    def __init__(self, keys: dict[str, str], tolerance_seconds: int = 300) -> None:
        self.keys = {
            kid: Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=="))
            for kid, x in keys.items()
        }
        self.tolerance_seconds = tolerance_seconds
        self.seen_ids: set[str] = set()
        self.taken: list[dict[str, Any]] = []

    def take(self, headers: dict[str, str], body: bytes, now: datetime) -> bool:
        """Whether the message is authentic, fresh and new."""
        sent_at = int(headers["webhook-timestamp"])
        if abs(now.timestamp() - sent_at) > self.tolerance_seconds:
            return False
        version, _, signature = headers["webhook-signature"].partition(",")
        signed = headers["webhook-id"].encode() + b"." + str(sent_at).encode() + b"." + body
        try:
            assert version == "v1a"
            self.keys[headers["tocsin-key-id"]].verify(base64.b64decode(signature), signed)
        except InvalidSignature:
            return False
        if headers["webhook-id"] in self.seen_ids:
            return False
        self.seen_ids.add(headers["webhook-id"])
        self.taken.append(json.loads(body))
        return True


@dataclass
class World:
    """The provider's server, how it answers, and our way to it."""

    peer: Peer
    egress: Egress
    answers: list[int] = field(default_factory=list)
    echo: bool = True
    leads_to: str | None = None

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [m for seen in self.peer.seen if (m := json.loads(seen.body))["type"] == kind]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    server, trusting = certificate(tmp_path, "hooks.bigcloud.example")
    with serving(lambda handler: answer(made, handler), tls=server) as peer:
        made = World(peer, way_out(peer, trusting))
        yield made


def way_out(peer: Peer, trusting: ssl.SSLContext) -> Egress:
    outside = Outside(names={"hooks.bigcloud.example": [["93.184.216.34"]]}, port=peer.port)
    return Egress(resolve=outside.resolve, dial=outside.dial, tls=trusting)


def answer(world: World, handler: Handler) -> None:
    message = json.loads(world.peer.seen[-1].body)
    if message["type"] == "challenge":
        word = message["challenge"] if world.echo else "another"
        handler.give(200, json.dumps({"challenge": word}).encode())
    elif world.leads_to is not None:
        handler.give(307, Location=world.leads_to)
    else:
        handler.give(world.answers.pop(0) if world.answers else 204)


def send(at: datetime, egress: Egress) -> int:
    """Speak once to each that is due at `at`; how many took what they were sent."""
    line = sending.Line(egress, lambda: at)
    return sum(sending.speak(pk, line) for pk in sending.due(at=at))


def proved(now: datetime, world: World, who: Speaker) -> None:
    actions.set_endpoint(party_id=who.party_id, url=URL, actor=ACTOR, at=now)
    assert send(now, world.egress) == 1


def one_correction(now: datetime, who: Speaker, name: str = "logo") -> None:
    entry = put(now, 1 if queries_have_lists() else a_list(now), name)
    told(now, who, entry, client_id=f"upload of {name}")
    withdraw(now, entry)
    work(now)


def queries_have_lists() -> bool:
    from tocsin.domain.hashlists.models import HashList

    return HashList.objects.exists()


def state(who: Speaker) -> EndpointState:
    found = queries.endpoint_of(who.party_id)
    assert found is not None
    return found.state


def test_a_correction_is_sent_signed_and_a_stranger_can_check_it(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    assert send(now, world.egress) == 1
    seen = world.peer.seen[-1]
    foreign = Foreign(queries.signing_keys())
    assert foreign.take(seen.headers, seen.body, now)
    [message] = foreign.taken
    [correction] = message["corrections"]
    assert correction["what"] == "withdrawn"
    assert correction["hits"][0]["id"] == "upload of logo"
    assert correction["hits"][0]["now"] == "not_listed"
    assert message["cursor"] == corrections(one)[0].no
    assert "national" not in seen.body.decode()  # the list's name
    # Nothing is due any more.
    assert send(now, world.egress) == 0


def test_a_changed_repeated_or_old_message_is_not_taken(now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    send(now, world.egress)
    seen = world.peer.seen[-1]
    foreign = Foreign(queries.signing_keys())
    assert not foreign.take(seen.headers, seen.body.replace(b"withdrawn", b"listed"), now)
    later = {**seen.headers, "webhook-timestamp": str(int(now.timestamp()) + 60)}
    assert not foreign.take(later, seen.body, now)
    assert not foreign.take(seen.headers, seen.body, now + timedelta(minutes=6))
    assert foreign.take(seen.headers, seen.body, now + timedelta(minutes=4))
    assert not foreign.take(seen.headers, seen.body, now + timedelta(minutes=4))


def test_a_rotated_key_signs_under_its_own_name(now: datetime, world: World) -> None:
    from django.conf import settings

    one = provider(now)
    proved(now, world, one)
    settings.TOCSIN_KEYS.rotate("webhook")
    one_correction(now, one)
    send(now, world.egress)
    seen = world.peer.seen[-1]
    assert seen.headers["tocsin-key-id"] == "k2"
    assert sorted(queries.signing_keys()) == ["k1", "k2"]
    assert Foreign(queries.signing_keys()).take(seen.headers, seen.body, now)


def test_nothing_goes_to_an_address_that_has_not_proved_itself(now: datetime, world: World) -> None:
    world.echo = False
    one = provider(now)
    actions.set_endpoint(party_id=one.party_id, url=URL, actor=ACTOR, at=now)
    one_correction(now, one)
    assert send(now, world.egress) == 0
    assert state(one) is EndpointState.WAITING
    assert Endpoint.objects.get().last_error == "wrong_challenge"
    clock.run_round(at=now + timedelta(hours=25), worker="test")
    assert state(one) is EndpointState.LAPSED
    assert send(now + timedelta(hours=26), world.egress) == 0
    assert world.messages("corrections") == []


def test_the_earlier_address_serves_until_the_newer_is_proved(now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    world.echo = False
    actions.set_endpoint(party_id=one.party_id, url=f"{URL}/new", actor=ACTOR, at=now)
    one_correction(now, one)
    send(now, world.egress)
    assert [seen.path for seen in world.peer.seen if b'"corrections"' in seen.body] == ["/tocsin"]
    world.echo = True
    later = now + timedelta(minutes=1)
    send(later, world.egress)
    one_correction(later, one, "other")
    send(later, world.egress)
    assert world.peer.seen[-1].path == "/tocsin/new"
    states = sorted(Endpoint.objects.values_list("state", flat=True))
    assert states == ["proven", "removed"]


def test_refusals_are_tried_again_ever_more_rarely_and_nothing_is_lost(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    world.answers = [500, 429, 302]
    at = now
    for n in range(1, 4):
        assert send(at, world.egress) == 0
        assert sending.due(at=at) == []
        at += rules.wait_before(n)
    one_correction(at, one, "second")
    assert send(at, world.egress) == 1
    ids = [c["id"] for m in world.messages("corrections")[-1:] for c in m["corrections"]]
    assert ids == [c.id for c in corrections(one)]
    assert Endpoint.objects.get().attempts == 0


@pytest.mark.parametrize("leads_to", ["/elsewhere", "https://other.example/", "http://[", ""])
def test_no_redirect_is_followed(leads_to: str, now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    world.leads_to = leads_to
    assert send(now, world.egress) == 0
    assert Endpoint.objects.get().last_error == ("redirect" if leads_to else "status 307")
    assert {seen.path for seen in world.peer.seen} == {"/tocsin"}


def test_what_is_given_up_waits_for_a_person_and_then_goes_on_where_it_was(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    world.answers = [503] * rules.DEAD_AFTER_ATTEMPTS
    at = now
    for n in range(1, rules.DEAD_AFTER_ATTEMPTS + 1):
        send(at, world.egress)
        at += rules.wait_before(n)
    assert state(one) is EndpointState.DEAD
    assert sending.due(at=at + timedelta(days=1)) == []
    assert queries.endpoints()[0].behind == 1
    clock.run_round(at=at + timedelta(days=2), worker="test")
    # The feed has it all the same.
    assert len(corrections(one)) == 1
    assert actions.resend(party_id=one.party_id, after=None, actor=ACTOR, at=at)
    assert send(at, world.egress) == 1
    assert state(one) is EndpointState.PROVEN


def test_all_of_it_can_be_sent_again(now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    send(now, world.egress)
    assert actions.resend(party_id=one.party_id, after=0, actor=ACTOR, at=now)
    send(now, world.egress)
    first, again = world.messages("corrections")
    assert first["corrections"] == again["corrections"]
    # Receivers take each name once, and are to take this one too.
    assert len(set(names(world))) == 2
    assert not actions.resend(party_id=provider(now, "x").party_id, after=0, actor=ACTOR, at=now)


def test_a_further_try_keeps_its_name_and_what_was_asked_for_again_has_its_own(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    for after in (None, 0, 0):
        if after is not None:
            assert actions.resend(party_id=one.party_id, after=after, actor=ACTOR, at=now)
        world.answers = [503]
        assert send(now, world.egress) == 0
        assert actions.resend(party_id=one.party_id, after=None, actor=ACTOR, at=now)
        send(now, world.egress)
    assert sorted(Counter(names(world)).values()) == [2, 2, 2]


def test_who_asks_for_the_whole_history_at_another_address_gets_names_of_its_own(
    now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    send(now, world.egress)
    actions.set_endpoint(party_id=one.party_id, url=URL, after=0, actor=ACTOR, at=now)
    send(now, world.egress)
    send(now, world.egress)
    assert len(names(world)) == len(set(names(world))) == 2


def names(world: World) -> list[str]:
    """`webhook-id` of each message with corrections."""
    told = [seen.headers["webhook-id"] for seen in world.peer.seen]
    return [name for name in told if name.startswith("corrections-")]


def sent(world: World) -> list[int]:
    """Numbers of the corrections sent, in order."""
    return [c["no"] for message in world.messages("corrections") for c in message["corrections"]]


def test_a_first_address_begins_with_what_comes_from_now_on(now: datetime, world: World) -> None:
    one = provider(now)
    one_correction(now, one, "long ago")
    actions.set_endpoint(party_id=one.party_id, url=URL, actor=ACTOR, at=now)
    one_correction(now, one, "before it is proved")
    assert send(now, world.egress) == 1
    one_correction(now, one, "later")
    send(now, world.egress)
    assert sent(world) == [2, 3]


@pytest.mark.parametrize(("after", "numbers"), [(0, [1, 2]), (1, [2]), (2, []), (10**9, [])])
def test_or_behind_the_number_that_its_party_names(
    after: int, numbers: list[int], now: datetime, world: World
) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one, "first")
    one_correction(now, one, "second")
    send(now, world.egress)
    world.peer.seen.clear()
    actions.set_endpoint(party_id=one.party_id, url=f"{URL}/new", after=after, actor=ACTOR, at=now)
    send(now, world.egress)
    send(now, world.egress)
    assert sent(world) == numbers
    one_correction(now, one, "third")
    send(now, world.egress)
    assert sent(world)[-1] == 3


def test_another_address_goes_on_where_the_earlier_one_came_to(now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one, "taken")
    send(now, world.egress)
    Endpoint.objects.update(state=EndpointState.DEAD)
    one_correction(now, one, "missed")
    actions.set_endpoint(party_id=one.party_id, url=f"{URL}/new", actor=ACTOR, at=now)
    one_correction(now, one, "after it was set")
    for _ in range(3):
        send(now, world.egress)
    assert sent(world) == [1, 2, 3]
    assert {s.path for s in world.peer.seen[2:]} == {"/tocsin/new"}


def test_the_acknowledged_number_only_moves_forward(now: datetime) -> None:
    one = provider(now)
    for name in ("read", "unread"):
        one_correction(now, one, name)
    reached = [
        actions.acknowledge(party_id=one.party_id, cursor=cursor) for cursor in (1, 0, 10**9)
    ]
    assert reached == [1, 1, 2]
    assert actions.acknowledge(party_id=999, cursor=5) == 0


def test_an_address_taken_away_hears_nothing_more(now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    assert actions.remove_endpoint(party_id=one.party_id, actor=ACTOR, at=now)
    assert not actions.remove_endpoint(party_id=one.party_id, actor=ACTOR, at=now)
    one_correction(now, one)
    assert send(now, world.egress) == 0
    assert queries.endpoint_of(one.party_id) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.bigcloud.example/",
        "https://hooks.bigcloud.example:8443/",
        "ftp://x.example/",
        "no address",
        "https://user:word@x.example/",
        f"https://x.example/{'a' * 3_000}",
    ],
)
def test_what_cannot_be_an_address_is_refused(url: str, now: datetime) -> None:
    one = provider(now)
    with pytest.raises(UnusableEndpoint):
        actions.set_endpoint(party_id=one.party_id, url=url, actor=ACTOR, at=now)


def test_an_address_inside_is_never_called(now: datetime, world: World) -> None:
    one = provider(now)
    inside = Outside(names={"hooks.bigcloud.example": [["10.0.0.7"]]}, port=world.peer.port)
    egress = Egress(resolve=inside.resolve, dial=inside.dial, tls=world.egress.tls)
    actions.set_endpoint(party_id=one.party_id, url=URL, actor=ACTOR, at=now)
    assert send(now, egress) == 0
    assert Endpoint.objects.get().last_error == "RefusedAddress: not_public"
    assert world.peer.seen == []


def test_the_address_lies_sealed_and_stands_in_no_audit_row(now: datetime) -> None:
    from tocsin.base.audit.models import AuditRow

    one = provider(now)
    actions.set_endpoint(party_id=one.party_id, url=URL, actor=ACTOR, at=now)
    rows = [*Endpoint.objects.all(), *AuditRow.objects.all()]
    assert "bigcloud" not in str([row.__dict__ for row in rows])


def test_two_workers_do_not_speak_to_one_address_at_once(now: datetime, world: World) -> None:
    one = provider(now)
    proved(now, world, one)
    one_correction(now, one)
    [pk] = sending.due(at=now)
    assert sending._lease(pk, now)
    assert not sending._lease(pk, now)
    assert sending.due(at=now) == []
    # A worker that was killed meanwhile loses its lease.
    assert sending.due(at=now + timedelta(minutes=1)) == [pk]


@pytest.mark.django_db(transaction=True)
def test_the_worker_speaks_in_a_thread_of_its_own(now: datetime, world: World) -> None:
    one = provider(now)
    actions.set_endpoint(party_id=one.party_id, url=URL, actor=ACTOR, at=now)
    one_correction(now, one)
    sender = Sender(world.egress)
    looks: list[Callable[[], None]] = [lambda: sender.look(now), sender.wait]
    for look in looks:
        look()
    assert world.messages("challenge")
    assert len(world.messages("corrections")) == 1
    assert state(one) is EndpointState.PROVEN
