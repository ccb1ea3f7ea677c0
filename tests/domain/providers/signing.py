"""Somebody who signs up, and a world that says of their domain what a test tells it to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.base.accounts.types import OutagePolicy
from tocsin.base.egress import Answer, Policy, Unreachable
from tocsin.base.letters import queries as letters
from tocsin.base.letters.models import Letter
from tocsin.domain.providers import actions
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.proving import Looker
from tocsin.domain.providers.types import LinkUse, SignUp

MAIL = "abuse@host.example"
TOLD = SignUp(MAIL, "Host Example", "host.example", OutagePolicy.HOLD, "en")


@dataclass
class World:
    """Answers for name servers and web servers."""

    records: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)

    def texts(self, name: str) -> list[str]:
        if name not in self.records:
            raise Unreachable("no_such_name")
        return self.records[name]

    def request(self, method: str, url: str, *, policy: Policy) -> Answer:
        self.policies.append(policy)
        if url not in self.files:
            raise Unreachable("no_connection")
        status, body = self.files[url]
        return Answer(status, {}, body, url, "192.0.2.1")

    @property
    def looker(self) -> Looker:
        return Looker(names=self, web=self)


def url_of(use: LinkUse, secret: str) -> str:
    return f"https://tocsin.example/{use.value}/{secret}"


def sign_up(at: datetime, told: SignUp = TOLD) -> None:
    actions.sign_up(told=told, url_of=url_of, at=at)


def secrets_sent(use: LinkUse, to: str = MAIL) -> list[str]:
    """The secrets of all links that were written to somebody."""
    found = []
    for letter in Letter.objects.filter(to=to).order_by("pk"):
        words = letters.words(letter.message_id).text
        found += re.findall(rf"https://tocsin\.example/{use.value}/(\S+)", words)
    return found


def confirmed(at: datetime, told: SignUp = TOLD) -> Provider:
    """A provider that has confirmed."""
    sign_up(at, told)
    number, _key = actions.confirm(secret=secrets_sent(LinkUse.CONFIRM, told.email)[-1], at=at)
    return Provider.objects.get(pk=number)


def proven(at: datetime, world: World, told: SignUp = TOLD) -> Provider:
    """A provider that has shown its domain, by DNS."""
    provider = confirmed(at, told)
    world.records[f"_tocsin.{provider.domain}"] = [provider.proof]
    assert actions.look_for_proof(provider_id=provider.pk, looker=world.looker, actor=None, at=at)
    provider.refresh_from_db()
    return provider
