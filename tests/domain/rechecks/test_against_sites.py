"""Rechecks against sites behind a real web server, drawn by a seed that no rule knows.

What is there must never be called gone, whatever its site does; what was removed must be, and what
was put back must be seen to be back.
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.base.egress.peer import certificate
from tests.domain import desk
from tests.domain.hosting.outside import Outside
from tests.domain.rechecks import scenes
from tests.domain.visits.scenes import ABROAD, LANDSCAPE, may_fetch, out_to, prints_of
from tocsin.domain.rechecks.models import Follow
from tocsin.domain.rechecks.types import FollowState
from tocsin.domain.visits import queries as visits
from tocsin.domain.visits import ways
from tocsin.domain.visits.types import HOME, HONEST, Agent
from tocsin.site.rehearsal.sites import Removed, Shown, Shut, Sites

pytestmark = [pytest.mark.django_db, pytest.mark.server, pytest.mark.journey]

SEED = 60_221
S = FollowState
Expected = dict[int, str]


@pytest.fixture
def sites(
    db: None,
    tmp_path: Path,
    outside: Outside,
    now: datetime,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sites]:
    """Sites as the whole world, seen from home and from abroad, and under a browser's name."""
    tls: ssl.SSLContext = certificate(tmp_path, "somebody.else")[0]
    monkeypatch.setattr(visits, "vantages", lambda: (HOME, ABROAD))
    monkeypatch.setattr(visits, "agents", lambda: (HONEST, Agent("browser", "Mozilla/5.0")))
    may_fetch(now - timedelta(days=1))
    with out_to(Sites(SEED, tls), monkeypatch) as world:
        yield world
    ways.close_decoders()


def follow_all(urls: list[str], now: datetime) -> list[int]:
    ada = desk.person("ada")
    followed = []
    for url in urls:
        number = desk.report(now, url, fingerprints=prints_of(LANDSCAPE))
        followed.append(desk.found(number, ada, now).id)
    scenes.run(now)
    return followed


def pass_hours(at: datetime, hours: float, each_minutes: int = 40) -> datetime:
    """Let time pass; a worker comes by every so often."""
    end = at + timedelta(hours=hours)
    while at < end:
        at += timedelta(minutes=each_minutes)
        scenes.run(at)
    return at


def states(followed: list[int]) -> list[FollowState]:
    known = dict(Follow.objects.values_list("item_id", "state"))
    return [FollowState(known[item_id]) for item_id in followed]


def test_what_is_there_is_never_called_gone(sites: Sites, now: datetime) -> None:
    ways_of_showing: list[Shown | Shut] = [*Shown, *Shut]
    urls = [sites.put(LANDSCAPE, way) for way in ways_of_showing]
    followed = follow_all(urls, now)
    pass_hours(now, 5)
    found = dict(zip(ways_of_showing, states(followed), strict=True))
    gone = {way for way, state in found.items() if state in {S.WATCHING, S.MAYBE_BACK, S.ENDED}}
    assert gone == set(), found
    # Who hides it from us is a doubt for a person, not a removal.
    told = Counter(found[way] for way in Shut)
    assert told[S.UNCERTAIN] >= len(Shut) - 3, found


def test_what_was_removed_is_seen_to_be_and_what_was_put_back_too(
    sites: Sites, now: datetime
) -> None:
    cases = [(shows, removes) for removes in Removed for shows in (Shown.PLAIN, Shown.GALLERY)]
    urls = [sites.put(LANDSCAPE, shows, removes) for shows, removes in cases]
    followed = follow_all(urls, now)
    for url in urls:
        sites.remove(url)
    at = pass_hours(now, 3)
    found = dict(zip(cases, states(followed), strict=True))
    assert [case for case, state in found.items() if state is not S.WATCHING] == [], found
    for url in urls:
        sites.put_back(url)
    pass_hours(at, 8, each_minutes=60)
    found = dict(zip(cases, states(followed), strict=True))
    assert [case for case, state in found.items() if state is not S.CHECKING] == [], found
