"""When a job ends its party is told by its webhook, signed, and told again until it takes it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.domain.jobs.scenes import a_job, question
from tests.domain.listing import ACTOR
from tests.support import run_worker_round
from tocsin.base.clock import actions as clock
from tocsin.base.egress import Answer, Egress, Policy
from tocsin.domain.corrections import actions as corrections
from tocsin.domain.corrections import endpoints
from tocsin.domain.corrections import queries as feeds
from tocsin.domain.corrections.models import Endpoint
from tocsin.domain.jobs import rules, telling
from tocsin.domain.jobs.models import Job
from tocsin.domain.matching.types import CheckKey

pytestmark = pytest.mark.django_db
URL = "https://hooks.bigcloud.example/tocsin"


@dataclass
class Outside:
    """What lies behind the egress: a receiver that answers with these, one after the other."""

    statuses: list[int]
    taken: list[dict[str, Any]] = field(default_factory=list)

    def request(self, method: str, url: str, *, policy: Policy, **sent: Any) -> Answer:
        self.taken.append({"method": method, "url": url, **sent})
        return Answer(self.statuses.pop(0), {}, b"", url, "203.0.113.7")


@pytest.fixture
def hook(key: CheckKey, now: datetime) -> None:
    """The party's webhook is in service."""
    number = corrections.set_endpoint(party_id=key.party_id, url=URL, actor=ACTOR, at=now)
    endpoints.prove(Endpoint.objects.get(pk=number), at=now)


def an_ended_job(key: CheckKey, now: datetime) -> Job:
    a_job(key, [question("beach")], now)
    clock.run_round(at=now, worker="test")
    return Job.objects.get()


def tell(outside: Outside, at: datetime) -> None:
    for job in telling.due(at):
        telling.tell(job, at=at, egress=cast("Egress", outside))


def test_an_end_is_told_once_and_signed(key: CheckKey, hook: None, now: datetime) -> None:
    job = an_ended_job(key, now)
    outside = Outside([204])
    tell(outside, now)
    tell(outside, now + timedelta(days=1))
    (sent,) = outside.taken
    assert (sent["method"], sent["url"]) == ("POST", URL)
    told = msgspec.json.decode(sent["content"])
    assert told["type"] == "job"
    assert told["job"]["id"] == str(job.pk)
    assert (told["job"]["state"], told["job"]["counts"]) == ("done", {"listed": 1})
    headers = sent["headers"]
    assert headers["webhook-id"] == f"job-{job.pk}"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + sent["content"]
    x = feeds.signing_keys()[headers["tocsin-key-id"]]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=="))
    public.verify(base64.b64decode(headers["webhook-signature"].removeprefix("v1a,")), signed)


def test_a_webhook_that_does_not_take_it_is_told_again_later_and_not_for_ever(
    key: CheckKey, hook: None, now: datetime
) -> None:
    an_ended_job(key, now)
    outside = Outside([500] * 20)
    tell(outside, now)
    tell(outside, now + timedelta(seconds=29))
    assert len(outside.taken) == 1
    at = now
    for _ in range(20):
        at += timedelta(hours=2)
        tell(outside, at)
    assert len(outside.taken) == rules.TELL_TRIES


def test_a_party_without_a_webhook_is_not_waited_for(key: CheckKey, now: datetime) -> None:
    an_ended_job(key, now)
    tell(Outside([]), now)
    assert telling.due(now + timedelta(days=1)) == []


def test_who_is_telling_is_not_overtaken_by_another(
    key: CheckKey, hook: None, now: datetime
) -> None:
    an_ended_job(key, now)
    outside = Outside([204])
    (job,) = telling.due(now)
    telling.tell(job, at=now, egress=cast("Egress", outside))
    telling.tell(job, at=now, egress=cast("Egress", outside))
    assert len(outside.taken) == 1


def test_the_feed_of_corrections_goes_on_as_it_was(
    key: CheckKey, hook: None, now: datetime
) -> None:
    an_ended_job(key, now)
    before = Endpoint.objects.values().get()
    tell(Outside([500]), now)
    assert Endpoint.objects.values().get() == before


@pytest.mark.django_db(transaction=True)
def test_the_worker_tells_in_a_thread_of_its_own(key: CheckKey, hook: None, now: datetime) -> None:
    outside = Outside([204])
    teller = telling.Teller(cast("Egress", outside))
    teller.look(now)
    assert outside.taken == []
    run_worker_round(now - timedelta(seconds=1))
    an_ended_job(key, now)
    teller.look(now)
    teller.wait()
    assert len(outside.taken) == 1
