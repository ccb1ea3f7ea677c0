"""Jobs for tests: taken in, and worked off by the checker of the test."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tests.domain.listing import a_key, asked
from tocsin.base.accounts.types import IssuedKey
from tocsin.base.audit.types import Actor
from tocsin.domain.jobs import actions
from tocsin.domain.jobs.types import Asked, Refusal
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey

WRONG = Asked(refusal=Refusal("wrong", "md5", "32 hexadecimal digits are needed."))


def question(name: str) -> Asked:
    """About the very file of the picture `name`."""
    return Asked(query=asked(name, client_id=name))


def let_in(checker: Checker, now: datetime, party: str = "Big Cloud") -> CheckKey:
    """A key of a new party, known to the checker."""
    issued: IssuedKey = a_key(now, party=party)
    checker.keys.refresh(at=now)
    key = checker.keys.get(issued.key_id)
    assert key is not None
    return key


def a_job(key: CheckKey, items: Iterable[Asked], now: datetime) -> UUID:
    """A job of these items; its id."""
    intake = actions.Intake(party_id=key.party_id, key_id=key.key_id)
    for item in items:
        intake.add(item)
    return intake.close(actor=Actor("key", key.key_id), at=now)
