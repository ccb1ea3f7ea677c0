"""Looking up whose server it is, beside everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from tests.domain.desk import hoster
from tests.domain.takedown.scenes import EVERYBODY, HOST, Mail, hosted, office, the, turn, unlawful
from tocsin.domain.hosting import queries as hosting
from tocsin.domain.hosting.types import Hosting, NotFound
from tocsin.domain.takedown import looking
from tocsin.domain.takedown.models import Takedown
from tocsin.domain.takedown.types import NoticeState, OfficeKind, Rung

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail(settings: Settings) -> Iterator[Mail]:
    settings.TOCSIN_HOSTER_LOOKUP = True
    server = Mail()
    settings.TOCSIN_MAIL = server
    yield server


class Registry:
    """What registries say: where the host is, or nothing the first few times."""

    def __init__(self, silent: int = 0, country: str = "NL") -> None:
        self.asked: list[str] = []
        self._silent, self._country = silent, country

    def __call__(self, host: str, at: datetime) -> Hosting:
        assert not connection.in_atomic_block or connection.vendor  # outside our own transaction
        self.asked.append(host)
        if len(self.asked) <= self._silent:
            raise NotFound("nothing")
        hosted(at, *EVERYBODY, country=self._country)
        found = hosting.latest(host)
        assert found is not None
        return found


def test_a_notice_nobody_is_known_for_leaves_as_soon_as_somebody_is_found(
    now: datetime, mail: Mail
) -> None:
    number = unlawful(now)
    assert the(number).state is NoticeState.WAITING_FOR_CONTACT
    [pk] = looking.due(at=now)
    registry = Registry()
    assert looking.look(pk, registry, lambda: now + timedelta(seconds=9))
    assert registry.asked == [HOST]
    turn(now + timedelta(seconds=9))
    assert the(number).state is NoticeState.SENT
    assert mail.taken[0]["To"] == "abuse@network.example"
    assert looking.due(at=now + timedelta(days=9)) == []


def test_what_is_not_found_is_looked_for_again_ever_more_rarely(now: datetime, mail: Mail) -> None:
    number = unlawful(now)
    registry, at = Registry(silent=3), now
    for _ in range(4):
        [pk] = looking.due(at=at)
        looking.look(pk, registry, lambda at=at: at)  # type: ignore[misc]
        again = Takedown.objects.get().look_at
        at = again or at
    turn(at)
    assert the(number).state is NoticeState.SENT
    assert at - now == timedelta(minutes=2 + 4 + 8)


def test_two_workers_look_once(now: datetime, mail: Mail) -> None:
    unlawful(now)
    [pk] = looking.due(at=now)
    inner = Registry()

    def outer(host: str, at: datetime) -> Hosting:
        assert not looking.look(pk, inner, lambda: now)
        return Registry()(host, at)

    assert looking.look(pk, outer, lambda: now)
    assert inner.asked == []


def test_a_server_found_abroad_is_handed_over_before_its_hoster_is_told(
    now: datetime, mail: Mail
) -> None:
    office(now, OfficeKind.HOTLINE, "DE", "desk@partner.example")
    number = unlawful(now)
    [pk] = looking.due(at=now)
    looking.look(pk, Registry(country="DE"), lambda: now)
    turn(now)
    assert [str(m["To"]) for m in mail.taken] == ["desk@partner.example"]
    assert the(number, Rung.HOSTER).state is NoticeState.WAITING_FOR_CONTACT


def test_a_hoster_on_file_does_not_wait_for_a_registry(now: datetime, mail: Mail) -> None:
    hoster(now)
    unlawful(now)
    assert len(mail.taken) == 1
    assert len(looking.due(at=now)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_worker_looks_beside_everything_else(now: datetime, mail: Mail) -> None:
    unlawful(now)
    registry = Registry()
    looker = looking.Looker(registry, lambda: now)
    looker.round(now)
    looker.wait()
    assert registry.asked == [HOST]
